//! `qingting audit verify`: proves the chain of the audit log.

use anyhow::{Result, bail};

use crate::cli::Global;
use crate::home::Home;
use crate::output;

/// Lines chained in one transaction before the check.
const CHAIN: i64 = 2_000;

pub async fn verify(global: &Global) -> Result<()> {
    let store = Home::find(global)?.store().await?;
    while store.chain_audit(CHAIN).await? > 0 {}
    let verdict = store.verify_audit().await?;
    store.close().await;
    if global.json {
        output::json(&verdict)?;
    }
    if let Some((_, why)) = verdict.broken {
        bail!("the audit log is broken: {why}");
    }
    if !global.json {
        output::line(&format!("the audit log is whole: {} lines", verdict.lines))?;
    }
    Ok(())
}
