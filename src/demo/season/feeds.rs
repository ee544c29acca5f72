//! The season's news as the three feeds: RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::clockwork::local_time;
use super::sheets::time_of;
use super::{Channel, FeedKind, SeasonRecord};

/// 县融媒体中心 as RSS 2.0; `base_url` without a slash at its end.
pub(crate) fn rss(records: &[SeasonRecord], base_url: &str, end: Timestamp) -> String {
    let kind = FeedKind::Rss;
    let items: String = news(records, kind)
        .map(|record| {
            format!(
                "<item><title>{}</title><link>{}</link><guid isPermaLink=\"false\">{}</guid><pubDate>{}</pubDate>\
                 <description>{}</description></item>\n",
                escaped(&record.title),
                escaped(&link(record, base_url)),
                escaped(&record.external_id),
                local_time(time_of(record, end)).strftime("%a, %d %b %Y %H:%M:%S +0800"),
                escaped(&paragraphs(&record.body)),
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>{}</title>\
         <link>{}</link><description>象山新闻、通知与民生</description><language>zh-cn</language>\n{items}</channel></rss>\n",
        kind.title(),
        escaped(base_url),
    )
}

/// 宁波民生新闻 as Atom; `base_url` without a slash at its end.
pub(crate) fn atom(records: &[SeasonRecord], base_url: &str, end: Timestamp) -> String {
    let kind = FeedKind::Atom;
    let entries: String = news(records, kind)
        .map(|record| {
            let time = rfc3339(time_of(record, end));
            format!(
                "<entry><id>{}</id><title>{}</title><link rel=\"alternate\" href=\"{}\"/><published>{time}</published>\
                 <updated>{time}</updated><content type=\"html\">{}</content></entry>\n",
                escaped(&record.external_id),
                escaped(&record.title),
                escaped(&link(record, base_url)),
                escaped(&paragraphs(&record.body)),
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"zh-CN\">\
         <id>urn:nbms:feed</id><title>{}</title><author><name>{0}</name></author><updated>{}</updated>\
         <link rel=\"self\" href=\"{}\"/>\n{entries}</feed>\n",
        kind.title(),
        rfc3339(end),
        escaped(&format!("{base_url}/minsheng.atom")),
    )
}

/// 部门动态 as JSON Feed 1.1; `base_url` without a slash at its end.
pub(crate) fn json_feed(records: &[SeasonRecord], base_url: &str, end: Timestamp) -> String {
    let kind = FeedKind::Json;
    let items: Vec<Value> = news(records, kind)
        .map(|record| {
            json!({
                "id": record.external_id,
                "url": link(record, base_url),
                "title": record.title,
                "content_text": record.body,
                "date_published": rfc3339(time_of(record, end)),
            })
        })
        .collect();
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": kind.title(),
        "home_page_url": base_url,
        "language": "zh-CN",
        "items": items,
    });
    format!("{feed:#}\n")
}

/// The news of one feed, newest first, as feeds list it.
fn news(records: &[SeasonRecord], kind: FeedKind) -> impl Iterator<Item = &SeasonRecord> {
    records.iter().rev().filter(move |record| record.channel == Channel::News { feed: kind })
}

/// The name of a piece's own page below `/news/`, without its ending.
pub(crate) fn page(record: &SeasonRecord) -> &str {
    record.external_id.rsplit(':').next().unwrap_or_default()
}

fn link(record: &SeasonRecord, base_url: &str) -> String {
    format!("{base_url}/news/{}.html", page(record))
}

fn paragraphs(body: &str) -> String {
    format!("<p>{}</p>", escaped(body))
}

fn rfc3339(at: Timestamp) -> String {
    local_time(at).strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}

/// Text as XML character data; control characters that XML 1.0 forbids are left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(character),
            _ if character.is_control() => {}
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn markup_and_control_characters_cannot_break_the_xml() {
        assert_eq!(escaped("a<b>&\"c\"\u{8}\u{1f}d"), "a&lt;b&gt;&amp;&quot;c&quot;d");
    }
}
