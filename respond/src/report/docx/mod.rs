//! A report as a Word file in the layout of government documents (GB/T 9704-2012; RULES, "A weekly report"): A4, 22 lines of
//! 28 characters, 3号仿宋, the title in 2号小标宋, chapters in 黑体.
//!
//! The parts are written as WordprocessingML (ECMA-376, part 1) by hand: the document has to repeat the heads of tables,
//! to hold vector pictures with a text for those who cannot see them, and to name what stands in for a missing font.

mod body;
mod styles;

use std::fmt::Write as _;
use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use body::body;
use styles::{fonts, footer, styles};

use super::annex::AnnexRow;
use super::document::{Chart, Document};
use super::emf::emf;

/// What the namespaces of a part are.
const NAMESPACES: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture""#;
const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;

/// The bytes of the `.docx` file. `annex` are the first items; `items` how many there are in all.
///
/// # Errors
/// When the file cannot be put together.
pub(super) fn docx(
    document: &Document,
    annex: &[AnnexRow],
    items: i64,
) -> Result<Vec<u8>, zip::result::ZipError> {
    let charts: Vec<&Chart> = document.charts().collect();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut part = |name: &str, bytes: &[u8]| -> Result<(), zip::result::ZipError> {
        zip.start_file(name, options)?;
        zip.write_all(bytes)?;
        Ok(())
    };
    part("[Content_Types].xml", content_types().as_bytes())?;
    part("_rels/.rels", PACKAGE_RELATIONS.as_bytes())?;
    part("docProps/core.xml", core(document).as_bytes())?;
    part("word/document.xml", body(document, annex, items).as_bytes())?;
    part("word/styles.xml", styles().as_bytes())?;
    part("word/settings.xml", SETTINGS.as_bytes())?;
    part("word/fontTable.xml", fonts().as_bytes())?;
    part("word/footer1.xml", footer("right").as_bytes())?;
    part("word/footer2.xml", footer("left").as_bytes())?;
    part("word/_rels/document.xml.rels", relations(charts.len()).as_bytes())?;
    for (n, chart) in charts.iter().enumerate() {
        part(&format!("word/media/chart{}.emf", n + 1), &emf(&chart.drawing))?;
    }
    Ok(zip.finish()?.into_inner())
}

fn content_types() -> String {
    let word = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    format!(
        r#"{DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="emf" ContentType="image/x-emf"/><Override PartName="/word/document.xml" ContentType="{word}.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="{word}.styles+xml"/><Override PartName="/word/settings.xml" ContentType="{word}.settings+xml"/><Override PartName="/word/fontTable.xml" ContentType="{word}.fontTable+xml"/><Override PartName="/word/footer1.xml" ContentType="{word}.footer+xml"/><Override PartName="/word/footer2.xml" ContentType="{word}.footer+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>"#
    )
}

const PACKAGE_RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>"#;

fn relations(charts: usize) -> String {
    let base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let mut out = format!(
        r#"{DECLARATION}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#
    );
    let parts = [
        ("rIdStyles", "styles", "styles.xml"),
        ("rIdSettings", "settings", "settings.xml"),
        ("rIdFonts", "fontTable", "fontTable.xml"),
        ("rIdOdd", "footer", "footer1.xml"),
        ("rIdEven", "footer", "footer2.xml"),
    ];
    for (id, kind, target) in parts {
        put(&mut out, format_args!(r#"<Relationship Id="{id}" Type="{base}/{kind}" Target="{target}"/>"#));
    }
    for n in 1..=charts {
        put(
            &mut out,
            format_args!(
                r#"<Relationship Id="rIdChart{n}" Type="{base}/image" Target="media/chart{n}.emf"/>"#
            ),
        );
    }
    out.push_str("</Relationships>");
    out
}

fn core(document: &Document) -> String {
    format!(
        r#"{DECLARATION}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{} {}</dc:title><dc:language>zh-CN</dc:language></cp:coreProperties>"#,
        escaped(&document.title),
        escaped(&document.subtitle)
    )
}

/// Odd and even pages have their numbers outside; grid and kinsoku rules are those of Chinese documents.
const SETTINGS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:evenAndOddHeaders/><w:characterSpacingControl w:val="compressPunctuation"/><w:compat><w:spaceForUL/><w:balanceSingleByteDoubleByteWidth/><w:doNotLeaveBackslashAlone/><w:ulTrailSpace/><w:doNotExpandShiftReturn/><w:adjustLineHeightInTable/><w:useFELayout/><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>"#;

fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(what);
}

/// Text for XML 1.0, which has no control characters, not even escaped.
fn escaped(text: &str) -> String {
    let allowed = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    let clean: String = text.chars().filter(|c| allowed(*c)).collect();
    quick_xml::escape::escape(clean).into_owned()
}

/// `象山县舆情周报-2026年第46周.docx`, without the suffix.
pub fn file_name(document: &Document) -> String {
    let name = format!("{}-{}", document.title, document.subtitle.split('（').next().unwrap_or_default());
    name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '（' | '）' | '、')).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::report::document::{Block, Chapter};

    #[test]
    fn any_text_leaves_well_formed_parts() {
        let hostile = "\u{0}\u{7}\u{1b}<b>&\"'\u{fffe}\u{202e}长]]>👩‍👩‍👧";
        let chapter = Chapter {
            code: "overview",
            title: hostile.into(),
            blocks: vec![Block::Sentence(hostile.into()), Block::Judgement(hostile.into())],
        };
        let document = Document {
            header: Some(hostile.into()),
            title: hostile.into(),
            subtitle: hostile.into(),
            number: Some(hostile.into()),
            lines: vec![hostile.into()],
            chapters: vec![chapter],
        };
        let mut zip = zip::ZipArchive::new(Cursor::new(docx(&document, &[], 0).unwrap())).unwrap();
        for name in ["word/document.xml", "docProps/core.xml"] {
            let mut xml = String::new();
            zip.by_name(name).unwrap().read_to_string(&mut xml).unwrap();
            assert!(!xml.contains(|c: char| c.is_control() || c == '\u{fffe}'), "{name}");
            let mut reader = quick_xml::Reader::from_str(&xml);
            while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
            assert!(xml.contains("&lt;b&gt;&amp;"), "{name}");
        }
    }
}
