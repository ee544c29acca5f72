//! A report as a Word file in the layout of government documents (GB/T 9704-2012; RULES, "A weekly report"): A4, 22 lines of
//! 28 characters, 3号仿宋, the title in 2号小标宋, chapters in 黑体.
//!
//! The parts are written as WordprocessingML (ECMA-376, part 1) by hand: the document has to repeat the heads of tables,
//! to hold vector pictures with a text for those who cannot see them, and to name what stands in for a missing font.

use std::fmt::Write as _;
use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::annex::{AnnexRow, COLUMNS};
use super::document::{Block, Chart, Column, Document, Table, Value};
use super::emf::emf;

/// Twentieths of a point to a millimetre.
const TWIPS: f64 = 1440.0 / 25.4;
/// The text area is 156 by 225 mm.
const AREA_TWIPS: u32 = 8_844;
/// 225 mm in 22 lines, rounded down so that 22 of them fit.
const LINE_PITCH: u32 = 579;
/// 156 mm in 28 characters, as the difference from a character of 16 points in 4096ths of a point.
const CHAR_SPACE: i32 = -848;
/// Letters of 16 points stand a quarter of a point closer: 28 of them are 441 points, and the line has 442. The grid of letters
/// would do the same in Word alone; others give a letter that is wider than its cell two of them. The grid of lines is for all.
const CLOSER: &str = r#"<w:spacing w:val="-5"/>"#;
/// English Metric Units to a hundredth of a millimetre.
const EMU: i64 = 360;
/// From so many columns on a table is set in small print.
const MANY_COLUMNS: usize = 6;

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

/// The fonts of government documents, each with what stands in for it where it is missing.
const FONTS: [(&str, &str); 5] = [
    ("方正小标宋简体", "小标宋,方正小标宋_GBK,宋体"),
    ("仿宋_GB2312", "仿宋,FangSong"),
    ("楷体_GB2312", "楷体,KaiTi"),
    ("黑体", "SimHei"),
    ("宋体", "SimSun"),
];

fn fonts() -> String {
    let mut out = format!(r#"{DECLARATION}<w:fonts {NAMESPACES}>"#);
    for (name, others) in FONTS {
        put(
            &mut out,
            format_args!(
                r#"<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/><w:family w:val="modern"/><w:pitch w:val="fixed"/></w:font>"#
            ),
        );
    }
    out.push_str("</w:fonts>");
    out
}

/// A style: id, name, font, half points, what else its paragraphs have, what else its letters have.
struct Style {
    id: &'static str,
    name: &'static str,
    font: &'static str,
    half_points: u32,
    paragraph: &'static str,
    letters: &'static str,
}

/// `w:snapToGrid 0`: small print does not keep to the lines of the page.
const STYLES: [Style; 10] = [
    Style {
        id: "Normal",
        name: "Normal",
        font: "仿宋_GB2312",
        half_points: 32,
        paragraph: r#"<w:jc w:val="both"/>"#,
        letters: CLOSER,
    },
    Style {
        id: "Body",
        name: "正文段落",
        font: "仿宋_GB2312",
        half_points: 32,
        paragraph: r#"<w:ind w:firstLine="640" w:firstLineChars="200"/><w:jc w:val="both"/>"#,
        letters: CLOSER,
    },
    Style {
        id: "Title",
        name: "Title",
        font: "方正小标宋简体",
        half_points: 44,
        paragraph: r#"<w:keepNext/><w:spacing w:before="579" w:after="0"/><w:jc w:val="center"/>"#,
        letters: "",
    },
    Style {
        id: "Subtitle",
        name: "Subtitle",
        font: "楷体_GB2312",
        half_points: 32,
        paragraph: r#"<w:jc w:val="center"/>"#,
        letters: CLOSER,
    },
    Style {
        id: "Heading1",
        name: "heading 1",
        font: "黑体",
        half_points: 32,
        paragraph: r#"<w:keepNext/><w:ind w:firstLine="640" w:firstLineChars="200"/><w:outlineLvl w:val="0"/>"#,
        letters: CLOSER,
    },
    Style {
        id: "Heading2",
        name: "heading 2",
        font: "楷体_GB2312",
        half_points: 32,
        paragraph: r#"<w:keepNext/><w:ind w:firstLine="640" w:firstLineChars="200"/><w:outlineLvl w:val="1"/>"#,
        letters: CLOSER,
    },
    Style {
        id: "Caption",
        name: "caption",
        font: "黑体",
        half_points: 24,
        paragraph: r#"<w:keepNext/><w:snapToGrid w:val="0"/><w:spacing w:before="160" w:after="60"/><w:jc w:val="center"/>"#,
        letters: "",
    },
    Style {
        id: "Figure",
        name: "图题",
        font: "黑体",
        half_points: 24,
        // What follows may stand on the next page.
        paragraph: r#"<w:snapToGrid w:val="0"/><w:spacing w:before="60" w:after="200"/><w:jc w:val="center"/>"#,
        letters: "",
    },
    Style {
        id: "Note",
        name: "表注",
        font: "仿宋_GB2312",
        half_points: 20,
        paragraph: r#"<w:snapToGrid w:val="0"/><w:spacing w:before="40" w:after="200"/>"#,
        letters: "",
    },
    Style {
        id: "TOC1",
        name: "toc 1",
        font: "仿宋_GB2312",
        half_points: 28,
        paragraph: r#"<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="8844"/></w:tabs>"#,
        letters: "",
    },
];

fn styles() -> String {
    let mut out = format!(
        r#"{DECLARATION}<w:styles {NAMESPACES}><w:docDefaults><w:rPrDefault><w:rPr>{}<w:sz w:val="32"/><w:szCs w:val="32"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:before="0" w:after="0"/></w:pPr></w:pPrDefault></w:docDefaults>"#,
        font("仿宋_GB2312")
    );
    for style in &STYLES {
        let default = if style.id == "Normal" { r#" w:default="1""# } else { "" };
        let based = if style.id == "Normal" { "" } else { r#"<w:basedOn w:val="Normal"/>"# };
        put(
            &mut out,
            format_args!(
                r#"<w:style w:type="paragraph"{default} w:styleId="{}"><w:name w:val="{}"/>{based}<w:qFormat/><w:pPr>{}</w:pPr><w:rPr>{}{}<w:sz w:val="{}"/><w:szCs w:val="{}"/></w:rPr></w:style>"#,
                style.id,
                style.name,
                style.paragraph,
                font(style.font),
                style.letters,
                style.half_points,
                style.half_points
            ),
        );
    }
    let side = |name: &str| format!(r#"<w:{name} w:val="single" w:sz="4" w:space="0" w:color="444444"/>"#);
    let borders: String = ["top", "left", "bottom", "right", "insideH", "insideV"].map(side).concat();
    put(
        &mut out,
        format_args!(
            r#"<w:style w:type="table" w:default="1" w:styleId="Plain"><w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style><w:style w:type="table" w:styleId="Grid"><w:name w:val="Table Grid"/><w:basedOn w:val="Plain"/><w:tblPr><w:tblBorders>{borders}</w:tblBorders></w:tblPr></w:style></w:styles>"#
        ),
    );
    out
}

fn font(name: &str) -> String {
    format!(
        r#"<w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:eastAsia="{name}" w:cs="{name}" w:hint="eastAsia"/>"#
    )
}

/// `— 1 —` in 4号宋体, one character from the outer edge.
fn footer(side: &str) -> String {
    let letters = format!(r#"<w:rPr>{}<w:sz w:val="28"/></w:rPr>"#, font("宋体"));
    let field = |what: &str| format!(r#"<w:r>{letters}<w:fldChar w:fldCharType="{what}"/></w:r>"#);
    format!(
        r#"{DECLARATION}<w:ftr {NAMESPACES}><w:p><w:pPr><w:pStyle w:val="Normal"/><w:ind w:left="280" w:right="280"/><w:jc w:val="{side}"/></w:pPr><w:r>{letters}<w:t>— </w:t></w:r>{}<w:r>{letters}<w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>{}<w:r>{letters}<w:t>1</w:t></w:r>{}<w:r>{letters}<w:t> —</w:t></w:r></w:p></w:ftr>"#,
        field("begin"),
        field("separate"),
        field("end")
    )
}

fn body(document: &Document, annex: &[AnnexRow], items: i64) -> String {
    let mut out = format!(r#"{DECLARATION}<w:document {NAMESPACES}><w:body>"#);
    paragraph(&mut out, "Title", &document.title);
    paragraph(&mut out, "Subtitle", &document.subtitle);
    if let Some(number) = &document.number {
        paragraph(&mut out, "Subtitle", &format!("编号 {number}"));
    }
    for line in &document.lines {
        paragraph(&mut out, "Subtitle", line);
    }
    contents(&mut out, document);
    let mut bookmark = 0;
    let mut chart_number = 0;
    for chapter in &document.chapters {
        heading(&mut out, &chapter.title, bookmark);
        bookmark += 1;
        for block in &chapter.blocks {
            match block {
                Block::Sentence(text) | Block::Judgement(text) => paragraph(&mut out, "Body", text),
                Block::Heading(text) => paragraph(&mut out, "Heading2", text),
                Block::Table(table) => self::table(&mut out, table),
                Block::Chart(chart) => {
                    chart_number += 1;
                    self::chart(&mut out, chart, chart_number);
                }
            }
        }
    }
    heading(&mut out, ANNEX, bookmark);
    let shown = i64::try_from(annex.len()).unwrap_or(i64::MAX);
    let said = match shown < items {
        true => format!("共 {items} 条，这里列出前 {shown} 条，全部见同期电子表。"),
        false => format!("共 {items} 条。"),
    };
    paragraph(&mut out, "Body", &said);
    if !annex.is_empty() {
        self::table(&mut out, &annex_table(annex));
    }
    let (top, left) = (twips(37.0), twips(28.0));
    let (right, bottom) = (twips(210.0 - 28.0 - 156.0), twips(297.0 - 37.0 - 225.0));
    put(
        &mut out,
        format_args!(
            r#"<w:sectPr><w:footerReference w:type="default" r:id="rIdOdd"/><w:footerReference w:type="even" r:id="rIdEven"/><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="{top}" w:right="{right}" w:bottom="{bottom}" w:left="{left}" w:header="851" w:footer="{}" w:gutter="0"/><w:docGrid w:type="lines" w:linePitch="{LINE_PITCH}" w:charSpace="{CHAR_SPACE}"/></w:sectPr></w:body></w:document>"#,
            // The number stands 7 mm below the text area.
            bottom - twips(7.0) - 400
        ),
    );
    out
}

const ANNEX: &str = "附件　信息清单";

fn annex_table(rows: &[AnnexRow]) -> Table {
    let widths = [7, 14, 11, 14, 12, 44, 16];
    let columns = COLUMNS.iter().zip(widths);
    Table {
        title: String::new(),
        columns: columns
            .map(|(name, width)| Column { name: (*name).into(), figures: false, width })
            .collect(),
        rows: rows.iter().map(|row| row.short_cells().into_iter().map(Into::into).collect()).collect(),
        note: None,
    }
}

/// The table of contents: the chapters with the numbers of their pages, which are fields that the reader's program fills in
/// when it opens the file.
fn contents(out: &mut String, document: &Document) {
    let titles = document.chapters.iter().map(|chapter| chapter.title.as_str()).chain([ANNEX]);
    let field = |what: &str| format!(r#"<w:r><w:fldChar w:fldCharType="{what}"/></w:r>"#);
    out.push_str(r#"<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/><w:docPartUnique/></w:docPartObj></w:sdtPr><w:sdtContent>"#);
    for (n, title) in titles.enumerate() {
        put(
            out,
            format_args!(
                r#"<w:p><w:pPr><w:pStyle w:val="TOC1"/></w:pPr><w:hyperlink w:anchor="_Toc{n}" w:history="1"><w:r><w:t xml:space="preserve">{}</w:t></w:r><w:r><w:tab/></w:r><w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r><w:r><w:instrText xml:space="preserve"> PAGEREF _Toc{n} \h </w:instrText></w:r>{}<w:r><w:t xml:space="preserve"> </w:t></w:r>{}</w:hyperlink></w:p>"#,
                escaped(title),
                field("separate"),
                field("end"),
            ),
        );
    }
    out.push_str("</w:sdtContent></w:sdt>");
}

fn heading(out: &mut String, title: &str, bookmark: usize) {
    put(
        out,
        format_args!(
            r#"<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:bookmarkStart w:id="{bookmark}" w:name="_Toc{bookmark}"/><w:r><w:t xml:space="preserve">{}</w:t></w:r><w:bookmarkEnd w:id="{bookmark}"/></w:p>"#,
            escaped(title)
        ),
    );
}

fn paragraph(out: &mut String, style: &str, text: &str) {
    put(
        out,
        format_args!(
            r#"<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t xml:space="preserve">{}</w:t></w:r></w:p>"#,
            escaped(text)
        ),
    );
}

fn table(out: &mut String, table: &Table) {
    if !table.title.is_empty() {
        paragraph(out, "Caption", &table.title);
    }
    let sum: u32 = table.columns.iter().map(|column| column.width).sum::<u32>().max(1);
    let widths: Vec<u32> = table.columns.iter().map(|column| AREA_TWIPS * column.width / sum).collect();
    out.push_str(r#"<w:tbl><w:tblPr><w:tblStyle w:val="Grid"/>"#);
    put(
        out,
        format_args!(
            r#"<w:tblW w:w="{AREA_TWIPS}" w:type="dxa"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>"#
        ),
    );
    for width in &widths {
        put(out, format_args!(r#"<w:gridCol w:w="{width}"/>"#));
    }
    out.push_str("</w:tblGrid>");
    let small = if table.columns.len() > MANY_COLUMNS { 18 } else { 22 };
    out.push_str("<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
    for (column, width) in table.columns.iter().zip(&widths) {
        cell(out, *width, &column.name, "center", "黑体", small);
    }
    out.push_str("</w:tr>");
    for row in &table.rows {
        out.push_str("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
        for ((column, width), value) in table.columns.iter().zip(&widths).zip(row) {
            let stands = if column.figures { "right" } else { "left" };
            cell(out, *width, &value.value.text(), stands, "仿宋_GB2312", small);
        }
        out.push_str("</w:tr>");
    }
    if table.rows.is_empty() {
        out.push_str("<w:tr>");
        for (n, width) in widths.iter().enumerate() {
            let text = if n == 0 { Value::Text("无".into()).text() } else { String::new() };
            cell(out, *width, &text, "left", "仿宋_GB2312", small);
        }
        out.push_str("</w:tr>");
    }
    out.push_str("</w:tbl>");
    paragraph(
        out,
        "Note",
        table.note.as_deref().map(|note| format!("注：{note}")).unwrap_or_default().as_str(),
    );
}

fn cell(out: &mut String, width: u32, text: &str, stands: &str, face: &str, half_points: u32) {
    put(
        out,
        format_args!(
            r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr><w:p><w:pPr><w:snapToGrid w:val="0"/><w:jc w:val="{stands}"/></w:pPr><w:r><w:rPr>{}<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/></w:rPr><w:t xml:space="preserve">{}</w:t></w:r></w:p></w:tc>"#,
            font(face),
            escaped(text)
        ),
    );
}

/// A picture on a line of its own, with what it shows in words.
fn chart(out: &mut String, chart: &Chart, number: usize) {
    let (wide, high) = (i64::from(chart.drawing.width) * EMU, i64::from(chart.drawing.height) * EMU);
    let (name, says) = (escaped(&chart.title), escaped(&chart.drawing.says));
    put(
        out,
        format_args!(
            r#"<w:p><w:pPr><w:pStyle w:val="Caption"/></w:pPr><w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{wide}" cy="{high}"/><wp:docPr id="{number}" name="{name}" descr="{says}"/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="{number}" name="chart{number}.emf" descr="{says}"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rIdChart{number}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{wide}" cy="{high}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"#
        ),
    );
    paragraph(out, "Figure", &chart.title);
}

fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(what);
}

fn twips(millimetres: f64) -> u32 {
    (millimetres * TWIPS).round() as u32
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
