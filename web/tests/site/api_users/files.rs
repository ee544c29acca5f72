//! Files of cases and answers on their way back: what a program does with them, and what is left to people.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use qingting_models::records::Scope;
use qingting_respond::attachments::AttachmentRules;
use qingting_web::access::url_encode;
use serde_json::json;

use super::{Program, changed, done, json as read, problem, unfit};
use crate::attachments::PDF;
use crate::backfill::approve;
use crate::office::Office;

fn named(office: &Office, name: &str) -> String {
    format!("/cases/{}/attachments?name={}", office.housing.0, url_encode(name))
}

#[tokio::test]
async fn a_file_is_added_listed_and_removed_and_only_a_person_opens_it() {
    for office in Office::each().await {
        let handler = Program::of(&office, "handler").await;
        let note = url_encode("回执，问13800001234");
        let path = format!("{}&with_reply=true&note={note}", named(&office, "修路回执 13800001234.pdf"));
        let added = handler.file(&path, PDF).await;
        assert_eq!(added.status, StatusCode::OK, "{}", added.body);
        assert!(!added.body.contains("13800001234"), "{}", added.body);
        let file = read(&added);
        assert_eq!((&file["kind"], &file["with_reply"]), (&json!("pdf"), &json!(true)));
        assert_eq!(file["size"], PDF.len());
        let case = format!("/cases/{}", office.housing.0);
        let whole = handler.read(&case).await;
        assert_eq!(whole["attachments"][0]["id"], file["id"]);
        assert!(!whole.to_string().contains("13800001234"));
        let one = format!("{case}/attachments/{}", file["id"].as_str().unwrap());
        problem(&handler.press(&format!("{one}/open")).await, StatusCode::NOT_FOUND);
        let admin = Program::of(&office, "admin").await;
        let log = admin.read("/audit?action=attachment.add").await;
        assert_eq!(log["rows"][0]["who"], "handler员");
        let duty = Program::of(&office, "duty").await;
        let remove = format!("{one}/remove");
        unfit(&duty.post(&remove, json!({})).await, "字段“reason”");
        let reviewer = Program::of(&office, "reviewer").await;
        problem(&reviewer.post(&remove, json!({"reason": "不用了"})).await, StatusCode::FORBIDDEN);
        done(&handler.post(&remove, json!({})).await);
        let whole = handler.read(&case).await;
        assert_eq!(whole["attachments"][0]["removed"]["by"], "handler员");
        assert_eq!(whole["attachments"][0]["name"], "");
        problem(&handler.post(&remove, json!({})).await, StatusCode::CONFLICT);
    }
}

#[tokio::test]
async fn a_file_that_is_not_taken_is_told_with_what_is_allowed() {
    let rules = AttachmentRules { max_bytes: 1 << 10, ..AttachmentRules::default() };
    let office = Office::new().await.attaching(rules);
    let handler = Program::of(&office, "handler").await;
    unfit(&handler.file(&named(&office, "木马.exe"), b"MZ").await, "参数“name”：“木马.exe”没有添加");
    unfit(&handler.file(&named(&office, "木马.pdf"), b"MZ\x90\x00\x03").await, "内容是可执行程序");
    unfit(&handler.file(&named(&office, "空.pdf"), b"").await, "文件是空的");
    unfit(&handler.file(&format!("/cases/{}/attachments", office.housing.0), PDF).await, "缺少参数“name”");
    let large = [PDF, &[b' '; 1 << 10]].concat();
    let answer = handler.file(&named(&office, "大.pdf"), &large).await;
    assert!(problem(&answer, StatusCode::PAYLOAD_TOO_LARGE).contains("请压缩或拆分"));
    assert_eq!(handler.file(&named(&office, "回执.pdf"), PDF).await.status, StatusCode::OK);
    let again = problem(&handler.file(&named(&office, "再来.pdf"), PDF).await, StatusCode::CONFLICT);
    assert!(again.contains("内容相同"), "{again}");
    let typed = Request::post(format!("/api/v1{}", named(&office, "回执.pdf")))
        .header("authorization", format!("Bearer {}", handler.token))
        .header("content-type", "multipart/form-data; boundary=edge");
    let typed = office.send(typed.body(Body::from("--edge--")).unwrap()).await;
    problem(&typed, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let leader = Program::of(&office, "leader").await;
    problem(&leader.file(&named(&office, "回执.pdf"), PDF).await, StatusCode::FORBIDDEN);
    let reader = Program::with(&office, "handler", &[Scope::CasesRead]).await;
    problem(&reader.file(&named(&office, "回执.pdf"), PDF).await, StatusCode::FORBIDDEN);
    let other = format!("/cases/{}/attachments?name=a.pdf", office.school.0);
    problem(&handler.file(&other, PDF).await, StatusCode::NOT_FOUND);
    let left = std::fs::read_dir(office.uploads().join("attachments")).unwrap().count();
    assert_eq!(left, 0, "no unsealed file is left behind");
}

#[tokio::test]
async fn answers_go_back_in_a_batch_whose_receipt_is_noted() {
    for office in Office::each().await {
        let number = approve(&office).await;
        let duty = Program::of(&office, "duty").await;
        let listed = duty.read("/backfill").await;
        assert_eq!((&listed[0]["waiting"], &listed[0]["sent"]), (&json!(1), &json!(0)));
        let path = format!("/backfill/{}", office.source);
        let whole = duty.read(&path).await;
        assert_eq!(whole["waiting_answers"][0]["external_id"], number.as_str());
        assert!(!whole.to_string().contains("13800001234"), "{whole}");
        let column = |header: &str, field: &str| json!({"header": header, "field": field});
        let columns = json!([column("诉求编号", "number"), column("答复内容", "answer")]);
        done(&duty.put(&format!("{path}/columns"), json!({"version": 0, "columns": columns})).await);
        changed(&duty.put(&format!("{path}/columns"), json!({"version": 0, "columns": columns})).await);
        let lacking = json!({"version": 1, "columns": [column("甲", "number")]});
        unfit(&duty.put(&format!("{path}/columns"), lacking).await, "字段“columns”：至少要有");
        let unknown = json!({"version": 1, "columns": [column("甲", "nothing")]});
        unfit(&duty.put(&format!("{path}/columns"), unknown).await, "columns[0].field");
        let made = read(&duty.press(&format!("{path}/make")).await);
        assert_eq!(made["batch"]["answers"], 1);
        assert!(read(&duty.press(&format!("{path}/make")).await)["batch"].is_null());
        let batch = format!("/backfill/batches/{}", made["batch"]["id"].as_str().unwrap());
        let sent = duty.read(&batch).await;
        assert_eq!((&sent["open"], &sent["lines"][0]["state"]), (&json!(1), &json!("sent")));
        assert!(!sent.to_string().contains("13800001234"), "{sent}");
        problem(&duty.press(&format!("{batch}/download")).await, StatusCode::NOT_FOUND);
        let settle = format!("{batch}/settle");
        let strange = json!({"rejected": [{"number": "没有", "reason": "答非所问"}]});
        unfit(&duty.post(&settle, strange).await, "字段“rejected”：这一批里没有编号");
        unfit(&duty.post(&settle, json!({"rejected": [{"number": number}]})).await, "reason");
        let rejected = json!({"rejected": [{"number": number, "reason": "答非所问，电13800001234"}]});
        assert_eq!(read(&duty.done(&settle, rejected).await)["settled"], 1);
        let whole = duty.read(&path).await;
        let answer = &whole["rejected_answers"][0];
        assert!(answer["reason"].as_str().unwrap().starts_with("答非所问"));
        assert!(!whole.to_string().contains("13800001234"), "{whole}");
        let again = format!("/backfill/answers/{}/again", answer["id"].as_str().unwrap());
        done(&duty.press(&again).await);
        problem(&duty.press(&again).await, StatusCode::CONFLICT);
        assert_eq!(duty.read(&path).await["waiting"], 1);
        let handler = Program::of(&office, "handler").await;
        problem(&handler.get(&path).await, StatusCode::FORBIDDEN);
        let reader = Program::with(&office, "duty", &[Scope::CasesRead]).await;
        problem(&reader.press(&format!("{path}/make")).await, StatusCode::FORBIDDEN);
        for gone in ["/backfill/answers/x/again", "/backfill/batches/0000000000000/settle"] {
            problem(&duty.post(gone, json!({"rejected": []})).await, StatusCode::NOT_FOUND);
        }
    }
}
