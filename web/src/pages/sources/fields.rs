//! The form of a source: the fields that its kind needs, in groups, with what was typed and what is wrong.

use qingting_models::records::{Channel, Mode, SourceKind};

use super::paging;
use super::problems::Problems;
use crate::caller::Form;
use crate::case_forms::Field;
use crate::view::Choice;

/// Fields that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub title: &'static str,
    pub hint: &'static str,
    pub fields: Vec<Field>,
}

/// The groups of a kind's form, filled with `typed`; `has_secret` says whether one is sealed already.
pub(super) fn groups(kind: SourceKind, typed: &Form, problems: &Problems, has_secret: bool) -> Vec<Group> {
    let mut groups = vec![Group { title: "基本情况", hint: "", fields: basics() }];
    match kind {
        SourceKind::Feed => groups.push(feed()),
        SourceKind::Page => groups.extend([page(), page_body()]),
        SourceKind::Sheet => groups.push(sheet("", column_map())),
        SourceKind::Folder => groups.push(folder()),
        SourceKind::Pull => groups.extend([pull(), pull_more(), pull_pages(), pull_secret(has_secret)]),
        SourceKind::Open311 => groups.push(open311()),
        SourceKind::Push => {}
    }
    let mut rhythm = vec![cutoff()];
    if kind.is_polled() {
        rhythm.insert(
            0,
            Field::number("minutes", "读取间隔（分钟）", 1, 10_080)
                .hint("一般 15 到 60 分钟；对方更新慢时程序会自己放慢"),
        );
    }
    if kind.has_url() {
        rhythm.push(
            Field::code("allow_host", "允许的内网主机", 200)
                .optional()
                .hint("程序默认不读内部网络。只有来源在政务内网时，才填它的主机名或 IP"),
        );
    }
    groups.push(Group { title: "何时读、读多久以前的", hint: "", fields: rhythm });
    for field in groups.iter_mut().flat_map(|group| &mut group.fields) {
        field.value = typed.text(field.name).into();
        field.problem = problems.of(field.name);
    }
    groups
}

fn basics() -> Vec<Field> {
    let channels = Channel::ALL.iter().map(|c| Choice::new(c.code(), c.label(), false)).collect();
    let modes = Mode::ALL.iter().map(|m| Choice::new(m.code(), m.label(), false)).collect();
    vec![
        Field::line("name", "名称", 60).hint("大家一看就懂的名字，如：县政府网通知公告"),
        Field::select("channel", "渠道", channels),
        Field::select("mode", "办理方式", modes)
            .hint("本县办理：由本县立工单；平台镜像：由另一平台办理，这里只跟踪"),
        // What there is to choose from, the county says.
        Field::select("tier", "来源级别", Vec::new())
            .optional()
            .hint("预警规则可以按级别写；不知道就不选。有哪些级别在“基础数据”的 county.toml 里改"),
    ]
}

fn cutoff() -> Field {
    Field::date("cutoff", "起始日期").optional().hint("早于这一天的内容只存档，不立工单、不报警")
}

fn feed() -> Group {
    let fields = vec![
        Field::code("address", "地址", 1000)
            .hint("订阅地址；不知道的话填网站或栏目的网页地址，点“试读”，程序会替您找"),
        Field::check("full_text", "全文抓取").hint("订阅里只有摘要时勾选：程序再打开每篇文章，读出全文"),
    ];
    Group { title: "从哪里读", hint: "", fields }
}

fn page() -> Group {
    let fields = vec![
        Field::code("address", "列表页地址", 1000),
        Field::code("page_item", "每一条", 300).hint("选中列表里一条的选择器，如 ul.news > li"),
        Field::code("page_title", "标题", 300).optional().hint("在一条里面找；不填就用链接的文字"),
        Field::code("page_link", "链接", 300).optional().hint("在一条里面找；不填就用第一个链接"),
        Field::code("page_date", "日期", 300).optional().hint("在一条里面找；不填就找第一处像日期的文字"),
    ];
    let hint = "这里填 CSS 选择器。在浏览器里打开列表页，对准一条新闻点右键选“检查”，看它的标签和 class：\
                <li class=\"item\"> 写作 li.item，id=\"list\" 写作 #list。先只填“每一条”，点“试读”看结果。";
    Group { title: "从哪里读、怎么认", hint, fields }
}

fn page_body() -> Group {
    let fields = vec![
        Field::code("page_body", "正文", 300)
            .optional()
            .hint("文章页上正文所在的选择器；不填由程序自己找正文"),
        Field::check("list_only", "只读列表，不打开每篇文章").hint("列表里已经写全内容时勾选"),
    ];
    Group { title: "文章", hint: "", fields }
}

fn column_map() -> Field {
    Field::area("column_map", "列的对照", 4000)
        .optional()
        .hint("常见表头程序自己认得，一般不用填。认不出时在“导入表格”页上选好各列并保存，或在这里写：body = \"情况说明\"，一行一个")
}

fn sheet(hint: &'static str, field: Field) -> Group {
    Group { title: "表格", hint, fields: vec![field] }
}

fn folder() -> Group {
    let path = Field::code("folder", "文件夹", 500)
        .hint("服务器上的完整路径，如 /srv/qingting/drop/12345；读过的表格会移到它下面的文件夹里");
    Group { title: "文件夹和表格", hint: "", fields: vec![path, column_map()] }
}

fn pull() -> Group {
    let path = |name, label| Field::code(name, label, 300).optional();
    let fields = vec![
        Field::code("address", "接口地址", 1000),
        Field::code("pull_records", "所有记录", 300).hint("在整个结果里找，如 $.data.rows[*]"),
        path("pull_id", "编号").hint("在一条记录里找，如 $.id；最好填，同一编号只存一件"),
        path("pull_title", "标题"),
        path("pull_body", "内容").hint("标题和内容至少填一个"),
    ];
    let hint = "这里填 JSONPath：$ 是整个结果（或一条记录），.名称 取里面的一项，[*] 是每一个。请对照对方的接口说明填写，\
                点“试读”看结果。";
    Group { title: "从哪里读、怎么认", hint, fields }
}

fn pull_more() -> Group {
    let path = |name, label| Field::code(name, label, 300).optional();
    let fields = vec![
        path("pull_url", "链接"),
        path("pull_occurred", "发生或发布时间"),
        path("pull_dispatched", "派单时间").hint("热线的时限从这时算起"),
        path("pull_due", "办结截止时间"),
        path("pull_state", "状态").hint("“已办结”一类的记录只存档；“已撤回”的会作标记"),
        path("pull_person_name", "姓名").hint("姓名和电话密封保存，不显示，正文里出现也会隐去"),
        path("pull_person_phone", "电话"),
        Field::area("pull_extra", "其他要显示的项", 2000).optional().hint("一行一个，如：所属区域 = $.area"),
    ];
    Group { title: "其他各项", hint: "都可以不填", fields }
}

fn pull_pages() -> Group {
    let fields = vec![
        Field::select("paging", "翻页方式", paging::choices()).optional().hint("结果只有一页就不选"),
        Field::code("paging_next", "下一页标记的路径", 300).optional().hint("游标、链接用，如 $.next"),
        Field::code("paging_parameter", "地址里的参数名", 60)
            .optional()
            .hint("游标、页码用，如 cursor 或 page"),
        Field::number("paging_first", "第一页的页码", 0, 1_000_000)
            .optional()
            .hint("页码用；一般是 1，也有从 0 开始的"),
    ];
    Group { title: "翻页", hint: "", fields }
}

fn pull_secret(has_secret: bool) -> Group {
    let hint = if has_secret {
        "已经保存了一个，不会再显示。留空就不变；填了就换成新的"
    } else {
        "加密保存，存好以后不再显示"
    };
    let mut fields = vec![
        Field::code("secret_header", "放口令的请求头", 60)
            .optional()
            .hint("对方接口要口令时填，如 Authorization（口令一般写成“Bearer 加空格加口令”）或 X-Api-Key"),
        Field::secret("secret", "口令", 2000).optional().hint(hint),
    ];
    if has_secret {
        fields.push(Field::check("secret_clear", "清除已保存的口令"));
    }
    Group { title: "口令", hint: "", fields }
}

fn open311() -> Group {
    let fields = vec![
        Field::code("address", "服务器地址", 1000)
            .hint("接口的根地址，如 https://open311.example.gov.cn/v2/"),
        Field::code("jurisdiction", "辖区代号", 200)
            .optional()
            .hint("一台服务器管几个地方时，对方会给（jurisdiction_id）"),
        Field::area("service_codes", "服务代码", 2000)
            .optional()
            .hint("只要其中几类时填，用空格、逗号或换行隔开；不填就是全部"),
    ];
    Group { title: "从哪里读", hint: "", fields }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(kind: SourceKind) -> Vec<&'static str> {
        let groups = groups(kind, &Form::default(), &Problems::default(), true);
        groups.iter().flat_map(|g| g.fields.iter().map(|f| f.name)).collect()
    }

    #[test]
    fn each_kind_asks_for_its_own_fields_and_for_none_twice() {
        for kind in SourceKind::ALL {
            let names = names(*kind);
            for always in ["name", "channel", "mode", "cutoff"] {
                assert!(names.contains(&always), "{kind} lacks {always}");
            }
            assert_eq!(names.contains(&"address"), kind.has_url(), "{kind}");
            assert_eq!(names.contains(&"allow_host"), kind.has_url(), "{kind}");
            assert_eq!(names.contains(&"minutes"), kind.is_polled(), "{kind}");
            let mut once = names.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), names.len(), "{kind}: {names:?}");
        }
        assert!(names(SourceKind::Pull).contains(&"secret_clear"));
        assert_eq!(names(SourceKind::Push), ["name", "channel", "mode", "tier", "cutoff"]);
    }

    #[test]
    fn a_problem_stands_at_its_field_beside_what_was_typed() {
        let typed = Form::of(&[("page_item", "li["), ("full_text", "on")]);
        let problems = Problems::one("page_item", "不是选择器");
        let groups = groups(SourceKind::Page, &typed, &problems, false);
        let field = groups.iter().flat_map(|g| &g.fields).find(|f| f.name == "page_item").unwrap();
        assert_eq!((field.value.as_str(), field.problem.as_deref()), ("li[", Some("不是选择器")));
    }
}
