//! `qingting model`: the model at work beside a candidate, and changing from the one to the other.

use std::path::PathBuf;

use anyhow::{Context, Result};
use qingting_classify::corpus::Row;
use qingting_classify::{ComparedSet, Duel, Model, Trial};
use qingting_models::clock::local_date;
use qingting_models::county::County;
use qingting_models::records::{Actor, Viewer};
use qingting_models::store::{Correction, Store, WeekAtWork};
use serde_json::json;

use crate::cli::{Global, ModelCommand};
use crate::home::Home;
use crate::model_desk::{Models, rows_of};
use crate::model_folder::{EMBEDDED, ModelFolder};
use crate::output;

/// Over how many weeks `show` tells how the model did.
const WEEKS: i64 = 12;

pub async fn run(global: &Global, command: ModelCommand) -> Result<()> {
    let home = Home::find(global)?;
    let store = home.store().await?;
    let models = Models::of(&home.dir, store.clone());
    let done = match command {
        ModelCommand::Show => show(global, &home, &store).await,
        ModelCommand::Compare { gold } => {
            let trial = models.compare(&gold).await?;
            print(global, &home.county(&store).await?, &trial)
        }
        ModelCommand::Promote { gold, despite } => {
            promote(global, &home.county(&store).await?, &models, &gold, &despite).await
        }
        ModelCommand::Rollback => roll_back(global, &models).await,
    };
    store.close().await;
    done
}

async fn show(global: &Global, home: &Home, store: &Store) -> Result<()> {
    let folder = ModelFolder::of(&home.dir);
    let (state, model, candidate) = (folder.state()?, folder.model()?, folder.candidate()?);
    let weeks = store.weeks_at_work(&Viewer::SYSTEM, WEEKS).await?;
    if global.json {
        let weeks: Vec<_> = weeks
            .iter()
            .map(|(monday, week)| json!({ "monday": local_date(*monday), "week": week }))
            .collect();
        return output::json(&json!({
            "at_work": state.at_work,
            "before": state.before,
            "card": model.card(),
            "candidate": candidate.map(|model| model.card()),
            "weeks": weeks,
        }));
    }
    output::line(&format!("at work: {} ({})", state.at_work, model.digest()))?;
    if state.at_work != EMBEDDED && state.at_work != model.digest() {
        output::line("  its file cannot be used: the model inside the program works in its place")?;
    }
    let card = model.card();
    output::line(&format!(
        "  {} topics, {} features, {} weights; trained on {} rows",
        card.topics.len(),
        card.features,
        card.weights,
        card.training_rows
    ))?;
    if !state.before.is_empty() {
        output::line(&format!("before: {}", state.before.join(", ")))?;
    }
    match candidate {
        Some(model) => output::line(&format!("candidate: {}", model.digest()))?,
        None => output::line("candidate: none")?,
    }
    output::line("week of      items  unsure  by people  corrected  blind  of these corrected")?;
    for (monday, week) in weeks {
        let WeekAtWork { items, unsure, by_person, corrected, blind, blind_corrected, .. } = week;
        output::line(&format!(
            "{}  {items:>7}  {:>6}  {by_person:>9}  {:>9}  {blind:>5}  {:>6}",
            local_date(monday),
            percent(unsure, items),
            percent(corrected, by_person),
            percent(blind_corrected, blind)
        ))?;
    }
    Ok(())
}

fn percent(part: i64, whole: i64) -> String {
    if whole == 0 { "-".to_owned() } else { format!("{:.1}%", part as f64 * 100.0 / whole as f64) }
}

fn print(global: &Global, county: &County, trial: &Trial) -> Result<()> {
    let worse = trial.worse(&plan_of(county));
    if global.json {
        return output::json(&json!({ "sets": trial.sets, "worse": worse }));
    }
    for ComparedSet { rows, compared } in &trial.sets {
        output::line(&format!(
            "{}: {} rows; micro-F1 {:.3} at work, {:.3} candidate",
            rows.name(),
            compared.rows,
            compared.present_micro,
            compared.candidate_micro
        ))?;
        output::line(&line("first topic", &compared.first))?;
        for (topic, duel) in
            compared.topics.iter().filter(|(_, duel)| duel.only_present + duel.only_candidate > 0)
        {
            output::line(&line(topic, duel))?;
        }
    }
    if worse.is_empty() {
        return output::line("no field of the plan is worse by more than chance explains");
    }
    output::line(&format!("worse by more than chance explains: {}", worse.join(", ")))
}

fn plan_of(county: &County) -> Vec<&str> {
    county.taxonomy.plan_fields().map(|field| field.code.as_str()).collect()
}

fn line(name: &str, duel: &Duel) -> String {
    format!(
        "  {name:15} {:>5} rows; right only at work {:>4}, only candidate {:>4}, p {:.3}{}",
        duel.support,
        duel.only_present,
        duel.only_candidate,
        duel.p,
        if duel.is_worse() { "  WORSE" } else { "" }
    )
}

async fn promote(
    global: &Global,
    county: &County,
    models: &Models,
    gold: &[PathBuf],
    despite: &[String],
) -> Result<()> {
    let trial = models.compare(gold).await?;
    let state = models.promote(&trial, &plan_of(county), despite, Actor::Console).await?;
    told(global, "promoted", &state.at_work)
}

async fn roll_back(global: &Global, models: &Models) -> Result<()> {
    let state = models.roll_back(None, Actor::Console).await?;
    told(global, "rolled back", &state.at_work)
}

fn told(global: &Global, what: &str, at_work: &str) -> Result<()> {
    if global.json {
        return output::json(&json!({ "done": what, "at_work": at_work }));
    }
    output::line(&format!("{what}: {at_work} is at work; running processes take it up within a minute"))
}

/// Makes a candidate of the model at work by what people said; with rows, one that is trained anew on both.
pub async fn learn(home: &Home, rows: Vec<Row>, progress: &dyn Fn(&str, f32)) -> Result<(Model, usize)> {
    let store = home.store().await?;
    let corrections = store.corrections().await?;
    store.close().await;
    let seen: Vec<Correction> = corrections.into_iter().filter(|correction| !correction.blind).collect();
    let learned = rows_of(&seen);
    let count = learned.len();
    let options = qingting_classify::TrainOptions::default();
    let model = if rows.is_empty() {
        let present = ModelFolder::of(&home.dir).model()?;
        qingting_classify::adapt(&present, &learned, &options)
            .context("people's judgements cannot be learned from")?
    } else {
        let all: Vec<Row> = rows.into_iter().chain(learned).collect();
        qingting_classify::train(&all, &options, progress)?
    };
    Ok((model, count))
}
