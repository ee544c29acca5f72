//! The words that announce a number or a name.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::page::Page;

/// What a cue word announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Announces {
    Phone,
    Identity,
    Bank,
    Qq,
    WeChat,
    /// A name, as of a form's field: 联系人, 姓名.
    NameField,
    /// A name of one's own: 我叫.
    OwnName,
    /// A name or what one is: 我是.
    OwnBeing,
    /// Nothing, but a name may stand before it: 先生, 阿姨.
    Title,
    /// A kind of resident, whose name may follow: 市民, 业主.
    Resident,
}

/// A cue word in a page, in characters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cue {
    pub(super) announces: Announces,
    pub(super) start: usize,
    pub(super) end: usize,
}

const WORDS: &[(Announces, &[&str])] = &[
    (Announces::Phone, &["电话", "座机", "联系方式", "固话", "致电", "手机", "tel", "phone", "联系号码"]),
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
    (Announces::Qq, &["qq", "扣扣", "企鹅号", "q号"]),
    (
        Announces::WeChat,
        &["微信", "薇信", "威信号", "vx", "wx", "加微", "v信", "加v", "加微信", "wechat", "微信号"],
    ),
    (
        Announces::NameField,
        &[
            "联系人",
            "姓名",
            "投诉人",
            "反映人",
            "诉求人",
            "来电人",
            "求助人",
            "举报人",
            "申请人",
            "户主",
            "当事人",
            "报修人",
            "留言人",
            "署名",
            "收件人",
            "咨询人",
            "建议人",
            "反应人",
            "报警人",
            "来访人",
            "信访人",
            "承租人",
            "法定代表人",
        ],
    ),
    (
        Announces::OwnName,
        &["我叫", "名叫", "名字叫", "名字是", "本人叫", "我的名字叫", "我名字叫", "我的名字是", "叫做"],
    ),
    (Announces::OwnBeing, &["我是", "本人", "本人是"]),
    (
        Announces::Resident,
        &[
            "市民",
            "居民",
            "村民",
            "业主",
            "群众",
            "网友",
            "家长",
            "患者",
            "老人",
            "职工",
            "工人",
            "乘客",
            "顾客",
            "租客",
            "住户",
            "家属",
            "房主",
            "租户",
            "农民工",
        ],
    ),
];

/// The automaton over all cue words, and what each pattern announces with its length in characters.
type Matcher = (AhoCorasick, Vec<(Announces, usize)>);

/// The cue words of a page in order, longest first where two begin alike.
pub(super) fn find(page: &Page) -> Vec<Cue> {
    static MATCHER: LazyLock<Option<Matcher>> = LazyLock::new(|| {
        let titles = super::names::TITLES.iter().map(|w| (Announces::Title, *w));
        let words = WORDS.iter().flat_map(|(a, words)| words.iter().map(|w| (*a, *w))).chain(titles);
        let built = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .build(words.clone().map(|(_, w)| w));
        Some((built.ok()?, words.map(|(a, w)| (a, w.chars().count())).collect()))
    });
    let Some((matcher, words)) = &*MATCHER else { return Vec::new() };
    let text: String = page.chars.iter().collect();
    let (mut bytes, mut start) = (0, 0);
    matcher
        .find_iter(&text)
        .map(|found| {
            start += text[bytes..found.start()].chars().count();
            bytes = found.start();
            let (announces, length) = words[found.pattern().as_usize()];
            Cue { announces, start, end: start + length }
        })
        .filter(|cue| stands_alone(page, cue))
        .collect()
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
            '号' | '码' | ':' | '=' | '(' | '[' | '【' => parted = true,
            '是' | '为' | ' ' | ',' | '\u{200b}' => {}
            _ => break,
        }
        at += 1;
    }
    (at, parted)
}
