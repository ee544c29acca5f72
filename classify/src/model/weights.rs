//! The planes of a model as sparse 8-bit weights, by feature.

use crate::solver::Plane;

/// Weights of `width` features over `planes` planes. A weight is `level * scale[plane]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weights {
    pub scales: Vec<f32>,
    pub biases: Vec<f32>,
    /// Where each feature's entries start; one more than there are features.
    pub starts: Vec<u32>,
    /// `(plane, level)`, by rising plane within a feature.
    pub entries: Vec<(u16, i8)>,
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
        Self { scales, biases: planes.iter().map(|p| p.bias).collect(), starts, entries }
    }

    pub(crate) fn entries_of(&self, column: u32) -> &[(u16, i8)] {
        let at = column as usize;
        &self.entries[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// The score of every plane for a row of `(column, value)`.
    pub(crate) fn scores(&self, row: &[(u32, f32)]) -> Vec<f32> {
        let mut sums = vec![0.0f32; self.scales.len()];
        for &(column, value) in row {
            for &(plane, level) in self.entries_of(column) {
                sums[usize::from(plane)] += value * f32::from(level);
            }
        }
        for (sum, (scale, bias)) in sums.iter_mut().zip(self.scales.iter().zip(&self.biases)) {
            *sum = *sum * scale + bias;
        }
        sums
    }

    /// The weight of a feature in a plane.
    pub(crate) fn weight(&self, column: u32, plane: usize) -> f32 {
        let found = self.entries_of(column).iter().find(|(p, _)| usize::from(*p) == plane);
        found.map_or(0.0, |&(_, level)| f32::from(level) * self.scales[plane])
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
    fn the_smallest_levels_go_when_there_is_no_room() {
        let weights = Weights::quantise(&planes(), 4, 4);
        assert_eq!(weights.entries.len(), 4);
        assert_eq!(weights.entries_of(3), []);
    }
}
