//! The quarantine: what is shown of a row and to whom, and mending, replaying and dismissing it.

use axum::http::StatusCode;
use qingting_models::ids::QuarantineId;
use qingting_models::records::{Actor, Channel, Mode, RejectForm, RejectKind, RowPlace, SourceKind, Viewer};
use qingting_models::store::{AuditFilter, ItemFilter, ItemState, NewSource, Page, QuarantineFilter, Reject};
use serde_json::{Value, json};

use crate::office::{Answer, HOSTILE, Office};

/// A row whose time cannot be read, with a caller's name and number.
fn row(number: u64, time: &str) -> Reject {
    Reject {
        place: RowPlace {
            file: format!("日报{HOSTILE}.csv"),
            sheet: None,
            row: number,
            column: Some("登记时间".into()),
        },
        kind: RejectKind::Time,
        form: RejectForm::Row,
        reason: format!("\"{time}\" is no time; allowed: 2026-01-06 12:09"),
        original: json!({"诉求编号": format!("Q{number}"), "诉求人": "王小明", "联系电话": "13800000000",
            "诉求标题": format!("第{number}件{HOSTILE}"), "诉求内容": "王小明说路灯不亮，电话13800000000", "登记时间": time}),
    }
}

fn pushed(number: u64, original: Value) -> Reject {
    Reject {
        place: RowPlace { file: "push".into(), sheet: None, row: number, column: None },
        kind: RejectKind::Field,
        form: RejectForm::Json,
        reason: "\"titel\" is no field; allowed: id, title".into(),
        original,
    }
}

async fn take(office: &Office, rejects: Vec<Reject>) -> Vec<QuarantineId> {
    let source = office.store.source(office.source).await.unwrap().unwrap();
    office.store.take_in(&source, vec![], rejects).await.unwrap();
    waiting(office).await
}

async fn waiting(office: &Office) -> Vec<QuarantineId> {
    let page = Page { before: None, size: 1000 };
    let rows = office.store.quarantine(QuarantineFilter::default(), page).await.unwrap().rows;
    rows.into_iter().rev().map(|row| row.id).collect()
}

async fn titles(office: &Office) -> Vec<String> {
    let filter = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
    let items = office.store.items(&Viewer::SYSTEM, &filter, Page::default()).await.unwrap();
    items.rows.into_iter().map(|item| item.content.title).collect()
}

async fn actions(office: &Office) -> Vec<String> {
    let page = office.store.audit_page(&AuditFilter::default(), Page::default()).await.unwrap();
    page.rows.into_iter().map(|e| e.entry.action).collect()
}

fn hides_persons(answer: &Answer) {
    assert!(!answer.body.contains("王小明") && !answer.body.contains("13800000000"), "{}", answer.body);
    assert!(!answer.body.contains("<script>alert") && !answer.body.contains("<img src=x"));
}

#[tokio::test]
async fn the_list_groups_filters_and_hides() {
    let office = Office::new().await;
    take(&office, vec![row(2, "昨天"), row(3, "前天"), pushed(1, json!({"titel": "x"}))]).await;
    for login in ["admin", "duty"] {
        let list = office.get(login, "/quarantine").await;
        assert_eq!(list.status, StatusCode::OK);
        hides_persons(&list);
        for words in ["时间读不懂", "字段不合要求", "全部重放", "“昨天”不是时间", "热线日报"]
        {
            assert!(list.body.contains(words), "{words}: {}", list.body);
        }
    }
    let source = office.source;
    let of_kind = office.get("duty", &format!("/quarantine?source={source}&kind=field")).await.body;
    assert!(of_kind.contains("不是接口的字段") && !of_kind.contains("“昨天”"), "{of_kind}");
    let closed = office.get("duty", "/quarantine?state=closed").await.body;
    assert!(closed.contains("没有读不懂的行"));
    assert!(office.get("admin", "/quarantine?source=zzz&kind=zzz&after=zzz").await.status.is_success());
}

#[tokio::test]
async fn a_row_is_shown_masked_and_opened_with_a_reason_that_is_logged() {
    let office = Office::new().await;
    let id = take(&office, vec![row(2, "昨天")]).await[0];
    let path = format!("/quarantine/{id}");
    let shown = office.get("duty", &path).await;
    hides_persons(&shown);
    for words in ["路灯不亮", "●●", "“昨天”不是时间", "查看原文并修改"] {
        assert!(shown.body.contains(words), "{words}: {}", shown.body);
    }
    let admin = office.get("admin", &path).await;
    hides_persons(&admin);
    assert!(!admin.body.contains("查看原文并修改"), "an administrator does not look behind the mask");
    let short = office.post("duty", &format!("{path}/open"), &[("reason", "看")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    hides_persons(&short);
    assert!(!actions(&office).await.contains(&"quarantine.open".to_owned()));
    let open = office.post("duty", &format!("{path}/open"), &[("reason", "补写登记时间")]).await;
    assert!(open.body.contains("王小明") && open.body.contains("13800000000"));
    assert!(!open.body.contains("<script>alert"));
    assert!(actions(&office).await.contains(&"quarantine.open".to_owned()));
    assert_eq!(office.get("duty", "/quarantine/0000000000000").await.status, StatusCode::NOT_FOUND);
    assert_eq!(office.get("duty", "/quarantine/x").await.status, StatusCode::NOT_FOUND);
}

/// The form of the opened row with one value changed, as a browser would send it.
async fn mend(office: &Office, id: QuarantineId, changed: (&str, &str)) -> Answer {
    mend_with(office, id, changed, &[]).await
}

/// The same, and what else is ticked in it.
async fn mend_with(
    office: &Office,
    id: QuarantineId,
    changed: (&str, &str),
    more: &[(&str, &str)],
) -> Answer {
    let original = office.store.quarantined_original(id).await.unwrap();
    let mut form: Vec<(String, String)> = Vec::new();
    for (index, (name, value)) in original.as_object().unwrap().iter().enumerate() {
        let value = if name == changed.0 { changed.1 } else { value.as_str().unwrap() };
        form.push((format!("k-{index}"), name.clone()));
        form.push((format!("v-{index}"), value.to_owned()));
    }
    let mut form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    form.extend(more);
    office.post("duty", &format!("/quarantine/{id}/mend"), &form).await
}

#[tokio::test]
async fn a_row_that_may_be_older_than_what_is_stored_waits_for_a_tick() {
    for office in Office::each().await {
        let ids = take(&office, vec![row(2, "昨天"), row(2, "前天")]).await;
        office.store.clock.set(office.store.now() + jiff::SignedDuration::from_mins(5));
        let first = mend(&office, ids[0], ("登记时间", "2026-11-01 09:30")).await;
        assert!(first.location().ends_with("row-new"), "{}", first.body);
        let time = ("登记时间", "2026-11-01 10:30");
        let doubtful = mend(&office, ids[1], time).await;
        assert_eq!(doubtful.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(doubtful.body.contains("后来又送来过") && doubtful.body.contains("name=\"over\""));
        assert_eq!(waiting(&office).await, [ids[1]]);
        let over = mend_with(&office, ids[1], time, &[("over", "on")]).await;
        assert!(over.location().ends_with("row-updated"), "{}", over.body);
        assert!(waiting(&office).await.is_empty());
    }
}

#[tokio::test]
async fn a_mended_row_goes_in_and_one_still_bad_says_why() {
    for office in Office::each().await {
        let id = take(&office, vec![row(2, "昨天")]).await[0];
        let before = titles(&office).await.len();
        let plain = office.post("duty", &format!("/quarantine/{id}/replay"), &[]).await;
        assert_eq!(plain.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(plain.body.contains("还是读不了"), "{}", plain.body);
        let worse = mend(&office, id, ("登记时间", "大前天")).await;
        assert_eq!(worse.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            worse.body.contains("“大前天”不是时间") && !worse.body.contains("“昨天”不是时间"),
            "{}",
            worse.body
        );
        let good = mend(&office, id, ("登记时间", "2026-11-01 09:30")).await;
        assert_eq!(good.location(), format!("/quarantine/{id}?done=row-new"), "{}", good.body);
        assert!(office.get("duty", good.location()).await.body.contains("新收一条"));
        assert_eq!(titles(&office).await.len(), before + 1);
        assert!(waiting(&office).await.is_empty());
        let again = mend(&office, id, ("登记时间", "2026-11-01 09:30")).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(titles(&office).await.len(), before + 1);
    }
}

#[tokio::test]
async fn all_of_a_kind_are_replayed_and_dismissed_with_counts() {
    for office in Office::each().await {
        let source = office.source.to_string();
        // What could not be read then can be read by the rules of today.
        let mut rows: Vec<Reject> = (0..310).map(|n| row(n, "2026-11-01 09:30")).collect();
        rows.push(row(400, "昨天"));
        take(&office, rows).await;
        let form = [("source", source.as_str()), ("kind", "time")];
        let first = office.post("admin", "/quarantine/replay", &form).await;
        assert!(first.body.contains("199 条重放成功，1 条仍有问题"), "{}", first.body);
        let before = first.body.split("name=\"before\" value=\"").nth(1).and_then(|r| r.split('"').next());
        let form = [("source", source.as_str()), ("kind", "time"), ("before", before.unwrap())];
        let rest = office.post("admin", "/quarantine/replay", &form).await;
        assert!(rest.body.contains("111 条重放成功，0 条仍有问题"), "{}", rest.body);
        assert!(!rest.body.contains("继续处理"));
        assert_eq!(waiting(&office).await.len(), 1);
        let form = [("source", source.as_str()), ("kind", "time")];
        let unreasoned = office.post("duty", "/quarantine/dismiss", &form).await;
        assert_eq!(unreasoned.status, StatusCode::UNPROCESSABLE_ENTITY);
        let form = [("source", source.as_str()), ("kind", "time"), ("reason", "测试数据")];
        assert!(office.post("duty", "/quarantine/dismiss", &form).await.body.contains("1 条已忽略"));
        assert!(waiting(&office).await.is_empty());
        let closed = office.get("duty", "/quarantine?state=closed").await.body;
        assert!(closed.contains("已忽略：测试数据"), "{closed}");
    }
}

#[tokio::test]
async fn rows_of_a_removed_source_keep_its_name_and_can_only_be_dismissed() {
    let office = Office::new().await;
    let id = take(&office, vec![row(2, "昨天")]).await[0];
    let source = office.source;
    let asked = office.get("admin", &format!("/sources/{source}/remove")).await.body;
    assert!(asked.contains("1 条没有处理：移除以后只能忽略"), "{asked}");
    office.store.remove_source(source, Actor::Console).await.unwrap();
    let list = office.get("duty", "/quarantine").await.body;
    assert!(list.contains("热线日报（2026-11-02 移除，") && list.contains("只能忽略"), "{list}");
    assert!(!list.contains("全部重放") && list.contains("全部忽略"), "{list}");
    let shown = office.get("duty", &format!("/quarantine/{id}")).await.body;
    assert!(shown.contains("来源已经移除") && shown.contains("忽略这一行"), "{shown}");
    assert!(!shown.contains("直接重放") && !shown.contains("查看原文并修改"), "{shown}");
}

#[tokio::test]
async fn the_summary_is_that_of_the_chosen_source() {
    let office = Office::new().await;
    take(&office, vec![row(2, "昨天")]).await;
    let whole = office.get("duty", &format!("/quarantine?source={}", office.source)).await.body;
    assert!(whole.contains("全部重放"), "{whole}");
    let other = office.get("duty", "/quarantine?source=0000000000001").await.body;
    assert!(!other.contains("全部重放"), "{other}");
}

#[tokio::test]
async fn one_row_is_dismissed_once() {
    let office = Office::new().await;
    let id = take(&office, vec![row(2, "昨天")]).await[0];
    let path = format!("/quarantine/{id}/dismiss");
    assert_eq!(office.post("admin", &path, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = office.post("admin", &path, &[("reason", "重复")]).await;
    assert_eq!(done.location(), format!("/quarantine/{id}?done=row-dismissed"));
    let shown = office.get("admin", &format!("/quarantine/{id}")).await.body;
    assert!(shown.contains("已忽略：重复") && !shown.contains("直接重放"), "{shown}");
    assert_eq!(
        office.post("admin", &path, &[("reason", "重复")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn a_pushed_record_is_mended_field_by_field() {
    let mut office = Office::new().await;
    let source = NewSource {
        name: "省平台".into(),
        kind: SourceKind::Push,
        channel: Channel::Hotline,
        mode: Mode::Handle,
        url: None,
        cutoff: None,
        allow_host: None,
        interval_s: 900,
        settings: Default::default(),
    };
    office.source = office.store.add_source(source, Actor::Console).await.unwrap().id;
    let ids =
        take(&office, vec![pushed(1, json!({"id": "7", "titel": "路灯"})), pushed(2, json!("{\"title\":"))])
            .await;
    let form = [("k-0", "id"), ("v-0", "7"), ("k-1", "title"), ("v-1", "路灯坏了三天")];
    let done = office.post("duty", &format!("/quarantine/{}/mend", ids[0]), &form).await;
    assert_eq!(done.location(), format!("/quarantine/{}?done=row-new", ids[0]), "{}", done.body);
    let path = format!("/quarantine/{}/mend", ids[1]);
    let still = office.post("duty", &path, &[("v-0", "{\"title\":5}")]).await;
    assert!(still.body.contains("应为引号内的文字"), "{}", still.body);
    let done = office.post("duty", &path, &[("v-0", "{\"title\":\"井盖松动\"}")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let titles = titles(&office).await;
    assert!(
        titles.contains(&"路灯坏了三天".to_owned()) && titles.contains(&"井盖松动".to_owned()),
        "{titles:?}"
    );
}
