//! The feeds that a web page names: those it declares in its head first, then links that look like feeds.

use std::collections::HashSet;

use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::entry::FeedFormat;
use super::text::bounded;
use crate::pull::bearable_start;

/// A feed that a page names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFeed {
    /// An http or https address.
    pub url: String,
    /// As the page calls it; empty where it doesn't.
    pub title: String,
    /// `None` where nothing tells before it is fetched.
    pub format: Option<FeedFormat>,
}

/// The feeds that a page names, each once: declared ones in page order, then mere links in page order.
///
/// `base` is the page's own address; a `<base href>` in the page outranks it.
pub fn discover(html: &str, base: &Url) -> Vec<FoundFeed> {
    let page = Html::parse_document(&bounded(bearable_start(html)));
    let base = all(&page, "base[href]")
        .first()
        .and_then(|element| base.join(element.attr("href")?.trim()).ok())
        .unwrap_or_else(|| base.clone());
    let declared = all(&page, "link[href], a[rel][href]").into_iter().filter_map(declared_feed);
    let linked = all(&page, "a[href]").into_iter().filter_map(linked_feed);
    let (mut found, mut known) = (Vec::new(), HashSet::new());
    for (href, title, format) in declared.chain(linked) {
        let Some(url) = address(&base, &href) else { continue };
        if known.insert(url.clone()) {
            found.push(FoundFeed { url, title, format });
        }
    }
    found
}

type Candidate = (String, String, Option<FeedFormat>);

fn all<'p>(page: &'p Html, selector: &str) -> Vec<ElementRef<'p>> {
    Selector::parse(selector).map(|selector| page.select(&selector).collect()).unwrap_or_default()
}

/// `feed:` is an old scheme that stood before a whole address or in place of `http:`.
fn address(base: &Url, href: &str) -> Option<String> {
    let href = href.trim();
    let whole = match href.strip_prefix("feed:") {
        Some(rest) if rest.starts_with("//") => format!("http:{rest}"),
        Some(rest) => rest.to_owned(),
        None => href.to_owned(),
    };
    crate::text::web_address(base.join(&whole).ok()?.as_str())
}

/// `rel="alternate"` with the type of a feed, or `rel="feed"`.
fn declared_feed(element: ElementRef<'_>) -> Option<Candidate> {
    let rel = element.attr("rel")?.to_ascii_lowercase();
    let has = |word: &str| rel.split_ascii_whitespace().any(|w| w == word);
    let kind = element.attr("type").unwrap_or_default().to_ascii_lowercase();
    let format = format_of(&kind);
    if !(has("feed") || has("alternate") && format.is_some()) {
        return None;
    }
    let title = element.attr("title").map(crate::text::one_line).unwrap_or_default();
    Some((element.attr("href")?.to_owned(), title, format))
}

fn format_of(media_type: &str) -> Option<FeedFormat> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    match essence {
        "application/rss+xml"
        | "application/rdf+xml"
        | "application/x-rss+xml"
        | "text/rss+xml"
        | "text/rss"
        | "application/rss" => Some(FeedFormat::Rss),
        "application/atom+xml" | "text/atom+xml" | "application/atom" => Some(FeedFormat::Atom),
        "application/feed+json" | "application/json" => Some(FeedFormat::Json),
        "text/xml" | "application/xml" => Some(FeedFormat::Rss),
        _ => None,
    }
}

/// A link whose path ends as those of feeds do.
fn linked_feed(element: ElementRef<'_>) -> Option<Candidate> {
    let href = element.attr("href")?;
    let path = href.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    let (stem, ending) = last.rsplit_once('.').unwrap_or((last, ""));
    let format = match (stem, ending) {
        ("sitemap" | "opensearch", "xml") => return None,
        (_, "rss" | "rdf") | ("rss" | "rss2", _) => Some(FeedFormat::Rss),
        (_, "atom") | ("atom", _) => Some(FeedFormat::Atom),
        ("feed", "json") => Some(FeedFormat::Json),
        (_, "xml") | ("feed" | "feeds", _) => None,
        _ => return None,
    };
    Some((href.to_owned(), crate::text::one_line(&element.text().collect::<String>()), format))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(html: &str) -> Vec<FoundFeed> {
        discover(html, &Url::parse("https://www.example.cn/news/index.html").unwrap())
    }

    #[test]
    fn declared_feeds_come_first_and_each_once() {
        let html = "<html><head><title>要闻</title>\
            <LINK REL='alternate' TYPE='application/rss+xml; charset=utf-8' title=' 县级 要闻 ' href='/rss.xml'>\
            <link rel='stylesheet alternate' type='text/css' href='a.css'>\
            <link rel=alternate type=application/atom+xml href=atom.xml>\
            <link rel='alternate' type='application/feed+json' href='//json.example.cn/feed.json'>\
            <link rel='alternate' hreflang='en' href='/en/'></head>\
            <body><a href='/rss.xml'>订阅</a> <a href='list.rss?c=1'>民生</a> <a href='/a/1.html'>文</a>\
            <a href='javascript:rss'>x</a><a href='/sitemap.xml'>地图</a></body></html>";
        let feeds = found(html);
        let shown: Vec<_> = feeds.iter().map(|f| (f.url.as_str(), f.title.as_str(), f.format)).collect();
        assert_eq!(
            shown,
            [
                ("https://www.example.cn/rss.xml", "县级 要闻", Some(FeedFormat::Rss)),
                ("https://www.example.cn/news/atom.xml", "", Some(FeedFormat::Atom)),
                ("https://json.example.cn/feed.json", "", Some(FeedFormat::Json)),
                ("https://www.example.cn/news/list.rss?c=1", "民生", Some(FeedFormat::Rss)),
            ]
        );
    }

    /// Each address was compared with all before it.
    #[test]
    fn a_page_of_a_hundred_thousand_feeds_is_read_in_one_go() {
        let html: String = (0..100_000).map(|n| format!("<a href='/{n}.rss'>甲</a>")).collect();
        assert_eq!(found(&html).len(), 100_000);
    }

    /// The parser looks through all open elements for each that opens.
    #[test]
    fn a_page_nested_without_end_is_read_up_to_where_it_is_too_deep() {
        let html = format!("<a href='/1.rss'>甲</a>{}<a href='/2.rss'>乙</a>", "<div>".repeat(200_000));
        let urls: Vec<String> = found(&html).into_iter().map(|feed| feed.url).collect();
        assert_eq!(urls, ["https://www.example.cn/1.rss"]);
    }

    #[test]
    fn the_page_can_name_its_own_base() {
        let feeds = found(
            "<base href='https://static.example.cn/x/'><link rel=feed href=f><a href='feed://other.example.cn/b'>甲</a>\
             <a href='feed:https://other.example.cn/feed/'>乙</a>",
        );
        let urls: Vec<_> = feeds.iter().map(|f| f.url.as_str()).collect();
        assert_eq!(urls, ["https://static.example.cn/x/f", "https://other.example.cn/feed/"]);
    }

    #[test]
    fn a_page_without_feeds_names_none() {
        assert_eq!(
            found("<html><body><a href='/'>首页</a><script>'<link rel=feed href=x>'</script></body>"),
            []
        );
        assert_eq!(found(""), []);
    }
}
