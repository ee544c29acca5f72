//! Sources set up by a program, and sheets imported by one.

use axum::http::StatusCode;
use qingting_models::records::Scope;
use serde_json::{Value, json};

use super::{Program, done, json as read, problem, unfit};
use crate::office::Office;

fn platform(name: &str) -> Value {
    json!({"name": name, "channel": "hotline", "mode": "handle"})
}

#[tokio::test]
async fn a_source_is_added_given_a_token_changed_and_removed() {
    for office in Office::each().await {
        let admin = Program::of(&office, "admin").await;
        let added =
            read(&admin.done("/sources", json!({"kind": "push", "settings": platform("省平台")})).await);
        assert!(added["token"].as_str().unwrap().starts_with("qt_"));
        let path = format!("/sources/{}", added["id"].as_str().unwrap());
        let one = admin.read(&path).await;
        assert_eq!((&one["has_token"], &one["settings"]["name"]), (&json!(true), &json!("省平台")));
        let mut settings = one["settings"].clone();
        settings["name"] = json!("省平台推送");
        done(&admin.put(&path, json!({"settings": settings})).await);
        assert_eq!(admin.read(&path).await["name"], "省平台推送");
        let other = read(&admin.press(&format!("{path}/token")).await);
        assert!(other["token"] != added["token"] && other["token"].as_str().unwrap().starts_with("qt_"));
        done(&admin.press(&format!("{path}/token/end")).await);
        assert_eq!(admin.read(&path).await["has_token"], false);
        let taken = json!({"kind": "push", "settings": platform("省平台推送")});
        unfit(&admin.post("/sources", taken).await, "字段“settings.name”：已有名为");
        problem(&admin.press(&format!("/sources/{}/token", office.source)).await, StatusCode::CONFLICT);
        problem(&admin.press(&format!("{path}/move")).await, StatusCode::CONFLICT);
        done(&admin.press(&format!("{path}/remove")).await);
        problem(&admin.get(&path).await, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_source_with_a_secret_never_tells_it() {
    let office = Office::new().await;
    let admin = Program::of(&office, "admin").await;
    let settings = json!({
        "name": "接口", "channel": "site", "mode": "mirror", "address": "https://example.cn/api", "minutes": 30,
        "pull_records": "$.rows[*]", "pull_title": "$.t", "pull_id": "$.id", "secret_header": "X-Api-Key",
        "paging": "number", "paging_parameter": "page"
    });
    let asked = json!({"kind": "pull", "settings": settings, "secret": "open-sesame"});
    let added = read(&admin.done("/sources", asked).await);
    let path = format!("/sources/{}", added["id"].as_str().unwrap());
    let one = admin.get(&path).await;
    assert!(!one.body.contains("open-sesame"), "{}", one.body);
    let one = read(&one);
    assert_eq!((&one["has_secret"], &one["settings"]["paging_first"]), (&json!(true), &json!(1)));
    done(&admin.put(&path, json!({"settings": one["settings"]})).await);
    let again = admin.read(&path).await;
    assert_eq!((&again["settings"], &again["has_secret"]), (&one["settings"], &json!(true)));
    let tried = json!({"kind": "pull", "settings": one["settings"], "source": added["id"]});
    let trial = read(&admin.done("/sources/try", tried).await);
    assert!(trial["read"].is_null() && trial["problem"].as_str().unwrap().contains("试读"), "{trial}");
    let saved = read(&admin.press(&format!("{path}/try")).await);
    assert_eq!(saved["problem"], trial["problem"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_source_is_told_at_its_field() {
    let office = Office::new().await;
    let admin = Program::of(&office, "admin").await;
    let feed = |name: &str, value: Value| {
        let mut settings = platform("县网");
        settings["address"] = json!("https://example.cn/rss");
        settings["minutes"] = json!(15);
        settings[name] = value;
        json!({"kind": "feed", "settings": settings})
    };
    for (asked, place) in [
        (feed("minutes", json!(0)), "字段“settings.minutes”：读取间隔要在"),
        (feed("minutes", json!("很快")), "settings.minutes"),
        (feed("address", Value::Null), "字段“settings.address”：请填写地址"),
        (feed("name", Value::Null), "字段“settings.name”"),
        (feed("channel", json!("telegraph")), "settings.channel"),
        (feed("tier", json!("央媒")), "字段“settings.tier”：本县没有级别"),
        (feed("colour", json!("red")), "没有字段“colour”"),
        (json!({"kind": "fax", "settings": platform("一")}), "kind"),
        (json!({"kind": "pull", "settings": platform("一")}), "字段“settings.pull_records”"),
        (json!({"kind": "push", "settings": platform("一"), "secret": "s"}), "字段“settings.secret_header”"),
    ] {
        unfit(&admin.post("/sources", asked).await, place);
    }
    let source = format!("/sources/{}", office.source);
    unfit(&admin.put(&source, json!({"settings": {}})).await, "字段“settings.channel”");
    let duty = Program::of(&office, "duty").await;
    problem(&duty.post("/sources", feed("minutes", json!(15))).await, StatusCode::FORBIDDEN);
    let other = Program::with(&office, "admin", &[Scope::CountyWrite]).await;
    problem(&other.press(&format!("{source}/remove")).await, StatusCode::FORBIDDEN);
}

const SHEET: &str = "工单编号,标题,内容,登记时间,联系电话,承办科室\n\
    A1,路灯不亮,请回电13800000000,2026-11-01 09:30,13800000000,城建科\n\
    A2,井盖松动,中山路,昨天,13900000000,城建科\n";

#[tokio::test]
async fn a_sheet_is_looked_at_told_imported_and_its_outcome_taken_back() {
    for office in Office::each().await {
        let admin = Program::of(&office, "admin").await;
        let path = format!("/sources/{}/import", office.source);
        let looked = admin.file(&format!("{path}?name=a.csv"), SHEET.as_bytes()).await;
        assert_eq!(looked.status, StatusCode::OK, "{}", looked.body);
        assert!(!looked.body.contains("13800000000"), "the preview is masked");
        let preview = read(&looked);
        let table = &preview["tables"][0];
        assert_eq!((&preview["rows"], &preview["ready"]), (&json!(2), &json!(true)));
        assert_eq!(table["columns"][0]["meaning"], "external_id");
        assert_eq!(table["rows"][0]["title"], "路灯不亮");
        assert!(table["bad"][0]["why"].as_str().unwrap().contains("“昨天”不是时间"), "{table}");
        let file = preview["file"].as_str().unwrap();
        let columns = json!([
            {"header": "工单编号", "meaning": "external_id"}, {"header": "标题", "meaning": "title"},
            {"header": "内容", "meaning": "body"}, {"header": "登记时间", "meaning": "occurred"}
        ]);
        let mapped = json!({"file": file, "columns": columns});
        let mapped = read(&admin.done(&format!("{path}/map"), mapped).await);
        assert_eq!(mapped["mapped"], true, "{mapped}");
        let strange = json!({"file": file, "columns": [{"header": "标题", "meaning": "headline"}]});
        unfit(&admin.post(&format!("{path}/map"), strange).await, "字段“columns”：没有含义“headline”");
        let back = read(&admin.done(&format!("{path}/map"), json!({"file": file, "columns": []})).await);
        assert_eq!(back["mapped"], false);
        let ran = read(&admin.done(&format!("{path}/run"), json!({"file": file})).await);
        let counts = (&ran["read"], &ran["new"], &ran["quarantined"], &ran["running"]);
        assert_eq!(counts, (&json!(2), &json!(1), &json!(1), &json!(false)), "{ran}");
        let again = read(&admin.done(&format!("{path}/run"), json!({"file": file})).await);
        assert_eq!(again, ran, "a second time imports nothing again");
        assert_eq!(admin.read(&format!("{path}/{file}/result")).await, ran);
        let outcome = admin.get(&format!("{path}/{file}/outcome")).await;
        assert!(outcome.status == StatusCode::OK && outcome.body.starts_with("PK"));
        let empty = admin.file(&format!("{path}?name=a.csv"), b"").await;
        unfit(&empty, "文件不能是空的");
        let none = admin.file(&format!("{path}?name=a.csv"), b"\x00\x01\x02 no sheet").await;
        unfit(&none, "读不了");
        let pushed = admin.done("/sources", json!({"kind": "push", "settings": platform("省平台")})).await;
        let pushed = read(&pushed)["id"].as_str().unwrap().to_owned();
        for what in ["result", "outcome"] {
            let none = admin.get(&format!("/sources/{pushed}/import/0000000000000/{what}")).await;
            problem(&none, StatusCode::NOT_FOUND);
        }
        let gone = json!({"file": "0000000000000"});
        problem(&admin.post(&format!("{path}/run"), gone).await, StatusCode::CONFLICT);
        let duty = Program::of(&office, "duty").await;
        problem(&duty.file(&format!("{path}?name=a.csv"), SHEET.as_bytes()).await, StatusCode::FORBIDDEN);
    }
}
