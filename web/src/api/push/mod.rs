//! The push interface for platforms: records in, withdrawn, and what was answered before.

mod described;
pub(super) mod receipts;
pub(super) mod records;
mod taking;
