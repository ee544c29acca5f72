//! The words that spoke for a topic, and where they stand.

use std::collections::HashSet;

use qingting_models::county::TopicCode;
use qingting_models::records::Reason;

use crate::features::{TITLE, WORDS, title_hash, word_hash};
use crate::model::Model;
use crate::segment::{Document, Word};
use crate::vocabulary::TextRow;

/// How many words are named for a topic.
const MOST_WORDS: usize = 5;

/// For each topic, by its place among the labels, the words that lifted its score most, heaviest
/// first. `weight` is the part of the topic's score that the word brought. Offsets count characters
/// of title, newline, body.
pub(crate) fn reasons(model: &Model, document: &Document, row: &TextRow, topics: &[usize]) -> Vec<Reason> {
    if topics.is_empty() {
        return Vec::new();
    }
    let words = heard_words(model, document, row);
    let mut reasons = Vec::new();
    for &topic in topics {
        let part = |(column, value): (u32, f32)| value * model.weights.weight(column, topic);
        let weigh = |heard: &Heard<'_>| heard.parts.into_iter().flatten().map(part).sum::<f32>();
        let mut weighed: Vec<(f32, &Heard<'_>)> = Vec::with_capacity(words.len());
        weighed.extend(words.iter().map(|heard| (weigh(heard), heard)).filter(|(weight, _)| *weight > 0.0));
        weighed.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.word.start.cmp(&b.1.word.start)));
        reasons.extend(weighed.into_iter().take(MOST_WORDS).map(|(weight, heard)| Reason {
            topic: TopicCode::new(model.labels.topics[topic].as_str()),
            word: heard.text.to_owned(),
            weight,
            start: heard.word.start,
            end: heard.word.end,
        }));
    }
    reasons
}

/// A word where it stands first, with column and value of its features.
struct Heard<'a> {
    text: &'a str,
    word: &'a Word,
    parts: [Option<(u32, f32)>; 2],
}

/// The words of two characters or more that the model knows.
fn heard_words<'a>(model: &Model, document: &'a Document, row: &TextRow) -> Vec<Heard<'a>> {
    let known = |view: usize, hash: u32| {
        let column = model.vocabulary.column(hash)?;
        Some((column, row.value(view, column)))
    };
    let mut seen = HashSet::new();
    let mut heard = Vec::with_capacity(document.words().len());
    for (index, word) in document.words().iter().enumerate() {
        let (text, hash) = (document.text(word), word_hash(document.text(word)));
        if text.chars().nth(1).is_none() || !seen.insert(hash) {
            continue;
        }
        let in_title = index < document.title().len();
        let parts = [known(WORDS, hash), in_title.then(|| known(TITLE, title_hash(text))).flatten()];
        if parts.iter().any(Option::is_some) {
            heard.push(Heard { text, word, parts });
        }
    }
    heard
}
