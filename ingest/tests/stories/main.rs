//! What ingest must do with the feeds and sheets of the world, told file by file.

mod encodings;
mod feeds;
mod network;
mod server;
mod sheets;
mod storing;
mod workbooks;
