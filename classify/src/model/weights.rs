//! The planes of a model as sparse 8-bit weights, by feature.

use crate::solver::Plane;

/// A feature with weights in at least this part of the planes is held as a whole row besides: adding a row is quicker
/// than adding its weights one by one.
const DENSE_FROM: f32 = 0.2;

/// Weights of features over planes. A weight is `level * scale[plane]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weights {
    pub scales: Vec<f32>,
    pub biases: Vec<f32>,
    /// By feature; one more than there are features.
    places: Vec<Place>,
    /// `(plane, level)`, by rising plane within a feature.
    entries: Vec<(u16, i8)>,
    /// Rows of levels, one for each plane.
    rows: Vec<i8>,
}

/// Where a feature's entries start, and its row when it has one: 0 for none, else one more than its place.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    start: u32,
    row: u32,
}

impl Weights {
    /// Rounds planes to 8 bits. At most `most` entries are kept: levels nearest to zero go first.
    pub(crate) fn quantise(planes: &[Plane], width: usize, most: usize) -> Self {
        let scales: Vec<f32> = planes
            .iter()
            .map(|p| p.weights.iter().fold(0.0f32, |m, w| m.max(w.abs())).max(1e-9) / 127.0)
            .collect();
        let level =
            |plane: usize, column: usize| (planes[plane].weights[column] / scales[plane]).round() as i8;
        let mut counts = [0usize; 128];
        for plane in 0..planes.len() {
            (0..width)
                .for_each(|column| counts[usize::from(level(plane, column).unsigned_abs().min(127))] += 1);
        }
        let mut least = 1;
        while least < 127 && counts[least..].iter().sum::<usize>() > most {
            least += 1;
        }
        let mut starts = vec![0];
        let mut entries = Vec::new();
        for column in 0..width {
            for plane in 0..planes.len() {
                let level = level(plane, column);
                if usize::from(level.unsigned_abs()) >= least {
                    entries.push((plane as u16, level));
                }
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
        let (mut places, mut rows) = (Vec::with_capacity(starts.len()), Vec::new());
        for (column, &start) in starts.iter().enumerate() {
            let end = starts.get(column + 1).copied().unwrap_or(start);
            let own = &entries[start as usize..end as usize];
            let mut row = 0;
            if !own.is_empty() && own.len() as f32 >= DENSE_FROM * planes as f32 {
                let from = rows.len();
                rows.resize(from + planes, 0);
                own.iter().for_each(|&(plane, level)| rows[from + usize::from(plane)] = level);
                row = (rows.len() / planes) as u32;
            }
            places.push(Place { start, row });
        }
        Self { scales, biases, places, entries, rows }
    }

    /// How many entries there are in all.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn entries_of(&self, column: u32) -> &[(u16, i8)] {
        let at = column as usize;
        &self.entries[self.places[at].start as usize..self.places[at + 1].start as usize]
    }

    /// The whole row of a feature's levels, where it has one.
    fn levels(&self, place: Place) -> Option<&[i8]> {
        let planes = self.scales.len();
        let from = (place.row as usize).checked_sub(1)? * planes;
        Some(&self.rows[from..from + planes])
    }

    /// The score of every plane for a row of `(column, value)`.
    pub(crate) fn scores(&self, row: &[(u32, f32)]) -> Vec<f32> {
        // Where the levels lie, and a touch of each, before any is used: they are far apart in memory, and the processor
        // fetches several at a time when none waits for another.
        let spans: Vec<(Place, u32)> = row
            .iter()
            .map(|&(column, _)| (self.places[column as usize], self.places[column as usize + 1].start))
            .collect();
        let touched = spans.iter().map(|(place, _)| match self.levels(*place) {
            Some(levels) => levels[0].wrapping_add(levels[levels.len() - 1]),
            None => self.entries.get(place.start as usize).map_or(0, |entry| entry.1),
        });
        std::hint::black_box(touched.fold(0i8, i8::wrapping_add));
        let mut sums = vec![0.0f32; self.scales.len()];
        for (&(_, value), (place, end)) in row.iter().zip(spans) {
            match self.levels(place) {
                Some(levels) => {
                    sums.iter_mut().zip(levels).for_each(|(sum, &level)| *sum += value * f32::from(level));
                }
                None => {
                    for &(plane, level) in &self.entries[place.start as usize..end as usize] {
                        sums[usize::from(plane)] += value * f32::from(level);
                    }
                }
            }
        }
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
            for &(plane, level) in self.entries_of(column as u32) {
                let plane = usize::from(plane);
                planes[plane].weights[column] = f32::from(level) * self.scales[plane];
            }
        }
        planes
    }

    /// The weight of a feature in a plane.
    pub(crate) fn weight(&self, column: u32, plane: usize) -> f32 {
        let level = match self.levels(self.places[column as usize]) {
            Some(levels) => levels[plane],
            None => {
                let found = self.entries_of(column).iter().find(|(p, _)| usize::from(*p) == plane);
                found.map_or(0, |&(_, level)| level)
            }
        };
        f32::from(level) * self.scales[plane]
    }
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
        let weights = Weights::quantise(&planes(), 4, 100);
        let scores = weights.scores(&[(0, 1.0), (1, 1.0), (2, 1.0)]);
        assert!((scores[0] - 0.35).abs() < 0.005 && (scores[1] - 2.0).abs() < 0.02, "{scores:?}");
        assert!((weights.weight(2, 0) + 0.25).abs() < 0.003);
    }

    #[test]
    fn features_with_few_weights_and_with_many_score_alike() {
        let mut planes: Vec<Plane> =
            (0..20).map(|p| Plane { weights: vec![p as f32 / 10.0 - 1.0, 0.0], bias: 0.0 }).collect();
        planes[7].weights[1] = 0.5;
        let weights = Weights::quantise(&planes, 2, 100);
        assert!(weights.levels(weights.places[0]).is_some() && weights.levels(weights.places[1]).is_none());
        let scores = weights.scores(&[(0, 2.0), (1, 4.0)]);
        for (plane, score) in scores.iter().enumerate() {
            let by_weight = 2.0 * weights.weight(0, plane) + 4.0 * weights.weight(1, plane);
            let meant = 2.0 * planes[plane].weights[0] + 4.0 * planes[plane].weights[1];
            assert!((score - by_weight).abs() < 1e-5 && (score - meant).abs() < 0.03, "{plane}: {score}");
        }
    }

    #[test]
    fn the_smallest_levels_go_when_there_is_no_room() {
        let weights = Weights::quantise(&planes(), 4, 4);
        assert_eq!(weights.len(), 4);
        assert_eq!(weights.entries_of(3), []);
    }
}
