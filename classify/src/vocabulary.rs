//! Which features a model knows and how much each counts: TF-IDF with the IDF of the training rows.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use crate::features::{Counts, VIEW_WEIGHTS, VIEWS};

/// The known features, in rising order of hash; a feature's place is its column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vocabulary {
    hashes: Vec<u32>,
    /// Inverse document frequency by column, `ln((1 + n) / (1 + df)) + 1`, as its level.
    idf: Vec<u8>,
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
            .map(|&(_, df)| level_of_idf(((1.0 + total) / (1.0 + df as f32)).ln() + 1.0))
            .collect();
        Self::from_parts(kept.into_iter().map(|(hash, _)| hash).collect(), idf)
    }

    pub(crate) fn from_parts(hashes: Vec<u32>, idf: Vec<u8>) -> Self {
        let columns = Columns::of(&hashes);
        let rarest = idf_of_level(idf.iter().copied().max().unwrap_or(0));
        Self { hashes, idf, columns, rarest }
    }

    pub(crate) fn len(&self) -> usize {
        self.hashes.len()
    }

    pub(crate) fn hashes(&self) -> &[u32] {
        &self.hashes
    }

    /// The level of each feature's IDF.
    pub(crate) fn idf(&self) -> &[u8] {
        &self.idf
    }

    /// How rare each feature is: its IDF less one, and for a feature that is not known that of the rarest known.
    pub(crate) fn rarities(&self, features: &[(u32, f32)]) -> impl Iterator<Item = f32> {
        let mut columns = Vec::with_capacity(features.len());
        self.columns.each(features, &self.hashes, |column| columns.push(column as usize));
        let idf = |column| self.idf.get(column).map_or(self.rarest, |level| idf_of_level(*level));
        columns.into_iter().map(move |column| idf(column) - 1.0)
    }

    /// The row of a text: `(1 + ln tf) * idf`, each view brought to its weight in length.
    pub(crate) fn row(&self, counts: &Counts) -> TextRow {
        let most = counts.views.iter().map(Vec::len).max().unwrap_or(0);
        let mut known = vec![Known::default(); most];
        let mut row = TextRow::default();
        for (view, (features, weight)) in counts.views.iter().zip(VIEW_WEIGHTS).enumerate() {
            let start = row.entries.len();
            let (mut found, mut source) = (0, 0);
            self.columns.each(features, &self.hashes, |column| {
                // Written whether known or not, and written over if not: a guess at which would often be wrong.
                known[found] = Known { column, count: features[source as usize].1, source };
                found += usize::from(column < UNKNOWN);
                source += 1;
            });
            row.push(&known[..found]);
            let entries = &mut row.entries[start..];
            for (column, value) in entries.iter_mut() {
                *value = (1.0 + ln(*value)) * idf_of_level(self.idf[*column as usize]);
            }
            let length = entries.iter().map(|(_, v)| v * v).sum::<f32>().sqrt();
            entries.iter_mut().for_each(|(_, v)| *v *= weight / length.max(1e-9));
            row.views[view] = start..row.entries.len();
        }
        row
    }
}

/// A feature of a text that the model knows.
#[derive(Clone, Copy, Default)]
struct Known {
    column: u32,
    count: f32,
    /// Which of its view's counts it is.
    source: u32,
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
    /// Adds features in the order in which they first stand, each once, with how much they count.
    fn push(&mut self, known: &[Known]) {
        let start = self.entries.len();
        self.entries.reserve(known.len());
        self.sources.reserve(known.len());
        // Open addressing: one more than the place of an entry after `start`; 0 is free.
        let size = (4 * known.len()).next_power_of_two();
        let mut places = vec![0u32; size];
        for &Known { column, count, source } in known {
            let mut at = column as usize & (size - 1);
            loop {
                match places[at] {
                    0 => {
                        self.entries.push((column, count));
                        self.sources.push(source);
                        places[at] = (self.entries.len() - start) as u32;
                        break;
                    }
                    place if self.entries[start + place as usize - 1].0 == column => {
                        self.entries[start + place as usize - 1].1 += count;
                        break;
                    }
                    _ => at = (at + 1) & (size - 1),
                }
            }
        }
    }

    /// The entries of a view: which of its counts each was first, by rising number, and column and value.
    pub(crate) fn view(&self, view: usize) -> impl Iterator<Item = (usize, (u32, f32))> {
        let span = self.views[view].clone();
        let sources = self.sources[span.clone()].iter().map(|&source| source as usize);
        sources.zip(self.entries[span].iter().copied())
    }
}

/// Finds columns by hash. The hashes are well mixed, so their upper bits lead to a bucket of a few, which is one number.
#[derive(Debug, Clone, Default)]
struct Columns {
    buckets: Vec<Bucket>,
    shift: u32,
}

/// The hashes that have their upper bits in common. In the lower lanes stand the lower bits of the first of them in rising
/// order; where there are fewer, the first again. Above stands the column of the first: [`UNKNOWN`] where there is none, and
/// with [`MORE`] where the lanes do not hold all.
type Bucket = u128;

/// How many lanes a bucket has, of 16 bits each, and how many hashes it holds on average at most.
const LANES: usize = 6;
const MOST_ON_AVERAGE: usize = 4;
/// The lower bits of a hash that lead to no bucket must fit a lane.
const LEAST_BUCKETS: usize = 1 << 16;
/// No column is as high.
const UNKNOWN: u32 = 1 << 31;
const MORE: u32 = 1 << 30;
/// A one in the lowest bit of each lane, and in the highest.
const ONES: u128 = 0x0001_0001_0001_0001_0001_0001;
const TOPS: u128 = ONES << 15;
/// How many buckets are fetched before they are read: they lie far apart in memory, and the processor fetches many at a
/// time when nothing stands between.
const FETCHED: usize = 32;

impl Columns {
    /// `hashes` rise.
    fn of(hashes: &[u32]) -> Self {
        let size = (hashes.len() / MOST_ON_AVERAGE).next_power_of_two().clamp(LEAST_BUCKETS, 1 << 31);
        let shift = 32 - size.trailing_zeros();
        let mut buckets = vec![bucket(&[], UNKNOWN); size];
        let mut first = 0;
        for own in hashes.chunk_by(|a, b| a >> shift == b >> shift) {
            let more = if own.len() > LANES { MORE } else { 0 };
            buckets[(own[0] >> shift) as usize] = bucket(own, first | more);
            first += own.len() as u32;
        }
        Self { buckets, shift }
    }

    /// Hands on the column of each feature among `hashes`, of which this was made; [`UNKNOWN`] or more where it is none.
    fn each(&self, features: &[(u32, f32)], hashes: &[u32], mut found: impl FnMut(u32)) {
        let mut fetched = [0; FETCHED];
        for features in features.chunks(FETCHED) {
            for (bucket, (hash, _)) in fetched.iter_mut().zip(features) {
                *bucket = self.bucket(*hash);
            }
            for (bucket, (hash, _)) in fetched.iter().zip(features) {
                found(self.find_in(*bucket, *hash, hashes));
            }
        }
    }

    fn bucket(&self, hash: u32) -> Bucket {
        self.buckets
            .get((hash >> self.shift) as usize)
            .copied()
            .unwrap_or(u128::from(UNKNOWN) << (16 * LANES))
    }

    fn find_in(&self, bucket: Bucket, hash: u32, hashes: &[u32]) -> u32 {
        // Lanes that differ from the hash are not zero; of those that are zero the lowest shows.
        let differ = bucket ^ (ONES * u128::from(hash as u16));
        let same = differ.wrapping_sub(ONES) & !differ & TOPS;
        let first = (bucket >> (16 * LANES)) as u32;
        if (same == 0) & (first & MORE != 0) {
            return further((first & !MORE) as usize + LANES, hash, self.shift, hashes);
        }
        let unknown = u32::from(same == 0) * UNKNOWN;
        ((first & !MORE) + same.trailing_zeros() / 16) | unknown
    }
}

/// The bucket of some hashes.
fn bucket(hashes: &[u32], first: u32) -> Bucket {
    let lane = |n: usize| hashes.get(n).or(hashes.first()).map_or(0, |hash| u128::from(*hash as u16));
    (0..LANES).fold(u128::from(first) << (16 * LANES), |bucket, n| bucket | lane(n) << (16 * n))
}

/// The column of a hash among those of its bucket from `from` on.
#[cold]
fn further(from: usize, hash: u32, shift: u32, hashes: &[u32]) -> u32 {
    let of_bucket = hashes[from..].iter().take_while(|other| *other >> shift == hash >> shift);
    let found = (from..).zip(of_bucket).find(|(_, other)| **other == hash);
    found.map_or(UNKNOWN, |(column, _)| column as u32)
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

    fn find(columns: &Columns, hash: u32, hashes: &[u32]) -> u32 {
        columns.find_in(columns.bucket(hash), hash, hashes)
    }

    #[test]
    fn each_hash_leads_to_its_column_and_no_other_does() {
        let hashes: Vec<u32> = (0..5_000u32).map(|n| n.wrapping_mul(0x9e37_79b9) & !1).collect();
        let mut hashes = hashes;
        hashes.extend([0, 2, u32::MAX - 1]);
        hashes.sort_unstable();
        hashes.dedup();
        let columns = Columns::of(&hashes);
        for (column, &hash) in hashes.iter().enumerate() {
            assert_eq!(find(&columns, hash, &hashes), column as u32);
            assert!(find(&columns, hash | 1, &hashes) >= UNKNOWN);
        }
        assert!(find(&Columns::default(), 7, &[]) >= UNKNOWN);
        assert!(find(&Columns::of(&[]), 0, &[]) >= UNKNOWN);
    }

    #[test]
    fn a_crowded_bucket_is_searched_to_its_end() {
        let hashes: Vec<u32> = (0..50).map(|n| 0xabcd_0000 + 3 * n).chain([u32::MAX - 1]).collect();
        let columns = Columns::of(&hashes);
        for (column, &hash) in hashes.iter().enumerate() {
            assert_eq!(find(&columns, hash, &hashes), column as u32);
            assert!(find(&columns, hash + 1, &hashes) >= UNKNOWN);
        }
    }

    #[test]
    fn a_feature_stands_once_in_a_row_where_it_was_first() {
        let counts = Counts {
            views: [vec![(9, 1.0), (3, 1.0), (5, 1.0), (9, 1.0)], vec![(3, 1.0)], Vec::new()],
            ..Counts::default()
        };
        let vocabulary = Vocabulary::from_parts(vec![3, 9], vec![0, 0]);
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
