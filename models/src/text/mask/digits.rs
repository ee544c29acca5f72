//! Runs of digits, however people space them, and what may stand between.

use super::page::{NOTHING, Page, spelled_digit};

/// The longest number any finder looks for, in digits: country code 0086 and a card of 19.
const LONGEST: usize = 23;

/// Digits with nothing visible between them, `start..end` in characters of the page.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) values: Vec<u8>,
    /// Whether only spaces, dashes, dots or brackets part it from the group before.
    joined: bool,
}

/// Groups read as one number: its digits and how many each group has.
#[derive(Debug)]
pub(super) struct Number {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) values: Vec<u8>,
    pub(super) shape: Vec<usize>,
}

/// The groups of plain digits of a page, in order.
pub(super) fn groups(page: &Page) -> Vec<Group> {
    groups_by(page, plain_digit)
}

/// The groups of plain digits and Chinese numerals, for numbers that are spelled out.
pub(super) fn spelled_groups(page: &Page) -> Vec<Group> {
    groups_by(page, |c| plain_digit(c).or_else(|| spelled_digit(c)))
}

fn plain_digit(c: char) -> Option<u8> {
    c.is_ascii_digit().then(|| c as u8 - b'0')
}

fn groups_by(page: &Page, value: impl Fn(char) -> Option<u8>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut open = false;
    for (index, &c) in page.chars.iter().enumerate() {
        if let Some(digit) = value(c) {
            match groups.last_mut() {
                Some(group) if open => {
                    group.values.push(digit);
                    group.end = index + 1;
                }
                last => {
                    let joined = last.is_some_and(|l| is_gap(&page.chars[l.end..index]));
                    groups.push(Group { start: index, end: index + 1, values: vec![digit], joined });
                    open = true;
                }
            }
        } else if c != NOTHING {
            open = false;
        }
    }
    groups
}

fn is_gap(between: &[char]) -> bool {
    between.len() <= 3
        && between.iter().all(|c| matches!(c, ' ' | '-' | '.' | '·' | '(' | ')' | '_' | &NOTHING))
}

/// Every number that begins with the group `first`: alone, with the next joined group, and so on.
pub(super) fn numbers(groups: &[Group], first: usize) -> impl Iterator<Item = Number> + '_ {
    let start = groups[first].start;
    let mut so_far: Vec<u8> = Vec::new();
    let mut shape = Vec::new();
    groups[first..].iter().enumerate().take_while(|(i, group)| *i == 0 || group.joined).map_while(
        move |(_, group)| {
            so_far.extend(group.values.iter().take(LONGEST + 1));
            shape.push(group.values.len());
            (so_far.len() <= LONGEST).then(|| Number {
                start,
                end: group.end,
                values: so_far.clone(),
                shape: shape.clone(),
            })
        },
    )
}
