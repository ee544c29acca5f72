//! Names of persons: after the words that announce them, whole before a title, and alone where a
//! number, 男 or 女 follows.
//!
//! A name is a surname of the list and one or two more characters, and it must end where a name
//! can end, or be made of characters that given names are made of. People in office (王书记, 李县长)
//! keep their names: what they do is public. A surname with a title alone (张先生) names nobody.

use super::cues::{Announces, Cue};
use super::name_lists::{
    begins_other, is_exact_word, is_likely, is_plain, is_usual, is_word, surname_length,
};
use super::page::{NOTHING, Page, WALL, is_han, spelled_digit};
use super::word_list::{WordList, Words};
use super::{MaskKind, MaskSpan};

/// Titles of residents: what follows a surname that is not a given name.
static TITLES: Words = Words::of(&[
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
]);
/// Offices and trades: what stands before them is no resident's name.
static OFFICES: Words = Words::of(&[
    "书记", "县长", "市长", "省长", "镇长", "乡长", "区长", "局长", "厅长", "部长", "主任", "科长", "处长",
    "所长", "站长", "队长", "村长", "院长", "校长", "园长", "会长", "组长", "主席", "常委", "委员", "法官",
    "检察", "警官", "民警", "律师", "经理", "老板", "总", "工", "医生", "主管", "会计", "支书", "社长",
    "馆长", "行长", "庭长", "股长", "教授", "店长",
]);
/// What residents do: after it a surname and title, or before it a name, is a resident's.
static SPEECH: Words = Words::of(&[
    "反映", "反应", "来电", "投诉", "咨询", "求助", "举报", "致电", "留言", "表示", "称", "建议", "诉求",
    "再次", "要求", "希望",
]);
/// Words that can follow a name directly.
static AFTER_NAME: Words = Words::of(&[
    "反映", "反应", "来电", "投诉", "咨询", "求助", "举报", "致电", "留言", "表示", "称", "说", "建议",
    "要求", "希望", "强烈", "申请", "电话", "联系", "手机", "身份", "先生", "女士", "小姐", "同志", "男",
    "女", "住", "家住", "现住", "现年", "今年", "年龄", "是", "系", "的", "来自", "公民", "户籍", "和", "与",
    "及", "于", "在", "因", "为", "原", "村民", "业主", "我", "本人", "认为", "请求", "诉求", "对", "向",
    "有", "曾", "被", "出生", "生于", "微信", "工号", "也", "就", "从", "之", "等", "等人", "邮箱", "地址",
    "老师", "大爷", "阿姨", "师傅", "同学", "家", "想", "不", "没", "被", "把", "早就", "卖", "走失", "跑",
    "人在", "押金", "态度", "名下", "之间", "收", "回我", "拖", "欠", "说", "打", "已", "要", "去", "来",
    "到", "将", "私自", "违规", "偷", "骗", "借", "拿", "经常", "长期", "一直", "多次", "每天", "昨", "上",
    "私", "擅自", "占", "病", "受", "摔", "他", "她", "能", "可", "都", "还", "又", "一家", "两", "一起",
    "名字", "账", "卡", "开户", "户口", "(", "兄弟", "夫妇", "夫妻", "跟", "让", "叫", "给", "未", "拒",
    "在", "遗失", "失踪", "死", "去世", "出", "不服", "实名", "此致", "敬上",
]);
/// Characters that end no given name: a name of three that ends so is one of two and a word.
const NEVER_LAST: &[char] = &[
    '说', '称', '是', '系', '的', '在', '于', '住', '对', '想', '向', '因', '也', '被', '你', '我', '您',
    '男', '女', '现', '今', '家', '有', '与', '和', '及',
];
/// Surnames that are everyday words by themselves: only a field's colon makes them one.
const CONNECTING: &[char] =
    &['和', '区', '都', '于', '与', '向', '从', '应', '由', '但', '及', '楼', '房', '到'];
/// Characters no given name contains.
const NEVER: &[char] = &[
    '某', '的', '了', '们', '您', '你', '我', '他', '她', '它', '吗', '吧', '呢', '啊', '这', '不', '没',
    '被', '把', '给', '跟', '到', '村', '镇', '乡', '省', '县', '市', '路', '街', '局', '委', '号', '栋',
    '幢', '楼', '层', '元', '个', '款', '费', '房', '苑', '园', '公', '司', '非',
];
/// Last characters of words for what one is, not who.
const BEING: &[char] = &[
    '人', '户', '主', '工', '员', '者', '店', '厂', '族', '客', '商', '兵', '妈', '爸', '师', '区', '家',
    '校', '班', '长', '组', '队', '方',
];
/// How sure the words before make it that a name follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Footing {
    /// 联系人：
    Field,
    /// 我叫, or 联系人 without a colon.
    Told,
    /// 我是
    Being,
    /// 市民, 业主, 老伴
    Role,
    /// 找, 联系
    Verb,
}

pub(super) fn find(page: &Page, cues: &[Cue], claims: &mut Vec<MaskSpan>) {
    for cue in cues {
        let footing = match cue.announces {
            Announces::Field | Announces::Told => Footing::Told,
            Announces::Being => Footing::Being,
            Announces::Role => Footing::Role,
            Announces::Verb => Footing::Verb,
            Announces::Title => {
                before_title(page, cue.start, claims);
                continue;
            }
            _ => continue,
        };
        after_cue(page, cue, footing, claims);
    }
    alone(page, claims);
    signed(page, claims);
    dotted(page, claims);
}

fn name(start: usize, end: usize) -> MaskSpan {
    MaskSpan { kind: MaskKind::Name, start, end }
}

/// A whole name before a title: 陈建国先生. Inside a sentence only one of three characters is sure.
fn before_title(page: &Page, title: usize, claims: &mut Vec<MaskSpan>) {
    let found = (2..=4).rev().filter_map(|length| title.checked_sub(length)).find(|&start| {
        let given = start + surname_length(page, start);
        let inside = is_han(page.before(start));
        given > start
            && (1..=2).contains(&title.saturating_sub(given))
            && is_given(page, given, title)
            && !is_word(page, start, title)
            && (!inside || title - given == 2 && is_plain(page, start) && is_likely(page, given, title))
    });
    claims.extend(found.map(|start| name(start, title)));
}

/// The name or names that a cue announces: 联系人：张三、李四.
fn after_cue(page: &Page, cue: &Cue, footing: Footing, claims: &mut Vec<MaskSpan>) {
    let (start, colon) = past_fillers(page, cue, footing);
    let footing = if colon && footing == Footing::Told { Footing::Field } else { footing };
    let mut at = start;
    while let Some(end) = name_end(page, at, footing) {
        claims.push(name(at, end));
        if !matches!(page.at(end), '、' | '和' | '及' | '与' | '跟') {
            return;
        }
        at = end + 1;
    }
    if footing == Footing::Being && at == cue.end {
        claims.extend(after_place(page, at));
    }
}

/// Where a name can start after a cue, and whether a colon or the like parts them.
fn past_fillers(page: &Page, cue: &Cue, footing: Footing) -> (usize, bool) {
    let mut start = cue.end;
    let mut colon = false;
    while start < cue.end + 8 {
        match page.at(start) {
            ':' | '∶' | '(' | '[' | '【' | '=' | '"' | '“' => colon = true,
            ',' if cue.announces == Announces::Field && cue.end == start => colon = true,
            '姓' if page.at(start + 1) == '名' => start += 1,
            '名' if page.at(start + 1) == '叫' => start += 1,
            '代' if footing == Footing::Role && page.at(start + 1) == '表' => start += 1,
            '就' if page.at(start + 1) == '叫' => start += 1,
            ' ' | NOTHING | '是' | '为' | '叫' => {}
            _ => break,
        }
        start += 1;
    }
    (start, colon)
}

/// 我是东门镇的陈建国, 我是东门镇陈建国: a name after the place one is of.
fn after_place(page: &Page, from: usize) -> Option<MaskSpan> {
    let places = (from + 1..from + 12).take_while(|&i| is_han(page.before(i)));
    let starts: Vec<usize> =
        places.filter(|&i| matches!(page.before(i), '的' | '镇' | '乡' | '村' | '道')).collect();
    starts.into_iter().rev().find_map(|start| {
        let end = name_end(page, start, Footing::Being)?;
        let whole = end - start > 2 && is_likely(page, start + surname_length(page, start), end);
        whole.then(|| name(start, end))
    })
}

/// Names without a cue before them: 陈建国，男; 陈建国 13812345678; 陈建国（业主）.
fn alone(page: &Page, claims: &mut Vec<MaskSpan>) {
    for start in 0..page.chars.len() {
        if is_han(page.before(start)) || !is_han(page.at(start)) {
            continue;
        }
        let given = start + surname_length(page, start);
        let end = [given + 2, given + 1].into_iter().find(|&end| {
            given > start
                && (end - given == 2 || is_plain(page, start))
                && is_given(page, given, end)
                && is_likely(page, given, end)
                && !is_word(page, start, end)
                && names_a_person(page, end)
        });
        claims.extend(end.map(|end| name(start, end)));
    }
}

/// Whether what follows tells that a person's name ends here.
fn names_a_person(page: &Page, end: usize) -> bool {
    let gap = (end..end + 2).take_while(|&i| matches!(page.at(i), ',' | ' ' | ':' | '(')).count();
    let next = end + gap;
    if page.at(end) == '收' || page.at(end) == '敬' && page.at(end + 1) == '上' {
        return !is_han(page.at(end + 1)) || page.at(end) == '敬';
    }
    let digits = (next..next + 12).take_while(|&i| page.at(i).is_ascii_digit()).count();
    let sexed = matches!(page.at(next), '男' | '女') && !is_han(page.at(next + 1));
    let cue = [
        "身份证",
        "电话",
        "手机",
        "联系电话",
        "业主",
        "户主",
        "村民",
        "身份证号",
        "车主",
        "投诉人",
        "患者",
        "个体户",
        "申请人",
        "收件人",
        "收款人",
        "当事人",
        "报案人",
        "联系人",
        "反映人",
    ];
    gap > 0 && (sexed || digits == 11 && page.at(next) == '1' || page.has_any(next, &cue))
}

/// A name that ends a letter: 此致 敬礼 陈建国, or after 村民 and a space.
fn signed(page: &Page, claims: &mut Vec<MaskSpan>) {
    let visible = |c: &char| is_han(*c) || *c == WALL;
    let Some(last) = page.chars.iter().rposition(visible) else { return };
    let first = (0..=last).rev().take_while(|&i| is_han(page.at(i))).last();
    let Some(start) = first.filter(|&start| (2..=4).contains(&(last + 1 - start))) else { return };
    let polite = (start.saturating_sub(8)..start)
        .any(|i| page.has_any(i, &["此致", "敬礼", "敬上", "感谢", "谢谢", "重视"]));
    let given = start + surname_length(page, start);
    let fits = given > start && is_given(page, given, last + 1) && !is_word(page, start, last + 1);
    if polite && fits && is_likely(page, given, last + 1) {
        claims.push(name(start, last + 1));
    }
}

/// Where the name that starts here ends.
fn name_end(page: &Page, start: usize, footing: Footing) -> Option<usize> {
    if let Some(end) = dotted_end(page, start) {
        return Some(end);
    }
    let surname = surname_length(page, start);
    if surname == 0 {
        return None;
    }
    let given = start + surname;
    let connects = surname == 1 && CONNECTING.contains(&page.at(start));
    let likely = is_likely(page, given, given + 2) && !is_han(page.at(given + 2));
    if connects && (matches!(page.at(start), '和' | '区' | '都') || !likely) && footing != Footing::Field {
        return None;
    }
    if page.has_any(given, &TITLES) || page.has_any(given, &OFFICES) {
        return None;
    }
    // 刘严联系电话: a word after one given character outranks a second one.
    let short = AFTER_NAME.may_begin(page.at(given + 1))
        && AFTER_NAME.words().iter().any(|word| word.chars().count() > 1 && page.has(given + 1, word));
    let ends = if short { [given + 1, given + 2] } else { [given + 2, given + 1] };
    let fits = |&end: &usize| {
        is_given(page, given, end) && !page.has_any(end, &OFFICES) && !blocked(page, start, end, footing)
    };
    let clean = ends.into_iter().filter(fits).find(|&end| can_end(page, start, end, footing));
    let sure = matches!(footing, Footing::Field | Footing::Told | Footing::Role);
    let whole = |end: usize| end - given == 2 || is_plain(page, start) && end - given == 1;
    clean
        .or_else(|| {
            ends.into_iter().filter(fits).find(|&end| {
                let next = page.at(end);
                sure && whole(end)
                    && is_likely(page, given, end)
                    && !NEVER.contains(&next)
                    && (end - given == 2 || !is_usual(next) && is_han(next))
                    && !is_word(page, start, end)
            })
        })
        .or_else(|| long_end(page, start, given, footing))
}

/// A name with more given characters than usual, where a field holds nothing else.
fn long_end(page: &Page, start: usize, given: usize, footing: Footing) -> Option<usize> {
    let end = given + 3;
    let whole = footing == Footing::Field
        && is_given(page, given, end)
        && is_likely(page, given, end)
        && !is_word(page, start, end)
        && !is_han(page.at(end));
    whole.then_some(end)
}

/// 阿依古丽·买买提: two parts of two or more characters.
fn dotted_end(page: &Page, start: usize) -> Option<usize> {
    let part = |from: usize| (from..from + 7).take_while(|&i| is_han(page.at(i))).count();
    let first = part(start);
    let dot = matches!(page.at(start + first), '·' | '•' | '・' | '‧');
    if !(2..=6).contains(&first) || !dot {
        return None;
    }
    let second = start + first + 1;
    let length = part(second);
    let known = (2..=length.min(5)).find(|&n| page.has_any(second + n, &AFTER_NAME));
    let end = second + known.unwrap_or(length);
    (2..=5).contains(&(end - second)).then_some(end)
}

/// 热依汗·吐尔逊 without a cue: two parts, of which one begins as such names do.
fn dotted(page: &Page, claims: &mut Vec<MaskSpan>) {
    let dots = page.chars.iter().enumerate().filter(|(_, c)| matches!(c, '·' | '•' | '・' | '‧'));
    for (dot, _) in dots {
        let reach = (1..=6.min(dot)).take_while(|back| is_han(page.at(dot - back))).count();
        let begins = (2..=reach).rev().map(|back| dot - back).find(|&start| begins_other(page, start));
        let start = begins.or_else(|| begins_other(page, dot + 1).then_some(dot - reach));
        if let Some(start) = start.filter(|_| reach > 1)
            && let Some(end) = dotted_end(page, start)
        {
            claims.push(name(start, end));
        }
    }
}

/// Whether the characters are rather an everyday word than a name, given how sure a name is.
fn blocked(page: &Page, start: usize, end: usize, footing: Footing) -> bool {
    let given = start + surname_length(page, start);
    match footing {
        Footing::Field => is_exact_word(page, start, end) && end - start == 2,
        Footing::Told => is_word(page, start, end) && !(end - start == 3 && is_likely(page, given, end)),
        _ => is_word(page, start, end),
    }
}

fn is_given(page: &Page, start: usize, end: usize) -> bool {
    let last = page.at(end - 1);
    let could_be = match end - start {
        1 => !matches!(last, '是' | '在' | '说' | '称' | '系' | '家' | '姓' | '有'),
        _ => !NEVER_LAST.contains(&last),
    };
    let plain = (start..end).all(|i| is_han(page.at(i)) && !NEVER.contains(&page.at(i)));
    could_be && plain && !page.has_any(start, &TITLES)
}

/// Whether a name may end here, given how sure it is that one stands here.
fn can_end(page: &Page, start: usize, end: usize, footing: Footing) -> bool {
    let next = page.at(end);
    let stop = !is_han(next) && !matches!(next, '*' | '×') && spelled_digit(next).is_none();
    let known = stop || page.has_any(end, &AFTER_NAME) || page.has_any(end, &SPEECH);
    let likely = is_likely(page, start + surname_length(page, start), end);
    match footing {
        Footing::Field => known || spelled_digit(next).is_some(),
        Footing::Told => known && (is_plain(page, start) || stop || likely && end - start == 3),
        Footing::Being => {
            let being = BEING.contains(&page.at(end - 1))
                || end - start == 2 && matches!(page.at(end - 1), '民' | '生');
            stop && (!being || likely && end - start > 2) && (is_plain(page, start) || likely)
        }
        Footing::Role => known && (is_plain(page, start) || likely && (stop || end - start == 3)),
        Footing::Verb => {
            let whole = end - start > 2;
            known && if is_plain(page, start) { likely } else { likely && (whole || stop) }
        }
    }
}
