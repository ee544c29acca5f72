//! One source: how it is doing, what its runs brought, how it is set, and what can be done with it.

use askama::Template;
use axum::extract::{Path, State};
use jiff::Timestamp;
use qingting_models::records::{FinishedRun, Source, SourceKind};
use qingting_models::store::QuarantineFilter;

use super::draft::form_of;
use super::fields::groups;
use super::problems::Problems;
use super::state::{Health, health, unreadable};
use super::{Answer, DAYS, PATH, find, html, kinds, list, trial};
use crate::app::AppState;
use crate::caller::Caller;
use crate::case_forms::{Control, Field};
use crate::chart::Chart;
use crate::error::WebError;
use crate::frame::Frame;
use crate::moment::Moment;
use crate::plain::{self, Told};
use crate::preview::Trial;
use crate::query::Query;

/// Runs on the page.
const RUNS: i64 = 20;

/// The page.
#[derive(Debug, Template)]
#[template(path = "source.html")]
pub struct DetailPage {
    pub frame: Frame,
    pub id: String,
    pub name: String,
    pub kind: &'static str,
    pub channel: &'static str,
    pub mode: &'static str,
    pub health: Health,
    pub last_tried: Option<Moment>,
    pub failures: i64,
    pub twin: Option<Twin>,
    /// Where a permanent redirect leads.
    pub moved_to: Option<String>,
    /// `按对方的更新节奏，约 2 小时读一次`; a source that fails keeps to no rhythm.
    pub pace: Option<String>,
    pub chart: Chart,
    pub runs: Vec<RunView>,
    pub settings: Vec<(&'static str, String)>,
    pub quarantined: i64,
    pub can: Can,
    pub trial: Option<Trial>,
    /// Shown once, in the answer to its making.
    pub token: Option<TokenView>,
}

/// Another source that reads the same address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    pub id: String,
    pub name: String,
    /// Whether an article that both bring is one item.
    pub joined: bool,
}

impl Twin {
    fn of(source: &Source, other: &Source) -> Self {
        Self { id: other.id.to_string(), name: other.name.clone(), joined: source.shares_items(other) }
    }
}

/// What can be done with a source of its kind and state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Can {
    pub poll: bool,
    pub try_it: bool,
    pub import: bool,
    pub resume: bool,
    pub make_token: bool,
    pub end_token: bool,
}

/// A token with an example of its use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenView {
    pub token: String,
    pub address: String,
    pub example: String,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunView {
    pub at: Moment,
    pub what: String,
    pub read: i64,
    pub new: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub quarantined: i64,
    pub error: Option<Told>,
}

pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    let source = find(&state, &id).await?;
    let mut page = build(&state, &caller, source).await?;
    page.frame = page.frame.done(query.get("done"));
    html(&page)
}

/// Tries the source as it is saved; nothing is stored.
pub async fn try_it(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let source = find(&state, &id).await?;
    let trial = trial::of_source(&state, &source).await?;
    let mut page = build(&state, &caller, source).await?;
    page.trial = Some(trial);
    html(&page)
}

/// The page of `source`.
///
/// # Errors
/// When the store fails.
pub async fn build(state: &AppState, caller: &Caller, source: Source) -> Result<DetailPage, WebError> {
    let store = &state.store;
    let now = store.now();
    let days = store.items_per_day(source.id, DAYS).await?;
    let runs = store.source_runs(source.id, RUNS).await?;
    let unread = unreadable(std::slice::from_ref(&source)).await.into_values().next().unwrap_or_default();
    let twin = store
        .sources()
        .await?
        .iter()
        .find(|other| source.shares_address(other))
        .map(|other| Twin::of(&source, other));
    let waiting = QuarantineFilter { source: Some(source.id), ..QuarantineFilter::default() };
    Ok(DetailPage {
        frame: Frame::inside(state, caller, &source.name, PATH),
        id: source.id.to_string(),
        name: source.name.clone(),
        kind: source.kind.label(),
        channel: source.channel.label(),
        mode: source.mode.label(),
        health: health(&source, unread, now),
        last_tried: source.health.last_tried_at.map(|at| Moment::new(at, now)),
        failures: source.health.failures,
        twin,
        moved_to: source.health.moved_to.clone(),
        pace: source
            .health
            .pace_s
            .filter(|_| source.kind.is_polled() && source.health.failures == 0)
            .map(pace_words),
        chart: list::chart(&source, &days, now),
        runs: runs.iter().map(|run| run_view(run, now)).collect(),
        settings: settings(&source),
        quarantined: store.count_quarantine(waiting).await?,
        can: can(&source),
        trial: None,
        token: None,
    })
}

fn can(source: &Source) -> Can {
    let push = source.kind == SourceKind::Push;
    Can {
        poll: source.kind.is_polled() && !source.paused,
        try_it: kinds::can_be_tried(source.kind),
        import: matches!(source.kind, SourceKind::Sheet | SourceKind::Folder),
        resume: source.paused,
        make_token: push,
        end_token: push && source.has_token,
    }
}

fn pace_words(seconds: i64) -> String {
    let minutes = (seconds / 60).max(1);
    let span = match (minutes / 60, minutes % 60) {
        (0, m) => format!("{m} 分钟"),
        (h, 0) => format!("{h} 小时"),
        (h, m) => format!("{h} 小时 {m} 分钟"),
    };
    format!("按对方的更新节奏，约 {span}读一次")
}

fn run_view(run: &FinishedRun, now: Timestamp) -> RunView {
    RunView {
        at: Moment::new(run.at, now),
        what: plain::what(&run.what),
        read: run.counts.read,
        new: run.counts.new,
        updated: run.counts.updated,
        unchanged: run.counts.unchanged,
        quarantined: run.counts.quarantined,
        error: run.error.as_deref().map(plain::told),
    }
}

/// What is set, by the labels of the form.
fn settings(source: &Source) -> Vec<(&'static str, String)> {
    let known = ["name", "channel", "mode", "secret", "secret_clear"];
    let groups = groups(source.kind, &form_of(source), &Problems::default(), source.has_secret);
    let fields = groups.into_iter().flat_map(|group| group.fields);
    let mut rows: Vec<(&str, String)> = fields
        .filter(|field| !field.value.is_empty() && !known.contains(&field.name))
        .map(|field| (field.label, value_words(&field)))
        .collect();
    if source.has_secret {
        rows.push(("口令", "已加密保存，不显示".into()));
    }
    rows
}

fn value_words(field: &Field) -> String {
    match &field.control {
        Control::Check => "是".into(),
        Control::Select(options) => {
            let chosen = options.iter().find(|option| option.value == field.value);
            chosen.map_or_else(|| field.value.clone(), |option| option.label.clone())
        }
        _ => field.value.clone(),
    }
}

#[cfg(test)]
impl crate::samples::Sampled for DetailPage {
    fn samples() -> Vec<Self> {
        use super::samples::{a_chart, a_health};
        use crate::samples::{frame, hostile, moment};
        let run = |t: &str, error| RunView {
            at: moment(60),
            what: t.into(),
            read: 9,
            new: 1,
            updated: 2,
            unchanged: 3,
            quarantined: 3,
            error,
        };
        let page = |t: String| Self {
            frame: frame(&t),
            id: t.clone(),
            name: t.clone(),
            kind: "网页列表",
            channel: "网站",
            mode: "本县办理",
            health: a_health(&t),
            last_tried: Some(moment(60)),
            failures: 4,
            twin: Some(Twin { id: t.clone(), name: t.clone(), joined: false }),
            moved_to: Some(t.clone()),
            pace: Some(t.clone()),
            chart: a_chart(),
            runs: vec![run(&t, None), run(&t, Some(Told::sample(&t)))],
            settings: vec![("地址", t.clone())],
            quarantined: 3,
            can: Can {
                poll: true,
                try_it: true,
                import: true,
                resume: false,
                make_token: true,
                end_token: true,
            },
            trial: Some(Trial::sample(&t)),
            token: Some(TokenView { token: t.clone(), address: t.clone(), example: t }),
        };
        let mut pages: Vec<Self> = hostile().into_iter().map(page).collect();
        for sample in hostile() {
            let mut bare = page(sample);
            bare.can = Can { resume: true, make_token: true, ..Can::default() };
            (bare.trial, bare.token, bare.moved_to, bare.pace) = (None, None, None, None);
            bare.runs.clear();
            bare.quarantined = 0;
            pages.push(bare);
        }
        pages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rhythm_is_told_in_hours_and_minutes() {
        assert_eq!(pace_words(900), "按对方的更新节奏，约 15 分钟读一次");
        assert_eq!(pace_words(7200), "按对方的更新节奏，约 2 小时读一次");
        assert_eq!(pace_words(5400), "按对方的更新节奏，约 1 小时 30 分钟读一次");
    }
}
