//! The copy of a text that the finders read: one character for one of the input, with widths,
//! letter cases, dashes, spaces and scripts made equal, and walls where something is masked.

use std::sync::LazyLock;

use super::super::is_invisible;
use super::super::simplify::simplify_char;
use super::MaskKind;
use super::word_list::WordList;

/// Stands for every character of a label: matched by no rule.
pub(super) const WALL: char = '\0';
/// Stands for a character that takes no room.
pub(super) const NOTHING: char = '\u{200b}';

/// The folded characters of a text.
pub(super) struct Page {
    pub(super) chars: Vec<char>,
    /// Whether Chinese numerals stand for digits somewhere, three or more in a row.
    pub(super) spelled_digits: bool,
    /// Whether anything stands here that a finder without cues could start from.
    pub(super) has_number_or_at: bool,
    /// Whether a Latin letter stands somewhere.
    pub(super) has_letters: bool,
    /// Whether the text is about neighbours or the floors above and below.
    pub(super) speaks_of_neighbours: bool,
}

impl Page {
    pub(super) fn read(text: &str) -> Self {
        let mut chars = Vec::with_capacity(text.len() / 2);
        let (mut has_number_or_at, mut has_letters, mut spelled_digits, mut spelled) =
            (false, false, false, 0);
        for c in text.chars() {
            let c = fold(c);
            let numbered = matches!(
                c,
                '号' | '室' | '单' | '幢' | '栋' | '弄' | '组' | '楼' | '层' | '座' | '户' | '队' | '社'
            ) && (spelled > 0 || chars.last() == Some(&'十'));
            has_number_or_at |= c.is_ascii_digit() || matches!(c, '@' | '_') || numbered;
            has_letters |= c.is_ascii_lowercase();
            spelled = if spelled_digit(c).is_some() { spelled + 1 } else { 0 };
            spelled_digits |= spelled >= 3;
            chars.push(c);
        }
        let around =
            |pair: &[char]| matches!(pair, ['邻', '居'] | ['楼', '上' | '下'] | ['隔', '壁'] | ['对', '门']);
        let speaks_of_neighbours = has_number_or_at && chars.windows(2).any(around);
        let mut page = Self { chars, spelled_digits, has_number_or_at, has_letters, speaks_of_neighbours };
        page.wall_off_labels();
        page
    }

    /// The character at an index, or a wall outside the text.
    #[inline]
    pub(super) fn at(&self, index: usize) -> char {
        self.chars.get(index).copied().unwrap_or(WALL)
    }

    /// The character before an index, or a wall at the start.
    #[inline]
    pub(super) fn before(&self, index: usize) -> char {
        index.checked_sub(1).map_or(WALL, |i| self.at(i))
    }

    /// Whether `word` stands at an index.
    pub(super) fn has(&self, index: usize, word: &str) -> bool {
        word.chars().enumerate().all(|(i, c)| self.at(index + i) == c)
    }

    /// Whether one of `words` ends right before an index.
    pub(super) fn ends_with_any(&self, index: usize, words: &impl WordList) -> bool {
        let ends = |word: &&str| {
            word.chars().rev().zip(1..).all(|(c, back)| index >= back && self.at(index - back) == c)
        };
        words.may_end(self.before(index)) && words.words().iter().any(ends)
    }

    /// Whether one of `words` stands at an index.
    pub(super) fn has_any(&self, index: usize, words: &impl WordList) -> bool {
        self.first_of(index, words).is_some()
    }

    /// The first of `words` that stands at an index.
    pub(super) fn first_of(&self, index: usize, words: &impl WordList) -> Option<&'static str> {
        if !words.may_begin(self.at(index)) {
            return None;
        }
        words.words().iter().copied().find(|word| self.has(index, word))
    }

    fn wall_off_labels(&mut self) {
        static LABELS: LazyLock<Vec<Vec<char>>> =
            LazyLock::new(|| MaskKind::ALL.iter().map(|k| k.label().chars().map(fold).collect()).collect());
        let mut index = 0;
        while let Some(found) = self.chars[index..].iter().position(|&c| c == '〔') {
            index += found;
            let label = LABELS.iter().find(|label| self.chars[index..].starts_with(label));
            let length = label.map_or(0, Vec::len);
            self.chars[index..index + length].fill(WALL);
            index += length.max(1);
        }
    }
}

/// The character that stands for `c` on the page.
pub(super) fn fold(c: char) -> char {
    match c {
        '\u{4e00}'..='\u{9fff}' => simplify_char(c),
        'A'..='Z' => c.to_ascii_lowercase(),
        ' '..='~' => c,
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(c as u32 - 0xfee0).map_or(c, |plain| plain.to_ascii_lowercase())
        }
        '\u{3000}' | '\u{a0}' | '\t' | '\u{2000}'..='\u{200a}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{1d7ce}'..='\u{1d7ff}' => char::from_digit((c as u32 - 0x1d7ce) % 10, 10).unwrap_or(c),
        _ if is_invisible(c) => NOTHING,
        _ => c,
    }
}

/// The value of a Chinese numeral that is read out as a digit (一三八 for 138).
pub(super) fn spelled_digit(c: char) -> Option<u8> {
    Some(match c {
        '零' | '〇' | '○' => 0,
        '一' | '幺' | '壹' => 1,
        '二' | '贰' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}
