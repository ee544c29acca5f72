//! The words that announce a number or a name.

use std::sync::LazyLock;

use super::page::Page;
use super::word_list::CharSet;

/// What a cue word announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Announces {
    Phone,
    Identity,
    Bank,
    Qq,
    WeChat,
    /// A name, as of a form's field: 联系人, 姓名.
    Field,
    /// A name that is told: 我叫.
    Told,
    /// A name or what one is: 我是.
    Being,
    /// What a private person is, whose name may follow: 市民, 业主, 老伴.
    Role,
    /// An everyday word after which a name may stand: 找, 联系.
    Verb,
    /// Nothing: a longer word that only begins like a cue (收费, 居民区).
    Nothing,
    /// A name may stand before it: 先生.
    Title,
}

/// A cue word in a page, in characters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cue {
    pub(super) announces: Announces,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The words that announce a name: on each line what they announce, then the words.
const NAME_CUES: &str = include_str!("cues.txt");

const WORDS: &[(Announces, &[&str])] = &[
    (
        Announces::Phone,
        &[
            "电话",
            "座机",
            "联系方式",
            "固话",
            "致电",
            "手机",
            "tel",
            "phone",
            "联系号码",
            "电 话",
            "手 机",
            "座 机",
            "区号",
            "小灵通",
            "传真",
            "拨打",
            "回电",
            "回拨",
            "固定线路",
        ],
    ),
    (Announces::Identity, &["身份证", "证件号", "身份号码", "身份证件"]),
    (
        Announces::Bank,
        &[
            "银行卡",
            "卡号",
            "账号",
            "帐号",
            "账户",
            "帐户",
            "储蓄卡",
            "信用卡",
            "工资卡",
            "借记卡",
            "存折",
            "打款到",
        ],
    ),
    (Announces::Qq, &["qq", "q q", "扣扣", "企鹅号", "企鹅", "q号", "q:", "加qq", "扣号", "球球"]),
    (
        Announces::WeChat,
        &[
            "微信",
            "薇信",
            "威信号",
            "vx",
            "wx",
            "加微",
            "v信",
            "加v",
            "加微信",
            "wechat",
            "微信号",
            "微 信",
            "v x",
            "w x",
            "v:",
            "加vx",
            "加wx",
            "维信",
            "weixin",
            "v信号",
            "微号",
            "威信",
            "绿泡泡",
            "微❤",
            "薇❤",
            "威❤",
            "加我薇",
            "加薇",
            "加我微",
            "卫星号",
        ],
    ),
];

/// All cue words by their first characters.
struct CueWords {
    firsts: CharSet,
    /// For each first character its words, the longest first.
    words: Vec<Vec<(Announces, Vec<char>)>>,
}

impl CueWords {
    fn of(all: impl Iterator<Item = (Announces, &'static str)> + Clone) -> Self {
        let firsts: CharSet = all.clone().filter_map(|(_, word)| word.chars().next()).collect();
        let mut words: Vec<Vec<(Announces, Vec<char>)>> = firsts.iter().map(|_| Vec::new()).collect();
        for (announces, word) in all {
            let chars: Vec<char> = word.chars().collect();
            if let Some(words) = chars.first().and_then(|&c| words.get_mut(firsts.place(c)?)) {
                words.push((announces, chars));
            }
        }
        // Stable: of two that are equal the first stays first.
        words.iter_mut().for_each(|words| words.sort_by_key(|(_, word)| std::cmp::Reverse(word.len())));
        Self { firsts, words }
    }

    /// The longest cue that begins a text.
    fn first_of(&self, text: &[char]) -> Option<(Announces, usize)> {
        let words = self.words.get(self.firsts.place(*text.first()?)?)?;
        words
            .iter()
            .find(|(_, word)| text.starts_with(word))
            .map(|(announces, word)| (*announces, word.len()))
    }
}

fn name_cues() -> impl Iterator<Item = (Announces, &'static str)> + Clone {
    NAME_CUES.lines().flat_map(|line| {
        let mut words = line.split_whitespace();
        let announces = match words.next() {
            Some("field") => Some(Announces::Field),
            Some("told") => Some(Announces::Told),
            Some("being") => Some(Announces::Being),
            Some("role") => Some(Announces::Role),
            Some("verb") => Some(Announces::Verb),
            Some("title") => Some(Announces::Title),
            Some("nothing") => Some(Announces::Nothing),
            _ => None,
        };
        words.filter_map(move |word| Some((announces?, word)))
    })
}

/// The cue words of a page in order, longest first where two begin alike.
pub(super) fn find(page: &Page) -> Vec<Cue> {
    static WORDS_OF_CUES: LazyLock<CueWords> = LazyLock::new(|| {
        CueWords::of(WORDS.iter().flat_map(|(a, words)| words.iter().map(|w| (*a, *w))).chain(name_cues()))
    });
    let (cues, mut found, mut start) = (&*WORDS_OF_CUES, Vec::new(), 0);
    while let Some(text) = page.chars.get(start..).filter(|text| !text.is_empty()) {
        let Some((announces, length)) = cues.first_of(text) else {
            start += 1;
            continue;
        };
        let cue = Cue { announces, start, end: start + length };
        if stands_alone(page, &cue) {
            found.push(cue);
        }
        start = cue.end;
    }
    found
}

/// A cue of Latin letters must not be the end of a longer word.
fn stands_alone(page: &Page, cue: &Cue) -> bool {
    !page.at(cue.start).is_ascii_alphanumeric() || !page.before(cue.start).is_ascii_alphabetic()
}

/// Where the value starts that a cue ending at `end` announces: past 号, 号码, 是, 为, colons, spaces
/// and brackets. The second value tells whether anything but 是 or a space parted them.
pub(super) fn value_start(page: &Page, end: usize) -> (usize, bool) {
    let mut at = end;
    let mut parted = false;
    for _ in 0..8 {
        match page.at(at) {
            '号' | '码' | ':' | '=' | '(' | ')' | '[' | '【' | '/' | '"' | '“' | '「' | '-' => {
                parted = true
            }
            'i' if page.at(at + 1) == 'd' && !page.at(at + 2).is_ascii_alphanumeric() => at += 1,
            '是' | '为' | ' ' | ',' | '\u{200b}' | '就' | '吧' | '的' | '了' | '成' | '到' | '有' | ';'
            | '叫' => {}
            _ => break,
        }
        at += 1;
    }
    (at, parted)
}
