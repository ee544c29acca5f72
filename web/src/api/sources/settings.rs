//! What a source is: the settings that its form holds, as one object. The names of the fields are those of the form, so that
//! what is wrong with one is told at its name.

use qingting_models::records::{Channel, Mode, Source};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::acting::DayAsked;
use crate::api::ask;
use crate::api::problem::Problem;
use crate::api::schema::{ChannelCode, Day, ModeCode, Text, Whole};
use crate::caller::Form;
use crate::pages::sources::Problems;
use crate::pages::sources::draft::form_of;

/// 来源的设置；哪些要写看种类，见《来源接入》。没有写的就是没有
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::api) struct SourceSettingsBody {
    /// 名称；试读可以不写
    #[schema(value_type = Option<String>, max_length = 60, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    name: Option<Text<60>>,
    /// 渠道
    #[schema(value_type = Option<ChannelCode>)]
    channel: Option<Channel>,
    /// 办理方式
    #[schema(value_type = Option<ModeCode>)]
    mode: Option<Mode>,
    /// 来源级别，见基础数据里的 county.toml
    #[schema(value_type = Option<String>, max_length = 20, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    tier: Option<Text<20>>,
    /// 网址；订阅源、列表页、接口、Open311 必填
    #[schema(value_type = Option<String>, max_length = 1000, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    address: Option<Text<1000>>,
    /// 起始日期，早于它的只存档
    #[schema(value_type = Option<Day>)]
    cutoff: Option<DayAsked>,
    /// 允许访问的内网主机
    #[schema(value_type = Option<String>, max_length = 200, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    allow_host: Option<Text<200>>,
    /// 读取间隔，分钟：1 至 10080
    minutes: Option<Whole>,
    /// 列的对照（TOML），表格和文件夹用
    #[schema(value_type = Option<String>, max_length = 4000, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    column_map: Option<Text<4000>>,
    /// 订阅源：打开文章读正文
    full_text: bool,
    /// 文件夹的完整路径
    #[schema(value_type = Option<String>, max_length = 500, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    folder: Option<Text<500>>,
    /// 列表页：每一条的选择器
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    page_item: Option<Text<300>>,
    /// 标题的选择器
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    page_title: Option<Text<300>>,
    /// 链接的选择器
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    page_link: Option<Text<300>>,
    /// 日期的选择器
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    page_date: Option<Text<300>>,
    /// 正文的选择器
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    page_body: Option<Text<300>>,
    /// 只读列表，不打开文章
    list_only: bool,
    /// 接口：所有记录的路径
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    pull_records: Option<Text<300>>,
    /// 编号的路径
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    pull_id: Option<Text<300>>,
    /// 标题的路径；标题和内容至少写一个
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    pull_title: Option<Text<300>>,
    /// 内容的路径
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    pull_body: Option<Text<300>>,
    /// 链接的路径
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    pull_url: Option<Text<300>>,
    /// 发生或发布时间的路径
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    pull_occurred: Option<Text<300>>,
    /// 派单时间的路径
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    pull_dispatched: Option<Text<300>>,
    /// 办结截止时间的路径
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    pull_due: Option<Text<300>>,
    /// 状态的路径
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    pull_state: Option<Text<300>>,
    /// 姓名的路径；内容密封
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    pull_person_name: Option<Text<300>>,
    /// 电话的路径；内容密封
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    pull_person_phone: Option<Text<300>>,
    /// 其他要显示的，每行写成 名称 = 路径
    #[schema(value_type = Option<String>, max_length = 4000, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    pull_extra: Option<Text<4000>>,
    /// 放口令的请求头
    #[schema(value_type = Option<String>, max_length = 60, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    secret_header: Option<Text<60>>,
    /// 接口怎样翻页：cursor 游标，link 链接，number 页码
    #[schema(inline)]
    paging: Option<PagingWord>,
    /// 下一页标记的路径
    #[schema(value_type = Option<String>, max_length = 300, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    paging_next: Option<Text<300>>,
    /// 地址里的参数名
    #[schema(value_type = Option<String>, max_length = 60, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    paging_parameter: Option<Text<60>>,
    /// 第一页的页码
    paging_first: Option<Whole>,
    /// Open311 的辖区代号
    #[schema(value_type = Option<String>, max_length = 200, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    jurisdiction: Option<Text<200>>,
    /// Open311 的服务代码，用空格隔开
    #[schema(value_type = Option<String>, max_length = 4000, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    service_codes: Option<Text<4000>>,
}

/// How an interface turns its pages.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PagingWord {
    Cursor,
    Link,
    Number,
}

impl PagingWord {
    fn of(word: &str) -> Option<Self> {
        match word {
            "cursor" => Some(Self::Cursor),
            "link" => Some(Self::Link),
            "number" => Some(Self::Number),
            _ => None,
        }
    }
}

impl From<&Source> for SourceSettingsBody {
    fn from(source: &Source) -> Self {
        let form = form_of(source);
        let text = |name: &str| Some(form.text(name).to_owned()).filter(|text| !text.is_empty());
        Self {
            name: text("name").map(Text),
            channel: Channel::from_code(form.text("channel")),
            mode: Mode::from_code(form.text("mode")),
            tier: text("tier").map(Text),
            address: text("address").map(Text),
            cutoff: form.text("cutoff").parse().ok().map(DayAsked),
            allow_host: text("allow_host").map(Text),
            minutes: form.text("minutes").parse().ok().map(Whole),
            column_map: text("column_map").map(Text),
            full_text: form.text("full_text") == "on",
            folder: text("folder").map(Text),
            page_item: text("page_item").map(Text),
            page_title: text("page_title").map(Text),
            page_link: text("page_link").map(Text),
            page_date: text("page_date").map(Text),
            page_body: text("page_body").map(Text),
            list_only: form.text("list_only") == "on",
            pull_records: text("pull_records").map(Text),
            pull_id: text("pull_id").map(Text),
            pull_title: text("pull_title").map(Text),
            pull_body: text("pull_body").map(Text),
            pull_url: text("pull_url").map(Text),
            pull_occurred: text("pull_occurred").map(Text),
            pull_dispatched: text("pull_dispatched").map(Text),
            pull_due: text("pull_due").map(Text),
            pull_state: text("pull_state").map(Text),
            pull_person_name: text("pull_person_name").map(Text),
            pull_person_phone: text("pull_person_phone").map(Text),
            pull_extra: text("pull_extra").map(Text),
            secret_header: text("secret_header").map(Text),
            paging: PagingWord::of(form.text("paging")),
            paging_next: text("paging_next").map(Text),
            paging_parameter: text("paging_parameter").map(Text),
            paging_first: form.text("paging_first").parse().ok().map(Whole),
            jurisdiction: text("jurisdiction").map(Text),
            service_codes: text("service_codes").map(Text),
        }
    }
}

impl SourceSettingsBody {
    /// The form that the page would have sent, with what becomes of the secret.
    pub(super) fn form(&self, secret: Option<&str>, forget_secret: bool) -> Result<Form, Problem> {
        let fields = serde_json::to_value(self).map_err(Problem::internal)?;
        let mut rows: Vec<(&str, String)> = Vec::new();
        for (name, value) in fields.as_object().into_iter().flatten() {
            match value {
                Value::String(text) => rows.push((name, text.clone())),
                Value::Bool(true) => rows.push((name, "on".into())),
                Value::Null | Value::Bool(false) => {}
                other => rows.push((name, other.to_string())),
            }
        }
        rows.extend(secret.map(|secret| ("secret", secret.to_owned())));
        rows.extend(forget_secret.then(|| ("secret_clear", "on".to_owned())));
        Ok(ask::form(rows))
    }
}

/// Every problem with its field.
pub(super) fn unfit(problems: &Problems) -> Problem {
    let told = problems.all().map(|(field, text)| match field {
        "secret" => format!("字段“secret”：{text}"),
        field => format!("字段“settings.{field}”：{text}"),
    });
    Problem::unfit(told.collect::<Vec<_>>().join("；"))
}
