//! What a search asks for, where it stands in a text, and how well an item fits it.
//!
//! Which items have the words is asked of the search index. All else is decided here, over the same texts for both
//! databases, so that both find the same in the same order.

mod fit;

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

pub use fit::{Fit, rank};

use crate::text::normalise;

/// So many words narrow a search; what comes behind them is not looked for.
pub const MOST_WORDS: usize = 12;
/// So often a word is looked up in one text.
const MOST_STANDINGS: usize = 100;

/// A search: all of its words and phrases must be there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sought {
    /// Segmented words; each also matches as the beginning of a word.
    pub words: Vec<String>,
    pub phrases: Vec<Phrase>,
}

/// What must stand in title or body as it is written here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// Normalised, as the texts are for the search index.
    pub text: String,
    /// Its segmented words, which narrow what has to be looked through.
    pub words: Vec<String>,
}

/// A word or a phrase that was found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Which of the words; behind them the phrases are counted on.
    pub term: usize,
    /// Characters of the text as it is written.
    pub at: Range<usize>,
}

impl Phrase {
    pub fn new(text: &str, words: Vec<String>) -> Self {
        Self { text: normalise(text).text, words }
    }
}

impl Sought {
    /// Words alone.
    pub fn words(words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { words: words.into_iter().map(Into::into).collect(), phrases: Vec::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.phrases.is_empty()
    }

    /// How many words and phrases there are.
    pub fn terms(&self) -> usize {
        self.words.len() + self.phrases.len()
    }

    /// The words that the index is asked for: letters and digits alone, those of the phrases last.
    pub(crate) fn index_words(&self) -> Vec<String> {
        let of_phrases = self.phrases.iter().flat_map(|phrase| &phrase.words);
        let mut words: Vec<String> = Vec::new();
        for word in self.words.iter().chain(of_phrases).map(|word| index_word(word)) {
            if !word.is_empty() && !words.contains(&word) {
                words.push(word);
            }
        }
        words.truncate(MOST_WORDS);
        words
    }

    /// Whether each phrase stands in the title or in the body.
    pub fn has_phrases(&self, title: &str, body: &str) -> bool {
        if self.phrases.is_empty() {
            return true;
        }
        let (title, body) = (normalise(title).text, normalise(body).text);
        self.phrases.iter().all(|phrase| title.contains(&phrase.text) || body.contains(&phrase.text))
    }

    /// Where words and phrases stand in a text, the first of them first.
    pub fn standings(&self, text: &str) -> Vec<Standing> {
        let normalised = normalise(text);
        let mut found = Vec::new();
        for (term, places) in self.found(&normalised.text).into_iter().enumerate() {
            found.extend(places.into_iter().map(|at| Standing { term, at: normalised.source(at) }));
        }
        found.sort_by_key(|standing| (standing.at.start, standing.at.end, standing.term));
        found
    }

    /// Of each word and phrase, the characters of a normalised text where it stands.
    fn found(&self, normalised: &str) -> Vec<Vec<Range<usize>>> {
        let words = self.words.iter().map(|word| stands(normalised, word, true));
        let phrases = self.phrases.iter().map(|phrase| stands(normalised, &phrase.text, false));
        words.chain(phrases).collect()
    }
}

/// A word as the index knows it.
pub(crate) fn index_word(word: &str) -> String {
    unaccented(word).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Words with Latin letters bare of their accents: one of the databases would leave them out by itself, the other keep them.
pub(crate) fn unaccented(words: &str) -> Cow<'_, str> {
    let accented = |c: char| matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}');
    if !words.contains(accented) {
        return Cow::Borrowed(words);
    }
    let bare = |c: char| if accented(c) { std::iter::once(c).nfd().next().unwrap_or(c) } else { c };
    Cow::Owned(words.chars().map(bare).collect())
}

/// Where a word stands in a text, in characters. Letters and digits of Latin script must begin where a word begins.
fn stands(text: &str, word: &str, at_beginnings: bool) -> Vec<Range<usize>> {
    if word.is_empty() {
        return Vec::new();
    }
    let latin = at_beginnings && word.starts_with(|c: char| c.is_ascii_alphanumeric());
    let length = word.chars().count();
    let (mut done, mut first) = (0, 0);
    let mut found = Vec::new();
    for (at, _) in text.match_indices(word) {
        first += text[done..at].chars().count();
        done = at;
        if !(latin && text[..at].ends_with(|c: char| c.is_ascii_alphanumeric())) {
            found.push(first..first + length);
        }
        if found.len() == MOST_STANDINGS {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sought: &Sought, text: &str) -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        sought.standings(text).into_iter().map(|s| chars[s.at].iter().collect()).collect()
    }

    #[test]
    fn words_stand_where_the_text_has_them_in_any_width_case_and_script() {
        let sought = Sought::words(["小区", "wifi", "电"]);
        assert_eq!(shown(&sought, "請看：小區的ＷｉＦｉ💡停電"), ["小區", "ＷｉＦｉ", "電"]);
        assert_eq!(shown(&Sought::words([""]), "小区"), [""; 0]);
    }

    #[test]
    fn letters_and_digits_stand_only_where_a_word_begins() {
        assert_eq!(shown(&Sought::words(["12"]), "3121 12号 A12"), ["12"]);
        assert_eq!(shown(&Sought::words(["cov"]), "covid，discover"), ["cov"]);
    }

    #[test]
    fn phrases_stand_in_title_or_body_whole() {
        let sought = |text: &str| Sought { words: vec![], phrases: vec![Phrase::new(text, vec![])] };
        for (text, found) in [
            ("停水三天", true),
            ("停水　三天", false),
            ("ＡＢ", true),
            ("水三", true),
            ("100%_", true),
            ("100_%", false),
            ("修好没", false),
        ] {
            assert_eq!(sought(text).has_phrases("小区停水三天", "ab楼100%_沒修好"), found, "{text}");
        }
        assert!(sought("没修好").has_phrases("", "沒修好"));
        assert!(
            !sought("天没").has_phrases("三天", "沒修好"),
            "no phrase reaches from the title into the body"
        );
        let both = Sought {
            phrases: vec![Phrase::new("停水", vec![]), Phrase::new("修好", vec![])],
            words: vec![],
        };
        assert!(both.has_phrases("停水", "修好") && !both.has_phrases("停水", "停电"));
    }

    #[test]
    fn the_index_knows_letters_without_accents() {
        assert_eq!(unaccented("café ấ ø 停水"), "cafe a ø 停水");
        assert_eq!(index_word("Ü-1"), "U1");
    }

    #[test]
    fn the_index_is_asked_for_few_words_and_each_once() {
        let phrase = Phrase::new("拖欠工资", vec!["拖欠".into(), "工资".into()]);
        let sought =
            Sought { words: vec!["工资".into(), "'); --".into(), "a-1".into()], phrases: vec![phrase] };
        assert_eq!(sought.index_words(), ["工资", "a1", "拖欠"]);
        let many: Vec<String> = (0..40).map(|n| format!("w{n}")).collect();
        assert_eq!(Sought::words(many).index_words().len(), MOST_WORDS);
    }
}
