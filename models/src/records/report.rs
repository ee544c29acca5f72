//! The figures of a report, and of whose matters it speaks.
//!
//! What each figure counts stands in `respond/src/report`, which draws figures from what the store counted.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Channel, RateCount, ReportSpan, Urgency};
use crate::county::{DepartmentCode, ReportStyle, TopicCode, Town};
use crate::ids::{IncidentId, ItemId};

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
    /// By day since eight weeks before, as far as the store reaches back.
    pub calendar: Vec<ReportCalendarDay>,
    /// The towns and topics that most demands fall together on.
    pub concentrated: Vec<ReportConcentration>,
    /// Below what percentage of satisfied ratings a department falls behind; `None` where the county sets no floor.
    pub satisfied_floor: Option<u8>,
    /// Where the towns lie to one another; empty without a map.
    pub map: Vec<ReportTile>,
    /// How reports looked in the county when it was counted.
    pub style: ReportStyle,
}

/// Demands of one topic in one town.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportConcentration {
    pub town: Town,
    pub topic: TopicCode,
    /// What the topic is called.
    pub name: String,
    #[serde(flatten)]
    pub count: Compared,
}

/// A day of the heat calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportCalendarDay {
    pub day: Date,
    pub items: i64,
    /// As [`ReportDay::mark`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
}

/// The place of a town on the map: columns from the west, rows from the north, from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportTile {
    pub town: Town,
    pub column: u32,
    pub row: u32,
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
