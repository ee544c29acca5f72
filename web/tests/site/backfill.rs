//! Answers on their way back at the pages: queued by the approval, sent in a sheet, settled by the sender's word.

use axum::http::StatusCode;
use calamine::{Reader, Xlsx};
use qingting_models::records::Viewer;

use crate::office::{HOSTILE, Office};

/// Who, the action, and its fields.
type Step = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Brings the housing case to an approved answer with a telephone number in it.
pub(crate) async fn approve(office: &Office) -> String {
    let path = format!("/cases/{}/act", office.housing.0);
    let steps: &[Step] = &[
        ("handler", "accept", &[]),
        ("handler", "submit", &[("text", "=1+1 十二月底前交付，详询13800001234"), ("outcome", "solved")]),
        ("reviewer", "approve", &[]),
    ];
    for (login, action, fields) in steps {
        let file = office.store.case_file(&Viewer::SYSTEM, office.housing.0).await.unwrap().unwrap();
        let version = file.case.version.to_string();
        let mut form = vec![("action", *action), ("version", version.as_str())];
        form.extend_from_slice(fields);
        let answer = office.post(login, &path, &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{action}: {}", answer.body);
    }
    office.store.case_file(&Viewer::SYSTEM, office.housing.0).await.unwrap().unwrap().item.external_id
}

#[tokio::test]
async fn an_approved_answer_goes_back_in_a_sheet_and_its_receipt_is_noted() {
    let office = Office::new().await;
    assert!(office.get("duty", "/backfill").await.body.contains("还没有要送回去的答复"));
    let number = approve(&office).await;
    let page = office.get("duty", &format!("/backfill/{}", office.source)).await.body;
    assert!(page.contains("待回填 1 条") && page.contains(&number), "{page}");
    assert!(!page.contains("13800001234"), "pages show the masked text");
    let columns = [
        ("version", "0"),
        ("header-0", "诉求编号"),
        ("field-0", "number"),
        ("header-1", "答复内容"),
        ("field-1", "answer"),
        ("header-2", "首次联系"),
        ("field-2", "contacted"),
    ];
    let saved = office.post("duty", &format!("/backfill/{}/columns", office.source), &columns).await;
    assert!(saved.location().ends_with("done=backfill-columns"), "{}", saved.location());
    let late = office.post("duty", &format!("/backfill/{}/columns", office.source), &columns).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    let made = office.post("duty", &format!("/backfill/{}/make", office.source), &[]).await;
    let batch = made.location().split('?').next().unwrap().to_owned();
    let sheet = office.post("duty", &format!("{batch}/download"), &[]).await;
    assert_eq!(sheet.status, StatusCode::OK);
    let none = office.post("duty", &format!("/backfill/{}/make", office.source), &[]).await;
    assert!(none.location().ends_with("done=backfill-none"), "an answer is in one batch");
    let wrong =
        office.post("duty", &format!("{batch}/settle"), &[("rejected", "没有这个编号 答非所问")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("这一批里没有编号"), "{}", wrong.body);
    let reason = format!("{number} {HOSTILE}");
    let settled = office.post("duty", &format!("{batch}/settle"), &[("rejected", &reason)]).await;
    assert!(settled.location().ends_with("done=backfill-settled"), "{}", settled.body);
    let page = office.get("duty", &format!("/backfill/{}", office.source)).await.body;
    assert!(page.contains("对方退回 1 条") && !page.contains("<script>alert(1)"), "{page}");
    let again = page.split("/backfill/answers/").nth(1).unwrap().split('/').next().unwrap();
    office.post("duty", &format!("/backfill/answers/{again}/again"), &[]).await;
    assert!(office.get("duty", "/backfill").await.body.contains("生成批次"));
    let log = office.get("auditor", "/audit").await.body;
    assert!(log.contains("下载回填表格") && log.contains("登记回填回执"), "{log}");
}

#[tokio::test]
async fn the_sheet_holds_the_answer_as_it_was_written_and_no_formula() {
    let office = Office::new().await;
    approve(&office).await;
    let duty = office.user("duty").await;
    let actor = qingting_models::records::Actor::User(duty.id);
    let batch = office.store.make_backfill_batch(&Viewer::OPEN, office.source, actor).await.unwrap().unwrap();
    let county = std::sync::Arc::new(qingting_models::county::County::embedded().unwrap());
    let desk = qingting_respond::desk::Desk::new((*office.store).clone(), county);
    let sheet = desk.backfill_sheet(&Viewer::OPEN, batch.id, actor).await.unwrap();
    assert!(sheet.name.starts_with("回填-") && sheet.name.ends_with(".xlsx"));
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(sheet.bytes)).unwrap();
    assert_eq!(book.worksheet_formula("回填").unwrap().used_cells().count(), 0);
    let cells = book.worksheet_range("回填").unwrap();
    let row =
        |line: usize| cells.rows().nth(line).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(row(0)[..3], ["工单编号", "答复内容", "答复时间"]);
    assert_eq!((row(1)[1].as_str(), row(1)[4].as_str()), ("=1+1 十二月底前交付，详询13800001234", "已解决"));
    assert_eq!(cells.rows().count(), 2);
}
