//! How an administrator adds a source on the pages and tries it before, over the real store and a server that is asked.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use qingting_models::records::Source;

use crate::office::{Answer, Office};

const FEED: &str = "<rss version='2.0'><channel><title>县新闻</title>\
    <item><title>失主请联系 13812345678</title><link>https://news.example/1</link><description>东门停水</description></item>\
    <item><title>&lt;script&gt;alert(1)&lt;/script&gt;</title><link>https://news.example/2</link></item></channel></rss>";
const HOME: &str = "<html><head><link rel='alternate' type='application/rss+xml' title='要闻' href='/rss.xml'></head></html>";
const LIST: &str = "<html><head><title>通知公告</title></head><body><ul class=news>\
    <li><a href='/a/1.html'>关于停水的通知</a><span>2026-10-31</span></li>\
    <li><a href='/a/2.html'>关于停电的通知</a><span>2026-10-30</span></li></ul></body></html>";
const ARTICLE: &str =
    "<html><body><div id=zoom>联系人电话 13912345678，东门片区停水一天。</div></body></html>";

/// An interface that wants a key and names a person.
async fn rows(headers: axum::http::HeaderMap) -> (StatusCode, &'static str) {
    if headers.get("x-api-key").is_none_or(|key| key != "open-sesame") {
        return (StatusCode::FORBIDDEN, "");
    }
    (StatusCode::OK, r#"{"rows":[{"id":"7","text":"欧阳小渔反映路灯不亮","who":"欧阳小渔"}]}"#)
}

/// A site on this machine; its address.
async fn site() -> String {
    let html = |text: &'static str| get(move || async move { axum::response::Html(text) });
    let app = Router::new()
        .route("/rss.xml", get(|| async { FEED }))
        .route("/", html(HOME))
        .route("/list", html(LIST))
        .route("/a/1.html", html(ARTICLE))
        .route("/api", get(rows));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

pub(crate) async fn named(office: &Office, name: &str) -> Source {
    office.store.source_named(name).await.unwrap().unwrap()
}

pub(crate) async fn add(office: &Office, rows: &[(&str, &str)]) -> Answer {
    let mut form = vec![("channel", "site"), ("mode", "mirror"), ("do", "save")];
    form.extend_from_slice(rows);
    office.post("admin", "/sources/new", &form).await
}

pub(crate) async fn a_feed(office: &Office, name: &str) -> Source {
    let rows = [("kind", "feed"), ("name", name), ("minutes", "30"), ("address", "https://example.cn/rss")];
    let answer = add(office, &rows).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    named(office, name).await
}

#[tokio::test]
async fn every_kind_is_chosen_and_added_by_its_own_form() {
    let office = Office::new().await;
    let chooser = office.get("admin", "/sources/new").await.body;
    let drop = tempfile::tempdir().unwrap();
    let folder = drop.path().to_str().unwrap();
    let kinds: &[(&str, &[(&str, &str)])] = &[
        ("feed", &[("address", "https://example.cn/rss"), ("minutes", "15"), ("full_text", "on")]),
        ("page", &[("address", "https://example.cn/l"), ("minutes", "15"), ("page_item", "ul > li")]),
        ("sheet", &[("column_map", "body = \"情况说明\"")]),
        ("folder", &[("folder", folder), ("minutes", "1")]),
        (
            "pull",
            &[
                ("address", "https://example.cn/api"),
                ("minutes", "15"),
                ("pull_records", "$.rows[*]"),
                ("pull_title", "$.t"),
                ("pull_id", "$.id"),
            ],
        ),
        (
            "open311",
            &[("address", "https://example.cn/v2/"), ("minutes", "15"), ("service_codes", "001 002")],
        ),
        ("push", &[]),
    ];
    for (kind, rows) in kinds {
        assert!(chooser.contains(&format!("/sources/new?kind={kind}\"")), "{kind} cannot be chosen");
        let form = office.get("admin", &format!("/sources/new?kind={kind}")).await.body;
        for (field, _) in *rows {
            assert!(form.contains(&format!("name=\"{field}\"")), "{kind} has no field {field}");
        }
        let name = format!("来源{kind}");
        let mut all = vec![("kind", *kind), ("name", &*name)];
        all.extend_from_slice(rows);
        let answer = add(&office, &all).await;
        let source = named(&office, &name).await;
        assert_eq!(source.kind.code(), *kind);
        match *kind {
            "push" => assert!(source.has_token && answer.body.contains("Authorization: Bearer qt_")),
            _ => assert_eq!(answer.location(), format!("/sources/{}?done=source-added", source.id)),
        }
        let page = office.get("admin", &format!("/sources/{}", source.id)).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.body.contains("Bearer qt_"), "the token is shown once");
    }
    assert!(named(&office, "来源feed").await.settings.full_text);
    assert_eq!(named(&office, "来源sheet").await.column_map.as_deref(), Some("body = \"情况说明\""));
}

#[tokio::test]
async fn what_was_typed_survives_an_error_that_is_told_at_its_field() {
    let office = Office::new().await;
    let rows = [
        ("kind", "page"),
        ("name", "县网<b>"),
        ("minutes", "15"),
        ("address", "https://example.cn/l"),
        ("page_item", "li["),
    ];
    let answer = add(&office, &rows).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("id=\"f-page_item-problem\"") && answer.body.contains("不是 CSS 选择器"));
    assert!(answer.body.contains("value=\"县网&#60;b&#62;\"") && answer.body.contains("value=\"li[\""));
    a_feed(&office, "县融媒体").await;
    let twice = add(
        &office,
        &[("kind", "feed"), ("name", "县融媒体"), ("minutes", "15"), ("address", "https://a.cn/x")],
    )
    .await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(twice.body.contains("已有名为“县融媒体”的来源") && twice.body.contains("https://a.cn/x"));
}

#[tokio::test]
async fn a_trial_that_cannot_be_made_names_the_field_and_leads_to_it() {
    let office = Office::online().await;
    let form = [("kind", "page"), ("address", "https://example.cn/l"), ("page_item", "li >"), ("do", "try")];
    let answer = office.post("admin", "/sources/new", &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let panel = answer.body.split("id=\"tried\"").nth(1).unwrap();
    assert!(
        panel.contains("<a href=\"#f-page_item\">每一条</a>") && panel.contains("前后要有内容"),
        "{panel}"
    );
    assert!(!answer.body.contains("DanglingCombinator") && !panel.contains("点“试读”"));
    let blank = office.get("admin", "/sources/new?kind=page").await.body;
    assert!(blank.contains("填好表单") && !blank.contains("左边"));
}

#[tokio::test]
async fn a_folder_that_cannot_be_watched_is_not_saved() {
    let office = Office::new().await;
    let drop = tempfile::tempdir().unwrap();
    let missing = drop.path().join("没有");
    let rows = |folder: &'static str| {
        [("kind", "folder"), ("name", "投递箱"), ("minutes", "15"), ("folder", folder)]
    };
    let refused = add(&office, &rows(missing.to_str().unwrap().to_owned().leak())).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("不存在；请服务器管理员建好") && refused.body.contains("f-folder-problem"));
    let saved = add(&office, &rows(drop.path().to_str().unwrap().to_owned().leak())).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    assert_eq!(std::fs::read_dir(drop.path()).unwrap().count(), 0, "the look left something behind");
    let source = named(&office, "投递箱").await;
    let unread = drop.path().join("读不了");
    std::fs::create_dir(&unread).unwrap();
    std::fs::write(unread.join("2026-11-01-a.csv.sealed"), "x").unwrap();
    std::fs::write(unread.join("a.csv.原因.txt"), "x").unwrap();
    for path in ["/sources".to_owned(), format!("/sources/{}", source.id)] {
        let page = office.get("admin", &path).await.body;
        assert!(page.contains("有 1 份表格读不了"), "{path}");
    }
    let edit = format!("/sources/{}/edit", source.id);
    let mut rows = rows(missing.to_str().unwrap().to_owned().leak()).to_vec();
    rows.extend([("channel", "site"), ("mode", "mirror")]);
    let refused = office.post("admin", &edit, &rows).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("不存在"));
}

#[tokio::test]
async fn a_trial_shows_masked_entries_and_stores_nothing() {
    let office = Office::online().await;
    let address = format!("{}/rss.xml", site().await);
    let form = [
        ("kind", "feed"),
        ("address", &*address),
        ("allow_host", "127.0.0.1"),
        ("do", "try"),
        ("name", "试一试"),
    ];
    let before = office.store.sources().await.unwrap().len();
    let answer = office.post("admin", "/sources/new", &form).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("会读到 2 条") && answer.body.contains("失主请联系"), "{}", answer.body);
    assert!(answer.body.contains("value=\"试一试\""), "what was typed is there still");
    assert!(!answer.body.contains("13812345678") && !answer.body.contains("<script>alert"));
    assert_eq!(office.store.sources().await.unwrap().len(), before);
}

#[tokio::test]
async fn a_web_page_offers_its_feeds_and_the_picked_one_is_tried() {
    let office = Office::online().await;
    let home = format!("{}/", site().await);
    let form = [("kind", "feed"), ("address", &*home), ("allow_host", "127.0.0.1"), ("do", "try")];
    let found = office.post("admin", "/sources/new", &form).await.body;
    let feed = format!("{home}rss.xml");
    assert!(found.contains(&format!("name=\"take\" value=\"{feed}\"")) && found.contains("要闻"), "{found}");
    let mut picked = form.to_vec();
    picked.push(("take", &feed));
    let tried = office.post("admin", "/sources/new", &picked).await.body;
    assert!(tried.contains("会读到 2 条") && tried.contains(&format!("value=\"{feed}\"")));
}

#[tokio::test]
async fn the_selectors_of_a_page_show_what_they_matched_or_that_they_match_nothing() {
    let office = Office::online().await;
    let list = format!("{}/list", site().await);
    let form = |item: &'static str| {
        [
            ("kind", "page"),
            ("address", list.clone().leak() as &str),
            ("allow_host", "127.0.0.1"),
            ("do", "try"),
            ("page_item", item),
        ]
    };
    let good = office.post("admin", "/sources/new", &form("ul.news > li")).await.body;
    for says in [
        "只打开了第一篇文章",
        "选中 2 条",
        "关于停水的通知",
        "关于停电的通知",
        "2026-10-31",
        "东门片区停水一天",
    ] {
        assert!(good.contains(says), "{says} is missing: {good}");
    }
    assert!(!good.contains("13912345678"));
    let bad = office.post("admin", "/sources/new", &form("ul.old > li")).await.body;
    assert!(
        bad.contains("ul.old &#62; li") && bad.contains("没有匹配到") && bad.contains("样子变了的"),
        "{bad}"
    );
}

#[tokio::test]
async fn an_interface_is_tried_with_its_secret_and_its_persons_stay_masked() {
    let office = Office::online().await;
    let address = format!("{}/api", site().await);
    let mut form = vec![
        ("kind", "pull"),
        ("address", &*address),
        ("allow_host", "127.0.0.1"),
        ("do", "try"),
        ("pull_records", "$.rows[*]"),
        ("pull_id", "$.id"),
        ("pull_body", "$.text"),
        ("pull_person_name", "$.who"),
        ("secret_header", "X-Api-Key"),
        ("secret", "open-sesame"),
    ];
    let good = office.post("admin", "/sources/new", &form).await.body;
    assert!(good.contains("会读到 1 条") && good.contains("路灯不亮") && good.contains("所有记录"), "{good}");
    assert!(!good.contains("欧阳小渔"), "a name is shown");
    for says in ["只读第一页", "$.who", "密封保存，不显示", "$.text"] {
        assert!(good.contains(says), "{says} is missing: {good}");
    }
    let mut unfit = form.clone();
    unfit.retain(|(name, _)| *name != "pull_id");
    unfit.push(("pull_id", "$.nr"));
    let unfit = office.post("admin", "/sources/new", &unfit).await.body;
    assert!(unfit.contains("找到 1 条，但没有一条能读入") && unfit.contains("没有编号"), "{unfit}");
    assert!(unfit.contains("没有找到") && !unfit.contains("里面没有条目"), "{unfit}");
    form.retain(|(name, _)| *name != "secret");
    form.push(("secret", "wrong"));
    let refused = office.post("admin", "/sources/new", &form).await.body;
    assert!(refused.contains("拒绝访问（403）") && refused.contains("口令是否过期"), "{refused}");
}
