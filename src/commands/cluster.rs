//! `qingting cluster`: joins items into incidents, in the order of their times, and stores nothing.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead};

use anyhow::{Context, Result, anyhow, bail};
use jiff::Timestamp;
use qingting_classify::corpus::{load_ids, load_incidents};
use qingting_classify::incidents::{Measured, Member, Shelf, measure};
use qingting_classify::{Classifier, Input};
use qingting_models::county::Town;
use qingting_models::records::Channel;
use serde::Deserialize;
use serde_json::json;

use crate::cli::{Cluster, Global};
use crate::{home, output};

#[derive(Deserialize)]
struct Row {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
    time: Timestamp,
    channel: Option<Channel>,
    /// As the sender's column tells it.
    town: Option<Town>,
}

pub fn run(global: &Global, command: &Cluster) -> Result<()> {
    let county = home::county_or_sample(global)?;
    let classifier = home::classifier(global.dir(), &county, None)?;
    let rows = read()?;
    let incidents = join(&classifier, &rows);
    let Some(gold) = &command.gold else {
        for (row, incident) in rows.iter().zip(&incidents) {
            output::json(&json!({ "id": row.id, "incident": incident }))?;
        }
        return Ok(());
    };
    let found: HashMap<String, String> = rows.iter().map(|row| row.id.clone()).zip(incidents).collect();
    let unsettled = command.unsettled.as_deref().map(load_ids).transpose()?.unwrap_or_default();
    let gold = load_incidents(gold)?;
    if let Some((id, _)) = gold.iter().find(|(id, _)| !found.contains_key(id)) {
        bail!("the gold speaks of item {id}, which is not among the items read");
    }
    print(global, &found, &measure(&found, &gold, &unsettled))
}

fn read() -> Result<Vec<Row>> {
    let (mut rows, mut seen) = (Vec::new(), HashSet::new());
    for (index, line) in io::stdin().lock().lines().enumerate() {
        let place = || format!("standard input, line {}", index + 1);
        let line = line.with_context(place)?;
        if line.trim().is_empty() {
            continue;
        }
        let row: Row = serde_json::from_str(&line).map_err(|e| {
            anyhow!("{}: {e}; a line is {{\"id\",\"title\",\"body\",\"time\",\"channel\"?,\"town\"?}}, a time like 2026-11-23T08:30:00+08:00", place())
        })?;
        if !seen.insert(row.id.clone()) {
            bail!("{}: the id {} stood before; each item needs its own", place(), row.id);
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The incident of each row, called by its first item.
fn join(classifier: &Classifier, rows: &[Row]) -> Vec<String> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|&a, &b| (rows[a].time, &rows[a].id).cmp(&(rows[b].time, &rows[b].id)));
    let mut shelf = Shelf::default();
    let mut joined = vec![0; rows.len()];
    for (place, &index) in order.iter().enumerate() {
        let row = &rows[index];
        let channel = row.channel.unwrap_or(Channel::Complaint);
        let input = Input { title: &row.title, body: &row.body, channel };
        let signature = classifier.judge_and_sign(&input).1.told_from(row.town.as_ref());
        joined[index] = shelf.join(Member { signature, at: row.time.as_millisecond() }, || place).incident;
    }
    let mut firsts: HashMap<usize, &String> = HashMap::new();
    for &index in &order {
        firsts.entry(shelf.home(joined[index])).or_insert(&rows[index].id);
    }
    joined.iter().map(|&incident| firsts[&shelf.home(incident)].clone()).collect()
}

fn print(global: &Global, found: &HashMap<String, String>, measured: &Measured) -> Result<()> {
    let incidents = found.values().collect::<HashSet<_>>().len();
    if global.json {
        return output::json(&json!({
            "items": found.len(),
            "incidents": incidents,
            "gold": measured.incidents.len(),
            "best_match": measured.best_match,
            "best_match_among_gold": measured.best_match_among_gold,
            "largest": measured.largest,
            "by_incident": measured.incidents,
        }));
    }
    output::line(&format!("{} items in {incidents} incidents", found.len()))?;
    output::line(&format!(
        "best match, mean over {} gold incidents: F1 {:.3}; among items the gold speaks of {:.3}",
        measured.incidents.len(),
        measured.best_match,
        measured.best_match_among_gold
    ))?;
    output::line(&format!("largest incident: {:.2} % of the items", measured.largest * 100.0))?;
    let mut worst: Vec<_> = measured.incidents.iter().collect();
    worst.sort_by(|a, b| a.1.total_cmp(b.1));
    for (incident, f1) in worst.into_iter().take(10).filter(|(_, f1)| **f1 < 1.0) {
        output::line(&format!("  {incident} {f1:.2}"))?;
    }
    Ok(())
}
