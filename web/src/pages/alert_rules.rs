//! The rules that raise alerts: the list, and a form that tries a rule on the last days before it is saved.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use qingting_models::ids::AlertRuleId;
use qingting_models::records::{
    AlertCondition, AlertFault, AlertRule, Channel, IncidentCondition, Near, Urgency, Viewer, WordCondition,
};
use qingting_models::store::StoreError;
use qingting_respond::alerts::{TRIAL_DAYS, Trial};

use super::{Answer, back, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::moment::Moment;
use crate::names::Names;
use crate::people::People;
use crate::query::Query;
use crate::view::{Choice, title_text};

const PATH: &str = "/alerts/rules";
/// The most words of a list.
const MOST_WORDS: usize = 100;

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
    pub urgencies: Vec<Choice>,
    pub days: i64,
    pub trial: Option<TrialView>,
    /// The rule is saved only after one more tick.
    pub must_confirm: bool,
}

/// What stands in the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    pub version: String,
    pub name: String,
    pub all: String,
    pub any: String,
    pub none: String,
    pub near: String,
    pub items: String,
    pub hours: String,
    pub heat: String,
    pub repeat: String,
    pub enabled: bool,
}

/// What a rule would have caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialView {
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
    let trial = state.desk.try_alert_rule(&condition, &Viewer::OPEN).await?;
    let warning = warning(&trial);
    let enabled = form.text("enabled") == "on";
    let sure = warning.is_none() || !enabled || form.text("anyway") == "on";
    if form.text("do") == "save" && sure {
        return match save(state, caller, id, form, &name, enabled, &condition).await {
            Ok(()) => Ok(back("", PATH, if id.is_some() { "rule-changed" } else { "rule-added" })),
            Err(WebError::Bad(why)) => refused(shown, why),
            Err(error) => Err(error),
        };
    }
    let own = state.desk.try_alert_rule(&condition, &caller.viewer).await?;
    let now = state.store.now();
    let example = |(item, why): (qingting_models::records::Item, String)| Example {
        id: item.id.to_string(),
        title: title_text(&item.content.title),
        why,
        at: Moment::new(item.first_seen_at, now),
    };
    shown.must_confirm = warning.is_some() && enabled;
    shown.trial = Some(TrialView {
        items: trial.items,
        caught: trial.caught,
        alerts: trial.alerts,
        warning,
        examples: own.examples.into_iter().map(example).collect(),
    });
    html(&shown)
}

fn refused(mut shown: AlertRulePage, why: String) -> Answer {
    shown.frame = shown.frame.with(Some(Notice::bad(why)));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&shown)?).into_response())
}

async fn save(
    state: &AppState,
    caller: &Caller,
    id: Option<AlertRuleId>,
    form: &Form,
    name: &str,
    enabled: bool,
    condition: &AlertCondition,
) -> Result<(), WebError> {
    let by = caller.actor();
    let saved = match id {
        None => state.store.add_alert_rule(name, condition, by).await,
        Some(id) => {
            let seen = form.must("version", "版本")?;
            state.store.change_alert_rule(id, seen, name, enabled, condition, by).await
        }
    };
    match saved {
        Ok(_) => Ok(()),
        Err(StoreError::Taken { value, .. }) => {
            Err(WebError::bad(format!("已有名为“{value}”的规则，请换一个名称")))
        }
        Err(StoreError::Conflict { .. }) => {
            Err(WebError::bad("这条规则刚刚被别人改过；请从规则列表重新打开，再做修改"))
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

fn typed(form: &Form) -> Typed {
    let text = |name: &str| form.text(name).to_owned();
    Typed {
        version: text("version"),
        name: text("name"),
        all: text("all"),
        any: text("any"),
        none: text("none"),
        near: text("near"),
        items: text("items"),
        hours: text("hours"),
        heat: text("heat"),
        repeat: text("repeat"),
        enabled: form.text("enabled") == "on",
    }
}

/// The form as it stands for a rule.
fn form_of(name: &str, version: &str, enabled: bool, condition: &AlertCondition) -> Form {
    let words = &condition.words;
    let near: Vec<String> =
        words.near.iter().map(|near| format!("{} {} {}", near.one, near.other, near.within)).collect();
    let incident = condition.incident;
    let number = |n: i64| if n == 0 { String::new() } else { n.to_string() };
    let mut rows: Vec<(&str, String)> = vec![
        ("name", name.to_owned()),
        ("version", version.to_owned()),
        ("all", words.all.join("，")),
        ("any", words.any.join("，")),
        ("none", words.none.join("，")),
        ("near", near.join("\n")),
        ("urgency", u8::from(condition.urgency_min).to_string()),
        ("items", number(incident.items_min)),
        ("hours", number(i64::from(incident.within_hours))),
        ("heat", if incident.heat_min == 0.0 { String::new() } else { incident.heat_min.to_string() }),
        ("repeat", condition.repeat_hours.to_string()),
        ("enabled", if enabled { "on" } else { "" }.to_owned()),
    ];
    rows.extend(condition.topics.iter().map(|topic| ("topic", topic.as_str().to_owned())));
    rows.extend(condition.towns.iter().map(|town| ("town", town.as_str().to_owned())));
    rows.extend(condition.channels.iter().map(|channel| ("channel", channel.code().to_owned())));
    Form::of(&rows.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
}

/// Name and condition of a form.
///
/// # Errors
/// In words for the one who typed, naming the field.
fn read_rule(form: &Form, names: &Names) -> Result<(String, AlertCondition), WebError> {
    let name = form.need("name", "名称", 40)?.to_owned();
    let topics: Vec<&str> = form.all("topic").collect();
    let towns: Vec<&str> = form.all("town").collect();
    if topics.iter().any(|topic| !names.has_topic(topic)) || towns.iter().any(|town| !names.has_town(town)) {
        return Err(WebError::bad("话题或乡镇街道不在本县的表里"));
    }
    let channel = |code| Channel::from_code(code).ok_or_else(|| WebError::bad("没有这个渠道"));
    let urgency: Option<u8> = form.parsed("urgency", "紧急程度")?;
    let condition = AlertCondition {
        words: WordCondition {
            all: words(form.text("all"), "全都有的词")?,
            any: words(form.text("any"), "有一个就行的词")?,
            none: words(form.text("none"), "不能有的词")?,
            near: form
                .text("near")
                .lines()
                .filter(|line| !line.trim().is_empty())
                .map(near)
                .collect::<Result<_, _>>()?,
        },
        topics: topics.into_iter().map(Into::into).collect(),
        towns: towns.into_iter().map(Into::into).collect(),
        channels: form.all("channel").map(channel).collect::<Result<_, _>>()?,
        urgency_min: Urgency::try_from(urgency.unwrap_or(0))
            .map_err(|_| WebError::bad("没有这个紧急程度"))?,
        incident: IncidentCondition {
            items_min: form.parsed("items", "同一事件至少几件")?.unwrap_or(0),
            within_hours: form.parsed("hours", "在几小时之内")?.unwrap_or(0),
            heat_min: form.parsed("heat", "事件热度至少")?.unwrap_or(0.0),
        },
        repeat_hours: form.must("repeat", "几小时内不再提醒")?,
    };
    condition.check().map_err(|fault| WebError::bad(said(&fault)))?;
    Ok((name, condition))
}

fn words(text: &str, label: &str) -> Result<Vec<String>, WebError> {
    let apart = |c: char| c.is_whitespace() || matches!(c, '，' | ',' | '、' | '；' | ';');
    let words: Vec<String> = text.split(apart).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    if words.len() > MOST_WORDS {
        return Err(WebError::bad(format!("“{label}”最多 {MOST_WORDS} 个，现有 {} 个", words.len())));
    }
    Ok(words)
}

/// `呕吐 食堂 20`.
fn near(line: &str) -> Result<Near, WebError> {
    let parts: Vec<&str> = line.split_whitespace().collect();
    let read = match parts.as_slice() {
        [one, other, within] => {
            within.parse().ok().map(|within| Near { one: (*one).into(), other: (*other).into(), within })
        }
        _ => None,
    };
    read.ok_or_else(|| {
        let short: String = line.trim().chars().take(30).collect();
        WebError::bad(format!("“相隔不远的两个词”里的“{short}”看不懂；请写成：呕吐 食堂 20"))
    })
}

fn said(fault: &AlertFault) -> String {
    match fault {
        AlertFault::AsksNothing => "一个条件也没有写，会对每条信息都提醒；请至少写一个条件".into(),
        AlertFault::Word(word) => format!("词语“{word}”里没有字，或者超过 40 个字"),
        AlertFault::Within(within) => format!("两个词最多相隔 200 个字，现在写的是 {within}"),
        AlertFault::Incident { .. } => "同一事件的件数和小时数要一起写：2 至 10000 件，1 至 720 小时".into(),
        AlertFault::Heat(_) => "事件热度要在 0 至 1000000 之间".into(),
        AlertFault::Repeat(_) => "“几小时内不再提醒”要在 1 至 720 之间".into(),
    }
}

/// A condition in words: `有其一：堵路、罢工；关注以上；48 小时内 5 件`.
fn in_words(condition: &AlertCondition, names: &Names) -> String {
    let words = &condition.words;
    let mut parts = Vec::new();
    for (label, list) in [("都有", &words.all), ("有其一", &words.any), ("没有", &words.none)] {
        if !list.is_empty() {
            parts.push(format!("{label}：{}", list.join("、")));
        }
    }
    parts.extend(
        words.near.iter().map(|near| format!("{}、{}相隔 {} 字以内", near.one, near.other, near.within)),
    );
    let topics: Vec<&str> = condition.topics.iter().map(|topic| names.topic(topic.as_str())).collect();
    let towns: Vec<&str> = condition.towns.iter().map(|town| town.as_str()).collect();
    let channels: Vec<&str> = condition.channels.iter().map(|channel| channel.label()).collect();
    parts.extend(
        [topics, towns, channels].into_iter().filter(|list| !list.is_empty()).map(|list| list.join("、")),
    );
    match condition.urgency_min {
        Urgency::Ordinary => {}
        Urgency::Watch => parts.push(format!("{}以上", Urgency::Watch.label())),
        Urgency::Urgent => parts.push(Urgency::Urgent.label().to_owned()),
    }
    let incident = condition.incident;
    if incident.items_min > 0 {
        parts.push(format!("同一事件 {} 小时内 {} 件", incident.within_hours, incident.items_min));
    }
    if incident.heat_min > 0.0 {
        parts.push(format!("事件热度 {} 以上", incident.heat_min));
    }
    parts.join("；")
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
                    repeat: t.clone(),
                    enabled: true,
                },
                topics: choice(),
                towns: choice(),
                towns_open: true,
                channels: choice(),
                urgencies: choice(),
                days: TRIAL_DAYS,
                trial: Some(TrialView {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::names;

    fn read(rows: &[(&str, &str)]) -> Result<(String, AlertCondition), String> {
        let mut all = vec![("name", "规则"), ("repeat", "24")];
        all.extend(rows);
        read_rule(&Form::of(&all), &names("甲镇")).map_err(|error| match error {
            WebError::Bad(why) => why,
            other => format!("{other:?}"),
        })
    }

    #[test]
    fn a_form_becomes_a_rule_and_a_rule_the_same_form() {
        let rows = [
            ("any", "堵路，罢工 停运\n聚集、拉横幅"),
            ("near", "呕吐 食堂 20"),
            ("topic", "wages"),
            ("town", "甲镇"),
            ("channel", "hotline"),
            ("urgency", "2"),
            ("items", "5"),
            ("hours", "48"),
            ("heat", "7.5"),
        ];
        let (name, condition) = read(&rows).unwrap();
        assert_eq!(condition.words.any, ["堵路", "罢工", "停运", "聚集", "拉横幅"]);
        assert_eq!(condition.words.near[0].within, 20);
        let again = form_of(&name, "1", true, &condition);
        assert_eq!(read_rule(&again, &names("甲镇")).unwrap(), (name, condition));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert!(read(&[]).unwrap_err().contains("一个条件也没有写"));
        assert!(read(&[("near", "呕吐 食堂")]).unwrap_err().contains("呕吐 食堂"));
        assert!(read(&[("items", "五")]).unwrap_err().contains("同一事件至少几件"));
        assert!(read(&[("items", "5")]).unwrap_err().contains("一起写"));
        assert!(read(&[("topic", "money")]).unwrap_err().contains("不在本县的表里"));
        assert!(read(&[("any", "，")]).unwrap_err().contains("一个条件也没有写"));
        assert!(read(&[("any", &"词 ".repeat(101))]).unwrap_err().contains("最多 100 个"));
    }
}
