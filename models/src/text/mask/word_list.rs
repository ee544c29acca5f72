//! Words that are looked for at a place of a page. Nearly always none of them stands there, which a list tells by one
//! character before it looks at its words.

/// A set of characters that may say yes to others too (a Bloom filter of one hash: the lowest nine bits).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CharFilter([u64; 8]);

impl CharFilter {
    /// Those of a text.
    pub(super) const fn of(text: &str) -> Self {
        let mut chars = Self([0; 8]);
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] & 0xc0 != 0x80 {
                chars.add(character(bytes, at));
            }
            at += 1;
        }
        chars
    }

    pub(super) fn insert(&mut self, c: char) {
        self.add(c as u32);
    }

    /// False only when `c` is not in the set.
    pub(super) fn may_hold(&self, c: char) -> bool {
        self.0[(c as usize & 511) / 64] >> (c as u32 % 64) & 1 == 1
    }

    const fn add(&mut self, code: u32) {
        self.0[(code as usize & 511) / 64] |= 1 << (code % 64);
    }
}

/// A set of characters of the basic plane, one bit each, that knows the place of each among its own.
#[derive(Debug)]
pub(super) struct CharSet {
    bits: Vec<u64>,
    /// How many of the set come before each 64 characters.
    before: Vec<u16>,
}

impl CharSet {
    pub(super) fn contains(&self, c: char) -> bool {
        let code = c as usize;
        self.bits.get(code / 64).is_some_and(|bits| bits >> (code % 64) & 1 == 1)
    }

    /// The place of a character of the set, counted from 0.
    pub(super) fn place(&self, c: char) -> Option<usize> {
        let code = c as usize;
        let bits = self.bits.get(code / 64)?;
        let smaller = bits & ((1 << (code % 64)) - 1);
        (bits >> (code % 64) & 1 == 1)
            .then(|| usize::from(self.before[code / 64]) + smaller.count_ones() as usize)
    }

    /// The characters in their places.
    pub(super) fn iter(&self) -> impl Iterator<Item = char> {
        ('\0'..='\u{ffff}').filter(|&c| self.contains(c))
    }
}

impl FromIterator<char> for CharSet {
    fn from_iter<I: IntoIterator<Item = char>>(chars: I) -> Self {
        let mut bits = vec![0_u64; 1024];
        for code in chars.into_iter().map(|c| c as usize) {
            if let Some(bits) = bits.get_mut(code / 64) {
                *bits |= 1 << (code % 64);
            }
        }
        let mut so_far = 0;
        let before = bits
            .iter()
            .map(|bits| {
                let before = so_far;
                so_far += bits.count_ones() as u16;
                before
            })
            .collect();
        Self { bits, before }
    }
}

/// Words that may stand somewhere.
pub(super) trait WordList {
    fn words(&self) -> &[&'static str];

    /// False only when none of the words begins with `c`.
    fn may_begin(&self, _c: char) -> bool {
        true
    }

    /// False only when none of the words ends with `c`.
    fn may_end(&self, _c: char) -> bool {
        true
    }
}

impl<const N: usize> WordList for [&'static str; N] {
    fn words(&self) -> &[&'static str] {
        self
    }
}

/// A list that knows with which characters its words begin and end.
pub(super) struct Words {
    words: &'static [&'static str],
    first: CharFilter,
    last: CharFilter,
}

impl Words {
    /// Of words that are not empty.
    pub(super) const fn of(words: &'static [&'static str]) -> Self {
        let (mut first, mut last) = (CharFilter([0; 8]), CharFilter([0; 8]));
        let mut i = 0;
        while i < words.len() {
            let bytes = words[i].as_bytes();
            first.add(character(bytes, 0));
            let mut end = bytes.len() - 1;
            while bytes[end] & 0xc0 == 0x80 {
                end -= 1;
            }
            last.add(character(bytes, end));
            i += 1;
        }
        Self { words, first, last }
    }
}

impl WordList for Words {
    fn words(&self) -> &[&'static str] {
        self.words
    }

    fn may_begin(&self, c: char) -> bool {
        self.first.may_hold(c)
    }

    fn may_end(&self, c: char) -> bool {
        self.last.may_hold(c)
    }
}

/// The number of the character whose UTF-8 begins at `at`.
const fn character(bytes: &[u8], at: usize) -> u32 {
    let lead = bytes[at] as u32;
    let (mut code, more) = match lead {
        0..0x80 => (lead, 0),
        0x80..0xe0 => (lead & 0x1f, 1),
        0xe0..0xf0 => (lead & 0x0f, 2),
        _ => (lead & 0x07, 3),
    };
    let mut i = 1;
    while i <= more {
        code = code << 6 | (bytes[at + i] as u32 & 0x3f);
        i += 1;
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_knows_the_places_of_its_characters() {
        let set: CharSet = "陈a王❤赵王".chars().collect();
        assert_eq!(set.iter().collect::<String>(), "a❤王赵陈");
        assert!(set.iter().enumerate().all(|(place, c)| set.place(c) == Some(place)));
        assert!(!set.contains('李') && set.place('李').is_none() && set.place('𠮷').is_none());
    }

    #[test]
    fn a_list_knows_with_what_its_words_begin_and_end() {
        static LIST: Words = Words::of(&["室", "号楼", "tel", "微❤", "é路", "𠮷屋"]);
        for word in LIST.words() {
            assert!(
                LIST.may_begin(word.chars().next().unwrap()) && LIST.may_end(word.chars().last().unwrap())
            );
        }
        let others = ('一'..'龥').filter(|&c| LIST.may_begin(c) || LIST.may_end(c)).count();
        assert!(others < 600, "{others}");
    }
}
