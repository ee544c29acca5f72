//! The parts of a case's page as they are read: its clocks, ratings, timeline, helpers, facts, and what has to be known first.

use jiff::Timestamp;
use qingting_models::records::{
    Case, CaseFile, CaseOrigin, CaseState, Clock, Item, Rating, ReplyReview, TimelineEntry, state_label,
};
use qingting_respond::case_table::{ActionKind, rule};

use crate::moment::{Moment, left_text};
use crate::names::{Names, RuleName};
use crate::people::People;
use crate::view::{Light, Tag, item_title};

/// A clock with the rule it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockView {
    pub rule: RuleName,
    /// Where the rule or the time comes from.
    pub source: String,
    pub standing: String,
    pub due: Moment,
    pub provisional: bool,
    pub extended: u32,
    pub steps: Vec<String>,
    pub tag: Tag,
    pub left: Option<String>,
}

/// A rating.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatingView {
    /// What the one had sent who was called, of those whom the case answers together.
    pub of: Option<String>,
    pub grade: Tag,
    pub outcome: &'static str,
    pub by: String,
    pub at: Moment,
    pub note: String,
}

/// A line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineView {
    pub action: String,
    pub who: String,
    pub at: Moment,
    pub state: String,
    pub note: String,
}

/// A helping department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelperView {
    pub name: String,
    pub state: &'static str,
    pub note: Option<String>,
}

pub(super) fn clock_view(clock: &Clock, names: &Names, now: Timestamp, light: Light) -> ClockView {
    let rule = names.rule(clock.rule.as_str());
    let (tag, left) = if clock.met_at.is_some_and(|met| met > clock.due_at) {
        (Tag::new("超期完成", "tag yellow"), None)
    } else if clock.met_at.is_some() {
        (Tag::new("按时完成", "tag green"), None)
    } else if clock.dropped_at.is_some() {
        (Tag::new("已取消", "tag"), None)
    } else if clock.paused_at.is_some() {
        (Tag::new("暂停", "tag"), None)
    } else {
        (Tag::new(light.label(), light.class()), Some(left_text(clock.due_at, now)))
    };
    let source = if clock.from_sender { "派单平台规定的时间".into() } else { rule.source.clone() };
    ClockView {
        standing: rule.standing.clone(),
        source,
        rule,
        due: Moment::new(clock.due_at, now),
        provisional: clock.provisional,
        extended: clock.extended_days,
        steps: clock.steps.clone(),
        tag,
        left,
    }
}

pub(super) fn rating_view(rating: &Rating, answered: &[Item], people: &People, now: Timestamp) -> RatingView {
    let class = if rating.grade.is_unsatisfied() { "tag red" } else { "tag green" };
    let item = answered.iter().find(|item| rating.item == Some(item.id));
    RatingView {
        of: item.map(item_title),
        grade: Tag::new(rating.grade.label(), class),
        outcome: rating.outcome.label(),
        by: people.actor(rating.by),
        at: Moment::new(rating.at, now),
        note: rating.note.clone(),
    }
}

pub(super) fn line_view(line: &TimelineEntry, people: &People, now: Timestamp) -> LineView {
    let kind = ActionKind::from_code(&line.action);
    LineView {
        action: kind.map_or_else(|| other_action(&line.action), |k| k.label().to_owned()),
        who: people.actor(line.actor),
        at: Moment::new(line.at, now),
        state: state_label(&line.state).to_owned(),
        note: line.note.clone(),
    }
}

/// The words for a line that no row of the case table wrote.
fn other_action(code: &str) -> String {
    match code {
        "promise_kept" => "承诺已兑现",
        "promise_broken" => "承诺未能兑现",
        "attach" => "添加附件",
        "detach" => "删除附件",
        other => other,
    }
    .to_owned()
}

pub(super) fn helpers(case: &Case, names: &Names) -> Vec<HelperView> {
    let view = |h: &qingting_models::records::Helper| HelperView {
        name: names.department(h.department.as_str()).to_owned(),
        state: h.state.label(),
        note: h.note.clone(),
    };
    case.helpers.iter().map(view).collect()
}

pub(super) fn facts(case: &Case, people: &People, names: &Names) -> Vec<(String, String)> {
    let mut facts: Vec<(String, String)> = vec![
        ("渠道".into(), case.channel.label().into()),
        ("类型".into(), case.kind.label().into()),
        ("话题".into(), case.topic.as_ref().map_or("—", |t| names.topic(t.as_str())).into()),
        ("乡镇街道".into(), case.town.as_ref().map_or("—", |t| t.as_str()).into()),
    ];
    facts.push(match &case.origin {
        CaseOrigin::Rule { reason } => ("自动分派".into(), reason.clone()),
        CaseOrigin::Person { user } => ("分派人".into(), people.actor(*user)),
    });
    if !case.sent_back_by.is_empty() {
        let back: Vec<&str> = case.sent_back_by.iter().map(|d| names.department(d.as_str())).collect();
        facts.push(("退回过的单位".into(), back.join("、")));
    }
    if case.waits > 0 {
        facts.push(("等待群众".into(), format!("{} 次，共 {} 个工作日", case.waits, case.waited_days)));
    }
    if case.reopened > 0 {
        facts.push(("重办".into(), format!("{} 次", case.reopened)));
    }
    if let Some(asked) = &case.extension {
        let decided = match asked.decision {
            None => "待审批",
            Some((true, ..)) => "已同意",
            Some((false, ..)) => "未同意",
        };
        facts.push(("延期".into(), format!("申请 {} 天，{decided}：{}", asked.days, asked.reason)));
    }
    match &case.state {
        CaseState::Returned { reason, right_department, .. } => {
            let right = right_department.as_ref().map_or("未写明", |d| names.department(d.as_str()));
            facts.push(("退回".into(), format!("{reason}（认为应由：{right}）")));
        }
        CaseState::Waiting { evidence, until, .. } => {
            let until = qingting_models::clock::local_date(*until);
            facts.push(("等待".into(), format!("到 {until}：{evidence}")));
        }
        CaseState::Declined { legal_reason, .. } => facts.push(("不予受理".into(), legal_reason.clone())),
        CaseState::Outside { authority, receipt, .. } => {
            facts.push(("转交".into(), format!("{authority}，{receipt}")));
        }
        _ => {}
    }
    facts
}

/// What whoever opens the case has to know before anything else.
pub(super) fn banners(file: &CaseFile, names: &Names) -> Vec<(&'static str, String)> {
    let mut banners = Vec::new();
    let latest = file.replies.last().map(|reply| &reply.review);
    if let (CaseState::Handling { .. }, Some(ReplyReview::NeedsWork { note, .. })) =
        (&file.case.state, latest)
    {
        banners.push(("审核人退回修改", note.clone()));
    }
    if let Some(asked) = file.case.extension.as_ref().filter(|asked| asked.decision.is_none()) {
        let lead = names.department(file.case.lead.as_str());
        banners.push(("申请延期，等值班室批复", format!("{lead} {} 天，{}", asked.days, asked.reason)));
    }
    let no_contact = |clock: &Clock| clock.rule.as_str() == rule::CONTACT && clock.is_open();
    if matches!(file.case.state, CaseState::InReview { .. }) && file.clocks.iter().any(no_contact) {
        let what = "请承办人联系诉求人后登记；审核通过以后就不能再登记，也不算已联系。";
        banners.push(("首次联系还没有登记", what.to_owned()));
    }
    banners
}
