//! What waits before each stage, and since when: for those who watch over the program.

use jiff::{SignedDuration, Timestamp};

use super::db::{Db, args};
use super::work::MAX_ATTEMPTS;
use super::{Store, StoreError};

/// What waits before a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// `judge`, `route`, `join`, `alert`, `tell`, `send` or `chain`.
    pub stage: &'static str,
    /// Items, events, messages or lines of the log.
    pub waiting: i64,
    /// Since when the oldest of them does.
    pub since: Option<Timestamp>,
}

impl Queue {
    /// How long the oldest has waited.
    pub fn lag(&self, now: Timestamp) -> SignedDuration {
        self.since.map_or(SignedDuration::ZERO, |since| now.duration_since(since).max(SignedDuration::ZERO))
    }
}

/// The stages of items, in their order.
const STAGES: [&str; 4] = [super::work::JUDGE, super::work::ROUTE, super::work::JOIN, super::work::ALERT];

impl Store {
    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn answers(&self) -> Result<(), StoreError> {
        self.db().number("SELECT CAST(1 AS BIGINT)", vec![]).await.map(|_| ())
    }

    /// How many items were set aside after their tries.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stuck_count(&self) -> Result<i64, StoreError> {
        self.db().number("SELECT count(*) FROM work WHERE attempts >= $1", args![MAX_ATTEMPTS]).await
    }

    /// What waits before each stage, in the order in which matters go through them. What was set aside, and messages whose next
    /// try is not due, do not wait.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queues(&self) -> Result<Vec<Queue>, StoreError> {
        let db = self.db();
        let sql = "SELECT stage, count(*) AS waiting, min(ready_at) AS since FROM work WHERE attempts < $1 GROUP BY stage";
        let rows = db.rows(sql, args![MAX_ATTEMPTS]).await?;
        let mut queues = Vec::new();
        for stage in STAGES {
            let mut queue = Queue { stage, waiting: 0, since: None };
            for row in &rows {
                if row.text("stage")? == stage {
                    queue = Queue { stage, waiting: row.int("waiting")?, since: row.opt_time("since")? };
                }
            }
            queues.push(queue);
        }
        let events = "SELECT count(*) AS waiting, min(at) AS since FROM notice_event WHERE told_at IS NULL AND attempts < $1";
        queues.push(one(db, "tell", events, args![MAX_ATTEMPTS]).await?);
        let messages = "SELECT count(*) AS waiting, min(next_at) AS since FROM delivery WHERE state = $1 AND next_at <= $2";
        queues.push(one(db, "send", messages, args!["waiting", self.now()]).await?);
        let lines = "SELECT count(*) AS waiting, min(at) AS since FROM audit WHERE seq IS NULL";
        queues.push(one(db, "chain", lines, args![]).await?);
        Ok(queues)
    }
}

async fn one(
    db: &Db,
    stage: &'static str,
    sql: &str,
    values: Vec<super::db::Arg>,
) -> Result<Queue, StoreError> {
    let row = db.row(sql, values).await?.ok_or(StoreError::NotFound("queue"))?;
    Ok(Queue { stage, waiting: row.int("waiting")?, since: row.opt_time("since")? })
}
