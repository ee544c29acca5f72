//! The forms of the case actions: which fields each action asks for, and how they are read back.

use jiff::civil::{Date, time};
use qingting_models::clock::from_local;
use qingting_models::county::DepartmentCode;
use qingting_models::records::{Case, CaseState, Outcome, Promise, PublicText, RatingGrade};
use qingting_models::text::normalise;
use qingting_respond::action::Action;
use qingting_respond::case_table::ActionKind;
use qingting_respond::decide::CalledBack;

use crate::caller::Form;
use crate::error::WebError;
use crate::names::Names;
use crate::view::{Choice, choices};

/// How a field is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// One line of at most so many characters.
    Line(usize),
    /// Several lines of at most so many characters.
    Area(usize),
    /// A whole number from the first to the second.
    Number(u32, u32),
    Date,
    Select(Vec<Choice>),
    /// A box to tick; its value is `on` when it is ticked.
    Check,
    /// One line of at most so many characters that is not shown while it is typed.
    Secret(usize),
    /// One line of a notation (an address, a selector) of at most so many characters.
    Code(usize),
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub control: Control,
    pub required: bool,
    pub hint: &'static str,
    /// What stands in it.
    pub value: String,
    /// What is wrong with it.
    pub problem: Option<String>,
}

impl Field {
    fn new(name: &'static str, label: &'static str, control: Control) -> Self {
        Self { name, label, control, required: true, hint: "", value: String::new(), problem: None }
    }

    pub(crate) fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    pub(crate) fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    pub(crate) fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    pub(crate) fn line(name: &'static str, label: &'static str, max: usize) -> Self {
        Self::new(name, label, Control::Line(max))
    }

    pub(crate) fn select(name: &'static str, label: &'static str, options: Vec<Choice>) -> Self {
        Self::new(name, label, Control::Select(options))
    }

    pub(crate) fn date(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Control::Date)
    }

    pub(crate) fn check(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Control::Check).optional()
    }

    pub(crate) fn secret(name: &'static str, label: &'static str, max: usize) -> Self {
        Self::new(name, label, Control::Secret(max))
    }

    pub(crate) fn code(name: &'static str, label: &'static str, max: usize) -> Self {
        Self::new(name, label, Control::Code(max))
    }

    pub(crate) fn area(name: &'static str, label: &'static str, max: usize) -> Self {
        Self::new(name, label, Control::Area(max))
    }

    pub(crate) fn number(name: &'static str, label: &'static str, least: u32, most: u32) -> Self {
        Self::new(name, label, Control::Number(least, most))
    }
}

/// The form of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionForm {
    pub code: &'static str,
    pub label: &'static str,
    pub class: &'static str,
    pub hint: &'static str,
    pub fields: Vec<Field>,
    /// Shown unfolded.
    pub open: bool,
    /// Why it was refused when it was just tried.
    pub problem: Option<String>,
}

/// Longest text of a note or a reason, in characters.
const NOTE: usize = 1000;
/// Longest reply, in characters.
const REPLY: usize = 4000;

fn note(name: &'static str, label: &'static str) -> Field {
    Field::new(name, label, Control::Area(NOTE))
}

fn outcome() -> Field {
    Field::select(
        "outcome",
        "结果",
        Outcome::ALL.iter().map(|o| Choice::new(o.code(), o.label(), false)).collect(),
    )
}

fn department(label: &'static str, names: &Names) -> Field {
    Field::select("department", label, choices(&names.departments, ""))
}

fn fields(kind: ActionKind, names: &Names, case: &Case) -> Vec<Field> {
    use ActionKind as K;
    let free_note = || note("text", "说明").optional();
    match kind {
        K::Accept | K::HelperAccept => vec![],
        K::SendBack => vec![
            note("text", "退回理由"),
            department("应由哪个单位办理", names).hint("“不属本单位职责”须写明应由谁办理"),
        ],
        K::Reassign => {
            let named = match &case.state {
                CaseState::Returned { right_department, .. } => right_department.as_ref(),
                _ => None,
            };
            let code = named.map_or("", DepartmentCode::as_str);
            let mut to = Field::select("department", "改派给", choices(&names.departments, code));
            if named.is_some() {
                to = to.hint("已选上退回的单位认为应当办理的，请核对");
            }
            vec![to, note("text", "改派理由")]
        }
        K::Contact => vec![note("text", "联系情况")],
        K::TellPetitioner => vec![note("text", "告知情况")],
        K::Wait => vec![
            note("text", "依据").hint("为什么需要等群众，如：约定下周补交材料"),
            Field::date("until", "等到"),
        ],
        K::GoOn | K::GrantExtension | K::Approve => vec![free_note()],
        K::AskExtension => vec![
            Field::number("days", "延期天数", 1, 60)
                .hint("热线件按工作日、信访件按自然日计；到期之前申请，只能延一次"),
            note("text", "延期理由"),
        ],
        K::RefuseExtension => vec![note("text", "理由")],
        K::Submit => vec![
            Field::new("text", "答复（给诉求人）", Control::Area(REPLY)),
            Field::area("public_text", "可公开的内容", REPLY)
                .optional()
                .hint("要对外公开的另写在这里，不含诉求人的姓名、电话、住址；不公开就空着"),
            Field::line("stands_because", "可公开内容里保留个人信息的理由", 200).optional(),
            outcome(),
            Field::line("promise_1", "承诺事项", 200).optional(),
            Field::date("promise_1_by", "承诺日期").optional(),
            Field::line("promise_2", "承诺事项二", 200).optional(),
            Field::date("promise_2_by", "承诺日期二").optional(),
        ],
        K::NeedsWork => vec![note("text", "审核意见")],
        K::CallBack => vec![grade(), outcome(), free_note()],
        K::Reopen => vec![note("text", "重办理由")],
        K::Press => vec![level(true, true), note("text", "督办要求")],
        K::AddHelper => vec![department("协办单位", names), note("text", "请其办理的事项")],
        K::ReleaseHelper => vec![helper(case, names), note("text", "理由")],
        K::HelperAnswer => vec![note("text", "反馈")],
        K::HelperRefuse => vec![note("text", "理由")],
        K::Decline => vec![note("text", "法定理由")],
        K::Outside => vec![Field::line("authority", "转交机关", 100), Field::line("text", "回执或文号", 200)],
        K::Void => vec![note("text", "作废理由")],
        K::Merge => vec![
            Field::line("into", "并入的工单号", 20).hint("写工单号，如 2026-00123"),
            note("text", "并案理由"),
        ],
        K::Split => vec![department("另由哪个单位办理", names), note("text", "拆出的事项和理由")],
        K::TakeIncident => vec![Field::select("on", "以后归到同一事件的诉求", takes(case.takes_incident))],
        K::Assign | K::TakeIn | K::LeaveOut | K::Seen | K::Recount => vec![],
    }
}

fn takes(now: bool) -> Vec<Choice> {
    vec![Choice::new("on", "一并归入本工单", !now), Choice::new("off", "不归入，另行派单", now)]
}

fn grade() -> Field {
    use RatingGrade as G;
    let best_first =
        [G::VerySatisfied, G::Satisfied, G::Basically, G::Unsatisfied, G::VeryUnsatisfied, G::Unknown];
    let grades = best_first.iter().map(|g| Choice::new(g.code(), g.label(), false)).collect();
    Field::select("grade", "群众评价", grades)
}

/// The level of a press, of those that belong to the desk and to a leader. Where there is one alone it is chosen.
pub fn level(desk: bool, leader: bool) -> Field {
    let levels = [("1", "黄色", desk), ("2", "红色", desk), ("3", "领导", leader)];
    let options: Vec<Choice> = levels
        .iter()
        .filter(|(_, _, own)| *own)
        .map(|(code, label, _)| Choice::new(*code, *label, !desk))
        .collect();
    let field = Field::select("level", "督办级别", options);
    if desk && leader {
        field.hint("值班室发黄色、红色督办，领导督办选“领导”")
    } else {
        field
    }
}

fn helper(case: &Case, names: &Names) -> Field {
    let own = case.helpers.iter().map(|h| {
        let code = h.department.as_str();
        Choice::new(code, names.department(code), false)
    });
    Field::select("department", "协办单位", own.collect())
}

fn hint(kind: ActionKind) -> &'static str {
    match kind {
        ActionKind::Accept => "签收后开始办理；对群众的承诺在签收之后才能作出。",
        ActionKind::SendBack => "每个单位只能退回一次，之后由值班室协调裁定。",
        ActionKind::Submit => "提交后由本单位审核人审核，通过后才算答复。",
        ActionKind::Merge => "同一件事并到另一个工单里办；本工单结束，时限取两者中较早的。",
        ActionKind::Split => "其中一部分应由别的单位办理时，另立一个工单；本工单照常办理。",
        ActionKind::TakeIncident => "同一事件不断有人反映时，新来的热线、投诉直接归入本工单，一并答复。",
        ActionKind::Void => "只用于立错的工单；办不了的请用“不予受理”或“转外部门”。",
        _ => "",
    }
}

fn class(kind: ActionKind) -> &'static str {
    match kind {
        ActionKind::Void | ActionKind::Decline | ActionKind::SendBack | ActionKind::Merge => "danger",
        _ => "primary",
    }
}

/// Whether an action has a form of its own on the page of one case. Opening and taking in start from items and
/// incidents, leaving out from the list of what the case answers; a newer sheet is the program's to see.
pub fn has_form(kind: ActionKind) -> bool {
    use ActionKind as K;
    !matches!(kind, K::Assign | K::TakeIn | K::LeaveOut | K::Seen | K::Recount)
}

/// The form of `kind`. `tried` is what was typed into it when it was just refused, with the reason.
pub fn form_of(kind: ActionKind, names: &Names, case: &Case, tried: Option<(&Form, &str)>) -> ActionForm {
    let mut fields = fields(kind, names, case);
    if let Some((typed, _)) = tried {
        for field in &mut fields {
            field.value = typed.text(field.name).into();
        }
    }
    ActionForm {
        code: kind.code(),
        label: kind.label(),
        class: class(kind),
        hint: hint(kind),
        fields,
        open: tried.is_some(),
        problem: tried.map(|(_, problem)| problem.to_owned()),
    }
}

/// What a form asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// Something about this one case.
    Act(Action),
    /// What one of those said whom it answers together.
    CallBackOne(CalledBack),
    /// To merge it into the case of a number.
    Merge { number: String, reason: String },
    /// To split off a case for a department.
    Split { department: DepartmentCode, reason: String },
}

/// Reads from its form what the action `kind` asks for.
///
/// # Errors
/// Names the field that is missing or wrong.
pub fn asked(kind: ActionKind, form: &Form) -> Result<Asked, WebError> {
    let reason = form.text("text").to_owned();
    match kind {
        ActionKind::Merge => {
            let number = normalise(form.need("into", "并入的工单号", 20)?).text;
            Ok(Asked::Merge { number: number.trim().to_owned(), reason })
        }
        ActionKind::Split => {
            let department = form.need("department", "另由哪个单位办理", 40)?.into();
            Ok(Asked::Split { department, reason })
        }
        ActionKind::CallBack if !matches!(form.text("called"), "" | ALL) => {
            Ok(Asked::CallBackOne(CalledBack {
                item: form.must("called", "回访了哪一件")?,
                grade: form.must("grade", "群众评价")?,
                outcome: form.must("outcome", "结果")?,
                note: reason,
            }))
        }
        _ => read(kind, form).map(Asked::Act),
    }
}

/// The word of the form of a call-back for all that the case answers at once.
const ALL: &str = "all";

/// Which of those that the case answers together was called: those items that are left, and all at once.
pub fn called(left: Vec<Choice>) -> Field {
    let all = Choice::new(ALL, "全部，一并登记", false);
    Field::select("called", "回访了哪一件", left.into_iter().chain([all]).collect())
        .hint("逐件登记：最后一件登记后办结，有一件不满意就重办")
}

/// Reads the action `kind` on one case from its form.
///
/// # Errors
/// Names the field that is missing or wrong.
fn read(kind: ActionKind, form: &Form) -> Result<Action, WebError> {
    use ActionKind as K;
    let text = || form.text("text").to_owned();
    let to = || {
        let code = form.text("department");
        (!code.is_empty()).then(|| DepartmentCode::from(code))
    };
    let must_to = || to().ok_or_else(|| WebError::bad("请选择单位"));
    Ok(match kind {
        K::Accept => Action::Accept,
        K::SendBack => Action::SendBack { reason: text(), right_department: to() },
        K::Reassign => Action::Reassign { department: must_to()?, reason: text() },
        K::Contact => Action::Contact { note: text() },
        K::TellPetitioner => Action::TellPetitioner { note: text() },
        K::Wait => Action::Wait { evidence: text(), until: end_of(form.must("until", "等到")?)? },
        K::GoOn => Action::GoOn { note: text() },
        K::AskExtension => Action::AskExtension { reason: text(), days: form.must("days", "延期天数")? },
        K::GrantExtension => Action::GrantExtension { note: text() },
        K::RefuseExtension => Action::RefuseExtension { reason: text() },
        K::Submit => Action::Submit {
            text: text(),
            public_text: public_text(form),
            outcome: form.must("outcome", "结果")?,
            promises: promises(form)?,
        },
        K::NeedsWork => Action::NeedsWork { note: text() },
        K::Approve => Action::Approve { note: text() },
        K::CallBack => Action::CallBack {
            grade: form.must("grade", "群众评价")?,
            outcome: form.must("outcome", "结果")?,
            note: text(),
        },
        K::Reopen => Action::Reopen { reason: text() },
        K::Press => Action::Press { level: form.must("level", "督办级别")?, note: text() },
        K::AddHelper => Action::AddHelper { department: must_to()?, note: text() },
        K::ReleaseHelper => Action::ReleaseHelper { department: must_to()?, reason: text() },
        K::HelperAccept => Action::HelperAccept,
        K::HelperAnswer => Action::HelperAnswer { text: text() },
        K::HelperRefuse => Action::HelperRefuse { reason: text() },
        K::Decline => Action::Decline { legal_reason: text() },
        K::Outside => Action::Outside { authority: form.text("authority").into(), receipt: text() },
        K::Void => Action::Void { reason: text() },
        K::TakeIncident => Action::TakeIncident { on: form.text("on") == "on" },
        K::Assign | K::Merge | K::Split | K::TakeIn | K::LeaveOut | K::Seen | K::Recount => {
            return Err(WebError::bad("这个操作不能从这里进行"));
        }
    })
}

/// The end of office hours of a date is for the rules to say; a wait lasts the whole day.
fn end_of(date: Date) -> Result<jiff::Timestamp, WebError> {
    from_local(date.to_datetime(time(23, 59, 59, 0))).map_err(|_| WebError::bad("日期超出范围"))
}

fn public_text(form: &Form) -> Option<PublicText> {
    let some = |name: &str| Some(form.text(name).to_owned()).filter(|text| !text.is_empty());
    Some(PublicText { text: some("public_text")?, stands_because: some("stands_because") })
}

fn promises(form: &Form) -> Result<Vec<Promise>, WebError> {
    let mut promises = Vec::new();
    for (what, by) in [("promise_1", "promise_1_by"), ("promise_2", "promise_2_by")] {
        match (form.text(what), form.parsed::<Date>(by, "承诺日期")?) {
            ("", None) => {}
            ("", Some(_)) => return Err(WebError::bad("填了承诺日期，还要写承诺事项")),
            (_, None) => return Err(WebError::bad("承诺要写明日期")),
            (text, Some(by)) => {
                promises.push(Promise { what: qingting_models::text::mask(text).text, by });
            }
        }
    }
    Ok(promises)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_with_a_form_reads_back_from_its_own_fields() {
        let names = crate::samples::names("住建局");
        let case = crate::samples::case();
        for kind in ActionKind::ALL.iter().copied().filter(|k| has_form(*k)) {
            let shown = form_of(kind, &names, &case, None);
            let answer = |field: &Field| match &field.control {
                Control::Line(_) | Control::Area(_) | Control::Secret(_) | Control::Code(_) => {
                    "已经处理".to_owned()
                }
                Control::Check => "on".to_owned(),
                Control::Number(least, _) => least.to_string(),
                Control::Date => "2026-12-01".to_owned(),
                Control::Select(options) => options[0].value.clone(),
            };
            let rows: Vec<(&str, String)> = shown.fields.iter().map(|f| (f.name, answer(f))).collect();
            let rows: Vec<(&str, &str)> = rows.iter().map(|(k, v)| (*k, v.as_str())).collect();
            let found = match asked(kind, &Form::of(&rows)).unwrap() {
                Asked::Act(action) => action.kind(),
                Asked::CallBackOne(_) => ActionKind::CallBack,
                Asked::Merge { .. } => ActionKind::Merge,
                Asked::Split { .. } => ActionKind::Split,
            };
            assert_eq!(found, kind);
        }
    }

    #[test]
    fn a_call_back_is_of_one_or_of_all() {
        let row = |called| Form::of(&[("called", called), ("grade", "satisfied"), ("outcome", "solved")]);
        let item: qingting_models::ids::ItemId = 7.into();
        let id = item.to_string();
        let one = asked(ActionKind::CallBack, &row(&id)).unwrap();
        assert!(matches!(one, Asked::CallBackOne(said) if said.item == item));
        for all in [ALL, ""] {
            let asked = asked(ActionKind::CallBack, &row(all)).unwrap();
            assert!(matches!(asked, Asked::Act(Action::CallBack { .. })), "{all}");
        }
        assert!(asked(ActionKind::CallBack, &row("第一家")).is_err());
    }

    #[test]
    fn a_promise_needs_its_date_and_a_date_its_promise() {
        let row = |what, by| {
            Form::of(&[("text", "x"), ("outcome", "solved"), ("promise_1", what), ("promise_1_by", by)])
        };
        assert!(read(ActionKind::Submit, &row("修好路灯", "")).is_err());
        assert!(read(ActionKind::Submit, &row("", "2026-12-01")).is_err());
        assert!(read(ActionKind::Submit, &row("修好路灯", "十二月")).is_err());
        assert!(read(ActionKind::Submit, &row("修好路灯", "2026-12-01")).is_ok());
    }

    #[test]
    fn what_was_typed_stays_when_an_action_is_refused() {
        let typed = Form::of(&[("text", "已约谈物业"), ("outcome", "partly")]);
        let names = crate::samples::names("住建局");
        let form = form_of(ActionKind::Submit, &names, &crate::samples::case(), Some((&typed, "不行")));
        assert_eq!(form.fields[0].value, "已约谈物业");
        let outcome = form.fields.iter().find(|field| field.name == "outcome").unwrap();
        assert_eq!(outcome.value, "partly");
        assert!(form.open && form.problem.as_deref() == Some("不行"));
    }
}
