//! Judgements on their way into the tables: their own rows, in short on their items, and what follows from them for cases.

use std::collections::HashSet;

use super::{BATCH, CONFIDENTIAL_TOPIC};
use crate::county::TopicCode;
use crate::records::{Judge, Judgement, OutEvent};
use crate::store::db::{Arg, Tx, args, to_json};
use crate::store::{Store, StoreError};

/// Notes that the present version of items was judged, whose judgement by a person stays.
pub(super) async fn note_judged(tx: &mut Tx, ids: &[i64]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let sql = format!("UPDATE item SET judged_version = version WHERE id IN ({})", tx.marks(1, ids.len()));
    tx.run(&sql, ids.iter().map(|id| Arg::from(*id)).collect()).await.map(|_| ())
}

pub(super) async fn insert_judgements(tx: &mut Tx, judgements: &[Judgement]) -> Result<(), StoreError> {
    const COLUMNS: &[&str] = &["id", "item_id", "item_version", "by_person", "at", "body"];
    let row = |judgement: &Judgement| {
        let by_person = matches!(judgement.judge, Judge::Person { .. });
        let body = to_json(judgement)?;
        let Judgement { id, item, item_version, at, .. } = judgement;
        Ok(args![id.0, item.0, *item_version, by_person, *at, body])
    };
    let rows = judgements.iter().map(row).collect::<Result<_, StoreError>>()?;
    tx.rings();
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
    pub(super) async fn apply_judgements(
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
