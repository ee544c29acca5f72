//! How quickly and in which ways the simulated staff work: drawn from the season's seed and a record's id, so
//! that the same season is always worked in the same way.

use qingting_models::county::DepartmentCode;

use crate::demo::feed_site::digest;
use crate::material::random::Random;

/// Minutes of a working day.
pub(crate) const DAY: i64 = 8 * 60;

/// Draws that belong to a record and a question, not to their order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draw {
    seed: u64,
}

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed }
    }

    fn stream(self, id: &str, question: &str) -> Random {
        Random::new(self.seed ^ digest(&format!("{id}|{question}")))
    }

    /// True for `percent` of a hundred records.
    pub(crate) fn chance(self, id: &str, question: &str, percent: usize) -> bool {
        self.stream(id, question).chance(percent)
    }

    /// A number in `low..=high`.
    pub(crate) fn between(self, id: &str, question: &str, low: i64, high: i64) -> i64 {
        self.stream(id, question).between(low, high)
    }

    /// An index drawn in proportion to its weight.
    pub(crate) fn weighted(self, id: &str, weights: &[u32]) -> usize {
        self.stream(id, "weighted").weighted(weights)
    }

    /// One of the texts; empty when there is none.
    pub(crate) fn pick<'a>(self, id: &str, question: &str, texts: &'a [String]) -> &'a str {
        self.stream(id, question).pick(texts).map_or("", String::as_str)
    }
}

/// How one case is worked. Times are working minutes.
#[derive(Debug, Clone)]
pub(crate) struct Habit {
    /// From assigning to accepting.
    pub accept: i64,
    /// From accepting to the first contact.
    pub contact: i64,
    /// From accepting to the reply.
    pub reply: i64,
    /// From the reply to its review.
    pub review: i64,
    /// From the approval to the call-back.
    pub call_back: i64,
    /// From a question at the desk (sent back, extension asked) to its answer.
    pub desk: i64,
    pub sends_back: bool,
    /// Working days to wait for the resident, 0 for not.
    pub wait_days: i64,
    /// Working days of more time asked for, 0 for none.
    pub extension_days: u32,
    pub extension_granted: bool,
    pub has_helper: bool,
    pub helper_refuses: bool,
    pub is_split: bool,
    pub needs_work: bool,
    pub is_dissatisfied: bool,
    pub is_unreached: bool,
}

impl Habit {
    /// The habit for a record at a department.
    pub(crate) fn of(draw: Draw, id: &str, department: &DepartmentCode, urgent: bool, quick: bool) -> Self {
        // Departments differ in pace: hundredths of the usual time.
        let pace = [50, 65, 80, 90, 105, 135][draw.between(department.as_str(), "pace", 0, 5) as usize];
        let time = |question, low, high| draw.between(id, question, low, high) * pace / 100;
        let slow = if draw.chance(id, "slow", 8) { 3 } else { 1 };
        let reply = time("reply", DAY / 3, DAY * 7 / 2) * slow;
        let usual = Self {
            accept: time("accept", 40, DAY * 5 / 4),
            contact: time("contact", 10, DAY / 3),
            reply: if quick { reply / 2 } else { reply },
            review: time("review", 40, DAY * 2 / 3),
            call_back: draw.between(id, "call back", 30, DAY / 2)
                * if draw.chance(id, "late call back", 8) { 4 } else { 1 },
            desk: draw.between(id, "desk", 60, DAY * 3 / 4),
            sends_back: draw.chance(id, "send back", 45),
            wait_days: if draw.chance(id, "wait", 7) { draw.between(id, "wait days", 2, 5) } else { 0 },
            extension_days: if slow > 1 || draw.chance(id, "extension", 6) {
                draw.between(id, "extension days", 3, 8) as u32
            } else {
                0
            },
            extension_granted: draw.chance(id, "granted", 75),
            has_helper: draw.chance(id, "helper", 14),
            helper_refuses: draw.chance(id, "helper refuses", 15),
            is_split: draw.chance(id, "split", 1),
            needs_work: draw.chance(id, "needs work", 9),
            is_dissatisfied: draw.chance(id, "dissatisfied", 9),
            is_unreached: draw.chance(id, "unreached", 8),
        };
        if !urgent {
            return usual;
        }
        Self {
            accept: 5,
            contact: 5,
            reply: draw.between(id, "urgent reply", 60, DAY * 2 / 3),
            review: 10,
            desk: 10,
            wait_days: 0,
            extension_days: 0,
            sends_back: false,
            needs_work: false,
            ..usual
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_record_has_the_same_habit_and_urgent_ones_are_quick() {
        let (draw, office) = (Draw::new(7), DepartmentCode::from("rsj"));
        let habit = |id: &str, urgent| Habit::of(draw, id, &office, urgent, false);
        for index in 0..200 {
            let id = format!("XS{index}");
            assert_eq!(habit(&id, false).reply, habit(&id, false).reply);
            assert!(habit(&id, true).reply < DAY);
        }
        let split: Vec<i64> = (0..50).map(|i| habit(&format!("a{i}"), false).accept).collect();
        assert!(split.iter().any(|accept| *accept != split[0]));
    }
}
