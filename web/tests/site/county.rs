//! The county's files and the routing table at the pages: tried, saved, at work at once, taken back.

use axum::http::StatusCode;

use crate::office::{HOSTILE, Office};

const ROW: [(&str, &str); 8] = [
    ("version", "0"),
    ("priority", "1"),
    ("topic", "urban"),
    ("department", "jtj"),
    ("words", "路灯，灯杆"),
    ("note", "路灯归交通"),
    ("reason", "试点"),
    ("do", "save"),
];

fn row<'a>(with: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = ROW.iter().copied().filter(|(name, _)| with.iter().all(|(other, _)| other != name));
    kept.chain(with.iter().copied()).collect()
}

#[tokio::test]
async fn a_row_of_the_routing_table_is_saved_at_work_at_once_and_taken_away_again() {
    let office = Office::new().await;
    let page = office.get("duty", "/routing").await.body;
    assert!(
        page.contains("劳动监察") && !page.contains("/routing/new"),
        "read by the duty officer, not changed"
    );
    let tried = office.post("admin", "/routing/new", &row(&[("do", "try")])).await;
    assert_eq!(tried.status, StatusCode::OK);
    assert!(tried.body.contains("试算"), "{}", tried.body);
    assert_eq!(office.store.county_mark().await.unwrap(), 0, "a trial stores nothing");
    let saved = office.post("admin", "/routing/new", &row(&[])).await;
    assert_eq!(saved.location(), "/routing?done=routing-saved");
    let page = office.get("admin", "/routing?department=jtj").await.body;
    assert!(page.contains("路灯归交通") && page.contains("路灯、灯杆"), "{page}");
    let item = office.get("duty", &format!("/items/{}", office.open)).await.body;
    assert!(item.contains("路灯归交通"), "the proposal follows the new row: {item}");
    let index = page.rsplit("/routing/").next().unwrap().split('"').next().unwrap();
    let stale = office.post("admin", &format!("/routing/{index}"), &row(&[])).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(stale.body.contains("刚刚被别人改过"), "{}", stale.body);
    let gone = row(&[("version", "1"), ("do", "remove"), ("reason", "试点结束")]);
    let gone = office.post("admin", &format!("/routing/{index}"), &gone).await;
    assert_eq!(gone.location(), "/routing?done=routing-saved");
    assert!(!office.get("admin", "/routing").await.body.contains("路灯归交通"));
}

#[tokio::test]
async fn what_is_mistyped_is_named_and_nothing_is_saved() {
    let office = Office::new().await;
    let refused = async |with: &[(&str, &str)], says: &str| {
        let answer = office.post("admin", "/routing/new", &row(with)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{with:?}");
        assert!(answer.body.contains(says), "{says}: {}", answer.body);
    };
    refused(&[("priority", "很高")], "优先级“很高”不是数字").await;
    refused(&[("topic", "money")], "没有代码为“money”的话题").await;
    refused(&[("department", "")], "请填写“派给”").await;
    refused(&[("from", "2027-01-01"), ("to", "2026-01-01")], "早于生效日期").await;
    refused(&[("reason", "")], "请填写“修改说明”").await;
    refused(&[("topic", "wages"), ("priority", "90"), ("words", "")], "条件完全一样").await;
    let file =
        [("name", "routing.csv"), ("version", "0"), ("reason", "乱写"), ("do", "save"), ("text", HOSTILE)];
    let answer = office.post("admin", "/county/file", &file).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!answer.body.contains("<script>alert(1)"));
    assert_eq!(office.store.county_mark().await.unwrap(), 0);
    for name in ["../master.key", "notes.txt", ""] {
        let answer = office.get("admin", &format!("/county/file?name={name}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}");
    }
}

#[tokio::test]
async fn next_years_holidays_are_checked_saved_and_can_be_taken_back() {
    let office = Office::new().await;
    let list = office.get("admin", "/county").await.body;
    assert!(list.contains("还没有 2027 年的放假调休安排"), "{list}");
    let text = r#"{"year":2027,"days":[{"name":"元旦","date":"2027-01-01","isOffDay":true}]}"#;
    let form = |what: &'static str| {
        [
            ("name", "calendar/2027.json"),
            ("version", "0"),
            ("reason", "国办通知"),
            ("do", what),
            ("text", text),
        ]
    };
    let checked = office.post("admin", "/county/file", &form("check")).await;
    assert!(checked.body.contains("件未办结工单的时限会变"), "{}", checked.body);
    let saved = office.post("admin", "/county/file", &form("save")).await;
    assert_eq!(saved.location(), "/county/file?name=calendar%2F2027.json&done=county-file-saved");
    assert!(!office.get("admin", "/county").await.body.contains("还没有 2027 年"));
    let page = office.get("admin", "/county/file?name=calendar/2027.json").await.body;
    assert!(page.contains("第 1 版") && page.contains("国办通知"));
    let back = [
        ("name", "calendar/2027.json"),
        ("version", "1"),
        ("reason", "改回"),
        ("do", "folder"),
        ("text", ""),
    ];
    office.post("admin", "/county/file", &back).await;
    assert!(office.get("admin", "/county").await.body.contains("还没有 2027 年"));
    let old = office.get("admin", "/county/file?name=calendar/2027.json&version=1").await.body;
    assert!(old.contains("这是第 1 版的内容") && old.contains("2027-01-01"));
}

#[tokio::test]
async fn a_department_with_cases_cannot_be_taken_out_of_the_table() {
    let office = Office::new().await;
    let text = qingting_models::county::FILES.iter().find(|(name, _)| *name == "departments.csv").unwrap().1;
    let without: String =
        text.lines().filter(|line| !line.starts_with("zjj,")).map(|line| format!("{line}\n")).collect();
    let routes = qingting_models::county::FILES.iter().find(|(name, _)| *name == "routing.csv").unwrap().1;
    let routes: String =
        routes.lines().filter(|line| !line.contains(",zjj,")).map(|l| format!("{l}\n")).collect();
    let save = [
        ("name", "routing.csv"),
        ("version", "0"),
        ("reason", "机构改革"),
        ("do", "save"),
        ("text", &routes),
    ];
    office.post("admin", "/county/file", &save).await;
    // Reply templates name the department too.
    let none =
        [("name", "templates.toml"), ("version", "0"), ("reason", "机构改革"), ("do", "save"), ("text", "")];
    office.post("admin", "/county/file", &none).await;
    let save = [
        ("name", "departments.csv"),
        ("version", "0"),
        ("reason", "机构改革"),
        ("do", "save"),
        ("text", &without),
    ];
    let answer = office.post("admin", "/county/file", &save).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("名下有工单或用户") && answer.body.contains("valid_to"), "{}", answer.body);
}

#[tokio::test]
async fn the_departments_page_counts_what_was_sent_and_sent_back() {
    let office = Office::new().await;
    let row = async || {
        let page = office.get("leader", "/departments").await.body;
        let row = page
            .split("<tr")
            .find(|row| row.contains("住建局") && row.contains("由人派来"))
            .unwrap()
            .to_owned();
        let cells = row.split("data-label=\"").skip(1).filter_map(|cell| {
            let (label, rest) = cell.split_once('"')?;
            Some(format!("{label} {}", rest.split_once('>')?.1.split('<').next()?.trim()))
        });
        cells.collect::<Vec<_>>().join("，")
    };
    assert!(row().await.ends_with("由人派来 1，其中退回 0，改派来的 0"), "{}", row().await);
    let back = [("action", "send_back"), ("version", "1"), ("text", "不属本局"), ("department", "zfj")];
    let answer = office.post("handler", &format!("/cases/{}/act", office.housing.0), &back).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert!(row().await.ends_with("由人派来 1，其中退回 1，改派来的 0"), "{}", row().await);
    assert!(!office.get("leader", "/departments").await.body.contains("修改单位表"));
    assert!(office.get("admin", "/departments").await.body.contains("修改单位表"));
}
