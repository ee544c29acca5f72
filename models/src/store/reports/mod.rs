//! Reports: what they are counted from, and the ones that are kept.

mod counts;
mod items;
mod kept;
mod plain;

pub use counts::{AlertCounts, FlowCount, IncidentCount, IncidentSums, ItemCell, ReportCounts, SpanCounts};
pub use items::ItemPlace;
pub(in crate::store) use kept::report_line;
pub use kept::{Draw, ReportOrder};
