//! What stands around a number and tells an address from a place of trouble, a day or a count.

use super::super::page::{Page, WALL, is_han};
use super::lists::*;

/// Whether what stands before a number leads to a house of any number.
pub(super) fn leads_to_house(page: &Page, start: usize) -> bool {
    let before = page.before(start);
    let road = before == '道'
        && !page.ends_with_any(
            start,
            &[
                "街道", "通道", "隧道", "车道", "轨道", "行道", "频道", "楼道", "村道", "县道", "省道",
                "国道", "渠道", "管道",
            ],
        );
    let named = ROADS.contains(&before) || HAMLETS.contains(&before) || road;
    named && !page.ends_with_any(start, &["农村", "公园", "铁路", "公路"]) || is_dwelling(page, start)
}

fn is_dwelling(page: &Page, start: usize) -> bool {
    page.ends_with_any(start, &DWELLINGS) || after_kin(page, start)
}

/// Whether what stands before a number is a road in the narrow sense, which no day follows.
pub(super) fn is_road(page: &Page, start: usize) -> bool {
    ROADS.contains(&page.before(start)) || page.ends_with_any(start, &["大道"])
}

/// 邻居家19号: the house of one whose name stands masked, or of a kind of neighbour.
fn after_kin(page: &Page, start: usize) -> bool {
    page.before(start) == '家' && start >= 2 && {
        let owner = page.at(start - 2);
        owner == WALL || matches!(owner, '我' | '他' | '她' | '居' | '壁')
    }
}

/// Whether a lone house number, whose number is `start..number_end`, is the number of a house.
pub(super) fn is_house(page: &Page, start: usize, number_end: usize, end: usize) -> bool {
    let next = page.at(end);
    let gate = end == start + 2 && matches!(page.before(start), '园' | '苑' | '区') && page.has(end, "门口");
    let house = page.has_any(end, &HOUSE_AFTER_ALL) && !gate || is_road_side(page, start, end);
    if NOT_A_HOUSE.contains(&next) && !house || is_office(page, start, end) {
        return false;
    }
    let day = could_be_day(page, start, number_end) && end == number_end + 1;
    let opens = DAYS.contains(&next) && !is_road(page, start) || page.has_any(end, &OPENINGS);
    let place = is_han(page.before(start)) && !is_function(page.before(start));
    let people = place && people_follow(page, end);
    if page.has_any(end, &SHOPS) || people {
        return true;
    }
    if day && opens {
        return false;
    }
    let named = PLACES.contains(&page.before(start));
    let told = page.has_any(end, &["门前", "房子", "的房", "民房", "平房", "老屋", "自建"])
        || named && page.has_any(end, &["的店", "旅馆", "饭店", "超市", "理发", "餐馆", "人家"]);
    leads_to_house(page, start) || place && (told || lives_before(page, start)) || named && !day
}

/// 中山路18号前面: before and behind a house of a road.
fn is_road_side(page: &Page, start: usize, end: usize) -> bool {
    is_road(page, start) && matches!(page.at(end), '前' | '后')
}

/// Whether a number could be the day of a month.
fn could_be_day(page: &Page, start: usize, end: usize) -> bool {
    let first = page.at(start);
    match end - start {
        1 => first.is_ascii_digit() || super::parts::spelled(first),
        2 if first.is_ascii_digit() => {
            matches!((first, page.at(start + 1)), ('0'..='2', '0'..='9') | ('3', '0' | '1'))
        }
        _ => (start..end).all(|i| super::parts::spelled(page.at(i))) && page.at(start) != '甲',
    }
}

/// Characters before a number that say when or how many, not where.
fn is_function(c: char) -> bool {
    matches!(
        c,
        '的' | '了'
            | '在'
            | '是'
            | '到'
            | '从'
            | '至'
            | '于'
            | '和'
            | '与'
            | '有'
            | '就'
            | '把'
            | '被'
            | '给'
            | '为'
            | '要'
            | '月'
            | '日'
            | '天'
            | '年'
            | '早'
            | '晚'
            | '自'
            | '等'
            | '因'
            | '将'
            | '这'
            | '那'
            | '共'
            | '约'
            | '近'
            | '第'
            | '期'
            | '周'
            | '定'
            | '说'
            | '院'
            | '午'
            | '我'
            | '你'
            | '他'
            | '她'
            | '款'
            | '费'
            | '号'
            | '单'
            | '件'
    )
}

/// Whether words for living somewhere stand before a number, in its clause.
pub(super) fn lives_before(page: &Page, start: usize) -> bool {
    const REACH: usize = 18;
    let clause =
        |i: &usize| is_han(page.at(*i)) || matches!(page.at(*i), ':' | ' ' | '(' | '0'..='9' | 'a'..='z');
    (start.saturating_sub(REACH)..start)
        .rev()
        .take_while(clause)
        .any(|i| page.at(i) == '住' && is_living(page, i) || page.has_any(i, &HOMES))
}

fn is_living(page: &Page, at: usize) -> bool {
    !HOLDING.contains(&page.before(at)) && !NO_HOME.contains(&page.at(at + 1))
}

/// Whether those who live there are named right after.
pub(super) fn people_follow(page: &Page, end: usize) -> bool {
    let mut at = end + usize::from(page.at(end) == ' ');
    at += usize::from(page.at(at) == '的');
    let some = page.first_of(at, &HOW_MANY).map_or(0, |word| word.chars().count());
    if page.has_any(at + some, &PEOPLE) || page.at(end) == '住' && is_living(page, end) {
        return true;
    }
    // 18幢的李女士
    let titles = &["女士", "先生", "大爷", "阿姨", "大妈"];
    at > end && (at + 1..at + 4).any(|i| page.has_any(i, titles)) && is_han(page.at(at))
}

/// 一栋 where it counts: 整个一栋, 前面一栋, and not 小区一栋.
pub(super) fn counts_one(page: &Page, start: usize, end: usize) -> bool {
    let before = page.before(start);
    let vague = !is_han(before)
        || is_function(before)
        || matches!(before, '面' | '边' | '个' | '前' | '后' | '同' | '每' | '整');
    end - start == 1 && matches!(page.at(start), '一' | '二' | '三') && vague
}

/// Whether the text says that somebody lives in what stands between `start` and `end`.
pub(super) fn is_lived_in(page: &Page, start: usize, end: usize) -> bool {
    people_follow(page, end) || lives_before(page, start) || one_is_of(page, start, end)
}

/// 我是18幢的
fn one_is_of(page: &Page, start: usize, end: usize) -> bool {
    const REACH: usize = 14;
    let ends = page.at(end) == '的' && !is_han(page.at(end + 1));
    ends && (start.saturating_sub(REACH)..start)
        .rev()
        .take_while(|&i| is_han(page.at(i)))
        .any(|i| page.has_any(i, &["我是", "们是", "本人是", "他是", "她是"]))
}

/// Whether a number belongs to an institution that stands right before or after it.
pub(super) fn is_office(page: &Page, start: usize, end: usize) -> bool {
    const REACH: usize = 10;
    if page.has_any(end, &OFFICE_ROOMS) || page.ends_with_any(start, &OFFICES) {
        return true;
    }
    let mut at = end;
    while at < end + REACH && is_han(page.at(at)) {
        if let Some(office) = page.first_of(at, &OFFICES) {
            return !page.has_any(at + office.chars().count(), &NEAR);
        }
        if page.has_any(at, &NEAR) || page.has_any(at, &PEOPLE) || page.at(at) == '的' {
            return false;
        }
        at += 1;
    }
    // 县医院位于健康路8号
    (start.saturating_sub(REACH)..start).rev().take_while(|&i| is_han(page.at(i))).any(|i| {
        page.has_any(i, &["位于", "地址", "搬到", "搬至", "迁至", "设在", "在"])
            && page.ends_with_any(i, &OFFICES)
    })
}

/// 石佛寺镇郭德元村9组, as an address is written out and ends.
pub(super) fn is_written_out(page: &Page, start: usize, end: usize) -> bool {
    const REACH: usize = 8;
    !is_han(page.at(end))
        && page.before(start) == '村'
        && (start.saturating_sub(REACH)..start)
            .rev()
            .take_while(|&i| is_han(page.at(i)))
            .any(|i| matches!(page.at(i), '镇' | '乡' | '县') || page.has(i, "街道"))
}
