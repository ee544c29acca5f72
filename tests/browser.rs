//! Journeys in a real Chromium, driven through WebDriver: people log in and take one case to its end.
//! Runs where `QINGTING_TEST_BROWSER` is set (the full `./test` sets it); in CI a missing browser fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod browser {
    mod every_page;
    mod import;
    mod journeys;
    mod reports;
    mod triage;
    mod wall;
    mod window;
}

#[path = "flow/support.rs"]
#[allow(dead_code)]
mod support;
