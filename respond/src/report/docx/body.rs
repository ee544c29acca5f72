//! What stands in the Word file: title, contents, chapters with their tables and charts, and the annex.

use super::styles::font;
use super::{DECLARATION, NAMESPACES, escaped, put};
use crate::report::annex::{AnnexRow, COLUMNS};
use crate::report::document::{Block, Chart, Column, Document, Table};

/// Twentieths of a point to a millimetre.
const TWIPS: f64 = 1440.0 / 25.4;
/// The text area is 156 by 225 mm.
const AREA_TWIPS: u32 = 8_844;
/// 225 mm in 22 lines, rounded down so that 22 of them fit.
const LINE_PITCH: u32 = 579;
/// 156 mm in 28 characters, as the difference from a character of 16 points in 4096ths of a point.
const CHAR_SPACE: i32 = -848;
/// English Metric Units to a hundredth of a millimetre.
const EMU: i64 = 360;
/// From so many columns on a table is set in small print.
const MANY_COLUMNS: usize = 6;

pub(super) fn body(document: &Document, annex: &[AnnexRow], items: i64) -> String {
    let mut out = format!(r#"{DECLARATION}<w:document {NAMESPACES}><w:body>"#);
    if let Some(header) = &document.header {
        paragraph(&mut out, "Letterhead", header);
    }
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
        true => format!("共 {items} 条，这里列出前 {shown} 条，全部见同期电子表格。"),
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
            let text = if n == 0 { "无" } else { "" };
            cell(out, *width, text, "left", "仿宋_GB2312", small);
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

fn twips(millimetres: f64) -> u32 {
    (millimetres * TWIPS).round() as u32
}
