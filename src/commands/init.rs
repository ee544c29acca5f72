//! `qingting init`: makes a county's folder with everything to edit.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use qingting_models::county::FILES;
use qingting_models::records::Actor;
use qingting_models::vault::Vault;
use qingting_respond::desk::Desk;
use serde_json::json;

use crate::cli::Global;
use crate::home::{COUNTY, Home, KEY, SETTINGS};
use crate::output;

const TEMPLATE: &str = include_str!("../../data/qingting.toml");

pub async fn run(global: &Global, folder: Option<&Path>) -> Result<()> {
    let dir = folder.unwrap_or(global.dir());
    make_home(dir)?;
    let at = Global {
        database: global.database.clone(),
        pool_url: global.pool_url.clone(),
        json: global.json,
        ..Global::of(dir)
    };
    let home = Home::find(&at)?;
    let store = home.store().await?;
    let desk = Desk::new(store.clone(), Arc::new(home.county(&store).await?));
    desk.add_first_alert_rules(Actor::Console).await?;
    desk.add_first_notice_rules(Actor::Console).await?;
    desk.add_first_reply_templates(Actor::Console).await?;
    store.close().await;
    if global.json {
        return output::json(&json!({ "dir": dir, "settings": dir.join(SETTINGS), "key": dir.join(KEY) }));
    }
    output::line(&format!("A county's folder is ready in {}.", dir.display()))?;
    output::line(&format!(
        "  {SETTINGS}   settings\n  {COUNTY}/         county, taxonomy, departments, routing, deadlines, calendar, places, words, stop words, alert and notice rules, reply templates: edit them\n  {KEY}      opens the sealed originals: back it up apart from the database"
    ))?;
    let flag = if dir == Path::new(".") { String::new() } else { format!(" --dir {}", dir.display()) };
    output::line(&format!(
        "Next:\n  qingting{flag} user add admin --name 管理员 --role admin\n  qingting{flag} serve"
    ))
}

/// Writes the settings file, a new key and the county's data files into a folder that has none of them.
pub fn make_home(dir: &Path) -> Result<()> {
    if dir.join(SETTINGS).exists() || dir.join(KEY).exists() {
        bail!("{} is a county's folder already; nothing was changed", dir.display());
    }
    let county = dir.join(COUNTY);
    fs::create_dir_all(&county).with_context(|| format!("the folder {} cannot be made", county.display()))?;
    for (name, content) in FILES {
        let path = county.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
        }
        if !path.exists() {
            fs::write(&path, content).with_context(|| format!("{} cannot be written", path.display()))?;
        }
    }
    Vault::create(&dir.join(KEY))?;
    let settings = dir.join(SETTINGS);
    fs::write(&settings, TEMPLATE).with_context(|| format!("{} cannot be written", settings.display()))
}
