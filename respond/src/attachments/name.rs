//! The name of a file as somebody sends it, and as it is kept.

use qingting_models::records::{Attachment, FileKind};

/// Letters that turn the direction of what follows, or are not seen: they make a name read as another.
fn deceives(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

/// The last part of what was sent as a name of a file on any system: no path, no control letters, nothing that deceives,
/// not too long. Its ending stays.
pub(super) fn cleaned(sent: &str) -> String {
    // Browsers write these three so (WHATWG, "multipart/form-data encoding algorithm").
    let sent = sent.replace("%22", "\"").replace("%0D", "").replace("%0A", "");
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|c| !c.is_control() && !deceives(*c))
        .map(|c| if "<>:\"|?*".contains(c) { '_' } else { c })
        .collect();
    let kept = kept.trim_matches([' ', '.', '\u{3000}']);
    let (stem, ending) = match kept.rsplit_once('.') {
        Some((stem, ending)) => (stem.trim_end_matches([' ', '.']), ending),
        // `.pdf` was all of it.
        None if last.trim().starts_with('.') => ("", kept),
        None => (kept, ""),
    };
    let room = Attachment::LONGEST_NAME - 12;
    let stem: String = stem.chars().take(room).collect();
    let stem = if stem.is_empty() { "附件" } else { &stem };
    let ending: String = ending.chars().take(11).collect();
    if ending.is_empty() { stem.to_owned() } else { format!("{stem}.{ending}") }
}

/// The kind that a cleaned name claims.
pub(super) fn claimed(name: &str) -> Option<FileKind> {
    name.rsplit_once('.').and_then(|(_, ending)| FileKind::of_ending(ending))
}

/// The ending of a cleaned name, for those who are told that it is not taken.
pub(super) fn ending(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, ending)| ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_and_deceives_nobody() {
        for (sent, kept) in [
            ("修好的路面.jpg", "修好的路面.jpg"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\x\\回执.PDF", "回执.PDF"),
            ("..", "附件"),
            ("", "附件"),
            (".pdf", "附件.pdf"),
            ("a\"b'c<d>.pdf", "a_b'c_d_.pdf"),
            ("一\r\n二\u{0}.pdf", "一二.pdf"),
            ("照片\u{202e}fdp.exe", "照片fdp.exe"),
            ("回\u{200b}执.pdf ", "回执.pdf"),
            ("回执.pdf.", "回执.pdf"),
            ("一%22%0D%0A二.pdf", "一_二.pdf"),
            ("完成 100%.pdf", "完成 100%.pdf"),
        ] {
            assert_eq!(cleaned(sent), kept, "{sent:?}");
        }
        let long = cleaned(&format!("{}.docx", "很".repeat(5000)));
        assert!(long.chars().count() <= Attachment::LONGEST_NAME && long.ends_with(".docx"), "{long}");
        let odd = cleaned(&format!("一.{}", "尾".repeat(5000)));
        assert!(odd.chars().count() <= Attachment::LONGEST_NAME, "{odd}");
    }

    #[test]
    fn the_last_ending_claims_the_kind() {
        assert_eq!(claimed("回执.exe.PDF"), Some(FileKind::Pdf));
        for name in ["回执.pdf.exe", "回执", "附件"] {
            assert_eq!(claimed(name), None, "{name}");
        }
    }
}
