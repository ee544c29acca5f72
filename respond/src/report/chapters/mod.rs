//! The chapters of a report (RULES, "A weekly report"), built from its figures. What the program says is made from figures
//! alone and names the table that they stand in.

mod matters;
mod offices;
mod overview;

use std::collections::BTreeMap;

use qingting_models::clock::local;
use qingting_models::county::{ChapterStyle, REPORT_CHAPTERS, ReportSentence, ReportStyle};
use qingting_models::records::{Compared, ReportFigures, ReportIncident, ReportItemFilter, ReportShare};
use qingting_models::text::fill;

use super::document::{Block, Cell, Chapter, Chart, Column, Document, Opens, Table};
use super::drawing;
use super::trend::{Change, Telling, change};

/// The numbers of chapters.
pub(super) const NUMERALS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];

/// What the editors wrote, by the code of the chapter.
pub type Judgements = BTreeMap<String, String>;

/// The report as a document. `number` is what it was given with its approval.
pub fn document(figures: &ReportFigures, judgements: &Judgements, number: Option<&str>) -> Document {
    let style = &figures.style;
    let writer = Writer { figures, style, tables: 0, charts: 0 };
    let span = figures.span;
    let of = if figures.scope.is_whole() { String::new() } else { format!("（{}）", figures.scope_name) };
    let subtitle = match span.name() == span.dates() {
        true => span.dates(),
        false => format!("{}（{}）", span.name(), span.dates()),
    };
    let counted = local(figures.cutoff).strftime("%Y年%-m月%-d日%H时%M分").to_string();
    let place = |word: &str| match word {
        "县" => Some(figures.county.clone()),
        "范围" => Some(of.clone()),
        "统计时间" => Some(counted.clone()),
        _ => None,
    };
    Document {
        header: Some(style.header.clone()).filter(|header| !header.is_empty()),
        title: fill(&style.title, place),
        subtitle,
        number: number.map(str::to_owned),
        lines: style.lines.iter().map(|line| fill(line, place)).collect(),
        chapters: writer.chapters(judgements),
    }
}

/// Puts what the editors wrote of a chapter after its first sentences, before its first table.
pub(super) fn add_judgement(blocks: &mut Vec<Block>, text: Option<&String>) {
    let paragraphs = text.into_iter().flat_map(|text| text.lines()).map(str::trim);
    let paragraphs = paragraphs.filter(|line| !line.is_empty()).map(|line| Block::Judgement(line.to_owned()));
    let place = blocks.iter().position(|b| !matches!(b, Block::Sentence(_))).unwrap_or(blocks.len());
    blocks.splice(place..place, paragraphs);
}

struct Writer<'a> {
    figures: &'a ReportFigures,
    style: &'a ReportStyle,
    tables: usize,
    charts: usize,
}

impl Writer<'_> {
    fn chapters(mut self, judgements: &Judgements) -> Vec<Chapter> {
        let mut chapters = Vec::new();
        for ChapterStyle { code, title } in &self.style.chapters {
            // A table of contents has room for ten; the county's check allows no code twice.
            let (Some(known), Some(numeral)) =
                (REPORT_CHAPTERS.iter().find(|known| *known == code), NUMERALS.get(chapters.len()))
            else {
                continue;
            };
            let mut blocks = match *known {
                "overview" => self.overview(),
                "shares" => self.shares(),
                "incidents" => self.incidents(),
                "risen" => self.risen(),
                "towns" => self.towns(),
                "alerts" => self.alerts(),
                "departments" => self.departments(),
                "repeats" => self.repeats(),
                _ => self.ahead(),
            };
            add_judgement(&mut blocks, judgements.get(*known));
            chapters.push(Chapter { code: known, title: format!("{numeral}、{title}"), blocks });
        }
        chapters
    }

    /// A sentence of the program in the county's words; nothing where the county leaves it out.
    fn say(&self, sentence: ReportSentence, places: &[(&str, String)]) -> Option<Block> {
        let text = self.style.wording.get(sentence.code()).filter(|text| !text.is_empty())?;
        let common = |word: &str| match word {
            "本期" => Some(self.this()),
            "上期" => Some(self.before()),
            "下期" => Some(self.figures.span.after_word()),
            _ => None,
        };
        let place = |word: &str| {
            let own = places.iter().find(|(place, _)| *place == word).map(|(_, value)| value.clone());
            own.or_else(|| common(word).map(str::to_owned))
        };
        Some(Block::Sentence(fill(text, place)))
    }

    fn table(&mut self, name: &str, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Table {
        self.tables += 1;
        Table { title: format!("表{} {name}", self.tables), columns, rows, note: None }
    }

    fn chart(&mut self, name: &str, drawing: drawing::Drawing) -> Block {
        self.charts += 1;
        Block::Chart(Chart { title: format!("图{} {name}", self.charts), drawing })
    }

    /// What the table that comes next is called.
    fn next_table(&self) -> String {
        format!("表{}", self.tables + 1)
    }

    fn this(&self) -> &'static str {
        self.figures.span.this_word()
    }

    fn before(&self) -> &'static str {
        self.figures.span.before_word()
    }

    /// How much longer the report's days are than those before.
    fn odds(&self) -> f64 {
        f64::from(self.figures.span.length()) / f64::from(self.figures.before.length().max(1))
    }

    fn change(&self, count: Compared) -> Change {
        change(count.now, count.before, self.odds(), Telling::of(self.style))
    }

    fn year_change(&self, count: Compared) -> Change {
        let odds = f64::from(self.figures.span.length()) / f64::from(self.figures.year_ago.length().max(1));
        change(count.now, count.year_ago, odds, Telling::of(self.style))
    }

    fn items(&self) -> ReportItemFilter {
        ReportItemFilter::of_days(self.figures.span.from, self.figures.span.to)
    }

    /// 指标, this, before, the year before, and how it changed.
    fn compared_columns(&self, what: &str) -> Vec<Column> {
        vec![
            Column::words(what, 20),
            Column::figures(self.this()),
            Column::figures(self.before()),
            Column::figures("去年同期"),
            Column::words(format!("与{}比", self.before()), 26),
        ]
    }

    fn compared_row(&self, name: impl Into<Cell>, count: Compared, opens: Option<Opens>) -> Vec<Cell> {
        let now = Cell::from(count.now);
        vec![
            name.into(),
            match opens {
                Some(opens) => now.opening(opens),
                None => now,
            },
            Cell::some(count.before),
            Cell::some(count.year_ago),
            self.change(count).text(self.before(), "").into(),
        ]
    }

    /// Whether the cases behind a rate can be listed: that list knows departments, and neither towns nor topics.
    fn lists_rates(&self) -> bool {
        self.figures.scope.town.is_none() && self.figures.scope.topic.is_none()
    }

    fn bars<'a>(&self, shares: impl Iterator<Item = &'a ReportShare>) -> drawing::Drawing {
        let rows: Vec<drawing::Bar> =
            shares.take(self.style.bars).map(|s| (s.name.clone(), s.count.now, s.count.before)).collect();
        drawing::bars(&rows, &format!("{}信息量", self.this()), self.this(), self.before())
    }

    fn ahead(&mut self) -> Vec<Block> {
        let figures = self.figures;
        let ahead = figures.ahead;
        let mut said = vec![self.say(
            ReportSentence::AheadDue,
            &[
                ("工单", ahead.cases_due.to_string()),
                ("承诺", ahead.promises_due.to_string()),
                ("过期承诺", ahead.promises_late.to_string()),
            ],
        )];
        let telling = Telling::of(self.style);
        let grows = |incident: &&ReportIncident| {
            matches!(change(incident.items, Some(incident.before), self.odds(), telling), Change::Up { .. })
        };
        let growing: Vec<String> = figures
            .incidents
            .iter()
            .filter(grows)
            .take(5)
            .map(|incident| {
                format!(
                    "“{}”（{} 条，{} {} 条）",
                    incident.title,
                    incident.items,
                    self.before(),
                    incident.before
                )
            })
            .collect();
        if !growing.is_empty() {
            said.push(self.say(ReportSentence::AheadGrowing, &[("事件", growing.join("；"))]));
        }
        if let Some(forecast) = &figures.forecast {
            let error = match forecast.error {
                Some(error) => {
                    format!("；同样的方法在此前 {} 期里平均相差 {:.0}%", forecast.weeks, error * 100.0)
                }
                None => "；此前的数据太少，误差未知".to_owned(),
            };
            let items = format!("{:.0}", forecast.items);
            said.push(self.say(ReportSentence::AheadForecast, &[("条数", items), ("误差", error)]));
        }
        said.into_iter().flatten().collect()
    }
}
