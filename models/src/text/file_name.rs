//! Names of files as strangers send them.

use super::is_invisible;

/// Longest ending, in characters.
const ENDING: usize = 11;

/// The last part of what was sent as a name of a file on any system: no path, no control letters, nothing that is not seen or
/// turns the direction of what follows, at most `longest` characters before the ending. `otherwise` where nothing of a name
/// is left; the ending stays.
pub fn file_name(sent: &str, otherwise: &str, longest: usize) -> String {
    // Browsers write these three so (WHATWG, "multipart/form-data encoding algorithm").
    let sent = sent.replace("%22", "\"").replace("%0D", "").replace("%0A", "");
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .map(|c| if "<>:\"|?*".contains(c) { '_' } else { c })
        .collect();
    let kept = kept.trim_matches([' ', '.', '\u{3000}']);
    let (stem, ending) = match kept.rsplit_once('.') {
        Some((stem, ending)) => (stem.trim_end_matches([' ', '.']), ending),
        // `.pdf` was all of it.
        None if last.trim().starts_with('.') => ("", kept),
        None => (kept, ""),
    };
    let stem: String = stem.chars().take(longest).collect();
    let stem = if stem.is_empty() { otherwise } else { &stem };
    let ending: String = ending.chars().take(ENDING).collect();
    if ending.is_empty() { stem.to_owned() } else { format!("{stem}.{ending}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_and_deceives_nobody() {
        for (sent, kept) in [
            ("修好的路面.jpg", "修好的路面.jpg"),
            ("热线 11月.xlsx", "热线 11月.xlsx"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\x\\回执.PDF", "回执.PDF"),
            ("..", "附件"),
            ("", "附件"),
            (".pdf", "附件.pdf"),
            ("a\"b'c<d>.pdf", "a_b'c_d_.pdf"),
            ("一\r\n二\u{0}.pdf", "一二.pdf"),
            ("a\u{0}b\n.cs/v", "v"),
            ("照片\u{202e}fdp.exe", "照片fdp.exe"),
            ("回\u{200b}执.pdf ", "回执.pdf"),
            ("回执.pdf.", "回执.pdf"),
            ("一%22%0D%0A二.pdf", "一_二.pdf"),
            ("完成 100%.pdf", "完成 100%.pdf"),
        ] {
            assert_eq!(file_name(sent, "附件", 100), kept, "{sent:?}");
        }
        let long = file_name(&format!("{}.docx", "很".repeat(5000)), "附件", 40);
        assert_eq!((long.chars().count(), long.ends_with(".docx")), (45, true), "{long}");
        let odd = file_name(&format!("一.{}", "尾".repeat(5000)), "附件", 40);
        assert_eq!(odd.chars().count(), 2 + ENDING, "{odd}");
    }
}
