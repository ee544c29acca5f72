//! What a brief (专报) tells of one incident.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Channel, Incident};
use crate::county::BriefStyle;
use crate::ids::{CaseId, ItemId};

/// All that a brief tells, as of its cut-off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    pub county: String,
    pub cutoff: Timestamp,
    pub incident: Incident,
    pub topic: Option<String>,
    /// How many of the incident's items were read, the latest ones; `spread` and `asked` are of these.
    pub read: i64,
    /// Items by day and channel, in order.
    pub spread: Vec<(Date, Channel, i64)>,
    pub cases: Vec<BriefCase>,
    pub asked: Vec<Asked>,
    /// How briefs looked in the county when it was made.
    pub style: BriefStyle,
}

/// What is asked under one title, in the words of the first who asked it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Whose words they are.
    pub item: ItemId,
    /// Masked, as the quote.
    pub title: String,
    pub quote: String,
    pub items: i64,
}

/// A case of the incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BriefCase {
    pub id: CaseId,
    pub number: String,
    pub department: String,
    pub state: String,
    pub open: bool,
    pub due: Option<Timestamp>,
    pub overdue: bool,
    /// The approved answer, what may be published of it where it says so.
    pub answer: Option<String>,
    /// Promises of its replies: what, by when.
    pub promises: Vec<(String, Date)>,
}

impl Brief {
    /// The first and the last day on which it was heard of; the day of the cut-off where no item was read.
    pub fn days(&self) -> (Date, Date) {
        let day = |row: &(Date, Channel, i64)| row.0;
        let today = crate::clock::local_date(self.cutoff);
        (self.spread.first().map_or(today, day), self.spread.last().map_or(today, day))
    }
}
