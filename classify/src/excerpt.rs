//! The telling parts of a long text: its beginning, its end and the sentences that carry cue words, in their order
//! and up to a fixed length, so that judging takes bounded time and finds a matter wherever it is named.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use qingting_models::text::normalise;

use crate::finder::Finder;
use crate::urgency::danger_words;

/// Characters up to which a text is judged whole.
const WHOLE: usize = 8_000;
/// Characters of an excerpt, with some to spare for the sentence that fills it.
const BUDGET: usize = 6_000;
/// Characters of the beginning and of the end that are always part of it.
const BEGINNING: usize = 500;
const END: usize = 300;
/// A sentence without an end is cut here.
const LONGEST_SENTENCE: usize = 160;
/// What a danger word weighs.
const DANGER: f32 = 3.0;

/// The cue words and their weights.
struct Cues {
    finder: Finder,
    weights: Vec<f32>,
}

static CUES: LazyLock<Option<Cues>> = LazyLock::new(|| {
    let mut words: Vec<(&str, f32)> = danger_words().map(|word| (word, DANGER)).collect();
    for line in include_str!("../data/cues.txt").lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, weight) = line.split_once(' ').unwrap_or((line, "1"));
        words.push((word, weight.trim().parse().ok()?));
    }
    let (words, weights): (Vec<_>, Vec<_>) = words.into_iter().unzip();
    Some(Cues { finder: Finder::new(words), weights })
});

/// Parts of a text, one below the other, and where each came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub text: String,
    runs: Vec<Run>,
}

/// Characters of the excerpt that stand together in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    at: usize,
    source: usize,
    length: usize,
}

/// A sentence, by characters of the text.
struct Sentence {
    range: Range<usize>,
    cues: Vec<usize>,
}

impl Excerpt {
    /// The excerpt of a text; `None` for one that is short enough to be judged whole.
    pub(crate) fn of(text: &str) -> Option<Self> {
        // A character has one byte at least.
        if text.len() <= WHOLE {
            return None;
        }
        let chars: Vec<char> = text.chars().collect();
        if chars.len() <= WHOLE {
            return None;
        }
        let sentences = sentences(&chars);
        let chosen = choose(&sentences, chars.len());
        Some(Self::join(
            &chars,
            sentences.iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(s, _)| &s.range),
        ))
    }

    fn join<'a>(chars: &[char], parts: impl Iterator<Item = &'a Range<usize>>) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        for part in parts {
            match runs.last_mut() {
                Some(run) if run.source + run.length == part.start => run.length += part.len(),
                last => {
                    // Between two runs stands a line break.
                    let at = last.map_or(0, |run| run.at + run.length + 1);
                    runs.push(Run { at, source: part.start, length: part.len() });
                }
            }
        }
        let text: Vec<String> =
            runs.iter().map(|run| chars[run.source..run.source + run.length].iter().collect()).collect();
        Self { text: text.join("\n"), runs }
    }

    /// Where characters of the excerpt stand in the text.
    pub(crate) fn source(&self, span: Range<usize>) -> Range<usize> {
        let start = self.source_of(span.start);
        let end = if span.end > span.start { self.source_of(span.end - 1) + 1 } else { start };
        start..end
    }

    fn source_of(&self, at: usize) -> usize {
        let after = self.runs.partition_point(|run| run.at <= at);
        let Some(run) = after.checked_sub(1).and_then(|index| self.runs.get(index)) else { return 0 };
        run.source + (at - run.at).min(run.length)
    }
}

/// Cuts after the marks that end a sentence, and after [`LONGEST_SENTENCE`] characters where there is none.
fn sentences(chars: &[char]) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let mut start = 0;
    for (index, c) in chars.iter().enumerate() {
        let ends = matches!(c, '。' | '！' | '？' | '!' | '?' | '；' | ';' | '\n' | '…');
        if ends || index + 1 - start >= LONGEST_SENTENCE || index + 1 == chars.len() {
            let range = start..index + 1;
            let cues = cues_of(&chars[range.clone()]);
            sentences.push(Sentence { range, cues });
            start = index + 1;
        }
    }
    // What says the same again tells nothing more.
    let mut seen = HashSet::new();
    for sentence in &mut sentences {
        if !sentence.cues.is_empty() && !seen.insert(&chars[sentence.range.clone()]) {
            sentence.cues.clear();
        }
    }
    sentences
}

/// The cue words of a sentence, each once.
fn cues_of(sentence: &[char]) -> Vec<usize> {
    let Some(cues) = CUES.as_ref() else { return Vec::new() };
    let text = normalise(&sentence.iter().collect::<String>()).text;
    let mut found: Vec<usize> = cues.finder.find(&text).map(|(_, cue)| cue).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Which sentences the excerpt takes: beginning, end, then those that tell most, each with its neighbours.
fn choose(sentences: &[Sentence], length: usize) -> Vec<bool> {
    let mut chosen: Vec<bool> = sentences
        .iter()
        .map(|s| s.range.start < BEGINNING || s.range.end > length.saturating_sub(END))
        .collect();
    let mut taken: usize =
        sentences.iter().zip(&chosen).filter(|(_, chosen)| **chosen).map(|(s, _)| s.range.len()).sum();
    for (index, _) in ranked(sentences) {
        let last = (index + 1).min(sentences.len() - 1);
        for near in [index, index.saturating_sub(1), last] {
            if !chosen[near] && taken < BUDGET {
                chosen[near] = true;
                taken += sentences[near].range.len();
            }
        }
    }
    chosen
}

/// Sentences with cue words, those that tell most first. A cue that stands in many sentences of the text counts less in
/// each, so that the words of a form do not hide the one sentence that matters.
fn ranked(sentences: &[Sentence]) -> Vec<(usize, f32)> {
    let Some(cues) = CUES.as_ref() else { return Vec::new() };
    let mut counts: HashMap<usize, f32> = HashMap::new();
    for cue in sentences.iter().flat_map(|s| &s.cues) {
        *counts.entry(*cue).or_default() += 1.0;
    }
    let weigh = |cue: &usize| cues.weights[*cue] / counts.get(cue).copied().unwrap_or(1.0).sqrt();
    let mut ranked: Vec<(usize, f32)> = sentences
        .iter()
        .enumerate()
        .filter(|(_, s)| !s.cues.is_empty())
        .map(|(index, s)| (index, s.cues.iter().map(weigh).sum()))
        .collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text_at(text: &str, range: Range<usize>) -> String {
        text.chars().skip(range.start).take(range.len()).collect()
    }

    /// A letter of everyday sentences, each different, with one in the middle.
    fn letter(matter: &str, sentences: usize) -> String {
        let day = |n: usize| format!("第{n}天天气很好，我们在院子里看花，隔壁的孩子写了{}个字。", n * 7);
        let mut parts: Vec<String> = (0..sentences).map(day).collect();
        parts.insert(sentences / 2, matter.into());
        parts.concat()
    }

    #[test]
    fn the_lists_build() {
        assert!(CUES.is_some());
    }

    #[test]
    fn a_text_of_some_thousand_characters_stays_whole() {
        assert_eq!(Excerpt::of(""), None);
        assert_eq!(Excerpt::of(&"路".repeat(WHOLE)), None);
        assert!(Excerpt::of(&"路".repeat(WHOLE + 1)).is_some());
    }

    #[test]
    fn beginning_end_and_the_matter_are_kept_in_order() {
        let matter = "工地拖欠我们班组三个月工资，請劳动监察部门查处！";
        let text = format!("尊敬的领导。{}此致敬礼。", letter(matter, 3_000));
        let excerpt = Excerpt::of(&text).unwrap();
        assert!(excerpt.text.starts_with("尊敬的领导。第0天"));
        assert!(excerpt.text.ends_with("此致敬礼。"));
        assert!(excerpt.text.contains(matter));
        assert!(excerpt.text.chars().count() < 2_000);
        let at = excerpt.text.chars().count() - 5;
        assert_eq!(text_at(&text, excerpt.source(at..at + 4)), "此致敬礼");
    }

    #[test]
    fn the_words_of_a_form_do_not_hide_the_matter() {
        let form: String = (0..4_000).map(|n| format!("第{n}项：请按要求填写，希望答复。")).collect();
        let matter = "化工厂夜里偷排污水，河里的鱼全死了。";
        let text = format!("{form}{matter}{form}");
        let excerpt = Excerpt::of(&text).unwrap();
        assert!(excerpt.text.contains(matter));
        assert!(excerpt.text.chars().count() <= BUDGET + LONGEST_SENTENCE + END + excerpt.runs.len());
    }

    #[test]
    fn a_text_without_any_mark_is_cut_and_bounded() {
        let text = format!("{}化工厂偷排污水{}", "啊".repeat(60_000), "啊".repeat(60_000));
        let excerpt = Excerpt::of(&text).unwrap();
        assert!(excerpt.text.contains("化工厂偷排污水"));
        assert!(excerpt.text.chars().count() < BUDGET);
    }

    proptest! {
        #[test]
        fn every_character_leads_back_to_itself(
            parts in proptest::collection::vec(("[路灯坏請求投诉。！\n，a-c]{1,60}", 1usize..300), 1..60)
        ) {
            let text: String = parts.iter().map(|(part, times)| part.repeat(*times)).collect();
            let Some(excerpt) = Excerpt::of(&text) else { return Ok(()) };
            let source: Vec<char> = text.chars().collect();
            let mut last = None;
            for (at, c) in excerpt.text.chars().enumerate() {
                if excerpt.runs.iter().any(|run| (run.at..run.at + run.length).contains(&at)) {
                    let from = excerpt.source(at..at + 1);
                    prop_assert_eq!(from.len(), 1);
                    prop_assert_eq!(source[from.start], c);
                    prop_assert!(last < Some(from.start));
                    last = Some(from.start);
                } else {
                    prop_assert_eq!(c, '\n');
                }
            }
            prop_assert!(excerpt.text.chars().count() <= BUDGET + 2 * LONGEST_SENTENCE + excerpt.runs.len());
        }
    }
}
