//! One row of a sheet to a record, or to the reason why not.

use std::borrow::Cow;
use std::cell::OnceCell;

use jiff::Timestamp;
use qingting_models::clock;
use qingting_models::records::{Original, RejectForm, RejectKind, RowPlace, UpstreamCase};
use serde_json::{Map, Value};

use super::header::{Column, Layout};
use super::meaning::Meaning;
use super::times;
use crate::record::{Persons, RawRecord, Significant};
use crate::{state, text};

/// A row as a reader hands it on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// Counted from 1 as a spreadsheet shows it.
    pub number: u64,
    pub cells: Vec<String>,
    /// Columns whose cell is merged with the one above and has its value from there.
    pub filled: Vec<usize>,
    /// The workbook counts days from 1904-01-01.
    pub since_1904: bool,
}

impl Row {
    /// A row of a text file.
    pub(super) fn of(number: u64, cells: Vec<String>) -> Self {
        Self { number, cells, ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| clean(cell).is_empty())
    }
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq)]
pub struct BadRow {
    pub place: RowPlace,
    pub kind: RejectKind,
    pub form: RejectForm,
    /// What is wrong and what is allowed.
    pub reason: String,
    /// The sender's own number, where the row has one.
    pub external_id: Option<String>,
    /// The row as it arrived, to be sealed.
    pub original: Value,
}

/// The value of a cell: without control characters, padding and the wrappers that keep spreadsheets from
/// rewriting numbers; empty for the words that exports write where there is nothing.
pub(super) fn clean(cell: &str) -> &str {
    let cell = cell.trim_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    let cell = cell.strip_prefix("=\"").and_then(|inner| inner.strip_suffix('"')).unwrap_or(cell);
    let cell = match cell.strip_prefix('\'') {
        Some(number) if number.starts_with(|c: char| c.is_ascii_digit()) => number,
        _ => cell,
    };
    if matches!(cell, "NULL" | "null" | "\\N" | "NaN" | "nan" | "None") { "" } else { cell }
}

/// Reads a row by the sheet's layout.
///
/// # Errors
/// When a time cannot be read, the row has more cells than the header, or it has neither title nor text.
pub(super) fn read_row(layout: &Layout, row: &Row, file: &RowPlace) -> Result<RawRecord, Box<BadRow>> {
    let reader = RowReader::new(layout, row);
    reader.record().map_err(|Fault { kind, column, reason }| {
        let place = RowPlace { row: row.number, column, ..file.clone() };
        let form = RejectForm::Row;
        Box::new(BadRow {
            place,
            kind,
            form,
            reason,
            external_id: reader.external_id(),
            original: reader.whole(),
        })
    })
}

/// What is wrong with a row, and the column at fault if it is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub kind: RejectKind,
    pub column: Option<String>,
    /// What is wrong and what is allowed.
    pub reason: String,
}

/// In the original of a row: its workbook counts days from 1904-01-01.
pub(super) const SINCE_1904: &str = "(1904)";

/// How a cell beyond the header is named in the original of a row: never like a column without a header.
fn surplus_name(index: usize) -> String {
    format!("(+{})", index + 1)
}

/// Whether a name in the original of a row is that of a cell beyond the header.
pub(super) fn is_surplus(name: &str) -> bool {
    let number = name.strip_prefix("(+").and_then(|rest| rest.strip_suffix(')'));
    number.is_some_and(|number| number.parse::<usize>().is_ok())
}

struct RowReader<'r> {
    layout: &'r Layout,
    row: &'r Row,
    /// The cleaned cell of each column.
    cells: Vec<&'r str>,
    /// The same tidied; made once a row is going to be a record.
    tidied: OnceCell<Vec<Cow<'r, str>>>,
}

/// The times of a row.
#[derive(Clone, Copy)]
struct Times {
    occurred: Option<Timestamp>,
    dispatched: Option<Timestamp>,
    due: Option<Timestamp>,
}

impl<'r> RowReader<'r> {
    fn new(layout: &'r Layout, row: &'r Row) -> Self {
        let cells = row.cells.iter().map(|cell| clean(cell)).chain(std::iter::repeat(""));
        Self { layout, row, cells: cells.take(layout.columns.len()).collect(), tidied: OnceCell::new() }
    }

    fn record(&self) -> Result<RawRecord, Fault> {
        self.check_width()?;
        let body = self.layout.index_of(Meaning::Body).and_then(|body| self.tidied().get(body));
        let body = body.map(|body| body.clone().into_owned()).unwrap_or_default();
        let title = text::one_line(self.value(Meaning::Title).unwrap_or_default());
        if title.is_empty() && body.is_empty() {
            let reason = "the row has neither a title nor a text; one of them is needed".into();
            return Err(Fault { kind: RejectKind::NoText, column: None, reason });
        }
        let external_id = self.external_id();
        let times = Times {
            occurred: self.time(Meaning::Occurred)?,
            dispatched: self.time(Meaning::Dispatched)?,
            due: self.time(Meaning::Due)?,
        };
        Ok(RawRecord {
            title,
            body,
            url: self.value(Meaning::Url).and_then(text::web_address),
            occurred_at: times.occurred,
            dispatched_at: times.dispatched,
            due_at: times.due,
            finished: self.is_finished(),
            withdrawn: self.value(Meaning::State).is_some_and(state::is_withdrawn),
            persons: self.persons(),
            extra: self.extra(),
            case: self.case(),
            sealed_fields: self.sealed_fields(),
            significant: self.significant(external_id.is_some(), times),
            original: self.original(),
            external_id,
            ..RawRecord::default()
        })
    }

    fn external_id(&self) -> Option<String> {
        self.value(Meaning::ExternalId).filter(|id| !id.is_empty()).map(str::to_owned)
    }

    fn check_width(&self) -> Result<(), Fault> {
        let width = self.layout.columns.len();
        let surplus = self.row.cells.iter().skip(width).filter(|cell| !clean(cell).is_empty()).count();
        if surplus == 0 {
            return Ok(());
        }
        let found = self.row.cells.len();
        let reason = format!(
            "the row has {found} cells, the header {width}; a separator within a text must stand in quotes"
        );
        Err(Fault { kind: RejectKind::Width, column: None, reason })
    }

    /// The columns with their cleaned cells.
    fn cells(&self) -> impl Iterator<Item = (&'r Column, &'r str)> {
        self.layout.columns.iter().zip(self.cells.iter().copied())
    }

    fn tidied(&self) -> &[Cow<'r, str>] {
        self.tidied.get_or_init(|| self.cells.iter().map(|cell| text::tidied_lines(cell)).collect())
    }

    fn value(&self, meaning: Meaning) -> Option<&'r str> {
        self.cells.get(self.layout.index_of(meaning)?).copied()
    }

    fn time(&self, meaning: Meaning) -> Result<Option<Timestamp>, Fault> {
        let Some((column, cell)) = self.cells().find(|(column, _)| column.meaning == Some(meaning)) else {
            return Ok(None);
        };
        times::parse_cell_of(cell, self.row.since_1904).map_err(|wrong| Fault {
            kind: RejectKind::Time,
            column: Some(column.header.clone()),
            reason: wrong.to_string(),
        })
    }

    /// Finished by its state word, or because it carries an answer and the time of the answer.
    fn is_finished(&self) -> bool {
        let filled =
            |meaning| self.cells().any(|(c, cell)| c.meaning == Some(meaning) && !text::is_blank(cell));
        self.value(Meaning::State).is_some_and(state::is_finished)
            || (filled(Meaning::Answer) && filled(Meaning::Answered))
    }

    fn persons(&self) -> Persons {
        let mut persons = Persons::default();
        for (column, cell) in self.cells() {
            let list = match column.meaning {
                Some(Meaning::PersonName) => &mut persons.names,
                Some(Meaning::PersonPhone) => &mut persons.phones,
                Some(Meaning::PersonOther) => &mut persons.others,
                _ => continue,
            };
            let parts = cell.split(|c: char| c.is_whitespace() || "、,，;；/|".contains(c));
            let known = parts.filter(|part| part.chars().count() >= 2 && !state::is_nobody(part));
            list.extend(known.map(str::to_owned));
        }
        persons
    }

    fn extra(&self) -> Vec<(String, String)> {
        use Meaning::{Answer, Answered, Counter, Office, Satisfaction, State};
        let shown = |meaning: Option<Meaning>| {
            matches!(meaning, None | Some(State | Answer | Answered | Office | Satisfaction | Counter))
        };
        self.cells()
            .zip(self.tidied())
            .filter(|((column, cell), _)| shown(column.meaning) && !cell.is_empty())
            .map(|((column, _), tidied)| (column.header.clone(), tidied.clone().into_owned()))
            .collect()
    }

    /// What the columns say of the platform's case; of several that mean the same, the first that is filled.
    fn case(&self) -> UpstreamCase {
        let said = |meaning| {
            let cells = self.cells().zip(self.tidied());
            let mut filled =
                cells.filter(|((column, cell), _)| column.meaning == Some(meaning) && !text::is_blank(cell));
            filled.next().map(|(_, tidied)| tidied.clone().into_owned())
        };
        UpstreamCase {
            office: said(Meaning::Office),
            state: said(Meaning::State),
            answer: said(Meaning::Answer),
            answered: said(Meaning::Answered),
            satisfaction: said(Meaning::Satisfaction),
            unsatisfied: false,
        }
    }

    /// Also those whose cell is empty now: an earlier sheet may have filled it.
    fn sealed_fields(&self) -> Vec<String> {
        let sealed = self.layout.columns.iter().filter(|column| column.sealed_by_map.is_some());
        sealed.map(|column| column.header.clone()).collect()
    }

    /// With an id of its own a record's every column counts. Without one its digest is its identity, so only
    /// what never changes counts: else a new state would double the record.
    fn significant(&self, has_id: bool, times: Times) -> Significant {
        use Meaning::{Body, Counter, Dispatched, Due, ExternalId, Occurred, RowNumber, Title};
        let mut all: Vec<(&str, Cow<'_, str>)> = Vec::new();
        for ((column, cell), tidied) in self.cells().zip(self.tidied()) {
            let fixed = matches!(column.meaning, Some(Title | Body | Occurred | Dispatched))
                || column.meaning.is_some_and(Meaning::is_personal);
            let counts =
                !matches!(column.meaning, Some(ExternalId | Counter | RowNumber)) && (has_id || fixed);
            if !counts || cell.is_empty() {
                continue;
            }
            // One moment counts as the same however an export formats it.
            let moment = |time: Option<Timestamp>| time.map_or_else(String::new, clock::rfc3339);
            let value = match column.meaning {
                Some(Occurred) => moment(times.occurred).into(),
                Some(Dispatched) => moment(times.dispatched).into(),
                Some(Due) => moment(times.due).into(),
                _ => Cow::Borrowed(tidied.as_ref()),
            };
            // A column that a person has sealed since makes a new version, without it.
            let name = column.sealed_by_map.as_ref().unwrap_or(&column.plain);
            all.push((name, value));
        }
        all.sort();
        Significant::of(&all)
    }

    /// The filled cells, by their headers.
    fn original(&self) -> Original {
        let cells = self.layout.columns.iter().zip(&self.row.cells);
        let filled = cells.filter(|(_, cell)| !cell.is_empty());
        Original::of_cells(filled.map(|(column, cell)| (column.header.as_str(), cell.as_str())))
    }

    /// Every column with its cell, and the cells beyond the header: what it takes to read the row again.
    fn whole(&self) -> Value {
        let width = self.layout.columns.len();
        let cells = self.row.cells.iter().map(String::as_str).chain(std::iter::repeat(""));
        let columns =
            self.layout.columns.iter().zip(cells).map(|(column, cell)| (column.header.clone(), cell));
        let beyond =
            self.row.cells.iter().enumerate().skip(width).filter(|(_, cell)| !clean(cell).is_empty());
        let beyond = beyond.map(|(index, cell)| (surplus_name(index), cell.as_str()));
        let since = self.row.since_1904.then(|| (SINCE_1904.to_owned(), "1"));
        let all = columns.chain(beyond).chain(since);
        all.map(|(name, cell)| (name, Value::from(cell))).collect::<Map<_, _>>().into()
    }
}
