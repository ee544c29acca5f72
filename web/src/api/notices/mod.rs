//! The notices of the user. What administrators say about notices stands in files of its own.

pub(super) mod channels;
pub(super) mod contacts;
pub(super) mod deliveries;
pub(super) mod roster;
pub(super) mod rules;

use axum::Json;
use axum::extract::State;
use qingting_models::ids::NoticeId;
use qingting_models::records::{Notice, NoticeAbout, NoticeKind, Urgency};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::ask::{self, Ask, Key};
use crate::api::schema::{At, Id, NoticeKindCode, UrgencyLevel};
use crate::api::{Answer, DONE, Done, Listed};
use crate::app::AppState;
use crate::caller::Caller;

/// 通知
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct NoticeLine {
    #[schema(value_type = Id)]
    id: NoticeId,
    #[schema(value_type = NoticeKindCode)]
    kind: NoticeKind,
    #[schema(value_type = UrgencyLevel)]
    urgency: Urgency,
    at: At,
    read: bool,
    /// case 工单，mirrored 镜像工单，report 报告，alert 预警
    about: &'static str,
    /// 它的编号；预警是事件的编号
    #[schema(value_type = Id)]
    subject: String,
    /// 工单号、期号或规则的名称
    number: String,
    due: Option<At>,
}

impl From<Notice> for NoticeLine {
    fn from(notice: Notice) -> Self {
        let (about, subject, number, due) = match notice.about {
            NoticeAbout::Case { id, number, due, .. } => ("case", id.to_string(), number, due),
            NoticeAbout::Mirrored { id, number, due, .. } => ("mirrored", id.to_string(), number, due),
            NoticeAbout::Report(line) => {
                ("report", line.id.to_string(), line.number.unwrap_or_default(), None)
            }
            NoticeAbout::Alert { incident, rule, .. } => ("alert", incident.to_string(), rule, None),
        };
        Self {
            id: notice.id,
            kind: notice.kind,
            urgency: notice.urgency,
            at: At(notice.at),
            read: notice.read_at.is_some(),
            about,
            subject,
            number,
            due: due.map(At),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum NoticesWord {
    Unread,
    All,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct NoticesAsked {
    /// unread 未读（缺省），all 全部
    #[param(inline)]
    state: Option<NoticesWord>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// 上一页回答里的 next
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[utoipa::path(get, path = "/notices", tag = "notices", summary = "自己的通知，新的在前", params(NoticesAsked),
    responses((status = 200, description = "一页", body = Listed<NoticeLine>)))]
pub(in crate::api) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Ask(asked): Ask<NoticesAsked>,
) -> Answer<Listed<NoticeLine>> {
    let page = ask::page("notices", asked.cursor.as_deref(), asked.limit)?;
    let unread = asked.state != Some(NoticesWord::All);
    let found = state.store.notices(&caller.viewer, caller.user().id, unread, page).await?;
    Ok(Json(Listed::of("notices", found, NoticeLine::from)))
}

#[utoipa::path(post, path = "/notices/{id}/read", tag = "notices", summary = "标为已读", params(("id" = Id, Path)),
    responses((status = 204, description = "已标记")))]
pub(in crate::api) async fn read(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<NoticeId>,
) -> Done {
    state.store.read_notice(caller.user().id, id).await?;
    Ok(DONE)
}
