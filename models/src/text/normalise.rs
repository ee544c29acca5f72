//! The copy of a text that the model reads, and where each of its characters came from.

use std::ops::Range;
use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization;

use super::is_invisible;
use super::simplify::{needs_words, simplify};

/// A normalised text and its way back to the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normalised {
    /// Half-width, lower-case, Simplified, with single spaces.
    pub text: String,
    /// The character index in the input of each character of `text`, never falling, and one last
    /// entry: the number of characters of the input.
    pub origin: Vec<u32>,
}

impl Normalised {
    /// The characters of the input that the characters `span` of `text` were made from. Indexes
    /// past the end count as the end.
    pub fn source(&self, span: Range<usize>) -> Range<usize> {
        let at = |i: usize| self.origin.get(i).or(self.origin.last()).map_or(0, |&o| o as usize);
        let start = at(span.start);
        if span.end <= span.start || span.start + 1 >= self.origin.len() {
            return start..start;
        }
        let last = span.end.min(self.origin.len() - 1) - 1;
        start..at(last) + 1
    }
}

/// The copy the model reads: full-width forms become half-width (Unicode NFKC by character, but
/// ，！？：； stay as Chinese writes them), zero-width and control characters go, runs of white space
/// become one space, Traditional becomes Simplified, letters lower case. Texts of more than
/// `u32::MAX` characters have their last origins cut to that number.
pub fn normalise(text: &str) -> Normalised {
    let kept = kept();
    let mut copy = Copy { text: String::with_capacity(text.len()), ..Copy::default() };
    copy.origin.reserve(text.len() / 2 + 1);
    // Most characters stay as they are and are taken over in stretches, from this byte and character on.
    let (mut from, mut first, mut length) = (0, 0, 0);
    for (at, c) in text.char_indices() {
        if !kept.has(c) {
            copy.keep(&text[from..at], first..length);
            fold(c, &mut |folded| copy.push(folded, length));
            (from, first) = (at + c.len_utf8(), length.saturating_add(1));
        }
        length = length.saturating_add(1);
    }
    copy.keep(&text[from..], first..length);
    copy.finish(length)
}

/// A copy in the making.
#[derive(Default)]
struct Copy {
    text: String,
    origin: Vec<u32>,
    /// It holds characters that the dictionary may have other ones for.
    traditional: bool,
}

impl Copy {
    /// Adds characters that stay as they are.
    fn keep(&mut self, text: &str, origin: Range<u32>) {
        self.text.push_str(text);
        self.origin.extend(origin);
    }

    fn push(&mut self, c: char, origin: u32) {
        if c == ' ' && (self.text.is_empty() || self.text.ends_with(' ')) {
            return;
        }
        self.traditional |= needs_words(c);
        self.text.push(c);
        self.origin.push(origin);
    }

    fn finish(mut self, length: u32) -> Normalised {
        if self.text.ends_with(' ') {
            self.text.pop();
            self.origin.pop();
        }
        self.origin.push(length);
        let text = if self.traditional { simplify(&self.text) } else { self.text };
        Normalised { text, origin: self.origin }
    }
}

/// The characters of the basic plane that stay as they are, a bit each.
struct Kept(Vec<u64>);

impl Kept {
    fn has(&self, c: char) -> bool {
        let code = c as usize;
        self.0.get(code / 64).is_some_and(|bits| bits >> (code % 64) & 1 == 1)
    }
}

fn kept() -> &'static Kept {
    static KEPT: OnceLock<Kept> = OnceLock::new();
    KEPT.get_or_init(|| {
        let stays = |c: char| {
            let (mut same, mut count) = (true, 0);
            fold(c, &mut |folded| (same, count) = (folded == c, count + 1));
            same && count == 1 && c != ' ' && !needs_words(c)
        };
        let mut bits = vec![0u64; 0x1_0000 / 64];
        for c in ('\0'..='\u{ffff}').filter(|c| stays(*c)) {
            bits[c as usize / 64] |= 1 << (c as usize % 64);
        }
        Kept(bits)
    })
}

/// Hands on what one character becomes: nothing, itself, or its plain form of one or more.
fn fold(c: char, out: &mut impl FnMut(char)) {
    match c {
        '\u{4e00}'..='\u{9fff}' | '\u{3001}'..='\u{3011}' | '“' | '”' | '！' | '，' | '：' | '；' | '？' => {
            out(c)
        }
        'A'..='Z' => out(c.to_ascii_lowercase()),
        '!'..='~' => out(c),
        _ if c.is_whitespace() => out(' '),
        _ if c.is_control() || is_invisible(c) || is_variation_selector(c) => {}
        '～' => out('~'),
        _ => std::iter::once(c).nfkc().for_each(|plain| lower(plain, out)),
    }
}

fn lower(c: char, out: &mut impl FnMut(char)) {
    if c.is_whitespace() {
        out(' ');
    } else {
        c.to_lowercase().for_each(out);
    }
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(input: &str) -> String {
        normalise(input).text
    }

    #[test]
    fn widths_cases_and_scripts_fold() {
        assert_eq!(text("ＡＢＣ１２３％（甲）"), "abc123%(甲)");
        assert_eq!(text("小區ＷｉＦｉ，何時恢復？！。"), "小区wifi，何时恢复？！。");
        assert_eq!(text("８０㎡ ①②"), "80m2 12");
        assert_eq!(text("12345热线：OK"), "12345热线：ok");
    }

    #[test]
    fn what_takes_no_room_goes_and_white_space_collapses() {
        assert_eq!(text("\u{feff} 路\u{200b}灯\0 \r\n\u{3000}坏 "), "路灯 坏");
        assert_eq!(text(" \n"), "");
    }

    #[test]
    fn spans_lead_back_to_the_input() {
        let n = normalise("\u{feff}請 \u{3000}看８０㎡的房");
        assert_eq!(n.text, "请 看80m2的房");
        assert_eq!(n.origin, [1, 2, 4, 5, 6, 7, 7, 8, 9, 10]);
        assert_eq!(n.source(0..1), 1..2);
        assert_eq!(n.source(3..7), 5..8);
        assert_eq!(n.source(5..6), 7..8);
        assert_eq!(n.source(8..9), 9..10);
        assert_eq!(n.source(9..12), 10..10);
        assert_eq!(normalise("").source(0..3), 0..0);
    }

    /// What [`normalise`] makes, one character after the other.
    fn by_characters(input: &str) -> String {
        let mut text = String::new();
        for c in input.chars() {
            fold(c, &mut |folded| {
                if folded != ' ' || !(text.is_empty() || text.ends_with(' ')) {
                    text.push(folded);
                }
            });
        }
        simplify(text.trim_end_matches(' '))
    }

    proptest! {
        #[test]
        fn stretches_and_single_characters_come_to_the_same(
            input in any::<String>(), usual in "[路灯請电覆ＡbＣ1  　\u{200b}\n，。㎡𠮷豈]{0,40}"
        ) {
            prop_assert_eq!(text(&input), by_characters(&input));
            prop_assert_eq!(text(&usual), by_characters(&usual));
        }

        #[test]
        fn origins_are_one_for_each_character_and_never_fall(input in any::<String>()) {
            let n = normalise(&input);
            prop_assert_eq!(n.origin.len(), n.text.chars().count() + 1);
            prop_assert_eq!(n.origin.last().copied(), u32::try_from(input.chars().count()).ok());
            prop_assert!(n.origin.is_sorted());
            prop_assert!(!n.text.contains("  "));
        }

        #[test]
        fn each_character_leads_back_to_what_it_was_made_from(input in "[路灯請電ＡbＣ１2 　\u{200b}，㎡]{0,30}") {
            let n = normalise(&input);
            let chars: Vec<char> = input.chars().collect();
            for (i, c) in n.text.chars().enumerate() {
                let source: String = chars[n.source(i..i + 1)].iter().collect();
                prop_assert!(normalise(&source).text.contains(c) || c == ' ' && source.trim().is_empty());
            }
        }

        #[test]
        fn plain_text_is_kept(input in "[a-z0-9路灯不亮，。]{0,40}") {
            prop_assert_eq!(normalise(&input).text, input);
        }
    }
}
