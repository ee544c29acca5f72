//! `retention.toml`: how long what the matters themselves do not need is kept.

use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Deserialize;
use toml::Spanned;

use super::error::CountyError;
use super::toml_text::TomlText;
use crate::clock::local;

/// The name of the file in the county's folder.
pub(super) const FILE: &str = "retention.toml";
/// The longest time that can be written, in months: fifty years.
const MOST_MONTHS: i64 = 600;

/// How long things are kept; `None` for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Months from the end of the matter until its originals are erased.
    pub originals: Option<u16>,
    /// Months from the end of the case until the content of its files is erased.
    pub attachments: Option<u16>,
    /// Months from the day on which a quarantined row was dealt with until its content is erased.
    pub quarantine: Option<u16>,
    /// Months until notices that were read and messages that ended are deleted.
    pub notices: Option<u16>,
    /// Days until events for programs of others are dropped.
    pub events: u16,
}

/// The times before which things are due to go; `None` where they stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionCuts {
    pub originals: Option<Timestamp>,
    pub attachments: Option<Timestamp>,
    pub quarantine: Option<Timestamp>,
    pub notices: Option<Timestamp>,
    pub events: Timestamp,
}

impl Retention {
    /// The times at `now`: as many calendar months before it, in Asia/Shanghai.
    pub fn cuts(&self, now: Timestamp) -> RetentionCuts {
        let months = |months: Option<u16>| {
            months.and_then(|months| {
                let then = local(now).checked_sub(i64::from(months).months()).ok()?;
                Some(then.timestamp())
            })
        };
        RetentionCuts {
            originals: months(self.originals),
            attachments: months(self.attachments),
            quarantine: months(self.quarantine),
            notices: months(self.notices),
            events: now - SignedDuration::from_hours(24 * i64::from(self.events)),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    originals_months: Spanned<i64>,
    attachments_months: Spanned<i64>,
    quarantine_months: Spanned<i64>,
    notices_months: Spanned<i64>,
    events_days: Spanned<i64>,
}

/// Reads and checks the file's text; `file` is the name that errors show.
///
/// # Errors
/// [`CountyError::Invalid`] at the first value that is not allowed.
pub(super) fn parse(file: &str, text: &str) -> Result<Retention, CountyError> {
    let toml = TomlText { file, text };
    let raw: Raw = toml.read()?;
    let months = |value: &Spanned<i64>| match *value.get_ref() {
        0 => Ok(None),
        n @ 1..=MOST_MONTHS => Ok(u16::try_from(n).ok()),
        n => Err(toml.at(value).invalid(format!("{n} months"), format!("0 for ever, or 1 to {MOST_MONTHS}"))),
    };
    let days = *raw.events_days.get_ref();
    let events = u16::try_from(days).ok().filter(|days| (1..=365).contains(days));
    Ok(Retention {
        originals: months(&raw.originals_months)?,
        attachments: months(&raw.attachments_months)?,
        quarantine: months(&raw.quarantine_months)?,
        notices: months(&raw.notices_months)?,
        events: events
            .ok_or_else(|| toml.at(&raw.events_days).invalid(format!("{days} days"), "1 to 365"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../data/xiangshan/retention.toml");

    #[test]
    fn the_shipped_file_erases_nothing() {
        let rules = parse(FILE, SHIPPED).unwrap();
        let Retention { originals, attachments, quarantine, notices, events } = rules;
        assert_eq!((originals, attachments, quarantine, notices, events), (None, None, None, None, 30));
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let rules = parse(FILE, &SHIPPED.replace("originals_months = 0", "originals_months = 18")).unwrap();
        let now: Timestamp = "2026-08-31T03:00:00+08:00".parse().unwrap();
        let cuts = rules.cuts(now);
        assert_eq!(cuts.originals, Some("2025-02-28T03:00:00+08:00".parse().unwrap()));
        assert_eq!((cuts.notices, cuts.events), (None, "2026-08-01T03:00:00+08:00".parse().unwrap()));
    }

    #[test]
    fn what_is_mistyped_is_named_with_its_line() {
        let error = |text: &str| parse(FILE, text).unwrap_err().to_string();
        let wrong = error(&SHIPPED.replace("quarantine_months = 0", "quarantine_months = -3"));
        assert!(wrong.starts_with("retention.toml line 11: -3 months; allowed: 0 for ever"), "{wrong}");
        assert!(error(&SHIPPED.replace("events_days = 30", "events_days = 0")).contains("1 to 365"));
        assert!(error("originals_month = 3").contains("originals_month"));
    }
}
