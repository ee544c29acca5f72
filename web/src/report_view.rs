//! A report as HTML: on its page and as one file that needs nothing else.

use askama::Template;
use qingting_models::county::DepartmentCode;
use qingting_models::records::{ReportItemFilter, ReportScope};
use qingting_respond::report::annex::{AnnexRow, COLUMNS};
use qingting_respond::report::document::{Block, Cell, Chapter, Document, Opens, Table};
use qingting_respond::report::{Source, svg};

use crate::access::url_encode;

/// The place of the items behind a figure.
pub const ITEMS: &str = "/reports/items";
/// The word of an address for what has no topic, no town or no department.
pub const NONE: &str = "-";

/// A report, ready to be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportView {
    pub header: Option<String>,
    pub title: String,
    pub subtitle: String,
    pub number: Option<String>,
    pub lines: Vec<String>,
    pub chapters: Vec<ChapterView>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ChapterView {
    pub code: &'static str,
    pub title: String,
    pub blocks: Vec<BlockView>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum BlockView {
    Sentence(String),
    Judgement(String),
    Heading(String),
    Table(TableView),
    Chart(ChartView),
}

#[derive(Debug, Clone, PartialEq)]
pub struct TableView {
    pub title: String,
    /// Name, and whether it has figures.
    pub columns: Vec<(String, bool)>,
    pub rows: Vec<Vec<CellView>>,
    pub note: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CellView {
    /// For narrow screens.
    pub column: String,
    pub text: String,
    pub figures: bool,
    pub href: Option<String>,
}

/// A chart as SVG, which the drawing escapes.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartView {
    pub title: String,
    pub svg: String,
}

impl ReportView {
    /// `base` stands before each address; without one nothing is opened. `None` in a file that leaves the house.
    pub fn new(document: Document, scope: &ReportScope, base: Option<&str>) -> Self {
        let chapter = |chapter: Chapter| ChapterView {
            code: chapter.code,
            title: chapter.title,
            blocks: chapter.blocks.into_iter().map(|block| block_of(block, scope, base)).collect(),
        };
        Self {
            header: document.header,
            title: document.title,
            subtitle: document.subtitle,
            number: document.number,
            lines: document.lines,
            chapters: document.chapters.into_iter().map(chapter).collect(),
        }
    }
}

fn block_of(block: Block, scope: &ReportScope, base: Option<&str>) -> BlockView {
    match block {
        Block::Sentence(text) => BlockView::Sentence(text),
        Block::Judgement(text) => BlockView::Judgement(text),
        Block::Heading(text) => BlockView::Heading(text),
        Block::Table(table) => BlockView::Table(table_of(table, scope, base)),
        Block::Chart(chart) => BlockView::Chart(ChartView { svg: svg(&chart.drawing), title: chart.title }),
    }
}

fn table_of(table: Table, scope: &ReportScope, base: Option<&str>) -> TableView {
    let cell = |(cell, column): (&Cell, &qingting_respond::report::document::Column)| CellView {
        column: column.name.clone(),
        text: cell.value.text(),
        figures: column.figures,
        href: base.and_then(|base| Some(format!("{base}{}", address(cell.opens.as_ref()?, scope)))),
    };
    let rows = table.rows.iter().map(|row| row.iter().zip(&table.columns).map(cell).collect()).collect();
    TableView {
        rows,
        title: table.title,
        columns: table.columns.iter().map(|column| (column.name.clone(), column.figures)).collect(),
        note: table.note,
    }
}

/// Where the rows behind a figure are.
pub fn address(opens: &Opens, scope: &ReportScope) -> String {
    let department = |code: &Option<DepartmentCode>| match code {
        Some(code) => url_encode(code.as_str()),
        None => NONE.to_owned(),
    };
    match opens {
        Opens::Items(filter) => items_address(filter, scope),
        Opens::Rate { rate, from, to, department: of, holds } => {
            let mut to = format!("/departments/cases?rate={}&from={from}&to={to}", rate.code());
            if let Some(of) = of {
                to.push_str(&format!("&department={}", department(of)));
            }
            match holds {
                Some(true) => to.push_str("&holds=yes"),
                Some(false) => to.push_str("&holds=no"),
                None => {}
            }
            to
        }
        Opens::Incident(id) => format!("/incidents/{id}"),
        Opens::OpenCases { lead, overdue } => {
            let mut to = "/cases?state=open".to_owned();
            let lead = lead.as_ref().map(|code| ("lead", code.as_str()));
            let town = scope.town.as_ref().map(|town| ("town", town.as_str()));
            let topic = scope.topic.as_ref().map(|topic| ("topic", topic.as_str()));
            for (name, value) in lead.into_iter().chain(town).chain(topic) {
                to.push_str(&format!("&{name}={}", url_encode(value)));
            }
            if *overdue {
                to.push_str("&due=over");
            }
            to
        }
    }
}

fn items_address(filter: &ReportItemFilter, scope: &ReportScope) -> String {
    let mut to = format!("{ITEMS}?from={}&to={}", filter.from, filter.to);
    let mut add = |name: &str, value: &str| to.push_str(&format!("&{name}={}", url_encode(value)));
    if let Some(channel) = filter.channel {
        add("channel", channel.code());
    }
    if filter.demands {
        add("demands", "yes");
    }
    if filter.urgent {
        add("urgent", "yes");
    }
    if let Some(topic) = &filter.topic {
        add("topic", topic.as_ref().map_or(NONE, |code| code.as_str()));
    }
    if let Some(town) = &filter.town {
        add("town", town.as_ref().map_or(NONE, |town| town.as_str()));
    }
    scope_pairs(scope).into_iter().for_each(|(name, value)| add(name, &value));
    to
}

/// A scope as the parts of an address.
pub fn scope_pairs(scope: &ReportScope) -> Vec<(&'static str, String)> {
    let town = scope.town.as_ref().map(|town| ("of_town", town.as_str().to_owned()));
    let topic = scope.topic.as_ref().map(|topic| ("of_topic", topic.to_string()));
    let department = scope.department.as_ref().map(|code| ("of_department", code.to_string()));
    town.into_iter().chain(topic).chain(department).collect()
}

#[derive(Template)]
#[template(path = "report_file.html")]
struct ReportFile {
    view: ReportView,
    columns: [&'static str; 7],
    annex: Vec<[String; 7]>,
    items: i64,
    /// The annex holds them all.
    whole: bool,
}

/// The report as one HTML file. `annex` are its first items.
///
/// # Errors
/// When the template cannot be written.
pub fn report_file(source: &Source, annex: &[AnnexRow], base: Option<&str>) -> Result<String, askama::Error> {
    let (view, items) = (ReportView::new(source.document(), &source.scope(), base), source.items());
    let whole = i64::try_from(annex.len()).is_ok_and(|shown| shown >= items);
    let annex = annex.iter().map(AnnexRow::cells).collect();
    ReportFile { view, columns: COLUMNS, annex, items, whole }.render()
}

/// A report with this text wherever any can stand.
#[cfg(test)]
pub(crate) fn sample_view(t: &str) -> ReportView {
    use qingting_respond::report::drawing::{Drawing, Shape, Stands};
    let cell = |href: Option<&str>| CellView {
        column: t.into(),
        text: t.into(),
        figures: true,
        href: href.map(str::to_owned),
    };
    let table =
        |rows| TableView { title: t.into(), columns: vec![(t.into(), true)], rows, note: Some(t.into()) };
    let text = Shape::Text { at: (1, 9), text: t.into(), size: 9, stands: Stands::Middle };
    let drawing = Drawing { width: 9, height: 9, shapes: vec![text], says: t.into() };
    ReportView {
        header: Some(t.into()),
        title: t.into(),
        subtitle: t.into(),
        number: Some(t.into()),
        lines: vec![t.into()],
        chapters: vec![ChapterView {
            code: "overview",
            title: t.into(),
            blocks: vec![
                BlockView::Sentence(t.into()),
                BlockView::Judgement(t.into()),
                BlockView::Heading(t.into()),
                BlockView::Table(table(vec![vec![cell(Some(t)), cell(None)]])),
                BlockView::Table(table(vec![])),
                BlockView::Chart(ChartView { title: t.into(), svg: svg(&drawing) }),
            ],
        }],
    }
}

#[cfg(test)]
impl crate::samples::Sampled for ReportFile {
    fn samples() -> Vec<Self> {
        let page = |t: String| Self {
            view: sample_view(&t),
            columns: COLUMNS,
            annex: vec![[(); 7].map(|()| t.clone())],
            items: 9,
            whole: false,
        };
        crate::samples::hostile().into_iter().map(page).collect()
    }
}
