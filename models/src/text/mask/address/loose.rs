//! Reads on from number to number as far as it could still be one address, however unusual its parts:
//! 2座1梯601, 14号院3排2户, 12号楼2-1-1, 顶楼西户. Whether it is one is weighed afterwards.

use super::super::page::{NOTHING, Page, is_han};
use super::super::word_list::{WordList, Words};
use super::lists::COUNTED;
use super::parts::{is_number_char, number_end};

/// What may follow a number; of two that begin alike the longer first.
static UNITS: Words = Words::of(&[
    "号教工楼",
    "号家属楼",
    "号宿舍楼",
    "村民小组",
    "号亭子间",
    "村民组",
    "生产队",
    "号门面",
    "号平房",
    "号摊位",
    "号大院",
    "号商铺",
    "号公寓",
    "号别墅",
    "号铺面",
    "号车库",
    "号底商",
    "小组",
    "单元",
    "街区",
    "号楼",
    "号栋",
    "号幢",
    "号座",
    "号院",
    "号房",
    "号铺",
    "号店",
    "号摊",
    "号窑",
    "号户",
    "号门",
    "支弄",
    "楼座",
    "家属",
    "期",
    "区",
    "院",
    "排",
    "户",
    "门",
    "梯",
    "楼",
    "层",
    "座",
    "栋",
    "幢",
    "#",
    "号",
    "室",
    "房",
    "组",
    "社",
    "队",
    "屯",
    "村",
    "巷",
    "街",
    "弄",
    "铺",
    "间",
    "连",
    "户型",
    "段",
    "里",
    "条",
]);
/// Parts without a number, and what may stand between parts.
static WORDS: Words = Words::of(&[
    "左手边",
    "右手边",
    "靠里那间",
    "地下室",
    "亭子间",
    "西厢房",
    "东厢房",
    "中间户",
    "地下",
    "顶楼",
    "顶层",
    "底楼",
    "底层",
    "底商",
    "后座",
    "前座",
    "左手",
    "右手",
    "东户",
    "西户",
    "南户",
    "北户",
    "中户",
    "东边",
    "西边",
    "东院",
    "西院",
    "南院",
    "北院",
    "后院",
    "前院",
    "东楼",
    "西楼",
    "南楼",
    "北楼",
    "东单元",
    "西单元",
    "中单元",
    "后屋",
    "前屋",
    "小楼",
    "平房",
    "门面",
    "商铺",
    "店铺",
    "院内",
    "内",
    "附",
    "之",
    "院",
    "第",
    "旧",
    "新",
    "负",
    "甲",
    "乙",
    "丙",
    "东",
    "西",
    "左",
    "右",
]);
/// Words that may also come first.
static FIRST: Words = Words::of(&[
    "第",
    "顶楼",
    "西院",
    "东院",
    "东楼",
    "西楼",
    "小楼",
    "东单元",
    "西单元",
    "中单元",
    "二期",
    "旧",
]);
/// Most parts of an address.
const MOST: usize = 8;

/// Whether an address could begin here with a word.
pub(super) fn begins(page: &Page, at: usize) -> bool {
    let could = matches!(page.at(at), '第' | '顶' | '西' | '东' | '小' | '中' | '二' | '旧');
    could
        && FIRST
            .words()
            .iter()
            .any(|word| page.has(at, word) && is_number_char(page.at(at + word.chars().count())))
}

/// Where what begins at an index ends at the latest, if it has at least one part with a unit or two numbers.
pub(super) fn end(page: &Page, start: usize) -> Option<usize> {
    let (mut at, mut end, mut numbers, mut units) = (start, None, 0, 0);
    for part in 0..MOST {
        let number = number_end(page, at);
        if number > at && is_number(page, at, number) {
            // 502楼上: a room, and who lives above.
            let room =
                number - at > 2 && page.at(number) == '楼' && matches!(page.at(number + 1), '上' | '下');
            let unit = if room { None } else { page.first_of(number, &UNITS) };
            if let Some(unit) = unit {
                at = number + unit.chars().count();
                units += 1;
            } else if !COUNTED.contains(&page.at(number)) && !is_number_char(page.at(number)) {
                at = number;
            } else {
                break;
            }
            numbers += 1;
            end = Some(at);
        } else {
            let words = if part == 0 { &FIRST } else { &WORDS };
            let Some(word) = page.first_of(at, words) else { break };
            let length = word.chars().count();
            at += length;
            // 三楼右, 3-4-西
            let side = matches!(word, "东" | "西" | "左" | "右") && !is_han(page.at(at));
            if part > 0 && (length > 1 || side) {
                end = Some(at);
            }
            units += usize::from(length > 1 || side);
        }
        let between = |i: &usize| matches!(page.at(*i), ' ' | '-' | '~' | '/' | '·' | '(' | ')' | NOTHING);
        at += (at..at + 2).take_while(between).count();
    }
    end.filter(|_| units > 0 || numbers > 1)
}

/// Whether characters that number something could number a house: six at most, with two letters at most.
fn is_number(page: &Page, start: usize, end: usize) -> bool {
    let letters = (start..end).filter(|&i| page.at(i).is_ascii_alphabetic()).count();
    end - start <= 6 && letters <= 2 && (letters < end - start || letters == 1)
}
