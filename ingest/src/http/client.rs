//! Fetches one document with conditional GET, checked redirects, a time limit and a size limit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{
    ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    LOCATION, RETRY_AFTER,
};
use reqwest::{Client, Response, StatusCode, redirect};
use url::Url;

use super::error::FetchError;
use super::guard::Guard;

const CONNECT_TIME: Duration = Duration::from_secs(10);
const WHOLE_TIME: Duration = Duration::from_secs(30);
const MAX_REDIRECTS: usize = 5;
/// Bytes of an answer after unpacking.
const MAX_BYTES: u64 = 20 << 20;
/// A server may ask us to stay away for a day, not for good.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);
const ACCEPTED: &str = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5";

/// What a server gave with its last good answer, sent back so that it need not send the same again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

/// A good answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing new since the validators.
    NotModified,
    Document(Document),
}

/// A fetched document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The address after all redirects.
    pub url: Url,
    /// Unpacked, at most 20 MB.
    pub bytes: Vec<u8>,
    /// The charset of the Content-Type header.
    pub charset: Option<String>,
    pub validators: Validators,
}

/// The program's HTTP client. Clones share their connections' settings.
///
/// Proxies of the environment are not used: behind one the guard could not see which address is asked.
#[derive(Debug, Clone)]
pub struct Http {
    agent: String,
    /// One client per allowed host: what one source may reach, another may not.
    clients: Arc<Mutex<HashMap<Option<String>, Client>>>,
}

impl Http {
    /// `version` stands in the user agent, `Qingting/<version>`.
    pub fn new(version: &str) -> Self {
        // Another part of the program may have installed the provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { agent: format!("Qingting/{version}"), clients: Arc::default() }
    }

    /// Fetches a document.
    ///
    /// `now` is what a Retry-After date is measured from; `allow_host` is a host on a private network that may be asked all the same.
    ///
    /// # Errors
    /// As [`FetchError`] says; a status other than 2xx and 304 is one.
    pub async fn get(
        &self,
        url: &str,
        allow_host: Option<&str>,
        known: &Validators,
        now: Timestamp,
    ) -> Result<Answer, FetchError> {
        let mut url = web_url(url)?;
        let guard = Guard::new(allow_host);
        let client = self.client(allow_host, &guard)?;
        for _ in 0..=MAX_REDIRECTS {
            let host = url.host_str().unwrap_or_default().to_owned();
            guard
                .check(&url)
                .map_err(|refused| FetchError::Refused { host: refused.host, address: refused.address })?;
            let request = client.get(url.clone()).header(ACCEPT, ACCEPTED).headers(conditions(known));
            let response = request.send().await.map_err(|wrong| FetchError::of(&wrong, &host))?;
            let status = response.status();
            if status == StatusCode::NOT_MODIFIED {
                return Ok(Answer::NotModified);
            }
            if status.is_redirection()
                && let Some(target) = header(response.headers(), LOCATION)
            {
                url = redirected(&url, &target)?;
                continue;
            }
            if !status.is_success() {
                let retry_after = header(response.headers(), RETRY_AFTER).and_then(|value| wait(&value, now));
                return Err(FetchError::Status { host, status: status.as_u16(), retry_after });
            }
            return document(response, &host).await.map(Answer::Document);
        }
        Err(FetchError::TooManyRedirects { limit: MAX_REDIRECTS })
    }

    fn client(&self, allow_host: Option<&str>, guard: &Guard) -> Result<Client, FetchError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let key = allow_host.map(str::to_owned);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let client = Client::builder()
            .user_agent(&self.agent)
            .connect_timeout(CONNECT_TIME)
            .timeout(WHOLE_TIME)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(guard.clone()))
            .build()
            .map_err(|wrong| FetchError::Setup { why: wrong.to_string() })?;
        clients.insert(key, client.clone());
        Ok(client)
    }
}

fn web_url(text: &str) -> Result<Url, FetchError> {
    let bad =
        |why: &str| FetchError::BadAddress { url: text.chars().take(200).collect(), why: why.to_owned() };
    let url = Url::parse(text.trim()).map_err(|wrong| bad(&wrong.to_string()))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        "http" | "https" => Err(bad("it has no host")),
        other => Err(bad(&format!("its scheme is {other}"))),
    }
}

fn redirected(from: &Url, target: &str) -> Result<Url, FetchError> {
    let joined = from.join(target);
    joined.map_or_else(|_| web_url(target), |url| web_url(url.as_str()))
}

fn conditions(known: &Validators) -> HeaderMap {
    let pairs = [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)];
    let valid = |(name, value): (HeaderName, &Option<String>)| Some((name, value.as_deref()?.parse().ok()?));
    pairs.into_iter().filter_map(valid).collect()
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).trim().to_owned()).filter(|value| !value.is_empty())
}

/// Reads a Retry-After header: seconds, or an HTTP date.
fn wait(value: &str, now: Timestamp) -> Option<Duration> {
    let seconds = value.parse::<u64>().ok().or_else(|| {
        let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
        u64::try_from(at.as_second() - now.as_second()).ok()
    })?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

async fn document(mut response: Response, host: &str) -> Result<Document, FetchError> {
    let headers = response.headers();
    let validators =
        Validators { etag: header(headers, ETAG), last_modified: header(headers, LAST_MODIFIED) };
    let charset = header(headers, CONTENT_TYPE).and_then(|value| charset(&value));
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|wrong| FetchError::of(&wrong, host))? {
        if (bytes.len() + chunk.len()) as u64 > MAX_BYTES {
            return Err(FetchError::TooLarge { limit: MAX_BYTES });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Document { url: response.url().clone(), bytes, charset, validators })
}

fn charset(content_type: &str) -> Option<String> {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let named = parameters.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    named
        .map(|(_, value)| value.trim().trim_matches(['"', '\'']).to_owned())
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_after_is_seconds_or_a_date_and_at_most_a_day() {
        let now = Timestamp::from_second(784_111_777).unwrap();
        assert_eq!(wait("120", now), Some(Duration::from_secs(120)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:37 GMT", now), Some(Duration::from_secs(60)));
        assert_eq!(wait("99999999", now), Some(MAX_RETRY_AFTER));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT", now), None);
        assert_eq!(wait("soon", now), None);
    }

    #[test]
    fn the_charset_is_read_from_the_content_type() {
        assert_eq!(charset("text/xml; charset=\"GB2312\"").as_deref(), Some("GB2312"));
        assert_eq!(charset("text/xml"), None);
    }
}
