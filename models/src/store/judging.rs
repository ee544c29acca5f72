//! The judging stage: claims items, and writes what the model or a person found.

use jiff::SignedDuration;
use serde_json::json;

use super::db::{Arg, Tx, args, to_json};
use super::incidents::write_signatures;
use super::visibility;
use super::{Store, StoreError, work};
use crate::county::{DepartmentCode, TopicCode, Town};
use crate::ids::{ItemId, JudgementId};
use crate::records::{
    Actor, Channel, Judge, Judgement, Kind, PlaceMention, Reason, Subject, TopicScore, Upstream, Urgency,
    Viewer,
};

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
        let mut tx = self.begin().await?;
        let ids = work::claim(&mut tx, work::JUDGE, None, worker, batch, lease, self.now()).await?;
        let tasks = if ids.is_empty() { Vec::new() } else { tasks(&mut tx, &ids).await? };
        tx.commit().await?;
        Ok(tasks)
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
        let mine = work::finish(&mut tx, work::JUDGE, worker, &ids).await?;
        let (mut written, mut signatures) = (Vec::new(), Vec::new());
        for (task, verdict) in verdicts.iter().filter(|(task, _)| mine.contains(&task.item.0)) {
            self.set_words(&mut tx, task.item, &verdict.search_words).await?;
            let judgement = self.model_judgement(task, verdict);
            let current = tx
                .row("SELECT version, judged_by_person FROM item WHERE id = $1", args![task.item.0])
                .await?
                .ok_or(StoreError::NotFound("item"))?;
            if current.int("version")? != task.version {
                work::add(&mut tx, work::JUDGE, &[task.item.0], now).await?;
                continue;
            }
            insert_judgement(&mut tx, &judgement).await?;
            if current.flag("judged_by_person")? {
                tx.run("UPDATE item SET judged_version = $1 WHERE id = $2", args![task.version, task.item.0])
                    .await?;
            } else {
                self.apply_judgement(&mut tx, &judgement, false).await?;
            }
            written.push(task.item.0);
            signatures.push((task.item, verdict.signature.clone()));
        }
        write_signatures(&mut tx, &signatures).await?;
        work::add(&mut tx, work::ROUTE, &written, now).await?;
        work::add(&mut tx, work::JOIN, &written, now).await?;
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

    pub(super) async fn set_words(&self, tx: &mut Tx, item: ItemId, words: &str) -> Result<(), StoreError> {
        if tx.is_sqlite() {
            tx.run("DELETE FROM item_words WHERE rowid = $1", args![item.0]).await?;
            tx.run("INSERT INTO item_words (rowid, words) VALUES ($1, $2)", args![item.0, words]).await?;
        } else {
            tx.run(
                "INSERT INTO item_words (item_id, words) VALUES ($1, to_tsvector('simple', $2))
                 ON CONFLICT (item_id) DO UPDATE SET words = excluded.words",
                args![item.0, words],
            )
            .await?;
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
        insert_judgement(&mut tx, &judgement).await?;
        self.apply_judgement(&mut tx, &judgement, true).await?;
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
        insert_judgement(&mut tx, &again).await?;
        self.apply_judgement(&mut tx, &again, by_person).await?;
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

async fn tasks(tx: &mut Tx, ids: &[i64]) -> Result<Vec<JudgeTask>, StoreError> {
    let mut values: Vec<Arg> = Vec::new();
    let marks: Vec<String> = ids.iter().map(|id| visibility::bind(&mut values, *id)).collect();
    let sql = format!(
        "SELECT id, version, channel, title, body, upstream FROM item WHERE id IN ({}) ORDER BY id",
        marks.join(", ")
    );
    let rows = tx.rows(&sql, values).await?;
    rows.iter()
        .map(|row| {
            Ok(JudgeTask {
                item: ItemId(row.int("id")?),
                version: row.int("version")?,
                channel: row.code("channel")?,
                title: row.text("title")?,
                body: row.text("body")?,
                upstream: row.json("upstream")?,
            })
        })
        .collect()
}

async fn insert_judgement(tx: &mut Tx, judgement: &Judgement) -> Result<(), StoreError> {
    let by_person = matches!(judgement.judge, Judge::Person { .. });
    tx.run(
        "INSERT INTO judgement (id, item_id, item_version, by_person, at, body) VALUES ($1,$2,$3,$4,$5,$6)",
        args![
            judgement.id.0,
            judgement.item.0,
            judgement.item_version,
            by_person,
            judgement.at,
            to_json(judgement)?
        ],
    )
    .await?;
    Ok(())
}

impl Store {
    /// Puts the judgement in short on the item, where lists and filters read it.
    async fn apply_judgement(
        &self,
        tx: &mut Tx,
        judgement: &Judgement,
        by_person: bool,
    ) -> Result<(), StoreError> {
        let topics: Vec<&TopicCode> = judgement.topics.iter().map(|t| &t.code).collect();
        let confidential = topics.iter().any(|code| code.as_str() == CONFIDENTIAL_TOPIC);
        let row = tx.row(
        "UPDATE item SET judged_version = $1, judged_by_person = $2, main_topic = $3, topics = $4, topic_score = $5,
         unsure = $6, kind = $7, urgency = $8, town = $9, office = $10, confidential = $11 WHERE id = $12 RETURNING case_id",
        args![
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
            confidential,
            judgement.item.0
        ],
    )
    .await?;
        // A case follows its item behind the screen; only a person brings it out again.
        if by_person || confidential {
            tx.run(
                "UPDATE case_file SET confidential = $1 WHERE item_id = $2",
                args![confidential, judgement.item.0],
            )
            .await?;
            let sql = "UPDATE case_fact SET confidential = $1
                       WHERE case_id IN (SELECT id FROM case_file WHERE item_id = $2)";
            tx.run(sql, args![confidential, judgement.item.0]).await?;
        }
        let in_case = row.map(|row| row.opt_int("case_id")).transpose()?.flatten().is_some();
        if in_case {
            self.part_confidential(tx, judgement.item).await?;
        }
        Ok(())
    }
}
