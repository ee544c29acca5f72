//! Makes the XML of a feed readable for a strict parser: no control characters, no entities of HTML, a root
//! element that the parser knows, and old names replaced by those that followed them.

use super::entry::FeedFormat;

/// Elements may lie within one another so deep; more is an attack, not a feed.
const MAX_DEPTH: usize = 200;

/// Namespaces that feeds use, often without declaring them.
const NAMESPACES: &[(&str, &str)] = &[
    ("content", "http://purl.org/rss/1.0/modules/content/"),
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("media", "http://search.yahoo.com/mrss/"),
    ("itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("atom", "http://www.w3.org/2005/Atom"),
];

const ATOM: &str = "http://www.w3.org/2005/Atom";
const RSS1: &str = "http://purl.org/rss/1.0/";

/// A feed document after repair.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repaired {
    pub format: FeedFormat,
    /// The start tag of the root.
    pub root: String,
    /// The end tag of the root.
    pub root_end: String,
    /// All that follows the root's start tag.
    pub inside: String,
}

/// Repairs a document; `None` when its root element is no feed's, or its elements lie too deep.
pub(super) fn repair(text: &str) -> Option<Repaired> {
    let clean = clean(text);
    let start = clean.find('<')?;
    let end = start + tag_end(&clean[start..])?;
    let tag = &clean[start..end];
    let name = tag[1..].split(|c: char| c.is_whitespace() || c == '>' || c == '/').next()?;
    let format = match local(name) {
        "rss" | "RDF" => FeedFormat::Rss,
        "feed" => FeedFormat::Atom,
        _ => return None,
    };
    let mut inside = clean[end..].to_owned();
    if tag.contains("http://purl.org/atom/ns#") || tag.contains("version=\"0.3\"") {
        for (old, new) in [("issued", "published"), ("created", "published"), ("modified", "updated")] {
            inside = inside
                .replace(&format!("<{old}>"), &format!("<{new}>"))
                .replace(&format!("</{old}>"), &format!("</{new}>"));
        }
    }
    let root = root_tag(name, tag);
    (depth(&inside) <= MAX_DEPTH).then(|| Repaired { format, root, root_end: format!("</{name}>"), inside })
}

/// A name without its prefix.
pub(super) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// The root's start tag with its namespaces, and those that feeds forget to declare.
fn root_tag(name: &str, tag: &str) -> String {
    let mut root = format!("<{name}");
    let mut declared = Vec::new();
    for (key, value) in attributes(tag) {
        let Some(prefix) = key.strip_prefix("xmlns") else { continue };
        let prefix = prefix.trim_start_matches(':');
        if declared.contains(&prefix) {
            continue;
        }
        let value = match (local(name), value) {
            // A default namespace on plain RSS hides its elements.
            ("rss", _) if prefix.is_empty() => continue,
            (_, "http://purl.org/atom/ns#") => ATOM,
            (_, "http://my.netscape.com/rdf/simple/0.9/" | "http://channel.netscape.com/rdf/simple/0.9/") => {
                RSS1
            }
            (_, other) => other,
        };
        declared.push(prefix);
        root.push_str(&format!(" {key}=\"{}\"", value.replace('"', "&quot;")));
    }
    for (prefix, address) in NAMESPACES {
        if !declared.contains(prefix) {
            root.push_str(&format!(" xmlns:{prefix}=\"{address}\""));
        }
    }
    if local(name) == "rss" {
        // Version 2.0 takes all that the earlier ones have.
        root.push_str(" version=\"2.0\"");
    }
    root.push('>');
    root
}

/// The attributes of a start tag.
fn attributes(tag: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once('=') {
        let key = before.trim_end().rsplit(char::is_whitespace).next().unwrap_or_default();
        let after = after.trim_start();
        let Some(quote) = after.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            rest = after;
            continue;
        };
        let Some((value, next)) = after[1..].split_once(quote) else { break };
        found.push((key, value));
        rest = next;
    }
    found
}

/// The length of the tag at the start of `text`, with its `>`; quoted values may hold one.
pub(super) fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (index, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(index + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    None
}

/// The document without characters that XML forbids, comments, declarations and processing instructions, and
/// with every `&` either a reference that XML knows or escaped. CDATA sections stay as they are.
fn clean(text: &str) -> String {
    let allowed = |c: &char| {
        matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FFFD}' | '\u{10000}'..)
            && !matches!(c, '\u{7f}'..='\u{9f}' | '\u{feff}')
    };
    let text: String = text.chars().filter(allowed).collect();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = if rest.starts_with("<![CDATA[") {
            let (section, after) = through(rest, "]]>");
            out.push_str(section);
            if !section.ends_with("]]>") {
                out.push_str("]]>");
            }
            after
        } else if rest.starts_with("<!--") {
            through(rest, "-->").1
        } else if rest.starts_with("<?") {
            through(rest, "?>").1
        } else if rest.starts_with("<!") {
            after_doctype(rest)
        } else if rest.starts_with('&') {
            reference(rest, &mut out)
        } else {
            out.push('<');
            &rest[1..]
        };
    }
    out.push_str(rest);
    out
}

/// The text up to and with `end`, and what follows; all of it when `end` is missing.
fn through<'t>(text: &'t str, end: &str) -> (&'t str, &'t str) {
    text.find(end).map_or((text, ""), |at| text.split_at(at + end.len()))
}

/// What follows a document type declaration, with its own declarations in brackets.
fn after_doctype(text: &str) -> &str {
    let close = text.find('>').unwrap_or(text.len());
    match text.find('[') {
        Some(open) if open < close => through(through(text, "]").1, ">").1,
        _ => through(text, ">").1,
    }
}

/// Writes the reference at the start of `text` so that XML knows it; what follows it.
fn reference<'t>(text: &'t str, out: &mut String) -> &'t str {
    let end =
        text[1..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '#')).map_or(text.len(), |i| i + 1);
    let name = &text[1..end];
    let closed = text[end..].starts_with(';');
    let after = if closed { &text[end + 1..] } else { &text[end..] };
    if !closed || name.is_empty() {
        out.push_str("&amp;");
        return &text[1..];
    }
    let number = name.strip_prefix('#').map(|n| match n.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => n.parse(),
    });
    match (name, number) {
        ("amp" | "lt" | "gt" | "quot" | "apos", _) => out.push_str(&text[..=end]),
        // A number that is no character of XML is left out.
        (_, Some(code)) => {
            let c = code.ok().and_then(char::from_u32).filter(|c| *c >= ' ' || "\t\n\r".contains(*c));
            if let Some(c) = c.filter(|c| !matches!(c, '\u{FFFE}' | '\u{FFFF}')) {
                out.push_str(&format!("&#{};", c as u32));
            }
        }
        // Escaped once more, so that reading the text as HTML resolves it.
        _ => out.push_str(&format!("&amp;{name};")),
    }
    after
}

/// How deep the elements of a document lie within one another.
fn depth(text: &str) -> usize {
    let (mut now, mut deepest) = (0usize, 0usize);
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if rest.starts_with("<![CDATA[") {
            rest = through(rest, "]]>").1;
            continue;
        }
        let end = tag_end(rest).unwrap_or(rest.len());
        let tag = &rest[..end];
        if tag.starts_with("</") {
            now = now.saturating_sub(1);
        } else if !tag.ends_with("/>") {
            now += 1;
        }
        deepest = deepest.max(now);
        rest = &rest[end..];
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_characters_and_unknown_references_are_repaired() {
        let wrong = "<a>\u{0}\u{8}x &nbsp; A&B &#0;&#x1F; &#20013; &lt;b <![CDATA[&nbsp;<]]></a>";
        assert_eq!(clean(wrong), "<a>x &amp;nbsp; A&amp;B  &#20013; &lt;b <![CDATA[&nbsp;<]]></a>");
    }

    #[test]
    fn declarations_are_left_out_entities_and_all() {
        assert_eq!(
            clean("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"b\">]><!-- c --><rss/>"),
            "<rss/>"
        );
    }

    #[test]
    fn the_root_gets_the_namespaces_that_its_entries_use() {
        let found = repair("<rss version='0.94' xmlns='http://x/y'><channel/></rss>").unwrap();
        assert!(found.root.starts_with("<rss xmlns:content=") && found.root.ends_with(" version=\"2.0\">"));
        assert!(repair("<html><body/></html>").is_none());
        assert!(repair(&format!("<rss>{}", "<a>".repeat(300))).is_none());
    }
}
