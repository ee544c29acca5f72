//! The real letters, where they are at hand: imported whole in every form. The project itself carries none of them.

use qingting_models::store::{Page, QuarantineFilter};
use std::path::PathBuf;

use rust_xlsxwriter::Workbook;
use serde_json::Value;

use super::support::*;

const HEADERS: [&str; 5] = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情"];

fn letters() -> Option<Vec<[String; 5]>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/messages.jsonl");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(_) => {
            println!("the corpus is not at hand: its letters are not imported here");
            return None;
        }
    };
    let rows = text.lines().enumerate().map(|(n, line)| {
        let row: Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let time = field("time").replace('T', " ").chars().take(19).collect();
        [field("id"), format!("网友{n}"), field("title"), time, field("body")]
    });
    Some(rows.collect())
}

fn csv(rows: &[[String; 5]]) -> String {
    let quote = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    let line = |cells: &[String]| cells.iter().map(|c| quote(c)).collect::<Vec<_>>().join(",");
    let mut text = HEADERS.join(",");
    for row in rows {
        text.push('\n');
        text.push_str(&line(row));
    }
    text
}

#[tokio::test]
async fn the_letters_import_whole_in_three_forms_and_again_change_nothing() {
    let Some(mut rows) = letters() else { return };
    let all = rows.len() as i64;
    for engine in engines() {
        let county = County::on(engine).await;
        let text = csv(&rows);
        let utf8 = county.file("letters.csv", &text);
        assert_eq!(county.import(&utf8, "UTF-8"), [all, all, 0, 0, 0]);
        assert_eq!(county.import(&utf8, "UTF-8"), [all, 0, 0, all, 0]);
        println!("{engine:?}: {all} letters read and new; again {all} unchanged");
    }
    let county = County::sqlite().await;
    let utf8 = county.file("letters.csv", csv(&rows));
    assert_eq!(county.import(&utf8, "一处"), [all, all, 0, 0, 0]);
    let text = csv(&rows);
    let (gb, _, lossy) = encoding_rs::GB18030.encode(&text);
    assert!(!lossy);
    let gb = county.file("letters-gb.csv", gb);
    assert_eq!(county.import(&gb, "一处"), [all, 0, 0, all, 0], "the same letters in GB18030");
    let xlsx = county.file("letters.xlsx", workbook(&rows));
    assert_eq!(county.import(&xlsx, "一处"), [all, 0, 0, all, 0], "the same letters in XLSX");

    rows[100][4].push_str(" 补充：已经三个月了。");
    let edited = county.file("edited.csv", csv(&rows));
    assert_eq!(county.import(&edited, "一处"), [all, 0, 1, all - 1, 0]);
    rows[200][3] = "2019-02-31 08:00:00".into();
    let broken = county.file("broken.csv", csv(&rows));
    assert_eq!(county.import(&broken, "一处"), [all, 0, 0, all - 1, 1]);
    let bad =
        county.store().await.quarantine(QuarantineFilter::default(), Page::default()).await.unwrap().rows;
    assert!(bad[0].place.to_string().contains("row 202, column 留言时间"), "{}", bad[0].place);
}

fn workbook(rows: &[[String; 5]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, header) in (0..).zip(HEADERS) {
        sheet.write_string(0, column, header).unwrap();
    }
    for (row, cells) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}
