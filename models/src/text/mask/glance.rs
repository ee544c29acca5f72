//! The first glance at what could be a name: three weights that tell most of what is none.

use super::features::{Candidate, Lexicon, likely_pair, number};
use super::name_lists::single_surnames;
use super::page::{Page, WALL};
use super::table::{Table, key};

/// The little that tells most of what is no name from names.
#[cfg(any(test, feature = "testing"))]
pub(super) fn at_a_glance(page: &Page, words: &Lexicon, c: &Candidate, tell: &mut impl FnMut(u32)) {
    let length = c.end - c.given;
    let surname = page.at(c.given - 1);
    tell(surname_key(length, page.at(c.start), surname));
    tell(pair_key(length, surname, page.at(c.given)));
    let (one, other) = likely_pair(page, words, c);
    tell(likely_key(length, step(one), step(other)));
}

fn surname_key(length: usize, first: char, last: char) -> u32 {
    key(16 + length as u32, first, last, WALL)
}

fn pair_key(length: usize, surname: char, given: char) -> u32 {
    key(5 * 16 + length as u32, surname, given, WALL)
}

fn likely_key(length: usize, one: usize, other: usize) -> u32 {
    key(15 * 16 + length as u32, number(one as u32), number(other as u32), WALL)
}

/// How many steps [`step`] knows.
const STEPS: usize = 16;
/// Given names, the surname apart, have from none to three characters.
const LENGTHS: usize = 4;

/// How likely a character is, in steps of four from [`Table::LEAST`] on.
fn step(likely: i32) -> usize {
    (likely / 4 - Table::LEAST / 4) as usize
}

/// The weights of [`at_a_glance`]: looked up for every candidate, so those that are few lie close together.
pub(super) struct Glance {
    /// Of each surname of one character, by its place among them.
    surnames: Vec<[i8; LENGTHS]>,
    likely: Vec<[[i8; STEPS]; STEPS]>,
}

impl Glance {
    pub(super) fn new(weights: &Table) -> Self {
        let weight = |key: u32| weights.get(key) as i8;
        let lengths = std::array::from_fn::<usize, LENGTHS, _>(|length| length);
        let of_surname = |c: char| lengths.map(|length| weight(surname_key(length, c, c)));
        let steps = std::array::from_fn::<usize, STEPS, _>(|step| step);
        let of_length = |length| steps.map(|one| steps.map(|other| weight(likely_key(length, one, other))));
        Self {
            surnames: single_surnames().iter().map(of_surname).collect(),
            likely: lengths.into_iter().map(of_length).collect(),
        }
    }

    /// The sum of the weights of [`at_a_glance`], or a part of it when it stays below `least` anyway.
    pub(super) fn sum(
        &self,
        page: &Page,
        words: &Lexicon,
        c: &Candidate,
        weights: &Table,
        least: i32,
    ) -> i32 {
        let length = c.end - c.given;
        let surname = page.at(c.given - 1);
        let (one, other) = likely_pair(page, words, c);
        let known = (c.given - c.start == 1).then(|| single_surnames().place(surname)).flatten();
        let of_surname = match known.and_then(|place| self.surnames.get(place)?.get(length)) {
            Some(weight) => i32::from(*weight),
            None => weights.get(surname_key(length, page.at(c.start), surname)),
        };
        let likely = self.likely.get(length).and_then(|of| of.get(step(one))?.get(step(other)));
        let sum = of_surname + likely.copied().map_or(0, i32::from);
        if sum + Table::MOST < least {
            sum
        } else {
            sum + weights.get(pair_key(length, surname, page.at(c.given)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::features::candidates;
    use super::super::recognise::model;
    use super::*;

    #[test]
    fn the_sum_of_a_glance_is_that_of_its_weights() {
        let model = model();
        let glance = Glance::new(&model.weights);
        let mut seen = 0;
        for text in
            ["联系人王建国，欧阳小红和扎西顿珠都住在这里", "高新区张家村的路灯不亮，请方局长处理", "金色水岸"]
        {
            let page = Page::read(text);
            for c in (0..page.chars.len()).flat_map(|start| candidates(&page, start)) {
                let mut sum = 0;
                at_a_glance(&page, &model.words, &c, &mut |key| sum += model.weights.get(key));
                assert_eq!(
                    glance.sum(&page, &model.words, &c, &model.weights, i32::MIN),
                    sum,
                    "{text} {c:?}"
                );
                let judged = glance.sum(&page, &model.words, &c, &model.weights, model.limits.glance);
                assert_eq!(judged < model.limits.glance, sum < model.limits.glance, "{text} {c:?}");
                seen += 1;
            }
        }
        assert!(seen > 20, "{seen}");
    }
}
