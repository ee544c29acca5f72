//! The county's facts: data files with their checks.

mod codes;

pub use codes::{DepartmentCode, RuleId, Town, TopicCode};
