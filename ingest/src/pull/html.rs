//! HTML documents: their text in the right encoding, as a tree of bearable depth, and what of it is seen.

use ego_tree::iter::Edge;
use scraper::node::Node;
use scraper::{ElementRef, Html};

use crate::decode;
use crate::feed::{bounded, html_to_text};

/// Bytes in which a page names its encoding (HTML standard, prescan of the byte stream: the first 1024; many
/// pages put it later).
const HEAD_BYTES: usize = 4096;
/// Elements within one another. Browsers stop at 512; parsers and readers take long or run out of stack far beyond.
const MAX_DEPTH: usize = 512;
/// Bytes of a page's text; a longer one takes too long to read as a tree.
const MAX_BYTES: usize = 6_000_000;

/// A page that is not read as a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("the page is empty")]
    Empty,
    #[error("the page is larger than {} MB of text", MAX_BYTES / 1_000_000)]
    TooLarge,
    #[error("the page nests more than {MAX_DEPTH} elements")]
    TooDeep,
}

/// The text of an HTML document: `charset` is that of its Content-Type header.
pub(super) fn text_of(bytes: &[u8], charset: Option<&str>) -> String {
    let inside = meta_charset(bytes);
    let declared: Vec<&str> = charset.into_iter().chain(inside.as_deref()).collect();
    decode::decode(bytes, &declared).text
}

/// The label behind the first `charset=` of the head.
fn meta_charset(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let meta = head.split("<meta").skip(1).filter_map(|meta| meta.split('>').next());
    let label = meta.into_iter().find_map(|meta| {
        let after = meta.split_once("charset")?.1.trim_start().strip_prefix('=')?;
        let label = after.trim_start().trim_start_matches(['"', '\'']);
        Some(label.split(['"', '\'', ';', ' ', '/']).next()?.trim().to_owned())
    });
    label.filter(|label| !label.is_empty())
}

/// Reads a document as a tree.
///
/// # Errors
/// When it is empty, too large, or nested too deep.
pub(super) fn tree(html: &str) -> Result<Html, Unreadable> {
    if html.trim().is_empty() {
        return Err(Unreadable::Empty);
    }
    bearable(html)?;
    Ok(Html::parse_document(&bounded(html)))
}

/// Whether a document can be read as a tree.
///
/// # Errors
/// When it is too large or nested too deep.
pub(super) fn bearable(html: &str) -> Result<(), Unreadable> {
    if html.len() > MAX_BYTES {
        return Err(Unreadable::TooLarge);
    }
    if too_deep(html).is_some() { Err(Unreadable::TooDeep) } else { Ok(()) }
}

/// As much of a document from its start on as can be read as a tree.
pub(crate) fn bearable_start(html: &str) -> &str {
    let html = &html[..html.floor_char_boundary(MAX_BYTES)];
    &html[..too_deep(html).unwrap_or(html.len())]
}

/// Where a document is nested too deep, in bytes.
fn too_deep(html: &str) -> Option<usize> {
    let (mut depth, mut rest) = (0usize, html);
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix("!--") {
            rest = after.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let closing = rest.starts_with('/');
        rest = rest.strip_prefix('/').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        match name.as_str() {
            // What stands in them is no markup.
            "script" | "style" if !closing => rest = after_end_tag(rest, &name),
            name if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !nests(name) => {}
            _ if closing => depth = depth.saturating_sub(1),
            _ => depth += 1,
        }
        if depth > MAX_DEPTH {
            return Some(html.len() - rest.len() - 1);
        }
    }
    None
}

/// What follows the next end tag of this name; nothing when there is none.
fn after_end_tag<'t>(text: &'t str, name: &str) -> &'t str {
    let closes = |tail: &&str| tail.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name));
    let end = text.match_indices("</").find(|(at, _)| closes(&&text[at + 2..]));
    end.map_or("", |(at, _)| &text[at + 2 + name.len()..])
}

/// Whether an element stays open until its end tag. Void elements and those whose end tag may be left out
/// are not counted.
fn nests(name: &str) -> bool {
    !matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
            | "p"
            | "li"
            | "dt"
            | "dd"
            | "tr"
            | "td"
            | "th"
            | "thead"
            | "tbody"
            | "tfoot"
            | "option"
            | "optgroup"
            | "html"
            | "head"
            | "body"
            | "rt"
            | "rp"
            | "colgroup"
            | "caption"
    )
}

/// The markup of what a page shows, without attributes and hidden elements.
pub(super) fn body_markup(page: &Html) -> String {
    visible_html(page.root_element())
}

/// The readable text of an element, without what the page hides.
pub(super) fn visible_text(element: ElementRef<'_>) -> String {
    html_to_text(&visible_html(element))
}

/// The markup inside the element, without attributes and without hidden elements.
fn visible_html(element: ElementRef<'_>) -> String {
    let mut out = String::new();
    let mut hidden = 0usize;
    for edge in element.traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Element(e) => {
                    if hidden > 0 || is_hidden(e) {
                        hidden += 1;
                    } else if node.id() != element.id() {
                        out.push_str(&format!("<{}>", e.name()));
                    }
                }
                Node::Text(text) if hidden == 0 => {
                    out.push_str(&text.replace('&', "&amp;").replace('<', "&lt;"));
                }
                _ => {}
            },
            Edge::Close(node) => {
                if let Node::Element(e) = node.value() {
                    if hidden > 0 {
                        hidden -= 1;
                    } else if node.id() != element.id() && !is_void(e.name()) {
                        out.push_str(&format!("</{}>", e.name()));
                    }
                }
            }
        }
    }
    out
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "br" | "hr"
            | "img"
            | "input"
            | "wbr"
            | "meta"
            | "link"
            | "source"
            | "track"
            | "embed"
            | "area"
            | "col"
    )
}

/// Elements that a reader of the page does not see, or that are no part of its text.
fn is_hidden(element: &scraper::node::Element) -> bool {
    let named = matches!(
        element.name(),
        "script"
            | "style"
            | "template"
            | "noscript"
            | "iframe"
            | "object"
            | "svg"
            | "canvas"
            | "select"
            | "button"
            | "textarea"
    );
    let style: String = element
        .attr("style")
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_lowercase();
    let styled = ["display:none", "visibility:hidden", "font-size:0;", "font-size:0px", "opacity:0;"]
        .iter()
        .any(|mark| style.contains(mark))
        || style.ends_with("font-size:0")
        || style.ends_with("opacity:0");
    named || styled || element.attr("hidden").is_some() || element.attr("aria-hidden") == Some("true")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(html: &str) -> String {
        visible_text(tree(html).unwrap().root_element())
    }

    #[test]
    fn hidden_text_is_left_out_and_paragraphs_stay() {
        let html = "<body><p>明天停水。</p><p style='DISPLAY : none'>隐藏<b>关键词</b></p><p hidden>二</p>\
                    <div style=\"font-size:0\">三</div><span aria-hidden=true>四</span><script>五</script>\
                    <p>请储水 1 &lt; 2</p></body>";
        assert_eq!(seen(html), "明天停水。\n\n请储水 1 < 2");
    }

    #[test]
    fn the_encoding_named_in_the_head_counts() {
        let (bytes, _, _) = encoding_rs::GBK.encode("<html><head><meta http-equiv=Content-Type content='text/html; charset=GB2312'></head><body>停水</body>");
        assert!(text_of(&bytes, None).contains("停水"));
        assert_eq!(meta_charset(b"<meta charset=\"utf-8\"/>").as_deref(), Some("utf-8"));
        assert_eq!(meta_charset(b"<meta name=a>"), None);
    }

    #[test]
    fn bottomless_pages_are_refused_and_long_lists_are_not() {
        let deep = "<div>".repeat(2_000);
        assert_eq!(tree(&deep).err(), Some(Unreadable::TooDeep));
        let long = format!("<ul>{}</ul>", "<li>一<p>二<br>".repeat(5_000));
        assert!(tree(&long).is_ok());
        assert_eq!(tree(" \n").err(), Some(Unreadable::Empty));
    }
}
