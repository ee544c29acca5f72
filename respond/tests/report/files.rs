//! The files of a report, read back: the Word file by its XML, the sheet and the CSV by their cells.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use jiff::civil::date;
use qingting_models::records::*;
use qingting_models::store::testing::each_database;
use qingting_respond::report::Source;
use qingting_respond::report::document::{Block, Value};

use crate::county::{World, at};

async fn report(world: &mut World) -> Source {
    world.live(at("2026-08-03T00:00"), 98, 9).await;
    let span = ReportSpan::week_of(date(2026, 10, 19)).unwrap();
    let figures = world.desk.report(span, ReportScope::default()).await.unwrap();
    Source::Counted(Box::new(figures))
}

fn parts(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    names
        .into_iter()
        .map(|name| {
            let mut bytes = Vec::new();
            zip.by_name(&name).unwrap().read_to_end(&mut bytes).unwrap();
            (name, bytes)
        })
        .collect()
}

/// Every part of XML is well-formed.
fn check_xml(name: &str, bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let mut reader = quick_xml::Reader::from_str(&text);
    reader.config_mut().check_end_names = true;
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Eof) => return text.clone(),
            Ok(_) => {}
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

/// The texts between two marks, in order.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.split(from).skip(1).map(|rest| rest.split(to).next().unwrap()).collect()
}

#[tokio::test]
async fn the_word_file_has_the_layout_of_government_documents() {
    for store in each_database().await.unwrap() {
        let mut world = World::new(store, 21).await;
        let source = report(&mut world).await;
        let bytes = world.desk.report_docx(&source).await.unwrap();
        assert_eq!(bytes, world.desk.report_docx(&source).await.unwrap(), "the same report, the same file");
        let parts = parts(&bytes);
        let xml = |name: &str| check_xml(name, &parts[name]);
        for name in parts.keys().filter(|name| !name.ends_with(".emf")) {
            xml(name);
        }
        let document = xml("word/document.xml");
        // A4; 37 mm above, 28 mm at the binding, 156 by 225 mm of text: within a twentieth of a point.
        assert!(document.contains(r#"<w:pgSz w:w="11906" w:h="16838"/>"#));
        let margin = between(&document, "<w:pgMar ", "/>")[0];
        let twips = |name: &str| -> f64 {
            between(margin, &format!("w:{name}=\""), "\"")[0].parse::<f64>().unwrap() / 1440.0 * 25.4
        };
        for (name, millimetres) in [("top", 37.0), ("left", 28.0), ("right", 26.0), ("bottom", 35.0)] {
            assert!((twips(name) - millimetres).abs() < 0.02, "{name}: {}", twips(name));
        }
        // 22 lines fit into 225 mm and 23 do not; 28 letters of 16 points, each a quarter of a point closer, into 156 mm.
        let pitch: f64 = between(&document, "w:linePitch=\"", "\"")[0].parse().unwrap();
        assert!(pitch * 22.0 <= 225.0 / 25.4 * 1440.0 && pitch * 23.0 > 225.0 / 25.4 * 1440.0);
        let space: f64 = between(&document, "w:charSpace=\"", "\"")[0].parse().unwrap();
        assert!(((16.0 + space / 4096.0) * 28.0 - 156.0 / 25.4 * 72.0).abs() < 0.1);
        let styles = xml("word/styles.xml");
        let style = |id: &str| between(&styles, &format!("w:styleId=\"{id}\""), "</w:style>")[0].to_owned();
        for (id, font, size) in [
            ("Normal", "仿宋_GB2312", 32),
            ("Body", "仿宋_GB2312", 32),
            ("Title", "方正小标宋简体", 44),
            ("Heading1", "黑体", 32),
            ("Heading2", "楷体_GB2312", 32),
        ] {
            let style = style(id);
            assert!(style.contains(&format!("w:eastAsia=\"{font}\"")), "{id}: {style}");
            assert!(style.contains(&format!("<w:sz w:val=\"{size}\"/>")), "{id}: {style}");
        }
        assert!(
            style("Body").contains(r#"<w:spacing w:val="-5"/>"#)
                && style("Body").contains("firstLineChars=\"200\"")
        );
        let fonts = xml("word/fontTable.xml");
        for (font, other) in [("仿宋_GB2312", "仿宋"), ("方正小标宋简体", "宋体")] {
            let named = between(&fonts, &format!("w:name=\"{font}\""), "</w:font>")[0];
            assert!(named.contains("altName") && named.contains(other), "{named}");
        }
        // Each table repeats its head and cuts no row; each chart is a picture with its words.
        let tables = between(&document, "<w:tbl>", "</w:tbl>");
        assert_eq!(tables.len(), source.document().tables().count() + 1);
        for table in &tables {
            assert_eq!(table.matches("<w:tblHeader/>").count(), 1);
        }
        for chart in source.document().charts() {
            assert!(document.contains(&format!("descr=\"{}\"", chart.drawing.says)), "{}", chart.title);
        }
        assert_eq!(
            parts.keys().filter(|name| name.ends_with(".emf")).count(),
            source.document().charts().count()
        );
        for (n, chapter) in source.document().chapters.iter().enumerate() {
            assert!(document.contains(&chapter.title));
            assert!(
                document.contains(&format!(" PAGEREF _Toc{n} "))
                    && document.contains(&format!("w:name=\"_Toc{n}\""))
            );
        }
    }
}

#[tokio::test]
async fn the_word_file_says_what_the_figures_say() {
    for store in each_database().await.unwrap() {
        let mut world = World::new(store, 22).await;
        let source = report(&mut world).await;
        let parts = parts(&world.desk.report_docx(&source).await.unwrap());
        let document = String::from_utf8(parts["word/document.xml"].clone()).unwrap();
        let read: Vec<Vec<Vec<String>>> = between(&document, "<w:tbl>", "</w:tbl>")
            .into_iter()
            .map(|table| {
                let rows = between(table, "<w:tr>", "</w:tr>");
                let cells = |row: &str| -> Vec<String> {
                    let texts = between(row, "<w:t xml:space=\"preserve\">", "</w:t>");
                    texts
                        .into_iter()
                        .map(|text| quick_xml::escape::unescape(text).unwrap().into_owned())
                        .collect()
                };
                rows.into_iter().skip(1).map(cells).collect()
            })
            .collect();
        let report = source.document();
        for (table, read) in report.tables().zip(&read).filter(|(table, _)| !table.rows.is_empty()) {
            let meant: Vec<Vec<String>> =
                table.rows.iter().map(|row| row.iter().map(|cell| cell.value.text()).collect()).collect();
            assert_eq!(&meant, read, "{}", table.title);
        }
        assert_eq!(read.last().unwrap().len() as i64, source.figures().unwrap().totals.items.now.min(200));
    }
}

#[tokio::test]
async fn sheets_hold_numbers_that_read_back_and_no_formula() {
    for store in each_database().await.unwrap() {
        let mut world = World::new(store, 23).await;
        let source = report(&mut world).await;
        let bytes = world.desk.report_xlsx(&source).await.unwrap();
        let mut book: calamine::Xlsx<_> =
            calamine::open_workbook_from_rs(Cursor::new(bytes.clone())).unwrap();
        let report = source.document();
        for table in report.tables() {
            let range = calamine::Reader::worksheet_range(&mut book, &table.title).unwrap();
            for (n, row) in table.rows.iter().enumerate() {
                for (m, cell) in row.iter().enumerate() {
                    let read = range.get_value((n as u32 + 1, m as u32));
                    let number = read.and_then(calamine::DataType::as_f64);
                    match &cell.value {
                        Value::Count(count) => assert_eq!(number, Some(*count as f64), "{}", table.title),
                        Value::Number(value) | Value::Share(value) => {
                            assert!((number.unwrap() - value).abs() < 1e-9, "{}", table.title);
                        }
                        Value::Text(text) if !text.is_empty() => {
                            assert_eq!(read.map(ToString::to_string).as_ref(), Some(text), "{}", table.title);
                        }
                        _ => {}
                    }
                }
            }
        }
        let annex = calamine::Reader::worksheet_range(&mut book, "附件").unwrap();
        assert_eq!(annex.height() as i64, source.figures().unwrap().totals.items.now + 1);
        for (name, part) in parts(&bytes).iter().filter(|(name, _)| name.starts_with("xl/worksheets/sheet")) {
            let xml = check_xml(name, part);
            assert!(!xml.contains("<f>"), "{name} has a formula");
            assert!(
                name.ends_with("sheet1.xml") || xml.contains("<pane ") && xml.contains("<autoFilter "),
                "{name}"
            );
        }
        let files = world.desk.report_csv(&source).await.unwrap();
        assert_eq!(files.len(), report.tables().count() + 1);
        let (name, bytes) = &files[0];
        assert_eq!(name, "表1 总体情况.csv");
        let text = std::str::from_utf8(bytes).unwrap().strip_prefix('\u{feff}').unwrap();
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let first = rows.records().next().unwrap().unwrap();
        assert_eq!(&first[1], source.figures().unwrap().totals.items.now.to_string());
        let annex = std::str::from_utf8(&files.last().unwrap().1).unwrap().lines().count() as i64;
        assert_eq!(annex, source.figures().unwrap().totals.items.now + 1);
    }
}

#[tokio::test]
async fn sentences_say_figures_that_stand_in_the_tables() {
    for store in each_database().await.unwrap() {
        let mut world = World::new(store, 24).await;
        let source = report(&mut world).await;
        let (figures, report) = (source.figures().unwrap(), source.document());
        let overview = &report.chapters[0];
        let Block::Sentence(first) = &overview.blocks[0] else { panic!("{overview:?}") };
        let totals = figures.totals;
        let meant = format!(
            "本周收到信息 {} 条，其中诉求 {} 件、新闻 {} 条，涉及事件 {} 起",
            totals.items.now, totals.demands.now, totals.news.now, totals.incidents.now
        );
        assert!(first.starts_with(&meant), "{first}");
        // Each table that a sentence names is there.
        let titles: Vec<&str> = report.tables().map(|table| table.title.split(' ').next().unwrap()).collect();
        for block in report.chapters.iter().flat_map(|chapter| &chapter.blocks) {
            if let Block::Sentence(text) = block {
                for named in between(text, "（表", "）") {
                    assert!(titles.contains(&format!("表{named}").as_str()), "{text}");
                }
            }
        }
    }
}
