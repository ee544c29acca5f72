//! Reports over a store: every figure of a year of weeks against a recount from what the test itself brought in; and how kept
//! ones are written on, approved and frozen.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed unwrap is a failed test")]

mod briefs;
mod county;
mod files;
mod keeping;
mod recount;
mod weeks;
