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
