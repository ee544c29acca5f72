//! From which probability on a topic is asserted, and from which on the model is sure.

/// One held-out row: the probability of each topic, and whether it is right.
pub(crate) type Assertions = Vec<(f32, bool)>;

/// Topics with fewer right rows than this keep the common threshold.
const ENOUGH: usize = 20;

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    hit: f64,
    asserted: f64,
    gold: f64,
}

impl Tally {
    fn f1(self) -> f64 {
        2.0 * self.hit / (self.asserted + self.gold).max(1.0)
    }

    fn and(self, other: Tally) -> Tally {
        Tally {
            hit: self.hit + other.hit,
            asserted: self.asserted + other.asserted,
            gold: self.gold + other.gold,
        }
    }
}

/// A threshold for each topic: first the common one with the best micro-F1, then, topic by topic,
/// the one that lifts the sum of micro-F1 and the topic's own F1 most, drawn halfway back to the
/// common one, because a topic's own optimum on few rows is noisy. Where `always` marks a topic of
/// a row it counts as asserted at any threshold.
pub(crate) fn tune(rows: &[Assertions], always: &[usize], topics: usize) -> Vec<f32> {
    let grid: Vec<f32> = (10..=75).map(|p| p as f32 / 100.0).collect();
    let tallies: Vec<Vec<Tally>> =
        (0..topics).map(|t| grid.iter().map(|&g| tally(rows, always, t, g)).collect()).collect();
    let total = |at: &[usize]| {
        at.iter().enumerate().fold(Tally::default(), |sum, (t, &g)| sum.and(tallies[t][g])).f1()
    };
    let common = best(grid.len(), |g| total(&vec![g; topics]));
    let mut chosen = vec![common; topics];
    for t in 0..topics {
        if (tallies[t][0].gold as usize) < ENOUGH {
            continue;
        }
        let own = best(grid.len(), |g| {
            let mut at = vec![common; topics];
            at[t] = g;
            total(&at) * topics as f64 + tallies[t][g].f1()
        });
        chosen[t] = own.midpoint(common);
    }
    chosen.into_iter().map(|g| grid[g]).collect()
}

/// The lowest probability from which on the first topic is right in `precision` of the rows; `cases`
/// are `(probability, right)`. When even the surest rows are right less often, nothing is sure.
pub(crate) fn abstention(cases: &[(f32, bool)], precision: f64) -> f32 {
    let mut sorted = cases.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut lowest) = (0usize, 1.0);
    for (seen, (probability, is_right)) in sorted.iter().enumerate() {
        right += usize::from(*is_right);
        if right as f64 >= precision * (seen + 1) as f64 {
            lowest = *probability;
        }
    }
    lowest
}

fn tally(rows: &[Assertions], always: &[usize], topic: usize, threshold: f32) -> Tally {
    let mut sum = Tally::default();
    for (row, &first) in rows.iter().zip(always) {
        let (probability, gold) = row[topic];
        let asserted = probability >= threshold || first == topic;
        sum.asserted += f64::from(u8::from(asserted));
        sum.gold += f64::from(u8::from(gold));
        sum.hit += f64::from(u8::from(asserted && gold));
    }
    sum
}

fn best(count: usize, value: impl Fn(usize) -> f64) -> usize {
    let mut found = (0, f64::NEG_INFINITY);
    for at in 0..count {
        let v = value(at);
        if v > found.1 {
            found = (at, v);
        }
    }
    found.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_lies_between_wrong_and_right() {
        let rows: Vec<Assertions> =
            (0..100).map(|i| vec![(if i % 3 == 0 { 0.42 } else { 0.2 }, i % 3 == 0)]).collect();
        let tuned = tune(&rows, &[usize::MAX; 100], 1);
        assert!(tuned[0] > 0.2 && tuned[0] <= 0.42, "{tuned:?}");
    }

    #[test]
    fn abstention_keeps_as_many_rows_as_the_precision_allows() {
        let cases = [(0.9, true), (0.8, true), (0.7, true), (0.6, false), (0.5, false)];
        assert_eq!(abstention(&cases, 0.75), 0.6);
        assert_eq!(abstention(&cases, 1.0), 0.7);
        assert_eq!(abstention(&[(0.9, false)], 0.5), 1.0);
    }
}
