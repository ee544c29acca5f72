//! What speaks for and against a stretch of text being a person's name, as keys of weights.

use super::cues::Cue;
use super::name_lists::{begins_other, is_single_surname, surname_length};
use super::page::{NOTHING, Page, WALL, is_han};
use super::table::{Table, key, word_key};
use super::word_list::Words;
use super::{MaskSpan, cues::Announces};

/// A surname and the characters after it that may be a given name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) start: usize,
    pub(super) given: usize,
    pub(super) end: usize,
}

/// Characters that no given name holds and that part words surely.
const NEVER: &[char] = &[
    '某', '的', '了', '们', '你', '我', '您', '他', '她', '它', '吗', '呢', '这', '没', '不', '吧', '是',
    '在', '被', '把',
];
/// More characters than any name has that the rules find.
const LONGEST: usize = 16;
/// What offices are called; people in office keep their names.
static OFFICES: Words = Words::of(&[
    "书记",
    "县长",
    "市长",
    "省长",
    "镇长",
    "乡长",
    "区长",
    "局长",
    "厅长",
    "部长",
    "主任",
    "科长",
    "处长",
    "所长",
    "站长",
    "队长",
    "村长",
    "主席",
    "常委",
    "委员",
    "法官",
    "警官",
    "民警",
    "支书",
    "庭长",
    "股长",
    "院长",
    "校长",
    "检察官",
    "交警",
    "协警",
    "辅警",
    "秘书长",
    "政委",
    "总理",
    "总书记",
    "代表",
]);
static TITLES: Words = Words::of(&[
    "同志",
    "先生",
    "女士",
    "小姐",
    "阿婆",
    "阿公",
    "师父",
    "婆婆",
    "老伯",
    "叔叔",
    "伯伯",
    "老师",
    "大爷",
    "大妈",
    "大叔",
    "大伯",
    "大姐",
    "大哥",
    "大娘",
    "阿姨",
    "奶奶",
    "爷爷",
    "师傅",
    "同学",
    "医生",
    "护士",
    "老板",
    "经理",
    "教练",
    "大嫂",
    "大婶",
    "老汉",
    "老头",
    "船长",
    "老师傅",
    "婶",
    "嫂",
    "妈",
    "爸",
    "总",
]);
static SPEECH: Words = Words::of(&[
    "反映",
    "反应",
    "来电",
    "投诉",
    "咨询",
    "求助",
    "举报",
    "致电",
    "留言",
    "表示",
    "称",
    "建议",
    "诉求",
    "再次",
    "要求",
    "希望",
    "申请",
    "想问",
    "联系",
    "电话",
    "身份证",
    "手机",
]);
/// Last characters of places, firms and works: what stands before them is no person.
const PLACES: &str =
    "村镇乡路街巷弄区县市店厂司园苑府庄社站院校桥山河湖塘寺港湾屯寨坝沟坪坡岭组楼城广馆局所线段口家氏";

/// Everyday words and how common they are, and which characters given names are made of.
pub(super) struct Lexicon {
    table: Table,
    /// Of each character of the basic plane three numbers.
    likely: Vec<i8>,
}

/// The characters that [`Lexicon::likely`] knows.
const HAN: std::ops::Range<u32> = 0x4e00..0xa000;

impl Lexicon {
    pub(super) fn new(table: Table) -> Self {
        let characters = HAN.filter_map(char::from_u32).flat_map(|c| (1..=3).map(move |place| (c, place)));
        let likely =
            characters.map(|(c, place)| table.get(word_key([c, number(place), WALL, WALL])) as i8).collect();
        Self { table, likely }
    }

    /// How much more often a character stands in given names than elsewhere: as the first (1) or
    /// the last (2) of two, or alone (3).
    fn likely(&self, c: char, place: usize) -> i32 {
        let index = (c as usize).wrapping_sub(HAN.start as usize).wrapping_mul(3).wrapping_add(place - 1);
        self.likely.get(index).copied().map_or(0, i32::from)
    }

    #[cfg(any(test, feature = "testing"))]
    pub(super) fn bytes(&self) -> &[u8] {
        self.table.bytes()
    }
}

impl Candidate {
    /// One number for how many characters the surname and the given name have.
    fn shape(&self) -> u32 {
        (self.given - self.start) as u32 * 3 + (self.end - self.given) as u32 - 4
    }
}

/// Every candidate that starts at an index, the longest last.
pub(super) fn candidates(page: &Page, start: usize) -> impl Iterator<Item = Candidate> + use<> {
    let length = surname_length(page, start);
    let given = start + length;
    let fits = |i: usize| is_han(page.at(i)) && !NEVER.contains(&page.at(i));
    let usual = if length == 0 { 0 } else { (given..given + 2).take_while(|&i| fits(i)).count() };
    let married = length == 1 && usual == 2 && fits(given + 2) && is_single_surname(page.at(given));
    let plain = (1..=usual).map(move |n| Candidate { start, given, end: given + n });
    let married = married.then_some(Candidate { start, given: given + 1, end: given + 3 });
    // 扎西顿珠, 乌云其木格: two characters, and up to three more.
    let other = start + 2;
    let longer =
        if begins_other(page, start) { (other..other + 3).take_while(|&i| fits(i)).count() + 1 } else { 0 };
    let others = (0..longer).map(move |n| Candidate { start, given: other, end: other + n });
    plain.chain(married).chain(others)
}

/// The character class that contexts are compared by.
pub(super) fn class(c: char) -> char {
    match c {
        '0'..='9' => '0',
        'a'..='z' => 'a',
        _ => c,
    }
}

/// The three characters that follow an index; nothing is seen beyond a wall.
pub(super) fn right(page: &Page, end: usize) -> [char; 3] {
    let mut seen = [WALL; 3];
    for (i, place) in seen.iter_mut().enumerate() {
        *place = class(page.at(end + i));
        if *place == WALL {
            break;
        }
    }
    seen
}

/// The three characters before an index, the nearest first.
pub(super) fn left(page: &Page, start: usize) -> [char; 3] {
    let mut seen = [WALL; 3];
    for (i, place) in seen.iter_mut().enumerate() {
        *place = start.checked_sub(i + 1).map_or(WALL, |at| class(page.at(at)));
        if *place == WALL {
            break;
        }
    }
    seen
}

/// How common the everyday word of `length` characters at an index is, 0 if there is none.
fn word(page: &Page, words: &Lexicon, start: usize, length: usize) -> u32 {
    let mut chars = [WALL; 4];
    for (i, place) in chars.iter_mut().take(length).enumerate() {
        *place = page.at(start + i);
        if !is_han(*place) {
            return 0;
        }
    }
    words.table.get(word_key(chars)).max(0) as u32
}

/// A number as the third part of a key.
pub(super) fn number(n: u32) -> char {
    char::from_u32(n + 1).unwrap_or(WALL)
}

/// How likely the characters of the candidate's given name are there; two numbers for two.
pub(super) fn likely_pair(page: &Page, words: &Lexicon, c: &Candidate) -> (i32, i32) {
    let last = page.at(c.end - 1);
    if c.end - c.given == 2 {
        (words.likely(page.at(c.given), 1), words.likely(last, 2))
    } else {
        (words.likely(last, 3), 0)
    }
}

/// What the characters of the candidate and those beside it say.
pub(super) fn of_characters(page: &Page, words: &Lexicon, c: &Candidate, tell: &mut impl FnMut(u32)) {
    let (shape, length) = (c.shape(), (c.end - c.given) as u32);
    let mut put = |what: u32, x: char, y: char, z: char| tell(key(what * 16 + length, x, y, z));
    let (first, last) = (page.at(c.given), page.at(c.end - 1));
    let next = right(page, c.end)[0];
    put(0, number(shape), WALL, WALL);
    put(2, first, WALL, WALL);
    if length == 2 {
        put(3, last, WALL, WALL);
        put(4, first, last, WALL);
        put(6, page.at(c.given - 1), first, last);
    }
    put(7, last, next, WALL);
    put(8, left(page, c.start)[0], page.at(c.start), WALL);
    put(9, next, WALL, WALL);
    let (one, other) = likely_pair(page, words, c);
    put(16, number(((one + other) / 3 + 30) as u32), WALL, WALL);
    put(17, number((words.likely(next, 2) / 4 + 8) as u32), WALL, WALL);
}

/// What the everyday words around the candidate's ends say.
pub(super) fn of_words(page: &Page, words: &Lexicon, c: &Candidate, tell: &mut impl FnMut(u32)) {
    let length_of_given = (c.end - c.given) as u32;
    let mut put = |what: u32, x: char, y: char, z: char| tell(key(what * 16 + length_of_given, x, y, z));
    for length in 2..=4 {
        // Words that begin with the surname, and words that begin where the name would end.
        let begins = word(page, words, c.start, length);
        put(10, number(length as u32), number(begins), WALL);
        let follows = word(page, words, c.end, length);
        put(11, number(length as u32), number(follows), WALL);
        // Words that reach across the start.
        for back in 1..length {
            if let Some(from) = c.start.checked_sub(back) {
                let across = word(page, words, from, length);
                if across > 0 {
                    put(12, number((length * 4 + back) as u32), number(across), WALL);
                }
            }
        }
        // Words inside and across the end.
        for from in c.given..c.end {
            let inside = word(page, words, from, length);
            if inside > 0 {
                put(13, number((length * 4 + from - c.given) as u32), number(inside), WALL);
            }
        }
    }
    for length in 2..=3 {
        if let Some(from) = c.start.checked_sub(length) {
            put(14, number(length as u32), number(word(page, words, from, length)), WALL);
        }
    }
}

/// What stands around the candidate says.
pub(super) fn of_context(
    page: &Page,
    cues: &[Cue],
    ruled: &[MaskSpan],
    c: &Candidate,
    tell: &mut impl FnMut(u32),
) {
    let shape = (c.end - c.given) as u32;
    let mut put = |what: u32, x: char, y: char, z: char| tell(key(what * 16, x, y, z));
    let next = right(page, c.end);
    let before = left(page, c.start);
    put(20, before[0], WALL, WALL);
    put(21, before[0], before[1], WALL);
    put(22, before[0], before[1], before[2]);
    put(23, next[0], next[1], WALL);
    put(24, next[0], next[1], next[2]);
    put(25, before[0], next[0], WALL);
    put(26, kind(before[0]), kind(next[0]), number(shape));
    put(31, before[1], WALL, WALL);
    put(32, next[1], WALL, WALL);
    put(33, before[0], number(shape), WALL);
    let (cue, parted) = cue_before(page, cues, c.start);
    put(27, number(cue), number(u32::from(parted)), kind(next[0]));
    put(28, number(after(page, c.end)), number(shape), WALL);
    put(34, number(u32::from(page.ends_with_any(c.start, &OFFICES))), WALL, WALL);
    for distance in 0..4 {
        let place = page.at(c.end + distance);
        if !is_han(place) {
            break;
        }
        if PLACES.contains(place) {
            put(29, place, number(distance as u32), WALL);
            break;
        }
    }
    let exactly = is_ruled(ruled, c);
    let crossed = near(ruled, c).iter().any(|r| c.start < r.end);
    put(30, number(u32::from(exactly) * 2 + u32::from(crossed)), number(cue), number(shape));
}

/// The spans of `ruled`, which are in order, that can reach into a candidate.
fn near<'a>(ruled: &'a [MaskSpan], c: &Candidate) -> &'a [MaskSpan] {
    let from = ruled.partition_point(|r| r.start + LONGEST < c.start);
    let to = ruled.partition_point(|r| r.start < c.end);
    ruled.get(from..to).unwrap_or_default()
}

/// Whether the rules found this very candidate.
pub(super) fn is_ruled(ruled: &[MaskSpan], c: &Candidate) -> bool {
    near(ruled, c).iter().any(|r| r.start == c.start && r.end == c.end)
}

/// What kind of character stands beside a name.
pub(super) fn kind(c: char) -> char {
    match c {
        _ if is_han(c) => '字',
        ',' | '。' | ';' | '!' | '?' | '\n' => ',',
        _ => c,
    }
}

/// What the cue before an index announces, and whether something parts them.
fn cue_before(page: &Page, cues: &[Cue], start: usize) -> (u32, bool) {
    let mut at = start;
    let filler =
        |c: char| matches!(c, ' ' | ':' | '∶' | '(' | '是' | '为' | '叫' | '=' | '"' | '“' | NOTHING);
    for _ in 0..4 {
        // Cues stand in order and don't overlap: the last that ends here or before.
        let index = cues.partition_point(|cue| cue.end <= at);
        let cue = index.checked_sub(1).and_then(|i| cues.get(i)).filter(|cue| cue.end == at);
        if let Some(cue) = cue {
            return (announced(cue.announces), at < start);
        }
        if !filler(page.before(at)) {
            break;
        }
        at -= 1;
    }
    (0, false)
}

fn announced(announces: Announces) -> u32 {
    match announces {
        Announces::Phone => 1,
        Announces::Identity | Announces::Bank => 2,
        Announces::Qq | Announces::WeChat => 3,
        Announces::Field => 4,
        Announces::Told => 5,
        Announces::Being => 6,
        Announces::Role => 7,
        Announces::Verb => 8,
        Announces::Nothing => 9,
        Announces::Title => 10,
    }
}

/// Whether a title stands here, so that a surname before it names nobody.
pub(super) fn is_title(page: &Page, index: usize) -> bool {
    page.has_any(index, &TITLES)
}

/// Which list of words goes on after an index.
fn after(page: &Page, end: usize) -> u32 {
    if page.has_any(end, &OFFICES) {
        1
    } else if page.has_any(end, &TITLES) {
        2
    } else if page.has_any(end, &SPEECH) {
        3
    } else {
        0
    }
}
