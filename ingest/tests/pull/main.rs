//! What ingest fetches beyond feeds, told from a server's answers to the items in the store.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod appearances;
mod articles;
mod interfaces;
mod pages;
mod server;
mod site;
