//! The commands, one file each.

mod audit;
mod backup;
mod bench;
mod classify;
mod cluster;
mod county;
mod doctor;
mod due;
mod evaluate;
mod export;
mod fetch;
mod import;
mod init;
mod key;
mod mask;
mod model;
mod moving;
mod quarantine;
mod reference;
mod report;
mod retention;
mod rule;
mod sample;
mod serve;
mod source;
mod train;
mod user;

pub use init::make_home;
pub use serve::{listen, serve_all};
pub use user::first_password;

use anyhow::Result;

use crate::cli::{Cli, Command};

/// Runs what was typed.
pub fn run(cli: Cli) -> Result<()> {
    let global = &cli.global;
    match cli.command {
        Command::Classify { model } => return classify::run(global, model.as_deref()),
        Command::Cluster(cluster) => return cluster::run(global, &cluster),
        Command::Mask(mask) => return mask::run(global, &mask),
        Command::Train(train) if !train.with_corrections => return train::run(global, &train),
        Command::Evaluate(evaluate) => return evaluate::run(global, &evaluate),
        Command::Due(due) => return due::run(global, &due),
        Command::Sample(sample) => return sample::run(global, &sample),
        Command::Reference => return reference::run(),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        match cli.command {
            Command::Demo(demo) => crate::demo::run(global, &demo).await,
            Command::Init { folder } => init::run(global, folder.as_deref()).await,
            Command::Serve(serve) => serve::run(global, &serve).await,
            Command::Worker { workers, metrics } => serve::work(global, workers, metrics).await,
            Command::Source(source) => source::run(global, source).await,
            Command::Fetch { source } => fetch::run(global, source.as_deref()).await,
            Command::Import(import) => import::run(global, &import).await,
            Command::Quarantine(quarantine) => quarantine::run(global, quarantine).await,
            Command::User(user) => user::run(global, user).await,
            Command::Move { to, alone } => moving::run(global, &to, alone).await,
            Command::Backup { out, keep } => backup::run(global, &out, keep).await,
            Command::Restore { file, erasures, check } => {
                backup::restore(global, &file, &erasures, check).await
            }
            Command::Export(args) => export::run(global, &args).await,
            Command::Retention { apply } => retention::run(global, apply).await,
            Command::Erase(args) => retention::erase(global, &args).await,
            Command::Key(key) => key::run(global, key).await,
            Command::Audit(audit) => audit::run(global, audit).await,
            Command::Train(train) => train::run_with_corrections(global, &train).await,
            Command::Model(model) => model::run(global, model).await,
            Command::Rule(rule) => rule::run(global, rule).await,
            Command::Department(department) => county::departments(global, department).await,
            Command::Calendar(calendar) => county::calendar(global, calendar).await,
            Command::Report(report) => report::run(global, &report).await,
            Command::Doctor => doctor::run(global).await,
            Command::Bench(part) => bench::run(global, &part).await,
            Command::Classify { .. }
            | Command::Cluster(_)
            | Command::Mask(_)
            | Command::Evaluate(_)
            | Command::Due(_)
            | Command::Sample(_)
            | Command::Reference => Ok(()),
        }
    });
    // A blocking read of standard input must not hold up the end.
    runtime.shutdown_background();
    done
}
