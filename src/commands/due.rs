//! `qingting due`: works out due times, step by step.

use std::io::{self, BufRead};

use anyhow::{Context, Result};
use jiff::Timestamp;
use qingting_ingest::sheet::times;
use qingting_models::clock::rfc3339;
use qingting_models::county::{DeadlineRule, RuleId};
use qingting_models::records::Urgency;
use qingting_respond::calendar::WorkCalendar;
use qingting_respond::deadline;
use serde_json::{Value, json};

use crate::cli::{Due, Global, WrongUsage};
use crate::{home, output};

pub fn run(global: &Global, command: &Due) -> Result<()> {
    let county = home::county_or_sample(global)?;
    let calendar = WorkCalendar::of_county(&county);
    let id = RuleId::from(command.rule.as_str());
    let rule = county.deadline_rules.rule(&id).ok_or_else(|| {
        let all: Vec<&str> = county.deadline_rules.all().iter().map(|rule| rule.id.as_str()).collect();
        WrongUsage(format!("there is no rule \"{}\"; rules: {}", command.rule, all.join(", ")))
    })?;
    let urgency = Urgency::try_from(command.urgency).map_err(WrongUsage)?;
    if command.from != "-" {
        let from = times::parse(&command.from).map_err(|e| WrongUsage(format!("--from: {e}")))?;
        return answer(global, rule, &calendar, from, urgency);
    }
    for (index, line) in io::stdin().lock().lines().enumerate() {
        let line = line.with_context(|| format!("standard input, line {}", index + 1))?;
        if line.trim().is_empty() {
            continue;
        }
        let from = times::parse(line.trim())
            .map_err(|e| anyhow::anyhow!("standard input, line {}: {e}", index + 1))?;
        answer(global, rule, &calendar, from, urgency)?;
    }
    Ok(())
}

fn answer(
    global: &Global,
    rule: &DeadlineRule,
    calendar: &WorkCalendar,
    from: Timestamp,
    urgency: Urgency,
) -> Result<()> {
    let due = deadline::due(rule, calendar, from, urgency)?;
    if global.json {
        let value: Value =
            json!({ "rule": rule.id, "from": rfc3339(from), "due": rfc3339(due.due), "steps": due.steps });
        return output::json(&value);
    }
    output::line(&rfc3339(due.due))?;
    for step in &due.steps {
        output::line(&format!("  {step}"))?;
    }
    Ok(())
}
