//! Why a fetch failed, in words that help an administrator.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use super::guard::{Refused, Unknown};
use crate::feed::FeedError;

/// A document that could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("\"{url}\" is no web address: {why}; allowed: http://... and https://...")]
    BadAddress { url: String, why: String },
    #[error("\"{name}\" is no header that can be sent: {why}")]
    BadHeader { name: String, why: String },
    #[error(
        "{host} lies on a private network ({address}); fetching from it is refused unless the source allows \
         that host (--allow-host {host})"
    )]
    Refused { host: String, address: IpAddr },
    #[error("no address is known for the host {host}; check its spelling and the name server")]
    NoSuchHost { host: String },
    #[error("could not connect to {host}: {why}")]
    CouldNotConnect { host: String, why: String },
    #[error("{host} did not answer in time: {during} ({} s)", limit.as_secs_f32())]
    TimedOut { host: String, during: During, limit: Duration },
    #[error("other requests to {host} were still running; it is asked again later")]
    HostBusy { host: String },
    #[error("{host} answered with HTTP status {status}{}", status_words(*.status))]
    Status { host: String, status: u16, retry_after: Option<Duration> },
    #[error("the head of the answer is larger than {} KB", limit >> 10)]
    HeadTooLarge { limit: usize },
    #[error("the answer is larger than {} MB", limit >> 20)]
    TooLarge { limit: u64 },
    #[error("more than {limit} redirects")]
    TooManyRedirects { limit: usize },
    #[error("the redirects go in a circle: {circle}")]
    RedirectLoop { circle: String },
    #[error("the answer of {host} broke off: {why}")]
    CutOff { host: String, why: String },
    #[error("the answer could not be unpacked: {why}")]
    BrokenAnswer { why: String },
    #[error("robots.txt of {host} forbids {path} to be read by programs")]
    RobotsForbid { host: String, path: String },
    #[error("robots.txt of {host} could not be read, so that its pages are left alone for now: {why}")]
    RobotsUnknown { host: String, why: String },
    #[error("the HTTP client could not be set up: {why}")]
    Setup { why: String },
    #[error(transparent)]
    Feed(#[from] FeedError),
}

/// The part of a fetch that took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum During {
    Connect,
    Head,
    Stall,
    Whole,
}

impl fmt::Display for During {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "no connection",
            Self::Head => "no beginning of an answer",
            Self::Stall => "it stopped sending in the middle",
            Self::Whole => "the whole answer took too long",
        })
    }
}

fn status_words(status: u16) -> &'static str {
    match status {
        304 => " (unchanged, though nothing was known of it)",
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
    pub(super) fn of(wrong: &reqwest::Error, host: &str, limits: &super::Limits) -> Self {
        let host = host.to_owned();
        if let Some(refused) = cause::<Refused>(wrong) {
            return Self::Refused { host: refused.host.clone(), address: refused.address };
        }
        if cause::<Unknown>(wrong).is_some() {
            return Self::NoSuchHost { host };
        }
        let why = last_cause(wrong);
        if wrong.is_connect() && wrong.is_timeout() {
            return Self::TimedOut { host, during: During::Connect, limit: limits.connect };
        }
        if why.contains("message head is too large") {
            return Self::HeadTooLarge { limit: limits.head_bytes };
        }
        if wrong.is_connect() {
            return Self::CouldNotConnect { host, why };
        }
        Self::CutOff { host, why }
    }
}

/// The error, what caused it, and so on. An [`io::Error`] around another error is passed over in its favour.
fn causes<'e>(wrong: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(wrong), |&e| {
        let inner = e.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inner.map(|inner| inner as &(dyn Error + 'static)).or_else(|| e.source())
    })
}

fn cause<'e, E: Error + 'static>(wrong: &'e (dyn Error + 'static)) -> Option<&'e E> {
    causes(wrong).find_map(|e| e.downcast_ref())
}

/// The innermost cause: the others only repeat that something failed.
pub(super) fn last_cause(wrong: &(dyn Error + 'static)) -> String {
    causes(wrong).last().map_or_else(String::new, ToString::to_string)
}
