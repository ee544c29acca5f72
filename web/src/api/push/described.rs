//! What is pushed and what it is answered with, for the document alone: records are read by `qingting_ingest::push`, which
//! tells a sender more than a description could.

use utoipa::ToSchema;

use super::super::schema::Id;

/// 一条记录；至少要有标题或内容，除非是撤回
#[derive(ToSchema)]
#[schema(as = PushedRecord)]
#[expect(dead_code, reason = "the fields are for the document")]
pub(super) struct Pushed {
    /// 贵方的编号，同一编号只存一件；也可以是整数
    #[schema(value_type = Option<String>, max_length = 200)]
    id: Option<String>,
    title: Option<String>,
    body: Option<String>,
    /// http:// 或 https://
    url: Option<String>,
    /// 来电、留言、发布的时间
    occurred_at: Option<String>,
    /// 派单时间，办理时限从它起算
    dispatched_at: Option<String>,
    /// 贵方要求的办结时间
    due_at: Option<String>,
    /// 状态词，如“办理中”
    state: Option<String>,
    finished: Option<bool>,
    /// 撤回这一条
    withdrawn: Option<bool>,
    persons: Option<Persons>,
    /// 其他要显示的内容
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    extra: Option<()>,
}

/// 个人信息，密封保存，正文里出现也会隐去
#[derive(ToSchema)]
#[schema(as = PushedPersons)]
#[expect(dead_code, reason = "the fields are for the document")]
struct Persons {
    #[schema(required = false)]
    names: Vec<String>,
    #[schema(required = false)]
    phones: Vec<String>,
    #[schema(required = false)]
    others: Vec<String>,
}

/// 推送的回执
#[derive(ToSchema)]
#[schema(as = PushReceipt)]
#[expect(dead_code, reason = "the fields are for the document")]
pub(in crate::api) struct Receipt {
    /// 回执号，三十天内可查
    #[schema(value_type = Id)]
    receipt: (),
    /// 读到的条数
    read: u64,
    new: u64,
    updated: u64,
    unchanged: u64,
    quarantined: u64,
    lines: Vec<LineOutcome>,
}

/// 一条记录的结果
#[derive(ToSchema)]
#[expect(dead_code, reason = "the fields are for the document")]
struct LineOutcome {
    /// 第几行，从 1 数起
    line: u64,
    /// 202 收下，422 退回
    status: u16,
    /// new 新收，updated 更新，unchanged 未变
    outcome: Option<String>,
    /// 贵方的编号
    id: Option<String>,
    error: Option<LineFault>,
}

/// 为什么退回
#[derive(ToSchema)]
#[expect(dead_code, reason = "the fields are for the document")]
struct LineFault {
    field: Option<String>,
    detail: String,
}

/// 撤回的结果
#[derive(ToSchema)]
#[expect(dead_code, reason = "the fields are for the document")]
pub(super) struct Withdrawn {
    id: String,
    withdrawn: bool,
    /// updated 已标记，unchanged 早已撤回
    outcome: String,
}
