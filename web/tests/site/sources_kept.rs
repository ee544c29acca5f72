//! What becomes of a source once it is there: its state in the list, failing, its secrets and tokens, its tier, and its end.

use axum::http::StatusCode;
use qingting_models::records::{Actor, RejectForm, RejectKind, RowPlace, Source, SourceRun};
use qingting_models::store::{AuditFilter, Fetched, Page, PollOutcome, QuarantineFilter, Reject};

use crate::office::Office;
use crate::sources::{a_feed, add, named};

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
