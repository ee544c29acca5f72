//! `qingting rule`: the alert rules, tried on the last days and taken in from a file.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use qingting_models::county::{County, FirstAlertRule};
use qingting_models::records::{Actor, Viewer};
use qingting_models::store::Store;
use qingting_respond::alerts::TRIAL_DAYS;
use qingting_respond::desk::Desk;
use serde_json::json;

use crate::cli::{Global, RuleCommand};
use crate::home::Home;
use crate::output;

pub async fn run(global: &Global, command: RuleCommand) -> Result<()> {
    let home = Home::find(global)?;
    let store = home.store().await?;
    let done = match command {
        RuleCommand::List => list(global, &store).await,
        RuleCommand::Try { file } => try_out(global, &home, &store, &file).await,
        RuleCommand::Add { file } => add(global, &home, &store, &file).await,
        RuleCommand::Routing(routing) => super::county::routing(global, &home, &store, routing).await,
    };
    store.close().await;
    done
}

async fn list(global: &Global, store: &Store) -> Result<()> {
    let rules = store.alert_rules().await?;
    if global.json {
        return output::json(&json!({ "rules": rules }));
    }
    for rule in rules {
        let condition = serde_json::to_string(&rule.condition)?;
        output::line(&format!("{}  {}  {condition}", if rule.enabled { "on " } else { "off" }, rule.name))?;
    }
    Ok(())
}

/// Tries the rules of a file; nothing is stored.
async fn try_out(global: &Global, home: &Home, store: &Store, file: &Path) -> Result<()> {
    let rules = read(&home.county(store).await?, file)?;
    let desk = Desk::new(store.clone(), Arc::new(home.county(store).await?));
    let mut tried = Vec::with_capacity(rules.len());
    for rule in rules {
        let trial = desk.try_alert_rule(&rule.condition, &Viewer::OPEN).await?;
        tried.push((rule, trial));
    }
    if global.json {
        let rules: Vec<_> = tried
            .iter()
            .map(|(rule, trial)| {
                json!({ "name": rule.name, "items": trial.items, "caught": trial.caught, "alerts": trial.alerts,
                    "nearly_all": trial.catches_nearly_all() })
            })
            .collect();
        return output::json(&json!({ "days": TRIAL_DAYS, "rules": rules }));
    }
    for (rule, trial) in tried {
        let note = match trial {
            _ if trial.items > 0 && trial.caught == 0 => "  catches nothing",
            _ if trial.catches_nearly_all() => "  catches nearly everything",
            _ => "",
        };
        output::line(&format!(
            "{}: {} of the {} open items of the last {TRIAL_DAYS} days, {} alerts{note}",
            rule.name, trial.caught, trial.items, trial.alerts
        ))?;
    }
    Ok(())
}

/// Adds the rules of a file, all or none.
async fn add(global: &Global, home: &Home, store: &Store, file: &Path) -> Result<()> {
    let rules = read(&home.county(store).await?, file)?;
    let known = store.alert_rules().await?;
    let taken: Vec<&str> = rules
        .iter()
        .map(|rule| rule.name.as_str())
        .filter(|name| known.iter().any(|k| k.name == *name))
        .collect();
    if !taken.is_empty() {
        bail!("there are rules of these names already, and nothing was added: {}", taken.join(", "));
    }
    let new: Vec<_> = rules.iter().map(|rule| (rule.name.as_str(), true, &rule.condition)).collect();
    store.add_alert_rules(&new, Actor::Console).await?;
    if global.json {
        return output::json(&json!({ "added": rules.len() }));
    }
    output::line(&format!("{} rules added", rules.len()))
}

fn read(county: &County, file: &Path) -> Result<Vec<FirstAlertRule>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(county.read_alert_rules(&file.display().to_string(), &text)?)
}
