//! What a newer sheet of the sender's platform says about a case.

use jiff::Timestamp;
use qingting_models::clock::minute_text;
use qingting_models::records::{Clock, Outcome, RatingGrade};

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

/// Whether the due time that counts for the reply is another than before. Where several senders had set one, the new one
/// counts alone: it is the earliest of what they say now.
fn move_due(draft: &mut Draft<'_>, due_at: Timestamp) -> bool {
    let set = |clock: &&Clock| clock.from_sender && clock.is_open();
    if let Some(earliest) = draft.clocks.iter().filter(set).min_by_key(|c| (c.due_at, c.id)) {
        let (id, other) = (earliest.id, earliest.due_at != due_at);
        if other {
            draft.drop_where(|clock| clock.from_sender && clock.id != id);
            for clock in draft.clocks.iter_mut().filter(|clock| clock.id == id) {
                clock.steps.push(format!("派单平台改为 {}", minute_text(due_at)));
                clock.due_at = due_at;
            }
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
