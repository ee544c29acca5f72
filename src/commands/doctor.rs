//! `qingting doctor`: checks the installation and says in plain words what is wrong.

use anyhow::{Result, bail};
use qingting_models::clock::{local_date, minute_text};
use qingting_models::store::KeyStatus;
use qingting_models::store::{QuarantineFilter, Store};
use serde::Serialize;

use crate::cli::Global;
use crate::heads;
use crate::home::{self, Home};
use crate::model_folder::ModelFolder;
use crate::output;

#[derive(Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    /// A warning does not fail the command.
    warning: bool,
    says: String,
}

pub async fn run(global: &Global) -> Result<()> {
    let home = Home::find(global)?;
    let mut found = Vec::new();
    let models = ModelFolder::of(&home.dir);
    found.push(match models.state().and_then(|state| models.named(&state.at_work)) {
        Ok(model) => fine("model", model.digest().to_owned()),
        Err(e) => bad("model", format!("{e:#}; the one inside the program goes on")),
    });
    found.push(advisor(&home).await);
    match home.store().await {
        Ok(store) => {
            found.push(fine("database", format!("{} {}", store.engine(), home::shown(&home.database))));
            found.extend(county(&home, &store).await?);
            found.push(keys(&store.key_status().await?));
            found.push(match store.last_backup().await? {
                Some(note) => fine("backup", format!("of {}, {} rows", minute_text(note.at), note.rows)),
                None => fine("backup", "none by `qingting backup` so far".into()),
            });
            let waiting = store.waiting_work().await?;
            let queue = format!(
                "{} to judge, {} to route, {} to join, {} to hold against alert rules",
                waiting.judge, waiting.route, waiting.join, waiting.alert
            );
            found.push(fine("queue", queue));
            let stuck = store.stuck_work(200).await?;
            if let Some(first) = stuck.first() {
                let why = first.error.clone().unwrap_or_default();
                found.push(warn(
                    "stuck items",
                    format!("{}; the first is {} in {}: {why}", stuck.len(), first.item, first.stage),
                ));
            }
            let messages = store.stuck_deliveries().await?;
            if messages > 0 {
                found.push(warn(
                    "notices",
                    format!("{messages} messages do not get out; the page /notices/deliveries says why"),
                ));
            }
            let held = store.count_quarantine(QuarantineFilter::default()).await?;
            if held > 0 {
                found.push(warn(
                    "quarantine",
                    format!("{held} rows could not be read; see `qingting quarantine list`"),
                ));
            }
            for source in store.sources().await? {
                if let (Some(error), false) = (&source.health.last_error, source.paused) {
                    found.push(warn("source", format!("{}: {error}", source.name)));
                }
            }
            if !store.users().await?.iter().any(|user| !user.disabled) {
                found.push(warn("users", "nobody can log in; add one with `qingting user add`".into()));
            }
            let kept = if home.heads.exists() { heads::read(&home.heads)? } else { Vec::new() };
            let audit = store.verify_audit(&kept).await?;
            found.push(match &audit.broken {
                None => fine(
                    "audit log",
                    format!(
                        "{} lines whole, {} to be chained, {} signed heads",
                        audit.lines, audit.pending, audit.checkpoints
                    ),
                ),
                Some((_, why)) => bad("audit log", why.clone()),
            });
            store.close().await;
        }
        Err(e) => {
            found.push(bad("database", format!("{e:#}")));
            if let Err(e) = home::county_of_folder(&home.dir) {
                found.push(bad("county files", format!("{e:#}")));
            }
        }
    }
    report(global, &found)
}

/// Whether the county's files can be used, and which of the folder count no more.
async fn county(home: &Home, store: &Store) -> Result<Vec<Finding>> {
    const CHECK: &str = "county files";
    let files = match home.county_files() {
        Ok(files) => files,
        Err(e) => return Ok(vec![bad(CHECK, format!("{e:#}"))]),
    };
    let kept = store.county_files().await?;
    let county = match home::put_together(&files, &kept) {
        Ok(county) => county,
        Err(e) => return Ok(vec![bad(CHECK, format!("{e:#}"))]),
    };
    let departments = county.departments.all().len();
    let mut found = vec![fine(CHECK, format!("{}: {departments} departments", county.settings.name))];
    let changed: Vec<&str> = kept.keys().map(String::as_str).collect();
    if !changed.is_empty() {
        let says = format!("changed on a page, so that the folder's does not count: {}", changed.join(", "));
        found.push(fine(CHECK, says));
    }
    found.push(calendar(&county, local_date(store.now()).year()));
    Ok(found)
}

/// Whether a helper model is named and answers. Nothing depends on it, so only wrong settings are an error.
async fn advisor(home: &Home) -> Finding {
    const CHECK: &str = "helper model";
    match home.http().and_then(|http| home.advisor(&http)) {
        Ok(None) => fine(CHECK, "none is named".into()),
        Ok(Some(advisor)) => match advisor.greet().await {
            Ok(()) => fine(CHECK, format!("{} answers", advisor.model())),
            Err(e) => warn(CHECK, format!("{} does not answer: {e}", advisor.model())),
        },
        Err(e) => bad(CHECK, e.to_string()),
    }
}

fn keys(status: &KeyStatus) -> Finding {
    let current = status.current;
    match status.prepared {
        _ if status.rotating => warn(
            "keys",
            format!("the rotation to wrapping key {current} is not finished: run `qingting key rotate`"),
        ),
        Some((next, true)) => {
            fine("keys", format!("wrapping key {current} at work, {next} prepared and in this key file"))
        }
        Some((next, false)) => warn(
            "keys",
            format!(
                "wrapping key {next} was prepared on another machine and is not in this key file: copy it here"
            ),
        ),
        None => fine("keys", format!("wrapping key {current} at work")),
    }
}

fn calendar(county: &qingting_models::county::County, year: i16) -> Finding {
    let missing: Vec<String> = [year, year + 1]
        .into_iter()
        .filter(|y| !county.calendar.has_year(*y))
        .map(|y| y.to_string())
        .collect();
    match missing.as_slice() {
        [] => fine("calendar", format!("{year} and {}", year + 1)),
        years => warn(
            "calendar",
            format!("no data for {}; due times there count Monday to Friday", years.join(", ")),
        ),
    }
}

fn report(global: &Global, found: &[Finding]) -> Result<()> {
    if global.json {
        output::json(&found)?;
    } else {
        for finding in found {
            let mark = match (finding.ok, finding.warning) {
                (false, _) => "WRONG",
                (true, true) => "look ",
                (true, false) => "ok   ",
            };
            output::line(&format!("{mark} {}: {}", finding.check, finding.says))?;
        }
    }
    let wrong = found.iter().filter(|finding| !finding.ok).count();
    if wrong > 0 {
        bail!("{wrong} of {} checks found something wrong", found.len());
    }
    Ok(())
}

fn fine(check: &'static str, says: String) -> Finding {
    Finding { check, ok: true, warning: false, says }
}

fn warn(check: &'static str, says: String) -> Finding {
    Finding { check, ok: true, warning: true, says }
}

fn bad(check: &'static str, says: String) -> Finding {
    Finding { check, ok: false, warning: false, says }
}
