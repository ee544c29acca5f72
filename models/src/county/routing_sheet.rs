//! `routing.csv` as the cells that a page shows and changes. What the cells mean is checked with the whole county.

use super::error::{At, CountyError};
use super::routing::{COLUMNS, FILE};

/// The cells of one row, in the order of [`RoutingSheet::COLUMNS`].
pub type RoutingCells = [String; 9];

/// The rows in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoutingSheet {
    rows: Vec<RoutingCells>,
}

impl RoutingSheet {
    pub const COLUMNS: [&'static str; 9] = COLUMNS;

    /// Reads the text of a file that was checked before; columns that it lacks are empty.
    ///
    /// # Errors
    /// [`CountyError::Invalid`] when it is no table.
    pub fn parse(text: &str) -> Result<Self, CountyError> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let broken = |error: csv::Error| {
            let line = error.position().map_or(1, |position| position.line() as usize);
            At { file: FILE, line }.invalid(error.to_string(), "comma-separated text in UTF-8")
        };
        let header = reader.headers().map_err(broken)?.clone();
        let places = COLUMNS.map(|column| header.iter().position(|name| name == column));
        let mut rows = Vec::new();
        for record in reader.into_records() {
            let record = record.map_err(broken)?;
            let cell =
                |place: Option<usize>| place.and_then(|p| record.get(p)).unwrap_or_default().to_owned();
            rows.push(places.map(cell));
        }
        Ok(Self { rows })
    }

    pub fn rows(&self) -> &[RoutingCells] {
        &self.rows
    }

    /// The line in the written file of the row at `index`.
    pub fn line(index: usize) -> usize {
        index + 2
    }

    /// Puts `cells` in place of the row at `index`, or adds them at the end; `false` when there is no such row.
    pub fn put(&mut self, index: Option<usize>, cells: RoutingCells) -> bool {
        match index {
            None => self.rows.push(cells),
            Some(index) => match self.rows.get_mut(index) {
                Some(row) => *row = cells,
                None => return false,
            },
        }
        true
    }

    /// Takes the row at `index` away; `false` when there is no such row.
    pub fn remove(&mut self, index: usize) -> bool {
        let there = index < self.rows.len();
        if there {
            self.rows.remove(index);
        }
        there
    }

    /// The file's text, a row a line.
    pub fn text(&self) -> String {
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        // Writing to memory does not fail.
        let _ = writer.write_record(COLUMNS);
        for row in &self.rows {
            let cells = row.iter().map(|cell| cell.replace(['\r', '\n'], " "));
            let _ = writer.write_record(cells.collect::<Vec<_>>());
        }
        writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::county::{County, FILES, Texts};

    fn sample() -> &'static str {
        FILES.iter().find(|(name, _)| *name == FILE).unwrap().1
    }

    #[test]
    fn the_sample_is_read_and_written_without_a_change_of_meaning() {
        let sheet = RoutingSheet::parse(sample()).unwrap();
        let texts = Texts::from([(FILE.to_owned(), sheet.text())]);
        let (one, other) = (County::embedded().unwrap(), County::from_texts(&texts).unwrap());
        assert_eq!(one.routing, other.routing);
        assert_eq!(sheet.rows().len(), one.routing.rules().len());
        let last = sheet.rows().len() - 1;
        assert!(one.routing.rules().iter().any(|rule| rule.line == RoutingSheet::line(last)));
    }

    #[test]
    fn rows_are_put_added_and_removed_and_commas_survive() {
        let mut sheet = RoutingSheet::parse("topic,department,priority\nwages,rsj,1\n").unwrap();
        let cells = |note: &str| ["5", "housing", "", "", "", "zjj", note, "", ""].map(str::to_owned);
        assert!(sheet.put(None, cells("甲，乙,丙\n\"丁\"")) && !sheet.put(Some(9), cells("")));
        let again = RoutingSheet::parse(&sheet.text()).unwrap();
        assert_eq!(again.rows()[0][5], "rsj");
        assert_eq!(again.rows()[1][6], "甲，乙,丙 \"丁\"");
        assert!(sheet.remove(0) && !sheet.remove(1));
        assert_eq!(sheet.rows().len(), 1);
    }
}
