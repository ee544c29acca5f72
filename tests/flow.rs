//! The whole way as its users walk it: the built program, real files, real servers on loopback, both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod flow {
    mod advisor;
    mod alerts;
    mod alike;
    mod audit;
    mod backups;
    mod clocks;
    mod cluster;
    mod corpus;
    mod county;
    mod cuts;
    mod events;
    mod feeds;
    mod keys;
    mod kills;
    mod masking;
    mod mirrored;
    mod mistakes;
    mod model;
    mod moving;
    mod notices;
    mod pooled;
    mod power;
    mod quarantine;
    mod report;
    mod retention;
    mod sample;
    mod sheets;
    mod support;
    mod watching;
    mod weeks;
}
