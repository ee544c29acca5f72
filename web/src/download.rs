//! Files that somebody sent, handed out again: to be saved, never to be shown as a page of ours.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use qingting_models::store::{OpenAttachment, Store};

use crate::access::url_encode;
use crate::error::WebError;
use crate::headers::Sandboxed;

/// The content of an opened file, piece by piece as the browser takes it.
///
/// # Errors
/// When its first piece cannot be opened.
pub(crate) async fn attachment(store: &Store, open: OpenAttachment) -> Result<Response, WebError> {
    let attachment = &open.attachment;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(attachment.kind.mime())),
        (header::CONTENT_DISPOSITION, disposition(&open.name, attachment.kind.code())?),
        (header::CONTENT_LENGTH, HeaderValue::from(attachment.size)),
    ];
    // A file whose seal is broken is an error page, not a download that ends at once.
    let first = store.attachment_piece(&open, 0).await?;
    let rest = stream::unfold((store.clone(), open, 1i64), |(store, open, place)| async move {
        if place >= open.pieces() {
            return None;
        }
        let piece = store.attachment_piece(&open, place).await;
        let piece = piece.inspect_err(|error| tracing::error!(%error, "a download broke off"));
        Some((piece, (store, open, place + 1)))
    });
    let pieces = futures::StreamExt::chain(stream::iter([Ok(first)]), rest);
    let body = Body::from_stream(futures::StreamExt::map(pieces, |piece| piece.map(Bytes::from)));
    let mut response = (headers, body).into_response();
    response.extensions_mut().insert(Sandboxed);
    Ok(response)
}

/// RFC 6266: the name for every browser of today by RFC 8187, and a plain one for what knows none.
fn disposition(name: &str, ending: &str) -> Result<HeaderValue, WebError> {
    let named =
        format!("attachment; filename=\"attachment.{ending}\"; filename*=UTF-8''{}", url_encode(name));
    HeaderValue::from_str(&named).map_err(WebError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_in_the_header_as_letters_that_mean_nothing_there() {
        let named = disposition("路面\"; filename=\"x.exe\r\nx: y.pdf", "pdf").unwrap();
        let named = named.to_str().unwrap();
        assert!(
            named.starts_with("attachment; filename=\"attachment.pdf\"; filename*=UTF-8''%E8%B7%AF"),
            "{named}"
        );
        let value = named.rsplit("''").next().unwrap();
        assert!(value.chars().all(|c| c.is_ascii_alphanumeric() || "%-._~".contains(c)), "{value}");
    }
}
