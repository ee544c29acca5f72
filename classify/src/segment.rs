//! Cuts texts into words with jieba, over the normalised copy, and remembers where each word stood.

use std::ops::Range;

use jieba_rs::Jieba;
use qingting_models::text::{Normalised, normalise};

use crate::features::{is_connecting_by, word_hash};

/// A word of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word {
    /// Bytes of the document's text.
    from: usize,
    to: usize,
    /// Characters of title, newline, body as people read them.
    pub start: usize,
    pub end: usize,
    /// Characters of the normalised text.
    first: usize,
    past: usize,
    /// Follows the word before it without a gap.
    pub joined: bool,
    /// Under which it is counted.
    pub hash: u32,
    /// Connects others and speaks for no topic.
    pub connecting: bool,
}

impl Word {
    /// Its length in characters of the normalised text.
    pub(crate) fn length(&self) -> usize {
        self.past - self.first
    }

    /// Its first character in the normalised text.
    pub(crate) fn first(&self) -> usize {
        self.first
    }
}

/// A text to classify: its words, those of the title first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Document {
    /// Title and body, normalised, without letters that stand for places.
    text: String,
    words: Vec<Word>,
    /// How many of the words are the title's.
    of_title: usize,
    /// Letters that stand for places were left out.
    blanked: bool,
}

impl Document {
    /// About how many characters the text has.
    pub(crate) fn text_length(&self) -> usize {
        self.text.len() / 3
    }

    /// Title and body as the words were cut from them.
    pub(crate) fn whole_text(&self) -> &str {
        &self.text
    }

    pub(crate) fn words(&self) -> &[Word] {
        &self.words
    }

    pub(crate) fn title(&self) -> &[Word] {
        &self.words[..self.of_title]
    }

    pub(crate) fn body(&self) -> &[Word] {
        &self.words[self.of_title..]
    }

    /// The word itself.
    pub(crate) fn text(&self, word: &Word) -> &str {
        &self.text[word.from..word.to]
    }

    /// The stretches of words that follow one another without a gap.
    pub(crate) fn runs<'a>(&'a self, words: &'a [Word]) -> impl Iterator<Item = &'a str> {
        let together = words.chunk_by(|_, next| next.joined);
        together.filter_map(|run| Some(&self.text[run.first()?.from..run.last()?.to]))
    }

    /// Whether a word begins, or ends, at a character of the normalised text.
    pub(crate) fn is_edge(&self, at: usize) -> bool {
        let next = self.words.partition_point(|word| word.first < at);
        let begins = self.words.get(next).is_some_and(|word| word.first == at);
        begins || next.checked_sub(1).is_some_and(|before| self.words[before].past == at)
    }

    /// The word that ends at a character of the normalised text.
    pub(crate) fn word_before(&self, at: usize) -> Option<&Word> {
        let next = self.words.partition_point(|word| word.first < at);
        self.words[..next].last().filter(|word| word.past == at)
    }

    /// Where the last of the connecting words ends that stand within a stretch of the normalised text.
    pub(crate) fn end_of_connecting(&self, within: Range<usize>) -> Option<usize> {
        let next = self.words.partition_point(|word| word.first < within.end);
        let mut within = self.words[..next].iter().rev().take_while(|word| word.first >= within.start);
        within.find(|word| word.connecting).map(|word| word.past)
    }
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

    /// The words of title and body, without punctuation and without the letters that stand for places, and the
    /// normalised text of title, newline, body that they were cut from.
    pub(crate) fn document(&self, title: &str, body: &str) -> (Document, Normalised) {
        let normalised = normalise(&format!("{title}\n{body}"));
        let without_codes = blank_place_codes(&normalised.text);
        let blanked = without_codes.is_some();
        let text = without_codes.unwrap_or_else(|| normalised.text.clone());
        let title_length = title.chars().count();
        let in_title = normalised.origin.partition_point(|&origin| (origin as usize) < title_length);
        let split = text.char_indices().nth(in_title).map_or(text.len(), |(at, _)| at);
        let mut document = Document { text, blanked, ..Document::default() };
        self.cut(&mut document, 0..split, 0, &normalised);
        document.of_title = document.words.len();
        let end = document.text.len();
        self.cut(&mut document, split..end, in_title, &normalised);
        (document, normalised)
    }

    /// Adds the words of a part of the text, whose first character has the index `shift`.
    fn cut(&self, document: &mut Document, part: Range<usize>, shift: usize, normalised: &Normalised) {
        let mut from = part.start;
        let mut last = usize::MAX;
        let text = &document.text[part];
        document.words.reserve(text.len() / 4);
        for token in self.jieba.cut(text, true) {
            let to = from + token.word.len();
            if token.word.chars().any(is_letter) {
                let (first, past) = (token.start + shift, token.end + shift);
                let source = normalised.source(first..past);
                let joined = first == last;
                last = past;
                let hash = word_hash(token.word);
                document.words.push(Word {
                    from,
                    to,
                    start: source.start,
                    end: source.end,
                    first,
                    past,
                    joined,
                    hash,
                    connecting: is_connecting_by(hash, token.word),
                });
            }
            from = to;
        }
    }

    /// Whether a word is the name of a county, a city or a district. Of those in 区 the dictionary must know it for a
    /// name: 开发区 is none.
    pub(crate) fn is_region(&self, word: &str) -> bool {
        let Some((at, last)) = word.char_indices().nth(2).and_then(|_| word.char_indices().last()) else {
            return false;
        };
        let is_name = |tag: &str| matches!(tag, "ns" | "nr" | "nt");
        match last {
            '县' | '市' => !word[..at].ends_with(['级', '辖', '城']),
            '区' => {
                self.jieba.tag(word, false).first().is_some_and(|tag| tag.word == word && is_name(tag.tag))
            }
            _ => false,
        }
    }

    /// The tokens of a search index: words and the words within them, letters and digits only.
    pub(crate) fn search_tokens(&self, text: &str) -> Vec<String> {
        let normalised = normalise(text).text;
        let tokens = self.jieba.cut_for_search(&normalised, true);
        tokens
            .iter()
            .map(|t| t.word.chars().filter(|c| is_letter(*c)).collect())
            .filter(|t: &String| !t.is_empty())
            .collect()
    }

    /// The [`Segmenter::search_tokens`] of the title and then of the body of a document, joined by spaces; `None` where
    /// letters were left out of it.
    pub(crate) fn search_tokens_of(&self, document: &Document) -> Option<String> {
        if document.blanked {
            return None;
        }
        let mut tokens = Tokens(String::with_capacity(2 * document.text.len()));
        for word in &document.words {
            self.push_tokens(document.text(word), word.length(), &mut tokens);
        }
        Some(tokens.0)
    }

    /// Adds a word of so many characters behind the words within it, as jieba's `cut_for_search` does: those of its parts
    /// that have a letter of the alphabet, then the words of the dictionary of two and of three characters.
    fn push_tokens(&self, word: &str, length: usize, tokens: &mut Tokens) {
        let joins = |c: char| matches!(c, '.' | '_' | '-');
        if word.contains(joins) {
            let is_told = |part: &&str| part.len() >= 2 && part.bytes().any(|b| b.is_ascii_alphabetic());
            word.split(joins).filter(is_told).for_each(|part| tokens.push(part));
        }
        for grams in 2..length.min(4) {
            let mut past = word.char_indices().map(|(at, c)| at + c.len_utf8()).skip(grams - 1);
            for (from, _) in word.char_indices() {
                let Some(past) = past.next() else { break };
                if self.jieba.has_word(&word[from..past]) {
                    tokens.push(&word[from..past]);
                }
            }
        }
        tokens.push(word);
    }
}

/// Tokens of letters and digits, joined by spaces.
struct Tokens(String);

impl Tokens {
    fn push(&mut self, token: &str) {
        let end = self.0.len();
        if end > 0 {
            self.0.push(' ');
        }
        let start = self.0.len();
        if token.chars().all(is_letter) {
            self.0.push_str(token);
        } else {
            self.0.extend(token.chars().filter(|c| is_letter(*c)));
        }
        if self.0.len() == start {
            self.0.truncate(end);
        }
    }
}

/// A document known only as words.
pub(crate) fn document_of_words(words: &[String]) -> Document {
    let mut document = Document::default();
    for word in words {
        let word = normalise(word).text;
        if !word.chars().any(char::is_alphanumeric) || is_place_code(&word) {
            continue;
        }
        let (from, hash) = (document.text.len(), word_hash(&word));
        document.text.push_str(&word);
        document.words.push(Word {
            from,
            to: document.text.len(),
            start: 0,
            end: 0,
            first: 0,
            past: word.chars().count(),
            joined: true,
            hash,
            connecting: is_connecting_by(hash, &word),
        });
    }
    document
}

/// Names that stand for hidden places in published letters: `A市`, `L6县`, `西地省`. They tell nothing elsewhere, so no
/// feature may rest on them. Blanked character for character; `None` when there are none.
fn blank_place_codes(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let may_begin = |byte: &u8| byte.is_ascii_alphabetic() || *byte == HIDDEN_PROVINCE.as_bytes()[0];
    let mut blanked = String::new();
    let (mut from, mut at) = (0, 0);
    while let Some(ahead) = bytes[at..].iter().position(may_begin) {
        at += ahead;
        // A byte of a longer character is no letter either.
        let before = at.checked_sub(1).map(|before| char::from(bytes[before]));
        let length = if bytes[at].is_ascii() {
            let (mut chars, mut ahead) = (['\0'; LONGEST_PLACE_CODE], text[at..].chars());
            chars.fill_with(|| ahead.next().unwrap_or_default());
            place_code_length(&chars, before)
        } else if bytes[at..].starts_with(HIDDEN_PROVINCE.as_bytes()) {
            HIDDEN_PROVINCE.len() / 3
        } else {
            0
        };
        if length == 0 {
            at += 1;
            continue;
        }
        blanked.push_str(&text[from..at]);
        blanked.extend(std::iter::repeat_n(' ', length));
        from = at + text[at..].chars().take(length).map(char::len_utf8).sum::<usize>();
        at = from;
    }
    if from == 0 {
        return None;
    }
    blanked.push_str(&text[from..]);
    Some(blanked)
}

/// [`char::is_alphanumeric`], quick for what most texts consist of.
pub(crate) fn is_letter(c: char) -> bool {
    match c {
        '\u{4e00}'..='\u{9fff}' => true,
        '，' | '。' | '、' | '！' | '？' | '：' | '；' | '“' | '”' => false,
        _ => c.is_alphanumeric(),
    }
}

/// What published letters say in the place of the province's name.
const HIDDEN_PROVINCE: &str = "西地省";
/// Characters of the longest name that stands for a place.
const LONGEST_PLACE_CODE: usize = 5;

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

    fn texts(document: &Document) -> Vec<&str> {
        document.words().iter().map(|word| document.text(word)).collect()
    }

    #[test]
    fn words_point_at_the_text_as_written() {
        let segmenter = Segmenter::new(std::iter::empty());
        let (title, body) = ("  路灯坏了　", "東門路　的路燈，不亮");
        let (document, _) = segmenter.document(title, body);
        let chars: Vec<char> = format!("{title}\n{body}").chars().collect();
        let at = |word: &Word| chars[word.start..word.end].iter().collect::<String>();
        let lamps: Vec<String> =
            document.words().iter().filter(|w| document.text(w) == "路灯").map(at).collect();
        assert_eq!(lamps, ["路灯", "路燈"]);
        assert_eq!(document.title().iter().map(at).collect::<String>(), "路灯坏了");
        assert_eq!(document.runs(document.body()).collect::<Vec<_>>(), ["东门路", "的路灯", "不亮"]);
    }

    #[test]
    fn letters_that_stand_for_places_leave_no_word() {
        let segmenter = Segmenter::new(std::iter::empty());
        assert_eq!(texts(&segmenter.document("", "A市B12县西地省L6区路灯").0), ["路灯"]);
        let words = ["A8", "K", "路灯", "……"].map(str::to_owned);
        assert_eq!(texts(&document_of_words(&words)), ["路灯"]);
    }

    #[test]
    fn words_have_edges_and_their_insides_have_none() {
        let (document, normalised) = Segmenter::new(std::iter::empty()).document("路灯", "，自来水停了");
        assert_eq!(normalised.text, "路灯 ，自来水停了");
        let edges: Vec<usize> = (0..9).filter(|at| document.is_edge(*at)).collect();
        assert_eq!(edges[..4], [0, 2, 4, 7], "{edges:?}");
    }

    #[test]
    fn search_tokens_carry_no_punctuation() {
        let segmenter = Segmenter::new(["石浦港"].into_iter());
        let tokens = segmenter.search_tokens("石浦港的COVID-19检测");
        assert!(tokens.contains(&"石浦港".to_owned()), "{tokens:?}");
        assert!(tokens.iter().all(|t| t.chars().all(char::is_alphanumeric)), "{tokens:?}");
    }
}
