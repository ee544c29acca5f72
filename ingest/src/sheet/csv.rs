//! Splits CSV into rows: any separator, quoted line breaks, and quotes that somebody forgot to close.
//!
//! A quote that is never closed would make one row of the rest of the file. Here such a row is given up
//! after a limit and reading goes on with the next line, so one slip costs one row.

use std::collections::VecDeque;
use std::io::{self, BufRead};

const UNCLOSED: &str = "a quote is opened and never closed";

/// A row that is longer than this has an unclosed quote.
const MAX_LINES: usize = 500;
/// The same in bytes; also the longest line.
const MAX_BYTES: usize = 1 << 20;

/// What the splitter found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CsvRow {
    Cells(Vec<String>),
    /// The first line of a row that could not be split, and why.
    Broken(String, &'static str),
}

/// Rows of a CSV text. Blank lines are rows without cells, so that the count is that of a spreadsheet.
pub(super) struct CsvRows<R> {
    lines: Lines<R>,
    separator: char,
    /// Cells of the row before: most have as many.
    width: usize,
}

impl<R: BufRead> CsvRows<R> {
    pub(super) fn new(input: R, separator: char) -> Self {
        Self { lines: Lines::new(input), separator, width: 0 }
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub(super) fn next_row(&mut self) -> io::Result<Option<CsvRow>> {
        let Some(first) = self.lines.next_line()? else { return Ok(None) };
        if first.len() >= MAX_BYTES {
            return Ok(Some(CsvRow::Broken(first, "the line is longer than a megabyte")));
        }
        let mut splitter = Splitter::new(self.separator, self.width);
        splitter.line(&first);
        let mut lines = vec![first];
        let mut bytes = 0;
        while splitter.quoted {
            let next =
                if lines.len() < MAX_LINES && bytes < MAX_BYTES { self.lines.next_line()? } else { None };
            let Some(next) = next else {
                let rest = lines.split_off(1);
                rest.into_iter().rev().for_each(|line| self.lines.again.push_front(line));
                let first = lines.pop().unwrap_or_default();
                return Ok(Some(CsvRow::Broken(first, UNCLOSED)));
            };
            bytes += next.len();
            splitter.line(&next);
            lines.push(next);
        }
        self.width = splitter.cells.len();
        Ok(Some(CsvRow::Cells(splitter.cells)))
    }
}

/// The cells of a row that stands alone; line breaks within quotes are kept.
///
/// # Errors
/// In plain words, when a quote is opened and never closed.
pub(super) fn cells_of(line: &str, separator: char) -> Result<Vec<String>, &'static str> {
    let mut splitter = Splitter::new(separator, 0);
    line.split('\n').for_each(|line| splitter.line(line.strip_suffix('\r').unwrap_or(line)));
    if splitter.quoted { Err(UNCLOSED) } else { Ok(splitter.cells) }
}

/// Lines of a text without their line ends, at most [`MAX_BYTES`] of each.
pub(super) struct Lines<R> {
    input: R,
    /// Lines of a row that was given up, to be read again.
    again: VecDeque<String>,
    ended: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, again: VecDeque::new(), ended: false }
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub(super) fn next_line(&mut self) -> io::Result<Option<String>> {
        if let Some(line) = self.again.pop_front() {
            return Ok(Some(line));
        }
        if self.ended {
            return Ok(None);
        }
        let mut line = Vec::new();
        self.ended = read_line(&mut self.input, &mut line)?;
        if self.ended && line.is_empty() {
            return Ok(None);
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        let lossy = |bad: std::string::FromUtf8Error| String::from_utf8_lossy(bad.as_bytes()).into_owned();
        Ok(Some(String::from_utf8(line).unwrap_or_else(lossy)))
    }
}

/// Reads one line without its line feed, keeping at most [`MAX_BYTES`] of it; true at the end of the input.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(true);
        }
        let end = buffer.iter().position(|b| *b == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        let room = MAX_BYTES.saturating_sub(line.len());
        line.extend_from_slice(&part[..part.len().min(room)]);
        let used = end.map_or(buffer.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(false);
        }
    }
}

/// Splits the lines of one row.
struct Splitter {
    separator: char,
    cells: Vec<String>,
    cell: String,
    /// Within an open quote.
    quoted: bool,
}

impl Splitter {
    /// `width`: how many cells are expected.
    fn new(separator: char, width: usize) -> Self {
        Self { separator, cells: Vec::with_capacity(width), cell: String::new(), quoted: false }
    }

    fn line(&mut self, line: &str) {
        if self.quoted {
            self.cell.push('\n');
        } else if line.is_empty() {
            return;
        }
        let mut rest = line;
        // Whether a quote here would open a quoted cell.
        let mut fresh = !self.quoted;
        loop {
            if self.quoted {
                let Some((text, after)) = rest.split_once('"') else {
                    self.cell.push_str(rest);
                    return;
                };
                self.cell.push_str(text);
                let doubled = after.strip_prefix('"');
                self.quoted = doubled.is_some();
                if doubled.is_some() {
                    self.cell.push('"');
                }
                rest = doubled.unwrap_or(after);
            } else if let Some(after) = rest.strip_prefix('"').filter(|_| fresh) {
                self.quoted = true;
                rest = after;
            } else if let Some((text, after)) = rest.split_once(self.separator) {
                self.cell.push_str(text);
                self.cells.push(std::mem::take(&mut self.cell));
                (rest, fresh) = (after, true);
                continue;
            } else {
                self.cell.push_str(rest);
                self.cells.push(std::mem::take(&mut self.cell));
                return;
            }
            fresh = false;
        }
    }
}

/// The separator of a CSV text by its first rows: the one that makes the most cells.
pub(super) fn separator_of(start: &str) -> char {
    let width = |separator: char| {
        let mut rows = CsvRows::new(start.as_bytes(), separator);
        let mut widest = 1;
        for _ in 0..20 {
            match rows.next_row() {
                Ok(Some(CsvRow::Cells(cells))) => widest = widest.max(cells.len()),
                Ok(Some(CsvRow::Broken(..))) => {}
                _ => break,
            }
        }
        widest
    };
    // The last of equals wins, so the comma stands last.
    [';', '\t', ','].into_iter().max_by_key(|separator| width(*separator)).unwrap_or(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<CsvRow> {
        let mut reader = CsvRows::new(text.as_bytes(), separator_of(text));
        std::iter::from_fn(|| reader.next_row().unwrap()).collect()
    }

    fn cells(cells: &[&str]) -> CsvRow {
        CsvRow::Cells(cells.iter().map(|c| (*c).to_owned()).collect())
    }

    #[test]
    fn quoted_cells_hold_separators_quotes_and_line_breaks() {
        let found = rows("a,\"x, \"\"y\"\"\r\nz\",c\r\n\r\nd,,\n");
        assert_eq!(found, [cells(&["a", "x, \"y\"\nz", "c"]), cells(&[]), cells(&["d", "", ""])]);
    }

    #[test]
    fn the_separator_is_the_one_that_splits_most() {
        assert_eq!(separator_of("表\n编号;标题;内容\n1;a,b;c"), ';');
        assert_eq!(separator_of("编号\t标题\t内容"), '\t');
        assert_eq!(separator_of("标题,内容"), ',');
        assert_eq!(separator_of("内容"), ',');
    }

    #[test]
    fn a_quote_never_closed_costs_one_row() {
        let mut text = String::from("a,\"b\n");
        (0..1200).for_each(|n| text.push_str(&format!("{n},x\n")));
        let found = rows(&text);
        assert!(matches!(&found[0], CsvRow::Broken(line, _) if line == "a,\"b"));
        assert_eq!(found.len(), 1201);
        assert_eq!(found[1200], cells(&["1199", "x"]));
    }

    #[test]
    fn a_stray_quote_within_a_cell_stays_as_it_is() {
        assert_eq!(
            rows("5\" pipe,\"he said \"no\" twice\",z"),
            [cells(&["5\" pipe", "he said no\" twice\"", "z"])]
        );
    }
}
