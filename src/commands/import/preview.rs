//! `qingting import --preview`: how a sheet would be understood, masked, and stored nowhere.

use std::path::Path;

use anyhow::Result;
use qingting_ingest::prepare::prepare;
use qingting_ingest::sheet::{self, ColumnMap, SheetPreview, TablePreview};
use qingting_models::clock::minute_text;
use qingting_models::store::Arrival;
use serde_json::{Value, json};

use super::table::{columns, notes};
use crate::cli::Global;
use crate::output;

pub(super) fn run(global: &Global, file: &Path, map: Option<&ColumnMap>) -> Result<()> {
    let preview = sheet::preview(file, map).map_err(|fault| output::of_file(file, &fault))?;
    if global.json { output::json(&document(preview)) } else { print(preview) }
}

fn document(preview: SheetPreview) -> Value {
    let row = |(place, arrival): (u64, Arrival)| json!({ "row": place, "external_id": arrival.external_id, "content": arrival.content });
    let table = |table: TablePreview| {
        let bad = |row: &sheet::BadRow| json!({ "place": row.place, "kind": row.kind, "reason": row.reason });
        json!({
            "name": table.name,
            "header_row": table.header_row,
            "columns": table.columns,
            "confidence": table.confidence,
            "needs_map": table.needs_map(),
            "map": table.map().to_toml(),
            "bad": table.bad.iter().map(bad).collect::<Vec<_>>(),
            "rows": masked(table).into_iter().map(row).collect::<Vec<_>>(),
        })
    };
    json!({
        "format": preview.format,
        "encoding": preview.encoding,
        "rows": preview.rows,
        "skipped": preview.skipped,
        "hidden": preview.hidden,
        "charts": preview.charts,
        "sheets": preview.sheets.into_iter().map(table).collect::<Vec<_>>(),
    })
}

fn masked(table: TablePreview) -> Vec<(u64, Arrival)> {
    table.rows.into_iter().map(|(place, record)| (place.row, prepare(record))).collect()
}

fn print(preview: SheetPreview) -> Result<()> {
    output::line(&format!(
        "{}{}",
        preview.format.name(),
        preview.encoding.map(|e| format!(" in {e}")).unwrap_or_default()
    ))?;
    for (what, names) in [
        ("without a known header", preview.skipped),
        ("hidden", preview.hidden),
        ("without rows", preview.charts),
    ] {
        if !names.is_empty() {
            output::line(&format!("passed over, {what}: {}", names.join(", ")))?;
        }
    }
    preview.sheets.into_iter().try_for_each(table)
}

fn table(table: TablePreview) -> Result<()> {
    let name = table.name.as_deref().map(|name| format!("sheet {name}, ")).unwrap_or_default();
    output::line(&format!("{name}header in row {}, confidence {:.2}", table.header_row, table.confidence))?;
    columns(&table)?;
    notes(&table, "import with --map")?;
    for (row, arrival) in masked(table) {
        let at = arrival.content.occurred_at.map(minute_text).unwrap_or_default();
        let id = arrival.external_id.unwrap_or_default();
        output::line(&format!("  row {row}\t{id}\t{at}\t{}", arrival.content.title))?;
        for (header, value) in &arrival.content.upstream.fields {
            output::line(&format!("      {header}: {value}"))?;
        }
    }
    Ok(())
}
