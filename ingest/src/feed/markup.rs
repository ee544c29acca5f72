//! Cuts markup into tags and text, whatever state it is in.
//!
//! Feeds are too often not well-formed for an XML parser, which must stop at the first fault. This tokenizer has
//! no faults: what is no tag is text, what is not closed ends where the next thing begins. It borrows from the
//! document, needs no memory of its own, and looks at each byte a fixed number of times.

use std::borrow::Cow;

use quick_xml::escape::resolve_html5_entity;

/// The longest name of a character reference is 31 letters (HTML Standard, section 13.5).
const LONGEST_REFERENCE: usize = 32;

/// A piece of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Open(Tag<'t>),
    /// The name of an end tag, with its prefix.
    Close(&'t str),
    /// Text with its references unresolved.
    Text(&'t str),
    /// The inside of a CDATA section.
    Cdata(&'t str),
}

/// A start tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'t> {
    /// With its prefix.
    pub name: &'t str,
    attributes: &'t str,
    /// `<name/>`
    pub closed: bool,
}

impl<'t> Tag<'t> {
    /// An attribute's value by its whole name, without regard to case; references resolved.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.attributes()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, v)| resolve(v).into_owned())
    }

    /// Names and values as they are written.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&'t str, &'t str)> + use<'t> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            let end = rest.find(|c: char| c.is_whitespace() || c == '=')?;
            let (name, after) = rest.split_at(end);
            let Some(after) = after.trim_start().strip_prefix('=') else {
                rest = after;
                return Some((name, ""));
            };
            let (value, after) = value(after.trim_start());
            rest = after;
            Some((name, value))
        })
    }
}

/// The attribute value at the start of a text, quoted or not, and what follows.
fn value(text: &str) -> (&str, &str) {
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        return text[1..].split_once(quote).unwrap_or((&text[1..], ""));
    }
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

/// The pieces of a document, in order; comments, declarations and processing instructions left out.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
    start: usize,
    /// Ends that occur no more, so that they are not looked for again and again.
    exhausted: Vec<&'static str>,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, start: 0, exhausted: Vec::new() }
    }

    /// Where the piece given last begins, in bytes.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// Where the piece given last ends, in bytes.
    pub(super) fn end(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Moves past the next `end`; what stood before it. Nowhere when there is none.
    fn through(&mut self, end: &'static str) -> Option<&'t str> {
        if self.exhausted.contains(&end) {
            return None;
        }
        let rest = self.rest();
        let Some(length) = rest.find(end) else {
            self.exhausted.push(end);
            return None;
        };
        self.at += length + end.len();
        Some(&rest[..length])
    }

    /// Moves past `<!...` or `<?...`; the inside of a CDATA section.
    fn declaration(&mut self) -> Option<Token<'t>> {
        let rest = self.rest();
        if rest.get(..9).is_some_and(|mark| mark.eq_ignore_ascii_case("<![CDATA[")) {
            self.at += 9;
            let inside = self.through("]]>").unwrap_or_else(|| {
                let all = self.rest();
                self.at = self.text.len();
                all
            });
            return Some(Token::Cdata(inside));
        }
        if rest.starts_with("<!--") {
            self.at += 4;
            // `<!-->` and `<!--->` are whole comments in HTML.
            self.at -= if rest.starts_with("<!-->") || rest.starts_with("<!--->") { 2 } else { 0 };
            if self.through("-->").is_none() {
                self.through(">");
            }
            return None;
        }
        self.at += 1;
        let inside = self.rest();
        let close = inside.find(['<', '>']).unwrap_or(inside.len());
        if inside.starts_with('!') && inside[..close].contains('[') {
            self.through("]");
        } else if inside.starts_with('?') {
            // `?>` may follow a `>` of the instruction itself, but no other markup.
            let next = inside.find('<').unwrap_or(inside.len());
            if let Some(end) = inside[..next].find("?>") {
                self.at += end + 2;
                return None;
            }
        }
        if self.through(">").is_none() {
            self.at = self.text.len();
        }
        None
    }

    /// A tag at the current place; `None` when a `<` stands there that begins no tag.
    fn tag(&mut self) -> Option<Token<'t>> {
        let rest = self.rest();
        let closing = rest.starts_with("</");
        let inside = &rest[1 + usize::from(closing)..];
        if !inside.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | ':')) {
            return None;
        }
        let name_end = inside
            .find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<' | '=' | '"' | '\''))
            .unwrap_or(inside.len());
        let (name, after) = inside.split_at(name_end);
        let length = attributes_end(after);
        let attributes = &after[..length];
        let used = rest.len() - after.len() + length;
        self.at += used + usize::from(rest[used..].starts_with('>'));
        if closing {
            return Some(Token::Close(name));
        }
        let closed = attributes.ends_with('/');
        let attributes = attributes.strip_suffix('/').unwrap_or(attributes);
        Some(Token::Open(Tag { name, attributes, closed }))
    }
}

/// How far the attributes at the start of a text reach: up to the `>` that ends the tag, or to the `<` of the
/// next one. Only values may hold either, and only in quotes.
fn attributes_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut after_equals) = (0, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'>' | b'<' => return at,
            b'"' | b'\'' if after_equals => {
                let rest = &text[at + 1..];
                let close = rest.find(char::from(*byte)).filter(|length| !runs_on(&rest[..*length]));
                at += close.map_or(0, |length| length + 1);
                after_equals = false;
            }
            b'=' => after_equals = true,
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => after_equals = false,
        }
        at += 1;
    }
    text.len()
}

/// Whether what stands between two quotation marks is no value: its own mark is missing, and the tag's end and
/// the beginning of the next tag lie in between.
fn runs_on(value: &str) -> bool {
    value.split_once('>').is_some_and(|(before, after)| !before.contains('<') && after.contains('<'))
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        loop {
            self.start = self.at;
            let rest = self.rest();
            if rest.is_empty() {
                return None;
            }
            if rest.starts_with("<!") || rest.starts_with("<?") {
                if let Some(token) = self.declaration() {
                    return Some(token);
                }
                continue;
            }
            if rest.starts_with('<')
                && let Some(token) = self.tag()
            {
                return Some(token);
            }
            // A `<` that begins nothing is the first character of a text.
            let length = rest.bytes().skip(1).position(|b| b == b'<').map_or(rest.len(), |i| i + 1);
            self.at += length;
            return Some(Token::Text(&rest[..length]));
        }
    }
}

/// A name without its prefix.
pub(super) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// A text with its character references resolved: those of XML and HTML, and numbers. Others, such as the
/// entities of a document type, stay as they are written.
pub(super) fn resolve(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = match number(rest).or_else(|| named(rest)) {
            Some((found, after)) => {
                out.push_str(&found);
                after
            }
            None => {
                out.push('&');
                &rest[1..]
            }
        };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn named(text: &str) -> Option<(Cow<'static, str>, &str)> {
    let end = text.bytes().take(LONGEST_REFERENCE + 2).position(|b| b == b';')?;
    resolve_html5_entity(&text[1..end]).map(|found| (Cow::Borrowed(found), &text[end + 1..]))
}

/// `&#20013;`, `&#x4E2D;`, also without the semicolon; two surrogates in a row are one character. A number that
/// is no character is left out.
fn number(text: &str) -> Option<(Cow<'static, str>, &str)> {
    let (code, after) = code(text)?;
    if (0xD800..0xDC00).contains(&code)
        && let Some((low @ 0xDC00..=0xDFFF, after)) = self::code(after)
    {
        let c = char::from_u32(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00));
        return Some((c.map(String::from).unwrap_or_default().into(), after));
    }
    let c = match code {
        // Numbers of the C1 control characters mean those of Windows-1252 (HTML Standard, section 13.2.5.80).
        0x80..=0x9F => {
            let byte = [u8::try_from(code).unwrap_or(b'?')];
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(&byte).0.chars().next()
        }
        _ => char::from_u32(code).filter(|c| *c >= ' ' || matches!(c, '\t' | '\n' | '\r')),
    };
    Some((c.map(String::from).unwrap_or_default().into(), after))
}

fn code(text: &str) -> Option<(u32, &str)> {
    let digits = text.strip_prefix("&#")?;
    let (digits, radix) = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16),
        None => (digits, 10),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let (digits, after) = digits.split_at(end);
    if digits.is_empty() {
        return None;
    }
    // What is too large for a number is no character either.
    let code = u32::from_str_radix(digits, radix).unwrap_or(u32::MAX);
    Some((code, after.strip_prefix(';').unwrap_or(after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        Tokens::new(text)
            .map(|token| match token {
                Token::Open(tag) => format!("<{}{}>", tag.name, if tag.closed { "/" } else { "" }),
                Token::Close(name) => format!("</{name}>"),
                Token::Text(text) => text.to_owned(),
                Token::Cdata(text) => format!("[{text}]"),
            })
            .collect()
    }

    #[test]
    fn tags_text_and_sections_are_told_apart() {
        let text = "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a \"b>\">]><!-- <c> --><rss a='>'>1 < 2<b/><![CDATA[<i>]]></rss >";
        assert_eq!(shown(text), ["<rss>", "1 ", "< 2", "<b/>", "[<i>]", "</rss>"]);
    }

    #[test]
    fn what_is_not_closed_ends_where_the_next_thing_begins() {
        assert_eq!(shown("<a b<c>x</c"), ["<a>", "<c>", "x", "</c>"]);
        assert_eq!(shown("<a href=\"x>y</a>"), ["<a>", "y", "</a>"]);
        assert_eq!(shown("<a href=\"x>y</a><b c=\"d\">"), ["<a>", "y", "</a>", "<b>"]);
        assert_eq!(shown("<a b=\"<i>x</i>\">y"), ["<a>", "y"]);
        assert_eq!(shown("<!-- x <b>y"), ["y"]);
        assert_eq!(shown("<b><![CDATA[x</b>"), ["<b>", "[x</b>]"]);
        assert_eq!(shown("<?xml version='1.0'><rss>"), ["<rss>"]);
    }

    #[test]
    fn attributes_are_read_with_and_without_quotes() {
        let Some(Token::Open(tag)) = Tokens::new("<a x=1 Y = \"a&amp;b\" z='\"' w u=>").next() else {
            panic!("no tag")
        };
        let found: Vec<_> = tag.attributes().collect();
        assert_eq!(found[..3], [("x", "1"), ("Y", "a&amp;b"), ("z", "\"")]);
        assert_eq!(tag.get("y").as_deref(), Some("a&b"));
        assert_eq!(tag.get("q"), None);
    }

    #[test]
    fn references_are_resolved_as_browsers_do() {
        assert_eq!(
            resolve("&ldquo;A&amp;B&rdquo; &#20013;&#x56FD; &#150; A&B &unknown; &#55357;&#56832;"),
            "“A&B” 中国 – A&B &unknown; 😀"
        );
        assert_eq!(resolve("&#0;&#99999999999;&#20013文&;&#;"), "中文&;&#;");
    }
}
