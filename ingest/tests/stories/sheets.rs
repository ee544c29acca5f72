//! The sheets that hotlines and complaint platforms export, as text files.

use std::path::PathBuf;

use encoding_rs::GB18030;
use proptest::prelude::*;
use qingting_ingest::record::RawRecord;
use qingting_ingest::sheet::{
    Batch, ColumnMap, HeaderError, Meaning, SURE, SheetError, SheetFormat, SheetSummary, preview, read,
};
use qingting_models::clock::rfc3339;

/// A file of one test; it goes away with its folder.
pub(crate) struct TestFile {
    pub(crate) path: PathBuf,
    _folder: tempfile::TempDir,
}

pub(crate) fn file(name: &str, bytes: impl AsRef<[u8]>) -> TestFile {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    TestFile { path, _folder: folder }
}

pub(crate) fn read_all(
    file: &TestFile,
    map: Option<&ColumnMap>,
) -> Result<(Batch, SheetSummary), SheetError> {
    let mut all = Batch::default();
    let summary = read(&file.path, map, 3, &mut |batch| {
        assert!(batch.rows() <= 3);
        all.records.extend(batch.records);
        all.bad.extend(batch.bad);
        true
    })?;
    assert_eq!(summary.rows as usize, all.rows());
    Ok((all, summary))
}

fn csv(text: &str) -> Batch {
    read_all(&file("一.csv", text), None).unwrap().0
}

fn only(batch: &Batch) -> &RawRecord {
    assert!(batch.bad.is_empty(), "{:?}", batch.bad);
    assert_eq!(batch.records.len(), 1);
    &batch.records[0].1
}

fn extra<'r>(record: &'r RawRecord, header: &str) -> Option<&'r str> {
    record.extra.iter().find(|(name, _)| name == header).map(|(_, value)| value.as_str())
}

/// Columns and one row of values in another order, under a title row.
fn shuffled(columns: &[(&str, &str)], step: usize) -> String {
    let order: Vec<usize> = (0..columns.len()).map(|i| (i * step + 1) % columns.len()).collect();
    let line = |pick: fn(&(&str, &str)) -> String| {
        order.iter().map(|i| pick(&columns[*i])).collect::<Vec<_>>().join(",")
    };
    format!("诉求工单汇总表（一月）\n{}\n{}\n", line(|c| c.0.to_owned()), line(|c| format!("\"{}\"", c.1)))
}

/// 33 columns: 2, 4, 5, 7, 8 and 10 have no factor in common with it.
const PLATFORM: &[(&str, &str)] = &[
    ("诉求编号", "SQ001"),
    ("诉求来源", "电话"),
    ("诉求来源小类", "12345"),
    ("诉求类型", "投诉"),
    ("事件类型", "普通"),
    ("一级分类名称", "城乡建设"),
    ("二级分类名称", "市政"),
    ("三级分类名称", "路灯"),
    ("诉求类别", "公共"),
    ("诉求标题", "路灯不亮"),
    ("诉求内容", "巷口路灯,三天不亮"),
    ("诉求性质", "一般"),
    ("登记时间", "2020/1/6 12:09:38"),
    ("封存时间", ""),
    ("事件状态", "办理中"),
    ("城市名称", "宁波"),
    ("区域名称", "象山"),
    ("街道名称", "丹东街道"),
    ("事发区域", "城区"),
    ("地址描述", "巷口"),
    ("所有办理部门", "综合执法局"),
    ("办理描述", ""),
    ("批转单位", "县中心"),
    ("退回部门", ""),
    ("退回原因", ""),
    ("诉求标签", "路灯"),
    ("事发时间", "2020-01-05 19:30"),
    ("答复内容", ""),
    ("评价满意度", ""),
    ("评价内容", ""),
    ("部门办理截止时间", "2020年1月13日 17:00"),
    ("扬言件类型", ""),
    ("办理结束时间", ""),
];

#[test]
fn the_platform_sheet_is_recognised() {
    for step in [1, 4, 7, 10] {
        let batch = csv(&shuffled(PLATFORM, step));
        let record = only(&batch);
        assert_eq!(record.external_id.as_deref(), Some("SQ001"));
        assert_eq!((record.title.as_str(), record.body.as_str()), ("路灯不亮", "巷口路灯,三天不亮"));
        assert_eq!(record.dispatched_at.map(rfc3339).as_deref(), Some("2020-01-06T12:09:38+08:00"));
        assert_eq!(record.occurred_at.map(rfc3339).as_deref(), Some("2020-01-05T19:30:00+08:00"));
        assert_eq!(record.due_at.map(rfc3339).as_deref(), Some("2020-01-13T17:00:00+08:00"));
        assert!(!record.finished);
        assert_eq!(extra(record, "所有办理部门"), Some("综合执法局"));
        assert_eq!(extra(record, "事件状态"), Some("办理中"));
        assert_eq!(batch.records[0].0.row, 3);
    }
}

#[test]
fn the_call_centre_sheet_keeps_the_caller_apart() {
    let columns = [
        ("工单编号", "GD1"),
        ("诉求人姓名", "章小雨"),
        ("诉求人手机号", "13800001234"),
        ("诉求标题", "拖欠工资"),
        ("市民诉求", "章小雨反映工资三个月未发"),
        ("接诉分类一级", "劳动"),
        ("接诉分类二级", "工资"),
        ("工单类型", "投诉"),
        ("诉求类型", "求助"),
        ("所属区域", "石浦镇"),
        ("受理时间", "2020-01-06 12:09"),
        ("工单状态", "已办结（超期）"),
        ("来源渠道", "电话"),
        ("提交办结时间", ""),
        ("回复时间", ""),
        ("回复诉求人", "是"),
        ("回访结果", "满意"),
        ("处理部门", "人社局"),
        ("催单次数", "2"),
        ("补单次数", "0"),
        ("重复次数", "1"),
    ];
    let batch = csv(&shuffled(&columns, 2));
    let record = only(&batch);
    assert!(record.finished);
    assert_eq!(record.persons.names, ["章小雨"]);
    assert_eq!(record.persons.phones, ["13800001234"]);
    assert!(
        record.extra.iter().all(|(header, _)| !["诉求人姓名", "诉求人手机号"].contains(&header.as_str()))
    );
    assert_eq!(extra(record, "回复诉求人"), Some("是"));
    assert_eq!(extra(record, "催单次数"), Some("2"));
    assert_eq!(record.original.value()["诉求人手机号"], "13800001234");
}

#[test]
fn the_town_sheets_and_the_message_board_are_recognised() {
    let town = [
        ("工单编号", "T1"),
        ("工单标题", "积水"),
        ("工单内容", "门口积水"),
        ("推送时间", "2020/1/6 12:09:38"),
        ("承办单位", "住建局"),
        ("问题分类", "市政"),
        ("问题点位", "北门"),
        ("是否群诉", "否"),
    ];
    assert!(only(&csv(&shuffled(&town, 3))).dispatched_at.is_some());
    let calls = [
        ("工单编号", "T2"),
        ("来电时间", "43836.5"),
        ("诉求标题", "噪声"),
        ("诉求内容", "夜间施工"),
        ("联系电话", "0574-65712345"),
        ("所属区域", "丹西街道"),
        ("承办单位", "综合执法局"),
    ];
    let batch = csv(&shuffled(&calls, 2));
    assert_eq!(only(&batch).occurred_at.map(rfc3339).as_deref(), Some("2020-01-06T12:00:00+08:00"));
    assert_eq!(only(&batch).persons.phones, ["0574-65712345"]);
    let board = [
        ("留言编号", "L1"),
        ("留言用户", "海边的风"),
        ("留言主题", "校车"),
        ("留言时间", "2020/1/6 12:09:38"),
        ("留言详情", "校车何时开通"),
        ("点赞数", "3"),
        ("反对数", "0"),
    ];
    assert_eq!(only(&csv(&shuffled(&board, 3))).persons.names, ["海边的风"]);
}

#[test]
fn a_message_with_answer_and_its_time_is_finished() {
    let sheet = |answer: &str, at: &str| {
        let text = format!(
            "留言编号,留言主题,留言详情,留言时间,答复意见,答复时间\n1,校车,何时开通,2020-01-06,{answer},{at}\n"
        );
        only(&csv(&text)).finished
    };
    assert!(sheet("下月开通", "2020/1/9 10:00"));
    assert!(!sheet("下月开通", ""));
    assert!(!sheet("", "2020/1/9 10:00"));
    assert!(!sheet("无", "-"));
}

#[test]
fn a_record_without_a_number_is_known_by_what_never_changes() {
    let with = |text: &str| only(&csv(text)).significant.clone();
    let one =
        with("诉求标题,诉求内容,来电时间,联系电话,状态\n噪声,夜间施工,2020-01-06 12:09,13800001234,办理中\n");
    let two = with(
        "状态,联系电话,来电时间,诉求内容,诉求标题\n已办结,13800001234,2020/1/6 12:09:00,夜间施工,噪声\n",
    );
    let other = with("诉求标题,诉求内容,来电时间,联系电话\n噪声,夜间施工,2020-01-06 12:09,13900001234\n");
    assert_eq!(one, two);
    assert_ne!(one, other);
}

#[test]
fn counters_and_row_numbers_make_no_new_version_but_states_do() {
    let with = |line: &str| {
        only(&csv(&format!("序号,工单编号,诉求标题,诉求内容,催单次数,工单状态\n{line}\n")))
            .significant
            .clone()
    };
    assert_eq!(with("1,A,噪声,施工,0,办理中"), with("9,A,噪声,施工,5,办理中"));
    assert_ne!(with("1,A,噪声,施工,0,办理中"), with("1,A,噪声,施工,0,已办结"));
}

#[test]
fn a_bad_date_costs_its_row_and_names_row_and_column() {
    let text =
        "工单编号,工单标题,工单内容,推送时间\n1,一,一,2020-02-30\n\n,,,\n2,二,二,2020-03-01\n3,三,三,明天\n";
    let batch = csv(text);
    assert_eq!(batch.records.len(), 1);
    let places: Vec<String> = batch.bad.iter().map(|bad| bad.place.to_string()).collect();
    assert_eq!(places, ["一.csv, row 2, column 推送时间", "一.csv, row 6, column 推送时间"]);
    assert!(batch.bad[0].reason.contains("2020-02-30") && batch.bad[0].reason.contains("allowed"));
    assert_eq!(batch.bad[0].original["工单编号"], "1");
}

#[test]
fn rows_that_say_nothing_or_too_much_are_told() {
    let batch = csv("工单编号,工单标题,工单内容\n1,,\n2,路灯,不亮,因为,逗号\n3,路灯,不亮,,\n4,路灯\n");
    assert_eq!(batch.records.len(), 2);
    assert!(batch.bad[0].reason.contains("neither a title nor a text"));
    assert!(batch.bad[1].reason.contains("5 cells, the header 3"));
}

#[test]
fn line_breaks_separators_and_quotes_within_a_text_stay() {
    let batch = csv("编号;标题;内容\n1;积水;\"第一行;\n第二行 \"\"引\"\"\"\n2;x;y\n");
    assert_eq!(batch.records[0].1.body, "第一行;\n第二行 \"引\"");
    assert_eq!(batch.records.len(), 2);
    assert_eq!(csv("编号\t标题\t内容\n1\t积水\t门口，积水\n").records[0].1.body, "门口，积水");
}

#[test]
fn an_unclosed_quote_costs_its_row_alone() {
    let batch = csv("编号,标题,内容\n1,一,\"没有合上\n2,二,二\n3,三,三\n");
    assert_eq!(batch.records.len(), 2);
    assert_eq!((batch.bad.len(), batch.bad[0].place.row), (1, 2));
    assert!(batch.bad[0].reason.contains("never closed"));
}

#[test]
fn numbers_that_excel_would_spoil_come_in_wrappers() {
    let batch = csv("编号,标题,内容\n=\"00123\",一,一\n'00124,二,二\n\t00125,NULL,三\n");
    let ids: Vec<_> = batch.records.iter().map(|(_, r)| r.external_id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["00123", "00124", "00125"]);
    assert_eq!(batch.records[2].1.title, "");
}

#[test]
fn sheets_are_read_in_every_encoding() {
    let text = "编号,标题,内容\n1,积水,镕基路门口积水严重\n";
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes) in [
        ("UTF-8", text.as_bytes().to_vec()),
        ("UTF-8", [b"\xEF\xBB\xBF", text.as_bytes()].concat()),
        ("gb18030", GB18030.encode(text).0.into_owned()),
        ("UTF-16LE", [b"\xFF\xFE", &wide[..]].concat()),
        ("UTF-16LE", wide),
    ] {
        let (batch, summary) = read_all(&file("a.csv", bytes), None).unwrap();
        assert_eq!(only(&batch).body, "镕基路门口积水严重");
        assert_eq!(summary.encoding, Some(name));
    }
}

#[test]
fn json_lines_are_read_by_their_keys() {
    let text = "{\"id\":7,\"title\":\"积水\",\"content\":\"门口\",\"time\":1578283778}\n\nnot json\n[1]\n\
                {\"编号\":\"8\",\"内容\":\"路灯\",\"手机号\":\"13800001234\"}\n{\"foo\":1}\n";
    let (batch, _) = read_all(&file("a.jsonl", text), None).unwrap();
    assert_eq!(batch.records.len(), 2);
    assert_eq!(batch.records[0].1.external_id.as_deref(), Some("7"));
    assert_eq!(batch.records[0].1.occurred_at.map(rfc3339).as_deref(), Some("2020-01-06T12:09:38+08:00"));
    assert_eq!(batch.records[1].1.persons.phones, ["13800001234"]);
    let rows: Vec<u64> = batch.bad.iter().map(|bad| bad.place.row).collect();
    assert_eq!(rows, [3, 4, 6]);
}

#[test]
fn a_map_names_columns_that_no_table_knows() {
    let sheet = file("a.csv", "甲,乙,丙,联系人\n1,路灯不亮,2020/1/6,章小雨\n");
    assert!(matches!(read_all(&sheet, None), Err(SheetError::Header(_))));
    let map = ColumnMap::parse("external_id = \"甲\"\nbody = \"乙\"\noccurred = \"丙\"").unwrap();
    let (batch, _) = read_all(&sheet, Some(&map)).unwrap();
    let record = only(&batch);
    assert_eq!((record.external_id.as_deref(), record.body.as_str()), (Some("1"), "路灯不亮"));
    assert_eq!(record.persons.names, ["章小雨"]);
    let wrong = ColumnMap::parse("body = \"正文\"").unwrap();
    let told = read_all(&sheet, Some(&wrong)).unwrap_err().to_string();
    assert!(told.contains("\"正文\" for body") && told.contains("甲, 乙, 丙"), "{told}");
}

#[test]
fn a_sheet_without_known_headers_says_what_was_seen_and_what_is_needed() {
    let told = read_all(&file("a.csv", "姓名,年龄\n章小雨,30\n"), None).unwrap_err().to_string();
    assert!(told.contains("姓名, 年龄") && told.contains("诉求内容"), "{told}");
}

/// Every header was measured against every known word, and every column that means the same against every other.
#[test]
fn headers_without_end_are_no_header_row() {
    let row = |cell: fn(usize) -> String| (0..30_000).map(cell).collect::<Vec<_>>().join(",");
    for text in
        [row(|n| format!("列{n}")), row(|_| "内容".into()), format!("编号,内容{}", ",列".repeat(3_000))]
    {
        let refused = read_all(&file("一.csv", &text), None).unwrap_err();
        assert!(matches!(refused, SheetError::Header(HeaderError::NotFound { .. })), "{refused}");
    }
    assert_eq!(csv(&format!("编号,内容\n{}\n", row(|_| "内容".into()))).rows(), 1);
    let lines: String = (0..10_000).map(|n| format!("{{\"列{n}\":\"积水\"}}\n")).collect();
    let (batch, _) = read_all(&file("一.jsonl", lines + "{\"内容\":\"积水\"}"), None).unwrap();
    assert_eq!((batch.records.len(), batch.bad.len()), (1, 10_000));
}

#[test]
fn files_that_are_no_sheets_are_called_by_their_name() {
    let told = |name: &str, bytes: &[u8]| read_all(&file(name, bytes), None).unwrap_err().to_string();
    assert!(told("a.csv", b"").contains("is empty"));
    assert!(told("a.csv", b"\xEF\xBB\xBF \n").contains("is empty"));
    assert!(told("a.xlsx", b"\x89PNG\r\n\x1a\n\0\0").contains("a PNG picture"));
    assert!(told("a.csv", b"\xFF\xD8\xFF\xE0\0\x10JFIF").contains("a JPEG picture"));
    assert!(told("a.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1").contains("no XLS file"));
    assert!(told("a.xls", b"<html><table>").contains("web page"));
    assert!(told("a.xlsx", b"PK\x03\x04broken").contains("no XLSX file"));
    assert!(told("a.json", b"[{\"id\":1}]").contains("one object a line"));
    assert!(told("a.csv", b"ab\0\x01\x02\0\0\0cd,\xff\xfe").contains("binary"));
    let missing = TestFile { path: "/nowhere/a.csv".into(), _folder: tempfile::tempdir().unwrap() };
    assert!(matches!(read_all(&missing, None), Err(SheetError::Io(_))));
}

#[test]
fn reading_stops_when_nobody_listens() {
    let text = format!("编号,内容\n{}", "1,积水\n".repeat(100));
    let mut batches = 0;
    read(&file("a.csv", text).path, None, 10, &mut |_| {
        batches += 1;
        batches < 2
    })
    .unwrap();
    // The rest that was already read may follow.
    assert!(batches <= 3);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), name in "a\\.(csv|xlsx|jsonl)") {
        let _ = read_all(&file(&name, bytes), None);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[,;\t\"'=\n\r{}:0-9年月石a]{0,200}") {
        let _ = read_all(&file("a.csv", format!("编号,标题,内容,推送时间\n{text}")), None);
        let _ = read_all(&file("a.jsonl", format!("{{\"内容\":\"a\"}}\n{text}")), None);
    }
}

#[test]
fn headers_that_are_nearly_known_are_read_and_doubtful_ones_ask_for_a_map() {
    let batch = csv("工单编码,诉求标提,群众诉求内容,登记日期\n1,积水,门口积水严重,2020-01-06\n");
    let record = only(&batch);
    assert_eq!(record.external_id.as_deref(), Some("1"));
    assert_eq!((record.title.as_str(), record.body.as_str()), ("积水", "门口积水严重"));
    assert!(record.dispatched_at.is_some());

    let text =
        "甲,乙,丙\n1,河边的路灯坏了一个多月一直没有人来修,是\n2,小区门口的下水道堵了好几天臭气很大,否\n";
    let sheet = file("a.csv", text);
    let wrong = read_all(&sheet, None).unwrap_err();
    let SheetError::Header(HeaderError::Unsure { row, guess, confidence, unknown }) = &wrong else {
        panic!("{wrong}")
    };
    assert_eq!(
        *unknown,
        ["甲", "丙"],
        "one of them may be the number, which is named now or doubles all later"
    );
    assert_eq!(*row, 1);
    assert!(*confidence < SURE);
    assert!(wrong.to_string().ends_with("body = \"乙\"\n"), "{wrong}");
    let map = ColumnMap::parse(&guess.to_toml()).unwrap();
    assert_eq!(read_all(&sheet, Some(&map)).unwrap().0.records.len(), 2);
}

#[test]
fn a_near_header_row_gives_way_to_a_known_one_below_it() {
    let text = "说明：请填写诉求内容,联系人：张三\n编号,内容\n1,积水\n";
    assert_eq!(only(&csv(text)).body, "积水");
}

#[test]
fn a_header_row_that_comes_again_is_no_row() {
    let batch = csv("编号,内容\n1,积水\n编号,内容\n2,路灯\n");
    assert_eq!((batch.records.len(), batch.bad.len()), (2, 0));
}

#[test]
fn a_preview_shows_columns_confidence_and_the_first_rows() {
    let rows: String = (1..=300).map(|n| format!("{n},第{n}件事情说来话长,2020-01-06\n")).collect();
    let sheet = file("a.csv", format!("工单编号,工单内客,推送时间\n0,一,昨天\n{rows}"));
    let seen = preview(&sheet.path, None).unwrap();
    assert_eq!((seen.format, seen.encoding, seen.rows), (SheetFormat::Csv, Some("UTF-8"), None));
    let [table] = seen.sheets.as_slice() else { panic!("{seen:?}") };
    let columns: Vec<_> =
        table.columns.iter().map(|c| (c.header.as_str(), c.meaning, c.confidence)).collect();
    assert_eq!(columns[0], ("工单编号", Some(Meaning::ExternalId), 1.0));
    assert_eq!(columns[1], ("工单内客", Some(Meaning::Body), 0.75));
    assert_eq!((table.confidence, table.header_row, table.rows.len(), table.bad.len()), (0.75, 1, 10, 1));
    assert!(!table.needs_map());

    let unknown = file("c.csv", "甲,乙\n1,路灯不亮\n");
    let seen = preview(&unknown.path, None).unwrap();
    assert!(seen.sheets[0].needs_map() && !seen.sheets[0].has_text());
    assert_eq!((seen.rows, seen.sheets[0].confidence, seen.sheets[0].columns.len()), (None, 0.0, 2));

    let wrong = ColumnMap::parse("body = \"丙\"").unwrap();
    let told = preview(&unknown.path, Some(&wrong)).unwrap_err();
    assert!(
        matches!(told, SheetError::Header(HeaderError::NotMapped { .. })),
        "a map that was given must fit: {told}"
    );

    let doubtful = file("b.csv", "甲,乙\n1,河边的路灯坏了一个多月一直没有人来修\n");
    let seen = preview(&doubtful.path, None).unwrap();
    assert!(seen.sheets[0].needs_map());
    assert_eq!((seen.rows, seen.sheets[0].map().to_toml().as_str()), (Some(1), "body = \"乙\"\n"));
}
