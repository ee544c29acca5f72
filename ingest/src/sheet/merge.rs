//! Fills the rows of vertically merged cells with the value that stands in the first of them.

use std::collections::BTreeMap;

use super::rows::Row;
use super::xlsx::MAX_COLUMNS;

/// The vertical merges of one sheet. Rows must come from the top down.
#[derive(Debug, Default)]
pub(super) struct Merges {
    /// First row to the columns that are merged from it on, with the last row.
    coming: BTreeMap<u64, Vec<(usize, u64)>>,
    /// Column to the last row and the value; at most [`MAX_COLUMNS`].
    open: BTreeMap<usize, (u64, String)>,
}

impl Merges {
    /// Notes that a column is merged from one row to another, counted from 1.
    pub(super) fn add(&mut self, column: usize, first: u64, last: u64) {
        if last > first && column < MAX_COLUMNS {
            self.coming.entry(first).or_default().push((column, last));
        }
    }

    /// Fills the empty cells of a row that lie in a merge. A row with no cell of its own stays empty: a merge
    /// down a whole column makes no rows.
    pub(super) fn fill(&mut self, row: &mut Row) {
        if row.is_empty() {
            return;
        }
        while let Some(entry) = self.coming.first_entry().filter(|entry| *entry.key() <= row.number) {
            let begins_here = *entry.key() == row.number;
            for (column, last) in entry.remove() {
                let value = row.cells.get(column).filter(|value| begins_here && !value.is_empty());
                if let Some(value) = value {
                    self.open.insert(column, (last, value.clone()));
                }
            }
        }
        self.open.retain(|_, (last, _)| *last >= row.number);
        for (column, (_, value)) in &self.open {
            row.cells.resize(row.cells.len().max(column + 1), String::new());
            if row.cells[*column].is_empty() {
                row.cells[*column].clone_from(value);
                row.filled.push(*column);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(merges: &mut Merges, number: u64, cells: &[&str]) -> (Vec<String>, Vec<usize>) {
        let mut row = Row::of(number, cells.iter().map(|c| (*c).to_owned()).collect());
        merges.fill(&mut row);
        (row.cells, row.filled)
    }

    #[test]
    fn rows_within_a_merge_have_its_value_and_others_have_not() {
        let mut merges = Merges::default();
        merges.add(0, 2, 4);
        merges.add(1, 1, u64::MAX);
        assert_eq!(filled(&mut merges, 2, &["甲", "", "x"]).1, [] as [usize; 0]);
        assert_eq!(
            filled(&mut merges, 3, &["", "", "y"]),
            (vec!["甲".into(), String::new(), "y".into()], vec![0])
        );
        assert_eq!(filled(&mut merges, 4, &[]).0, [] as [String; 0]);
        assert_eq!(filled(&mut merges, 5, &["", "z"]).1, [] as [usize; 0]);
    }
}
