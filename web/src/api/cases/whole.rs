//! A case with its clocks, replies and timeline.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::{CaseId, ItemId, ReplyId};
use qingting_models::records::{
    CaseFile, Clock, HelperState, Outcome, PromiseState, RatingGrade, Reply, ReplyReview, TrackedPromise,
};
use qingting_models::store::PromiseFilter;
use qingting_respond::acting::ActingUser;
use qingting_respond::case_table::ActionKind;
use qingting_respond::decide::allowed;
use serde::Serialize;
use utoipa::ToSchema;

use super::CaseLine;
use super::files::FileLine;
use crate::api::Answer;
use crate::api::ask::Key;
use crate::api::items::ItemLine;
use crate::api::schema::{
    ActionCode, AnyDepartment, At, CaseStateCode, Day, GradeCode, HelperStateCode, Id, OutcomeCode,
    PromiseStateCode,
};
use crate::app::AppState;
use crate::caller::Caller;
use crate::case_forms::has_form;
use crate::error::WebError;
use crate::people::People;
use crate::view::Light;

/// 工单全貌
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct CaseWhole {
    #[serde(flatten)]
    line: CaseLine,
    /// 隐去个人信息后的诉求
    body: String,
    /// 一并答复的信息
    items: Vec<ItemLine>,
    helpers: Vec<HelperLine>,
    clocks: Vec<ClockLine>,
    replies: Vec<ReplyLine>,
    ratings: Vec<RatingLine>,
    /// 经过，新的在前
    timeline: Vec<TimelineLine>,
    /// 附件，先添加的在前；删除了的也列着
    attachments: Vec<FileLine>,
    /// 您现在能做的操作
    #[schema(value_type = Vec<ActionCode>)]
    actions: Vec<&'static str>,
    /// 同一事件后来的诉求也归入
    takes_incident: bool,
}

/// 协办单位
#[derive(Debug, Serialize, ToSchema)]
struct HelperLine {
    #[schema(value_type = AnyDepartment)]
    department: DepartmentCode,
    #[schema(value_type = HelperStateCode)]
    state: HelperState,
    asked_at: At,
    note: Option<String>,
}

/// 时限和它的算法
#[derive(Debug, Serialize, ToSchema)]
struct ClockLine {
    /// 规则的代码
    rule: String,
    title: String,
    started_at: At,
    due_at: At,
    /// 派单平台规定的时间
    from_sender: bool,
    /// 暂按周一至周五计算
    provisional: bool,
    extended_days: u32,
    paused_at: Option<At>,
    met_at: Option<At>,
    dropped_at: Option<At>,
    /// 一步步怎样算出来的
    steps: Vec<String>,
    /// 在走的时限：green 期限内，yellow 即将到期，red 已超期
    #[schema(value_type = Option<LightWord>)]
    light: Option<LightWord>,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum LightWord {
    Green,
    Yellow,
    Red,
}

/// 答复
#[derive(Debug, Serialize, ToSchema)]
struct ReplyLine {
    #[schema(value_type = Id)]
    id: ReplyId,
    #[schema(value_type = AnyDepartment)]
    department: DepartmentCode,
    /// 隐去个人信息后的答复
    text: String,
    public_text: Option<String>,
    #[schema(value_type = OutcomeCode)]
    outcome: Outcome,
    promises: Vec<PromiseMade>,
    submitted_by: String,
    submitted_at: At,
    review: ReviewWord,
    /// 退回修改的意见
    note: Option<String>,
}

/// 承诺
#[derive(Debug, Serialize, ToSchema)]
struct PromiseMade {
    what: String,
    #[schema(value_type = Day)]
    by: Date,
    /// 审核通过后的情况
    #[schema(value_type = Option<PromiseStateCode>)]
    state: Option<PromiseState>,
}

/// 审核：pending 待审核，needs_work 退回修改，approved 已通过
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ReviewWord {
    Pending,
    NeedsWork,
    Approved,
}

/// 评价
#[derive(Debug, Serialize, ToSchema)]
struct RatingLine {
    at: At,
    by: String,
    #[schema(value_type = GradeCode)]
    grade: RatingGrade,
    #[schema(value_type = OutcomeCode)]
    outcome: Outcome,
    note: String,
    /// 回访的是哪一条信息
    #[schema(value_type = Option<Id>)]
    item: Option<ItemId>,
}

/// 经过的一条
#[derive(Debug, Serialize, ToSchema)]
struct TimelineLine {
    at: At,
    by: String,
    action: String,
    #[schema(value_type = CaseStateCode)]
    state: String,
    note: String,
}

fn clock_line(state: &AppState, file: &CaseFile, clock: &Clock) -> ClockLine {
    let light = clock.is_open().then(|| match state.light(clock, file.case.urgency, state.store.now()) {
        Light::Green => LightWord::Green,
        Light::Yellow => LightWord::Yellow,
        Light::Red => LightWord::Red,
    });
    ClockLine {
        rule: clock.rule.as_str().into(),
        title: state.names.rule(clock.rule.as_str()).title,
        started_at: At(clock.started_at),
        due_at: At(clock.due_at),
        from_sender: clock.from_sender,
        provisional: clock.provisional,
        extended_days: clock.extended_days,
        paused_at: clock.paused_at.map(At),
        met_at: clock.met_at.map(At),
        dropped_at: clock.dropped_at.map(At),
        steps: clock.steps.clone(),
        light,
    }
}

fn reply_line(reply: &Reply, tracked: &[TrackedPromise], people: &People) -> ReplyLine {
    let (review, note) = match &reply.review {
        ReplyReview::Pending => (ReviewWord::Pending, None),
        ReplyReview::NeedsWork { note, .. } => (ReviewWord::NeedsWork, Some(note.clone())),
        ReplyReview::Approved { .. } => (ReviewWord::Approved, None),
    };
    let state =
        |place: i64| tracked.iter().find(|t| t.reply == reply.id && t.place == place).map(|t| t.state);
    ReplyLine {
        id: reply.id,
        department: reply.department.clone(),
        text: reply.text.clone(),
        public_text: reply.public_text.as_ref().map(|public| public.text.clone()),
        outcome: reply.outcome,
        promises: (0i64..)
            .zip(&reply.promises)
            .map(|(place, p)| PromiseMade { what: p.what.clone(), by: p.by, state: state(place) })
            .collect(),
        submitted_by: people.actor(reply.submitted_by),
        submitted_at: At(reply.submitted_at),
        review,
        note,
    }
}

#[utoipa::path(get, path = "/cases/{id}", tag = "cases", summary = "一件工单", params(("id" = Id, Path)),
    responses((status = 200, description = "工单", body = CaseWhole)))]
pub(in crate::api) async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<CaseId>,
) -> Answer<CaseWhole> {
    let eyes = &caller.viewer;
    let file = state.store.case_file(eyes, id).await?.ok_or(WebError::NotFound)?;
    let people = People::load(&state.store).await?;
    let items = state.store.case_items(eyes, id).await?;
    let filter = PromiseFilter { case: Some(id), ..Default::default() };
    let tracked = state.store.promises(eyes, &filter).await?;
    let attached = state.store.attachments(eyes, id).await?;
    let helpers = file.case.helpers.iter().map(|h| HelperLine {
        department: h.department.clone(),
        state: h.state,
        asked_at: At(h.asked_at),
        note: h.note.clone(),
    });
    let ratings = file.ratings.iter().map(|r| RatingLine {
        at: At(r.at),
        by: people.actor(r.by),
        grade: r.grade,
        outcome: r.outcome,
        note: r.note.clone(),
        item: r.item,
    });
    let timeline = file.timeline.iter().rev().map(|t| TimelineLine {
        at: At(t.at),
        by: people.actor(t.actor),
        action: t.action.clone(),
        state: t.state.clone(),
        note: t.note.clone(),
    });
    let actions = allowed(&file, &ActingUser::of(caller.user()));
    Ok(Json(CaseWhole {
        line: CaseLine::from(&file.case),
        body: file.item.content.body.clone(),
        items: items.iter().map(|item| ItemLine::seen(item, &caller)).collect(),
        helpers: helpers.collect(),
        clocks: file.clocks.iter().map(|clock| clock_line(&state, &file, clock)).collect(),
        replies: file.replies.iter().map(|reply| reply_line(reply, &tracked, &people)).collect(),
        ratings: ratings.collect(),
        timeline: timeline.collect(),
        attachments: attached.into_iter().map(|attached| FileLine::new(attached, &people)).collect(),
        actions: actions.into_iter().filter(|kind| has_form(*kind)).map(ActionKind::code).collect(),
        takes_incident: file.case.takes_incident,
    }))
}
