//! `qingting audit`: proves the chain of the audit log, also against signed heads that were kept elsewhere.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use qingting_models::store::SignedHead;
use serde_json::json;

use crate::cli::{AuditCommand, Global};
use crate::heads;
use crate::home::Home;
use crate::output;

/// Lines chained in one transaction before the check.
const CHAIN: i64 = 2_000;

pub async fn run(global: &Global, command: AuditCommand) -> Result<()> {
    match command {
        AuditCommand::Verify { heads } => verify(global, heads).await,
        AuditCommand::Head => head(global).await,
    }
}

async fn verify(global: &Global, file: Option<PathBuf>) -> Result<()> {
    let home = Home::find(global)?;
    let kept = kept(&home.heads, file.as_deref())?;
    let store = home.store().await?;
    while store.chain_audit(CHAIN).await? > 0 {}
    let verdict = store.verify_audit(&kept).await?;
    store.close().await;
    if global.json {
        output::json(&verdict)?;
    }
    if let Some((_, why)) = verdict.broken {
        bail!("the audit log is broken: {why}");
    }
    if global.json {
        return Ok(());
    }
    output::line(&format!(
        "the audit log is whole: {} lines, {} signed heads up to line {}",
        verdict.lines, verdict.checkpoints, verdict.covered
    ))
}

/// The heads of a file that was named, or of the installation's own if it has one.
fn kept(own: &Path, named: Option<&Path>) -> Result<Vec<SignedHead>> {
    match named {
        Some(file) => heads::read(file),
        None if own.exists() => heads::read(own),
        None => Ok(Vec::new()),
    }
}

async fn head(global: &Global) -> Result<()> {
    let store = Home::find(global)?.store().await?;
    while store.chain_audit(CHAIN).await? > 0 {}
    let head = store.checkpoint_audit(true).await?;
    store.close().await;
    let head = head.context("the audit log is empty")?;
    if global.json {
        return output::json(&head);
    }
    output::line(&json!(head).to_string())
}
