//! Alerts (预警): what the rules found, who has looked, and silences.

use askama::Template;
use axum::extract::{Path, State};
use jiff::SignedDuration;
use qingting_models::ids::{AlertId, IncidentId, SilenceId};
use qingting_models::records::{Alert, Role, Silence};
use qingting_models::store::{AlertFilter, Page, StoreError};

use super::{Answer, back, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::Frame;
use crate::moment::Moment;
use crate::people::People;
use crate::query::{Query, Select};
use crate::view::{Choice, Tag, title_text, urgency_tag};

const PATH: &str = "/alerts";
/// Rows of a page.
const ROWS: i64 = 30;
/// How long a rule may be silenced, in hours, and how that is said.
pub(crate) const SILENCES: &[(i64, &str)] = &[(6, "6 小时"), (24, "1 天"), (72, "3 天"), (168, "7 天")];

/// The list.
#[derive(Debug, Template)]
#[template(path = "alerts.html")]
pub struct AlertsPage {
    pub frame: Frame,
    pub selects: Vec<Select>,
    pub alerts: Vec<AlertRow>,
    pub silences: Vec<SilenceRow>,
    pub lengths: Vec<Choice>,
    /// The caller may note that they looked, and silence.
    pub judges: bool,
    /// Rules there are; with none, nothing is ever found.
    pub rules: usize,
    /// The address of this page, to come back to.
    pub here: String,
    pub first: Option<String>,
    pub next: Option<String>,
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRow {
    pub id: String,
    pub rule: String,
    pub why: String,
    /// The item that it fired for first, and what that says.
    pub item: String,
    pub hit: String,
    pub incident: String,
    /// What its incident is called; none where that is no more than the item.
    pub title: Option<String>,
    pub urgency: Option<Tag>,
    pub confidential: bool,
    pub items: i64,
    pub first_at: Moment,
    /// When it fired last, where it fired more than once.
    pub last_at: Option<Moment>,
    pub seen: Option<SeenView>,
}

/// Who has looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenView {
    pub by: String,
    pub at: Moment,
    pub note: String,
}

/// A silence that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilenceRow {
    pub id: String,
    pub rule: String,
    /// The incident it holds for; `None` for all.
    pub incident: Option<(String, String)>,
    pub reason: String,
    pub by: String,
    pub until: Moment,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let rules = state.store.alert_rules().await?;
    let filter = filter(&query);
    let page = Page { before: query.parsed("after"), size: ROWS };
    let found = state.store.alerts(&caller.viewer, &filter, page).await?;
    let people = People::load(&state.store).await?;
    let mut alerts = Vec::with_capacity(found.rows.len());
    for alert in &found.rows {
        alerts.push(row(&state, &caller, alert, &people).await?);
    }
    let mut silences = Vec::new();
    for silence in state.store.silences().await? {
        let rule = rules.iter().find(|rule| rule.id == silence.rule).map(|rule| rule.name.clone());
        silences.extend(silence_row(&state, &caller, silence, rule.unwrap_or_default(), &people).await?);
    }
    let chosen = query.text("rule");
    let names = rules.iter().map(|rule| (rule.id.to_string(), rule.name.clone()));
    html(&AlertsPage {
        frame: Frame::inside(&state, &caller, "预警", PATH).done(query.get("done")),
        selects: vec![
            Select {
                name: "state",
                label: "状态",
                any: "",
                options: vec![
                    Choice::new("", "还没有人看过的", filter.unseen),
                    Choice::new("all", "全部", !filter.unseen),
                ],
            },
            Select {
                name: "rule",
                label: "规则",
                any: "全部规则",
                options: names.map(|(id, name)| Choice::new(&id, name, id == chosen)).collect(),
            },
        ],
        alerts,
        silences,
        lengths: SILENCES
            .iter()
            .map(|(hours, label)| Choice::new(hours.to_string(), *label, *hours == 24))
            .collect(),
        judges: caller.has_any(&[Role::Duty, Role::Discipline]),
        rules: rules.len(),
        here: query.here(PATH),
        first: query.first(PATH),
        next: found.next.map(|id| query.address(PATH, &[("after", &id.to_string())])),
    })
}

/// Which alerts the query asks for.
pub(crate) fn filter(query: &Query) -> AlertFilter {
    AlertFilter {
        unseen: query.text("state") != "all",
        rule: query.parsed("rule"),
        incident: query.parsed("incident"),
    }
}

async fn row(
    state: &AppState,
    caller: &Caller,
    alert: &Alert,
    people: &People,
) -> Result<AlertRow, WebError> {
    let now = state.store.now();
    // Where a merged incident lives on; one that turned confidential has no name for those who may not know of it.
    let incident = state.store.incident(&caller.viewer, alert.incident).await?;
    let hit = title_text(&alert.hit);
    Ok(AlertRow {
        id: alert.id.to_string(),
        rule: alert.rule_name.clone(),
        why: alert.why.clone(),
        item: alert.item.to_string(),
        incident: incident.as_ref().map_or(alert.incident, |incident| incident.id).to_string(),
        title: match incident {
            Some(incident) if incident.items == 1 && hit.starts_with(incident.title.trim()) => None,
            Some(incident) => Some(title_text(&incident.title)),
            None => Some("（已不在您的查看范围内）".into()),
        },
        hit,
        urgency: urgency_tag(alert.urgency),
        confidential: alert.confidential,
        items: alert.items,
        first_at: Moment::new(alert.first_at, now),
        last_at: (alert.last_at != alert.first_at).then(|| Moment::new(alert.last_at, now)),
        seen: alert.seen.as_ref().map(|seen| SeenView {
            by: people.actor(seen.by),
            at: Moment::new(seen.at, now),
            note: seen.note.clone(),
        }),
    })
}

/// The row of a silence; none for one of an incident that the caller may not know of.
async fn silence_row(
    state: &AppState,
    caller: &Caller,
    silence: Silence,
    rule: String,
    people: &People,
) -> Result<Option<SilenceRow>, WebError> {
    let incident = match silence.incident {
        Some(id) => match state.store.incident(&caller.viewer, id).await? {
            Some(incident) => Some((incident.id.to_string(), title_text(&incident.title))),
            None => return Ok(None),
        },
        None => None,
    };
    Ok(Some(SilenceRow {
        id: silence.id.to_string(),
        rule,
        incident,
        reason: silence.reason,
        by: people.actor(silence.by),
        until: Moment::to_come(silence.until, state.store.now()),
    }))
}

/// Notes that the caller has looked.
pub async fn see(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: AlertId = read_id(&id)?;
    let first = look(&state, &caller, id, form.text("note")).await?;
    Ok(back(form.text("back"), PATH, if first { "alert-seen" } else { "alert-seen-before" }))
}

/// Notes that the caller has looked; false when somebody was first.
///
/// # Errors
/// When the note is too long, or the alert is not there for the caller.
pub(crate) async fn look(
    state: &AppState,
    caller: &Caller,
    id: AlertId,
    note: &str,
) -> Result<bool, WebError> {
    if note.chars().count() > 200 {
        return Err(WebError::bad("备注最多 200 个字"));
    }
    match state.store.see_alert(&caller.judging_eyes(), id, note, caller.actor()).await {
        Ok(_) => Ok(true),
        // Two looked at the same moment: both know now.
        Err(StoreError::Conflict { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Silences the rule of an alert: for its incident, or for all.
pub async fn silence(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    be_silent(&state, &caller, read_id(&id)?, &form).await?;
    Ok(back(form.text("back"), PATH, "alert-silenced"))
}

/// Silences the rule of an alert as the form asks.
///
/// # Errors
/// When the time is none of those there are, the reason is missing, or the alert is not there for the caller.
pub(crate) async fn be_silent(
    state: &AppState,
    caller: &Caller,
    id: AlertId,
    form: &Form,
) -> Result<(), WebError> {
    let alert = state.store.alert(&caller.judging_eyes(), id).await?.ok_or(WebError::NotFound)?;
    let hours: i64 = form.must("hours", "静默多久")?;
    if !SILENCES.iter().any(|(known, _)| *known == hours) {
        return Err(WebError::bad("请从列出的时长中选择"));
    }
    let reason = form.need("reason", "静默的原因", 100)?;
    let incident: Option<IncidentId> = (form.text("whole") != "on").then_some(alert.incident);
    let until = state.store.now() + SignedDuration::from_hours(hours);
    state.store.silence(alert.rule, incident, until, reason, caller.actor()).await?;
    Ok(())
}

pub async fn end_silence(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let id: SilenceId = read_id(&id)?;
    state.store.end_silence(id, caller.actor()).await?;
    Ok(back("", PATH, "silence-ended"))
}

#[cfg(test)]
impl crate::samples::Sampled for AlertsPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment};
        let page = |t: String| {
            let row = AlertRow {
                id: t.clone(),
                rule: t.clone(),
                why: t.clone(),
                item: t.clone(),
                hit: t.clone(),
                incident: t.clone(),
                title: Some(t.clone()),
                urgency: urgency_tag(qingting_models::records::Urgency::Urgent),
                confidential: true,
                items: 3,
                first_at: moment(9_000),
                last_at: Some(moment(60)),
                seen: None,
            };
            let seen = Some(SeenView { by: t.clone(), at: moment(5), note: t.clone() });
            Self {
                frame: frame(&t),
                selects: vec![],
                alerts: vec![row.clone(), AlertRow { id: format!("b{t}"), seen, ..row }],
                silences: vec![SilenceRow {
                    id: t.clone(),
                    rule: t.clone(),
                    incident: Some((t.clone(), t.clone())),
                    reason: t.clone(),
                    by: t.clone(),
                    until: moment(-60),
                }],
                lengths: vec![Choice::new("24", t.clone(), true)],
                judges: true,
                rules: 1,
                here: t.clone(),
                first: Some(t.clone()),
                next: Some(t),
            }
        };
        let empty = |t: String| Self { alerts: vec![], silences: vec![], rules: 0, judges: false, ..page(t) };
        hostile().into_iter().flat_map(|t| [page(t.clone()), empty(t)]).collect()
    }
}
