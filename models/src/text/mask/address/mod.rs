//! House and flat numbers: 12幢3单元502室, 5-2-301, 88号 after a road. The road or estate stays, and
//! so does a building alone unless somebody lives there: it says where a lamp is broken, not who lives there.
//!
//! * [`parts`]: the chain of parts as it is written; [`context`]: what stands around it, by the words of [`lists`].
//! * [`rooms`]: numbers without units, 5-2-301 and 楼上1203.
//! * [`loose`]: how far it could reach beyond its usual parts.
//! * [`weigh`]: whether it is one, by learned weights.

mod context;
mod lists;
mod loose;
mod parts;
mod rooms;
mod weigh;

use super::page::Page;
use super::word_list::{CharFilter, Words};
use super::{MaskKind, MaskSpan};
use context::{is_house, is_lived_in, is_office, leads_to_house, lives_before};
use lists::{COUNTED, NOT_A_HOUSE, PEOPLE};
use parts::{Part, Piece, chain, is_number_char, number_end, spelled};
#[cfg(not(any(test, feature = "testing")))]
use weigh::Candidate;
#[cfg(any(test, feature = "testing"))]
pub(super) use weigh::{Candidate, MODEL, Model};

/// All characters but letters and digits with which an address begins.
static BEGINNINGS: CharFilter =
    CharFilter::of("零〇○一幺壹二贰三叁四肆五伍六陆七柒八捌九玖十百甲乙丙丁负东西南北中第顶小旧");

/// What is broken in or at a building rather than in a flat.
static TROUBLES: Words = Words::of(&[
    "电梯",
    "楼道",
    "门禁",
    "单元门",
    "大门",
    "入口",
    "门口",
    "楼顶",
    "楼下",
    "地下",
    "外墙",
    "停电",
    "停水",
    "热力",
    "管",
    "下水",
    "路灯",
    "垃圾",
    "消防",
    "屋顶",
    "天台",
    "门厅",
    "大厅",
    "门前",
    "旁",
    "前面",
    "后面",
    "附近",
    "楼梯",
]);

pub(super) fn find(page: &Page, claims: &mut Vec<MaskSpan>) {
    let mut at = 0;
    while at < page.chars.len() {
        let (forms, rest) = forms(page, at);
        at = match weigh::longest(page, &forms) {
            Some(form) => {
                claims.push(MaskSpan {
                    kind: MaskKind::Address,
                    start: widened(page, at, form.end),
                    end: form.end,
                });
                listed(page, form.end, claims)
            }
            None => rest,
        };
    }
}

/// What begins at an index and has the form of an address, and where to look on when it is none.
fn forms(page: &Page, at: usize) -> (Vec<Candidate>, usize) {
    if !begins_here(page, at) || continues_a_number(page, at) {
        return (Vec::new(), at + 1);
    }
    if let Some(end) = counted(page, at) {
        return (Vec::new(), end);
    }
    let pieces = chain(page, at);
    let ruled =
        judged(page, at, &pieces).or_else(|| rooms::dashed(page, at)).or_else(|| rooms::bare(page, at));
    // The flat of an office is no flat without its building either.
    let rest = pieces.last().filter(|_| pieces.len() > 1).map_or(at + 1, |last| last.end);
    (weigh::forms(page, at, &pieces, ruled), rest)
}

/// Where a number ends that counts something or is too long: 3个月, 2024年, 1200元, an account's.
fn counted(page: &Page, at: usize) -> Option<usize> {
    const LONGEST: usize = 6;
    let end = (at..).find(|&i| !page.at(i).is_ascii_digit())?;
    let counts = matches!(
        page.at(end),
        '年' | '月'
            | '日'
            | '元'
            | '个'
            | '人'
            | '岁'
            | '天'
            | '次'
            | '名'
            | '万'
            | '千'
            | '%'
            | '.'
            | ':'
            | '分'
            | '秒'
            | '米'
            | '斤'
            | '吨'
            | '亩'
            | '时'
    );
    (end > at && counts || end > at + LONGEST).then_some(end)
}

/// Every form of a page, as [`find`] comes to them when it takes those for addresses that `is` names.
#[cfg(any(test, feature = "testing"))]
pub(super) fn candidates(page: &Page, is: &dyn Fn(&Candidate) -> bool) -> Vec<Candidate> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < page.chars.len() {
        let (forms, rest) = forms(page, at);
        at = match forms.iter().rev().find(|form| is(form)) {
            Some(form) => listed(page, form.end, &mut Vec::new()),
            None => rest,
        };
        found.extend(forms);
    }
    found
}

/// Where an address begins whose first number begins at `start`: with the ordinal of 第6组28户, the side or
/// phase of an estate in 南区3幢 and 二期3幢, the first of 105、107号.
fn widened(page: &Page, start: usize, end: usize) -> usize {
    let side = page.before(start) == '区'
        && start >= 2
        && matches!(page.at(start - 2), '东' | '西' | '南' | '北' | '中');
    if page.before(start) == '第' {
        return start - 1;
    }
    if side {
        return start - 2;
    }
    if page.before(start) == '、' && page.before(end) == '号' {
        let digits = (1..=4).take_while(|n| page.before(start.saturating_sub(*n)).is_ascii_digit()).count();
        let first = start.saturating_sub(digits + 1);
        return if digits > 0 && leads_to_house(page, first) { first } else { start };
    }
    // 二期19幢
    let phase = page.before(start) == '期' && start >= 2 && is_number_char(page.at(start - 2));
    if phase && !(start >= 3 && is_number_char(page.at(start - 3))) { start - 2 } else { start }
}

/// Whether a number stands here, or a direction that stands for one: 东单元.
fn begins_here(page: &Page, at: usize) -> bool {
    let c = page.at(at);
    (c.is_ascii() || BEGINNINGS.may_hold(c)) && begins_so(page, at)
}

fn begins_so(page: &Page, at: usize) -> bool {
    let c = page.at(at);
    is_number_char(c)
        || loose::begins(page, at)
        || c == '负' && spelled(page.at(at + 1))
        || matches!(c, '东' | '西' | '南' | '北' | '中') && matches!(page.at(at + 1), '单' | '楼')
}

/// Claims the houses and rooms that a list goes on with: 1号和2号, 501、502. Returns where it ends.
fn listed(page: &Page, mut end: usize, claims: &mut Vec<MaskSpan>) -> usize {
    while matches!(page.at(end), '和' | '、' | '到' | '至' | '与' | '及' | '-') {
        let start = end + 1;
        let stop = number_end(page, start);
        let house = page.before(end) == '号'
            && stop > start
            && parts::is_usual(page, start, stop)
            && page.at(stop) == '号'
            && !NOT_A_HOUSE.contains(&page.at(stop + 1))
            && page.at(stop + 1) != '楼';
        let next = if house {
            stop + 1
        } else if page.before(end).is_ascii_digit() || page.before(end) == '室' {
            let Some(room) = rooms::room_end(page, start) else { break };
            room
        } else {
            break;
        };
        claims.push(MaskSpan { kind: MaskKind::Address, start, end: next });
        end = next;
    }
    end
}

/// Whether the character here only goes on with what stands before it, or is a month's day.
fn continues_a_number(page: &Page, at: usize) -> bool {
    let before = page.before(at);
    let same = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '*' | '+' | '/');
    let dashed = before == '-' && at >= 2 && is_number_char(page.at(at - 2));
    dashed
        || page.at(at).is_ascii_alphanumeric() && same(before)
        || spelled(page.at(at)) && (spelled(before) || before == '负')
        || page.at(at).is_ascii_digit() && matches!(before, '甲' | '乙' | '丙' | '丁')
        || matches!(before, '月' | '〕' | ']' | '几' | '数')
        || before == '第' && !groups_people(page, at)
}

/// 第6组28户: an ordinal of a village's group.
fn groups_people(page: &Page, at: usize) -> bool {
    matches!(chain(page, at).as_slice(), [group, _, ..] if group.part == Part::Group)
}

/// The end of a chain of parts that starts here, when it says where someone lives.
fn judged(page: &Page, start: usize, pieces: &[Piece]) -> Option<usize> {
    let (first, last) = (pieces.first()?, pieces.last()?);
    let end = last.end;
    let is = match (pieces, last.part) {
        ([lone], _) => return lone_part(page, start, lone),
        (_, Part::Room | Part::Side) => is_flat(page, start, pieces),
        ([.., over, _], Part::House) => holds_house(page, start, over, last),
        (_, Part::Lane) => leads_to_house(page, start),
        (_, Part::Building | Part::Unit | Part::Floor) => is_part_of_building(page, start, first, pieces),
        _ => lives_before(page, start),
    };
    (is && !is_office(page, start, end)).then_some(end)
}

/// The end of a part that stands alone, when it is an address by itself.
fn lone_part(page: &Page, start: usize, lone: &Piece) -> Option<usize> {
    let end = lone.end;
    let counted = COUNTED.contains(&page.at(end));
    let is = match lone.part {
        Part::Lane => context::is_road(page, start),
        Part::House => return is_house(page, start, lone.number_end, end).then_some(end),
        // 中山路233号楼下: below a house of a road, not a building.
        Part::Building if page.before(end) == '楼' && matches!(page.at(end), '上' | '下') => {
            return (leads_to_house(page, start) && context::is_road(page, start)).then_some(end - 1);
        }
        Part::Building
            if page.has_any(lone.number_end, &["号家属楼", "号宿舍楼"]) && leads_to_house(page, start) =>
        {
            return Some(lone.number_end + 1);
        }
        Part::Building => {
            !counted && !context::counts_one(page, start, lone.number_end) && is_lived_in(page, start, end)
        }
        Part::Unit => page.at(start) != '中' && is_lived_in(page, start, end),
        Part::Group => !counted && (lives_before(page, start) || context::is_written_out(page, start, end)),
        Part::Room => is_lone_room(page, start, lone),
        _ => false,
    };
    (is && !is_office(page, start, end)).then_some(end)
}

/// A room number alone: three digits or more and 室, or 房 where somebody lives.
fn is_lone_room(page: &Page, start: usize, room: &Piece) -> bool {
    let digits = room.number_end - room.start;
    match page.before(room.end) {
        '室' => digits >= 3,
        '房' => (digits >= 3 || leads_to_house(page, start)) && is_lived_in(page, start, room.end),
        _ => false,
    }
}

/// Whether a chain that ends in a room or side is a flat.
fn is_flat(page: &Page, start: usize, pieces: &[Piece]) -> bool {
    let [first, .., last] = pieces else { return false };
    let told = matches!(page.before(last.end), '室' | '房');
    match (first.part, pieces.len()) {
        (Part::House, 2) if page.before(last.start) == '-' => {
            last.number_end - last.start >= 3 || leads_to_house(page, start)
        }
        (Part::House, 2) => told || leads_to_house(page, start) || is_lived_in(page, start, last.end),
        (Part::Group, 2) => first.number_end > start && !page.has_any(last.end, &PEOPLE),
        (Part::Zone | Part::Row, 2) => told,
        _ => true,
    }
}

/// Whether the part `over` before a house holds houses: a group, a lane, a row.
fn holds_house(page: &Page, start: usize, over: &Piece, house: &Piece) -> bool {
    let thing = NOT_A_HOUSE.contains(&page.at(house.end)) && !page.has_any(house.end, &["门口", "门前"]);
    let letter = page.at(start).is_ascii_alphabetic();
    let seat = page.ends_with_any(start, &["影院", "剧院", "剧场", "厅", "座位", "车", "票"]);
    let known = leads_to_house(page, start) || lives_before(page, start);
    match over.part {
        Part::Group => !thing && !letter,
        Part::Row => !thing && !seat && (known || super::page::is_han(page.before(start))),
        Part::Zone => {
            let numbered = house.number_end - house.start > 2 || page.before(house.start) == '-';
            !thing
                && (known
                    || numbered
                    || page.before(house.end) == '铺'
                    || page.has_any(house.end, &["铺", "商铺"]))
        }
        _ => !thing,
    }
}

/// Whether a chain down to a building, unit or floor is more than a place of trouble.
fn is_part_of_building(page: &Page, start: usize, first: &Piece, pieces: &[Piece]) -> bool {
    let end = pieces.last().map_or(start, |last| last.end);
    let has = |part: Part| pieces.iter().any(|piece| piece.part == part);
    let led = matches!(first.part, Part::House | Part::Lane) && leads_to_house(page, start);
    let entrance = has(Part::Building) && has(Part::Unit);
    let trouble = page.has_any(end, &TROUBLES) || page.at(end) == '的' && page.has_any(end + 1, &TROUBLES);
    led || is_lived_in(page, start, end) || entrance && !trouble
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_begins_an_address_is_among_the_beginnings() {
        let all = ('\u{80}'..='\u{ffff}').chain(['\u{20000}']);
        for c in all {
            for behind in ["单元", "楼", "3", "楼3", "院2", "期1", "层4"] {
                let page = Page::read(&format!("{c}{behind}"));
                assert_eq!(begins_here(&page, 0), begins_so(&page, 0), "{c}{behind}");
            }
        }
    }
}
