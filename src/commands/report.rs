//! `qingting report`: a report counted now, or as it was approved, in the form that is asked for.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use qingting_models::clock::local_date;
use qingting_models::county::{County, DepartmentCode, TopicCode, Town};
use qingting_models::ids::{BadId, IncidentId};
use qingting_models::records::{ReportKind, ReportScope, ReportSpan, Viewer};
use qingting_models::store::Store;
use qingting_respond::desk::Desk;
use qingting_respond::report::{IN_DOCUMENT, ReportFormat, Source, last_of, pdf};
use qingting_web::report_view::report_file;

use crate::cli::{Global, ReportArgs, ReportWhat, WrongUsage};
use crate::home::Home;
use crate::output;

/// A PDF is given up after so long.
const PDF_TIME: Duration = Duration::from_secs(120);

pub async fn run(global: &Global, args: &ReportArgs) -> Result<()> {
    let home = Home::find(global)?;
    let store = home.store().await?;
    let done = write(global, &home, &store, args).await;
    store.close().await;
    done
}

async fn write(global: &Global, home: &Home, store: &Store, args: &ReportArgs) -> Result<()> {
    let county = home.county(store).await?;
    let scope = scope(&county, args)?;
    let desk = Desk::new(store.clone(), Arc::new(county));
    let source = match args.what {
        ReportWhat::Brief => brief(&desk, args, &scope).await?,
        _ => report(&desk, store, args, scope).await?,
    };
    let form = if global.json && args.out.is_none() { ReportFormat::Json } else { args.format };
    let base = home.base_url.as_deref();
    match form {
        ReportFormat::Json => {
            let value = desk.report_json(&source)?;
            match &args.out {
                None => return output::json(&value),
                Some(out) => put(out, serde_json::to_string_pretty(&value)?.as_bytes())?,
            }
        }
        ReportFormat::Html => {
            let html = html(&desk, &source, base).await?;
            match &args.out {
                None => {
                    let mut stdout = std::io::stdout().lock();
                    stdout.write_all(html.as_bytes())?;
                    return Ok(stdout.flush()?);
                }
                Some(out) => put(out, html.as_bytes())?,
            }
        }
        ReportFormat::Docx => put(named(args)?, &desk.report_docx(&source).await?)?,
        ReportFormat::Xlsx => put(named(args)?, &desk.report_xlsx(&source).await?)?,
        ReportFormat::Csv => {
            let folder = named(args)?;
            std::fs::create_dir_all(folder)
                .with_context(|| format!("{} cannot be made", folder.display()))?;
            for (name, bytes) in desk.report_csv(&source).await? {
                put(&folder.join(name), &bytes)?;
            }
        }
        ReportFormat::Pdf => {
            let (docx, html) = (desk.report_docx(&source).await?, html(&desk, &source, None).await?);
            put(named(args)?, &pdf(&docx, &html, PDF_TIME).await?)?;
        }
    }
    if let Some(out) = &args.out {
        let told = format!("{}: {}, {} items", out.display(), source.document().subtitle, source.items());
        match global.json {
            true => output::json(&serde_json::json!({ "out": out, "items": source.items() }))?,
            false => output::line(&told)?,
        }
    }
    Ok(())
}

async fn report(desk: &Desk, store: &Store, args: &ReportArgs, scope: ReportScope) -> Result<Source> {
    let span = span(args, local_date(store.now()))?;
    let kept = if args.recount { None } else { store.approved_report(&span, &scope).await? };
    Ok(match kept {
        Some(kept) => Source::Kept(Box::new(desk.shown(kept).await?)),
        None => Source::Counted(Box::new(desk.report(span, scope).await?)),
    })
}

async fn brief(desk: &Desk, args: &ReportArgs, scope: &ReportScope) -> Result<Source> {
    if args.week.is_some() || args.from.is_some() || args.to.is_some() || !scope.is_whole() {
        return Err(WrongUsage("a brief is about one incident: give --incident alone".into()).into());
    }
    let id = args.incident.as_deref().unwrap_or_default();
    let bad = |error: BadId| WrongUsage(format!("--incident: {error}"));
    let incident: IncidentId = id.parse().map_err(bad)?;
    match desk.brief(&Viewer::OPEN, incident).await? {
        Some((brief, items)) => Ok(Source::Brief(Box::new(brief), items)),
        None => bail!("there is no incident {id} that is open to all"),
    }
}

async fn html(desk: &Desk, source: &Source, base: Option<&str>) -> Result<String> {
    let (annex, _) = desk.annex(source, None, IN_DOCUMENT).await?;
    Ok(report_file(source, &annex, base)?)
}

fn named(args: &ReportArgs) -> Result<&Path> {
    let missing = || WrongUsage("this format needs --out: a file, for csv a folder".into());
    Ok(args.out.as_deref().ok_or_else(missing)?)
}

fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))
}

/// The days that are asked for; the last ones of their kind that are over when none are.
fn span(args: &ReportArgs, today: Date) -> Result<ReportSpan> {
    let day = |name: &str, text: &Option<String>| -> Result<Option<Date>> {
        let Some(text) = text else { return Ok(None) };
        let date = text.trim().parse::<Date>();
        let date =
            date.map_err(|_| WrongUsage(format!("--{name} \"{text}\" is no date; write 2026-11-09")))?;
        Ok(Some(date))
    };
    let (from, to) = (day("from", &args.from)?, day("to", &args.to)?);
    let usage = |text: &str| anyhow::Error::from(WrongUsage(text.into()));
    if args.week.is_some() && args.what != ReportWhat::Weekly {
        return Err(usage("--week goes with weekly alone"));
    }
    let last = |kind| last_of(kind, today).ok_or_else(|| usage("there are no such days before today"));
    let bad = |error: qingting_models::records::BadSpan| anyhow::Error::from(WrongUsage(error.to_string()));
    let span = match (args.what, &args.week, from, to) {
        (ReportWhat::Weekly, Some(week), None, None) => ReportSpan::week(week).map_err(bad)?,
        (ReportWhat::Weekly, None, None, None) => last(ReportKind::Weekly)?,
        (ReportWhat::Weekly, None, Some(from), to) => ReportSpan::week_of(from)
            .map_err(bad)
            .and_then(|span| fits(span, to, "a weekly report has the seven days from a Monday"))?,
        (ReportWhat::Daily, _, None, None) => last(ReportKind::Daily)?,
        (ReportWhat::Daily, _, Some(from), to) => ReportSpan::day(from)
            .map_err(bad)
            .and_then(|span| fits(span, to, "a daily report has one day; give --from alone"))?,
        (ReportWhat::Monthly, _, None, None) => last(ReportKind::Monthly)?,
        (ReportWhat::Monthly, _, Some(from), to) => ReportSpan::month_of(from)
            .map_err(bad)
            .and_then(|span| fits(span, to, "a monthly report has one month; give --from alone"))?,
        (ReportWhat::Period, _, Some(from), Some(to)) => ReportSpan::days_between(from, to).map_err(bad)?,
        (ReportWhat::Period, ..) => return Err(usage("a report of any days needs --from and --to")),
        (ReportWhat::Brief, ..) => return Err(usage("a brief has no days")),
        (ReportWhat::Weekly, Some(_), ..) => return Err(usage("give --week or --from, not both")),
        (_, _, None, Some(_)) => return Err(usage("--to needs --from")),
    };
    Ok(span)
}

fn fits(span: ReportSpan, to: Option<Date>, says: &str) -> Result<ReportSpan> {
    match to {
        Some(to) if to != span.to => Err(WrongUsage(says.into()).into()),
        _ => Ok(span),
    }
}

fn scope(county: &County, args: &ReportArgs) -> Result<ReportScope> {
    let topic = args.topic.as_deref().map(TopicCode::from);
    if let Some(code) = topic.as_ref().filter(|code| county.taxonomy.field(code).is_none()) {
        let all: Vec<&str> = county.taxonomy.fields().iter().map(|field| field.code.as_str()).collect();
        return Err(WrongUsage(format!("there is no topic \"{code}\"; topics: {}", all.join(", "))).into());
    }
    let town = args.town.as_deref().map(Town::from);
    if let Some(town) = town.as_ref().filter(|town| !county.departments.towns().any(|of| of == *town)) {
        let all: Vec<&str> = county.departments.towns().map(Town::as_str).collect();
        return Err(WrongUsage(format!("there is no town \"{town}\"; towns: {}", all.join(", "))).into());
    }
    let department = args.department.as_deref().map(DepartmentCode::from);
    if let Some(code) = department.as_ref().filter(|code| county.departments.by_code(code).is_none()) {
        let all: Vec<&str> = county.departments.all().iter().map(|d| d.code.as_str()).collect();
        return Err(WrongUsage(format!(
            "there is no department \"{code}\"; departments: {}",
            all.join(", ")
        ))
        .into());
    }
    Ok(ReportScope { town, topic, department })
}
