//! The wishes that sites state in robots.txt (RFC 9309), kept for a day.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use texting_robots::Robot;
use url::Url;

use super::error::FetchError;

/// The name that a site may address us by.
const AGENT: &str = "Qingting";
/// Bytes of a robots.txt that are read: what the standard asks for at least (RFC 9309, 2.5).
pub(super) const MAX_BYTES: u64 = 500 << 10;
/// A copy is used for a day (RFC 9309, 2.4).
const KEPT_S: i64 = 24 * 3600;
/// A file that could not be fetched is asked for again after this.
const FAILED_KEPT_S: i64 = 15 * 60;
/// A site that wants a longer pause gets this one.
const MAX_DELAY: Duration = Duration::from_secs(60);
/// Sites whose wishes are kept at the same time.
const MANY_SITES: usize = 512;
/// Rules with `$` become regular expressions, each of some KB; more of them than this are left out.
const MAX_ANCHORED: usize = 500;

/// What a site wishes.
#[derive(Debug, Clone)]
pub(super) enum Wishes {
    /// There is no robots.txt.
    None,
    Rules(Arc<Robot>),
    /// It could not be fetched or read: no page is fetched for now.
    Unknown {
        why: String,
    },
}

/// The wishes of the sites that were asked, by scheme, host and port.
#[derive(Debug, Default)]
pub(super) struct Robots {
    sites: Mutex<HashMap<String, Kept>>,
}

#[derive(Debug, Clone)]
struct Kept {
    wishes: Wishes,
    until: Timestamp,
}

impl Robots {
    /// What is known of a site, if it is fresh.
    pub(super) fn known(&self, site: &str, now: Timestamp) -> Option<Wishes> {
        let sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        sites.get(site).filter(|kept| now < kept.until).map(|kept| kept.wishes.clone())
    }

    /// Notes what a site wishes and gives what holds: where the site cannot be asked, an earlier copy
    /// does (RFC 9309, 2.3.1.4).
    pub(super) fn note(&self, site: String, wishes: Wishes, now: Timestamp) -> Wishes {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = matches!(wishes, Wishes::Unknown { .. });
        let earlier = sites.remove(&site).map(|kept| kept.wishes);
        let wishes = match earlier {
            Some(Wishes::Rules(rules)) if failed => Wishes::Rules(rules),
            _ => wishes,
        };
        if sites.len() >= MANY_SITES {
            sites.retain(|_, kept| now < kept.until);
        }
        if sites.len() >= MANY_SITES {
            sites.clear();
        }
        let seconds = if failed { FAILED_KEPT_S } else { KEPT_S };
        let until = now.as_second().saturating_add(seconds);
        let until = Timestamp::from_second(until).unwrap_or(Timestamp::MAX);
        sites.insert(site, Kept { wishes: wishes.clone(), until });
        wishes
    }
}

impl Wishes {
    /// Reads a robots.txt.
    pub(super) fn read(text: &[u8]) -> Self {
        match Robot::new(AGENT, &without_excess(text)) {
            Ok(robot) => Self::Rules(Arc::new(robot)),
            Err(wrong) => Self::Unknown { why: wrong.to_string() },
        }
    }

    /// What follows from a robots.txt that could not be had: one that is not there forbids nothing (RFC 9309,
    /// 2.3.1.3; too many redirects count as that, 2.3.1.2), one that cannot be reached forbids everything for
    /// the time (2.3.1.4). A site that asks us to come less often (429) belongs to the second kind.
    pub(super) fn without(failed: &FetchError) -> Self {
        match failed {
            FetchError::Status { status: 400..=428 | 430..=499, .. }
            | FetchError::TooManyRedirects { .. }
            | FetchError::RedirectLoop { .. } => Self::None,
            other => Self::Unknown { why: other.to_string() },
        }
    }

    /// The pause between two pages that the site asks for, if the page may be read.
    ///
    /// # Errors
    /// When the page may not be read, or the site's wishes are unknown.
    pub(super) fn pause_for(&self, url: &Url) -> Result<Option<Duration>, FetchError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        match self {
            Self::None => Ok(None),
            Self::Unknown { why } => Err(FetchError::RobotsUnknown { host, why: why.clone() }),
            Self::Rules(robot) if robot.allowed(url.as_str()) => Ok(robot.delay.and_then(pause)),
            Self::Rules(_) => Err(FetchError::RobotsForbid { host, path: url.path().to_owned() }),
        }
    }
}

fn pause(seconds: f32) -> Option<Duration> {
    Duration::try_from_secs_f32(seconds.clamp(0.0, MAX_DELAY.as_secs_f32())).ok()
}

/// The site whose robots.txt speaks for an address: its scheme, host and port.
pub(super) fn site(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn without_excess(text: &[u8]) -> Vec<u8> {
    let mut anchored = 0;
    let lines = text.split_inclusive(|byte| matches!(byte, b'\n' | b'\r'));
    let kept = lines.filter(|line| {
        anchored += usize::from(line.contains(&b'$'));
        !line.contains(&b'$') || anchored <= MAX_ANCHORED
    });
    kept.flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn allows(wishes: &Wishes, path: &str) -> bool {
        wishes.pause_for(&Url::parse(&format!("https://a.cn{path}")).unwrap()).is_ok()
    }

    #[test]
    fn the_rules_for_us_outrank_those_for_all() {
        let wishes = Wishes::read(
            b"User-agent: *\nDisallow: /\n\nUser-agent: qingting\nAllow: /news/\nDisallow: /news/old\nDisallow: /*.pdf$\nCrawl-delay: 2.5\n",
        );
        assert!(allows(&wishes, "/news/1.html"));
        assert!(!allows(&wishes, "/news/old/2.html"));
        assert!(!allows(&wishes, "/a.pdf") && allows(&wishes, "/a.pdf?x"));
        let page = Url::parse("https://a.cn/news/1.html").unwrap();
        assert_eq!(wishes.pause_for(&page), Ok(Some(Duration::from_millis(2500))));
    }

    #[test]
    fn a_pause_is_honoured_up_to_a_minute() {
        assert_eq!(pause(1e30), Some(MAX_DELAY));
        assert_eq!(pause(-3.0), Some(Duration::ZERO));
        assert_eq!(pause(f32::NAN), None);
    }

    #[test]
    fn what_is_no_robots_file_forbids_nothing() {
        for text in [&b""[..], b"<html><body>404</body></html>", b"\xEF\xBB\xBFUser-agent: x\nDisallow: /"] {
            assert!(allows(&Wishes::read(text), "/a"), "{text:?}");
        }
    }

    #[test]
    fn a_file_of_expressions_without_end_is_cut() {
        let text = b"Disallow: /a$\n".repeat(40_000);
        assert_eq!(without_excess(&text).len(), MAX_ANCHORED * 14);
        assert!(!allows(&Wishes::read(&text), "/a"));
    }

    #[test]
    fn a_missing_file_forbids_nothing_and_an_unreachable_one_everything() {
        let status = |status| FetchError::Status { host: "a.cn".into(), status, retry_after: None };
        for code in [401, 403, 404, 410] {
            assert!(allows(&Wishes::without(&status(code)), "/"), "{code}");
        }
        for code in [429, 500, 503] {
            assert!(!allows(&Wishes::without(&status(code)), "/"), "{code}");
        }
        assert!(!allows(&Wishes::without(&FetchError::NoSuchHost { host: "a.cn".into() }), "/"));
    }

    #[test]
    fn a_copy_serves_for_a_day_and_longer_while_the_site_is_away() {
        let robots = Robots::default();
        let away = || Wishes::Unknown { why: "away".into() };
        robots.note("https://a.cn".into(), Wishes::read(b"User-agent: *\nDisallow: /x"), at(0));
        assert!(robots.known("https://a.cn", at(KEPT_S - 1)).is_some());
        assert!(robots.known("https://a.cn", at(KEPT_S)).is_none());
        let held = robots.note("https://a.cn".into(), away(), at(KEPT_S));
        assert!(allows(&held, "/a") && !allows(&held, "/x"));
        assert!(robots.known("https://a.cn", at(KEPT_S + FAILED_KEPT_S)).is_none());
        assert!(!allows(&robots.note("https://b.cn".into(), away(), at(0)), "/a"));
    }
}
