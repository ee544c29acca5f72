//! From a judged item to an answer: routing, the life of a case, its clocks and due times.

pub mod acting;
pub mod action;
pub mod alerts;
pub mod attachments;
pub mod backfill;
pub mod calendar;
pub mod case_change;
pub mod case_clocks;
mod case_sums;
pub mod case_table;
pub mod deadline;
pub mod decide;
pub mod desk;
pub mod mirrored;
pub mod notices;
pub mod rates;
pub mod refusal;
pub mod reply_changes;
pub mod reply_checks;
pub mod reply_help;
pub mod report;
pub mod routing;
pub mod webhooks;
