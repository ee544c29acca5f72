//! The web server as browsers meet it: over a real store, through every layer.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test cannot do without may end it")]

mod access;
mod advice;
mod alerts;
mod api;
mod api_users;
mod attachments;
mod backfill;
mod blind;
mod county;
mod desk;
mod errors;
mod guides;
mod import;
mod incidents;
mod login;
mod mirrored;
mod model;
mod notices;
mod office;
mod opml;
mod overview;
mod pages;
mod quarantine;
mod rates;
mod replies;
mod reports;
mod search;
mod sources;
mod sources_kept;
mod system;
mod together;
mod webhooks;
mod worklist;
