//! How a command tells what an import would make of a table.

use anyhow::Result;
use qingting_ingest::sheet::{Meaning, TablePreview};

use crate::output;

/// Each column, what it is taken for, and how surely.
pub fn columns(table: &TablePreview) -> Result<()> {
    table.columns.iter().try_for_each(|column| {
        let meaning = column.meaning.map_or("-", Meaning::word);
        output::line(&format!("  {}\t{meaning}\t{:.2}", column.header, column.confidence))
    })
}

/// What a person should know before the table is read in, and its bad rows; `give` says how a column map is given.
pub fn notes(table: &TablePreview, give: &str) -> Result<()> {
    let ordinary: Vec<&str> =
        table.columns.iter().filter(|c| c.meaning.is_none()).map(|c| c.header.as_str()).collect();
    if !ordinary.is_empty() {
        output::line(&format!(
            "  masked and shown with each item: {}; name those that hold a person's data (person_name, \
             person_phone, person_other), and they are sealed",
            ordinary.join(", ")
        ))?;
    }
    if !table.has_text() {
        output::line(&format!(
            "  no column is known as the text or the title: name it in a column map (body = \"its header\"), and {give}"
        ))?;
    } else if !table.columns.iter().any(|column| column.meaning == Some(Meaning::ExternalId)) {
        output::line(
            "  no column is the number (external_id): a record whose words change comes as a new one",
        )?;
    }
    if table.needs_map() && table.has_text() {
        let map = table.map().to_toml();
        output::line(&format!("  confirm or correct this column map, and {give}:\n{}", map.trim_end()))?;
    }
    table.bad.iter().try_for_each(|bad| {
        output::line(&format!("  bad: {}: {}", output::place(&bad.place), output::reason(&bad.reason)))
    })
}
