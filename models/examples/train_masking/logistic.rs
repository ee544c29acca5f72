//! Logistic regression over things that are there or not, with few weights that are not zero
//! (follow the regularised leader, McMahan and others 2013).

use std::collections::HashMap;

use crate::chance::Chance;

/// How fast weights move, and how much evidence one must have to leave zero and to grow.
const SPEED: f32 = 1.0;
const ABSOLUTE: f32 = 0.1;
const SQUARE: f32 = 0.1;
/// How many of what is there are hidden each time, so that no few of them decide alone.
const HIDDEN: usize = 20;
/// How often, in a hundred, all that stands around a candidate is hidden: else the slots of the few
/// sentences would be learned instead of what names are made of.
const ALONE: usize = 50;

/// What is there of one candidate, by number; those of its characters first.
pub(crate) struct Example {
    there: Vec<u32>,
    /// How many of them tell at a glance, of its characters, and of those and the words around.
    ends: [usize; 3],
    pub(crate) is_name: bool,
}

impl Example {
    /// `ends` are the places in `keys` where those of each kind end.
    pub(crate) fn new(keys: &[u32], ends: [usize; 3], is_name: bool, numbers: &HashMap<u32, u32>) -> Self {
        let known =
            |keys: &[u32]| keys.iter().filter_map(|key| numbers.get(key).copied()).collect::<Vec<_>>();
        Self { ends: ends.map(|end| known(&keys[..end]).len()), there: known(keys), is_name }
    }

    /// The sums of the weights of what there is up to each end.
    pub(crate) fn sums(&self, weights: &[i32]) -> [i32; 3] {
        self.ends.map(|end| self.there[..end].iter().map(|&i| weights[i as usize]).sum())
    }
}

pub(crate) struct Logistic {
    /// Sums of gradients, and of their squares.
    sums: Vec<(f32, f32)>,
}

impl Logistic {
    pub(crate) fn new(size: usize) -> Self {
        Self { sums: vec![(0.0, 0.0); size] }
    }

    /// Learns every example once; the mean loss before each was learned.
    pub(crate) fn learn(&mut self, examples: &[Example], chance: &mut Chance) -> f32 {
        let mut order: Vec<u32> = (0..examples.len() as u32).collect();
        chance.shuffle(&mut order);
        let mut loss = 0.0_f64;
        let mut there: Vec<u32> = Vec::new();
        for &at in &order {
            let example = &examples[at as usize];
            there.clear();
            let seen = if chance.percent(ALONE) { example.ends[2] } else { example.there.len() };
            there.extend(example.there[..seen].iter().copied().filter(|_| !chance.percent(HIDDEN)));
            let sum: f32 = there.iter().map(|&i| weight(self.sums[i as usize])).sum();
            let likely = 1.0 / (1.0 + (-sum).exp());
            let missed = if example.is_name { likely } else { 1.0 - likely };
            loss -= f64::from(missed.max(1e-9).ln());
            let gradient = likely - f32::from(u8::from(example.is_name));
            for &i in &there {
                let place = &mut self.sums[i as usize];
                let squares = place.1 + gradient * gradient;
                let pace = (squares.sqrt() - place.1.sqrt()) / SPEED;
                place.0 += gradient - pace * weight(*place);
                place.1 = squares;
            }
        }
        (loss / examples.len() as f64) as f32
    }

    pub(crate) fn weights(&self) -> Vec<f32> {
        self.sums.iter().map(|&sums| weight(sums)).collect()
    }
}

fn weight((sum, squares): (f32, f32)) -> f32 {
    if sum.abs() <= ABSOLUTE {
        return 0.0;
    }
    -(sum - sum.signum() * ABSOLUTE) / ((1.0 + squares.sqrt()) / SPEED + SQUARE)
}
