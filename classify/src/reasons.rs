//! The words that spoke for a topic, and where they stand.

use std::collections::HashMap;

use qingting_models::county::TopicCode;
use qingting_models::records::Reason;

use crate::features::{title_hash, word_hash};
use crate::model::Model;
use crate::prepare::Prepared;
use crate::segment::Document;

/// How many words are named for a topic.
const MOST_WORDS: usize = 5;

/// For each topic, by its place among the labels, the words that lifted its score most, heaviest
/// first. `weight` is the part of the topic's score that the word brought. Offsets count characters
/// of title, newline, body.
pub(crate) fn reasons(
    model: &Model,
    document: &Document,
    text: &Prepared,
    title_length: usize,
    topics: &[usize],
) -> Vec<Reason> {
    let values: HashMap<u32, f32> = model.vocabulary.row(&text.counts).into_iter().collect();
    let words = places_of_words(document, title_length);
    let mut reasons = Vec::new();
    for &topic in topics {
        let part = |hash: u32| -> f32 {
            let Some(column) = model.vocabulary.column(hash) else { return 0.0 };
            values.get(&column).map_or(0.0, |value| value * model.weights.weight(column, topic))
        };
        let mut heard: Vec<Reason> = words
            .iter()
            .map(|(word, start, end)| Reason {
                topic: TopicCode::new(model.labels.topics[topic].as_str()),
                word: (*word).to_owned(),
                weight: part(word_hash(word)) + part(title_hash(word)),
                start: *start,
                end: *end,
            })
            .filter(|reason| reason.weight > 0.0)
            .collect();
        heard.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.start.cmp(&b.start)));
        heard.truncate(MOST_WORDS);
        reasons.extend(heard);
    }
    reasons
}

/// Each word of two characters or more where it stands first.
fn places_of_words(document: &Document, title_length: usize) -> Vec<(&str, usize, usize)> {
    let title = document.title.iter().map(|w| (w.text.as_str(), w.start, w.end));
    let shift = title_length + 1;
    let body = document.body.iter().map(|w| (w.text.as_str(), w.start + shift, w.end + shift));
    let mut seen = std::collections::HashSet::new();
    title.chain(body).filter(|(word, ..)| word.chars().count() > 1 && seen.insert(*word)).collect()
}
