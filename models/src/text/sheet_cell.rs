//! Cells of sheets that leave the house.

/// A cell that no spreadsheet takes for a formula: what begins like one gets an apostrophe (OWASP, "CSV Injection").
pub fn sheet_cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_none() {
        for text in ["=1+1", "+86", "-1", "@a", "\tx", "\r=1"] {
            assert_eq!(sheet_cell(text), format!("'{text}"));
        }
        for text in ["", "路灯", "1=1", "'=1"] {
            assert_eq!(sheet_cell(text), text);
        }
    }
}
