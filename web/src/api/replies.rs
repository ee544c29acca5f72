//! What replies promise.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use qingting_models::clock::local_date;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::{CaseId, ReplyId};
use qingting_models::records::{PromiseState, TrackedPromise};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Ask, Body, Key, known};
use super::schema::{AnyDepartment, At, Day, DepartmentWord, Filled, Id, PromiseStateCode, Whole};
use super::{Answer, DONE, Done};
use crate::app::AppState;
use crate::caller::Caller;
use crate::pages::promises;
use crate::people::People;
use crate::query::Query;

/// 答复里的承诺
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PromiseLine {
    #[schema(value_type = Id)]
    reply: ReplyId,
    /// 答复里的第几项，从 0 数起
    place: i64,
    #[schema(value_type = Id)]
    case: CaseId,
    case_number: String,
    case_title: String,
    confidential: bool,
    #[schema(value_type = AnyDepartment)]
    department: DepartmentCode,
    what: String,
    #[schema(value_type = Day)]
    by: Date,
    #[schema(value_type = PromiseStateCode)]
    state: PromiseState,
    /// 到今天的情况
    standing: &'static str,
    marked_by: Option<String>,
    marked_at: Option<At>,
    note: Option<String>,
}

fn promise(promise: TrackedPromise, people: &People, today: Date) -> PromiseLine {
    let standing = promise.standing(today).code();
    let (marked_by, marked_at, note) = match promise.marked {
        Some((by, at, note)) => (Some(people.actor(by)), Some(At(at)), Some(note)),
        None => (None, None, None),
    };
    PromiseLine {
        reply: promise.reply,
        place: promise.place,
        case: promise.case,
        case_number: promise.case_number,
        case_title: promise.case_title,
        confidential: promise.confidential,
        department: promise.department,
        what: promise.what,
        by: promise.by,
        state: promise.state,
        standing,
        marked_by,
        marked_at,
        note,
    }
}

/// The states of the page.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PromisesWord {
    Open,
    Over,
    Kept,
    Broken,
    All,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PromisesAsked {
    /// open 待兑现（缺省），over 逾期未兑现，kept 已兑现，broken 未能兑现，all 全部
    #[param(inline)]
    #[serde(rename = "state")]
    _state: Option<PromisesWord>,
    #[param(value_type = Option<DepartmentWord>)]
    department: Option<String>,
    #[param(value_type = Option<Id>)]
    #[serde(rename = "case")]
    _case: Option<CaseId>,
}

#[utoipa::path(get, path = "/promises", tag = "promises", summary = "承诺，先到期的在前，至多 300 项", params(PromisesAsked),
    responses((status = 200, description = "承诺", body = Vec<PromiseLine>)))]
pub(super) async fn promises(
    State(state): State<AppState>,
    caller: Caller,
    query: Query,
    Ask(asked): Ask<PromisesAsked>,
) -> Answer<Vec<PromiseLine>> {
    known(&state, None, None, asked.department.as_deref())?;
    let found = state.store.promises(&caller.viewer, &promises::filter(&state, &query)).await?;
    let people = People::load(&state.store).await?;
    let today = local_date(state.store.now());
    Ok(Json(found.into_iter().map(|p| promise(p, &people, today)).collect()))
}

/// 登记承诺
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MarkAsked {
    /// 答复里的第几项，从 0 数起
    place: Whole,
    #[schema(inline)]
    became: BecameWord,
    /// 怎样兑现的，或为什么不能
    note: Filled<200>,
}

/// kept 已兑现，broken 未能兑现
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum BecameWord {
    Kept,
    Broken,
}

#[utoipa::path(post, path = "/promises/{id}/mark", tag = "promises", summary = "登记承诺是否兑现；id 是答复的编号", params(("id" = Id, Path)),
    request_body = MarkAsked, responses((status = 204, description = "已登记；同事先登记过的也一样")))]
pub(super) async fn mark(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ReplyId>,
    Body(asked): Body<MarkAsked>,
) -> Done {
    let became = match asked.became {
        BecameWord::Kept => "kept",
        BecameWord::Broken => "broken",
    };
    let form = ask::form(vec![
        ("place", asked.place.to_string()),
        ("became", became.into()),
        ("note", asked.note.0),
    ]);
    promises::mark_one(&state, &caller, id, &form).await?;
    Ok(DONE)
}
