//! Sheets. The first byte tells what the rest is made into: `x` the parts of an XLSX workbook and `o` that of an ODS
//! workbook, parted by lines of `=====` and packed here, for no change to a packed file would get past its checksums;
//! `b` the stream of an XLS workbook; `c` and `j` a text file; `m` a column map and a text file; `t` times and
//! headers. Everything else is a file as it stands.

#![no_main]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use qingting_fuzz::{each, text};
use qingting_ingest::sheet::{self, ColumnMap, SheetError, times};
use qingting_ingest::{plain, prepare};
use qingting_models::records::RejectForm;
use zip::write::SimpleFileOptions;

/// Records of one input that are prepared for the store; it takes longer than to read them.
const PREPARED: usize = 20;
const PARTS: &str = "\n=====\n";

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("qingting-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
});

fuzz_target!(|data: &[u8]| each(data, read));

fn read(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    match kind {
        b'x' => look_at("a.xlsx", &packed(&xlsx(&text(rest))), None),
        b'o' => look_at("a.ods", &packed(&ods(&text(rest))), None),
        b'b' => look_at("a.xls", &compound(rest), None),
        b'c' => look_at("a.csv", rest, None),
        b'j' => look_at("a.jsonl", rest, None),
        b'm' => with_map(&text(rest)),
        b't' => words(&text(rest)),
        _ => look_at("a.bin", data, None),
    }
}

fn look_at(name: &str, bytes: &[u8], map: Option<&ColumnMap>) {
    let path = FOLDER.join(name);
    std::fs::write(&path, bytes).unwrap();
    tell(sheet::preview(&path, map).err());
    tell(import(&path, map).err());
}

fn import(path: &Path, map: Option<&ColumnMap>) -> Result<(), SheetError> {
    let mut prepared = 0;
    let mut sink = |batch: sheet::Batch| {
        for (_, record) in batch.records {
            prepared += 1;
            if prepared <= PREPARED {
                prepare::prepare(record);
            }
        }
        for bad in batch.bad {
            plain::told(&bad.reason);
            plain::place(&bad.place);
            let _ = match bad.form {
                RejectForm::Line => sheet::line(&bad.original, map, &bad.place),
                _ => sheet::row(&bad.original, map, &bad.place),
            };
        }
        true
    };
    sheet::read(path, map, 100, &mut sink).map(|_| ())
}

/// `read` makes this of a panic.
fn tell(wrong: Option<SheetError>) {
    let Some(wrong) = wrong else { return };
    let wrong = wrong.to_string();
    assert!(!wrong.contains("its parts contradict one another"), "a panic");
    plain::told(&wrong);
}

fn with_map(text: &str) {
    let Some((map, rows)) = text.split_once(PARTS) else { return };
    let Ok(map) = ColumnMap::parse(map) else { return };
    assert_eq!(ColumnMap::parse(&map.to_toml()).as_ref(), Ok(&map));
    look_at("a.csv", rows.as_bytes(), Some(&map));
}

fn words(text: &str) {
    for line in text.lines() {
        let _ = times::parse_cell(line);
        let _ = times::parse(line);
        sheet::personal_column(line);
    }
}

fn packed(parts: &[(&str, String)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, part) in parts {
        let plain = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file(*name, plain).unwrap();
        archive.write_all(part.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Cells, texts, styles and the list of sheets, of which the later ones may be left out.
fn xlsx(text: &str) -> Vec<(&'static str, String)> {
    let mut given = text.split(PARTS).map(str::to_owned);
    let mut part = |otherwise: &str| given.next().unwrap_or_else(|| otherwise.to_owned());
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let list = "http://schemas.openxmlformats.org/package/2006/relationships";
    let one = |kind: &str, target: &str| {
        format!("<Relationship Id=\"r1\" Type=\"{relation}/{kind}\" Target=\"{target}\"/>")
    };
    let parts = [
        ("xl/worksheets/sheet1.xml", part("")),
        ("xl/sharedStrings.xml", part("")),
        ("xl/styles.xml", part("")),
        (
            "xl/workbook.xml",
            part(&format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{relation}\"><sheets><sheet name=\"一\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            )),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            part(&format!(
                "<Relationships xmlns=\"{list}\">{}</Relationships>",
                one("worksheet", "worksheets/sheet1.xml")
            )),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{list}\">{}</Relationships>",
                one("officeDocument", "xl/workbook.xml")
            ),
        ),
        (
            "[Content_Types].xml",
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".into(),
        ),
    ];
    parts.into_iter().filter(|(_, part)| !part.is_empty()).collect()
}

fn ods(text: &str) -> Vec<(&'static str, String)> {
    let mut given = text.split(PARTS).map(str::to_owned);
    let content = given.next().unwrap_or_default();
    let manifest = given.next().map(|part| ("META-INF/manifest.xml", part));
    let media = "application/vnd.oasis.opendocument.spreadsheet".to_owned();
    [("mimetype", media), ("content.xml", content)].into_iter().chain(manifest).collect()
}

fn compound(stream: &[u8]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    file.create_stream("/Workbook").unwrap().write_all(stream).unwrap();
    file.flush().unwrap();
    file.into_inner().into_inner()
}
