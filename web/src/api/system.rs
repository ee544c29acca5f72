//! `GET /system`: what an installation still needs, and how it is doing.

use axum::Json;
use axum::extract::State;
use qingting_models::ids::ItemId;
use qingting_models::store::Queue;
use serde::Serialize;
use utoipa::ToSchema;

use super::Answer;
use super::schema::{At, Id};
use crate::app::AppState;
use crate::pages::system::{Step, SystemNow, look};

/// 系统的情况
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SystemState {
    /// 程序版本
    version: &'static str,
    /// 数据库
    database: &'static str,
    /// 安装后要备好的
    steps: Vec<SystemStep>,
    /// 各道工序前等着的信息
    waiting: StagesWaiting,
    /// 各道工序前等着的，按先后；比 waiting 多通知、外发和审计入链，还有最早一件的时间
    queues: Vec<StageQueue>,
    /// 试过多次没有处理成的，至多 10 条
    stuck: Vec<StuckLine>,
    /// 读不了的来源
    failing: Vec<FailingLine>,
    /// 外发卡住的消息
    stuck_deliveries: i64,
}

/// 要备好的一项
#[derive(Debug, Serialize, ToSchema)]
struct SystemStep {
    title: &'static str,
    /// 现在的状态，文字
    state: String,
    /// 还没有备好
    missing: bool,
    says: String,
}

impl From<Step> for SystemStep {
    fn from(step: Step) -> Self {
        Self { missing: step.is_missing(), title: step.title, state: step.state.text, says: step.says }
    }
}

/// 等着的信息
#[derive(Debug, Default, Serialize, ToSchema)]
struct StagesWaiting {
    /// 研判
    judge: i64,
    /// 归并
    join: i64,
    /// 分流
    route: i64,
    /// 预警
    alert: i64,
}

impl StagesWaiting {
    fn of(queues: &[Queue]) -> Self {
        let of = |stage: &str| queues.iter().find(|queue| queue.stage == stage).map_or(0, |q| q.waiting);
        Self { judge: of("judge"), join: of("join"), route: of("route"), alert: of("alert") }
    }
}

/// 一道工序前等着的
#[derive(Debug, Serialize, ToSchema)]
struct StageQueue {
    /// 工序：judge 研判、route 分流、join 归并、alert 预警、tell 通知、send 外发、chain 审计入链
    stage: &'static str,
    /// 多少件
    waiting: i64,
    /// 最早的一件从什么时候等起
    since: Option<At>,
}

/// 没有处理成的
#[derive(Debug, Serialize, ToSchema)]
struct StuckLine {
    /// 工序：judge、join、route、alert
    stage: String,
    #[schema(value_type = Id)]
    item: ItemId,
    error: Option<String>,
}

/// 读不了的来源
#[derive(Debug, Serialize, ToSchema)]
struct FailingLine {
    name: String,
    why: String,
    /// 上一次读成的时间
    last_success_at: Option<At>,
}

#[utoipa::path(get, path = "/system", tag = "system", summary = "系统的情况",
    responses((status = 200, description = "情况", body = SystemState)))]
pub(super) async fn show(State(state): State<AppState>) -> Answer<SystemState> {
    let SystemNow { steps, queues, stuck, failing, stuck_deliveries } = look(&state).await?;
    let stuck = stuck.into_iter();
    let failing = failing.into_iter();
    Ok(Json(SystemState {
        version: env!("CARGO_PKG_VERSION"),
        database: state.store.engine(),
        steps: steps.into_iter().map(SystemStep::from).collect(),
        waiting: StagesWaiting::of(&queues),
        queues: queues
            .into_iter()
            .map(|queue| StageQueue {
                stage: queue.stage,
                waiting: queue.waiting,
                since: queue.since.map(At),
            })
            .collect(),
        stuck: stuck.map(|s| StuckLine { stage: s.stage, item: s.item, error: s.error }).collect(),
        failing: failing
            .map(|(name, why, good)| FailingLine { name, why, last_success_at: good.map(At) })
            .collect(),
        stuck_deliveries,
    }))
}
