//! `qingting demo`: a county of its own, filled with a made-up season through the public doors.
//!
//! The season's senders are a web site on the loopback and sheets in the folder; what they send is fetched,
//! imported, judged and routed by the stages themselves, and worked on by simulated staff through the desk. Only
//! the clock is set, until the season ends at the present time.

mod arrivals;
mod feed_site;
mod folder;
mod inbound;
mod lines;
mod people;
mod replay;
mod reports;
pub(crate) mod season;
mod staff;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::Timestamp;
use qingting_models::clock::{Clock, SetClock, SystemClock};
use qingting_web::{DemoLogin, WebSettings};
use serde_json::json;
use tokio::net::TcpListener;

use crate::cli::{Demo, Global};
use crate::commands::{listen, make_home, serve_all};
use crate::home::Home;
use crate::output;
use crate::worker::Tools;
use arrivals::{HELD, arrive, arriving};
use feed_site::FeedSite;
use folder::DemoFile;
use season::{Channel, Season, season};

/// The folder when none is named.
const FOLDER: &str = "qingting-demo";
/// The season that is played, so that every demo of a size and day is alike.
const SEED: u64 = 20_261_123;
/// Workers while it is served.
const WORKERS: u16 = 1;

/// Fills the demo's folder where that was not done yet, says who may log in, and serves it.
pub(crate) async fn run(global: &Global, demo: &Demo) -> Result<()> {
    let dir = global.dir.clone().unwrap_or_else(|| PathBuf::from(FOLDER));
    let known = DemoFile::find(&dir)?;
    // Nobody should wait for the filling only to learn that the port is taken.
    let listener = if demo.no_serve {
        None
    } else {
        Some(listen(SocketAddr::from((Ipv4Addr::LOCALHOST, demo.port))).await?)
    };
    if global.database.is_some() {
        output::note("the demo keeps its own database in its folder; the database named is not used");
    }
    let (file, site) = match known {
        Some(file) => {
            if file.items != demo.items {
                output::note(&format!("{} holds {} items and is served as it is", dir.display(), file.items));
            }
            (file, None)
        }
        None => {
            let (file, site) = fill(&dir, demo.items, SystemClock.now()).await?;
            (file, Some(site))
        }
    };
    tell(global, listener.as_ref(), &file)?;
    match listener {
        Some(listener) => serve(&dir, listener, file, site).await,
        None => Ok(()),
    }
}

fn home_of(dir: &Path) -> Result<Home> {
    Home::find(&Global::of(dir))
}

/// Fills a new folder with a season that ends at `end`.
async fn fill(dir: &Path, items: u32, end: Timestamp) -> Result<(DemoFile, FeedSite)> {
    let site = FeedSite::open(0, end).await?;
    std::fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    let mut file = DemoFile {
        finished: false,
        items,
        seed: SEED,
        end,
        feed_port: site.port(),
        logins: Vec::new(),
        arrived: Vec::new(),
    };
    file.save(dir)?;
    make_home(dir)?;
    let season = season(items as usize, SEED, end)?;
    let home = home_of(dir)?;
    let clock = Arc::new(SetClock::at(replay::beginning(end)));
    let store = home.store_at(clock.clone()).await?;
    let tools = Tools::new(store.clone(), Arc::new(home.county(&store).await?), home.http()?, None)?;
    let played = replay::play(dir, &tools, &clock, &site, &season, (SEED, end, HELD)).await;
    store.close().await;
    file.logins = played?;
    file.finished = true;
    file.save(dir)?;
    Ok((file, site))
}

fn tell(global: &Global, listener: Option<&TcpListener>, file: &DemoFile) -> Result<()> {
    let address = listener.map(TcpListener::local_addr).transpose()?.map(|at| format!("http://{at}"));
    if global.json {
        return output::json(&json!({ "address": address, "logins": file.logins }));
    }
    let password = file.logins.first().map_or("", |login| login.password.as_str());
    output::line(&format!("Log-ins, all with the password {password}"))?;
    for login in &file.logins {
        output::line(&format!("  {:<12}{}", login.login, login.role))?;
    }
    match address {
        Some(address) => output::line(&address),
        None => Ok(()),
    }
}

/// Serves the folder with its feeds, and lets what was held back arrive.
async fn serve(dir: &Path, listener: TcpListener, file: DemoFile, site: Option<FeedSite>) -> Result<()> {
    let season = season(file.items as usize, file.seed, file.end)?;
    let home = home_of(dir)?;
    let store = home.store().await?;
    let tools = Tools::new(store.clone(), Arc::new(home.county(&store).await?), home.http()?, None)?;
    let site = match site {
        Some(site) => Some(site),
        None => reopened(&season, &file).await,
    };
    let settings = WebSettings {
        demo_logins: file
            .logins
            .iter()
            .map(|login| DemoLogin {
                login: login.login.clone(),
                password: login.password.clone(),
                label: login.role.clone(),
            })
            .collect(),
        ..WebSettings::default()
    };
    let held = season.records[season.records.len().saturating_sub(HELD)..].to_vec();
    let arrivals = site.map(|site| tokio::spawn(arrive(dir.to_owned(), store, site, file, held)));
    let served = serve_all(listener, tools, settings, &home, WORKERS).await;
    if let Some(arrivals) = arrivals {
        arrivals.abort();
    }
    served
}

/// The feeds as they were when the demo was last served; without them nothing more arrives.
async fn reopened(season: &Season, file: &DemoFile) -> Option<FeedSite> {
    let site = match FeedSite::open(file.feed_port, file.end).await {
        Ok(site) => site,
        Err(error) => {
            output::note(&format!("no new items will arrive: {error:#}"));
            return None;
        }
    };
    let (past, held) = season.records.split_at(season.records.len().saturating_sub(HELD));
    past.iter().filter(|record| matches!(record.channel, Channel::News { .. })).for_each(|r| site.publish(r));
    for (record, at) in held.iter().zip(&file.arrived) {
        site.publish(&arriving(record, *at, file.end));
    }
    Some(site)
}

#[cfg(test)]
mod tests;
