//! `reports/`: how reports look in this county. `weekly.toml` and the like hold the head, the chapters and the thresholds of
//! each kind, `brief.toml` head and chapters of a brief; the sentences are [`super::report_sentences`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::error::CountyError;
use super::report_sentences::{WORDING, check, sentences};
use super::toml_text::TomlText;
use crate::records::ReportKind;

/// The names of the files in the county's folder.
const DAILY: &str = "reports/daily.toml";
const WEEKLY: &str = "reports/weekly.toml";
const MONTHLY: &str = "reports/monthly.toml";
const PERIOD: &str = "reports/period.toml";
const BRIEF: &str = "reports/brief.toml";

/// The chapters that a report can have, by code.
pub const REPORT_CHAPTERS: [&str; 9] =
    ["overview", "shares", "incidents", "risen", "towns", "alerts", "departments", "repeats", "ahead"];
/// The chapters that a brief can have, by code.
pub const BRIEF_CHAPTERS: [&str; 5] = ["facts", "spread", "asked", "done", "next"];
/// What a title and the lines below it may have filled in.
const TITLE_PLACES: &[&str] = &["县", "范围"];
const BRIEF_TITLE_PLACES: &[&str] = &["县"];
const LINE_PLACES: &[&str] = &["统计时间", "县"];

/// How reports of one kind look. A report that is kept keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportStyle {
    /// Above the title; empty for none.
    pub header: String,
    pub title: String,
    /// Below the title.
    pub lines: Vec<String>,
    /// The smallest count of which a percentage is said.
    pub least_for_percent: i64,
    /// A difference is told as one where chance brings it less often than this, in percent, on both sides together.
    pub level: f64,
    /// From so many rounds of work on, and so many points, a department is named as far from what was to be expected.
    pub least_due: i64,
    pub far: f64,
    /// So many bars are drawn.
    pub bars: usize,
    /// In order.
    pub chapters: Vec<ChapterStyle>,
    /// The sentences by code.
    pub wording: BTreeMap<String, String>,
}

/// How briefs look. A brief that is kept keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BriefStyle {
    /// As in [`ReportStyle`].
    pub header: String,
    pub title: String,
    pub lines: Vec<String>,
    pub chapters: Vec<ChapterStyle>,
    pub wording: BTreeMap<String, String>,
}

/// A chapter, by its code what it holds, with its title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChapterStyle {
    pub code: String,
    pub title: String,
}

/// The styles of all kinds.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportStyles {
    daily: ReportStyle,
    weekly: ReportStyle,
    monthly: ReportStyle,
    period: ReportStyle,
    brief: BriefStyle,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    header: Spanned<String>,
    title: Spanned<String>,
    lines: Vec<Spanned<String>>,
    least_for_percent: Spanned<i64>,
    level: Spanned<f64>,
    least_due: Spanned<i64>,
    far: Spanned<f64>,
    bars: Spanned<i64>,
    #[serde(default)]
    chapter: Vec<RawChapter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBrief {
    header: Spanned<String>,
    title: Spanned<String>,
    lines: Vec<Spanned<String>>,
    #[serde(default)]
    chapter: Vec<RawChapter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChapter {
    code: Spanned<String>,
    title: Spanned<String>,
}

impl ReportStyles {
    /// Reads and checks the files; `text` gives each by its name. A sentence that `wording.toml` leaves out is as in
    /// `sample`, the text of the sample county's.
    ///
    /// # Errors
    /// [`CountyError::Invalid`] at the first value that is not allowed.
    pub(super) fn parse<'t>(
        sample: &'t str,
        text: impl Fn(&'static str) -> &'t str,
    ) -> Result<Self, CountyError> {
        let mut wording = sentences(TomlText { file: WORDING, text: sample })?;
        wording.extend(sentences(TomlText { file: WORDING, text: text(WORDING) })?);
        let style = |file| style(TomlText { file, text: text(file) }, &wording);
        Ok(Self {
            daily: style(DAILY)?,
            weekly: style(WEEKLY)?,
            monthly: style(MONTHLY)?,
            period: style(PERIOD)?,
            brief: brief(TomlText { file: BRIEF, text: text(BRIEF) }, &wording)?,
        })
    }

    /// How briefs look.
    pub fn brief(&self) -> &BriefStyle {
        &self.brief
    }

    /// The style of reports on days of a kind.
    pub fn of(&self, kind: ReportKind) -> &ReportStyle {
        match kind {
            ReportKind::Daily => &self.daily,
            ReportKind::Weekly => &self.weekly,
            ReportKind::Monthly => &self.monthly,
            ReportKind::Period | ReportKind::Brief => &self.period,
        }
    }
}

fn style(toml: TomlText<'_>, wording: &BTreeMap<String, String>) -> Result<ReportStyle, CountyError> {
    let raw: Raw = toml.read()?;
    let head = head(toml, (raw.header, &raw.title, raw.lines), TITLE_PLACES)?;
    let chapters = chapters(toml, &raw.title, &raw.chapter, &REPORT_CHAPTERS)?;
    Ok(ReportStyle {
        least_for_percent: within(toml, "least_for_percent", &raw.least_for_percent, 1, 10_000)?,
        level: within(toml, "level", &raw.level, 0.1, 20.0)?,
        least_due: within(toml, "least_due", &raw.least_due, 1, 10_000)?,
        far: within(toml, "far", &raw.far, 0.0, 100.0)?,
        bars: usize::try_from(within(toml, "bars", &raw.bars, 1, 40)?).unwrap_or(1),
        header: head.header,
        title: head.title,
        lines: head.lines,
        chapters,
        wording: wording.clone(),
    })
}

fn brief(toml: TomlText<'_>, wording: &BTreeMap<String, String>) -> Result<BriefStyle, CountyError> {
    let raw: RawBrief = toml.read()?;
    let head = head(toml, (raw.header, &raw.title, raw.lines), BRIEF_TITLE_PLACES)?;
    let chapters = chapters(toml, &raw.title, &raw.chapter, &BRIEF_CHAPTERS)?;
    Ok(BriefStyle {
        header: head.header,
        title: head.title,
        lines: head.lines,
        chapters,
        wording: wording.clone(),
    })
}

struct Head {
    header: String,
    title: String,
    lines: Vec<String>,
}

/// Letterhead, title and the lines below it.
fn head(
    toml: TomlText<'_>,
    (header, title, lines): (Spanned<String>, &Spanned<String>, Vec<Spanned<String>>),
    places: &[&str],
) -> Result<Head, CountyError> {
    check(toml, &header, &[])?;
    check(toml, title, places)?;
    if title.get_ref().trim().is_empty() {
        return Err(toml.at(title).invalid("title is empty", "a text"));
    }
    for line in &lines {
        check(toml, line, LINE_PLACES)?;
    }
    Ok(Head {
        header: header.into_inner().trim().to_owned(),
        title: title.get_ref().trim().to_owned(),
        lines: lines.into_iter().map(|line| line.into_inner().trim().to_owned()).collect(),
    })
}

/// The chapters, of those that are `known`; without any the error stands at `title`.
fn chapters(
    toml: TomlText<'_>,
    title: &Spanned<String>,
    raw: &[RawChapter],
    known: &[&str],
) -> Result<Vec<ChapterStyle>, CountyError> {
    let mut chapters: Vec<ChapterStyle> = Vec::new();
    for chapter in raw {
        let (code, title) = (chapter.code.get_ref(), chapter.title.get_ref().trim());
        if !known.contains(&code.as_str()) {
            let what = format!("there is no chapter \"{code}\"");
            return Err(toml.at(&chapter.code).invalid(what, known.join(", ")));
        }
        if chapters.iter().any(|before| before.code == *code) {
            return Err(toml.at(&chapter.code).invalid(format!("\"{code}\" stands twice"), "each code once"));
        }
        check(toml, &chapter.title, &[])?;
        if title.is_empty() {
            return Err(toml.at(&chapter.title).invalid("title is empty", "a text"));
        }
        chapters.push(ChapterStyle { code: code.clone(), title: title.to_owned() });
    }
    if chapters.is_empty() {
        return Err(toml.at(title).invalid("there is no [[chapter]]", known.join(", ")));
    }
    Ok(chapters)
}

fn within<T: Copy + PartialOrd + std::fmt::Display>(
    toml: TomlText<'_>,
    name: &str,
    value: &Spanned<T>,
    least: T,
    most: T,
) -> Result<T, CountyError> {
    let n = *value.get_ref();
    if (least..=most).contains(&n) {
        return Ok(n);
    }
    Err(toml.at(value).invalid(format!("{name} is {n}"), format!("{least} to {most}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::county::report_sentences::TABLE;
    use crate::county::{FILES, ReportSentence};

    fn shipped(name: &str) -> &'static str {
        FILES.iter().find(|(file, _)| *file == name).unwrap().1
    }

    fn with(name: &'static str, text: &str) -> Result<ReportStyles, String> {
        let texts: BTreeMap<&str, String> = [WORDING]
            .into_iter()
            .chain([DAILY, WEEKLY, MONTHLY, PERIOD, BRIEF])
            .map(|file| (file, if file == name { text.to_owned() } else { shipped(file).to_owned() }))
            .collect();
        ReportStyles::parse(shipped(WORDING), |file| &texts[file]).map_err(|error| error.to_string())
    }

    #[test]
    fn the_sample_says_every_sentence_and_every_chapter() {
        let styles = with("", "").unwrap();
        for kind in [ReportKind::Daily, ReportKind::Weekly, ReportKind::Monthly, ReportKind::Period] {
            let style = styles.of(kind);
            assert_eq!(style.chapters.len(), REPORT_CHAPTERS.len());
            assert_eq!(styles.brief().chapters.len(), BRIEF_CHAPTERS.len());
            for (_, code, places) in ReportSentence::ALL {
                let text = &style.wording[*code];
                assert!(!text.is_empty(), "{code}");
                assert_eq!(places.contains(&TABLE), text.contains("{表}"), "{code}");
            }
        }
    }

    #[test]
    fn an_office_changes_head_order_wording_and_thresholds() {
        let text = shipped("reports/weekly.toml")
            .replace("header = \"\"", "header = \"象山县网络舆情信息中心\"")
            .replace("least_for_percent = 20", "least_for_percent = 50");
        let cut = text.find("[[chapter]]").unwrap();
        let own = "[[chapter]]\ncode = \"ahead\"\ntitle = \"下周重点\"\n";
        let styles = with("reports/weekly.toml", &format!("{}{own}", &text[..cut])).unwrap();
        let weekly = styles.of(ReportKind::Weekly);
        assert_eq!((weekly.header.as_str(), weekly.least_for_percent), ("象山县网络舆情信息中心", 50));
        assert_eq!(weekly.chapters, [ChapterStyle { code: "ahead".into(), title: "下周重点".into() }]);
        assert_eq!(styles.of(ReportKind::Daily).chapters.len(), 9);
        let worded = with(WORDING, "[towns]\nnone = \"\"\n").unwrap();
        let wording = &worded.of(ReportKind::Weekly).wording;
        assert_eq!(wording["towns.none"], "");
        assert!(wording["towns.first"].contains("{乡镇街道}"), "what is left out stays as it is");
    }

    #[test]
    fn what_is_wrong_is_told_with_file_line_and_what_is_allowed() {
        let wording = |text: &str| with(WORDING, text).unwrap_err();
        let unknown = wording("[towns]\nfirst = \"{乡镇街道}（{表}）\"\nlast = \"\"\n");
        assert!(
            unknown.starts_with("reports/wording.toml line 3: there is no sentence \"towns.last\""),
            "{unknown}"
        );
        let place = wording("[towns]\nfirst = \"{村}（{表}）\"\n");
        assert!(
            place.contains("line 2: \"{村}\" is not filled in here; allowed: {本期} {乡镇街道} {表}"),
            "{place}"
        );
        assert!(wording("[towns]\nfirst = \"{乡镇街道}\"\n").contains("does not name its table"));
        assert!(wording("[towns]\nfirst = \"{乡镇街道\"\n").contains("line 2: a brace has no other half"));
        let weekly = |from: &str, to: &str| {
            let text = shipped("reports/weekly.toml");
            assert!(text.contains(from), "{from}");
            with("reports/weekly.toml", &text.replacen(from, to, 1)).unwrap_err()
        };
        assert!(weekly("code = \"risen\"", "code = \"weather\"").contains("there is no chapter \"weather\""));
        assert!(weekly("code = \"risen\"", "code = \"overview\"").contains("\"overview\" stands twice"));
        assert!(weekly("level = 5", "level = 50").contains("level is 50; allowed: 0.1 to 20"));
        assert!(
            weekly("{县}舆情", "{市}舆情").contains("\"{市}\" is not filled in here; allowed: {县} {范围}")
        );
        let brief = shipped(BRIEF).replacen("code = \"facts\"", "code = \"overview\"", 1);
        let brief = with(BRIEF, &brief).unwrap_err();
        assert!(
            brief.contains("no chapter \"overview\"; allowed: facts, spread, asked, done, next"),
            "{brief}"
        );
        assert!(weekly("bars = 12", "bar = 12").contains("reports/weekly.toml line"), "an unknown name");
    }
}
