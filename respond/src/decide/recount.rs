//! Open clocks worked out anew after the calendar or the deadline rules changed.

use qingting_models::clock::{local_date, minute_text};

use super::Draft;
use crate::case_table::Row;
use crate::refusal::Refusal;

/// Each open clock of ours as the rules and the calendar have it now; the timeline says what moved. Due times that the
/// sender gave are the sender's.
pub(super) fn recount(draft: &mut Draft<'_>, row: &Row) -> Result<(), Refusal> {
    let (sums, urgency) = (draft.ctx.sums(), draft.case.urgency);
    let rules = &draft.ctx.county.deadline_rules;
    let mut told = Vec::new();
    for clock in draft.clocks.iter_mut().filter(|clock| clock.is_open() && !clock.from_sender) {
        let Some(new) = sums.recounted(clock, urgency)? else { continue };
        if (new.due_at, new.provisional) == (clock.due_at, clock.provisional) {
            continue;
        }
        let title = rules.rule_on(&clock.rule, local_date(clock.started_at));
        let title = title.map_or(clock.rule.as_str(), |rule| rule.title.as_str());
        told.push(match new.due_at == clock.due_at {
            true => format!("{title}：截止 {} 不变，已按公布的节假日核定", minute_text(new.due_at)),
            false => format!("{title}：{} 改为 {}", minute_text(clock.due_at), minute_text(new.due_at)),
        });
        *clock = new;
    }
    if told.is_empty() {
        return Err(Refusal::NothingNew);
    }
    draft.note_detail("clocks", told.len());
    draft.take(row)?;
    draft.line(row.action, format!("节假日或时限规则有变。{}", told.join("；")));
    Ok(())
}
