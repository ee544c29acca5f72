//! Adding files to a case, opening and removing them.

use axum::body::Bytes;
use axum::extract::multipart::Field;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use qingting_models::ids::{AttachmentId, CaseId};
use qingting_models::records::CaseFile;
use qingting_respond::acting::ActingUser;
use qingting_respond::attachments::{
    self, AttachmentError, AttachmentRefusal, Attachments, Said, Sent, may_add,
};

use super::case::{Shown, build};
use super::case_attachments::Attaching;
use super::{Answer, back, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::download;
use crate::error::WebError;
use crate::frame::Notice;
use crate::upload::{Upload, broken, value};

/// So many files are taken at once.
const AT_ONCE: usize = 20;

/// Takes the files of a form, one after the other. Those that are in order are kept although another is not.
pub async fn add(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Upload,
) -> Answer {
    let id: CaseId = read_id(&id)?;
    let taker = taker(&state)?;
    let who = ActingUser::of(caller.user());
    may_add(&case(&state, &caller, id).await?, &who)?;
    let Received { files, too_many, form: typed } = received(taker, form).await?;
    let said = Said { note: typed.text("note"), with_reply: !typed.text("with_reply").is_empty() };
    let mut problems = Vec::new();
    let mut added = 0;
    if files.is_empty() {
        problems.push("请选择要添加的文件".to_owned());
    }
    if too_many > 0 {
        problems.push(format!("一次最多添加 {AT_ONCE} 个文件，后面的 {too_many} 个没有添加，请再添加一次"));
    }
    for file in files {
        // Read anew for each: somebody may have acted on the case in between.
        let case = case(&state, &caller, id).await?;
        match taker.add(&state.store, &caller.viewer, &who, &case, file, said).await {
            Ok(_) => added += 1,
            Err(AttachmentError::Refused(refusal)) => problems.push(refusal.to_string()),
            Err(other) => return Err(other.into()),
        }
    }
    if problems.is_empty() {
        return Ok(back("", &format!("/cases/{id}"), "attached"));
    }
    let attaching = Attaching { problems, note: said.note.to_owned(), with_reply: said.with_reply };
    let shown = Shown { attaching: Some(&attaching), ..Shown::default() };
    let mut page = build(&state, &caller, id, shown).await?;
    let notice = (added > 0).then(|| Notice::good(format!("已添加 {added} 个附件。")));
    page.frame = page.frame.with(notice);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

/// Hands out a file. It is written to the log first, so it is asked for by a form.
pub async fn open(
    State(state): State<AppState>,
    caller: Caller,
    Path((id, file)): Path<(String, String)>,
    form: Form,
) -> Answer {
    let (id, file): (CaseId, AttachmentId) = (read_id(&id)?, read_id(&file)?);
    let case = case(&state, &caller, id).await?;
    let who = ActingUser::of(caller.user());
    let reason = form.text("reason");
    match attachments::open(&state.store, &caller.viewer, &who, &case, file, reason).await {
        Ok(open) => download::attachment(&state.store, open).await,
        Err(error) => refused(&state, &caller, id, error).await,
    }
}

/// Removes a file for good.
pub async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Path((id, file)): Path<(String, String)>,
    form: Form,
) -> Answer {
    let (id, file): (CaseId, AttachmentId) = (read_id(&id)?, read_id(&file)?);
    let case = case(&state, &caller, id).await?;
    let who = ActingUser::of(caller.user());
    let reason = form.text("reason");
    match attachments::remove(&state.store, &caller.viewer, &who, &case, file, reason).await {
        Ok(()) => Ok(back("", &format!("/cases/{id}"), "detached")),
        Err(error) => refused(&state, &caller, id, error).await,
    }
}

/// The case's page with why nothing was done.
async fn refused(state: &AppState, caller: &Caller, id: CaseId, error: AttachmentError) -> Answer {
    let refusal: AttachmentRefusal = match error {
        AttachmentError::Refused(refusal) => refusal,
        other => return Err(other.into()),
    };
    let attaching = Attaching { problems: vec![refusal.to_string()], ..Attaching::default() };
    let shown = Shown { attaching: Some(&attaching), ..Shown::default() };
    let page = build(state, caller, id, shown).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

/// The case as the caller sees it.
///
/// # Errors
/// When there is none.
pub(crate) async fn case(state: &AppState, caller: &Caller, id: CaseId) -> Result<CaseFile, WebError> {
    state.store.case_file(&caller.viewer, id).await?.ok_or(WebError::NotFound)
}

/// What takes files here.
///
/// # Errors
/// When none are taken.
pub(crate) fn taker(state: &AppState) -> Result<&Attachments, WebError> {
    state.attachments.as_deref().ok_or_else(|| WebError::bad("这个服务没有启用附件，请联系管理员"))
}

/// The parts of a form.
struct Received {
    /// They lie unsealed until they are dropped.
    files: Vec<Sent>,
    /// Files beyond those that are taken at once.
    too_many: usize,
    form: Form,
}

/// Reads a form to its end, so that whoever sent too much is told and not cut off.
async fn received(taker: &Attachments, mut form: Upload) -> Result<Received, WebError> {
    let (mut files, mut too_many) = (Vec::new(), 0);
    let mut rows = Vec::<(String, String)>::new();
    while let Some(mut field) = form.0.next_field().await.map_err(|e| broken(&e))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name != "file" {
            rows.push((name, value(field).await?));
        } else if files.len() < AT_ONCE {
            files.extend(taken(taker, field).await?);
        } else {
            while field.chunk().await.map_err(|e| broken(&e))?.is_some() {}
            too_many += 1;
        }
    }
    let rows: Vec<(&str, &str)> = rows.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    Ok(Received { files, too_many, form: Form::of(&rows) })
}

/// Takes one file; none where the form has an empty place for one.
async fn taken(taker: &Attachments, mut field: Field<'_>) -> Result<Option<Sent>, WebError> {
    let name = field.file_name().unwrap_or_default().to_owned();
    let mut sent = taker.begin(&name).map_err(WebError::internal)?;
    let mut empty = true;
    while let Some(chunk) = field.chunk().await.map_err(|e| broken(&e))? {
        empty = empty && chunk.is_empty();
        sent = longer(sent, chunk).await?;
    }
    Ok(if empty && name.is_empty() { None } else { Some(sent) })
}

/// Writes the next bytes of a file.
///
/// # Errors
/// When the disk is full or broken.
pub(crate) async fn longer(mut sent: Sent, bytes: Bytes) -> Result<Sent, WebError> {
    let written = tokio::task::spawn_blocking(move || sent.write(&bytes).map(|()| sent));
    written.await.map_err(WebError::internal)?.map_err(WebError::internal)
}
