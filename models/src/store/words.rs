//! In how many items of each day a word stands. Confidential items are left out: their words are not for all.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::db::{Arg, args};
use super::{Store, StoreError};
use crate::rising::WordCounts;

/// How long the count of a day that is not over yet holds.
const HOLDS: SignedDuration = SignedDuration::from_mins(30);
/// How many days are kept.
pub const WORD_DAYS: i64 = 56;
/// Stands for the items of a day that a worker is counting; one that was killed leaves it.
const UNDER_WAY: i64 = -1;
const DAY_MS: i64 = 86_400_000;
/// Asia/Shanghai is eight hours ahead all year.
const AHEAD_MS: i64 = 8 * 3_600_000;

/// The day of a time, counted from 1970-01-01 in Asia/Shanghai.
pub fn day_of(at: Timestamp) -> i64 {
    (at.as_millisecond() + AHEAD_MS).div_euclid(DAY_MS)
}

impl Store {
    /// Takes a day that is to be counted, the latest first, so that no other worker takes it; its items' titles and
    /// bodies. `None` when all counts hold.
    pub async fn claim_word_day(&self) -> Result<Option<(i64, Vec<(String, String)>)>, StoreError> {
        let now = self.now();
        let today = day_of(now);
        let counted: BTreeMap<i64, (i64, i64)> = self
            .db()
            .rows("SELECT day, items, counted_at FROM counted_day WHERE day > $1", args![today - WORD_DAYS])
            .await?
            .iter()
            .map(|row| Ok((row.int("day")?, (row.int("items")?, row.int("counted_at")?))))
            .collect::<Result<_, StoreError>>()?;
        let stale = (now - HOLDS).as_millisecond();
        let due = |day: &i64| {
            let over = (day + 1) * DAY_MS - AHEAD_MS;
            counted.get(day).is_none_or(|&(items, at)| {
                (items == UNDER_WAY || at < over + HOLDS.as_millis() as i64) && at <= stale
            })
        };
        let Some(day) = (today - WORD_DAYS + 1..=today).rev().find(due) else { return Ok(None) };
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO counted_day (day, items, counted_at) VALUES ($1, $2, $3)
                   ON CONFLICT (day) DO UPDATE SET items = excluded.items, counted_at = excluded.counted_at
                   WHERE counted_day.counted_at <= $4";
        if tx.run(sql, args![day, UNDER_WAY, now, stale]).await? == 0 {
            return Ok(None);
        }
        tx.commit().await?;
        let from = day * DAY_MS - AHEAD_MS;
        let sql = "SELECT title, body FROM item WHERE first_seen_at >= $1 AND first_seen_at < $2
                   AND judged_version > 0 AND NOT confidential ORDER BY id";
        let rows = self.db().rows(sql, args![from, from + DAY_MS]).await?;
        let texts = rows.iter().map(|row| Ok((row.text("title")?, row.text("body")?)));
        Ok(Some((day, texts.collect::<Result<_, StoreError>>()?)))
    }

    /// Writes the count of a day in place of an earlier one, and forgets days that are too old.
    pub async fn save_word_day(&self, day: i64, counts: &WordCounts) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let oldest = day_of(self.now()) - WORD_DAYS;
        tx.run("DELETE FROM word_day WHERE day = $1 OR day <= $2", args![day, oldest]).await?;
        tx.run("DELETE FROM counted_day WHERE day <= $1", args![oldest]).await?;
        let rows = counts.words.iter().map(|(word, items)| args![day, word, *items]).collect();
        tx.insert("word_day", &["day", "word", "items"], rows, "").await?;
        tx.run("UPDATE counted_day SET items = $1 WHERE day = $2", args![counts.items, day]).await?;
        tx.commit().await
    }

    /// The words of the days from `first` to `last` that stand in at least `least` items, and the same words in the `past` days
    /// before them.
    pub async fn words_of_days(
        &self,
        (first, last): (i64, i64),
        past: i64,
        least: i64,
    ) -> Result<(WordCounts, WordCounts), StoreError> {
        let items = "SELECT COALESCE(CAST(sum(items) AS BIGINT), 0) FROM counted_day
                     WHERE day >= $1 AND day <= $2 AND items > 0";
        let mut now =
            WordCounts { items: self.db().number(items, args![first, last]).await?, words: BTreeMap::new() };
        let mut before = WordCounts {
            items: self.db().number(items, args![first - past, first - 1]).await?,
            words: BTreeMap::new(),
        };
        let sql = "SELECT word, CAST(sum(items) AS BIGINT) AS n FROM word_day WHERE day >= $1 AND day <= $2
                   GROUP BY word HAVING sum(items) >= $3";
        for row in self.db().rows(sql, args![first, last, least]).await? {
            now.words.insert(row.text("word")?, row.int("n")?);
        }
        let words: Vec<&String> = now.words.keys().collect();
        for part in words.chunks(500) {
            let marks: Vec<String> = (3..part.len() + 3).map(|n| format!("${n}")).collect();
            let sql = format!(
                "SELECT word, CAST(sum(items) AS BIGINT) AS n FROM word_day WHERE word IN ({}) AND day >= $1 AND day < $2 GROUP BY word",
                marks.join(", ")
            );
            let mut values = args![first - past, first];
            values.extend(part.iter().map(|word| Arg::from(*word)));
            for row in self.db().rows(&sql, values).await? {
                before.words.insert(row.text("word")?, row.int("n")?);
            }
        }
        Ok((now, before))
    }
}
