//! Weighs every stretch that could be a name by what names and everyday words are made of and
//! what stands around them; the weights are learned by `examples/train_masking`.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::cues::Cue;
use super::features::{self, Candidate, Lexicon};
use super::glance::Glance;
use super::name_lists::is_surname;
use super::page::{Page, is_han};
use super::table::Table;
use super::word_list::CharFilter;
use super::{MaskKind, MaskSpan, settle};

/// What `examples/train_masking` wrote.
const LEARNED: &[u8] = include_bytes!("names.bin");
/// Bytes of the numbers before the tables.
const HEAD: usize = 24;

/// Everyday words, the weights of what speaks for and against a name, and where the lines are drawn.
pub(super) struct Model {
    /// Everyday words and how common they are.
    pub(super) words: Lexicon,
    pub(super) weights: Table,
    glance: Glance,
    pub(super) limits: Limits,
}

/// Sums of weights from which on something is done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// From which on a candidate is worth more than a glance.
    pub(super) glance: i32,
    /// From which on the characters are worth looking at the words around them.
    pub(super) characters: i32,
    /// From which on characters and words are worth looking at what stands around.
    pub(super) words: i32,
    /// From which on a candidate is a name.
    pub(super) name: i32,
    /// From which on one is a name that the rules found too.
    pub(super) ruled: i32,
}

enum Judgement {
    Nothing,
    /// The rules found a name where the rest speaks against one.
    Doubtful,
    Name(i32),
}

/// The learned model of the program, or the one a trainer put in its place.
pub(super) static MODEL: OnceLock<Model> = OnceLock::new();

pub(super) fn model() -> &'static Model {
    MODEL.get_or_init(|| Model::read(Cow::Borrowed(LEARNED)))
}

impl Model {
    /// Five limits, the bytes of the table of words, that table and the one of weights.
    pub(super) fn read(bytes: Cow<'static, [u8]>) -> Self {
        let number =
            |i: usize| bytes.get(i * 4..i * 4 + 4).and_then(|b| b.try_into().ok()).map(i32::from_le_bytes);
        let limit = |i| number(i).unwrap_or(i32::MAX);
        let limits = Limits {
            glance: limit(0),
            characters: limit(1),
            words: limit(2),
            name: limit(3),
            ruled: limit(4),
        };
        let middle = HEAD + number(5).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let table = |from: usize, to: usize| {
            Table::new(match &bytes {
                Cow::Borrowed(bytes) => Cow::Borrowed(bytes.get(from..to).unwrap_or_default()),
                Cow::Owned(bytes) => Cow::Owned(bytes.get(from..to).unwrap_or_default().to_vec()),
            })
        };
        let weights = table(middle, bytes.len());
        Self { words: Lexicon::new(table(HEAD, middle)), glance: Glance::new(&weights), weights, limits }
    }

    /// Whether a candidate is a name, and how surely.
    fn judge(&self, page: &Page, cues: &[Cue], ruled: &[MaskSpan], c: &Candidate) -> Judgement {
        let by_rule = features::is_ruled(ruled, c);
        let least = if by_rule { i32::MIN } else { self.limits.glance };
        let mut sum = self.glance.sum(page, &self.words, c, &self.weights, least);
        if !by_rule && sum < self.limits.glance {
            return Judgement::Nothing;
        }
        features::of_characters(page, &self.words, c, &mut |key| sum += self.weights.get(key));
        if !by_rule && sum < self.limits.characters {
            return Judgement::Nothing;
        }
        features::of_words(page, &self.words, c, &mut |key| sum += self.weights.get(key));
        if !by_rule && sum < self.limits.words || features::is_title(page, c.given) {
            return Judgement::Nothing;
        }
        features::of_context(page, cues, ruled, c, &mut |key| sum += self.weights.get(key));
        match by_rule {
            true if sum < self.limits.ruled => Judgement::Doubtful,
            false if sum < self.limits.name => Judgement::Nothing,
            _ => Judgement::Name(sum),
        }
    }
}

/// Claims the names of a page; `ruled` are those that the rules found.
pub(super) fn find(page: &Page, cues: &[Cue], mut ruled: Vec<MaskSpan>, claims: &mut Vec<MaskSpan>) {
    let model = model();
    ruled.sort_unstable_by_key(|r| (r.start, r.end));
    let mut found = Vec::new();
    let mut doubtful = HashSet::new();
    for start in 0..page.chars.len().saturating_sub(1) {
        if !is_surname(page.at(start)) || !is_han(page.at(start + 1)) {
            continue;
        }
        for candidate in features::candidates(page, start) {
            let span = MaskSpan { kind: MaskKind::Name, start, end: candidate.end };
            match model.judge(page, cues, &ruled, &candidate) {
                Judgement::Name(sum) => found.push((sum, span)),
                Judgement::Doubtful => _ = doubtful.insert((start, candidate.end)),
                Judgement::Nothing => {}
            }
        }
    }
    // Stable: of equals the first stays first.
    found.sort_by_key(|&(sum, _)| std::cmp::Reverse(sum));
    // Names of other makes (阿依古丽·买买提) are the rules' alone.
    let others = ruled.into_iter().filter(|span| !doubtful.contains(&(span.start, span.end)));
    let claimed = found.into_iter().map(|(_, span)| span).chain(others).collect();
    let mut names = settle(page, claimed);
    repeat(page, &mut names);
    claims.extend(names);
}

/// A name of three or more characters is one wherever it stands.
fn repeat(page: &Page, names: &mut Vec<MaskSpan>) {
    let mut known: HashMap<[char; 2], Vec<&[char]>> = HashMap::new();
    let mut firsts = CharFilter::default();
    for name in names.iter().filter_map(|n| page.chars.get(n.start..n.end)) {
        if let [first, second, _, ..] = name {
            firsts.insert(*first);
            let alike = known.entry([*first, *second]).or_default();
            if !alike.contains(&name) {
                alike.push(name);
            }
        }
    }
    if known.is_empty() {
        return;
    }
    for (start, pair) in page.chars.windows(2).enumerate().filter(|(_, pair)| firsts.may_hold(pair[0])) {
        let alike = known.get(pair).map(Vec::as_slice).unwrap_or_default();
        let again = alike.iter().filter(|name| page.chars[start..].starts_with(name));
        names.extend(again.map(|name| MaskSpan { kind: MaskKind::Name, start, end: start + name.len() }));
    }
}
