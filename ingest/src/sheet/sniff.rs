//! Tells by its first bytes what a file is, whatever its name says.

use std::path::Path;

use serde::Serialize;

use super::read::SheetError;
use super::xls::{Compound, compound};

/// What a sheet is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SheetFormat {
    /// Text with commas, semicolons or tabs between its cells.
    Csv,
    Xlsx,
    /// Excel 5 to 2003.
    Xls,
    Ods,
    #[serde(rename = "jsonl")]
    JsonLines,
}

impl SheetFormat {
    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Xlsx => "XLSX",
            Self::Xls => "XLS",
            Self::Ods => "ODS",
            Self::JsonLines => "JSON lines",
        }
    }
}

/// The first part of an archive, and what the archive is then.
const PACKED: &[(&str, &str)] = &[
    ("mimetypeapplication/vnd.oasis.opendocument.text", "an OpenDocument text"),
    ("mimetypeapplication/vnd.oasis.opendocument.presentation", "an OpenDocument presentation"),
    ("mimetypeapplication/vnd.oasis.opendocument.graphics", "an OpenDocument drawing"),
    ("mimetypeapplication/epub", "an e-book"),
];

/// Beginnings of files that are no sheets.
const OTHERS: &[(&[u8], &str)] = &[
    (b"\x89PNG", "a PNG picture"),
    (b"\xFF\xD8\xFF", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"%PDF", "a PDF document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xBC\xAF", "a 7z archive"),
    (b"\x1F\x8B", "a gzip archive"),
    (b"RIFF", "a sound or video file"),
    (b"ID3", "a sound file"),
    (b"SQLite format 3", "a database"),
    (b"\x7FELF", "a program"),
    (b"MZ", "a program"),
];

/// The format of a file by its first bytes (a few hundred are enough); its name only tells JSON lines from CSV.
///
/// # Errors
/// When it is empty, a picture, an archive, protected, a web page or a JSON document.
pub(super) fn format_of(path: &Path, start: &[u8]) -> Result<SheetFormat, SheetError> {
    if start.starts_with(b"PK\x03\x04") {
        return packed(start);
    }
    if start.starts_with(b"\xD0\xCF\x11\xE0") {
        return match compound(path)? {
            Compound::Xls => Ok(SheetFormat::Xls),
            Compound::Encrypted => Err(SheetError::Protected),
            Compound::Other(what) => Err(SheetError::NotASheet { what }),
        };
    }
    if let Some((mark, what)) = OTHERS.iter().find(|(mark, _)| start.starts_with(mark)) {
        // Two letters alone may begin a text; a picture or program has zero bytes behind them.
        if mark.len() > 2 || start.contains(&0) {
            return Err(SheetError::NotASheet { what });
        }
    }
    let plain: Vec<u8> = start.iter().copied().filter(|b| *b != 0).collect();
    let text = plain.strip_prefix(b"\xEF\xBB\xBF").or(plain.strip_prefix(b"\xFF\xFE")).unwrap_or(&plain);
    let text = text.strip_prefix(b"\xFE\xFF").unwrap_or(text).trim_ascii_start();
    if text.is_empty() {
        return Err(if start.contains(&0) {
            SheetError::NotASheet { what: "a binary file" }
        } else {
            SheetError::Empty
        });
    }
    let lower = text[..text.len().min(64)].to_ascii_lowercase();
    if [&b"<!doctype"[..], b"<html", b"<table", b"<?xml", b"<meta"].iter().any(|mark| lower.starts_with(mark))
    {
        return Err(SheetError::NotASheet { what: "a web page or XML document" });
    }
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    match (text[0], extension.as_str()) {
        (b'[', "json" | "jsonl" | "ndjson") => Err(SheetError::JsonDocument),
        (b'{', _) | (_, "json" | "jsonl" | "ndjson") => Ok(SheetFormat::JsonLines),
        _ => Ok(SheetFormat::Csv),
    }
}

/// The format of an archive by its first part: an OpenDocument file begins with its media type, uncompressed
/// (OpenDocument 1.2 part 3, 3.3).
fn packed(start: &[u8]) -> Result<SheetFormat, SheetError> {
    let name = start.get(30..).unwrap_or_default();
    let is = |text: &str| name.starts_with(text.as_bytes());
    if let Some((_, what)) = PACKED.iter().find(|(mark, _)| is(mark)) {
        return Err(SheetError::NotASheet { what });
    }
    if is("mimetypeapplication/vnd.oasis.opendocument.spreadsheet") {
        return Ok(SheetFormat::Ods);
    }
    let other = [("word/", "a Word document"), ("ppt/", "a PowerPoint presentation")];
    let holds = |part: &str| start.windows(part.len()).any(|w| w == part.as_bytes());
    match other.iter().find(|(part, _)| holds(part) && !holds("xl/")) {
        Some((_, what)) => Err(SheetError::NotASheet { what }),
        None => Ok(SheetFormat::Xlsx),
    }
}
