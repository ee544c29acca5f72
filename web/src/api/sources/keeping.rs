//! What an administrator does about a source: tries, adds, changes and removes it, and gives a platform its token.

use axum::Json;
use axum::extract::State;
use qingting_models::ids::SourceId;
use qingting_models::records::SourceKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::settings::{SourceSettingsBody, unfit};
use crate::api::ask::{Body, Key, object};
use crate::api::problem::Problem;
use crate::api::schema::{Filled, Id, SourceKindCode};
use crate::api::{Answer, DONE, Done};
use crate::app::AppState;
use crate::caller::Caller;
use crate::pages::sources::{self, act, add, edit, token, trial};
use crate::preview::{Preview, Trial};

/// 要试读的来源
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct TrySourceAsked {
    #[schema(value_type = SourceKindCode)]
    kind: SourceKind,
    #[serde(deserialize_with = "object")]
    settings: SourceSettingsBody,
    /// 口令
    secret: Option<Filled<2000>>,
    /// 改的是哪个来源；没有写 secret 的，用它密封的口令去读
    #[schema(value_type = Option<Id>)]
    source: Option<SourceId>,
}

/// 试读：会读进什么，什么也不保存；文字都是隐去个人信息后的
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SourceTrial {
    /// 读到的；没有读成是 null
    read: Option<TrialRead>,
    /// 地址是网页时，它写明的订阅源
    feeds: Vec<TrialFeed>,
    /// 为什么没有读成
    problem: Option<String>,
    /// 该怎么办
    todo: Option<String>,
}

/// 试读读到的
#[derive(Debug, Serialize, ToSchema)]
struct TrialRead {
    /// 读的是什么，如 RSS 订阅源“县新闻”
    what: String,
    count: usize,
    /// 另有多少条不能收
    rejected: usize,
    /// 只读了一部分的，读到哪里
    extent: Option<&'static str>,
    /// 前几条
    entries: Vec<TrialEntry>,
    /// 每条规则在第一条里找到了什么
    matched: Vec<TrialMatch>,
    /// 要留意的
    notes: Vec<String>,
}

/// 试读的一条
#[derive(Debug, Serialize, ToSchema)]
struct TrialEntry {
    title: String,
    text: String,
    /// 发布时间，文字
    at: Option<String>,
    url: Option<String>,
}

/// 一条规则找到了什么
#[derive(Debug, Serialize, ToSchema)]
struct TrialMatch {
    label: String,
    rule: String,
    /// 什么也没有找到是 null
    found: Option<String>,
}

/// 网页写明的订阅源
#[derive(Debug, Serialize, ToSchema)]
struct TrialFeed {
    title: String,
    format: &'static str,
    url: String,
}

impl From<Trial> for SourceTrial {
    fn from(trial: Trial) -> Self {
        let feeds = trial.found.into_iter();
        Self {
            read: trial.preview.map(TrialRead::from),
            feeds: feeds.map(|f| TrialFeed { title: f.title, format: f.format, url: f.url }).collect(),
            problem: trial.problem.map(|told| told.text),
            todo: Some(trial.todo).filter(|todo| !todo.is_empty()),
        }
    }
}

impl From<Preview> for TrialRead {
    fn from(read: Preview) -> Self {
        let entries = read.entries.into_iter();
        let matched = read.matched.into_iter();
        Self {
            what: read.what,
            count: read.count,
            rejected: read.rejected,
            extent: Some(read.extent).filter(|extent| !extent.is_empty()),
            entries: entries
                .map(|e| TrialEntry { title: e.title, text: e.text, at: e.at, url: e.url })
                .collect(),
            matched: matched
                .map(|m| TrialMatch { label: m.label, rule: m.rule, found: (!m.nothing).then_some(m.found) })
                .collect(),
            notes: read.notes.into_iter().map(|told| told.text).collect(),
        }
    }
}

#[utoipa::path(post, path = "/sources/try", tag = "sources", summary = "试读还没有保存的来源", request_body = TrySourceAsked,
    responses((status = 200, description = "结果", body = SourceTrial)))]
pub(in crate::api) async fn try_it(
    State(state): State<AppState>,
    Body(asked): Body<TrySourceAsked>,
) -> Answer<SourceTrial> {
    let form = asked.settings.form(asked.secret.as_ref().map(|secret| secret.0.as_str()), false)?;
    let tried = match asked.source {
        None => add::try_new(&state, asked.kind, &form).await?,
        Some(id) => {
            let source = sources::find(&state, &id.to_string()).await?;
            if source.kind != asked.kind {
                return Err(Problem::unfit("字段“kind”：来源的种类不能改"));
            }
            edit::try_change(&state, &source, &form).await?
        }
    };
    Ok(Json(tried.map_err(|problems| unfit(&problems))?.into()))
}

#[utoipa::path(post, path = "/sources/{id}/try", tag = "sources", summary = "按保存的设置试读", params(("id" = Id, Path)),
    responses((status = 200, description = "结果", body = SourceTrial)))]
pub(in crate::api) async fn try_saved(
    State(state): State<AppState>,
    Key(id): Key<SourceId>,
) -> Answer<SourceTrial> {
    let source = sources::find(&state, &id.to_string()).await?;
    Ok(Json(trial::of_source(&state, &source).await?.into()))
}

/// 要添加的来源
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct AddSourceAsked {
    #[schema(value_type = SourceKindCode)]
    kind: SourceKind,
    #[serde(deserialize_with = "object")]
    settings: SourceSettingsBody,
    /// 口令，密封保存
    secret: Option<Filled<2000>>,
}

/// 添加的来源
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SourceAdded {
    #[schema(value_type = Id)]
    id: SourceId,
    /// 接口推送的来源的令牌，只给这一次
    token: Option<String>,
}

#[utoipa::path(post, path = "/sources", tag = "sources", summary = "添加来源", request_body = AddSourceAsked,
    responses((status = 200, description = "已添加", body = SourceAdded)))]
pub(in crate::api) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<AddSourceAsked>,
) -> Answer<SourceAdded> {
    let form = asked.settings.form(asked.secret.as_ref().map(|secret| secret.0.as_str()), false)?;
    let added = add::create(&state, &caller, asked.kind, &form).await?;
    let source = added.map_err(|problems| unfit(&problems))?;
    let token = match source.kind {
        SourceKind::Push => Some(state.store.new_source_token(source.id, caller.actor()).await?),
        _ => None,
    };
    Ok(Json(SourceAdded { id: source.id, token }))
}

/// 来源改成怎样；所有设置都要写，没有写的就去掉
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ChangeSourceAsked {
    #[serde(deserialize_with = "object")]
    settings: SourceSettingsBody,
    /// 新的口令；不写就照旧
    secret: Option<Filled<2000>>,
    /// 去掉密封的口令
    #[serde(default)]
    forget_secret: bool,
}

#[utoipa::path(put, path = "/sources/{id}", tag = "sources", summary = "修改来源", params(("id" = Id, Path)),
    request_body = ChangeSourceAsked, responses((status = 204, description = "已保存")))]
pub(in crate::api) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<SourceId>,
    Body(asked): Body<ChangeSourceAsked>,
) -> Done {
    let source = sources::find(&state, &id.to_string()).await?;
    let secret = asked.secret.as_ref().map(|secret| secret.0.as_str());
    let form = asked.settings.form(secret, asked.forget_secret)?;
    match edit::change(&state, &caller, &source, &form).await? {
        None => Ok(DONE),
        Some(problems) => Err(unfit(&problems)),
    }
}

#[utoipa::path(post, path = "/sources/{id}/move", tag = "sources", summary = "换成对方给出的新地址（moved_to）", params(("id" = Id, Path)),
    responses((status = 204, description = "已换")))]
pub(in crate::api) async fn take_new_address(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<SourceId>,
) -> Done {
    act::move_to_new(&state, &caller, &id.to_string()).await?;
    Ok(DONE)
}

/// 新的令牌，只给这一次
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SourceToken {
    token: String,
}

#[utoipa::path(post, path = "/sources/{id}/token", tag = "sources", summary = "生成推送令牌，旧的作废", params(("id" = Id, Path)),
    responses((status = 200, description = "令牌", body = SourceToken)))]
pub(in crate::api) async fn new_token(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<SourceId>,
) -> Answer<SourceToken> {
    let source = sources::find(&state, &id.to_string()).await?;
    token::takes_token(&source)?;
    Ok(Json(SourceToken { token: state.store.new_source_token(source.id, caller.actor()).await? }))
}

#[utoipa::path(post, path = "/sources/{id}/token/end", tag = "sources", summary = "结束推送令牌", params(("id" = Id, Path)),
    responses((status = 204, description = "对方不能再推送")))]
pub(in crate::api) async fn end_token(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<SourceId>,
) -> Done {
    let source = sources::find(&state, &id.to_string()).await?;
    state.store.end_source_token(source.id, caller.actor()).await?;
    Ok(DONE)
}

#[utoipa::path(post, path = "/sources/{id}/remove", tag = "sources", summary = "移除来源；它带来的信息和工单都保留", params(("id" = Id, Path)),
    responses((status = 204, description = "已移除")))]
pub(in crate::api) async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<SourceId>,
) -> Done {
    let source = sources::find(&state, &id.to_string()).await?;
    state.store.remove_source(source.id, caller.actor()).await?;
    Ok(DONE)
}
