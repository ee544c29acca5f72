//! The judging stage: claims items, and writes what the model or a person found.

use std::collections::{HashMap, HashSet};

use jiff::SignedDuration;
use serde_json::json;

use super::db::{Arg, Row, Tx, args, to_json};
use super::incidents::write_signatures;
use super::{Store, StoreError, work};
use crate::county::{DepartmentCode, TopicCode, Town};
use crate::ids::{ItemId, JudgementId};
use crate::records::{
    Actor, Channel, Judge, Judgement, Kind, OutEvent, PlaceMention, Reason, Subject, TopicScore, Upstream,
    Urgency, Viewer,
};
use crate::sought::unaccented;

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

/// What a person decided.
#[derive(Debug, Clone)]
pub struct PersonJudgement {
    pub topics: Vec<TopicCode>,
    pub kind: Kind,
    pub urgency: Urgency,
    pub department: Option<DepartmentCode>,
    /// Replaces the places found by the model when it is set.
    pub places: Option<Vec<PlaceMention>>,
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

    /// Writes a person's judgement, which the model never overwrites. `seen_version` is the item version that was read.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the viewer may not see it, [`StoreError::Conflict`] when its text changed since.
    pub async fn judge_by_person(
        &self,
        viewer: &Viewer,
        id: ItemId,
        seen_version: i64,
        decided: PersonJudgement,
        actor: Actor,
    ) -> Result<Judgement, StoreError> {
        let item = self.item(viewer, id).await?.ok_or(StoreError::NotFound("item"))?;
        if item.version != seen_version {
            // A newer version came from the sender, not from a colleague.
            return Err(StoreError::Conflict { by: "来源更新".into(), at: item.updated_at });
        }
        let before = self.judgements(&Viewer::SYSTEM, id).await?;
        let judgement = self.person_judgement(&item, before.first(), &decided, actor)?;
        let mut tx = self.begin().await?;
        insert_judgements(&mut tx, std::slice::from_ref(&judgement)).await?;
        let first = if item.judged_version == 0 { HashSet::from([id.0]) } else { HashSet::new() };
        self.apply_judgements(&mut tx, std::slice::from_ref(&judgement), true, &first).await?;
        // What became confidential, or is it no more, leaves its incident.
        work::add(&mut tx, work::JOIN, &[id.0], self.now()).await?;
        let detail = json!({"topics": decided.topics, "kind": decided.kind, "urgency": decided.urgency,
            "department": decided.department});
        self.audit_in(&mut tx, actor, "item.judge", Subject::Item(id), detail).await?;
        tx.commit().await?;
        Ok(judgement)
    }

    /// Takes a judgement back: the one before it stands again, as a new row of the history.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the viewer may not see the item, [`StoreError::Conflict`] when `undone` is not its latest
    /// judgement, [`StoreError::Bad`] when there is none before.
    pub async fn judge_as_before(
        &self,
        viewer: &Viewer,
        id: ItemId,
        undone: JudgementId,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let item = self.item(viewer, id).await?.ok_or(StoreError::NotFound("item"))?;
        let mut judgements = self.judgements(&Viewer::SYSTEM, id).await?.into_iter();
        let latest = judgements.next().ok_or(StoreError::NotFound("judgement"))?;
        if latest.id != undone {
            let by = match latest.judge {
                Judge::Person { user } => Actor::User(user).code(),
                Judge::Model { .. } => Actor::System.code(),
            };
            return Err(StoreError::Conflict { by, at: latest.at });
        }
        let before = judgements.next().filter(|before| before.item_version == item.version);
        let before = before.ok_or_else(|| StoreError::Bad("there is no judgement before".into()))?;
        let by_person = matches!(before.judge, Judge::Person { .. });
        let now = self.now();
        let again = Judgement { id: self.ids().next::<JudgementId>(now), at: now, ..before };
        let mut tx = self.begin().await?;
        insert_judgements(&mut tx, std::slice::from_ref(&again)).await?;
        self.apply_judgements(&mut tx, std::slice::from_ref(&again), by_person, &HashSet::new()).await?;
        work::add(&mut tx, work::JOIN, &[id.0], now).await?;
        self.audit_in(&mut tx, actor, "item.judge_undo", Subject::Item(id), json!({ "undone": undone }))
            .await?;
        tx.commit().await
    }

    fn person_judgement(
        &self,
        item: &crate::records::Item,
        before: Option<&Judgement>,
        decided: &PersonJudgement,
        actor: Actor,
    ) -> Result<Judgement, StoreError> {
        let user = actor.user().ok_or_else(|| StoreError::Bad("only a person judges by hand".into()))?;
        let now = self.now();
        let places = decided.places.clone().or_else(|| before.map(|b| b.places.clone())).unwrap_or_default();
        Ok(Judgement {
            id: self.ids().next::<JudgementId>(now),
            item: item.id,
            item_version: item.version,
            judge: Judge::Person { user },
            at: now,
            topics: decided.topics.iter().map(|code| TopicScore { code: code.clone(), score: 1.0 }).collect(),
            unsure: false,
            kind: decided.kind,
            urgency: decided.urgency,
            office: before.map(|b| b.office.clone()).unwrap_or_default(),
            offices: before.map(|b| b.offices.clone()).unwrap_or_default(),
            department: decided.department.clone(),
            places,
            sender_town: before.and_then(|b| b.sender_town.clone()),
            reasons: before.map(|b| b.reasons.clone()).unwrap_or_default(),
        })
    }

    /// Whether a person has judged this item, seen by the program itself.
    pub async fn is_judged_by_person(&self, id: ItemId) -> Result<bool, StoreError> {
        Ok(self.item(&Viewer::SYSTEM, id).await?.is_some_and(|item| item.judged_by_person))
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

/// Notes that the present version of items was judged, whose judgement by a person stays.
async fn note_judged(tx: &mut Tx, ids: &[i64]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let sql = format!("UPDATE item SET judged_version = version WHERE id IN ({})", tx.marks(1, ids.len()));
    tx.run(&sql, ids.iter().map(|id| Arg::from(*id)).collect()).await.map(|_| ())
}

async fn insert_judgements(tx: &mut Tx, judgements: &[Judgement]) -> Result<(), StoreError> {
    const COLUMNS: &[&str] = &["id", "item_id", "item_version", "by_person", "at", "body"];
    let row = |judgement: &Judgement| {
        let by_person = matches!(judgement.judge, Judge::Person { .. });
        let body = to_json(judgement)?;
        let Judgement { id, item, item_version, at, .. } = judgement;
        Ok(args![id.0, item.0, *item_version, by_person, *at, body])
    };
    let rows = judgements.iter().map(row).collect::<Result<_, StoreError>>()?;
    tx.insert("judgement", COLUMNS, rows, "").await.map(|_| ())
}

/// The columns of an item that tell its judgement in short. In an update they come from a list of values, whose columns both
/// databases call `column1` and so on.
const IN_SHORT: [&str; 11] = [
    "judged_version",
    "judged_by_person",
    "main_topic",
    "topics",
    "topic_score",
    "unsure",
    "kind",
    "urgency",
    "town",
    "office",
    "confidential",
];

impl Store {
    /// Puts judgements in short on their items, where lists and filters read them, and tells of them; those of the items
    /// in `first` are their first.
    async fn apply_judgements(
        &self,
        tx: &mut Tx,
        judgements: &[Judgement],
        by_person: bool,
        first: &HashSet<i64>,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let event = |judgement: &Judgement| {
            OutEvent::of_judgement(self.ids().next(now), judgement, first.contains(&judgement.item.0))
        };
        self.put_out(tx, judgements.iter().map(event).collect()).await?;
        let sets: Vec<String> =
            IN_SHORT.iter().enumerate().map(|(n, column)| format!("{column} = v.column{}", n + 1)).collect();
        let mut in_case = HashSet::new();
        for part in judgements.chunks(BATCH) {
            let rows = part.iter().map(|judgement| in_short(judgement, by_person));
            let values = rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
            let sql = format!(
                "UPDATE item SET {} FROM (VALUES {}) AS v WHERE item.id = v.column{} RETURNING item.id, item.case_id",
                sets.join(", "),
                tx.tuples(part.len(), IN_SHORT.len() + 1),
                IN_SHORT.len() + 1
            );
            for row in tx.rows(&sql, values).await? {
                if row.opt_int("case_id")?.is_some() {
                    in_case.insert(row.int("id")?);
                }
            }
        }
        // A case follows its item behind the screen; only a person brings it out again.
        for confidential in [true, false] {
            let moves = |judgement: &&Judgement| {
                is_confidential(judgement) == confidential && (confidential || by_person)
            };
            let items: Vec<i64> = judgements.iter().filter(moves).map(|judgement| judgement.item.0).collect();
            screen_cases(tx, &items, confidential).await?;
        }
        for judgement in judgements.iter().filter(|judgement| in_case.contains(&judgement.item.0)) {
            self.part_confidential(tx, judgement.item).await?;
        }
        Ok(())
    }
}

/// Puts the cases of items behind the screen, or before it.
async fn screen_cases(tx: &mut Tx, items: &[i64], confidential: bool) -> Result<(), StoreError> {
    for part in items.chunks(BATCH) {
        let values: Vec<Arg> =
            args![confidential].into_iter().chain(part.iter().map(|item| Arg::from(*item))).collect();
        let (first, all) = (tx.marks(1, 1), tx.marks(2, part.len()));
        let cases = format!("UPDATE case_file SET confidential = {first} WHERE item_id IN ({all})");
        tx.run(&cases, values.clone()).await?;
        let facts = format!(
            "UPDATE case_fact SET confidential = {first} WHERE case_id IN (SELECT id FROM case_file WHERE item_id IN ({all}))"
        );
        tx.run(&facts, values).await?;
    }
    Ok(())
}

fn is_confidential(judgement: &Judgement) -> bool {
    judgement.topics.iter().any(|topic| topic.code.as_str() == CONFIDENTIAL_TOPIC)
}

/// The values of [`IN_SHORT`], and the item.
fn in_short(judgement: &Judgement, by_person: bool) -> Result<Vec<Arg>, StoreError> {
    let topics: Vec<&TopicCode> = judgement.topics.iter().map(|t| &t.code).collect();
    Ok(args![
        judgement.item_version,
        by_person,
        judgement.main_topic().map(TopicCode::as_str),
        to_json(&topics)?,
        judgement.topics.first().map(|t| f64::from(t.score)),
        judgement.unsure,
        judgement.kind.code(),
        i64::from(u8::from(judgement.urgency)),
        judgement.town().map(|town| town.as_str()),
        &judgement.office,
        is_confidential(judgement),
        judgement.item.0
    ])
}
