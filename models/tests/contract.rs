//! The contract of the store, run on SQLite and, where `QINGTING_TEST_POSTGRES` names a server, on PostgreSQL.
//! In CI a missing server is an error, never a skip.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod contract {
    mod access;
    mod advice;
    mod alerts;
    mod appearances;
    mod attachments;
    mod audit;
    mod backfill;
    mod builders;
    mod case_items;
    mod cases;
    mod clocks;
    mod corrections;
    mod county_files;
    mod incidents;
    mod intake;
    mod judging;
    mod keys;
    mod mirrored;
    mod nodes;
    mod notices;
    mod outbox;
    mod people;
    mod rates;
    mod replica;
    mod replies;
    mod restoring;
    mod retention;
    mod searching;
    mod sources;
    mod transfer;
    mod user_tokens;
    mod waking;
    mod words;
}
