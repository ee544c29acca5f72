//! The pages of the house: everything people see, and every decision they take.
//!
//! A request passes the layers of [`app`], finds its row in the table of [`routes`], stands at the gate of
//! [`access`] (session, roles, form token) and reaches one handler under [`pages`]. Handlers read and
//! write through the store with the caller's `Viewer` and render typed contexts with Askama.

pub mod access;
pub mod api;
pub mod app;
pub mod assets;
pub mod caller;
pub mod case_forms;
pub mod chart;
mod download;
pub mod error;
pub mod facts;
pub mod found;
pub mod frame;
pub mod headers;
pub mod heat;
pub mod inline;
pub mod live;
pub mod marks;
pub mod memo;
pub mod model_desk;
pub mod moment;
pub mod names;
pub mod origin;
pub mod pages;
pub mod password;
pub mod people;
pub mod preview;
pub mod proposal;
pub mod query;
pub mod rate_period;
pub mod remedy;
pub mod report_view;
pub mod request_figures;
pub mod routes;
#[cfg(test)]
pub mod samples;
pub(crate) mod search;
pub(crate) mod selection;
pub mod sessions;
pub mod upload;
pub mod view;

pub(crate) use qingting_ingest::plain;

pub use app::{AppState, DemoLogin, QueryWords, WebSettings, router, serve};
