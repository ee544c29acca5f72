//! What is wrong with a rule that an administrator wrote, found before it is saved.

use std::fmt;

use scraper::Selector;
use scraper::error::SelectorErrorKind;
use serde_json_path::JsonPath;

/// A rule that cannot be used, and the part at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    #[error("the rule has no \"{part}\"; {needed}")]
    Missing { part: &'static str, needed: &'static str },
    #[error(
        "\"{written}\" for \"{part}\" is no CSS selector: {why}; allowed: for example ul.news li, #list > a"
    )]
    Selector { part: &'static str, written: String, why: SelectorFault },
    #[error(
        "\"{written}\" for \"{part}\" is no JSONPath: {why} at character {at}; allowed: for example $.data.rows[*] or $.id"
    )]
    Path { part: String, written: String, why: String, at: usize },
    #[error("\"{written}\" for \"{part}\" cannot be used: {why}")]
    Value { part: &'static str, written: String, why: &'static str },
}

/// What keeps a text from being a CSS selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelectorFault {
    Empty,
    /// A sign such as `>` or `,` has nothing behind or before it.
    Dangling,
    /// A bracket or quote is not closed, or the text ends too early.
    Unfinished,
    /// A class or pseudo-class without a name, or one that is not known.
    Name,
    /// What stands in square brackets is no attribute.
    Attribute,
    /// A sign that has no place in a selector.
    Sign,
}

impl SelectorFault {
    fn of(wrong: &SelectorErrorKind) -> Self {
        match wrong {
            SelectorErrorKind::EndOfLine | SelectorErrorKind::TooManyNestedBlocks => Self::Unfinished,
            SelectorErrorKind::ExpectedColonOnPseudoElement
            | SelectorErrorKind::ExpectedIdentityOnPseudoElement => Self::Name,
            // The library gives the kind without its type.
            SelectorErrorKind::UnexpectedSelectorParseError(kind) => match format!("{kind:?}").as_str() {
                "EmptySelector" | "DanglingCombinator" => Self::Dangling,
                kind if kind.contains("Attr") => Self::Attribute,
                kind if kind.contains("Pseudo") || kind.starts_with("ClassNeedsIdent") => Self::Name,
                _ => Self::Sign,
            },
            _ => Self::Sign,
        }
    }
}

impl fmt::Display for SelectorFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it is empty",
            Self::Dangling => "a sign such as > or , has nothing beside it",
            Self::Unfinished => "it ends too early; is a bracket or quote left open?",
            Self::Name => "a . or : has no name behind it, or one that is not known",
            Self::Attribute => "what stands in [ ] is no attribute",
            Self::Sign => "a sign in it has no place there",
        })
    }
}

/// Reads a CSS selector.
///
/// # Errors
/// When it is empty or none.
pub(super) fn selector(part: &'static str, written: &str) -> Result<Selector, BadRule> {
    let bad = |why| BadRule::Selector { part, written: written.to_owned(), why };
    if written.trim().is_empty() {
        return Err(bad(SelectorFault::Empty));
    }
    Selector::parse(written.trim()).map_err(|wrong| bad(SelectorFault::of(&wrong)))
}

/// Reads a JSONPath.
///
/// # Errors
/// When it is none.
pub(super) fn path(part: &str, written: &str) -> Result<JsonPath, BadRule> {
    JsonPath::parse(written.trim()).map_err(|wrong| BadRule::Path {
        part: part.to_owned(),
        written: written.to_owned(),
        why: wrong.message().to_owned(),
        at: wrong.position() + 1,
    })
}

/// Checks the name of a query parameter.
///
/// # Errors
/// When it is empty or holds signs that part parameters.
pub(super) fn parameter(name: &str) -> Result<(), BadRule> {
    let plain = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || "?&=#/".contains(c));
    let why = "a query parameter has a name without spaces and without ? & = # /";
    if plain {
        Ok(())
    } else {
        Err(BadRule::Value { part: "paging.parameter", written: name.to_owned(), why })
    }
}

/// Checks the name of a request header.
///
/// # Errors
/// When it is empty, holds other signs than a token may (RFC 9110, 5.6.2), or is one that the client itself sets.
pub(super) fn header_name(name: &str) -> Result<(), BadRule> {
    let bad = |why| Err(BadRule::Value { part: "secret_header", written: name.to_owned(), why });
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    {
        return bad("a header's name has letters, digits and - only, such as Authorization or X-Api-Key");
    }
    let own = ["host", "content-length", "connection", "transfer-encoding", "upgrade", "te", "user-agent"];
    if own.contains(&name.to_ascii_lowercase().as_str()) {
        return bad("this header is set by the program itself");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_selector_is_told_apart() {
        for (written, fault) in [
            (" ", SelectorFault::Empty),
            ("li >", SelectorFault::Dangling),
            (",", SelectorFault::Dangling),
            ("li[", SelectorFault::Unfinished),
            ("a[=x]", SelectorFault::Attribute),
            ("ul.", SelectorFault::Unfinished),
            ("ul.1", SelectorFault::Sign),
            ("a:nosuch", SelectorFault::Name),
            ("ul{li}", SelectorFault::Sign),
        ] {
            let told = selector("item", written).unwrap_err();
            let part = "item";
            assert_eq!(told, BadRule::Selector { part, written: written.into(), why: fault });
        }
    }
}
