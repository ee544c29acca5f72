//! One sender's year: goes through its records period by period and says which file shows which record in which state.

use anyhow::Result;

use super::book::Book;
use super::course::{Answer, Course, State, answer, words_in};
use super::senders::{SENDERS, Sender};
use super::telling::Record;
use super::truth::unmark;

/// A record as a file shows it.
pub(super) struct Shown {
    pub(super) record: Record,
    pub(super) course: Course,
    pub(super) state: State,
    /// The state in which the file before showed it.
    pub(super) before: Option<State>,
    /// The state in which the next file will show it again.
    pub(super) next: Option<State>,
    /// Marked.
    pub(super) title: String,
    pub(super) body: String,
    pub(super) answer: Option<Answer>,
}

impl Shown {
    /// The state in which the last file shows the record.
    pub(super) fn last(&self) -> State {
        self.next.unwrap_or(self.state)
    }

    /// Title and body without marks.
    pub(super) fn plain(&self) -> (String, String) {
        (unmark("title", &self.title).0, unmark("body", &self.body).0)
    }
}

/// Hands every record that the export of a period holds to `take`: first those of the period before that changed or stand in
/// the overlap, then the period's own.
pub(super) fn export(
    book: &Book,
    sender: usize,
    period: usize,
    take: &mut dyn FnMut(Shown) -> Result<()>,
) -> Result<()> {
    let Some(who) = SENDERS.get(sender) else { return Ok(()) };
    if let Some(before) = period.checked_sub(1) {
        for day in book.year.period(before) {
            listed(book, who, (sender, day), before, true, take)?;
        }
    }
    for day in book.year.period(period) {
        listed(book, who, (sender, day), period, false, take)?;
    }
    Ok(())
}

/// The records of a day, whose period is `period`: as its own export shows them, or as the next one does (`again`).
fn listed(
    book: &Book,
    who: &Sender,
    (sender, day): (usize, usize),
    period: usize,
    again: bool,
    take: &mut dyn FnMut(Shown) -> Result<()>,
) -> Result<()> {
    let start = book.year.day(day)?.start;
    let (own, next) = (book.year.export_at(period)?, period + 1);
    let following = if next < book.year.periods() { Some(book.year.export_at(next)?) } else { None };
    let overlaps = book.year.overlap(period).contains(&day);
    for (place, planned) in book.page(sender, day)?.iter().enumerate() {
        let course = Course::of(who, planned.seed, start + i64::from(planned.second));
        let first = course.state_at(own);
        let later = following.map(|at| course.state_at(at)).filter(|later| overlaps || *later != first);
        let (state, before, next) = match (again, later) {
            (false, later) => (first, None, later),
            (true, Some(later)) => (later, Some(first), None),
            (true, None) => continue,
        };
        let record = book.record(sender, day, place)?;
        let (title, body) = words_in(book, who, &record, state)?;
        let answer = answer(book, &record, &course, state)?;
        take(Shown { record, course, state, before, next, title, body, answer })?;
    }
    Ok(())
}
