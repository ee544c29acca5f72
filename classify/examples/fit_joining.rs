//! Learns how likeness tells that two items are about one matter, and measures the joining on gold incidents that the
//! weights had not seen.
//!
//! ```sh
//! cargo run --release -p qingting-classify --example fit_joining -- MESSAGES.jsonl INCIDENTS.tsv UNSETTLED.tsv
//! ```
//!
//! The messages are `{"id","title","body","time"}`; the incidents `incident` and `id`, `-` for an item of none; the
//! unsettled are ids that count on neither side. Five folds of gold incidents; each item is joined by weights that were
//! learned without the incidents of its fold. Last come weights learned from all.

#![allow(clippy::print_stdout, reason = "a tool that prints what it finds")]

use std::collections::{HashMap, HashSet};
use std::error::Error;

use jiff::Timestamp;
use qingting_classify::corpus::{load_ids, load_incidents};
use qingting_classify::incidents::{INPUTS, Kinship, Member, Newcomer, Ranking, Shelf, inputs, measure};
use qingting_classify::{Classifier, Input, Model};
use qingting_models::county::County;
use qingting_models::records::Channel;
use serde::Deserialize;

const FOLDS: usize = 5;
/// How many earlier items each is paired with.
const PAIRS: usize = 25;

#[derive(Deserialize)]
struct Row {
    id: String,
    title: String,
    body: String,
    time: Timestamp,
}

struct Items {
    ids: Vec<String>,
    members: Vec<Member>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let [messages, incidents, unsettled] = files.as_slice() else {
        return Err("three files are needed".into());
    };
    let items = read(messages)?;
    let gold = load_incidents(incidents.as_ref())?;
    let unsettled = load_ids(unsettled.as_ref())?;
    let pairs = pairs(&items, &gold, &unsettled);
    println!(
        "{} items, {} pairs, {} of one matter",
        items.ids.len(),
        pairs.len(),
        pairs.iter().filter(|p| p.2).count()
    );

    let mut held_out: Vec<f64> = Vec::new();
    let (mut among, mut largest) = (0.0, 0.0f64);
    for fold in 0..FOLDS {
        let seen: Vec<_> = pairs.iter().filter(|p| p.0 != fold).map(|p| (p.1, p.2)).collect();
        let mut of_fold = gold.clone();
        of_fold.retain(|(_, incident)| incident.as_ref().is_none_or(|i| fold_of(i) == fold));
        let measured = measure(&join(&items, Kinship::fit(&seen)), &of_fold, &unsettled);
        among += measured.best_match_among_gold * measured.incidents.len() as f64;
        largest = largest.max(measured.largest);
        println!(
            "fold {fold}: best match {:.3} over {} incidents",
            measured.best_match,
            measured.incidents.len()
        );
        held_out.extend(measured.incidents.into_values());
    }
    let count = held_out.len() as f64;
    println!(
        "by weights that had not seen them: best match {:.3} over {count} incidents, among gold items {:.3}; largest \
         incident {:.2} % of the items",
        held_out.iter().sum::<f64>() / count,
        among / count,
        largest * 100.0
    );

    let all: Vec<_> = pairs.iter().map(|p| (p.1, p.2)).collect();
    let kinship = Kinship::fit(&all);
    let measured = measure(&join(&items, kinship), &gold, &unsettled);
    println!(
        "by weights learned from all: best match {:.3}, among gold items {:.3}",
        measured.best_match, measured.best_match_among_gold
    );
    println!("slopes {:.2?}, offset {:.2}", kinship.slopes, kinship.offset);
    Ok(())
}

fn read(file: &str) -> Result<Items, Box<dyn Error>> {
    let mut rows = Vec::new();
    for line in std::fs::read_to_string(file)?.lines() {
        rows.push(serde_json::from_str::<Row>(line)?);
    }
    rows.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
    let classifier = Classifier::new(Model::embedded()?, &County::embedded()?);
    let members = rows
        .iter()
        .map(|row| {
            let input = Input { title: &row.title, body: &row.body, channel: Channel::Complaint };
            let signature = classifier.signature(&input, &classifier.judge(&input));
            Member { signature, at: row.time.as_millisecond() }
        })
        .collect();
    Ok(Items { ids: rows.into_iter().map(|row| row.id).collect(), members })
}

/// Pairs of which one at least is gold: fold, inputs, whether both are of one incident.
fn pairs(
    items: &Items,
    gold: &[(String, Option<String>)],
    unsettled: &HashSet<String>,
) -> Vec<(usize, [f32; INPUTS], bool)> {
    let incident: HashMap<&String, &Option<String>> =
        gold.iter().map(|(id, incident)| (id, incident)).collect();
    let mut holders: HashMap<u32, Vec<usize>> = HashMap::new();
    let mut found = Vec::new();
    for (index, member) in items.members.iter().enumerate() {
        let terms = Newcomer::from(member.clone()).terms;
        let near = |other: &&usize| (member.at - items.members[**other].at) < 95 * 86_400_000;
        let mut ranking = Ranking::default();
        for term in &terms {
            let held = holders.get(&term.hash).into_iter().flatten().filter(near).copied();
            ranking.add(term.weight, &held.collect::<Vec<usize>>());
        }
        for other in ranking.best().into_iter().take(PAIRS) {
            let ids = [&items.ids[index], &items.ids[other]];
            let known: Vec<&Option<String>> =
                ids.iter().filter_map(|id| incident.get(*id).copied()).collect();
            if known.is_empty() || ids.iter().any(|id| unsettled.contains(*id)) {
                continue;
            }
            let one = known.len() == 2 && known[0].is_some() && known[0] == known[1];
            let fold = known.iter().find_map(|k| k.as_deref()).map_or(index % FOLDS, fold_of);
            found.push((fold, inputs(member, &items.members[other]), one));
        }
        for term in terms {
            holders.entry(term.hash).or_default().push(index);
        }
    }
    found
}

fn join(items: &Items, kinship: Kinship) -> HashMap<String, String> {
    let mut shelf = Shelf::new(kinship);
    let joined: Vec<usize> = items
        .members
        .iter()
        .enumerate()
        .map(|(place, member)| shelf.join(member.clone(), || place).incident)
        .collect();
    items
        .ids
        .iter()
        .zip(joined)
        .map(|(id, incident)| (id.clone(), shelf.home(incident).to_string()))
        .collect()
}

fn fold_of(incident: &str) -> usize {
    incident.bytes().fold(7, |sum, byte| sum * 31 + usize::from(byte)) % FOLDS
}
