//! One incident: its figures, its days, its items, what came and left, and the forms that change it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use qingting_models::clock::local_date;
use qingting_models::ids::IncidentId;
use qingting_models::records::{AdvisedSentence, Incident, IncidentAdvice, IncidentMove, Item, Membership};
use qingting_models::store::{AlertFilter, IncidentFilter, Page};

use super::incident_case::IncidentCases;
use super::incidents::{IncidentRow, hottest};
use super::{Answer, html, read_id};
use crate::app::AppState;
use crate::caller::Caller;
use crate::chart::Chart;
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::moment::Moment;
use crate::names::Names;
use crate::people::People;
use crate::query::Query;
use crate::view::{Choice, item_title, percent};

/// Items and moves that are shown, days of the chart, incidents offered to merge with.
const ITEMS: i64 = 200;
const MOVES: i64 = 500;
/// Alerts that are shown, the latest.
const ALERTS: i64 = 20;
const DAYS: i64 = 28;
const NEAR: i64 = 30;

/// The page of an incident.
#[derive(Debug, Template)]
#[template(path = "incident.html")]
pub struct IncidentPage {
    pub frame: Frame,
    pub row: IncidentRow,
    pub chart: Chart,
    /// Which rules it fired.
    pub alerts: Vec<AlertLine>,
    /// What the helper model makes of it.
    pub advice: Option<AdviceView>,
    pub members: Vec<MemberRow>,
    /// How many items there are besides those shown.
    pub more: i64,
    pub history: Vec<HistoryLine>,
    pub answering: IncidentCases,
    /// May split, move, merge and rename.
    pub judges: bool,
    /// Incidents of the same topic or town.
    pub near: Vec<Choice>,
}

/// A rule that fired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertLine {
    pub rule: String,
    pub at: Moment,
    /// Nobody has looked yet.
    pub waits: bool,
}

/// A summary by the helper model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdviceView {
    pub sentences: Vec<SentenceView>,
    pub model: String,
    pub at: Moment,
}

/// A sentence with number and id of the items that it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentenceView {
    pub text: String,
    pub items: Vec<(usize, String)>,
}

/// An item of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    pub id: String,
    pub title: String,
    pub channel: &'static str,
    pub topic: Option<String>,
    pub town: Option<String>,
    pub has_case: bool,
    pub at: Moment,
    /// How it came here: `首件`, `人工归入`, `相似 87%`.
    pub how: String,
}

/// Items that came or left together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryLine {
    pub at: Moment,
    pub who: String,
    pub what: String,
    /// The other incident; none where it lives on in this one.
    pub other: Option<String>,
}

pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    let asked: IncidentId = read_id(&id)?;
    let mut page = build(&state, &caller, asked).await?;
    if page.row.id != asked.to_string() {
        return Ok(Redirect::to(&format!("/incidents/{}", page.row.id)).into_response());
    }
    page.frame = page.frame.done(query.get("done"));
    html(&page)
}

/// The page again with a notice: after an action that was refused.
pub(crate) async fn show_again(state: &AppState, caller: &Caller, id: IncidentId, notice: Notice) -> Answer {
    let mut page = build(state, caller, id).await?;
    page.frame = page.frame.with(Some(notice));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

async fn build(state: &AppState, caller: &Caller, id: IncidentId) -> Result<IncidentPage, WebError> {
    let (store, eyes) = (&state.store, &caller.viewer);
    let incident = store.incident(eyes, id).await?.ok_or(WebError::NotFound)?;
    let judges = store.incident(&caller.judging_eyes(), id).await?.is_some();
    let now = store.now();
    let members = store.members(eyes, incident.id, ITEMS).await?;
    let moves = store.incident_moves(incident.id, MOVES).await?;
    let people = People::load(store).await?;
    let advice = store.incident_advice(eyes, incident.id).await?;
    let of_this = AlertFilter { incident: Some(incident.id), ..AlertFilter::default() };
    let alerts = store.alerts(eyes, &of_this, Page { before: None, size: ALERTS }).await?.rows;
    let items: Vec<&Item> = members.iter().map(|(item, _)| item).collect();
    let answering = IncidentCases::of(state, caller, &items, judges).await?;
    Ok(IncidentPage {
        answering,
        frame: Frame::inside(state, caller, "事件", "/incidents"),
        row: IncidentRow::new(&incident, &state.names, now),
        chart: chart(&store.incident_times(incident.id).await?),
        alerts: alerts
            .into_iter()
            .map(|alert| AlertLine {
                at: Moment::new(alert.first_at, now),
                waits: alert.seen.is_none(),
                rule: alert.rule_name,
            })
            .collect(),
        advice: advice.map(|advice| advice_view(advice, now)),
        more: incident.items - members.len() as i64,
        members: members.iter().map(|(item, m)| member(item, m, &state.names, now)).collect(),
        history: history(incident.id, &moves, &people, now),
        near: if judges { near(state, caller, &incident).await? } else { Vec::new() },
        judges,
    })
}

fn chart(times: &[(Timestamp, qingting_models::records::Channel)]) -> Chart {
    let mut days: Vec<(Date, i64)> = Vec::new();
    for (at, _) in times {
        let day = local_date(*at);
        match days.last_mut() {
            Some((last, count)) if *last == day => *count += 1,
            _ => days.push((day, 1)),
        }
    }
    let last = days.last().map_or(date(1970, 1, 1), |(day, _)| *day);
    Chart::until(&days, last, DAYS)
}

fn advice_view(advice: IncidentAdvice, now: Timestamp) -> AdviceView {
    let IncidentAdvice { sentences, items, model, at } = advice;
    let source = |place: usize| {
        let item = place.checked_sub(1).and_then(|place| items.get(place));
        item.map(|id| (place, id.to_string()))
    };
    let sentence = |sentence: AdvisedSentence| SentenceView {
        items: sentence.cites.into_iter().filter_map(source).collect(),
        text: sentence.text,
    };
    AdviceView { sentences: sentences.into_iter().map(sentence).collect(), model, at: Moment::new(at, now) }
}

fn member(item: &Item, membership: &Membership, names: &Names, now: Timestamp) -> MemberRow {
    MemberRow {
        id: item.id.to_string(),
        title: item_title(item),
        channel: item.channel.label(),
        topic: item.main_topic.as_ref().map(|topic| names.topic(topic.as_str()).to_owned()),
        town: item.town.as_ref().map(|town| town.as_str().to_owned()),
        has_case: item.case.is_some(),
        at: Moment::new(membership.at, now),
        how: match membership.kinship {
            _ if membership.by_person => "人工归入".to_owned(),
            Some(kinship) => format!("相似 {}%", percent(kinship)),
            None => "首件".to_owned(),
        },
    }
}

/// Moves of one moment, person and reason as one line.
fn history(id: IncidentId, moves: &[IncidentMove], people: &People, now: Timestamp) -> Vec<HistoryLine> {
    let same = |a: &IncidentMove, b: &IncidentMove| {
        (a.at, a.actor, a.from, a.to, &a.why) == (b.at, b.actor, b.from, b.to, &b.why)
    };
    moves
        .chunk_by(same)
        .map(|together| {
            let (one, count) = (&together[0], together.len());
            let came = one.to == id;
            let what = match (one.why.as_str(), came) {
                ("merge", true) => format!("并入另一事件的 {count} 件"),
                ("merge", false) => format!("{count} 件并入"),
                ("split", true) => format!("拆出 {count} 件成为本事件，来自"),
                ("split", false) => format!("拆出 {count} 件，成为"),
                ("move", true) => format!("移入 {count} 件，来自"),
                ("move", false) => format!("移走 {count} 件，到"),
                (_, true) => format!("{count} 件因保密范围变化移入，来自"),
                (_, false) => format!("{count} 件因保密范围变化移走，到"),
            };
            let other = if came { one.from } else { one.to };
            HistoryLine {
                at: Moment::new(one.at, now),
                who: people.actor(one.actor),
                what,
                other: (one.why != "merge" || !came).then(|| other.to_string()),
            }
        })
        .collect()
}

/// The hottest incidents of the same topic or town, which it may be one with.
///
/// # Errors
/// When the store fails.
pub(super) async fn near(
    state: &AppState,
    caller: &Caller,
    incident: &Incident,
) -> Result<Vec<Choice>, WebError> {
    let eyes = caller.judging_eyes();
    let by_topic = IncidentFilter { topic: incident.topic.clone(), town: None, items_min: 1 };
    let by_town = IncidentFilter { topic: None, town: incident.town.clone(), items_min: 1 };
    let mut near: Vec<Choice> = Vec::new();
    for filter in [by_town, by_topic] {
        if filter.topic.is_none() && filter.town.is_none() {
            continue;
        }
        for row in hottest(state, &eyes, &filter, NEAR).await? {
            let known = row.id == incident.id.to_string() || near.iter().any(|choice| choice.value == row.id);
            if !known && row.confidential == incident.confidential {
                near.push(Choice::new(row.id, format!("{}（{} 件）", row.title, row.items), false));
            }
        }
    }
    Ok(near)
}

#[cfg(test)]
impl crate::samples::Sampled for IncidentPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile, incident_row, moment, now};
        let page = |t: String| Self {
            frame: frame(&t),
            row: incident_row(&t),
            chart: chart(&[(now(), qingting_models::records::Channel::Hotline)]),
            alerts: vec![AlertLine { rule: t.clone(), at: moment(60), waits: true }],
            advice: Some(AdviceView {
                sentences: vec![SentenceView {
                    text: t.clone(),
                    items: vec![(1, t.clone()), (3, t.clone())],
                }],
                model: t.clone(),
                at: moment(60),
            }),
            members: vec![MemberRow {
                id: t.clone(),
                title: t.clone(),
                channel: "热线",
                topic: Some(t.clone()),
                town: Some(t.clone()),
                has_case: true,
                at: moment(60),
                how: t.clone(),
            }],
            more: 3,
            history: vec![HistoryLine {
                at: moment(60),
                who: t.clone(),
                what: t.clone(),
                other: Some(t.clone()),
            }],
            answering: IncidentCases {
                cases: vec![crate::pages::incident_case::IncidentCase {
                    id: t.clone(),
                    number: t.clone(),
                    lead: t.clone(),
                    state: t.clone(),
                    items: 2,
                    takes: true,
                    open: true,
                }],
                free: 3,
                targets: vec![choice(&t)],
                departments: vec![choice(&t)],
            },
            judges: true,
            near: vec![choice(&t)],
        };
        let mut pages: Vec<Self> = hostile().into_iter().map(page).collect();
        let read = |t: String| Self {
            judges: false,
            answering: IncidentCases::default(),
            alerts: vec![],
            advice: None,
            history: vec![],
            near: vec![],
            more: 0,
            ..page(t)
        };
        pages.extend(hostile().into_iter().map(read));
        pages
    }
}
