//! Feeds: RSS of every version, Atom and JSON Feed, in whatever encoding and state of repair.

mod date;
pub mod discover;
mod entry;
mod json;
mod lenient;
mod markup;
pub mod opml;
mod parse;
mod text;
mod xml;

pub(crate) use date::parse as parse_date;
pub use entry::{FeedDocument, FeedEntry, FeedFormat, LostEntry};
pub use parse::{FeedError, parse};
pub(crate) use text::bounded;
pub use text::html_to_text;
