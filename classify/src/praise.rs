//! Thanks and praise: whether a title says so, by the list in data/praise.txt. The body does not count, since
//! complaints often end with thanks.

use std::sync::LazyLock;

use qingting_models::text::normalise;

use crate::finder::Finder;

/// Stands before a title: the beginning that a word of the list may ask for. No normalised text holds it.
const BEGINNING: &str = "\u{2}";

/// Words that turn a title's thanks into a wish or a complaint.
const TURNS: &[&str] = &["请求", "希望", "建议", "投诉", "举报", "反映", "为什么", "何时", "吗", "?", "？"];

static PRAISE: LazyLock<Finder> = LazyLock::new(|| {
    let lines = include_str!("../data/praise.txt").lines().map(str::trim);
    let words = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    Finder::new(words.map(|word| word.replacen('^', BEGINNING, 1)))
});
static TURN: LazyLock<Finder> = LazyLock::new(|| Finder::new(TURNS.iter().copied()));

/// Whether the title thanks or praises and asks for nothing.
pub(crate) fn praises(title: &str) -> bool {
    let title = format!("{BEGINNING}{}", normalise(title).text.trim());
    PRAISE.has_any(&title) && !TURN.has_any(&title)
}

#[cfg(test)]
mod tests {
    use super::*;

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
