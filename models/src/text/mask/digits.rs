//! Runs of digits, however people space them, and what may stand between.

use super::page::{NOTHING, Page, spelled_digit};

/// The longest number any finder looks for, in digits: country code 0086 and a card of 19.
const LONGEST: usize = 23;

/// Digits with nothing visible between them, `start..end` in characters of the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The first digit.
    pub(super) first: u8,
    /// Where its digits begin among those of the page.
    from: usize,
    /// Whether only spaces, dashes, dots or brackets part it from the group before.
    joined: bool,
}

/// The groups of a page in order. Digits and lengths lie in one row each, so that any groups in a
/// row can be read as one number without a copy.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) list: Vec<Group>,
    values: Vec<u8>,
    lengths: Vec<usize>,
}

/// Groups read as one number: its digits and how many each group has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) values: &'a [u8],
    pub(super) shape: &'a [usize],
}

/// The groups of plain digits of a page, in order.
pub(super) fn groups(page: &Page) -> Groups {
    groups_by(page, plain_digit)
}

/// The groups of plain digits and Chinese numerals, for numbers that are spelled out.
pub(super) fn spelled_groups(page: &Page) -> Groups {
    groups_by(page, |c| plain_digit(c).or_else(|| spelled_digit(c)))
}

fn plain_digit(c: char) -> Option<u8> {
    c.is_ascii_digit().then(|| c as u8 - b'0')
}

fn groups_by(page: &Page, value: impl Fn(char) -> Option<u8>) -> Groups {
    let mut groups = Groups::default();
    let mut open = false;
    for (index, &c) in page.chars.iter().enumerate() {
        if let Some(digit) = value(c) {
            groups.push(page, index, digit, open);
            open = true;
        } else if c != NOTHING {
            open = false;
        }
    }
    groups
}

impl Groups {
    /// Takes in a digit: of the last group if that is open, else of a new one.
    fn push(&mut self, page: &Page, index: usize, digit: u8, open: bool) {
        match (self.list.last_mut(), self.lengths.last_mut()) {
            (Some(group), Some(length)) if open => {
                group.end = index + 1;
                *length += 1;
            }
            (last, _) => {
                let joined = last.is_some_and(|last| is_gap(&page.chars[last.end..index]));
                let from = self.values.len();
                self.list.push(Group { start: index, end: index + 1, first: digit, from, joined });
                self.lengths.push(1);
            }
        }
        self.values.push(digit);
    }

    /// How many digits a group has.
    pub(super) fn length(&self, index: usize) -> usize {
        self.lengths[index]
    }

    /// Every number that begins with the group `first`: alone, with the next joined group, and so on.
    pub(super) fn numbers(&self, first: usize) -> impl Iterator<Item = Number<'_>> {
        let Group { start, from, .. } = self.list[first];
        let joined = self.list[first..].iter().enumerate().take_while(|(i, group)| *i == 0 || group.joined);
        joined.map_while(move |(i, group)| {
            let to = group.from + self.lengths[first + i];
            (to - from <= LONGEST).then(|| Number {
                start,
                end: group.end,
                values: &self.values[from..to],
                shape: &self.lengths[first..=first + i],
            })
        })
    }
}

fn is_gap(between: &[char]) -> bool {
    between.len() <= 3
        && between.iter().all(|c| matches!(c, ' ' | '-' | '.' | '·' | '(' | ')' | '_' | &NOTHING))
}
