//! Learns the weights by which house and flat numbers are told from days, places of trouble and offices.

use std::collections::HashMap;
use std::path::Path;

use qingting_models::text::mask::training;

use crate::chance::Chance;
use crate::data::{Sentence, is_same};
use crate::logistic::{Example, Logistic};
use crate::{STEP, number};

/// Buckets of 16 bytes.
const BUCKETS: usize = 2_500;
const EPOCHS: usize = 20;

/// Learns from the sentences in which addresses are labelled, and writes the model to `out`.
pub(crate) fn learn(sentences: &[Sentence], limit: i32, out: &Path) -> std::io::Result<()> {
    let (mut candidates, mut out_of_reach) = (Vec::new(), 0);
    for sentence in sentences {
        let Some(labels) = &sentence.addresses else { continue };
        let is_address = |start, end| labels.iter().any(|label| is_same(&(start, end), label));
        let found = training::house_candidates(&sentence.text, &is_address);
        let reached = |label: &&(usize, usize)| found.iter().any(|c| is_same(&(c.start, c.end), label));
        for label in labels.iter().filter(|label| !reached(label)) {
            out_of_reach += 1;
            println!("out of reach {}: {}", sentence.part(label), sentence.text);
        }
        candidates.extend(found.into_iter().map(|c| (is_address(c.start, c.end), c.there)));
    }
    let mut counts: HashMap<u32, (u32, usize)> = HashMap::new();
    for key in candidates.iter().flat_map(|(_, there)| there) {
        counts.entry(*key).or_default().0 += 1;
    }
    let (numbers, keys) = number(&counts);
    let addresses = candidates.iter().filter(|(is, _)| *is).count();
    println!(
        "{} candidates, {addresses} addresses and {out_of_reach} in no such form, {} keys",
        candidates.len(),
        keys.len()
    );
    let examples: Vec<Example> =
        candidates.iter().map(|(is, there)| Example::new(there, [there.len(); 3], *is, &numbers)).collect();
    let mut model = Logistic::new(keys.len());
    let mut chance = Chance::new(20_261_128);
    for _ in 0..EPOCHS {
        model.learn(&examples, &mut chance);
    }
    let steps = model.weights().into_iter().map(|w| (w / STEP).round() as i32);
    let mut stored: Vec<(u32, i32)> = keys.into_iter().zip(steps).filter(|(_, w)| *w != 0).collect();
    stored.sort_by_key(|&(key, w)| (std::cmp::Reverse(w.abs()), key));
    println!("{} weights", stored.len());
    let bytes = training::encode_houses(limit, BUCKETS, stored.into_iter());
    std::fs::write(out, &bytes)?;
    training::use_houses(bytes);
    Ok(())
}
