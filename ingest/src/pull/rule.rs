//! What is wrong with a rule that an administrator wrote, found before it is saved.

use scraper::Selector;
use serde_json_path::JsonPath;

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

/// Reads a JSONPath.
///
/// # Errors
/// When it is none.
pub(super) fn path(part: &str, written: &str) -> Result<JsonPath, BadRule> {
    JsonPath::parse(written.trim()).map_err(|wrong| BadRule::Path {
        part: part.to_owned(),
        written: written.to_owned(),
        why: format!("{} at character {}", wrong.message(), wrong.position() + 1),
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
