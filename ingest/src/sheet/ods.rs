//! Streams the rows of an ODS workbook (OASIS OpenDocument 1.2, part 1, chapter 9), in flat memory.
//!
//! Repeated rows and cells are read as what they are: a million empty rows cost nothing, and no file makes more
//! rows or columns than a spreadsheet has.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zip::result::ZipError;

use super::merge::Merges;
use super::read::SheetError;
use super::rows::Row;
use super::table::{Flow, Tables};
use super::unpack::{self, Guarded, MAX_STREAMED};
use super::xlsx::{MAX_COLUMNS, put};

/// Rows of a sheet.
const MAX_ROWS: u64 = 1 << 20;
/// A filled row may be repeated so often; more is no data.
const MAX_REPEATS: u64 = 1_000;
/// Bytes of the list of parts.
const MAX_MANIFEST: u64 = 1 << 20;
/// Bytes of one cell's text.
const MAX_TEXT: usize = 1 << 20;

/// Reads a workbook into `tables`.
///
/// # Errors
/// When the file is no workbook, is protected, is damaged, or unpacks to more than the limits.
pub(super) fn read(path: &Path, tables: &mut Tables<'_>) -> Result<(), SheetError> {
    let mut archive = unpack::open(File::open(path).map_err(SheetError::Io)?, "ODS")?;
    let mut manifest = String::new();
    match archive.by_name("META-INF/manifest.xml") {
        Ok(part) => {
            let mut part = Guarded::new(part, MAX_MANIFEST);
            part.read_to_string(&mut manifest).map_err(|e| broken(e.to_string()))?;
        }
        Err(ZipError::FileNotFound) => {}
        Err(wrong) => return Err(broken(wrong.to_string())),
    }
    if manifest.contains("encryption-data") {
        return Err(SheetError::Protected);
    }
    let content = archive.by_name("content.xml").map_err(|e| broken(format!("content.xml: {e}")))?;
    let mut xml = Reader::from_reader(BufReader::new(Guarded::new(content, MAX_STREAMED)));
    let config = xml.config_mut();
    config.expand_empty_elements = true;
    // Names of open tags would be kept, however deep the nesting.
    config.check_end_names = false;
    Document { xml, buffer: Vec::new(), tables }.read()
}

struct Document<'d, 't, R> {
    xml: Reader<BufReader<R>>,
    buffer: Vec<u8>,
    tables: &'d mut Tables<'t>,
}

/// What the document's reader comes upon.
enum Found {
    Start(BytesStart<'static>),
    End(String),
    Text(String),
    Other,
    Eof,
}

impl<R: Read> Document<'_, '_, R> {
    fn read(mut self) -> Result<(), SheetError> {
        let mut hidden_styles = HashSet::new();
        let mut style = None;
        loop {
            match self.next()? {
                Found::Start(tag) => match tag.name().as_ref() {
                    "style:style" => style = attribute(&tag, "style:name"),
                    "style:table-properties"
                        if attribute(&tag, "table:display").as_deref() == Some("false") =>
                    {
                        hidden_styles.extend(style.take());
                    }
                    "table:table" => {
                        let name = attribute(&tag, "table:name").unwrap_or_default();
                        let of = attribute(&tag, "table:style-name");
                        if of.is_some_and(|style| hidden_styles.contains(&style)) {
                            self.tables.summary.hidden.push(name);
                            self.skip("table:table")?;
                        } else if self.table(name)? == Flow::Stop {
                            return Ok(());
                        }
                    }
                    _ => {}
                },
                Found::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<Found, SheetError> {
        self.buffer.clear();
        let event = self.xml.read_event_into(&mut self.buffer);
        Ok(match event.map_err(|wrong| fault(&wrong))? {
            Event::Start(tag) => Found::Start(tag.into_owned()),
            Event::End(tag) => Found::End(tag.name().as_ref().to_owned()),
            Event::Text(text) => Found::Text(text.xml10_content().into_owned()),
            Event::CData(text) => Found::Text(text.xml10_content().into_owned()),
            Event::GeneralRef(name) => {
                let known = || resolve_xml_entity(&name).map(str::to_owned);
                let character = name.resolve_char_ref().ok().flatten().map(String::from);
                Found::Text(character.or_else(known).unwrap_or_default())
            }
            Event::Eof => Found::Eof,
            _ => Found::Other,
        })
    }

    /// Passes over the rest of an element.
    fn skip(&mut self, name: &str) -> Result<(), SheetError> {
        let mut depth = 1;
        while depth > 0 {
            match self.next()? {
                Found::Start(tag) if tag.name().as_ref() == name => depth += 1,
                Found::End(tag) if tag == name => depth -= 1,
                Found::Eof => return Err(broken("it breaks off".into())),
                _ => {}
            }
        }
        Ok(())
    }

    fn table(&mut self, name: String) -> Result<Flow, SheetError> {
        self.tables.begin(name);
        let mut merges = Merges::default();
        let mut number = 0;
        loop {
            match self.next()? {
                Found::Start(tag) => match tag.name().as_ref() {
                    "table:table-row" => {
                        let repeats = count(&tag, "table:number-rows-repeated");
                        let row = self.row(number + 1, &mut merges)?;
                        let times = if row.is_empty() { 0 } else { repeats.min(MAX_REPEATS) };
                        for offset in 0..times {
                            let mut row = Row { number: row.number + offset, ..row.clone() };
                            merges.fill(&mut row);
                            match self.tables.row(row) {
                                Flow::On => {}
                                Flow::NextSheet => {
                                    self.skip("table:table")?;
                                    return Ok(Flow::On);
                                }
                                Flow::Stop => return Ok(Flow::Stop),
                            }
                        }
                        number = number.saturating_add(repeats);
                        if number > MAX_ROWS {
                            self.skip("table:table")?;
                            break;
                        }
                    }
                    // Charts and pictures in front of the cells may hold tables of their own.
                    name @ ("table:shapes" | "office:forms") => {
                        let name = name.to_owned();
                        self.skip(&name)?;
                    }
                    _ => {}
                },
                Found::End(tag) if tag == "table:table" => break,
                Found::Eof => return Err(broken("it breaks off".into())),
                _ => {}
            }
        }
        self.tables.end_sheet();
        Ok(Flow::On)
    }

    fn row(&mut self, number: u64, merges: &mut Merges) -> Result<Row, SheetError> {
        let mut row = Row { number, ..Row::default() };
        let mut column = 0;
        loop {
            match self.next()? {
                Found::Start(tag) => {
                    let name = tag.name().as_ref().to_owned();
                    if name != "table:table-cell" && name != "table:covered-table-cell" {
                        self.skip(&name)?;
                        continue;
                    }
                    let text = self.cell(&name, &tag)?;
                    let repeats = count(&tag, "table:number-columns-repeated");
                    let repeats = usize::try_from(repeats).unwrap_or(usize::MAX).min(MAX_COLUMNS);
                    if name == "table:table-cell" && !text.is_empty() {
                        let rows = count(&tag, "table:number-rows-spanned");
                        merges.add(column, number, number.saturating_add(rows - 1));
                        (0..repeats).for_each(|offset| put(&mut row, column + offset, text.clone()));
                    }
                    column = column.saturating_add(repeats);
                }
                Found::End(tag) if tag == "table:table-row" => return Ok(row),
                Found::Eof => return Err(broken("it breaks off".into())),
                _ => {}
            }
        }
    }

    /// The text of a cell, its end tag consumed. A date stands in an attribute as the sheet's wall clock.
    fn cell(&mut self, name: &str, tag: &BytesStart<'_>) -> Result<String, SheetError> {
        let kind = attribute(tag, "office:value-type").unwrap_or_default();
        let value = match kind.as_str() {
            "date" => attribute(tag, "office:date-value").map(|at| at.replace('T', " ")),
            "float" => attribute(tag, "office:value"),
            _ => None,
        };
        let shown = self.paragraphs(name)?;
        Ok(value.unwrap_or(shown))
    }

    /// The paragraphs of a cell, without notes.
    fn paragraphs(&mut self, name: &str) -> Result<String, SheetError> {
        let mut text = String::new();
        let mut paragraphs = 0;
        let mut inside = 0;
        loop {
            match self.next()? {
                Found::Start(tag) => match tag.name().as_ref() {
                    "text:p" | "text:h" => {
                        inside += 1;
                        paragraphs += 1;
                        if paragraphs > 1 {
                            text.push('\n');
                        }
                    }
                    "text:s" => {
                        text.extend(std::iter::repeat_n(' ', count(&tag, "text:c").min(100) as usize))
                    }
                    "text:tab" => text.push('\t'),
                    "text:line-break" => text.push('\n'),
                    other @ ("office:annotation" | "draw:frame" | "draw:object") => {
                        let other = other.to_owned();
                        self.skip(&other)?;
                    }
                    _ => {}
                },
                Found::Text(part) if inside > 0 && text.len() < MAX_TEXT => text.push_str(&part),
                Found::End(tag) if tag == "text:p" || tag == "text:h" => inside -= 1,
                Found::End(tag) if tag == name => return Ok(text),
                Found::Eof => return Err(broken("it breaks off".into())),
                _ => {}
            }
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let value = tag.try_get_attribute(name).ok().flatten()?;
    value.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

/// How often something is repeated or how far it spans: 1 unless said otherwise.
fn count(tag: &BytesStart<'_>, name: &str) -> u64 {
    attribute(tag, name).and_then(|value| value.parse().ok()).unwrap_or(1).max(1)
}

fn broken(detail: String) -> SheetError {
    SheetError::Broken { format: "ODS", detail }
}

fn fault(wrong: &quick_xml::Error) -> SheetError {
    let limit = match wrong {
        quick_xml::Error::Io(e) => unpack::hostile(e),
        _ => None,
    };
    broken(limit.unwrap_or_else(|| wrong.to_string()))
}
