//! The pages of an installation as browsers get them, each in turn with a static file of the same server.

use anyhow::{Context, Result, ensure};
use qingting_models::records::{Role, Viewer};
use qingting_models::store::{CaseFilter, IncidentFilter, ItemFilter, ItemState, Page, Rank, Store};
use qingting_web::assets;
use reqwest::header::COOKIE;
use serde::Serialize;

use super::most_memory;
use super::served::{Measured, Served, fetch};
use crate::cli::Global;
use crate::home::Home;
use crate::output;

/// What is asked for: the role that asks, what the page is, its address.
type Asked = (Role, &'static str, String);

/// What a page costs.
#[derive(Debug, Serialize)]
struct PageFound {
    page: &'static str,
    address: String,
    /// Kilobytes of its HTML, whole and as it is sent.
    html: f64,
    sent: f64,
    /// Milliseconds from the request to the last byte: the middle one, and what 99 of 100 stay below.
    median: f64,
    p99: f64,
    /// The median beside that of the static file.
    ratio: f64,
}

#[derive(Debug, Serialize)]
struct Found {
    database: String,
    items: i64,
    rounds: usize,
    /// Milliseconds of the static file, and its kilobytes as sent.
    static_median: f64,
    static_sent: f64,
    pages: Vec<PageFound>,
    memory: Option<f64>,
}

pub(super) async fn run(global: &Global, rounds: usize) -> Result<()> {
    let mut served = Served::start(&Home::find(global)?).await?;
    let found = measured(&mut served, rounds).await;
    // The server ends first, so that nothing is left behind by a failure either.
    served.stop().await?;
    let found = found?;
    told(global, &found)
}

async fn measured(served: &mut Served, rounds: usize) -> Result<Found> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut asked: Vec<(Asked, String)> = Vec::new();
    for page in pages(&served.store).await? {
        if let Some(cookie) = served.log_in(page.0).await? {
            asked.push((page, cookie));
        }
    }
    ensure!(!asked.is_empty(), "the installation has no user whose pages could be asked for");
    let (store, base, file) = (&served.store, &served.base, assets::css());
    let bar = output::progress((rounds * asked.len()) as u64, "asking for pages");
    let mut plain = Measured::default();
    let mut found: Vec<Measured> = asked.iter().map(|_| Measured::default()).collect();
    // The first round is not counted: it opens the connection and warms the caches.
    for round in 0..=rounds {
        for ((page, cookie), measured) in asked.iter().zip(&mut found) {
            let static_file = fetch(&client, &format!("{base}{file}"), None).await?;
            let answer = fetch(&client, &format!("{base}{}", page.2), Some(cookie))
                .await
                .with_context(|| page.2.clone())?;
            if round == 0 {
                measured.whole = whole(&client, &format!("{base}{}", page.2), cookie).await?;
                continue;
            }
            plain.take(static_file);
            measured.take(answer);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    let all = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
    let static_median = plain.at(50);
    let pages = asked.into_iter().zip(found).map(|(((_, page, address), _), mut measured)| {
        let median = measured.at(50);
        PageFound {
            page,
            address,
            html: kilobytes(measured.whole),
            sent: kilobytes(measured.sent),
            median,
            p99: measured.at(99),
            ratio: (median * 10.0 / static_median.max(1e-3)).round() / 10.0,
        }
    });
    Ok(Found {
        database: store.engine().to_owned(),
        items: store.count_items(&Viewer::SYSTEM, &all).await?,
        rounds,
        static_median,
        static_sent: kilobytes(plain.sent),
        pages: pages.collect(),
        memory: most_memory(),
    })
}

/// The pages that are worked with, each with the role that works with it.
async fn pages(store: &Store) -> Result<Vec<Asked>> {
    let one = Page { before: None, size: 1 };
    let mut pages: Vec<Asked> = [
        ("总览", "/"),
        ("值班大屏", "/wall"),
        ("信息研判", "/items"),
        ("全部信息", "/items?state=all"),
        ("搜索", "/items?state=all&q=%E6%8B%96%E6%AC%A0%E5%B7%A5%E8%B5%84"),
        ("预警", "/alerts"),
        ("事件", "/incidents"),
        ("工单", "/cases"),
        ("全部工单", "/cases?state=all"),
        ("超期工单", "/cases?due=over"),
        ("到期日历", "/due"),
        ("镜像工单", "/mirrored"),
        ("承诺", "/promises"),
        ("口径", "/lines"),
        ("报告", "/reports"),
        ("趋势", "/trends"),
        ("单位", "/departments"),
    ]
    .map(|(name, address)| (Role::Duty, name, address.to_owned()))
    .to_vec();
    let item = store.items(&Viewer::OPEN, &ItemFilter::default(), one).await?.rows;
    pages.extend(item.first().map(|item| (Role::Duty, "一条信息", format!("/items/{}", item.id))));
    let hottest = Rank { page: 0, size: 1 };
    let incident = store.incidents(&Viewer::OPEN, &IncidentFilter::default(), hottest).await?.rows;
    pages.extend(incident.first().map(|one| (Role::Duty, "最热的事件", format!("/incidents/{}", one.id))));
    let brief = incident.first().map(|one| format!("/incidents/{}/brief", one.id));
    pages.extend(brief.map(|address| (Role::Duty, "专报", address)));
    let case = store.cases(&Viewer::OPEN, &CaseFilter::default(), one).await?.rows;
    pages.extend(case.first().map(|case| (Role::Duty, "一件工单", format!("/cases/{}", case.id))));
    let report = store.kept_reports(None, false, one).await?;
    pages.extend(report.rows.first().map(|one| (Role::Duty, "一份报告", format!("/reports/{}", one.id))));
    pages.push((Role::Handler, "部门待办", "/inbox".into()));
    for (name, address) in [("系统", "/system"), ("来源", "/sources"), ("用户", "/users"), ("审计", "/audit")]
    {
        pages.push((Role::Admin, name, address.to_owned()));
    }
    Ok(pages)
}

fn kilobytes(bytes: usize) -> f64 {
    (bytes as f64 / 100.0).round() / 10.0
}

async fn whole(client: &reqwest::Client, address: &str, cookie: &str) -> Result<usize> {
    Ok(client.get(address).header(COOKIE, cookie).send().await?.bytes().await?.len())
}

fn told(global: &Global, found: &Found) -> Result<()> {
    if global.json {
        return output::json(found);
    }
    output::line(&format!(
        "{}, {} items, {} rounds; static file {} ms, {} kB",
        found.database, found.items, found.rounds, found.static_median, found.static_sent
    ))?;
    for page in &found.pages {
        output::line(&format!(
            "{:>8.2} ms, 99 of 100 below {:>8.2} ms, {:>6.1} times the file, {:>6.1} kB sent of {:>6.1}  {} {}",
            page.median, page.p99, page.ratio, page.sent, page.html, page.page, page.address
        ))?;
    }
    match found.memory {
        Some(memory) => output::line(&format!("most memory held: {memory} MB")),
        None => output::line("most memory held: this system does not tell"),
    }
}
