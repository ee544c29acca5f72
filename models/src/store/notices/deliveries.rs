//! Messages on their way: claimed by a worker, sent, tried again later, or put before a person.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::ids::{DeliveryId, NoticeChannelId, UserId};
use crate::records::{Actor, Delivery, DeliveryState, MessageLine, Subject};
use crate::store::db::{Arg, Row, Tx, args};
use crate::store::visibility::bind;
use crate::store::work::MAX_ATTEMPTS;
use crate::store::{Listing, Page, Store, StoreError};

/// A message that a worker took. A line of it is confidential when its matter is so now.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryTask {
    pub delivery: Delivery,
    pub confidential: Vec<bool>,
}

/// What a try came to.
#[derive(Debug, Clone, PartialEq)]
pub enum DeliveryOutcome {
    Sent,
    /// Why it failed, and when it is tried again; `None` when a person has to decide.
    Failed {
        error: String,
        next_at: Option<Timestamp>,
    },
    /// Why nothing was sent and nothing is to be.
    Held(String),
}

impl Store {
    /// The channels that are in use and have messages to send now.
    pub async fn channels_to_serve(&self) -> Result<Vec<NoticeChannelId>, StoreError> {
        let sql = "SELECT c.id FROM notice_channel c WHERE c.enabled AND EXISTS (
                     SELECT 1 FROM delivery d WHERE d.channel_id = c.id AND d.state = 'waiting'
                     AND d.next_at <= $1 AND d.lease_until <= $1) ORDER BY c.id";
        let rows = self.db().rows(sql, args![self.now()]).await?;
        rows.iter().map(|row| row.int("id").map(NoticeChannelId)).collect()
    }

    /// Takes up to `limit` messages of a channel, those that wait longest first.
    pub async fn claim_deliveries(
        &self,
        worker: &str,
        channel: NoticeChannelId,
        limit: i64,
        lease: SignedDuration,
    ) -> Result<Vec<DeliveryTask>, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let lock = if tx.is_sqlite() { "" } else { "FOR UPDATE SKIP LOCKED" };
        let sql = format!(
            "UPDATE delivery SET lease_by = $1, lease_until = $2 WHERE id IN (
               SELECT id FROM delivery WHERE channel_id = $3 AND state = 'waiting' AND next_at <= $4 AND lease_until <= $4
               ORDER BY next_at, id LIMIT $5 {lock}) RETURNING *"
        );
        let rows = tx.rows(&sql, args![worker, now + lease, channel.0, now, limit]).await?;
        let mut taken = rows.iter().map(delivery_of).collect::<Result<Vec<_>, _>>()?;
        taken.sort_unstable_by_key(|delivery| delivery.id);
        let mut lines = self.lines_in(&mut tx, &taken).await?;
        tx.commit().await?;
        let task = |mut delivery: Delivery| {
            let (said, confidential) = lines.remove(&delivery.id).unwrap_or_default().into_iter().unzip();
            delivery.lines = said;
            DeliveryTask { delivery, confidential }
        };
        Ok(taken.into_iter().map(task).collect())
    }

    async fn lines_in(
        &self,
        tx: &mut Tx,
        deliveries: &[Delivery],
    ) -> Result<HashMap<DeliveryId, Vec<(MessageLine, bool)>>, StoreError> {
        let mut found: HashMap<DeliveryId, Vec<(MessageLine, bool)>> = HashMap::new();
        if deliveries.is_empty() {
            return Ok(found);
        }
        let sql = lines_sql(&tx.marks(1, deliveries.len()));
        let ids = deliveries.iter().map(|delivery| Arg::from(delivery.id.0)).collect();
        for row in tx.rows(&sql, ids).await? {
            found.entry(DeliveryId(row.int("delivery_id")?)).or_default().push(line_of(&row)?);
        }
        Ok(found)
    }

    /// Writes what a try came to; `false` when the lease went to someone else meanwhile.
    pub async fn finish_delivery(
        &self,
        worker: &str,
        id: DeliveryId,
        outcome: &DeliveryOutcome,
    ) -> Result<bool, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let (state, error, next_at, sent_at) = match outcome {
            DeliveryOutcome::Sent => (DeliveryState::Sent, None, now, Some(now)),
            DeliveryOutcome::Failed { error, next_at: Some(at) } => {
                (DeliveryState::Waiting, Some(error.as_str()), *at, None)
            }
            DeliveryOutcome::Failed { error, next_at: None } => {
                (DeliveryState::Failed, Some(error.as_str()), now, None)
            }
            DeliveryOutcome::Held(why) => (DeliveryState::Held, Some(why.as_str()), now, None),
        };
        let sql = "UPDATE delivery SET state = $1, error = $2, next_at = $3, sent_at = $4, tries = tries + 1,
                   lease_by = NULL, lease_until = 0 WHERE id = $5 AND lease_by = $6 AND state = 'waiting'";
        let values = args![state.code(), error, next_at, sent_at, id.0, worker];
        let mine = tx.run(sql, values).await? == 1;
        tx.commit().await?;
        Ok(mine)
    }

    /// Messages, the latest first; `stuck` shows those that failed, or failed and wait to be tried again.
    pub async fn deliveries(
        &self,
        stuck: bool,
        channel: Option<NoticeChannelId>,
        page: Page,
    ) -> Result<Listing<Delivery>, StoreError> {
        let mut values = Vec::new();
        let mut all = vec![format!("id < {}", bind(&mut values, page.before()))];
        if stuck {
            all.push(format!("({STUCK})"));
        }
        if let Some(channel) = channel {
            all.push(format!("channel_id = {}", bind(&mut values, channel.0)));
        }
        let limit = bind(&mut values, page.size() + 1);
        let sql =
            format!("SELECT * FROM delivery WHERE {} ORDER BY id DESC LIMIT {limit}", all.join(" AND "));
        let rows = self.db().rows(&sql, values).await?;
        let rows = rows.iter().map(delivery_of).collect::<Result<Vec<_>, _>>()?;
        let mut listing = Listing::of(rows, page, |delivery| delivery.id.0);
        for delivery in &mut listing.rows {
            let rows = self.db().rows(&lines_sql("$1"), args![delivery.id.0]).await?;
            let lines = rows.iter().map(line_of).collect::<Result<Vec<_>, _>>()?;
            // Administrators see that a message is stuck, not of which confidential case.
            let shown = |(line, confidential): (MessageLine, bool)| match confidential {
                true => MessageLine { number: "保密件".into(), path: String::new(), ..line },
                false => line,
            };
            delivery.lines = lines.into_iter().map(shown).collect();
        }
        Ok(listing)
    }

    /// How many messages failed for good or for the third time, events that could not be told, and webhooks that were
    /// given up.
    pub async fn stuck_deliveries(&self) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM delivery WHERE state = 'failed'
                   OR (state = 'waiting' AND error IS NOT NULL AND tries >= 3)";
        let messages = self.db().number(sql, vec![]).await?;
        let sql = "SELECT count(*) FROM notice_event WHERE told_at IS NULL AND attempts >= $1";
        let events = self.db().number(sql, args![MAX_ATTEMPTS]).await?;
        let sql = "SELECT count(*) FROM webhook WHERE NOT enabled AND error IS NOT NULL";
        Ok(messages + events + self.db().number(sql, vec![]).await?)
    }

    /// Events that could not be told to anybody, with the last error.
    pub async fn stuck_events(&self) -> Result<Vec<(String, String)>, StoreError> {
        let sql = "SELECT key, error FROM notice_event WHERE told_at IS NULL AND attempts >= $1 ORDER BY id LIMIT 50";
        let rows = self.db().rows(sql, args![MAX_ATTEMPTS]).await?;
        rows.iter().map(|row| Ok((row.text("key")?, row.opt_text("error")?.unwrap_or_default()))).collect()
    }

    /// Lets a message be tried again at once, under its old key.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it does not wait and did not fail.
    pub async fn retry_delivery(&self, id: DeliveryId, actor: Actor) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let sql = "UPDATE delivery SET state = 'waiting', tries = 0, next_at = $1, changed_by = $2
                   WHERE id = $3 AND state IN ('waiting', 'failed') AND tries > 0";
        if tx.run(sql, args![now, actor.code(), id.0]).await? == 0 {
            return Err(StoreError::NotFound("delivery"));
        }
        self.audit_in(&mut tx, actor, "delivery.retry", Subject::System, json!({ "delivery": id })).await?;
        tx.commit().await
    }

    /// Gives a message up. The note stays with it, not in the log.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it does not wait and did not fail.
    pub async fn give_up_delivery(&self, id: DeliveryId, note: &str, actor: Actor) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE delivery SET state = 'given_up', note = $1, changed_by = $2, lease_by = NULL, lease_until = 0
                   WHERE id = $3 AND state IN ('waiting', 'failed')";
        if tx.run(sql, args![note, actor.code(), id.0]).await? == 0 {
            return Err(StoreError::NotFound("delivery"));
        }
        self.audit_in(&mut tx, actor, "delivery.give_up", Subject::System, json!({ "delivery": id })).await?;
        tx.commit().await
    }
}

/// Failed for good, or failed and about to be tried again.
const STUCK: &str = "state = 'failed' OR (state = 'waiting' AND error IS NOT NULL)";

fn lines_sql(marks: &str) -> String {
    format!(
        "SELECT e.delivery_id, e.line, COALESCE(c.confidential, i.confidential) AS confidential FROM delivery_event e
         JOIN notice_event v ON v.id = e.event_id
         LEFT JOIN case_file c ON c.id = v.case_id
         LEFT JOIN alert a ON a.id = v.alert_id LEFT JOIN item i ON i.id = a.item_id
         WHERE e.delivery_id IN ({marks}) ORDER BY e.event_id"
    )
}

/// What cannot be found any more counts as confidential.
fn line_of(row: &Row) -> Result<(MessageLine, bool), StoreError> {
    Ok((row.json("line")?, row.opt_flag("confidential")?.unwrap_or(true)))
}

fn delivery_of(row: &Row) -> Result<Delivery, StoreError> {
    let receiver = row.int("receiver")?;
    Ok(Delivery {
        id: DeliveryId(row.int("id")?),
        channel: NoticeChannelId(row.int("channel_id")?),
        receiver: (receiver != 0).then_some(UserId(receiver)),
        state: row.code("state")?,
        tries: row.int("tries")?,
        next_at: row.time("next_at")?,
        error: row.opt_text("error")?,
        made_at: row.time("made_at")?,
        sent_at: row.opt_time("sent_at")?,
        note: row.opt_text("note")?,
        mentions: row.json("mentions")?,
        lines: Vec::new(),
    })
}
