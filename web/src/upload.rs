//! Forms that send a file: read part by part, so that a large file is never held in memory.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Multipart, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;

use crate::caller::Form;
use crate::error::WebError;
use crate::origin;

/// Longest value of a part that is no file, in bytes.
const VALUE_LIMIT: usize = 64 << 10;

/// The parts of the form after its token, which the gate has read and checked. Taken once by a handler.
pub struct Upload(pub Multipart);

/// A small file with the other parts of its form.
#[derive(Debug, Clone, Default)]
pub struct SmallFile {
    /// Empty when no file was chosen.
    pub bytes: Vec<u8>,
    pub form: Form,
}

#[derive(Clone)]
struct Opened(Arc<Mutex<Option<Multipart>>>);

/// Opens the form of a request that sends a file of at most `limit` bytes: its first part has to be `csrf`,
/// the token of the session.
pub(crate) async fn open(mut request: Request, limit: usize, csrf: &str) -> Result<Request, WebError> {
    DefaultBodyLimit::max(limit).apply(&mut request);
    let (parts, body) = request.into_parts();
    let whole = Request::from_parts(parts.clone(), body);
    let mut form =
        Multipart::from_request(whole, &()).await.map_err(|_| WebError::bad("提交的内容不是文件表单"))?;
    let first = form.next_field().await.map_err(|e| broken(&e))?;
    let token = match first {
        Some(field) if field.name() == Some("csrf") => value(field).await?,
        _ => String::new(),
    };
    if csrf.is_empty() || !origin::same_token(&token, csrf) {
        return Err(WebError::ForeignForm);
    }
    let mut request = Request::from_parts(parts, Body::empty());
    request.extensions_mut().insert(Opened(Arc::new(Mutex::new(Some(form)))));
    Ok(request)
}

impl Upload {
    /// Reads a form whose file, in the part `name`, fits into memory.
    ///
    /// # Errors
    /// [`WebError::TooLarge`] beyond the limit of the route, [`WebError::Bad`] when it broke off.
    pub async fn small(mut self, name: &str) -> Result<SmallFile, WebError> {
        let mut read = SmallFile::default();
        let mut rows: Vec<(String, String)> = Vec::new();
        while let Some(field) = self.0.next_field().await.map_err(|e| broken(&e))? {
            let part = field.name().unwrap_or_default().to_owned();
            if part == name {
                read.bytes = field.bytes().await.map_err(|e| broken(&e))?.to_vec();
            } else {
                rows.push((part, value(field).await?));
            }
        }
        let rows: Vec<(&str, &str)> = rows.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        read.form = Form::of(&rows);
        Ok(read)
    }
}

/// The text of a part that is no file.
///
/// # Errors
/// [`WebError::TooLarge`], [`WebError::Bad`] when it broke off.
pub(crate) async fn value(mut field: Field<'_>) -> Result<String, WebError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|e| broken(&e))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > VALUE_LIMIT {
            return Err(WebError::TooLarge);
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a part that could not be read means for the person who sent it.
pub(crate) fn broken(error: &MultipartError) -> WebError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return WebError::TooLarge;
    }
    tracing::info!(%error, "an upload broke off");
    WebError::bad("文件没有传完，请重新选择文件再提交")
}

impl<S: Send + Sync> FromRequestParts<S> for Upload {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, WebError> {
        let opened = parts.extensions.get::<Opened>().ok_or_else(|| WebError::bad("请选择要上传的文件"))?;
        let form = opened.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        form.map(Self).ok_or_else(|| WebError::internal("an upload was taken twice"))
    }
}
