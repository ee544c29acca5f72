//! The one door to the network: fetches a document politely, within limits, and never from a private
//! network unless a source names the host. Posts JSON, to the open internet or to one host inside the house.

mod address;
mod answer;
mod body;
mod client;
mod error;
mod guard;
mod house;
mod limits;
mod post;
mod request;
mod robots;
mod settings;
mod trail;
mod turns;

pub use address::is_inside;
pub use answer::{Answer, Document, Validators};
pub use client::Http;
pub use error::{During, FetchError};
pub use house::house_url;
pub use limits::Limits;
pub use post::{Post, Reach};
pub use request::{Accept, Politeness, Request};
pub use settings::{HttpSettings, HttpSettingsError};
