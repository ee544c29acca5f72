//! The items behind a figure of a report, as they are now.

use askama::Template;
use axum::extract::State;
use jiff::Timestamp;
use qingting_models::county::{DepartmentCode, TopicCode, Town};
use qingting_models::ids::ItemId;
use qingting_models::records::{Channel, ReportItem, ReportItemFilter, ReportScope, state_label};
use qingting_models::store::ItemPlace;

use super::{PATH, scope_name};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Frame;
use crate::moment::Moment;
use crate::names::Names;
use crate::pages::{Answer, html};
use crate::query::Query;
use crate::rate_period::Days;
use crate::report_view::{ITEMS, NONE};
use crate::view::{Tag, title_text, urgency_tag};

const ROWS: i64 = 50;

#[derive(Debug, Template)]
#[template(path = "report_items.html")]
pub struct ReportItemsPage {
    pub frame: Frame,
    /// What is counted, in words.
    pub title: String,
    pub count: i64,
    pub rows: Vec<ReportItemRow>,
    pub first: Option<String>,
    pub next: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportItemRow {
    pub id: String,
    pub title: String,
    pub at: Moment,
    pub channel: &'static str,
    pub topic: String,
    pub town: String,
    pub urgency: Option<Tag>,
    pub case: Option<String>,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let filter = filter(&state, &query)?;
    let scope = scope(&query);
    let place = query.get("after").map(place).transpose()?;
    let store = &state.store;
    let mut items = store.report_items(&caller.viewer, &scope, &filter, place, ROWS + 1).await?;
    let more = items.len() > ROWS as usize;
    items.truncate(ROWS as usize);
    let next =
        items.last().filter(|_| more).map(|item| format!("{}-{}", item.at.as_millisecond(), item.item));
    let now = store.now();
    html(&ReportItemsPage {
        frame: Frame::inside(&state, &caller, "报告的信息", PATH),
        title: title(&filter, &scope, &state.names),
        count: store.count_report_items(&caller.viewer, &scope, &filter).await?,
        rows: items.into_iter().map(|item| row(item, &state.names, now)).collect(),
        first: query.first(ITEMS),
        next: next.map(|next| query.address(ITEMS, &[("after", &next)])),
    })
}

/// Which items are asked for.
///
/// # Errors
/// When the days are none.
pub(crate) fn filter(state: &AppState, query: &Query) -> Result<ReportItemFilter, WebError> {
    let days = Days::of(state, query)?;
    // What has none is asked for by a word of its own.
    let marked = |name: &str| query.get(name).map(|text| (text != NONE).then(|| text.to_owned()));
    Ok(ReportItemFilter {
        channel: query.parsed::<Channel>("channel"),
        demands: query.text("demands") == "yes",
        topic: marked("topic").map(|topic| topic.map(TopicCode::from)),
        town: marked("town").map(|town| town.map(Town::from)),
        urgent: query.text("urgent") == "yes",
        ..ReportItemFilter::of_days(days.from, days.to)
    })
}

/// Of what the report is.
pub(crate) fn scope(query: &Query) -> ReportScope {
    ReportScope {
        town: query.get("of_town").map(Town::from),
        topic: query.get("of_topic").map(TopicCode::from),
        department: query.get("of_department").map(DepartmentCode::from),
    }
}

/// `MILLISECONDS-ID`.
///
/// # Errors
/// When it is none.
pub(crate) fn place(text: &str) -> Result<ItemPlace, WebError> {
    let (ms, id) = text.split_once('-').ok_or(WebError::NotFound)?;
    let ms: i64 = ms.parse().map_err(|_| WebError::NotFound)?;
    let at = Timestamp::from_millisecond(ms).map_err(|_| WebError::NotFound)?;
    let id: ItemId = id.parse().map_err(|_| WebError::NotFound)?;
    Ok((at, id))
}

/// What is counted, in words.
pub fn title(filter: &ReportItemFilter, scope: &ReportScope, names: &Names) -> String {
    let mut parts = vec![match filter.from == filter.to {
        true => filter.from.to_string(),
        false => format!("{} 至 {}", filter.from, filter.to),
    }];
    let of = scope_name(scope, names);
    parts.extend((!of.is_empty()).then_some(of));
    parts.extend(filter.channel.map(|channel| channel.label().to_owned()));
    parts.extend(filter.demands.then(|| "诉求".to_owned()));
    parts.extend(filter.urgent.then(|| "紧急".to_owned()));
    parts.extend(filter.topic.as_ref().map(|topic| match topic {
        Some(code) => names.topic(code.as_str()).to_owned(),
        None => "不涉诉求话题".to_owned(),
    }));
    parts.extend(filter.town.as_ref().map(|town| match town {
        Some(town) => town.as_str().to_owned(),
        None => "未定位".to_owned(),
    }));
    parts.join(" · ")
}

fn row(item: ReportItem, names: &Names, now: Timestamp) -> ReportItemRow {
    ReportItemRow {
        id: item.item.to_string(),
        title: title_text(&item.title),
        at: Moment::new(item.at, now),
        channel: item.channel.label(),
        topic: item.topic.map_or(String::new(), |code| names.topic(code.as_str()).to_owned()),
        town: item.town.map_or(String::new(), |town| town.as_str().to_owned()),
        urgency: urgency_tag(item.urgency),
        case: item.case.map(|(number, state)| format!("{number} {}", state_label(&state))),
    }
}

#[cfg(test)]
impl crate::samples::Sampled for ReportItemsPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment};
        let page = |t: String| Self {
            frame: frame(&t),
            title: t.clone(),
            count: 3,
            rows: vec![ReportItemRow {
                id: t.clone(),
                title: t.clone(),
                at: moment(60),
                channel: "热线",
                topic: t.clone(),
                town: t.clone(),
                urgency: Some(Tag::new("紧急", "tag red")),
                case: Some(t.clone()),
            }],
            first: Some(t.clone()),
            next: Some(t),
        };
        let mut pages: Vec<Self> = hostile().into_iter().map(page).collect();
        pages.extend(hostile().into_iter().map(|t| Self {
            rows: vec![],
            first: None,
            next: None,
            ..page(t)
        }));
        pages
    }
}
