//! What goes out and what does not get out: with the reason, and what a person can do about it.

use askama::Template;
use axum::extract::{Path, State};
use qingting_models::ids::DeliveryId;
use qingting_models::records::{Delivery, DeliveryState, MessageLine, NoticeChannel};
use qingting_models::store::Page;

use super::super::{Answer, back, html, read_id};
use super::tabs;
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::frame::{Frame, NavLink};
use crate::moment::Moment;
use crate::people::People;
use crate::query::{Query, Select};
use crate::view::{Choice, Tag};

const PATH: &str = "/notices/deliveries";
/// Rows of a page.
const ROWS: i64 = 50;

/// The list.
#[derive(Debug, Template)]
#[template(path = "deliveries.html")]
pub struct DeliveriesPage {
    pub frame: Frame,
    pub tabs: Vec<NavLink>,
    pub selects: Vec<Select>,
    /// Events that could not be told to anybody, with the reason.
    pub events: Vec<(String, String)>,
    pub rows: Vec<DeliveryRow>,
    pub here: String,
    pub first: Option<String>,
    pub next: Option<String>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    pub id: String,
    pub channel: String,
    pub receiver: String,
    /// What it tells: kinds and numbers.
    pub told: String,
    pub state: Tag,
    pub tries: i64,
    pub error: Option<String>,
    pub note: Option<String>,
    pub made_at: Moment,
    pub next_at: Option<Moment>,
    /// It can be sent again or given up.
    pub open: bool,
    pub retry: bool,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let stuck = query.text("state") != "all";
    let channels = state.store.notice_channels().await?;
    let people = People::load(&state.store).await?;
    let page = Page { before: query.parsed("after"), size: ROWS };
    let found = state.store.deliveries(stuck, query.parsed("channel"), page).await?;
    let now = state.store.now();
    let row = |delivery| row(delivery, &channels, &people, now);
    let chosen = query.text("channel");
    let option = |channel: &NoticeChannel| {
        let id = channel.id.to_string();
        Choice::new(&id, &channel.name, id == chosen)
    };
    html(&DeliveriesPage {
        frame: Frame::inside(&state, &caller, "外发情况", PATH).done(query.get("done")),
        tabs: tabs(&caller, PATH),
        selects: vec![
            Select {
                name: "state",
                label: "状态",
                any: "",
                options: vec![Choice::new("", "未送达", stuck), Choice::new("all", "全部", !stuck)],
            },
            Select {
                name: "channel",
                label: "渠道",
                any: "全部渠道",
                options: channels.iter().map(option).collect(),
            },
        ],
        events: state.store.stuck_events().await?,
        rows: found.rows.into_iter().map(row).collect(),
        here: query.here(PATH),
        first: query.first(PATH),
        next: found.next.map(|id| query.address(PATH, &[("after", &id.to_string())])),
    })
}

fn row(delivery: Delivery, channels: &[NoticeChannel], people: &People, now: jiff::Timestamp) -> DeliveryRow {
    let channel = channels.iter().find(|channel| channel.id == delivery.channel);
    let told = |line: &MessageLine| format!("{} {}", line.kind.label(), line.number);
    let open = matches!(delivery.state, DeliveryState::Waiting | DeliveryState::Failed);
    let class = match delivery.state {
        DeliveryState::Sent => "tag green",
        DeliveryState::Failed => "tag red",
        DeliveryState::Waiting if delivery.error.is_some() => "tag yellow",
        _ => "tag",
    };
    DeliveryRow {
        id: delivery.id.to_string(),
        channel: channel.map_or_else(String::new, |channel| channel.name.clone()),
        receiver: delivery.receiver.map_or_else(|| "全群".into(), |user| people.name(user)),
        told: delivery.lines.iter().map(told).collect::<Vec<_>>().join("；"),
        state: Tag::new(delivery.state.label(), class),
        tries: delivery.tries,
        error: delivery.error,
        note: delivery.note,
        made_at: Moment::new(delivery.made_at, now),
        next_at: (delivery.state == DeliveryState::Waiting).then(|| Moment::to_come(delivery.next_at, now)),
        open,
        retry: open && delivery.tries > 0,
    }
}

pub async fn retry(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: DeliveryId = read_id(&id)?;
    state.store.retry_delivery(id, caller.actor()).await?;
    Ok(back(form.text("back"), PATH, "delivery-retried"))
}

pub async fn give_up(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: DeliveryId = read_id(&id)?;
    let note = form.need("note", "原因", 200)?;
    state.store.give_up_delivery(id, note, caller.actor()).await?;
    Ok(back(form.text("back"), PATH, "delivery-given-up"))
}

#[cfg(test)]
impl crate::samples::Sampled for DeliveriesPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment};
        let row = |t: &str, open: bool| DeliveryRow {
            id: t.into(),
            channel: t.into(),
            receiver: t.into(),
            told: t.into(),
            state: Tag::new(t, "tag red"),
            tries: 3,
            error: Some(t.into()),
            note: Some(t.into()),
            made_at: moment(60),
            next_at: open.then(|| moment(-60)),
            open,
            retry: open,
        };
        let page = |t: String| Self {
            frame: frame(&t),
            tabs: vec![],
            selects: vec![],
            events: vec![(t.clone(), t.clone())],
            rows: vec![row(&t, true), row(&t, false)],
            here: t.clone(),
            first: Some(t.clone()),
            next: Some(t),
        };
        let empty = |t: String| Self { events: vec![], rows: vec![], first: None, next: None, ..page(t) };
        hostile().into_iter().flat_map(|t| [page(t.clone()), empty(t)]).collect()
    }
}
