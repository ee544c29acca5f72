//! Sends messages: takes those of a channel that are due, tries each once, and says when it is tried again.
//!
//! What goes out are numbers, grades, states, times and links ([`MessageLine`]). A message keeps its key over all tries, so
//! that a receiver that took it and could not say so recognises it.

pub(crate) mod backoff;
mod mail;
mod refusal;
mod robots;
mod sms;
mod webhook;

use std::time::Duration;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use qingting_ingest::http::{Http, Post, Reach};
use qingting_models::ids::{DeliveryId, NoticeChannelId, UserId};
use qingting_models::records::{
    ChannelSecret, ChannelSettings, ChannelWay, Contact, MessageLine, NoticeChannel,
};
use qingting_models::store::{DeliveryOutcome, DeliveryTask, Store, StoreError};

use super::TOO_OLD;
use super::lines::{MOST_LINES, heading, in_words};
pub use refusal::SendError;

/// Messages of one channel that are sent at the same time.
const AT_ONCE: i64 = 4;
/// How long a worker may take for those; longer than any try.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// Longest time for one try.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes.
const ANSWER: u64 = 64 << 10;
/// What stands in the place of a message when a channel is tried.
const TRIAL: &str = "【测试】倾听的通知渠道已经接通，收到这条就说明能用。";

/// Sends for one process; cheap to clone.
#[derive(Clone)]
pub struct Courier {
    store: Store,
    http: Http,
    /// The address under which browsers reach the pages; links need it.
    base_url: Option<String>,
    patience: Duration,
}

/// A message as a channel sends it.
struct Parcel<'a> {
    /// The same over all tries.
    key: String,
    made_at: Timestamp,
    /// Mail subject and first words.
    heading: String,
    /// One line an event, with what it was made of; none for a trial.
    texts: Vec<String>,
    lines: &'a [(MessageLine, bool)],
    /// Where the receiver is reached, for personal channels.
    contact: Contact,
    /// Who is called by name, for robots.
    mentions: Vec<Contact>,
}

impl Courier {
    pub fn new(store: Store, http: Http, base_url: Option<String>) -> Self {
        Self { store, http, base_url, patience: PATIENCE }
    }

    /// With another longest time for one try.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Sends up to four messages of a channel that are due; how many it took. Safe to be killed anywhere: what was not
    /// noted as sent goes out again under the same key.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn serve(&self, worker: &str, channel: NoticeChannelId) -> Result<usize, StoreError> {
        let Some(channel) = self.store.notice_channel(channel).await? else { return Ok(0) };
        if !channel.enabled {
            return Ok(0);
        }
        let tasks = self.store.claim_deliveries(worker, channel.id, AT_ONCE, LEASE).await?;
        if tasks.is_empty() {
            return Ok(0);
        }
        let secret = self.store.channel_secret(channel.id).await?;
        let each = tasks.iter().map(|task| self.serve_one(worker, &channel, &secret, task));
        for done in join_all(each).await {
            done?;
        }
        Ok(tasks.len())
    }

    async fn serve_one(
        &self,
        worker: &str,
        channel: &NoticeChannel,
        secret: &ChannelSecret,
        task: &DeliveryTask,
    ) -> Result<(), StoreError> {
        let outcome = self.try_once(channel, secret, task).await?;
        if let DeliveryOutcome::Failed { error, .. } = &outcome {
            tracing::warn!(channel = channel.name, delivery = %task.delivery.id, "not delivered: {error}");
        }
        if !self.store.finish_delivery(worker, task.delivery.id, &outcome).await? {
            tracing::debug!(delivery = %task.delivery.id, "another worker has this message by now");
        }
        Ok(())
    }

    async fn try_once(
        &self,
        channel: &NoticeChannel,
        secret: &ChannelSecret,
        task: &DeliveryTask,
    ) -> Result<DeliveryOutcome, StoreError> {
        if self.store.now().duration_since(task.delivery.made_at) > TOO_OLD {
            return Ok(DeliveryOutcome::Held("等得太久，已经过时，不再外发".into()));
        }
        if let Some(receiver) = task.delivery.receiver
            && self.store.user(receiver).await?.is_none_or(|user| user.disabled)
        {
            return Ok(DeliveryOutcome::Held("接收人已停用".into()));
        }
        // What turned confidential while it waited goes out only where such matters may go.
        let may_go = |confidential: bool| !confidential || channel.settings.confidential;
        let lines: Vec<(MessageLine, bool)> = task
            .delivery
            .lines
            .iter()
            .cloned()
            .zip(task.confidential.iter().copied())
            .filter(|(_, confidential)| may_go(*confidential))
            .collect();
        if lines.is_empty() {
            return Ok(DeliveryOutcome::Held("已转为保密件，不从这个渠道外发".into()));
        }
        let parcel = self.parcel(task, &lines).await?;
        let now = self.store.now();
        Ok(match self.send(&channel.settings, secret, &parcel).await {
            Ok(()) => DeliveryOutcome::Sent,
            Err(SendError { text, retry_after }) => DeliveryOutcome::Failed {
                error: text,
                next_at: backoff::next_try(task.delivery.tries, retry_after, now),
            },
        })
    }

    async fn parcel<'a>(
        &self,
        task: &DeliveryTask,
        lines: &'a [(MessageLine, bool)],
    ) -> Result<Parcel<'a>, StoreError> {
        let contact = match task.delivery.receiver {
            Some(user) => self.store.contact(user).await?,
            None => Contact::default(),
        };
        let mut mentions = Vec::with_capacity(task.delivery.mentions.len());
        for user in &task.delivery.mentions {
            mentions.push(self.store.contact(*user).await?);
        }
        let said: Vec<MessageLine> = lines.iter().map(|(line, _)| line.clone()).collect();
        let base = self.base_url.as_deref();
        let mut texts: Vec<String> = lines
            .iter()
            .take(MOST_LINES)
            .map(|(line, confidential)| in_words(line, *confidential, base))
            .collect();
        if lines.len() > MOST_LINES {
            texts.push(format!("另有 {} 件，请登录查看", lines.len() - MOST_LINES));
        }
        Ok(Parcel {
            key: task.delivery.id.to_string(),
            made_at: task.delivery.made_at,
            heading: heading(&said),
            texts,
            lines,
            contact,
            mentions,
        })
    }

    /// Sends a message that says it is a trial, to the group or to the one who tries.
    ///
    /// # Errors
    /// Why it did not arrive, in words; or the store's error.
    pub async fn try_channel(
        &self,
        channel: &NoticeChannel,
        user: UserId,
    ) -> Result<Result<(), SendError>, StoreError> {
        let secret = self.store.channel_secret(channel.id).await?;
        let now = self.store.now();
        let key: DeliveryId = self.store.ids().next(now);
        let parcel = Parcel {
            key: key.to_string(),
            made_at: now,
            heading: "【测试】倾听通知".into(),
            texts: vec![TRIAL.into()],
            lines: &[],
            contact: self.store.contact(user).await?,
            mentions: Vec::new(),
        };
        Ok(self.send(&channel.settings, &secret, &parcel).await)
    }

    async fn send(
        &self,
        settings: &ChannelSettings,
        secret: &ChannelSecret,
        parcel: &Parcel<'_>,
    ) -> Result<(), SendError> {
        let sent = match &settings.way {
            ChannelWay::Smtp { .. } => mail::send(self, settings, secret, parcel).await,
            ChannelWay::Wecom { .. } => robots::wecom(self, settings, secret, parcel).await,
            ChannelWay::Dingtalk { .. } => robots::dingtalk(self, settings, secret, parcel).await,
            ChannelWay::Feishu { .. } => robots::feishu(self, settings, secret, parcel).await,
            ChannelWay::Webhook { url } => webhook::send(self, settings, url, secret, parcel).await,
            ChannelWay::Sms { .. } => sms::send(self, settings, secret, parcel).await,
        };
        sent.map_err(|error| error.without(secret))
    }

    /// Asks a receiver by HTTP; the text of the answer.
    async fn ask(
        &self,
        settings: &ChannelSettings,
        url: String,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Result<String, SendError> {
        let reach = if settings.inside { Reach::House } else { Reach::Internet };
        let post = Post { url, body, headers, within: self.patience, bytes: ANSWER, reach };
        let answer = self.http.send(&post, self.store.now()).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}
