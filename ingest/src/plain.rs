//! Chinese sentences for what went wrong with a source: the doors write their reasons in English, for the
//! command line and the log; pages and the sheets that go back to senders show them in the words of the house.

mod sentences;
mod words;

use qingting_models::records::RowPlace;

use sentences::SENTENCES;
use words::{FILES, PAGE_PARTS, PULL_PARTS};

use crate::pull::SelectorFault;
use crate::sheet::Meaning;

/// A reason as the page shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    pub text: String,
    /// The reason as it was written, when `text` is a translation.
    pub original: Option<String>,
}

impl Told {
    /// One text for both, for the tests of pages.
    pub fn sample(text: &str) -> Self {
        Self { text: text.into(), original: Some(text.into()) }
    }
}

/// The reason in Chinese; one that no sentence fits is shown as it is.
pub fn told(reason: &str) -> Told {
    match sentence(reason).or_else(|| of_file(reason)) {
        Some(text) => Told { text, original: Some(reason.to_owned()) },
        None => Told { text: reason.to_owned(), original: None },
    }
}

fn sentence(reason: &str) -> Option<String> {
    SENTENCES.iter().find_map(|(english, chinese)| Some(fill(chinese, &holes(english, reason)?)))
}

/// A reason with the path of its file before it, as runs of earlier versions have it.
fn of_file(reason: &str) -> Option<String> {
    let path = reason.strip_prefix('/')?;
    let told = |(at, _): (usize, &str)| {
        let rest = path[at..].trim_start();
        let about_it =
            rest.starts_with("is ") || rest.starts_with("no header") || rest.starts_with("the column");
        let text = if about_it { sentence(rest)? } else { return None };
        let name = path[..at].rsplit('/').next().unwrap_or_default();
        Some(format!("{name}：{text}"))
    };
    path.match_indices(' ').find_map(told)
}

/// What was read, as pages name it: a push by its receipt, all else by its own name.
pub fn what(name: &str) -> String {
    // A file has an ending behind a dot.
    let of = |prefix| name.strip_prefix(prefix).filter(|rest: &&str| !rest.contains('.'));
    match (of("push "), of("withdraw ")) {
        (Some(receipt), _) => format!("推送（回执 {receipt}）"),
        (_, Some(id)) => format!("撤回（编号 {id}）"),
        _ => name.to_owned(),
    }
}

/// Where a row stands, in words.
pub fn place(place: &RowPlace) -> String {
    let mut text = what(&place.file);
    if let Some(sheet) = &place.sheet {
        text.push_str(&format!("，工作表“{sheet}”"));
    }
    text.push_str(&format!("，第 {} 行", place.row));
    if let Some(column) = &place.column {
        text.push_str(&format!("，“{column}”列"));
    }
    text
}

/// What stands in the holes of `pattern`, if `text` has its form: every fixed part in order, the first at
/// the start and the last at the end.
fn holes<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut parts = pattern.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut found = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let end = if parts.peek().is_none() {
            rest.ends_with(part).then(|| rest.len() - part.len())?
        } else {
            rest.find(part)?
        };
        found.push(&rest[..end]);
        rest = &rest[end + part.len()..];
    }
    rest.is_empty().then_some(found)
}

/// Puts the holes into their places; braces around anything else stay.
fn fill(chinese: &str, holes: &[&str]) -> String {
    let mut text = String::new();
    let mut rest = chinese;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        match after.split_once('}').and_then(|(mark, after)| Some((filled(mark, holes)?, after))) {
            Some((words, after)) => {
                text.push_str(&words);
                rest = after;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

fn filled(mark: &str, holes: &[&str]) -> Option<String> {
    let (kind, number) = mark.split_once(':').unwrap_or(("", mark));
    let hole = holes.get(number.parse::<usize>().ok()?)?;
    Some(hole_words(kind, hole))
}

/// A hole in Chinese: a part of a rule, the meaning of a column, a kind of file, or a reason within the reason.
fn hole_words(kind: &str, hole: &str) -> String {
    let of = |names: &[(&str, &'static str)]| {
        names.iter().find(|(name, _)| *name == hole).map_or(hole, |(_, words)| words).to_owned()
    };
    match kind {
        "page" => of(PAGE_PARTS),
        "part" => of(PULL_PARTS),
        "file" => of(FILES),
        "meaning" => {
            let named = Meaning::ALL.iter().find(|(_, word)| *word == hole);
            named.map_or(hole, |(meaning, _)| meaning.chinese()).to_owned()
        }
        "told" => told(hole).text,
        // A path, and what is wrong there.
        "place" => match hole.split_once(": ").filter(|(path, _)| path.starts_with('$')) {
            Some((path, reason)) => format!("{path} {}", told(reason).text),
            None => told(hole).text,
        },
        _ => hole.to_owned(),
    }
}

/// The part of a rule for an interface in words; one with a label of its own by that.
pub fn pull_part(part: &str) -> String {
    hole_words("part", part.strip_prefix("extra ").unwrap_or(part))
}

/// What is wrong with a selector.
pub fn selector_fault(fault: SelectorFault) -> &'static str {
    match fault {
        SelectorFault::Empty => "没有填写",
        SelectorFault::Dangling => "> 或逗号一类的符号前后要有内容",
        SelectorFault::Unfinished => "没有写完，括号或引号可能没有成对",
        SelectorFault::Name => "点号或冒号后面没有名称，或者没有这个名称",
        SelectorFault::Attribute => "方括号里写得不对，应像 a[href]",
        SelectorFault::Sign => "有不能用的符号",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::feed::FeedError;
    use crate::http::{During, FetchError};
    use crate::poll::PollError;
    use crate::sheet::times::{BadTime, parse};

    use super::*;

    /// Every way in which a fetch fails. A variant that is added to the match has to be added to the list.
    fn failures() -> Vec<FetchError> {
        let host = || "news.example.cn".to_owned();
        let why = || "os error 111: refused; {}".to_owned();
        let status = |status| FetchError::Status { host: host(), status, retry_after: None };
        let mut all = vec![
            FetchError::BadAddress { url: "ftp://x".into(), why: why() },
            FetchError::Refused { host: host(), address: [10, 0, 0, 1].into() },
            FetchError::NoSuchHost { host: host() },
            FetchError::CouldNotConnect { host: host(), why: why() },
            FetchError::LocalName { host: host() },
            FetchError::ProxyFailed { proxy: "10.0.0.1:3128".into(), host: host(), why: why() },
            FetchError::TooDense { ratio: 200 },
            FetchError::NotInside { host: host(), address: [8, 8, 8, 8].into() },
            FetchError::BadHeader { name: "X-Key".into(), why: why() },
            FetchError::HostBusy { host: host() },
            FetchError::HeadTooLarge { limit: 64 << 10 },
            FetchError::TooLarge { limit: 8 << 20 },
            FetchError::TooManyRedirects { limit: 5 },
            FetchError::RedirectLoop { circle: "http://a.cn/ -> http://a.cn/".into() },
            FetchError::CutOff { host: host(), why: why() },
            FetchError::BrokenAnswer { why: why() },
            FetchError::RobotsForbid { host: host(), path: "/news/".into() },
            FetchError::RobotsUnknown { host: host(), why: why() },
            FetchError::Setup { why: why() },
            FetchError::Feed(FeedError::Empty),
            FetchError::Feed(FeedError::NotAFeed("a web page")),
            FetchError::Feed(FeedError::Broken(why())),
        ];
        let late = [During::Connect, During::Head, During::Stall, During::Whole];
        let limit = Duration::from_secs(30);
        all.extend(late.map(|during| FetchError::TimedOut { host: host(), during, limit }));
        let unsafe_whys = [
            "its certificate is signed by an authority unknown here (one of your own)",
            "its certificate has expired",
            "its certificate is not valid yet",
            "its certificate is for another name",
            "received fatal alert: HandshakeFailure",
        ];
        all.extend(unsafe_whys.map(|why| FetchError::NotSafe { host: host(), why: why.into() }));
        all.extend([304, 400, 401, 404, 407, 410, 418, 429, 503].map(status));
        all
    }

    /// Which place of the list stands for the variant: the compiler asks for a new one here.
    fn known(error: &FetchError) -> usize {
        match error {
            FetchError::BadAddress { .. } => 0,
            FetchError::Refused { .. } => 1,
            FetchError::NoSuchHost { .. } => 2,
            FetchError::CouldNotConnect { .. } => 3,
            FetchError::TimedOut { during: During::Connect, .. } => 4,
            FetchError::TooLarge { .. } => 5,
            FetchError::TooManyRedirects { .. } => 6,
            FetchError::BrokenAnswer { .. } => 7,
            FetchError::Setup { .. } => 8,
            FetchError::Feed(FeedError::Empty) => 9,
            FetchError::Feed(FeedError::NotAFeed(_)) => 10,
            FetchError::Feed(FeedError::Broken(_)) => 11,
            FetchError::Status { .. } => 12,
            FetchError::BadHeader { .. } => 13,
            FetchError::HostBusy { .. } => 14,
            FetchError::HeadTooLarge { .. } => 15,
            FetchError::RedirectLoop { .. } => 16,
            FetchError::CutOff { .. } => 17,
            FetchError::RobotsForbid { .. } => 18,
            FetchError::RobotsUnknown { .. } => 19,
            FetchError::TimedOut { during: During::Head, .. } => 20,
            FetchError::TimedOut { during: During::Stall, .. } => 21,
            FetchError::TimedOut { during: During::Whole, .. } => 22,
            FetchError::LocalName { .. } => 23,
            FetchError::NotSafe { .. } => 24,
            FetchError::ProxyFailed { .. } => 25,
            FetchError::TooDense { .. } => 26,
            FetchError::NotInside { .. } => 27,
        }
    }

    fn is_chinese(text: &str) -> bool {
        text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) && !text.contains(" is ")
    }

    #[test]
    fn every_failure_of_a_fetch_is_told_in_chinese_and_differs_from_the_others() {
        let mut seen = Vec::new();
        for error in failures() {
            let written = PollError::Fetch(error.clone()).to_string();
            let told = told(&written);
            assert!(is_chinese(&told.text), "{written}: {}", told.text);
            assert!(!told.text.contains("{0}") && !told.text.contains("{1}"), "{}", told.text);
            assert_eq!(told.original.as_deref(), Some(written.as_str()));
            assert!(!seen.contains(&told.text), "{} stands for two failures", told.text);
            seen.push(told.text);
        }
        let mut variants: Vec<usize> = failures().iter().map(known).collect();
        variants.sort_unstable();
        variants.dedup();
        assert_eq!(variants, (0..=27).collect::<Vec<_>>());
    }

    #[test]
    fn what_goes_wrong_with_rules_and_interfaces_is_told_in_chinese() {
        use qingting_models::records::SourceKind;

        use crate::pull::BadRule;
        use crate::pull::json::JsonError;
        use crate::pull::open311::Open311Error;
        use crate::pull::page::PageError;

        let (name, why) = (|| "县府".to_owned(), || "x".to_owned());
        let no_match =
            PageError::NoMatch { part: "item", written: "li".into(), place: "on the page", elements: 7 };
        let all = [
            PollError::NoAddress { name: name() },
            PollError::NoRule { name: name(), kind: "page" },
            PollError::NotFetched { name: name(), kind: SourceKind::Push },
            PollError::NoSecret { name: name(), header: "Authorization".into() },
            PollError::Page(no_match),
            PollError::Page(PageError::TooMany { written: "*".into(), found: 3000 }),
            PollError::Rule(BadRule::Missing { part: "item", needed: "it is needed" }),
            PollError::Rule(BadRule::Selector {
                part: "date",
                written: "[".into(),
                why: SelectorFault::Sign,
            }),
            PollError::Rule(BadRule::Path { part: "id".into(), written: "id".into(), why: why(), at: 1 }),
            PollError::Rule(BadRule::Value { part: "secret_header", written: "a b".into(), why: "no" }),
            PollError::Json(JsonError::NotJson { why: why() }),
            PollError::Json(JsonError::NoRecords { path: "$.a".into(), seen: why() }),
            PollError::Open311(Open311Error::Refused { says: "404: 没有".into() }),
            PollError::Open311(Open311Error::NoList { seen: why() }),
            PollError::Circle("page 1".into()),
            PollError::NothingFits { read: 2, why: "the record has no id there".into() },
            PollError::Alarm("none of their articles: x".into()),
            PollError::Alarm("the selector \"b\" for \"date\" brought no date".into()),
            PollError::Stopped,
        ];
        for error in all {
            let told = told(&error.to_string());
            assert!(told.original.is_some() && is_chinese(&told.text), "{error}: {}", told.text);
        }
    }

    #[test]
    fn a_file_that_is_no_sheet_is_told_wholly_in_chinese() {
        use crate::sheet::{BadMap, ColumnMap, HeaderError, SheetError};

        for (what, chinese) in FILES {
            let text = told(&SheetError::NotASheet { what }.to_string()).text;
            assert!(text.contains(chinese) && !text.contains(what), "{text}");
        }
        let guess = ColumnMap::parse("body = \"情况\"").unwrap();
        let unsure = |unknown| HeaderError::Unsure { row: 1, confidence: 0.4, guess: guess.clone(), unknown };
        let unmapped =
            HeaderError::NotMapped { meaning: "dispatched", header: "交办日".into(), seen: "甲".into() };
        for (fault, says) in [
            (unsure(vec![]), "需要人工确认）。请核对下面的对照"),
            (unsure(vec!["流水".into(), "何时".into()]), "还不知道是什么：流水, 何时；"),
            (unmapped, "（派单时间）"),
        ] {
            let text = told(&SheetError::Header(fault).to_string()).text;
            assert!(text.contains(says) && !text.contains("column"), "{text}");
        }
        let old = told("/srv/drop/乱码 1.csv is a binary file, not a sheet; allowed: CSV").text;
        assert!(old.starts_with("乱码 1.csv：这不是表格文件（二进制文件）"), "{old}");
        for bad in ["正文", "content = \"甲\"", "body = \" \"", "body = [\"甲\", \"乙\"]", "url = \"甲\""]
        {
            let wrong: BadMap = ColumnMap::parse(bad).unwrap_err();
            let text = told(&format!("the column map saved with the source cannot be used: {wrong}")).text;
            assert!(is_chinese(&text) && !text.contains("column map"), "{text}");
        }
    }

    #[test]
    fn parts_of_rules_are_named_as_the_forms_name_them() {
        use crate::pull::article::ArticleError;
        use crate::pull::page::{PageError, PageWarning};

        let none =
            PageError::NoMatch { part: "item", written: "li".into(), place: "on the page", elements: 7 };
        assert!(told(&none.to_string()).text.starts_with("选择器“li”（每一条）"));
        let undated = PageWarning::NoDate { written: ".nodate".into() };
        assert!(told(&undated.to_string()).text.starts_with("日期选择器“.nodate”"));
        let no_article = ArticleError::NoMatch { written: "#zoom".into() };
        let alarm = PollError::Alarm(format!("none of their articles: {no_article}"));
        assert!(told(&alarm.to_string()).text.contains("正文选择器“#zoom”在文章页上"));
        let why = "$.time: \"昨天\" is no time; allowed: 2026-01-06".into();
        let nothing = told(&PollError::NothingFits { read: 3, why }.to_string()).text;
        assert!(nothing.contains("（第一条：$.time “昨天”不是时间"), "{nothing}");
        assert_eq!(pull_part("extra 所属区域"), "所属区域");
    }

    #[test]
    fn a_push_is_named_by_its_receipt() {
        assert_eq!(what("push 0sc8f41vk2m3q"), "推送（回执 0sc8f41vk2m3q）");
        assert_eq!(what("withdraw P-1"), "撤回（编号 P-1）");
        assert_eq!(what("push me.csv"), "push me.csv");
    }

    #[test]
    fn hosts_and_codes_stay_in_the_sentence() {
        let error = FetchError::Status { host: "a.cn".into(), status: 404, retry_after: None };
        assert_eq!(told(&error.to_string()).text, "a.cn 上没有这个地址（404），可能已经更换。");
        let error = FetchError::Status { host: "a.cn".into(), status: 418, retry_after: None };
        assert_eq!(told(&error.to_string()).text, "a.cn 应答异常（418）。");
    }

    #[test]
    fn times_that_cannot_be_read_are_told_with_what_is_allowed() {
        for (cell, says) in [("昨天", "不是时间"), ("2026-02-30", "不存在"), ("1890-01-01", "1990")]
        {
            let written = match parse(cell) {
                Err(bad @ (BadTime::Unknown(_) | BadTime::Impossible(_) | BadTime::OutOfRange(_))) => {
                    bad.to_string()
                }
                Ok(at) => panic!("{cell} was read as {at}"),
            };
            let told = told(&written);
            assert!(told.text.contains(says) && told.text.contains(cell), "{written}: {}", told.text);
        }
    }

    #[test]
    fn a_reason_that_no_sentence_fits_is_shown_as_it_is() {
        let plain = told("something new went wrong");
        assert_eq!((plain.text.as_str(), plain.original), ("something new went wrong", None));
    }

    #[test]
    fn the_place_of_a_row_is_told_in_chinese() {
        let whole = RowPlace {
            file: "投诉.xlsx".into(),
            sheet: Some("七月".into()),
            row: 17,
            column: Some("留言时间".into()),
        };
        assert_eq!(place(&whole), "投诉.xlsx，工作表“七月”，第 17 行，“留言时间”列");
        assert_eq!(
            place(&RowPlace { file: "a.csv".into(), row: 2, ..RowPlace::default() }),
            "a.csv，第 2 行"
        );
    }
}
