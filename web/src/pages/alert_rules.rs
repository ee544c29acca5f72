//! The rules that raise alerts: the list, and a form that tries a rule on the last days before it is saved.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use qingting_models::ids::AlertRuleId;
use qingting_models::records::{AlertCondition, AlertRule, Channel, Item, Urgency, Viewer};
use qingting_models::store::StoreError;
use qingting_respond::alerts::{TRIAL_DAYS, Trial};

use super::alert_rule_form::{Typed, form_of, in_words, read_rule, typed};
use super::{Answer, back, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::moment::Moment;
use crate::people::People;
use crate::query::Query;
use crate::view::{Choice, title_text};

const PATH: &str = "/alerts/rules";

/// The list.
#[derive(Debug, Template)]
#[template(path = "alert_rules.html")]
pub struct AlertRulesPage {
    pub frame: Frame,
    pub rules: Vec<RuleRow>,
}

/// A rule in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRow {
    pub id: String,
    pub name: String,
    /// In words.
    pub condition: String,
    pub enabled: bool,
    pub changed_at: Moment,
    pub changed_by: String,
}

/// The form of one rule.
#[derive(Debug, Template)]
#[template(path = "alert_rule.html")]
pub struct AlertRulePage {
    pub frame: Frame,
    /// `None` for a rule that is new.
    pub id: Option<String>,
    pub typed: Typed,
    pub topics: Vec<Choice>,
    pub towns: Vec<Choice>,
    pub towns_open: bool,
    pub channels: Vec<Choice>,
    pub tiers: Vec<Choice>,
    pub tiers_open: bool,
    pub urgencies: Vec<Choice>,
    pub days: i64,
    pub trial: Option<TrialView>,
    /// The rule is saved only after one more tick.
    pub must_confirm: bool,
}

/// What a rule would have caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialView {
    /// When the first item came that was looked at.
    pub since: Option<Moment>,
    pub items: usize,
    pub caught: usize,
    pub alerts: usize,
    pub warning: Option<String>,
    pub examples: Vec<Example>,
}

/// An item that was caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    pub id: String,
    pub title: String,
    pub why: String,
    pub at: Moment,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let people = People::load(&state.store).await?;
    let now = state.store.now();
    let row = |rule: AlertRule| RuleRow {
        id: rule.id.to_string(),
        condition: in_words(&rule.condition, &state.names),
        name: rule.name,
        enabled: rule.enabled,
        changed_at: Moment::new(rule.changed_at, now),
        changed_by: people.actor(rule.changed_by),
    };
    let rules = state.store.alert_rules().await?.into_iter().map(row).collect();
    let frame = Frame::inside(&state, &caller, "预警规则", PATH).done(query.get("done"));
    html(&AlertRulesPage { frame, rules })
}

/// Gives an office without rules those of the county's file.
pub async fn first(State(state): State<AppState>, caller: Caller) -> Answer {
    state.desk.add_first_alert_rules(caller.actor()).await?;
    Ok(back("", PATH, "rule-added"))
}

pub async fn new(State(state): State<AppState>, caller: Caller) -> Answer {
    let form = form_of("", "0", true, &AlertCondition::default());
    html(&page(&state, &caller, None, &form))
}

pub async fn edit(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let rule = state.store.alert_rule(read_id(&id)?).await?.ok_or(WebError::NotFound)?;
    let form = form_of(&rule.name, &rule.version.to_string(), rule.enabled, &rule.condition);
    html(&page(&state, &caller, Some(rule.id), &form))
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

/// Tries the rule that was typed, and saves it when that was asked and nothing speaks against it.
async fn submit(state: &AppState, caller: &Caller, id: Option<AlertRuleId>, form: &Form) -> Answer {
    let mut shown = page(state, caller, id, form);
    let read = read_rule(form, &state.names);
    let (name, condition) = match read {
        Ok(read) => read,
        Err(WebError::Bad(why)) => return refused(shown, why),
        Err(error) => return Err(error),
    };
    let Tried { trial, warning } = try_rule(state, &condition).await?;
    let enabled = form.text("enabled") == "on";
    let sure = warning.is_none() || !enabled || form.text("anyway") == "on";
    if form.text("do") == "save" && sure {
        return match save(state, caller, id, form, &name, enabled, &condition).await {
            Ok(_) => Ok(back("", PATH, if id.is_some() { "rule-changed" } else { "rule-added" })),
            Err(WebError::Bad(why) | WebError::Conflict(why)) => refused(shown, why),
            Err(error) => Err(error),
        };
    }
    let now = state.store.now();
    let since = trial.since.map(|since| Moment::new(since, now));
    let (items, caught, alerts) = (trial.items, trial.caught, trial.alerts);
    let examples = examples(state, caller, &condition, trial).await?;
    let example = |(item, why): (Item, String)| Example {
        id: item.id.to_string(),
        title: title_text(&item.content.title),
        why,
        at: Moment::new(item.first_seen_at, now),
    };
    shown.must_confirm = warning.is_some() && enabled;
    shown.trial = Some(TrialView {
        since,
        items,
        caught,
        alerts,
        warning,
        examples: examples.into_iter().map(example).collect(),
    });
    html(&shown)
}

/// A rule on the items of the last days that are not confidential, and what the one who saves it should know.
pub(crate) struct Tried {
    pub trial: Trial,
    pub warning: Option<String>,
}

/// Tries a rule.
///
/// # Errors
/// When the store fails.
pub(crate) async fn try_rule(state: &AppState, condition: &AlertCondition) -> Result<Tried, WebError> {
    let trial = state.desk.try_alert_rule(condition, &Viewer::OPEN).await?;
    Ok(Tried { warning: warning(&trial), trial })
}

/// The latest items that a trial caught, as far as the caller may see them, each with what was found in it.
///
/// # Errors
/// When the store fails.
pub(crate) async fn examples(
    state: &AppState,
    caller: &Caller,
    condition: &AlertCondition,
    trial: Trial,
) -> Result<Vec<(Item, String)>, WebError> {
    match caller.viewer == Viewer::OPEN {
        true => Ok(trial.examples),
        false => Ok(state.desk.try_alert_rule(condition, &caller.viewer).await?.examples),
    }
}

fn refused(mut shown: AlertRulePage, why: String) -> Answer {
    shown.frame = shown.frame.with(Some(Notice::bad(why)));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&shown)?).into_response())
}

/// Saves a rule; one that there is has to be at the version that the form names.
///
/// # Errors
/// [`WebError::Bad`] when there is one of that name, [`WebError::Conflict`] when somebody else was faster.
pub(crate) async fn save(
    state: &AppState,
    caller: &Caller,
    id: Option<AlertRuleId>,
    form: &Form,
    name: &str,
    enabled: bool,
    condition: &AlertCondition,
) -> Result<AlertRuleId, WebError> {
    let by = caller.actor();
    let saved = match id {
        None => state
            .store
            .add_alert_rules(&[(name, enabled, condition)], by)
            .await
            .and_then(|added| added.first().copied().ok_or(StoreError::NotFound("alert rule"))),
        Some(id) => {
            let seen = form.must("version", "版本")?;
            state.store.change_alert_rule(id, seen, name, enabled, condition, by).await.map(|_| id)
        }
    };
    match saved {
        Ok(id) => Ok(id),
        Err(StoreError::Taken { value, .. }) => {
            Err(WebError::bad(format!("已有名为“{value}”的规则，请换一个名称")))
        }
        Err(StoreError::Conflict { .. }) => {
            Err(WebError::Conflict("这条规则刚刚被别人改过；请从规则列表重新打开，再做修改".into()))
        }
        Err(error) => Err(error.into()),
    }
}

/// What the one who saves should know.
fn warning(trial: &Trial) -> Option<String> {
    if trial.items > 0 && trial.caught == 0 {
        return Some("最近这些天一条也没有命中：请检查词语和条件是否写得太严。".into());
    }
    trial.catches_nearly_all().then(|| {
        format!(
            "命中了 {} 条里的 {} 条，几乎什么都会提醒，没有人会看：请加上条件。",
            trial.items, trial.caught
        )
    })
}

fn page(state: &AppState, caller: &Caller, id: Option<AlertRuleId>, form: &Form) -> AlertRulePage {
    let ticked = |name: &'static str, value: &str| form.all(name).any(|chosen| chosen == value);
    let names = &state.names;
    let urgency = form.text("urgency").to_owned();
    let towns: Vec<Choice> =
        names.towns.iter().map(|town| Choice::new(town, town, ticked("town", town))).collect();
    let tiers: Vec<Choice> =
        names.source_tiers.iter().map(|tier| Choice::new(tier, tier, ticked("tier", tier))).collect();
    let title = if id.is_some() { "预警规则" } else { "新建预警规则" };
    AlertRulePage {
        frame: Frame::inside(state, caller, title, PATH),
        id: id.map(|id| id.to_string()),
        typed: typed(form),
        topics: names
            .topics
            .iter()
            .map(|(code, name)| Choice::new(code, name, ticked("topic", code)))
            .collect(),
        towns_open: towns.iter().any(|town| town.chosen),
        towns,
        channels: Channel::ALL
            .iter()
            .map(|channel| Choice::new(channel.code(), channel.label(), ticked("channel", channel.code())))
            .collect(),
        tiers_open: tiers.iter().any(|tier| tier.chosen),
        tiers,
        urgencies: [Urgency::Ordinary, Urgency::Watch, Urgency::Urgent]
            .map(|level| {
                let value = u8::from(level).to_string();
                let label = if level == Urgency::Ordinary { "不限" } else { level.label() };
                let chosen = value == urgency;
                Choice::new(value, label, chosen)
            })
            .to_vec(),
        days: TRIAL_DAYS,
        trial: None,
        must_confirm: false,
    }
}

#[cfg(test)]
impl crate::samples::Sampled for AlertRulesPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment};
        let page = |t: String| Self {
            frame: frame(&t),
            rules: vec![RuleRow {
                id: t.clone(),
                name: t.clone(),
                condition: t.clone(),
                enabled: true,
                changed_at: moment(60),
                changed_by: t,
            }],
        };
        let empty = |t: String| Self { frame: frame(&t), rules: vec![] };
        hostile().into_iter().flat_map(|t| [page(t.clone()), empty(t)]).collect()
    }
}

#[cfg(test)]
impl crate::samples::Sampled for AlertRulePage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment};
        let page = |t: String| {
            let choice = || vec![Choice::new(t.clone(), t.clone(), true)];
            let example = Example { id: t.clone(), title: t.clone(), why: t.clone(), at: moment(60) };
            Self {
                frame: frame(&t),
                id: Some(t.clone()),
                typed: Typed {
                    version: t.clone(),
                    name: t.clone(),
                    all: t.clone(),
                    any: t.clone(),
                    none: t.clone(),
                    near: t.clone(),
                    items: t.clone(),
                    hours: t.clone(),
                    heat: t.clone(),
                    growth_items: t.clone(),
                    growth_hours: t.clone(),
                    repeat: t.clone(),
                    enabled: true,
                },
                topics: choice(),
                towns: choice(),
                towns_open: true,
                channels: choice(),
                tiers: choice(),
                tiers_open: true,
                urgencies: choice(),
                days: TRIAL_DAYS,
                trial: Some(TrialView {
                    since: Some(moment(9_000)),
                    items: 9,
                    caught: 0,
                    alerts: 0,
                    warning: Some(t.clone()),
                    examples: vec![example],
                }),
                must_confirm: true,
            }
        };
        let new = |t: String| Self { id: None, trial: None, must_confirm: false, ..page(t) };
        hostile().into_iter().flat_map(|t| [page(t.clone()), new(t)]).collect()
    }
}
