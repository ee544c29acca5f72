//! The records that were held back, arriving one after the other while visitors look.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use qingting_ingest::import::import;
use qingting_models::clock::local;
use qingting_models::store::Store;

use super::feed_site::FeedSite;
use super::folder::DemoFile;
use super::inbound::{COMPLAINTS, HOTLINE, write_plain_letters};
use super::season::sheets::hotline_csv;
use super::season::{Channel, SeasonRecord};

/// How many records are held back.
pub(super) const HELD: usize = 12;
/// Pause between two arrivals.
const EVERY: Duration = Duration::from_secs(90);
/// The first one comes sooner, so that nobody has to wait to see that something happens.
const FIRST: Duration = Duration::from_secs(20);

/// Lets the rest of the held-back records arrive, then rests for good.
pub(super) async fn arrive(
    dir: PathBuf,
    store: Store,
    site: FeedSite,
    mut demo: DemoFile,
    held: Vec<SeasonRecord>,
) {
    let mut pause = FIRST;
    for record in held.iter().skip(demo.arrived.len()) {
        tokio::time::sleep(pause).await;
        pause = EVERY;
        let now = store.now();
        let record = arriving(record, now, demo.end);
        if let Err(error) = one(&dir, &store, &site, &record, demo.end).await {
            tracing::warn!("an arrival of the demo: {error:#}");
        }
        demo.arrived.push(now);
        if let Err(error) = demo.save(&dir) {
            tracing::warn!("{error:#}");
        }
    }
    std::future::pending().await
}

/// The record as it is sent at the time that it arrives.
pub(super) fn arriving(record: &SeasonRecord, at: Timestamp, end: Timestamp) -> SeasonRecord {
    SeasonRecord { at_offset_minutes: at.duration_since(end).as_mins(), ..record.clone() }
}

async fn one(
    dir: &Path,
    store: &Store,
    site: &FeedSite,
    record: &SeasonRecord,
    end: Timestamp,
) -> Result<()> {
    let stamp = local(store.now()).strftime("%Y%m%d-%H%M%S").to_string();
    let records = std::slice::from_ref(record);
    let (source, path) = match record.channel {
        Channel::News { .. } => {
            site.publish(record);
            return Ok(());
        }
        Channel::Hotline => {
            let path = dir.join(format!("sheets/{HOTLINE}-{stamp}.csv"));
            fs::write(&path, hotline_csv(records, end))
                .with_context(|| format!("{} cannot be written", path.display()))?;
            (HOTLINE, path)
        }
        Channel::Complaint => {
            let path = dir.join(format!("sheets/{COMPLAINTS}-{stamp}.xlsx"));
            write_plain_letters(records, end, &path)?;
            (COMPLAINTS, path)
        }
    };
    let source = store.source_named(source).await?.with_context(|| format!("no source {source}"))?;
    import(store, &source, &path, None, &|_| {}).await?;
    Ok(())
}
