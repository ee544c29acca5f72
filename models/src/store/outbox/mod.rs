//! What happened, for programs of others: written with its cause, numbered by one hand, read from a number on.
//!
//! Transactions that write events at the same time commit in any order, so an event gets its number only when it can be
//! seen: whoever read up to a number misses nothing of what comes after. (docs/decisions/0018-outbox.md)

mod monthly;
mod webhooks;

use jiff::Timestamp;

use crate::ids::{CaseId, ItemId, OutEventId};
use crate::records::{NumberedEvent, OutEvent, OutKind, OutSubject, Viewer};
use crate::store::db::{Row, Tx, args, to_json};
use crate::store::visibility::{self, bind};
use crate::store::{Store, StoreError};

pub(in crate::store) use monthly::due_before;
pub use webhooks::{WebhookStart, WebhookTask};

/// Events that are numbered, or dropped, in one transaction.
const AT_ONCE: i64 = 5_000;

/// Events that one reading looks through at most, whether they are shown or not.
const LOOKED_THROUGH: i64 = 10_000;

/// Events from a number on.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    pub events: Vec<NumberedEvent>,
    /// Where to read on: nothing up to this number is left to be seen.
    pub next: i64,
    /// Whether more waits after it.
    pub more: bool,
}

/// How far the numbers reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxState {
    /// The last number that was given.
    pub last: i64,
    /// The number up to which events were dropped because of their age.
    pub dropped: i64,
}

impl Store {
    /// Writes events within the transaction of their cause.
    pub(in crate::store) async fn put_out(
        &self,
        tx: &mut Tx,
        events: Vec<OutEvent>,
    ) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        tx.rings();
        const COLUMNS: [&str; 6] = ["id", "at", "kind", "item_id", "case_id", "data"];
        let row = |event: OutEvent| {
            let (item, case) = match event.subject {
                OutSubject::Item(ItemId(id)) => (Some(id), None),
                OutSubject::Case(CaseId(id)) => (None, Some(id)),
            };
            Ok(args![event.id.0, event.at, event.kind.code(), item, case, to_json(&event.data)?])
        };
        let rows = events.into_iter().map(row).collect::<Result<Vec<_>, StoreError>>()?;
        if rows.is_empty() {
            return Ok(());
        }
        tx.insert("outbox", &COLUMNS, rows, "").await.map(|_| ())
    }

    /// Gives events that have none their numbers, in the order of their ids; how many. Two at once wait for one another.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn number_events(&self) -> Result<u64, StoreError> {
        if self.db().row("SELECT id FROM outbox WHERE seq IS NULL LIMIT 1", vec![]).await?.is_none() {
            return Ok(0);
        }
        let mut tx = self.begin().await?;
        let lock = if tx.is_sqlite() { "" } else { "FOR UPDATE" };
        let head = tx.row(&format!("SELECT seq FROM outbox_head WHERE one = 1 {lock}"), vec![]).await?;
        let seq = head.ok_or_else(|| StoreError::Bad("the head of the events is gone".into()))?.int("seq")?;
        let sql = format!(
            "UPDATE outbox SET seq = $1 + fresh.place FROM (
               SELECT id, row_number() OVER (ORDER BY id) AS place FROM outbox WHERE seq IS NULL ORDER BY id LIMIT {AT_ONCE}
             ) AS fresh WHERE outbox.id = fresh.id"
        );
        let numbered = tx.run(&sql, args![seq]).await?;
        let last = seq + i64::try_from(numbered).unwrap_or(i64::MAX);
        tx.run("UPDATE outbox_head SET seq = $1 WHERE one = 1", args![last]).await?;
        tx.commit().await?;
        Ok(numbered)
    }

    /// How far the numbers reach.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outbox_state(&self) -> Result<OutboxState, StoreError> {
        let row = self.db().row("SELECT seq, dropped FROM outbox_head WHERE one = 1", vec![]).await?;
        let row = row.ok_or_else(|| StoreError::Bad("the head of the events is gone".into()))?;
        Ok(OutboxState { last: row.int("seq")?, dropped: row.int("dropped")? })
    }

    /// Up to `limit` events after a number, of some kinds (none for all), about what the viewer may see now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn events_after(
        &self,
        viewer: &Viewer,
        after: i64,
        kinds: &[OutKind],
        limit: i64,
    ) -> Result<EventPage, StoreError> {
        // The head is read first: what is numbered meanwhile is not passed over.
        let last = self.outbox_state().await?.last;
        // Whoever may see little shall not have all of it looked through at once.
        let looked = format!(
            "SELECT count(*) AS n, max(seq) AS seq FROM (
               SELECT seq FROM outbox WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT {LOOKED_THROUGH}) AS looked"
        );
        let row = self.db().row(&looked, args![after, last]).await?;
        let (seen, until) = match &row {
            Some(row) => (row.int("n")?, row.opt_int("seq")?),
            None => (0, None),
        };
        let until = until.filter(|_| seen == LOOKED_THROUGH).unwrap_or(last).max(after);
        let mut values = args![after, until];
        let mut all = vec!["o.seq > $1 AND o.seq <= $2".to_owned()];
        if !kinds.is_empty() {
            let marks: Vec<String> = kinds.iter().map(|kind| bind(&mut values, kind.code())).collect();
            all.push(format!("o.kind IN ({})", marks.join(", ")));
        }
        let items = visibility::items(viewer, &mut values);
        let cases = visibility::cases(viewer, &mut values);
        all.push(format!(
            "(EXISTS (SELECT 1 FROM item i WHERE i.id = o.item_id AND {items})
              OR EXISTS (SELECT 1 FROM case_file c WHERE c.id = o.case_id AND {cases}))"
        ));
        let limit = usize::try_from(limit.max(1)).unwrap_or(1);
        let sql = format!(
            "SELECT o.* FROM outbox o WHERE {} ORDER BY o.seq LIMIT {}",
            all.join(" AND "),
            limit + 1
        );
        let rows = self.db().rows(&sql, values).await?;
        let mut events = rows.iter().map(event_of).collect::<Result<Vec<_>, _>>()?;
        let full = events.len() > limit;
        events.truncate(limit);
        let next = match events.last() {
            Some(event) if full => event.seq,
            _ => until,
        };
        Ok(EventPage { events, next, more: full || until < last })
    }

    /// Drops events from before a time, oldest first; how many. Those without a number stay, and so do those of a month that
    /// ended later, where there is a table for it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_events(&self, before: Timestamp) -> Result<u64, StoreError> {
        if !self.db().is_sqlite() {
            let gone = self.drop_months(before).await?;
            if gone > 0 {
                return Ok(gone);
            }
        }
        let dropped = self.outbox_state().await?.dropped;
        let one_by_one = if self.db().is_sqlite() { "outbox" } else { "outbox_rest" };
        let sql = format!("SELECT seq, at FROM {one_by_one} WHERE seq > $1 ORDER BY seq LIMIT {AT_ONCE}");
        let mut until = dropped;
        for row in self.db().rows(&sql, args![dropped]).await? {
            if row.time("at")? >= before {
                break;
            }
            until = row.int("seq")?;
        }
        if until == dropped {
            return Ok(0);
        }
        let mut tx = self.begin().await?;
        let gone = tx.run(&format!("DELETE FROM {one_by_one} WHERE seq <= $1"), args![until]).await?;
        let sql = "UPDATE outbox_head SET dropped = $1 WHERE one = 1 AND dropped < $1";
        tx.run(sql, args![until]).await?;
        tx.commit().await?;
        Ok(gone)
    }
}

fn event_of(row: &Row) -> Result<NumberedEvent, StoreError> {
    let subject = match (row.opt_int("item_id")?, row.opt_int("case_id")?) {
        (Some(item), _) => OutSubject::Item(ItemId(item)),
        (None, Some(case)) => OutSubject::Case(CaseId(case)),
        (None, None) => return Err(StoreError::Bad("an event is about nothing".into())),
    };
    Ok(NumberedEvent {
        seq: row.int("seq")?,
        event: OutEvent {
            id: OutEventId(row.int("id")?),
            at: row.time("at")?,
            kind: row.code("kind")?,
            subject,
            data: row.json("data")?,
        },
    })
}
