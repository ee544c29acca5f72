//! The list of incidents (事件), hottest first, and the words that rise today.

use askama::Template;
use axum::extract::State;
use jiff::Timestamp;
use qingting_models::records::{Channel, Incident, Viewer};
use qingting_models::rising::{Rise, rises};
use qingting_models::store::{IncidentFilter, Rank, day_of};

use super::{Answer, html};
use crate::access::url_encode;
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Frame;
use crate::moment::Moment;
use crate::names::Names;
use crate::query::{Query, Select};
use crate::view::{Choice, Tag, choices, title_text, urgency_tag};

/// Rows of a page.
const ROWS: i64 = 25;
const PATH: &str = "/incidents";
/// With how many days before a day's words are compared, and in how many items a word must stand.
const PAST_DAYS: i64 = 28;
const LEAST_ITEMS: i64 = 3;
/// Rising words that are shown.
const WORDS: usize = 12;

/// The list.
#[derive(Debug, Template)]
#[template(path = "incidents.html")]
pub struct IncidentsPage {
    pub frame: Frame,
    pub selects: Vec<Select>,
    pub incidents: Vec<IncidentRow>,
    pub rising: Vec<RisingWord>,
    pub first: Option<String>,
    pub next: Option<String>,
}

/// An incident in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentRow {
    pub id: String,
    pub title: String,
    pub topic: Option<String>,
    pub town: Option<String>,
    pub urgency: Option<Tag>,
    pub confidential: bool,
    pub items: i64,
    /// Distinct callers; 0 where no item tells a number.
    pub callers: i64,
    /// `热线 12`.
    pub channels: Vec<String>,
    pub heat: String,
    pub first_at: Moment,
    pub last_at: Moment,
}

/// A word that rises, and where its items are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RisingWord {
    pub word: String,
    pub items: i64,
    /// How many its past lets expect: `平常 0.4 条`.
    pub usual: String,
    pub href: String,
}

impl IncidentRow {
    pub fn new(incident: &Incident, names: &Names, now: Timestamp) -> Self {
        let channel = |(channel, items): (&Channel, &i64)| format!("{} {items}", channel.label());
        Self {
            id: incident.id.to_string(),
            title: title_text(&incident.title),
            topic: incident.topic.as_ref().map(|topic| names.topic(topic.as_str()).to_owned()),
            town: incident.town.as_ref().map(|town| town.as_str().to_owned()),
            urgency: urgency_tag(incident.urgency),
            confidential: incident.confidential,
            items: incident.items,
            callers: incident.callers,
            channels: incident.channels.iter().map(channel).collect(),
            heat: format!("{:.1}", incident.heat),
            first_at: Moment::new(incident.first_at, now),
            last_at: Moment::new(incident.last_at, now),
        }
    }
}

/// The hottest incidents that match.
///
/// # Errors
/// When the store fails.
pub async fn hottest(
    state: &AppState,
    viewer: &Viewer,
    filter: &IncidentFilter,
    size: i64,
) -> Result<Vec<IncidentRow>, WebError> {
    let found = state.store.incidents(viewer, filter, Rank { page: 0, size }).await?;
    let now = state.store.now();
    Ok(found.rows.iter().map(|incident| IncidentRow::new(incident, &state.names, now)).collect())
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let page: i64 = query.parsed("after").unwrap_or(0).clamp(0, 10_000);
    let rank = Rank { page, size: ROWS };
    let found = state.store.incidents(&caller.viewer, &filter(&query), rank).await?;
    let now = state.store.now();
    let row = |incident| IncidentRow::new(incident, &state.names, now);
    html(&IncidentsPage {
        frame: Frame::inside(&state, &caller, "事件", PATH).done(query.get("done")),
        selects: selects(&state.names, &query),
        incidents: found.rows.iter().map(row).collect(),
        rising: if page == 0 { rising(&state).await? } else { Vec::new() },
        first: query.first(PATH),
        next: found.next.map(|page| query.address(PATH, &[("after", &page.to_string())])),
    })
}

/// Which incidents the query asks for.
pub(crate) fn filter(query: &Query) -> IncidentFilter {
    IncidentFilter {
        topic: query.get("topic").map(Into::into),
        town: query.get("town").map(Into::into),
        items_min: if query.text("items") == "all" { 1 } else { 2 },
    }
}

fn selects(names: &Names, query: &Query) -> Vec<Select> {
    let chosen = |name: &str| query.text(name).to_owned();
    let (town, items) = (chosen("town"), chosen("items"));
    let towns = names.towns.iter().map(|t| Choice::new(t, t, *t == town)).collect();
    let counts = [("", "两件以上"), ("all", "全部，包括只有一件的")];
    let counts = counts.iter().map(|(value, label)| Choice::new(*value, *label, *value == items)).collect();
    vec![
        Select {
            name: "topic",
            label: "话题",
            any: "全部话题",
            options: choices(&names.topics, &chosen("topic")),
        },
        Select { name: "town", label: "乡镇街道", any: "全县", options: towns },
        Select { name: "items", label: "件数", any: "", options: counts },
    ]
}

/// The words that rise today against the four weeks before.
async fn rising(state: &AppState) -> Result<Vec<RisingWord>, WebError> {
    let today = day_of(state.store.now());
    let count = async {
        let (day, past) = state.store.words_of_days((today, today), PAST_DAYS, LEAST_ITEMS).await?;
        let mut risen = rises(&past, &day, &state.desk.county().stop_words);
        risen.truncate(WORDS);
        Ok(risen)
    };
    let risen = state.figures.rising.get(today.to_string(), count).await?;
    let word = |rise: &Rise| RisingWord {
        href: format!("/items?state=all&q={}", url_encode(&rise.word)),
        usual: format!("平常 {:.1} 条", rise.expected),
        items: rise.items,
        word: rise.word.clone(),
    };
    Ok(risen.iter().map(word).collect())
}

#[cfg(test)]
impl crate::samples::Sampled for IncidentsPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, incident_row, names};
        let page = |t: String| Self {
            frame: frame(&t),
            selects: selects(&names(&t), &Query::parse("topic=wages")),
            incidents: vec![incident_row(&t)],
            rising: vec![RisingWord { word: t.clone(), items: 9, usual: t.clone(), href: t.clone() }],
            first: Some(t.clone()),
            next: Some(t),
        };
        let mut pages: Vec<Self> = hostile().into_iter().map(page).collect();
        let empty =
            |t: String| Self { incidents: vec![], rising: vec![], first: None, next: None, ..page(t) };
        pages.extend(hostile().into_iter().map(empty));
        pages
    }
}
