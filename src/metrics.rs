//! Figures for those who watch over the program: `/metrics` in the OpenMetrics text format, `/healthz` and `/readyz`, on a
//! listener of their own, which nobody outside the house needs to reach.
//!
//! What a process did is counted by itself; what waits is asked of the store when the figures are read, so every process
//! tells the same of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::FutureExt;
use futures::future::BoxFuture;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use qingting_models::store::{QuarantineFilter, Queue, Store, StoreError};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::commands::listen;

/// Upper ends of the classes of a stage's batches, in seconds.
const CLASSES: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// How long the store may take to say what waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the stages of a process did.
#[derive(Clone)]
pub struct StageFigures {
    items: Family<StageLabel, Counter>,
    seconds: Family<StageLabel, Histogram, fn() -> Histogram>,
    troubles: Family<LoopLabel, Counter>,
    polls: Family<PollLabel, Counter>,
    totals: Arc<Mutex<BTreeMap<&'static str, StageTotal>>>,
}

/// What a stage wrote, and how long its batches took, waiting for the database included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct StageTotal {
    pub items: u64,
    pub seconds: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabel {
    stage: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PollLabel {
    /// `read` or `failed`.
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LoopLabel {
    what: &'static str,
}

impl Default for StageFigures {
    fn default() -> Self {
        Self {
            items: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(CLASSES)),
            troubles: Family::default(),
            polls: Family::default(),
            totals: Arc::default(),
        }
    }
}

impl StageFigures {
    /// Notes a batch that a stage wrote.
    pub fn batch(&self, stage: &'static str, items: usize, begun: Instant) {
        let label = StageLabel { stage };
        self.items.get_or_create(&label).inc_by(items as u64);
        let seconds = begun.elapsed().as_secs_f64();
        self.seconds.get_or_create(&label).observe(seconds);
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let total = totals.entry(stage).or_default();
        total.items += items as u64;
        total.seconds += seconds;
    }

    /// Notes that a source was asked, and whether it could be read.
    pub fn polled(&self, read: bool) {
        let outcome = if read { "read" } else { "failed" };
        self.polls.get_or_create(&PollLabel { outcome }).inc();
    }

    /// Notes that a loop failed and will try again.
    pub fn trouble(&self, what: &'static str) {
        self.troubles.get_or_create(&LoopLabel { what }).inc();
    }

    /// What each stage did since the process began, by its name.
    pub fn totals(&self) -> BTreeMap<&'static str, StageTotal> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn register(&self, registry: &mut Registry) {
        registry.register("stage_items", "What the stages of this process wrote", self.items.clone());
        registry.register_with_unit(
            "stage_batch_duration",
            "Time of a batch that was written, by stage",
            Unit::Seconds,
            self.seconds.clone(),
        );
        registry.register("polls", "Sources that were asked, by outcome", self.polls.clone());
        registry.register("troubles", "How often a loop failed and tried again", self.troubles.clone());
    }
}

/// What the watchers ask.
struct Watched {
    registry: Registry,
    store: Store,
    stop: CancellationToken,
}

/// Serves the figures until `stop` is cancelled. `register` names what else the process counts.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(
    bind: SocketAddr,
    store: Store,
    stages: &StageFigures,
    register: impl FnOnce(&mut Registry),
    stop: CancellationToken,
) -> Result<BoxFuture<'static, Result<()>>> {
    let listener = listen(bind).await?;
    let mut registry = Registry::with_prefix("qingting");
    let build = vec![("version", env!("CARGO_PKG_VERSION")), ("database", store.engine())];
    registry.register("build", "The program and its database", Info::new(build));
    stages.register(&mut registry);
    register(&mut registry);
    tracing::info!("figures at http://{}/metrics", listener.local_addr()?);
    let watched = Arc::new(Watched { registry, store, stop: stop.clone() });
    let routes = Router::new()
        .route("/metrics", get(figures))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(watched);
    let serving = async move {
        let stopped = async move { stop.cancelled().await };
        axum::serve(listener, routes)
            .with_graceful_shutdown(stopped)
            .await
            .context("the figures are not served")
    };
    Ok(serving.boxed())
}

/// Whether this process may be given work: its store answers, and it is not ending.
async fn ready(State(watched): State<Arc<Watched>>) -> Response {
    if watched.stop.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "ending\n").into_response();
    }
    match tokio::time::timeout(PATIENCE, watched.store.answers()).await {
        Ok(Ok(())) => "ready\n".into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "store\n").into_response(),
    }
}

async fn figures(State(watched): State<Arc<Watched>>) -> Response {
    let mut text = String::new();
    let looked = tokio::time::timeout(PATIENCE, Waiting::look(&watched.store)).await;
    let up = matches!(&looked, Ok(Ok(_)));
    let mut now = Registry::with_prefix("qingting");
    match looked {
        Ok(Ok(waiting)) => now.register_collector(Box::new(waiting)),
        Ok(Err(error)) => tracing::error!("the figures of the store are missing: {error}"),
        Err(_) => tracing::error!("the figures of the store are missing: it does not answer"),
    }
    now.register_collector(Box::new(StoreUp(up)));
    let encoded = prometheus_client::encoding::text::encode_registry(&mut text, &watched.registry)
        .and_then(|()| prometheus_client::encoding::text::encode_registry(&mut text, &now))
        .and_then(|()| prometheus_client::encoding::text::encode_eof(&mut text));
    match encoded {
        Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Debug)]
struct StoreUp(bool);

impl Collector for StoreUp {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        one(&mut encoder, "store_up", "Whether the database answered", i64::from(self.0))
    }
}

/// What the whole installation has to do, whichever process is asked.
#[derive(Debug)]
struct Waiting {
    queues: Vec<(Queue, f64)>,
    stuck: i64,
    messages: i64,
    quarantined: i64,
    failing: i64,
    /// When the state of the last backup was taken, in seconds since 1970.
    backed_up: Option<i64>,
}

impl Waiting {
    async fn look(store: &Store) -> Result<Self, StoreError> {
        let now = store.now();
        let queues = store.queues().await?;
        let sources = store.sources().await?;
        let failing = sources.iter().filter(|source| !source.paused && source.health.last_error.is_some());
        Ok(Self {
            queues: queues.into_iter().map(|queue| (queue, queue.lag(now).as_secs_f64())).collect(),
            stuck: store.stuck_count().await?,
            messages: store.stuck_deliveries().await?,
            quarantined: store.count_quarantine(QuarantineFilter::default()).await?,
            failing: i64::try_from(failing.count()).unwrap_or(i64::MAX),
            backed_up: store.last_backup().await?.map(|note| note.at.as_second()),
        })
    }
}

impl Collector for Waiting {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let waiting = ConstGauge::new(0_i64);
        let mut family =
            encoder.encode_descriptor("waiting", "What waits before a stage", None, waiting.metric_type())?;
        for (queue, _) in &self.queues {
            let label = StageLabel { stage: queue.stage };
            ConstGauge::new(queue.waiting).encode(family.encode_family(&label)?)?;
        }
        let mut family = encoder.encode_descriptor(
            "lag",
            "How long the oldest has waited before a stage",
            Some(&Unit::Seconds),
            waiting.metric_type(),
        )?;
        for (queue, lag) in &self.queues {
            let label = StageLabel { stage: queue.stage };
            ConstGauge::new(*lag).encode(family.encode_family(&label)?)?;
        }
        one(&mut encoder, "stuck_items", "Items that were set aside after their tries", self.stuck)?;
        one(&mut encoder, "stuck_messages", "Messages that do not get out", self.messages)?;
        one(&mut encoder, "quarantined_rows", "Rows that could not be read", self.quarantined)?;
        one(&mut encoder, "failing_sources", "Sources whose last reading failed", self.failing)?;
        match self.backed_up {
            None => Ok(()),
            Some(at) => {
                one(&mut encoder, "last_backup_timestamp_seconds", "The state that was backed up last", at)
            }
        }
    }
}

fn one(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: i64,
) -> Result<(), std::fmt::Error> {
    let gauge = ConstGauge::new(value);
    gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
}
