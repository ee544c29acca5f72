//! A whole database written into another without any of the work that made it: what the database alone takes.

use std::time::{Duration, Instant};

use super::rows::Reader;
use super::{SearchWords, TEXTS, borrowed, clear_begun, schema, words_of, write};
use crate::store::db::args;
use crate::store::{Store, StoreError};

impl Store {
    /// Writes every row of this database, and the words of its items, into a new one in batches; how many rows, and the time of
    /// the writing alone.
    ///
    /// # Errors
    /// When one of them fails.
    pub async fn write_bare(
        &self,
        to: &Store,
        words: &SearchWords<'_>,
    ) -> Result<(u64, Duration), StoreError> {
        let mut reading = self.db().begin_reading().await?;
        let (mut count, mut time) = (0, Duration::ZERO);
        let mut tx = to.begin().await?;
        let tables = schema::tables(&mut reading).await?;
        clear_begun(&mut tx, &tables).await?;
        tx.commit().await?;
        for table in tables {
            let mut reader = Reader::new(None);
            loop {
                let rows = reader.next(&mut reading, &table).await?;
                if rows.is_empty() {
                    break;
                }
                count += rows.len() as u64;
                let begun = Instant::now();
                let mut tx = to.begin().await?;
                write(&mut tx, &table, rows.into_iter()).await?;
                tx.commit().await?;
                time += begun.elapsed();
            }
        }
        let mut last = i64::MIN;
        loop {
            let sql = format!("SELECT id, title, body FROM item WHERE id > $1 ORDER BY id LIMIT {TEXTS}");
            let rows = reading.rows(&sql, args![last]).await?;
            let texts = words_of(&rows, words)?;
            let Some((item, _)) = texts.last() else { return Ok((count, time)) };
            last = item.0;
            count += texts.len() as u64;
            let begun = Instant::now();
            let mut tx = to.begin().await?;
            to.set_words(&mut tx, &borrowed(&texts)).await?;
            tx.commit().await?;
            time += begun.elapsed();
        }
    }
}
