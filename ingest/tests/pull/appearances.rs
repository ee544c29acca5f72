//! One article at several places is one item.

use qingting_models::records::{SourceKind, SourceSettings};
use qingting_models::store::testing::each_database;

use crate::site::{counts, http, items, polled, site, source};

const TEXT: &str = "县里三处水库今天同时放水，下游五个村的村民已经提前转移，交通部门封闭了沿河的两条县道，预计明天中午以前恢复通行，请大家不要前往河边。";

fn feed(entries: &[(&str, &str, &str)]) -> String {
    let item = |(guid, link, text): &(&str, &str, &str)| {
        format!(
            "<item><guid isPermaLink=\"false\">{guid}</guid><title>水库放水</title><link>{link}</link><description>{text}</description></item>"
        )
    };
    let items: String = entries.iter().map(item).collect();
    format!("<rss version=\"2.0\"><channel><title>站</title>{items}</channel></rss>")
}

#[tokio::test]
async fn tracking_parameters_mobile_hosts_and_republishing_make_no_new_item() {
    for store in each_database().await.unwrap() {
        let (site, http) = (site().await, http());
        site.show(
            "/one",
            feed(&[
                ("a", "https://www.example.cn/a/1.html", TEXT),
                ("b", "https://m.example.cn/a/1.html?utm_source=wx&from=timeline", TEXT),
            ]),
        );
        site.show("/two", feed(&[("x", "https://other.example.cn/9", &TEXT.replace('，', ", "))]));
        let one = source(&store, "县", SourceKind::Feed, site.url("/one"), SourceSettings::default()).await;
        let two = source(&store, "市", SourceKind::Feed, site.url("/two"), SourceSettings::default()).await;
        assert_eq!(polled(&store, &http, &one).await.unwrap(), counts(2, 1, 0, 1, 0));
        assert_eq!(polled(&store, &http, &two).await.unwrap(), counts(1, 0, 0, 1, 0));
        let found = items(&store).await;
        assert_eq!(found.iter().map(|item| item.appearances).collect::<Vec<_>>(), [3]);
    }
}

#[tokio::test]
async fn different_articles_under_one_guid_are_all_kept_and_a_tombstone_withdraws() {
    for store in each_database().await.unwrap() {
        let (site, http) = (site().await, http());
        let twice =
            feed(&[("0", "https://www.example.cn/a/1", "一"), ("0", "https://www.example.cn/a/2", "二")])
                .replacen("水库放水", "停水", 1);
        site.show("/feed", twice.clone());
        let source =
            source(&store, "县", SourceKind::Feed, site.url("/feed"), SourceSettings::default()).await;
        assert_eq!(polled(&store, &http, &source).await.unwrap(), counts(2, 2, 0, 0, 0));
        site.show("/feed", twice.replace("站", "站点"));
        assert_eq!(polled(&store, &http, &source).await.unwrap(), counts(2, 0, 0, 2, 0));

        site.show("/feed", "<feed xmlns='http://www.w3.org/2005/Atom'><title>站</title><entry><id>urn:1</id><title>停气</title></entry></feed>");
        assert_eq!(polled(&store, &http, &source).await.unwrap().new, 1);
        site.show("/feed", "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:at='http://purl.org/atompub/tombstones/1.0'><title>站</title>\
            <at:deleted-entry ref='urn:1' when='2026-11-01T00:00:00Z'/><entry><id>urn:2</id><title>停电</title></entry></feed>");
        assert_eq!(polled(&store, &http, &source).await.unwrap(), counts(2, 1, 1, 0, 0));
        let found = items(&store).await;
        let gone: Vec<_> =
            found.iter().filter(|i| i.withdrawn_at.is_some()).map(|i| i.content.title.as_str()).collect();
        assert_eq!((found.len(), gone), (4, vec!["停气"]));
    }
}
