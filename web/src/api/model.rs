//! How the model does, and the candidate beside it: compared, put to work, taken back.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use jiff::civil::Date;
use qingting_classify::{ComparedSet, Duel, RowSet};
use qingting_models::records::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ask::Body;
use super::problem::Problem;
use super::schema::{AnyTopic, Day, Filled};
use super::{Answer, DONE, Done};
use crate::app::AppState;
use crate::caller::Caller;
use crate::model_desk::{Comparing, LastTrial, ModelsNow};
use crate::pages::model::{AtWork, Change, TopicShare, at_work};
use crate::pages::model_change::{back_to, models_now, plan_of, put_to_work, said, start};

/// 模型的情况；保密件不在内
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelNow {
    /// 近十二周，新的在前
    weeks: Vec<ModelWeek>,
    /// 上一个整周各话题的份额，和以前比
    topics: Vec<ModelTopic>,
    /// 上一个整周的星期一；以前还没有整周是 null
    #[schema(value_type = Option<Day>)]
    last_week: Option<Date>,
    /// 在用的和候选的模型；只给管理员，没有模型文件夹的是 null
    models: Option<ModelFiles>,
}

/// 一周
#[derive(Debug, Serialize, ToSchema)]
struct ModelWeek {
    #[schema(value_type = Day)]
    monday: Date,
    /// 这一周还没有过完
    goes_on: bool,
    /// 研判过的信息
    items: i64,
    /// 其中模型拿不准的
    unsure: i64,
    /// 人研判过的，其中主话题改了的
    by_person: i64,
    corrected: i64,
    /// 盲评的，其中与模型不同的
    blind: i64,
    blind_corrected: i64,
}

/// 一个话题的份额
#[derive(Debug, Serialize, ToSchema)]
struct ModelTopic {
    /// 没有需要办理的事是 null
    #[schema(value_type = Option<AnyTopic>)]
    topic: Option<String>,
    before: ModelShare,
    last: ModelShare,
    change: ChangeWord,
}

/// 几条里的几条
#[derive(Debug, Serialize, ToSchema)]
struct ModelShare {
    items: i64,
    of: i64,
}

/// none 没有明显变化，more 明显增多，less 明显减少
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ChangeWord {
    None,
    More,
    Less,
}

fn topic(share: TopicShare) -> ModelTopic {
    let of = |(items, of)| ModelShare { items, of };
    ModelTopic {
        topic: Some(share.topic).filter(|topic| !topic.is_empty()),
        before: of(share.before),
        last: of(share.last),
        change: match share.change {
            Change::None => ChangeWord::None,
            Change::More => ChangeWord::More,
            Change::Less => ChangeWord::Less,
        },
    }
}

/// 在用的和候选的模型，写的是摘要
#[derive(Debug, Serialize, ToSchema)]
struct ModelFiles {
    /// 在用的
    at_work: String,
    /// 以前用的，可以退回
    before: Option<String>,
    candidate: Option<String>,
    /// 正在比较
    comparing: bool,
    /// 上一次比较为什么没有做成
    failed: Option<String>,
    /// 这两个模型的比较；还没有比较过是 null
    trial: Option<ModelTrial>,
}

/// 一次比较
#[derive(Debug, Serialize, ToSchema)]
struct ModelTrial {
    /// 比较的时间；换用时原样带上
    seen: String,
    sets: Vec<ModelSet>,
    /// 明显变差的话题；仍要换用，写在 despite 里
    #[schema(value_type = Vec<AnyTopic>)]
    worse: Vec<String>,
    /// 有候选模型不可能学过的样本；没有就不能换用
    tells: bool,
}

/// 在一组样本上
#[derive(Debug, Serialize, ToSchema)]
struct ModelSet {
    rows: RowsWord,
    count: usize,
    /// 正确率（微平均），0 至 1
    at_work: f64,
    candidate: f64,
    /// 第一项是主话题（topic 是 null），其余是各话题
    duels: Vec<ModelDuel>,
}

/// gold 固定样本，blind 盲评，corrections 其余人工研判
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RowsWord {
    Gold,
    Blind,
    Corrections,
}

/// 一个话题上谁对得多
#[derive(Debug, Serialize, ToSchema)]
struct ModelDuel {
    #[schema(value_type = Option<AnyTopic>)]
    topic: Option<String>,
    /// 有这个话题的样本
    support: usize,
    /// 只有在用的对
    only_at_work: usize,
    /// 只有候选的对
    only_candidate: usize,
    /// 两者一样好时，差别至少这样大的可能
    p: f64,
    /// 候选的明显变差
    worse: bool,
}

fn duel(topic: Option<&str>, duel: &Duel) -> ModelDuel {
    ModelDuel {
        topic: topic.map(str::to_owned),
        support: duel.support,
        only_at_work: duel.only_present,
        only_candidate: duel.only_candidate,
        p: duel.p,
        worse: duel.is_worse(),
    }
}

fn set(ComparedSet { rows, compared }: &ComparedSet) -> ModelSet {
    let topics = compared.topics.iter().map(|(code, of)| duel(Some(code), of));
    ModelSet {
        rows: match rows {
            RowSet::Gold => RowsWord::Gold,
            RowSet::Blind => RowsWord::Blind,
            RowSet::Corrections => RowsWord::Corrections,
        },
        count: compared.rows,
        at_work: compared.present_micro,
        candidate: compared.candidate_micro,
        duels: std::iter::once(duel(None, &compared.first)).chain(topics).collect(),
    }
}

fn trial(last: &LastTrial, plan: &[&str]) -> ModelTrial {
    ModelTrial {
        seen: last.at.to_string(),
        sets: last.trial.sets.iter().map(set).collect(),
        worse: last.trial.worse(plan),
        tells: last.trial.sets.iter().any(|set| set.rows.is_unlearned()),
    }
}

fn files(models: &ModelsNow, plan: &[&str]) -> ModelFiles {
    ModelFiles {
        at_work: models.at_work.clone(),
        before: models.before.clone(),
        candidate: models.candidate.clone(),
        comparing: matches!(models.comparing, Comparing::UnderWay),
        failed: match &models.comparing {
            Comparing::Failed(refusal) => Some(said(refusal)),
            Comparing::Idle | Comparing::UnderWay => None,
        },
        trial: models.trial().map(|last| trial(last, plan)),
    }
}

#[utoipa::path(get, path = "/model", tag = "model", summary = "模型的情况",
    responses((status = 200, description = "情况", body = ModelNow)))]
pub(super) async fn show(State(state): State<AppState>, caller: Caller) -> Answer<ModelNow> {
    let AtWork { weeks, topics, last_week } = at_work(&state).await?;
    let models = if caller.has(Role::Admin) { models_now(&state).await? } else { None };
    let plan = plan_of(&state);
    let weeks = weeks.into_iter().rev().map(|(monday, week, goes_on)| ModelWeek {
        monday,
        goes_on,
        items: week.items,
        unsure: week.unsure,
        by_person: week.by_person,
        corrected: week.corrected,
        blind: week.blind,
        blind_corrected: week.blind_corrected,
    });
    Ok(Json(ModelNow {
        weeks: weeks.collect(),
        topics: topics.into_iter().map(topic).collect(),
        last_week,
        models: models.map(|models| files(&models, &plan)),
    }))
}

#[utoipa::path(post, path = "/model/compare", tag = "model", summary = "开始比较候选模型和在用的；结果见 GET /model",
    responses((status = 204, description = "已开始，样本多时要几分钟")))]
pub(super) async fn compare(State(state): State<AppState>) -> Done {
    start(&state).await?;
    Ok(DONE)
}

/// 换用候选模型
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PromoteAsked {
    /// 看到的比较时间，照 trial.seen 写
    seen: Filled<40>,
    /// 明显变差也换用的话题
    #[serde(default)]
    #[schema(max_items = 100)]
    despite: Vec<Filled<40>>,
}

#[utoipa::path(post, path = "/model/promote", tag = "model", summary = "换用候选模型", request_body = PromoteAsked,
    responses((status = 204, description = "已换用，一分钟内各进程生效")))]
pub(super) async fn promote(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<PromoteAsked>,
) -> Done {
    let seen: Result<Timestamp, _> = asked.seen.0.parse();
    let seen = seen.map_err(|_| Problem::unfit("字段“seen”：不是时间，请照 GET /model 的 trial.seen 写"))?;
    let despite: Vec<String> = asked.despite.into_iter().map(|Filled(field)| field).collect();
    put_to_work(&state, &caller, seen, &despite).await?;
    Ok(DONE)
}

/// 退回以前的模型
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RollBackAsked {
    /// 看到的在用的模型，照 at_work 写
    seen: Filled<64>,
}

#[utoipa::path(post, path = "/model/rollback", tag = "model", summary = "退回以前用的模型", request_body = RollBackAsked,
    responses((status = 204, description = "已退回，一分钟内各进程生效")))]
pub(super) async fn roll_back(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<RollBackAsked>,
) -> Done {
    back_to(&state, &caller, asked.seen.0.trim()).await?;
    Ok(DONE)
}
