//! A weekly report from what an installation holds, beside the plain counts that it needs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use qingting_models::clock::local_date;
use qingting_models::records::{ReportKind, ReportScope, ReportSpan, Viewer};
use qingting_models::store::{ItemFilter, ItemState};
use qingting_respond::desk::Desk;
use qingting_respond::report::{Judgements, Source, document, last_of};
use serde::Serialize;

use super::most_memory;
use crate::cli::{Global, WrongUsage};
use crate::home::Home;
use crate::output;

/// Each is asked so often, one after the other; the middle one counts.
const ROUNDS: usize = 5;
/// The plain counts look so many days back, by day and by topic, as the report's own do.
const PAST: (i64, i64) = (84, 56);

/// What a report costs.
#[derive(Debug, Serialize)]
struct Found {
    database: String,
    week: String,
    /// In the week, and in the whole installation.
    items: i64,
    items_stored: i64,
    /// Milliseconds.
    plain_counts: f64,
    figures: f64,
    /// The Word file from the figures.
    docx: f64,
    /// How many times the plain counts the figures take.
    ratio: f64,
    /// Megabytes the process has held at most, before the first report and in the end; `None` where the system does not tell.
    memory_before: Option<f64>,
    memory_after: Option<f64>,
}

pub(super) async fn run(global: &Global, week: Option<&str>) -> Result<()> {
    let home = Home::find(global)?;
    let store = home.store().await?;
    let desk = Desk::new(store.clone(), Arc::new(home.county(&store).await?));
    let span = match week {
        Some(week) => ReportSpan::week(week).map_err(|error| WrongUsage(error.to_string()))?,
        None => {
            last_of(ReportKind::Weekly, local_date(store.now())).context("there is no week before today")?
        }
    };
    let all = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
    let mut found = Found {
        database: store.engine().to_owned(),
        week: span.name(),
        items: 0,
        items_stored: store.count_items(&Viewer::SYSTEM, &all).await?,
        plain_counts: 0.0,
        figures: 0.0,
        docx: 0.0,
        ratio: 0.0,
        memory_before: None,
        memory_after: None,
    };
    let (mut plain, mut figures, mut docx) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        store.plain_report_counts(&span, PAST.0, PAST.1).await?;
        plain.push(start.elapsed());
        if found.memory_before.is_none() {
            found.memory_before = most_memory();
        }
        let start = Instant::now();
        let report = desk.report(span, ReportScope::default()).await?;
        figures.push(start.elapsed());
        found.items = report.totals.items.now;
        let start = Instant::now();
        ensure!(!document(&report, &Judgements::new(), None).chapters.is_empty(), "the report is empty");
        desk.report_docx(&Source::Counted(Box::new(report))).await?;
        docx.push(start.elapsed());
    }
    store.close().await;
    found.memory_after = most_memory();
    (found.plain_counts, found.figures, found.docx) = (middle(plain), middle(figures), middle(docx));
    found.ratio = (found.figures * 100.0 / found.plain_counts.max(1e-3)).round() / 100.0;
    told(global, &found)
}

/// The middle one in milliseconds, to a tenth.
fn middle(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    (middle.as_secs_f64() * 10_000.0).round() / 10.0
}

fn told(global: &Global, found: &Found) -> Result<()> {
    if global.json {
        return output::json(found);
    }
    output::line(&format!(
        "{}, {}, {} items of {}: plain counts {} ms, figures {} ms ({} times), Word file {} ms",
        found.week,
        found.database,
        found.items,
        found.items_stored,
        found.plain_counts,
        found.figures,
        found.ratio,
        found.docx
    ))?;
    match (found.memory_before, found.memory_after) {
        (Some(before), Some(after)) => output::line(&format!(
            "most memory held: {before} MB before the first report, {after} MB in the end"
        )),
        _ => output::line("most memory held: this system does not tell"),
    }
}
