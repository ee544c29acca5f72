//! One case: state, clocks with their rules, replies, timeline, and the forms of what the caller may do.

use askama::Template;
use axum::extract::{Path, State};
use jiff::Timestamp;
use qingting_models::ids::CaseId;
use qingting_models::records::{
    Case, CaseFile, CaseOrigin, CaseState, Clock, Item, Rating, ReplyReview, TimelineEntry, state_label,
};
use qingting_respond::acting::ActingUser;
use qingting_respond::case_table::ActionKind;
use qingting_respond::decide::{allowed, called_back};

use super::case_attachments::{self, Attaching, AttachmentsView};
use super::case_contact::ContactView;
use super::case_items::AnsweredItem;
use super::case_replies::{ReplyView, replies};
use super::case_reply::{self, AtDesk, Hint, ReplyDesk};
use super::{Answer, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::case_forms::{ActionForm, Control, called, form_of, has_form};
use crate::error::WebError;
use crate::frame::Frame;
use crate::moment::{Moment, left_text};
use crate::names::{Names, RuleName};
use crate::people::People;
use crate::query::Query;
use crate::view::{CaseRow, Choice, Light, Tag, item_title};

/// The page of a case.
#[derive(Debug, Template)]
#[template(path = "case.html")]
pub struct CasePage {
    pub frame: Frame,
    pub row: CaseRow,
    pub version: i64,
    pub conflict: Option<String>,
    /// What the next step has to know: a title, and what was said.
    pub banners: Vec<(&'static str, String)>,
    /// What was typed in a form that is offered no longer.
    pub typed: Vec<String>,
    pub item_id: String,
    pub body: String,
    /// What the case answers, when it is more than its own item.
    pub answered: Vec<AnsweredItem>,
    /// The caller may take an item out.
    pub parts: bool,
    /// What else comes to the incident goes into the case.
    pub takes_incident: bool,
    pub clocks: Vec<ClockView>,
    pub replies: Vec<ReplyView>,
    pub attachments: AttachmentsView,
    pub ratings: Vec<RatingView>,
    pub timeline: Vec<LineView>,
    pub actions: Vec<ActionForm>,
    /// Where the reply is written, for those who may submit it.
    pub desk: Option<ReplyDesk>,
    /// Templates for what may be done where no reply is written.
    pub wordings: Vec<Hint>,
    /// The reply was checked just now, and nothing was found.
    pub checked: Option<bool>,
    /// The caller may see how the one who called can be reached, and just asked for it.
    pub may_call: bool,
    pub contact: Option<ContactView>,
    pub helpers: Vec<HelperView>,
    pub facts: Vec<(String, String)>,
    pub opened: Moment,
    /// Id and number of the case that this one was merged into, when the caller sees it.
    pub merged_into: Option<(String, String)>,
}

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

/// What is shown on the page besides the case as it is.
#[derive(Default)]
pub(crate) struct Shown<'a> {
    pub tried: Option<&'a Tried<'a>>,
    pub at_desk: AtDesk<'a>,
    pub attaching: Option<&'a Attaching>,
}

/// What was just tried and refused.
pub(crate) struct Tried<'a> {
    pub kind: ActionKind,
    pub form: &'a Form,
    pub problem: String,
    /// Somebody else changed the case in between.
    pub conflict: bool,
}

pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    let id: CaseId = read_id(&id)?;
    let at_desk = AtDesk { insert: query.get("insert"), aside: query.get("aside"), ..AtDesk::default() };
    let mut page = build(&state, &caller, id, Shown { at_desk, ..Shown::default() }).await?;
    page.frame = page.frame.done(query.get("done"));
    html(&page)
}

/// The page of the case `id` as the caller sees it.
///
/// # Errors
/// [`WebError::NotFound`] when it is not there for the caller.
pub(crate) async fn build(
    state: &AppState,
    caller: &Caller,
    id: CaseId,
    shown: Shown<'_>,
) -> Result<CasePage, WebError> {
    let file = state.store.case_file(&caller.viewer, id).await?.ok_or(WebError::NotFound)?;
    let people = People::load(&state.store).await?;
    let tried = shown.tried;
    let answered = state.store.case_items(&caller.viewer, file.case.id).await?;
    let mut actions = actions(&file, &answered, caller, &state.names, tried);
    let writes = [ActionKind::Submit, ActionKind::HelperAnswer];
    let written = writes.into_iter().find(|kind| actions.iter().any(|form| form.code == kind.code()));
    let own = case_reply::writes_for(caller, &file);
    let desk = match written.zip(own) {
        Some((kind, own)) => {
            actions.retain(|form| form.code != kind.code());
            let typed = tried.filter(|t| t.kind == kind).map(|t| (t.form, t.problem.as_str()));
            let at_desk = AtDesk { typed: typed.or(shown.at_desk.typed), ..shown.at_desk };
            Some(case_reply::build(state, caller, &file, &people, (kind, own), at_desk).await?)
        }
        None => None,
    };
    let wordings = match own.filter(|_| desk.is_none() && !actions.is_empty()) {
        Some(own) => case_reply::templates(state, &file, own).await?,
        None => Vec::new(),
    };
    let attached = state.store.attachments(&caller.viewer, id).await?;
    let replies = replies(state, caller, &file, &people, &attached).await?;
    let attachments = case_attachments::view(state, caller, &file, &people, &attached, shown.attaching);
    let may_call = file.case.state.is_open()
        && state.store.item(&caller.unmasking_eyes(), file.case.item).await?.is_some();
    let (names, now) = (&*state.names, state.store.now());
    let case = &file.case;
    let own = caller.department().map(|d| d.as_str());
    let light = |clock: &Clock| state.light(clock, case.urgency, now);
    let first = file.clocks.iter().filter(|c| c.is_open()).min_by_key(|c| c.due_at);
    let merged_into = match case.state {
        CaseState::Merged { into, .. } => state.store.case_file(&caller.viewer, into).await?,
        _ => None,
    };
    let merged_into = merged_into.map(|f| (f.case.id.to_string(), f.case.number));
    let opened = first.map_or(Light::Green, light);
    Ok(CasePage {
        frame: Frame::inside(state, caller, &case.number, if own.is_some() { "/inbox" } else { "/cases" }),
        row: CaseRow::new(case, names, now, opened, own),
        version: case.version,
        conflict: tried.filter(|t| t.conflict).map(|t| t.problem.clone()),
        banners: banners(&file, names),
        typed: Vec::new(),
        item_id: case.item.to_string(),
        body: file.item.content.body.clone(),
        answered: match answered.len() {
            0 | 1 => Vec::new(),
            _ => answered.iter().map(|item| AnsweredItem::new(item, case, now)).collect(),
        },
        parts: allowed(&file, &ActingUser::of(caller.user())).contains(&ActionKind::LeaveOut),
        takes_incident: case.takes_incident,
        clocks: file.clocks.iter().map(|c| clock_view(c, names, now, light(c))).collect(),
        replies,
        attachments,
        ratings: file.ratings.iter().rev().map(|r| rating_view(r, &answered, &people, now)).collect(),
        timeline: file.timeline.iter().rev().map(|t| line_view(t, &people, now)).collect(),
        actions,
        desk,
        wordings,
        checked: None,
        may_call,
        contact: None,
        helpers: helpers(case, names),
        facts: facts(case, &people, names),
        opened: Moment::new(case.opened_at, now),
        merged_into,
    })
}

fn actions(
    file: &CaseFile,
    answered: &[Item],
    caller: &Caller,
    names: &Names,
    tried: Option<&Tried<'_>>,
) -> Vec<ActionForm> {
    let kinds = allowed(file, &ActingUser::of(caller.user()));
    let form = |kind: ActionKind| {
        let again = tried.filter(|t| t.kind == kind).map(|t| (t.form, t.problem.as_str()));
        let mut form = form_of(kind, names, &file.case, again);
        if kind == ActionKind::CallBack && answered.len() > 1 {
            let typed = again.map_or("", |(typed, _)| typed.text("called"));
            form.fields.insert(0, called(not_called(file, answered)).value(typed));
        }
        form
    };
    let mut forms: Vec<ActionForm> = kinds.into_iter().filter(|k| has_form(*k)).map(form).collect();
    // What takes the case a step on stands first, what ends or turns it back last.
    forms.sort_by_key(|form| (form.class == "danger", !is_next_step(form.code)));
    if let (None, Some(first)) = (tried, forms.first_mut().filter(|form| is_next_step(form.code))) {
        first.open = true;
    }
    forms
}

/// The items of a case whose call-backs are still to be noted.
fn not_called(file: &CaseFile, answered: &[Item]) -> Vec<Choice> {
    let noted = called_back(file);
    let left = answered.iter().filter(|item| !noted.contains(&item.id));
    left.map(|item| Choice::new(item.id.to_string(), item_title(item), false)).collect()
}

/// Whether an action is what the case waits for, and not something that may be done at any time.
fn is_next_step(code: &str) -> bool {
    use ActionKind as K;
    let steps = [
        K::Accept,
        K::Reassign,
        K::Contact,
        K::TellPetitioner,
        K::GoOn,
        K::GrantExtension,
        K::Submit,
        K::Approve,
        K::CallBack,
        K::HelperAccept,
        K::HelperAnswer,
    ];
    steps.iter().any(|kind| kind.code() == code)
}

fn clock_view(clock: &Clock, names: &Names, now: Timestamp, light: Light) -> ClockView {
    let rule = names.rule(clock.rule.as_str());
    let (tag, left) = if clock.met_at.is_some_and(|met| met > clock.due_at) {
        (Tag::new("超时完成", "tag yellow"), None)
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

fn rating_view(rating: &Rating, answered: &[Item], people: &People, now: Timestamp) -> RatingView {
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

fn line_view(line: &TimelineEntry, people: &People, now: Timestamp) -> LineView {
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

fn helpers(case: &Case, names: &Names) -> Vec<HelperView> {
    let view = |h: &qingting_models::records::Helper| HelperView {
        name: names.department(h.department.as_str()).to_owned(),
        state: h.state.label(),
        note: h.note.clone(),
    };
    case.helpers.iter().map(view).collect()
}

fn facts(case: &Case, people: &People, names: &Names) -> Vec<(String, String)> {
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
fn banners(file: &CaseFile, names: &Names) -> Vec<(&'static str, String)> {
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
    banners
}

#[cfg(test)]
impl crate::samples::Sampled for CasePage {
    fn samples() -> Vec<Self> {
        use crate::samples::{case, case_row, frame, hostile, moment, names};
        let page = |t: String| Self {
            frame: frame(&t),
            row: case_row(&t),
            version: 3,
            conflict: Some(t.clone()),
            banners: vec![("申请延期", t.clone())],
            typed: vec![t.clone()],
            item_id: t.clone(),
            body: t.clone(),
            answered: vec![AnsweredItem {
                id: t.clone(),
                title: t.clone(),
                channel: "热线",
                town: Some(t.clone()),
                at: moment(60),
                own: false,
            }],
            parts: true,
            takes_incident: true,
            clocks: vec![ClockView {
                rule: names(&t).rule("hotline.handle"),
                source: t.clone(),
                standing: t.clone(),
                due: moment(-90_000),
                provisional: true,
                extended: 5,
                steps: vec![t.clone()],
                tag: Tag::new(&t, "tag"),
                left: Some(t.clone()),
            }],
            replies: vec![crate::pages::case_replies::sample(&t)],
            attachments: case_attachments::sample(&t),
            ratings: vec![RatingView {
                of: Some(t.clone()),
                grade: Tag::new(&t, "tag"),
                outcome: "已解决",
                by: t.clone(),
                at: moment(5),
                note: t.clone(),
            }],
            timeline: vec![LineView {
                action: t.clone(),
                who: t.clone(),
                at: moment(5),
                state: t.clone(),
                note: t.clone(),
            }],
            actions: ActionKind::ALL
                .iter()
                .filter(|k| has_form(**k) && **k != ActionKind::Submit)
                .map(|k| form_of(*k, &names(&t), &case(), Some((&Form::of(&[("text", &t)]), &t))))
                .collect(),
            wordings: case_reply::sample(&t).hints,
            desk: Some(case_reply::sample(&t)),
            checked: Some(true),
            may_call: true,
            contact: Some(ContactView {
                names: vec![t.clone()],
                numbers: vec![(t.clone(), "13800001234".into()), (t.clone(), String::new())],
                addresses: vec![t.clone()],
            }),
            helpers: vec![HelperView { name: t.clone(), state: "待协办", note: Some(t.clone()) }],
            facts: vec![(t.clone(), t.clone())],
            opened: moment(100_000),
            merged_into: Some((t.clone(), t)),
        };
        hostile().into_iter().map(page).collect()
    }
}
