//! The audit log: who did what, by subject, person and action, and the state of the hash chain. [`words`] says its codes in
//! words, [`file`] takes its lines along.

mod file;
mod words;

use askama::Template;
use axum::extract::State;
use jiff::ToSpan;
use jiff::civil::Date;
use qingting_models::clock::{from_local, local};
use qingting_models::records::{Actor, ChainedEntry, Role, Subject};
use qingting_models::store::{AuditFilter, AuditVerdict, Page};
use qingting_respond::case_table::ActionKind;

use self::words::{ACTIONS, KINDS, action_words, detail_words};
use super::{Answer, html};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Frame;
use crate::names::Names;
use crate::people::People;
use crate::query::{Query, Select};
use crate::view::{Choice, Tag, snippet};

pub use self::file::download;

const PATH: &str = "/audit";
/// Rows of a page.
const ROWS: i64 = 50;

/// The page.
#[derive(Debug, Template)]
#[template(path = "audit.html")]
pub struct AuditPage {
    pub frame: Frame,
    pub selects: Vec<Select>,
    pub id: String,
    /// Days, `YYYY-MM-DD`; empty for no limit.
    pub from: String,
    pub to: String,
    /// The address of the same lines as a file.
    pub file: String,
    pub entries: Vec<EntryView>,
    /// What checking the whole chain found, right after it was asked for.
    pub verdict: Option<Tag>,
    pub first: Option<String>,
    pub next: Option<String>,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryView {
    pub seq: Option<i64>,
    /// To the second.
    pub at: String,
    pub who: String,
    /// In words.
    pub action: String,
    pub subject: String,
    pub subject_id: String,
    /// The number of the case, where there is one.
    pub number: Option<String>,
    /// What was given as the reason of a look behind the mask, for auditors.
    pub reason: Option<String>,
    pub detail: String,
    pub hash: Option<String>,
    pub short_hash: String,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    html(&build(&state, &caller, &query).await?)
}

/// Reads the whole chain and says whether it holds.
pub async fn verify(State(state): State<AppState>, caller: Caller) -> Answer {
    let verdict = state.store.verify_audit(&[]).await?;
    let mut page = build(&state, &caller, &Query::default()).await?;
    page.verdict = Some(verdict_tag(&verdict));
    html(&page)
}

async fn build(state: &AppState, caller: &Caller, query: &Query) -> Result<AuditPage, WebError> {
    let page = Page { before: query.parsed("after"), size: ROWS };
    let found = state.store.audit_page(&filter(query)?, page).await?;
    let people = People::load(&state.store).await?;
    Ok(AuditPage {
        frame: Frame::inside(state, caller, "审计", PATH),
        selects: selects(&people, query),
        id: query.text("id").into(),
        from: query.text("from").into(),
        to: query.text("to").into(),
        file: query.address("/audit/file", &[]),
        entries: views(state, caller, &people, &found.rows).await?,
        verdict: None,
        first: query.first(PATH),
        next: found.next.map(|cursor| query.address(PATH, &[("after", &cursor.to_string())])),
    })
}

async fn views(
    state: &AppState,
    caller: &Caller,
    people: &People,
    lines: &[ChainedEntry],
) -> Result<Vec<EntryView>, WebError> {
    let subjects: Vec<Subject> = lines.iter().map(|line| line.entry.subject).collect();
    let numbers = state.store.case_numbers_of(&subjects).await?;
    let mut views = Vec::with_capacity(lines.len());
    for line in lines {
        let number = numbers.get(&line.entry.subject).cloned();
        let stated = caller.has(Role::Auditor) && line.entry.detail.get("reason_digest").is_some();
        let reason = if stated { state.store.stated_reason(line.entry.id).await? } else { None };
        views.push(EntryView { number, reason, ..view(line, people, &state.names) });
    }
    Ok(views)
}

/// Which lines the query asks for.
///
/// # Errors
/// When a day is none.
pub(crate) fn filter(query: &Query) -> Result<AuditFilter, WebError> {
    let id = query.get("id").and_then(|id| id.parse::<qingting_models::ids::AuditId>().ok());
    let subject = match (query.text("kind"), id) {
        ("system", _) => Some(Subject::System),
        (kind, Some(id)) => Subject::from_parts(kind, id.0),
        _ => None,
    };
    // An action's name begins with the kind of its subject.
    let of_kind = || query.get("kind").filter(|_| subject.is_none()).map(|kind| format!("{kind}."));
    let action = query.get("action").map(str::to_owned).or_else(of_kind);
    let midnight = |name, after: i64| match query.get(name) {
        None => Ok(None),
        Some(text) => {
            let day: Option<Date> =
                text.parse().ok().filter(|day: &Date| (2000..=2900).contains(&day.year()));
            let day = day.ok_or_else(|| WebError::bad("日期请写成 2026-12-01 这样，2000 年以后"))?;
            let day = day.checked_add(after.days()).map_err(WebError::internal)?;
            from_local(day.at(0, 0, 0, 0)).map(Some).map_err(WebError::internal)
        }
    };
    Ok(AuditFilter {
        subject,
        actor: query.get("actor").and_then(|code| Actor::from_code(code).ok()),
        action,
        since: midnight("from", 0)?,
        before: midnight("to", 1)?,
    })
}

fn selects(people: &People, query: &Query) -> Vec<Select> {
    let (kind, actor) = (query.text("kind"), query.text("actor"));
    let fixed =
        [Actor::System, Actor::Console].map(|a| Choice::new(a.code(), people.actor(a), a.code() == actor));
    let users = people.all().into_iter().map(|(id, name)| {
        let code = id.to_string();
        let chosen = code == actor;
        Choice::new(code, name, chosen)
    });
    let asked = query.text("action");
    let action = |code: String, words: &str| {
        let chosen = code == asked;
        Choice::new(code, words, chosen)
    };
    let of_cases = ActionKind::ALL.iter().map(|k| action(format!("case.{}", k.code()), k.label()));
    let actions = ACTIONS.iter().map(|(code, words)| action((*code).to_owned(), words)).chain(of_cases);
    vec![
        Select { name: "action", label: "动作", any: "所有动作", options: actions.collect() },
        Select {
            name: "kind",
            label: "对象",
            any: "全部",
            options: KINDS.iter().map(|(c, l)| Choice::new(*c, *l, *c == kind)).collect(),
        },
        Select {
            name: "actor",
            label: "谁",
            any: "所有人",
            options: fixed.into_iter().chain(users).collect(),
        },
    ]
}

fn view(entry: &ChainedEntry, people: &People, names: &Names) -> EntryView {
    let (kind, id) = entry.entry.subject.parts();
    let word = KINDS.iter().find(|(code, _)| *code == kind).map_or(kind, |(_, word)| word);
    let detail = match &entry.entry.detail {
        serde_json::Value::Null => String::new(),
        serde_json::Value::Object(fields) if fields.is_empty() => String::new(),
        serde_json::Value::Object(fields) => snippet(&detail_words(&entry.entry.action, fields, names), 300),
        other => snippet(&other.to_string(), 300),
    };
    EntryView {
        seq: entry.seq,
        at: local(entry.entry.at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        who: people.actor(entry.entry.actor),
        action: action_words(&entry.entry.action),
        subject: word.to_owned(),
        subject_id: if id == 0 { String::new() } else { qingting_models::ids::AuditId(id).to_string() },
        number: None,
        reason: None,
        detail,
        hash: entry.hash.clone(),
        short_hash: entry.hash.as_deref().unwrap_or_default().chars().take(8).collect(),
    }
}

fn verdict_tag(verdict: &AuditVerdict) -> Tag {
    match &verdict.broken {
        None => Tag::new(
            format!(
                "审计链完整：核对了 {} 条，没有发现改动；{} 条待入链；{} 个签名链头，签到第 {} 条。",
                verdict.lines, verdict.pending, verdict.checkpoints, verdict.covered
            ),
            "notice good",
        ),
        Some((seq, _)) => Tag::new(
            format!("审计链从第 {seq} 条起对不上，可能被改动。请保留数据库并报告负责人。"),
            "notice bad",
        ),
    }
}

#[cfg(test)]
impl crate::samples::Sampled for AuditPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile};
        let entry = |t: &str, seq: Option<i64>| EntryView {
            seq,
            at: t.into(),
            who: t.into(),
            action: t.into(),
            subject: t.into(),
            subject_id: t.into(),
            number: Some(t.into()),
            reason: Some(t.into()),
            detail: t.into(),
            hash: seq.map(|_| t.to_owned()),
            short_hash: t.into(),
        };
        let page = |t: String| Self {
            frame: frame(&t),
            selects: vec![Select { name: "kind", label: "对象", any: "全部", options: vec![choice(&t)] }],
            id: t.clone(),
            from: t.clone(),
            to: t.clone(),
            file: t.clone(),
            entries: vec![entry(&t, Some(1)), entry(&t, None)],
            verdict: Some(Tag::new(&t, "notice bad")),
            first: Some(t.clone()),
            next: Some(t),
        };
        hostile().into_iter().map(page).collect()
    }
}
