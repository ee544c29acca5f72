//! Ingest: pulls or receives records, decodes and cleans them, and hands each to the store once.

pub mod decode;
pub mod feed;
pub mod folder;
pub mod http;
pub mod import;
pub mod outcome;
pub mod plain;
pub mod poll;
pub mod prepare;
pub mod pull;
pub mod push;
pub mod record;
pub mod replay;
pub mod rhythm;
pub mod sameness;
pub mod sheet;
mod state;
mod text;
