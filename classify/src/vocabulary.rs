//! Which features a model knows and how much each counts: TF-IDF with the IDF of the training rows.

use std::collections::HashMap;

use crate::features::{Counts, VIEW_WEIGHTS, VIEWS};

/// The known features, in rising order of hash; a feature's place is its column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vocabulary {
    hashes: Vec<u32>,
    /// Inverse document frequency by column, `ln((1 + n) / (1 + df)) + 1`.
    idf: Vec<f32>,
    columns: HashMap<u32, u32>,
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
        let columns = hashes.iter().enumerate().map(|(column, &hash)| (hash, column as u32)).collect();
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
        self.columns.get(&hash).copied()
    }

    /// How rare a feature is: its IDF less one, and for a feature that is not known that of
    /// the rarest known.
    pub(crate) fn rarity(&self, hash: u32) -> f32 {
        self.column(hash).map_or(self.rarest, |column| self.idf[column as usize]) - 1.0
    }

    /// The row of a text: `(1 + ln tf) * idf`, each view brought to its weight in length.
    pub(crate) fn row(&self, counts: &Counts) -> Vec<(u32, f32)> {
        let mut row = Vec::new();
        for (features, weight) in counts.views.iter().zip(VIEW_WEIGHTS) {
            let start = row.len();
            for &(hash, tf) in features {
                if let Some(column) = self.column(hash) {
                    row.push((column, (1.0 + tf.ln()) * self.idf[column as usize]));
                }
            }
            let length = row[start..].iter().map(|(_, v)| v * v).sum::<f32>().sqrt();
            row[start..].iter_mut().for_each(|(_, v)| *v *= weight / length.max(1e-9));
        }
        row
    }
}

/// The 8-bit level that stands for an IDF in model files; steps of a sixteenth from 1 on.
pub(crate) fn level_of_idf(idf: f32) -> u8 {
    ((idf - 1.0) * 16.0).round().clamp(0.0, 255.0) as u8
}

/// The IDF that a level stands for.
pub(crate) fn idf_of_level(level: u8) -> f32 {
    1.0 + f32::from(level) / 16.0
}
