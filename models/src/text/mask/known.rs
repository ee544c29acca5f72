//! Values the caller knows from elsewhere, such as the name and number columns of a sheet.

use aho_corasick::{AhoCorasick, MatchKind};

use super::page::{Page, fold};
use super::{MaskKind, MaskSpan};

/// What sheets write where a name is not given.
const STAND_INS: &[&str] = &[
    "匿名",
    "未知",
    "市民",
    "先生",
    "女士",
    "保密",
    "不详",
    "来电人",
    "群众",
    "网友",
    "热心市民",
    "居民",
    "村民",
    "业主",
    "匿名用户",
    "游客",
    "用户",
    "不愿透露",
    "没有",
    "暂无",
    "投诉人",
    "反映人",
    "诉求人",
];

/// Claims every place where a known value stands; of two that begin alike, the longer.
pub(super) fn find(page: &Page, known: &[(MaskKind, &str)], claims: &mut Vec<MaskSpan>) {
    let wanted: Vec<(MaskKind, String)> = known
        .iter()
        .map(|&(kind, value)| (kind, value.trim().chars().map(fold).collect()))
        .filter(is_usable)
        .collect();
    if wanted.is_empty() {
        return;
    }
    let matcher =
        AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(wanted.iter().map(|(_, v)| v));
    let Ok(matcher) = matcher else { return };
    let text: String = page.chars.iter().collect();
    let (mut bytes, mut start) = (0, 0);
    for found in matcher.find_iter(&text) {
        start += text[bytes..found.start()].chars().count();
        bytes = found.start();
        let end = start + text[found.range()].chars().count();
        if !splits_a_number(page, start, end) {
            claims.push(MaskSpan { kind: wanted[found.pattern().as_usize()].0, start, end });
        }
    }
}

fn is_usable((kind, value): &(MaskKind, String)) -> bool {
    let length = value.chars().count();
    let enough = if *kind == MaskKind::Name { 2 } else { 5 };
    let masked = value.contains(['*', '某', '×', '\0', '〔', '〕']);
    length >= enough && !masked && !STAND_INS.contains(&value.as_str())
}

/// Whether the characters around a value are more digits of a longer number.
fn splits_a_number(page: &Page, start: usize, end: usize) -> bool {
    let both = |a: char, b: char| a.is_ascii_digit() && b.is_ascii_digit();
    both(page.before(start), page.at(start)) || both(page.before(end), page.at(end))
}
