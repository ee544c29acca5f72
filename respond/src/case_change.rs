//! A case as it stands after a change.

use qingting_models::records::{CaseChange, CaseFile};

/// The file with the change applied, as the store would give it back. The number of a case stays what it was.
pub fn applied(file: &CaseFile, change: &CaseChange) -> CaseFile {
    let mut after = file.clone();
    after.case = change.case.clone();
    for clock in &change.clocks {
        match after.clocks.iter_mut().find(|c| c.id == clock.id) {
            Some(old) => old.clone_from(clock),
            None => after.clocks.push(clock.clone()),
        }
    }
    for (reply, _) in &change.replies {
        match after.replies.iter_mut().find(|r| r.id == reply.id) {
            Some(old) => old.clone_from(reply),
            None => after.replies.push(reply.clone()),
        }
    }
    after.ratings.extend(change.ratings.iter().cloned());
    after.timeline.extend(change.timeline.iter().cloned());
    after
}
