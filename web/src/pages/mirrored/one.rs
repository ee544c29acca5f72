//! One mirrored case: what the platform says of it, how it stands against our own rules, and what was done here.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use qingting_models::ids::ItemId;
use qingting_models::records::{ItemVersion, MirrorLine, Upstream};
use qingting_respond::acting::ActingUser;
use qingting_respond::mirrored::LONGEST_NOTE;

use super::MirrorRow;
use super::list::PATH;
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::moment::Moment;
use crate::names::RuleName;
use crate::pages::{Answer, html, read_id};
use crate::people::People;
use crate::query::Query;

/// The page.
#[derive(Debug, Template)]
#[template(path = "mirrored_one.html")]
pub struct MirroredOnePage {
    pub frame: Frame,
    pub row: MirrorRow,
    pub version: i64,
    pub body: String,
    /// The page of its item, for those who see that.
    pub item: Option<String>,
    pub answer: Option<String>,
    pub answered: Option<String>,
    pub dispatched: Option<Moment>,
    /// The rule that our own due time stands on, and how it comes about.
    pub rule: Option<(RuleName, Vec<String>)>,
    pub facts: Vec<(String, String)>,
    pub lines: Vec<LineView>,
    pub versions: Vec<VersionView>,
    pub may_press: bool,
    /// A press needs a note: by the duty officer always, by a leader when it was pressed before.
    pub must_say: bool,
    pub may_watch: bool,
    pub longest: usize,
}

/// A line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineView {
    pub step: &'static str,
    pub who: String,
    pub at: Moment,
    pub note: String,
}

/// What an earlier sheet said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionView {
    pub replaced: Moment,
    pub title: String,
    pub body: String,
    pub facts: Vec<(String, String)>,
}

pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    let mut page = build(&state, &caller, read_id(&id)?).await?;
    page.frame = page.frame.done(query.get("done"));
    html(&page)
}

/// The page again with what kept an action from being done.
pub(super) async fn show_again(state: &AppState, caller: &Caller, id: ItemId, notice: Notice) -> Answer {
    let mut page = build(state, caller, id).await?;
    page.frame = page.frame.with(Some(notice));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

async fn build(state: &AppState, caller: &Caller, id: ItemId) -> Result<MirroredOnePage, WebError> {
    let (store, eyes, now) = (&state.store, &caller.viewer, state.store.now());
    let case = store.mirrored(eyes, id).await?.ok_or(WebError::NotFound)?;
    let source = store.source(case.item.source).await?.map_or_else(String::new, |source| source.name);
    let people = People::load(store).await?;
    let line = |line: MirrorLine| LineView {
        step: line.step.label(),
        who: people.actor(line.actor),
        at: Moment::new(line.at, now),
        note: line.note,
    };
    let item = store.item(eyes, id).await?;
    let versions = store.mirror_versions(eyes, id).await?;
    let version = |version: ItemVersion| VersionView {
        replaced: Moment::new(version.replaced_at, now),
        title: version.content.title,
        body: version.content.body,
        facts: version.content.upstream.fields,
    };
    let who = ActingUser::of(caller.user());
    let desk = who.keeps_desk(case.item.confidential);
    let mirror = &case.mirror;
    Ok(MirroredOnePage {
        frame: Frame::inside(state, caller, "镜像工单", PATH),
        version: mirror.version,
        item: item.map(|item| item.id.to_string()),
        answer: mirror.said.answer.clone(),
        answered: mirror.said.answered.clone(),
        dispatched: mirror.dispatched_at.map(|at| Moment::new(at, now)),
        rule: mirror.ours.as_ref().map(|ours| (state.names.rule(ours.rule.as_str()), ours.steps.clone())),
        facts: other_facts(&case.item.content.upstream),
        lines: store.mirror_lines(eyes, id).await?.into_iter().rev().map(line).collect(),
        versions: versions.into_iter().map(version).collect(),
        may_press: case.is_open() && (desk || who.leads()),
        must_say: !who.leads() || mirror.presses > 0,
        may_watch: desk,
        longest: LONGEST_NOTE,
        row: MirrorRow::new(state, &case, &source, now),
        body: case.item.content.body,
    })
}

/// The columns that the page does not show already.
pub(crate) fn other_facts(upstream: &Upstream) -> Vec<(String, String)> {
    let case = &upstream.case;
    let shown = [&case.office, &case.state, &case.answer, &case.answered, &case.satisfaction];
    let is_shown = |value: &String| shown.iter().any(|shown| shown.as_ref() == Some(value));
    upstream.fields.iter().filter(|(_, value)| !is_shown(value)).cloned().collect()
}

#[cfg(test)]
impl crate::samples::Sampled for MirroredOnePage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment, names};
        let page = |t: String| {
            let facts = || vec![(t.clone(), t.clone())];
            Self {
                frame: frame(&t),
                row: MirrorRow::sample(&t),
                version: 3,
                body: t.clone(),
                item: Some(t.clone()),
                answer: Some(t.clone()),
                answered: Some(t.clone()),
                dispatched: Some(moment(9_000)),
                rule: Some((names(&t).rule("hotline.handle"), vec![t.clone()])),
                facts: facts(),
                lines: vec![LineView { step: "督办", who: t.clone(), at: moment(60), note: t.clone() }],
                versions: vec![VersionView {
                    replaced: moment(900),
                    title: t.clone(),
                    body: t.clone(),
                    facts: facts(),
                }],
                may_press: true,
                must_say: true,
                may_watch: true,
                longest: LONGEST_NOTE,
            }
        };
        let bare = |t: String| Self {
            row: MirrorRow { watched: false, office: None, due: None, ours: None, ..MirrorRow::sample(&t) },
            item: None,
            answer: None,
            answered: None,
            rule: None,
            versions: vec![],
            must_say: false,
            ..page(t)
        };
        hostile().into_iter().flat_map(|t| [page(t.clone()), bare(t)]).collect()
    }
}
