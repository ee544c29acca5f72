//! HTML to the text that people read: paragraphs and list items on lines of their own, no markup.
//!
//! Only the tokenizer of the HTML standard is used, without a tree: the work grows with the length of the
//! text alone, and no depth of nesting can exhaust the stack.

use std::borrow::Cow;
use std::cell::RefCell;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token as HtmlToken, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use super::markup::{Token, Tokens};

/// Longer tags, in bytes, lose their attributes.
const LONGEST_TAG: usize = 8_000;

/// Elements whose content is not shown.
const HIDDEN: &[&str] =
    &["script", "style", "iframe", "noembed", "noframes", "noscript", "title", "textarea"];

/// The readable text of a piece of HTML, or of plain text, whose line breaks stay.
pub fn html_to_text(html: &str) -> String {
    if has_markup(html) {
        return convert(html);
    }
    let lines: Vec<String> =
        html.lines().map(|line| if line.contains('&') { convert(line) } else { squeezed(line) }).collect();
    crate::text::tidy_lines(&lines.join("\n"))
}

/// Plain text with its lines; a `<` is a `<`.
pub(super) fn plain_lines(text: &str) -> String {
    crate::text::tidy_lines(&text.lines().map(squeezed).collect::<Vec<_>>().join("\n"))
}

/// The text that base64 stands for; `None` when it is no base64.
pub(super) fn from_base64(text: &str) -> Option<String> {
    let letters: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=').collect();
    let bytes = STANDARD_NO_PAD.decode(letters).ok()?;
    Some(crate::decode::decode(&bytes, &[]).text)
}

fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn has_markup(text: &str) -> bool {
    text.split('<')
        .skip(1)
        .any(|after| after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!'))
}

/// HTML whose tags have a length that the HTML parser can bear: it compares each attribute of a tag with all
/// before it. Longer tags lose their attributes.
pub(crate) fn bounded(html: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut tokens = Tokens::new(html);
    while let Some(token) = tokens.next() {
        if let Token::Open(tag) = token
            && tokens.end() - tokens.start() > LONGEST_TAG
        {
            out.push_str(&html[copied..tokens.start()]);
            out.push_str(&format!("<{}>", tag.name));
            copied = tokens.end();
        }
    }
    if copied == 0 {
        return Cow::Borrowed(html);
    }
    out.push_str(&html[copied..]);
    Cow::Owned(out)
}

fn convert(html: &str) -> String {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(&bounded(html)));
    let tokenizer = Tokenizer::new(TextSink::default(), TokenizerOpts::default());
    // `Script` is never answered by the sink, so one call takes the whole input.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    crate::text::tidy_lines(&tokenizer.sink.state.into_inner().text)
}

/// What must stand before the next character.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    /// White space with a line break in the source, which is no space between two Chinese characters.
    SoftBreak,
    Space,
    Line,
    Paragraph,
}

#[derive(Default)]
struct Writer {
    text: String,
    gap: Gap,
    /// The element whose content is left out, until its end tag.
    hidden: Option<String>,
    /// Open `pre` elements, whose line breaks count.
    verbatim: u32,
}

#[derive(Default)]
struct TextSink {
    state: RefCell<Writer>,
}

impl TokenSink for TextSink {
    type Handle = ();

    fn process_token(&self, token: HtmlToken, _line: u64) -> TokenSinkResult<()> {
        let mut writer = self.state.borrow_mut();
        match token {
            HtmlToken::TagToken(tag) => return writer.tag(&tag),
            HtmlToken::CharacterTokens(text) if writer.hidden.is_none() => writer.characters(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Writer {
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let opens = tag.kind == TagKind::StartTag;
        if opens && tag.self_closing && HIDDEN.contains(&name) {
            // Feeds are written as XML, where `<script/>` hides nothing of what follows.
            return TokenSinkResult::Continue;
        }
        if let Some(hidden) = &self.hidden {
            if !opens && hidden == name {
                self.hidden = None;
            }
            return TokenSinkResult::Continue;
        }
        match name {
            "script" if opens => {
                self.hidden = Some(name.to_owned());
                return TokenSinkResult::RawData(RawKind::ScriptData);
            }
            "style" | "iframe" | "noembed" | "noframes" | "noscript" if opens => {
                self.hidden = Some(name.to_owned());
                return TokenSinkResult::RawData(RawKind::Rawtext);
            }
            "title" | "textarea" if opens => {
                self.hidden = Some(name.to_owned());
                return TokenSinkResult::RawData(RawKind::Rcdata);
            }
            "pre" => {
                self.verbatim = if opens { self.verbatim + 1 } else { self.verbatim.saturating_sub(1) };
                self.widen(Gap::Paragraph);
            }
            "br" => self.line_break(),
            "li" if opens => {
                self.widen(Gap::Line);
                self.characters("-");
                self.gap = Gap::Space;
            }
            "td" | "th" => self.widen(Gap::Space),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "ul" | "ol" | "table"
            | "article" | "section" | "figure" | "hr" => self.widen(Gap::Paragraph),
            "div" | "tr" | "li" | "dt" | "dd" | "header" | "footer" | "figcaption" | "form" | "option" => {
                self.widen(Gap::Line)
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }

    fn characters(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' if self.verbatim > 0 => self.line_break(),
                '\n' | '\r' if self.gap == Gap::None => self.gap = Gap::SoftBreak,
                '\n' | '\r' => {}
                c if c.is_whitespace() => self.widen(Gap::Space),
                c => {
                    self.close_gap(c);
                    self.text.push(c);
                }
            }
        }
    }

    fn widen(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
    }

    /// Two breaks in a row part paragraphs.
    fn line_break(&mut self) {
        self.gap = if self.gap >= Gap::Line { Gap::Paragraph } else { Gap::Line };
    }

    fn close_gap(&mut self, next: char) {
        let gap = std::mem::take(&mut self.gap);
        let Some(last) = self.text.chars().next_back() else { return };
        match gap {
            Gap::None => {}
            Gap::SoftBreak if is_wide(last) && is_wide(next) => {}
            Gap::SoftBreak | Gap::Space => self.text.push(' '),
            Gap::Line => self.text.push('\n'),
            Gap::Paragraph => self.text.push_str("\n\n"),
        }
    }
}

/// Characters of scripts written without spaces, with their punctuation.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_lists_and_cells_stay_apart() {
        let html = "<div><p>　　县里&nbsp;通知：</p><p>明天停水。<br>请储水</p><ul><li>东门</li><li>西门</li></ul>\
                    <table><tr><td>时间</td><td>8点</td></tr></table></div>";
        assert_eq!(html_to_text(html), "县里 通知：\n\n明天停水。\n请储水\n\n- 东门\n- 西门\n\n时间 8点");
    }

    #[test]
    fn scripts_and_styles_are_left_out() {
        let html =
            "前<script>if (a < b) { document.write('<p>x</p>') }</script><style>p{}</style><!-- 注 -->后";
        assert_eq!(html_to_text(html), "前后");
    }

    #[test]
    fn a_source_line_break_is_no_space_between_chinese_characters() {
        assert_eq!(html_to_text("<p>道路\n积水 with\nwater</p>"), "道路积水 with water");
    }

    #[test]
    fn plain_text_keeps_its_lines_and_its_signs() {
        assert_eq!(html_to_text("一\n\n二 &ldquo;三&rdquo; 温度<30"), "一\n\n二 “三” 温度<30");
    }

    #[test]
    fn nesting_of_any_depth_is_read() {
        let html = format!("{}深{}", "<div>".repeat(200_000), "</div>".repeat(200_000));
        assert_eq!(html_to_text(&html), "深");
    }
}
