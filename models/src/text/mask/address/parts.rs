//! Reads an address below the road as the chain of its parts: 12号, 3幢, 2单元, 5楼, 502室, 东户.

use super::super::page::{NOTHING, Page, spelled_digit};
use super::super::word_list::Words;
use super::lists::{COUNTED, NOT_A_HOUSE};

/// The parts from the widest to the narrowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Zone,
    Group,
    Lane,
    Row,
    House,
    Building,
    Unit,
    Floor,
    Room,
    Side,
}

/// The words for a part; of two that begin alike the longer first.
const UNITS: &[(&str, Part)] = &[
    ("号宿舍楼", Part::Building),
    ("号家属楼", Part::Building),
    ("村民小组", Part::Group),
    ("村民组", Part::Group),
    ("生产队", Part::Group),
    ("号大院", Part::House),
    ("小组", Part::Group),
    ("组", Part::Group),
    ("社", Part::Group),
    ("队", Part::Group),
    ("连", Part::Group),
    ("支弄", Part::Lane),
    ("弄", Part::Lane),
    ("巷", Part::Lane),
    ("街", Part::Lane),
    ("村", Part::Zone),
    ("街区", Part::Zone),
    ("区", Part::Zone),
    ("排", Part::Row),
    ("号楼", Part::Building),
    ("号栋", Part::Building),
    ("号幢", Part::Building),
    ("号座", Part::Building),
    ("单元", Part::Unit),
    ("幢", Part::Building),
    ("栋", Part::Building),
    ("座", Part::Building),
    ("#楼", Part::Building),
    ("#", Part::Building),
    ("门", Part::Unit),
    ("号房", Part::Room),
    ("号院", Part::House),
    ("号", Part::House),
    ("户", Part::Room),
    ("楼", Part::Floor),
    ("层", Part::Floor),
    ("室", Part::Room),
    ("房", Part::Room),
];
/// Words for parts that mean something else unless another part follows.
const ONLY_BEFORE_MORE: &[&str] = &["社", "队", "连", "排", "门", "区", "街区", "巷", "街", "村"];
static SIDES: Words =
    Words::of(&["东户", "西户", "中户", "南户", "北户", "左户", "右户", "中间户", "地下室"]);

/// A number and its unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) part: Part,
    pub(super) start: usize,
    /// Where its number ends.
    pub(super) number_end: usize,
    pub(super) end: usize,
}

pub(super) fn is_number_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || spelled(c)
}

pub(super) fn spelled(c: char) -> bool {
    spelled_digit(c).is_some() || matches!(c, '十' | '百') || is_stem(c)
}

fn is_stem(c: char) -> bool {
    matches!(c, '甲' | '乙' | '丙' | '丁')
}

/// Where the number at an index ends: digits with a letter or stem before or after, or numerals.
pub(super) fn number_end(page: &Page, at: usize) -> usize {
    const LONGEST: usize = 8;
    let run = |from: usize, accept: fn(char) -> bool| {
        (from..at + LONGEST).take_while(|&i| accept(page.at(i))).count() + from
    };
    let from = at + usize::from(is_stem(page.at(at)));
    let digits = run(from, |c| c.is_ascii_alphanumeric());
    let below = from + usize::from(page.at(from) == '负');
    let numerals = run(below, spelled);
    if digits > from {
        digits
    } else if numerals > below {
        numerals
    } else {
        from
    }
}

/// Whether a number has the form that parts of addresses have.
pub(super) fn is_usual(page: &Page, start: usize, end: usize) -> bool {
    let letters = (start..end).filter(|&i| page.at(i).is_ascii_alphabetic()).count();
    (1..=5).contains(&(end - start)) && letters <= 1
}

/// The chain of parts that starts here, each inside the one before it.
pub(super) fn chain(page: &Page, start: usize) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = start;
    while let Some(piece) = side(page, at, pieces.last()).or_else(|| piece(page, at, pieces.last())) {
        let nests = |last: &Piece| match piece.part {
            Part::Lane => last.part == Part::Lane,
            Part::House => last.part == Part::House && page.before(last.end) == '院',
            _ => false,
        };
        let inside = |last: &Piece| piece.part > last.part || nests(last);
        if !pieces.last().is_none_or(inside) {
            break;
        }
        at = skip_separators(page, piece.end);
        pieces.push(piece);
    }
    pieces
}

fn skip_separators(page: &Page, from: usize) -> usize {
    let parts = |i: &usize| matches!(page.at(*i), ' ' | '-' | ',' | '/' | '·' | NOTHING);
    (from..from + 2).take_while(parts).count() + from
}

/// A part without a number: 东单元, 西楼 before a unit, and 西户 or 东 after a floor or room.
fn side(page: &Page, at: usize, before: Option<&Piece>) -> Option<Piece> {
    let found = |part, length| Some(Piece { part, start: at, number_end: at, end: at + length });
    if let Some(last) = before.filter(|last| last.part >= Part::Unit) {
        if let Some(word) = page.first_of(at, &SIDES) {
            return found(Part::Side, word.chars().count());
        }
        let ends =
            !matches!(page.at(at + 1), '边' | '侧' | '面' | '门' | '头' | '南' | '北' | '区' | '单' | '路');
        let ends = ends && (last.part == Part::Room || !super::super::page::is_han(page.at(at + 1)));
        if last.part >= Part::Floor && matches!(page.at(at), '东' | '西') && ends {
            return found(Part::Side, 1);
        }
    }
    let direction = matches!(page.at(at), '东' | '西' | '南' | '北' | '中');
    if direction && page.has(at + 1, "单元") {
        return found(Part::Unit, 3);
    }
    let building = direction && page.at(at + 1) == '楼' && is_number_char(page.at(at + 2));
    if building { found(Part::Building, 2) } else { None }
}

/// A number with its unit, or a number that is a room for what stands before it.
fn piece(page: &Page, at: usize, before: Option<&Piece>) -> Option<Piece> {
    let mut start = at + usize::from(page.at(at) == '第' && before.is_some());
    let mut end = number_end(page, start);
    if end > start
        && is_usual(page, start, end)
        && matches!(page.at(end), '-' | '之')
        && page.at(end + 1).is_ascii_digit()
    {
        let after = number_end(page, end + 1);
        let more = is_usual(page, end + 1, after);
        if more
            && (unit(page, after, before).is_some()
                || before.is_some_and(|b| holds_pair(page, b, end, after)))
        {
            start = end + 1;
            end = after;
            if unit(page, after, before).is_none() {
                return Some(Piece { part: Part::Room, start, number_end: end, end });
            }
        }
    }
    if end == start || !is_usual(page, start, end) {
        return None;
    }
    let piece = |part, to| Some(Piece { part, start, number_end: end, end: to });
    match unit(page, end, before) {
        Some(("号", _)) if before.is_some_and(|last| last.part >= Part::Building) => {
            let shop = page.has_any(end + 1, &["房", "门面", "门店"]);
            let thing = NOT_A_HOUSE.contains(&page.at(end + 1)) && !shop && end - start < 3;
            if thing { None } else { piece(Part::Room, end + 1) }
        }
        Some((word, Part::House)) => piece(Part::House, house_tail(page, end + word.chars().count())),
        // 512楼3门: in old estates a building's number, but 2602楼上 is a room.
        Some((word, Part::Floor)) if end - start > 2 => {
            let building = is_number_char(page.at(end + word.chars().count()));
            let room = || before.filter(|last| holds_room(page, last, start, end));
            if building {
                piece(Part::Building, end + 1)
            } else {
                room().and_then(|_| piece(Part::Room, end))
            }
        }
        Some((word, part)) => piece(part, end + word.chars().count()),
        None => before.filter(|last| holds_room(page, last, start, end)).and_then(|_| piece(Part::Room, end)),
    }
}

/// The word for a part that stands at an index, after a number.
fn unit(page: &Page, at: usize, before: Option<&Piece>) -> Option<(&'static str, Part)> {
    UNITS.iter().copied().find(|&(word, part)| page.has(at, word) && is_part(page, at, word, part, before))
}

/// Whether a word is the unit of a part here and not the beginning of another word.
fn is_part(page: &Page, at: usize, word: &str, part: Part, before: Option<&Piece>) -> bool {
    let end = at + word.chars().count();
    let next = page.at(end);
    if ONLY_BEFORE_MORE.contains(&word) {
        let more = skip_separators(page, end);
        // 桂花二村 is a name, 6村 is a part.
        let named = matches!(word, "巷" | "街" | "村") && !page.before(at).is_ascii_digit();
        return !named && is_number_char(page.at(more)) && number_end(page, more) - more <= 4;
    }
    match word {
        "号" => !matches!(next, '线' | '令' | '文'),
        "室" => page.at(at.wrapping_sub(1)).is_ascii_digit() || !matches!(next, '内' | '外'),
        "户" => before.is_some_and(|last| matches!(last.part, Part::Group | Part::Unit | Part::House)),
        "号院" => !matches!(next, '长' | '士' | '墙'),
        "号楼" => next != '长',
        "房" | "号房" => !matches!(next, '子' | '屋' | '产' | '间' | '东' | '外' | '款' | '价' | '贷'),
        "组" | "小组" => next != '长',
        _ if part == Part::Floor => !matches!(next, '道' | '梯' | '楼' | '盘'),
        _ => true,
    }
}

/// 8幢5-3, 22幢1-602, 2单元7-4: unit and room, or floor and room, of the building before.
fn holds_pair(page: &Page, before: &Piece, dash: usize, end: usize) -> bool {
    let length = end - dash - 1;
    let holds = matches!(before.part, Part::House | Part::Building | Part::Unit);
    let next = page.at(end);
    let goes_on = COUNTED.contains(&next) || matches!(next, '-' | '.' | '/');
    let digits = (dash + 1..end).all(|i| page.at(i).is_ascii_digit());
    holds && digits && !goes_on && length <= 4
}

/// Whether a number without a unit is a room of what stands before it.
fn holds_room(page: &Page, before: &Piece, start: usize, end: usize) -> bool {
    let digits = (start..end).filter(|&i| page.at(i).is_ascii_digit() || spelled(page.at(i))).count();
    let value = |i: usize| page.at(i).to_digit(10).or_else(|| spelled_digit(page.at(i)).map(u32::from));
    let floor = (before.start..before.number_end).zip(start..end).all(|(a, b)| value(a) == value(b));
    let on_floor = before.part != Part::Floor || floor;
    let holds = matches!(before.part, Part::House | Part::Building | Part::Unit | Part::Floor);
    let next = page.at(end);
    let goes_on = COUNTED.contains(&next) || matches!(next, '-' | '.' | '/');
    (3..=4).contains(&digits) && on_floor && holds && !goes_on && !page.has(end, "办公")
}

/// Where a house number ends: 88号-1, 88号附2号, 88号之一, 88号乙.
fn house_tail(page: &Page, end: usize) -> usize {
    if is_stem(page.at(end)) || page.at(end) == '铺' && !matches!(page.at(end + 1), '设' | '路' | '面' | '子')
    {
        return end + 1;
    }
    if page.has_any(end, &["后院", "前院", "后屋", "前屋", "别墅"]) {
        return end + 2;
    }
    let from = end + 1;
    let digits = (from..from + 4).take_while(|&i| page.at(i).is_ascii_digit()).count();
    let numerals = (from..from + 2).take_while(|&i| spelled_digit(page.at(i)).is_some()).count();
    let to = from + digits.max(numerals);
    let tail = match page.at(end) {
        '附' | '之' => to > from,
        '-' => (1..=4).contains(&digits) && page.at(to) != '-' && unit(page, to, None).is_none(),
        _ => false,
    };
    let numbered = tail && page.at(end) == '附' && page.at(to) == '号';
    if tail { to + usize::from(numbered) } else { end }
}
