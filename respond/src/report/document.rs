//! A report as a document: chapters of sentences, tables and charts, the same for page, print, Word file and sheet.

use jiff::civil::Date;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::IncidentId;
use qingting_models::records::{Rate, ReportItemFilter};

use super::drawing::Drawing;

/// A report that can be written in any format.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Who speaks, above the title.
    pub header: Option<String>,
    /// `象山县舆情周报`.
    pub title: String,
    /// `2026年第46周（2026年11月9日至15日）`.
    pub subtitle: String,
    /// `2026-周-046` once it has been approved.
    pub number: Option<String>,
    /// Who issues it and when it was counted, below the title.
    pub lines: Vec<String>,
    pub chapters: Vec<Chapter>,
}

/// A chapter, by its code what editors write of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chapter {
    pub code: &'static str,
    /// With its number: `一、总体情况`.
    pub title: String,
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// What the program says; it names the table of its figures.
    Sentence(String),
    /// A paragraph that the editors wrote.
    Judgement(String),
    /// A heading of the second level.
    Heading(String),
    Table(Table),
    Chart(Chart),
}

/// A table with its number and name: `表1 总体情况`.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub title: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// What the reader has to know of its figures.
    pub note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// Figures stand right, words left.
    pub figures: bool,
    /// Its share of the width, against the others.
    pub width: u32,
}

/// A cell, with what it opens.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub value: Value,
    pub opens: Option<Opens>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// There is nothing to be said: shown as —.
    None,
    Text(String),
    Count(i64),
    /// With one decimal.
    Number(f64),
    /// A share of 1, shown as a percentage with one decimal.
    Share(f64),
}

/// The rows behind a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opens {
    Items(ReportItemFilter),
    /// The facts behind a rate; `None` for all departments, `Some(None)` for the duty desk.
    Rate {
        rate: Rate,
        from: Date,
        to: Date,
        department: Option<Option<DepartmentCode>>,
        holds: Option<bool>,
    },
    Incident(IncidentId),
    /// The open cases of the report's scope that a department leads, or all of them.
    OpenCases {
        lead: Option<DepartmentCode>,
        overdue: bool,
    },
}

/// A drawing with its number and name: `图1 每日信息量`.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    pub title: String,
    pub drawing: Drawing,
}

impl Column {
    pub(super) fn words(name: impl Into<String>, width: u32) -> Self {
        Self { name: name.into(), figures: false, width }
    }

    pub(super) fn figures(name: impl Into<String>) -> Self {
        Self { name: name.into(), figures: true, width: 10 }
    }
}

impl Cell {
    pub(super) fn opening(self, opens: Opens) -> Self {
        // There is nothing to be opened behind a nought.
        let empty = matches!(self.value, Value::None | Value::Count(0));
        Self { opens: (!empty).then_some(opens), ..self }
    }

    pub(super) fn some(value: Option<i64>) -> Self {
        value.map_or(Value::None.into(), Self::from)
    }

    pub(super) fn share(value: Option<f64>) -> Self {
        value.map_or(Value::None, Value::Share).into()
    }
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        Self { value, opens: None }
    }
}

impl From<i64> for Cell {
    fn from(count: i64) -> Self {
        Value::Count(count).into()
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned()).into()
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Value::Text(text).into()
    }
}

impl Value {
    /// As people read it.
    pub fn text(&self) -> String {
        match self {
            Self::None => "—".into(),
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Number(number) => format!("{number:.1}"),
            Self::Share(share) => format!("{:.1}%", share * 100.0),
        }
    }
}

impl Document {
    /// Every table, in order.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.chapters.iter().flat_map(|chapter| &chapter.blocks).filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        })
    }

    /// Every chart, in order.
    pub fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.chapters.iter().flat_map(|chapter| &chapter.blocks).filter_map(|block| match block {
            Block::Chart(chart) => Some(chart),
            _ => None,
        })
    }
}
