//! The one door to the network: fetches a document politely, within limits, and never from a private
//! network unless a source names the host.

mod address;
mod answer;
mod body;
mod client;
mod error;
mod guard;
mod limits;
mod request;
mod robots;
mod settings;
mod trail;
mod turns;

pub use answer::{Answer, Document, Validators};
pub use client::Http;
pub use error::{During, FetchError};
pub use limits::Limits;
pub use request::{Accept, Politeness, Request};
pub use settings::{HttpSettings, HttpSettingsError};
