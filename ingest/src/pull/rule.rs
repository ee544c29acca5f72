//! What is wrong with a rule that an administrator wrote, found before it is saved.

use scraper::Selector;

/// A rule that cannot be used, and the part at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    #[error("the rule has no \"{part}\"; {needed}")]
    Missing { part: &'static str, needed: &'static str },
    #[error(
        "\"{written}\" for \"{part}\" is no CSS selector: {why}; allowed: for example ul.news li, #list > a"
    )]
    Selector { part: &'static str, written: String, why: String },
    #[error(
        "\"{written}\" for \"{part}\" is no JSONPath: {why}; allowed: for example $.data.rows[*] or $.id"
    )]
    Path { part: String, written: String, why: String },
    #[error("\"{written}\" for \"{part}\" cannot be used: {why}")]
    Value { part: &'static str, written: String, why: &'static str },
}

/// Reads a CSS selector.
///
/// # Errors
/// When it is empty or none.
pub(super) fn selector(part: &'static str, written: &str) -> Result<Selector, BadRule> {
    let bad = |why: String| BadRule::Selector { part, written: written.to_owned(), why };
    if written.trim().is_empty() {
        return Err(bad("it is empty".into()));
    }
    Selector::parse(written.trim()).map_err(|wrong| bad(wrong.to_string()))
}
