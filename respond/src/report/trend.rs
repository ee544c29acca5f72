//! Whether a count differs from another by more than chance explains.
//!
//! What was counted before gives a Gamma distribution of the rate (Jeffreys prior, shape 1/2), the present count then follows
//! a negative binomial ([`at_least`]); it differs when so many or more, or so few or fewer, would come less than once in
//! forty times each, where the two-sided level is 0.05. A percentage is said only where what it is a share of is large enough:
//! from 2 to 5 is no "150 %". Both are thresholds that the county sets ([`ReportStyle`]).
//!
//! [`ReportStyle`]: qingting_models::county::ReportStyle

use qingting_models::chance::at_least;
use qingting_models::county::ReportStyle;

/// When a difference is told as one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Telling {
    /// The smallest count of which a percentage is said.
    pub least_for_percent: i64,
    /// How unlikely so much or more, or so little or less, must be on its side.
    pub unlikely: f64,
}

impl Telling {
    /// As the style says, whose level is in percent and of both sides.
    pub fn of(style: &ReportStyle) -> Self {
        Self { least_for_percent: style.least_for_percent, unlikely: style.level / 200.0 }
    }
}

/// How a count stands to another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// There is nothing to hold it against.
    Unknown,
    /// As chance would have it.
    Level {
        by: i64,
    },
    Up {
        by: i64,
        percent: Option<f64>,
    },
    Down {
        by: i64,
        percent: Option<f64>,
    },
}

/// `now` counted over `odds` times as long as `other`.
pub fn change(now: i64, other: Option<i64>, odds: f64, telling: Telling) -> Change {
    let Some(other) = other else { return Change::Unknown };
    let by = now - other;
    let shape = other.max(0) as f64 + 0.5;
    let count = |n: i64| u32::try_from(n.max(0)).unwrap_or(u32::MAX);
    let percent = (other >= telling.least_for_percent).then(|| by as f64 * 100.0 / other as f64);
    if by > 0 && at_least(count(now), shape, odds) < telling.unlikely {
        Change::Up { by, percent }
    } else if by < 0 && 1.0 - at_least(count(now + 1), shape, odds) < telling.unlikely {
        Change::Down { by: -by, percent }
    } else {
        Change::Level { by }
    }
}

impl Change {
    /// `比上周增加 34 件（+12.3%）`, `比上周多 3 件，属正常波动`, `上周无数据`; `word` is what it is held against, `unit` what
    /// is counted, empty in a table.
    pub fn text(self, word: &str, unit: &str) -> String {
        let share =
            |percent: Option<f64>| percent.map_or(String::new(), |percent| format!("（{percent:+.1}%）"));
        let count = |by: i64| if unit.is_empty() { by.to_string() } else { format!("{by} {unit}") };
        match self {
            Self::Unknown => format!("{word}无数据"),
            Self::Level { by: 0 } => format!("与{word}持平"),
            Self::Level { by } if by > 0 => format!("比{word}多 {}，属正常波动", count(by)),
            Self::Level { by } => format!("比{word}少 {}，属正常波动", count(-by)),
            Self::Up { by, percent } => format!("比{word}增加 {}{}", count(by), share(percent)),
            Self::Down { by, percent } => format!("比{word}减少 {}{}", count(by), share(percent)),
        }
    }

    /// `↑`, `↓`, `→` or nothing.
    pub fn arrow(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Level { .. } => "→",
            Self::Up { .. } => "↑",
            Self::Down { .. } => "↓",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Telling = Telling { least_for_percent: 20, unlikely: 0.025 };

    fn change(now: i64, other: Option<i64>, odds: f64) -> Change {
        super::change(now, other, odds, USUAL)
    }

    #[test]
    fn small_counts_differ_by_chance_and_have_no_percentage() {
        assert_eq!(change(5, Some(2), 1.0), Change::Level { by: 3 });
        assert_eq!(change(0, Some(3), 1.0), Change::Level { by: -3 });
        assert_eq!(change(12, Some(1), 1.0), Change::Up { by: 11, percent: None });
        assert_eq!(change(9, None, 1.0), Change::Unknown);
        assert_eq!(change(9, None, 1.0).text("上周", "件"), "上周无数据");
    }

    #[test]
    fn large_counts_differ_where_chance_does_not_explain_it() {
        assert_eq!(change(103, Some(100), 1.0).text("上周", "件"), "比上周多 3 件，属正常波动");
        assert_eq!(change(97, Some(100), 1.0).text("上周", ""), "比上周少 3，属正常波动");
        assert_eq!(change(140, Some(100), 1.0).text("上周", ""), "比上周增加 40（+40.0%）");
        assert_eq!(change(60, Some(100), 1.0).text("去年同期", "件"), "比去年同期减少 40 件（-40.0%）");
        assert_eq!(change(100, Some(100), 1.0).text("上周", "件"), "与上周持平");
        // 28 days let expect four times as many as seven.
        assert!(matches!(change(400, Some(100), 4.0), Change::Level { .. }));
    }

    #[test]
    fn a_county_sets_when_it_is_told() {
        let strict = Telling { least_for_percent: 200, unlikely: 0.0005 };
        assert_eq!(super::change(140, Some(100), 1.0, strict), Change::Level { by: 40 });
        let loose = Telling { least_for_percent: 1, unlikely: 0.1 };
        assert_eq!(super::change(6, Some(2), 1.0, loose), Change::Up { by: 4, percent: Some(200.0) });
    }
}
