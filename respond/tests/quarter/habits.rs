//! The fifty-one offices of the county, each with habits of its own.

use crate::draw::Draw;

/// How an office works: times in minutes on the average, the rest so often of a thousand times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    pub(crate) accepts_after: i64,
    pub(crate) sends_back: usize,
    pub(crate) contacts: usize,
    pub(crate) contacts_after: i64,
    pub(crate) waits: usize,
    pub(crate) extends: usize,
    pub(crate) answers_after: i64,
    pub(crate) needs_work: usize,
    /// Of those whom it answered.
    pub(crate) unsatisfied: usize,
}

const DILIGENT: Habits = Habits {
    accepts_after: 90,
    sends_back: 20,
    contacts: 980,
    contacts_after: 120,
    waits: 60,
    extends: 40,
    answers_after: 700,
    needs_work: 80,
    unsatisfied: 40,
};
/// Slow to accept, sends back, parks by waiting, extends, answers late, is sloppy.
const KINDS: [Habits; 7] = [
    DILIGENT,
    Habits { accepts_after: 1_400, ..DILIGENT },
    Habits { sends_back: 350, ..DILIGENT },
    Habits { waits: 700, answers_after: 900, ..DILIGENT },
    Habits { extends: 600, answers_after: 2_000, ..DILIGENT },
    Habits { answers_after: 4_500, contacts_after: 900, ..DILIGENT },
    Habits { contacts: 500, needs_work: 400, unsatisfied: 300, ..DILIGENT },
];

/// The habits of each office, in the order of the departments.
pub(crate) fn of_all(draw: &mut Draw, offices: usize) -> Vec<Habits> {
    (0..offices)
        .map(|place| {
            let kind = KINDS[place % KINDS.len()];
            let faster = |minutes: i64, draw: &mut Draw| minutes * (70 + draw.below(60) as i64) / 100;
            Habits {
                accepts_after: faster(kind.accepts_after, draw),
                contacts_after: faster(kind.contacts_after, draw),
                answers_after: faster(kind.answers_after, draw),
                ..kind
            }
        })
        .collect()
}
