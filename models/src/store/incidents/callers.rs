//! How many callers an incident has, without knowing who they are.
//!
//! A telephone number is kept as a digest whose key belongs to one incident, so that it cannot tell whether the caller of
//! one incident also called about another. The number itself is read from the sealed original, used and forgotten.

use serde_json::Value;
use zeroize::Zeroizing;

use super::super::{Store, StoreError};
use crate::ids::IncidentId;
use crate::store::db::{Tx, args};

/// How deep an original is looked into, and in how many of its values.
const DEPTH: usize = 6;
const VALUES: usize = 400;

/// The telephone number that an original tells in a field of its own; numbers within a text are not the caller's.
pub(super) fn caller_of(original: &Value) -> Option<Zeroizing<String>> {
    let mut left = VALUES;
    find(original, DEPTH, &mut left)
}

fn find(value: &Value, depth: usize, left: &mut usize) -> Option<Zeroizing<String>> {
    *left = left.checked_sub(1)?;
    match value {
        Value::String(text) => number(text),
        Value::Number(digits) => number(&digits.to_string()),
        Value::Array(all) if depth > 0 => all.iter().find_map(|inner| find(inner, depth - 1, left)),
        Value::Object(all) if depth > 0 => all.values().find_map(|inner| find(inner, depth - 1, left)),
        _ => None,
    }
}

/// A mobile number of mainland China, or a landline with its area code; nothing else in the text.
fn number(text: &str) -> Option<Zeroizing<String>> {
    if text.len() > 40 {
        return None;
    }
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '+' | '(' | ')' | '（' | '）');
    if !text.chars().all(allowed) {
        return None;
    }
    let digits: Zeroizing<String> = Zeroizing::new(text.chars().filter(char::is_ascii_digit).collect());
    let digits: &str = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86")).unwrap_or(&digits);
    let mobile =
        digits.len() == 11 && digits.starts_with('1') && !matches!(digits.as_bytes()[1], b'0'..=b'2');
    let landline = matches!(digits.len(), 10..=12) && digits.starts_with('0');
    (mobile || landline).then(|| Zeroizing::new(digits.to_owned()))
}

impl Store {
    /// Counts callers of incidents; an incident for each number that is new to it.
    pub(super) async fn note_callers(
        &self,
        tx: &mut Tx,
        callers: &[(IncidentId, &str)],
    ) -> Result<Vec<IncidentId>, StoreError> {
        let mut new = Vec::new();
        for part in callers.chunks(500) {
            let digest = |(incident, number): &(IncidentId, &str)| {
                let digest = self.vault().digest(&format!("caller of {incident}"), number.as_bytes());
                args![incident.0, digest]
            };
            let sql = format!(
                "INSERT INTO incident_caller (incident_id, digest) VALUES {}
                 ON CONFLICT (incident_id, digest) DO NOTHING RETURNING incident_id",
                tx.tuples(part.len(), 2)
            );
            let rows = tx.rows(&sql, part.iter().flat_map(digest).collect()).await?;
            for row in rows {
                new.push(IncidentId(row.int("incident_id")?));
            }
        }
        Ok(new)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn caller(original: &Value) -> Option<String> {
        caller_of(original).map(|number| number.to_string())
    }

    #[test]
    fn a_number_in_a_field_of_its_own_is_the_callers() {
        assert_eq!(caller(&json!({"联系电话": "138 0000 1234"})).unwrap(), "13800001234");
        assert_eq!(caller(&json!({"电话": "+86-13800001234"})).unwrap(), "13800001234");
        assert_eq!(caller(&json!({"电话": 13800001234i64})).unwrap(), "13800001234");
        assert_eq!(caller(&json!({"a": {"b": [{"phone": "0574-65712345"}]}})).unwrap(), "057465712345");
    }

    #[test]
    fn numbers_within_a_text_and_other_numbers_are_not() {
        for other in [
            json!({"诉求内容": "请打13800001234找他"}),
            json!({"编号": "20261128001"}),
            json!({"编号": "33022519800101123X"}),
            json!({"金额": 12000}),
            json!(null),
        ] {
            assert_eq!(caller(&other), None, "{other}");
        }
    }

    #[test]
    fn a_deep_or_long_original_is_left() {
        let deep = (0..20).fold(json!("13800001234"), |inner, _| json!([inner]));
        assert_eq!(caller(&deep), None);
        let long: Vec<String> = (0..1_000).map(|n| format!("值{n}")).chain(["13800001234".into()]).collect();
        assert_eq!(caller(&json!(long)), None);
    }
}
