//! Which features a model knows and how much each counts: TF-IDF with the IDF of the training rows.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch, u16x8};

use crate::LEVEL;
use crate::features::{Counts, VIEW_WEIGHTS, VIEWS, View};

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
                for &hash in &features.hashes {
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
    pub(crate) fn rarities(&self, hashes: impl Iterator<Item = u32>) -> impl Iterator<Item = f32> {
        let hashes: Vec<u32> = hashes.collect();
        let mut columns = Vec::with_capacity(hashes.len());
        dispatch!(*LEVEL, simd => self.columns.each(simd, &hashes, |column| columns.push(column as usize)));
        let idf = |column| self.idf.get(column).map_or(self.rarest, |level| idf_of_level(*level));
        columns.into_iter().map(move |column| idf(column) - 1.0)
    }

    /// The row of a text: `(1 + ln tf) * idf`, each view brought to its weight in length.
    pub(crate) fn row(&self, counts: &Counts) -> TextRow {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut row = TextRow::default();
            let all = counts.views.iter().map(|view| view.hashes.len()).sum();
            row.entries.reserve_exact(all);
            row.sources.reserve_exact(all);
            for (at, (view, weight)) in counts.views.iter().zip(VIEW_WEIGHTS).enumerate() {
                let start = row.entries.len();
                let found = dispatch!(*LEVEL, simd => self.look_up(simd, view, &mut scratch.known));
                row.push(scratch.merged(found), &self.idf, weight);
                row.views[at] = start..row.entries.len();
            }
            scratch.shrink();
            row
        })
    }

    /// Those of the features that are known, in their order; how many they are.
    #[inline(always)]
    fn look_up<S: Simd>(&self, simd: S, view: &View, known: &mut Vec<Known>) -> usize {
        if known.len() < view.hashes.len() {
            known.resize(view.hashes.len(), Known::default());
        }
        let mut found = 0;
        let room = known.as_mut_slice();
        let mut counted = (0..).zip(&view.times);
        self.columns.each(simd, &view.hashes, |column| {
            let (Some((source, times)), Some(place)) = (counted.next(), room.get_mut(found)) else { return };
            // Written whether known or not, and written over if not: a guess at which would often be wrong.
            *place = Known { column, times: *times, source };
            found += usize::from(column < UNKNOWN);
        });
        found
    }
}

/// A feature of a text that the model knows.
#[derive(Clone, Copy, Default)]
struct Known {
    column: u32,
    times: u32,
    /// Which of its view's counts it is.
    source: u32,
}

/// What a row is made in, kept by each thread from one text to the next; what stood there is written over.
#[derive(Default)]
struct Scratch {
    known: Vec<Known>,
    /// The known features each once, behind one place for none.
    merged: Vec<Known>,
    /// Open addressing: the place in `merged`; 0 is free.
    places: Vec<u32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// How many places there are for each feature, so that few are taken, and for how many features no room is kept.
const ROOM: usize = 4;
const MOST_KEPT: usize = 1 << 16;

impl Scratch {
    /// The first `found` of the known features in the order in which they first stand, each once, with how often they
    /// count in all.
    fn merged(&mut self, found: usize) -> &[Known] {
        let size = (ROOM * found).next_power_of_two();
        self.places.clear();
        self.places.resize(size, 0);
        if self.merged.len() <= found {
            self.merged.resize(found + 1, Known::default());
        }
        let (known, merged, places) = (&self.known[..found], &mut self.merged[..], &mut self.places[..]);
        let mut length = 0;
        for feature in known {
            let mut at = feature.column as usize & (size - 1);
            let mut held = places[at];
            while (held != 0) & (merged[held as usize].column != feature.column) {
                at = (at + 1) & (size - 1);
                held = places[at];
            }
            // One that is new and one that was met are written alike: a guess at which would often be wrong.
            let is_new = held == 0;
            length += u32::from(is_new);
            let place = if is_new { length } else { held };
            places[at] = place;
            let one = &mut merged[place as usize];
            let (times, source) = if is_new { (0, feature.source) } else { (one.times, one.source) };
            *one = Known { column: feature.column, times: times + feature.times, source };
        }
        &merged[1..=length as usize]
    }

    /// Lets go of the room that a very long text took.
    fn shrink(&mut self) {
        if self.known.len() > MOST_KEPT {
            *self = Self::default();
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
    /// Adds the features of a view, brought to this length.
    fn push(&mut self, features: &[Known], idf: &[u8], length: f32) {
        let start = self.entries.len();
        let small = LazyLock::force(&SMALL);
        let mut squares = 0.0f32;
        self.entries.extend(features.iter().map(|&Known { column, times, .. }| {
            let times = small.get(times as usize).copied().unwrap_or_else(|| (times as f32).ln());
            let value = (1.0 + times) * idf_of_level(idf[column as usize]);
            squares += value * value;
            (column, value)
        }));
        self.sources.extend(features.iter().map(|feature| feature.source));
        let scale = length / squares.sqrt().max(1e-9);
        self.entries[start..].iter_mut().for_each(|(_, value)| *value *= scale);
    }

    /// The entries of a view: which of its counts each was first, by rising number, and column and value.
    pub(crate) fn view(&self, view: usize) -> impl Iterator<Item = (usize, (u32, f32))> {
        let span = self.views[view].clone();
        let sources = self.sources[span.clone()].iter().map(|&source| source as usize);
        sources.zip(self.entries[span].iter().copied())
    }
}

/// Finds columns by hash. The hashes are well mixed, so their upper bits lead to a bucket of a few.
#[derive(Debug, Clone, Default)]
struct Columns {
    buckets: Vec<Bucket>,
    shift: u32,
    /// The hashes that found no room in their buckets, with their columns: open addressing by the lower bits of the hash.
    more: Vec<(u32, u32)>,
}

/// The hashes that have their upper bits in common: the lower bits of the first of them in rising order; where there are
/// fewer than [`LANES`], the first again. Behind stands the column of the first: [`UNKNOWN`] where there is none, and with
/// [`MORE`] where the lanes do not hold all. One read from memory brings a bucket, and one comparison all its lanes.
#[derive(Debug, Clone, Copy)]
#[repr(align(16))]
struct Bucket([u16; LANES + 2]);

/// How many lanes a bucket has, and how many hashes it holds on average at most.
const LANES: usize = 6;
const MOST_ON_AVERAGE: usize = 4;
/// The lower bits of a hash that lead to no bucket must fit a lane.
const LEAST_BUCKETS: usize = 1 << 16;
/// No column is as high.
const UNKNOWN: u32 = 1 << 31;
const MORE: u32 = 1 << 30;
/// How many buckets are fetched before they are read: they lie far apart in memory, and the processor fetches many at a
/// time when nothing stands between.
const FETCHED: usize = 32;

impl Columns {
    /// `hashes` rise.
    fn of(hashes: &[u32]) -> Self {
        let size = (hashes.len() / MOST_ON_AVERAGE).next_power_of_two().clamp(LEAST_BUCKETS, 1 << 31);
        let shift = 32 - size.trailing_zeros();
        let mut buckets = vec![NONE; size];
        let (mut first, mut over) = (0, Vec::new());
        for own in hashes.chunk_by(|a, b| a >> shift == b >> shift) {
            let rest = own.get(LANES..).unwrap_or_default();
            let more = if rest.is_empty() { 0 } else { MORE };
            buckets[(own[0] >> shift) as usize] = Bucket::of(own, first | more);
            over.extend(rest.iter().copied().zip(first + LANES as u32..));
            first += own.len() as u32;
        }
        let mut columns =
            Self { buckets, shift, more: vec![(0, UNKNOWN); (2 * over.len()).next_power_of_two()] };
        for (hash, column) in over {
            let place = columns.place_of_more(hash);
            columns.more[place] = (hash, column);
        }
        columns
    }

    /// Hands on the column of each feature; [`UNKNOWN`] or more where it is none.
    #[inline(always)]
    fn each<S: Simd>(&self, simd: S, hashes: &[u32], mut found: impl FnMut(u32)) {
        let mut fetched = [NONE; FETCHED];
        for hashes in hashes.chunks(FETCHED) {
            for (bucket, hash) in fetched.iter_mut().zip(hashes) {
                *bucket = self.bucket(*hash);
            }
            for (bucket, hash) in fetched.iter().zip(hashes) {
                found(self.find_in(simd, bucket, *hash));
            }
        }
    }

    #[inline(always)]
    fn bucket(&self, hash: u32) -> Bucket {
        self.buckets.get((hash >> self.shift) as usize).copied().unwrap_or(NONE)
    }

    #[inline(always)]
    fn find_in<S: Simd>(&self, simd: S, bucket: &Bucket, hash: u32) -> u32 {
        let same = u16x8::from_slice(simd, &bucket.0).simd_eq(u16x8::splat(simd, hash as u16)).to_bitmask();
        let same = same as u32 & ((1 << LANES) - 1);
        let first = bucket.first();
        if (same == 0) & (first & MORE != 0) {
            return self.more[self.place_of_more(hash)].1;
        }
        ((first & !MORE) + same.trailing_zeros() % 32) | (u32::from(same == 0) * UNKNOWN)
    }

    /// Where a hash stands among those that found no room, or a free place, which is [`UNKNOWN`].
    fn place_of_more(&self, hash: u32) -> usize {
        let mask = self.more.len() - 1;
        let mut at = hash as usize & mask;
        while self.more[at].1 != UNKNOWN && self.more[at].0 != hash {
            at = (at + 1) & mask;
        }
        at
    }
}

/// A bucket without hashes.
const NONE: Bucket = Bucket([0, 0, 0, 0, 0, 0, 0, (UNKNOWN >> 16) as u16]);

impl Bucket {
    /// The bucket of some hashes.
    fn of(hashes: &[u32], first: u32) -> Self {
        let lane = |n: usize| hashes.get(n).or(hashes.first()).map_or(0, |hash| *hash as u16);
        let mut bucket: [u16; LANES + 2] = std::array::from_fn(lane);
        [bucket[LANES], bucket[LANES + 1]] = [first as u16, (first >> 16) as u16];
        Self(bucket)
    }

    fn first(&self) -> u32 {
        u32::from(self.0[LANES]) | u32::from(self.0[LANES + 1]) << 16
    }
}

/// The logarithms of small counts.
static SMALL: LazyLock<[f32; 64]> = LazyLock::new(|| std::array::from_fn(|n| (n as f32).ln()));

/// The natural logarithm; that of the counts most texts have is remembered.
pub(crate) fn ln(tf: f32) -> f32 {
    let whole = tf as usize;
    if whole as f32 == tf && (1..SMALL.len()).contains(&whole) { SMALL[whole] } else { tf.ln() }
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
    use proptest::prelude::*;

    use super::*;

    fn find(columns: &Columns, hash: u32) -> u32 {
        let mut found = Vec::new();
        dispatch!(*LEVEL, simd => columns.each(simd, &[hash], |column| found.push(column)));
        found[0]
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
            assert_eq!(find(&columns, hash), column as u32);
            assert!(find(&columns, hash | 1) >= UNKNOWN);
        }
        assert!(find(&Columns::default(), 7) >= UNKNOWN);
        assert!(find(&Columns::of(&[]), 0) >= UNKNOWN);
    }

    #[test]
    fn a_crowded_bucket_is_searched_to_its_end() {
        let hashes: Vec<u32> = (0..50).map(|n| 0xabcd_0000 + 3 * n).chain([u32::MAX - 1]).collect();
        let columns = Columns::of(&hashes);
        for (column, &hash) in hashes.iter().enumerate() {
            assert_eq!(find(&columns, hash), column as u32);
            assert!(find(&columns, hash + 1) >= UNKNOWN);
        }
    }

    #[test]
    fn a_feature_stands_once_in_a_row_where_it_was_first() {
        let counts = Counts {
            views: [&[9, 3, 5, 9][..], &[3], &[]]
                .map(|h| View { hashes: h.to_vec(), times: vec![1; h.len()] }),
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

    /// What [`Vocabulary::row`] makes of a view, feature by feature: column, source and value.
    fn plainly(vocabulary: &Vocabulary, view: &View, weight: f32) -> Vec<(u32, usize, f32)> {
        let mut found: Vec<(u32, usize, f32)> = Vec::new();
        for (source, (hash, times)) in view.hashes.iter().zip(&view.times).enumerate() {
            let Ok(column) = vocabulary.hashes.binary_search(hash) else { continue };
            match found.iter_mut().find(|(known, ..)| *known == column as u32) {
                Some((.., count)) => *count += *times as f32,
                None => found.push((column as u32, source, *times as f32)),
            }
        }
        for (column, _, value) in &mut found {
            *value = (1.0 + value.ln()) * idf_of_level(vocabulary.idf[*column as usize]);
        }
        let length = found.iter().map(|(.., value)| value * value).sum::<f32>().sqrt();
        found.iter_mut().for_each(|(.., value)| *value *= weight / length.max(1e-9));
        found
    }

    proptest! {
        #[test]
        fn a_row_is_the_same_to_the_last_bit_as_one_made_feature_by_feature(
            known in proptest::collection::btree_set(prop_oneof![any::<u32>(), 0xabcd_0000u32..0xabcd_0020], 0..400),
            words in proptest::collection::vec((any::<prop::sample::Index>(), any::<u32>(), 1u32..90), 0..300),
        ) {
            let known: Vec<u32> = known.into_iter().collect();
            let idf = known.iter().map(|hash| (hash % 137) as u8).collect();
            let vocabulary = Vocabulary::from_parts(known.clone(), idf);
            // Most are known, some stand often, and some are not known.
            let hash = |(at, any, _): &(prop::sample::Index, u32, u32)| {
                if known.is_empty() || any % 5 == 0 { *any } else { known[at.index(known.len())] }
            };
            let view = View {
                hashes: words.iter().map(hash).collect(),
                times: words.iter().map(|(.., times)| *times).collect(),
            };
            let meant = plainly(&vocabulary, &view, VIEW_WEIGHTS[1]);
            let row = vocabulary.row(&Counts { views: [View::default(), view, View::default()], ..Counts::default() });
            let found: Vec<_> =
                row.view(1).map(|(source, (column, value))| (column, source, value.to_bits())).collect();
            let meant: Vec<_> = meant.into_iter().map(|(c, s, value)| (c, s, value.to_bits())).collect();
            prop_assert_eq!(found, meant);
        }
    }
}
