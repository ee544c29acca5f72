//! The work list of items (信息研判): filters, rows with their quick forms, pages by cursor.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use qingting_models::ids::ItemId;
use qingting_models::records::{Channel, Role, Urgency};
use qingting_models::store::{ItemFilter, ItemState};

use serde_json::json;

use super::items_search::Said;
use super::views::Views;
use super::{Answer, html, items_batch, items_search};
use crate::app::AppState;
use crate::assets;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::found::Found;
use crate::frame::{Frame, Notice};
use crate::names::Names;
use crate::proposal::{self, Proposal};
use crate::query::{Query, Select};
use crate::selection::ticked;
use crate::view::{Choice, ItemRow, choices, may_be_worked};

/// Rows of a page.
const ROWS: i64 = 25;
pub(super) const PATH: &str = "/items";

/// Why an item needs no handling, the usual words; the list's script puts them in by their number.
pub const REASONS: [&str; 5] = ["重复", "广告", "非本县", "表扬", "已处理"];

/// The list.
#[derive(Debug, Template)]
#[template(path = "items.html")]
pub struct ItemsPage {
    pub frame: Frame,
    pub q: String,
    pub selects: Vec<Select>,
    pub items: Vec<ItemRow>,
    /// What may be done with several at once; none where no row can be ticked.
    pub batch: Option<BatchForm>,
    /// The address of this page, for coming back after an action.
    pub here: String,
    pub first: Option<String>,
    pub next: Option<String>,
    pub views: Views,
    /// Where a search that looked at a part goes on in all items.
    pub everywhere: Option<String>,
    pub said: Said,
    /// On the first page its newest item, and the address that tells how many came since; the script asks it.
    pub newest: Option<String>,
    pub script: String,
}

/// The form for several items at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchForm {
    pub departments: Vec<Choice>,
    pub note: String,
    /// The number of the case that takes them in.
    pub into: String,
    /// Items that the model is not sure of, with the departments that they would go to: whether they go there is asked.
    pub unsure: Vec<String>,
}

impl BatchForm {
    /// As it was filled in.
    pub(crate) fn typed(state: &AppState, form: &Form) -> Self {
        Self {
            departments: choices(&state.names.departments, form.text("department")),
            note: form.text("note").into(),
            into: form.text("into").into(),
            unsure: Vec::new(),
        }
    }
}

/// Code, meaning and words of the states that can be asked for.
const STATES: &[(&str, ItemState, &str)] = &[
    ("open", ItemState::Open, "待处理"),
    ("unsure", ItemState::Unsure, "拿不准"),
    ("case", ItemState::WithCase, "已立工单"),
    ("dismissed", ItemState::Dismissed, "不需办理"),
    ("archived", ItemState::Archived, "存档"),
    ("all", ItemState::All, "全部"),
];

fn selects(names: &Names, query: &Query) -> Vec<Select> {
    let chosen = |name: &str| query.text(name).to_owned();
    let channel = chosen("channel");
    let urgency = chosen("urgency");
    let state = query.get("state").unwrap_or("open").to_owned();
    let town = chosen("town");
    let levels = [Urgency::Watch, Urgency::Urgent].map(|u| (u8::from(u).to_string(), u.label()));
    vec![
        Select {
            name: "state",
            label: "状态",
            any: "",
            options: STATES.iter().map(|(c, _, l)| Choice::new(*c, *l, *c == state)).collect(),
        },
        Select {
            name: "channel",
            label: "渠道",
            any: "全部渠道",
            options: Channel::ALL
                .iter()
                .map(|c| Choice::new(c.code(), c.label(), c.code() == channel))
                .collect(),
        },
        Select {
            name: "topic",
            label: "话题",
            any: "全部话题",
            options: choices(&names.topics, &chosen("topic")),
        },
        Select {
            name: "town",
            label: "乡镇街道",
            any: "全县",
            options: names.towns.iter().map(|t| Choice::new(t, t, *t == town)).collect(),
        },
        Select {
            name: "urgency",
            label: "紧急程度",
            any: "不限",
            options: levels
                .into_iter()
                .map(|(v, l)| Choice::new(&v, format!("{l}及以上"), v == urgency))
                .collect(),
        },
    ]
}

/// Which items the query asks for.
pub(crate) fn filter(state: &AppState, query: &Query) -> ItemFilter {
    let asked = query.get("state").unwrap_or("open");
    ItemFilter {
        state: STATES.iter().find(|(code, _, _)| *code == asked).map_or(ItemState::Open, |(_, s, _)| *s),
        channel: query.parsed("channel"),
        topic: query.get("topic").map(Into::into),
        town: query.get("town").map(Into::into),
        urgency_min: query.parsed::<u8>("urgency").and_then(|u| Urgency::try_from(u).ok()),
        sought: state.sought(query.text("q")),
        ..ItemFilter::default()
    }
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    html(&build(&state, &caller, &query).await?)
}

/// The list at the address that its form came from again, with what is to be said, what was ticked and what was typed.
pub(crate) async fn show_again(
    state: &AppState,
    caller: &Caller,
    form: &Form,
    notice: Notice,
    unsure: Vec<String>,
) -> Answer {
    let query = Query::parse(form.text("back").split_once('?').map_or("", |(_, query)| query));
    let mut page = build(state, caller, &query).await?;
    let ticked = ticked(form, "row");
    for row in &mut page.items {
        row.ticked = row.workable && ticked.contains(&row.id);
    }
    if page.batch.is_some() {
        page.batch = Some(BatchForm { unsure, ..BatchForm::typed(state, form) });
    }
    page.frame = page.frame.with(Some(notice));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

async fn build(state: &AppState, caller: &Caller, query: &Query) -> Result<ItemsPage, WebError> {
    let filter = filter(state, query);
    let found = items_search::page(state, caller, &filter, query, ROWS).await?;
    let now = state.store.now();
    let judges = caller.has_any(&[Role::Duty, Role::Discipline]);
    let ids: Vec<ItemId> = found.rows.iter().map(|item| item.id).collect();
    let incidents = state.store.incidents_of(&caller.viewer, &ids).await?;
    let mut items = Vec::with_capacity(found.rows.len());
    for item in &found.rows {
        let asked = judges && may_be_worked(item);
        let proposal =
            if asked { proposal::for_row(state, &caller.viewer, item).await? } else { Proposal::default() };
        let mut row = ItemRow::new(item, &state.names, now, judges, &proposal);
        let incident = incidents.get(&item.id).filter(|(_, items)| *items > 1);
        row.incident = incident.map(|(id, items)| (id.to_string(), *items));
        let content = &item.content;
        row.found =
            (!filter.sought.is_empty()).then(|| Found::new(&filter.sought, &content.title, &content.body));
        items.push(row);
    }
    let done = match query.get("done") {
        Some(done) => items_batch::said(state, caller, done, query).await?,
        None => None,
    };
    let batch = items.iter().any(|row| row.workable).then(|| BatchForm::typed(state, &Form::default()));
    Ok(ItemsPage {
        frame: Frame::inside(state, caller, "信息研判", PATH).done(query.get("done")).with(done),
        q: query.text("q").into(),
        selects: selects(&state.names, query)
            .into_iter()
            .chain(items_search::order(&filter.sought, query))
            .collect(),
        said: Said::of(state, &filter.sought, query, &found),
        batch,
        items,
        here: query.here(PATH),
        views: Views::of(state, caller, PATH, query).await?,
        everywhere: (query.get("q").is_some() && query.text("state") != "all")
            .then(|| query.address(PATH, &[("state", "all")])),
        newest: match (query.get("after"), found.rows.first()) {
            (None, Some(item)) if !found.by_fit => {
                Some(query.address("/items/newer", &[("than", &item.id.to_string())]))
            }
            _ => None,
        },
        script: assets::triage(),
        first: query.first(PATH),
        next: found.next.map(|cursor| query.address(PATH, &[("after", &cursor)])),
    })
}

/// How many items came after the one that the query names, under the same filters, as `{"newer": 3}`.
pub async fn newer(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let than: ItemId = query.parsed("than").ok_or_else(|| WebError::bad("than 要写信息的编号"))?;
    let filter = ItemFilter { newer: Some(than), ..filter(&state, &query) };
    let newer = state.store.count_items(&caller.viewer, &filter).await?;
    Ok(Json(json!({ "newer": newer })).into_response())
}

#[cfg(test)]
impl crate::samples::Sampled for ItemsPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, names};
        let page = |t: String| Self {
            frame: frame(&t),
            q: t.clone(),
            selects: selects(&names(&t), &Query::parse("topic=wages")),
            items: vec![crate::samples::item_row(&t)],
            batch: Some(BatchForm {
                departments: vec![crate::samples::choice(&t)],
                note: t.clone(),
                into: t.clone(),
                unsure: vec![t.clone()],
            }),
            here: t.clone(),
            first: Some(t.clone()),
            next: Some(t.clone()),
            views: Views::samples().remove(0),
            everywhere: Some(t.clone()),
            said: Said {
                wordless: true,
                ranked: Some((1_000, t.clone())),
                by_fit: true,
                place: Some((t.clone(), t.clone(), t.clone())),
            },
            newest: Some(t.clone()),
            script: t,
        };
        hostile().into_iter().map(page).collect()
    }
}
