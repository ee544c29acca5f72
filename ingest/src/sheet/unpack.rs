//! Limits for what is packed in a workbook: a small file may unpack to more than any memory holds.
//!
//! XLSX and ODS are archives of XML parts. [`Guarded`] reads a part and gives up at its limit, at markup
//! longer than any cell, and at a document type declaration, which no workbook has. [`check_xlsx`] runs every
//! part of an XLSX workbook through it before the workbook's reader sees it, which holds some parts whole.

use std::fs::File;
use std::io::{self, BufReader, Read};

use zip::ZipArchive;

use super::read::SheetError;

/// Bytes of a part that is read cell by cell.
pub(super) const MAX_STREAMED: u64 = 4 << 30;
/// Bytes of the table of texts, which is held in memory.
const MAX_TEXTS: u64 = 512 << 20;
/// Bytes of every other part.
const MAX_PART: u64 = 16 << 20;
/// Parts of a workbook.
const MAX_PARTS: usize = 10_000;
/// Bytes of one tag, text or comment. A cell of a spreadsheet holds 32,767 characters.
const MAX_RUN: usize = 1 << 20;

/// Why a part was given up.
#[derive(Debug, thiserror::Error)]
enum Hostile {
    #[error("a part unpacks to more than {0} MB")]
    Large(u64),
    #[error("a tag or text is longer than {} KB", MAX_RUN / 1024)]
    Run,
    #[error("a document type declaration stands in it")]
    Declaration,
}

/// Where in the markup a byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    /// Behind `<`.
    Opened,
    /// Behind `<!`.
    Marked,
    Tag {
        quote: u8,
    },
    /// Until the closing bytes before `>`.
    Special {
        close: u8,
        seen: u8,
    },
}

/// Reads XML and fails at what no workbook of a spreadsheet program has.
pub(super) struct Guarded<R> {
    inner: R,
    limit: u64,
    left: u64,
    run: usize,
    place: Place,
}

impl<R: Read> Guarded<R> {
    /// Reads at most `limit` bytes.
    pub(super) fn new(inner: R, limit: u64) -> Self {
        Self { inner, limit, left: limit, run: 0, place: Place::Text }
    }

    fn step(&mut self, byte: u8) -> Result<(), Hostile> {
        use Place::{Marked, Opened, Special, Tag, Text};
        self.run += 1;
        let next = match (self.place, byte) {
            (Text, b'<') => Opened,
            (Text, _) => Text,
            (Opened, b'!') => Marked,
            (Opened, b'?') => Special { close: b'?', seen: 0 },
            (Opened | Tag { quote: 0 }, b'>') => Text,
            (Opened, _) => Tag { quote: 0 },
            (Marked, b'-') => Special { close: b'-', seen: 0 },
            (Marked, b'[') => Special { close: b']', seen: 0 },
            (Marked, _) => return Err(Hostile::Declaration),
            (Tag { quote: 0 }, b'"' | b'\'') => Tag { quote: byte },
            (Tag { quote }, _) if quote == byte => Tag { quote: 0 },
            (tag @ Tag { .. }, _) => tag,
            (Special { close, seen }, b'>') if seen >= if close == b'?' { 1 } else { 2 } => Text,
            (Special { close, seen }, _) if byte == close => Special { close, seen: seen.saturating_add(1) },
            (Special { close, .. }, _) => Special { close, seen: 0 },
        };
        // A text ends where a tag opens, markup where it closes.
        if next != self.place && matches!((self.place, next), (Text, Opened) | (_, Text)) {
            self.run = 0;
        }
        self.place = next;
        if self.run > MAX_RUN { Err(Hostile::Run) } else { Ok(()) }
    }
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let fail = |hostile| io::Error::new(io::ErrorKind::InvalidData, hostile);
        self.left =
            self.left.checked_sub(count as u64).ok_or_else(|| fail(Hostile::Large(self.limit >> 20)))?;
        for byte in &buffer[..count] {
            self.step(*byte).map_err(fail)?;
        }
        Ok(count)
    }
}

/// Whether an error was raised by a limit, and its reason.
pub(super) fn hostile(error: &io::Error) -> Option<String> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<Hostile>()).map(ToString::to_string)
}

/// Opens an archive whose list of parts is not absurd.
///
/// # Errors
/// When the file is no archive or has too many parts.
pub(super) fn open(file: File, format: &'static str) -> Result<ZipArchive<BufReader<File>>, SheetError> {
    let broken = |detail: String| SheetError::Broken { format, detail };
    let archive = ZipArchive::new(BufReader::new(file)).map_err(|e| broken(e.to_string()))?;
    if archive.len() > MAX_PARTS {
        return Err(broken(format!("it has more than {MAX_PARTS} parts")));
    }
    Ok(archive)
}

/// Unpacks every part of an XLSX workbook once and throws it away, to know that none passes its limit.
///
/// # Errors
/// When a part is larger than its limit or no XML of a workbook.
pub(super) fn check_xlsx(archive: &mut ZipArchive<BufReader<File>>) -> Result<(), SheetError> {
    let broken = |detail: String| SheetError::Broken { format: "XLSX", detail };
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|e| broken(e.to_string()))?;
        let name = part.name().map_err(|e| broken(e.to_string()))?.replace('\\', "/").to_ascii_lowercase();
        if !name.ends_with(".xml") && !name.ends_with(".rels") {
            continue;
        }
        let texts = name.ends_with("sharedstrings.xml");
        let limit = match () {
            () if texts => MAX_TEXTS,
            () if is_sheet(&name) => MAX_STREAMED,
            () => MAX_PART,
        };
        let mut part = Guarded::new(part, limit);
        let mut start = Vec::new();
        let told = |e: io::Error| broken(format!("{name}: {}", hostile(&e).unwrap_or_else(|| e.to_string())));
        part.by_ref().take(64 * 1024).read_to_end(&mut start).map_err(told)?;
        let start = String::from_utf8_lossy(&start);
        if texts && !count_is_sane(&start) {
            return Err(broken(format!("{name}: the number of texts is not that of a workbook")));
        }
        if name == "_rels/.rels" && start.contains("worksheets") {
            return Err(broken("its list of sheets is not where a workbook has it".into()));
        }
        io::copy(&mut part, &mut io::sink()).map_err(told)?;
    }
    Ok(())
}

/// Whether a part holds the cells of a sheet, by the place where every program writes it.
fn is_sheet(name: &str) -> bool {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    folder.ends_with("worksheets") && !["styles.xml", "workbook.xml", "theme1.xml"].contains(&file)
}

/// The workbook's reader takes memory for as many texts as the part says it has.
fn count_is_sane(start: &str) -> bool {
    let counts = start.match_indices("niqueCount").map(|(at, word)| &start[at + word.len()..]);
    let digits = |rest: &str| {
        rest.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).count()
    };
    // 9,999,999 texts of 24 bytes are 240 MB.
    start.contains("sst") && counts.into_iter().all(|rest| digits(rest) <= 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: impl AsRef<[u8]>, limit: u64) -> Result<u64, String> {
        io::copy(&mut Guarded::new(text.as_ref(), limit), &mut io::sink()).map_err(|e| e.to_string())
    }

    #[test]
    fn ordinary_markup_passes() {
        let text =
            "<?xml version='1.0'?><a b=\"<>'\" c='>'><!-- <x> -- ]]> --><![CDATA[ <> ]> ]]>text &lt;</a>";
        assert_eq!(read(text.repeat(20_000), u64::MAX), Ok(text.len() as u64 * 20_000));
    }

    #[test]
    fn endless_tags_texts_and_comments_are_given_up() {
        let long = "<x>".repeat(MAX_RUN / 3 + 1);
        for text in [
            format!("<a>{}", "x".repeat(MAX_RUN + 2)),
            format!("<a b=\"{long}\">"),
            format!("<!--{long}-->"),
            format!("<!-- ]]> {long}-->"),
            format!("<![CDATA[{long}]]>"),
            format!("<? {long} ?>"),
        ] {
            assert!(read(&text, u64::MAX).unwrap_err().contains("longer than"), "{}", &text[..8]);
        }
        assert!(read("<!DOCTYPE x [<!ENTITY a 'b'>]>", u64::MAX).unwrap_err().contains("declaration"));
        assert!(read("<a/>".repeat(1 << 19), 1 << 20).unwrap_err().contains("more than 1 MB"));
    }

    #[test]
    fn the_count_of_texts_is_looked_at() {
        assert!(count_is_sane("<sst count=\"999999999\" uniqueCount=\"9999999\">"));
        assert!(count_is_sane("<sst>"));
        assert!(!count_is_sane("<sst uniqueCount = '99999999999'>"));
        assert!(!count_is_sane("nothing of it"));
    }
}
