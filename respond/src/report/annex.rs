//! The annex of a report: every item that it counts, a row each.

use jiff::Timestamp;
use qingting_models::clock::{local, minute_text};
use qingting_models::county::County;
use qingting_models::records::{ReportItem, Urgency, state_label};

/// The heads of the annex.
pub const COLUMNS: [&str; 7] = ["序号", "时间", "渠道", "话题", "地点", "标题", "工单"];

/// A row of the annex, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnexRow {
    /// Counted from 1.
    pub number: i64,
    pub at: Timestamp,
    pub channel: &'static str,
    pub topic: String,
    pub town: String,
    pub title: String,
    pub case: String,
}

impl AnnexRow {
    pub(super) fn of(county: &County, number: i64, item: ReportItem) -> Self {
        let title = match item.urgency {
            Urgency::Urgent => format!("【紧急】{}", item.title),
            _ => item.title,
        };
        Self {
            number,
            at: item.at,
            channel: item.channel.label(),
            topic: item.topic.map_or(String::new(), |code| county.taxonomy.name(&code).to_owned()),
            town: item.town.map_or(String::new(), |town| town.as_str().to_owned()),
            title,
            case: item
                .case
                .map_or(String::new(), |(number, state)| format!("{number} {}", state_label(&state))),
        }
    }

    /// As [`AnnexRow::cells`], the time without its year, which a report of some days has in its title.
    pub(super) fn short_cells(&self) -> [String; 7] {
        let mut cells = self.cells();
        cells[1] = local(self.at).strftime("%m-%d %H:%M").to_string();
        cells
    }

    /// In the order of [`COLUMNS`].
    pub fn cells(&self) -> [String; 7] {
        [
            self.number.to_string(),
            minute_text(self.at),
            self.channel.to_owned(),
            self.topic.clone(),
            self.town.clone(),
            self.title.clone(),
            self.case.clone(),
        ]
    }
}
