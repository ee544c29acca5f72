//! Small repairs of text that every kind of source needs.

use std::borrow::Cow;

use qingting_models::text::tidied;
use url::Url;

/// Characters of a text that stand in for a missing title.
const OPENING: usize = 30;

/// The tidied text without spaces around it.
pub(crate) fn tidy_lines(text: &str) -> String {
    tidied_lines(text).into_owned()
}

/// [`tidy_lines`] without a copy where only the ends change.
pub(crate) fn tidied_lines(text: &str) -> Cow<'_, str> {
    match tidied(text) {
        Cow::Borrowed(tidied) => Cow::Borrowed(tidied.trim()),
        Cow::Owned(tidied) => Cow::Owned(tidied.trim().to_owned()),
    }
}

/// A text on one line, with single spaces.
pub(crate) fn one_line(text: &str) -> String {
    tidy_lines(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first sentence of a text, at most 30 characters, to stand in for a missing title.
pub(crate) fn opening(text: &str) -> String {
    let line = one_line(text);
    let end = line.char_indices().find(|(_, c)| "。！？!?；".contains(*c)).map_or(line.len(), |(i, _)| i);
    let sentence = if end == 0 { line.as_str() } else { &line[..end] };
    match sentence.char_indices().nth(OPENING) {
        Some((cut, _)) => format!("{}…", &sentence[..cut]),
        None => sentence.to_owned(),
    }
}

/// Whether a cell says nothing: empty, or a mark for "none".
pub(crate) fn is_blank(cell: &str) -> bool {
    matches!(cell.trim(), "" | "-" | "--" | "—" | "/" | "无" | "暂无")
}

/// A web address that may be linked to; `None` for anything but http and https.
pub(crate) fn web_address(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_linked() {
        assert_eq!(web_address(" https://example.cn/a ").as_deref(), Some("https://example.cn/a"));
        for bad in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "没有", "//example.cn"]
        {
            assert_eq!(web_address(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_missing_title_is_the_first_sentence() {
        assert_eq!(opening("路灯坏了。\n已经三天。"), "路灯坏了");
        assert_eq!(opening(&"长".repeat(40)), format!("{}…", "长".repeat(30)));
        assert_eq!(opening("？为什么"), "？为什么");
    }
}
