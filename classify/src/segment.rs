//! Cuts texts into words with jieba, over the normalised copy, and remembers where each word stood.

use std::collections::HashSet;

use jieba_rs::{Jieba, TokenizeMode};
use qingting_models::text::normalise;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub text: String,
    /// Characters of the text as people read it.
    pub start: usize,
    pub end: usize,
    /// Follows the word before it without a gap.
    pub joined: bool,
}

/// A text to classify: its words, title and body apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Document {
    pub title: Vec<Word>,
    pub body: Vec<Word>,
}

/// jieba with the county's own words.
pub(crate) struct Segmenter {
    jieba: Jieba,
}

impl Segmenter {
    /// The default dictionary and these words besides.
    pub(crate) fn new<'a>(own_words: impl Iterator<Item = &'a str>) -> Self {
        let mut jieba = Jieba::new();
        for word in own_words {
            let word = normalise(word).text;
            // A name of one character would tear words apart.
            if word.chars().count() >= 2 {
                jieba.add_word(&word, None, None);
            }
        }
        Self { jieba }
    }

    pub(crate) fn document(&self, title: &str, body: &str) -> Document {
        Document { title: self.words(title), body: self.words(body) }
    }

    /// The words of one text, without punctuation and without the letters that stand for places.
    pub(crate) fn words(&self, text: &str) -> Vec<Word> {
        let normalised = normalise(text);
        let readable = blank_place_codes(&normalised.text);
        let mut words: Vec<Word> = Vec::new();
        let mut last_end = usize::MAX;
        for token in self.jieba.tokenize(&readable, TokenizeMode::Default, true) {
            if !token.word.chars().any(char::is_alphanumeric) {
                continue;
            }
            let source = normalised.source(token.start..token.end);
            let joined = token.start == last_end;
            last_end = token.end;
            words.push(Word { text: token.word.to_owned(), start: source.start, end: source.end, joined });
        }
        words
    }

    /// Where words of a normalised text begin and end, by character.
    pub(crate) fn edges(&self, normalised: &str) -> HashSet<usize> {
        let tokens = self.jieba.tokenize(normalised, TokenizeMode::Default, true);
        tokens.iter().flat_map(|token| [token.start, token.end]).collect()
    }

    /// The tokens of a search index: words and the words within them, letters and digits only.
    pub(crate) fn search_tokens(&self, text: &str) -> Vec<String> {
        let normalised = normalise(text).text;
        let tokens = self.jieba.cut_for_search(&normalised, true);
        tokens
            .iter()
            .map(|t| t.word.chars().filter(|c| c.is_alphanumeric()).collect())
            .filter(|t: &String| !t.is_empty())
            .collect()
    }
}

/// A document known only as words.
pub(crate) fn document_of_words(words: &[String]) -> Document {
    let body = words
        .iter()
        .map(|word| normalise(word).text)
        .filter(|word| word.chars().any(char::is_alphanumeric) && !is_place_code(word))
        .map(|text| Word { text, start: 0, end: 0, joined: true })
        .collect();
    Document { title: Vec::new(), body }
}

/// Names that stand for hidden places in published letters: `A市`, `L6县`, `西地省`. They tell
/// nothing elsewhere, so no feature may rest on them. Blanked character for character.
pub(crate) fn blank_place_codes(text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let length = place_code_length(&chars[at..], at.checked_sub(1).map(|before| chars[before]));
        chars[at..at + length].fill(' ');
        at += length.max(1);
    }
    chars.into_iter().collect()
}

/// How many characters at the start of `chars` stand for a place; 0 when none do.
pub(crate) fn place_code_length(chars: &[char], before: Option<char>) -> usize {
    if chars.starts_with(&['西', '地', '省']) {
        return 3;
    }
    if !chars.first().is_some_and(char::is_ascii_alphabetic)
        || before.is_some_and(|c| c.is_ascii_alphanumeric())
    {
        return 0;
    }
    let digits = chars[1..].iter().take(3).take_while(|c| c.is_ascii_digit()).count();
    match chars.get(1 + digits) {
        Some('市' | '县' | '区' | '省' | '州' | '镇' | '乡') => digits + 2,
        _ => 0,
    }
}

fn is_place_code(word: &str) -> bool {
    let mut chars = word.chars();
    let letter = chars.next().is_some_and(|c| c.is_ascii_alphabetic());
    letter && word.len() <= 4 && chars.all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(words: &[Word]) -> Vec<&str> {
        words.iter().map(|w| w.text.as_str()).collect()
    }

    #[test]
    fn words_point_at_the_text_as_written() {
        let segmenter = Segmenter::new(std::iter::empty());
        let text = "東門路　的路燈，不亮";
        let words = segmenter.words(text);
        let chars: Vec<char> = text.chars().collect();
        let lamp = words.iter().find(|w| w.text == "路灯").unwrap();
        assert_eq!(chars[lamp.start..lamp.end].iter().collect::<String>(), "路燈");
    }

    #[test]
    fn letters_that_stand_for_places_leave_no_word() {
        let segmenter = Segmenter::new(std::iter::empty());
        assert_eq!(texts(&segmenter.words("A市B12县西地省L6区路灯")), ["路灯"]);
        let words = ["A8", "K", "路灯", "……"].map(str::to_owned);
        assert_eq!(texts(&document_of_words(&words).body), ["路灯"]);
    }

    #[test]
    fn search_tokens_carry_no_punctuation() {
        let segmenter = Segmenter::new(["石浦港"].into_iter());
        let tokens = segmenter.search_tokens("石浦港的COVID-19检测");
        assert!(tokens.contains(&"石浦港".to_owned()), "{tokens:?}");
        assert!(tokens.iter().all(|t| t.chars().all(char::is_alphanumeric)), "{tokens:?}");
    }
}
