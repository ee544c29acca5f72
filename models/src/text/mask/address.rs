//! House and flat numbers: 12幢3单元502室, 5-2-301, 88号 after a road. The road or estate stays, and
//! so does a building alone, which says where a lamp is broken but not who lives there.

use super::page::{NOTHING, Page, WALL, is_han, spelled_digit};
use super::{MaskKind, MaskSpan};

/// The parts of an address below the road, in the words people use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Zone,
    Lane,
    Group,
    House,
    Household,
    Building,
    Unit,
    Floor,
    Room,
}

const UNITS: &[(&str, Part)] = &[
    ("弄", Part::Lane),
    ("区", Part::Zone),
    ("组", Part::Group),
    ("户", Part::Household),
    ("号楼", Part::Building),
    ("单元", Part::Unit),
    ("幢", Part::Building),
    ("栋", Part::Building),
    ("座", Part::Building),
    ("号房", Part::Room),
    ("号", Part::House),
    ("楼", Part::Floor),
    ("层", Part::Floor),
    ("室", Part::Room),
    ("房", Part::Room),
];
/// Where a house number follows. 街道 and 铁路 are not in it for their last character.
const ROADS: &[char] = &['路', '街', '巷', '弄', '村', '衖', '苑', '墅', '邸', '庄', '岙', '园'];
/// What a house number follows besides: roads of two characters, and words for where one lives.
const DWELLINGS: &[&str] = &[
    "大道",
    "胡同",
    "东段",
    "西段",
    "南段",
    "北段",
    "中段",
    "家住",
    "住",
    "门牌",
    "门牌号",
    "门牌是",
    "店面",
    "家门口",
    "我家",
    "地址",
    "村口",
    "地址是",
    "隔壁",
    "家是",
    "就在",
    "住在",
    "小区",
    "新村",
    "公寓",
    "花园",
    "家园",
    "铺子",
    "屋里",
];
/// What follows 号 after the word for a home when it is a day.
const DAYS: &[char] = &['开', '之', '结', '办', '装', '回', '搬', '来', '去', '就', '停', '漏'];
/// Words before a number with dashes that is no address.
/// Words for living somewhere, within a few characters before a number.
const LIVING: &[&str] = &["住", "地址", "位于", "老屋", "房子在", "这里是", "寄到", "门牌"];
/// Before a bare room number: a flat of one's own or of those around.
const AROUND: &[&str] = &["住", "楼上", "楼下", "隔壁", "对门", "对面"];
const CODES: &[&str] = &["码", "编号", "型号", "比分", "坐标", "号", "柜", "序列", "单", "房号码", "版本"];
/// What follows a number after a road when it counts something else: a line, a gate, a day.
const NOT_A_HOUSE: &[char] = &[
    '线', '口', '门', '桥', '井', '机', '点', '站', '台', '杆', '灯', '坑', '塘', '闸', '隧', '仓', '码',
    '泵', '文', '令', '公', '通', '车', '地', '上', '下', '晚', '早', '凌', '中', '当', '起', '前', '后',
    '选', '房', '桩', '球',
];
/// What follows a count after a building: 12栋502户, 3幢2019年.
const COUNTED: &[char] = &[
    '户', '平', '米', '元', '人', '年', '月', '日', '个', '名', '万', '亿', '千', '百', '余', '多', '岁',
    '块', '斤', '吨', '公', '里', '套', '间', '辆', '台', '株', '亩', '次', '条', '件', '瓦', '度', '℃', '%',
    '㎡', '号', '路', '急', '层', '栋', '幢', '天', '小', '分', '点',
];

/// A number and its unit, as far as the next one.
struct Piece {
    part: Part,
    digits: Vec<char>,
    end: usize,
}

pub(super) fn find(page: &Page, claims: &mut Vec<MaskSpan>) {
    let mut at = 0;
    while at < page.chars.len() {
        let begins = is_number_char(page.at(at)) && !continues_a_number(page, at);
        let found = begins
            .then(|| chain(page, at).or_else(|| dashed(page, at)).or_else(|| bare_room(page, at)))
            .flatten();
        let Some(end) = found else {
            at += 1;
            continue;
        };
        // 第6组28户: the ordinal belongs to the number.
        let start = at - usize::from(page.before(at) == '第');
        claims.push(MaskSpan { kind: MaskKind::Address, start, end });
        at = listed(page, end, claims);
    }
}

/// Claims the houses that a list goes on with: 1号和2号, 6号到20号. Returns where it ends.
fn listed(page: &Page, mut end: usize, claims: &mut Vec<MaskSpan>) -> usize {
    while page.before(end) == '号' && matches!(page.at(end), '和' | '、' | '到' | '至' | '与' | '及' | '-')
    {
        let digits = number(page, end + 1);
        let next = end + 1 + digits.len();
        if !is_usual(&digits) || page.at(next) != '号' || NOT_A_HOUSE.contains(&page.at(next + 1)) {
            break;
        }
        claims.push(MaskSpan { kind: MaskKind::Address, start: end + 1, end: next + 1 });
        end = next + 1;
    }
    end
}

fn is_number_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || spelled(c)
}

fn spelled(c: char) -> bool {
    spelled_digit(c).is_some() || matches!(c, '十' | '百' | '甲' | '乙' | '丙' | '丁')
}

/// Whether the character here only goes on with what stands before it, or is a month's day.
fn continues_a_number(page: &Page, at: usize) -> bool {
    let before = page.before(at);
    let same = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '*' | '+' | '/');
    let dashed = before == '-' && at >= 2 && is_number_char(page.at(at - 2));
    dashed
        || page.at(at).is_ascii_alphanumeric() && same(before)
        || spelled(page.at(at)) && spelled(before)
        || matches!(before, '月' | '〕' | ']')
        || before == '第' && !groups_people(page, at)
}

/// 第6组28户: an ordinal of a village's group.
fn groups_people(page: &Page, at: usize) -> bool {
    let digits = number(page, at);
    page.at(at + digits.len()) == '组' && is_number_char(page.at(at + digits.len() + 1))
}

/// The characters of the number at an index: digits with a letter before or after, or numerals.
fn number(page: &Page, at: usize) -> Vec<char> {
    let run = |accept: fn(char) -> bool| -> Vec<char> {
        (at..at + 8).map(|i| page.at(i)).take_while(|&c| accept(c)).collect()
    };
    let numerals = run(spelled);
    if numerals.is_empty() { run(|c| c.is_ascii_alphanumeric()) } else { numerals }
}

fn is_usual(number: &[char]) -> bool {
    let letters = number.iter().filter(|c| c.is_ascii_alphabetic()).count();
    (1..=5).contains(&number.len()) && letters <= 1
}

/// The end of a chain of parts that starts here, when the chain says where someone lives.
fn chain(page: &Page, start: usize) -> Option<usize> {
    let road = ROADS.contains(&page.before(start));
    let home = page.ends_with_any(start, DWELLINGS) || after_kin(page, start);
    let after_road = road || home || after_group(page, start);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = start;
    while let Some(piece) = piece(page, at, pieces.last()) {
        let rank = piece.part as u8;
        let falls = pieces.last().is_none_or(|last| rank > last.part as u8 || nests(last.part, piece.part));
        if !falls {
            break;
        }
        at = skip_separators(page, piece.end);
        pieces.push(piece);
    }
    // A household counts people unless a group or house leads to it.
    let last = pieces.last()?;
    let end = last.end;
    match pieces.as_slice() {
        [lane] if lane.part == Part::Lane && road => Some(end),
        [lone] if matches!(lone.part, Part::Zone | Part::Lane | Part::Group | Part::Household) => None,
        [building] if building.part == Part::Building => {
            (lives_near(page, start) && !COUNTED.contains(&page.at(end))).then_some(end)
        }
        [house] if house.part == Part::House => {
            let day = !road && DAYS.contains(&page.at(end)) || page.at(end) == '线';
            let opens = page.has_any(end, &["开工", "开始", "开业", "开会", "开通", "开庭", "开放", "开学"]);
            let next = page.at(end);
            let other = NOT_A_HOUSE.contains(&next) && !(road && matches!(next, '前' | '后'));
            let house = (after_road || lives_near(page, start)) && !day && !opens && !other;
            (house || after_road && page.has_any(end, &["门口", "门前"])).then(|| house_tail(page, end))
        }
        [room] => (room.part == Part::Room && is_flat(page, room)).then_some(end),
        pieces => {
            let dwelling = pieces.iter().any(|p| matches!(p.part, Part::Unit | Part::Room));
            let led = |part: Part| matches!(part, Part::House | Part::Lane) && after_road;
            let village = pieces[0].part == Part::Group && matches!(last.part, Part::House | Part::Household);
            // 12幢6号
            let numbered = last.part == Part::House && pieces[pieces.len() - 2].part == Part::Building;
            (dwelling || led(pieces[0].part) || village || numbered).then_some(end)
        }
    }
}

/// Whether one part may hold another of the same or a higher rank: 5弄2弄, 12号3号楼.
fn nests(outer: Part, inner: Part) -> bool {
    matches!((outer, inner), (Part::House | Part::Building, Part::House) | (Part::Lane, Part::Lane))
}

/// Whether words for living somewhere stand within ten characters before a number that follows a name of a place.
fn lives_near(page: &Page, start: usize) -> bool {
    const REACH: usize = 10;
    let place = is_han(page.before(start)) && page.before(start) != '月';
    place
        && (start.saturating_sub(REACH)..start)
            .rev()
            .take_while(|&i| is_han(page.at(i)))
            .any(|i| page.has_any(i, LIVING))
}

/// 楼上1203, 住601, and 我1103 beside a neighbour's: three or four digits that are a room.
fn bare_room(page: &Page, start: usize) -> Option<usize> {
    let digits = (start..).take_while(|&i| page.at(i).is_ascii_digit()).count();
    let end = start + digits;
    let next = page.at(end);
    let alone = (3..=4).contains(&digits) && page.at(start) != '0' && !next.is_ascii_alphanumeric();
    if !alone || COUNTED.contains(&next) || matches!(next, '-' | '.' | '/' | '多' | '弄' | '国' | '省') {
        return None;
    }
    let own = page.ends_with_any(start, &["我", "他", "她", "我在", "他在", "她在"])
        && (!is_han(next) || matches!(next, '我' | '他' | '她'));
    let around = page.ends_with_any(start, AROUND);
    (around || own && page.speaks_of_neighbours).then_some(end)
}

/// 邻居家19号: the house of one whose name stands masked, or of a kind of neighbour.
fn after_kin(page: &Page, start: usize) -> bool {
    page.before(start) == '家' && start >= 2 && {
        let owner = page.at(start - 2);
        owner == WALL || matches!(owner, '我' | '他' | '她' | '居' | '壁')
    }
}

/// 3组12号: a group of a village stands where a road does in town.
fn after_group(page: &Page, start: usize) -> bool {
    page.before(start) == '组' && start >= 2 && is_number_char(page.at(start - 2))
}

/// A room number alone: three or four digits and 室.
fn is_flat(page: &Page, room: &Piece) -> bool {
    page.before(room.end) == '室' && (3..=5).contains(&room.digits.len()) && !page.has(room.end, "内")
        || page.before(room.end) == '室' && room.digits.len() >= 3
}

/// 88号-1, 88号附2, 88号之3
fn house_tail(page: &Page, end: usize) -> usize {
    let digits = (end + 1..).take_while(|&i| page.at(i).is_ascii_digit()).count();
    let tail = matches!(page.at(end), '-' | '附' | '之') && (1..=4).contains(&digits);
    if tail { end + 1 + digits } else { end }
}

fn skip_separators(page: &Page, from: usize) -> usize {
    (from..from + 2).take_while(|&i| matches!(page.at(i), ' ' | '-' | ',' | NOTHING)).count() + from
}

/// One part of an address; a last number without a unit is a room when what leads to it can hold one.
fn piece(page: &Page, at: usize, before: Option<&Piece>) -> Option<Piece> {
    let mut digits = number(page, at);
    let mut end = at + digits.len();
    if page.at(end) == '-' && page.at(end + 1).is_ascii_digit() {
        let more = number(page, end + 1);
        let after = end + 1 + more.len();
        let room = before.is_some_and(|last| last.part == Part::Building) && (3..=4).contains(&more.len());
        if is_usual(&digits) && is_usual(&more) && (unit(page, after).is_some() || room) {
            end += 1 + more.len();
            digits = more;
        }
    }
    if !is_usual(&digits) {
        return None;
    }
    // 2单元102号: after a building or unit, a number of three or four digits is a room.
    let numbered = page.at(end) == '号' && !page.has_any(end, &["号楼", "号房"]);
    if numbered && before.is_some_and(|last| holds_room(page, last, &digits, end + 1)) {
        return Some(Piece { part: Part::Room, digits, end: end + 1 });
    }
    match unit(page, end) {
        Some((word, part)) if part != Part::Floor || digits.len() <= 2 => {
            Some(Piece { part, digits, end: end + word.chars().count() })
        }
        _ => before.filter(|last| holds_room(page, last, &digits, end)).map(|_| Piece {
            part: Part::Room,
            digits,
            end,
        }),
    }
}

fn unit(page: &Page, at: usize) -> Option<(&'static str, Part)> {
    let found = UNITS.iter().copied().find(|(word, _)| {
        // 11号楼上: upstairs of number 11, not a building of that number.
        page.has(at, word) && !(*word == "号楼" && matches!(page.at(at + 2), '上' | '下' | '顶' | '道'))
    })?;
    // 3号线, 5号门: not parts of an address. 2楼道, 3层楼: a kind of place.
    let next = page.at(at + found.0.chars().count());
    let before: Vec<char> = (1..=3).map(|back| page.at(at.wrapping_sub(back))).collect();
    let flat = page.at(at) == '室' && before.iter().all(|c| is_number_char(*c));
    let other = !flat
        && match found.1 {
            Part::House => matches!(next, '线' | '令' | '文'),
            Part::Zone => !is_number_char(next),
            Part::Group | Part::Household => false,
            Part::Floor => matches!(next, '道' | '梯' | '楼' | '盘'),
            Part::Room => matches!(next, '子' | '屋' | '产' | '间' | '东' | '外' | '款' | '价' | '贷'),
            _ => false,
        };
    (!other).then_some(found)
}

fn holds_room(page: &Page, before: &Piece, digits: &[char], end: usize) -> bool {
    let year = before.part == Part::House && (page.has(end, "年") || digits.len() > 4);
    let room = (3..=4).contains(&digits.iter().filter(|c| c.is_ascii_digit() || spelled(**c)).count());
    let on_floor = before.part != Part::Floor || digits.starts_with(&before.digits);
    let part = !year && matches!(before.part, Part::Building | Part::Unit | Part::Floor | Part::House);
    let next = page.at(end);
    room && on_floor && part && !COUNTED.contains(&next) && !matches!(next, '-' | '.' | '/')
}

/// 5-2-301: building, unit and room; 3-502室 and 3幢-502.
fn dashed(page: &Page, start: usize) -> Option<usize> {
    let mut lengths = Vec::new();
    let mut at = start;
    loop {
        let digits = (at..).take_while(|&i| page.at(i).is_ascii_digit()).count();
        lengths.push(digits);
        at += digits;
        if digits == 0 || page.at(at) != '-' || lengths.len() == 4 {
            break;
        }
        at += 1;
    }
    let label = (0..3).find(|&n| !matches!(page.before(start.saturating_sub(n)), ' ' | ':' | '是'));
    let room_label = label.is_some_and(|n| page.ends_with_any(start - n, &["房号", "室号", "门牌号"]));
    if !room_label && label.is_some_and(|n| page.ends_with_any(start - n, CODES)) {
        return None;
    }
    let room = matches!(page.at(at), '室' | '房');
    let year = page.has(at - lengths.last()?.min(&at), "19") || page.has(at - lengths.last()?.min(&at), "20");
    let fits = match lengths.as_slice() {
        [1..=3, 1..=2, 3] => true,
        [1..=3, 1..=2, 4] => room || !year,
        [1..=3, 3..=4] => room,
        _ => false,
    };
    let goes_on = page.at(at).is_ascii_alphanumeric() || matches!(page.at(at), '.' | '/' | '*' | '-');
    let counted = !room && COUNTED.contains(&page.at(at));
    (fits && !goes_on && !counted).then_some(at + usize::from(room))
}
