//! The rates of departments (RULES, "Rates"): the one place that says what each of them counts.
//!
//! A rate is a numerator over a denominator. What stands in a denominator is a
//! [fact](qingting_models::records::CaseFact) of a case: a moment that falls into the period or not, a department that it is
//! charged to, and whether it is in the numerator. The facts follow from the case as it stands, with its clocks, ratings
//! and timeline, and from nothing else ([`facts`]); they are written with the change that brings them about, and figures
//! are counted from them. A figure is always that of the cases as they stand now: it is right after a reopening, a merge, a
//! late arrival or a correction; what was said of the period before is what an approved report froze.
//!
//! | rate | in the denominator | moment | in the numerator |
//! | --- | --- | --- | --- |
//! | [`Contact`](Rate::Contact) 响应率 | the clock of the first contact: `hotline.contact`, of a petition `petition.accept` | its due time | met by then |
//! | [`OnTime`](Rate::OnTime) 按时办结率 | every round of work: from the opening, or a reopening, to the approved reply | the earliest due time of the clocks of the reply that count (one that the sender gave outranks ours) | approved by then |
//! | [`Solved`](Rate::Solved) 解决率 | every call-back noted | when it was noted | says solved |
//! | [`Satisfied`](Rate::Satisfied) 满意率 | every call-back with a rating; 未评价 is none | when it was noted | satisfied, basically or very satisfied |
//! | [`SentBack`](Rate::SentBack) 退单率 | every time that a case was given to a department, at first or anew | when it was given | sent back by it |
//! | [`Redone`](Rate::Redone) 重办率 | every approved reply | when it was approved | reopened after it |
//! | [`Repeated`](Rate::Repeated) 重复投诉率 | every case that was opened, split-off ones too | when it was opened | merged into another since: the same matter once more |
//!
//! What holds for all of them:
//!
//! - **Due** means due by now: what falls due later is in no figure yet, even if it is met already. Met at the due time is
//!   met in time.
//! - **Who is charged**: the department that had the lead at the moment that decides, which is when the clock was met, or
//!   the due time if that came first; else the moment of the fact. A case that was sent back is with the duty desk until it
//!   is given to another, and so is one before it was given to any: what falls due then is charged to the duty desk and
//!   counts in the sum over all alone.
//! - **Standing still**: a clock that stands while the resident is waited for has no due time until it goes on, and is in
//!   no figure until then. How long it stood and by how many days it was extended is counted beside every on-time rate. The
//!   clocks of the first contact neither stand nor are extended.
//! - **One case for many**: each of those whose items it answers may be called, and each call-back noted counts once.
//! - **Fallen away**: a clock that fell away (declined, handed outside, finished on the platform that runs a mirrored case,
//!   or a contact overtaken by the reply) before it was due was never due. One that was due already was missed.
//! - **Merged** cases: clocks that the merging ended count nowhere, the case under which the matter goes on has the earlier
//!   due time. What was done before stays counted.
//! - **Void** cases were opened by mistake and count nowhere. **Praise and news** run no clocks. **Confidential** cases
//!   count for those who may see them. **Mirrored** cases count by the due time of their platform; that it shows one as
//!   finished is no call-back.

mod draw;
mod figures;

pub use draw::{Story, facts};
pub use figures::DepartmentRates;

use qingting_models::records::Rate;

/// What a rate counts, in words for a page.
pub fn says(rate: Rate) -> &'static str {
    match rate {
        Rate::Contact => "按时首次联系（信访为告知）÷ 首次联系到期的工单",
        Rate::OnTime => "截止前审核通过的答复 ÷ 到期的办理（重办另计一次）",
        Rate::Solved => "回访为已解决 ÷ 回访",
        Rate::Satisfied => "满意、基本满意、非常满意 ÷ 有评价的回访",
        Rate::SentBack => "其中退回的 ÷ 派来、改派来的工单",
        Rate::Redone => "其中又重办的 ÷ 审核通过的答复",
        Rate::Repeated => "其中并入他件的 ÷ 新立工单",
    }
}
