//! What surrounds every page: its title, who is logged in, the navigation for the roles, a notice.

use qingting_models::records::Role;

use crate::access::{Access, Verdict};
use crate::app::AppState;
use crate::caller::Caller;
use crate::routes;

/// An entry of the navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavLink {
    pub href: &'static str,
    pub label: &'static str,
    pub current: bool,
}

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Bad,
}

/// A line above the page's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub tone: Tone,
    pub text: String,
    /// What is said after it, with the address of what that leads to.
    pub more: Vec<(String, Option<String>)>,
}

impl Notice {
    pub fn bad(text: impl Into<String>) -> Self {
        Self { tone: Tone::Bad, text: text.into(), more: Vec::new() }
    }

    pub fn good(text: impl Into<String>) -> Self {
        Self { tone: Tone::Good, ..Self::bad(text) }
    }

    /// The class of its tone.
    pub fn class(&self) -> &'static str {
        match self.tone {
            Tone::Good => "notice good",
            Tone::Bad => "notice bad",
        }
    }
}

/// The surroundings of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub title: String,
    pub county: String,
    /// Name of the user; empty without a log-in.
    pub user: String,
    /// Roles and department in words.
    pub roles: String,
    pub csrf: String,
    pub nav: Vec<NavLink>,
    /// The pages that the user may open, as the route table writes them.
    pub pages: Vec<&'static str>,
    /// Notices that the user has not read; none where there is no bell.
    pub unread: Option<i64>,
    /// Messages that do not get out, for administrators.
    pub stuck: i64,
    pub notice: Option<Notice>,
    pub css: String,
    pub js: String,
    pub mark: String,
}

/// Address and label of every entry; shown to those whom the route table lets in.
const NAV: &[(&str, &str)] = &[
    ("/", "总览"),
    ("/items", "信息研判"),
    ("/alerts", "预警"),
    // For those who keep the rules and see no alerts.
    ("/alerts/rules", "预警规则"),
    ("/incidents", "事件"),
    ("/inbox", "部门待办"),
    ("/cases", "工单"),
    ("/mirrored", "镜像工单"),
    ("/promises", "承诺"),
    ("/lines", "口径"),
    ("/templates", "答复模板"),
    ("/system", "系统"),
    ("/sources", "来源"),
    ("/quarantine", "隔离区"),
    ("/backfill", "回填"),
    ("/departments", "单位"),
    ("/reports", "报告"),
    // For those who may read the rules and change no data.
    ("/routing", "分流"),
    ("/county", "基础数据"),
    ("/model", "模型"),
    ("/notices/rules", "通知设置"),
    ("/users", "用户"),
    ("/audit", "审计"),
];

/// What is said after an action, by the code in `?done=`: no text of an address is ever shown.
const DONE: &[(&str, &str)] = &[
    ("confirmed", "已确认研判。"),
    ("judged", "研判已保存。"),
    ("assigned", "已分派，工单已建立。"),
    ("dismissed", "已标记为不需办理。"),
    ("restored", "已恢复到待研判。"),
    ("undone-dismissal", "已撤销，恢复到待研判。"),
    ("undone-assignment", "已撤销分派，工单作废，信息回到待研判。"),
    ("undone-judgement", "已撤销研判，恢复到之前的判断。"),
    ("view-saved", "视图已保存，在筛选条的下面。"),
    ("view-removed", "视图已删除。"),
    ("alert-seen", "已记下您看过了。"),
    ("alert-seen-before", "另一位同事刚刚先看过了。"),
    ("alert-silenced", "已静默；下面“正在静默”里可以提前结束。"),
    ("silence-ended", "静默已结束。"),
    ("rule-added", "规则已添加，从现在起收到的信息会按它预警。"),
    ("rule-changed", "规则已保存。"),
    ("county-file-saved", "已保存；正在运行的各个进程几秒内改用新的内容。"),
    ("report-made", "草稿已生成，可以写研判文字，再提交审核。"),
    ("report-written", "文字已保存。"),
    ("report-recounted", "已按现在的数据重新统计，文字保留。"),
    ("report-submitted", "已提交审核。"),
    ("report-sent-back", "已退回修改。"),
    ("report-approved", "已签发，数字已冻结。"),
    ("backfill-made", "批次已生成；下载表格送给对方，有了回执再来登记。"),
    ("backfill-none", "没有待回填的答复。"),
    ("backfill-again", "已重新排队。"),
    ("backfill-columns", "表格的列已保存。"),
    ("backfill-settled", "回执已登记。"),
    ("routing-saved", "已保存；从现在起研判的信息按新的规则分流，已派的工单不变。"),
    ("notices-read", "已全部标为已读。"),
    ("notice-rule-added", "通知规则已添加，从现在起发生的事按它通知。"),
    ("shift-added", "已排班。"),
    ("shift-removed", "已从值班表去掉。"),
    ("channel-added", "渠道已添加；点“发一条测试”看看能不能收到。"),
    ("channel-changed", "渠道已保存。"),
    ("webhook-changed", "推送已保存；点“发一条测试”看看能不能送到。"),
    ("webhook-removed", "推送已移除。"),
    ("contact-changed", "联系方式已保存。"),
    ("delivery-retried", "马上重新发送；过一会儿刷新这一页看结果。"),
    ("delivery-given-up", "已放弃这条外发；站内通知不受影响。"),
    ("incident-split", "已拆出；下面是新的事件。"),
    ("incident-moved", "已移动；下面是移到的事件。"),
    ("incident-merged", "已并入本事件。"),
    ("incident-joined", "已归入选中的事件。"),
    ("incident-named", "名称已保存。"),
    ("acted", "操作已完成。"),
    ("accepted", "已签收。请在首次联系的时限内联系诉求人，联系后登记。"),
    ("sent-back", "已退回，由值班室改派。"),
    ("contacted", "已登记联系情况。"),
    ("extension-asked", "已申请延期，等值班室批复；批复之前时限不变。"),
    ("extension-granted", "已同意延期，时限已顺延。"),
    ("extension-refused", "没有同意延期，时限不变，已告知承办单位。"),
    ("submitted", "答复已提交，等本单位审核人审核。"),
    ("needs-work", "已退回修改，承办人会收到通知。"),
    ("approved", "答复已审核通过，办理时限到此为止，由值班室回访。"),
    ("pressed", "已督办，并通知承办单位。"),
    ("reassigned", "已改派，新的单位会收到通知。"),
    ("batch", "勾选的都已办好。"),
    ("gathered", "已归入；下面是一并答复的工单。"),
    ("left-out", "已移出；那条诉求回到待处理的信息里。"),
    ("mirrored-pressed", "已督办，并记入经过。"),
    ("mirrored-watched", "已列入关注。"),
    ("mirrored-unwatched", "已取消关注。"),
    ("draft-saved", "草稿已保存；提交之前只有本单位的承办人看得到。"),
    ("line-added", "口径已确认，从有效期第一天起可以使用。"),
    ("line-proposed", "口径已提出，值班室确认后生效。"),
    ("line-changed", "口径已保存为新的一版。"),
    ("line-withdrawn", "口径已撤回，不再推荐使用。"),
    ("template-added", "模板已添加。"),
    ("template-changed", "模板已保存。"),
    ("template-removed", "模板已删除。"),
    ("promise-marked", "已登记。"),
    ("promise-marked-before", "另一位同事刚刚先登记了。"),
    ("attached", "附件已添加。"),
    ("detached", "附件已删除，内容已销毁。"),
    ("case-merged", "已并案；下面是继续办理的工单。"),
    ("case-split", "已拆分；下面是新立的工单。"),
    ("source-added", "来源已添加。"),
    ("source-changed", "修改已保存。"),
    ("source-due", "已经排上，程序马上去读；过一会儿刷新这一页看结果。"),
    ("source-moved", "已换成新地址。"),
    ("source-token-ended", "令牌已结束，对方不能再推送。"),
    ("source-removed", "来源已移除；它带来的信息和工单都保留着。"),
    ("source-paused", "来源已暂停。"),
    ("source-resumed", "来源已恢复读取。"),
    ("row-new", "重放成功：新收一条信息。"),
    ("row-updated", "重放成功：更新了已有的信息。"),
    ("row-unchanged", "重放成功：与已有的信息相同，没有变化。"),
    ("row-dismissed", "这一行已忽略。"),
    ("model-comparing", "正在比较，样本多时要几分钟；稍后刷新本页看结果。"),
    ("model-promoted", "候选模型已换用，一分钟内各进程生效。"),
    ("model-rolled-back", "已退回以前的模型，一分钟内各进程生效。"),
    ("user-added", "用户已添加；首次登录时会要求修改密码。"),
    ("user-disabled", "用户已停用，登录已全部结束。"),
    ("user-enabled", "用户已启用。"),
    ("password-reset", "密码已重置；该用户登录后会要求修改密码。"),
    ("password-changed", "密码已修改。"),
    ("token-ended", "令牌已结束，用它的程序不能再来。"),
    ("logged-out", "您已退出登录。"),
];

/// What is said after an action.
pub fn done_text(code: &str) -> Option<&'static str> {
    DONE.iter().find(|(known, _)| *known == code).map(|(_, text)| *text)
}

impl Frame {
    /// The frame of a page without a log-in.
    pub fn outside(title: &str, county: &str) -> Self {
        Self {
            title: title.into(),
            county: county.into(),
            user: String::new(),
            roles: String::new(),
            csrf: String::new(),
            nav: Vec::new(),
            pages: Vec::new(),
            unread: None,
            stuck: 0,
            notice: None,
            css: crate::assets::css(),
            js: crate::assets::js(),
            mark: crate::assets::mark(),
        }
    }

    /// The frame of a page for `caller`; `here` is the navigation entry it belongs to.
    pub fn inside(state: &AppState, caller: &Caller, title: &str, here: &str) -> Self {
        let user = caller.user();
        let mut roles: Vec<&str> = user.roles.iter().map(|r| r.label()).collect();
        if let Some(code) = &user.department {
            roles.push(state.names.department(code.as_str()));
        }
        Self {
            user: user.name.clone(),
            roles: roles.join(" · "),
            csrf: crate::origin::masked(&caller.session.csrf),
            nav: if user.must_change_password { Vec::new() } else { nav(caller, here) },
            pages: routes::pages_of(caller.user()),
            unread: (!user.must_change_password).then_some(caller.unread),
            stuck: caller.stuck,
            ..Self::outside(title, &state.names.county)
        }
    }

    /// Whether the user may open a page: a link to it is shown only then.
    pub fn opens(&self, page: &str) -> bool {
        self.pages.contains(&page)
    }

    /// Adds what is to be said about a finished action.
    pub fn done(mut self, code: Option<&str>) -> Self {
        if let Some(text) = code.and_then(done_text) {
            self.notice = Some(Notice::good(text));
        }
        self
    }

    /// Adds a notice, if there is one.
    pub fn with(mut self, notice: Option<Notice>) -> Self {
        if notice.is_some() {
            self.notice = notice;
        }
        self
    }
}

fn nav(caller: &Caller, here: &str) -> Vec<NavLink> {
    let may = |href: &str| routes::access_of(href).verdict(Some(caller.user())) == Verdict::Allow;
    NAV.iter()
        .filter(|(href, _)| may(href) && (*href != "/alerts/rules" || !may("/alerts")))
        .filter(|(href, _)| *href != "/routing" || !may("/county"))
        .filter(|(href, _)| *href != "/" || home(caller) == "/")
        .map(|(href, label)| NavLink {
            href,
            label,
            current: *href == here
                || here.starts_with("/alerts/") && *href == "/alerts"
                || here.starts_with("/notices/") && *href == "/notices/rules"
                || here == "/webhooks" && *href == "/notices/rules"
                || here == "/routing" && *href == "/county",
        })
        .collect()
}

/// Where a user begins: the overview for those who see items, else the page of their work.
pub fn home(caller: &Caller) -> &'static str {
    if caller.has_any(&[Role::Duty, Role::Discipline, Role::Leader]) {
        "/"
    } else if caller.has_any(&[Role::Handler, Role::Reviewer]) {
        "/inbox"
    } else if caller.has(Role::Admin) {
        "/system"
    } else if caller.has(Role::Auditor) {
        "/audit"
    } else {
        "/password"
    }
}

impl Access {
    /// For a place that no route has: nobody.
    pub const NOBODY: Access = Access::Roles(&[]);
}
