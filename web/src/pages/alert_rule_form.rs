//! An alert rule as a form and in words: what stands in the fields, what they mean, and what is wrong with them.

use qingting_models::records::{
    AlertCondition, AlertFault, Channel, GrowthCondition, IncidentCondition, Near, Urgency, WordCondition,
};

use crate::caller::Form;
use crate::error::WebError;
use crate::names::Names;

/// The most words of a list.
const MOST_WORDS: usize = 100;

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
    pub growth_items: String,
    pub growth_hours: String,
    pub repeat: String,
    pub enabled: bool,
}

/// What was typed.
pub(super) fn typed(form: &Form) -> Typed {
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
        growth_items: text("growth_items"),
        growth_hours: text("growth_hours"),
        repeat: text("repeat"),
        enabled: form.text("enabled") == "on",
    }
}

/// The form as it stands for a rule.
pub(crate) fn form_of(name: &str, version: &str, enabled: bool, condition: &AlertCondition) -> Form {
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
        ("growth_items", number(condition.growth.items_min)),
        ("growth_hours", number(i64::from(condition.growth.hours))),
        ("repeat", condition.repeat_hours.to_string()),
        ("enabled", if enabled { "on" } else { "" }.to_owned()),
    ];
    rows.extend(condition.topics.iter().map(|topic| ("topic", topic.as_str().to_owned())));
    rows.extend(condition.towns.iter().map(|town| ("town", town.as_str().to_owned())));
    rows.extend(condition.tiers.iter().map(|tier| ("tier", tier.clone())));
    rows.extend(condition.channels.iter().map(|channel| ("channel", channel.code().to_owned())));
    Form::of(&rows.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
}

/// Name and condition of a form.
///
/// # Errors
/// In words for the one who typed, naming the field.
pub(crate) fn read_rule(form: &Form, names: &Names) -> Result<(String, AlertCondition), WebError> {
    let name = form.need("name", "名称", 40)?.to_owned();
    let topics: Vec<&str> = form.all("topic").collect();
    let towns: Vec<&str> = form.all("town").collect();
    if topics.iter().any(|topic| !names.has_topic(topic)) || towns.iter().any(|town| !names.has_town(town)) {
        return Err(WebError::bad("话题或乡镇街道不在本县的表里"));
    }
    let tiers: Vec<String> = form.all("tier").map(str::to_owned).collect();
    if let Some(tier) = tiers.iter().find(|tier| !names.source_tiers.contains(tier)) {
        return Err(WebError::bad(format!("来源级别“{tier}”不在本县的表里")));
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
        tiers,
        growth: GrowthCondition {
            items_min: form.parsed("growth_items", "比往常多：至少几件")?.unwrap_or(0),
            hours: form.parsed("growth_hours", "比往常多：最近几小时")?.unwrap_or(0),
        },
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
        AlertFault::Growth { .. } => "“比往常多”的件数和小时数要一起写：3 至 10000 件，1 至 72 小时".into(),
        AlertFault::Heat(_) => "事件热度要在 0 至 1000000 之间".into(),
        AlertFault::Repeat(_) => "“几小时内不再提醒”要在 1 至 720 之间".into(),
    }
}

/// A condition in words: `有其一：堵路、罢工；关注以上；48 小时内 5 件`.
pub(crate) fn in_words(condition: &AlertCondition, names: &Names) -> String {
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
    let tiers: Vec<&str> = condition.tiers.iter().map(String::as_str).collect();
    parts.extend(
        [topics, towns, channels, tiers]
            .into_iter()
            .filter(|list| !list.is_empty())
            .map(|list| list.join("、")),
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
    let growth = condition.growth;
    if growth.items_min > 0 {
        parts.push(format!("{} 小时内 {} 件以上，且明显多于往常同一时段", growth.hours, growth.items_min));
    }
    if incident.heat_min > 0.0 {
        parts.push(format!("事件热度 {} 以上", incident.heat_min));
    }
    parts.join("；")
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
            ("tier", "甲镇"),
            ("growth_items", "4"),
            ("growth_hours", "6"),
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
        assert!(read(&[("growth_items", "5")]).unwrap_err().contains("要一起写：3 至"));
        assert!(read(&[("growth_items", "2"), ("growth_hours", "6")]).unwrap_err().contains("3 至 10000 件"));
        assert!(read(&[("tier", "央媒")]).unwrap_err().contains("央媒"));
        assert!(read(&[("topic", "money")]).unwrap_err().contains("不在本县的表里"));
        assert!(read(&[("any", "，")]).unwrap_err().contains("一个条件也没有写"));
        assert!(read(&[("any", &"词 ".repeat(101))]).unwrap_err().contains("最多 100 个"));
    }
}
