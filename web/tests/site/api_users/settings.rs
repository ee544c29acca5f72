//! What administrators keep, and what is read of the whole: notices, the model, the system, trends, briefs.

use std::sync::Arc;

use axum::http::StatusCode;
use qingting_models::records::Scope;
use serde_json::{Value, json};

use super::{Program, changed, done, json as read, problem, unfit};
use crate::incidents::joined;
use crate::office::Office;

#[tokio::test]
async fn who_is_on_duty_is_said_by_a_program() {
    for office in Office::each().await {
        let duty = Program::of(&office, "duty").await;
        let user = office.user("leader").await.id.to_string();
        let shift =
            |user: &str, from: &str, to: &str| json!({"user": user, "from": from, "to": to, "note": "节日"});
        let (from, to) = ("2030-01-01 08:30", "2030-01-02T08:30");
        done(&duty.post("/notices/roster/add", shift(&user, from, to)).await);
        let listed = duty.read("/notices/roster").await;
        assert_eq!(
            (&listed[0]["name"], &listed[0]["from"]),
            (&json!("leader员"), &json!("2030-01-01T08:30:00+08:00"))
        );
        unfit(&duty.post("/notices/roster/add", shift(&user, to, from)).await, "“到”要晚于“从”");
        unfit(&duty.post("/notices/roster/add", shift(&user, "明早", to)).await, "“从”要写成");
        let handler = office.user("handler").await.id.to_string();
        unfit(&duty.post("/notices/roster/add", shift(&handler, from, to)).await, "值班人");
        let remove = format!("/notices/roster/{}/remove", listed[0]["id"].as_str().unwrap());
        done(&duty.press(&remove).await);
        problem(&duty.press(&remove).await, StatusCode::NOT_FOUND);
        let leader = Program::of(&office, "leader").await;
        problem(&leader.get("/notices/roster").await, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn notice_rules_are_set_and_told_what_is_wrong() {
    for office in Office::each().await {
        let admin = Program::of(&office, "admin").await;
        done(&admin.press("/notices/rules/first").await);
        let first = admin.read("/notices/rules").await;
        assert!(first.as_array().unwrap().len() > 2);
        for rule in first.as_array().unwrap() {
            let path = format!("/notices/rules/{}", rule["id"].as_str().unwrap());
            let asked = json!({"version": 1, "name": rule["name"], "enabled": false, "plan": rule["plan"]});
            done(&admin.put(&path, asked.clone()).await);
            changed(&admin.put(&path, asked).await);
            let now = admin.read(&path).await;
            assert_eq!((&now["plan"], &now["enabled"]), (&rule["plan"], &json!(false)));
        }
        let event = first[0]["plan"]["events"][0].clone();
        let plan = json!({
            "events": [event], "receivers": {"on_duty": true}, "wait_minutes": 5,
            "hours": {"from": "08:00", "to": "20:00", "workdays": true}
        });
        let asked = |plan: &Value| json!({"version": 0, "name": "夜里", "enabled": true, "plan": plan});
        done(&admin.post("/notices/rules", asked(&plan)).await);
        let taken = problem(&admin.post("/notices/rules", asked(&plan)).await, StatusCode::CONFLICT);
        assert!(taken.contains("已有名为“夜里”的规则"), "{taken}");
        let with = |name: &str, value: Value| {
            let mut plan = plan.clone();
            plan[name] = value;
            asked(&plan)
        };
        for (asked, place) in [
            (with("events", json!([])), "字段“plan”：请至少选一种通知"),
            (with("events", json!(["doorbell"])), "plan.events[0]"),
            (with("receivers", json!({})), "请至少选一类接收人"),
            (with("receivers", json!({"users": ["0000000000000"]})), "用户表里没有"),
            (with("hours", json!({"from": "8点", "to": "20:00"})), "plan.hours.from"),
            (with("wait_minutes", json!(9999)), "太久"),
            (with("channels", json!(["0000000000000"])), "没有这个外发渠道"),
        ] {
            unfit(&admin.post("/notices/rules", asked).await, place);
        }
        let duty = Program::of(&office, "duty").await;
        problem(&duty.get("/notices/rules").await, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn channels_and_contacts_take_secrets_and_never_tell_them() {
    let office = Office::new().await;
    let admin = Program::of(&office, "admin").await;
    let hook = |version: i64, sign: Option<&str>| {
        json!({
            "version": version, "kind": "webhook", "name": "大屏", "enabled": true, "inside": true,
            "url": "http://127.0.0.1:9/in", "sign": sign
        })
    };
    unfit(&admin.post("/notices/channels", hook(0, Some("kurz"))).await, "签名密钥");
    done(&admin.post("/notices/channels", hook(0, Some("sechzehn-zeichen-und-mehr"))).await);
    let listed = admin.get("/notices/channels").await;
    assert!(!listed.body.contains("sechzehn"), "{}", listed.body);
    let channel = read(&listed)[0].clone();
    assert_eq!((&channel["has_secret"], &channel["url"]), (&json!(true), &json!("http://127.0.0.1:9/in")));
    let path = format!("/notices/channels/{}", channel["id"].as_str().unwrap());
    done(&admin.put(&path, hook(1, None)).await);
    changed(&admin.put(&path, hook(1, None)).await);
    assert_eq!(admin.read(&path).await["has_secret"], true);
    let mut other = hook(2, None);
    other["kind"] = json!("sms");
    unfit(&admin.put(&path, other).await, "字段“kind”");
    let offline = problem(&admin.press(&format!("{path}/test")).await, StatusCode::CONFLICT);
    assert!(offline.contains("不使用网络"), "{offline}");
    let user = office.user("duty").await.id;
    let contact = format!("/notices/contacts/{user}");
    done(&admin.put(&contact, json!({"email": "duty@example.gov.cn", "phone": "13800001234"})).await);
    let contacts = admin.get("/notices/contacts").await;
    assert!(!contacts.body.contains("13800001234") && !contacts.body.contains("example.gov.cn"));
    let known = read(&contacts);
    let known = known.as_array().unwrap().iter().find(|one| one["user"] == user.to_string()).unwrap();
    assert_eq!((&known["email"], &known["phone"]), (&json!(true), &json!(true)));
    unfit(&admin.put(&contact, json!({"phone": "一三八"})).await, "手机号");
    problem(&admin.get(&contact).await, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(admin.read("/notices/deliveries?state=all").await["rows"], json!([]));
    problem(&admin.press("/notices/deliveries/0000000000000/retry").await, StatusCode::NOT_FOUND);
    let gone = admin.post("/notices/deliveries/0000000000000/give-up", json!({"note": "不用了"})).await;
    problem(&gone, StatusCode::NOT_FOUND);
    let duty = Program::of(&office, "duty").await;
    for path in ["/notices/channels", "/notices/contacts", "/notices/deliveries"] {
        problem(&duty.get(path).await, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_candidate_is_compared_promoted_and_taken_back_by_what_was_seen() {
    let office = crate::model::office(Arc::default()).await;
    let admin = Program::of(&office, "admin").await;
    let model = admin.read("/model").await;
    let models = &model["models"];
    assert_eq!(
        (&models["trial"]["worse"], &models["comparing"]),
        (&json!(["wages"]), &json!(false)),
        "{model}"
    );
    assert_eq!(models["trial"]["sets"][0]["duels"][0]["topic"], Value::Null);
    assert!(model["weeks"][0]["items"].as_i64().unwrap() > 0);
    let promote = |seen: &Value, despite: Value| json!({"seen": seen, "despite": despite});
    let seen = &models["trial"]["seen"];
    let worse = problem(&admin.post("/model/promote", promote(seen, json!([]))).await, StatusCode::CONFLICT);
    assert!(worse.contains("工资拖欠"), "{worse}");
    unfit(&admin.post("/model/promote", promote(&json!("昨天"), json!([]))).await, "字段“seen”");
    let older = promote(&json!("2026-11-19T02:03:04Z"), json!(["wages"]));
    problem(&admin.post("/model/promote", older).await, StatusCode::CONFLICT);
    done(&admin.post("/model/promote", promote(seen, json!(["wages"]))).await);
    done(&admin.post("/model/rollback", json!({"seen": models["at_work"]})).await);
    done(&admin.press("/model/compare").await);
    problem(&admin.press("/model/compare").await, StatusCode::CONFLICT);
    assert_eq!(admin.read("/model").await["models"]["comparing"], true);
    let duty = Program::of(&office, "duty").await;
    assert!(duty.read("/model").await["models"].is_null());
    problem(&duty.press("/model/compare").await, StatusCode::FORBIDDEN);
    let reader = Program::with(&office, "admin", &[Scope::CountyRead]).await;
    problem(&reader.get("/model").await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_system_tells_what_it_lacks() {
    let office = Office::new().await;
    let admin = Program::of(&office, "admin").await;
    let system = admin.read("/system").await;
    let steps = system["steps"].as_array().unwrap();
    let rules = steps.iter().find(|step| step["title"] == "预警规则").unwrap();
    assert_eq!((&rules["missing"], &rules["state"]), (&json!(true), &json!("待办")));
    assert!(system["waiting"]["judge"].is_i64() && system["stuck"] == json!([]), "{system}");
    let queues = system["queues"].as_array().unwrap();
    let route = queues.iter().find(|queue| queue["stage"] == "route").unwrap();
    assert_eq!(route["waiting"], system["waiting"]["route"]);
    assert!(route["waiting"].as_i64() > Some(0) && route["since"].is_string(), "{system}");
    let duty = Program::of(&office, "duty").await;
    problem(&duty.get("/system").await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn trends_and_the_items_behind_figures_add_up_and_hide_what_is_confidential() {
    for office in Office::each().await {
        let leader = Program::of(&office, "leader").await;
        let trend = leader.read("/trends?by=topic").await;
        let total = trend["total"].as_i64().unwrap();
        assert!(total > 0, "{trend}");
        let rows = trend["rows"].as_array().unwrap();
        let sum: i64 =
            rows.iter().flat_map(|row| row["of"].as_array().unwrap()).map(|n| n.as_i64().unwrap()).sum();
        assert_eq!(sum, total, "each is counted under one mark");
        let page = leader.read("/reports/items?limit=1").await;
        assert_eq!(page["count"], total);
        let (mut ids, mut next) = (vec![page["rows"][0]["item"].clone()], page["next"].clone());
        while let Some(cursor) = next.as_str() {
            let page = leader.read(&format!("/reports/items?limit=1&cursor={cursor}")).await;
            ids.push(page["rows"][0]["item"].clone());
            next = page["next"].clone();
        }
        assert_eq!(ids.len(), total as usize);
        assert!(!ids.contains(&json!(office.conduct.to_string())), "no confidential item is counted");
        let none = leader.read("/reports/items?topic=wages").await;
        assert_eq!((&none["count"], &none["next"]), (&json!(0), &Value::Null));
        for (path, place) in [
            ("/trends?from=2026-11-02&to=2026-11-01", "第一天"),
            ("/trends?by=colour", "by"),
            ("/trends?topic=money", "没有话题“money”"),
            ("/reports/items?topic=money", "没有话题“money”"),
            ("/reports/items?from=gestern", "from"),
            ("/reports/items?limit=0", "limit"),
        ] {
            unfit(&leader.get(path).await, place);
        }
        problem(&leader.get("/reports/items?cursor=xyz").await, StatusCode::NOT_FOUND);
        let handler = Program::of(&office, "handler").await;
        problem(&handler.get("/trends").await, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_brief_is_read_and_kept() {
    for office in Office::each().await {
        let (open, conduct) = joined(&office).await;
        let leader = Program::of(&office, "leader").await;
        let path = format!("/incidents/{open}/brief");
        let brief = leader.read(&path).await;
        assert!(!brief["flash"].as_str().unwrap().is_empty() && brief["kept"] == json!([]), "{brief}");
        for format in ["json", "html", "docx"] {
            let file = leader.get(&format!("{path}/file?format={format}")).await;
            assert_eq!(file.status, StatusCode::OK, "{format}");
        }
        unfit(&leader.get(&format!("{path}/file?format=exe")).await, "参数“format”");
        problem(&leader.press(&path).await, StatusCode::FORBIDDEN);
        let duty = Program::of(&office, "duty").await;
        let made = read(&duty.press(&path).await);
        assert_eq!(duty.read(&path).await["kept"][0]["id"], made["id"]);
        let again = problem(&duty.press(&path).await, StatusCode::CONFLICT);
        assert!(again.contains("已有一份在编专报"), "{again}");
        problem(&duty.get(&format!("/incidents/{conduct}/brief")).await, StatusCode::NOT_FOUND);
        let reader = Program::with(&office, "duty", &[Scope::ReportsRead]).await;
        problem(&reader.press(&path).await, StatusCode::FORBIDDEN);
        let discipline = Program::of(&office, "discipline").await;
        let secret = discipline.press(&format!("/incidents/{conduct}/brief")).await;
        problem(&secret, StatusCode::CONFLICT);
    }
}
