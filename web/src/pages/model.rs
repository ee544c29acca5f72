//! How the model does, week by week: how often it is unsure, how often people say otherwise, and which topics come.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use jiff::Timestamp;
use jiff::civil::Date;
use qingting_models::clock::local_date;
use qingting_models::records::{Role, Viewer};
use qingting_models::store::WeekAtWork;

use super::model_change::{self, CandidateView};
use super::{Answer, html};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Frame;

const WEEKS: i64 = 12;
/// A share has changed when it lies this many standard errors, and this much, from that of the weeks before.
const ERRORS: f64 = 3.0;
const LEAST_CHANGE: f64 = 0.02;
/// Below so many items, come or expected, nothing is said.
const LEAST_ITEMS: f64 = 5.0;

/// The page.
#[derive(Debug, Template)]
#[template(path = "model.html")]
pub struct ModelPage {
    pub frame: Frame,
    /// The latest first.
    pub weeks: Vec<WeekRow>,
    /// The last whole week beside those before it; empty while there are none.
    pub topics: Vec<TopicRow>,
    pub last_week: String,
    /// For administrators.
    pub candidate: Option<CandidateView>,
}

/// A week; shares in percent, a dash where there is nothing to divide by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeekRow {
    pub monday: String,
    /// The week is not over.
    pub goes_on: bool,
    pub items: i64,
    pub unsure: String,
    pub by_person: i64,
    pub corrected: String,
    pub blind: i64,
    pub blind_corrected: String,
}

/// A topic's share of the items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicRow {
    pub name: String,
    pub before: String,
    pub last: String,
    pub change: Change,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    None,
    More,
    Less,
}

/// How the model did.
pub(crate) struct AtWork {
    /// The earliest first: its Monday, what was judged, and whether it is not over.
    pub weeks: Vec<(Date, WeekAtWork, bool)>,
    /// Of the last whole week; none while there are none before it.
    pub topics: Vec<TopicShare>,
    /// Its Monday.
    pub last_week: Option<Date>,
}

/// How many items of how many were of a topic, in the weeks before and in the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TopicShare {
    /// Its code; empty where nothing is to be done.
    pub topic: String,
    pub before: (i64, i64),
    pub last: (i64, i64),
    pub change: Change,
}

/// The last weeks, without what is confidential.
///
/// # Errors
/// When the store fails.
pub(crate) async fn at_work(state: &AppState) -> Result<AtWork, WebError> {
    let weeks = state.store.weeks_at_work(&Viewer::OPEN, WEEKS).await?;
    let this_monday = this_week(state.store.now(), &weeks);
    let whole: Vec<(&Timestamp, &WeekAtWork)> =
        weeks.iter().filter(|(monday, _)| Some(**monday) != this_monday).collect();
    let (topics, last_week) = match whole.split_last() {
        Some(((monday, last), before)) if !before.is_empty() => {
            let before: Vec<&WeekAtWork> = before.iter().map(|(_, week)| *week).collect();
            (topic_shares(&before, last), Some(local_date(**monday)))
        }
        _ => (Vec::new(), None),
    };
    let goes_on = |monday: &Timestamp| Some(*monday) == this_monday;
    let weeks = weeks.iter().map(|(monday, week)| (local_date(*monday), week.clone(), goes_on(monday)));
    Ok(AtWork { weeks: weeks.collect(), topics, last_week })
}

pub async fn show(State(state): State<AppState>, caller: Caller) -> Answer {
    let AtWork { weeks, topics, last_week } = at_work(&state).await?;
    let name = |code: &str| match code {
        "" => "没有需要办理的事".to_owned(),
        code => state.names.topic(code).to_owned(),
    };
    let topics = topics.iter().map(|share| topic_row(share, name(&share.topic))).collect();
    let candidate = if caller.has(Role::Admin) { model_change::view(&state).await? } else { None };
    html(&ModelPage {
        candidate,
        frame: Frame::inside(&state, &caller, "模型", "/model"),
        weeks: weeks.iter().rev().map(|(monday, week, goes_on)| week_row(*monday, week, *goes_on)).collect(),
        topics,
        last_week: last_week.map(|monday| monday.to_string()).unwrap_or_default(),
    })
}

/// The Monday of the week that goes on, when it has items.
fn this_week(now: Timestamp, weeks: &BTreeMap<Timestamp, WeekAtWork>) -> Option<Timestamp> {
    const WEEK_SECONDS: i64 = 7 * 86_400;
    let (last, _) = weeks.last_key_value()?;
    (now.as_second() - last.as_second() < WEEK_SECONDS).then_some(*last)
}

fn week_row(monday: Date, week: &WeekAtWork, goes_on: bool) -> WeekRow {
    WeekRow {
        monday: monday.to_string(),
        goes_on,
        items: week.items,
        unsure: percent(week.unsure, week.items),
        by_person: week.by_person,
        corrected: percent(week.corrected, week.by_person),
        blind: week.blind,
        blind_corrected: percent(week.blind_corrected, week.blind),
    }
}

fn percent(part: i64, whole: i64) -> String {
    if whole == 0 { "—".to_owned() } else { format!("{:.1}%", part as f64 * 100.0 / whole as f64) }
}

/// Each topic's share of the last week beside its share of the weeks before, the greatest first.
fn topic_shares(before: &[&WeekAtWork], last: &WeekAtWork) -> Vec<TopicShare> {
    let mut counts: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for (topic, n) in before.iter().flat_map(|week| &week.topics) {
        counts.entry(topic).or_default().0 += n;
    }
    for (topic, n) in &last.topics {
        counts.entry(topic).or_default().1 += n;
    }
    let all: i64 = before.iter().map(|week| week.items).sum();
    let mut rows: Vec<(&str, (i64, i64))> = counts.into_iter().collect();
    rows.sort_by_key(|(topic, (before, last))| (-last, -before, *topic));
    rows.into_iter()
        .map(|(topic, (earlier, now))| TopicShare {
            topic: topic.to_owned(),
            before: (earlier, all),
            last: (now, last.items),
            change: change((earlier, all), (now, last.items)),
        })
        .collect()
}

fn topic_row(share: &TopicShare, name: String) -> TopicRow {
    let percent = |(part, whole)| percent(part, whole);
    TopicRow { name, before: percent(share.before), last: percent(share.last), change: share.change }
}

/// By the test of two proportions with a pooled standard error; each is a count of a whole.
fn change(before: (i64, i64), last: (i64, i64)) -> Change {
    let [a, n, b, m] = [before.0, before.1, last.0, last.1].map(|count| count as f64);
    if n == 0.0 || m == 0.0 || b.max(a / n * m) < LEAST_ITEMS {
        return Change::None;
    }
    let pooled = (a + b) / (n + m);
    let error = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
    match b / m - a / n {
        by if by.abs() < LEAST_CHANGE || by.abs() < ERRORS * error => Change::None,
        by if by > 0.0 => Change::More,
        _ => Change::Less,
    }
}

#[cfg(test)]
impl crate::samples::Sampled for ModelPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile};
        let page = |t: String| Self {
            frame: frame(&t),
            weeks: vec![week_row(
                local_date(crate::samples::now()),
                &WeekAtWork { items: 3, ..WeekAtWork::default() },
                true,
            )],
            topics: [Change::None, Change::More, Change::Less]
                .map(|change| TopicRow { name: t.clone(), before: t.clone(), last: t.clone(), change })
                .to_vec(),
            candidate: Some(model_change::samples::candidate(&t)),
            last_week: t,
        };
        let empty = |t: String| Self { weeks: vec![], topics: vec![], candidate: None, ..page(t) };
        let bare = |t: String| {
            let view = model_change::samples::candidate(&t);
            let view = CandidateView { trial: None, candidate: None, before: None, comparing: true, ..view };
            Self { candidate: Some(view), ..page(t) }
        };
        hostile().into_iter().flat_map(|t| [page(t.clone()), bare(t.clone()), empty(t)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_changed_when_chance_does_not_explain_it_and_it_matters() {
        assert_eq!(change((100, 1_000), (10, 100)), Change::None);
        // Two items of a small week are chance; a thousand more in a large one may be little.
        assert_eq!(change((10, 1_000), (2, 20)), Change::None);
        assert_eq!(change((100_000, 1_000_000), (11_000, 100_000)), Change::None);
        assert_eq!(change((100, 1_000), (30, 100)), Change::More);
        assert_eq!(change((300, 1_000), (5, 100)), Change::Less);
        assert_eq!(change((0, 0), (5, 100)), Change::None);
    }

    #[test]
    fn topics_are_told_by_their_share_of_the_last_week() {
        let week = |items, topics: &[(&str, i64)]| WeekAtWork {
            items,
            topics: topics.iter().map(|(topic, n)| ((*topic).to_owned(), *n)).collect(),
            ..WeekAtWork::default()
        };
        let (one, two) = (week(100, &[("wages", 10), ("urban", 90)]), week(100, &[("urban", 100)]));
        let last = week(50, &[("wages", 30), ("urban", 20)]);
        let shares = topic_shares(&[&one, &two], &last);
        let rows: Vec<TopicRow> = shares.iter().map(|share| topic_row(share, share.topic.clone())).collect();
        let told: Vec<_> = rows.iter().map(|r| (&*r.name, &*r.before, &*r.last, r.change)).collect();
        assert_eq!(
            told,
            [("wages", "5.0%", "60.0%", Change::More), ("urban", "95.0%", "40.0%", Change::Less)]
        );
    }
}
