//! Danger words: whether a text names a danger to life or health, by the list in data/urgent.txt.

use std::sync::LazyLock;

use crate::finder::Finder;
use crate::segment::Document;

static WORDS: LazyLock<Finder> = LazyLock::new(|| Finder::new(danger_words()));

/// The words of the list.
pub(crate) fn danger_words() -> impl Iterator<Item = &'static str> {
    let lines = include_str!("../data/urgent.txt").lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// How many different danger words the text has, 3 at most.
pub(crate) fn dangers(document: &Document) -> f32 {
    let mut found: Vec<_> = WORDS.find(document.whole_text()).map(|(_, word)| word).collect();
    found.sort_unstable();
    found.dedup();
    found.len().min(3) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::Segmenter;

    #[test]
    fn words_are_of_letters_so_that_none_reaches_over_what_no_word_holds() {
        assert!(danger_words().all(|word| word.chars().all(char::is_alphanumeric)));
    }

    #[test]
    fn the_list_finds_a_danger() {
        let segmenter = Segmenter::new(std::iter::empty());
        let count = |text: &str| dangers(&segmenter.document("", text).0);
        assert_eq!(count("小区路灯不亮"), 0.0);
        assert_eq!(count("三楼煤气泄漏，有人昏迷"), 2.0);
    }
}
