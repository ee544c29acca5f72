//! A text made ready for the model.

use crate::corpus::{Row, RowText};
use crate::features::{Counts, count};
use crate::segment::{Document, Segmenter, document_of_words};
use crate::urgency::dangers;

/// What the model needs to know of a text.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub counts: Counts,
    /// Danger words, see [`dangers`].
    pub dangers: f32,
    pub news: bool,
    /// There is a title and nothing below it.
    pub title_only: bool,
}

impl Prepared {
    pub(crate) fn of(document: &Document, news: bool) -> Self {
        Self {
            counts: count(document),
            dangers: dangers(document),
            news,
            title_only: document.body().is_empty(),
        }
    }
}

/// The rows of a corpus, made ready to learn from: their counts are in order.
pub(crate) fn prepare(rows: &[Row]) -> Vec<Prepared> {
    let segmenter = Segmenter::new(std::iter::empty());
    let ready = |row| {
        let text = Prepared::of(&document(&segmenter, row), row.is_news());
        Prepared { counts: text.counts.in_order(), ..text }
    };
    rows.iter().map(ready).collect()
}

fn document(segmenter: &Segmenter, row: &Row) -> Document {
    match &row.text {
        RowText::Written { title, body } => segmenter.document(title, body).0,
        RowText::Words(words) => document_of_words(words),
    }
}
