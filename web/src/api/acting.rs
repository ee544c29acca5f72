//! The actions on a case as a program asks for them: one object a kind, told apart by `action`.

use jiff::civil::Date;
use qingting_models::ids::ItemId;
use qingting_models::records::{Outcome, RatingGrade};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::ask::{self, Object};
use super::problem::Problem;
use super::schema::{Day, DepartmentWord, Filled, GradeCode, Id, OutcomeCode, Text, Whole};
use crate::caller::Form;

/// A day as it has to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct DayAsked(pub Date);

impl<'de> Deserialize<'de> for DayAsked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || D::Error::custom("不是日期，请写成 2026-01-31 这样");
        if text.len() != 10 || !text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
            return Err(wrong());
        }
        text.parse().map(Self).map_err(|_| wrong())
    }
}

/// 承诺
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PromiseAsked {
    /// 承诺的事项
    what: Filled<200>,
    /// 什么时候之前
    #[schema(value_type = Day)]
    by: DayAsked,
}

/// Objects alone, for a list of promises.
fn objects<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PromiseAsked>, D::Error> {
    let found: Vec<Object<PromiseAsked>> = Vec::deserialize(deserializer)?;
    match found.len() {
        0..=2 => Ok(found.into_iter().map(|Object(promise)| promise).collect()),
        count => Err(D::Error::custom(format!("承诺最多两项，现有 {count} 项"))),
    }
}

/// 工单操作；谁在什么状态能做什么，见《案件流转》。每一种都带上看到的 version
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ActAsked {
    /// 签收
    Accept { version: Whole },
    /// 退回，写明应由谁办理
    SendBack {
        version: Whole,
        text: Filled<1000>,
        #[schema(value_type = DepartmentWord)]
        department: String,
    },
    /// 改派
    Reassign {
        version: Whole,
        #[schema(value_type = DepartmentWord)]
        department: String,
        text: Filled<1000>,
    },
    /// 登记已联系
    Contact { version: Whole, text: Filled<1000> },
    /// 告知信访人
    PetitionerTold { version: Whole, text: Filled<1000> },
    /// 等待群众
    Wait {
        version: Whole,
        /// 依据
        text: Filled<1000>,
        /// 等到哪一天
        #[schema(value_type = Day)]
        until: DayAsked,
    },
    /// 继续办理
    GoOn {
        version: Whole,
        #[serde(default)]
        text: Text<1000>,
    },
    /// 申请延期
    AskExtension {
        version: Whole,
        #[schema(minimum = 1, maximum = 60)]
        #[serde(deserialize_with = "days")]
        days: u32,
        text: Filled<1000>,
    },
    /// 同意延期
    GrantExtension {
        version: Whole,
        #[serde(default)]
        text: Text<1000>,
    },
    /// 不同意延期
    RefuseExtension { version: Whole, text: Filled<1000> },
    /// 提交答复
    Submit {
        version: Whole,
        /// 给诉求人的答复
        text: Filled<4000>,
        /// 可公开的内容，不含个人信息
        #[serde(default)]
        public_text: Text<4000>,
        /// 可公开内容里保留个人信息的理由
        #[serde(default)]
        stands_because: Text<200>,
        #[schema(value_type = OutcomeCode)]
        outcome: Outcome,
        #[schema(max_items = 2)]
        #[serde(default, deserialize_with = "objects")]
        promises: Vec<PromiseAsked>,
    },
    /// 退回修改
    NeedsWork { version: Whole, text: Filled<1000> },
    /// 审核通过
    Approve {
        version: Whole,
        #[serde(default)]
        text: Text<1000>,
    },
    /// 登记回访
    CallBack {
        version: Whole,
        #[schema(value_type = GradeCode)]
        grade: RatingGrade,
        #[schema(value_type = OutcomeCode)]
        outcome: Outcome,
        #[serde(default)]
        text: Text<1000>,
        /// 一并答复的，只回访了哪一条信息；不写就是全部
        #[schema(value_type = Option<Id>)]
        called: Option<ItemId>,
    },
    /// 重办
    Reopen { version: Whole, text: Filled<1000> },
    /// 督办：1 黄色，2 红色，3 领导
    Press {
        version: Whole,
        #[schema(minimum = 1, maximum = 3)]
        #[serde(deserialize_with = "level")]
        level: u32,
        text: Filled<1000>,
    },
    /// 增加协办
    AddHelper {
        version: Whole,
        #[schema(value_type = DepartmentWord)]
        department: String,
        text: Filled<1000>,
    },
    /// 解除协办
    ReleaseHelper {
        version: Whole,
        #[schema(value_type = DepartmentWord)]
        department: String,
        text: Filled<1000>,
    },
    /// 协办签收
    HelperAccept { version: Whole },
    /// 协办反馈
    HelperAnswer { version: Whole, text: Filled<1000> },
    /// 协办不承担
    HelperRefuse { version: Whole, text: Filled<1000> },
    /// 不予受理，写明法定理由
    Decline { version: Whole, text: Filled<1000> },
    /// 转外部门
    Outside {
        version: Whole,
        authority: Filled<100>,
        /// 回执或文号
        text: Filled<200>,
    },
    /// 作废
    Void { version: Whole, text: Filled<1000> },
    /// 并案
    Merge {
        version: Whole,
        /// 并入的工单号，如 2026-00123
        into: Filled<20>,
        text: Filled<1000>,
    },
    /// 拆分
    Split {
        version: Whole,
        #[schema(value_type = DepartmentWord)]
        department: String,
        text: Filled<1000>,
    },
    /// 同一事件后来的诉求是否归入
    TakeIncident { version: Whole, on: bool },
}

fn within<'de, D: Deserializer<'de>>(deserializer: D, most: u32) -> Result<u32, D::Error> {
    match Whole::deserialize(deserializer)? {
        Whole(n) if (1..=most).contains(&n) => Ok(n),
        Whole(_) => Err(D::Error::custom(format!("应为 1 至 {most}"))),
    }
}

fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(deserializer, 60)
}

fn level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(deserializer, 3)
}

impl ActAsked {
    /// The form of the case's page that asks for the same.
    pub(super) fn form(&self) -> Result<Form, Problem> {
        let fields = serde_json::to_value(self).map_err(Problem::internal)?;
        let mut rows: Vec<(&str, String)> = Vec::new();
        let places = [("promise_1", "promise_1_by"), ("promise_2", "promise_2_by")];
        for (name, value) in fields.as_object().into_iter().flatten() {
            match value {
                Value::Array(promises) => {
                    for ((what, by), promise) in places.into_iter().zip(promises) {
                        rows.push((what, promise["what"].as_str().unwrap_or_default().to_owned()));
                        rows.push((by, promise["by"].as_str().unwrap_or_default().to_owned()));
                    }
                }
                Value::String(text) => rows.push((name, text.clone())),
                Value::Bool(on) => rows.push((name, if *on { "on".into() } else { "off".into() })),
                Value::Null => {}
                other => rows.push((name, other.to_string())),
            }
        }
        Ok(ask::form(rows))
    }
}
