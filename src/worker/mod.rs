//! The worker loop that ties the stages together: fetch, judge, route, join, alert, tell, send, watch the clocks, chain the
//! log, number events and send them on; and beside them the helper model, where one is named.
//!
//! Every step claims its work from the store by lease and finishes it in one transaction, so a worker may be
//! killed anywhere and any number may run side by side.

mod stages;
mod tools;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use qingting_ingest::poll;
use qingting_models::county::County;
use qingting_models::store::{StoreError, Waker};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::advisor;

pub use tools::Tools;

/// Pause of a loop that found nothing to do.
const IDLE: Duration = Duration::from_millis(400);
/// The same where whoever brings work is heard; what a killed worker held comes back in this time after its lease.
const HEARD: Duration = Duration::from_secs(5);
/// Pause after an error of the store, so that a database that is away is not flooded.
const TROUBLE: Duration = Duration::from_secs(3);
/// How often waiting cases and warning lights are looked at.
const WATCH: Duration = Duration::from_secs(30);
/// How often changes of the county's files are looked for.
const FOLLOW: Duration = Duration::from_secs(2);
/// How often channels are looked at for messages that are due.
const POST: Duration = Duration::from_secs(1);
/// How often it is looked whether the day's clearing is due.
const CLEAR: Duration = Duration::from_secs(600);
/// How many lines of the audit log are chained in one transaction.
const CHAIN: i64 = 2_000;

/// Starts the loops; the future ends when all have stopped.
pub fn start(tools: &Tools, workers: u16, stop: &CancellationToken) -> impl Future<Output = ()> + use<> {
    let mut loops = JoinSet::new();
    for _ in 0..workers {
        loops.spawn(work(tools.clone(), stop.clone()));
        loops.spawn(fetch(tools.clone(), stop.clone()));
    }
    loops.spawn(hear(tools.clone(), stop.clone()));
    if workers > 0 {
        loops.spawn(watch(tools.clone(), stop.clone()));
        loops.spawn(tell(tools.clone(), stop.clone()));
        loops.spawn(clear(tools.clone(), stop.clone()));
        loops.spawn(post(tools.clone(), stop.clone()));
        loops.spawn(forward(tools.clone(), stop.clone()));
        if let Some(advisor) = tools.advisor.clone() {
            let (store, county, name) = (tools.store.clone(), tools.county(), tools.name.clone());
            loops.spawn(advisor::run(store, county, advisor, name, stop.clone()));
        }
    }
    async move { while loops.join_next().await.is_some() {} }
}

async fn work(tools: Tools, stop: CancellationToken) {
    let mut waker = tools.store.waker();
    while !stop.is_cancelled() {
        match round(&tools).await {
            Ok(true) => {}
            Ok(false) => wait_for_work(&tools, &stop, &mut waker).await,
            Err(error) => rest(&stop, trouble(&tools, "judging and routing", &error)).await,
        }
    }
}

async fn round(tools: &Tools) -> Result<bool> {
    let judged = tools.judge_once().await?.is_some();
    let routed = tools.route_once().await?;
    let joined = tools.join_once().await?.is_some();
    let alerted = tools.alert_once().await?;
    let chained = tools.chain_once().await?;
    Ok(judged || routed || joined || alerted || chained)
}

async fn fetch(tools: Tools, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match poll::fetch_due(&tools.store, &tools.http, &tools.name).await {
            Ok(polled) => {
                for (source, result) in polled {
                    tools.figures.polled(result.is_ok());
                    if let Err(error) = result {
                        tracing::warn!("source {}: {error}", source.name);
                    }
                }
                IDLE * 5
            }
            Err(error) => trouble(&tools, "fetching", &error.into()),
        };
        rest(&stop, pause).await;
    }
}

async fn tell(tools: Tools, stop: CancellationToken) {
    let mut waker = tools.store.waker();
    while !stop.is_cancelled() {
        match tools.tell_once().await {
            Ok(true) => {}
            Ok(false) => wait_for_work(&tools, &stop, &mut waker).await,
            Err(error) => rest(&stop, trouble(&tools, "telling", &error)).await,
        }
    }
}

/// Hears of the work that other processes bring, as long as the database tells.
async fn hear(tools: Tools, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let outcome = tokio::select! {
            () = stop.cancelled() => return,
            outcome = tools.store.hear_others() => outcome,
        };
        if let Err(error) = outcome {
            rest(&stop, trouble(&tools, "hearing other processes", &error.into())).await;
        }
    }
}

/// Sends the messages that are due, each channel by a task of its own.
async fn post(tools: Tools, stop: CancellationToken) {
    let due = || tools.store.channels_to_serve();
    serve_each(&tools, &stop, "looking for messages", due, |tools, id| async move {
        tools.courier.serve(&tools.name, id).await
    })
    .await;
}

/// Sends events on, each address by a task of its own.
async fn forward(tools: Tools, stop: CancellationToken) {
    let due = || tools.store.webhooks_to_serve();
    serve_each(&tools, &stop, "looking for webhooks", due, |tools, id| async move {
        tools.forwarder.serve(&tools.name, id).await
    })
    .await;
}

/// Looks from time to time who is `due`, and serves each by a task of its own, so that a slow receiver holds up none but
/// itself.
async fn serve_each<I, Looked, Served>(
    tools: &Tools,
    stop: &CancellationToken,
    looking: &'static str,
    due: impl Fn() -> Looked,
    serve: impl Fn(Tools, I) -> Served + Copy + Send + 'static,
) where
    I: Copy + PartialEq + Send + 'static,
    Looked: Future<Output = Result<Vec<I>, StoreError>>,
    Served: Future<Output = Result<usize, StoreError>> + Send + 'static,
{
    let mut serving: JoinSet<()> = JoinSet::new();
    let mut busy: HashMap<tokio::task::Id, I> = HashMap::new();
    while !stop.is_cancelled() {
        let due = match due().await {
            Ok(due) => due,
            Err(error) => {
                rest(stop, trouble(tools, looking, &error.into())).await;
                continue;
            }
        };
        for one in due {
            if !busy.values().any(|other| *other == one) {
                let id = serving.spawn(serve_one(tools.clone(), one, stop.clone(), serve)).id();
                busy.insert(id, one);
            }
        }
        rest(stop, POST).await;
        while let Some(done) = serving.try_join_next_with_id() {
            busy.remove(&done.map_or_else(|error| error.id(), |(id, ())| id));
        }
    }
    while serving.join_next().await.is_some() {}
}

async fn serve_one<I: Copy, Served: Future<Output = Result<usize, StoreError>>>(
    tools: Tools,
    one: I,
    stop: CancellationToken,
    serve: impl Fn(Tools, I) -> Served,
) {
    while !stop.is_cancelled() {
        match serve(tools.clone(), one).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                rest(&stop, trouble(&tools, "sending", &error.into())).await;
                return;
            }
        }
    }
}

async fn watch(tools: Tools, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match look_after(&tools).await {
            Ok(true) => continue,
            Ok(false) => WATCH,
            Err(error) => trouble(&tools, "watching clocks, incidents and words", &error),
        };
        rest(&stop, pause).await;
    }
}

/// Lets go what is due by the rules of retention, once a day.
async fn clear(tools: Tools, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let done = async {
            tools.store.make_months().await?;
            tools.clear_once_a_day().await
        };
        let pause = match done.await {
            Ok(_) => CLEAR,
            Err(error) => trouble(&tools, "clearing by the rules of retention", &error).max(CLEAR),
        };
        rest(&stop, pause).await;
    }
}

/// What time alone brings: a clock that was put back, due clocks, drafts of reports, what nobody acts on, a promoted model, incidents that cool, words of another day. Whether more waits.
async fn look_after(tools: &Tools) -> Result<bool> {
    tools.heed_clock().await?;
    let desk = tools.desk();
    if let Some(changed) = desk.follow_rules().await?.filter(|changed| *changed > 0) {
        tracing::info!("due times of {changed} cases follow the calendar and the deadline rules");
    }
    let drawn = desk.draw_facts().await?;
    if drawn > 0 {
        tracing::info!("the rates count {drawn} more cases that were stored before");
    }
    let reports = desk.draft_reports().await?;
    if reports > 0 {
        tracing::info!("drafted {reports} reports");
    }
    desk.tick().await?;
    desk.remind().await?;
    tools.sign_audit().await?;
    tools.look_for_model()?;
    tools.store.cool_incidents().await?;
    // Days that were never counted come one after the other.
    Ok(tools.count_words_once().await? || drawn > 0)
}

/// Looks for changes of the county's files until it is stopped; `taken` is told of each.
pub async fn follow_county(tools: Tools, stop: CancellationToken, taken: impl Fn(Arc<County>) + Send) {
    while !stop.is_cancelled() {
        let pause = match tools.look_for_county().await {
            Ok(Some(county)) => {
                taken(county);
                FOLLOW
            }
            Ok(None) => FOLLOW,
            Err(error) => trouble(&tools, "the county's files", &error),
        };
        rest(&stop, pause).await;
    }
}

fn trouble(tools: &Tools, what: &'static str, error: &anyhow::Error) -> Duration {
    tools.figures.trouble(what);
    tracing::error!("{what}: {error:#}");
    TROUBLE
}

/// Rests until work comes or it is time to look by oneself.
async fn wait_for_work(tools: &Tools, stop: &CancellationToken, waker: &mut Waker) {
    let pause = if tools.store.hears_all() { HEARD } else { IDLE };
    tokio::select! {
        () = stop.cancelled() => {}
        () = waker.woken() => {}
        () = tokio::time::sleep(pause) => {}
    }
}

async fn rest(stop: &CancellationToken, pause: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(pause) => {}
    }
}
