//! What the model sees of a text: words, pairs of words and runs of one to three characters.
//!
//! A feature is known by a 32-bit hash alone, so a model file holds no piece of any text.

use crate::copies::CopyKey;
use crate::segment::{Document, Word};

/// How many views of a text there are; each is brought to length one apart from the others.
pub(crate) const VIEWS: usize = 3;
/// Their places: words with their pairs, characters, the title's words.
pub(crate) const WORDS: usize = 0;
pub(crate) const CHARACTERS: usize = 1;
pub(crate) const TITLE: usize = 2;
/// How much each view weighs.
pub(crate) const VIEW_WEIGHTS: [f32; VIEWS] = [1.0, 0.8, 0.4];
/// How often what stands once counts.
const OF_TITLE: f32 = 2.0;
const OF_BODY: f32 = 1.0;
/// Words that connect others and speak for no topic; they make no pairs. They are part of what a feature is, as the
/// hashes are: a model learned its pairs over them. (A county's stop words are data.) In rising order.
const CONNECTING: [&str; 65] = [
    "一个", "上", "下", "不", "与", "中", "为", "也", "了", "于", "从", "他", "他们", "以", "会", "但",
    "但是", "你", "你们", "你好", "再", "到", "前", "又", "及", "后", "向", "吗", "吧", "呢", "和", "啊",
    "在", "对", "就", "很", "您", "您好", "想", "我", "我们", "或", "把", "时", "是", "有", "没有", "的",
    "等", "给", "而", "能", "被", "要", "说", "请", "请问", "谢谢", "还", "这", "这个", "那", "那个", "都",
    "里",
];

/// What stands in a text, by view, with how much it counts there. A feature that stands in it several times is named
/// several times, until [`Counts::in_order`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    /// The words' view begins with the words of the document, one for one; pairs follow. The title's begins and ends
    /// with the title's words.
    pub views: [Vec<(u32, f32)>; VIEWS],
    /// By the runs of three characters of the body, or of the title where there is nothing below it.
    pub copy: CopyKey,
}

impl Counts {
    /// By rising hash, each feature once: as a model learns from it.
    pub(crate) fn in_order(self) -> Self {
        Self { views: self.views.map(summed), ..self }
    }
}

/// Counts the features of a text. Words of the title count twice.
pub(crate) fn count(document: &Document) -> Counts {
    let mut views: [Vec<(u32, f32)>; VIEWS] = Default::default();
    let mut copy = CopyKey::default();
    views[WORDS].reserve(2 * document.words().len());
    views[CHARACTERS].reserve(3 * document.text_length());
    let parts = [(document.title(), OF_TITLE), (document.body(), OF_BODY)];
    for (words, weight) in parts {
        views[WORDS].extend(words.iter().map(|word| (word.hash, weight)));
    }
    for (words, weight) in parts {
        let is_told = weight == OF_BODY || document.body().is_empty();
        each_pair(document, words, |hash| views[WORDS].push((hash, weight)));
        for run in document.runs(words) {
            each_run(run.chars(), |length, hash| {
                views[CHARACTERS].push((hash, weight));
                if length == 3 && is_told {
                    copy.add(hash);
                }
            });
        }
    }
    views[TITLE].extend(document.title().iter().map(|word| (title_hash(document.text(word)), 1.0)));
    Counts { views, copy }
}

/// By rising hash, each once.
pub(crate) fn summed(mut counts: Vec<(u32, f32)>) -> Vec<(u32, f32)> {
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
pub(crate) const fn word_hash(word: &str) -> u32 {
    folded(eat_part(eat(BASIS, b'w'), word))
}

/// The hash under which a word of a title is counted besides.
pub(crate) fn title_hash(word: &str) -> u32 {
    folded(eat_part(eat(BASIS, b't'), word))
}

/// The hash under which two words, one after the other, are counted.
pub(crate) fn pair_hash(before: &str, word: &str) -> u32 {
    folded(eat_part(eat_part(eat(BASIS, b'p'), before), word))
}

/// Hands on the hash of each run of one to three characters, with its length; those that begin first come first.
pub(crate) fn each_run(chars: impl Iterator<Item = char>, mut found: impl FnMut(usize, u32)) {
    const START: u64 = eat(BASIS, b'c');
    let end = |state| folded(eat(state, END));
    // What is known of the run that begins with the character before, and of the one before that: its state, and the
    // hashes of its first character and of its first two.
    let (mut last, mut before) = ((START, 0), (START, 0, 0));
    let mut count = 0usize;
    for c in chars {
        if count > 1 {
            found(1, before.1);
            found(2, before.2);
            found(3, end(eat_char(before.0, c)));
        }
        let (two, one) = (eat_char(last.0, c), eat_char(START, c));
        before = (two, last.1, end(two));
        last = (one, end(one));
        count += 1;
    }
    if count > 1 {
        found(1, before.1);
        found(2, before.2);
    }
    if count > 0 {
        found(1, last.1);
    }
}

/// Whether a word connects others and speaks for no topic; `hash` is its [`word_hash`].
pub(crate) fn is_connecting_by(hash: u32, word: &str) -> bool {
    let place = usize::from(BY_HASH[hash as usize % BY_HASH.len()]);
    place > 0 && CONNECTING[place - 1] == word
}

/// For the lowest bits of a hash one more than the place of the one connecting word that has them; 0 where there is none.
const BY_HASH: [u8; 4096] = {
    let mut places = [0; 4096];
    let mut at = 0;
    while at < CONNECTING.len() {
        let lowest = word_hash(CONNECTING[at]) as usize % places.len();
        assert!(places[lowest] == 0, "two connecting words meet: make the table larger");
        places[lowest] = at as u8 + 1;
        at += 1;
    }
    places
};

/// Hands on the hashes of two words that follow one another, whatever connecting words stand between.
fn each_pair(document: &Document, words: &[Word], mut found: impl FnMut(u32)) {
    let mut before: Option<&str> = None;
    for word in words.iter().filter(|word| !word.connecting) {
        let word = document.text(word);
        if let Some(before) = before {
            found(pair_hash(before, word));
        }
        before = Some(word);
    }
}

// FNV-1a over the parts with a separator, folded to 32 bits by the finaliser of MurmurHash3.

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
/// Ends a part; stands in no text.
const END: u8 = 0xff;

const fn eat(state: u64, byte: u8) -> u64 {
    (state ^ byte as u64).wrapping_mul(0x0100_0000_01b3)
}

const fn eat_part(state: u64, part: &str) -> u64 {
    let (mut state, bytes, mut at) = (state, part.as_bytes(), 0);
    while at < bytes.len() {
        state = eat(state, bytes[at]);
        at += 1;
    }
    eat(state, END)
}

/// Eats the bytes of a character.
fn eat_char(state: u64, c: char) -> u64 {
    let mut bytes = [0; 4];
    match *c.encode_utf8(&mut bytes).as_bytes() {
        [a, b, c] => eat(eat(eat(state, a), b), c),
        ref bytes => bytes.iter().fold(state, |state, byte| eat(state, *byte)),
    }
}

const fn folded(state: u64) -> u32 {
    ((state ^ (state >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::document_of_words;

    /// The hash of a run of characters by the rule of [`each_run`].
    fn run_hash(run: &str) -> u32 {
        folded(eat_part(eat(BASIS, b'c'), run))
    }

    #[test]
    fn pairs_reach_over_connecting_words_and_characters_stay_in_their_run() {
        let words = ["路灯", "的", "开关"].map(str::to_owned);
        let counts = count(&document_of_words(&words));
        let has = |view: usize, h: u32| counts.views[view].iter().any(|&(x, _)| x == h);
        assert!(has(WORDS, pair_hash("路灯", "开关")));
        assert!(has(CHARACTERS, run_hash("灯的开")));
        assert!(!has(CHARACTERS, run_hash("路灯的开")));
    }

    #[test]
    fn the_view_of_words_begins_with_the_words_of_the_document() {
        let document = document_of_words(&["路灯", "的", "开关", "路灯"].map(str::to_owned));
        let counts = count(&document);
        let hashes: Vec<u32> = counts.views[WORDS].iter().map(|(hash, _)| *hash).collect();
        assert_eq!(hashes[..4], ["路灯", "的", "开关", "路灯"].map(word_hash));
        let in_order = counts.in_order();
        assert!(in_order.views[WORDS].is_sorted_by(|a, b| a.0 < b.0));
        assert!(in_order.views[WORDS].contains(&(word_hash("路灯"), 2.0)));
    }

    #[test]
    fn connecting_words_are_in_order_and_found() {
        assert!(CONNECTING.is_sorted());
        let is_connecting = |word: &str| is_connecting_by(word_hash(word), word);
        assert!(CONNECTING.into_iter().all(is_connecting));
        assert!(!is_connecting("路灯") && !is_connecting(""));
    }

    #[test]
    fn each_run_of_up_to_three_characters_is_handed_on() {
        let mut found = Vec::new();
        each_run("路灯x".chars(), |length, hash| found.push((length, hash)));
        let runs = ["路", "路灯", "路灯x", "灯", "灯x", "x"];
        assert_eq!(found, runs.map(|run| (run.chars().count(), run_hash(run))));
    }

    #[test]
    fn hashes_are_fixed_because_model_files_hold_them() {
        let hashes = [word_hash("路灯"), title_hash("路灯"), pair_hash("路", "灯")];
        assert_eq!(hashes, [0xe481_2458, 0x536e_0dfb, 0x178e_1ac5]);
        assert_ne!(pair_hash("路", "灯"), pair_hash("路灯", ""));
    }
}
