//! Reports: what they are counted from, and the ones that are kept.

mod briefs;
mod counts;
mod items;
mod kept;
mod plain;

pub use briefs::BriefOrder;
pub use counts::{AlertCounts, FlowCount, IncidentCount, IncidentSums, ItemCell, ReportCounts, SpanCounts};
pub use items::{ItemMark, ItemPlace};
pub(in crate::store) use kept::report_line;
pub use kept::{Draw, ReportOrder};
