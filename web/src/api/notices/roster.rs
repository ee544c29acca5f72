//! Who is on duty when.

use axum::Json;
use axum::extract::State;
use qingting_models::ids::{ShiftId, UserId};
use qingting_models::records::Shift;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::ask::{self, Body, Key};
use crate::api::problem::Problem;
use crate::api::schema::{At, Filled, Id, Text};
use crate::api::{Answer, DONE, Done};
use crate::app::AppState;
use crate::caller::Caller;
use crate::pages::notices::roster::create;
use crate::people::People;

/// 一班
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ShiftLine {
    #[schema(value_type = Id)]
    id: ShiftId,
    #[schema(value_type = Id)]
    user: UserId,
    name: String,
    from: At,
    to: At,
    note: String,
}

#[utoipa::path(get, path = "/notices/roster", tag = "notices", summary = "值班表：现在的和以后的",
    responses((status = 200, description = "各班，先开始的在前，至多 500 班", body = Vec<ShiftLine>)))]
pub(in crate::api) async fn roster(State(state): State<AppState>) -> Answer<Vec<ShiftLine>> {
    let people = People::load(&state.store).await?;
    let line = |shift: Shift| ShiftLine {
        id: shift.id,
        user: shift.user,
        name: people.name(shift.user),
        from: At(shift.starts_at),
        to: At(shift.ends_at),
        note: shift.note,
    };
    Ok(Json(state.store.shifts(state.store.now()).await?.into_iter().map(line).collect()))
}

/// 要排的一班
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ShiftAsked {
    /// 在用的研判员、纪检专员或领导
    #[schema(value_type = Id)]
    user: UserId,
    /// 北京时间，写成 2026-11-30 08:30
    #[schema(value_type = String, pattern = "^2[0-9]{3}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}$")]
    from: Filled<20>,
    /// 北京时间；一班最长 31 天
    #[schema(value_type = String, pattern = "^2[0-9]{3}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}$")]
    to: Filled<20>,
    #[schema(value_type = Option<String>, max_length = 60, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    note: Option<Text<60>>,
}

#[utoipa::path(post, path = "/notices/roster/add", tag = "notices", summary = "排一班", request_body = ShiftAsked,
    responses((status = 204, description = "已排班")))]
pub(in crate::api) async fn add_shift(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<ShiftAsked>,
) -> Done {
    let form = ask::form(vec![
        ("user", asked.user.to_string()),
        ("from", asked.from.0),
        ("to", asked.to.0),
        ("note", asked.note.unwrap_or_default().0),
    ]);
    create(&state, &caller, &form).await.map_err(Problem::of_input)?;
    Ok(DONE)
}

#[utoipa::path(post, path = "/notices/roster/{id}/remove", tag = "notices", summary = "去掉一班", params(("id" = Id, Path)),
    responses((status = 204, description = "已去掉")))]
pub(in crate::api) async fn remove_shift(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<ShiftId>,
) -> Done {
    state.store.remove_shift(id, caller.actor()).await?;
    Ok(DONE)
}
