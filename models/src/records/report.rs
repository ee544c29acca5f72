//! What a report is about, and the figures that it holds.
//!
//! What each figure counts stands in `respond/src/report`, which draws figures from what the store counted.

use std::collections::BTreeMap;

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::{Actor, Channel, Period, RateCount, Urgency, words};
use crate::clock::from_local;
use crate::county::{DepartmentCode, TopicCode, Town};
use crate::ids::{IncidentId, ItemId, ReportId};

words! {
    /// How long a report looks back.
    ReportKind {
        Daily => "daily", "日报";
        Weekly => "weekly", "周报";
        Monthly => "monthly", "月报";
        Period => "period", "专期报告";
    }
}

/// The days of a report, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReportSpan {
    pub kind: ReportKind,
    pub from: Date,
    pub to: Date,
}

/// Days that a report cannot be about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSpan {
    #[error("“{0}”不是周次，应写成 2026-W46")]
    Week(String),
    #[error("结束日期 {to} 早于开始日期 {from}")]
    Reversed { from: Date, to: Date },
    #[error("时段最长 {LONGEST_DAYS} 天，{from} 至 {to} 太长")]
    TooLong { from: Date, to: Date },
    #[error("日期 {0} 超出范围")]
    OutOfRange(Date),
}

/// The most days that one report covers: a year that begins and ends in a leap year's week.
pub const LONGEST_DAYS: i32 = 372;
/// Reports are about days of this century; that leaves room for every comparison.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2199;

impl ReportSpan {
    pub fn day(date: Date) -> Result<Self, BadSpan> {
        Self::checked(ReportKind::Daily, date, date)
    }

    /// Monday to Sunday of the week with this date.
    pub fn week_of(date: Date) -> Result<Self, BadSpan> {
        let back = i32::from(date.weekday().to_monday_zero_offset());
        let from = date.checked_sub(back.days()).map_err(|_| BadSpan::OutOfRange(date))?;
        let to = from.checked_add(6.days()).map_err(|_| BadSpan::OutOfRange(date))?;
        Self::checked(ReportKind::Weekly, from, to)
    }

    /// `2026-W46`, by ISO 8601.
    pub fn week(text: &str) -> Result<Self, BadSpan> {
        let bad = || BadSpan::Week(text.to_owned());
        let (year, week) = text.split_once("-W").ok_or_else(bad)?;
        let (year, week) = (year.parse().map_err(|_| bad())?, week.parse().map_err(|_| bad())?);
        let monday = ISOWeekDate::new(year, week, Weekday::Monday).map_err(|_| bad())?;
        Self::week_of(monday.date())
    }

    pub fn month_of(date: Date) -> Result<Self, BadSpan> {
        Self::checked(ReportKind::Monthly, date.first_of_month(), date.last_of_month())
    }

    pub fn days_between(from: Date, to: Date) -> Result<Self, BadSpan> {
        Self::checked(ReportKind::Period, from, to)
    }

    fn checked(kind: ReportKind, from: Date, to: Date) -> Result<Self, BadSpan> {
        if to < from {
            return Err(BadSpan::Reversed { from, to });
        }
        if let Some(out) = [from, to].into_iter().find(|date| !YEARS.contains(&date.year())) {
            return Err(BadSpan::OutOfRange(out));
        }
        let span = Self { kind, from, to };
        if span.length() > LONGEST_DAYS { Err(BadSpan::TooLong { from, to }) } else { Ok(span) }
    }

    /// How many days.
    pub fn length(&self) -> i32 {
        days_apart(self.from, self.to) + 1
    }

    pub fn days(&self) -> impl Iterator<Item = Date> + use<> {
        let from = self.from;
        (0..self.length()).map(move |n| from.saturating_add(n.days()))
    }

    /// From midnight to midnight in Asia/Shanghai.
    pub fn period(&self) -> Period {
        let start = |date: Date| from_local(date.to_datetime(jiff::civil::Time::midnight()));
        let from = start(self.from).unwrap_or(Timestamp::MIN);
        Period { from, to: start(self.to.saturating_add(1.day())).unwrap_or(Timestamp::MAX) }
    }

    /// The days that it is held against: as many just before it, of a month the month before.
    pub fn before(&self) -> Self {
        let last = self.from.saturating_sub(1.day());
        let from = match self.kind {
            ReportKind::Monthly => last.first_of_month(),
            _ => self.from.saturating_sub(self.length().days()),
        };
        Self { from, to: last, ..*self }
    }

    /// The same days of the year before: of a week the ISO week of the same number (the 52nd where that year has no
    /// 53rd), of a day the same weekday 52 weeks before, else the same dates.
    pub fn year_ago(&self) -> Self {
        let (from, to) = match self.kind {
            ReportKind::Daily => (self.from.saturating_sub(364.days()), self.to.saturating_sub(364.days())),
            ReportKind::Weekly => {
                let week = self.from.iso_week_date();
                let of = |number| ISOWeekDate::new(week.year() - 1, number, Weekday::Monday);
                let monday = of(week.week()).or_else(|_| of(52)).map_or(self.from, ISOWeekDate::date);
                (monday, monday.saturating_add(6.days()))
            }
            ReportKind::Monthly => {
                let from = self.from.saturating_sub(1.year());
                (from, from.last_of_month())
            }
            ReportKind::Period => (self.from.saturating_sub(1.year()), self.to.saturating_sub(1.year())),
        };
        Self { from, to, ..*self }
    }

    /// As many days right after it, of a month the month after: what is looked ahead to.
    pub fn after(&self) -> Self {
        let from = self.to.saturating_add(1.day());
        let to = match self.kind {
            ReportKind::Monthly => from.last_of_month(),
            _ => from.saturating_add((self.length() - 1).days()),
        };
        Self { from, to, ..*self }
    }

    /// `2026年第46周`, `2026年11月`, `2026年11月9日`, `2026年11月9日至20日`.
    pub fn name(&self) -> String {
        let from = self.from;
        match self.kind {
            ReportKind::Daily => day_name(from),
            ReportKind::Weekly => {
                let week = from.iso_week_date();
                format!("{}年第{}周", week.year(), week.week())
            }
            ReportKind::Monthly => format!("{}年{}月", from.year(), from.month()),
            ReportKind::Period => self.dates(),
        }
    }

    /// `2026年11月9日至15日`, with month and year where they change.
    pub fn dates(&self) -> String {
        let (from, to) = (self.from, self.to);
        let end = if from == to {
            return day_name(from);
        } else if from.year() != to.year() {
            day_name(to)
        } else if from.month() != to.month() {
            format!("{}月{}日", to.month(), to.day())
        } else {
            format!("{}日", to.day())
        };
        format!("{}至{end}", day_name(from))
    }

    /// What the days that it is held against are called: 上周, 上月, 前一日, 前一时段.
    pub fn before_word(&self) -> &'static str {
        match self.kind {
            ReportKind::Daily => "前一日",
            ReportKind::Weekly => "上周",
            ReportKind::Monthly => "上月",
            ReportKind::Period => "前一时段",
        }
    }

    /// 本日, 本周, 本月, 本期.
    pub fn this_word(&self) -> &'static str {
        match self.kind {
            ReportKind::Daily => "本日",
            ReportKind::Weekly => "本周",
            ReportKind::Monthly => "本月",
            ReportKind::Period => "本期",
        }
    }

    /// 明日, 下周, 下月, 下一时段.
    pub fn after_word(&self) -> &'static str {
        match self.kind {
            ReportKind::Daily => "次日",
            ReportKind::Weekly => "下周",
            ReportKind::Monthly => "下月",
            ReportKind::Period => "下一时段",
        }
    }
}

/// How many days `to` lies after `from`.
pub fn days_apart(from: Date, to: Date) -> i32 {
    // Two civil dates are always so many whole days apart.
    from.duration_until(to).as_hours().div_euclid(24).try_into().unwrap_or(i32::MAX)
}

fn day_name(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// Of whose matters a report speaks; all that are set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReportScope {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub town: Option<Town>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicCode>,
    /// Matters whose case it leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentCode>,
}

impl ReportScope {
    /// The whole county.
    pub fn is_whole(&self) -> bool {
        *self == Self::default()
    }
}

words! {
    /// Where a kept report stands.
    ReportState {
        /// Its figures are counted, editors write.
        Draft => "draft", "草稿";
        Review => "review", "待审核";
        /// Frozen, with a number.
        Approved => "approved", "已签发";
    }
}

/// What was done with a kept report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportStep {
    pub at: Timestamp,
    pub by: Actor,
    pub what: ReportDeed,
    /// Masked; why it was sent back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

words! {
    /// What can be done with a kept report.
    ReportDeed {
        Made => "made", "生成草稿";
        Recounted => "recounted", "重新统计";
        Written => "written", "修改文字";
        Submitted => "submitted", "提交审核";
        SentBack => "sent_back", "退回修改";
        Approved => "approved", "签发";
    }
}

/// A report that is kept: with its figures, what the editors wrote, and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptReport {
    pub id: ReportId,
    pub state: ReportState,
    /// `2026年周报第12期` once it is approved.
    pub number: Option<String>,
    pub version: i64,
    pub changed_at: Timestamp,
    pub changed_by: Actor,
    pub figures: ReportFigures,
    /// By the code of the chapter.
    pub judgements: BTreeMap<String, String>,
    pub steps: Vec<ReportStep>,
    /// Of the figures; see `respond::report::digest`.
    pub digest: String,
}

/// A kept report in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLine {
    pub id: ReportId,
    pub span: ReportSpan,
    pub scope: ReportScope,
    pub state: ReportState,
    pub number: Option<String>,
    pub cutoff: Timestamp,
    pub changed_at: Timestamp,
}

/// Which items of a report a figure counts; all that are set must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportItemFilter {
    pub from: Date,
    pub to: Date,
    pub channel: Option<Channel>,
    /// All but news.
    pub demands: bool,
    /// `Some(None)` for those without.
    pub topic: Option<Option<TopicCode>>,
    pub town: Option<Option<Town>>,
    pub urgent: bool,
}

impl ReportItemFilter {
    /// All items of the days.
    pub fn of_days(from: Date, to: Date) -> Self {
        Self { from, to, channel: None, demands: false, topic: None, town: None, urgent: false }
    }
}

/// An item of a report, as its annex lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportItem {
    pub item: ItemId,
    /// When its matter was reported.
    pub at: Timestamp,
    pub channel: Channel,
    pub topic: Option<TopicCode>,
    pub town: Option<Town>,
    pub urgency: Urgency,
    /// Masked.
    pub title: String,
    /// Number and state code of its case.
    pub case: Option<(String, String)>,
}

/// A count with the counts of the days before and of the year before; `None` where the store does not reach back so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    pub now: i64,
    pub before: Option<i64>,
    pub year_ago: Option<i64>,
}

/// One share of the items: a channel, a topic, a town. `code` is `None` for those that have none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportShare {
    pub code: Option<String>,
    pub name: String,
    #[serde(flatten)]
    pub count: Compared,
}

/// A day of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportDay {
    pub day: Date,
    pub items: i64,
    /// The same day of the days before.
    pub before: Option<i64>,
    /// The mean of this weekday over the weeks before that are known, and over how many.
    pub usual: Option<f64>,
    pub usual_weeks: u32,
    /// 休 on a day off within the week, 班 on a make-up workday.
    pub mark: Option<String>,
}

/// An incident of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportIncident {
    pub id: IncidentId,
    /// Masked.
    pub title: String,
    /// Items of the report's days; of the days before; since it began.
    pub items: i64,
    pub before: i64,
    pub total: i64,
    /// Distinct callers since it began.
    pub callers: i64,
    pub first_day: Date,
    pub topic: Option<String>,
    pub town: Option<String>,
    pub heat: f64,
    pub channels: Vec<(Channel, i64)>,
    pub cases: Vec<ReportCase>,
    /// The beginning of the latest approved answer, as it may be published where it says so.
    pub answer: Option<String>,
}

/// A case of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportCase {
    pub number: String,
    pub department: String,
    pub state: String,
    /// Nothing is left to be done.
    pub closed: bool,
}

/// Alerts that fired in the days of a report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportAlerts {
    pub fired: i64,
    /// Looked at by the cut-off.
    pub seen: i64,
    /// Half of those that were looked at were within so many minutes.
    pub median_minutes: Option<f64>,
    pub by_rule: Vec<(String, i64)>,
}

/// How a department fared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportDepartment {
    /// `None` for the duty desk.
    pub code: Option<DepartmentCode>,
    pub name: String,
    /// 派单与退单, 首次联系, 按时办结, 答复与重办, 回访中已解决, 评价中满意.
    pub sent: RateCount,
    pub contact: RateCount,
    pub on_time: RateCount,
    pub redone: RateCount,
    pub solved: RateCount,
    pub satisfied: RateCount,
    /// Open at the cut-off, and of those past their due time.
    pub open: i64,
    pub overdue: i64,
    /// What share of its work would have been in time, had each topic gone as in the whole county.
    pub expected: Option<f64>,
}

/// A word or topic that stands in more items than it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportRisen {
    pub code: Option<String>,
    pub name: String,
    pub items: i64,
    /// What the weeks before let expect for as many days.
    pub usual: f64,
    /// How unlikely so many are if nothing has changed.
    pub chance: f64,
}

/// What is expected of the days after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportForecast {
    pub items: f64,
    /// How far the same forecast was off on average over the last weeks, as a share of what came; over how many weeks.
    pub error: Option<f64>,
    pub weeks: u32,
}

/// What the days after bring that is known already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportAhead {
    pub cases_due: i64,
    pub promises_due: i64,
    /// Promises whose day has passed and of which nobody has said what became of them.
    pub promises_late: i64,
}

/// From a channel to a department to what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportFlow {
    pub channel: Channel,
    /// Name of the lead; `None` while there is no case.
    pub department: Option<String>,
    pub outcome: String,
    pub items: i64,
}

/// All figures of a report: a pure function of what the store holds at the cut-off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportFigures {
    /// By which definitions they were counted.
    pub definition: u32,
    pub county: String,
    pub span: ReportSpan,
    pub scope: ReportScope,
    /// What the scope is called; empty for the whole county.
    pub scope_name: String,
    /// When they were counted. What arrived later is in none.
    pub cutoff: Timestamp,
    pub before: ReportSpan,
    pub year_ago: ReportSpan,
    pub totals: ReportTotals,
    pub channels: Vec<ReportShare>,
    pub topics: Vec<ReportShare>,
    pub towns: Vec<ReportShare>,
    pub days: Vec<ReportDay>,
    pub incidents: Vec<ReportIncident>,
    pub repeated: Vec<ReportIncident>,
    pub alerts: ReportAlerts,
    pub departments: Vec<ReportDepartment>,
    pub risen_topics: Vec<ReportRisen>,
    /// `None` where the days lie further back than words are counted, or the report is of a part of the county.
    pub risen_words: Option<Vec<ReportRisen>>,
    pub forecast: Option<ReportForecast>,
    pub ahead: ReportAhead,
    pub flow: Vec<ReportFlow>,
}

/// The figures of the overview.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportTotals {
    pub items: Compared,
    pub news: Compared,
    /// Items that are not news.
    pub demands: Compared,
    pub urgent: Compared,
    /// Incidents with an item of these days; of those the ones that began in them.
    pub incidents: Compared,
    pub new_incidents: Compared,
    /// Demands beyond the first of these days in their incident.
    pub repeats: Compared,
    pub opened: Compared,
    /// Rounds of work that fell due, and of those the ones answered in time.
    pub due: Compared,
    pub on_time: Compared,
    pub rated: Compared,
    pub satisfied: Compared,
    /// At the cut-off.
    pub open: i64,
    pub overdue: i64,
    /// Items of these days that the model has yet to judge: they are in no figure.
    pub unjudged: i64,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn weeks_are_those_of_iso_8601() {
        let week = ReportSpan::week("2026-W46").unwrap();
        assert_eq!((week.from, week.to), (date(2026, 11, 9), date(2026, 11, 15)));
        assert_eq!((week.name(), week.dates()), ("2026年第46周".into(), "2026年11月9日至15日".into()));
        // 1 January 2027 is in the last week of 2026.
        let first = ReportSpan::week_of(date(2027, 1, 1)).unwrap();
        assert_eq!((first.from, first.name()), (date(2026, 12, 28), "2026年第53周".into()));
        assert_eq!(first.dates(), "2026年12月28日至2027年1月3日");
        // 2025 has no 53rd week.
        assert_eq!(first.year_ago().from, date(2025, 12, 22));
        assert_eq!(week.year_ago().from, date(2025, 11, 10));
        for bad in ["2026-W00", "2026-W54", "2025-W53", "46", "2026W46", "2026-W4a", ""] {
            assert!(matches!(ReportSpan::week(bad), Err(BadSpan::Week(_))), "{bad}");
        }
    }

    #[test]
    fn days_are_held_against_as_many_before_and_the_year_before() {
        let month = ReportSpan::month_of(date(2026, 3, 9)).unwrap();
        assert_eq!(month.before().dates(), "2026年2月1日至28日");
        assert_eq!(month.after().dates(), "2026年4月1日至30日");
        assert_eq!(month.year_ago().dates(), "2025年3月1日至31日");
        let leap = ReportSpan::month_of(date(2024, 2, 3)).unwrap();
        assert_eq!((leap.length(), leap.year_ago().length()), (29, 28));
        let day = ReportSpan::day(date(2026, 11, 9)).unwrap();
        assert_eq!((day.before().from, day.year_ago().from), (date(2026, 11, 8), date(2025, 11, 10)));
        let days = ReportSpan::days_between(date(2026, 10, 1), date(2026, 10, 8)).unwrap();
        assert_eq!(days.before().dates(), "2026年9月23日至30日");
        assert_eq!(days.days().count(), 8);
        let period = days.period();
        assert_eq!(period.to.duration_since(period.from).as_hours(), 8 * 24);
    }

    #[test]
    fn days_that_no_report_is_about_are_refused() {
        let reversed = ReportSpan::days_between(date(2026, 10, 8), date(2026, 10, 1));
        assert!(reversed.unwrap_err().to_string().contains("早于"));
        let long = ReportSpan::days_between(date(2024, 1, 1), date(2026, 1, 1));
        assert!(long.unwrap_err().to_string().contains("太长"));
        assert!(ReportSpan::day(date(1, 1, 1)).is_err() && ReportSpan::week_of(Date::MIN).is_err());
    }
}
