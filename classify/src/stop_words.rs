//! The county's stop words, looked up by the hash that a word has already.

use qingting_models::county::StopWords;

use crate::features::word_hash;

/// How many words of 64 bits tell which hashes a stop word may have.
const FILTER: usize = 64;

/// Words that tell no matter from another, for texts that are normalised.
pub(crate) struct StopList {
    words: StopWords,
    /// By the lowest bits of a hash: whether a stop word has them. Spares most words the look-up.
    may_be: [u64; FILTER],
}

impl StopList {
    pub(crate) fn new(words: &StopWords) -> Self {
        let mut may_be = [0; FILTER];
        for word in words.all() {
            let (place, bit) = place_of(word_hash(word));
            may_be[place] |= bit;
        }
        Self { words: words.clone(), may_be }
    }

    /// Whether a word is one; `hash` is its [`word_hash`].
    pub(crate) fn has(&self, hash: u32, word: &str) -> bool {
        let (place, bit) = place_of(hash);
        self.may_be[place] & bit != 0 && self.words.has(word)
    }
}

fn place_of(hash: u32) -> (usize, u64) {
    ((hash >> 6) as usize % FILTER, 1 << (hash & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_lets_every_stop_word_through_and_no_other_word_counts_as_one() {
        let text = "word,note\n的,\n反映,\n来电人,\n請問,\n";
        let list = StopList::new(&StopWords::parse("stop_words.csv", text).unwrap());
        let has = |word: &str| list.has(word_hash(word), word);
        assert!(["的", "反映", "来电人", "请问"].into_iter().all(has));
        // The last has the hash of a stop word.
        assert!(!has("路灯") && !has("") && !list.has(word_hash("的"), "路灯"));
    }
}
