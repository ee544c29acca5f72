//! Cases: the list, one with its clocks and timeline, every action that its page has, and the draft of a reply.

use axum::Json;
use axum::extract::State;
use qingting_models::county::{DepartmentCode, TopicCode, Town};
use qingting_models::ids::{CaseId, ItemId, ReplyId};
use qingting_models::records::{
    Case, CaseFile, Channel, Clock, HelperState, Kind, Outcome, PromiseState, RatingGrade, Reply,
    ReplyReview, Urgency, state_label,
};
use qingting_respond::acting::ActingUser;
use qingting_respond::case_table::ActionKind;
use qingting_respond::decide::allowed;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::acting::ActAsked;
use super::ask::{self, Ask, Body, Key};
use super::items::{ItemLine, known};
use super::problem::Problem;
use super::schema::{
    ActionCode, AnyDepartment, AnyTopic, AnyTown, At, ChannelCode, DepartmentWord, Filled, GradeCode,
    HelperStateCode, Id, KindCode, OutcomeCode, Text, TopicWord, TownWord, UrgencyLevel,
};
use super::{Answer, DONE, Done, Listed};
use crate::app::AppState;
use crate::caller::Caller;
use crate::case_forms::{asked, has_form};
use crate::error::WebError;
use crate::pages::{case_act, case_draft, case_items, case_reply, cases};
use crate::people::People;
use crate::query::Query;
use crate::view::Light;

/// 工单（列表里的一件）
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseLine {
    #[schema(value_type = Id)]
    id: CaseId,
    /// 工单号，如 2026-00123
    number: String,
    /// 每次变动加一；操作时要带上
    version: i64,
    title: String,
    /// 为哪一条信息立的
    #[schema(value_type = Id)]
    item: ItemId,
    #[schema(value_type = CaseStateCode)]
    state: String,
    /// 主办单位
    #[schema(value_type = AnyDepartment)]
    lead: DepartmentCode,
    #[schema(value_type = ChannelCode)]
    channel: Channel,
    #[schema(value_type = KindCode)]
    kind: Kind,
    #[schema(value_type = Option<AnyTopic>)]
    topic: Option<TopicCode>,
    #[schema(value_type = Option<AnyTown>)]
    town: Option<Town>,
    #[schema(value_type = UrgencyLevel)]
    urgency: Urgency,
    confidential: bool,
    opened_at: At,
    changed_at: At,
    /// 最近要到的时限；没有在走的时限是 null
    due: Option<DueLine>,
    /// 督办级别：0 没有，1 黄色，2 红色，3 领导
    pressed: u32,
    /// 重办的次数
    reopened: u32,
}

/// The state of a case, for the document alone.
pub(super) struct CaseStateCode;

impl utoipa::PartialSchema for CaseStateCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let codes: Vec<&str> =
            qingting_models::records::OPEN_STATES.iter().chain(cases::ENDED).copied().collect();
        let says: Vec<String> = codes.iter().map(|code| format!("{code} {}", state_label(code))).collect();
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(format!("工单状态：{}", says.join("，"))))
            .enum_values(Some(codes))
            .into()
    }
}

impl ToSchema for CaseStateCode {}

/// 时限
#[derive(Debug, Serialize, ToSchema)]
struct DueLine {
    /// 规则的代码
    rule: String,
    at: At,
}

impl From<&Case> for CaseLine {
    fn from(case: &Case) -> Self {
        let due = case.due.as_ref().filter(|_| case.state.is_open());
        Self {
            id: case.id,
            number: case.number.clone(),
            version: case.version,
            title: case.title.clone(),
            item: case.item,
            state: case.state.code().into(),
            lead: case.lead.clone(),
            channel: case.channel,
            kind: case.kind,
            topic: case.topic.clone(),
            town: case.town.clone(),
            urgency: case.urgency,
            confidential: case.confidential,
            opened_at: At(case.opened_at),
            changed_at: At(case.changed_at),
            due: due.map(|(rule, at)| DueLine { rule: rule.as_str().into(), at: At(*at) }),
            pressed: case.pressed,
            reopened: case.reopened,
        }
    }
}

/// How near the due time is, by the words of the page.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DueWord {
    Over,
    Day,
    Three,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CasesAsked {
    /// 一种状态，或 open 未办结（缺省）、all 全部
    #[param(value_type = Option<CaseFilterCode>)]
    state: Option<String>,
    /// 到期：over 已超时，day 一天内，three 三天内
    #[param(inline)]
    #[serde(rename = "due")]
    _due: Option<DueWord>,
    /// 主办或协办的单位
    #[param(value_type = Option<DepartmentWord>)]
    department: Option<String>,
    /// 主办单位
    #[param(value_type = Option<DepartmentWord>)]
    lead: Option<String>,
    #[param(value_type = Option<TopicWord>)]
    topic: Option<String>,
    #[param(value_type = Option<TownWord>)]
    town: Option<String>,
    /// 工单号或它的开头
    #[param(pattern = "^[0-9][0-9-]{0,19}$")]
    number: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// 上一页回答里的 next
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// What the list may be asked for, for the document alone.
pub(super) struct CaseFilterCode;

const STATE_WORDS: &[&str] = &["open", "all"];

impl utoipa::PartialSchema for CaseFilterCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let codes = STATE_WORDS.iter().chain(qingting_models::records::OPEN_STATES).chain(cases::ENDED);
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .enum_values(Some(codes.copied()))
            .into()
    }
}

impl ToSchema for CaseFilterCode {}

fn known_state(state: &str) -> bool {
    STATE_WORDS.iter().chain(qingting_models::records::OPEN_STATES).chain(cases::ENDED).any(|s| *s == state)
}

#[utoipa::path(get, path = "/cases", tag = "cases", summary = "工单列表，新的在前", params(CasesAsked),
    responses((status = 200, description = "一页", body = Listed<CaseLine>)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    query: Query,
    Ask(asked): Ask<CasesAsked>,
) -> Answer<Listed<CaseLine>> {
    known(&state, asked.topic.as_deref(), asked.town.as_deref(), asked.department.as_deref())?;
    known(&state, None, None, asked.lead.as_deref())?;
    if let Some(word) = asked.state.as_deref().filter(|word| !known_state(word)) {
        let word: String = word.chars().take(40).collect();
        let states = STATE_WORDS.iter().chain(qingting_models::records::OPEN_STATES).chain(cases::ENDED);
        let states: Vec<&str> = states.copied().collect();
        return Err(Problem::unfit(format!("参数“state”不能是“{word}”；可用：{}", states.join("、"))));
    }
    let number = asked.number.as_deref();
    let plain = |n: &str| n.len() <= 20 && n.starts_with(|c: char| c.is_ascii_digit());
    if number.is_some_and(|n| !plain(n) || !n.bytes().all(|b| b.is_ascii_digit() || b == b'-')) {
        return Err(Problem::unfit("参数“number”应为工单号或它的开头，如 2026-00123"));
    }
    let page = ask::page("cases", asked.cursor.as_deref(), asked.limit)?;
    let mut filter = cases::filter(&state, &query)?;
    filter.soonest_first = false;
    filter.number = asked.number;
    let found = state.store.cases(&caller.viewer, &filter, page).await?;
    Ok(Json(Listed::of("cases", found, |case| CaseLine::from(&case))))
}

/// 工单全貌
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseWhole {
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
    /// 在走的时限：green 期限内，yellow 即将到期，red 已超时
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
    #[schema(value_type = super::schema::Day)]
    by: jiff::civil::Date,
    /// 审核通过后的情况
    #[schema(value_type = Option<super::schema::PromiseStateCode>)]
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

fn reply_line(
    reply: &Reply,
    tracked: &[qingting_models::records::TrackedPromise],
    people: &People,
) -> ReplyLine {
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
pub(super) async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<CaseId>,
) -> Answer<CaseWhole> {
    let eyes = &caller.viewer;
    let file = state.store.case_file(eyes, id).await?.ok_or(WebError::NotFound)?;
    let people = People::load(&state.store).await?;
    let items = state.store.case_items(eyes, id).await?;
    let filter = qingting_models::store::PromiseFilter { case: Some(id), ..Default::default() };
    let tracked = state.store.promises(eyes, &filter).await?;
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
        actions: actions.into_iter().filter(|kind| has_form(*kind)).map(ActionKind::code).collect(),
        takes_incident: file.case.takes_incident,
    }))
}

/// 操作后的工单
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseNow {
    /// 继续办理的工单：并案是并入的那件，拆分是新立的那件
    #[schema(value_type = Id)]
    id: CaseId,
    /// 现在的版本；已不在查看范围内是 null
    version: Option<i64>,
    #[schema(value_type = Option<CaseStateCode>)]
    state: Option<String>,
}

#[utoipa::path(post, path = "/cases/{id}/actions", tag = "cases", summary = "办理工单：案件流转表里的操作", params(("id" = Id, Path)),
    request_body = ActAsked, responses((status = 200, description = "已办", body = CaseNow)))]
pub(super) async fn act(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<CaseId>,
    Body(wanted): Body<ActAsked>,
) -> Answer<CaseNow> {
    let form = wanted.form()?;
    known(&state, None, None, Some(form.text("department")).filter(|code| !code.is_empty()))?;
    state.store.case_file(&caller.viewer, id).await?.ok_or(WebError::NotFound)?;
    let kind = ActionKind::from_code(form.text("action")).ok_or_else(|| Problem::unfit("没有这个操作"))?;
    let (id, _) =
        case_act::take(&state, &caller, id, form.must("version", "版本")?, asked(kind, &form)?).await?;
    let now = state.store.case_file(&caller.viewer, id).await?;
    Ok(Json(CaseNow {
        id,
        version: now.as_ref().map(|file| file.case.version),
        state: now.map(|file| file.case.state.code().to_owned()),
    }))
}

/// 移出哪一条信息
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LeaveOutAsked {
    #[schema(minimum = 0, maximum = 4294967295u32)]
    version: u32,
    #[schema(value_type = Id)]
    item: ItemId,
    reason: Filled<1000>,
}

#[utoipa::path(post, path = "/cases/{id}/leave-out", tag = "cases", summary = "移出一条不属于它的信息", params(("id" = Id, Path)),
    request_body = LeaveOutAsked, responses((status = 204, description = "已移出")))]
pub(super) async fn leave_out(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<CaseId>,
    Body(asked): Body<LeaveOutAsked>,
) -> Done {
    let form = ask::form(vec![
        ("version", asked.version.to_string()),
        ("item", asked.item.to_string()),
        ("reason", asked.reason.0),
    ]);
    case_items::take_out(&state, &caller, id, &form).await?;
    Ok(DONE)
}

/// 答复草稿
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DraftNow {
    /// 保存一次加一；还没有草稿是 0
    version: i64,
    saved_at: Option<At>,
    text: String,
    public_text: String,
    /// 结果；还没有选是空的
    outcome: String,
}

#[utoipa::path(get, path = "/cases/{id}/draft", tag = "cases", summary = "本单位的答复草稿", params(("id" = Id, Path)),
    responses((status = 200, description = "草稿", body = DraftNow)))]
pub(super) async fn draft(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<CaseId>,
) -> Answer<DraftNow> {
    let file = state.store.case_file(&caller.viewer, id).await?.ok_or(WebError::NotFound)?;
    let own = case_reply::writes_for(&caller, &file).ok_or(WebError::Forbidden)?;
    let (saved, _) = state.store.draft(id, own).await?;
    let version = saved.as_ref().map_or(0, |saved| saved.version);
    let saved_at = saved.as_ref().map(|saved| At(saved.saved_at));
    let draft = saved.map(|saved| saved.draft).unwrap_or_default();
    let (text, public_text, outcome) = (draft.text, draft.public_text, draft.outcome);
    Ok(Json(DraftNow { version, saved_at, text, public_text, outcome }))
}

/// 要保存的草稿
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DraftAsked {
    /// 看到的草稿版本；另一人先保存过的，那一份另外留着
    #[schema(minimum = 0, maximum = 4294967295u32)]
    version: u32,
    text: Text<4000>,
    #[schema(value_type = Option<String>, max_length = 4000, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    public_text: Option<Text<4000>>,
    #[schema(value_type = Option<OutcomeCode>)]
    outcome: Option<Outcome>,
}

/// 保存的版本
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DraftSaved {
    version: i64,
}

#[utoipa::path(put, path = "/cases/{id}/draft", tag = "cases", summary = "保存答复草稿", params(("id" = Id, Path)),
    request_body = DraftAsked, responses((status = 200, description = "已保存", body = DraftSaved)))]
pub(super) async fn save_draft(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<CaseId>,
    Body(asked): Body<DraftAsked>,
) -> Answer<DraftSaved> {
    let file = state.store.case_file(&caller.viewer, id).await?.ok_or(WebError::NotFound)?;
    let own = case_reply::writes_for(&caller, &file).ok_or(WebError::Forbidden)?;
    let form = ask::form(vec![
        ("draft_version", asked.version.to_string()),
        ("text", asked.text.0),
        ("public_text", asked.public_text.unwrap_or_default().0),
        ("outcome", asked.outcome.map(|o| o.code().to_owned()).unwrap_or_default()),
    ]);
    let version = case_draft::keep(&state, &caller, &file, own, &form).await?;
    Ok(Json(DraftSaved { version }))
}
