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
        "{host} lies on a private network{}; fetching from it is refused unless the source allows that host \
         (--allow-host {host})", beside(host, *address)
    )]
    Refused { host: String, address: IpAddr },
    #[error(
        "{host} is the name of a local network; asking a proxy for it is refused unless the source allows that \
         host (--allow-host {host})"
    )]
    LocalName { host: String },
    #[error(
        "{host} lies outside the house's own network{}; allowed: this machine, 10.*, 172.16.* to 172.31.*, \
         192.168.*, fc00::/7", beside(host, *address)
    )]
    NotInside { host: String, address: IpAddr },
    #[error("no address is known for the host {host}; check its spelling and the name server")]
    NoSuchHost { host: String },
    #[error("could not connect to {host}: {why}")]
    CouldNotConnect { host: String, why: String },
    #[error("no safe connection to {host}: {why}")]
    NotSafe { host: String, why: String },
    #[error("the proxy {proxy} did not lead to {host}: {why}")]
    ProxyFailed { proxy: String, host: String, why: String },
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
    #[error("the answer unpacks to more than {ratio} times its size, as harmful files do")]
    TooDense { ratio: u64 },
    #[error("more than {limit} redirects")]
    TooManyRedirects { limit: usize },
    #[error("the redirects go in a circle: {circle}")]
    RedirectLoop { circle: String },
    #[error("the answer of {host} broke off: {why}")]
    CutOff { host: String, why: String },
    #[error("the answer could not be read: {why}")]
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

/// The address in brackets, unless the host is named by it.
fn beside(host: &str, address: IpAddr) -> String {
    let named = host.trim_matches(['[', ']']).parse::<IpAddr>();
    if named == Ok(address) { String::new() } else { format!(" ({address})") }
}

fn status_words(status: u16) -> &'static str {
    match status {
        304 => " (unchanged, though nothing was known of it)",
        401 | 403 => " (access denied)",
        407 => " (the proxy asks for a password)",
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
        if let Some(named) = cause::<Self>(wrong) {
            return named.clone();
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
        if why.starts_with("invalid HTTP") {
            return Self::BrokenAnswer { why: format!("it is not HTTP ({why})") };
        }
        if let Some(wrong) = cause::<rustls::Error>(wrong) {
            return Self::NotSafe { host, why: tls_words(wrong) };
        }
        if wrong.is_connect() {
            return Self::CouldNotConnect { host, why };
        }
        Self::CutOff { host, why }
    }
}

fn tls_words(wrong: &rustls::Error) -> String {
    use rustls::CertificateError as Bad;
    let rustls::Error::InvalidCertificate(bad) = wrong else { return wrong.to_string() };
    match bad {
        Bad::UnknownIssuer => {
            "its certificate is signed by an authority unknown here (one of your own goes into ca_file under [http])"
                .into()
        }
        Bad::Expired | Bad::ExpiredContext { .. } => "its certificate has expired".into(),
        Bad::NotValidYet | Bad::NotValidYetContext { .. } => "its certificate is not valid yet".into(),
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
            "its certificate is for another name".into()
        }
        other => format!("its certificate is not accepted ({other})"),
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
