//! Finds weights: changes one after the other as long as the proposals become liker to the answers that were given.

use std::error::Error;
use std::path::Path;

use qingting_classify::answers::{Answered, FACTORS, Shelf, WEIGHTS};
use qingting_classify::{Classifier, Model};
use qingting_models::county::County;

use crate::bm25::Bm25;
use crate::letters::{Letter, read};
use crate::measure::{Likeness, product};

/// How many proposals there are.
const SHOWN: usize = 3;
/// A proposal that is so like the answer given would surely have helped.
const LIKE: f64 = 0.25;

struct Bench {
    classifier: Classifier,
    shelf: Shelf,
    tuned: Vec<Letter>,
    /// By tuned letter and place on the shelf: how like the answers are.
    likeness: Vec<Vec<f64>>,
}

pub(crate) fn run(file: &Path) -> Result<(), Box<dyn Error>> {
    let letters = read(file)?;
    let classifier = Classifier::new(Model::embedded()?, &County::embedded()?);
    let answered: Vec<Answered> = letters.rest.iter().map(Letter::answered).collect();
    let shelf = classifier.shelf(&answered);
    let likeness = Likeness::of(letters.rest.iter().map(|letter| letter.reply.as_str()));
    let given: Vec<_> = letters.rest.iter().map(|letter| likeness.vector(&letter.reply)).collect();
    let like = |letter: &Letter| {
        let own = likeness.vector(&letter.reply);
        given.iter().map(|theirs| product(&own, theirs)).collect()
    };
    let likeness = letters.tuned.iter().map(like).collect();
    let bm25 = Bm25::of(letters.rest.iter().map(|l| (l.title.as_str(), l.body.as_str())));
    let bench = Bench { classifier, shelf, tuned: letters.tuned, likeness };
    let plain = bench.measure(|letter| bm25.best(&letter.title, &letter.body, SHOWN));
    println!("BM25                {plain:.4?}");
    let best = bench.measure(|letter| bench.own(letter, &WEIGHTS));
    println!("the weights at work {best:.4?}");
    bench.climb();
    Ok(())
}

impl Bench {
    fn own(&self, letter: &Letter, weights: &[f32; FACTORS]) -> Vec<usize> {
        let found =
            self.classifier.earlier_answers_by(&self.shelf, &letter.title, &letter.body, SHOWN, weights);
        found.into_iter().map(|(place, _)| place).collect()
    }

    /// The mean of the best likeness, and the share of letters with a like one.
    fn measure(&self, rank: impl Fn(&Letter) -> Vec<usize>) -> (f64, f64) {
        let best = |(letter, likeness): (&Letter, &Vec<f64>)| {
            rank(letter).into_iter().map(|place| likeness[place]).fold(0.0, f64::max)
        };
        let best: Vec<f64> = self.tuned.iter().zip(&self.likeness).map(best).collect();
        let n = best.len() as f64;
        (best.iter().sum::<f64>() / n, best.iter().filter(|b| **b >= LIKE).count() as f64 / n)
    }

    fn climb(&self) {
        // The factors do not depend on the weights.
        let factors: Vec<_> = self
            .tuned
            .iter()
            .map(|letter| self.classifier.factors(&self.shelf, &letter.title, &letter.body))
            .collect();
        let measure = |weights: &[f32; FACTORS]| {
            let best = factors.iter().zip(&self.likeness).map(|(factors, likeness)| {
                let score = |f: &[f32; FACTORS]| f.iter().zip(weights).map(|(f, w)| f * w).sum::<f32>();
                let mut order: Vec<(usize, f32)> =
                    factors.iter().map(|f| score(&f.list())).enumerate().collect();
                order.select_nth_unstable_by(SHOWN, |a, b| b.1.total_cmp(&a.1));
                order[..SHOWN].iter().map(|(place, _)| likeness[*place]).fold(0.0, f64::max)
            });
            best.sum::<f64>() / factors.len() as f64
        };
        let mut weights = WEIGHTS;
        let mut best = measure(&weights);
        println!("without sameness    {best:.4}");
        for step in [0.5f32, 0.25, 0.12] {
            for _ in 0..2 {
                for factor in 0..FACTORS {
                    for change in [-step, step] {
                        let mut tried = weights;
                        tried[factor] += change * (weights[factor].abs().max(0.3));
                        let found = measure(&tried);
                        if found > best + 1e-5 {
                            (weights, best) = (tried, found);
                        }
                    }
                }
                println!("{best:.4} {weights:.2?}");
            }
        }
    }
}
