//! `qingting move`: everything into another database, of either kind.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use qingting_classify::Classifier;
use qingting_models::clock::SystemClock;
use qingting_models::store::{MoveOrder, MoveStep, Moved, Store};
use serde_json::json;

use crate::cli::Global;
use crate::home::{self, Home, SETTINGS, shown};
use crate::output;

pub async fn run(global: &Global, to: &str, alone: bool) -> Result<()> {
    let home = Home::find(global)?;
    if to == home.database {
        bail!("--to names the database that is to be moved: {}", shown(to));
    }
    let from = home.store().await?;
    let target = match home.store_to_fill(to, Arc::new(SystemClock)).await {
        Ok(target) => target,
        Err(error) => {
            from.close().await;
            return Err(error);
        }
    };
    let order = MoveOrder { from: &shown(&home.database), alone };
    let done = tokio::select! {
        done = moved(&home, &from, &target, order) => done,
        _ = tokio::signal::ctrl_c() => Err(anyhow!("it was ended; the same command goes on from there")),
    };
    from.close().await;
    target.close().await;
    let moved = done.with_context(|| format!("the move to {} did not end", shown(to)))?;
    if global.json {
        return output::json(
            &json!({ "tables": moved.tables, "rows": moved.rows, "indexed": moved.indexed }),
        );
    }
    output::line(&format!(
        "{} rows of {} tables are in {}, compared by count and digest; {} items can be searched; the audit chain is whole",
        moved.rows,
        moved.tables,
        shown(to),
        moved.indexed
    ))?;
    output::line(&format!(
        "to work with it, set url = \"...\" under [database] in {}; {} stays as it was",
        home.dir.join(SETTINGS).display(),
        shown(&home.database)
    ))
}

async fn moved(home: &Home, from: &Store, to: &Store, order: MoveOrder<'_>) -> Result<Moved> {
    let county = home.county(from).await?;
    let classifier: Classifier = home::classifier(&home.dir, &county, None)?;
    let bar = output::progress(0, "moving");
    let words = |title: &str, body: &str| classifier.search_tokens(title, body);
    let moved = from
        .move_into(to, order, &words, &|step| {
            let (what, count) = match step {
                MoveStep::Copied { table, rows } => (format!("writing {table}"), rows),
                MoveStep::Indexed(items) => ("indexing words".to_owned(), items),
                MoveStep::Compared { table, rows } => (format!("comparing {table}"), rows),
            };
            bar.set_message(what);
            bar.set_position(count);
        })
        .await;
    bar.finish_and_clear();
    let moved = moved?;
    while to.chain_audit(1_000).await? > 0 {}
    let verdict = to.verify_audit(&[]).await?;
    if let Some((line, why)) = verdict.broken {
        bail!(
            "the audit chain is broken at line {line}: {why}; `qingting audit verify` tells whether it is here too"
        );
    }
    Ok(moved)
}
