//! The case table (DESIGN section 6): from which states who may do what, where it leads, and what it
//! does to the clocks. Decisions, the buttons of a page, the tests and the table in the docs read it.

use qingting_models::records::{Actor, CaseFile, OPEN_STATES, state_label};

use crate::acting::ActingUser;

/// The ids of the rules whose clocks a case runs (RULES, "Deadlines").
pub mod rule {
    pub const TRIAGE: &str = "triage";
    pub const CONTACT: &str = "hotline.contact";
    pub const CONSULT: &str = "hotline.consult";
    pub const HANDLE: &str = "hotline.handle";
    pub const URGENT: &str = "hotline.urgent";
    pub const SEND_BACK: &str = "hotline.send_back";
    pub const EXTEND: &str = "hotline.extend";
    pub const CALLBACK: &str = "hotline.callback";
    pub const RECTIFY: &str = "rating.rectify";
    pub const PETITION_ACCEPT: &str = "petition.accept";
    pub const PETITION_OBJECT: &str = "petition.object";
    pub const PETITION_CLOSE: &str = "petition.close";

    /// Met when a reply is approved: what the resident waits for.
    pub const REPLY: &[&str] = &[CONSULT, HANDLE, URGENT, PETITION_CLOSE, RECTIFY];
    /// Met when the lead department accepts or sends back.
    pub const ANSWERED: &[&str] = &[SEND_BACK, PETITION_OBJECT];
    /// May be extended once.
    pub const EXTENDABLE: &[&str] = &[CONSULT, HANDLE, PETITION_CLOSE];
    /// Every rule whose clock a case may run.
    pub const OF_CASES: &[&str] = &[
        SEND_BACK,
        CONTACT,
        CONSULT,
        HANDLE,
        URGENT,
        CALLBACK,
        RECTIFY,
        PETITION_ACCEPT,
        PETITION_OBJECT,
        PETITION_CLOSE,
    ];
    /// Fall away with the reply when nobody noted what would have met them.
    pub const OVERTAKEN: &[&str] = &[CONTACT, PETITION_ACCEPT];
}

/// Who acts, in relation to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A duty officer; for a confidential case the discipline officer in the duty officer's place.
    Duty,
    /// A handler of the lead department.
    LeadHandler,
    /// A handler of a department that helps.
    HelperHandler,
    /// A reviewer of the lead department.
    LeadReviewer,
    /// The program by rule.
    System,
    /// A leader; not on confidential cases.
    Leader,
}

impl Who {
    /// The word that people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Duty => "值班研判员（保密件为纪检专员）",
            Self::LeadHandler => "主办单位承办人",
            Self::HelperHandler => "协办单位承办人",
            Self::LeadReviewer => "主办单位审核人",
            Self::System => "系统",
            Self::Leader => "领导",
        }
    }
}

/// Which clocks an action ends without meeting them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drops {
    These(&'static [&'static str]),
    All,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident => $code:literal, $label:literal;)*) => {
        /// What can be done with a case.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ActionKind { $($(#[$doc])* $name,)* }

        impl ActionKind {
            /// Every action, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word of the timeline and, after `case.`, of the audit log.
            pub fn code(self) -> &'static str { match self { $(Self::$name => $code,)* } }

            /// The word that people read.
            pub fn label(self) -> &'static str { match self { $(Self::$name => $label,)* } }

            /// The action of a code, or `None`.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}

kinds! {
    Assign => "assign", "派单";
    Accept => "accept", "签收";
    SendBack => "send_back", "退回";
    Reassign => "reassign", "改派";
    Contact => "contact", "登记已联系";
    TellPetitioner => "petitioner_told", "告知信访人";
    Wait => "wait", "等待群众";
    GoOn => "go_on", "继续办理";
    AskExtension => "ask_extension", "申请延期";
    GrantExtension => "grant_extension", "同意延期";
    RefuseExtension => "refuse_extension", "不同意延期";
    Submit => "submit", "提交答复";
    NeedsWork => "needs_work", "退回修改";
    Approve => "approve", "审核通过";
    CallBack => "call_back", "登记回访";
    Reopen => "reopen", "重办";
    Press => "press", "督办";
    AddHelper => "add_helper", "增加协办";
    ReleaseHelper => "release_helper", "解除协办";
    HelperAccept => "helper_accept", "协办签收";
    HelperAnswer => "helper_answer", "协办反馈";
    HelperRefuse => "helper_refuse", "协办不承担";
    Decline => "decline", "不予受理";
    Outside => "outside", "转外部门";
    Void => "void", "作废";
    Merge => "merge", "并案";
    Split => "split", "拆分";
    /// The case answers further items: of callers who report the same matter.
    TakeIn => "take_in", "归入诉求";
    LeaveOut => "leave_out", "移出诉求";
    /// What else comes to the incident goes into the case, or no longer does.
    TakeIncident => "take_incident", "后续诉求归入";
    /// A newer sheet of the sender's platform showed the case.
    Seen => "seen", "平台更新";
    /// The calendar or the deadline rules changed.
    Recount => "recount", "时限重算";
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// State codes; empty for the action that opens a case.
    pub from: &'static [&'static str],
    pub action: ActionKind,
    pub who: &'static [Who],
    /// State codes it may lead to; empty when the state stays.
    pub to: &'static [&'static str],
    pub meets: &'static [&'static str],
    pub starts: &'static [&'static str],
    pub pauses: &'static [&'static str],
    pub resumes: &'static [&'static str],
    pub moves: &'static [&'static str],
    pub drops: Drops,
}

const NONE: Drops = Drops::These(&[]);
const QUIET: Row = Row {
    from: OPEN_STATES,
    action: ActionKind::Press,
    who: &[Who::Duty],
    to: &[],
    meets: &[],
    starts: &[],
    pauses: &[],
    resumes: &[],
    moves: &[],
    drops: NONE,
};
/// What another platform may say of a mirrored case: closed, or nothing that moves it.
const AS_UPSTREAM: &[&str] =
    &["assigned", "returned", "handling", "waiting", "in_review", "replied", "closed"];
/// A merged case goes on under another whose clocks a reply will still meet.
const BEFORE_REPLY: &[&str] = &["assigned", "returned", "handling", "waiting", "in_review"];
const STARTS_WITH_ASSIGNING: &[&str] = &[
    rule::SEND_BACK,
    rule::CONTACT,
    rule::CONSULT,
    rule::HANDLE,
    rule::URGENT,
    rule::PETITION_ACCEPT,
    rule::PETITION_OBJECT,
];

/// The case table, one row an action.
///
/// Of the clocks that a row starts, those start whose conditions hold for the case
/// ([`crate::case_clocks::start_of`]); of those it meets, pauses, resumes, moves or drops, those that are open.
pub const TABLE: &[Row] = &[
    Row {
        from: &[],
        action: ActionKind::Assign,
        who: &[Who::Duty, Who::System],
        to: &["assigned"],
        meets: &[rule::TRIAGE],
        starts: STARTS_WITH_ASSIGNING,
        ..QUIET
    },
    Row {
        from: &["assigned"],
        action: ActionKind::Accept,
        who: &[Who::LeadHandler],
        to: &["handling"],
        meets: rule::ANSWERED,
        starts: &[rule::PETITION_CLOSE, rule::CONTACT],
        ..QUIET
    },
    Row {
        from: &["assigned"],
        action: ActionKind::SendBack,
        who: &[Who::LeadHandler],
        to: &["returned"],
        meets: rule::ANSWERED,
        ..QUIET
    },
    Row {
        from: &["returned"],
        action: ActionKind::Reassign,
        to: &["assigned"],
        starts: rule::ANSWERED,
        ..QUIET
    },
    Row {
        // Its clock runs on while the reply is with the reviewer.
        from: &["handling", "in_review"],
        action: ActionKind::Contact,
        who: &[Who::LeadHandler],
        to: &[],
        meets: &[rule::CONTACT],
        ..QUIET
    },
    Row {
        from: &["handling"],
        action: ActionKind::TellPetitioner,
        who: &[Who::LeadHandler],
        to: &["handling"],
        meets: &[rule::PETITION_ACCEPT],
        ..QUIET
    },
    Row {
        from: &["handling"],
        action: ActionKind::Wait,
        who: &[Who::LeadHandler],
        to: &["waiting"],
        pauses: rule::REPLY,
        ..QUIET
    },
    Row {
        from: &["waiting"],
        action: ActionKind::GoOn,
        who: &[Who::LeadHandler, Who::System],
        to: &["handling"],
        resumes: rule::REPLY,
        ..QUIET
    },
    Row {
        from: &["handling"],
        action: ActionKind::AskExtension,
        who: &[Who::LeadHandler],
        to: &["handling"],
        ..QUIET
    },
    Row {
        from: &["handling"],
        action: ActionKind::GrantExtension,
        to: &["handling"],
        moves: rule::EXTENDABLE,
        ..QUIET
    },
    Row { from: &["handling"], action: ActionKind::RefuseExtension, to: &["handling"], ..QUIET },
    Row {
        from: &["handling"],
        action: ActionKind::Submit,
        who: &[Who::LeadHandler],
        to: &["in_review"],
        ..QUIET
    },
    Row {
        from: &["in_review"],
        action: ActionKind::NeedsWork,
        who: &[Who::LeadReviewer],
        to: &["handling"],
        ..QUIET
    },
    Row {
        from: &["in_review"],
        action: ActionKind::Approve,
        who: &[Who::LeadReviewer],
        to: &["replied"],
        meets: rule::REPLY,
        starts: &[rule::CALLBACK],
        drops: Drops::These(rule::OVERTAKEN),
        ..QUIET
    },
    Row {
        from: &["replied"],
        action: ActionKind::CallBack,
        who: &[Who::Duty, Who::System],
        // Of a case that answers many, each may be called by himself: the last call-back closes.
        to: &["replied", "closed", "assigned"],
        meets: &[rule::CALLBACK],
        ..QUIET
    },
    Row {
        from: &["replied", "closed"],
        action: ActionKind::Reopen,
        who: &[Who::Duty, Who::System],
        to: &["assigned"],
        starts: &[rule::RECTIFY],
        drops: Drops::These(&[rule::CALLBACK]),
        ..QUIET
    },
    Row { action: ActionKind::Press, who: &[Who::Duty, Who::System, Who::Leader], ..QUIET },
    Row { action: ActionKind::AddHelper, ..QUIET },
    Row { action: ActionKind::ReleaseHelper, ..QUIET },
    Row { action: ActionKind::HelperAccept, who: &[Who::HelperHandler], ..QUIET },
    Row { action: ActionKind::HelperAnswer, who: &[Who::HelperHandler], ..QUIET },
    Row { action: ActionKind::HelperRefuse, who: &[Who::HelperHandler], ..QUIET },
    Row { action: ActionKind::Decline, to: &["declined"], drops: Drops::All, ..QUIET },
    Row { action: ActionKind::Outside, to: &["outside"], drops: Drops::All, ..QUIET },
    Row { action: ActionKind::Void, to: &["void"], drops: Drops::All, ..QUIET },
    Row { from: BEFORE_REPLY, action: ActionKind::Merge, to: &["merged"], drops: Drops::All, ..QUIET },
    Row { from: BEFORE_REPLY, action: ActionKind::Split, ..QUIET },
    Row { from: BEFORE_REPLY, action: ActionKind::TakeIn, who: &[Who::Duty, Who::System], ..QUIET },
    Row { from: BEFORE_REPLY, action: ActionKind::LeaveOut, ..QUIET },
    Row { from: BEFORE_REPLY, action: ActionKind::TakeIncident, ..QUIET },
    Row { action: ActionKind::Recount, who: &[Who::System], moves: rule::OF_CASES, ..QUIET },
    Row { action: ActionKind::Seen, who: &[Who::System], to: AS_UPSTREAM, moves: rule::REPLY, ..QUIET },
];

/// The row of an action.
pub fn row(action: ActionKind) -> &'static Row {
    // Every kind has its row: a test walks through them all.
    TABLE.iter().find(|row| row.action == action).unwrap_or(&QUIET)
}

/// As whom of the row's people the user may act on this case; `None` when as nobody.
pub fn acts_as(row: &Row, file: &CaseFile, user: &ActingUser) -> Option<Who> {
    row.who.iter().copied().find(|who| stands_as(*who, file, user))
}

fn stands_as(who: Who, file: &CaseFile, user: &ActingUser) -> bool {
    let case = &file.case;
    match who {
        Who::Duty => user.keeps_desk(case.confidential),
        Who::LeadHandler => user.handles_for(&case.lead),
        Who::HelperHandler => case.helpers.iter().any(|h| user.handles_for(&h.department)),
        Who::LeadReviewer => user.reviews_for(&case.lead),
        Who::System => user.actor == Actor::System,
        Who::Leader => user.leads() && !case.confidential,
    }
}

fn cell(words: &[String]) -> String {
    if words.is_empty() { "—".into() } else { words.join("、") }
}

fn states(codes: &[&str]) -> String {
    if codes == OPEN_STATES {
        return "任一未办结状态".into();
    }
    cell(&codes.iter().map(|code| state_label(code).to_owned()).collect::<Vec<_>>())
}

fn clocks(row: &Row) -> String {
    let mut parts = Vec::new();
    let mut part = |word: &str, rules: &[&str]| {
        if !rules.is_empty() {
            let list: Vec<String> = rules.iter().map(|r| format!("`{r}`")).collect();
            parts.push(format!("{word} {}", list.join(" ")));
        }
    };
    part("完成", row.meets);
    part("开始", row.starts);
    part("暂停", row.pauses);
    part("恢复", row.resumes);
    part("顺延", row.moves);
    match row.drops {
        Drops::These(rules) => part("取消", rules),
        Drops::All => parts.push("取消全部".into()),
    }
    if parts.is_empty() { "—".into() } else { parts.join("；") }
}

/// The table in Markdown, as it stands in `docs/案件流转.md`.
pub fn markdown() -> String {
    let mut text =
        String::from("| 现状态 | 操作 | 代码 | 谁 | 之后 | 时限 |\n| --- | --- | --- | --- | --- | --- |\n");
    for row in TABLE {
        let from = if row.from.is_empty() { "（信息）".into() } else { states(row.from) };
        let to = match row.to {
            [] => "不变".into(),
            to if to == AS_UPSTREAM => "不变；平台已办结的为已办结".into(),
            to => states(to),
        };
        let who: Vec<String> = row.who.iter().map(|w| w.label().to_owned()).collect();
        let (label, code) = (row.action.label(), row.action.code());
        text.push_str(&format!(
            "| {from} | {label} | `{code}` | {} | {to} | {} |\n",
            cell(&who),
            clocks(row)
        ));
    }
    text
}
