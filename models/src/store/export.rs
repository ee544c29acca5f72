//! The records of a year as documents for whoever keeps them: masked as they are read on pages, each whole in itself.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cases::case_of;
use super::db::{Arg, Row, args};
use super::incidents::incident_of;
use super::items::{item_of, version_of};
use super::visibility::{self, bind};
use super::{Store, StoreError};
use crate::clock::rfc3339;
use crate::records::{OPEN_STATES, Viewer, words};

words! {
    /// The kinds of records, in the order in which they are written.
    ExportPart {
        /// By the time at which they were first seen, with earlier versions, judgements and the incident.
        Items => "item", "信息";
        /// By the time at which they were opened, with clocks, replies, ratings, timeline, items and names of files.
        Cases => "case", "工单";
        /// Those of other platforms, with the items that they came as; with their lines.
        Mirrored => "mirrored", "镜像工单";
        /// By the time of the first item, with the items.
        Incidents => "incident", "事件";
        /// Approved ones, by their first day.
        Reports => "report", "报告";
        /// The lines of the log that are chained, with number and hash.
        Audit => "audit", "审计";
    }
}

/// From one time to before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportSpan {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Store {
    /// The next documents of a kind behind the id `after` that the viewer may see, with their ids; none at the end. The log is
    /// for those who may see everything.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn export_page(
        &self,
        viewer: &Viewer,
        part: ExportPart,
        span: ExportSpan,
        after: i64,
        limit: i64,
    ) -> Result<Vec<(i64, Value)>, StoreError> {
        let rows = self.export_rows(viewer, part, span, after, limit).await?;
        let ids = rows.iter().map(|row| row.int("id")).collect::<Result<Vec<_>, _>>()?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut documents = match part {
            ExportPart::Items => self.item_documents(&rows, &ids).await?,
            ExportPart::Cases => self.case_documents(&rows, &ids).await?,
            ExportPart::Mirrored => self.mirrored_documents(&rows, &ids).await?,
            ExportPart::Incidents => self.incident_documents(viewer, &rows, &ids).await?,
            ExportPart::Reports => rows.iter().map(report_document).collect::<Result<_, _>>()?,
            ExportPart::Audit => rows.iter().map(audit_document).collect::<Result<_, _>>()?,
        };
        for document in &mut documents {
            without_sealed(document);
            document["record"] = json!(part.code());
        }
        Ok(ids.into_iter().zip(documents).collect())
    }

    async fn export_rows(
        &self,
        viewer: &Viewer,
        part: ExportPart,
        ExportSpan { from, to }: ExportSpan,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Row>, StoreError> {
        let all = viewer.all_open && viewer.all_confidential;
        if part == ExportPart::Audit && !all {
            return Ok(Vec::new());
        }
        let mut values = args![from, to, after];
        let sql = match part {
            ExportPart::Items => {
                let seen = visibility::items(viewer, &mut values);
                format!(
                    "SELECT i.*, s.name AS source_name, m.incident_id FROM item i JOIN source s ON s.id = i.source_id
                     LEFT JOIN incident_member m ON m.item_id = i.id
                     WHERE i.first_seen_at >= $1 AND i.first_seen_at < $2 AND i.id > $3 AND {seen} ORDER BY i.id"
                )
            }
            ExportPart::Cases => {
                let seen = visibility::cases(viewer, &mut values);
                format!(
                    "SELECT c.* FROM case_file c WHERE c.opened_at >= $1 AND c.opened_at < $2 AND c.id > $3 AND {seen} ORDER BY c.id"
                )
            }
            ExportPart::Mirrored => {
                let seen = visibility::items(viewer, &mut values);
                format!(
                    "SELECT m.*, i.id FROM mirrored m JOIN item i ON i.id = m.item_id
                     WHERE i.first_seen_at >= $1 AND i.first_seen_at < $2 AND i.id > $3 AND {seen} ORDER BY i.id"
                )
            }
            ExportPart::Incidents => {
                let open = if all { "1 = 1" } else { "NOT n.confidential" };
                format!(
                    "SELECT n.* FROM incident n WHERE n.first_at >= $1 AND n.first_at < $2 AND n.id > $3 AND {open} ORDER BY n.id"
                )
            }
            ExportPart::Reports => {
                let day = |at: Timestamp| crate::clock::local_date(at).to_string();
                values = args![day(from), day(to), after];
                "SELECT * FROM report WHERE state = 'approved' AND from_day >= $1 AND from_day < $2 AND id > $3 ORDER BY id".into()
            }
            ExportPart::Audit => {
                "SELECT * FROM audit WHERE at >= $1 AND at < $2 AND id > $3 AND seq IS NOT NULL ORDER BY id"
                    .into()
            }
        };
        self.db().rows(&format!("{sql} LIMIT {}", limit.clamp(1, 1_000)), values).await
    }

    async fn item_documents(&self, rows: &[Row], ids: &[i64]) -> Result<Vec<Value>, StoreError> {
        let version = |row: &Row| Ok(json!(version_of(row)?));
        let mut versions = self.parts_of("item_version", "item_id", "version", ids, version).await?;
        let body = |row: &Row| row.json::<Value>("body");
        let mut judgements = self.parts_of("judgement", "item_id", "id", ids, body).await?;
        let document = |row: &Row| {
            let item = item_of(row)?;
            let mut document = json!(item);
            document["source_name"] = json!(row.text("source_name")?);
            document["incident"] = json!(row.opt_int("incident_id")?.map(crate::ids::IncidentId));
            document["versions"] = json!(versions.remove(&item.id.0).unwrap_or_default());
            document["judgements"] = json!(judgements.remove(&item.id.0).unwrap_or_default());
            Ok(document)
        };
        rows.iter().map(document).collect()
    }

    async fn case_documents(&self, rows: &[Row], ids: &[i64]) -> Result<Vec<Value>, StoreError> {
        let body = |row: &Row| row.json::<Value>("body");
        let mut parts = Vec::new();
        for (name, table) in
            [("clocks", "case_clock"), ("replies", "reply"), ("ratings", "rating"), ("timeline", "timeline")]
        {
            parts.push((name, self.parts_of(table, "case_id", "id", ids, body).await?));
        }
        let item = |row: &Row| Ok(json!(crate::ids::ItemId(row.int("item_id")?)));
        parts.push(("items", self.parts_of("case_item", "case_id", "item_id", ids, item).await?));
        let file = |row: &Row| {
            Ok(json!({
                "name": row.text("name")?, "note": row.text("note")?, "kind": row.text("kind")?, "bytes": row.int("size")?,
                "added_at": rfc3339(row.time("added_at")?), "removed_at": row.opt_time("removed_at")?.map(rfc3339)
            }))
        };
        parts.push(("attachments", self.parts_of("attachment", "case_id", "id", ids, file).await?));
        let document = |row: &Row| {
            let case = case_of(row)?;
            let mut document = json!(case);
            for (name, of) in &mut parts {
                document[*name] = json!(of.remove(&case.id.0).unwrap_or_default());
            }
            Ok(document)
        };
        rows.iter().map(document).collect()
    }

    async fn mirrored_documents(&self, rows: &[Row], ids: &[i64]) -> Result<Vec<Value>, StoreError> {
        let body = |row: &Row| row.json::<Value>("body");
        let mut lines = self.parts_of("mirrored_line", "item_id", "id", ids, body).await?;
        let document = |row: &Row| {
            let id = row.int("id")?;
            let mut document: Value = row.json("body")?;
            document["item"] = json!(crate::ids::ItemId(id));
            document["lines"] = json!(lines.remove(&id).unwrap_or_default());
            Ok(document)
        };
        rows.iter().map(document).collect()
    }

    async fn incident_documents(
        &self,
        viewer: &Viewer,
        rows: &[Row],
        ids: &[i64],
    ) -> Result<Vec<Value>, StoreError> {
        let mut values = Vec::new();
        let marks = marks(&mut values, ids);
        let seen = visibility::items(viewer, &mut values);
        let sql = format!(
            "SELECT m.incident_id, m.item_id FROM incident_member m JOIN item i ON i.id = m.item_id
             WHERE m.incident_id IN ({marks}) AND {seen} ORDER BY m.item_id"
        );
        let mut items: HashMap<i64, Vec<Value>> = HashMap::new();
        for row in self.db().rows(&sql, values).await? {
            let item = crate::ids::ItemId(row.int("item_id")?);
            items.entry(row.int("incident_id")?).or_default().push(json!(item));
        }
        let document = |row: &Row| {
            let incident = incident_of(row)?;
            let mut document = json!(incident);
            document["members"] = json!(items.remove(&incident.id.0).unwrap_or_default());
            Ok(document)
        };
        rows.iter().map(document).collect()
    }

    /// The rows of a table that hang on these ids, as documents, by id and in order.
    async fn parts_of(
        &self,
        table: &str,
        column: &str,
        order: &str,
        ids: &[i64],
        read: impl Fn(&Row) -> Result<Value, StoreError>,
    ) -> Result<HashMap<i64, Vec<Value>>, StoreError> {
        let mut values = Vec::new();
        let marks = marks(&mut values, ids);
        let sql = format!("SELECT * FROM {table} WHERE {column} IN ({marks}) ORDER BY {column}, {order}");
        let mut parts: HashMap<i64, Vec<Value>> = HashMap::new();
        for row in self.db().rows(&sql, values).await? {
            parts.entry(row.int(column)?).or_default().push(read(&row)?);
        }
        Ok(parts)
    }

    /// How many cases that were opened in the span go on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn still_open(&self, span: ExportSpan) -> Result<i64, StoreError> {
        let mut values = args![span.from, span.to];
        let states: Vec<String> = OPEN_STATES.iter().map(|state| bind(&mut values, *state)).collect();
        let sql = format!(
            "SELECT count(*) FROM case_file WHERE opened_at >= $1 AND opened_at < $2 AND state IN ({})",
            states.join(", ")
        );
        self.db().number(&sql, values).await
    }
}

fn report_document(row: &Row) -> Result<Value, StoreError> {
    Ok(json!({
        "id": crate::ids::ReportId(row.int("id")?),
        "kind": row.text("kind")?,
        "from": row.text("from_day")?,
        "to": row.text("to_day")?,
        "number": row.opt_text("number")?,
        "cutoff": rfc3339(row.time("cutoff")?),
        "digest": row.text("digest")?,
        "content": row.json::<Value>("body")?,
    }))
}

fn audit_document(row: &Row) -> Result<Value, StoreError> {
    Ok(json!({
        "seq": row.int("seq")?,
        "hash": row.opt_text("hash")?,
        "id": row.int("id")?,
        "at": row.int("at")?,
        "actor": row.text("actor")?,
        "action": row.text("action")?,
        "subject_kind": row.text("subject_kind")?,
        "subject_id": row.int("subject_id")?,
        // As it was hashed.
        "detail": row.text("detail")?,
    }))
}

fn marks(values: &mut Vec<Arg>, ids: &[i64]) -> String {
    let marks: Vec<String> = ids.iter().map(|id| bind(values, *id)).collect();
    marks.join(", ")
}

/// Takes out where something is sealed: it says nothing to a reader, and stands for what only those may open who work on it.
fn without_sealed(document: &mut Value) {
    match document {
        Value::Object(map) => {
            map.remove("sealed");
            map.values_mut().for_each(without_sealed);
        }
        Value::Array(list) => list.iter_mut().for_each(without_sealed),
        _ => {}
    }
}
