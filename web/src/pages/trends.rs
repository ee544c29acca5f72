//! How much came in by day or week, told apart by topic, channel or town: to look into what a report says in a few figures.
//!
//! It counts as reports do: by the day on which a matter was reported, what is judged and not confidential.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::civil::Date;
use qingting_models::county::{DepartmentCode, TopicCode, Town};
use qingting_models::records::{Channel, ReportDay, ReportItemFilter, ReportScope, ReportSpan, day_number};
use qingting_models::store::ItemMark;
use qingting_respond::report::document::Opens;
use qingting_respond::report::{drawing, svg};

use super::reports;
use crate::app::AppState;
use crate::assets;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::names::Names;
use crate::pages::{Answer, html};
use crate::query::{Query, Select};
use crate::rate_period::Days;
use crate::report_view::address;
use crate::view::{Choice, choices};

/// So many marks have a column of their own, the rest share one.
const COLUMNS: usize = 7;

#[derive(Debug, Template)]
#[template(path = "trends.html")]
pub struct TrendsPage {
    pub frame: Frame,
    /// The days as they were asked for.
    pub from: String,
    pub to: String,
    pub selects: Vec<Select>,
    /// What is counted, in words.
    pub says: String,
    /// The drawing, which escapes its texts.
    pub svg: String,
    /// What a row is: 日期 or 周.
    pub unit: &'static str,
    /// The columns after the first, which is the sum.
    pub columns: Vec<String>,
    pub rows: Vec<TrendRow>,
    pub script: String,
    pub echarts: String,
}

/// A day or a week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrendRow {
    pub name: String,
    /// The sum, then the columns: the count, and where its items are.
    pub cells: Vec<(i64, Option<String>)>,
}

/// What is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Topic,
    Channel,
    Town,
}

impl By {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Topic, "topic", "话题"),
        (Self::Channel, "channel", "渠道"),
        (Self::Town, "town", "乡镇街道"),
    ];

    pub(crate) fn of(query: &Query) -> Self {
        let found = Self::ALL.into_iter().find(|(_, code, _)| *code == query.text("by"));
        found.map_or(Self::Topic, |(by, ..)| by)
    }

    fn mark(self) -> ItemMark {
        match self {
            Self::Topic => ItemMark::Topic,
            Self::Channel => ItemMark::Channel,
            Self::Town => ItemMark::Town,
        }
    }

    /// What a mark is called.
    pub(crate) fn name(self, code: Option<&str>, names: &Names) -> String {
        match (self, code) {
            (Self::Topic, None) => "不涉诉求话题".into(),
            (Self::Topic, Some(code)) => names.topic(code).to_owned(),
            (Self::Channel, code) => {
                let channel = code.and_then(|code| code.parse::<Channel>().ok());
                channel.map_or("其他渠道", Channel::label).to_owned()
            }
            (Self::Town, None) => "未定位".into(),
            (Self::Town, Some(town)) => town.to_owned(),
        }
    }

    /// The items of a mark among those of `filter`.
    fn narrowed(self, code: Option<&str>, filter: ReportItemFilter) -> ReportItemFilter {
        match self {
            Self::Topic => ReportItemFilter { topic: Some(code.map(TopicCode::from)), ..filter },
            Self::Channel => ReportItemFilter { channel: code.and_then(|code| code.parse().ok()), ..filter },
            Self::Town => ReportItemFilter { town: Some(code.map(Town::from)), ..filter },
        }
    }
}

/// What was counted.
pub(crate) struct Counted {
    pub span: ReportSpan,
    pub by: By,
    pub scope: ReportScope,
    pub filter: ReportItemFilter,
    /// Day, mark and count.
    pub counts: Arc<Vec<(i64, Option<String>, i64)>>,
}

/// The days that a query asks for.
///
/// # Errors
/// When they are none.
pub(crate) fn span_of(state: &AppState, query: &Query) -> Result<ReportSpan, WebError> {
    let days = Days::of(state, query)?;
    ReportSpan::days_between(days.from, days.to).map_err(|error| WebError::bad(error.to_string()))
}

/// Counts what a query asks for on these days.
///
/// # Errors
/// Those of the store.
pub(crate) async fn counted(
    state: &AppState,
    caller: &Caller,
    query: &Query,
    span: ReportSpan,
) -> Result<Counted, WebError> {
    let by = By::of(query);
    let department = query.get("department").map(DepartmentCode::from);
    let scope = ReportScope { department, ..ReportScope::default() };
    let filter = ReportItemFilter {
        channel: query.parsed("channel"),
        demands: query.text("demands") == "yes",
        topic: query.get("topic").map(|code| Some(TopicCode::from(code))),
        town: query.get("town").map(|town| Some(Town::from(town))),
        ..ReportItemFilter::of_days(span.from, span.to)
    };
    let (viewer, mark) = (&caller.viewer, by.mark());
    let count = state.store.report_items_by_day(viewer, &scope, &filter, mark);
    let counts = state.figures.trends.get(format!("{viewer:?} {scope:?} {filter:?} {mark:?}"), count).await?;
    Ok(Counted { span, by, scope, filter, counts })
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let (span, problem) = match span_of(&state, &query) {
        Ok(span) => (span, None),
        Err(WebError::Bad(why)) => (span_of(&state, &Query::default())?, Some(why)),
        Err(other) => return Err(other),
    };
    let wrong = problem.is_some();
    let typed = |name: &str, day: Date| if wrong { query.text(name).to_owned() } else { day.to_string() };
    let Counted { span, by, scope, filter, counts } = counted(&state, &caller, &query, span).await?;
    let names = &state.names;
    let table = Counts::of(&counts);
    let stretches = stretches(&span);
    let drawn: Vec<ReportDay> = stretches
        .iter()
        .map(|(from, to)| ReportDay {
            day: *from,
            items: table.sum(*from, *to, None),
            before: None,
            usual: None,
            usual_weeks: 0,
            mark: None,
        })
        .collect();
    let total: i64 = drawn.iter().map(|day| day.items).sum();
    let rest = table.marks.get(COLUMNS..).unwrap_or_default();
    let own = &table.marks[..table.marks.len().min(COLUMNS)];
    let row = |(from, to): (Date, Date)| {
        let whole = ReportItemFilter { from, to, ..filter.clone() };
        let opens = |filter: ReportItemFilter| Some(address(&Opens::Items(filter), &scope));
        let mut cells = vec![(table.sum(from, to, None), opens(whole.clone()))];
        for mark in own {
            let of_mark = by.narrowed(mark.as_deref(), whole.clone());
            cells.push((table.sum(from, to, Some(mark)), opens(of_mark)));
        }
        if !rest.is_empty() {
            let items = rest.iter().map(|mark| table.sum(from, to, Some(mark))).sum();
            cells.push((items, None));
        }
        let name = if from == to { from.to_string() } else { format!("{from} 至 {to}") };
        TrendRow { name, cells }
    };
    let mut columns: Vec<String> = own.iter().map(|mark| by.name(mark.as_deref(), names)).collect();
    columns.extend((!rest.is_empty()).then(|| format!("其余 {} 类", rest.len())));
    let of = reports::items_title(&filter, &scope, names);
    let page = TrendsPage {
        frame: Frame::inside(&state, &caller, "趋势", "/reports").with(problem.map(Notice::bad)),
        from: typed("from", span.from),
        to: typed("to", span.to),
        selects: selects(&query, by, names),
        says: format!("{of}：共 {total} 条"),
        svg: svg(&drawing::trend(&drawn, "信息", "")),
        unit: if span.lists_weeks() { "周" } else { "日期" },
        columns,
        rows: stretches.into_iter().map(row).collect(),
        script: assets::trends(),
        echarts: assets::echarts(),
    };
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, html(&page)?).into_response())
}

/// Counts by day and mark.
pub(crate) struct Counts<'c> {
    by_day: HashMap<(i64, &'c Option<String>), i64>,
    /// The most common first.
    pub(crate) marks: Vec<Option<String>>,
}

impl<'c> Counts<'c> {
    pub(crate) fn of(rows: &'c [(i64, Option<String>, i64)]) -> Self {
        let mut sums: HashMap<&Option<String>, i64> = HashMap::new();
        for (_, mark, items) in rows {
            *sums.entry(mark).or_default() += items;
        }
        let mut marks: Vec<(&Option<String>, i64)> = sums.into_iter().collect();
        marks.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        Self {
            by_day: rows.iter().map(|(day, mark, items)| ((*day, mark), *items)).collect(),
            marks: marks.into_iter().map(|(mark, _)| mark.clone()).collect(),
        }
    }

    /// Of the days from one to another, with a mark or all.
    pub(crate) fn sum(&self, from: Date, to: Date, mark: Option<&Option<String>>) -> i64 {
        let days = day_number(from)..=day_number(to);
        let one = |mark: &Option<String>| -> i64 {
            days.clone().filter_map(|day| self.by_day.get(&(day, mark))).sum()
        };
        match mark {
            Some(mark) => one(mark),
            None => self.marks.iter().map(one).sum(),
        }
    }
}

/// The days of a span each by itself; of a long one its weeks.
pub(crate) fn stretches(span: &ReportSpan) -> Vec<(Date, Date)> {
    if span.lists_weeks() { span.weeks() } else { span.days().map(|day| (day, day)).collect() }
}

fn selects(query: &Query, by: By, names: &Names) -> Vec<Select> {
    let kinds = By::ALL.map(|(kind, code, label)| Choice::new(code, label, kind == by));
    let channels =
        Channel::ALL.iter().map(|c| Choice::new(c.code(), c.label(), c.code() == query.text("channel")));
    let towns = names.towns.iter().map(|town| Choice::new(town, town, town == query.text("town")));
    let select = |name, label, any, options| Select { name, label, any, options };
    vec![
        select("by", "分组", "", kinds.into()),
        select("channel", "渠道", "全部渠道", channels.collect()),
        select("topic", "话题", "全部话题", choices(&names.topics, query.text("topic"))),
        select("town", "乡镇街道", "全县", towns.collect()),
        select("department", "主办单位", "全部单位", choices(&names.departments, query.text("department"))),
        select(
            "demands",
            "范围",
            "含新闻",
            vec![Choice::new("yes", "只看诉求", query.text("demands") == "yes")],
        ),
    ]
}

#[cfg(test)]
impl crate::samples::Sampled for TrendsPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile};
        let page = |t: String| Self {
            frame: frame(&t),
            from: t.clone(),
            to: t.clone(),
            selects: vec![Select {
                name: "topic", label: "话题", any: "全部", options: vec![choice(&t)]
            }],
            says: t.clone(),
            svg: svg(&drawing::trend(&[], &t, &t)),
            unit: "日期",
            columns: vec![t.clone()],
            rows: vec![TrendRow { name: t.clone(), cells: vec![(3, Some(t.clone())), (3, None)] }],
            script: t.clone(),
            echarts: t,
        };
        hostile().into_iter().map(page).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_most_common_marks_come_first_and_their_days_add_up() {
        let day = |n: i8| day_number(date(2026, 11, n));
        let mark = |text: &str| Some(text.to_owned());
        let rows = [
            (day(2), mark("wages"), 2),
            (day(2), None, 1),
            (day(3), mark("urban"), 4),
            (day(4), mark("wages"), 1),
        ];
        let counts = Counts::of(&rows);
        assert_eq!(counts.marks, [mark("urban"), mark("wages"), None]);
        let (from, to) = (date(2026, 11, 2), date(2026, 11, 3));
        assert_eq!(counts.sum(from, to, None), 7);
        assert_eq!(counts.sum(from, to, Some(&mark("wages"))), 2);
    }
}
