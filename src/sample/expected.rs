//! What an import of the sample must count, file by file: the one place that says how rows are counted.

use std::ops::AddAssign;

use serde::Serialize;

use super::course::State;

/// What becomes of a readable row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    New,
    Updated,
    Unchanged,
}

/// How the first sight of an article at another address is counted: it is no item of its own and changes none.
const APPEARANCE: Outcome = Outcome::Unchanged;

/// How a row is counted that shows a record in a state, when the store has it in another or not at all. A row that shows an
/// earlier state than the store has is an update like any other: the store compares, it does not know what came first.
pub(super) fn outcome(stored: Option<State>, arriving: State) -> Outcome {
    match stored {
        None => Outcome::New,
        Some(stored) if stored == arriving => Outcome::Unchanged,
        Some(_) => Outcome::Updated,
    }
}

/// The counts of one file, and how many of its rows show an article that stands elsewhere too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) read: u64,
    pub(super) new: u64,
    pub(super) updated: u64,
    pub(super) unchanged: u64,
    pub(super) quarantined: u64,
    /// Rows that show an article at another address for the first time; they are among the unchanged ones.
    pub(super) appearances: u64,
}

impl Counts {
    fn count(&mut self, outcome: Outcome) {
        self.read += 1;
        match outcome {
            Outcome::New => self.new += 1,
            Outcome::Updated => self.updated += 1,
            Outcome::Unchanged => self.unchanged += 1,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.new += other.new;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.quarantined += other.quarantined;
        self.appearances += other.appearances;
    }
}

/// The counts of a file when all files are imported in order, and when they are imported so a second time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tally {
    pub(super) first: Counts,
    pub(super) second: Counts,
}

impl Tally {
    /// A record's first row; `last` is the state in which the last file shows it.
    pub(super) fn first_row(&mut self, shown: State, last: State) {
        self.first.count(outcome(None, shown));
        self.second.count(outcome(Some(last), shown));
    }

    /// A row about a record that an earlier row showed in the state `before`.
    pub(super) fn later_row(&mut self, before: State, shown: State) {
        self.first.count(outcome(Some(before), shown));
        self.second.count(outcome(Some(before), shown));
    }

    /// The first row of an article at another address.
    pub(super) fn appearance(&mut self) {
        self.first.count(APPEARANCE);
        self.first.appearances += 1;
        self.second.count(Outcome::Unchanged);
    }

    /// A row that cannot be read: it is counted each time it comes.
    pub(super) fn bad_row(&mut self) {
        for counts in [&mut self.first, &mut self.second] {
            counts.read += 1;
            counts.quarantined += 1;
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.first += other.first;
        self.second += other.second;
    }
}
