//! Which department a matter goes to: the county's routing table, and the model's proposal where it is silent.

mod record;
mod trial;

use jiff::civil::Date;
use qingting_models::county::{County, Department, DepartmentCode, RouteQuery};
use qingting_models::records::{Channel, Item, Kind, Mode, Source};
use qingting_models::text::normalise;

pub use record::Sent;
pub use trial::{Moved, ROUTING_TRIAL_DAYS, RoutingTrial};

/// How many departments are proposed at most.
const PROPOSALS: usize = 3;

/// A department with the reason why, in words for the duty officer.
pub type Reasoned = (DepartmentCode, String);

/// Where an item should go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// The department that a row of the routing table names.
    pub by_rule: Option<Reasoned>,
    /// Departments to choose from, likeliest first, the rule's before the model's; at most three.
    pub proposal: Vec<Reasoned>,
    /// The first proposal is where people sent matters of its kind lately.
    pub learned: bool,
}

/// The kind of office of what belongs to none of the others.
const ANY: &str = "其他";
/// A kind of office that the model holds for less likely is not proposed.
const LEAST: f32 = 0.05;

/// Routes a judged item: its first topic, town, kind and words through the table as it stands on the day
/// `on`; `offices` are the model's kinds of office with their probabilities, most certain first (the item's
/// own when empty).
pub fn route(item: &Item, offices: &[(String, f32)], county: &County, on: Date) -> Route {
    let by_rule = by_rule(item, county, on);
    let mut proposal: Vec<Reasoned> = by_rule.iter().cloned().collect();
    let own = item.office.iter().map(|office| (office.as_str(), None));
    let given = offices.iter().map(|(office, score)| (office.as_str(), Some(*score)));
    let kinds: Vec<(&str, Option<f32>)> = if offices.is_empty() { own.collect() } else { given.collect() };
    // "No particular office" is no proposal.
    let worth =
        |(kind, score): &(&str, Option<f32>)| *kind != ANY && score.is_none_or(|score| score >= LEAST);
    for (kind, score) in kinds.into_iter().filter(worth) {
        for department in offices_of(kind, item, county, on) {
            if proposal.iter().all(|(code, _)| *code != department.code) {
                proposal.push((department.code.clone(), proposed(kind, score)));
            }
        }
    }
    proposal.truncate(PROPOSALS);
    Route { by_rule, proposal, learned: false }
}

fn by_rule(item: &Item, county: &County, on: Date) -> Option<Reasoned> {
    by_row(item, county, on).map(|(reasoned, _)| reasoned)
}

/// The department that a row of the table names, with the row's line.
fn by_row(item: &Item, county: &County, on: Date) -> Option<(Reasoned, usize)> {
    let title = normalise(&item.content.title).text;
    let body = normalise(&item.content.body).text;
    let query = RouteQuery {
        topic: item.main_topic.as_ref()?,
        town: item.town.as_ref(),
        kind: item.kind?,
        title: &title,
        body: &body,
        on,
    };
    let found = county.routing.route(&query, &county.departments)?;
    let words =
        if found.words.is_empty() { String::new() } else { format!("（{}）", found.words.join("、")) };
    let note = if found.rule.note.is_empty() { String::new() } else { format!("：{}", found.rule.note) };
    let why = format!("分流规则第 {} 行{words}{note}", found.rule.line);
    Some(((found.department.code.clone(), why), found.rule.line))
}

/// The offices of a kind that exist; the town's own office where the kind is that of the place, and none
/// when the place is not known.
fn offices_of<'a>(kind: &str, item: &Item, county: &'a County, on: Date) -> Vec<&'a Department> {
    let of_place = |d: &&Department| d.town.is_none() || (item.town.is_some() && d.town == item.town);
    let offices = county.departments.of_kind(kind, item.town.as_ref());
    offices.into_iter().filter(of_place).filter(|d| d.validity.contains(on)).collect()
}

fn proposed(kind: &str, score: Option<f32>) -> String {
    match score {
        Some(score) => format!("模型建议：{kind}（{:.0}%）", f64::from(score) * 100.0),
        None => format!("模型建议：{kind}"),
    }
}

/// Whether the program assigns the item by itself (DESIGN section 6): the department and the row that named
/// it, or why it waits for a person.
///
/// # Errors
/// The reason, in words for the duty officer.
pub fn may_assign_itself<'r>(
    item: &Item,
    source: &Source,
    route: &'r Route,
) -> Result<&'r Reasoned, &'static str> {
    if let Some(reason) = not_ours_to_answer(item, source) {
        return Err(reason);
    }
    let reasons = [
        (item.main_topic.is_none() || item.kind.is_none(), "没有明确的话题"),
        (item.unsure, "模型对话题没有把握"),
    ];
    if let Some((_, reason)) = reasons.into_iter().find(|(holds, _)| *holds) {
        return Err(reason);
    }
    route.by_rule.as_ref().ok_or("没有分流规则指明单位")
}

/// Whether the program puts the item into the case that takes what comes to its incident: what it would assign by itself
/// if only it were sure of the topic.
pub(crate) fn may_be_taken_in(item: &Item, source: &Source) -> bool {
    not_ours_to_answer(item, source).is_none()
}

/// Why nobody waits for an answer of ours, or a person has to say so.
fn not_ours_to_answer(item: &Item, source: &Source) -> Option<&'static str> {
    let reasons = [
        (item.case.is_some(), "已有工单"),
        (item.dismissed.is_some(), "已标为不处理"),
        (source.mode == Mode::Mirror, "来源由其他平台办理，本县只查看"),
        (item.archived.is_some(), "已归档：早于来源的起始日期，或上级平台已办结"),
        (item.content.upstream.finished, "上级平台已办结"),
        (is_before_cutoff(item, source), "早于来源的起始日期"),
        (item.judged_version < item.version, "尚未研判"),
        (item.channel == Channel::News || item.kind == Some(Kind::News), "新闻由值班研判员决定是否派单"),
        (item.kind == Some(Kind::Praise), "表扬不自动派单"),
    ];
    reasons.into_iter().find(|(holds, _)| *holds).map(|(_, reason)| reason)
}

fn is_before_cutoff(item: &Item, source: &Source) -> bool {
    let at = item.content.occurred_at.unwrap_or(item.dispatched_or_seen_at());
    source.cutoff.is_some_and(|cutoff| at < cutoff)
}
