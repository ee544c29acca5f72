//! Texts with places in braces that are filled in: `您的工单{工单号}已收到`.

/// A stretch of such a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot<'t> {
    Text(&'t str),
    /// The word between the braces, trimmed.
    Named(&'t str),
}

/// A brace without its other half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LooseBrace {
    /// From 1.
    pub line: usize,
}

/// The stretches of a text, each with its line from 1.
///
/// # Errors
/// [`LooseBrace`] at the first brace that has no other half on its line.
pub fn slots(text: &str) -> Result<Vec<(usize, Slot<'_>)>, LooseBrace> {
    let mut slots = Vec::new();
    let mut rest = text;
    let line_at = |rest: &str| text[..text.len() - rest.len()].matches('\n').count() + 1;
    while let Some(at) = rest.find(['{', '}']) {
        let after = &rest[at..];
        let line = line_at(after);
        let Some(end) = after.strip_prefix('{').and_then(|inner| inner.find(['{', '}', '\n'])) else {
            return Err(LooseBrace { line });
        };
        if !after[1 + end..].starts_with('}') {
            return Err(LooseBrace { line });
        }
        slots.push((line, Slot::Text(&rest[..at])));
        slots.push((line, Slot::Named(after[1..=end].trim())));
        rest = &after[end + 2..];
    }
    slots.push((line_at(rest), Slot::Text(rest)));
    Ok(slots)
}

/// The text with its places filled in by `value`; what `value` does not know, and a text with a loose brace, stay as they are.
pub fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let Ok(slots) = slots(text) else { return text.to_owned() };
    let written = slots.into_iter().map(|(_, slot)| match slot {
        Slot::Text(text) => text.to_owned(),
        Slot::Named(word) => value(word).unwrap_or_else(|| format!("{{{word}}}")),
    });
    written.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_in_and_other_text_stays() {
        let value = |word: &str| (word == "单位").then(|| "县住建局".to_owned());
        assert_eq!(fill("由{ 单位 }办理，{谁}", value), "由县住建局办理，{谁}");
        assert_eq!(fill("由{单位", value), "由{单位");
    }

    #[test]
    fn a_loose_brace_is_told_with_its_line() {
        for (broken, line) in [("{甲", 1), ("一\n甲}", 2), ("{{甲}}", 1), ("一\n{甲\n}", 2)] {
            assert_eq!(slots(broken), Err(LooseBrace { line }), "{broken}");
        }
    }
}
