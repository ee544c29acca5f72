//! Measures on gold incidents what it would bring to split incidents late, when all their members are known.
//!
//! ```sh
//! cargo run --release -p qingting-classify --example late_splitting -- MESSAGES.jsonl INCIDENTS.tsv UNSETTLED.tsv
//! ```
//!
//! The files are those of `fit_joining`. All messages are joined as they arrive; then the members of each incident are
//! brought together anew, the two groups of the greatest kinship first (the nearest pair counting 0.3, the mean of all 0.7,
//! as in joining), as long as that kinship is at least a bound. Of an incident that comes to more than one group of some
//! size, each such group becomes an incident; smaller groups go with the one that they are most akin to.

#![allow(clippy::print_stdout, reason = "a tool that prints what it finds")]

use std::collections::{BTreeMap, HashMap};
use std::error::Error;

use jiff::Timestamp;
use qingting_classify::corpus::{load_ids, load_incidents};
use qingting_classify::incidents::{Kinship, Member, Shelf, measure};
use qingting_classify::{Classifier, Input, Model};
use qingting_models::county::County;
use qingting_models::records::Channel;
use serde::Deserialize;

const NEAREST: f32 = 0.3;
const BOUNDS: [f32; 5] = [0.4, 0.5, 0.6, 0.7, 0.8];
const SIZES: [usize; 3] = [2, 3, 4];

#[derive(Deserialize)]
struct Row {
    id: String,
    title: String,
    body: String,
    time: Timestamp,
}

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let [messages, incidents, unsettled] = files.as_slice() else {
        return Err("three files are needed".into());
    };
    let (ids, members) = read(messages)?;
    let (gold, unsettled) = (load_incidents(incidents.as_ref())?, load_ids(unsettled.as_ref())?);
    let incidents = join(&members);
    let tell = |name: &str, count: usize, homes: &[String]| {
        let found: HashMap<String, String> = ids.iter().cloned().zip(homes.iter().cloned()).collect();
        let measured = measure(&found, &gold, &unsettled);
        println!(
            "{name:32} {count:>5} split; best match {:.4}, among gold {:.4}, largest {:.2} %",
            measured.best_match,
            measured.best_match_among_gold,
            measured.largest * 100.0
        );
        measured.incidents
    };
    let mut homes = vec![String::new(); ids.len()];
    for (incident, items) in &incidents {
        items.iter().for_each(|item| homes[*item] = incident.to_string());
    }
    let before = tell("as joined", 0, &homes);
    for size in SIZES {
        for bound in BOUNDS {
            let (mut homes, mut count) = (homes.clone(), 0);
            for (incident, items) in incidents.iter().filter(|(_, items)| items.len() >= 2 * size) {
                let groups = groups(&members, items, bound, size);
                count += usize::from(groups.len() > 1);
                for (place, group) in groups.iter().enumerate() {
                    group.iter().for_each(|item| homes[*item] = format!("{incident}.{place}"));
                }
            }
            let after = tell(&format!("groups of {size}, below {bound}"), count, &homes);
            let changed =
                |by: f64| after.iter().filter(|(name, f1)| (**f1 - before[*name]) * by > 1e-9).count();
            println!("{:32} {} gold incidents better, {} worse", "", changed(1.0), changed(-1.0));
        }
    }
    Ok(())
}

fn read(file: &str) -> Result<(Vec<String>, Vec<Member>), Box<dyn Error>> {
    let mut rows = Vec::new();
    for line in std::fs::read_to_string(file)?.lines() {
        rows.push(serde_json::from_str::<Row>(line)?);
    }
    rows.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
    let classifier = Classifier::new(Model::embedded()?, &County::embedded()?);
    let member = |row: &Row| {
        let input = Input { title: &row.title, body: &row.body, channel: Channel::Complaint };
        Member { signature: classifier.judge_and_sign(&input).1, at: row.time.as_millisecond() }
    };
    let members = rows.iter().map(member).collect();
    Ok((rows.into_iter().map(|row| row.id).collect(), members))
}

/// The places of the members of each incident.
fn join(members: &[Member]) -> BTreeMap<usize, Vec<usize>> {
    let mut shelf = Shelf::new(Kinship::default());
    let mut joined = Vec::new();
    for (place, member) in members.iter().enumerate() {
        joined.push(shelf.join(member.clone(), || place).incident);
    }
    let mut incidents: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, incident) in joined.into_iter().enumerate() {
        incidents.entry(shelf.home(incident)).or_default().push(place);
    }
    incidents
}

/// What an incident comes to.
fn groups(members: &[Member], items: &[usize], bound: f32, size: usize) -> Vec<Vec<usize>> {
    let kinship = Kinship::default();
    let mut groups: Vec<Vec<usize>> = items.iter().map(|item| vec![*item]).collect();
    let akin: HashMap<(usize, usize), f32> = items
        .iter()
        .enumerate()
        .flat_map(|(at, one)| items[at + 1..].iter().map(move |other| (*one, *other)))
        .map(|(one, other)| ((one, other), kinship.of(&members[one], &members[other])))
        .collect();
    let between = |one: &[usize], other: &[usize]| {
        let of = |a: &usize, b: &usize| akin[&(*a.min(b), *a.max(b))];
        let all: Vec<f32> = one.iter().flat_map(|a| other.iter().map(move |b| of(a, b))).collect();
        NEAREST * all.iter().copied().fold(0.0, f32::max)
            + (1.0 - NEAREST) * all.iter().sum::<f32>() / all.len() as f32
    };
    while let Some((one, other, value)) = nearest(&groups, &between)
        && value >= bound
    {
        let gone = groups.remove(other);
        groups[one].extend(gone);
    }
    let (mut large, small): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.len() >= size);
    if large.len() < 2 {
        return vec![items.to_vec()];
    }
    for group in small {
        let best = (0..large.len())
            .max_by(|a, b| between(&large[*a], &group).total_cmp(&between(&large[*b], &group)));
        if let Some(best) = best {
            large[best].extend(group);
        }
    }
    large
}

/// The two groups of the greatest kinship, the earlier first.
fn nearest(
    groups: &[Vec<usize>],
    between: &impl Fn(&[usize], &[usize]) -> f32,
) -> Option<(usize, usize, f32)> {
    let pairs = (0..groups.len()).flat_map(|one| (one + 1..groups.len()).map(move |other| (one, other)));
    let valued = pairs.map(|(one, other)| (one, other, between(&groups[one], &groups[other])));
    valued.max_by(|a, b| a.2.total_cmp(&b.2).then((b.0, b.1).cmp(&(a.0, a.1))))
}
