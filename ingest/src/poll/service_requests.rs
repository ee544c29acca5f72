//! Polls an Open311 server, window by window from the latest time seen.

use jiff::{SignedDuration, Timestamp};
use qingting_models::clock;
use qingting_models::records::{Open311Rule, Source, SourceRun};
use qingting_models::store::{Fetched, Store};
use tokio::time::Instant;
use url::Url;

use super::articles::prepared;
use super::records::{Door, TIME, home};
use super::{Brought, PollError, of_before};
use crate::http::Http;
use crate::pull::document::place;
use crate::pull::open311::{Requests, WINDOW, address, check, read};

/// Requests are asked for by the time they were made: those of the last days are asked for again at each
/// poll, for their state may have changed; those of the last 90 days at the first poll of a day.
const AGAIN: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A server need not give more in one answer (GeoReport v2: "the most recent 1000").
const MOST: usize = 1000;
/// Pages of one window.
const MAX_PAGES: u32 = 50;
/// A window that is still too full is cut no further.
const SHORTEST: SignedDuration = SignedDuration::from_mins(30);

/// From when to when requests were made.
#[derive(Debug, Clone, Copy)]
struct Window {
    from: Timestamp,
    to: Timestamp,
}

pub(super) async fn poll(
    store: &Store,
    http: &Http,
    source: &Source,
    now: Timestamp,
) -> Result<Brought, PollError> {
    let rule = source.settings.open311.clone().unwrap_or_default();
    check(&rule)?;
    let home = home(&source.name, source.url.as_deref())?;
    let door = Door { http, allow_host: source.allow_host.as_deref(), home: &home, secret: None };
    let seen: Option<Timestamp> = source.health.cursor.as_deref().and_then(|cursor| cursor.parse().ok());
    let mut windows = windows(source, seen, now);
    let (began, mut counts, mut latest) = (Instant::now(), SourceRun::default(), seen);
    while let Some(window) = windows.pop() {
        let brought = in_window(store, source, &door, &rule, window, now).await?;
        counts = counts.and(brought.counts);
        if brought.cut_off && window.to.duration_since(window.from) > SHORTEST {
            let middle = window.from + window.to.duration_since(window.from) / 2;
            windows.push(Window { from: middle, ..window });
            windows.push(Window { to: middle, ..window });
            continue;
        }
        // A window without requests is behind us too, or a quiet server would be asked for it for ever.
        latest = latest.max(brought.latest).max(Some(window.to).filter(|to| *to < now));
        store.keep_cursor(source.id, latest.map(|at| at.to_string()).as_deref()).await?;
        if began.elapsed() > TIME {
            break;
        }
    }
    let cursor = latest.map(|at| at.to_string());
    let fetched = Fetched { counts, cursor, what: place(&home), ..of_before(source) };
    Ok(Brought { fetched, ..Brought::default() })
}

/// The windows to ask for, the earliest last.
fn windows(source: &Source, seen: Option<Timestamp>, now: Timestamp) -> Vec<Window> {
    let back = |by: SignedDuration| now.checked_sub(by).unwrap_or(now);
    let today = clock::local_date(now);
    let first_today = source.health.last_success_at.is_none_or(|at| clock::local_date(at) < today);
    let mut from = match seen {
        Some(_) if first_today => back(WINDOW).min(seen.unwrap_or(now)),
        Some(seen) => seen.min(now).checked_sub(AGAIN).unwrap_or(seen),
        None => source.cutoff.filter(|cutoff| *cutoff < now).unwrap_or(back(WINDOW)),
    };
    let mut windows = Vec::new();
    while from < now {
        let to = from.checked_add(WINDOW).unwrap_or(now).min(now);
        windows.push(Window { from, to });
        from = to;
    }
    windows.reverse();
    windows
}

struct InWindow {
    counts: SourceRun,
    latest: Option<Timestamp>,
    /// The server gave as many as it gives at most, and no further page.
    cut_off: bool,
}

async fn in_window(
    store: &Store,
    source: &Source,
    door: &Door<'_>,
    rule: &Open311Rule,
    window: Window,
    now: Timestamp,
) -> Result<InWindow, PollError> {
    let mut done = InWindow { counts: SourceRun::default(), latest: None, cut_off: false };
    let (mut known, mut first) = (std::collections::HashSet::new(), 1);
    for page in 1..=MAX_PAGES {
        let url = address(door.home, rule, window.from, window.to, page);
        let requests = requests(door, &url, first, now).await?;
        let fresh = requests.ids.iter().filter(|id| known.insert((*id).clone())).count();
        // A server that knows no pages gives the same answer again.
        if page > 1 && fresh == 0 {
            done.cut_off = page == 2 && known.len() >= MOST;
            break;
        }
        first += requests.found as u64;
        done.latest = done.latest.max(requests.latest);
        let counts = store.intake(source, prepared(requests.records).await?, requests.rejects).await?;
        done.counts = done.counts.and(counts);
        // Pages hold round numbers of requests; another number is the end.
        if requests.found < 10 || !requests.found.is_multiple_of(5) {
            break;
        }
    }
    Ok(done)
}

async fn requests(door: &Door<'_>, url: &Url, first: u64, now: Timestamp) -> Result<Requests, PollError> {
    let document = door.get(url, now).await?;
    let reading = tokio::task::spawn_blocking(move || {
        read(&document.bytes, document.charset.as_deref(), &document.url, first)
    });
    Ok(reading.await.map_err(|_| PollError::Stopped)??)
}
