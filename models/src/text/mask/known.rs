//! Values the caller knows from elsewhere, such as the name and number columns of a sheet.

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

/// The values of a record that are masked wherever they stand in its texts, as the finders read them.
#[derive(Debug, Clone, Default)]
pub struct Known(Vec<(MaskKind, Vec<char>)>);

impl Known {
    /// Names of one character, numbers of fewer than five, stand-ins (匿名, 市民) and values that are masked
    /// themselves are passed over.
    pub fn new(values: &[(MaskKind, &str)]) -> Self {
        let folded = values.iter().map(|&(kind, value)| (kind, value.trim().chars().map(fold).collect()));
        Self(folded.filter(is_usable).collect())
    }

    /// Whether one of the values stands in a folded text.
    pub(super) fn stands_in(&self, folded: &[char]) -> bool {
        self.0.iter().any(|(_, value)| places(folded, value).next().is_some())
    }
}

/// Claims every place where a known value stands; of two that begin alike, the longer.
pub(super) fn find(page: &Page, Known(wanted): &Known, claims: &mut Vec<MaskSpan>) {
    if wanted.is_empty() {
        return;
    }
    // The values are few and differ from record to record: looking for each is cheaper than an automaton of all.
    let mut found: Vec<(usize, usize, MaskKind)> = wanted
        .iter()
        .flat_map(|(kind, value)| places(&page.chars, value).map(|start| (start, start + value.len(), *kind)))
        .collect();
    found.sort_unstable_by_key(|&(start, end, _)| (start, std::cmp::Reverse(end)));
    let mut free = 0;
    for (start, end, kind) in found {
        if start < free {
            continue;
        }
        if !splits_a_number(page, start, end) {
            claims.push(MaskSpan { kind, start, end });
        }
        free = end;
    }
}

/// Where a value stands in a text, one after the other.
fn places(text: &[char], value: &[char]) -> impl Iterator<Item = usize> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let first = *value.first()?;
        loop {
            let start = from + text.get(from..)?.iter().position(|&c| c == first)?;
            if text[start..].starts_with(value) {
                from = start + value.len();
                return Some(start);
            }
            from = start + 1;
        }
    })
}

fn is_usable((kind, value): &(MaskKind, Vec<char>)) -> bool {
    let enough = if *kind == MaskKind::Name { 2 } else { 5 };
    let masked = value.iter().any(|c| matches!(c, '*' | '某' | '×' | '\0' | '〔' | '〕'));
    value.len() >= enough && !masked && !STAND_INS.iter().any(|word| value.iter().copied().eq(word.chars()))
}

/// Whether the characters around a value are more digits of a longer number.
fn splits_a_number(page: &Page, start: usize, end: usize) -> bool {
    let both = |a: char, b: char| a.is_ascii_digit() && b.is_ascii_digit();
    both(page.before(start), page.at(start)) || both(page.before(end), page.at(end))
}
