//! What an administrator does with sources on the pages, over the real store and a server that is asked.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use qingting_models::records::{Actor, RejectForm, RejectKind, RowPlace, Source, SourceRun};
use qingting_models::store::{AuditFilter, Fetched, Page, PollOutcome, QuarantineFilter, Reject};

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

async fn add(office: &Office, rows: &[(&str, &str)]) -> Answer {
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

async fn fail(office: &Office, source: &Source, reason: &str, times: usize) {
    for _ in 0..times {
        let source = office.store.source(source.id).await.unwrap().unwrap();
        let tried_at = office.store.now();
        let outcome = PollOutcome { tried_at, result: Err(reason.into()), next_at: tried_at };
        office.store.finish_poll(&source, outcome).await.unwrap();
    }
}

async fn actions(office: &Office) -> Vec<String> {
    let page = office.store.audit_page(&AuditFilter::default(), Page::default()).await.unwrap();
    page.rows.into_iter().map(|e| e.entry.action).collect()
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

#[tokio::test]
async fn the_list_shows_each_state_with_why_and_what_to_do_and_filters_by_it() {
    let office = Office::new().await;
    let gone = a_feed(&office, "换了地址").await;
    let lost = a_feed(&office, "改版网页").await;
    let idle = a_feed(&office, "停一停").await;
    fail(
        &office,
        &gone,
        "news.example answered with HTTP status 404 (not found; the address may have changed)",
        3,
    )
    .await;
    let unmatched = "the selector \"li\" for \"item\" matched nothing on the page; the page has 9 elements; \
                     it may have been rebuilt: look for a selector that fits";
    fail(&office, &lost, unmatched, 1).await;
    office.store.set_source_paused(idle.id, true, Actor::Console).await.unwrap();
    let place = RowPlace { file: "七月.csv".into(), row: 9, ..RowPlace::default() };
    let (kind, form) = (RejectKind::Time, RejectForm::Row);
    let reject = Reject { place, kind, form, reason: "bad".into(), original: serde_json::json!({}) };
    let sheet = office.store.source(office.source).await.unwrap().unwrap();
    office.store.intake(&sheet, vec![], vec![reject]).await.unwrap();

    let all = office.get("admin", "/sources").await.body;
    for says in [
        "失败 3 次",
        "news.example 上没有这个地址（404）",
        "对方可能换了地址",
        "规则不再匹配",
        "重新填写规则",
        "已暂停",
        "读取失败（1）",
        "添加以来共 5 条",
    ] {
        assert!(all.contains(says), "{says} is missing");
    }
    assert!(all.contains(&format!("/quarantine?source={}\">1 条", office.source)));
    for (state, there, not_there) in [
        ("failing", "换了地址", "改版网页"),
        ("unmatched", "改版网页", "换了地址"),
        ("paused", "停一停", "换了地址"),
    ] {
        let some = office.get("admin", &format!("/sources?state={state}")).await.body;
        assert!(
            some.contains(&format!("<bdi>{there}</bdi>"))
                && !some.contains(&format!("<bdi>{not_there}</bdi>"))
        );
    }
}

#[tokio::test]
async fn a_county_without_sources_is_led_to_the_first() {
    let office = Office::new().await;
    office.store.remove_source(office.source, Actor::Console).await.unwrap();
    let empty = office.get("admin", "/sources").await.body;
    assert!(empty.contains("添加第一个来源") && empty.contains("href=\"/sources/new\""));
}

#[tokio::test]
async fn a_failing_source_is_read_paused_and_moved_from_its_page() {
    let office = Office::new().await;
    let source = a_feed(&office, "县新闻").await;
    let path = format!("/sources/{}", source.id);
    let tried_at = office.store.now();
    let later = tried_at + jiff::SignedDuration::from_hours(6);
    let counts = SourceRun { read: 7, new: 4, updated: 2, unchanged: 1, quarantined: 0 };
    let fetched = Fetched {
        counts,
        moved_to: Some("https://new.example.cn/rss".into()),
        what: "https://example.cn/rss".into(),
        pace_s: Some(7200),
        ..Fetched::default()
    };
    let outcome = PollOutcome { tried_at, result: Ok(fetched), next_at: later };
    office.store.finish_poll(&source, outcome).await.unwrap();
    assert!(office.get("admin", &path).await.body.contains("约 2 小时读一次"));
    fail(&office, &source, "could not connect to example.cn: refused", 1).await;
    let page = office.get("admin", &path).await.body;
    assert!(!page.contains("约 2 小时读一次"), "a source that fails keeps to no rhythm: {page}");
    for says in ["怎么办", "连不上 example.cn", "https://new.example.cn/rss", "data-label=\"新增\">4<"]
    {
        assert!(page.contains(says), "{says} is missing: {page}");
    }
    let done = office.post("admin", &format!("{path}/poll"), &[]).await;
    assert_eq!(done.location(), format!("{path}?done=source-due"));
    assert!(
        office.store.source(source.id).await.unwrap().unwrap().health.next_at <= Some(office.store.now())
    );

    office.post("admin", &format!("{path}/move"), &[]).await;
    let moved = office.store.source(source.id).await.unwrap().unwrap();
    assert_eq!((moved.url.as_deref(), moved.health.moved_to), (Some("https://new.example.cn/rss"), None));
    assert_eq!(moved.interval_s, 1800);
    let again = office.post("admin", &format!("{path}/move"), &[]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);

    office.post("admin", &format!("{path}/pause"), &[]).await;
    let refused = office.post("admin", &format!("{path}/poll"), &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let resumed = office.post("admin", &format!("{path}/resume"), &[]).await;
    assert_eq!(resumed.location(), format!("{path}?done=source-resumed"));
    for action in ["source.poll", "source.change", "source.pause", "source.resume"] {
        assert!(actions(&office).await.contains(&action.to_owned()), "{action} is not in the log");
    }
}

#[tokio::test]
async fn a_second_source_of_an_address_is_told_and_whether_its_items_double() {
    let office = Office::new().await;
    let first = a_feed(&office, "县新闻").await;
    assert!(!office.get("admin", &format!("/sources/{}", first.id)).await.body.contains("同一个地址"));
    for (name, channel, says) in
        [("又是新闻", "news", "同一篇文章只算一条"), ("投诉平台", "complaint", "同一件事会重复")]
    {
        let url = first.url.as_deref().unwrap();
        let form = [
            ("kind", "feed"),
            ("name", name),
            ("channel", channel),
            ("mode", first.mode.code()),
            ("minutes", "30"),
            ("address", url),
            ("do", "save"),
        ];
        office.post("admin", "/sources/new", &form).await;
        let added = named(&office, name).await;
        let page = office.get("admin", &format!("/sources/{}", added.id)).await.body;
        assert!(page.contains("读的是同一个地址") && page.contains(says), "{page}");
    }
}

#[tokio::test]
async fn a_secret_is_never_shown_again_and_stays_until_it_is_replaced() {
    let office = Office::new().await;
    let rows = [
        ("kind", "pull"),
        ("name", "投诉平台"),
        ("minutes", "15"),
        ("address", "https://example.cn/api"),
        ("pull_records", "$.rows[*]"),
        ("pull_title", "$.t"),
        ("secret_header", "X-Api-Key"),
    ];
    let mut with = rows.to_vec();
    with.push(("secret", "秘密口令一"));
    assert_eq!(add(&office, &with).await.status, StatusCode::SEE_OTHER);
    let source = named(&office, "投诉平台").await;
    let path = format!("/sources/{}", source.id);
    for page in [path.clone(), format!("{path}/edit")] {
        let body = office.get("admin", &page).await.body;
        assert!(!body.contains("秘密口令一") && body.contains("X-Api-Key"), "{page}");
    }
    let mut change: Vec<(&str, &str)> = rows.iter().copied().filter(|(k, _)| *k != "name").collect();
    change.extend([("name", "投诉平台二"), ("channel", "complaint"), ("mode", "handle")]);
    let saved = office.post("admin", &format!("{path}/edit"), &change).await;
    assert_eq!(saved.location(), format!("{path}?done=source-changed"), "{}", saved.body);
    assert_eq!(office.store.source_secret(source.id).await.unwrap().as_deref(), Some("秘密口令一"));
    change.retain(|(k, _)| *k != "secret_header");
    change.push(("secret_clear", "on"));
    office.post("admin", &format!("{path}/edit"), &change).await;
    assert_eq!(office.store.source_secret(source.id).await.unwrap(), None);
    assert_eq!(named(&office, "投诉平台二").await.id, source.id);
}

#[tokio::test]
async fn a_token_is_replaced_and_ended() {
    let office = Office::new().await;
    add(&office, &[("kind", "push"), ("name", "网格平台")]).await;
    let source = named(&office, "网格平台").await;
    let path = format!("/sources/{}", source.id);
    let page = office.get("admin", &path).await.body;
    assert!(page.contains("<summary>换新令牌</summary>") && page.contains("确定结束</button>"), "{page}");
    let answer = office.post("admin", &format!("{path}/token"), &[]).await;
    assert!(answer.body.contains("http://qt.test/api/v1/items") && answer.body.contains("只显示这一次"));
    assert_eq!(answer.headers["cache-control"], "no-store");
    let token =
        answer.body.split("id=\"new-token\"").nth(1).and_then(|r| r.split("value=\"").nth(1)).unwrap();
    let token = token.split('"').next().unwrap();
    assert_eq!(office.store.source_of_token(token).await.unwrap().map(|s| s.id), Some(source.id));
    let ended = office.post("admin", &format!("{path}/token/end"), &[]).await;
    assert_eq!(ended.location(), format!("{path}?done=source-token-ended"));
    assert!(office.store.source_of_token(token).await.unwrap().is_none());
    let page = office.get("admin", &path).await.body;
    assert!(page.contains("对方推送会被拒绝") && page.contains("生成令牌</button>"), "{page}");
    let sheet = office.post("admin", &format!("/sources/{}/token", office.source), &[]).await;
    assert_eq!(sheet.status, StatusCode::UNPROCESSABLE_ENTITY, "a sheet is not pushed");
}

#[tokio::test]
async fn removing_says_what_stays_and_keeps_it() {
    let office = Office::new().await;
    let path = format!("/sources/{}", office.source);
    let warning = office.get("admin", &format!("{path}/remove")).await.body;
    assert!(warning.contains("近一年 5 条") && warning.contains("全部保留"));
    let done = office.post("admin", &format!("{path}/remove"), &[]).await;
    assert_eq!(done.location(), "/sources?done=source-removed");
    assert_eq!(office.get("admin", &path).await.status, StatusCode::NOT_FOUND);
    let item = office.get("duty", &format!("/items/{}", office.open)).await;
    assert_eq!(item.status, StatusCode::OK);
    assert!(item.body.contains("热线日报（"), "the item still says where it came from");
    assert_eq!(office.store.count_quarantine(QuarantineFilter::default()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_source_has_a_tier_of_the_county_or_none() {
    let office = Office::new().await;
    let rows = [("kind", "feed"), ("name", "省报"), ("minutes", "30"), ("address", "https://example.cn/rss")];
    let with = |tier| [&rows[..], &[("tier", tier)]].concat();
    let wrong = add(&office, &with("大报")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("本县没有级别“大报”；可选：中央媒体"), "{}", wrong.body);
    assert_eq!(add(&office, &with("省级媒体")).await.status, StatusCode::SEE_OTHER);
    let source = named(&office, "省报").await;
    assert_eq!(source.settings.tier.as_deref(), Some("省级媒体"));
    let page = office.get("admin", &format!("/sources/{}", source.id)).await.body;
    assert!(page.contains("来源级别") && page.contains("省级媒体"), "{page}");
    let form = office.get("admin", &format!("/sources/{}/edit", source.id)).await.body;
    assert!(form.contains("<option value=\"省级媒体\" selected>"), "{form}");
}
