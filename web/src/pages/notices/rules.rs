//! The rules that say who is told of what and by which ways: the list, and the form of one.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use qingting_models::ids::NoticeRuleId;
use qingting_models::records::{NoticeChannel, NoticeKind, NoticePlan, NoticeRule, Role, Urgency, User};
use qingting_models::store::StoreError;

use super::super::{Answer, back, html, read_id};
use super::rule_form::{Typed, events_in_words, form_of, read_rule, receivers_in_words, typed};
use super::tabs;
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, NavLink, Notice};
use crate::moment::Moment;
use crate::people::People;
use crate::query::Query;
use crate::view::Choice;

const PATH: &str = "/notices/rules";

/// The list.
#[derive(Debug, Template)]
#[template(path = "notice_rules.html")]
pub struct NoticeRulesPage {
    pub frame: Frame,
    pub tabs: Vec<NavLink>,
    pub rules: Vec<RuleRow>,
    /// Office hours after which a case that nobody acts on is put before the leaders.
    pub escalation: u32,
}

/// A rule in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRow {
    pub id: String,
    pub name: String,
    pub events: String,
    pub receivers: String,
    pub channels: String,
    pub enabled: bool,
    pub changed_at: Moment,
    pub changed_by: String,
}

/// The form of one rule.
#[derive(Debug, Template)]
#[template(path = "notice_rule.html")]
pub struct NoticeRulePage {
    pub frame: Frame,
    /// `None` for a rule that is new.
    pub id: Option<String>,
    pub typed: Typed,
    pub events: Vec<Choice>,
    pub urgencies: Vec<Choice>,
    pub roles: Vec<Choice>,
    pub lead: Vec<Choice>,
    pub helpers: Vec<Choice>,
    pub users: Vec<Choice>,
    pub users_open: bool,
    pub channels: Vec<Choice>,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let people = People::load(&state.store).await?;
    let channels = state.store.notice_channels().await?;
    let now = state.store.now();
    let row = |rule: NoticeRule| {
        let named = channels.iter().filter(|channel| rule.plan.channels.contains(&channel.id));
        RuleRow {
            id: rule.id.to_string(),
            events: events_in_words(&rule.plan),
            receivers: receivers_in_words(&rule.plan, |user| people.name(user)),
            channels: named.map(|channel| channel.name.as_str()).collect::<Vec<_>>().join("、"),
            name: rule.name,
            enabled: rule.enabled,
            changed_at: Moment::new(rule.changed_at, now),
            changed_by: people.actor(rule.changed_by),
        }
    };
    let rules = state.store.notice_rules().await?.into_iter().map(row).collect();
    html(&NoticeRulesPage {
        frame: Frame::inside(&state, &caller, "通知规则", PATH).done(query.get("done")),
        tabs: tabs(&caller, PATH),
        rules,
        escalation: state.desk.county().notices.escalation.after_working_hours,
    })
}

/// Gives an office without rules those of the county's file.
pub async fn first(State(state): State<AppState>, caller: Caller) -> Answer {
    state.desk.add_first_notice_rules(caller.actor()).await?;
    Ok(back("", PATH, "notice-rule-added"))
}

pub async fn new(State(state): State<AppState>, caller: Caller) -> Answer {
    let form = form_of("", "0", true, &NoticePlan::default());
    let (users, channels) = choices(&state).await?;
    html(&page(&state, &caller, None, &form, &users, &channels))
}

pub async fn edit(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let rule = state.store.notice_rule(read_id(&id)?).await?.ok_or(WebError::NotFound)?;
    let form = form_of(&rule.name, &rule.version.to_string(), rule.enabled, &rule.plan);
    let (users, channels) = choices(&state).await?;
    html(&page(&state, &caller, Some(rule.id), &form, &users, &channels))
}

pub async fn add(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    submit(&state, &caller, None, &form).await
}

pub async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    submit(&state, &caller, Some(read_id(&id)?), &form).await
}

/// Whom and what a rule can name.
///
/// # Errors
/// When the store fails.
pub(crate) async fn choices(state: &AppState) -> Result<(Vec<User>, Vec<NoticeChannel>), WebError> {
    Ok((state.store.users().await?, state.store.notice_channels().await?))
}

async fn submit(state: &AppState, caller: &Caller, id: Option<NoticeRuleId>, form: &Form) -> Answer {
    let (users, channels) = choices(state).await?;
    match save(state, caller, id, form, &users, &channels).await {
        Ok(()) => {
            let done = if id.is_some() { "rule-changed" } else { "notice-rule-added" };
            Ok(back("", PATH, done))
        }
        Err(WebError::Bad(why) | WebError::Conflict(why)) => {
            let mut shown = page(state, caller, id, form, &users, &channels);
            shown.frame = shown.frame.with(Some(Notice::bad(why)));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&shown)?).into_response())
        }
        Err(error) => Err(error),
    }
}

/// Saves the rule of a form; one that there is has to be at the version that the form names.
///
/// # Errors
/// [`WebError::Bad`] that says what is wrong, [`WebError::Conflict`] when somebody else was faster.
pub(crate) async fn save(
    state: &AppState,
    caller: &Caller,
    id: Option<NoticeRuleId>,
    form: &Form,
    users: &[User],
    channels: &[NoticeChannel],
) -> Result<(), WebError> {
    let users: Vec<_> = users.iter().map(|user| user.id).collect();
    let channels: Vec<_> = channels.iter().map(|channel| channel.id).collect();
    let (name, plan) = read_rule(form, &users, &channels)?;
    let (enabled, by) = (form.text("enabled") == "on", caller.actor());
    let saved = match id {
        None => state.store.add_notice_rules(&[(&name, enabled, &plan)], by).await.map(drop),
        Some(id) => {
            let seen = form.must("version", "版本")?;
            state.store.change_notice_rule(id, seen, &name, enabled, &plan, by).await.map(drop)
        }
    };
    match saved {
        Ok(()) => Ok(()),
        Err(StoreError::Taken { value, .. }) => {
            Err(WebError::bad(format!("已有名为“{value}”的规则，请换一个名称")))
        }
        Err(StoreError::Conflict { .. }) => {
            Err(WebError::Conflict("这条规则刚刚被别人改过；请从规则列表重新打开，再做修改".into()))
        }
        Err(error) => Err(error.into()),
    }
}

fn page(
    state: &AppState,
    caller: &Caller,
    id: Option<NoticeRuleId>,
    form: &Form,
    users: &[User],
    channels: &[NoticeChannel],
) -> NoticeRulePage {
    let ticked = |name: &'static str, value: &str| form.all(name).any(|chosen| chosen == value);
    let role =
        |field: &'static str, role: &Role| Choice::new(role.code(), role.label(), ticked(field, role.code()));
    let of_department = |field: &'static str| -> Vec<Choice> {
        Role::ALL.iter().filter(|r| r.needs_department()).map(|r| role(field, r)).collect()
    };
    let person = |user: &User| {
        let id = user.id.to_string();
        let department = user.department.as_ref().map(|code| state.names.department(code.as_str()));
        let label = department.map_or_else(|| user.name.clone(), |name| format!("{}（{name}）", user.name));
        Choice::new(&id, label, ticked("user", &id))
    };
    let users: Vec<Choice> = users.iter().filter(|user| !user.disabled).map(person).collect();
    let title = if id.is_some() { "通知规则" } else { "新建通知规则" };
    NoticeRulePage {
        frame: Frame::inside(state, caller, title, PATH),
        id: id.map(|id| id.to_string()),
        typed: typed(form),
        events: NoticeKind::ALL
            .iter()
            .map(|kind| Choice::new(kind.code(), kind.label(), ticked("event", kind.code())))
            .collect(),
        urgencies: [Urgency::Ordinary, Urgency::Watch, Urgency::Urgent]
            .map(|level| {
                let value = u8::from(level).to_string();
                let label = if level == Urgency::Ordinary { "不限" } else { level.label() };
                let chosen = value == form.text("urgency");
                Choice::new(value, label, chosen)
            })
            .to_vec(),
        roles: Role::ALL.iter().map(|r| role("role", r)).collect(),
        lead: of_department("lead"),
        helpers: of_department("helper"),
        users_open: users.iter().any(|user| user.chosen),
        users,
        channels: channels
            .iter()
            .map(|channel| {
                let id = channel.id.to_string();
                let label = format!("{}（{}）", channel.name, channel.settings.way.label());
                Choice::new(&id, label, ticked("channel", &id))
            })
            .collect(),
    }
}

#[cfg(test)]
impl crate::samples::Sampled for NoticeRulesPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment};
        let rule = |t: &str, enabled: bool| RuleRow {
            id: t.into(),
            name: t.into(),
            events: t.into(),
            receivers: t.into(),
            channels: if enabled { t.into() } else { String::new() },
            enabled,
            changed_at: moment(60),
            changed_by: t.into(),
        };
        let page = |t: String| Self {
            frame: frame(&t),
            tabs: vec![],
            rules: vec![rule(&t, true), rule(&t, false)],
            escalation: 4,
        };
        let empty = |t: String| Self { frame: frame(&t), tabs: vec![], rules: vec![], escalation: 4 };
        hostile().into_iter().flat_map(|t| [page(t.clone()), empty(t)]).collect()
    }
}

#[cfg(test)]
impl crate::samples::Sampled for NoticeRulePage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile};
        let page = |t: String| Self {
            frame: frame(&t),
            id: Some(t.clone()),
            typed: Typed {
                version: t.clone(),
                name: t.clone(),
                from: t.clone(),
                to: t.clone(),
                wait: t.clone(),
                repeat: t.clone(),
                workdays: true,
                urgent_always: true,
                on_duty: true,
                inhibit: true,
                enabled: true,
            },
            events: vec![choice(&t)],
            urgencies: vec![choice(&t)],
            roles: vec![choice(&t)],
            lead: vec![choice(&t)],
            helpers: vec![choice(&t)],
            users: vec![choice(&t)],
            users_open: true,
            channels: vec![choice(&t)],
        };
        let new = |t: String| Self { id: None, typed: Typed::default(), channels: vec![], ..page(t) };
        hostile().into_iter().flat_map(|t| [page(t.clone()), new(t)]).collect()
    }
}
