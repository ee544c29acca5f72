//! Weighs what has the form of a house or flat number by its parts and by what stands around it; the weights
//! are learned by `examples/train_masking`. What the rules say is one of the things that are weighed.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::super::features::{kind, left, number, right};
use super::super::page::{Page, WALL, is_han};
use super::super::table::{Table, key};
use super::lists::{COUNTED, NOT_A_HOUSE};
use super::parts::Piece;
use super::{TROUBLES, context, loose, parts, rooms};

/// What `examples/train_masking` wrote.
const LEARNED: &[u8] = include_bytes!("../addresses.bin");
/// Bytes of the limit before the table.
const HEAD: usize = 4;
/// Numbers with more characters than this are taken for as long.
const LONGEST: usize = 5;
/// Characters before and after a candidate whose words are looked at.
const BEFORE: usize = 14;
const BEHIND: usize = 8;

/// The learned model of the program, or the one a trainer put in its place.
pub(in super::super) static MODEL: OnceLock<Model> = OnceLock::new();

/// Weights, and from which sum on a candidate is an address.
pub(in super::super) struct Model {
    weights: Table,
    limit: i32,
}

impl Model {
    /// The limit and the bytes of the table.
    pub(in super::super) fn read(bytes: Cow<'static, [u8]>) -> Self {
        let limit = bytes.get(..HEAD).and_then(|b| b.try_into().ok()).map_or(i32::MAX, i32::from_le_bytes);
        let table = match bytes {
            Cow::Borrowed(bytes) => Cow::Borrowed(bytes.get(HEAD..).unwrap_or_default()),
            Cow::Owned(bytes) => Cow::Owned(bytes.get(HEAD..).unwrap_or_default().to_vec()),
        };
        Self { weights: Table::new(table), limit }
    }
}

/// What has the form of an address below the road.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Candidate {
    pub(in super::super) start: usize,
    pub(in super::super) end: usize,
    /// Whether the rules take it for one.
    ruled: bool,
    /// Whether the rules take something for one that begins here.
    begins: bool,
}

/// All that begins at an index and has the form of an address: what the rules take for one, its usual parts,
/// as far as it could reach.
pub(super) fn forms(page: &Page, start: usize, pieces: &[Piece], ruled: Option<usize>) -> Vec<Candidate> {
    let usual = pieces.last().map(|last| last.end);
    let mut all = [ruled, usual, loose::end(page, start), rooms::form(page, start)];
    all.sort_unstable();
    let form = |end| Candidate { start, end, ruled: ruled == Some(end), begins: ruled.is_some() };
    let differs = |i: &usize| *i == 0 || all[*i] != all[*i - 1];
    (0..all.len()).filter(differs).filter_map(|i| all[i]).map(form).collect()
}

/// The longest of several forms, shortest first, that is an address.
pub(super) fn longest(page: &Page, forms: &[Candidate]) -> Option<Candidate> {
    let model = MODEL.get_or_init(|| Model::read(Cow::Borrowed(LEARNED)));
    let is_address = |form: &&Candidate| {
        let mut sum = 0;
        form.tell(page, &mut |key| sum += model.weights.get(key));
        sum >= model.limit
    };
    forms.iter().rev().find(is_address).copied()
}

/// What a form is made of, in short: its units, and its numbers by their length.
struct Shape {
    whole: (char, char),
    last: [char; 3],
    first: [char; 3],
}

impl Shape {
    fn of(page: &Page, form: &Candidate) -> Self {
        let chars = page.chars.get(form.start..form.end).unwrap_or_default();
        let parted = chars.chunk_by(|a, b| parts::is_number_char(*a) && parts::is_number_char(*b));
        let token = |run: &[char]| match run {
            [c, ..] if parts::is_number_char(*c) => number(run.len().min(LONGEST) as u32),
            [c, ..] => *c,
            [] => WALL,
        };
        let tokens: Vec<char> = parted.map(token).collect();
        // How long the numbers are tells in the first and last parts alone.
        let alike = |c: char| if c <= number(LONGEST as u32) { 1 } else { c as u32 };
        let whole = tokens.iter().fold(0_u32, |hash, &c| hash.wrapping_mul(0x0100_0193) ^ alike(c));
        let half = |n: u32| number(n & 0x7fff);
        let at = |i: usize| tokens.get(i).copied().unwrap_or(WALL);
        let back = |i: usize| tokens.len().checked_sub(i).map_or(WALL, at);
        Self {
            whole: (half(whole), half(whole >> 15)),
            last: [back(1), back(2), back(3)],
            first: [at(0), at(1), at(2)],
        }
    }
}

impl Candidate {
    /// Says what speaks for and against it, as keys of weights.
    pub(in super::super) fn tell(&self, page: &Page, tell: &mut impl FnMut(u32)) {
        let (start, end) = (self.start, self.end);
        let shape = Shape::of(page, self);
        let ruled = number(u32::from(self.ruled) * 2 + u32::from(self.begins));
        let mut put = |what: u32, x: char, y: char, z: char| tell(key(what, x, y, z));
        let (before, next) = (left(page, start), right(page, end));
        let [last, last2, last3] = shape.last;
        put(0, ruled, WALL, WALL);
        put(1, ruled, last, last2);
        put(2, shape.whole.0, shape.whole.1, WALL);
        put(3, before[0], WALL, WALL);
        put(4, before[0], before[1], WALL);
        put(5, next[0], WALL, WALL);
        put(6, next[0], next[1], WALL);
        put(7, next[0], next[1], next[2]);
        put(8, before[0], shape.first[1], last);
        put(9, next[0], last, WALL);
        put(10, kind(before[0]), kind(next[0]), last);
        put(11, last, last2, last3);
        put(12, shape.first[0], shape.first[1], kind(before[0]));
        put(13, last2, last, kind(next[0]));
        put(14, shape.first[0], shape.first[1], shape.first[2]);
        put(15, number((end - start).min(12) as u32), WALL, WALL);
        let lived = context::lives_before(page, start);
        let people = context::people_follow(page, end);
        let office = context::is_office(page, start, end);
        let leads = context::leads_to_house(page, start);
        let said = [lived, people, office, leads].into_iter().fold(0, |all, is| all * 2 + u32::from(is));
        put(16, number(said), WALL, WALL);
        put(17, number(said), last, ruled);
        let thing = u32::from(NOT_A_HOUSE.contains(&next[0])) + 2 * u32::from(COUNTED.contains(&next[0]));
        let trouble = page.has_any(end, &TROUBLES) || next[0] == '的' && page.has_any(end + 1, &TROUBLES);
        put(18, number(thing), last, number(u32::from(trouble)));
        put(19, number(u32::from(trouble)), last, number(u32::from(lived || people)));
        // The words of the clause before, and of what follows.
        let from = (start.saturating_sub(BEFORE)..start).rev().take_while(|&i| goes_on(page.at(i))).last();
        for i in from.unwrap_or(start)..start.saturating_sub(1) {
            put(20, page.at(i), page.at(i + 1), WALL);
        }
        let to = (end..end + BEHIND).take_while(|&i| goes_on(page.at(i))).last().unwrap_or(end);
        for i in end..to {
            put(21, page.at(i), page.at(i + 1), WALL);
        }
    }
}

/// Whether a character goes on with the clause.
fn goes_on(c: char) -> bool {
    is_han(c) || c.is_ascii_alphanumeric() || matches!(c, ':' | '-')
}
