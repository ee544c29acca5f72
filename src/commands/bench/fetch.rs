//! Sources that take their time to answer, polled by one worker and by several, each with a store of its own as a process
//! has it.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use qingting_ingest::http::Http;
use qingting_ingest::poll::fetch_due;
use qingting_models::clock::SystemClock;
use qingting_models::records::{Actor, Channel, Mode, SourceKind, SourceSettings};
use qingting_models::store::{NewSource, Store, StoreSettings};
use qingting_models::vault::Vault;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::Scratch;
use crate::cli::Global;
use crate::output;

/// Entries of each feed.
const ENTRIES: usize = 3;
/// Hosts that the sources are spread over, each an address of its own on loopback: a worker asks a host one thing at a time.
const HOSTS: u32 = 200;
/// Connections of each worker to the database.
const CONNECTIONS: u32 = 4;

/// What one number of workers came to.
#[derive(Debug, Serialize)]
struct Round {
    workers: u16,
    seconds: f64,
    /// How many times as fast as the first round.
    gain: f64,
}

#[derive(Debug, Serialize)]
struct Found {
    database: String,
    sources: u32,
    latency_ms: u64,
    rounds: Vec<Round>,
}

/// How often each feed was asked for.
#[derive(Default)]
struct Site {
    latency: Duration,
    asked: Mutex<HashMap<String, usize>>,
}

pub(super) async fn run(global: &Global, sources: u32, latency_ms: u64, workers: &[u16]) -> Result<()> {
    let folder = Scratch::new()?;
    let url =
        global.database.clone().unwrap_or_else(|| format!("sqlite:{}", folder.0.join("bench.db").display()));
    let settings = StoreSettings::new(url, Vault::generate()?, CONNECTIONS);
    let store = open(&settings).await?;
    let site = Arc::new(Site { latency: Duration::from_millis(latency_ms), ..Site::default() });
    let addresses = serve(&site, sources.min(HOSTS)).await?;
    let mut rounds: Vec<Round> = Vec::new();
    for (number, &workers) in workers.iter().enumerate() {
        let before = store.totals().await?.items;
        for (source, address) in (0..sources).zip(addresses.iter().cycle()) {
            store.add_source(feed(&format!("{number}-{source}"), *address), Actor::Console).await?;
        }
        let seconds = polled_by(&settings, workers).await?;
        let items = store.totals().await?.items - before;
        let expected = i64::from(sources) * i64::try_from(ENTRIES)?;
        ensure!(items == expected, "{items} items came of {expected} entries");
        let gain = rounds.first().map_or(1.0, |first| (first.seconds / seconds * 100.0).round() / 100.0);
        rounds.push(Round { workers, seconds, gain });
    }
    let asked = site.asked.lock().unwrap_or_else(PoisonError::into_inner).values().copied().max();
    ensure!(asked == Some(1), "a source was polled {asked:?} times");
    let database = store.engine().to_owned();
    store.close().await;
    report(global, &Found { database, sources, latency_ms, rounds })
}

async fn open(settings: &StoreSettings) -> Result<Store> {
    Store::open(settings.clone(), Arc::new(SystemClock))
        .await
        .context("the benchmark needs a database of its own; with --database name an empty one")
}

/// Seconds until nothing is due any more.
async fn polled_by(settings: &StoreSettings, workers: u16) -> Result<f64> {
    let mut stores = Vec::new();
    for _ in 0..workers {
        stores.push(open(settings).await?);
    }
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for (number, store) in stores.into_iter().enumerate() {
        running.spawn(async move {
            let http = Http::new(env!("CARGO_PKG_VERSION"));
            let polled = fetch_due(&store, &http, &format!("worker {number}")).await?;
            for (source, result) in polled {
                result.with_context(|| format!("source {}", source.name))?;
            }
            anyhow::Ok(store)
        });
    }
    let mut done = Vec::new();
    while let Some(worker) = running.join_next().await {
        done.push(worker??);
    }
    let seconds = (begun.elapsed().as_secs_f64() * 1e3).round() / 1e3;
    for store in done {
        store.close().await;
    }
    Ok(seconds)
}

fn feed(name: &str, address: SocketAddr) -> NewSource {
    NewSource {
        name: name.to_owned(),
        kind: SourceKind::Feed,
        channel: Channel::News,
        mode: Mode::Handle,
        url: Some(format!("http://{address}/{name}")),
        cutoff: None,
        allow_host: Some(address.ip().to_string()),
        interval_s: 86_400,
        settings: SourceSettings::default(),
    }
}

async fn serve(site: &Arc<Site>, hosts: u32) -> Result<Vec<SocketAddr>> {
    let mut addresses = Vec::new();
    for host in 0..hosts {
        let address = Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + host);
        let listener = TcpListener::bind((address, 0)).await.with_context(|| address.to_string())?;
        addresses.push(listener.local_addr()?);
        let routes = Router::new().route("/{feed}", get(answer)).with_state(site.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
    }
    Ok(addresses)
}

async fn answer(State(site): State<Arc<Site>>, Path(feed): Path<String>) -> Response {
    tokio::time::sleep(site.latency).await;
    let entry = |n: usize| {
        format!(
            "<item><guid>{feed}-{n}</guid><title>{feed}村的路灯第{n}盏不亮</title>\
             <description>{feed}村口第{n}盏路灯坏了三天，晚上走路看不清。</description></item>"
        )
    };
    let items: String = (0..ENTRIES).map(entry).collect();
    *site.asked.lock().unwrap_or_else(PoisonError::into_inner).entry(feed).or_default() += 1;
    let body = format!("<rss version=\"2.0\"><channel><title>县新闻</title>{items}</channel></rss>");
    ([(CONTENT_TYPE, "application/rss+xml")], body).into_response()
}

fn report(global: &Global, found: &Found) -> Result<()> {
    if global.json {
        return output::json(found);
    }
    let Found { database, sources, latency_ms, rounds } = found;
    output::line(&format!(
        "{sources} sources of {ENTRIES} entries that take {latency_ms} ms to answer, {database}; seconds until all are polled:"
    ))?;
    for Round { workers, seconds, gain } in rounds {
        output::line(&format!("  {workers:>2} workers {seconds:>9.2}   {gain} times as fast as the first"))?;
    }
    output::line("each was polled once, each entry is stored once")
}
