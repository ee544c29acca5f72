//! How likely two items are about one matter.

use crate::calibrate::Logistic;

use super::clauses::{Clause, ClauseSet};
use super::common::{A_WORD, Common};
use super::signature::{Member, Signature, Sparse};

/// How many inputs the likeness of two items is told from.
pub const INPUTS: usize = 8;

/// From which likeness of all words on, as a cosine, a text is a copy of another whatever their keys say, and how certain a
/// copy is kin.
const COPY: f32 = 0.8;
const CERTAIN: f32 = 0.95;

/// Below which likeness of topics and which kinship two items that have a sentence in common have little else.
const SAME_TOPIC: f32 = 0.5;
const LITTLE: f32 = 0.2;

/// A logistic model over [`inputs`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kinship {
    pub slopes: [f32; INPUTS],
    pub offset: f32,
}

impl Default for Kinship {
    /// As `cargo run --release -p qingting-classify --example fit_joining` finds it on the gold incidents.
    fn default() -> Self {
        Self { slopes: [12.34, -4.58, 5.64, -2.51, -0.32, -4.60, 1.97, 1.07], offset: -4.07 }
    }
}

impl Kinship {
    /// Learns from pairs of items: their inputs, and whether they are about one matter.
    pub fn fit(cases: &[([f32; INPUTS], bool)]) -> Self {
        let cases: Vec<(Vec<f32>, bool)> =
            cases.iter().map(|(inputs, one)| (inputs.to_vec(), *one)).collect();
        let fitted = Logistic::fit(&cases, INPUTS);
        let mut slopes = [0.0; INPUTS];
        slopes.iter_mut().zip(&fitted.slope).for_each(|(to, from)| *to = *from);
        Self { slopes, offset: fitted.offset }
    }

    /// The probability that two items are about one matter; none where they tell of different places.
    pub fn of(&self, one: &Member, other: &Member) -> f32 {
        self.of_compared(&Compared::new(one, other), &ClauseSet::default())
    }

    /// The same; `formulas` are clauses of the one that are no evidence.
    pub(super) fn of_compared(&self, compared: &Compared<'_>, formulas: &ClauseSet) -> f32 {
        if compared.elsewhere {
            return 0.0;
        }
        let Some(common) = &compared.common else { return CERTAIN };
        self.certainty(inputs_of(compared.one, compared.other, common.but(formulas)))
    }

    /// The clauses of the one that the other has too although they have otherwise little in common: neither place and
    /// matter nor topic.
    pub(super) fn strange<'c>(&self, compared: &'c Compared<'_>) -> impl Iterator<Item = Clause> + use<'c> {
        let (one, other) = (compared.one, compared.other);
        let little = |common: &&Common| {
            common.has_sentences()
                && dot(&one.signature.topics, &other.signature.topics) < SAME_TOPIC
                && self.certainty(inputs_of(one, other, common.without_sentences())) < LITTLE
        };
        compared.common.as_ref().filter(little).into_iter().flat_map(Common::clauses)
    }

    fn certainty(&self, inputs: [f32; INPUTS]) -> f32 {
        let logit = self.slopes.iter().zip(inputs).map(|(a, x)| a * x).sum::<f32>() + self.offset;
        1.0 / (1.0 + (-logit).exp())
    }
}

/// Two items, and what their texts have in common; nothing where they are copies, or where that tells nothing.
pub(super) struct Compared<'m> {
    one: &'m Member,
    other: &'m Member,
    /// Whether they tell of different places.
    elsewhere: bool,
    common: Option<Common>,
}

impl<'m> Compared<'m> {
    pub(super) fn new(one: &'m Member, other: &'m Member) -> Self {
        let (a, b) = (&one.signature, &other.signature);
        let elsewhere = differ(a, b);
        // Of items of different places that are about one topic nothing is asked any more.
        let asked = !elsewhere || dot(&a.topics, &b.topics) < SAME_TOPIC;
        let common = (asked && !are_copies(a, b)).then(|| Common::of(a, b));
        let elsewhere = elsewhere || common.as_ref().is_some_and(Common::is_of_another_place);
        Self { one, other, elsewhere, common }
    }
}

/// What is compared: names and matter together, matter, title and names, days apart, same town, other town, topics, offices.
/// Likenesses are cosines: of names and matter each under a square root, together their geometric mean, which is high only
/// where both the place and what happened there agree; days count as `ln(1 + days) / 5`. Names by themselves tell nothing,
/// since a street has many matters, nor does a title without them, since many streets have its trouble.
pub fn inputs(one: &Member, other: &Member) -> [f32; INPUTS] {
    let common = Common::of(&one.signature, &other.signature);
    inputs_of(one, other, common.but(&ClauseSet::default()))
}

/// [`inputs`] by what both have in common of names and matter.
fn inputs_of(one: &Member, other: &Member, (names, matter): (f32, f32)) -> [f32; INPUTS] {
    const DAY_MS: f32 = 86_400_000.0;
    let (a, b) = (&one.signature, &other.signature);
    let days = one.at.abs_diff(other.at) as f32 / DAY_MS;
    let (same, apart) = places(a, b);
    let (names, matter) = (names.sqrt(), (matter - A_WORD).max(0.0).sqrt());
    [
        (names * matter).sqrt(),
        matter,
        dot(&a.title, &b.title) * names,
        days.ln_1p() / 5.0,
        same,
        apart,
        dot(&a.topics, &b.topics),
        dot(&a.offices, &b.offices),
    ]
}

/// Whether one text is a copy of the other that names no other town.
fn are_copies(a: &Signature, b: &Signature) -> bool {
    !differ(a, b) && (a.copy.is_copy(&b.copy) || dot(&a.words, &b.words) >= COPY)
}

/// Whether both name the same town, and whether they name different ones only.
fn places(a: &Signature, b: &Signature) -> (f32, f32) {
    let same = meets(&a.towns, &b.towns);
    (f32::from(u8::from(same)), f32::from(u8::from(differ(a, b))))
}

fn differ(a: &Signature, b: &Signature) -> bool {
    let differs = |x: &[u32], y: &[u32]| !x.is_empty() && !y.is_empty() && !meets(x, y);
    differs(&a.towns, &b.towns) || differs(&a.regions, &b.regions)
}

fn meets(x: &[u32], y: &[u32]) -> bool {
    x.iter().any(|hash| y.binary_search(hash).is_ok())
}

fn dot(a: &Sparse, b: &Sparse) -> f32 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    while let (Some(&(x, v)), Some(&(y, w))) = (a.get(i), b.get(j)) {
        match x.cmp(&y) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                sum += v * w;
                (i, j) = (i + 1, j + 1);
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copies::CopyKey;

    fn item(runs: std::ops::Range<u32>, towns: &[u32]) -> Member {
        let mut copy = CopyKey::default();
        runs.for_each(|n| copy.add(n.wrapping_mul(0x9e37_79b1)));
        Member { signature: Signature { towns: towns.to_vec(), copy, ..Signature::default() }, at: 0 }
    }

    #[test]
    fn a_copy_is_kin_unless_it_names_another_town() {
        let kinship = Kinship::default();
        assert_eq!(kinship.of(&item(0..300, &[1]), &item(4..300, &[1])), CERTAIN);
        assert_eq!(kinship.of(&item(0..300, &[1]), &item(4..300, &[2])), 0.0, "never, whatever else agrees");
        assert_eq!(kinship.of(&item(0..300, &[1]), &item(4..300, &[1, 2])), CERTAIN, "one town in common");
        assert!(kinship.of(&item(0..300, &[]), &item(300..600, &[])) < 0.1);
    }
}
