//! What is fetched beyond feeds: list pages and their articles, and records of interfaces.

pub mod article;
mod date;
pub(crate) mod document;
mod html;
pub mod json;
pub mod open311;
pub mod page;
mod rule;

pub(crate) use html::bearable_start;
pub use rule::{BadRule, SelectorFault};
