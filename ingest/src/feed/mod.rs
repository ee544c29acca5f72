//! Feeds: RSS of every version, Atom and JSON Feed, in whatever encoding and state of repair.

mod capture;
mod date;
pub mod discover;
mod draft;
mod entry;
mod json;
mod markup;
mod names;
pub mod opml;
mod parse;
mod reader;
mod text;

pub(crate) use date::parse as parse_date;
pub use entry::{FeedDocument, FeedEntry, FeedFormat, LostEntry};
pub use parse::{FeedError, parse};
pub(crate) use text::bounded;
pub use text::html_to_text;
