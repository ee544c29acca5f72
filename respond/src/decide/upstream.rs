//! What a newer sheet of the sender's platform says about a case.

use jiff::Timestamp;
use qingting_models::clock::minute_text;
use qingting_models::records::{Outcome, RatingGrade};

use super::{Draft, closing};
use crate::case_clocks::{main_rule, reply_due, runs_clocks};
use crate::case_table::Row;
use crate::refusal::Refusal;

/// The sender's due time counts and ours only warns; what is finished there is closed here, unrated.
pub(super) fn seen(
    draft: &mut Draft<'_>,
    row: &Row,
    due_at: Option<Timestamp>,
    finished: bool,
) -> Result<(), Refusal> {
    draft.take(row)?;
    let moved = due_at.is_some_and(|due_at| move_due(draft, due_at));
    if finished {
        draft.drop_where(|_| true);
        closing::close(draft, RatingGrade::Unknown, Outcome::Explained, "派单平台显示已办结".into());
        draft.line(row.action, "派单平台显示已办结".into());
    } else if moved {
        let due = due_at.map(minute_text).unwrap_or_default();
        draft.line(row.action, format!("派单平台截止时间：{due}"));
    } else {
        return Err(Refusal::NothingNew);
    }
    Ok(())
}

/// Whether the due time that counts for the reply is another than before.
fn move_due(draft: &mut Draft<'_>, due_at: Timestamp) -> bool {
    if let Some(clock) = draft.clocks.iter_mut().find(|c| c.from_sender && c.is_open()) {
        let other = clock.due_at != due_at;
        if other {
            clock.steps.push(format!("派单平台改为 {}", minute_text(due_at)));
            clock.due_at = due_at;
        }
        return other;
    }
    // A reply that was approved has no due time any more.
    if !runs_clocks(&draft.case) || reply_due(&draft.clocks).is_none() {
        return false;
    }
    draft.add_sender_clock(main_rule(&draft.case), draft.ctx.now, due_at);
    true
}
