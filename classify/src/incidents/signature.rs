//! What is kept of an item to tell which incident it belongs to.

use std::collections::{BTreeMap, HashMap};

use super::{names, packed};
use crate::features::{is_connecting, pair_hash, run_hash, word_hash};
use crate::judge::{Classifier, Input, Verdict};
use crate::segment::Document;
use crate::vocabulary::Vocabulary;

/// How many entries a part of a signature keeps, heaviest first.
const MOST_WORDS: usize = 64;
const MOST_RUNS: usize = 48;
/// What stands further on in the body tells little of the matter: letters begin with it. Characters, and words in them.
const OF_BODY: usize = 2_000;
const WORDS_OF_BODY: usize = 300;
/// What a pair of words counts beside its words.
const PAIR: f32 = 0.7;

/// Weighted features by rising hash, of length one.
pub(super) type Sparse = Vec<(u32, f32)>;

/// An item in some hundred numbers, without any of its text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Signature {
    /// Words and pairs of words of title and body, by rarity.
    pub(super) words: Sparse,
    /// The same of what stands in no name: what happened, not where.
    pub(super) matter: Sparse,
    /// Runs of two and three characters of the title.
    pub(super) title: Sparse,
    /// Runs of two and three characters of what looks like a name.
    pub(super) names: Sparse,
    /// The towns or districts it speaks of, and what they lie in; hashes in rising order.
    pub(super) towns: Vec<u32>,
    pub(super) regions: Vec<u32>,
    /// The model's topics and offices with their scores, by rising hash.
    pub(super) topics: Sparse,
    pub(super) offices: Sparse,
}

/// A signature with its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    pub signature: Signature,
    /// Milliseconds since 1970.
    pub at: i64,
}

impl Classifier {
    /// Judges an item and gives its signature; a text that is short enough is cut into words once for both.
    pub fn judge_and_sign(&self, input: &Input<'_>) -> (Verdict, Signature) {
        if input.body.chars().nth(OF_BODY).is_some() {
            let verdict = self.judge(input);
            let signature = self.signature(input, &verdict);
            return (verdict, signature);
        }
        let (verdict, document) = self.judge_cut(input);
        let signature = self.sign(input, &verdict, &document);
        (verdict, signature)
    }

    /// The signature of an item that was judged. Of a long body its beginning is read.
    pub fn signature(&self, input: &Input<'_>, verdict: &Verdict) -> Signature {
        let end = input.body.char_indices().nth(OF_BODY).map_or(input.body.len(), |(at, _)| at);
        self.sign(input, verdict, &self.document(input.title, &input.body[..end]))
    }

    fn sign(&self, input: &Input<'_>, verdict: &Verdict, document: &Document) -> Signature {
        let vocabulary = self.vocabulary();
        let found = names::find(input, &verdict.places);
        let title = document.runs(document.title()).map(str::to_owned).collect::<Vec<_>>();
        let no_name = |word: &str| !found.windows.iter().any(|window| window.contains(word));
        Signature {
            words: word_part(document, vocabulary, |_| true),
            matter: word_part(document, vocabulary, no_name),
            title: runs_part(&title, vocabulary, 1.0),
            names: runs_part(&found.windows, vocabulary, 1.5),
            towns: found.towns,
            regions: found.regions,
            topics: scores(verdict.topics.iter().map(|t| (t.code.as_str(), t.score))),
            offices: scores(verdict.offices.iter().map(|(office, score)| (office.as_str(), *score))),
        }
    }
}

fn word_part(document: &Document, vocabulary: &Vocabulary, counts_too: impl Fn(&str) -> bool) -> Sparse {
    let mut counts: HashMap<u32, (f32, f32)> = HashMap::new();
    let body = document.body();
    for (words, weight) in [(document.title(), 2.0), (&body[..body.len().min(WORDS_OF_BODY)], 1.0)] {
        let mut before: Option<&str> = None;
        for word in words.iter().map(|word| document.text(word)) {
            if is_connecting(word) || !counts_too(word) {
                continue;
            }
            if word.chars().nth(1).is_some() {
                counts.entry(word_hash(word)).or_insert((0.0, 1.0)).0 += weight;
            }
            if let Some(before) = before {
                counts.entry(pair_hash(before, word)).or_insert((0.0, PAIR)).0 += weight;
            }
            before = Some(word);
        }
    }
    let weighed = counts
        .into_iter()
        .map(|(hash, (tf, share))| (hash, (1.0 + tf.ln()) * vocabulary.rarity(hash) * share));
    heaviest(weighed.collect(), MOST_WORDS)
}

/// Runs of two and three letters or digits within each text.
fn runs_part(texts: &[String], vocabulary: &Vocabulary, power: f32) -> Sparse {
    let mut counts: HashMap<u32, f32> = HashMap::new();
    for text in texts {
        for piece in text.split(|c: char| !c.is_alphanumeric()) {
            let chars: Vec<char> = piece.chars().collect();
            for length in [2, 3] {
                for run in chars.windows(length) {
                    *counts.entry(run_hash(run)).or_default() += 1.0;
                }
            }
        }
    }
    let weighed =
        counts.into_iter().map(|(hash, tf)| (hash, (1.0 + tf.ln()) * vocabulary.rarity(hash).powf(power)));
    heaviest(weighed.collect(), MOST_RUNS)
}

/// The heaviest entries at length one, by hash. Ties go by hash, so that the result is the same on every run.
fn heaviest(mut all: Sparse, most: usize) -> Sparse {
    all.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all.truncate(most);
    let length = all.iter().map(|(_, w)| w * w).sum::<f32>().sqrt().max(1e-9);
    all.iter_mut().for_each(|(_, w)| *w = packed::rounded(*w / length));
    all.sort_unstable_by_key(|&(hash, _)| hash);
    all
}

fn scores<'a>(all: impl Iterator<Item = (&'a str, f32)>) -> Sparse {
    let by_hash: BTreeMap<u32, f32> = all.map(|(code, score)| (word_hash(code), score)).collect();
    heaviest(by_hash.into_iter().collect(), usize::MAX)
}
