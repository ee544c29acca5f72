//! The life of cases: every row of the table, its clocks around holidays, and long random walks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

mod against_model;
mod against_store;
mod builders;
mod call_backs;
mod clocks;
mod facts;
mod joining;
#[allow(dead_code, unused_imports, reason = "the quarter uses more of it")]
mod model;
mod opening;
mod rates;
mod rows;
mod steps;
mod walk;
