//! Which features a model knows and how much each counts: TF-IDF with the IDF of the training rows.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use crate::features::{Counts, VIEW_WEIGHTS, VIEWS};

/// The known features, in rising order of hash; a feature's place is its column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vocabulary {
    hashes: Vec<u32>,
    /// Inverse document frequency by column, `ln((1 + n) / (1 + df)) + 1`.
    idf: Vec<f32>,
    columns: Columns,
    /// The highest IDF.
    rarest: f32,
}

impl Vocabulary {
    /// The features that stand in at least `least[view]` of the rows.
    pub(crate) fn learn<'a>(rows: impl Iterator<Item = &'a Counts>, least: [u32; VIEWS]) -> Self {
        let mut frequency: HashMap<u32, (u32, u32)> = HashMap::new();
        let mut total = 0.0f32;
        for counts in rows {
            total += 1.0;
            for (view, features) in counts.views.iter().enumerate() {
                for &(hash, _) in features {
                    frequency.entry(hash).or_insert((0, least[view])).0 += 1;
                }
            }
        }
        let mut kept: Vec<(u32, u32)> = frequency
            .into_iter()
            .filter(|(_, (df, least))| df >= least)
            .map(|(h, (df, _))| (h, df))
            .collect();
        kept.sort_unstable();
        let idf = kept
            .iter()
            .map(|&(_, df)| idf_of_level(level_of_idf(((1.0 + total) / (1.0 + df as f32)).ln() + 1.0)))
            .collect();
        Self::from_parts(kept.into_iter().map(|(hash, _)| hash).collect(), idf)
    }

    pub(crate) fn from_parts(hashes: Vec<u32>, idf: Vec<f32>) -> Self {
        let columns = Columns::of(&hashes, &idf);
        let rarest = idf.iter().copied().fold(1.0, f32::max);
        Self { hashes, idf, columns, rarest }
    }

    pub(crate) fn len(&self) -> usize {
        self.hashes.len()
    }

    pub(crate) fn hashes(&self) -> &[u32] {
        &self.hashes
    }

    pub(crate) fn idf(&self) -> &[f32] {
        &self.idf
    }

    /// How rare each feature is: its IDF less one, and for a feature that is not known that of the rarest known.
    pub(crate) fn rarities(&self, features: &[(u32, f32)]) -> impl Iterator<Item = f32> {
        let found = self.columns.follow_all(features);
        found.map(|found| found.map_or(self.rarest, |(_, idf)| idf) - 1.0)
    }

    /// The row of a text: `(1 + ln tf) * idf`, each view brought to its weight in length.
    pub(crate) fn row(&self, counts: &Counts) -> TextRow {
        let mut row = TextRow::default();
        let most = counts.views.iter().map(Vec::len).sum();
        row.entries.reserve(most);
        row.sources.reserve(most);
        for (view, (features, weight)) in counts.views.iter().zip(VIEW_WEIGHTS).enumerate() {
            let start = row.entries.len();
            self.push_counts(features, &mut row);
            let entries = &mut row.entries[start..];
            for (column, value) in entries.iter_mut() {
                *value = (1.0 + ln(*value)) * self.idf[*column as usize];
            }
            let length = entries.iter().map(|(_, v)| v * v).sum::<f32>().sqrt();
            entries.iter_mut().for_each(|(_, v)| *v *= weight / length.max(1e-9));
            row.views[view] = start..row.entries.len();
        }
        row
    }

    /// Adds the known features in the order in which they first stand, each once, with how much they count.
    fn push_counts(&self, features: &[(u32, f32)], row: &mut TextRow) {
        let start = row.entries.len();
        // Open addressing: one more than the place of an entry after `start`; 0 is free.
        let size = (2 * features.len()).next_power_of_two();
        let mut places = vec![0u32; size];
        for (source, (found, &(hash, count))) in (0..).zip(self.columns.follow_all(features).zip(features)) {
            let Some((column, _)) = found else { continue };
            let mut at = hash as usize & (size - 1);
            loop {
                match places[at] {
                    0 => {
                        row.entries.push((column, count));
                        row.sources.push(source);
                        places[at] = (row.entries.len() - start) as u32;
                        break;
                    }
                    place if row.entries[start + place as usize - 1].0 == column => {
                        row.entries[start + place as usize - 1].1 += count;
                        break;
                    }
                    _ => at = (at + 1) & (size - 1),
                }
            }
        }
    }
}

/// A text as a row of `(column, value)`, one view after the other; within a view in the order of its counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextRow {
    pub entries: Vec<(u32, f32)>,
    /// For each entry which of its view's counts it was first.
    sources: Vec<u32>,
    views: [Range<usize>; VIEWS],
}

impl TextRow {
    /// The entries of a view: which of its counts each was first, by rising number, and column and value.
    pub(crate) fn view(&self, view: usize) -> impl Iterator<Item = (usize, (u32, f32))> {
        let span = self.views[view].clone();
        let sources = self.sources[span.clone()].iter().map(|&source| source as usize);
        sources.zip(self.entries[span].iter().copied())
    }
}

/// The columns and their IDF by hash: open addressing in a table that is at most four fifths full. The hashes are well
/// mixed, so their upper bits say where to begin.
#[derive(Debug, Clone, Default)]
struct Columns {
    places: Vec<Slot>,
    shift: u32,
}

/// A place of the table: hash, column + 1, IDF; a column of 0 is free.
type Slot = (u32, u32, f32);

impl Columns {
    fn of(hashes: &[u32], idf: &[f32]) -> Self {
        let size = (hashes.len() * 5 / 4 + 1).next_power_of_two().clamp(2, 1 << 31);
        let shift = 32 - size.trailing_zeros();
        let mut columns = Self { places: vec![(0, 0, 0.0); size], shift };
        for (column, (&hash, &idf)) in (1..).zip(hashes.iter().zip(idf)) {
            let mut at = (hash >> shift) as usize;
            while columns.places[at].1 != 0 {
                at = (at + 1) & (size - 1);
            }
            columns.places[at] = (hash, column, idf);
        }
        columns
    }

    /// Column and IDF of each feature. All first looks come before any of them is used: they lie far apart in memory,
    /// and the processor fetches several at a time when none waits for another.
    fn follow_all(&self, features: &[(u32, f32)]) -> impl Iterator<Item = Option<(u32, f32)>> {
        let looks: Vec<Slot> = features.iter().map(|&(hash, _)| self.look(hash)).collect();
        features.iter().zip(looks).map(|(&(hash, _), look)| self.follow(hash, look))
    }

    /// The first place where a hash may stand.
    fn look(&self, hash: u32) -> Slot {
        self.places.get((hash >> self.shift) as usize).copied().unwrap_or_default()
    }

    /// Goes on from the first place.
    fn follow(&self, hash: u32, first: Slot) -> Option<(u32, f32)> {
        let mut at = (hash >> self.shift) as usize;
        let (mut found, mut column, mut idf) = first;
        while found != hash && column != 0 {
            at = (at + 1) & (self.places.len() - 1);
            (found, column, idf) = self.places[at];
        }
        Some((column.checked_sub(1)?, idf))
    }
}

/// The natural logarithm; that of the counts most texts have is remembered.
pub(crate) fn ln(tf: f32) -> f32 {
    static SMALL: LazyLock<Vec<f32>> = LazyLock::new(|| (0..64).map(|n| (n as f32).ln()).collect());
    let whole = tf as usize;
    if whole as f32 == tf && (1..64).contains(&whole) { SMALL[whole] } else { tf.ln() }
}

/// The 8-bit level that stands for an IDF in model files; steps of a sixteenth from 1 on.
pub(crate) fn level_of_idf(idf: f32) -> u8 {
    ((idf - 1.0) * 16.0).round().clamp(0.0, 255.0) as u8
}

/// The IDF that a level stands for.
pub(crate) fn idf_of_level(level: u8) -> f32 {
    1.0 + f32::from(level) / 16.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hash_leads_to_its_column_and_no_other_does() {
        let hashes: Vec<u32> = (0..5_000u32).map(|n| n.wrapping_mul(0x9e37_79b9) & !1).collect();
        let mut hashes = hashes;
        hashes.extend([0, 2, u32::MAX - 1]);
        hashes.sort_unstable();
        hashes.dedup();
        let columns = Columns::of(&hashes, &vec![1.5; hashes.len()]);
        let get = |columns: &Columns, hash| columns.follow(hash, columns.look(hash));
        for (column, &hash) in hashes.iter().enumerate() {
            assert_eq!(get(&columns, hash), Some((column as u32, 1.5)));
            assert_eq!(get(&columns, hash | 1), None);
        }
        assert_eq!(get(&Columns::default(), 7), None);
    }

    #[test]
    fn a_feature_stands_once_in_a_row_where_it_was_first() {
        let counts =
            Counts { views: [vec![(9, 1.0), (3, 1.0), (5, 1.0), (9, 1.0)], vec![(3, 1.0)], Vec::new()] };
        let vocabulary = Vocabulary::from_parts(vec![3, 9], vec![1.0, 1.0]);
        let row = vocabulary.row(&counts);
        let twice = 1.0 + 2.0f32.ln();
        let length = (1.0 + twice * twice).sqrt();
        let words: Vec<_> = row.view(0).collect();
        assert_eq!((words[0].0, words[0].1.0, words[1].0, words[1].1.0, words.len()), (0, 1, 1, 0, 2));
        assert!((words[0].1.1 - twice / length).abs() < 1e-6);
        assert_eq!(row.view(1).collect::<Vec<_>>(), [(0, (0, 0.8))]);
        assert_eq!(row.view(2).count(), 0);
    }
}
