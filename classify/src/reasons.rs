//! The words that spoke for a topic, and where they stand.

use qingting_models::county::TopicCode;
use qingting_models::records::Reason;

use crate::features::{TITLE, WORDS};
use crate::model::Model;
use crate::segment::{Document, Word};
use crate::stop_words::StopList;
use crate::vocabulary::TextRow;

/// How many words are named for a topic.
const MOST_WORDS: usize = 5;

/// For each topic, by its place among the labels, the words that lifted its score most, heaviest
/// first; stop words are passed over. `weight` is the part of the topic's score that the word brought. Offsets
/// count characters of title, newline, body.
pub(crate) fn reasons(
    model: &Model,
    document: &Document,
    row: &TextRow,
    topics: &[usize],
    stop_words: &StopList,
) -> Vec<Reason> {
    if topics.is_empty() {
        return Vec::new();
    }
    let words = heard_words(model, document, row, stop_words);
    let mut reasons = Vec::new();
    for &topic in topics {
        let part = |(levels, value): (&[i8], f32)| value * model.weights.weight(levels, topic);
        let weigh = |heard: &Heard<'_>| heard.parts.into_iter().flatten().map(part).sum::<f32>();
        let mut weighed: Vec<(f32, &Word)> = Vec::with_capacity(words.len());
        weighed.extend(words.iter().map(|h| (weigh(h), h.word)).filter(|(weight, _)| *weight > 0.0));
        let heaviest_first =
            |a: &(f32, &Word), b: &(f32, &Word)| b.0.total_cmp(&a.0).then(a.1.start.cmp(&b.1.start));
        if weighed.len() > MOST_WORDS {
            weighed.select_nth_unstable_by(MOST_WORDS, heaviest_first);
            weighed.truncate(MOST_WORDS);
        }
        weighed.sort_unstable_by(heaviest_first);
        reasons.extend(weighed.into_iter().map(|(weight, word)| Reason {
            topic: TopicCode::new(model.labels.topics[topic].as_str()),
            word: document.text(word).to_owned(),
            weight,
            start: word.start,
            end: word.end,
        }));
    }
    reasons
}

/// A word where it stands first, with the levels of its features and their values.
struct Heard<'a> {
    word: &'a Word,
    parts: [Option<(&'a [i8], f32)>; 2],
}

/// The words of two characters or more that the model knows, without stop words, in their order. The counts of the views of words and of the
/// title begin with the document's words, so an entry's source is the place of its word.
fn heard_words<'a>(
    model: &'a Model,
    document: &'a Document,
    row: &TextRow,
    stop_words: &StopList,
) -> Vec<Heard<'a>> {
    let words = document.words();
    let mut known = row.view(WORDS).take_while(|(at, _)| *at < words.len()).peekable();
    let mut of_title = row.view(TITLE).peekable();
    let mut heard = Vec::with_capacity(words.len());
    while let Some(at) = [known.peek(), of_title.peek()].into_iter().flatten().map(|(at, _)| *at).min() {
        let parts = [known.next_if(|(place, _)| *place == at), of_title.next_if(|(place, _)| *place == at)];
        let word = &words[at];
        if word.length() > 1 && !stop_words.has(word.hash, document.text(word)) {
            let levels = |(_, (column, value))| (model.weights.row(column), value);
            heard.push(Heard { word, parts: parts.map(|part| part.map(levels)) });
        }
    }
    heard
}
