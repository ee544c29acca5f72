//! Posts JSON and sends messages, and reads an answer of bounded length in bounded time. A redirect is an answer that is
//! not good.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder};
use tokio::time::timeout;

use super::answer;
use super::body;
use super::client::{Http, named_headers};
use super::error::{During, FetchError};
use super::limits::Limits;
use super::request::Accept;
use super::trail::web_url;

/// What is posted, and how much may come back.
#[derive(Clone, PartialEq, Eq)]
pub struct Post {
    /// `http://` or `https://`.
    pub url: String,
    pub body: Vec<u8>,
    /// Further headers (an `Authorization`, say).
    pub headers: Vec<(String, String)>,
    /// For connection, request and answer together.
    pub within: Duration,
    /// Bytes of the answer, unpacked.
    pub bytes: u64,
    pub reach: Reach,
}

/// Where a post may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To the open internet, by the proxy of the settings where there is one.
    Internet,
    /// To a private address or this machine, never by a proxy.
    House,
}

impl Http {
    /// Posts JSON; the bytes of the answer.
    ///
    /// # Errors
    /// As [`FetchError`] says; a status other than 2xx is one, and so is an address where the post may not go.
    pub async fn post_json(&self, post: &Post) -> Result<Vec<u8>, FetchError> {
        let mut headers = named_headers(&post.headers)?;
        headers.insert(ACCEPT, HeaderValue::from_static(Accept::Json.header()));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.ask(Method::POST, post, headers, None).await
    }

    /// Sends a message to a receiver outside, with the headers that are given; the bytes of the answer. `now` is what a
    /// date under which the receiver asks us to come again is measured from. Without a body it is asked for by GET.
    ///
    /// # Errors
    /// As [`Http::post_json`].
    pub async fn send(&self, message: &Post, now: Timestamp) -> Result<Vec<u8>, FetchError> {
        let mut headers = named_headers(&message.headers)?;
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        let method = if message.body.is_empty() { Method::GET } else { Method::POST };
        self.ask(method, message, headers, Some(now)).await
    }

    async fn ask(
        &self,
        method: Method,
        post: &Post,
        mut headers: HeaderMap,
        now: Option<Timestamp>,
    ) -> Result<Vec<u8>, FetchError> {
        let url = web_url(&post.url)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let client = match post.reach {
            Reach::Internet => self.client_for(&url, None).await?.0,
            Reach::House => self.house_client(&url)?,
        };
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(body::ACCEPTED));
        let request = client.request(method, url).headers(headers).body(post.body.clone());
        let limits = Limits { stall: post.within, bytes: post.bytes, ..self.limits().clone() };
        let exchange = exchange(request, &host, &limits, now);
        timeout(post.within, exchange).await.unwrap_or_else(|_| {
            Err(FetchError::TimedOut { host: host.clone(), during: During::Whole, limit: post.within })
        })
    }
}

async fn exchange(
    request: RequestBuilder,
    host: &str,
    limits: &Limits,
    now: Option<Timestamp>,
) -> Result<Vec<u8>, FetchError> {
    let response = request.send().await.map_err(|wrong| FetchError::of(&wrong, host, limits))?;
    let status = response.status();
    if status.is_success() {
        return body::read(response, host, limits, body::Keep::All).await;
    }
    let retry_after = now.and_then(|now| answer::retry_after(response.headers(), now));
    Err(FetchError::Status { host: host.to_owned(), status: status.as_u16(), retry_after })
}

impl fmt::Debug for Post {
    /// Neither the body nor the values of headers are shown, nor what follows the host, which may be a robot's key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Post")
            .field("host", &web_url(&self.url).ok().and_then(|url| url.host_str().map(str::to_owned)))
            .field("headers", &names)
            .field("within", &self.within)
            .field("bytes", &self.bytes)
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_texts_are_not_shown() {
        let post = Post {
            url: "http://10.0.0.8/v1".into(),
            body: "来信".into(),
            headers: vec![("Authorization".into(), "Bearer geheim".into())],
            within: Duration::from_secs(1),
            bytes: 1,
            reach: Reach::House,
        };
        let shown = format!("{post:?}");
        assert!(shown.contains("Authorization") && !shown.contains("geheim"), "{shown}");
        assert!(!shown.contains("来信") && !shown.contains("230"), "{shown}");
    }
}
