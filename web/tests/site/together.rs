//! One case for an incident, and several rows of a list at once.

use axum::http::StatusCode;
use jiff::SignedDuration;
use qingting_models::ids::{CaseId, IncidentId, ItemId};
use qingting_models::records::{Case, Viewer};
use qingting_models::store::{Joining, NewMembership};

use crate::office::Office;

/// The open items, of which two have cases of different departments, belong to one incident.
async fn one_incident(office: &Office) -> IncidentId {
    let store = &office.store;
    let batch = store.claim_joining("w", None, 50, SignedDuration::from_mins(5)).await.unwrap().unwrap();
    let incident: IncidentId = store.ids().next(store.now());
    let open = batch.tasks.iter().filter(|task| !task.confidential).enumerate();
    let member = |(place, task): (usize, &qingting_models::store::JoinTask)| NewMembership {
        item: task.item,
        incident,
        kinship: (place > 0).then_some(0.9),
    };
    let joined = open.map(member).collect();
    let joining = Joining { joined, ..Joining::default() };
    assert!(store.save_joining("w", &batch, &joining).await.unwrap());
    incident
}

async fn case(office: &Office, id: CaseId) -> Case {
    office.store.case_file(&Viewer::SYSTEM, id).await.unwrap().unwrap().case
}

async fn case_of(office: &Office, item: ItemId) -> Option<CaseId> {
    office.store.item(&Viewer::SYSTEM, item).await.unwrap().unwrap().case
}

#[tokio::test]
async fn an_incident_is_answered_by_one_case() {
    for office in Office::each().await {
        let incident = one_incident(&office).await;
        let path = format!("/incidents/{incident}");
        let page = office.get("duty", &path).await.body;
        assert!(page.contains("用一件工单一并答复") && page.contains("立一件工单答复 1 件"), "{page}");
        assert!(!office.get("leader", &path).await.body.contains("一并答复"));

        let (into, other) = (office.housing.0, office.school.0);
        let (into_text, other_text) = (into.to_string(), other.to_string());
        let form = [
            ("case", into_text.as_str()),
            ("merge", other_text.as_str()),
            ("note", "同一小区"),
            ("takes", "1"),
        ];
        let done = office.post("duty", &format!("{path}/gather"), &form).await;
        assert!(done.location().starts_with(&format!("/cases/{into}?done=gathered")), "{}", done.body);
        for item in [office.open, office.housing.1, office.school.1] {
            assert_eq!(case_of(&office, item).await, Some(into));
        }
        assert_eq!(case(&office, other).await.state.code(), "merged");
        assert!(case(&office, into).await.takes_incident);

        let page = office.get("handler", &format!("/cases/{into}")).await.body;
        assert!(page.contains("一并答复的诉求 3 件") && page.contains("学校食堂饭菜凉"), "{page}");
        assert!(page.contains("同一小区"), "the note stands in the timeline");
        let item = office.open.to_string();
        let contact =
            office.post("handler", &format!("/cases/{into}/contact"), &[("item", item.as_str())]).await;
        assert!(contact.body.contains("13800000000"), "each caller can be reached: {}", contact.body);
        let foreign = office.conduct.to_string();
        let refused =
            office.post("handler", &format!("/cases/{into}/contact"), &[("item", foreign.as_str())]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);

        let version = case(&office, into).await.version.to_string();
        let leave = |reason: &'static str| {
            [("item", item.clone()), ("version", version.clone()), ("reason", reason.to_owned())]
        };
        let without = leave("");
        let rows: Vec<(&str, &str)> = without.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let refused = office.post("duty", &format!("/cases/{into}/leave-out"), &rows).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("移出理由"));
        let with = leave("是路灯，不是房子");
        let rows: Vec<(&str, &str)> = with.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let left = office.post("duty", &format!("/cases/{into}/leave-out"), &rows).await;
        assert!(left.location().ends_with("done=left-out"), "{}", left.body);
        assert_eq!(case_of(&office, office.open).await, None);
        let late = office.post("duty", &format!("/cases/{into}/leave-out"), &rows).await;
        assert!(late.body.contains("duty员 在"), "{}", late.body);
    }
}

#[tokio::test]
async fn an_incident_without_a_case_gets_one_and_what_cannot_go_in_is_named() {
    let office = Office::new().await;
    let incident = one_incident(&office).await;
    let path = format!("/incidents/{incident}/gather");
    let nobody = office.post("duty", &path, &[("department", ""), ("note", "")]).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nobody.body.contains("主办单位"), "{}", nobody.body);
    let (free, taken) = (office.open.to_string(), office.school.1.to_string());
    let form = [("department", "zfj"), ("item", free.as_str()), ("item", taken.as_str())];
    let done = office.post("duty", &path, &form).await;
    assert_eq!(done.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(done.body.contains("办好了 1 件，1 件没有办") && done.body.contains("已有工单"), "{}", done.body);
    let opened = case_of(&office, office.open).await.unwrap();
    assert_eq!(case(&office, opened).await.lead.as_str(), "zfj");
    assert_eq!(case_of(&office, office.school.1).await, Some(office.school.0));
    let again = office.post("duty", &path, &form).await;
    assert!(again.body.contains("已有工单"), "nothing is opened twice: {}", again.body);
}

/// The rows as the list would send them.
async fn ticked(office: &Office, items: &[ItemId]) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    for id in items {
        let item = office.store.item(&Viewer::SYSTEM, *id).await.unwrap().unwrap();
        rows.push(("row".to_owned(), format!("{id}.{}", item.version)));
    }
    rows
}

async fn batch(
    office: &Office,
    login: &str,
    path: &str,
    rows: &[(String, String)],
    more: &[(&str, &str)],
) -> crate::office::Answer {
    let mut form: Vec<(&str, &str)> = rows.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    form.extend_from_slice(more);
    office.post(login, path, &form).await
}

#[tokio::test]
async fn several_items_are_judged_assigned_and_set_aside_each_by_itself() {
    let office = Office::new().await;
    let list = office.get("duty", "/items").await.body;
    assert!(list.contains("批量办理") && list.contains("form=\"batch\""));
    assert!(!office.get("leader", "/items").await.body.contains("批量办理"));
    let none = batch(&office, "duty", "/items/batch", &[], &[("do", "confirm")]).await;
    assert!(none.body.contains("请先勾选"), "{}", none.body);

    let rows = ticked(&office, &[office.open, office.school.1]).await;
    let bare = batch(&office, "duty", "/items/batch", &rows, &[("do", "dismiss")]).await;
    assert!(bare.status == StatusCode::UNPROCESSABLE_ENTITY && bare.body.contains("理由"), "{}", bare.body);
    assert!(bare.body.contains(&format!("value=\"{}.1\" checked", office.open)), "{}", bare.body);
    let aside = [("do", "dismiss"), ("note", "重复来电，联系13812345678"), ("back", "/items?state=open")];
    let some = batch(&office, "duty", "/items/batch", &rows, &aside).await;
    assert!(some.body.contains("办好了 1 条，1 条没有办") && some.body.contains("已有工单"), "{}", some.body);
    let item = office.store.item(&Viewer::SYSTEM, office.open).await.unwrap().unwrap();
    let reason = item.dismissed.unwrap();
    assert!(reason.starts_with("重复来电") && !reason.contains("138123"), "{reason}");
    office.post("duty", &format!("/items/{}/restore", office.open), &[]).await;

    let stale = vec![("row".to_owned(), format!("{}.99", office.open))];
    let refused = batch(&office, "duty", "/items/batch", &stale, &[("do", "confirm")]).await;
    assert!(refused.body.contains("来源刚刚更新了内容"), "{}", refused.body);
    let one = ticked(&office, &[office.open]).await;
    let sent = [("do", "assign"), ("department", "zfj"), ("note", "请今天办")];
    let done = batch(&office, "duty", "/items/batch", &one, &sent).await;
    let id = case_of(&office, office.open).await.unwrap();
    let number = case(&office, id).await.number;
    let told = office.follow("duty", done).await.body;
    let said = format!("已分派 1 条。综合执法局 1 件（<a href=\"/cases/{id}\">{number}</a>）。");
    assert!(told.contains(&said), "{said}: {told}");
    assert!(!told.contains("made="), "what was said goes with the next step: {told}");
    let made = format!("/items?done=batch-assigned&count=1&made={number}");
    let secret = case(&office, office.secret.0).await.number;
    let others = office.get("leader", &format!("{made}.{secret}")).await.body;
    assert!(others.contains(&number) && !others.contains(&secret), "an address shows nobody more: {others}");
    let file = office.store.case_file(&Viewer::SYSTEM, id).await.unwrap().unwrap();
    assert!(file.timeline[0].note.contains("请今天办"), "the note is kept");
    let foreign = ticked(&office, &[office.conduct]).await;
    let hidden = batch(&office, "duty", "/items/batch", &foreign, &[("do", "confirm")]).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND, "what is confidential is not there");
}

#[tokio::test]
async fn items_go_into_the_case_of_a_number() {
    let office = Office::new().await;
    let rows = ticked(&office, &[office.open]).await;
    let unknown =
        batch(&office, "duty", "/items/batch", &rows, &[("do", "take_in"), ("into", "2020-9")]).await;
    assert!(unknown.body.contains("没有编号为“2020-9”的工单"), "{}", unknown.body);
    let number = case(&office, office.housing.0).await.number;
    let into = [("do", "take_in"), ("into", number.as_str()), ("note", "同一件事")];
    let done = batch(&office, "duty", "/items/batch", &rows, &into).await;
    let told = office.follow("duty", done).await.body;
    assert!(told.contains("1 条已归入工单，一并答复。") && told.contains(&number), "{told}");
    assert_eq!(case_of(&office, office.open).await, Some(office.housing.0));
}

#[tokio::test]
async fn several_cases_are_pressed_and_keep_the_note() {
    let office = Office::new().await;
    let mut rows = Vec::new();
    for id in [office.housing.0, office.school.0] {
        rows.push(("row".to_owned(), format!("{id}.{}", case(&office, id).await.version)));
    }
    let bare = batch(&office, "leader", "/cases/batch", &rows, &[("do", "press"), ("level", "3")]).await;
    assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY, "a note is asked for");
    assert_eq!(
        bare.body.matches("name=\"row\"").count(),
        bare.body.matches("\" checked aria-label=\"勾选").count()
    );
    let pressed = [("do", "press"), ("level", "3"), ("note", "本周内答复")];
    let done = batch(&office, "leader", "/cases/batch", &rows, &pressed).await;
    let told = office.follow("leader", done).await.body;
    assert!(told.contains("勾选的 2 件都已办好。"), "{told}");
    for id in [office.housing.0, office.school.0] {
        let file = office.store.case_file(&Viewer::SYSTEM, id).await.unwrap().unwrap();
        assert_eq!(file.case.pressed, 3);
        assert!(file.timeline.last().unwrap().note.contains("本周内答复"));
    }
    let again = batch(&office, "leader", "/cases/batch", &rows, &pressed).await;
    assert!(again.body.contains("办好了 0 件，2 件没有办"), "{}", again.body);
    assert!(again.body.contains("leader员 在"), "{}", again.body);
    let handler = batch(&office, "handler", "/cases/batch", &rows[..1], &pressed).await;
    assert_ne!(handler.status, StatusCode::SEE_OTHER, "a handler presses nobody");
}
