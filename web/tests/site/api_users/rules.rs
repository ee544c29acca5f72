//! What a county lives by: alert rules, routing, its files, lines and templates, each read, tried, set, and refused.

use axum::http::StatusCode;
use qingting_models::records::Scope;
use serde_json::{Value, json};

use super::{Program, changed, done, json as read, problem, unfit};
use crate::incidents::joined;
use crate::office::Office;

fn rule(name: &str, version: i64, condition: &Value) -> Value {
    json!({"version": version, "name": name, "enabled": true, "condition": condition})
}

#[tokio::test]
async fn an_alert_rule_is_tried_set_and_changed() {
    for office in Office::each().await {
        joined(&office).await;
        let duty = Program::of(&office, "duty").await;
        let condition = json!({"words": {"any": ["绝不会有的词"]}, "topics": ["urban"], "urgency_min": 1});
        let trial = read(&duty.done("/alerts/rules/try", json!({"condition": condition})).await);
        assert_eq!((&trial["caught"], &trial["examples"]), (&json!(0), &json!([])), "{trial}");
        assert!(trial["items"].as_i64().unwrap() > 0 && trial["warning"].is_string(), "{trial}");
        let mut asked = rule("路灯", 0, &condition);
        let told = problem(&duty.post("/alerts/rules", asked.clone()).await, StatusCode::CONFLICT);
        assert!(told.contains("一条也没有命中") && told.contains("anyway"), "{told}");
        asked["anyway"] = json!(true);
        let added = read(&duty.done("/alerts/rules", asked.clone()).await);
        let taken = problem(&duty.post("/alerts/rules", asked.clone()).await, StatusCode::CONFLICT);
        assert!(taken.contains("已有名为“路灯”的规则"), "{taken}");
        let path = format!("/alerts/rules/{}", added["id"].as_str().unwrap());
        let one = duty.read(&path).await;
        assert_eq!(one["condition"]["words"]["any"], json!(["绝不会有的词"]));
        assert_eq!((&one["version"], &one["condition"]["repeat_hours"]), (&json!(1), &json!(24)));
        assert!(one["says"].as_str().unwrap().contains("有其一：绝不会有的词"), "{one}");
        let mut changing = rule("路灯和井盖", 1, &one["condition"]);
        changing["enabled"] = json!(false);
        done(&duty.put(&path, changing.clone()).await);
        changed(&duty.put(&path, changing).await);
        let admin = Program::of(&office, "admin").await;
        let listed = admin.read("/alerts/rules").await;
        assert_eq!(listed.as_array().unwrap().len(), 1);
        assert_eq!(listed[0]["enabled"], false);
        let log = admin.read("/audit?action=alert_rule.change").await;
        assert_eq!(log["rows"][0]["who"], "duty员");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_rule_is_told_at_its_place() {
    let office = Office::new().await;
    let duty = Program::of(&office, "duty").await;
    for (condition, place) in [
        (json!({}), "字段“condition”：一个条件也没有写"),
        (json!({"words": {"any": ["堵路 罢工"]}}), "字段“condition.words”"),
        (json!({"words": {"any": [""]}}), "condition.words.any[0]"),
        (json!({"words": {"near": [{"one": "呕吐", "other": "食堂", "within": 201}]}}), "最多相隔 200"),
        (json!({"words": ["堵路"]}), "condition.words"),
        (json!({"topics": ["money"]}), "不在本县的表里"),
        (json!({"tiers": ["央媒"]}), "央媒"),
        (json!({"incident": {"items_min": 5}}), "一起写"),
        (json!({"urgency_min": 7}), "condition.urgency_min"),
        (json!({"channels": ["telegraph"]}), "condition.channels[0]"),
        (json!({"word": {}}), "没有字段“word”；可用：words、topics"),
        (json!([]), "condition"),
    ] {
        unfit(&duty.post("/alerts/rules", rule("一", 0, &condition)).await, place);
        unfit(&duty.post("/alerts/rules/try", json!({"condition": condition})).await, place);
    }
    let good = json!({"words": {"any": ["路灯"]}});
    unfit(&duty.post("/alerts/rules", rule("", 0, &good)).await, "name");
    let leader = Program::of(&office, "leader").await;
    problem(&leader.get("/alerts/rules").await, StatusCode::FORBIDDEN);
    let reader = Program::with(&office, "duty", &[Scope::CountyRead]).await;
    assert_eq!(reader.get("/alerts/rules").await.status, StatusCode::OK);
    let told = problem(&reader.press("/alerts/rules/first").await, StatusCode::FORBIDDEN);
    assert!(told.contains("county:write"), "{told}");
    done(&duty.press("/alerts/rules/first").await);
    let first = duty.read("/alerts/rules").await;
    for one in first.as_array().unwrap() {
        let path = format!("/alerts/rules/{}", one["id"].as_str().unwrap());
        let mut same = rule(one["name"].as_str().unwrap(), 1, &one["condition"]);
        same["anyway"] = json!(true);
        done(&duty.put(&path, same).await);
    }
    problem(&duty.get("/alerts/rules/0000000000000").await, StatusCode::NOT_FOUND);
}

fn street_lights() -> Value {
    json!({"priority": 1, "topic": "urban", "words": ["路灯", "灯杆"], "department": "jtj", "note": "路灯归交通"})
}

#[tokio::test]
async fn a_row_of_the_routing_table_is_tried_saved_changed_and_removed() {
    for office in Office::each().await {
        let admin = Program::of(&office, "admin").await;
        let table = admin.read("/routing").await;
        let rows = table["rows"].as_array().unwrap().len();
        assert!(table["version"] == 0 && rows > 10, "{rows}");
        let trial = read(&admin.done("/routing/try", json!({"version": 0, "row": street_lights()})).await);
        assert!(trial["items"].is_i64() && trial["departments"].is_array(), "{trial}");
        assert_eq!(office.store.county_mark().await.unwrap(), 0, "a trial stores nothing");
        let asked = json!({"version": 0, "reason": "试点", "row": street_lights()});
        done(&admin.post("/routing", asked.clone()).await);
        changed(&admin.post("/routing", asked).await);
        let duty = Program::of(&office, "duty").await;
        let mine = duty.read("/routing?department=jtj&topic=urban").await;
        let row = mine["rows"].as_array().unwrap().iter().find(|row| row["note"] == "路灯归交通").unwrap();
        assert_eq!(row["words"], json!(["路灯", "灯杆"]));
        assert_eq!((&row["place"], &mine["version"]), (&Value::Null, &json!(1)));
        let path = format!("/routing/{}", row["index"]);
        let mut moved = street_lights();
        moved["department"] = json!("@town");
        moved["valid_to"] = json!("2027-12-31");
        done(&admin.put(&path, json!({"version": 1, "reason": "改属地", "row": moved})).await);
        let now = admin.read("/routing?department=@town").await;
        let row = now["rows"].as_array().unwrap().iter().find(|row| row["note"] == "路灯归交通").unwrap();
        assert_eq!(row["valid_to"], "2027-12-31");
        let gone = json!({"version": 2, "reason": "试点结束"});
        done(&admin.post(&format!("{path}/remove"), gone.clone()).await);
        changed(&admin.post(&format!("{path}/remove"), gone).await);
        assert_eq!(admin.read("/routing").await["rows"].as_array().unwrap().len(), rows);
        problem(&duty.post("/routing", json!({})).await, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_row_is_told() {
    let office = Office::new().await;
    let admin = Program::of(&office, "admin").await;
    let with = |name: &str, value: Value| {
        let mut row = street_lights();
        row[name] = value;
        json!({"version": 0, "reason": "试点", "row": row})
    };
    for (asked, place) in [
        (with("priority", json!("很高")), "row.priority"),
        (with("topic", json!("money")), "没有话题“money”"),
        (with("department", json!("nobody")), "没有单位“nobody”"),
        (with("place", json!("沙漠镇")), "没有乡镇街道“沙漠镇”"),
        (with("words", json!(["路灯|灯杆"])), "row.words"),
        (with("valid_from", json!("明天")), "row.valid_from"),
        (with("colour", json!("red")), "没有字段“colour”；可用：priority"),
        (json!({"version": 0, "row": street_lights()}), "缺少字段“reason”"),
    ] {
        unfit(&admin.post("/routing", asked).await, place);
    }
    let mut backwards = street_lights();
    backwards["valid_from"] = json!("2027-01-01");
    backwards["valid_to"] = json!("2026-01-01");
    let told = json!({"version": 0, "reason": "试点", "row": backwards});
    unfit(&admin.post("/routing", told).await, "字段“row”：routing.csv 第");
    let none = json!({"version": 0, "reason": "试点"});
    problem(&admin.post("/routing/9999/remove", none).await, StatusCode::NOT_FOUND);
    let reader = Program::with(&office, "admin", &[Scope::CountyRead]).await;
    problem(&reader.post("/routing", with("note", json!(""))).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_county_file_is_checked_saved_and_restored() {
    for office in Office::each().await {
        let admin = Program::of(&office, "admin").await;
        let listed = admin.read("/county/files").await;
        let files = listed["files"].as_array().unwrap();
        let routing = files.iter().find(|file| file["name"] == "routing.csv").unwrap();
        assert_eq!((&routing["version"], &routing["changed"]), (&json!(0), &Value::Null));
        let before = admin.read("/county/file?name=routing.csv").await;
        let text = before["text"].as_str().unwrap();
        let longer = format!("{text}1,urban,,,路灯,jtj,路灯归交通,,\r\n");
        let asked = json!({"name": "routing.csv", "text": longer});
        let checked = read(&admin.done("/county/file/check", asked).await);
        assert_eq!(checked["added"], json!(["1,urban,,,路灯,jtj,路灯归交通,,"]));
        assert!(checked["removed"] == json!([]) && checked["moved"].is_null(), "{checked}");
        assert_eq!(office.store.county_mark().await.unwrap(), 0, "a check stores nothing");
        let deadlines = admin.read("/county/file?name=deadlines.toml").await;
        let asked = json!({"name": "deadlines.toml", "text": deadlines["text"]});
        let checked = read(&admin.done("/county/file/check", asked).await);
        assert_eq!(checked["moved"]["cases"], 0);
        let save = |version: i64, text: &str| json!({"name": "routing.csv", "version": version, "text": text, "reason": "路灯改派"});
        done(&admin.put("/county/file", save(0, &longer)).await);
        changed(&admin.put("/county/file", save(0, &longer)).await);
        let bad = longer.replace(",jtj,", ",nobody,");
        let told = unfit(&admin.put("/county/file", save(1, &bad)).await, "字段“text”：routing.csv 第");
        assert!(told.contains("没有代码为“nobody”的单位"), "{told}");
        let now = admin.read("/county/file?name=routing.csv").await;
        assert_eq!((&now["version"], &now["history"][0]["reason"]), (&json!(1), &json!("路灯改派")));
        assert!(!now["text"].as_str().unwrap().contains('\r'));
        let restore = |version: i64, to: i64| json!({"name": "routing.csv", "version": version, "to": to, "reason": "改回去"});
        done(&admin.post("/county/file/restore", restore(1, 0)).await);
        changed(&admin.post("/county/file/restore", restore(1, 0)).await);
        assert_eq!(admin.read("/county/file?name=routing.csv").await["text"], before["text"]);
        done(&admin.post("/county/file/restore", restore(2, 1)).await);
        let old = admin.read("/county/file?name=routing.csv&version=1").await;
        assert_eq!(admin.read("/county/file?name=routing.csv").await["text"], old["text"]);
        problem(&admin.post("/county/file/restore", restore(3, 9)).await, StatusCode::NOT_FOUND);
        for name in ["../master.key", "notes.txt"] {
            problem(&admin.get(&format!("/county/file?name={name}")).await, StatusCode::NOT_FOUND);
            let asked = json!({"name": name, "text": ""});
            problem(&admin.post("/county/file/check", asked).await, StatusCode::NOT_FOUND);
        }
        let duty = Program::of(&office, "duty").await;
        problem(&duty.get("/county/files").await, StatusCode::FORBIDDEN);
    }
}

fn line(name: &str, version: i64) -> Value {
    json!({
        "version": version, "name": name, "text": "逾期交付的，开发企业应当按合同约定支付违约金。",
        "topics": ["housing"], "valid_from": "2026-11-01", "agreed_by": "住建局、县府办", "agreed_on": "2026-11-01"
    })
}

#[tokio::test]
async fn a_line_is_proposed_agreed_changed_and_withdrawn() {
    for office in Office::each().await {
        let reviewer = Program::of(&office, "reviewer").await;
        let proposed = read(&reviewer.done("/lines", line("逾期交付", 0)).await);
        let path = format!("/lines/{}", proposed["id"].as_str().unwrap());
        let duty = Program::of(&office, "duty").await;
        let one = duty.read(&path).await;
        assert_eq!((&one["standing"], &one["departments"]), (&json!("proposed"), &json!(["zjj"])));
        problem(&reviewer.put(&path, line("逾期交付", 1)).await, StatusCode::FORBIDDEN);
        done(&duty.put(&path, line("逾期交付", 1)).await);
        changed(&duty.put(&path, line("逾期交付", 1)).await);
        let one = duty.read(&path).await;
        assert_eq!((&one["standing"], one["versions"].as_array().unwrap().len()), (&json!("valid"), 2));
        let taken = problem(&duty.post("/lines", line("逾期交付", 0)).await, StatusCode::CONFLICT);
        assert!(taken.contains("已经有名称为“逾期交付”的口径"), "{taken}");
        done(&duty.post(&format!("{path}/withdraw"), json!({"version": 2, "reason": "政策变了"})).await);
        let one = duty.read(&path).await;
        assert_eq!((&one["standing"], &one["withdrawn_because"]), (&json!("withdrawn"), &json!("政策变了")));
        let mut nobody = line("无人商定", 0);
        nobody["agreed_by"] = Value::Null;
        unfit(&duty.post("/lines", nobody).await, "由谁商定");
        let mut strange = line("话题", 0);
        strange["topics"] = json!(["money"]);
        unfit(&duty.post("/lines", strange).await, "没有话题“money”");
        let handler = Program::of(&office, "handler").await;
        problem(&handler.post("/lines", line("二", 0)).await, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_template_is_added_changed_and_removed_by_who_keeps_it() {
    for office in Office::each().await {
        let duty = Program::of(&office, "duty").await;
        let template = |name: &str, version: i64, text: &str| json!({"version": version, "name": name, "text": text, "department": "jyj", "state": "handling"});
        done(&duty.post("/templates", template("食堂", 0, "您反映的{标题}已核实。")).await);
        let listed = duty.read("/templates").await;
        let path = format!("/templates/{}", listed[0]["id"].as_str().unwrap());
        assert_eq!(duty.read(&path).await["department"], "jyj");
        done(&duty.put(&path, template("食堂饭菜", 1, "您反映的{标题}已整改。")).await);
        changed(&duty.put(&path, template("食堂饭菜", 1, "您反映的{标题}已整改。")).await);
        unfit(&duty.post("/templates", template("坏", 0, "您反映的{没有这个}已核实。")).await, "没有这个");
        let mut strange = template("坏", 0, "已核实。");
        strange["state"] = json!("nowhere");
        unfit(&duty.post("/templates", strange).await, "字段“state”");
        let reviewer = Program::of(&office, "reviewer").await;
        problem(&reviewer.get(&path).await, StatusCode::NOT_FOUND);
        problem(&reviewer.press(&format!("{path}/remove")).await, StatusCode::NOT_FOUND);
        problem(&reviewer.press("/templates/first").await, StatusCode::CONFLICT);
        let handler = Program::of(&office, "handler").await;
        problem(&handler.get("/templates").await, StatusCode::FORBIDDEN);
        done(&duty.press(&format!("{path}/remove")).await);
        assert_eq!(duty.read("/templates").await, json!([]));
        done(&duty.press("/templates/first").await);
        assert!(!duty.read("/templates").await.as_array().unwrap().is_empty());
    }
}
