//! Many users at once with time to think, while items flow in: the pages they work with, and a search, on one installation and on
//! another beside it. Items are added: it is for copies.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use qingting_ingest::prepare::prepare;
use qingting_ingest::sheet;
use qingting_models::records::{Role, Source, Viewer};
use qingting_models::store::{Arrival, CaseFilter, ItemFilter, Page, Store};
use qingting_models::vault::random;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::served::{Measured, Served, fetch};
use super::{Scratch, made_sheets, most_memory, source};
use crate::cli::{BenchLoad, Global};
use crate::home::Home;
use crate::material::random::Random;
use crate::output;
use crate::worker;

/// Whom a page belongs to in the figures, and how often it is asked for among all.
const ASKED: [(&str, u32); 5] = [("list", 30), ("item", 30), ("case", 20), ("overview", 10), ("search", 10)];
/// What is searched: words that few and that many items have.
const SOUGHT: [&str; 4] = ["拖欠 工资", "路灯", "食堂", "噪音 扰民"];
/// Items whose pages are asked for, and cases.
const DIFFERENT: i64 = 200;
/// How often new items come, and how many of the rows of a sheet are made ready at once.
const PULSE: Duration = Duration::from_millis(250);
const BATCH: usize = 500;

/// What one installation came to.
#[derive(Debug, Serialize)]
struct Found {
    folder: String,
    database: String,
    items: i64,
    /// Items that came in, for each second, and those that waited for a stage at the end.
    came: f64,
    waiting: i64,
    asked: u64,
    failed: u64,
    /// Milliseconds that 99 of 100 stay below, by page.
    p99: BTreeMap<&'static str, f64>,
    median: BTreeMap<&'static str, f64>,
    memory: Option<f64>,
}

pub(super) async fn run(global: &Global, load: &BenchLoad) -> Result<()> {
    let mut folders = vec![global.dir()];
    folders.extend(load.beside.as_deref());
    let mut found = Vec::new();
    for folder in folders {
        found.push(of(folder, load).await.with_context(|| folder.display().to_string())?);
    }
    report(global, load, &found)
}

async fn of(folder: &Path, load: &BenchLoad) -> Result<Found> {
    let home = Home::find(&Global::of(folder))?;
    let mut served = Served::start(&home).await?;
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker::start(&served.tools, 1, &stop));
    let found = under_load(folder, &mut served, load).await;
    stop.cancel();
    running.await?;
    served.stop().await?;
    found
}

async fn under_load(folder: &Path, served: &mut Served, load: &BenchLoad) -> Result<Found> {
    let Some(cookie) = served.log_in(Role::Duty).await? else {
        bail!("it has no duty officer who may log in");
    };
    let addresses = Arc::new(addresses(&served.store).await?);
    let arrivals = made_up(load)?;
    let name = format!("bench {}", random::<4>()?.map(|byte| format!("{byte:02x}")).concat());
    let flowing = Flow { source: source(&served.store, &name).await?, store: served.store.clone() };
    let failed = Arc::new(AtomicU64::new(0));
    let client = reqwest::Client::builder().no_proxy().build()?;
    let (begun, until) = (Instant::now(), Duration::from_secs(load.seconds.into()));
    let flow = tokio::spawn(flowing.run(arrivals, f64::from(load.inflow), begun, until));
    let mut users = JoinSet::new();
    for number in 0..load.users {
        let (client, base, cookie) = (client.clone(), served.base.clone(), cookie.clone());
        let (addresses, failed, think) =
            (addresses.clone(), failed.clone(), Duration::from_millis(load.think.into()));
        users.spawn(async move {
            let mut random = Random::new(number.into());
            let mut seen: Vec<(&'static str, (Duration, usize))> = Vec::new();
            loop {
                // Half of the time to think to one and a half of it.
                tokio::time::sleep(think * random.between(500, 1_500) as u32 / 1_000).await;
                if begun.elapsed() >= until {
                    return seen;
                }
                let (page, address) = addresses.one(&mut random);
                match fetch(&client, &format!("{base}{address}"), Some(&cookie)).await {
                    Ok(took) => seen.push((page, took)),
                    Err(error) => {
                        tracing::error!("{error:#}");
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        });
    }
    let mut pages: BTreeMap<&'static str, Measured> = BTreeMap::new();
    let mut asked = 0;
    while let Some(seen) = users.join_next().await {
        for (page, took) in seen? {
            asked += 1;
            pages.entry(page).or_default().take(took);
        }
    }
    let came = flow.await??;
    let store = &served.store;
    let mut at = |of_hundred| pages.iter_mut().map(|(page, times)| (*page, times.at(of_hundred))).collect();
    Ok(Found {
        folder: folder.display().to_string(),
        database: store.engine().to_owned(),
        items: store.totals().await?.items,
        came: (came as f64 / until.as_secs_f64()).round(),
        waiting: store.waiting_work().await?.total(),
        asked,
        failed: failed.load(Ordering::Relaxed),
        p99: at(99),
        median: at(50),
        memory: most_memory(),
    })
}

/// What is asked for.
struct Addresses {
    items: Vec<String>,
    cases: Vec<String>,
    searches: Vec<String>,
}

async fn addresses(store: &Store) -> Result<Addresses> {
    let page = Page { before: None, size: DIFFERENT };
    let items = store.items(&Viewer::OPEN, &ItemFilter::default(), page).await?.rows;
    let cases = store.cases(&Viewer::OPEN, &CaseFilter::default(), page).await?.rows;
    ensure!(!items.is_empty() && !cases.is_empty(), "it has no items or no cases");
    let search = |words: &&str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        format!("/items?{}", query.append_pair("state", "all").append_pair("q", words).finish())
    };
    Ok(Addresses {
        items: items.iter().map(|item| format!("/items/{}", item.id)).collect(),
        cases: cases.iter().map(|case| format!("/cases/{}", case.id)).collect(),
        searches: SOUGHT.iter().map(search).collect(),
    })
}

impl Addresses {
    /// The next page of a user.
    fn one(&self, random: &mut Random) -> (&'static str, &str) {
        let (page, _) = ASKED[random.weighted(&ASKED.map(|(_, often)| often))];
        let among = match page {
            "item" => &self.items,
            "case" => &self.cases,
            "search" => &self.searches,
            "overview" => return (page, "/"),
            _ => return (page, "/items"),
        };
        (page, random.pick(among).map_or("/items", String::as_str))
    }
}

/// Arrivals that no installation knows yet.
fn made_up(load: &BenchLoad) -> Result<Vec<Arrival>> {
    let folder = Scratch::new()?;
    let needed = (load.inflow * load.seconds) as usize;
    let mut arrivals = Vec::new();
    for file in made_sheets(&folder.0.join("sample"), 2 * load.inflow * load.seconds + 1_000)? {
        sheet::read(&file, None, BATCH, &mut |batch| {
            arrivals.extend(batch.records.into_iter().map(|(_, record)| prepare(record)));
            true
        })?;
    }
    ensure!(arrivals.len() >= needed, "{} made-up items are too few", arrivals.len());
    arrivals.truncate(needed);
    Ok(arrivals)
}

/// Items that come in evenly.
struct Flow {
    store: Store,
    source: Source,
}

impl Flow {
    /// Stores so many a second; how many in all.
    async fn run(
        self,
        mut arrivals: Vec<Arrival>,
        a_second: f64,
        begun: Instant,
        until: Duration,
    ) -> Result<usize> {
        let mut came = 0;
        while begun.elapsed() < until {
            let due = (begun.elapsed().as_secs_f64() * a_second) as usize;
            let now = (due - came).min(arrivals.len());
            if now > 0 {
                let batch = arrivals.split_off(arrivals.len() - now);
                self.store.intake(&self.source, batch, Vec::new()).await?;
                came += now;
            }
            tokio::time::sleep(PULSE).await;
        }
        Ok(came)
    }
}

fn report(global: &Global, load: &BenchLoad, found: &[Found]) -> Result<()> {
    if global.json {
        return output::json(&found);
    }
    for one in found {
        let Found { folder, database, items, came, waiting, asked, failed, memory, .. } = one;
        output::line(&format!(
            "{folder}: {database}, {items} items, {} users, {came} items a second came in, {waiting} waited at the end; \
             {asked} pages, {failed} failed; {} MB",
            load.users,
            memory.unwrap_or_default()
        ))?;
    }
    output::line("milliseconds that half, and 99 of 100, stay below:")?;
    for (page, _) in ASKED {
        let mut line = format!("  {page:<9}");
        for one in found {
            let at = |times: &BTreeMap<&'static str, f64>| times.get(page).copied().unwrap_or_default();
            line += &format!("{:>9.1}{:>9.1}", at(&one.median), at(&one.p99));
        }
        if let [one, other] = found
            && let (Some(one), Some(other)) = (one.p99.get(page), other.p99.get(page))
        {
            line += &format!("   the second {:.2} times the first", other / one.max(1e-3));
        }
        output::line(&line)?;
    }
    Ok(())
}
