//! The judging stage: claims items, and writes what the model found.

mod applying;
mod by_person;

use std::collections::{HashMap, HashSet};

use applying::{insert_judgements, note_judged};
use jiff::SignedDuration;

use super::db::{Arg, Row, Tx, args};
use super::incidents::write_signatures;
use super::{Store, StoreError, work};
use crate::county::Town;
use crate::ids::{ItemId, JudgementId};
use crate::records::{Channel, Judge, Judgement, Kind, PlaceMention, Reason, TopicScore, Upstream, Urgency};
use crate::sought::unaccented;

pub use by_person::PersonJudgement;

/// The topic whose items only the roles named for it see (DESIGN section 6).
pub const CONFIDENTIAL_TOPIC: &str = "conduct";

/// An item as the judging stage reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeTask {
    pub item: ItemId,
    pub version: i64,
    pub channel: Channel,
    pub title: String,
    pub body: String,
    /// What the sender's own system says beside the text.
    pub upstream: Upstream,
}

/// What the model found.
#[derive(Debug, Clone)]
pub struct NewJudgement {
    pub model: String,
    pub topics: Vec<TopicScore>,
    pub unsure: bool,
    pub kind: Kind,
    pub urgency: Urgency,
    pub office: String,
    pub offices: Vec<(String, f32)>,
    pub places: Vec<PlaceMention>,
    pub sender_town: Option<Town>,
    pub reasons: Vec<Reason>,
    /// Space-joined words by which the item is found.
    pub search_words: String,
    /// By which the joining tells its incident.
    pub signature: Vec<u8>,
}

/// Rows in one statement.
const BATCH: usize = 500;

impl Store {
    /// The id of the latest judgement of anything: it rises when there is something new to see.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn latest_judgement(&self) -> Result<i64, StoreError> {
        self.db().number("SELECT COALESCE(max(id), 0) FROM judgement", vec![]).await
    }

    /// Leases up to `batch` items that wait for the model.
    pub async fn claim_judging(
        &self,
        worker: &str,
        batch: i64,
        lease: SignedDuration,
    ) -> Result<Vec<JudgeTask>, StoreError> {
        let ids = self.lease_work(work::JUDGE, worker, batch, lease).await?;
        if ids.is_empty() { Ok(Vec::new()) } else { self.judge_tasks(&ids).await }
    }

    async fn judge_tasks(&self, ids: &[i64]) -> Result<Vec<JudgeTask>, StoreError> {
        let marks = self.db().marks(1, ids.len());
        let values = ids.iter().map(|id| Arg::from(*id)).collect();
        let sql = format!(
            "SELECT id, version, channel, title, body, upstream FROM item WHERE id IN ({marks}) ORDER BY id"
        );
        let task = |row: &Row| {
            Ok(JudgeTask {
                item: ItemId(row.int("id")?),
                version: row.int("version")?,
                channel: row.code("channel")?,
                title: row.text("title")?,
                body: row.text("body")?,
                upstream: row.json("upstream")?,
            })
        };
        self.db().rows(&sql, values).await?.iter().map(task).collect()
    }

    /// Writes the model's judgements, makes the items searchable, and passes them on to routing: one transaction.
    /// A person's decision stays; an item that changed since it was claimed is judged again. Returns how many were written.
    pub async fn save_verdicts(
        &self,
        worker: &str,
        verdicts: Vec<(JudgeTask, NewJudgement)>,
    ) -> Result<usize, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let ids: Vec<i64> = verdicts.iter().map(|(task, _)| task.item.0).collect();
        work::lock_items(&mut tx, &ids).await?;
        let mine = work::finish(&mut tx, work::JUDGE, worker, &ids).await?;
        let mine: HashSet<i64> = mine.into_iter().collect();
        let verdicts: Vec<&(JudgeTask, NewJudgement)> =
            verdicts.iter().filter(|(task, _)| mine.contains(&task.item.0)).collect();
        let words = verdicts.iter().map(|(task, verdict)| (task.item, verdict.search_words.as_str()));
        self.set_words(&mut tx, &words.collect::<Vec<_>>()).await?;
        let present = present(&mut tx, &mine).await?;
        let (mut again, mut of_people, mut aside, mut applied) = (vec![], vec![], vec![], vec![]);
        let (mut written, mut signatures, mut first) = (vec![], vec![], HashSet::new());
        for (task, verdict) in verdicts {
            let item = task.item.0;
            let now = present.get(&item).ok_or(StoreError::NotFound("item"))?;
            if now.version != task.version {
                again.push(item);
                continue;
            }
            let judgement = self.model_judgement(task, verdict);
            if !now.judged {
                first.insert(item);
            }
            if now.by_person {
                of_people.push(item);
                aside.push(judgement);
            } else {
                applied.push(judgement);
            }
            written.push(item);
            signatures.push((task.item, verdict.signature.clone()));
        }
        work::add(&mut tx, work::JUDGE, &again, now).await?;
        work::add(&mut tx, work::ROUTE, &written, now).await?;
        work::add(&mut tx, work::JOIN, &written, now).await?;
        note_judged(&mut tx, &of_people).await?;
        insert_judgements(&mut tx, &aside).await?;
        insert_judgements(&mut tx, &applied).await?;
        self.apply_judgements(&mut tx, &applied, false, &first).await?;
        write_signatures(&mut tx, &signatures).await?;
        tx.commit().await?;
        Ok(written.len())
    }

    fn model_judgement(&self, task: &JudgeTask, verdict: &NewJudgement) -> Judgement {
        let now = self.now();
        Judgement {
            id: self.ids().next::<JudgementId>(now),
            item: task.item,
            item_version: task.version,
            judge: Judge::Model { model: verdict.model.clone() },
            at: now,
            topics: verdict.topics.clone(),
            unsure: verdict.unsure,
            kind: verdict.kind,
            urgency: verdict.urgency,
            office: verdict.office.clone(),
            offices: verdict.offices.clone(),
            department: None,
            places: verdict.places.clone(),
            sender_town: verdict.sender_town.clone(),
            reasons: verdict.reasons.clone(),
        }
    }

    /// Writes the words by which items are found, in place of those before.
    pub(super) async fn set_words(&self, tx: &mut Tx, all: &[(ItemId, &str)]) -> Result<(), StoreError> {
        for part in all.chunks(BATCH) {
            let values = part.iter().flat_map(|(item, words)| args![item.0, &*unaccented(words)]).collect();
            if tx.is_sqlite() {
                let sql = format!("DELETE FROM item_words WHERE rowid IN ({})", tx.marks(1, part.len()));
                tx.run(&sql, part.iter().map(|(item, _)| Arg::from(item.0)).collect()).await?;
                let sql =
                    format!("INSERT INTO item_words (rowid, words) VALUES {}", tx.tuples(part.len(), 2));
                tx.run(&sql, values).await?;
            } else {
                let row = |n: usize| format!("(${}, to_tsvector('simple', ${}))", 2 * n + 1, 2 * n + 2);
                let rows: Vec<String> = (0..part.len()).map(row).collect();
                let sql = format!(
                    "INSERT INTO item_words (item_id, words) VALUES {}
                     ON CONFLICT (item_id) DO UPDATE SET words = excluded.words",
                    rows.join(", ")
                );
                tx.run(&sql, values).await?;
            }
        }
        Ok(())
    }
}

/// How an item stands.
struct Present {
    version: i64,
    /// Some version of it was.
    judged: bool,
    by_person: bool,
}

/// How items stand.
async fn present(tx: &mut Tx, ids: &HashSet<i64>) -> Result<HashMap<i64, Present>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT id, version, judged_version, judged_by_person FROM item WHERE id IN ({})",
        tx.marks(1, ids.len())
    );
    let rows = tx.rows(&sql, ids.iter().map(|id| Arg::from(*id)).collect()).await?;
    let one = |row: &Row| {
        let judged = row.int("judged_version")? > 0;
        Ok((
            row.int("id")?,
            Present { version: row.int("version")?, judged, by_person: row.flag("judged_by_person")? },
        ))
    };
    rows.iter().map(one).collect()
}
