//! Thanks and praise: whether a title says so, by the list in data/praise.txt. The body does not count, since
//! complaints often end with thanks.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use qingting_models::text::normalise;

/// Stands before a title: the beginning that a word of the list may ask for. No normalised text holds it.
const BEGINNING: &str = "\u{2}";

/// Words that turn a title's thanks into a wish or a complaint.
const TURNS: &[&str] = &["请求", "希望", "建议", "投诉", "举报", "反映", "为什么", "何时", "吗", "?", "？"];

static FINDERS: LazyLock<Option<(AhoCorasick, AhoCorasick)>> = LazyLock::new(|| {
    let lines = include_str!("../data/praise.txt").lines().map(str::trim);
    let words = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let praise = AhoCorasick::new(words.map(|word| word.replacen('^', BEGINNING, 1))).ok()?;
    Some((praise, AhoCorasick::new(TURNS).ok()?))
});

/// Whether the title thanks or praises and asks for nothing.
pub(crate) fn praises(title: &str) -> bool {
    let Some((praise, turns)) = FINDERS.as_ref() else { return false };
    let title = format!("{BEGINNING}{}", normalise(title).text.trim());
    praise.is_match(&title) && !turns.is_match(&title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_build() {
        assert!(FINDERS.is_some());
    }

    #[test]
    fn a_title_that_thanks_and_asks_for_nothing_praises() {
        for title in ["表扬305路公交司机", "感谢爵城小学的赖老师", "为石浦镇执法队员点个赞", "感謝急診醫生"]
        {
            assert!(praises(title), "{title}");
        }
        for title in ["路灯不亮", "感谢领导，何时能修好路", "为县政府点赞，请求修路", "举报好人好事评选作假"]
        {
            assert!(!praises(title), "{title}");
        }
    }
}
