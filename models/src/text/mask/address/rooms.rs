//! Rooms written without units: 5-2-301, B2-1103, 楼上1203, 502业主.

use super::super::page::{Page, is_han, spelled_digit};
use super::super::word_list::Words;
use super::context::{is_lived_in, is_office};
use super::lists::{COUNTED, PEOPLE};

/// Words before a number with dashes that is no address.
static CODES: Words = Words::of(&["编号", "型号", "比分", "坐标", "序列", "房号码", "版本"]);
/// The last characters of things that have such numbers: 货架, 工位, 准考证, 宗地, 电表箱.
const THINGS: &[char] = &[
    '码', '号', '柜', '单', '架', '位', '箱', '证', '例', '型', '机', '床', '表', '票', '册', '卷', '档',
    '版', '地', '库', '块', '分', '第', '图', '线', '约', '共', '近',
];
/// The last characters of estates.
const ESTATES: &[char] = &[
    '园', '苑', '城', '府', '庭', '湾', '邸', '墅', '居', '寓', '轩', '阁', '郡', '庄', '都', '岸', '里',
    '村', '家', '区', '院', '楼', '厦', '峰', '景', '山', '品', '门', '座', '期', '排', '世', '天', '下',
    '台', '舍', '园', '铺', '面', '房',
];
/// Before a bare room number: a flat of one's own or of those around.
static AROUND: Words = Words::of(&[
    "住",
    "楼上",
    "楼下",
    "隔壁",
    "对门",
    "对面",
    "顶楼",
    "我们单元",
    "同单元",
    "本单元",
    "我家",
    "他家",
    "她家",
    "们家",
    "房号",
    "房号是",
    "室号",
    "楼道里",
    "楼上的",
    "楼下的",
    "隔壁的",
    "对面的",
    "对门的",
    "楼上住户",
    "楼下住户",
    "楼上是",
    "楼下是",
    "楼顶",
    "住在",
    "底楼",
    "公寓",
    "宿舍",
    "宿舍楼",
    "单元楼",
    "出租房",
    "出租屋",
]);

/// Whether three or four digits number a room: floors have no room 00.
fn is_room_number(page: &Page, start: usize, end: usize) -> bool {
    (3..=4).contains(&(end - start))
        && page.at(start) != '0'
        && !(page.at(end - 1) == '0' && page.at(end - 2) == '0')
}

fn digits_end(page: &Page, start: usize) -> usize {
    (start..start + 6).take_while(|&i| page.at(i).is_ascii_digit()).count() + start
}

/// Where what has the form of a room without units ends, whatever stands around: 5-2-301, 1203.
pub(super) fn form(page: &Page, start: usize) -> Option<usize> {
    let dashed = read_dashed(page, start).filter(|d| d.lengths.len() > 1 && d.lengths.iter().all(|n| *n < 5));
    let bare = || {
        let spelled = (start..start + 6).take_while(|&i| spelled_digit(page.at(i)).is_some()).count();
        let end = digits_end(page, start).max(start + spelled);
        is_room_number(page, start, end).then_some(end)
    };
    let end = dashed.map(|d| d.end).or_else(bare)?;
    let goes_on = page.at(end).is_ascii_alphanumeric() || matches!(page.at(end), '.' | '/' | '*' | '-');
    (!goes_on && !COUNTED.contains(&page.at(end))).then_some(end)
}

/// Where a room number of a list ends: 501、502室.
pub(super) fn room_end(page: &Page, start: usize) -> Option<usize> {
    let end = digits_end(page, start);
    let next = page.at(end);
    let other = COUNTED.contains(&next) || next.is_ascii_alphanumeric() || matches!(next, '-' | '.' | '/');
    let unit = usize::from(matches!(next, '室' | '房') && page.at(end + 1) != '间');
    (is_room_number(page, start, end) && !other).then_some(end + unit)
}

/// 楼上1203, 住601, 1403业主, and 我1103 beside a neighbour's: digits that are a room.
pub(super) fn bare(page: &Page, start: usize) -> Option<usize> {
    let mut end = digits_end(page, start);
    let spelled = (start..start + 6).take_while(|&i| spelled_digit(page.at(i)).is_some()).count();
    if spelled >= 3 {
        end = start + spelled;
    }
    let next = page.at(end);
    let alone = is_room_number(page, start, end) && !next.is_ascii_alphanumeric();
    if !alone
        || COUNTED.contains(&next)
        || next == ' ' && COUNTED.contains(&page.at(end + 1))
        || matches!(next, '-' | '.' | '/' | '多' | '弄' | '*')
    {
        return None;
    }
    let label = start - usize::from(matches!(page.before(start), '(' | ' ' | ':'));
    let around =
        page.ends_with_any(label, &AROUND) && !page.ends_with_any(label, &["不住", "堵住", "停住", "入住"]);
    let own = page.ends_with_any(start, &["我", "他", "她", "我在", "他在", "她在", "我是", "他是", "她是"])
        && (!is_han(next) || matches!(next, '我' | '他' | '她' | '的'));
    let people = usize::from(next == '的');
    let owned = page.has_any(end + people, &PEOPLE) && !counts_people(page.before(start));
    let is = around || own && (page.speaks_of_neighbours || next == '的') || owned;
    (is && !is_office(page, start, end)).then_some(end)
}

/// Whether a number after this character counts those who follow: 共502业主.
fn counts_people(c: char) -> bool {
    matches!(
        c,
        '共' | '有'
            | '约'
            | '近'
            | '达'
            | '余'
            | '等'
            | '过'
            | '为'
            | '计'
            | '是'
            | '了'
            | '的'
            | '涉'
            | '及'
            | '第'
    )
}

/// One to four numbers with dashes or slashes.
struct Dashed {
    lengths: Vec<usize>,
    last: usize,
    end: usize,
}

fn read_dashed(page: &Page, start: usize) -> Option<Dashed> {
    let mut lengths = Vec::with_capacity(4);
    let mark = if page.at(start).is_ascii_alphabetic() { 1 } else { 0 };
    let mut at = start + mark;
    let mut separator = None;
    loop {
        let end = digits_end(page, at);
        lengths.push(end - at);
        let next = page.at(end);
        let joint = matches!(next, '-' | '/' | '#') && separator.is_none_or(|s| s == next || s == '#');
        if end == at {
            return None;
        }
        if !joint || lengths.len() == 4 || !page.at(end + 1).is_ascii_digit() {
            return Some(Dashed { lengths, last: at, end });
        }
        separator = Some(next);
        at = end + 1;
    }
}

/// 5-2-301: building, unit and room; 3-502室, 17-1101 of an estate, 1-2-3-402.
pub(super) fn dashed(page: &Page, start: usize) -> Option<usize> {
    let Dashed { lengths, last, end } = read_dashed(page, start)?;
    if lengths.len() < 2 {
        return None;
    }
    let label = (0..3)
        .map(|n| start.saturating_sub(n))
        .find(|&at| !matches!(page.before(at), ' ' | ':' | '是' | '('));
    let room_label = label.is_some_and(|at| {
        page.ends_with_any(at, &["房号", "室号", "门牌号", "联排", "别墅", "排屋", "门面"])
    }) || page.has_any(end, &["别墅", "门面", "商铺"]);
    let thing = |at: usize| page.ends_with_any(at, &CODES) || THINGS.contains(&page.before(at));
    if !room_label && label.is_some_and(thing) {
        return None;
    }
    let room = matches!(page.at(end), '室' | '房') && page.at(end + 1) != '间';
    let year = page.has(last, "19") || page.has(last, "20");
    let slashed = page.at(last - 1) == '/';
    let lived = || room || room_label || is_lived_in(page, start, end);
    let estate = label.is_some_and(|at| ESTATES.contains(&page.before(at)));
    let numbered = is_room_number(page, last, end);
    let fits = match lengths.as_slice() {
        [1..=3, 1..=2, 3..=4] | [1..=2, 1..=2, 1..=2, 3..=4] if slashed => !year && lived(),
        [1..=3, 1..=2, 3] | [1..=2, 1..=2, 1..=2, 3..=4] => true,
        [1..=3, 1..=2, 4] => room || !year,
        [1..=2, 3..=4] => room || numbered && (lived() || estate && !year),
        [3, 3..=4] => room,
        [1..=2, 1..=2] => !slashed && (room_label || leads_to_flat(page, start)),
        _ => false,
    };
    let goes_on = page.at(end).is_ascii_alphanumeric() || matches!(page.at(end), '.' | '/' | '*' | '-');
    let counted = !room && COUNTED.contains(&page.at(end));
    let other = goes_on || counted || is_office(page, start, end);
    (fits && !other).then_some(end + usize::from(room))
}

/// 楼上16-3: floor and flat, as people say in hilly towns. 菜市街19-3: a house and the one behind.
fn leads_to_flat(page: &Page, start: usize) -> bool {
    matches!(page.before(start), '路' | '街' | '巷' | '弄')
        || page.ends_with_any(start, &["家住", "我住", "楼上", "楼下", "隔壁"])
}
