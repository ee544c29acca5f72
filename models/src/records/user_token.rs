//! Tokens by which a program acts for a user, and what each lets it do.

use jiff::Timestamp;

use super::words;
use crate::ids::TokenId;

words! {
    /// What a token lets a program do, at most what its user may.
    Scope {
        ItemsRead => "items:read", "查看信息";
        ItemsJudge => "items:judge", "研判、分派信息";
        IncidentsRead => "incidents:read", "查看事件和预警";
        IncidentsWrite => "incidents:write", "处理事件和预警";
        CasesRead => "cases:read", "查看工单、镜像工单、承诺、口径、模板";
        CasesAct => "cases:act", "办理工单、镜像工单、承诺，回填，维护口径和模板";
        ReportsRead => "reports:read", "查看总览、单位指标和报告";
        ReportsWrite => "reports:write", "编写报告";
        NoticesRead => "notices", "查看和标记自己的通知";
        /// The stream of what happened: ids, codes and times.
        EventsRead => "events", "读取变动流";
        /// The county's facts: which topics, departments and towns there are.
        CountyRead => "county:read", "查看话题、单位、乡镇等基础数据，分流规则和预警规则";
        /// By what items are routed and raise alerts, and the county's files as a whole.
        CountyWrite => "county:write", "修改基础数据、分流规则和预警规则";
        Admin => "admin", "管理来源、隔离区、用户、通知、推送和模型，查看审计";
    }
}

/// A token as its owner sees it; the token itself is shown once and never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserToken {
    pub id: TokenId,
    /// What its owner calls it.
    pub name: String,
    pub scopes: Vec<Scope>,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
    /// When it was last used, to the hour.
    pub used_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

impl UserToken {
    /// Longest life of a token, in days.
    pub const MOST_DAYS: i64 = 365;
    /// Longest name, in characters.
    pub const LONGEST_NAME: usize = 40;
    /// So many of one user may be in use at once.
    pub const MOST: usize = 20;

    /// Whether it opens anything at `now`.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.expires_at > now
    }
}
