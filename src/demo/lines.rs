//! The agreed wordings of the made-up season.

use anyhow::{Context, Result};
use jiff::ToSpan;
use qingting_models::clock::local_date;
use qingting_models::county::{DepartmentCode, TopicCode};
use qingting_models::records::{Actor, Agreement, LineContent, LineState};
use qingting_models::store::{NewLine, Store};
use serde::Deserialize;

const LINES: &str = include_str!("../../data/demo/lines.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    line: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    topics: Vec<TopicCode>,
    departments: Vec<DepartmentCode>,
    agreed_by: String,
    from: i32,
    to: Option<i32>,
    text: String,
}

/// Writes them into a store whose clock stands at the season's beginning.
///
/// # Errors
/// When the file is damaged or the store fails.
pub(super) async fn agree(store: &Store) -> Result<()> {
    let book: Book = toml::from_str(LINES).context("lines.toml")?;
    let first = local_date(store.now());
    for row in book.line {
        let content = LineContent {
            name: row.name,
            text: row.text,
            topics: row.topics,
            departments: row.departments,
            incident: None,
            confidential: false,
            valid_from: first.checked_add(row.from.days())?,
            valid_to: row.to.map(|to| first.checked_add(to.days())).transpose()?,
            agreement: Some(Agreement { by: row.agreed_by, on: first }),
        };
        content.check(LineState::Agreed, first).context("lines.toml")?;
        store.add_line(NewLine { state: LineState::Agreed, content }, Actor::Console).await?;
    }
    Ok(())
}
