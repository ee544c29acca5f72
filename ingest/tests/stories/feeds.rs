//! Feeds of every format and in every state of repair.

use encoding_rs::GB18030;
use proptest::prelude::*;
use qingting_ingest::feed::{FeedDocument, FeedError, FeedFormat, parse};
use qingting_models::clock::rfc3339;
use url::Url;

fn read(text: &str) -> FeedDocument {
    parse(text.as_bytes(), None, Some(&Url::parse("https://news.example.cn/feed/").unwrap())).unwrap()
}

fn rss(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"><channel><title>象山要闻</title>{items}</channel></rss>"
    )
}

fn titles(feed: &FeedDocument) -> Vec<&str> {
    feed.entries.iter().map(|entry| entry.title.as_str()).collect()
}

#[test]
fn rss_is_read_with_its_full_text() {
    let feed = read(&rss(
        "<item><title>停水 &amp; 通知</title><link>/a/1.html</link><guid isPermaLink=\"false\">a-1</guid>\
         <pubDate>Mon, 06 Jan 2020 12:09:38 +0800</pubDate><description>摘要</description>\
         <content:encoded><![CDATA[<p>第一段。</p><p>第二段&nbsp;完。</p>]]></content:encoded></item>",
    ));
    assert_eq!((feed.format, feed.title.as_str()), (FeedFormat::Rss, "象山要闻"));
    let entry = &feed.entries[0];
    assert_eq!((entry.id.as_str(), entry.title.as_str()), ("a-1", "停水 & 通知"));
    assert_eq!(entry.url.as_deref(), Some("https://news.example.cn/a/1.html"));
    assert_eq!(entry.published.map(rfc3339).as_deref(), Some("2020-01-06T12:09:38+08:00"));
    assert_eq!(entry.body, "第一段。\n\n第二段 完。");
}

#[test]
fn atom_is_read_with_the_link_to_its_page() {
    let feed = read(
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>公告</title><entry><title type='html'>&lt;b&gt;公示&lt;/b&gt;</title>\
         <id>tag:x,1</id><link rel='self' href='https://x.cn/self'/><link href='https://x.cn/1'/>\
         <updated>2020-01-06T04:09:38Z</updated><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>正文</p></div></content></entry></feed>",
    );
    assert_eq!(feed.format, FeedFormat::Atom);
    let entry = &feed.entries[0];
    assert_eq!((entry.title.as_str(), entry.body.as_str()), ("公示", "正文"));
    assert_eq!(entry.url.as_deref(), Some("https://x.cn/1"));
    assert_eq!(entry.published.map(rfc3339).as_deref(), Some("2020-01-06T12:09:38+08:00"));
}

#[test]
fn json_feed_is_read_even_when_an_id_is_a_number() {
    let feed = read(
        r#"{"version":"https://jsonfeed.org/version/1.1","title":"热点","items":[{"id":7,"url":"https://x.cn/7","title":"路灯","content_html":"<p>坏了</p>","date_published":"2020-01-06T12:09:38+08:00"},3]}"#,
    );
    assert_eq!(feed.format, FeedFormat::Json);
    assert_eq!((feed.entries[0].id.as_str(), feed.entries[0].body.as_str()), ("7", "坏了"));
    assert_eq!(feed.lost.len(), 1);
}

#[test]
fn old_formats_are_read_by_their_new_names() {
    let atom03 = read(
        "<feed version=\"0.3\" xmlns=\"http://purl.org/atom/ns#\"><title>旧</title><entry><title>一</title><id>1</id>\
         <issued>2005-01-06T12:09:38+08:00</issued><summary>文</summary></entry></feed>",
    );
    assert_eq!(titles(&atom03), ["一"]);
    assert!(atom03.entries[0].published.is_some());
    let rss1 = read(
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\">\
         <channel><title>旧</title></channel><item><title>二</title><link>https://x.cn/2</link></item></rdf:RDF>",
    );
    assert_eq!(titles(&rss1), ["二"]);
    let rss091 = read(
        "<rss version=\"0.91\"><channel><title>旧</title><item><title>三</title><link>https://x.cn/3</link></item></channel></rss>",
    );
    assert_eq!(titles(&rss091), ["三"]);
}

#[test]
fn the_id_is_the_guid_else_the_link_else_nothing() {
    let feed = read(&rss(
        "<item><title>一</title><guid>https://x.cn/1</guid></item><item><title>二</title><link>https://x.cn/2</link></item>\
         <item><title>三</title></item>",
    ));
    let ids: Vec<_> = feed.entries.iter().map(|e| (e.id.as_str(), e.url.as_deref().unwrap_or(""))).collect();
    assert_eq!(ids, [("https://x.cn/1", "https://x.cn/1"), ("https://x.cn/2", "https://x.cn/2"), ("", "")]);
}

#[test]
fn a_script_for_a_link_is_no_link() {
    let feed = read(&rss("<item><title>一</title><guid>1</guid><link>javascript:alert(1)</link></item>"));
    assert_eq!(feed.entries[0].url, None);
}

#[test]
fn gbk_that_says_it_is_utf8_is_read() {
    let text = rss("<item><title>镕基路积水，请尽快处理</title><guid>1</guid></item>");
    let feed = parse(&GB18030.encode(&text).0, Some("utf-8"), None).unwrap();
    assert_eq!(titles(&feed), ["镕基路积水，请尽快处理"]);
    assert_eq!(feed.encoding, "gb18030");
}

#[test]
fn utf16_is_read_whatever_its_declaration_says() {
    let text = rss("<item><title>积水</title><guid>1</guid></item>");
    for little in [true, false] {
        let bytes: Vec<u8> = text
            .encode_utf16()
            .flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() })
            .collect();
        assert_eq!(titles(&parse(&bytes, None, None).unwrap()), ["积水"]);
    }
}

#[test]
fn control_characters_and_foreign_entities_cost_nothing() {
    let feed =
        read(&rss("<item><title>停\u{b}水&#11;&nbsp;&ldquo;通知&rdquo; A&B</title><guid>1</guid></item>"));
    assert_eq!(titles(&feed), ["停水 “通知” A&B"]);
}

#[test]
fn a_feed_cut_off_in_the_middle_keeps_its_whole_entries() {
    let whole =
        rss("<item><title>一</title><guid>1</guid></item><item><title>二</title><guid>2</guid></item>");
    let cut = whole.find("<guid>2").unwrap();
    let feed = read(&whole[..cut]);
    assert_eq!(titles(&feed), ["一"]);
    assert_eq!(feed.title, "象山要闻");
    assert_eq!((feed.lost.len(), feed.lost[0].number), (1, 2));
}

#[test]
fn one_strange_entry_costs_no_other() {
    let feed = read(&rss("<item><title>一</title><guid>1</guid></item>\
         <item><title>二 <b>粗</title><guid>2</guid><media:content url='x' width='?'><x y></media:content></item>\
         <item><title>三</title><guid>3</guid><pubDate>someday</pubDate></item>"));
    assert_eq!(titles(&feed), ["一", "二 粗", "三"]);
    assert!(feed.lost.is_empty());
}

#[test]
fn what_is_no_feed_is_called_by_its_name() {
    let wrong = |text: &str| parse(text.as_bytes(), None, None).unwrap_err();
    assert_eq!(wrong("<!DOCTYPE html><html><body>404</body></html>"), FeedError::NotAFeed("a web page"));
    assert_eq!(wrong("<sitemap></sitemap>"), FeedError::NotAFeed("XML of another kind"));
    assert_eq!(wrong("hello"), FeedError::NotAFeed("text of another kind"));
    assert!(matches!(wrong("{\"a\":1}"), FeedError::NotAFeed(_)));
    assert!(matches!(wrong("{\"a\":"), FeedError::Broken(_)));
    assert_eq!(wrong(" \n"), FeedError::Empty);
}

#[test]
fn a_feed_without_entries_is_a_feed() {
    assert!(read(&rss("")).entries.is_empty());
}

#[test]
fn nesting_and_entities_cannot_exhaust_the_process() {
    let deep = rss(&format!("<item><title>{}深</title></item>", "<a>".repeat(100_000)));
    assert_eq!(titles(&parse(deep.as_bytes(), None, None).unwrap()), ["深"]);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(parse(deep.as_bytes(), None, None).is_err());
    let laughs = "<!DOCTYPE rss [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><rss><channel><item><title>&b;</title></item></channel></rss>";
    assert!(parse(laughs.as_bytes(), None, None).is_ok_and(|feed| feed.entries[0].title.len() < 10));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes, None, None);
    }

    #[test]
    fn no_markup_makes_it_panic(text in "(<(rss|channel|item|title|link|guid|content:encoded|/item|/title|!\\[CDATA\\[|!--|\\?xml|a b='|/)>?|&(amp|#x?|nbsp)?;?|\\]\\]>|[a-z 石]){0,40}") {
        let _ = parse(text.as_bytes(), None, None);
        let _ = parse(rss(&text).as_bytes(), None, None);
    }
}
