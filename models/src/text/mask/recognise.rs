//! Weighs every stretch that could be a name by what names and everyday words are made of and
//! what stands around them; the weights are learned by `examples/train_names`.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::cues::Cue;
use super::features::{self, Candidate};
use super::names::is_surname;
use super::page::{Page, is_han};
use super::table::Table;
use super::{MaskKind, MaskSpan};

/// What `examples/train_names` wrote.
const LEARNED: &[u8] = include_bytes!("names.bin");
/// Bytes of the numbers before the tables.
const HEAD: usize = 16;

/// Everyday words, the weights of what speaks for and against a name, and where the lines are drawn.
pub(super) struct Model {
    /// Everyday words and how common they are.
    pub(super) words: Table,
    pub(super) weights: Table,
    pub(super) limits: Limits,
}

/// Sums of weights from which on something is done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// From which on the characters alone make it worth looking around a candidate.
    pub(super) worth: i32,
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
    /// Three limits, the bytes of the table of words, that table and the one of weights.
    pub(super) fn read(bytes: Cow<'static, [u8]>) -> Self {
        let number =
            |i: usize| bytes.get(i * 4..i * 4 + 4).and_then(|b| b.try_into().ok()).map(i32::from_le_bytes);
        let limit = |i| number(i).unwrap_or(i32::MAX);
        let limits = Limits { worth: limit(0), name: limit(1), ruled: limit(2) };
        let middle = HEAD + number(3).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let table = |from: usize, to: usize| {
            Table::new(match &bytes {
                Cow::Borrowed(bytes) => Cow::Borrowed(bytes.get(from..to).unwrap_or_default()),
                Cow::Owned(bytes) => Cow::Owned(bytes.get(from..to).unwrap_or_default().to_vec()),
            })
        };
        Self { words: table(HEAD, middle), weights: table(middle, bytes.len()), limits }
    }

    /// Whether a candidate is a name, and how surely.
    fn judge(&self, page: &Page, cues: &[Cue], ruled: &[MaskSpan], c: &Candidate) -> Judgement {
        let by_rule = ruled.iter().any(|r| r.start == c.start && r.end == c.end);
        let mut sum = 0;
        features::of_characters(page, &self.words, c, &mut |key| sum += self.weights.get(key));
        if sum < self.limits.worth && !by_rule || features::is_title(page, c.given) {
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
pub(super) fn find(page: &Page, cues: &[Cue], ruled: &[MaskSpan], claims: &mut Vec<MaskSpan>) {
    let model = model();
    let mut found = Vec::new();
    let mut doubtful = Vec::new();
    for start in 0..page.chars.len().saturating_sub(1) {
        if !is_surname(page.at(start)) || !is_han(page.at(start + 1)) {
            continue;
        }
        for candidate in features::candidates(page, start) {
            let span = MaskSpan { kind: MaskKind::Name, start, end: candidate.end };
            match model.judge(page, cues, ruled, &candidate) {
                Judgement::Name(sum) => found.push((sum, span)),
                Judgement::Doubtful => doubtful.push(span),
                Judgement::Nothing => {}
            }
        }
    }
    // Stable: of equals the first stays first.
    found.sort_by_key(|&(sum, _)| std::cmp::Reverse(sum));
    let mut names: Vec<MaskSpan> = Vec::with_capacity(found.len());
    for (_, span) in found {
        if names.iter().all(|n| n.end <= span.start || span.end <= n.start) {
            names.push(span);
        }
    }
    // Names of other makes (阿依古丽·买买提) are the rules' alone.
    names.extend(ruled.iter().filter(|span| !doubtful.contains(span)));
    repeat(page, &mut names);
    claims.extend(names);
}

/// A name of three or more characters is one wherever it stands.
fn repeat(page: &Page, names: &mut Vec<MaskSpan>) {
    for index in 0..names.len() {
        let MaskSpan { kind, start, end } = names[index];
        let Some(name) = page.chars.get(start..end).filter(|name| name.len() > 2) else { continue };
        let places = page.chars.windows(name.len()).enumerate();
        let again = places.filter(|&(at, window)| at != start && window == name);
        names.extend(again.map(|(at, _)| MaskSpan { kind, start: at, end: at + (end - start) }));
    }
}
