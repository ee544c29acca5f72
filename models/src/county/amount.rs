//! How long a deadline is: a number and a unit of the deadline table.

use std::fmt;
use std::str::FromStr;

/// A length of time in the units of the deadline table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// `h`: clock time, in minutes.
    ClockMinutes(u32),
    /// `wh`: office time, in minutes.
    WorkingMinutes(u32),
    /// `wd`
    WorkingDays(u32),
    /// `d`
    Days(u32),
    /// `mo`
    Months(u32),
    /// `same_day`: until 24:00 of the day it starts.
    SameDay,
}

impl Amount {
    /// What can be written, for error messages.
    pub const ALLOWED: &'static str = "a number and a unit (0.25 h, 2 wh, 5 wd, 60 d, 6 mo) or same_day";

    /// Counted by the clock or by office hours, to the minute.
    pub fn is_hours(self) -> bool {
        matches!(self, Self::ClockMinutes(_) | Self::WorkingMinutes(_) | Self::SameDay)
    }

    /// The words that people read: `5 个工作日`.
    pub fn label(self) -> String {
        match self {
            Self::ClockMinutes(m) if m % 60 != 0 => format!("{m} 分钟"),
            Self::ClockMinutes(m) => format!("{} 小时", m / 60),
            Self::WorkingMinutes(m) if m % 60 != 0 => format!("{m} 分钟工作时间"),
            Self::WorkingMinutes(m) => format!("{} 个工作小时", m / 60),
            Self::WorkingDays(n) => format!("{n} 个工作日"),
            Self::Days(n) => format!("{n} 日"),
            Self::Months(n) => format!("{n} 个月"),
            Self::SameDay => "当天 24:00 前".to_owned(),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ClockMinutes(m) => write!(f, "{} h", f64::from(m) / 60.0),
            Self::WorkingMinutes(m) => write!(f, "{} wh", f64::from(m) / 60.0),
            Self::WorkingDays(n) => write!(f, "{n} wd"),
            Self::Days(n) => write!(f, "{n} d"),
            Self::Months(n) => write!(f, "{n} mo"),
            Self::SameDay => f.write_str("same_day"),
        }
    }
}

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unreadable = || format!("amount \"{text}\" cannot be read");
        if text.trim() == "same_day" {
            return Ok(Self::SameDay);
        }
        let (number, unit) = text.trim().split_once(' ').ok_or_else(unreadable)?;
        let whole = || match number.parse::<u32>() {
            Ok(n @ 1..=3650) => Ok(n),
            Ok(_) => Err(format!("amount \"{text}\" is not between 1 and 3650")),
            Err(_) => Err(unreadable()),
        };
        match unit.trim() {
            "h" => minutes(number).map(Self::ClockMinutes).ok_or_else(unreadable),
            "wh" => minutes(number).map(Self::WorkingMinutes).ok_or_else(unreadable),
            "wd" => whole().map(Self::WorkingDays),
            "d" => whole().map(Self::Days),
            "mo" => whole().map(Self::Months),
            _ => Err(unreadable()),
        }
    }
}

/// Hours as a decimal number, to whole minutes, up to a year.
fn minutes(hours: &str) -> Option<u32> {
    let minutes = hours.parse::<f64>().ok()? * 60.0;
    let rounded = minutes.round();
    let sound = (1.0..=527_040.0).contains(&rounded) && (minutes - rounded).abs() < 1e-6;
    sound.then_some(rounded as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_they_are_read() {
        for text in ["0.25 h", "48 h", "2 wh", "5 wd", "60 d", "6 mo", "same_day"] {
            assert_eq!(text.parse::<Amount>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn nothing_else_is_an_amount() {
        for text in
            ["", "5", "wd", "5 days", "0 wd", "-1 d", "1.5 wd", "0 h", "nan h", "0.001 h", "9999 d", "1e9 h"]
        {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }
}
