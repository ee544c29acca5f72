//! What the model sees of a text: words, pairs of words and runs of one to three characters.
//!
//! A feature is known by a 32-bit hash alone, so a model file holds no piece of any text.

use crate::segment::{Document, Word};

/// How many views of a text there are; each is brought to length one apart from the others.
pub(crate) const VIEWS: usize = 3;
/// Their places: words with their pairs, characters, the title's words.
pub(crate) const WORDS: usize = 0;
pub(crate) const CHARACTERS: usize = 1;
pub(crate) const TITLE: usize = 2;
/// How much each view weighs.
pub(crate) const VIEW_WEIGHTS: [f32; VIEWS] = [1.0, 0.8, 0.4];
/// Words that connect others and speak for no topic; they make no pairs. In rising order.
const CONNECTING: [&str; 65] = [
    "一个", "上", "下", "不", "与", "中", "为", "也", "了", "于", "从", "他", "他们", "以", "会", "但",
    "但是", "你", "你们", "你好", "再", "到", "前", "又", "及", "后", "向", "吗", "吧", "呢", "和", "啊",
    "在", "对", "就", "很", "您", "您好", "想", "我", "我们", "或", "把", "时", "是", "有", "没有", "的",
    "等", "给", "而", "能", "被", "要", "说", "请", "请问", "谢谢", "还", "这", "这个", "那", "那个", "都",
    "里",
];

/// How often each feature stands in a text, by view; sorted by hash.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    pub views: [Vec<(u32, f32)>; VIEWS],
}

/// Counts the features of a text. Words of the title count twice.
pub(crate) fn count(document: &Document) -> Counts {
    let mut views: [Vec<(u32, f32)>; VIEWS] = Default::default();
    views[WORDS].reserve(2 * document.words().len());
    views[CHARACTERS].reserve(3 * document.text_length());
    for (words, weight) in [(document.title(), 2.0), (document.body(), 1.0)] {
        count_words(document, words, weight, &mut views[WORDS]);
        document.runs(words).for_each(|run| count_run(run, weight, &mut views[CHARACTERS]));
    }
    views[TITLE].extend(document.title().iter().map(|word| (title_hash(document.text(word)), 1.0)));
    Counts { views: views.map(summed) }
}

/// Sorted by hash, each once.
fn summed(mut counts: Vec<(u32, f32)>) -> Vec<(u32, f32)> {
    counts.sort_unstable_by_key(|&(hash, _)| hash);
    counts.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    counts
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
    // Two Chinese characters at most.
    word.len() <= 6 && CONNECTING.binary_search(&word).is_ok()
}

fn count_words(document: &Document, words: &[Word], weight: f32, counts: &mut Vec<(u32, f32)>) {
    let mut before: Option<&str> = None;
    for word in words {
        let word = document.text(word);
        counts.push((word_hash(word), weight));
        if is_connecting(word) {
            continue;
        }
        if let Some(before) = before {
            counts.push((pair_hash(before, word), weight));
        }
        before = Some(word);
    }
}

/// Runs of one to three characters; each goes on from the state of the one before it.
fn count_run(run: &str, weight: f32, counts: &mut Vec<(u32, f32)>) {
    let start = eat(BASIS, b'c');
    for (at, _) in run.char_indices() {
        let mut state = start;
        for c in run[at..].chars().take(3) {
            let mut bytes = [0; 4];
            state = c.encode_utf8(&mut bytes).bytes().fold(state, eat);
            counts.push((folded(eat(state, END)), weight));
        }
    }
}

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
/// Ends a part; stands in no text.
const END: u8 = 0xff;

/// FNV-1a over the parts with a separator, folded to 32 bits by the finaliser of MurmurHash3.
fn hash(view: u8, parts: &[&str]) -> u32 {
    let state = parts.iter().fold(eat(BASIS, view), |state, part| eat(part.bytes().fold(state, eat), END));
    folded(state)
}

fn eat(state: u64, byte: u8) -> u64 {
    (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

fn folded(state: u64) -> u32 {
    ((state ^ (state >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd) >> 32) as u32
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
    fn connecting_words_are_in_order_and_found() {
        assert!(CONNECTING.is_sorted());
        assert!(is_connecting("的") && is_connecting("请问") && !is_connecting("路灯"));
    }

    #[test]
    fn runs_of_characters_hash_alike_by_both_ways() {
        let mut counts = Vec::new();
        count_run("路灯x", 1.0, &mut counts);
        let runs = ["路", "路灯", "路灯x", "灯", "灯x", "x"];
        assert_eq!(counts, runs.map(|run| (hash(b'c', &[run]), 1.0)));
    }

    #[test]
    fn hashes_are_fixed_because_model_files_hold_them() {
        assert_eq!(hash(b'w', &["路灯"]), word_hash("路灯"));
        assert_ne!(hash(b'p', &["路", "灯"]), hash(b'p', &["路灯", ""]));
    }
}
