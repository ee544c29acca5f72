//! `qingting department`, `qingting calendar` and `qingting rule routing`: the county's tables, checked as a whole and
//! kept in every version, as on the pages.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use jiff::SignedDuration;
use qingting_models::clock::local_date;
use qingting_models::county::{County, DepartmentCode, MAX_FILE, TOWN_OFFICE, Target, YearCalendar};
use qingting_models::records::{Actor, Period, Viewer};
use qingting_models::store::{Store, StoreError};
use qingting_respond::desk::Desk;
use qingting_respond::routing::ROUTING_TRIAL_DAYS;
use serde_json::json;

use crate::cli::{CalendarCommand, DepartmentCommand, Global, RoutingCommand, WrongUsage};
use crate::home::Home;
use crate::output;

const DEPARTMENTS: &str = "departments.csv";
const ROUTING: &str = "routing.csv";
/// Over how many days cases are counted.
const DAYS: i64 = 90;

pub async fn departments(global: &Global, command: DepartmentCommand) -> Result<()> {
    let home = Home::find(global)?;
    let store = home.store().await?;
    let done = match command {
        DepartmentCommand::List => list(global, &home, &store).await,
        DepartmentCommand::Show { code } => show(global, &home, &store, &code).await,
        DepartmentCommand::Import { file, reason } => {
            take_in(global, &home, &store, DEPARTMENTS, &read(&file)?, &reason).await
        }
        DepartmentCommand::Export => export(&home, &store, DEPARTMENTS).await,
    };
    store.close().await;
    done
}

pub async fn routing(global: &Global, home: &Home, store: &Store, command: RoutingCommand) -> Result<()> {
    match command {
        RoutingCommand::Export => export(home, store, ROUTING).await,
        RoutingCommand::Try { file } => try_routing(global, home, store, &file).await,
        RoutingCommand::Import { file, reason } => {
            take_in(global, home, store, ROUTING, &read(&file)?, &reason).await
        }
    }
}

pub async fn calendar(global: &Global, command: CalendarCommand) -> Result<()> {
    let home = Home::find(global)?;
    let store = home.store().await?;
    let done = match command {
        CalendarCommand::List => years(global, &home, &store).await,
        CalendarCommand::Import { file } => {
            let text = read(&file)?;
            let year = YearCalendar::parse(&file.display().to_string(), &text)?.year;
            let name = format!("calendar/{year}.json");
            take_in(global, &home, &store, &name, &text, "calendar import").await
        }
    };
    store.close().await;
    done
}

async fn list(global: &Global, home: &Home, store: &Store) -> Result<()> {
    let county = Arc::new(home.county(store).await?);
    let desk = Desk::new(store.clone(), county.clone());
    let now = store.now();
    let period = Period { from: now - SignedDuration::from_hours(24 * DAYS), to: now };
    while desk.draw_facts().await? > 0 {}
    let record = desk.routing_record(&Viewer::SYSTEM, period).await?;
    let sent = |code: &DepartmentCode| record.get(code).copied().unwrap_or_default();
    let there: Vec<_> = county.departments.on(local_date(store.now())).collect();
    if global.json {
        let row = |d: &&qingting_models::county::Department| {
            let sent = sent(&d.code);
            json!({ "code": d.code, "name": d.name, "short_name": d.short_name, "kind": d.kind.name(), "town": d.town,
                "by_rule": sent.by_rule, "by_person": sent.by_person, "back_by_rule": sent.back_by_rule,
                "back_by_person": sent.back_by_person, "taken_over": sent.taken_over, "accuracy": sent.accuracy() })
        };
        return output::json(
            &json!({ "days": DAYS, "departments": there.iter().map(row).collect::<Vec<_>>() }),
        );
    }
    for department in there {
        let sent = sent(&department.code);
        output::line(&format!(
            "{:<12} {}  {} by rule, {} sent back; {} by people, {} sent back; {} taken over",
            department.code.as_str(),
            department.short_name,
            sent.by_rule,
            sent.back_by_rule,
            sent.by_person,
            sent.back_by_person,
            sent.taken_over
        ))?;
    }
    Ok(())
}

async fn show(global: &Global, home: &Home, store: &Store, code: &str) -> Result<()> {
    let county = home.county(store).await?;
    let department = county.departments.by_code(&DepartmentCode::new(code)).ok_or_else(|| {
        let all: Vec<&str> = county.departments.all().iter().map(|d| d.code.as_str()).collect();
        WrongUsage(format!("there is no department \"{code}\"; departments: {}", all.join(", ")))
    })?;
    let names_it = |target: &Target| match target {
        Target::Department(code) => *code == department.code,
        Target::TownOffice => department.town.is_some(),
    };
    let rules: Vec<_> = county.routing.rules().iter().filter(|rule| names_it(&rule.target)).collect();
    if global.json {
        let rule = |rule: &&qingting_models::county::RoutingRule| {
            json!({ "line": rule.line, "priority": rule.priority, "topic": rule.topic, "place": rule.place,
                "kind": rule.kind.map(|kind| kind.code()), "words": rule.words, "note": rule.note,
                "town_office": rule.target == Target::TownOffice })
        };
        return output::json(&json!({ "code": department.code, "name": department.name,
            "short_name": department.short_name, "kind": department.kind.name(), "town": department.town,
            "aliases": department.aliases, "valid_from": department.validity.from, "valid_to": department.validity.to,
            "rules": rules.iter().map(rule).collect::<Vec<_>>() }));
    }
    output::line(&format!("{}  {}  {}", department.code, department.name, department.kind.name()))?;
    if !department.aliases.is_empty() {
        output::line(&format!("  also called {}", department.aliases.join(", ")))?;
    }
    for rule in rules {
        let mut parts = vec![format!("topic {}", rule.topic)];
        parts.extend(rule.place.iter().map(|place| format!("place {place}")));
        parts.extend(rule.kind.iter().map(|kind| format!("kind {}", kind.code())));
        if !rule.words.is_empty() {
            parts.push(format!("words {}", rule.words.join("|")));
        }
        let town =
            if rule.target == Target::TownOffice { format!(" ({TOWN_OFFICE})") } else { String::new() };
        output::line(&format!("  {ROUTING} line {}{town}: {}", rule.line, parts.join(", ")))?;
    }
    Ok(())
}

async fn export(home: &Home, store: &Store, name: &str) -> Result<()> {
    let kept = store.county_files().await?;
    let files = home.county_files()?;
    let text = kept.get(name).map(String::as_str).or_else(|| files.text(name));
    let text = text.with_context(|| format!("there is no {name}"))?;
    output::line(text.trim_end_matches('\n'))
}

/// What the command line makes of a file's text: checked with the rest of the county, then the next version.
async fn take_in(
    global: &Global,
    home: &Home,
    store: &Store,
    name: &str,
    text: &str,
    reason: &str,
) -> Result<()> {
    if reason.trim().is_empty() || reason.chars().count() > 200 {
        return Err(WrongUsage("--reason must be 1 to 200 characters".into()).into());
    }
    let before = Arc::new(home.county(store).await?);
    let county = other_county(home, store, name, text).await?;
    let desk = Desk::new(store.clone(), before);
    if let Some(department) = desk.lost_in_use(&county).await? {
        bail!(
            "department {} has cases or users and cannot be left out; let it end by valid_to; nothing was changed",
            department.code
        );
    }
    let seen = store.county_file_history(name).await?.first().map_or(0, |newest| newest.version);
    let version = match store.save_county_file(name, seen, Some(text), reason.trim(), Actor::Console).await {
        Err(StoreError::Conflict { .. }) => {
            bail!("{name} was changed by somebody else at this moment; run it again")
        }
        other => other?,
    };
    let desk = Desk::new(store.clone(), Arc::new(county));
    let moved = desk.follow_rules().await?;
    if global.json {
        return output::json(&json!({ "file": name, "version": version, "cases_recounted": moved }));
    }
    output::line(&format!("{name} is at version {version}; running servers follow in seconds"))?;
    match moved {
        Some(moved) => output::line(&format!("due times of {moved} open cases moved")),
        None => Ok(()),
    }
}

async fn try_routing(global: &Global, home: &Home, store: &Store, file: &Path) -> Result<()> {
    let desk = Desk::new(store.clone(), Arc::new(home.county(store).await?));
    let other = other_county(home, store, ROUTING, &read(file)?).await?;
    let trial = desk.try_routing(&other, &Viewer::OPEN).await?;
    let unused: Vec<usize> = other
        .routing
        .rules()
        .iter()
        .map(|rule| rule.line)
        .filter(|line| !trial.rows.contains_key(line))
        .collect();
    if global.json {
        let departments: Vec<_> = trial
            .departments
            .iter()
            .map(|(code, (before, after))| json!({ "code": code, "before": before, "after": after }))
            .collect();
        return output::json(
            &json!({ "days": ROUTING_TRIAL_DAYS, "items": trial.items, "moved": trial.moved,
            "named_before": trial.named_before, "named_after": trial.named_after, "departments": departments,
            "unused_lines": unused }),
        );
    }
    output::line(&format!(
        "{} of the {} open items of the last {ROUTING_TRIAL_DAYS} days would go elsewhere; a row names the department of {}, now {}",
        trial.moved, trial.items, trial.named_after, trial.named_before
    ))?;
    for (code, (before, after)) in &trial.departments {
        output::line(&format!("  {code}: {before} -> {after}"))?;
    }
    if !unused.is_empty() && trial.items > 0 {
        let lines: Vec<String> = unused.iter().map(usize::to_string).collect();
        output::line(&format!("  lines that no item needs: {}", lines.join(", ")))?;
    }
    Ok(())
}

/// The county as it would be with another text of one file.
async fn other_county(home: &Home, store: &Store, name: &str, text: &str) -> Result<County> {
    let mut kept = store.county_files().await?;
    kept.insert(name.to_owned(), text.to_owned());
    home.county_files()?.county(&kept).context("nothing was changed")
}

async fn years(global: &Global, home: &Home, store: &Store) -> Result<()> {
    let county = home.county(store).await?;
    let year = local_date(store.now()).year();
    let known: Vec<i16> = county.calendar.years().collect();
    let missing: Vec<i16> = [year, year + 1].into_iter().filter(|year| !known.contains(year)).collect();
    if global.json {
        return output::json(&json!({ "years": known, "missing": missing }));
    }
    let words = |years: &[i16]| years.iter().map(i16::to_string).collect::<Vec<_>>().join(", ");
    output::line(&format!("known: {}", words(&known)))?;
    if missing.is_empty() {
        return Ok(());
    }
    output::line(&format!("missing, counted Monday to Friday: {}", words(&missing)))
}

fn read(file: &Path) -> Result<String> {
    let shown = file.display();
    let bytes = std::fs::read(file).with_context(|| format!("{shown} cannot be read"))?;
    if bytes.len() > MAX_FILE {
        bail!("{shown} has {} bytes; allowed: at most {MAX_FILE}", bytes.len());
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| anyhow::anyhow!("{shown} is not UTF-8; save it as UTF-8 (in Excel: CSV UTF-8)"))?;
    Ok(text.trim_start_matches('\u{feff}').replace("\r\n", "\n"))
}
