//! Tells by its first bytes what a file is, whatever its name says.

use std::path::Path;

use super::read::SheetError;

/// What a sheet is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetFormat {
    Csv,
    Xlsx,
    JsonLines,
}

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
/// When it is empty, a picture, an archive, an old Excel file, a web page or a JSON document.
pub(super) fn format_of(path: &Path, start: &[u8]) -> Result<SheetFormat, SheetError> {
    if start.starts_with(b"PK\x03\x04") {
        return Ok(SheetFormat::Xlsx);
    }
    if start.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(SheetError::OldExcel);
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
