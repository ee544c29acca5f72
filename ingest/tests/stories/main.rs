//! What ingest must do with the feeds and sheets of the world, told file by file.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod encodings;
mod feeds;
mod folders;
mod manners;
mod network;
mod posting;
mod server;
mod sheets;
mod storing;
mod unruly;
mod ways;
mod workbooks;
