//! Reads a CSV file of the county row by row, with its header checked and the line of each row known.

use super::error::{At, CountyError};
use super::validity::Validity;

/// One row; cells are trimmed, a column that the file lacks reads as empty.
pub(super) struct Row<'a> {
    pub(super) at: At<'a>,
    header: &'a [&'a str],
    positions: &'a [Option<usize>],
    record: csv::StringRecord,
}

impl Row<'_> {
    pub(super) fn get(&self, column: &str) -> &str {
        let position = self.header.iter().position(|c| *c == column).and_then(|i| self.positions[i]);
        position.and_then(|p| self.record.get(p)).unwrap_or("").trim()
    }

    /// A cell that may not be empty.
    pub(super) fn required(&self, column: &str) -> Result<&str, CountyError> {
        match self.get(column) {
            "" => Err(self.at.invalid(format!("{column} is empty"), "a value")),
            value => Ok(value),
        }
    }

    /// A cell of values separated by `|`.
    pub(super) fn list(&self, column: &str) -> Vec<String> {
        self.get(column).split('|').map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned).collect()
    }

    pub(super) fn validity(&self) -> Result<Validity, CountyError> {
        Validity::parse(self.at, self.get("valid_from"), self.get("valid_to"))
    }
}

/// Calls `each` for every row. Columns may stand in any order; `required` ones must be there, others of
/// `columns` may be missing, and a column that is not among `columns` is refused.
pub(super) fn for_each_row(
    file: &str,
    text: &str,
    columns: &[&str],
    required: &[&str],
    mut each: impl FnMut(&Row<'_>) -> Result<(), CountyError>,
) -> Result<(), CountyError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| csv_error(file, &e))?.clone();
    let positions = header_positions(file, &header, columns, required)?;
    for record in reader.into_records() {
        let record = record.map_err(|e| csv_error(file, &e))?;
        let line = record.position().map_or(0, |p| p.line() as usize);
        each(&Row { at: At { file, line }, header: columns, positions: &positions, record })?;
    }
    Ok(())
}

fn header_positions(
    file: &str,
    header: &csv::StringRecord,
    columns: &[&str],
    required: &[&str],
) -> Result<Vec<Option<usize>>, CountyError> {
    let at = At { file, line: 1 };
    let mut positions = vec![None; columns.len()];
    for (position, name) in header.iter().enumerate() {
        let Some(index) = columns.iter().position(|c| *c == name) else {
            return Err(at.invalid(format!("column \"{name}\" is unknown"), columns.join(", ")));
        };
        if positions[index].replace(position).is_some() {
            return Err(at.invalid(format!("column \"{name}\" stands twice"), "each column once"));
        }
    }
    for name in required {
        if !header.iter().any(|h| h == *name) {
            return Err(at.invalid(format!("column \"{name}\" is missing"), columns.join(", ")));
        }
    }
    Ok(positions)
}

fn csv_error(file: &str, error: &csv::Error) -> CountyError {
    let line = error.position().map_or(1, |p| p.line() as usize);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => At { file, line }.invalid(
            format!("the row has {len} cells"),
            format!("{expected_len} cells, as many as the header; quote a cell that holds a comma"),
        ),
        _ => At { file, line }.invalid(error.to_string(), "comma-separated text in UTF-8"),
    }
}
