//! The files of a case: what is listed of them, and how a program adds and removes one. Only a person opens one.

use axum::Json;
use axum::body::Body as Content;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use futures::StreamExt;
use qingting_models::ids::{AttachmentId, CaseId, ReplyId};
use qingting_models::records::{Attachment, FileKind};
use qingting_respond::acting::ActingUser;
use qingting_respond::attachments::{
    self, AttachmentError, AttachmentRefusal, Attachments, Said, Sent, may_add,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::ask::{Ask, Body, Key, Keys, content_of};
use crate::api::problem::{Problem, ProblemDocument};
use crate::api::schema::{At, FileKindCode, Filled, Id, Text};
use crate::api::{Answer, DONE, Done};
use crate::app::AppState;
use crate::caller::Caller;
use crate::pages::case_attach::{case, longer, taker};
use crate::people::People;

/// 附件；内容只能由人登录网页查看
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct FileLine {
    #[schema(value_type = Id)]
    id: AttachmentId,
    /// 隐去个人信息后的名称；已删除的是空的
    name: String,
    #[schema(value_type = FileKindCode)]
    kind: FileKind,
    /// 字节数
    size: i64,
    /// 隐去个人信息后的说明
    note: String,
    added_by: String,
    added_at: At,
    /// 随本单位的答复提交
    with_reply: bool,
    /// 已随哪一份答复提交
    #[schema(value_type = Option<Id>)]
    reply: Option<ReplyId>,
    /// 已删除的：谁、什么时候、为什么
    removed: Option<FileRemoved>,
}

/// 附件的删除
#[derive(Debug, Serialize, ToSchema)]
struct FileRemoved {
    by: String,
    at: At,
    reason: String,
}

impl FileLine {
    pub(super) fn new(file: Attachment, people: &People) -> Self {
        let removed =
            file.removed.map(|(at, by, reason)| FileRemoved { by: people.actor(by), at: At(at), reason });
        Self {
            id: file.id,
            name: file.name,
            kind: file.kind,
            size: file.size,
            note: file.note,
            added_by: people.actor(file.added_by),
            added_at: At(file.added_at),
            with_reply: file.with_reply,
            reply: file.reply,
            removed,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct FileAsked {
    /// 文件名，带后缀
    #[param(value_type = String, min_length = 1, max_length = 200, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    name: Filled<200>,
    /// 说明它是什么
    #[param(value_type = Option<String>, max_length = 200, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    note: Option<Text<200>>,
    /// true：随主办单位的下一份答复提交
    with_reply: Option<bool>,
}

#[utoipa::path(post, path = "/cases/{id}/attachments", tag = "cases", summary = "添加一个附件", params(("id" = Id, Path), FileAsked),
    request_body(content((String = "application/octet-stream")), description = "文件的内容，不压缩、不编码"),
    responses((status = 200, description = "已添加", body = FileLine), (status = 400, description = "内容没有传完", body = ProblemDocument, content_type = "application/problem+json")))]
pub(in crate::api) async fn add_file(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<CaseId>,
    Ask(asked): Ask<FileAsked>,
    request: Request,
) -> Answer<FileLine> {
    let taker = taker(&state)?;
    let who = ActingUser::of(caller.user());
    may_add(&case(&state, &caller, id).await?, &who)?;
    let sent = received(taker, &asked.name.0, content_of(request)?).await?;
    let note = asked.note.unwrap_or_default().0;
    let said = Said { note: &note, with_reply: asked.with_reply == Some(true) };
    // Read anew: somebody may have acted on the case while the file came.
    let case = case(&state, &caller, id).await?;
    let added = taker.add(&state.store, &caller.viewer, &who, &case, sent, said).await?;
    Ok(Json(FileLine::new(added, &People::load(&state.store).await?)))
}

/// Reads the body to a file, and stops where it is larger than a file may be.
async fn received(taker: &Attachments, name: &str, content: Content) -> Result<Sent, Problem> {
    let mut sent = taker.begin(name).map_err(Problem::internal)?;
    let (mut size, most) = (0u64, taker.rules().max_bytes);
    let mut body = content.into_data_stream();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "文件没有传完"))?;
        size += chunk.len() as u64;
        if size > most {
            let max = i64::try_from(most).unwrap_or(i64::MAX);
            return Err(
                AttachmentError::from(AttachmentRefusal::TooLarge { name: sent.name().into(), max }).into()
            );
        }
        sent = longer(sent, chunk).await?;
    }
    Ok(sent)
}

/// 为什么删除附件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct RemoveFileAsked {
    /// 不是自己添加的，或者工单已经结束的，必填
    #[schema(value_type = Option<String>, max_length = 200, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    reason: Option<Text<200>>,
}

#[utoipa::path(post, path = "/cases/{id}/attachments/{file}/remove", tag = "cases", summary = "删除一个附件，内容就此销毁",
    params(("id" = Id, Path), ("file" = Id, Path)), request_body = RemoveFileAsked,
    responses((status = 204, description = "已删除")))]
pub(in crate::api) async fn remove_file(
    State(state): State<AppState>,
    caller: Caller,
    Keys(id, file): Keys<CaseId, AttachmentId>,
    Body(asked): Body<RemoveFileAsked>,
) -> Done {
    let case = case(&state, &caller, id).await?;
    let who = ActingUser::of(caller.user());
    let reason = asked.reason.unwrap_or_default().0;
    attachments::remove(&state.store, &caller.viewer, &who, &case, file, &reason).await?;
    Ok(DONE)
}

impl From<AttachmentError> for Problem {
    fn from(error: AttachmentError) -> Self {
        use AttachmentRefusal as R;
        let AttachmentError::Refused(refusal) = error else {
            return crate::error::WebError::from(error).into();
        };
        let told = refusal.to_string();
        match refusal {
            R::Empty { .. } | R::Content { .. } | R::Infected { .. } => Self::unfit(told),
            R::Kind { .. } => Self::unfit(format!("参数“name”：{told}")),
            R::LongNote { .. } => Self::unfit(format!("参数“note”：{told}")),
            R::WhyRemoved | R::NoReason { .. } => Self::unfit(format!("字段“reason”：{told}")),
            R::TooLarge { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, told),
            R::NotYoursToRemove => Self::new(StatusCode::FORBIDDEN, told),
            R::Ended | R::TooMany { .. } | R::Same { .. } | R::NotScanned { .. } | R::Gone => {
                Self::refused(told)
            }
        }
    }
}
