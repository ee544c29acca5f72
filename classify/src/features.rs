//! What the model sees of a text: words, pairs of words and runs of one to three characters.
//!
//! A feature is known by a 32-bit hash alone, so a model file holds no piece of any text.

use std::collections::HashMap;

use crate::segment::{Document, Word};

/// How many views of a text there are; each is brought to length one apart from the others.
pub(crate) const VIEWS: usize = 3;
/// How much each view weighs: words with their pairs, characters, the title's words.
pub(crate) const VIEW_WEIGHTS: [f32; VIEWS] = [1.0, 0.8, 0.4];
/// Words that connect others and speak for no topic; they make no pairs.
const CONNECTING: &str = "的 了 是 在 我 我们 你 你们 他 他们 和 与 及 或 也 都 就 还 而 但 但是 被 把 对 从 到 向 给 为 以 于 等 这 那 这个 那个 有 没有 不 很 又 再 请 请问 您 您好 你好 谢谢 一个 上 下 中 里 后 前 时 会 能 要 想 说 吗 呢 吧 啊";

/// How often each feature stands in a text, by view; sorted by hash.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    pub views: [Vec<(u32, f32)>; VIEWS],
}

/// Counts the features of a text. Words of the title count twice.
pub(crate) fn count(document: &Document) -> Counts {
    let mut views: [HashMap<u32, f32>; VIEWS] = Default::default();
    for (words, weight) in [(&document.title, 2.0), (&document.body, 1.0)] {
        count_words(words, weight, &mut views[0]);
        count_characters(words, weight, &mut views[1]);
    }
    for word in &document.title {
        add(&mut views[2], hash(b't', &[&word.text]), 1.0);
    }
    let views = views.map(|counts| {
        let mut sorted: Vec<(u32, f32)> = counts.into_iter().collect();
        sorted.sort_unstable_by_key(|&(hash, _)| hash);
        sorted
    });
    Counts { views }
}

/// The hash under which a word is counted.
pub(crate) fn word_hash(word: &str) -> u32 {
    hash(b'w', &[word])
}

/// The hash under which a word of a title is counted besides.
pub(crate) fn title_hash(word: &str) -> u32 {
    hash(b't', &[word])
}

/// The hash under which two words, one after the other, are counted.
pub(crate) fn pair_hash(before: &str, word: &str) -> u32 {
    hash(b'p', &[before, word])
}

/// The hash under which a run of characters is counted.
pub(crate) fn run_hash(run: &[char]) -> u32 {
    hash(b'c', &[&run.iter().collect::<String>()])
}

/// Whether a word connects others and speaks for no topic.
pub(crate) fn is_connecting(word: &str) -> bool {
    CONNECTING.split(' ').any(|c| c == word)
}

fn count_words(words: &[Word], weight: f32, counts: &mut HashMap<u32, f32>) {
    let mut before: Option<&str> = None;
    for word in words {
        add(counts, word_hash(&word.text), weight);
        if is_connecting(&word.text) {
            continue;
        }
        if let Some(before) = before {
            add(counts, pair_hash(before, &word.text), weight);
        }
        before = Some(&word.text);
    }
}

/// Runs of characters do not cross gaps such as punctuation.
fn count_characters(words: &[Word], weight: f32, counts: &mut HashMap<u32, f32>) {
    let mut run: Vec<char> = Vec::new();
    for word in words {
        if !word.joined {
            count_run(&run, weight, counts);
            run.clear();
        }
        run.extend(word.text.chars());
    }
    count_run(&run, weight, counts);
}

fn count_run(run: &[char], weight: f32, counts: &mut HashMap<u32, f32>) {
    let mut buffer = String::new();
    for start in 0..run.len() {
        buffer.clear();
        for &c in run[start..].iter().take(3) {
            buffer.push(c);
            add(counts, hash(b'c', &[&buffer]), weight);
        }
    }
}

fn add(counts: &mut HashMap<u32, f32>, hash: u32, weight: f32) {
    *counts.entry(hash).or_insert(0.0) += weight;
}

/// FNV-1a over the parts with a separator, folded to 32 bits by the finaliser of MurmurHash3.
fn hash(view: u8, parts: &[&str]) -> u32 {
    let mut state: u64 = 0xcbf2_9ce4_8422_2325;
    let mut eat = |byte: u8| state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    eat(view);
    for part in parts {
        part.bytes().for_each(&mut eat);
        eat(0xff);
    }
    state = (state ^ (state >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (state >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::document_of_words;

    #[test]
    fn pairs_reach_over_connecting_words_and_characters_stay_in_their_run() {
        let words = ["路灯", "的", "开关"].map(str::to_owned);
        let counts = count(&document_of_words(&words));
        let has = |view: usize, h: u32| counts.views[view].iter().any(|&(x, _)| x == h);
        assert!(has(0, hash(b'p', &["路灯", "开关"])));
        assert!(has(1, hash(b'c', &["灯的开"])));
        assert!(!has(1, hash(b'c', &["路灯的开"])));
    }

    #[test]
    fn hashes_are_fixed_because_model_files_hold_them() {
        assert_eq!(hash(b'w', &["路灯"]), word_hash("路灯"));
        assert_ne!(hash(b'p', &["路", "灯"]), hash(b'p', &["路灯", ""]));
    }
}
