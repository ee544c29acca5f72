//! The words of the API: how ids, times, codes and texts are written and described.
//!
//! Comments on the fields of requests and answers are in Chinese: they are what the document and its page show to those
//! who write programs against it.

use jiff::Timestamp;
use qingting_models::clock::rfc3339;
use qingting_models::county::{BRIEF_CHAPTERS, REPORT_CHAPTERS};
use qingting_models::records::{
    BackfillField, BackfillState, Channel, DeliveryState, FileKind, HelperState, HttpMethod, Kind,
    MailSecurity, Mode, NoticeKind, OutKind, Outcome, PromiseState, Rate, RatingGrade, RejectForm,
    RejectKind, ReportDeed, ReportKind, ReportState, Role, Scope, SourceKind,
};
use qingting_models::records::{OPEN_STATES, state_label};
use qingting_respond::case_table::ActionKind;
use qingting_respond::report::ReportFormat;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

use crate::pages::cases;

/// Characters that no text may hold: PostgreSQL keeps no NUL, and nobody can read the others.
pub(super) fn is_unreadable(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

/// What a text that has to be filled in matches: something besides blanks and no unreadable character.
pub(super) const FILLED: &str = "^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]*$";
/// What any text matches.
pub(super) const READABLE: &str = "^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]*$";

fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description))
}

/// An id in an answer or a request, for the document alone.
pub(super) struct Id;

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        text("编号：13 个字符").pattern(Some("^[0-7][0-9a-hjkmnp-tv-z]{12}$")).into()
    }
}

impl ToSchema for Id {}

/// A time in an answer: Asia/Shanghai, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At(pub Timestamp);

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&rfc3339(self.0))
    }
}

impl PartialSchema for At {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
        text("时间，如 2026-11-30T09:00:00+08:00").format(Some(format)).into()
    }
}

impl ToSchema for At {
    fn name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }
}

/// A day, `2026-11-30`, for the document alone.
pub(super) struct Day;

impl PartialSchema for Day {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Date);
        text("日期，如 2026-11-30").format(Some(format)).pattern(Some("^2[0-9]{3}-[0-9]{2}-[0-9]{2}$")).into()
    }
}

impl ToSchema for Day {}

/// How urgent: 0, 1, 2.
pub(super) struct UrgencyLevel;

impl PartialSchema for UrgencyLevel {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .enum_values(Some([0, 1, 2]))
            .description(Some("紧急程度：0 一般，1 关注，2 紧急"))
            .into()
    }
}

impl ToSchema for UrgencyLevel {}

/// Names of a county's tables. What there is in them changes with the county's files, so it is written into the document
/// when that is asked for (`document::of_county`).
macro_rules! county_words {
    ($($(#[$doc:meta])* $name:ident, $says:literal;)*) => {$(
        $(#[$doc])*
        pub(super) struct $name;
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> { text($says).into() }
        }
        impl ToSchema for $name {}
    )*};
}

county_words! {
    TopicWord, "话题代码，见 GET /county";
    DepartmentWord, "单位代码，见 GET /county";
    TownWord, "乡镇街道名称，见 GET /county";
    /// Where the routing table can send something.
    RoutedWord, "单位代码，见 GET /county；@town 是属地乡镇街道";
    /// As in answers: what counted at its time may stand in no table any more.
    AnyTopic, "话题代码";
    AnyDepartment, "单位代码";
    AnyTown, "乡镇街道名称";
}

macro_rules! code_words {
    ($($name:ident of $words:ty, $says:literal;)*) => {$(
        pub(super) struct $name;
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let known: Vec<String> = <$words>::ALL.iter().map(|w| format!("{} {}", w.code(), w.label())).collect();
                let codes: Vec<&str> = <$words>::ALL.iter().map(|w| w.code()).collect();
                text(&format!("{}：{}", $says, known.join("，"))).enum_values(Some(codes)).into()
            }
        }
        impl ToSchema for $name {}
    )*};
}

code_words! {
    ChannelCode of Channel, "渠道";
    KindCode of Kind, "诉求类型";
    HelperStateCode of HelperState, "协办状态";
    OutcomeCode of Outcome, "结果";
    GradeCode of RatingGrade, "群众评价";
    RoleCode of Role, "角色";
    ScopeCode of Scope, "令牌范围";
    ActionCode of ActionKind, "工单操作";
    FileKindCode of FileKind, "文件种类";
    BackfillStateCode of BackfillState, "回填状态";
    BackfillFieldCode of BackfillField, "回填表格的列";
    NoticeKindCode of NoticeKind, "通知种类";
    DeliveryStateCode of DeliveryState, "外发状态";
    MailSecurityCode of MailSecurity, "邮件服务器的加密方式";
    MethodCode of HttpMethod, "请求方法";
    PromiseStateCode of PromiseState, "承诺状态";
    ReportKindCode of ReportKind, "报告种类";
    ReportStateCode of ReportState, "报告状态";
    ReportDeedCode of ReportDeed, "报告操作";
    SourceKindCode of SourceKind, "来源种类";
    ModeCode of Mode, "来源方式";
    RejectKindCode of RejectKind, "隔离原因";
    RejectFormCode of RejectForm, "隔离内容的格式";
    RateCode of Rate, "指标";
    OutKindCode of OutKind, "变动种类";
}

/// A format of a report's file, for the document alone.
pub(super) struct FormatCode;

impl PartialSchema for FormatCode {
    fn schema() -> RefOr<Schema> {
        let codes: Vec<&str> = ReportFormat::ALL.iter().map(|format| format.code()).collect();
        text("文件格式").enum_values(Some(codes)).into()
    }
}

impl ToSchema for FormatCode {}

/// A chapter of a report, for the document alone.
pub(super) struct ChapterCode;

impl PartialSchema for ChapterCode {
    fn schema() -> RefOr<Schema> {
        text("报告的章").enum_values(Some(REPORT_CHAPTERS.into_iter().chain(BRIEF_CHAPTERS))).into()
    }
}

impl ToSchema for ChapterCode {}

/// A whole number from 0 to 4294967295. JSON knows one kind of number: 3.0 is 3.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Whole(pub u32);

impl PartialSchema for Whole {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(u32::MAX)).into()
    }
}

impl ToSchema for Whole {}

impl std::fmt::Display for Whole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Whole> for i64 {
    fn from(Whole(n): Whole) -> Self {
        n.into()
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        // Every such number is one that an f64 holds.
        if number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number) {
            return Ok(Self(number as u32));
        }
        Err(D::Error::custom("应为 0 至 4294967295 的整数"))
    }
}

/// A text that has to be filled in, of at most `MAX` characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Filled<const MAX: usize>(pub String);

/// A text of at most `MAX` characters that may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Text<const MAX: usize>(pub String);

fn readable<'de, D: Deserializer<'de>>(deserializer: D, max: usize) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.chars().count() {
        count if count > max => Err(D::Error::custom(format!("最多 {max} 个字，现有 {count} 个字"))),
        _ if text.chars().any(is_unreadable) => Err(D::Error::custom("含有控制字符，只允许换行和制表符")),
        _ => Ok(text),
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Filled<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match readable(deserializer, MAX)? {
            text if text.trim().is_empty() => Err(D::Error::custom("不能为空")),
            text => Ok(Self(text)),
        }
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        readable(deserializer, MAX).map(Self)
    }
}

impl<const MAX: usize> PartialSchema for Filled<MAX> {
    fn schema() -> RefOr<Schema> {
        let builder = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
        builder.max_length(Some(MAX)).pattern(Some(FILLED)).into()
    }
}

impl<const MAX: usize> ToSchema for Filled<MAX> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("Filled{MAX}").into()
    }
}

impl<const MAX: usize> PartialSchema for Text<MAX> {
    fn schema() -> RefOr<Schema> {
        let builder = ObjectBuilder::new().schema_type(Type::String);
        builder.max_length(Some(MAX)).pattern(Some(READABLE)).into()
    }
}

impl<const MAX: usize> ToSchema for Text<MAX> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("Text{MAX}").into()
    }
}

/// The codes of all states that a case can have.
pub(super) fn case_states() -> impl Iterator<Item = &'static str> {
    OPEN_STATES.iter().chain(cases::ENDED).copied()
}

/// The state of a case, for the document alone.
pub(super) struct CaseStateCode;

impl PartialSchema for CaseStateCode {
    fn schema() -> RefOr<Schema> {
        let says: Vec<String> = case_states().map(|code| format!("{code} {}", state_label(code))).collect();
        text(&format!("工单状态：{}", says.join("，"))).enum_values(Some(case_states())).into()
    }
}

impl ToSchema for CaseStateCode {}

/// The state of an open case, for the document alone.
pub(super) struct OpenStateCode;

impl PartialSchema for OpenStateCode {
    fn schema() -> RefOr<Schema> {
        let says: Vec<String> =
            OPEN_STATES.iter().map(|code| format!("{code} {}", state_label(code))).collect();
        text(&format!("未办结的工单状态：{}", says.join("，")))
            .enum_values(Some(OPEN_STATES.iter().copied()))
            .into()
    }
}

impl ToSchema for OpenStateCode {}

/// What the list of cases may be asked for.
pub(super) fn case_filters() -> impl Iterator<Item = &'static str> {
    ["open", "all"].into_iter().chain(case_states())
}

/// The same, for the document alone.
pub(super) struct CaseFilterCode;

impl PartialSchema for CaseFilterCode {
    fn schema() -> RefOr<Schema> {
        text("一种状态，或 open 未办结、all 全部").enum_values(Some(case_filters())).into()
    }
}

impl ToSchema for CaseFilterCode {}
