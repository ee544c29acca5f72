//! A feed as its site answers at the end of a period: the newest entry first, in the site's format and encoding.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use encoding_rs::{GB18030, GBK};
use jiff::Timestamp;
use qingting_models::clock;

use super::senders::FeedForm;

/// One entry.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The guid; a feed without guids leaves it out.
    pub(super) id: String,
    pub(super) link: String,
    pub(super) title: String,
    pub(super) body: String,
    /// Epoch seconds.
    pub(super) at: i64,
}

/// Writes a feed; `entries` are in the order of their times.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write(path: &Path, form: FeedForm, title: &str, entries: &[Entry]) -> Result<()> {
    let text = match form {
        FeedForm::Rss => rss("UTF-8", title, entries, true),
        FeedForm::RssGb18030 => rss("GB18030", title, entries, false),
        FeedForm::RssGbk => rss("gb2312", title, entries, true),
        FeedForm::Atom => atom("UTF-8", title, entries),
        FeedForm::AtomUtf16 => atom("UTF-16", title, entries),
    };
    let bytes = match form {
        FeedForm::Rss | FeedForm::Atom => text.into_bytes(),
        FeedForm::RssGb18030 => GB18030.encode(&text).0.into_owned(),
        FeedForm::RssGbk => GBK.encode(&text).0.into_owned(),
        FeedForm::AtomUtf16 => {
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
        }
    };
    fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))
}

fn local(at: i64, form: &str) -> String {
    clock::local(Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH)).strftime(form).to_string()
}

fn rss(encoding: &str, title: &str, entries: &[Entry], guids: bool) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n<rss version=\"2.0\"><channel><title>{title}</title>\
         <link>http://www.example.com/</link><description>{title}</description><language>zh-cn</language>\n"
    );
    for entry in entries.iter().rev() {
        text += "<item>";
        if guids {
            text += &format!("<guid isPermaLink=\"false\">{}</guid>", escaped(&entry.id));
        }
        if !entry.title.is_empty() {
            text += &format!("<title>{}</title>", escaped(&entry.title));
        }
        text += &format!("<link>{}</link>", escaped(&entry.link));
        text += &format!("<pubDate>{}</pubDate>", local(entry.at, "%a, %d %b %Y %H:%M:%S +0800"));
        if !entry.body.is_empty() {
            text += &format!("<description><![CDATA[{}]]></description>", paragraphs(&entry.body));
        }
        text += "</item>\n";
    }
    text + "</channel></rss>\n"
}

fn atom(encoding: &str, title: &str, entries: &[Entry]) -> String {
    let updated = entries.last().map_or(0, |entry| entry.at);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"zh-CN\">\
         <id>urn:sample:{}</id><title>{title}</title><author><name>{title}</name></author><updated>{}</updated>\n",
        updated,
        rfc3339(updated)
    );
    for entry in entries.iter().rev() {
        text += &format!("<entry><id>{}</id>", escaped(&entry.id));
        if !entry.title.is_empty() {
            text += &format!("<title>{}</title>", escaped(&entry.title));
        }
        let at = rfc3339(entry.at);
        text += &format!(
            "<link rel=\"alternate\" href=\"{}\"/><published>{at}</published><updated>{at}</updated>",
            escaped(&entry.link)
        );
        if !entry.body.is_empty() {
            text += &format!("<content type=\"html\">{}</content>", escaped(&paragraphs(&entry.body)));
        }
        text += "</entry>\n";
    }
    text + "</feed>\n"
}

fn rfc3339(at: i64) -> String {
    local(at, "%Y-%m-%dT%H:%M:%S+08:00")
}

fn paragraphs(body: &str) -> String {
    body.split('\n').map(|line| format!("<p>{}</p>", escaped(line))).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
