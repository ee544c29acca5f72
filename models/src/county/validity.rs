//! From when to when a row counts, so that old records keep what was true then.

use jiff::civil::Date;

use super::error::{At, CountyError};

/// The days on which a row counts, both ends included; an open end has no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Validity {
    pub from: Option<Date>,
    pub to: Option<Date>,
}

impl Validity {
    pub fn contains(&self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date <= to)
    }

    /// Whether some day counts in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        let starts_by = |a: &Self, b: &Self| a.from.zip(b.to).is_none_or(|(from, to)| from <= to);
        starts_by(self, other) && starts_by(other, self)
    }

    /// Reads the two columns; an empty one is an open end.
    pub(super) fn parse(at: At<'_>, from: &str, to: &str) -> Result<Self, CountyError> {
        let this = Self { from: date(at, "valid_from", from)?, to: date(at, "valid_to", to)? };
        match (this.from, this.to) {
            (Some(from), Some(to)) if to < from => Err(at.invalid(
                format!("valid_to {to} lies before valid_from {from}"),
                "valid_to on or after valid_from",
            )),
            _ => Ok(this),
        }
    }
}

fn date(at: At<'_>, column: &str, text: &str) -> Result<Option<Date>, CountyError> {
    if text.is_empty() {
        return Ok(None);
    }
    parse_date(text)
        .map(Some)
        .ok_or_else(|| at.invalid(format!("{column} \"{text}\" is not a date"), "YYYY-MM-DD or nothing"))
}

/// Strictly `YYYY-MM-DD`.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    if text.len() != 10 {
        return None;
    }
    Date::strptime("%Y-%m-%d", text).ok()
}
