//! `qingting classify`: judges texts line by line and stores nothing.

use std::io::{self, BufRead};
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use qingting_classify::{Classifier, Input, Verdict};
use qingting_models::records::Channel;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::Global;
use crate::{home, output};

#[derive(Deserialize)]
struct Row {
    id: Value,
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
    channel: Option<Channel>,
    tokens: Option<Vec<String>>,
}

pub fn run(global: &Global, model: Option<&Path>) -> Result<()> {
    let county = home::county_or_sample(global)?;
    let classifier = home::classifier(global.dir(), &county, model)?;
    for (index, line) in io::stdin().lock().lines().enumerate() {
        let line = line.with_context(|| format!("standard input, line {}", index + 1))?;
        if line.trim().is_empty() {
            continue;
        }
        let row: Row = serde_json::from_str(&line)
            .map_err(|e| anyhow!("standard input, line {}: {e}; a line is {{\"id\",\"title\",\"body\",\"channel\"?}} or {{\"id\",\"tokens\"}}", index + 1))?;
        let verdict = judge(&classifier, &row);
        output::json(&answer(&row.id, verdict))?;
    }
    Ok(())
}

fn judge(classifier: &Classifier, row: &Row) -> Verdict {
    let channel = row.channel.unwrap_or(Channel::Complaint);
    match &row.tokens {
        Some(tokens) => classifier.judge_tokens(tokens, channel),
        None => classifier.judge(&Input { title: &row.title, body: &row.body, channel }),
    }
}

fn answer(id: &Value, verdict: Verdict) -> Value {
    let offices: Vec<Value> =
        verdict.offices.iter().map(|(code, score)| json!({ "code": code, "score": score })).collect();
    json!({
        "id": id,
        "topics": verdict.topics,
        "unsure": verdict.unsure,
        "kind": verdict.kind,
        "urgency": verdict.urgency,
        "department": verdict.office,
        "departments": offices,
        "places": verdict.places,
        "reasons": verdict.reasons,
    })
}
