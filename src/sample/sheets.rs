//! The exports of a sender of sheets, with everything that is wrong with exports: rows listed twice, days that overlap, rows
//! that cannot be read, titles above the headers, a sum below the last row.

use std::path::Path;

use anyhow::Result;

use super::book::Book;
use super::columns::{Row, cells, headers, places};
use super::expected::Tally;
use super::pass::{Shown, export};
use super::senders::{Columns, SENDERS, SheetForm};
use super::sheet_file::{Cell, SheetFile};
use super::truth::unmark;
use crate::material::random::Random;

/// Rows in a thousand that stand twice in a file, and that are followed by one that cannot be read.
const TWICE: usize = 5;
const BAD: usize = 4;
/// A row with a quote that is never closed costs no other row when no quote follows within this many lines.
const QUIET_LINES: usize = 1_200;

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    NoTime,
    NoSuchDay,
    NoText,
    TooWide,
}

const FAULTS: [Fault; 4] = [Fault::NoTime, Fault::NoText, Fault::TooWide, Fault::NoSuchDay];

/// A file being written.
struct Export {
    columns: Columns,
    form: SheetForm,
    file: SheetFile,
    random: Random,
    tally: Tally,
    period: usize,
    rows: usize,
    faults: usize,
    unclosed: bool,
}

/// Writes the export of a period; `told` is given each record that stands in a file for the first time.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write(
    book: &Book,
    sender: usize,
    period: usize,
    path: &Path,
    told: &mut dyn FnMut(&Shown) -> Result<()>,
) -> Result<Tally> {
    let who = &SENDERS[sender];
    let super::senders::Form::Sheet { columns, form, title_row } = who.form else {
        return Ok(Tally::default());
    };
    let mut file = SheetFile::create(path, form)?;
    if title_row {
        file.row(&[Cell::text(format!("{}明细（第{}批）", who.name, period + 1))])?;
    }
    file.row(&headers(columns).into_iter().map(Cell::text).collect::<Vec<Cell>>())?;
    let random = Random::new(book.seed(&[sender as u64, period as u64, 0xBAD]));
    let (tally, rows, faults) = (Tally::default(), 0, period);
    let mut out = Export { columns, form, file, random, tally, period, rows, faults, unclosed: false };
    export(book, sender, period, &mut |shown| {
        out.show(&shown)?;
        if shown.before.is_none() { told(&shown) } else { Ok(()) }
    })?;
    out.end()
}

impl Export {
    fn show(&mut self, shown: &Shown) -> Result<()> {
        let (title, _) = unmark("title", &shown.title);
        let (body, _) = unmark("body", &shown.body);
        let row = Row {
            record: &shown.record,
            title: &title,
            body: &body,
            state: shown.state,
            answer: shown.answer.as_ref(),
            export: self.period,
        };
        let cells = cells(self.columns, &row);
        self.file.row(&cells)?;
        self.rows += 1;
        match shown.before {
            None => self.tally.first_row(shown.state, shown.last()),
            Some(before) => self.tally.later_row(before, shown.state),
        }
        match self.random.below(1000) {
            draw if draw < TWICE => {
                self.file.row(&cells)?;
                self.tally.later_row(shown.state, shown.state);
            }
            draw if draw < TWICE + BAD => self.spoil(cells)?,
            _ => {}
        }
        // In a file that has no other quote an open one costs its own row only.
        if self.form == SheetForm::Gb18030 && self.rows == QUIET_LINES {
            self.leave_open()?;
        }
        Ok(())
    }

    /// Writes a row that cannot be read, made from a good one under another number.
    fn spoil(&mut self, mut cells: Vec<Cell>) -> Result<()> {
        let fault = FAULTS[self.faults % FAULTS.len()];
        self.faults += 1;
        let (title, body, time) = places(self.columns);
        let number = format!("BAD{:02}{:06}", self.period, self.faults);
        let mut set = |place: usize, text: &str| {
            if let Some(cell) = cells.get_mut(place) {
                *cell = Cell::text(text);
            }
        };
        if self.columns.have_ids() {
            set(if self.columns == Columns::Petitions { 1 } else { 0 }, &number);
        }
        match fault {
            Fault::NoTime => set(time, "昨天下午三点"),
            Fault::NoSuchDay => set(time, "2026-02-31 25:61:00"),
            Fault::NoText => {
                set(title, "");
                set(body, " ");
            }
            Fault::TooWide => {
                cells.resize(headers(self.columns).len(), Cell::text(""));
                cells.push(Cell::text(format!("多出的一格{number}")));
            }
        }
        self.file.row(&cells)?;
        self.tally.bad_row();
        Ok(())
    }

    /// A line whose quote is never closed.
    fn leave_open(&mut self) -> Result<()> {
        if self.unclosed || self.form == SheetForm::Xlsx {
            return Ok(());
        }
        self.unclosed = true;
        self.file.line(&format!("OPEN{:02},\"这一行的引号没有合上", self.period))?;
        self.tally.bad_row();
        Ok(())
    }

    /// The sum below the last row, which is no record, and a line that breaks off.
    fn end(mut self) -> Result<Tally> {
        let (title, _, time) = places(self.columns);
        if title > 0 && time > 0 {
            let mut sum = vec![Cell::text(""); title];
            sum[0] = Cell::text(format!("合计{}件（第{}批）", self.rows, self.period + 1));
            self.file.row(&sum)?;
            self.tally.bad_row();
        }
        self.leave_open()?;
        self.file.finish()?;
        Ok(self.tally)
    }
}
