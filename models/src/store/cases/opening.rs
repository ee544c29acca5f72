//! Many cases opened by rule at once: what [`Store::open_case`] writes for one, each statement once for all of them.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::db::{Arg, Tx, args, to_json};
use super::super::rates::insert_facts;
use super::super::{Store, StoreError};
use super::{CASE_COLUMNS, Opening, case_row, department_rows, opened_in};
use crate::records::{CaseChange, OutEvent, events_of};

/// Cases in one statement.
const AT_ONCE: usize = 200;

impl Store {
    /// Opens a case for each of the items, which are free, each in one of the changes alone.
    ///
    /// # Errors
    /// As [`Store::open_case`]; then the transaction must not be committed.
    pub(in crate::store) async fn open_many(
        &self,
        tx: &mut Tx,
        changes: Vec<CaseChange>,
    ) -> Result<(), StoreError> {
        // What a rule opens has no answer yet and takes nothing else in.
        let plain = |change: &CaseChange| {
            change.replies.is_empty() && change.ratings.is_empty() && change.taken_in.is_empty()
        };
        let (mut plain, others): (Vec<CaseChange>, Vec<CaseChange>) = changes.into_iter().partition(plain);
        for change in others {
            self.open_in(tx, change, Opening::OfItem).await?;
        }
        give_numbers(tx, &mut plain).await?;
        for some in plain.chunks(AT_ONCE) {
            self.open_some(tx, some).await?;
        }
        Ok(())
    }

    async fn open_some(&self, tx: &mut Tx, changes: &[CaseChange]) -> Result<(), StoreError> {
        let cases = || changes.iter().map(|change| &change.case);
        let rows = cases().map(|case| case_row(case, Opening::OfItem)).collect::<Result<_, _>>()?;
        tx.insert("case_file", CASE_COLUMNS, rows, "").await?;
        let sql = format!(
            "UPDATE item SET case_id = v.column1 FROM (VALUES {}) AS v WHERE item.id = v.column2 AND item.dismissed IS NULL",
            tx.tuples(changes.len(), 2)
        );
        let values: Vec<Arg> = cases().flat_map(|case| args![case.id.0, case.item.0]).collect();
        if tx.run(&sql, values).await? != changes.len() as u64 {
            return Err(StoreError::NotFound("item"));
        }
        let rows = cases().map(|case| args![case.id.0, case.item.0]).collect();
        tx.insert("case_item", &["case_id", "item_id"], rows, "ON CONFLICT DO NOTHING").await?;
        let rows = cases().flat_map(department_rows).collect();
        tx.insert("case_department", &["case_id", "department", "role"], rows, "ON CONFLICT DO NOTHING")
            .await?;

        let (mut clocks, mut lines, mut facts, mut told, mut out) = (vec![], vec![], vec![], vec![], vec![]);
        for change in changes {
            let case = &change.case;
            for clock in &change.clocks {
                let (rule, open) = (clock.rule.as_str(), clock.is_open());
                clocks.push(args![clock.id.0, case.id.0, rule, clock.due_at, open, to_json(clock)?]);
            }
            for line in &change.timeline {
                lines.push(args![line.id.0, case.id.0, to_json(line)?]);
            }
            facts.extend(change.facts.iter().flatten().map(|fact| (case, fact)));
            told.extend(events_of(change));
            out.push(OutEvent::of_case(self.ids().next(self.now()), case, &change.audit.action));
        }
        let columns = ["id", "case_id", "rule", "due_at", "is_open", "body"];
        tx.insert("case_clock", &columns, clocks, "").await?;
        tx.insert("timeline", &["id", "case_id", "body"], lines, "").await?;
        insert_facts(tx, facts).await?;
        self.tell_in(tx, &told).await?;
        self.put_out(tx, out).await?;
        self.append_audits(tx, changes.iter().map(|change| &change.audit)).await
    }
}

/// Gives the cases their numbers, in their order: as many of a year as there are cases of it.
async fn give_numbers(tx: &mut Tx, changes: &mut [CaseChange]) -> Result<(), StoreError> {
    let mut wanted: BTreeMap<i64, i64> = BTreeMap::new();
    for change in changes.iter() {
        *wanted.entry(opened_in(&change.case)).or_default() += 1;
    }
    let mut next: BTreeMap<i64, i64> = BTreeMap::new();
    for (year, count) in wanted {
        next.insert(year, take_numbers(tx, year, count).await?);
    }
    for change in changes {
        let year = opened_in(&change.case);
        if let Some(number) = next.get_mut(&year) {
            set_number(change, year, *number);
            *number += 1;
        }
    }
    Ok(())
}

/// Takes so many numbers of a year; the first of them.
pub(super) async fn take_numbers(tx: &mut Tx, year: i64, count: i64) -> Result<i64, StoreError> {
    let sql = "INSERT INTO case_number (office, year, last) VALUES ('', $1, $2)
               ON CONFLICT (office, year) DO UPDATE SET last = case_number.last + $2 RETURNING last";
    let row = tx.row(sql, args![year, count]).await?.ok_or(StoreError::NotFound("case number"))?;
    Ok(row.int("last")? - count + 1)
}

/// Writes a case's number into it and into what the log says of it.
pub(super) fn set_number(change: &mut CaseChange, year: i64, number: i64) {
    change.case.number = format!("{year}-{number:05}");
    if let Some(fields) = change.audit.detail.as_object_mut() {
        fields.insert("number".into(), json!(change.case.number));
    }
}
