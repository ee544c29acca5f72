//! The planes of a model as sparse 8-bit weights, by feature.

use fearless_simd::{Simd, dispatch};

use crate::LEVEL;
use crate::solver::Plane;

/// Rows are as long as a whole number of these.
const LANES: usize = 16;
/// So many rows are fetched before they are added: they stay in the nearest memory until then.
const FETCHED: usize = 192;
/// So many sums are kept in registers at once: a model of some seventy planes needs one pass.
const WIDE: usize = 80;

/// Weights of features over planes. A weight is `level * scale[plane]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weights {
    pub scales: Vec<f32>,
    pub biases: Vec<f32>,
    /// By row the level of each plane, filled up with zeros to the length of a row. Most are zero; but all rows are added
    /// alike. The first row is zeros.
    levels: Vec<i8>,
    /// By feature its row. The many without any weight have the first, which is passed over.
    rows: Vec<u32>,
}

impl Weights {
    /// Rounds planes to 8 bits. At most `most` entries are kept: levels nearest to zero go first. At most `most_features`
    /// features keep any: those all of whose levels are near zero go first.
    pub(crate) fn quantise(planes: &[Plane], width: usize, most: usize, most_features: usize) -> Self {
        let scales: Vec<f32> = planes
            .iter()
            .map(|p| p.weights.iter().fold(0.0f32, |m, w| m.max(w.abs())).max(1e-9) / 127.0)
            .collect();
        let level =
            |plane: usize, column: usize| (planes[plane].weights[column] / scales[plane]).round() as i8;
        let far = |plane: usize, column: usize| level(plane, column).unsigned_abs();
        let farthest = |column: usize| (0..planes.len()).map(|plane| far(plane, column)).max().unwrap_or(0);
        let all = (0..planes.len()).flat_map(|plane| (0..width).map(move |column| (plane, column)));
        let least = least_of(all.map(|(plane, column)| far(plane, column)), most);
        let telling = least_of((0..width).map(farthest), most_features);
        let mut starts = vec![0];
        let mut entries = Vec::new();
        for column in 0..width {
            if farthest(column) >= telling {
                let own = (0..planes.len()).map(|plane| (plane as u16, level(plane, column)));
                entries.extend(own.filter(|(_, level)| level.unsigned_abs() >= least));
            }
            starts.push(entries.len() as u32);
        }
        Self::from_parts(scales, planes.iter().map(|p| p.bias).collect(), starts, entries)
    }

    /// `starts` says where each feature's entries start; it has one more than there are features and never falls.
    pub(crate) fn from_parts(
        scales: Vec<f32>,
        biases: Vec<f32>,
        starts: Vec<u32>,
        entries: Vec<(u16, i8)>,
    ) -> Self {
        let planes = scales.len();
        let width = width_of(planes);
        let mut levels = vec![0; width];
        let rows = starts.windows(2).map(|span| {
            let own = &entries[span[0] as usize..span[1] as usize];
            if own.iter().all(|(_, level)| *level == 0) {
                return 0;
            }
            let row = levels.len();
            levels.resize(row + width, 0);
            own.iter().for_each(|&(plane, level)| levels[row + usize::from(plane)] = level);
            (row / width) as u32
        });
        let rows = rows.collect();
        levels.shrink_to_fit();
        Self { scales, biases, levels, rows }
    }

    /// How many entries there are in all.
    pub(crate) fn len(&self) -> usize {
        self.levels.iter().filter(|level| **level != 0).count()
    }

    /// `(plane, level)` of a feature, by rising plane.
    pub(crate) fn entries_of(&self, column: u32) -> impl Iterator<Item = (u16, i8)> {
        (0..).zip(self.row(column)).filter(|(_, level)| **level != 0).map(|(plane, level)| (plane, *level))
    }

    /// The levels of a feature, by plane.
    pub(crate) fn row(&self, column: u32) -> &[i8] {
        let width = width_of(self.scales.len());
        &self.levels[self.rows[column as usize] as usize * width..][..width]
    }

    /// The score of every plane for a row of `(column, value)`. Each sum is made of the same steps in the same order on
    /// every processor.
    pub(crate) fn scores(&self, row: &[(u32, f32)]) -> Vec<f32> {
        let mut told = vec![(0, 0.0); row.len()];
        let mut count = 0;
        for &(column, value) in row {
            // Written whether it has weights or not, and written over if not: a guess at which would often be wrong.
            let place = self.rows[column as usize];
            told[count] = (place, value);
            count += usize::from(place != 0);
        }
        let width = width_of(self.scales.len());
        let mut sums = vec![0.0f32; width];
        for some in told[..count].chunks(FETCHED) {
            // A touch of each row before any is added: they lie far apart in memory, and the processor fetches many at a
            // time when nothing stands between.
            let ends = some.iter().map(|&(row, _)| (row as usize * width, (row as usize + 1) * width - 1));
            let touched = ends.fold(0i8, |all, (first, last)| all ^ self.levels[first] ^ self.levels[last]);
            std::hint::black_box(touched);
            dispatch!(*LEVEL, simd => add_up(simd, &self.levels, some, &mut sums));
        }
        sums.truncate(self.scales.len());
        for (sum, (scale, bias)) in sums.iter_mut().zip(self.scales.iter().zip(&self.biases)) {
            *sum = *sum * scale + bias;
        }
        sums
    }

    /// The planes with all their weights; `width` is how many features there are.
    pub(crate) fn planes(&self, width: usize) -> Vec<Plane> {
        let mut planes: Vec<Plane> =
            self.biases.iter().map(|&bias| Plane { weights: vec![0.0; width], bias }).collect();
        for column in 0..width {
            for (plane, level) in self.entries_of(column as u32) {
                let plane = usize::from(plane);
                planes[plane].weights[column] = f32::from(level) * self.scales[plane];
            }
        }
        planes
    }

    /// The weight in a plane of a feature that has these levels.
    pub(crate) fn weight(&self, row: &[i8], plane: usize) -> f32 {
        f32::from(row[plane]) * self.scales[plane]
    }
}

/// The lowest level above zero that at most so many of the levels reach; the highest where more do.
fn least_of(levels: impl Iterator<Item = u8>, most: usize) -> u8 {
    let mut counts = [0usize; 128];
    levels.for_each(|level| counts[usize::from(level.min(127))] += 1);
    let mut least = 1;
    while least < 127 && counts[least..].iter().sum::<usize>() > most {
        least += 1;
    }
    least as u8
}

/// The length of a row.
fn width_of(planes: usize) -> usize {
    planes.max(1).next_multiple_of(LANES)
}

/// Adds to each sum the levels of its plane times the values of `features`, pairs of row and value.
#[inline(always)]
fn add_up<S: Simd>(_: S, levels: &[i8], features: &[(u32, f32)], sums: &mut [f32]) {
    let width = sums.len();
    let (wide, rest) = sums.as_chunks_mut::<WIDE>();
    let narrow_from = wide.len() * WIDE;
    for (block, sums) in wide.iter_mut().enumerate() {
        add_up_block(levels, width, block * WIDE, features, sums);
    }
    for (block, sums) in rest.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        add_up_block(levels, width, narrow_from + block * LANES, features, sums);
    }
}

/// [`add_up`] for the planes from `from` on.
#[inline(always)]
fn add_up_block<const N: usize>(
    levels: &[i8],
    width: usize,
    from: usize,
    features: &[(u32, f32)],
    sums: &mut [f32; N],
) {
    let mut block = *sums;
    for &(row, value) in features {
        let Some(row) = levels[row as usize * width + from..].first_chunk::<N>() else { return };
        for plane in 0..N {
            block[plane] += value * f32::from(row[plane]);
        }
    }
    *sums = block;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planes() -> Vec<Plane> {
        vec![
            Plane { weights: vec![0.5, 0.0, -0.25, 0.001], bias: 0.1 },
            Plane { weights: vec![0.0, 2.0, 1.0, -0.03], bias: -1.0 },
        ]
    }

    #[test]
    fn rounding_moves_a_score_by_less_than_a_level() {
        let weights = Weights::quantise(&planes(), 4, 100, 100);
        let scores = weights.scores(&[(0, 1.0), (1, 1.0), (2, 1.0)]);
        assert!((scores[0] - 0.35).abs() < 0.005 && (scores[1] - 2.0).abs() < 0.02, "{scores:?}");
        assert!((weights.weight(weights.row(2), 0) + 0.25).abs() < 0.003);
    }

    #[test]
    fn features_with_few_weights_and_with_many_score_alike() {
        let mut planes: Vec<Plane> =
            (0..20).map(|p| Plane { weights: vec![p as f32 / 10.0 - 1.0, 0.0], bias: 0.0 }).collect();
        planes[7].weights[1] = 0.5;
        let weights = Weights::quantise(&planes, 2, 100, 100);
        let scores = weights.scores(&[(0, 2.0), (1, 4.0)]);
        for (plane, score) in scores.iter().enumerate() {
            let weight = |column| weights.weight(weights.row(column), plane);
            let by_weight = 2.0 * weight(0) + 4.0 * weight(1);
            let meant = 2.0 * planes[plane].weights[0] + 4.0 * planes[plane].weights[1];
            assert!((score - by_weight).abs() < 1e-5 && (score - meant).abs() < 0.03, "{plane}: {score}");
        }
    }

    #[test]
    fn scores_are_the_same_to_the_last_bit_whatever_the_processor_has() {
        let mixed = |n: u32| n.wrapping_mul(0x9e37_79b9) >> 8;
        for planes in [1, 16, 73, 80, 97, 200u32] {
            // Every seventh feature has no weights.
            let weight = |p, c| if c % 7 == 0 { 0.0 } else { mixed(p * 50 + c) as f32 - 8e6 };
            let plane = |p| Plane { weights: (0..50).map(|c| weight(p, c)).collect(), bias: 0.5 };
            let weights =
                Weights::quantise(&(0..planes).map(plane).collect::<Vec<_>>(), 50, usize::MAX, usize::MAX);
            let row: Vec<(u32, f32)> =
                (0..500).map(|n| (mixed(n) % 50, mixed(n + 7) as f32 * 1e-7)).collect();
            let one_by_one = |plane: usize| {
                let sum = row.iter().fold(0.0f32, |sum, &(column, value)| {
                    sum + value * f32::from(weights.row(column)[plane])
                });
                sum * weights.scales[plane] + weights.biases[plane]
            };
            let meant: Vec<u32> = (0..planes as usize).map(|plane| one_by_one(plane).to_bits()).collect();
            let found: Vec<u32> = weights.scores(&row).into_iter().map(f32::to_bits).collect();
            assert_eq!(found, meant, "{planes} planes");
        }
    }

    #[test]
    fn the_smallest_levels_go_when_there_is_no_room() {
        let weights = Weights::quantise(&planes(), 4, 4, 100);
        assert_eq!(weights.len(), 4);
        assert_eq!(weights.entries_of(3).count(), 0);
    }

    #[test]
    fn features_that_tell_least_go_when_there_are_too_many() {
        let rows = |most| {
            let weights = Weights::quantise(&planes(), 4, 100, most);
            let told = (0..4).filter(|column| weights.entries_of(*column).count() > 0).collect::<Vec<_>>();
            (told, weights.scores(&[(3, 1.0)])[1], weights.levels.len() / LANES)
        };
        assert_eq!(rows(4).0, [0, 1, 2, 3]);
        let (told, of_none, room) = rows(3);
        assert_eq!((told, of_none, room), (vec![0, 1, 2], -1.0, 4), "three rows and that of zeros");
        assert_eq!(rows(2).0, [0, 1]);
    }
}
