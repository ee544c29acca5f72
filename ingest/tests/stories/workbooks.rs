//! The same sheets as XLSX workbooks.

use qingting_models::clock::rfc3339;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};

use crate::sheets::{TestFile, file, read_all};

fn saved(mut book: Workbook) -> TestFile {
    file("工单.xlsx", book.save_to_buffer().unwrap())
}

fn line(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (column, cell) in (0..).zip(cells) {
        sheet.write_string(row, column, *cell).unwrap();
    }
}

#[test]
fn dates_numbers_and_title_rows_are_read() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let date = Format::new().set_num_format("yyyy/m/d h:mm:ss");
    let title = Format::new();
    sheet.merge_range(0, 0, 0, 4, "十二月热线工单", &title).unwrap();
    line(sheet, 2, &["推送时间", "工单内容", "工单编号", "工单标题", "部门办理截止时间"]);
    let at = ExcelDateTime::from_ymd(2020, 1, 6).unwrap().and_hms(12, 9, 38).unwrap();
    sheet.write_datetime_with_format(3, 0, &at, &date).unwrap();
    sheet.write_string(3, 1, "第一行\n第二行").unwrap();
    sheet.write_number(3, 2, 20_200_106_001.0).unwrap();
    sheet.write_string(3, 3, "积水").unwrap();
    sheet.write_number(3, 4, 43_836.5).unwrap();
    line(sheet, 5, &["2020-02-30", "坏日期", "2", "二", ""]);
    let (batch, summary) = read_all(&saved(book), None).unwrap();
    let (place, record) = &batch.records[0];
    assert_eq!((place.row, place.sheet.as_deref()), (4, Some("Sheet1")));
    assert_eq!(record.external_id.as_deref(), Some("20200106001"));
    assert_eq!(record.body, "第一行\n第二行");
    assert_eq!(record.dispatched_at.map(rfc3339).as_deref(), Some("2020-01-06T12:09:38+08:00"));
    assert_eq!(record.due_at.map(rfc3339).as_deref(), Some("2020-01-06T12:00:00+08:00"));
    assert_eq!(batch.bad[0].place.to_string(), "工单.xlsx, sheet Sheet1, row 6, column 推送时间");
    assert_eq!(summary.rows, 2);
}

#[test]
fn every_sheet_with_known_headers_is_read_and_the_others_are_named() {
    let mut book = Workbook::new();
    line(book.add_worksheet().set_name("说明").unwrap(), 0, &["填表说明", "请勿修改"]);
    let first = book.add_worksheet().set_name("一月").unwrap();
    line(first, 0, &["编号", "内容"]);
    line(first, 1, &["1", "积水"]);
    book.add_worksheet().set_name("空").unwrap();
    let second = book.add_worksheet().set_name("二月").unwrap();
    line(second, 0, &["内容", "编号"]);
    line(second, 1, &["路灯", "2"]);
    let (batch, summary) = read_all(&saved(book), None).unwrap();
    let ids: Vec<_> = batch
        .records
        .iter()
        .map(|(place, r)| (place.sheet.as_deref().unwrap(), r.external_id.as_deref().unwrap()))
        .collect();
    assert_eq!(ids, [("一月", "1"), ("二月", "2")]);
    assert_eq!(summary.skipped, ["说明"]);
}

#[test]
fn a_row_counts_the_same_from_a_workbook_as_from_a_text_file() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    line(sheet, 0, &["工单编号", "工单标题", "工单内容", "推送时间", "备注数"]);
    line(sheet, 1, &["A1", "积水", "门口积水"]);
    let at = ExcelDateTime::from_ymd(2020, 1, 6).unwrap().and_hms(12, 9, 0).unwrap();
    sheet.write_datetime_with_format(1, 3, &at, &Format::new().set_num_format("yyyy-mm-dd hh:mm")).unwrap();
    sheet.write_number(1, 4, 3.0).unwrap();
    let (from_book, _) = read_all(&saved(book), None).unwrap();
    let text = "工单编号,推送时间,工单标题,备注数,工单内容\nA1,2020/1/6 12:09:00,积水,3,门口积水\n";
    let (from_text, _) = read_all(&file("a.csv", text), None).unwrap();
    assert_eq!(from_book.records[0].1.significant, from_text.records[0].1.significant);
}

#[test]
fn a_damaged_workbook_is_told() {
    let mut book = Workbook::new();
    line(book.add_worksheet(), 0, &["编号", "内容"]);
    let bytes = book.save_to_buffer().unwrap();
    for cut in [40, bytes.len() / 2, bytes.len() - 10] {
        assert!(read_all(&file("a.xlsx", &bytes[..cut]), None).is_err(), "{cut}");
    }
}

fn fixture(name: &str) -> TestFile {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    file(name, std::fs::read(path).unwrap())
}

#[test]
fn cells_merged_downwards_belong_to_every_row_and_title_rows_are_passed_over() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let plain = Format::new();
    sheet.merge_range(0, 0, 1, 3, "一月热线工单", &plain).unwrap();
    line(sheet, 2, &["工单编号", "工单标题", "工单内容", "承办单位"]);
    line(sheet, 3, &["1", "积水", "门口积水"]);
    line(sheet, 4, &["2", "路灯", "不亮"]);
    sheet.merge_range(3, 3, 4, 3, "住建局", &plain).unwrap();
    sheet.merge_range(5, 1, 1_000_000, 1, "空的", &plain).unwrap();
    let (batch, _) = read_all(&saved(book), None).unwrap();
    let offices: Vec<_> =
        batch.records.iter().map(|(_, r)| r.extra.first().map(|(_, office)| office.as_str())).collect();
    // The merge down to the end makes no rows but its first.
    assert_eq!((offices, batch.bad.len()), (vec![Some("住建局"), Some("住建局"), None], 0));
}

#[test]
fn rows_merged_in_the_column_of_their_number_are_one_record() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    line(sheet, 0, &["工单编号", "工单标题", "工单内容", "承办单位"]);
    line(sheet, 1, &["", "积水", "门口积水", "住建局"]);
    line(sheet, 2, &["", "积水", "门口积水", "水务集团"]);
    line(sheet, 3, &["2", "路灯", "不亮", "综合执法局"]);
    sheet.merge_range(1, 0, 2, 0, "1", &Format::new()).unwrap();
    let (batch, _) = read_all(&saved(book), None).unwrap();
    let told: Vec<_> = batch.records.iter().map(|(_, r)| (r.body.as_str(), r.extra[0].1.as_str())).collect();
    assert_eq!(told, [("门口积水", "住建局；水务集团"), ("不亮", "综合执法局")]);
}

#[test]
fn a_header_over_two_rows_is_recognised() {
    let mut book = Workbook::new();
    let plain = Format::new();
    let sheet = book.add_worksheet();
    sheet.merge_range(0, 0, 1, 0, "工单编号", &plain).unwrap();
    sheet.merge_range(0, 1, 0, 2, "诉求内容", &plain).unwrap();
    sheet.merge_range(0, 3, 1, 3, "推送时间", &plain).unwrap();
    line(sheet, 1, &["", "诉求标题", "诉求描述"]);
    sheet.write_string(1, 0, "").unwrap();
    line(sheet, 2, &["1", "积水", "门口积水", "2020-01-06"]);
    let (batch, summary) = read_all(&saved(book), None).unwrap();
    let record = &batch.records[0].1;
    assert_eq!((record.title.as_str(), record.body.as_str()), ("积水", "门口积水"));
    assert_eq!(record.external_id.as_deref(), Some("1"));
    assert!(record.dispatched_at.is_some());
    assert_eq!((summary.tables[0].header_row, batch.records.len()), (2, 1));
    let text = "基本信息,,办理情况\n编号,内容,承办单位\n1,积水,住建局\n";
    let (batch, _) = read_all(&file("a.csv", text), None).unwrap();
    assert_eq!(batch.records[0].1.extra, [("承办单位".to_owned(), "住建局".to_owned())]);
}

#[test]
fn old_workbooks_are_read_with_dates_merges_and_without_hidden_sheets() {
    let (batch, summary) = read_all(&fixture("calls.xls"), None).unwrap();
    assert!(batch.bad.is_empty(), "{:?}", batch.bad);
    let [(place, first), (_, second)] = batch.records.as_slice() else { panic!("{:?}", batch.records) };
    assert_eq!((place.row, place.sheet.as_deref()), (3, Some("一月")));
    assert_eq!(first.external_id.as_deref(), Some("20200106001"));
    assert_eq!(first.body, "第一行\n第二行");
    assert_eq!(first.dispatched_at.map(rfc3339).as_deref(), Some("2020-01-06T12:09:38+08:00"));
    assert_eq!(second.dispatched_at.map(rfc3339).as_deref(), Some("2020-01-06T12:00:00+08:00"));
    assert_eq!(second.extra, [("承办单位".to_owned(), "住建局".to_owned())]);
    assert_eq!(summary.hidden, ["隐藏"]);
}

#[test]
fn serial_days_of_1904_are_those_of_the_calendar() {
    let (batch, _) = read_all(&fixture("since_1904.xls"), None).unwrap();
    let at = batch.records[0].1.dispatched_at.map(rfc3339);
    assert_eq!(at.as_deref(), Some("2020-01-06T12:00:00+08:00"));
}

#[test]
fn an_old_workbook_with_far_cells_on_many_sheets_is_refused_before_it_fills_memory() {
    let told = read_all(&fixture("far_cells.xls"), None).unwrap_err().to_string();
    assert!(told.contains("too far apart"), "{told}");
    let whole = std::fs::read(fixture("calls.xls").path).unwrap();
    for cut in [600, whole.len() / 2, whole.len() - 600] {
        let _ = read_all(&file("a.xls", &whole[..cut]), None);
    }
}

/// An archive of these parts, the first uncompressed.
fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (index, (name, bytes)) in parts.iter().enumerate() {
        let method =
            if index == 0 { zip::CompressionMethod::Stored } else { zip::CompressionMethod::Deflated };
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        archive.start_file(*name, options).unwrap();
        std::io::Write::write_all(&mut archive, bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn ods(body: &str) -> TestFile {
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content><office:automatic-styles><style:style style:name=\"ta2\">\
         <style:table-properties table:display=\"false\"/></style:style></office:automatic-styles><office:body>\
         <office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>"
    );
    let media = b"application/vnd.oasis.opendocument.spreadsheet".as_slice();
    file("工单.ods", packed(&[("mimetype", media), ("content.xml", content.as_bytes())]))
}

fn cell(text: &str) -> String {
    format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
}

fn cells(row: &[&str]) -> String {
    format!("<table:table-row>{}</table:table-row>", row.iter().map(|t| cell(t)).collect::<String>())
}

#[test]
fn open_document_sheets_are_read_with_dates_merges_repeats_and_notes() {
    let head = cells(&["工单编号", "工单标题", "工单内容", "推送时间", "承办单位"]);
    let date = "<table:table-cell office:value-type=\"date\" office:date-value=\"2020-01-06T12:09:38\"><text:p>6日</text:p></table:table-cell>";
    let number = "<table:table-cell office:value-type=\"float\" office:value=\"7\"><text:p>7.00</text:p></table:table-cell>";
    let noted = "<table:table-cell office:value-type=\"string\"><office:annotation><text:p>批注</text:p></office:annotation>\
                 <text:p>第一行 &amp;<text:s text:c=\"2\"/><text:span>甲</text:span></text:p><text:p>第二行</text:p></table:table-cell>";
    let merged = "<table:table-cell table:number-rows-spanned=\"2\" office:value-type=\"string\"><text:p>住建局</text:p></table:table-cell>";
    let first = format!("<table:table-row>{number}{}{noted}{date}{merged}</table:table-row>", cell("积水"));
    let second = format!(
        "<table:table-row>{}<table:table-cell/>{}<table:table-cell/><table:covered-table-cell/></table:table-row>",
        cell("8"),
        cell("不亮")
    );
    let empty = "<table:table-row table:number-rows-repeated=\"3\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>";
    let sheet = |name: &str, style: &str, rows: &str| {
        format!("<table:table table:name=\"{name}\" table:style-name=\"{style}\">{rows}</table:table>")
    };
    let body = sheet("一月", "ta1", &format!("{head}{empty}{first}{second}"))
        + &sheet("隐藏", "ta2", &format!("{head}{second}"));
    let (batch, summary) = read_all(&ods(&body), None).unwrap();
    assert!(batch.bad.is_empty(), "{:?}", batch.bad);
    assert_eq!(summary.hidden, ["隐藏"]);
    let [(place, first), (_, second)] = batch.records.as_slice() else { panic!("{:?}", batch.records) };
    assert_eq!((place.row, place.sheet.as_deref()), (5, Some("一月")));
    assert_eq!(first.external_id.as_deref(), Some("7"));
    assert_eq!(first.body, "第一行 &  甲\n第二行");
    assert_eq!(first.dispatched_at.map(rfc3339).as_deref(), Some("2020-01-06T12:09:38+08:00"));
    assert_eq!((second.body.as_str(), second.extra[0].1.as_str()), ("不亮", "住建局"));
}

#[test]
fn a_thousand_million_repeated_rows_cost_nothing() {
    let head = cells(&["工单编号", "工单内容"]);
    let many = "<table:table-row table:number-rows-repeated=\"1000000000\"><table:table-cell table:number-columns-repeated=\"1000000000\"/></table:table-row>";
    let filled = format!(
        "<table:table-row table:number-rows-repeated=\"1000000000\">{}</table:table-row>",
        cell("x")
            .replace("office:value-type", "table:number-columns-repeated=\"1000000000\" office:value-type")
    );
    let table = |rows: &str| format!("<table:table table:name=\"一\">{rows}</table:table>");
    let (batch, _) = read_all(&ods(&table(&format!("{head}{many}{}", cells(&["1", "x"])))), None).unwrap();
    assert_eq!(batch.records.len(), 0, "no sheet has so many rows");
    let (batch, _) = read_all(&ods(&table(&format!("{head}{filled}"))), None).unwrap();
    assert!(batch.rows() <= 1_000 && batch.records.is_empty());
}

#[test]
fn protected_files_and_other_documents_are_called_what_they_are() {
    let media = b"application/vnd.oasis.opendocument.spreadsheet".as_slice();
    let manifest = b"<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>";
    let told = |name: &str, bytes: &[u8]| read_all(&file(name, bytes), None).unwrap_err().to_string();
    let locked = packed(&[("mimetype", media), ("META-INF/manifest.xml", manifest)]);
    assert!(told("a.ods", &locked).contains("protected by a password"));
    let letter = packed(&[("mimetype", b"application/vnd.oasis.opendocument.text")]);
    assert!(told("a.ods", &letter).contains("an OpenDocument text"));
    let letter = packed(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w/>")]);
    assert!(told("a.xlsx", &letter).contains("a Word document"));
    let compound = |stream: &str| {
        let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
        file.create_stream(stream).unwrap();
        file.flush().unwrap();
        file.into_inner().into_inner()
    };
    assert!(told("a.xlsx", &compound("/EncryptedPackage")).contains("protected by a password"));
    assert!(told("a.xls", &compound("/WordDocument")).contains("a Word document"));
}

/// A workbook of one sheet with this table of texts and these cells.
fn raw_xlsx(texts: &str, cells: &str) -> TestFile {
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
    let relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let rels = |kind: &str, target: &str| {
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
             <Relationship Id=\"r1\" Type=\"{relation}/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let book = format!(
        "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"{relation}\">\
         <sheets><sheet name=\"一\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    let sheet = format!("<worksheet><sheetData>{cells}</sheetData></worksheet>");
    let parts = [
        ("[Content_Types].xml", types.to_owned()),
        ("_rels/.rels", rels("officeDocument", "xl/workbook.xml")),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", rels("worksheet", "worksheets/sheet1.xml")),
        ("xl/sharedStrings.xml", texts.to_owned()),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    file("a.xlsx", packed(&parts))
}

#[test]
fn workbooks_made_to_fill_memory_are_refused() {
    let row = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>内容</t></is></c></row><row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>积水</t></is></c></row>";
    let (batch, _) = read_all(&raw_xlsx("<sst></sst>", row), None).unwrap();
    assert_eq!(batch.records.len(), 1, "the workbook without the trick is read");
    let told = |texts: &str, cells: &str| read_all(&raw_xlsx(texts, cells), None).unwrap_err().to_string();
    assert!(told("<sst uniqueCount=\"9999999999999\"></sst>", row).contains("number of texts"));
    assert!(
        told("<sst></sst>", &format!("<c t=\"str\"><v>{}</v></c>", "长".repeat(400_000)))
            .contains("longer than")
    );
    assert!(told("<!DOCTYPE sst><sst></sst>", row).contains("declaration"));
    let far = format!("{row}<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>");
    let (batch, _) = read_all(&raw_xlsx("<sst></sst>", &far), None).unwrap();
    assert_eq!(batch.rows(), 1, "one far cell is no row");
}

#[test]
fn sheets_of_charts_are_passed_over_with_a_note() {
    let mut book = Workbook::new();
    line(book.add_worksheet(), 0, &["编号", "内容"]);
    line(book.worksheet_from_index(0).unwrap(), 1, &["1", "积水"]);
    let mut chart = rust_xlsxwriter::Chart::new(rust_xlsxwriter::ChartType::Pie);
    chart.add_series().set_values("Sheet1!$A$1:$A$2");
    book.add_chartsheet().insert_chart(0, 0, &chart).unwrap();
    book.add_worksheet().set_hidden(true);
    let (batch, summary) = read_all(&saved(book), None).unwrap();
    assert_eq!(batch.records.len(), 1);
    assert_eq!((summary.charts.len(), summary.hidden.len()), (1, 1));
}
