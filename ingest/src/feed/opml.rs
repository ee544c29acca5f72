//! OPML: lists of feeds, read from other feed readers and written for them (OPML 2.0, <http://opml.org/spec2.opml>).

use std::collections::HashSet;

use quick_xml::escape::escape;

use super::markup::{Tag, Token, Tokens, local};
use crate::decode::{declared_inside, decode};

/// Names of groups within groups are joined by this.
const WITHIN: &str = " / ";
/// Groups that lie deeper are taken for their parents.
const MAX_DEPTH: usize = 100;

/// One feed of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpmlFeed {
    /// Never empty: the address where the list gives no name.
    pub name: String,
    /// An http or https address.
    pub url: String,
    /// The outlines that it lies in, joined by ` / `.
    pub group: Option<String>,
}

/// An outline that was meant to be a feed and can't be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadOutline {
    /// Counted from 1 among all outlines of the list.
    pub number: u64,
    pub name: String,
    pub reason: String,
}

/// A list of feeds as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opml {
    /// In the list's order, each address once.
    pub feeds: Vec<OpmlFeed>,
    pub bad: Vec<BadOutline>,
}

/// A file that is no list of feeds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpmlError {
    #[error("the file is empty; an OPML list of feeds is needed")]
    Empty,
    #[error("the file is no OPML: it has no <opml> element; an OPML list of feeds is needed")]
    NotOpml,
    #[error("the list names no feed: none of its {outlines} outlines has an xmlUrl")]
    NoFeeds { outlines: u64 },
}

/// Reads a list, however deep its groups lie and whatever encoding it is in.
///
/// # Errors
/// When the file is no OPML, or names no feed at all.
pub fn read(bytes: &[u8]) -> Result<Opml, OpmlError> {
    let inside = declared_inside(bytes);
    let declared: Vec<&str> = inside.as_deref().into_iter().collect();
    let text = decode(bytes, &declared).text;
    if text.trim().is_empty() {
        return Err(OpmlError::Empty);
    }
    let (mut found, mut groups) = (Opml::default(), Vec::<String>::new());
    let (mut outlines, mut is_opml, mut known) = (0, false, HashSet::new());
    for token in Tokens::new(&text) {
        match token {
            Token::Open(tag) if named(tag.name, "opml") => is_opml = true,
            Token::Open(tag) if is_opml && named(tag.name, "outline") => {
                outlines += 1;
                let name = name(&tag);
                take(&mut found, &mut known, &tag, &name, outlines, &groups);
                if !tag.closed && groups.len() < MAX_DEPTH {
                    groups.push(name);
                }
            }
            Token::Close(name) if named(name, "outline") => {
                groups.pop();
            }
            _ => {}
        }
    }
    match (is_opml, found.feeds.is_empty() && found.bad.is_empty()) {
        (false, _) => Err(OpmlError::NotOpml),
        (true, true) => Err(OpmlError::NoFeeds { outlines }),
        (true, false) => Ok(found),
    }
}

fn named(tag: &str, name: &str) -> bool {
    local(tag).eq_ignore_ascii_case(name)
}

fn name(tag: &Tag<'_>) -> String {
    let written = ["title", "text"].iter().filter_map(|key| tag.get(key));
    written.map(|name| crate::text::one_line(&name)).find(|name| !name.is_empty()).unwrap_or_default()
}

/// Notes an outline that is a feed whose address is not yet `known`, or was meant to be one.
fn take(
    found: &mut Opml,
    known: &mut HashSet<String>,
    tag: &Tag<'_>,
    name: &str,
    number: u64,
    groups: &[String],
) {
    let kind = tag.get("type").unwrap_or_default().to_ascii_lowercase();
    let written = tag.get("xmlUrl").or_else(|| tag.get("url")).map(|url| url.trim().to_owned());
    let written = match written.filter(|url| !url.is_empty()) {
        Some(written) => written,
        None if matches!(kind.as_str(), "rss" | "atom" | "feed") => {
            let reason = "it has no xmlUrl; the address of the feed is needed there".to_owned();
            found.bad.push(BadOutline { number, name: name.to_owned(), reason });
            return;
        }
        None => return,
    };
    let Some(url) = crate::text::web_address(&written) else {
        let shown: String = written.chars().take(80).collect();
        let reason = format!("\"{shown}\" is no address of a feed; it must begin with http:// or https://");
        found.bad.push(BadOutline { number, name: name.to_owned(), reason });
        return;
    };
    if !known.insert(url.clone()) {
        return;
    }
    let path: Vec<&str> = groups.iter().map(String::as_str).filter(|g| !g.is_empty()).collect();
    let group = (!path.is_empty()).then(|| path.join(WITHIN));
    let name = if name.is_empty() { url.clone() } else { name.to_owned() };
    found.feeds.push(OpmlFeed { name, url, group });
}

/// Writes a list that [`read`] gives back: feeds without a group first, then a level of groups in the order of
/// their first feeds.
pub fn write(feeds: &[OpmlFeed], title: &str) -> String {
    let mut groups: Vec<Option<&str>> = vec![None];
    for feed in feeds {
        if !groups.contains(&feed.group.as_deref()) {
            groups.push(feed.group.as_deref());
        }
    }
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head><title>{}</title></head>\n  <body>\n",
        escape(title)
    );
    for group in groups {
        if let Some(name) = group {
            out.push_str(&format!("    <outline text=\"{0}\" title=\"{0}\">\n", escape(name)));
        }
        for feed in feeds.iter().filter(|feed| feed.group.as_deref() == group) {
            let (name, url) = (escape(&feed.name), escape(&feed.url));
            out.push_str(&format!(
                "      <outline type=\"rss\" text=\"{name}\" title=\"{name}\" xmlUrl=\"{url}\"/>\n"
            ));
        }
        if group.is_some() {
            out.push_str("    </outline>\n");
        }
    }
    out.push_str("  </body>\n</opml>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(name: &str, url: &str, group: Option<&str>) -> OpmlFeed {
        OpmlFeed { name: name.into(), url: url.into(), group: group.map(Into::into) }
    }

    #[test]
    fn groups_of_any_depth_are_read_and_bad_outlines_named() {
        let text = "<?xml version=\"1.0\" encoding=\"GB2312\"?><OPML version='1.0'><head><title>订阅</title></head><body>\
            <outline text='要闻' xmlUrl='https://a.example.cn/rss?x=1&amp;y=2'/>\
            <outline text='部门'><outline title='民生'><outline text='水务' type='rss' xmlurl='http://b.example.cn/'></outline>\
            <outline text='路桥' type='rss' xmlUrl='ftp://c.example.cn/'/></outline><outline text='空' type='rss'/></outline>\
            <outline text='又是要闻' xmlUrl='https://a.example.cn/rss?x=1&amp;y=2'/></body></OPML>";
        let read = read(&encoding_rs::GB18030.encode(text).0).unwrap();
        assert_eq!(
            read.feeds,
            [
                feed("要闻", "https://a.example.cn/rss?x=1&y=2", None),
                feed("水务", "http://b.example.cn/", Some("部门 / 民生")),
            ]
        );
        let bad: Vec<_> = read.bad.iter().map(|b| (b.number, b.name.as_str())).collect();
        assert_eq!(bad, [(5, "路桥"), (6, "空")]);
        assert!(read.bad[0].reason.contains("ftp://c.example.cn/"));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let feeds = [
            feed("甲 <\"&'>", "https://a.example.cn/?a=1&b=2", None),
            feed("乙", "https://b.example.cn/", Some("一 / 二")),
            feed("丙", "https://c.example.cn/", Some("三")),
            feed("丁", "https://d.example.cn/", Some("一 / 二")),
        ];
        let back = read(write(&feeds, "来源 & 清单").as_bytes()).unwrap();
        assert!(back.bad.is_empty());
        assert_eq!(back.feeds, [feeds[0].clone(), feeds[1].clone(), feeds[3].clone(), feeds[2].clone()]);
    }

    /// Each address was compared with all before it.
    #[test]
    fn a_list_of_a_hundred_thousand_feeds_is_read_in_one_go() {
        let outline = |n: u32| format!("<outline xmlUrl='https://a.example.cn/{n}'/>");
        let text = format!("<opml>{}</opml>", (0..100_000).map(outline).collect::<String>());
        assert_eq!(read(text.as_bytes()).unwrap().feeds.len(), 100_000);
    }

    #[test]
    fn what_is_no_list_is_refused_with_a_reason() {
        assert_eq!(read(b" "), Err(OpmlError::Empty));
        assert_eq!(read(b"<rss/>"), Err(OpmlError::NotOpml));
        assert_eq!(
            read(b"<opml><body><outline text='a'/></body></opml>"),
            Err(OpmlError::NoFeeds { outlines: 1 })
        );
    }
}
