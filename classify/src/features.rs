//! What the model sees of a text: words, pairs of words and runs of one to three characters.
//!
//! A feature is known by a 32-bit hash alone, so a model file holds no piece of any text.

use std::cell::RefCell;

use fearless_simd::{Simd, dispatch};

use crate::LEVEL;
use crate::copies::CopyKey;
use crate::segment::{Document, Word};

/// How many views of a text there are; each is brought to length one apart from the others.
pub(crate) const VIEWS: usize = 3;
/// Their places: words with their pairs, characters, the title's words.
pub(crate) const WORDS: usize = 0;
#[cfg(test)]
pub(crate) const CHARACTERS: usize = 1;
pub(crate) const TITLE: usize = 2;
/// How much each view weighs.
pub(crate) const VIEW_WEIGHTS: [f32; VIEWS] = [1.0, 0.8, 0.4];
/// How often what stands once counts.
const OF_TITLE: u32 = 2;
const OF_BODY: u32 = 1;
/// Words that connect others and speak for no topic; they make no pairs. They are part of what a feature is, as the
/// hashes are: a model learned its pairs over them. (A county's stop words are data.) In rising order.
const CONNECTING: [&str; 65] = [
    "一个", "上", "下", "不", "与", "中", "为", "也", "了", "于", "从", "他", "他们", "以", "会", "但",
    "但是", "你", "你们", "你好", "再", "到", "前", "又", "及", "后", "向", "吗", "吧", "呢", "和", "啊",
    "在", "对", "就", "很", "您", "您好", "想", "我", "我们", "或", "把", "时", "是", "有", "没有", "的",
    "等", "给", "而", "能", "被", "要", "说", "请", "请问", "谢谢", "还", "这", "这个", "那", "那个", "都",
    "里",
];

/// What stands in a text, by view. A feature that stands in it several times is named several times, until
/// [`Counts::in_order`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    /// The words' view begins with the words of the document, one for one; pairs follow. The title's begins and ends
    /// with the title's words.
    pub views: [View; VIEWS],
    /// By the runs of three characters of the body, or of the title where there is nothing below it.
    pub copy: CopyKey,
}

/// The features of a view, and how often each counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    pub hashes: Vec<u32>,
    pub times: Vec<u32>,
}

impl Counts {
    /// By rising hash, each feature once: as a model learns from it.
    pub(crate) fn in_order(self) -> Self {
        Self { views: self.views.map(View::in_order), ..self }
    }
}

impl View {
    /// Whatever was added to the hashes since counts so often.
    fn counts(&mut self, times: u32) {
        self.times.resize(self.hashes.len(), times);
    }

    fn in_order(self) -> Self {
        let mut counts: Vec<(u32, u32)> = self.hashes.into_iter().zip(self.times).collect();
        counts.sort_unstable();
        counts.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
        let (hashes, times) = counts.into_iter().unzip();
        Self { hashes, times }
    }
}

/// Counts the features of a text. Words of the title count twice.
pub(crate) fn count(document: &Document) -> Counts {
    let mut views: [View; VIEWS] = Default::default();
    let mut copy = CopyKey::default();
    let [words_view, characters, of_title] = &mut views;
    words_view.hashes.reserve_exact(2 * document.words().len());
    characters.hashes.reserve_exact(3 * document.text_length() + 3);
    let parts = [(document.title(), OF_TITLE), (document.body(), OF_BODY)];
    for (words, times) in parts {
        words_view.hashes.extend(words.iter().map(|word| word.hash));
        words_view.counts(times);
    }
    RUNS.with_borrow_mut(|runs| {
        for (words, times) in parts {
            each_pair(document, words, |hash| words_view.hashes.push(hash));
            words_view.counts(times);
            let is_told = times == OF_BODY || document.body().is_empty();
            runs.read(document.runs(words));
            runs.list(&mut characters.hashes);
            characters.counts(times);
            if is_told {
                runs.of_three().for_each(|hash| copy.add(*hash));
            }
        }
    });
    of_title.hashes.extend(document.title().iter().map(|word| title_hash(document.text(word))));
    of_title.counts(1);
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

thread_local! {
    static RUNS: RefCell<Runs> = RefCell::default();
}

/// Hands on the hash of each run of one to three characters, with its length; those that begin first come first.
pub(crate) fn each_run(chars: impl Iterator<Item = char>, mut found: impl FnMut(usize, u32)) {
    RUNS.with_borrow_mut(|runs| {
        runs.clear();
        runs.read_piece(chars);
        runs.reckon();
        let count = runs.chars.len();
        for from in 0..count {
            (1..=3.min(count - from)).for_each(|length| found(length, runs.hashes[length - 1][from]));
        }
    });
}

/// The hashes of the runs of one to three characters within pieces of a text, by the character that they begin with. They
/// are reckoned for many characters at once, by the widest instructions that the processor has; each thread keeps the room.
#[derive(Debug, Default)]
struct Runs {
    chars: Vec<Character>,
    /// How many characters each piece has.
    pieces: Vec<usize>,
    /// All have three bytes.
    threes: bool,
    /// By length, for each character. What would reach beyond its piece is no run, and has any hash.
    hashes: [Vec<u32>; 3],
    states: Vec<u64>,
}

/// The bytes of a character, the first the lowest; 0 where there is none, since no byte of a longer one is 0.
type Character = u32;

/// Room for more characters is not kept.
const MOST_KEPT: usize = 1 << 16;

impl Runs {
    fn clear(&mut self) {
        if self.chars.capacity() > MOST_KEPT {
            *self = Self::default();
        }
        self.chars.clear();
        self.pieces.clear();
        self.threes = true;
    }

    fn read<'a>(&mut self, pieces: impl Iterator<Item = &'a str>) {
        self.clear();
        for piece in pieces {
            let (threes, rest) = piece.as_bytes().as_chunks::<3>();
            // The first byte of a character of three in each third place makes all of them such characters.
            if rest.is_empty() && threes.iter().fold(true, |all, [first, ..]| all & (first & 0xf0 == 0xe0)) {
                self.pieces.push(threes.len());
                self.chars.extend(threes.iter().map(|&[a, b, c]| u32::from_le_bytes([a, b, c, 0])));
            } else {
                self.read_piece(piece.chars());
            }
        }
        self.reckon();
    }

    fn read_piece(&mut self, chars: impl Iterator<Item = char>) {
        let before = self.chars.len();
        self.chars.extend(chars.map(|c| {
            let mut bytes = [0; 4];
            c.encode_utf8(&mut bytes);
            u32::from_le_bytes(bytes)
        }));
        self.pieces.push(self.chars.len() - before);
        self.threes = false;
    }

    fn reckon(&mut self) {
        let Self { chars, threes, hashes, states, .. } = self;
        let threes = *threes;
        dispatch!(*LEVEL, simd => reckon(simd, chars, threes, states, hashes));
    }

    /// Adds the hashes, those of runs that begin first before others.
    fn list(&self, list: &mut Vec<u32>) {
        list.reserve(3 * self.chars.len());
        let [one, two, three] = &self.hashes;
        let mut from = 0;
        for &count in &self.pieces {
            let past = from + count;
            let (long, last) = (from..past.saturating_sub(2).max(from), past.saturating_sub(2).max(from));
            let runs = one[long.clone()].iter().zip(&two[long.clone()]).zip(&three[long]);
            list.extend(runs.flat_map(|((one, two), three)| [*one, *two, *three]));
            if count > 1 {
                list.extend([one[last], two[last]]);
            }
            list.extend(one[from..past].last());
            from = past;
        }
    }

    /// The hashes of the runs of three characters.
    fn of_three(&self) -> impl Iterator<Item = &u32> {
        let mut from = 0;
        self.pieces.iter().flat_map(move |&count| {
            let start = from;
            from += count;
            &self.hashes[2][start..start + count.max(2) - 2]
        })
    }
}

/// Each list of hashes gets as long as there are characters.
#[inline(always)]
fn reckon<S: Simd>(
    _: S,
    chars: &[Character],
    threes: bool,
    states: &mut Vec<u64>,
    hashes: &mut [Vec<u32>; 3],
) {
    const START: u64 = eat(BASIS, b'c');
    states.clear();
    states.resize(chars.len(), START);
    for (length, hashes) in hashes.iter_mut().enumerate() {
        hashes.clear();
        hashes.resize(chars.len(), 0);
        let ends = chars.get(length..).unwrap_or_default();
        for ((hash, state), c) in hashes.iter_mut().zip(states.iter_mut()).zip(ends) {
            *state = if threes { eat_three(*state, *c) } else { eat_character(*state, *c) };
            *hash = folded(eat(*state, END));
        }
    }
}

#[inline(always)]
fn eat_three(state: u64, c: Character) -> u64 {
    let [a, b, c, _] = c.to_le_bytes();
    eat(eat(eat(state, a), b), c)
}

#[inline(always)]
fn eat_character(state: u64, c: Character) -> u64 {
    let [a, rest @ ..] = c.to_le_bytes();
    rest.into_iter().fold(eat(state, a), |state, byte| if byte == 0 { state } else { eat(state, byte) })
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

const fn folded(state: u64) -> u32 {
    ((state ^ (state >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::segment::{Segmenter, document_of_words};

    /// The hash of a run of characters by the rule of [`each_run`].
    fn run_hash(run: &str) -> u32 {
        folded(eat_part(eat(BASIS, b'c'), run))
    }

    #[test]
    fn pairs_reach_over_connecting_words_and_characters_stay_in_their_run() {
        let words = ["路灯", "的", "开关"].map(str::to_owned);
        let counts = count(&document_of_words(&words));
        let has = |view: usize, h: u32| counts.views[view].hashes.contains(&h);
        assert!(has(WORDS, pair_hash("路灯", "开关")));
        assert!(has(CHARACTERS, run_hash("灯的开")));
        assert!(!has(CHARACTERS, run_hash("路灯的开")));
    }

    #[test]
    fn the_view_of_words_begins_with_the_words_of_the_document() {
        let document = document_of_words(&["路灯", "的", "开关", "路灯"].map(str::to_owned));
        let counts = count(&document);
        assert_eq!(counts.views[WORDS].hashes[..4], ["路灯", "的", "开关", "路灯"].map(word_hash));
        let View { hashes, times } = &counts.in_order().views[WORDS];
        assert!(hashes.is_sorted_by(|a, b| a < b));
        let at = hashes.binary_search(&word_hash("路灯")).unwrap();
        assert_eq!((times[at], times.len()), (2, hashes.len()));
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

    /// The characters' view and the key, run by run.
    fn plainly(document: &Document) -> (Vec<u32>, CopyKey) {
        let (mut hashes, mut copy) = (Vec::new(), CopyKey::default());
        for (words, told) in [(document.title(), document.body().is_empty()), (document.body(), true)] {
            for piece in document.runs(words) {
                let chars: Vec<char> = piece.chars().collect();
                for from in 0..chars.len() {
                    for length in 1..=3.min(chars.len() - from) {
                        let hash = run_hash(&chars[from..from + length].iter().collect::<String>());
                        hashes.push(hash);
                        if length == 3 && told {
                            copy.add(hash);
                        }
                    }
                }
            }
        }
        (hashes, copy)
    }

    proptest! {
        #[test]
        fn runs_reckoned_together_are_those_reckoned_one_by_one(
            title in "[路灯不亮a1é𠮷，。 ]{0,30}", body in "[路灯不亮停水了a1é𠮷，。 ]{0,80}", any in any::<String>(),
        ) {
            let segmenter = Segmenter::new(std::iter::empty());
            for (title, body) in [(&title, &body), (&title, &any), (&any, &String::new())] {
                let (document, _) = segmenter.document(title, body);
                let counts = count(&document);
                prop_assert_eq!((counts.views[CHARACTERS].hashes.clone(), counts.copy), plainly(&document));
            }
        }
    }

    #[test]
    fn hashes_are_fixed_because_model_files_hold_them() {
        let hashes = [word_hash("路灯"), title_hash("路灯"), pair_hash("路", "灯")];
        assert_eq!(hashes, [0xe481_2458, 0x536e_0dfb, 0x178e_1ac5]);
        assert_ne!(pair_hash("路", "灯"), pair_hash("路灯", ""));
    }
}
