//! Notices and webhooks over a store and real receivers on loopback: who is told of what, and what becomes of a message.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed unwrap is a failed test")]

mod office;
mod receivers;
mod sending;
mod telling;
mod waiting;
mod webhooks;
