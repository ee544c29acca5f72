//! A person's judgement of an item: confirming what stands there, or setting it anew.

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use qingting_models::county::{DepartmentCode, TopicCode, Town};
use qingting_models::ids::ItemId;
use qingting_models::records::{Item, Kind, PlaceMention, Urgency};
use qingting_models::store::PersonJudgement;

use super::{Answer, back, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::view::waits_blind;

/// Confirms the judgement that the caller saw.
pub async fn confirm(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: ItemId = read_id(&id)?;
    let item = state.store.item(&caller.judging_eyes(), id).await?.ok_or(WebError::NotFound)?;
    confirm_item(&state, &caller, &item, form.must("version", "版本")?).await?;
    Ok(back(form.text("back"), "/items", "confirmed"))
}

/// Confirms the judgement that stands on an item, of which version `seen` was read.
///
/// # Errors
/// When it is to be judged blind, or its text changed since.
pub(crate) async fn confirm_item(
    state: &AppState,
    caller: &Caller,
    item: &Item,
    seen: i64,
) -> Result<(), WebError> {
    if waits_blind(item) {
        return Err(WebError::bad("这一条是盲评，请打开后自己选择话题，再保存研判"));
    }
    let eyes = caller.judging_eyes();
    let judgements = state.store.judgements(&eyes, item.id).await?;
    let judgement = PersonJudgement {
        topics: item.topics.clone(),
        kind: item.kind.unwrap_or(Kind::Help),
        urgency: item.urgency,
        department: judgements.first().and_then(|j| j.department.clone()),
        places: None,
    };
    state.store.judge_by_person(&eyes, item.id, seen, judgement, caller.actor()).await?;
    Ok(())
}

/// Sets topics, kind, urgency, town and department as chosen.
pub async fn judge(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: ItemId = read_id(&id)?;
    judge_item(&state, &caller, id, &form).await?;
    // A matter that became confidential may have left the caller's sight.
    let seen = state.store.item(&caller.viewer, id).await?.is_some();
    let to = if seen { format!("/items/{id}") } else { "/items".into() };
    Ok(back("", &to, "judged").into_response())
}

/// Saves what a person judged of an item.
///
/// # Errors
/// When a value is in no table, or the item's text changed since it was read.
pub(crate) async fn judge_item(
    state: &AppState,
    caller: &Caller,
    id: ItemId,
    form: &Form,
) -> Result<(), WebError> {
    let judgement = read(state, form)?;
    let seen: i64 = form.must("version", "版本")?;
    state.store.judge_by_person(&caller.judging_eyes(), id, seen, judgement, caller.actor()).await?;
    Ok(())
}

fn read(state: &AppState, form: &Form) -> Result<PersonJudgement, WebError> {
    let names = &state.names;
    let mut topics: Vec<TopicCode> = Vec::new();
    for code in form.all("topic") {
        if !names.has_topic(code) {
            return Err(WebError::bad("话题不在话题表里"));
        }
        if !topics.iter().any(|t| t.as_str() == code) {
            topics.push(code.into());
        }
    }
    let department = form.text("department");
    let town = form.text("town");
    if !department.is_empty() && !names.has_department(department) {
        return Err(WebError::bad("单位不在单位表里"));
    }
    if !town.is_empty() && !names.has_town(town) {
        return Err(WebError::bad("乡镇街道不在地名表里"));
    }
    let level: u8 = form.must("urgency", "紧急程度")?;
    Ok(PersonJudgement {
        topics,
        kind: form.must("kind", "诉求类型")?,
        urgency: Urgency::try_from(level).map_err(|_| WebError::bad("紧急程度只能是 0、1、2"))?,
        department: (!department.is_empty()).then(|| DepartmentCode::from(department)),
        places: Some(place(town)),
    })
}

/// The town that a person chose, as a place that stands nowhere in the text.
fn place(town: &str) -> Vec<PlaceMention> {
    if town.is_empty() {
        return Vec::new();
    }
    vec![PlaceMention {
        town: Some(Town::from(town)),
        name: town.to_owned(),
        start: 0,
        end: 0,
        confidence: 1.0,
    }]
}
