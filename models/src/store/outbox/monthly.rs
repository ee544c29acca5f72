//! On PostgreSQL events stand in a table for each month, so that an old month goes at once and leaves no holes.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::clock::{from_local, local_date};
use crate::ids::first_id_at;
use crate::store::db::{Tx, args};
use crate::store::{Store, StoreError};

/// Months that are made ahead.
const AHEAD: i32 = 2;
/// How long others may be kept waiting while a table is added or dropped; then it is tried another time.
const PATIENCE: &str = "SET LOCAL lock_timeout = '2s'";

/// A month's table, and its ids: those from `first` on, before `past`.
struct Month {
    table: String,
    first: i64,
    past: i64,
}

impl Month {
    fn of(day: Date) -> Result<Self, StoreError> {
        let wrong = |e: jiff::Error| StoreError::Bad(e.to_string());
        let begin = day.first_of_month();
        let end = begin.checked_add(1.month()).map_err(wrong)?;
        let id = |day: Date| {
            from_local(day.at(0, 0, 0, 0)).map(first_id_at).map_err(|e| StoreError::Bad(e.to_string()))
        };
        Ok(Self { table: begin.strftime("outbox_%Y_%m").to_string(), first: id(begin)?, past: id(end)? })
    }
}

impl Store {
    /// Makes the tables of this month and the next ones, where they are not yet; how many. On SQLite there are none.
    ///
    /// # Errors
    /// When the database fails, or others hold the events for long.
    pub async fn make_months(&self) -> Result<usize, StoreError> {
        if self.db().is_sqlite() {
            return Ok(0);
        }
        let today = local_date(self.now());
        let mut wanted = Vec::new();
        for ahead in 0..=AHEAD {
            let day = today.checked_add(ahead.months()).map_err(|e| StoreError::Bad(e.to_string()))?;
            wanted.push(Month::of(day)?);
        }
        let there = self.db().begin_reading().await?.months().await?;
        if wanted.iter().all(|month| there.contains(&month.table)) {
            return Ok(0);
        }
        let mut tx = self.begin().await?;
        tx.run(PATIENCE, vec![]).await?;
        // One at a time makes them.
        tx.row("SELECT seq FROM outbox_head WHERE one = 1 FOR UPDATE", vec![]).await?;
        let there = tx.months().await?;
        let mut made = 0;
        for Month { table, first, past } in wanted {
            let held = tx
                .row("SELECT 1 FROM outbox_rest WHERE id >= $1 AND id < $2 LIMIT 1", args![first, past])
                .await?;
            // What came before its month was made stays where it is.
            if there.contains(&table) || held.is_some() {
                continue;
            }
            let sql =
                format!("CREATE TABLE {table} PARTITION OF outbox FOR VALUES FROM ({first}) TO ({past})");
            tx.run(&sql, vec![]).await?;
            made += 1;
        }
        tx.commit().await?;
        Ok(made)
    }

    /// Drops the months that ended before a time and all of whose events have numbers; how many events.
    pub(super) async fn drop_months(&self, before: Timestamp) -> Result<u64, StoreError> {
        let past = Month::of(local_date(before))?.first;
        let old = |table: &String| month_named(table).is_some_and(|month| month.past <= past);
        let months = self.db().begin_reading().await?.months().await?;
        let mut gone = 0;
        for table in months.into_iter().filter(old) {
            let mut tx = self.begin().await?;
            tx.run(PATIENCE, vec![]).await?;
            tx.row("SELECT seq FROM outbox_head WHERE one = 1 FOR UPDATE", vec![]).await?;
            let sql = format!("SELECT count(*) AS n, count(seq) AS numbered, max(seq) AS last FROM {table}");
            let Some(held) = tx.row(&sql, vec![]).await? else { continue };
            if held.int("n")? != held.int("numbered")? {
                continue;
            }
            tx.run(&format!("DROP TABLE {table}"), vec![]).await?;
            let last = held.opt_int("last")?.unwrap_or(0);
            gone += held.int("n")?.unsigned_abs();
            // What was numbered before it and stands in no month would be passed over from now on.
            gone += tx.run("DELETE FROM outbox_rest WHERE seq <= $1", args![last]).await?;
            tx.run("UPDATE outbox_head SET dropped = $1 WHERE one = 1 AND dropped < $1", args![last]).await?;
            tx.commit().await?;
        }
        Ok(gone)
    }
}

/// Events that are due to be dropped before the time that the placeholder `$1` stands for, as a condition: of months those
/// that are over by then.
pub(in crate::store) fn due_before(sqlite: bool, before: Timestamp) -> Result<String, StoreError> {
    if sqlite {
        return Ok("seq IS NOT NULL AND at < $1".into());
    }
    let Month { first, .. } = Month::of(local_date(before))?;
    Ok(format!("seq IS NOT NULL AND at < $1 AND (id < {first} OR tableoid = 'outbox_rest'::regclass)"))
}

impl Tx {
    /// The tables of months that are there, oldest first.
    async fn months(&mut self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT c.relname::text AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                   WHERE i.inhparent = 'outbox'::regclass AND c.relname <> 'outbox_rest' ORDER BY c.relname";
        self.rows(sql, vec![]).await?.iter().map(|row| row.text("name")).collect()
    }
}

/// The month that a table is named after.
fn month_named(table: &str) -> Option<Month> {
    let (year, month) = table.strip_prefix("outbox_")?.split_once('_')?;
    let day = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
    Month::of(day).ok().filter(|month| month.table == table)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn months_meet_and_are_known_by_their_names() {
        let december = Month::of(date(2026, 12, 31)).unwrap();
        let january = Month::of(date(2027, 1, 1)).unwrap();
        assert_eq!((december.table.as_str(), december.past), ("outbox_2026_12", january.first));
        assert_eq!(month_named("outbox_2026_12").map(|month| month.first), Some(december.first));
        for other in ["outbox_rest", "outbox_2026_13", "outbox_2026_1", "item"] {
            assert!(month_named(other).is_none(), "{other}");
        }
    }
}
