//! What is due to go by the rules of retention: originals first, for they hold what residents entrusted to the office. The
//! matters themselves, in their masked words, stay.
//!
//! An original is erased by destroying the key that it is sealed with; what is destroyed is listed outside of the database
//! before it is ([`ErasureList`]), so that a backup from before it brings nothing back for good
//! (docs/decisions/0019-retention.md).

mod erasing;
mod list;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;

use crate::county::RetentionCuts;
use crate::records::{Actor, OPEN_STATES, Subject};
use crate::store::db::{Arg, Row, args};
use crate::store::visibility::bind;
use crate::store::{Store, StoreError, outbox};

pub use erasing::ErasureOf;
pub use list::{Erasure, ErasureList};

/// So many rows go in one transaction.
const AT_ONCE: i64 = 200;
/// The setting that holds the day on which the rules were applied last.
const DAY: &str = "retention_day";

/// How much is due, or went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cleared {
    /// Items whose originals are erased.
    pub items: i64,
    /// Answers whose words as they were written are erased.
    pub replies: i64,
    pub attachments: i64,
    /// Quarantined rows whose content is erased.
    pub quarantined: i64,
    /// Events of which somebody was told, with the notices of them.
    pub notices: i64,
    /// Messages that went out, or were given up.
    pub messages: i64,
    /// Events for programs of others.
    pub events: i64,
}

impl Cleared {
    /// Whether it is nothing.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Rows that go together.
struct Class {
    /// What is read of them, the key first.
    columns: &'static str,
    /// Their tables, and the condition under which they are due before `$1`.
    from: String,
}

impl Store {
    /// How much is due before the cuts; nothing is changed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_to_clear(&self, cuts: &RetentionCuts) -> Result<Cleared, StoreError> {
        Ok(Cleared {
            items: self.count(items(), cuts.originals).await?,
            replies: self.count(replies(), cuts.originals).await?,
            attachments: self.count(attachments(), cuts.attachments).await?,
            quarantined: self.count(quarantined(), cuts.quarantine).await?,
            notices: self.count(told(), cuts.notices).await?,
            messages: self.count(messages(), cuts.notices).await?,
            events: self.count(events(self.db().is_sqlite(), cuts.events)?, Some(cuts.events)).await?,
        })
    }

    async fn count(&self, class: Class, before: Option<Timestamp>) -> Result<i64, StoreError> {
        let Some(before) = before else { return Ok(0) };
        let sql = format!("SELECT count(*) FROM {}", class.from);
        self.db().number(&sql, args![before]).await
    }

    /// Lets all go that is due before the cuts, a batch after the other, and writes to the log how much it was. Safe to be
    /// killed anywhere.
    ///
    /// # Errors
    /// When the database fails, or the list of erasures cannot be written; what went before stays gone.
    pub async fn clear_due(&self, cuts: &RetentionCuts, actor: Actor) -> Result<Cleared, StoreError> {
        let mut gone = Cleared::default();
        let done = self.clear_classes(cuts, &mut gone).await;
        if !gone.is_nothing() {
            self.audit(actor, "retention.clear", Subject::System, json!(gone)).await?;
        }
        done.map(|()| gone)
    }

    async fn clear_classes(&self, cuts: &RetentionCuts, gone: &mut Cleared) -> Result<(), StoreError> {
        if let Some(before) = cuts.originals {
            while let Some(rows) = self.due(items(), before).await? {
                gone.items += self.erase_items(&ids(&rows)?, Actor::System).await?;
            }
            while let Some(rows) = self.due(replies(), before).await? {
                let sealed = column(&rows, "sealed_id")?;
                self.erase_sealed(&sealed).await?;
                gone.replies += rows.len() as i64;
            }
        }
        if let Some(before) = cuts.attachments {
            while let Some(rows) = self.due(attachments(), before).await? {
                for id in ids(&rows)? {
                    self.expire_attachment(id.into()).await?;
                    gone.attachments += 1;
                }
            }
        }
        if let Some(before) = cuts.quarantine {
            while let Some(rows) = self.due(quarantined(), before).await? {
                self.erase_sealed(&column(&rows, "sealed_id")?).await?;
                gone.quarantined += rows.len() as i64;
            }
        }
        if let Some(before) = cuts.notices {
            while let Some(rows) = self.due(messages(), before).await? {
                self.forget(&ids(&rows)?, &[("delivery_event", "delivery_id"), ("delivery", "id")]).await?;
                gone.messages += rows.len() as i64;
            }
            while let Some(rows) = self.due(told(), before).await? {
                self.forget(&ids(&rows)?, &[("notice", "event_id"), ("notice_event", "id")]).await?;
                gone.notices += rows.len() as i64;
            }
        }
        loop {
            match self.drop_events(cuts.events).await? {
                0 => return Ok(()),
                dropped => gone.events += i64::try_from(dropped).unwrap_or(i64::MAX),
            }
        }
    }

    /// The next rows of a class; `None` when there are none.
    async fn due(&self, class: Class, before: Timestamp) -> Result<Option<Vec<Row>>, StoreError> {
        let sql = format!("SELECT {} FROM {} ORDER BY 1 LIMIT {AT_ONCE}", class.columns, class.from);
        let rows = self.db().rows(&sql, args![before]).await?;
        Ok((!rows.is_empty()).then_some(rows))
    }

    /// Deletes the rows of tables whose column is one of the ids.
    async fn forget(&self, ids: &[i64], tables: &[(&str, &str)]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for (table, column) in tables {
            let mut values = Vec::new();
            let marks: Vec<String> = ids.iter().map(|id| bind(&mut values, *id)).collect();
            tx.run(&format!("DELETE FROM {table} WHERE {column} IN ({})", marks.join(", ")), values).await?;
        }
        tx.commit().await
    }

    /// Takes the day's clearing, so that no other worker does; `false` when it was taken.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_clearing(&self, day: Date) -> Result<bool, StoreError> {
        let day = day.to_string();
        let known = self.db().row("SELECT value FROM setting WHERE name = $1", args![DAY]).await?;
        if known.map(|row| row.text("value")).transpose()?.is_some_and(|known| known >= day) {
            return Ok(false);
        }
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO setting (name, value) VALUES ($1, $2)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE setting.value < excluded.value";
        let mine = tx.run(sql, args![DAY, &day]).await? == 1;
        tx.commit().await?;
        Ok(mine)
    }
}

fn open_states() -> String {
    let quoted: Vec<String> = OPEN_STATES.iter().map(|state| format!("'{state}'")).collect();
    quoted.join(",")
}

/// Items of matters that ended before `$1`: all of whose cases ended, or that are none to be answered.
fn items() -> Class {
    let open = open_states();
    Class {
        columns: "i.id",
        from: format!(
            "item i WHERE i.erased_at IS NULL AND i.updated_at < $1
             AND CASE WHEN i.case_id IS NULL THEN i.dismissed IS NOT NULL OR i.archived IS NOT NULL OR i.channel = 'news'
                 ELSE NOT EXISTS (SELECT 1 FROM case_item k JOIN case_file c ON c.id = k.case_id
                   WHERE k.item_id = i.id AND (c.state IN ({open}) OR c.changed_at >= $1)) END
             AND NOT EXISTS (SELECT 1 FROM mirrored m WHERE m.item_id = i.id AND (NOT m.finished OR m.changed_at >= $1))"
        ),
    }
}

/// Answers of cases that ended before `$1`.
fn replies() -> Class {
    let open = open_states();
    Class {
        columns: "r.id, r.sealed_id",
        from: format!(
            "reply r JOIN case_file c ON c.id = r.case_id JOIN sealed s ON s.id = r.sealed_id
             WHERE length(s.wrapped_key) > 0 AND c.state NOT IN ({open}) AND c.changed_at < $1"
        ),
    }
}

/// Files of cases that ended before `$1`.
fn attachments() -> Class {
    let open = open_states();
    Class {
        columns: "a.id",
        from: format!(
            "attachment a JOIN case_file c ON c.id = a.case_id
             WHERE a.removed_at IS NULL AND c.state NOT IN ({open}) AND c.changed_at < $1"
        ),
    }
}

/// Rows that were dealt with before `$1`.
fn quarantined() -> Class {
    Class {
        columns: "q.id, q.sealed_id",
        from: "quarantine q JOIN sealed s ON s.id = q.sealed_id WHERE length(s.wrapped_key) > 0 AND q.closed_at < $1"
            .into(),
    }
}

/// Messages made before `$1` that nobody sends any more.
fn messages() -> Class {
    Class { columns: "d.id", from: "delivery d WHERE d.made_at < $1 AND d.state <> 'waiting'".into() }
}

/// Events before `$1` that everybody has read whom they were told, and of which no message is left.
fn told() -> Class {
    Class {
        columns: "e.id",
        from: "notice_event e WHERE e.at < $1 AND e.told_at IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.event_id = e.id AND n.read_at IS NULL AND n.held IS NULL)
               AND NOT EXISTS (SELECT 1 FROM delivery_event d WHERE d.event_id = e.id)"
            .into(),
    }
}

fn events(sqlite: bool, before: Timestamp) -> Result<Class, StoreError> {
    let due = outbox::due_before(sqlite, before)?;
    Ok(Class { columns: "seq", from: format!("outbox WHERE {due}") })
}

fn ids(rows: &[Row]) -> Result<Vec<i64>, StoreError> {
    column(rows, "id")
}

fn column(rows: &[Row], name: &str) -> Result<Vec<i64>, StoreError> {
    rows.iter().map(|row| row.int(name)).collect()
}

/// Placeholders for ids from `$1` on, with their values.
fn listed(ids: &[i64]) -> (String, Vec<Arg>) {
    let mut values = Vec::new();
    let marks: Vec<String> = ids.iter().map(|id| bind(&mut values, *id)).collect();
    (marks.join(", "), values)
}
