//! The text people read, and the one form that content digests are made over.

use std::borrow::Cow;

use super::is_invisible;

/// The text as written (Traditional stays Traditional), without what hides, breaks or cannot be
/// stored: control, zero-width, byte-order and direction-override characters go, NUL among them
/// (PostgreSQL refuses it); line ends become LF; trailing spaces go; at most one blank line in a
/// row, none at the start or end.
pub fn tidy(text: &str) -> String {
    tidied(text).into_owned()
}

/// [`tidy`] without a copy where nothing changes.
pub fn tidy_owned(text: String) -> String {
    match tidied(&text) {
        Cow::Borrowed(tidied) if tidied.len() == text.len() => text,
        tidied => tidied.into_owned(),
    }
}

/// [`tidy`] without a copy where only the end changes, as in most texts.
pub fn tidied(text: &str) -> Cow<'_, str> {
    if all_stay(text) {
        return Cow::Borrowed(text.trim_end());
    }
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for line in Lines(text) {
        let start = out.len();
        if start > 0 {
            out.push_str(if blank { "\n\n" } else { "\n" });
        }
        let content = out.len();
        if all_stay(line) {
            out.push_str(line);
        } else {
            out.extend(line.chars().filter(|&c| c == '\t' || stays(c)));
        }
        out.truncate(content + out[content..].trim_end().len());
        if out.len() == content {
            out.truncate(start);
            blank = start > 0;
        } else {
            blank = false;
        }
    }
    Cow::Owned(out)
}

/// Whether every character stays. Most bytes of a Chinese text tell so by themselves: those of ASCII, those that begin
/// a character from U+3000 to U+D7FF, and those that go on with one.
fn all_stay(text: &str) -> bool {
    let plain = |byte: u8| matches!(byte, b' '..=b'~' | 0x80..=0xbf | 0xe3..=0xed);
    // Without a way out the loop looks at many bytes at a time.
    if text.bytes().fold(true, |all, byte| all & plain(byte)) {
        return true;
    }
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !plain(byte)) {
        // The others are single or begin a character.
        let mut chars = rest.get(at..).unwrap_or_default().chars();
        if !chars.next().is_none_or(stays) {
            return false;
        }
        rest = chars.as_str();
    }
    true
}

/// Whether a character is neither hidden nor a control character nor a line end.
fn stays(c: char) -> bool {
    // Nearly all of a Chinese text lies in these two ranges, in which nothing hides.
    matches!(c, ' '..='~' | '\u{3000}'..='\u{d7ff}')
        || !(c.is_control() || is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// The lines of a text, whichever of the Unicode line ends divide them.
struct Lines<'a>(&'a str);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.0.is_empty() {
            return None;
        }
        let end = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];
        let Some((at, matched)) = self.0.match_indices(end).next() else {
            return Some(std::mem::take(&mut self.0));
        };
        let line = &self.0[..at];
        let rest = &self.0[at + matched.len()..];
        self.0 = if matched == "\r" { rest.strip_prefix('\n').unwrap_or(rest) } else { rest };
        Some(line)
    }
}

/// One form for the same content however it was laid out: tidied title and body, white space
/// squeezed to single spaces, parted by one line break. Digests for identity are made over it.
pub fn canonical(title: &str, body: &str) -> String {
    let mut out = String::with_capacity(title.len() + body.len() + 1);
    squeeze(title, &mut out);
    out.push('\n');
    squeeze(body, &mut out);
    out
}

fn squeeze(text: &str, out: &mut String) {
    for (i, word) in tidied(text).split_whitespace().enumerate() {
        if i > 0 {
            out.push(' ');
        }
        out.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_hides_or_breaks_goes() {
        assert_eq!(tidy("\u{feff}路\u{200b}灯\0不\u{202e}亮\u{7}"), "路灯不亮");
        assert_eq!(tidy("一\r\n二\r三\u{2028}四"), "一\n二\n三\n四");
        assert_eq!(tidy("一 \u{3000}\t\n\n \n\n二\n\n"), "一\n\n二");
        assert_eq!(tidy("\n\n\u{3000}\u{3000}首行\n\r\n"), "\u{3000}\u{3000}首行");
        assert_eq!(tidy("\r\n\0\u{feff}"), "");
    }

    #[test]
    fn traditional_and_full_width_stay() {
        assert_eq!(tidy("請儘快，１３８ ＡＢ"), "請儘快，１３８ ＡＢ");
    }

    #[test]
    fn layout_does_not_change_the_canonical_form() {
        assert_eq!(canonical(" 路灯\u{200b} 不亮 ", "一\r\n\r\n\r\n二 "), "路灯 不亮\n一 二");
        assert_eq!(canonical("路灯  不亮", "一\n二"), canonical("路灯 不亮\n", "一\r\n\u{3000}二"));
        assert_ne!(canonical("ab", "c"), canonical("a", "bc"));
    }

    #[test]
    fn bytes_tell_of_a_character_what_the_character_tells() {
        for c in ('\0'..=char::MAX).filter(|c| (*c as u32) < 0x3_0000 || (*c as u32) > 0xe_0000) {
            assert_eq!(all_stay(&format!("路{c}灯")), stays(c), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn tidying_twice_is_tidying_once(text in "[a 　\t\r\n\u{0}\u{feff}\u{2028}路]{0,24}") {
            let once = tidy(&text);
            prop_assert_eq!(tidy(&once), once.clone());
            prop_assert!(!once.contains("\n\n\n"));
            prop_assert!(!once.contains('\0'));
        }
    }
}
