//! One case: state, clocks with their rules, replies, timeline, and the forms of what the caller may do.

use askama::Template;
use axum::extract::{Path, State};
use qingting_models::ids::CaseId;
use qingting_models::records::{CaseFile, CaseState, Clock, Item, Role};
use qingting_respond::acting::ActingUser;
use qingting_respond::case_table::ActionKind;
use qingting_respond::decide::{allowed, called_back};

use super::case_attachments::{self, Attaching, AttachmentsView};
use super::case_contact::ContactView;
use super::case_items::AnsweredItem;
use super::case_parts::{
    ClockView, HelperView, LineView, RatingView, banners, clock_view, facts, helpers, line_view, rating_view,
};
use super::case_replies::{ReplyView, replies};
use super::case_reply::{self, AtDesk, Hint, ReplyDesk};
use super::{Answer, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::case_forms::{ActionForm, Control, Field, called, form_of, has_form, level};
use crate::error::WebError;
use crate::frame::Frame;
use crate::moment::Moment;
use crate::names::Names;
use crate::people::People;
use crate::query::Query;
use crate::view::{CaseRow, Choice, Light, item_title};

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
    let found = match query.get("checked") {
        Some(_) => case_reply::findings_of_draft(&state, &caller, id).await?,
        None => None,
    };
    let at_desk = AtDesk {
        insert: query.get("insert"),
        aside: query.get("aside"),
        findings: found.as_deref(),
        problem: found.as_ref().and_then(|_| case_reply::not_submitted(query.text("checked"))),
        ..AtDesk::default()
    };
    let mut page = build(&state, &caller, id, Shown { at_desk, ..Shown::default() }).await?;
    page.checked = found.map(|found| found.is_empty());
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
        if kind == ActionKind::Press {
            for field in form.fields.iter_mut().filter(|field| field.name == "level") {
                let typed = std::mem::take(&mut field.value);
                *field = press_level(caller).value(typed);
            }
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

/// The level of a press: the desk's are yellow and red, a leader's is his own.
fn press_level(caller: &Caller) -> Field {
    let desk = caller.has_any(&[Role::Duty, Role::Discipline]);
    level(desk, caller.has(Role::Leader))
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

#[cfg(test)]
impl crate::samples::Sampled for CasePage {
    fn samples() -> Vec<Self> {
        use crate::samples::{case, case_row, frame, hostile, moment, names};
        use crate::view::Tag;
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
