//! What is kept of an item to tell which incident it belongs to.

use qingting_models::county::Town;
use qingting_models::text::Normalised;

use super::clauses::{Clause, Clauses, NO_CLAUSE, Placed, Stood};
use super::{names, packed};
use crate::copies::CopyKey;
use crate::features::{each_run, pair_hash, word_hash};
use crate::judge::{Classifier, Input, Verdict};
use crate::segment::{Document, Word, is_letter};
use crate::vocabulary::{Vocabulary, ln};

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
    /// Words and pairs of words of title and body, without the county's stop words, by rarity.
    pub(super) words: Sparse,
    /// The same of what stands in no name: what happened, not where.
    pub(super) matter: Placed,
    /// Runs of two and three characters of the title.
    pub(super) title: Sparse,
    /// Runs of two and three characters of what looks like a name.
    pub(super) names: Placed,
    /// The towns or districts it speaks of, and what they lie in; hashes in rising order.
    pub(super) towns: Vec<u32>,
    pub(super) regions: Vec<u32>,
    /// The model's topics and offices with their scores, by rising hash.
    pub(super) topics: Sparse,
    pub(super) offices: Sparse,
    /// By which copies are found.
    pub(super) copy: CopyKey,
}

impl Signature {
    /// Whether the texts are nearly the same by their copy keys alone, whatever places they name.
    pub fn is_copy(&self, other: &Self) -> bool {
        self.copy.is_copy(&other.copy)
    }

    /// Where the text names neither town nor district, the town that its sender's column tells.
    #[must_use]
    pub fn told_from(mut self, town: Option<&Town>) -> Self {
        if self.towns.is_empty() {
            self.towns.extend(town.map(|town| word_hash(town.as_str())));
        }
        self
    }
}

/// What a store keeps of an item that was judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub verdict: Verdict,
    pub signature: Signature,
    /// For a search index, joined by spaces.
    pub search_words: String,
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
        let (verdict, signature, _) = self.judge_sign_and_cut(input);
        (verdict, signature)
    }

    /// Judges an item and gives all that a store keeps of it. The words are those of [`Classifier::search_tokens`]; a text
    /// that is short enough and names no place by letters is cut into words once for everything.
    pub fn judge_for_store(&self, input: &Input<'_>) -> Judged {
        let (verdict, signature, document) = self.judge_sign_and_cut(input);
        let search_words = document.and_then(|document| self.search_tokens_of(&document));
        let search_words = search_words.unwrap_or_else(|| self.search_tokens(input.title, input.body));
        Judged { verdict, signature, search_words }
    }

    /// The words of the whole text are given where it is short enough to be signed by all of them.
    fn judge_sign_and_cut(&self, input: &Input<'_>) -> (Verdict, Signature, Option<Document>) {
        if input.body.chars().nth(OF_BODY).is_some() {
            let verdict = self.judge(input);
            let signature = self.signature(input, &verdict);
            return (verdict, signature, None);
        }
        let (verdict, document, normalised) = self.judge_cut(input);
        let signature = self.sign(input, &verdict, &document, &normalised);
        (verdict, signature, Some(document))
    }

    /// The signature of an item that was judged. Of a long body its beginning is read.
    pub fn signature(&self, input: &Input<'_>, verdict: &Verdict) -> Signature {
        let end = input.body.char_indices().nth(OF_BODY).map_or(input.body.len(), |(at, _)| at);
        let (document, normalised) = self.document(input.title, &input.body[..end]);
        self.sign(input, verdict, &document, &normalised)
    }

    fn sign(
        &self,
        input: &Input<'_>,
        verdict: &Verdict,
        document: &Document,
        normalised: &Normalised,
    ) -> Signature {
        let vocabulary = self.vocabulary();
        let title_length = input.title.chars().count();
        let found = names::find(normalised, document, title_length, &verdict.places);
        let body = normalised.origin.partition_point(|&origin| origin as usize <= title_length);
        let clauses = Clauses::of(&normalised.text, body);
        let title = document.runs(document.title()).flat_map(|run| run.split(|c| !is_letter(c)));
        let title = title.map(|piece| (NO_CLAUSE, piece.chars()));
        let named = found.pieces().map(|(at, piece)| (clauses.at(at), piece.iter().copied()));
        let telling = |word: &Word| !self.stop_words().has(word.hash, document.text(word));
        let is_named = |word: &Word| found.has(document.text(word));
        let [words, matter] = word_parts(document, vocabulary, telling, is_named, &clauses);
        Signature {
            words: words.entries,
            matter,
            title: runs_part(title, vocabulary, |rarity| rarity).entries,
            names: runs_part(named, vocabulary, |rarity| rarity * rarity.sqrt()),
            towns: found.towns,
            regions: found.regions,
            topics: scores(verdict.topics.iter().map(|t| (t.code.as_str(), t.score))),
            offices: scores(verdict.offices.iter().map(|(office, score)| (office.as_str(), *score))),
            copy: verdict.copy,
        }
    }
}

/// Words that count and the pairs that they make.
struct Words {
    singles: Stood,
    pairs: Stood,
}

impl Words {
    /// Room for so many words.
    fn with_capacity(most: usize) -> Self {
        Self { singles: Stood::with_capacity(most), pairs: Stood::with_capacity(most) }
    }

    fn push(&mut self, word: &Word, pair: Option<u32>, clause: Clause, times: u8) {
        if word.length() > 1 {
            self.singles.push(word.hash, clause, times);
        }
        if let Some(hash) = pair {
            self.pairs.push(hash, clause, times);
        }
    }

    fn part(self, vocabulary: &Vocabulary) -> Placed {
        let mut all = weighed(self.singles, vocabulary, |rarity| rarity);
        all.extend(weighed(self.pairs, vocabulary, |rarity| PAIR * rarity));
        heaviest(all, MOST_WORDS)
    }
}

/// The words that are telling, with their pairs, and the same of those that are in no name.
fn word_parts(
    document: &Document,
    vocabulary: &Vocabulary,
    telling: impl Fn(&Word) -> bool,
    is_named: impl Fn(&Word) -> bool,
    clauses: &Clauses,
) -> [Placed; 2] {
    let body = document.body();
    let body = &body[..body.len().min(WORDS_OF_BODY)];
    let most = document.title().len() + body.len();
    let (mut all, mut matter) = (Words::with_capacity(most), Words::with_capacity(most));
    let (mut clause_at, mut any_named) = (clauses.walk(), false);
    for (words, times) in [(document.title(), 2), (body, 1)] {
        // The word before, whether it is named, and the last one before that is not.
        let mut before: Option<(&str, bool)> = None;
        let mut before_in_matter: Option<&str> = None;
        for word in words.iter().filter(|word| telling(word)) {
            let (text, named) = (document.text(word), is_named(word));
            let clause = clause_at(word.first());
            let pair = before.map(|(before, _)| pair_hash(before, text));
            all.push(word, pair, clause, times);
            if named {
                any_named = true;
            } else {
                let pair = match before {
                    Some((_, true)) => before_in_matter.map(|before| pair_hash(before, text)),
                    _ => pair,
                };
                matter.push(word, pair, clause, times);
                before_in_matter = Some(text);
            }
            before = Some((text, named));
        }
    }
    let all = all.part(vocabulary);
    let matter = if any_named { matter.part(vocabulary) } else { all.clone() };
    [all, matter]
}

/// Runs of two and three characters within each piece, which stands in a clause.
fn runs_part<C: Iterator<Item = char>>(
    pieces: impl Iterator<Item = (Clause, C)>,
    vocabulary: &Vocabulary,
    weight: impl Fn(f32) -> f32,
) -> Placed {
    let mut stood = Stood::default();
    for (clause, piece) in pieces {
        each_run(piece, |length, hash| {
            if length > 1 {
                stood.push(hash, clause, 1);
            }
        });
    }
    heaviest(weighed(stood, vocabulary, weight), MOST_RUNS)
}

/// A feature, its weight and its clause.
type Weighed = (u32, f32, Clause);

/// `(1 + ln tf)` and what the rarity of each weighs.
fn weighed(stood: Stood, vocabulary: &Vocabulary, weight: impl Fn(f32) -> f32) -> Vec<Weighed> {
    let features: Vec<(u32, u32, Clause)> = stood.features().collect();
    let rarities = vocabulary.rarities(features.iter().map(|(hash, ..)| *hash));
    let weighed = features
        .iter()
        .zip(rarities)
        .map(|(&(hash, times, clause), rarity)| (hash, (1.0 + ln(times as f32)) * weight(rarity), clause));
    weighed.collect()
}

/// The heaviest features at length one, by hash. Ties go by hash, so that the result is the same on every run.
fn heaviest(mut all: Vec<Weighed>, most: usize) -> Placed {
    if all.len() > most {
        all.select_nth_unstable_by(most, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        all.truncate(most);
    }
    all.sort_unstable_by_key(|&(hash, ..)| hash);
    let length = all.iter().map(|(_, w, _)| w * w).sum::<f32>().sqrt().max(1e-9);
    let entries = all.iter().map(|(hash, w, _)| (*hash, packed::rounded(w / length))).collect();
    Placed { entries, clauses: all.into_iter().map(|(.., clause)| clause).collect() }
}

fn scores<'a>(all: impl Iterator<Item = (&'a str, f32)>) -> Sparse {
    heaviest(all.map(|(code, score)| (word_hash(code), score, NO_CLAUSE)).collect(), usize::MAX).entries
}

#[cfg(test)]
mod tests {
    use qingting_models::county::{County, Texts};
    use qingting_models::records::Channel;

    use super::*;
    use crate::incidents::Kinship;
    use crate::model::Model;

    fn words(stop_words: &str) -> Vec<u32> {
        let texts = Texts::from([("stop_words.csv".to_owned(), format!("word,note\n{stop_words}"))]);
        let classifier = Classifier::new(Model::embedded().unwrap(), &County::from_texts(&texts).unwrap());
        let call = Input {
            title: "楼下烧烤店油烟扰民",
            body: "每晚油烟直排，气味刺鼻。",
            channel: Channel::Hotline,
        };
        let signature = classifier.signature(&call, &classifier.judge(&call));
        signature.words.into_iter().map(|(hash, _)| hash).collect()
    }

    #[test]
    fn a_stop_word_joins_nothing() {
        let (plain, stopped) = (words(""), words("油烟,\n"));
        assert!(plain.contains(&word_hash("油烟")) && !stopped.contains(&word_hash("油烟")));
        assert!(plain.contains(&word_hash("气味")) && stopped.contains(&word_hash("气味")));
    }

    #[test]
    fn calls_in_the_same_words_are_of_one_matter_only_where_their_senders_towns_agree() {
        let classifier = Classifier::new(Model::embedded().unwrap(), &County::embedded().unwrap());
        let call = |body: &str, town: Option<&str>, at: i64| {
            let input = Input { title: "自来水发黄", body, channel: Channel::Hotline };
            let town = town.map(Town::from);
            Member { signature: classifier.judge_and_sign(&input).1.told_from(town.as_ref()), at }
        };
        let plain = "家里自来水发黄有股怪味，已经三天了，请供水单位查一查。";
        let kinship = Kinship::default();
        let of_two = |a: Option<&str>, b: Option<&str>| kinship.of(&call(plain, a, 0), &call(plain, b, 1));
        assert_eq!(of_two(Some("石浦镇"), Some("西周镇")), 0.0);
        for (a, b) in [(Some("石浦镇"), Some("石浦镇")), (Some("石浦镇"), None), (None, None)] {
            assert!(of_two(a, b) > 0.9, "{a:?} and {b:?}: {}", of_two(a, b));
        }
        // Where the matter is outranks where the caller lives.
        let named = call("石浦镇老街自来水发黄有股怪味，已经三天了。", Some("西周镇"), 0);
        assert_eq!(named.signature.towns, [word_hash("石浦镇")]);
    }
}
