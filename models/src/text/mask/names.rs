//! Names of persons: after the words that announce them, and surnames before a title.
//!
//! A name is a surname of the list and one or two more characters, and it must end where a name
//! can end. People in office (王书记, 李县长) keep their names: what they do is public.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::cues::{Announces, Cue};
use super::page::{NOTHING, Page, is_han, spelled_digit};
use super::{MaskKind, MaskSpan};

/// The commonest surnames: lines of single characters, then one compound surname a line.
const SURNAMES: &str = include_str!("surnames.txt");
/// Everyday words that begin with a character that is also a surname.
const WORDS: &str = include_str!("words.txt");
/// Surnames that begin so many everyday words that a weak cue is not enough for them.
const AMBIGUOUS: &str = include_str!("ambiguous.txt");

/// Titles of residents. After a resident's cue the surname before them is masked.
pub(super) const TITLES: &[&str] = &[
    "同志",
    "先生",
    "女士",
    "小姐",
    "老师",
    "大爷",
    "大妈",
    "大叔",
    "大伯",
    "大姐",
    "大哥",
    "大娘",
    "阿姨",
    "阿婆",
    "阿公",
    "奶奶",
    "爷爷",
    "师傅",
    "老伯",
    "老汉",
    "老太",
    "同学",
    "婆婆",
    "叔叔",
    "伯伯",
    "姐",
    "某先生",
];
/// Titles before which a whole name without a cue is one.
const POLITE: &[&str] = &["先生", "女士", "小姐", "同志"];
/// Offices and trades: what stands before them is no resident's name.
const OFFICES: &[&str] = &[
    "书记", "县长", "市长", "省长", "镇长", "乡长", "区长", "局长", "厅长", "部长", "主任", "科长", "处长",
    "所长", "站长", "队长", "村长", "院长", "校长", "园长", "会长", "组长", "主席", "常委", "委员", "法官",
    "检察", "警官", "民警", "律师", "经理", "老板", "总", "工", "医生", "主管", "会计", "支书", "社长",
    "馆长", "行长", "庭长", "股长", "教授", "店长",
];
/// What residents do: after it a surname and title, or before it a name, is a resident's.
const SPEECH: &[&str] = &[
    "反映", "反应", "来电", "投诉", "咨询", "求助", "举报", "致电", "留言", "表示", "称", "建议", "诉求",
    "再次", "要求", "希望",
];
/// Words that can follow a name directly.
const AFTER_NAME: &[&str] = &[
    "反映", "反应", "来电", "投诉", "咨询", "求助", "举报", "致电", "留言", "表示", "称", "说", "建议",
    "要求", "希望", "强烈", "申请", "电话", "联系", "手机", "身份", "先生", "女士", "小姐", "同志", "男",
    "女", "住", "家住", "现住", "现年", "今年", "年龄", "是", "系", "的", "来自", "公民", "户籍", "和", "与",
    "及", "于", "在", "因", "为", "原", "村民", "业主", "我", "本人", "认为", "请求", "诉求", "对", "向",
    "有", "曾", "被", "出生", "生于", "微信", "工号", "也", "就", "从", "之", "等", "等人", "邮箱", "地址",
    "老师", "大爷", "阿姨", "师傅", "同学", "家", "想", "不服", "实名", "此致", "敬上",
];
/// Characters that end no given name: a name of three that ends so is one of two and a word.
const NEVER_LAST: &[char] = &[
    '说', '称', '是', '系', '的', '在', '于', '住', '对', '想', '向', '因', '也', '被', '你', '我', '您',
    '男', '女', '现', '今', '家', '有', '与', '和', '及',
];
/// Characters no given name contains.
const NEVER: &[char] = &[
    '某', '的', '了', '们', '您', '你', '我', '他', '她', '它', '吗', '吧', '呢', '啊', '这', '不', '没',
    '被', '把', '给', '跟', '到', '村', '镇', '乡', '省', '县', '市', '路', '街', '局', '委', '号', '栋',
    '幢', '楼', '层', '元', '个', '款', '费', '房',
];
/// Last characters of words for what one is, not who.
const BEING: &[char] = &[
    '人', '户', '主', '工', '员', '者', '店', '厂', '族', '客', '商', '兵', '妈', '爸', '师', '区', '家',
    '校', '班', '长', '组', '队', '方',
];
/// What must follow a name after a kind of resident (市民, 业主), besides [`SPEECH`].
const AFTER_RESIDENT: &[&str] = &[
    "说",
    "先生",
    "女士",
    "电话",
    "联系电话",
    "手机",
    "身份证",
    "(",
    ":",
    ",男",
    ",女",
    ",家住",
    ",住",
    ",身份",
    ",电话",
    ",今年",
    ",现年",
    ",手机",
    ",联系",
    "男",
    "女",
    "家住",
    "现年",
    "今年",
    "向",
];

struct Lists {
    single: HashSet<char>,
    compound: HashSet<[char; 2]>,
    ambiguous: HashSet<char>,
    words: HashSet<Vec<char>>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let lines = || SURNAMES.lines().map(|line| line.chars().collect::<Vec<_>>());
    Lists {
        single: lines().filter(|l| l.len() != 2).flatten().collect(),
        compound: lines().filter_map(|l| <[char; 2]>::try_from(l).ok()).collect(),
        ambiguous: AMBIGUOUS.trim().chars().collect(),
        words: WORDS.split_whitespace().map(|w| w.chars().collect()).collect(),
    }
});

/// How sure the words before make it that a name follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Footing {
    /// 联系人：
    Field,
    /// 我叫, or 联系人 without a colon.
    Told,
    /// 我是
    Being,
    /// 市民, 业主
    Resident,
}

pub(super) fn find(page: &Page, cues: &[Cue], claims: &mut Vec<MaskSpan>) {
    for cue in cues {
        let footing = match cue.announces {
            Announces::NameField => Footing::Told,
            Announces::OwnName => Footing::Told,
            Announces::OwnBeing => Footing::Being,
            Announces::Resident => Footing::Resident,
            Announces::Title => {
                titled(page, cue.start).for_each(|start| before_title(page, start, claims));
                continue;
            }
            _ => continue,
        };
        after_cue(page, cue, footing, claims);
    }
}

/// Where a name before a title can begin: up to four characters back, after anything but Chinese
/// characters.
fn titled(page: &Page, title: usize) -> impl Iterator<Item = usize> + '_ {
    let begins = |&start: &usize| is_han(page.at(start)) && !is_han(page.before(start));
    (title.saturating_sub(4)..title).filter(begins)
}

/// A surname and title whose bearer speaks up: 张先生来电, 李阿姨反映.
fn title_speaks(page: &Page, start: usize) -> bool {
    let surname = surname_length(page, start);
    let at = start + surname;
    surname > 0
        && TITLES.iter().any(|title| {
            let end = at + title.chars().count();
            page.has(at, title) && page.has_any(end, SPEECH)
        })
}

fn before_title(page: &Page, start: usize, claims: &mut Vec<MaskSpan>) {
    let surname = surname_length(page, start);
    if surname == 0 {
        return;
    }
    if title_speaks(page, start) {
        claims.push(name(start, start + surname));
        return;
    }
    let full = [2, 1].into_iter().map(|given| start + surname + given).find(|&end| {
        page.has_any(end, POLITE) && is_given(page, start + surname, end) && !is_word(page, start, end)
    });
    claims.extend(full.map(|end| name(start, end)));
}

fn name(start: usize, end: usize) -> MaskSpan {
    MaskSpan { kind: MaskKind::Name, start, end }
}

/// The name or names that a cue announces: 联系人：张三、李四.
fn after_cue(page: &Page, cue: &Cue, footing: Footing, claims: &mut Vec<MaskSpan>) {
    let mut start = cue.end;
    let mut colon = false;
    let own = footing == Footing::Told && cue.announces == Announces::NameField;
    while start < cue.end + 8 {
        match page.at(start) {
            ':' | '∶' | '(' | '[' | '【' | '=' => colon = true,
            ',' if own && cue.end == start => colon = true,
            '姓' if page.at(start + 1) == '名' => start += 1,
            ' ' | NOTHING | '是' | '为' | '叫' => {}
            _ => break,
        }
        start += 1;
    }
    let footing = if colon && footing == Footing::Told { Footing::Field } else { footing };
    while let Some(end) = name_end(page, start, footing) {
        claims.push(name(start, end));
        let listed = matches!(page.at(end), '、' | '和' | '及') && footing == Footing::Field;
        if !listed {
            break;
        }
        start = end + 1;
    }
}

/// Where the name that starts here ends; of a surname with a title, where the surname ends.
fn name_end(page: &Page, start: usize, footing: Footing) -> Option<usize> {
    let surname = surname_length(page, start);
    if surname == 0 {
        return None;
    }
    let given = start + surname;
    let weak = footing != Footing::Field;
    let ambiguous = surname == 1 && LISTS.ambiguous.contains(&page.at(start));
    if matches!(footing, Footing::Being | Footing::Resident) && ambiguous {
        return None;
    }
    if page.has_any(given, TITLES) && !page.has_any(start, &["师傅", "同学"]) {
        return Some(given);
    }
    // 刘严联系电话: a word after one given character outranks a second one.
    let short = AFTER_NAME.iter().any(|word| word.chars().count() > 1 && page.has(given + 1, word));
    let ends = if short { [given + 1, given + 2] } else { [given + 2, given + 1] };
    ends.into_iter().find(|&end| {
        is_given(page, given, end)
            && !is_word(page, start, end)
            && !page.has_any(given, OFFICES)
            && !page.has_any(end, OFFICES)
            && can_end(page, start, end, footing)
            && !(weak && ambiguous && is_han(page.at(end)))
    })
}

/// One character or two: how long the surname is that starts here, or 0.
fn surname_length(page: &Page, start: usize) -> usize {
    let first = page.at(start);
    if LISTS.compound.contains(&[first, page.at(start + 1)]) {
        2
    } else {
        usize::from(LISTS.single.contains(&first))
    }
}

fn is_given(page: &Page, start: usize, end: usize) -> bool {
    let last = page.at(end - 1);
    let could_be = match end - start {
        1 => !matches!(last, '是' | '在' | '说' | '称' | '系' | '家' | '姓' | '有'),
        _ => !NEVER_LAST.contains(&last),
    };
    let plain = (start..end).all(|i| is_han(page.at(i)) && !NEVER.contains(&page.at(i)));
    could_be && plain && !page.has_any(start, TITLES)
}

fn is_word(page: &Page, start: usize, end: usize) -> bool {
    let name = page.chars.get(start..end).unwrap_or_default();
    let word = LISTS.words.contains(name) || name.len() > 2 && LISTS.words.contains(&name[..2]);
    let longer = page.chars.get(start..end + 1).is_some_and(|longer| LISTS.words.contains(longer));
    word || longer
}

/// Whether a name may end here, given how sure it is that one stands here.
fn can_end(page: &Page, start: usize, end: usize, footing: Footing) -> bool {
    let next = page.at(end);
    let stop = !is_han(next) && !matches!(next, '*' | '×') && spelled_digit(next).is_none();
    match footing {
        Footing::Field => stop || page.has_any(end, AFTER_NAME) || spelled_digit(next).is_some(),
        Footing::Told => stop || page.has_any(end, AFTER_NAME),
        Footing::Being => {
            let being = BEING.contains(&page.at(end - 1))
                || end - start == 2 && matches!(page.at(end - 1), '民' | '生');
            stop && !being
        }
        Footing::Resident => {
            page.has_any(end, SPEECH)
                || page.has_any(end, AFTER_RESIDENT)
                || next == super::page::WALL && end < page.chars.len()
        }
    }
}
