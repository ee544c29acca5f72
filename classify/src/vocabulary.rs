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

    /// The column of a feature.
    pub(crate) fn column(&self, hash: u32) -> Option<u32> {
        self.columns.get(hash).map(|(column, _)| column)
    }

    /// How rare a feature is: its IDF less one, and for a feature that is not known that of
    /// the rarest known.
    pub(crate) fn rarity(&self, hash: u32) -> f32 {
        self.column(hash).map_or(self.rarest, |column| self.idf[column as usize]) - 1.0
    }

    /// The row of a text: `(1 + ln tf) * idf`, each view brought to its weight in length.
    pub(crate) fn row(&self, counts: &Counts) -> TextRow {
        let mut row = TextRow::default();
        row.entries.reserve(counts.views.iter().map(Vec::len).sum());
        for (view, (features, weight)) in counts.views.iter().zip(VIEW_WEIGHTS).enumerate() {
            let start = row.entries.len();
            // All first looks before any of them is used: they lie far apart in memory, and the processor fetches
            // several at a time when none waits for another.
            let looks: Vec<Slot> = features.iter().map(|&(hash, _)| self.columns.look(hash)).collect();
            for (&(hash, tf), look) in features.iter().zip(looks) {
                if let Some((column, idf)) = self.columns.follow(hash, look) {
                    row.entries.push((column, (1.0 + ln(tf)) * idf));
                }
            }
            let entries = &mut row.entries[start..];
            let length = entries.iter().map(|(_, v)| v * v).sum::<f32>().sqrt();
            entries.iter_mut().for_each(|(_, v)| *v *= weight / length.max(1e-9));
            row.views[view] = start..row.entries.len();
        }
        row
    }
}

/// A text as a row of `(column, value)`, one view after the other, each by rising column.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextRow {
    pub entries: Vec<(u32, f32)>,
    views: [Range<usize>; VIEWS],
}

impl TextRow {
    /// The value of a column in a view; 0 where the text lacks it.
    pub(crate) fn value(&self, view: usize, column: u32) -> f32 {
        let entries = &self.entries[self.views[view].clone()];
        entries.binary_search_by_key(&column, |entry| entry.0).map_or(0.0, |at| entries[at].1)
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

    fn get(&self, hash: u32) -> Option<(u32, f32)> {
        self.follow(hash, self.look(hash))
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
fn ln(tf: f32) -> f32 {
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
        for (column, &hash) in hashes.iter().enumerate() {
            assert_eq!(columns.get(hash), Some((column as u32, 1.5)));
            assert_eq!(columns.get(hash | 1), None);
        }
        assert_eq!(Columns::default().get(7), None);
    }

    #[test]
    fn a_value_is_found_in_its_view_alone() {
        let counts = Counts { views: [vec![(3, 1.0), (9, 2.0)], vec![(3, 1.0)], Vec::new()] };
        let vocabulary = Vocabulary::from_parts(vec![3, 9], vec![1.0, 1.0]);
        let row = vocabulary.row(&counts);
        let length = (1.0 + (1.0 + 2.0f32.ln()).powi(2)).sqrt();
        assert!((row.value(0, 1) - (1.0 + 2.0f32.ln()) / length).abs() < 1e-6);
        assert_eq!((row.value(1, 0), row.value(1, 1), row.value(2, 0)), (0.8, 0.0, 0.0));
    }
}
