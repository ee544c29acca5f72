//! Importing a sheet on a page: upload, preview, column map, import, outcome, and that no file is left behind.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use qingting_models::records::Viewer;
use qingting_models::store::{ItemFilter, ItemState, Page};

use crate::office::{Answer, CSRF, HOSTILE, Office};

const SHEET: &str = "工单编号,标题,内容,登记时间,联系电话\n\
    A1,路灯不亮,请回电13800000000,2026-11-01 09:30,13800000000\n\
    A2,井盖松动,中山路,昨天,13900000000\n";

pub(crate) async fn upload(office: &Office, name: &str, bytes: &str) -> Answer {
    let edge = "edge-of-the-test";
    let body = format!(
        "--{edge}\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{CSRF}\r\n\
         --{edge}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n{bytes}\r\n--{edge}--\r\n"
    );
    let request = Request::post(format!("/sources/{}/import", office.source))
        .header("host", "qt.test")
        .header("origin", "http://qt.test")
        .header("cookie", office.cookie("admin").await)
        .header("content-type", format!("multipart/form-data; boundary={edge}"))
        .body(Body::from(body));
    office.send(request.unwrap()).await
}

pub(crate) fn file_of(answer: &Answer) -> String {
    let file = answer.body.split("name=\"file\" value=\"").nth(1).and_then(|r| r.split('"').next());
    file.unwrap_or_else(|| panic!("no file: {}", answer.body)).to_owned()
}

/// Files anywhere below a folder.
fn files(dir: &std::path::Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let of = |path: std::path::PathBuf| match path.is_dir() {
        true => files(&path),
        false => vec![path.file_name().unwrap().to_string_lossy().into_owned()],
    };
    entries.flatten().flat_map(|entry| of(entry.path())).collect()
}

#[tokio::test]
async fn a_sheet_is_previewed_masked_then_imported_and_deleted() {
    for office in Office::each().await {
        let page = office.get("admin", &format!("/sources/{}/import", office.source)).await;
        assert!(page.body.contains("multipart/form-data"), "{}", page.body);
        let preview = upload(&office, "日报.csv", SHEET).await;
        assert_eq!(preview.status, StatusCode::OK, "{}", preview.body);
        for words in ["路灯不亮", "编号", "“昨天”不是时间", "日报.csv", "共 2 行"] {
            assert!(preview.body.contains(words), "{words}: {}", preview.body);
        }
        assert!(!preview.body.contains("13800000000"), "the preview is masked");
        assert_eq!(files(office.uploads()), ["日报.csv"]);
        let path = format!("/sources/{}/import/run", office.source);
        let file = file_of(&preview);
        let result = office.post("admin", &path, &[("file", &file)]).await;
        assert_eq!(result.status, StatusCode::SEE_OTHER, "{}", result.body);
        let shown = result.location();
        // The page of the result can be loaded again.
        for _ in 0..2 {
            let result = office.get("admin", shown).await;
            assert_eq!(result.status, StatusCode::OK, "{}", result.body);
            assert!(result.body.contains("<dt>新收</dt><dd>1 条</dd>"), "{}", result.body);
        }
        let over = office.get("admin", &shown.replace("/result", "/progress")).await;
        assert_eq!((over.status, over.body.as_str()), (StatusCode::OK, "null"));
        let result = office.get("admin", shown).await;
        let mut left = files(office.uploads());
        left.sort();
        assert_eq!(left, ["outcome.xlsx", "result.json"], "the sheet is gone");
        let outcome = result.body.split("href=\"").find(|r| r.contains("/outcome")).unwrap();
        let outcome = office.get("admin", outcome.split('"').next().unwrap()).await;
        assert_eq!(outcome.status, StatusCode::OK);
        assert!(outcome.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
        assert!(outcome.body.starts_with("PK"));
        let again = office.post("admin", &path, &[("file", &file)]).await;
        assert_eq!(again.location(), shown, "a second press imports nothing again");
        let again = upload(&office, "日报.csv", SHEET).await;
        let again = office.post("admin", &path, &[("file", &file_of(&again))]).await;
        let again = office.get("admin", again.location()).await;
        assert!(again.body.contains("<dt>未变</dt><dd>1 条</dd>"), "{}", again.body);
    }
}

#[tokio::test]
async fn the_meaning_of_columns_is_chosen_saved_and_taken_back() {
    let office = Office::new().await;
    let known = upload(&office, "b.csv", "标题,内容,甲列\n路灯不亮,中山路,中山路的路灯\n").await;
    let file = file_of(&known);
    let path = format!("/sources/{}/import/map", office.source);
    let form = [
        ("file", file.as_str()),
        ("h-0", "标题"),
        ("m-0", "title"),
        ("h-1", "内容"),
        ("m-1", ""),
        ("h-2", "甲列"),
        ("m-2", "body"),
    ];
    let mapped = office.post("admin", &path, &form).await;
    assert!(mapped.body.contains("列的含义已保存"), "{}", mapped.body);
    let map = office.store.source(office.source).await.unwrap().unwrap().column_map.unwrap();
    assert!(map.contains("body = [\"甲列\"]"), "{map}");
    let other = [("file", file.as_str()), ("h-0", "标题"), ("m-0", "title")];
    let other = office.post("admin", &path, &other).await;
    assert!(other.body.contains("代替了这个来源原来保存的那一份"), "{}", other.body);
    let twice = [("file", file.as_str()), ("h-0", "标题"), ("m-0", "state")];
    let wrong = office.post("admin", &path, &twice).await;
    assert!(wrong.body.contains("没有保存"), "{}", wrong.body);
    let cleared = office.post("admin", &path, &[("file", &file), ("clear", "1")]).await;
    assert!(cleared.body.contains("已恢复自动识别"), "{}", cleared.body);
    assert_eq!(office.store.source(office.source).await.unwrap().unwrap().column_map, None);
}

#[tokio::test]
async fn what_a_sheet_would_show_and_what_it_lacks_is_told_before_it_is_imported() {
    let office = Office::new().await;
    let whole = upload(&office, "a.csv", SHEET).await.body;
    assert!(!whole.contains("没有编号列") && !whole.contains("没有时间列"), "{whole}");
    let sheet = "标题,内容,备注栏\n路灯不亮,中山路,经手人证件33022519800101123X，已转\n";
    let empty = upload(&office, "空.csv", "工单编号,标题,内容,登记时间\n").await.body;
    assert!(empty.contains("只有表头") && !empty.contains("import/run"), "{empty}");
    let lacking = upload(&office, "b.csv", sheet).await.body;
    for words in ["没有编号列", "没有时间列", "备注栏：经手人证件〔身份证号〕，已转", "普通列的值脱敏后显示"]
    {
        assert!(lacking.contains(words), "{words}: {lacking}");
    }
}

#[tokio::test]
async fn a_meaning_that_was_chosen_counts_though_only_the_import_was_pressed() {
    let office = Office::new().await;
    let sheet = "工单编号,诉求内容,附注栏\nA1,路灯不亮,王老太在菜场口\n";
    let file = file_of(&upload(&office, "a.csv", sheet).await);
    let run = format!("/sources/{}/import/run", office.source);
    let form = |meaning: &'static str| {
        [
            ("file", file.clone()),
            ("h-0", "工单编号".into()),
            ("w-0", "external_id".into()),
            ("m-0", "external_id".into()),
            ("h-1", "诉求内容".into()),
            ("w-1", "body".into()),
            ("m-1", if meaning == "state" { "state" } else { "body" }.into()),
            ("h-2", "附注栏".into()),
            ("w-2", String::new()),
            ("m-2", meaning.into()),
        ]
    };
    let press = async |meaning| {
        let fields = form(meaning);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        office.post("admin", &run, &fields).await
    };
    let refused = press("state").await;
    assert!(refused.body.contains("列的含义没有保存"), "{}", refused.body);
    let done = press("person_other").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let filter = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
    let items = office.store.items(&Viewer::SYSTEM, &filter, Page::default()).await.unwrap().rows;
    let item = items.iter().find(|item| item.content.body == "路灯不亮").unwrap();
    assert_eq!(item.content.upstream.fields, [], "what was said of the column is not shown");
}

#[tokio::test]
async fn a_sheet_whose_headers_say_nothing_is_imported_once_its_columns_are_named() {
    let office = Office::new().await;
    let looked = upload(&office, "a.csv", "甲列,乙列\n1,路灯不亮\n2,水管破了\n").await;
    assert_eq!(looked.status, StatusCode::OK, "{}", looked.body);
    assert!(looked.body.contains("没有认出哪一列是内容"), "{}", looked.body);
    assert!(looked.body.contains("name=\"m-1\"") && !looked.body.contains("import/run"), "{}", looked.body);
    let file = file_of(&looked);
    let map = format!("/sources/{}/import/map", office.source);
    let send = async |first: &str, second: &str| {
        let form = [("file", &*file), ("h-0", "甲列"), ("m-0", first), ("h-1", "乙列"), ("m-1", second)];
        office.post("admin", &map, &form).await
    };
    let wrong = send("external_id", "state").await;
    assert!(wrong.body.contains("没有保存"), "{}", wrong.body);
    let chosen = |word: &str| format!("<option value=\"{word}\" selected>");
    assert!(
        wrong.body.contains(&chosen("external_id")) && wrong.body.contains(&chosen("state")),
        "{}",
        wrong.body
    );
    let doubtful = upload(&office, "b.csv", "甲列,乙列\n1,河边的路灯坏了一个多月一直没有人来修\n").await;
    assert!(doubtful.body.contains("保存后再导入"), "{}", doubtful.body);
    assert!(!doubtful.body.contains("import/run"), "nothing of it would be read: {}", doubtful.body);
    let named = send("external_id", "body").await;
    assert!(named.body.contains("import/run") && named.body.contains("恢复自动识别"), "{}", named.body);
    let run = format!("/sources/{}/import/run", office.source);
    let done = office.post("admin", &run, &[("file", &file)]).await;
    let result = office.get("admin", done.location()).await;
    assert!(result.body.contains("<dt>新收</dt><dd>2 条</dd>"), "{}", result.body);
}

#[tokio::test]
async fn what_is_no_sheet_and_hostile_names_are_told_and_shown_as_text() {
    let office = Office::new().await;
    let binary = upload(&office, "x.xlsx", "\u{1}\u{2}\u{0}\u{0}no sheet").await;
    assert_eq!(binary.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", binary.body);
    assert!(binary.body.contains("这个文件读不了"), "{}", binary.body);
    let empty = upload(&office, "x.csv", "").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let name = HOSTILE.replace('"', "%22");
    let sheet = format!("标题,内容,{}\n{HOSTILE},路灯,x\n", HOSTILE.replace('"', ""));
    let hostile = upload(&office, &format!("../../{name}.csv"), &sheet).await;
    assert!(!hostile.body.contains("<script>alert") && !hostile.body.contains("<img src=x"));
    let run = format!("/sources/{}/import/run", office.source);
    for file in ["", "x", "../x", "0000000000001"] {
        let answer = office.post("admin", &run, &[("file", file)]).await;
        assert!(answer.status.is_client_error(), "{file}: {}", answer.status);
    }
}
