//! One batch of each stage: judged, routed, joined, held against the alert rules, told; and all of them until nothing is
//! left.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use anyhow::Result;
use jiff::SignedDuration;
use qingting_classify::incidents::Judged;
use qingting_classify::{Classifier, Input};
use qingting_models::clock::{local, local_date};
use qingting_models::county::{County, Town};
use qingting_models::records::{Actor, Upstream};
use qingting_models::rising::WordCounts;
use qingting_models::store::{JudgeTask, NewJudgement};

use super::{CHAIN, IDLE, Tools};

/// How many items are judged, routed, joined or held against the alert rules in one transaction at most. A quiet day's
/// batches are small by themselves; in a flood the work of a transaction is shared by many.
const BATCH: i64 = 500;
/// How long a worker may hold claimed items before they are given to another.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// From this hour on, Asia/Shanghai: after the nightly backup, before people come.
const CLEARED_FROM: i8 = 3;
/// How many events are told in one transaction.
const TELLS: i64 = 100;

impl Tools {
    /// Judges one batch; how many items it wrote, or `None` when there was no work.
    pub async fn judge_once(&self) -> Result<Option<usize>> {
        let begun = Instant::now();
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
        let written = self.store.save_verdicts(&self.name, verdicts).await?;
        self.figures.batch("judge", written, begun);
        Ok(Some(written))
    }

    /// Routes one batch; `false` when there was no work.
    pub async fn route_once(&self) -> Result<bool> {
        let begun = Instant::now();
        let taken = self.desk().route_next(&self.name, BATCH).await?.taken;
        Ok(self.did("route", taken, begun))
    }

    /// Joins one batch to incidents; how many items it wrote, or `None` when there was no work or another worker has the
    /// stage: who would wait for it can judge meanwhile.
    pub async fn join_once(&self) -> Result<Option<usize>> {
        let Ok(mut joiner) = self.joiner.try_lock() else { return Ok(None) };
        let begun = Instant::now();
        let claimed = self.store.claim_joining(&self.name, joiner.knows(), BATCH, LEASE).await?;
        let Some(batch) = claimed else { return Ok(None) };
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
        let written = if saved? { batch.tasks.len() - outcome.unread.len() } else { 0 };
        self.figures.batch("join", written, begun);
        Ok(Some(written))
    }

    /// Holds one batch against the alert rules; `false` when there was no work.
    pub async fn alert_once(&self) -> Result<bool> {
        let begun = Instant::now();
        let taken = self.desk().alert_next(&self.name, BATCH).await?.taken;
        Ok(self.did("alert", taken, begun))
    }

    /// Tells one batch of what happened; `false` when there was none.
    pub async fn tell_once(&self) -> Result<bool> {
        let begun = Instant::now();
        let taken = self.desk().tell_next(&self.name, TELLS).await?;
        Ok(self.did("tell", taken, begun))
    }

    /// Chains some new lines of the log and numbers new events; `false` when there were none.
    pub async fn chain_once(&self) -> Result<bool> {
        let chained = self.store.chain_audit(CHAIN).await? > 0;
        let numbered = self.store.number_events().await? > 0;
        Ok(chained || numbered)
    }

    /// Notes what a stage took; whether it was anything.
    fn did(&self, stage: &'static str, taken: usize, begun: Instant) -> bool {
        if taken > 0 {
            self.figures.batch(stage, taken, begun);
        }
        taken > 0
    }

    /// Counts the words of one day, if a day's count is due; `false` when none was.
    pub async fn count_words_once(&self) -> Result<bool> {
        let Some((day, texts)) = self.store.claim_word_day().await? else { return Ok(false) };
        let classifier = self.classifier();
        let counts = tokio::task::spawn_blocking(move || {
            let mut counts = WordCounts::default();
            texts.iter().for_each(|(title, body)| counts.add(classifier.terms(title, body)));
            counts
        })
        .await?;
        self.store.save_word_day(day, &counts).await?;
        Ok(true)
    }

    /// Lets go once a day, before dawn, what is due by the rules of retention; `false` when it is not time, or done.
    pub async fn clear_once_a_day(&self) -> Result<bool> {
        let now = self.store.now();
        if local(now).hour() < CLEARED_FROM || !self.store.claim_clearing(local_date(now)).await? {
            return Ok(false);
        }
        let gone = self.store.clear_due(&self.county().retention.cuts(now), Actor::System).await?;
        if !gone.is_nothing() {
            tracing::info!("cleared by the rules of retention: {gone:?}");
        }
        Ok(true)
    }

    /// Brings back to now what a clock that ran ahead left waiting.
    pub async fn heed_clock(&self) -> Result<()> {
        let brought = self.store.heed_clock().await?;
        if brought > 0 {
            tracing::warn!(
                "the clock was put back: {brought} rows that waited for a time to come wait no longer"
            );
        }
        Ok(())
    }

    /// Judges, routes and joins until nothing is left, also what other workers hold; `progress` is told what remains.
    pub async fn drain(&self, progress: &(dyn Fn(i64) + Sync)) -> Result<()> {
        loop {
            while self.judge_once().await?.is_some()
                || self.route_once().await?
                || self.join_once().await?.is_some()
                || self.alert_once().await?
            {
                progress(self.store.waiting_work().await?.total());
            }
            let left = self.store.waiting_work().await?.total();
            if left == 0 {
                break;
            }
            progress(left);
            self.heed_clock().await?;
            tokio::time::sleep(IDLE).await;
        }
        while self.chain_once().await? {}
        Ok(())
    }
}

/// Judges one item. A text that breaks the judging is set aside, never the worker.
fn judge(county: &County, classifier: &Classifier, task: JudgeTask) -> (JudgeTask, Option<NewJudgement>) {
    let verdict = catch_unwind(AssertUnwindSafe(|| {
        let input = Input { title: &task.title, body: &task.body, channel: task.channel };
        let Judged { verdict, signature, search_words } = classifier.judge_for_store(&input);
        let sender_town = sender_town(county, &task.upstream);
        let signature = signature.told_from(sender_town.as_ref()).to_bytes();
        NewJudgement {
            model: classifier.model_digest().to_owned(),
            topics: verdict.topics,
            unsure: verdict.unsure,
            kind: verdict.kind,
            urgency: verdict.urgency,
            office: verdict.office,
            offices: verdict.offices,
            places: verdict.places,
            sender_town,
            signature,
            reasons: verdict.reasons,
            search_words,
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
