//! The worker loop that ties the stages together: fetch, judge, route, join, alert, tell, send, watch the clocks, chain the
//! log; and beside them the helper model, where one is named.
//!
//! Every step claims its work from the store by lease and finishes it in one transaction, so a worker may be
//! killed anywhere and any number may run side by side.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Result;
use jiff::SignedDuration;
use jiff::civil::Date;
use qingting_classify::emerging::DayCounts;
use qingting_classify::{Classifier, Input, Model};
use qingting_ingest::http::Http;
use qingting_ingest::poll;
use qingting_models::clock::local_date;
use qingting_models::county::{County, CountyFiles, Town};
use qingting_models::ids::NoticeChannelId;
use qingting_models::records::Upstream;
use qingting_models::store::{JudgeTask, NewJudgement, Store, WordCounts};
use qingting_respond::desk::Desk;
use qingting_respond::notices::send::Courier;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::advisor::{self, Advisor};
use crate::heads;
use crate::home::put_together;
use crate::joining::Joiner;
use crate::model_folder::ModelFolder;

/// How many items are judged in one transaction.
const BATCH: i64 = 200;
/// How many items are joined to incidents in one transaction.
const JOINED: i64 = 200;
/// How long a worker may hold claimed items before they are given to another.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// Pause of a loop that found nothing to do.
const IDLE: Duration = Duration::from_millis(400);
/// Pause after an error of the store, so that a database that is away is not flooded.
const TROUBLE: Duration = Duration::from_secs(3);
/// How often waiting cases and warning lights are looked at.
const WATCH: Duration = Duration::from_secs(30);
/// How often changes of the county's files are looked for.
const FOLLOW: Duration = Duration::from_secs(2);
/// How many events are told one after the other.
const TELLS: i64 = 100;
/// How often channels are looked at for messages that are due.
const POST: Duration = Duration::from_secs(1);
/// How many lines of the audit log are chained in one transaction.
const CHAIN: i64 = 2_000;

/// What the stages work with; cheap to clone.
#[derive(Clone)]
pub struct Tools {
    pub store: Store,
    facts: Arc<RwLock<Facts>>,
    county_files: Option<Arc<CountyFiles>>,
    heads: Option<PathBuf>,
    classifier: Arc<RwLock<Arc<Classifier>>>,
    models: Option<ModelFolder>,
    joiner: Arc<tokio::sync::Mutex<Joiner>>,
    /// What the folder named when it was last looked at.
    asked: Arc<Mutex<Option<String>>>,
    pub http: Http,
    advisor: Option<Advisor>,
    courier: Courier,
    name: String,
}

/// What is made of the county's facts.
#[derive(Clone)]
struct Facts {
    county: Arc<County>,
    desk: Desk,
    /// The store's mark when they were read, and the day on which.
    read: (i64, Date),
}

impl Tools {
    /// With the model that is at work in a county's folder, or without one the model inside the program.
    pub fn new(store: Store, county: Arc<County>, http: Http, models: Option<ModelFolder>) -> Result<Self> {
        let model = match &models {
            Some(folder) => folder.model()?,
            None => Model::embedded()?,
        };
        let asked = models.as_ref().and_then(|folder| folder.state().ok()).map(|state| state.at_work);
        let classifier = Arc::new(RwLock::new(Arc::new(Classifier::new(model, &county))));
        let desk = Desk::new(store.clone(), county.clone());
        // A mark that no store has: the files are read once more at the first look.
        let facts = Facts { county, desk, read: (-1, Date::ZERO) };
        let random = qingting_models::vault::random::<6>()?;
        let courier = Courier::new(store.clone(), http.clone(), None);
        let name = format!("{}-{}", std::process::id(), random.map(|byte| format!("{byte:02x}")).concat());
        Ok(Self {
            store,
            facts: Arc::new(RwLock::new(facts)),
            county_files: None,
            heads: None,
            classifier,
            models,
            joiner: Arc::default(),
            asked: Arc::new(Mutex::new(asked)),
            http,
            advisor: None,
            courier,
            name,
        })
    }

    /// With a helper model that workers ask, if there is one.
    #[must_use]
    pub fn advised_by(self, advisor: Option<Advisor>) -> Self {
        Self { advisor, ..self }
    }

    /// With the files of the county's folder, over which changes on pages are looked for.
    #[must_use]
    pub fn with_county_files(self, files: CountyFiles) -> Self {
        Self { county_files: Some(Arc::new(files)), ..self }
    }

    /// With a file to which a signed head of the audit log is added each day.
    #[must_use]
    pub fn with_heads(self, file: PathBuf) -> Self {
        Self { heads: Some(file), ..self }
    }

    /// Signs the head of the audit log from time to time, and keeps one a day in the file. A file that cannot be
    /// written holds nothing else up.
    async fn sign_audit(&self) -> Result<()> {
        if let (Some(head), Some(file)) = (self.store.checkpoint_audit(false).await?, &self.heads)
            && let Err(error) = heads::keep(file, &head)
        {
            tracing::error!("the head of the audit log is not kept: {error:#}");
        }
        Ok(())
    }

    /// The files of the county's folder.
    pub fn county_files(&self) -> Arc<CountyFiles> {
        self.county_files.clone().unwrap_or_default()
    }

    fn facts(&self) -> Facts {
        self.facts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The county's facts that count now.
    pub fn county(&self) -> Arc<County> {
        self.facts().county
    }

    /// The desk by these facts.
    pub fn desk(&self) -> Desk {
        self.facts().desk
    }

    /// Takes up county files that were changed on a page, here or by another process, and gives what is new; also on
    /// another day, when other rows may count.
    async fn look_for_county(&self) -> Result<Option<Arc<County>>> {
        let Some(files) = &self.county_files else { return Ok(None) };
        let read = (self.store.county_mark().await?, local_date(self.store.now()));
        let known = self.facts();
        if known.read == read {
            return Ok(None);
        }
        let county = Arc::new(put_together(files, &self.store.county_files().await?)?);
        let desk = Desk::new(self.store.clone(), county.clone());
        if *known.county != *county {
            let classifier = self.classifier();
            let classifier = Arc::new(classifier.for_county(&county));
            *self.classifier.write().unwrap_or_else(PoisonError::into_inner) = classifier;
            tracing::info!("the county's files as of change {} are at work", read.0);
        }
        let facts = Facts { county: county.clone(), desk, read };
        *self.facts.write().unwrap_or_else(PoisonError::into_inner) = facts;
        Ok(Some(county))
    }

    /// With the address under which browsers reach the pages, for the links in messages.
    #[must_use]
    pub fn reached_at(self, base_url: Option<String>) -> Self {
        let courier = Courier::new(self.store.clone(), self.http.clone(), base_url);
        Self { courier, ..self }
    }

    /// The classifier at work.
    pub fn classifier(&self) -> Arc<Classifier> {
        self.classifier.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes up another model when one was put to work in the folder.
    fn look_for_model(&self) -> Result<()> {
        let Some(folder) = &self.models else { return Ok(()) };
        let asked = folder.state()?.at_work;
        let last = self.asked.lock().unwrap_or_else(PoisonError::into_inner).replace(asked.clone());
        if last.is_some_and(|last| last == asked) {
            return Ok(());
        }
        let classifier = Arc::new(Classifier::new(folder.model()?, &self.county()));
        tracing::info!("the model {} is at work", classifier.model_digest());
        *self.classifier.write().unwrap_or_else(PoisonError::into_inner) = classifier;
        Ok(())
    }

    /// Judges one batch; how many items it wrote, or `None` when there was no work.
    pub async fn judge_once(&self) -> Result<Option<usize>> {
        let tasks = self.store.claim_judging(&self.name, BATCH, LEASE).await?;
        if tasks.is_empty() {
            return Ok(None);
        }
        let county = self.county();
        let classifier = self.classifier();
        let judged = tokio::task::spawn_blocking(move || {
            tasks.into_iter().map(|task| judge(&county, &classifier, task)).collect::<Vec<_>>()
        })
        .await?;
        let mut verdicts = Vec::with_capacity(judged.len());
        for (task, verdict) in judged {
            match verdict {
                Some(verdict) => verdicts.push((task, verdict)),
                None => {
                    tracing::error!("item {} could not be judged", task.item);
                    self.store.note_work_error("judge", task.item, "judging failed").await?;
                }
            }
        }
        Ok(Some(self.store.save_verdicts(&self.name, verdicts).await?))
    }

    /// Routes one batch; `false` when there was no work.
    pub async fn route_once(&self) -> Result<bool> {
        Ok(self.desk().route_next(&self.name, BATCH).await?.taken > 0)
    }

    /// Joins one batch to incidents; `false` when there was no work or another worker has the stage.
    pub async fn join_once(&self) -> Result<bool> {
        let mut joiner = self.joiner.lock().await;
        let claimed = self.store.claim_joining(&self.name, joiner.knows(), JOINED, LEASE).await?;
        let Some(batch) = claimed else { return Ok(false) };
        let outcome = joiner.decide(&self.store, &self.classifier(), &batch).await?;
        let saved = self.store.save_joining(&self.name, &batch, &outcome).await;
        if !matches!(saved, Ok(true)) {
            joiner.forget();
            tracing::debug!("a batch is joined again: the stage or an incident changed meanwhile");
        }
        for item in &outcome.unread {
            tracing::error!("item {item} could not be joined");
            self.store.note_work_error("join", *item, "joining failed").await?;
        }
        Ok(saved.map(|_| true)?)
    }

    /// Holds one batch against the alert rules; `false` when there was no work.
    pub async fn alert_once(&self) -> Result<bool> {
        Ok(self.desk().alert_next(&self.name, BATCH).await?.taken > 0)
    }

    /// Tells one batch of what happened; `false` when there was none.
    pub async fn tell_once(&self) -> Result<bool> {
        Ok(self.desk().tell_next(&self.name, TELLS).await?.taken > 0)
    }

    /// Counts the words of one day, if a day's count is due; `false` when none was.
    pub async fn count_words_once(&self) -> Result<bool> {
        let Some((day, texts)) = self.store.claim_word_day().await? else { return Ok(false) };
        let classifier = self.classifier();
        let counts = tokio::task::spawn_blocking(move || {
            let mut counts = DayCounts::default();
            texts.iter().for_each(|(title, body)| counts.add(classifier.terms(title, body)));
            counts
        })
        .await?;
        let words = counts.terms.into_iter().map(|(word, items)| (word, i64::from(items))).collect();
        self.store.save_word_day(day, &WordCounts { items: i64::from(counts.items), words }).await?;
        Ok(true)
    }

    /// Judges, routes and joins until nothing is left, also what other workers hold; `progress` is told what remains.
    pub async fn drain(&self, progress: &(dyn Fn(i64) + Sync)) -> Result<()> {
        loop {
            while self.judge_once().await?.is_some()
                || self.route_once().await?
                || self.join_once().await?
                || self.alert_once().await?
            {
                progress(self.store.waiting_work().await?.total());
            }
            let left = self.store.waiting_work().await?.total();
            if left == 0 {
                break;
            }
            progress(left);
            tokio::time::sleep(IDLE).await;
        }
        while self.store.chain_audit(CHAIN).await? > 0 {}
        Ok(())
    }
}

/// Judges one item. A text that breaks the judging is set aside, never the worker.
fn judge(county: &County, classifier: &Classifier, task: JudgeTask) -> (JudgeTask, Option<NewJudgement>) {
    let verdict = catch_unwind(AssertUnwindSafe(|| {
        let input = Input { title: &task.title, body: &task.body, channel: task.channel };
        let (verdict, signature) = classifier.judge_and_sign(&input);
        let signature = signature.to_bytes();
        NewJudgement {
            model: classifier.model_digest().to_owned(),
            topics: verdict.topics,
            unsure: verdict.unsure,
            kind: verdict.kind,
            urgency: verdict.urgency,
            office: verdict.office,
            offices: verdict.offices,
            places: verdict.places,
            sender_town: sender_town(county, &task.upstream),
            signature,
            reasons: verdict.reasons,
            search_words: classifier.search_tokens(&task.title, &task.body),
        }
    }));
    (task, verdict.ok())
}

/// The town that the sender's region column names (所属区域, 街道名称 ...), under any of its names.
fn sender_town(county: &County, upstream: &Upstream) -> Option<Town> {
    let says_where = |header: &str| ["区域", "街道", "乡镇"].iter().any(|word| header.contains(word));
    upstream
        .fields
        .iter()
        .filter(|(header, _)| says_where(header))
        .find_map(|(_, value)| county.gazetteer.named(value.trim()).find_map(|place| place.town.clone()))
}

/// Starts the loops; the future ends when all have stopped.
pub fn start(tools: &Tools, workers: u16, stop: &CancellationToken) -> impl Future<Output = ()> + use<> {
    let mut loops = JoinSet::new();
    for _ in 0..workers {
        loops.spawn(work(tools.clone(), stop.clone()));
        loops.spawn(fetch(tools.clone(), stop.clone()));
    }
    if workers > 0 {
        loops.spawn(watch(tools.clone(), stop.clone()));
        loops.spawn(tell(tools.clone(), stop.clone()));
        loops.spawn(post(tools.clone(), stop.clone()));
        if let Some(advisor) = tools.advisor.clone() {
            let (store, county, name) = (tools.store.clone(), tools.county(), tools.name.clone());
            loops.spawn(advisor::run(store, county, advisor, name, stop.clone()));
        }
    }
    async move { while loops.join_next().await.is_some() {} }
}

async fn work(tools: Tools, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match round(&tools).await {
            Ok(true) => continue,
            Ok(false) => IDLE,
            Err(error) => trouble("judging and routing", &error),
        };
        rest(&stop, pause).await;
    }
}

async fn round(tools: &Tools) -> Result<bool> {
    let judged = tools.judge_once().await?.is_some();
    let routed = tools.route_once().await?;
    let joined = tools.join_once().await?;
    let alerted = tools.alert_once().await?;
    let chained = tools.store.chain_audit(CHAIN).await? > 0;
    Ok(judged || routed || joined || alerted || chained)
}

async fn fetch(tools: Tools, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match poll::fetch_due(&tools.store, &tools.http, &tools.name).await {
            Ok(polled) => {
                for (source, result) in polled {
                    if let Err(error) = result {
                        tracing::warn!("source {}: {error}", source.name);
                    }
                }
                IDLE * 5
            }
            Err(error) => trouble("fetching", &error.into()),
        };
        rest(&stop, pause).await;
    }
}

async fn tell(tools: Tools, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match tools.tell_once().await {
            Ok(true) => continue,
            Ok(false) => IDLE,
            Err(error) => trouble("telling", &error),
        };
        rest(&stop, pause).await;
    }
}

/// Sends what is due, each channel by a task of its own, so that a slow receiver holds up none but itself.
async fn post(tools: Tools, stop: CancellationToken) {
    let mut serving: JoinSet<()> = JoinSet::new();
    let mut busy: HashMap<tokio::task::Id, NoticeChannelId> = HashMap::new();
    while !stop.is_cancelled() {
        let due = match tools.store.channels_to_serve().await {
            Ok(due) => due,
            Err(error) => {
                rest(&stop, trouble("looking for messages", &error.into())).await;
                continue;
            }
        };
        for channel in due {
            if !busy.values().any(|other| *other == channel) {
                let id = serving.spawn(serve_channel(tools.clone(), channel, stop.clone())).id();
                busy.insert(id, channel);
            }
        }
        rest(&stop, POST).await;
        while let Some(done) = serving.try_join_next_with_id() {
            busy.remove(&done.map_or_else(|error| error.id(), |(id, ())| id));
        }
    }
    while serving.join_next().await.is_some() {}
}

async fn serve_channel(tools: Tools, channel: NoticeChannelId, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match tools.courier.serve(&tools.name, channel).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                rest(&stop, trouble("sending", &error.into())).await;
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
            Err(error) => trouble("watching clocks, incidents and words", &error),
        };
        rest(&stop, pause).await;
    }
}

/// What time alone brings: due clocks, what nobody acts on, a promoted model, incidents that cool, words of another day. Whether more waits.
async fn look_after(tools: &Tools) -> Result<bool> {
    let desk = tools.desk();
    if let Some(changed) = desk.follow_rules().await?.filter(|changed| *changed > 0) {
        tracing::info!("due times of {changed} cases follow the calendar and the deadline rules");
    }
    desk.tick().await?;
    desk.remind().await?;
    tools.sign_audit().await?;
    tools.look_for_model()?;
    tools.store.cool_incidents().await?;
    // Days that were never counted come one after the other.
    tools.count_words_once().await
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
            Err(error) => trouble("the county's files", &error),
        };
        rest(&stop, pause).await;
    }
}

fn trouble(what: &str, error: &anyhow::Error) -> Duration {
    tracing::error!("{what}: {error:#}");
    TROUBLE
}

async fn rest(stop: &CancellationToken, pause: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(pause) => {}
    }
}
