//! The content of one element while it is gathered: text, markup in it, or markup written as text.

use super::markup::{Tag, Token, resolve};
use super::names::Field;
use super::text;

/// How an element's content is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Plain text, in which a `<` is a `<`.
    Plain,
    /// HTML written as text (or plain text: nobody tells).
    Html,
    /// Elements of XHTML.
    Markup,
    Base64,
}

/// The form that the attributes `type` and `mode` of a text name: Atom 1.0 (RFC 4287, sections 3.1.1 and 4.1.3.3),
/// Atom 0.3, and nothing at all in RSS.
pub(super) fn form(tag: &Tag<'_>) -> Form {
    let kind = tag.get("type").unwrap_or_default().trim().to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    match tag.get("mode").unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "base64" => return Form::Base64,
        "xml" if kind != "text" && kind != "text/plain" => return Form::Markup,
        _ => {}
    }
    match kind {
        "" | "html" | "text/html" => Form::Html,
        "xhtml" => Form::Markup,
        _ if kind.ends_with("+xml") || kind.ends_with("/xml") => Form::Markup,
        _ if !kind.contains('/') || kind.starts_with("text/") => Form::Plain,
        _ => Form::Base64,
    }
}

/// An element's content.
#[derive(Debug, Clone)]
pub(super) struct Captured {
    text: String,
    form: Form,
    /// The element is an id that says it is also an address.
    pub is_permalink: bool,
}

impl Captured {
    pub(super) fn plain_text(text: String) -> Self {
        Self { text, form: Form::Plain, is_permalink: false }
    }

    pub(super) fn raw(&self) -> &str {
        &self.text
    }

    fn plain(&self) -> String {
        match self.form {
            Form::Plain => text::plain_lines(&self.text),
            _ => text::html_to_text(&self.text),
        }
    }

    /// The text on one line.
    pub(super) fn line(&self) -> String {
        crate::text::one_line(&self.plain())
    }

    /// What arrived, and its readable text.
    pub(super) fn into_body(self) -> (String, String) {
        let body = self.plain();
        (self.text, body)
    }
}

/// An element whose content is being gathered.
#[derive(Debug)]
pub(super) struct Capture<'t> {
    pub field: Field,
    pub name: &'t str,
    form: Form,
    text: String,
    /// Elements of the same name that are open within.
    same: usize,
    has_markup: bool,
    has_cdata: bool,
    is_permalink: bool,
}

impl<'t> Capture<'t> {
    pub(super) fn of(field: Field, tag: &Tag<'t>) -> Self {
        let says = tag.get("isPermaLink").map(|value| value.trim().to_ascii_lowercase());
        Self {
            field,
            name: tag.name,
            form: form(tag),
            text: String::new(),
            same: 0,
            has_markup: false,
            has_cdata: false,
            is_permalink: field == Field::Id && says.as_deref() != Some("false"),
        }
    }

    /// Takes a piece of the content, as it stands in `source`; whether the element ended with it.
    pub(super) fn take(&mut self, token: Token<'t>, source: &str) -> bool {
        match token {
            Token::Text(text) if self.form == Form::Markup => self.text.push_str(text),
            Token::Text(text) => self.text.push_str(&resolve(text)),
            Token::Cdata(text) if self.form == Form::Markup && self.has_markup => {
                self.text.push_str(&quick_xml::escape::escape(text));
            }
            Token::Cdata(text) => {
                self.has_cdata = true;
                self.text.push_str(text);
            }
            Token::Close(name) if name == self.name => {
                if self.same == 0 {
                    return true;
                }
                self.same -= 1;
                self.text.push_str(source);
            }
            Token::Open(tag) => {
                self.same += usize::from(tag.name == self.name && !tag.closed);
                self.has_markup = true;
                self.text.push_str(source);
            }
            Token::Close(_) => self.text.push_str(source),
        }
        false
    }

    /// Whether the element cannot hold another one that tells something of its own: it was not ended.
    pub(super) fn ends_before(&self, next: Field) -> bool {
        match self.field {
            Field::Content(_) | Field::Summary(_) => {
                matches!(next, Field::Id | Field::Published(_) | Field::Content(0))
            }
            _ => true,
        }
    }

    pub(super) fn finish(self) -> (Field, Captured) {
        let Self { field, mut form, mut text, has_markup, has_cdata, is_permalink, .. } = self;
        if form == Form::Markup && !has_markup && !has_cdata {
            // It says that it is XHTML and is HTML written as text.
            text = resolve(&text).into_owned();
        }
        if form == Form::Plain && has_markup {
            form = Form::Html;
        }
        if form == Form::Base64 {
            form = Form::Html;
            text = text::from_base64(&text).unwrap_or(text);
        }
        (field, Captured { text, form, is_permalink })
    }
}
