//! Telephone, identity and bank card numbers.

use super::word_list::Words;
use std::collections::HashSet;

use super::cues::{Announces, Cue, value_start};
use super::digits::{Groups, Number, spelled_groups};
use super::page::Page;
use super::{MaskKind, MaskSpan};

/// Words right before a number that say it counts papers, not people.
static SERIALS: Words = Words::of(&[
    "单号",
    "编号",
    "案号",
    "流水号",
    "流水",
    "批号",
    "受理号",
    "登记号",
    "许可证号",
    "信用代码",
    "订单",
    "工单",
    "文号",
    "条码",
    "发票号",
    "备案号",
    "序列号",
    "注册号",
]);
/// Words near a number that tell that it is a telephone's, and that it is another's.
static TELLING: Words =
    Words::of(&["打", "拨", "电话", "座机", "号码", "传真", "填的", "留的", "旧号", "新号", "固话"]);
static OTHERS: Words =
    Words::of(&["单", "编", "证", "案", "票", "卡", "账", "批", "密", "元", "印", "报", "费", "订"]);
/// What follows an amount.
const AMOUNTS: &[char] = &['元', '万', '亿', '吨', '千', '%', '块'];

fn span(kind: MaskKind, number: &Number) -> MaskSpan {
    MaskSpan { kind, start: number.start, end: number.end }
}

fn is_serial(page: &Page, start: usize) -> bool {
    let mut at = start;
    while start - at < 4 && matches!(page.before(at), ':' | ' ' | '是' | '为' | '码') {
        at -= 1;
    }
    page.ends_with_any(at, &SERIALS)
}

/// Whether a number goes on as a decimal or an amount, or is the tail of a decimal.
fn is_amount(page: &Page, number: &Number) -> bool {
    let tail =
        page.before(number.start) == '.' && number.start >= 2 && page.at(number.start - 2).is_ascii_digit();
    let goes_on = page.at(number.end) == '.' && page.at(number.end + 1).is_ascii_digit();
    tail || goes_on || AMOUNTS.contains(&page.at(number.end))
}

/// The places where a value announced by one of the cues starts.
fn announced(page: &Page, cues: &[Cue], what: Announces) -> HashSet<usize> {
    cues.iter().filter(|cue| cue.announces == what).map(|cue| value_start(page, cue.end).0).collect()
}

/// Mobile numbers: 1[3-9] and nine more digits (工业和信息化部 numbering plan), whole or spaced as
/// people do, in digits or Chinese numerals, with or without +86.
pub(super) fn find_mobiles(page: &Page, groups: &Groups, claims: &mut Vec<MaskSpan>) {
    find_mobiles_in(page, groups, claims);
    if page.spelled_digits {
        find_mobiles_in(page, &spelled_groups(page), claims);
    }
}

fn find_mobiles_in(page: &Page, groups: &Groups, claims: &mut Vec<MaskSpan>) {
    for first in 0..groups.list.len() {
        if !matches!(groups.list[first].first, 0 | 1 | 8) {
            continue;
        }
        let found = groups.numbers(first).filter(|n| n.values.len() >= 11 && is_mobile(n)).last();
        let Some(number) = found else { continue };
        if is_amount(page, &number) || is_serial(page, number.start) {
            continue;
        }
        let plus = usize::from(page.before(number.start) == '+');
        let start = open_bracket(page, &number, number.start - plus);
        let wrapped = page.before(start) == '(' && page.at(number.end) == ')';
        let (start, end) = if wrapped { (start - 1, number.end + 1) } else { (start, number.end) };
        claims.push(MaskSpan { kind: MaskKind::Mobile, start, end });
    }
}

fn is_mobile(number: &Number) -> bool {
    const USUAL: [&[usize]; 10] = [
        &[11],
        &[3, 4, 4],
        &[3, 8],
        &[7, 4],
        &[4, 3, 4],
        &[4, 4, 3],
        &[3, 3, 5],
        &[5, 6],
        &[3, 5, 3],
        &[3, 2, 2, 2, 2],
    ];
    let [head, tail @ ..] = number.shape else { return false };
    let (mut values, mut head) = (number.values, *head);
    for prefix in [&[0, 0, 8, 6][..], &[8, 6], &[0]] {
        let fits = values.len() == 11 + prefix.len() && values.starts_with(prefix);
        if fits && head >= prefix.len().max(2) {
            values = &values[prefix.len()..];
            head -= prefix.len();
        }
    }
    let shaped = |usual: &[usize]| match usual {
        usual if head == 0 => usual == tail,
        [first, rest @ ..] => *first == head && rest == tail,
        [] => false,
    };
    let single = usize::from(head > 0) + tail.len() == 11;
    values.len() == 11
        && values[0] == 1
        && values[1] >= 3
        && (single || USUAL.iter().any(|usual| shaped(usual)))
}

/// Fixed lines: an area code and a local number, or after a cue a local number alone. Public
/// hotlines (12345, 110, 400-) have neither form.
pub(super) fn find_landlines(page: &Page, groups: &Groups, cues: &[Cue], claims: &mut Vec<MaskSpan>) {
    let phone_values = announced(page, cues, Announces::Phone);
    find_landlines_in(page, groups, &phone_values, claims);
    if page.spelled_digits {
        find_landlines_in(page, &spelled_groups(page), &phone_values, claims);
    }
}

fn find_landlines_in(page: &Page, groups: &Groups, announced: &HashSet<usize>, claims: &mut Vec<MaskSpan>) {
    let phone = |c: &&MaskSpan| matches!(c.kind, MaskKind::Mobile | MaskKind::Landline);
    let mut phone_ends: HashSet<usize> = claims.iter().filter(phone).map(|claim| claim.end).collect();
    for first in 0..groups.list.len() {
        let start = groups.list[first].start;
        let announced = announced.contains(&start)
            || follows_a_phone(page, start, &phone_ends)
            || spoken_of(page, groups, first);
        let found = groups
            .numbers(first)
            .filter(|n| has_area_code(n) || announced && is_local(n))
            .filter(|n| !is_amount(page, n) && !is_serial(page, start))
            .last();
        if let Some(number) = found {
            let start =
                if has_area_code(&number) { open_bracket(page, &number, start) } else { number.start };
            let end = extension(page, number.end);
            phone_ends.insert(end);
            claims.push(MaskSpan { kind: MaskKind::Landline, start, end });
        }
    }
}

/// Whether a list of telephone numbers, which end at `ends`, goes on here: 65712345和65712346, 或者家里65712347.
fn follows_a_phone(page: &Page, start: usize, ends: &HashSet<usize>) -> bool {
    const REACH: usize = 6;
    let joint = |c: char| {
        matches!(
            c,
            '和' | '或' | '及' | '与' | '、' | '/' | ',' | ' ' | '者' | '家' | '里' | '单' | '位' | '店'
        )
    };
    let gap = (1..=REACH).take_while(|&back| start >= back && joint(page.at(start - back)));
    gap.last().is_some_and(|back| (1..=back).any(|back| ends.contains(&(start - back))))
}

/// `start`, or the bracket before it when the number holds the one that closes it: (0574)65712345.
fn open_bracket(page: &Page, number: &Number, start: usize) -> usize {
    let closed = (number.start..number.end).any(|i| page.at(i) == ')');
    start - usize::from(closed && page.before(start) == '(')
}

fn has_area_code(number: &Number) -> bool {
    let v = number.values;
    if v[0] != 0 || v.len() < 10 || v.len() > 12 {
        return false;
    }
    let code = match (v[1], v[2]) {
        (1, 0) | (2, _) => 3,
        (3..=9, _) => 4,
        _ => return false,
    };
    let local = v.len() - code;
    let parts = match number.shape[0] {
        whole if whole == v.len() => true,
        first if first == code => matches!(number.shape[1..], [_] | [3 | 4, 3 | 4]),
        _ => false,
    };
    parts && (local == 8 || code == 4 && local == 7) && v[code] >= 2
}

/// 打65256088没人接, 65218190电话是门卫室: seven or eight digits beside the words of telephoning.
fn spoken_of(page: &Page, groups: &Groups, index: usize) -> bool {
    const REACH: usize = 6;
    let group = &groups.list[index];
    let length = groups.length(index);
    if !matches!(length, 4 | 7 | 8) || !(2..=8).contains(&group.first) {
        return false;
    }
    let bracket = usize::from(page.at(group.end) == '(');
    let own = usize::from(matches!(page.at(group.end + bracket), '家' | '店' | '厂'));
    if page.has_any(group.end + bracket + own, &["座机", "电话", "传真", "固话"]) {
        return true;
    }
    if length == 7 {
        // Shorter numbers are many: the word stands right before.
        return page.ends_with_any(group.start, &["打", "拨", "座机", "固话", "电话"])
            || page.has_any(group.end, &["代转", "转接"]);
    }
    let near =
        (group.start.saturating_sub(REACH)..group.start).rev().take_while(|&i| !page.at(i).is_ascii_digit());
    let before: Vec<usize> = near.collect();
    let has = |words: &Words| before.iter().any(|&i| page.has_any(i, words));
    let (told, other) = (has(&TELLING), has(&OTHERS));
    told && !other || page.has(group.end, "是传真")
}

fn is_local(number: &Number) -> bool {
    matches!(number.shape, [7 | 8] | [3 | 4, 4]) && number.values[0] >= 2 && !is_date(number.values)
}

/// Eight digits that read as a day of this age: 20190503.
fn is_date(values: &[u8]) -> bool {
    values.len() == 8 && is_day(values)
}

/// Where a number with its extension ends: 65712345转801, 65712345-801.
fn extension(page: &Page, end: usize) -> usize {
    let mut at = end;
    while matches!(page.at(at), ' ' | '-' | '转' | '分' | '机') && at < end + 4 {
        at += 1;
    }
    let digits = (at..).take_while(|&i| page.at(i).is_ascii_digit()).count();
    let dash_only = !(end..at).any(|i| matches!(page.at(i), '转' | '机'));
    let allowed = if dash_only { 1..=4 } else { 1..=6 };
    let dashed = (end..at).any(|i| page.at(i) == '-');
    if at > end && allowed.contains(&digits) && (!dash_only || dashed) { at + digits } else { end }
}

/// Resident identity numbers. GB 11643-1999: province, place, day of birth, order, check digit. One mistyped
/// points to a person all the same: with a wrong check digit it counts where it has a day of birth and
/// is called no serial number, and after a cue in any case. The older form of 15 digits has no check digit.
pub(super) fn find_identity(page: &Page, groups: &Groups, cues: &[Cue], claims: &mut Vec<MaskSpan>) {
    let announced = announced(page, cues, Announces::Identity);
    for first in 0..groups.list.len() {
        let start = groups.list[first].start;
        if page.before(start).is_ascii_alphanumeric() {
            continue;
        }
        for number in groups.numbers(first) {
            if let Some(end) = identity_end(page, &number, announced.contains(&start)) {
                claims.push(MaskSpan { kind: MaskKind::IdCard, start, end });
            }
        }
    }
}

fn identity_end(page: &Page, number: &Number, announced: bool) -> Option<usize> {
    let v = number.values;
    if !matches!(v.len(), 15 | 17 | 18) {
        return None;
    }
    let usual = matches!(
        number.shape,
        [_] | [6, 8, 3 | 4]
            | [6, 4, 4, 3 | 4]
            | [6, 11 | 12]
            | [14, 3 | 4]
            | [3, 3, 8, 3 | 4]
            | [4, 4, 4, 4, 1 | 2]
            | [6, 6, 3]
    );
    let (check, end) = match v.len() {
        18 => (u32::from(v[17]), number.end),
        17 if page.at(number.end) == 'x' => (10, number.end + 1),
        15 if usual && is_old_identity(v) && !is_serial(page, number.start) => return Some(number.end),
        _ => return None,
    };
    if !(usual || announced) || page.at(end).is_ascii_alphanumeric() {
        return None;
    }
    let person = is_province(v) && is_day(&v[6..14]);
    let valid = check == identity_check(&v[..17]) || !is_serial(page, number.start);
    ((person && valid) || announced).then_some(end)
}

/// GB 11643-1999, ISO 7064 MOD 11-2: 10 stands for X.
fn identity_check(values: &[u8]) -> u32 {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = values.iter().zip(WEIGHTS).map(|(&v, w)| u32::from(v) * w).sum();
    (12 - sum % 11) % 11
}

fn is_old_identity(values: &[u8]) -> bool {
    let day: Vec<u8> = [1, 9].into_iter().chain(values[6..12].iter().copied()).collect();
    is_province(values) && is_day(&day)
}

fn is_province(values: &[u8]) -> bool {
    matches!(
        values[0] * 10 + values[1],
        11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83 | 91
    )
}

/// Whether eight digits are a day between 1900 and 2099.
fn is_day(values: &[u8]) -> bool {
    let two = |i: usize| i8::try_from(values[i] * 10 + values[i + 1]).unwrap_or(0);
    let year = i16::from(two(0)) * 100 + i16::from(two(2));
    (1900..2100).contains(&year) && jiff::civil::Date::new(year, two(4), two(6)).is_ok()
}

/// Bank card numbers that pass the Luhn check (ISO/IEC 7812): 13 to 19 digits after a cue, 16 or
/// 19 digits of a card network without one, 16 to 19 of UnionPay (62).
pub(super) fn find_bank_cards(page: &Page, groups: &Groups, cues: &[Cue], claims: &mut Vec<MaskSpan>) {
    let announced = announced(page, cues, Announces::Bank);
    for first in 0..groups.list.len() {
        let start = groups.list[first].start;
        let expected = announced.contains(&start);
        // 打到6222...这个卡上, 旧卡6222...
        let beside =
            |n: &Number| page.before(start) == '卡' || (n.end..n.end + 4).any(|i| page.at(i) == '卡');
        if page.before(start).is_ascii_alphabetic() || !expected && is_serial(page, start) {
            continue;
        }
        let fitting = groups
            .numbers(first)
            .filter(|n| is_bank_card(n, expected || n.values.len() >= 16 && beside(n)) && !is_amount(page, n))
            .last();
        claims.extend(fitting.map(|number| span(MaskKind::BankCard, &number)));
    }
}

fn is_bank_card(number: &Number, expected: bool) -> bool {
    let count = number.values.len();
    let known = matches!(number.values[0], 3..=6 | 9);
    let length = match number.values {
        _ if expected => (13..=19).contains(&count),
        [6, 2, ..] => (16..=19).contains(&count),
        _ => known && (count == 16 || count == 19),
    };
    let usual = || match number.shape {
        [_] | [6, _] => true,
        [fours @ .., last] => {
            fours.iter().all(|&n| n == 4) && *last <= 4 || number.shape.len() == 5 && fours[0] == 4
        }
        [] => false,
    };
    length && usual() && luhn(number.values)
}

fn luhn(values: &[u8]) -> bool {
    let sum: u32 = values
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &v)| u32::from(if i % 2 == 0 { v } else { v * 2 - if v > 4 { 9 } else { 0 } }))
        .sum();
    sum.is_multiple_of(10) && values.iter().any(|&v| v != values[0])
}
