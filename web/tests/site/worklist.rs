//! The work list worked in place: answers for the script, taking back, what is new, and views.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use jiff::SignedDuration;
use qingting_models::ids::ItemId;
use qingting_models::records::{CaseState, Role, Viewer};

use crate::incidents::joined;
use crate::office::{Answer, CSRF, HOSTILE, Office, add_user, encode};

/// Sends a form as the script of the page does.
async fn inline(office: &Office, login: &str, path: &str, form: &[(&str, &str)]) -> Answer {
    let all: Vec<(&str, &str)> = form.iter().copied().chain([("csrf", CSRF)]).collect();
    let request = Request::post(path)
        .header(header::COOKIE, office.cookie(login).await)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("x-inline", "yes")
        .body(Body::from(encode(&all)))
        .unwrap();
    office.send(request).await
}

fn said(answer: &Answer) -> String {
    let value: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    value["text"].as_str().unwrap().to_owned()
}

async fn undo(office: &Office, login: &str, item: ItemId) -> (StatusCode, String) {
    let answer = inline(office, login, &format!("/items/{item}/undo"), &[]).await;
    (answer.status, said(&answer))
}

#[tokio::test]
async fn what_was_just_done_is_told_in_place_and_taken_back() {
    for office in Office::each().await {
        add_user(&office.store, "second", &[Role::Duty], None).await;
        let item = office.open;
        let now = async || office.store.item(&Viewer::SYSTEM, item).await.unwrap().unwrap();
        let before = now().await;

        let path = format!("/items/{item}/dismiss");
        let done = inline(&office, "duty", &path, &[("reason", "重复")]).await;
        assert_eq!((done.status, said(&done).as_str()), (StatusCode::OK, "已标记为不需办理。"));
        assert!(now().await.dismissed.is_some());
        assert_eq!(undo(&office, "duty", item).await.1, "已撤销，恢复到待研判。");
        assert_eq!(now().await.dismissed, None);

        let path = format!("/items/{item}/assign");
        let form = [("version", "1"), ("department", "zfj")];
        let done = inline(&office, "duty", &path, &form).await;
        assert_eq!((done.status, said(&done).as_str()), (StatusCode::OK, "已派综合执法局。"));
        let case = now().await.case.unwrap();
        assert!(done.body.contains(&format!("\"path\":\"/cases/{case}\"")), "{}", done.body);
        let other = undo(&office, "second", item).await;
        assert_eq!(other.0, StatusCode::UNPROCESSABLE_ENTITY, "what somebody else did stays");
        assert!(other.1.contains("自己刚做的一步"), "{}", other.1);
        assert!(undo(&office, "duty", item).await.1.contains("工单作废"));
        assert_eq!(now().await.case, None);
        let void = office.store.case_file(&Viewer::SYSTEM, case).await.unwrap().unwrap();
        assert!(matches!(void.case.state, CaseState::Void { .. }), "{:?}", void.case.state);

        let judged = [("version", "1"), ("topic", "wages"), ("kind", "complaint"), ("urgency", "1")];
        let form: Vec<(&str, &str)> = judged.into_iter().filter(|(name, _)| *name != "kind").collect();
        let kinds = office.get("duty", &format!("/items/{item}")).await.body;
        let kind = kinds.split("name=\"kind\"").nth(1).unwrap().split("value=\"").nth(1).unwrap();
        let kind = kind.split('"').next().unwrap().to_owned();
        let form: Vec<(&str, &str)> = form.into_iter().chain([("kind", kind.as_str())]).collect();
        let done = inline(&office, "duty", &format!("/items/{item}/judge"), &form).await;
        assert_eq!(said(&done), "研判已保存。", "{}", done.body);
        assert!(now().await.judged_by_person);
        assert_eq!(undo(&office, "second", item).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(undo(&office, "duty", item).await.1, "已撤销研判，恢复到之前的判断。");
        let after = now().await;
        assert_eq!(
            (&after.main_topic, &after.topics, after.judged_by_person, after.urgency, after.kind),
            (&before.main_topic, &before.topics, before.judged_by_person, before.urgency, before.kind)
        );
        assert!(office.store.corrections().await.unwrap().iter().all(|correction| correction.item != item));
        let log = office.get("auditor", "/audit").await.body;
        assert!(log.contains("撤销研判"), "{log}");
        // There is nothing left to be taken back.
        assert_eq!(undo(&office, "duty", item).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn what_is_old_or_was_taken_up_is_not_taken_back() {
    for office in Office::each().await {
        let item = office.open;
        inline(&office, "duty", &format!("/items/{item}/confirm"), &[("version", "1")]).await;
        office.store.clock.set(office.store.now() + SignedDuration::from_mins(11));
        assert_eq!(undo(&office, "duty", item).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        let form = [("version", "1"), ("department", "zjj")];
        inline(&office, "duty", &format!("/items/{item}/assign"), &form).await;
        let case = office.store.item(&Viewer::SYSTEM, item).await.unwrap().unwrap().case.unwrap();
        let accept = [("action", "accept"), ("version", "1")];
        let taken = office.post("handler", &format!("/cases/{case}/act"), &accept).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
        let (status, text) = undo(&office, "duty", item).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(text.contains("单位已签收的"), "{text}");
        let wrong = inline(&office, "duty", &format!("/items/{item}/assign"), &form).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains("已有工单"), "{}", wrong.body);
        let gone = inline(&office, "duty", "/items/0000000000000/undo", &[]).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
        assert_eq!(undo(&office, "duty", office.conduct).await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn what_came_since_is_counted_under_the_same_filters() {
    for office in Office::each().await {
        let page = office.get("duty", "/items?state=all").await.body;
        let address = page.split("data-address=\"").nth(1).unwrap().split('"').next().unwrap();
        let address = address.replace("&#38;", "&");
        assert!(address.contains("state=all"), "{address}");
        assert_eq!(office.get("duty", &address).await.body, "{\"newer\":0}");
        let all = "/items/newer?state=all&than=0000000000000";
        let every = office.get("duty", all).await.body;
        assert_ne!(every, "{\"newer\":0}");
        let some = office.get("duty", &format!("{all}&topic=housing")).await.body;
        assert!(some.contains("\"newer\":1"), "{some}");
        let bad = office.get("duty", "/items/newer?than=x").await;
        assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn an_item_is_taken_to_another_incident_from_where_it_is_read() {
    for office in Office::each().await {
        let path = format!("/items/{}/incident", office.open);
        let waiting = inline(&office, "duty", &path, &[("other", "own")]).await;
        assert_eq!(waiting.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(waiting.body.contains("还没有归入事件"), "{}", waiting.body);
        let (open, conduct) = joined(&office).await;
        let open = open.to_string();
        for (wrong, says) in [
            (("other", ""), "请选择一个事件"),
            (("address", "哪里"), "请选择一个事件"),
            (("other", open.as_str()), "选的就是现在的事件"),
            (("other", &conduct.to_string()), "没有改成"),
        ] {
            let answer = inline(&office, "duty", &path, &[wrong]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(
                answer.body.contains(says) || answer.body.contains("没有找到"),
                "{says}: {}",
                answer.body
            );
        }
        let page = office.get("duty", &format!("/items/{}", office.open)).await.body;
        assert!(page.contains("都不是，单独成为一个事件"), "{page}");
        let own = inline(&office, "duty", &path, &[("other", "own")]).await;
        assert_eq!((own.status, said(&own).as_str()), (StatusCode::OK, "已归入选中的事件。"));
        let alone = inline(&office, "duty", &path, &[("other", "own")]).await;
        assert!(alone.body.contains("至少要在本事件里留下一件"), "{}", alone.body);
        let page = office.get("duty", &format!("/items/{}", office.open)).await.body;
        assert!(!page.contains("都不是") && !page.contains(&format!("href=\"/incidents/{open}\"")), "{page}");
        let address = format!("http://qt.test/incidents/{open}");
        let done = inline(&office, "duty", &path, &[("address", &address)]).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        let page = office.get("duty", &format!("/items/{}", office.open)).await.body;
        assert!(page.contains(&format!("href=\"/incidents/{open}\"")), "{page}");
        let secret = format!("/items/{}/incident", office.conduct);
        assert_eq!(inline(&office, "duty", &secret, &[("other", &open)]).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn views_are_kept_by_each_user_for_himself() {
    for office in Office::each().await {
        let page = office.get("duty", "/items?topic=wages&town=石浦镇").await.body;
        assert!(page.contains("存为视图") && page.contains("/items?topic=wages"), "{page}");
        assert!(!office.get("duty", "/items").await.body.contains("存为视图"), "nothing is filtered");
        let filters = "/items?topic=wages&town=%E7%9F%B3%E6%B5%A6%E9%95%87";
        let kept = office.post("duty", "/views", &[("filters", filters), ("name", HOSTILE)]).await;
        assert_eq!(kept.status, StatusCode::UNPROCESSABLE_ENTITY, "too long a name");
        for (address, name) in [(filters, "石浦<欠薪>"), (filters, "石浦<欠薪>"), ("/cases?due=over", "超期")]
        {
            let kept = office.post("duty", "/views", &[("filters", address), ("name", name)]).await;
            assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.body);
        }
        let page = office.get("duty", "/items").await.body;
        assert_eq!(page.matches("石浦&#60;欠薪&#62;</bdi>").count(), 1, "{page}");
        assert!(
            !page.contains("超期</bdi>") && office.get("duty", "/cases").await.body.contains("超期</bdi>")
        );
        assert!(!office.get("discipline", "/items").await.body.contains("石浦&#60;"));
        for (address, name) in [("/users?x=1", "a"), ("/items", "a"), ("https://x/items?topic=a", "a")] {
            let refused = office.post("duty", "/views", &[("filters", address), ("name", name)]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{address}");
        }
        let remove = page.split("action=\"/views/").nth(1).unwrap().split('"').next().unwrap();
        let remove = format!("/views/{remove}");
        office.post("discipline", &remove, &[]).await;
        assert!(office.get("duty", "/items").await.body.contains("石浦&#60;"), "it is not theirs");
        office.post("duty", &remove, &[("back", "/items?topic=wages")]).await;
        assert!(!office.get("duty", "/items").await.body.contains("石浦&#60;"));
        add_user(&office.store, "many", &[Role::Duty], None).await;
        for n in 0..20 {
            let name = n.to_string();
            let kept = office.post("many", "/views", &[("filters", filters), ("name", &name)]).await;
            assert_eq!(kept.status, StatusCode::SEE_OTHER);
        }
        let full = office.post("many", "/views", &[("filters", filters), ("name", "再一个")]).await;
        assert!(full.body.contains("最多保存二十个"), "{}", full.body);
    }
}
