//! Why a fetch failed, in words that help an administrator.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use super::guard::Refused;
use crate::feed::FeedError;

/// A document that could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("\"{url}\" is no web address: {why}; allowed: http://... and https://...")]
    BadAddress { url: String, why: String },
    #[error(
        "{host} lies on a private network ({address}); fetching from it is refused unless the source allows \
         that host (--allow-host {host})"
    )]
    Refused { host: String, address: IpAddr },
    #[error("no address is known for the host {host}; check its spelling and the name server")]
    NoSuchHost { host: String },
    #[error("could not connect to {host}: {why}")]
    CouldNotConnect { host: String, why: String },
    #[error("{host} did not answer in time (10 s to connect, 30 s in all)")]
    TimedOut { host: String },
    #[error("{host} answered with HTTP status {status}{}", status_words(*.status))]
    Status { host: String, status: u16, retry_after: Option<Duration> },
    #[error("the answer is larger than {} MB", limit >> 20)]
    TooLarge { limit: u64 },
    #[error("more than {limit} redirects")]
    TooManyRedirects { limit: usize },
    #[error("the answer broke off or could not be unpacked: {why}")]
    BrokenAnswer { why: String },
    #[error("the HTTP client could not be set up: {why}")]
    Setup { why: String },
    #[error(transparent)]
    Feed(#[from] FeedError),
}

fn status_words(status: u16) -> &'static str {
    match status {
        401 | 403 => " (access denied)",
        404 => " (not found; the address may have changed)",
        410 => " (gone for good)",
        429 => " (asked to come less often)",
        500..=599 => " (a fault on their side)",
        _ => "",
    }
}

impl FetchError {
    /// When the server asked us to come again.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Names what went wrong with a request.
    pub(super) fn of(wrong: &reqwest::Error, host: &str) -> Self {
        let host = host.to_owned();
        if let Some(refused) = cause::<Refused>(wrong) {
            return Self::Refused { host: refused.host.clone(), address: refused.address };
        }
        if cause::<super::guard::Unknown>(wrong).is_some() {
            return Self::NoSuchHost { host };
        }
        if wrong.is_timeout() {
            return Self::TimedOut { host };
        }
        if wrong.is_body() || wrong.is_decode() {
            return Self::BrokenAnswer { why: last_cause(wrong) };
        }
        Self::CouldNotConnect { host, why: last_cause(wrong) }
    }
}

fn causes<'e>(wrong: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(wrong), |&e| e.source())
}

fn cause<'e, E: Error + 'static>(wrong: &'e (dyn Error + 'static)) -> Option<&'e E> {
    causes(wrong).find_map(|e| e.downcast_ref())
}

/// The innermost cause: the others only repeat that something failed.
fn last_cause(wrong: &(dyn Error + 'static)) -> String {
    causes(wrong).last().map_or_else(String::new, ToString::to_string)
}
