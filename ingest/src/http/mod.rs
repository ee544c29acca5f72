//! The one door to the network: fetches a document politely, within limits, and never from a private
//! network unless a source names the host.

mod client;
mod error;
mod guard;

pub use client::{Answer, Document, Http, Validators};
pub use error::FetchError;
