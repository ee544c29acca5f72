//! Lines (口径) and templates, with which replies are written.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use qingting_models::clock::local_date;
use qingting_models::county::{DepartmentCode, TopicCode};
use qingting_models::ids::{IncidentId, LineId, TemplateId};
use qingting_models::records::{Line, OPEN_STATES, Outcome, ReplyTemplate};
use qingting_models::store::LineFilter;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::acting::DayAsked;
use super::ask::{self, Body, Key, known};
use super::problem::Problem;
use super::schema::{
    AnyDepartment, AnyTopic, At, Day, DepartmentWord, Filled, Id, OpenStateCode, OutcomeCode, Text,
    TopicWord, Whole,
};
use super::{Answer, DONE, Done};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::pages::{line, reply_templates};
use crate::people::People;

/// 口径
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LineWhole {
    #[schema(value_type = Id)]
    id: LineId,
    version: i64,
    name: String,
    text: String,
    /// proposed 待确认，not_yet 未生效，valid 有效，expired 已过期，withdrawn 已撤回
    standing: &'static str,
    #[schema(value_type = Vec<AnyTopic>)]
    topics: Vec<TopicCode>,
    #[schema(value_type = Vec<AnyDepartment>)]
    departments: Vec<DepartmentCode>,
    #[schema(value_type = Option<Id>)]
    incident: Option<IncidentId>,
    confidential: bool,
    #[schema(value_type = Day)]
    valid_from: Date,
    #[schema(value_type = Option<Day>)]
    valid_to: Option<Date>,
    /// 由谁商定
    agreed_by: Option<String>,
    #[schema(value_type = Option<Day>)]
    agreed_on: Option<Date>,
    changed_at: At,
}

fn whole(line: Line, today: Date) -> LineWhole {
    let standing = line.standing(today).code();
    let content = line.content;
    LineWhole {
        id: line.id,
        version: line.version,
        standing,
        changed_at: At(line.changed_at),
        name: content.name,
        text: content.text,
        topics: content.topics,
        departments: content.departments,
        incident: content.incident,
        confidential: content.confidential,
        valid_from: content.valid_from,
        valid_to: content.valid_to,
        agreed_on: content.agreement.as_ref().map(|agreement| agreement.on),
        agreed_by: content.agreement.map(|agreement| agreement.by),
    }
}

#[utoipa::path(get, path = "/lines", tag = "lines", summary = "口径，最近改过的在前",
    responses((status = 200, description = "口径", body = Vec<LineWhole>)))]
pub(super) async fn lines(State(state): State<AppState>, caller: Caller) -> Answer<Vec<LineWhole>> {
    let today = local_date(state.store.now());
    let all = LineFilter { state: None, text: String::new() };
    let found = state.store.lines(&caller.viewer, &all).await?;
    Ok(Json(found.into_iter().map(|line| whole(line, today)).collect()))
}

/// 一条口径和它的各版
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LineFull {
    #[serde(flatten)]
    line: LineWhole,
    /// 撤回的原因；没有撤回是空的
    withdrawn_because: String,
    /// 各版，新的在前
    versions: Vec<LineVersion>,
}

/// 口径的一版
#[derive(Debug, Serialize, ToSchema)]
struct LineVersion {
    version: i64,
    at: At,
    by: String,
    text: String,
}

#[utoipa::path(get, path = "/lines/{id}", tag = "lines", summary = "一条口径和它的各版", params(("id" = Id, Path)),
    responses((status = 200, description = "口径", body = LineFull)))]
pub(super) async fn one_line(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<LineId>,
) -> Answer<LineFull> {
    let found = state.store.line(&caller.viewer, id).await?.ok_or(WebError::NotFound)?;
    let people = People::load(&state.store).await?;
    let versions = state.store.line_versions(&caller.viewer, id).await?.into_iter().map(|line| LineVersion {
        version: line.version,
        at: At(line.changed_at),
        by: people.actor(line.changed_by),
        text: line.content.text,
    });
    Ok(Json(LineFull {
        versions: versions.collect(),
        withdrawn_because: found.withdrawn_because.clone(),
        line: whole(found, local_date(state.store.now())),
    }))
}

/// 要写成的口径；单位审核人写的是提议，由值班室确认
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LineAsked {
    /// 看到的版本；新的口径写 0
    version: Whole,
    name: Filled<60>,
    text: Filled<2000>,
    #[serde(default)]
    #[schema(value_type = Vec<TopicWord>, max_items = 100)]
    topics: Vec<String>,
    /// 哪些单位用；不写就是各单位。审核人提议的只用于本单位
    #[serde(default)]
    #[schema(value_type = Vec<DepartmentWord>, max_items = 100)]
    departments: Vec<String>,
    #[schema(value_type = Option<Id>)]
    incident: Option<IncidentId>,
    #[serde(default)]
    confidential: bool,
    #[schema(value_type = Day)]
    valid_from: DayAsked,
    #[schema(value_type = Option<Day>)]
    valid_to: Option<DayAsked>,
    /// 由谁商定，和 agreed_on 一起写
    #[schema(value_type = Option<String>, max_length = 100, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    agreed_by: Option<Text<100>>,
    #[schema(value_type = Option<Day>)]
    agreed_on: Option<DayAsked>,
}

impl LineAsked {
    fn form(&self, state: &AppState) -> Result<Form, Problem> {
        for topic in &self.topics {
            known(state, Some(topic), None, None)?;
        }
        for department in &self.departments {
            known(state, None, None, Some(department))?;
        }
        let day = |day: Option<DayAsked>| day.map(|day| day.0.to_string()).unwrap_or_default();
        let mut rows: Vec<(&str, String)> = vec![
            ("name", self.name.0.clone()),
            ("text", self.text.0.clone()),
            ("incident", self.incident.map(|id| id.to_string()).unwrap_or_default()),
            ("confidential", if self.confidential { "on".into() } else { String::new() }),
            ("valid_from", self.valid_from.0.to_string()),
            ("valid_to", day(self.valid_to)),
            ("agreed_by", self.agreed_by.clone().unwrap_or_default().0),
            ("agreed_on", day(self.agreed_on)),
        ];
        rows.extend(self.topics.iter().map(|topic| ("topic", topic.clone())));
        rows.extend(self.departments.iter().map(|department| ("department", department.clone())));
        Ok(ask::form(rows))
    }
}

/// 保存的口径
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LineSaved {
    #[schema(value_type = Id)]
    id: LineId,
    version: i64,
}

#[utoipa::path(post, path = "/lines", tag = "lines", summary = "新建或提议一条口径", request_body = LineAsked,
    responses((status = 200, description = "已保存", body = LineSaved)))]
pub(super) async fn add_line(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<LineAsked>,
) -> Answer<LineSaved> {
    let new = line::read(&state, &caller, &asked.form(&state)?).await.map_err(Problem::of_input)?;
    let added = line::keep_new(&state, &caller, new).await?;
    Ok(Json(LineSaved { id: added.id, version: added.version }))
}

#[utoipa::path(put, path = "/lines/{id}", tag = "lines", summary = "修改、确认一条口径，成为新的一版", params(("id" = Id, Path)),
    request_body = LineAsked, responses((status = 204, description = "已保存")))]
pub(super) async fn change_line(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<LineId>,
    Body(asked): Body<LineAsked>,
) -> Done {
    line::kept_by(&state, &caller, id).await?;
    let new = line::read(&state, &caller, &asked.form(&state)?).await.map_err(Problem::of_input)?;
    line::keep(&state, &caller, id, asked.version.into(), new).await?;
    Ok(DONE)
}

/// 要撤回
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WithdrawLineAsked {
    /// 看到的版本
    version: Whole,
    reason: Filled<200>,
}

#[utoipa::path(post, path = "/lines/{id}/withdraw", tag = "lines", summary = "撤回一条口径", params(("id" = Id, Path)),
    request_body = WithdrawLineAsked, responses((status = 204, description = "已撤回")))]
pub(super) async fn withdraw_line(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<LineId>,
    Body(asked): Body<WithdrawLineAsked>,
) -> Done {
    line::kept_by(&state, &caller, id).await?;
    let (seen, reason) = (asked.version.into(), asked.reason.0.trim());
    state.store.withdraw_line(&caller.viewer, id, seen, reason, caller.actor()).await?;
    Ok(DONE)
}

/// 答复模板
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TemplateWhole {
    #[schema(value_type = Id)]
    id: TemplateId,
    version: i64,
    name: String,
    text: String,
    /// 哪个单位的；各单位都用的是 null
    #[schema(value_type = Option<AnyDepartment>)]
    department: Option<DepartmentCode>,
    #[schema(value_type = Option<AnyTopic>)]
    topic: Option<TopicCode>,
    /// 用在哪个状态
    state: Option<String>,
    #[schema(value_type = Option<OutcomeCode>)]
    outcome: Option<Outcome>,
    changed_at: At,
}

impl From<ReplyTemplate> for TemplateWhole {
    fn from(template: ReplyTemplate) -> Self {
        let content = template.content;
        Self {
            id: template.id,
            version: template.version,
            name: content.name,
            text: content.text,
            department: content.department,
            topic: content.topic,
            state: content.state,
            outcome: content.outcome,
            changed_at: At(template.changed_at),
        }
    }
}

#[utoipa::path(get, path = "/templates", tag = "templates", summary = "答复模板",
    responses((status = 200, description = "模板", body = Vec<TemplateWhole>)))]
pub(super) async fn templates(State(state): State<AppState>, caller: Caller) -> Answer<Vec<TemplateWhole>> {
    let found = state.store.reply_templates(reply_templates::own(&caller)).await?;
    Ok(Json(found.into_iter().map(TemplateWhole::from).collect()))
}

#[utoipa::path(get, path = "/templates/{id}", tag = "templates", summary = "一个答复模板", params(("id" = Id, Path)),
    responses((status = 200, description = "模板", body = TemplateWhole)))]
pub(super) async fn one_template(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<TemplateId>,
) -> Answer<TemplateWhole> {
    Ok(Json(reply_templates::seen(&state, &caller, id).await?.into()))
}

/// 要写成的答复模板
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplateAsked {
    /// 看到的版本；新的模板写 0
    version: Whole,
    name: Filled<60>,
    text: Filled<2000>,
    /// 哪个单位用；不写就是各单位。审核人写的总是本单位的
    #[schema(value_type = Option<DepartmentWord>)]
    department: Option<String>,
    #[schema(value_type = Option<TopicWord>)]
    topic: Option<String>,
    /// 用在哪个状态
    #[schema(value_type = Option<OpenStateCode>)]
    state: Option<String>,
    #[schema(value_type = Option<OutcomeCode>)]
    outcome: Option<Outcome>,
}

impl TemplateAsked {
    fn form(&self, state: &AppState) -> Result<Form, Problem> {
        known(state, self.topic.as_deref(), None, self.department.as_deref())?;
        if let Some(word) = self.state.as_deref().filter(|word| !OPEN_STATES.contains(word)) {
            let word: String = word.chars().take(40).collect();
            let detail = format!("字段“state”：不能是“{word}”；可用：{}", OPEN_STATES.join("、"));
            return Err(Problem::unfit(detail));
        }
        Ok(ask::form(vec![
            ("name", self.name.0.clone()),
            ("text", self.text.0.clone()),
            ("department", self.department.clone().unwrap_or_default()),
            ("topic", self.topic.clone().unwrap_or_default()),
            ("state", self.state.clone().unwrap_or_default()),
            ("outcome", self.outcome.map(|outcome| outcome.code().to_owned()).unwrap_or_default()),
        ]))
    }
}

#[utoipa::path(post, path = "/templates", tag = "templates", summary = "新建答复模板", request_body = TemplateAsked,
    responses((status = 204, description = "已添加")))]
pub(super) async fn add_template(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<TemplateAsked>,
) -> Done {
    let content = reply_templates::read(&state, &caller, &asked.form(&state)?).map_err(Problem::of_input)?;
    reply_templates::keep_new(&state, &caller, content).await?;
    Ok(DONE)
}

#[utoipa::path(put, path = "/templates/{id}", tag = "templates", summary = "修改答复模板", params(("id" = Id, Path)),
    request_body = TemplateAsked, responses((status = 204, description = "已保存")))]
pub(super) async fn change_template(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<TemplateId>,
    Body(asked): Body<TemplateAsked>,
) -> Done {
    reply_templates::kept_by(&state, &caller, id).await?;
    let content = reply_templates::read(&state, &caller, &asked.form(&state)?).map_err(Problem::of_input)?;
    reply_templates::keep(&state, &caller, id, asked.version.into(), &content).await?;
    Ok(DONE)
}

#[utoipa::path(post, path = "/templates/{id}/remove", tag = "templates", summary = "删除答复模板", params(("id" = Id, Path)),
    responses((status = 204, description = "已删除")))]
pub(super) async fn remove_template(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<TemplateId>,
) -> Done {
    reply_templates::kept_by(&state, &caller, id).await?;
    state.store.remove_reply_template(id, caller.actor()).await?;
    Ok(DONE)
}

#[utoipa::path(post, path = "/templates/first", tag = "templates", summary = "一个模板也没有时，装入样例",
    responses((status = 204, description = "已装入；有模板的不变")))]
pub(super) async fn first_templates(State(state): State<AppState>, caller: Caller) -> Done {
    reply_templates::load_first(&state, &caller).await?;
    Ok(DONE)
}
