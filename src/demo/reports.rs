//! The weekly reports of the season: drafted by the calendar, written on and submitted by the duty officer, approved by the
//! leader. The last one is left as a draft for the visitor, as is a brief on the hottest incident.

use anyhow::{Context, Result};
use qingting_models::records::{ReportDeed, ReportKind, ReportState, Viewer};
use qingting_models::store::{IncidentFilter, Page, Rank};
use qingting_respond::report::Judgements;

use super::people::People;
use super::staff::habits::Draw;
use super::staff::phrases::Phrases;
use crate::worker::Tools;

/// Makes the drafts that are due.
pub(super) async fn draft(tools: &Tools) -> Result<()> {
    tools.desk().draft_reports().await.context("drafting reports")?;
    Ok(())
}

/// Begins a brief on the incident that is hottest now.
pub(super) async fn brief(tools: &Tools, people: &People) -> Result<()> {
    let first = Rank { page: 0, size: 1 };
    let hottest = tools.store.incidents(&Viewer::OPEN, &IncidentFilter::default(), first).await?;
    if let Some(incident) = hottest.rows.first() {
        tools.desk().make_brief(incident.id, people.duty.who.actor).await.context("a brief")?;
    }
    Ok(())
}

/// Writes on the drafts that wait and submits them, then the leader approves; nothing while `all` is not wanted.
pub(super) async fn issue(tools: &Tools, people: &People, draw: Draw, all: bool) -> Result<()> {
    if !all {
        return Ok(());
    }
    let (store, desk) = (&tools.store, tools.desk());
    let phrases = Phrases::read()?;
    let listed = store.kept_reports(None, false, Page::default()).await?;
    for line in listed.rows.into_iter().filter(|line| line.state == ReportState::Draft) {
        let name = line.span.name();
        let said = |list: &[String], what: &str| draw.pick(&name, what, list).to_owned();
        let mut judgements = Judgements::new();
        if line.span.kind == ReportKind::Weekly {
            judgements.insert("overview".into(), said(&phrases.report_overview, "report overview"));
            judgements.insert("ahead".into(), said(&phrases.report_ahead, "report ahead"));
        }
        let (duty, leader) = (&people.duty.who, &people.leader.who);
        let about = || format!("the report of {name}");
        desk.write_report(line.id, 1, judgements, duty.actor).await.with_context(about)?;
        desk.move_report(line.id, 2, ReportDeed::Submitted, "", duty).await.with_context(about)?;
        desk.move_report(line.id, 3, ReportDeed::Approved, "", leader).await.with_context(about)?;
    }
    Ok(())
}
