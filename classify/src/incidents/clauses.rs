//! In which clause of a text its words stand, so that what two texts have word for word is told from what each says by
//! itself.

use super::signature::Sparse;

/// In which clause something stands. Numbers rise by one within a sentence and by two to the next.
pub(super) type Clause = u8;
/// What stands in the title, in several clauses, or too far on to be told.
pub(super) const NO_CLAUSE: Clause = 0;

/// Where the clauses of a body begin, in characters of the normalised text.
#[derive(Debug)]
pub(super) struct Clauses {
    starts: Vec<(usize, Clause)>,
}

impl Clauses {
    /// The clauses of a text whose body begins at the character `body`.
    pub(super) fn of(text: &str, body: usize) -> Self {
        let mut clauses = Self { starts: Vec::new() };
        let (mut number, mut step) = (NO_CLAUSE, 1);
        for (at, c) in text.chars().enumerate().skip(body) {
            match c {
                '。' | '！' | '？' | '；' | '!' | '?' | ';' => step = 2,
                '，' | ',' | '：' | ':' => step = step.max(1),
                c if c.is_whitespace() => step = step.max(1),
                c if step > 0 && c.is_alphanumeric() => {
                    let Some(next) = number.checked_add(step) else {
                        clauses.starts.push((at, NO_CLAUSE));
                        break;
                    };
                    clauses.starts.push((at, next));
                    (number, step) = (next, 0);
                }
                _ => {}
            }
        }
        clauses
    }

    pub(super) fn at(&self, at: usize) -> Clause {
        let after = self.starts.partition_point(|(start, _)| *start <= at);
        after.checked_sub(1).map_or(NO_CLAUSE, |place| self.starts[place].1)
    }
}

/// Weighted features by rising hash, and the clause of each.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Placed {
    pub entries: Sparse,
    pub clauses: Vec<Clause>,
}

impl Placed {
    /// `stood` tells for every time that a feature stands in the text the clause in which it does.
    pub(super) fn new(entries: Sparse, stood: Vec<(u32, Clause)>) -> Self {
        let mut clauses: Vec<Option<Clause>> = vec![None; entries.len()];
        for (hash, clause) in stood {
            if let Ok(place) = entries.binary_search_by_key(&hash, |(hash, _)| *hash) {
                let held = clauses[place].get_or_insert(clause);
                *held = if *held == clause { clause } else { NO_CLAUSE };
            }
        }
        let clauses = clauses.into_iter().map(|clause| clause.unwrap_or(NO_CLAUSE)).collect();
        Self { entries, clauses }
    }
}

impl Placed {
    /// How many features stand in a clause and nowhere else.
    pub(super) fn count_in(&self, clause: Clause) -> usize {
        self.clauses.iter().filter(|held| **held == clause).count()
    }
}

/// Clauses of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ClauseSet([u64; 4]);

impl ClauseSet {
    pub(super) fn insert(&mut self, clause: Clause) {
        self.0[usize::from(clause / 64)] |= 1 << (clause % 64);
    }

    pub(super) fn has(&self, clause: Clause) -> bool {
        self.0[usize::from(clause / 64)] & (1 << (clause % 64)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_of_a_sentence_follow_one_another_and_sentences_leave_a_gap() {
        let text = "标题，标题 路灯（三盏）坏了，没人修！！再说一次。谢谢";
        let clauses = Clauses::of(text, 6);
        let of = |word: &str| clauses.at(text[..text.find(word).unwrap()].chars().count());
        assert_eq!(["标题", "路灯", "三盏", "坏了", "没人", "再说", "谢谢"].map(of), [0, 1, 1, 1, 2, 4, 6]);
    }

    #[test]
    fn what_stands_too_far_on_is_in_no_clause() {
        let text = "路灯，".repeat(300);
        let clauses = Clauses::of(&text, 0);
        assert_eq!([0, 3 * 254, 3 * 255, 899].map(|at| clauses.at(at)), [1, 255, NO_CLAUSE, NO_CLAUSE]);
        assert_eq!(Clauses::of("", 1).at(0), NO_CLAUSE);
    }

    #[test]
    fn a_feature_of_two_clauses_is_in_none() {
        let entries = vec![(1, 0.6), (2, 0.8), (3, 0.0)];
        let placed = Placed::new(entries, vec![(2, 4), (1, 4), (2, 5), (1, 4), (9, 7)]);
        assert_eq!(placed.clauses, [4, NO_CLAUSE, NO_CLAUSE]);
        assert_eq!((placed.count_in(4), placed.count_in(5)), (1, 0));
    }
}
