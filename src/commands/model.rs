//! `qingting model`: the model at work beside a candidate, and changing from the one to the other.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use qingting_classify::corpus::{Row, RowText, load_rows};
use qingting_classify::{Comparison, Duel, Model, compare};
use qingting_models::clock::local_date;
use qingting_models::county::County;
use qingting_models::records::{Actor, Channel, Kind, Subject, Urgency, Viewer};
use qingting_models::store::{Correction, Store, WeekAtWork};
use serde_json::json;

use crate::cli::{Global, ModelCommand};
use crate::home::Home;
use crate::model_folder::{EMBEDDED, ModelFolder};
use crate::output;

/// Labelled rows that stay the same over the years, in the county's folder; read by every comparison when it is there.
const GOLD: &str = "gold.jsonl";
/// Over how many weeks `show` tells how the model did.
const WEEKS: i64 = 12;

pub async fn run(global: &Global, command: ModelCommand) -> Result<()> {
    let home = Home::find(global)?;
    let store = home.store().await?;
    let done = match command {
        ModelCommand::Show => show(global, &home, &store).await,
        ModelCommand::Compare { gold } => {
            let compared = Compared::of(&home, &store, &gold).await?;
            compared.print(global, &home.county(&store).await?)
        }
        ModelCommand::Promote { gold, despite } => promote(global, &home, &store, &gold, &despite).await,
        ModelCommand::Rollback => roll_back(global, &home, &store).await,
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

/// The candidate beside the present model, on each set of rows that there is.
struct Compared {
    sets: Vec<(&'static str, Comparison)>,
}

impl Compared {
    /// # Errors
    /// When there is no candidate, a file cannot be read, or there are no rows.
    async fn of(home: &Home, store: &Store, gold: &[PathBuf]) -> Result<Self> {
        let folder = ModelFolder::of(&home.dir);
        let Some(candidate) = folder.candidate()? else {
            bail!("there is no candidate; make one with `qingting train --with-corrections`");
        };
        let present = folder.model()?;
        let mut rows = Vec::new();
        for file in gold_files(&home.dir, gold) {
            rows.extend(load_rows(&file)?);
        }
        let (blind, seen): (Vec<_>, Vec<_>) = store.corrections().await?.into_iter().partition(|c| c.blind);
        let sets = [
            ("gold", rows),
            ("judged blind", rows_of(&blind)),
            ("corrections, which a candidate may have learned", rows_of(&seen)),
        ];
        let sets: Vec<_> = sets
            .into_iter()
            .filter(|(_, rows)| !rows.is_empty())
            .map(|(name, rows)| (name, compare(&present, &candidate, &rows)))
            .collect();
        if sets.is_empty() {
            bail!(
                "there is nothing to compare on: name labelled rows with --gold, put {GOLD} into {}, or judge items",
                home.dir.display()
            );
        }
        Ok(Self { sets })
    }

    /// The fields of the plan in which the candidate is worse by more than chance, on rows that it has not learned from.
    fn worse(&self, county: &County) -> Vec<String> {
        let plan: Vec<&str> = county.taxonomy.plan_fields().map(|field| field.code.as_str()).collect();
        let mut worse: Vec<String> =
            self.unlearned().flat_map(|comparison| comparison.worse(&plan)).map(str::to_owned).collect();
        worse.sort();
        worse.dedup();
        worse
    }

    fn unlearned(&self) -> impl Iterator<Item = &Comparison> {
        self.sets.iter().filter(|(name, _)| matches!(*name, "gold" | "judged blind")).map(|(_, found)| found)
    }

    fn print(&self, global: &Global, county: &County) -> Result<()> {
        let worse = self.worse(county);
        if global.json {
            let sets: Vec<_> =
                self.sets.iter().map(|(name, found)| json!({ "rows": name, "compared": found })).collect();
            return output::json(&json!({ "sets": sets, "worse": worse }));
        }
        for (name, found) in &self.sets {
            output::line(&format!(
                "{name}: {} rows; micro-F1 {:.3} at work, {:.3} candidate",
                found.rows, found.present_micro, found.candidate_micro
            ))?;
            output::line(&line("first topic", &found.first))?;
            for (topic, duel) in
                found.topics.iter().filter(|(_, duel)| duel.only_present + duel.only_candidate > 0)
            {
                output::line(&line(topic, duel))?;
            }
        }
        if worse.is_empty() {
            return output::line("no field of the plan is worse by more than chance explains");
        }
        output::line(&format!("worse by more than chance explains: {}", worse.join(", ")))
    }
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

fn gold_files(home: &Path, named: &[PathBuf]) -> Vec<PathBuf> {
    let own = home.join(GOLD);
    named.iter().cloned().chain(own.exists().then_some(own)).collect()
}

/// What people said, as rows to learn from or to measure by.
pub fn rows_of(corrections: &[Correction]) -> Vec<Row> {
    let row = |correction: &Correction| {
        let judgement = &correction.judgement;
        let news = correction.channel == Channel::News;
        Row {
            id: correction.item.to_string(),
            text: RowText::Written { title: correction.title.clone(), body: correction.body.clone() },
            topics: Some(judgement.topics.iter().map(|topic| topic.code.as_str().to_owned()).collect()),
            kind: Some(if news { Kind::News } else { judgement.kind }),
            department: None,
            urgency: Some(u8::from(judgement.urgency)),
            urgent: Some(judgement.urgency == Urgency::Urgent),
        }
    };
    corrections.iter().map(row).collect()
}

async fn promote(
    global: &Global,
    home: &Home,
    store: &Store,
    gold: &[PathBuf],
    despite: &[String],
) -> Result<()> {
    let compared = Compared::of(home, store, gold).await?;
    if compared.unlearned().next().is_none() {
        bail!(
            "the candidate may have learned all rows there are: name labelled rows with --gold, or put {GOLD} into {}",
            home.dir.display()
        );
    }
    let worse = compared.worse(&home.county(store).await?);
    let unnamed: Vec<&str> =
        worse.iter().filter(|field| !despite.contains(field)).map(String::as_str).collect();
    if !unnamed.is_empty() {
        bail!(
            "the candidate is worse by more than chance explains in {}; see `qingting model compare`; to promote it all the same add --despite {}",
            unnamed.join(", "),
            unnamed.join(" --despite ")
        );
    }
    let state = ModelFolder::of(&home.dir).promote()?;
    let detail = json!({ "model": state.at_work, "before": state.before.last(), "despite": despite });
    store.audit(Actor::Console, "model.promote", Subject::System, detail).await?;
    told(global, "promoted", &state.at_work)
}

async fn roll_back(global: &Global, home: &Home, store: &Store) -> Result<()> {
    let state = ModelFolder::of(&home.dir).roll_back()?;
    store.audit(Actor::Console, "model.rollback", Subject::System, json!({ "model": state.at_work })).await?;
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
