//! In which clause of a text its words stand, so that what two texts have word for word is told from what each says by
//! itself.

use super::signature::Sparse;
use crate::segment::is_letter;

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
                '\u{4e00}'..='\u{9fff}' if step == 0 => {}
                '。' | '！' | '？' | '；' | '!' | '?' | ';' => step = 2,
                '，' | ',' | '：' | ':' => step = step.max(1),
                c if c.is_whitespace() => step = step.max(1),
                c if step > 0 && is_letter(c) => {
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

    /// [`Clauses::at`] of places that never fall.
    pub(super) fn walk(&self) -> impl FnMut(usize) -> Clause {
        let (mut starts, mut clause) = (self.starts.iter().copied().peekable(), NO_CLAUSE);
        move |at| {
            while let Some((_, next)) = starts.next_if(|(start, _)| *start <= at) {
                clause = next;
            }
            clause
        }
    }
}

/// Weighted features by rising hash, and the clause of each.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Placed {
    pub entries: Sparse,
    pub clauses: Vec<Clause>,
}

impl Placed {
    /// The same entries, of which no clause is known.
    pub(super) fn nowhere(entries: Sparse) -> Self {
        Self { clauses: vec![NO_CLAUSE; entries.len()], entries }
    }

    /// How many features stand in a clause and nowhere else.
    pub(super) fn count_in(&self, clause: Clause) -> usize {
        self.clauses.iter().filter(|held| **held == clause).count()
    }
}

/// Every time that a feature stands in a text: its hash, the clause, and how often it counts there; from the highest bits
/// of a number to the lowest, so that they are put in order fast.
#[derive(Debug, Default)]
pub(super) struct Stood(Vec<u64>);

impl Stood {
    pub(super) fn with_capacity(most: usize) -> Self {
        Self(Vec::with_capacity(most))
    }

    pub(super) fn push(&mut self, hash: u32, clause: Clause, times: u8) {
        self.0.push(u64::from(hash) << 32 | u64::from(clause) << 8 | u64::from(times));
    }

    /// By rising hash each feature once, how often it counts in all, and its clause: [`NO_CLAUSE`] where there are several.
    pub(super) fn features(mut self) -> impl Iterator<Item = (u32, u32, Clause)> {
        self.0.sort_unstable();
        let mut rest = self.0.into_iter().peekable();
        std::iter::from_fn(move || {
            let first = rest.next()?;
            let (hash, mut clause) = ((first >> 32) as u32, (first >> 8) as Clause);
            let mut times = first as u32 & 0xff;
            while let Some(next) = rest.next_if(|next| (next >> 32) as u32 == hash) {
                times += next as u32 & 0xff;
                clause = if (next >> 8) as Clause == clause { clause } else { NO_CLAUSE };
            }
            Some((hash, times, clause))
        })
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
        let places = || [0, 0, 5, 6, 9, 14, 14, 40].into_iter();
        assert!(places().map(clauses.walk()).eq(places().map(|at| clauses.at(at))));
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
        let mut stood = Stood::default();
        for (hash, clause, times) in
            [(2, 4, 1), (u32::MAX, 255, 2), (1, 4, 2), (2, 5, 1), (1, 4, 1), (9, 0, 1), (2, 6, 2)]
        {
            stood.push(hash, clause, times);
        }
        let features: Vec<_> = stood.features().collect();
        assert_eq!(features, [(1, 3, 4), (2, 4, NO_CLAUSE), (9, 1, NO_CLAUSE), (u32::MAX, 2, 255)]);
    }
}
