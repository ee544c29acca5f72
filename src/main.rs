//! The command line of Qingting: one binary for the pages, the workers and every task around them.

// A binary has no outside: `pub` here means "for the rest of the program".
#![allow(unreachable_pub)]

mod advisor;
mod archive;
mod cli;
mod commands;
mod demo;
mod heads;
mod home;
mod joining;
mod material;
mod metrics;
mod model_desk;
mod model_folder;
mod output;
mod sample;
mod worker;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let filter = EnvFilter::try_from_env("QINGTING_LOG").unwrap_or_else(|_| {
        EnvFilter::new(if cli.global.verbose { "info,qingting=debug" } else { "warn,qingting=info" })
    });
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::from(if error.is::<cli::WrongUsage>() { 2 } else { 1 })
        }
    }
}
