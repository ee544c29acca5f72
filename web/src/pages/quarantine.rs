//! The quarantine (隔离区): rows that could not be read, by source and kind, and all of a kind dealt with at once.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use qingting_ingest::replay::{ReplayError, replay};
use qingting_models::clock::minute_text;
use qingting_models::ids::{QuarantineId, SourceId};
use qingting_models::records::{ClosedRow, QuarantinedRow, RejectKind, Source};
use qingting_models::store::{Page, QuarantineFilter};

use super::{Answer, html};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::moment::Moment;
use crate::plain::{self, Told};
use crate::query::{Query, Select};
use crate::view::Choice;

pub(super) const PATH: &str = "/quarantine";
/// Rows of a page.
const ROWS: i64 = 25;
/// Rows of a kind that one request deals with.
const BATCH: i64 = 200;

/// The page.
#[derive(Debug, Template)]
#[template(path = "quarantine.html")]
pub struct QuarantinePage {
    pub frame: Frame,
    pub groups: Vec<GroupView>,
    pub selects: Vec<Select>,
    pub rows: Vec<RowView>,
    pub first: Option<String>,
    pub next: Option<String>,
    /// What is left of a kind that was too much for one request.
    pub rest: Option<Rest>,
}

/// The waiting rows of a source with one kind of fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupView {
    pub source: String,
    pub source_id: String,
    pub kind: &'static str,
    pub kind_code: &'static str,
    pub count: i64,
    /// The list of its rows.
    pub href: String,
    /// The source was removed: nothing is read into it any more.
    pub removed: bool,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowView {
    pub id: String,
    pub source: String,
    pub place: String,
    pub kind: &'static str,
    pub reason: Told,
    pub at: Moment,
    /// How it was dealt with.
    pub closed: Option<String>,
}

/// Where a replay or dismissal of a kind goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    pub action: &'static str,
    pub source_id: String,
    pub kind_code: String,
    pub reason: String,
    pub before: String,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    html(&build(&state, &caller, &query).await?)
}

async fn build(state: &AppState, caller: &Caller, query: &Query) -> Result<QuarantinePage, WebError> {
    let mut sources = state.store.sources().await?;
    let kinds = state.store.quarantine_kinds().await?;
    let filter = QuarantineFilter {
        source: query.parsed("source"),
        kind: query.parsed("kind"),
        closed: query.get("state") == Some("closed"),
    };
    let page = Page { before: query.parsed("after"), size: ROWS };
    let found = state.store.quarantine(filter, page).await?;
    let chosen = filter.source.into_iter();
    let shown = kinds.iter().map(|(source, ..)| *source).chain(found.rows.iter().map(|row| row.source));
    for id in chosen.chain(shown) {
        if !sources.iter().any(|source| source.id == id) {
            sources.extend(state.store.source(id).await?);
        }
    }
    let called: HashMap<SourceId, &Source> = sources.iter().map(|s| (s.id, s)).collect();
    let name = |id: &SourceId| called.get(id).map_or_else(String::new, |source| source.name.clone());
    let now = state.store.now();
    let row = |row: &QuarantinedRow| RowView {
        id: row.id.to_string(),
        source: name(&row.source),
        place: plain::place(&row.place),
        kind: row.kind.label(),
        reason: plain::told(&row.reason),
        at: Moment::new(row.at, now),
        closed: row.closed.as_ref().map(closed_text),
    };
    let group = |(source, kind, count): (SourceId, RejectKind, i64)| GroupView {
        source: name(&source),
        source_id: source.to_string(),
        kind: kind.label(),
        kind_code: kind.code(),
        count,
        href: format!("{PATH}?source={source}&kind={}", kind.code()),
        removed: called.get(&source).is_none_or(|source| source.removed_at.is_some()),
    };
    let groups =
        kinds.into_iter().filter(|(source, ..)| filter.source.is_none_or(|chosen| chosen == *source));
    Ok(QuarantinePage {
        frame: Frame::inside(state, caller, "隔离区", PATH).done(query.get("done")),
        groups: groups.map(group).collect(),
        selects: selects(&sources, query),
        rows: found.rows.iter().map(row).collect(),
        first: query.first(PATH),
        next: found.next.map(|cursor| query.address(PATH, &[("after", &cursor.to_string())])),
        rest: None,
    })
}

fn selects(sources: &[Source], query: &Query) -> Vec<Select> {
    let (source, kind, state) = (query.text("source"), query.text("kind"), query.text("state"));
    let of_source = |s: &Source| Choice::new(s.id.to_string(), &s.name, s.id.to_string() == source);
    let of_kind = |k: &RejectKind| Choice::new(k.code(), k.label(), k.code() == kind);
    vec![
        Select {
            name: "source",
            label: "来源",
            any: "全部来源",
            options: sources.iter().map(of_source).collect(),
        },
        Select {
            name: "kind",
            label: "问题",
            any: "全部问题",
            options: RejectKind::ALL.iter().map(of_kind).collect(),
        },
        Select {
            name: "state",
            label: "状态",
            any: "待处理",
            options: vec![Choice::new("closed", "已处理", state == "closed")],
        },
    ]
}

/// How a row was dealt with, in words.
pub(super) fn closed_text(closed: &ClosedRow) -> String {
    let how = if closed.replayed { "已重新读入" } else { "已忽略" };
    let note = closed.note.as_ref().map(|note| format!("：{note}")).unwrap_or_default();
    format!("{how}{note}（{}）", minute_text(closed.at))
}

/// Reads all rows of a kind again, some at a time.
pub async fn replay_kind(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    let chosen = Chosen::read(&state, &form).await?;
    let rows = chosen.rows(&state).await?;
    let (mut good, mut outdated, mut bad) = (0, 0, 0);
    for id in &rows.ids {
        match replay(&state.store, &chosen.source, *id, None, false, caller.actor()).await {
            Ok(_) => good += 1,
            // Somebody else dealt with it meanwhile.
            Err(ReplayError::Closed(_) | ReplayError::NotFound) => {}
            Err(ReplayError::Store(error)) => return Err(error.into()),
            Err(ReplayError::MayBeOutdated) => outdated += 1,
            Err(ReplayError::StillBad(_) | ReplayError::Map(_) | ReplayError::OtherSource(_)) => bad += 1,
        }
    }
    let newer = match outdated {
        0 => String::new(),
        n => format!("{n} 条后来又送来过，没有覆盖，请逐条打开再定，"),
    };
    let text = format!("{good} 条重放成功，{newer}{bad} 条仍有问题。");
    chosen.answer(&state, &caller, text, "replay", "", rows.next).await
}

/// Dismisses all rows of a kind for one reason, some at a time.
pub async fn dismiss_kind(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    let reason = form.need("reason", "理由", 200)?;
    let chosen = Chosen::read(&state, &form).await?;
    let rows = chosen.rows(&state).await?;
    let mut closed = 0;
    for id in &rows.ids {
        closed += i64::from(state.store.close_quarantined(*id, false, reason, caller.actor()).await?);
    }
    chosen.answer(&state, &caller, format!("{closed} 条已忽略。"), "dismiss", reason, rows.next).await
}

/// The rows that a form means: of one source with one kind of fault.
struct Chosen {
    source: Source,
    kind: RejectKind,
    before: Option<i64>,
}

struct Rows {
    ids: Vec<QuarantineId>,
    /// Where the next batch begins.
    next: Option<i64>,
}

impl Chosen {
    async fn read(state: &AppState, form: &Form) -> Result<Self, WebError> {
        let source: SourceId = form.must("source", "来源")?;
        Ok(Self {
            source: state.store.source(source).await?.ok_or(WebError::NotFound)?,
            kind: form.must("kind", "问题")?,
            before: form.parsed("before", "起点")?,
        })
    }

    async fn rows(&self, state: &AppState) -> Result<Rows, WebError> {
        let filter = QuarantineFilter { source: Some(self.source.id), kind: Some(self.kind), closed: false };
        let found = state.store.quarantine(filter, Page { before: self.before, size: BATCH }).await?;
        Ok(Rows { ids: found.rows.iter().map(|row| row.id).collect(), next: found.next })
    }

    /// The page with a line that says what was done, and a button for what is left.
    async fn answer(
        &self,
        state: &AppState,
        caller: &Caller,
        text: String,
        action: &'static str,
        reason: &str,
        next: Option<i64>,
    ) -> Answer {
        let query = Query::parse(&format!("source={}&kind={}", self.source.id, self.kind.code()));
        let mut page = build(state, caller, &query).await?;
        if page.rows.is_empty() {
            // Nothing of the kind is left: the rest is shown.
            page = build(state, caller, &Query::parse("")).await?;
        }
        page.frame = page.frame.with(Some(Notice::good(text)));
        page.rest = next.map(|before| Rest {
            action,
            source_id: self.source.id.to_string(),
            kind_code: self.kind.code().to_owned(),
            reason: reason.to_owned(),
            before: before.to_string(),
        });
        html(&page)
    }
}

#[cfg(test)]
impl crate::samples::Sampled for QuarantinePage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile, moment};
        let row = |t: &str, closed: Option<String>| RowView {
            id: t.into(),
            source: t.into(),
            place: t.into(),
            kind: "时间读不懂",
            reason: Told::sample(t),
            at: moment(60),
            closed,
        };
        let page = |t: String| Self {
            frame: frame(&t),
            groups: vec![GroupView {
                source: t.clone(),
                source_id: t.clone(),
                kind: "时间读不懂",
                kind_code: "time",
                count: 3,
                href: t.clone(),
                removed: false,
            }],
            selects: vec![Select {
                name: "source", label: "来源", any: "全部", options: vec![choice(&t)]
            }],
            rows: vec![row(&t, None), row(&t, Some(t.clone()))],
            first: Some(t.clone()),
            next: Some(t.clone()),
            rest: Some(Rest {
                action: "dismiss",
                source_id: t.clone(),
                kind_code: t.clone(),
                reason: t.clone(),
                before: t,
            }),
        };
        hostile().into_iter().map(page).collect()
    }
}
