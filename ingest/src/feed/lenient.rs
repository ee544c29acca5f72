//! The second chance of a broken feed: each entry is cut out and read alone, so that a fault costs one entry,
//! and where an entry still fails only its plain elements are read.

use super::xml::{Repaired, local, tag_end};

/// The elements of an entry that matter, by local name.
const PLAIN: &[&str] = &[
    "title",
    "link",
    "guid",
    "id",
    "description",
    "summary",
    "content",
    "encoded",
    "pubDate",
    "published",
    "updated",
    "date",
];

/// The markup of one entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece<'t> {
    pub markup: &'t str,
    /// The entry's end tag is there.
    pub whole: bool,
}

/// Cuts the entries out of a document.
pub(super) fn pieces(document: &Repaired) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = document.inside.as_str();
    while let Some(start) = find_tag(rest, |name| matches!(local(name), "item" | "entry")) {
        let name = tag_name(&rest[start..]);
        let after = &rest[start + 1..];
        let end = find_tag(after, |other| other.strip_prefix('/') == Some(name));
        // The next entry may begin before this one was ended.
        let next = find_tag(after, |other| other == name);
        let (markup, whole, used) = match (end, next) {
            (Some(end), next) if next.is_none_or(|next| end < next) => {
                let close = start + 1 + end + tag_end(&after[end..]).unwrap_or(after.len() - end);
                (&rest[start..close], true, close)
            }
            (_, Some(next)) => (&rest[start..start + 1 + next], false, start + 1 + next),
            _ => (&rest[start..], false, rest.len()),
        };
        found.push(Piece { markup, whole });
        rest = &rest[used..];
    }
    found
}

/// A document of one entry.
pub(super) fn alone(document: &Repaired, entry: &str) -> String {
    let Repaired { root, root_end, .. } = document;
    if root.starts_with("<rss") {
        format!("{root}<channel>{entry}</channel>{root_end}")
    } else {
        format!("{root}{entry}{root_end}")
    }
}

/// An entry's plain elements alone; their text in CDATA, so that nothing in it can break them.
pub(super) fn plain(entry: &str) -> String {
    let name = tag_name(entry).trim_end_matches('/');
    let mut out = format!("<{name}>");
    let mut rest = &entry[tag_end(entry).unwrap_or(entry.len())..];
    while let Some(start) = find_tag(rest, |tag| PLAIN.contains(&local(tag.trim_end_matches('/')))) {
        let tag = tag_name(&rest[start..]);
        let opening_end = start + tag_end(&rest[start..]).unwrap_or(rest.len() - start);
        let opening = &rest[start..opening_end];
        if opening.ends_with("/>") {
            out.push_str(opening);
            rest = &rest[opening_end..];
            continue;
        }
        let inside = &rest[opening_end..];
        let Some(end) = find_tag(inside, |other| other.strip_prefix('/') == Some(tag)) else {
            rest = inside;
            continue;
        };
        let text = inside[..end].replace("<![CDATA[", "").replace("]]>", "");
        let text =
            text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
        out.push_str(&format!("<{tag}><![CDATA[{text}]]></{tag}>"));
        rest = &inside[end..];
    }
    out.push_str(&format!("</{name}>"));
    out
}

/// The name at the start of a tag, with its `/` for an end tag.
fn tag_name(tag: &str) -> &str {
    let name = tag.strip_prefix('<').unwrap_or(tag);
    let slash = usize::from(name.starts_with('/'));
    let end = name[slash..]
        .find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<'))
        .map_or(name.len(), |i| i + slash);
    &name[..end]
}

/// Where the first tag stands whose name is wanted, outside CDATA sections.
fn find_tag(text: &str, wanted: impl Fn(&str) -> bool) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find('<') {
        at += found;
        if text[at..].starts_with("<![CDATA[") {
            at += text[at..].find("]]>")? + 3;
            continue;
        }
        if wanted(tag_name(&text[at..])) {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::xml::repair;
    use super::*;

    #[test]
    fn entries_are_cut_out_even_when_the_last_is_cut_off() {
        let text = "<rss><channel><title>t</title><item><title>a</title><description><![CDATA[</item>]]></description></item>\
                    <item id='2'><title>b</tit";
        let document = repair(text).unwrap();
        let found = pieces(&document);
        assert_eq!(found.len(), 2);
        assert!(found[0].whole && found[0].markup.ends_with("</description></item>"));
        assert!(!found[1].whole);
    }

    #[test]
    fn the_plain_elements_survive_what_stands_beside_them() {
        let text = "<item><title>停水 <b>通知</title><media:x a=b><y></z><guid>7</guid><link/></item>";
        assert_eq!(
            plain(text),
            "<item><title><![CDATA[停水 <b>通知]]></title><guid><![CDATA[7]]></guid><link/></item>"
        );
    }
}
