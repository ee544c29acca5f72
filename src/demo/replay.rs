//! Plays the season: step by step records come in, are judged and routed, and the staff work on them, under a clock
//! that is set to each step's time.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::civil::{Time, time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use qingting_models::clock::{SetClock, from_local, local_date};
use qingting_models::records::Actor;
use qingting_respond::calendar::WorkCalendar;

use super::feed_site::FeedSite;
use super::folder::Login;
use super::inbound::{Inbound, add_sources};
use super::people::People;
use super::reports;
use super::season::{DAYS, Season, SeasonRecord};
use super::staff::habits::Draw;
use super::staff::{Round, Staff};
use crate::commands::first_password;
use crate::output;
use crate::worker::Tools;

/// When the office looks at what came in.
const TIMES: [Time; 3] = [time(8, 30, 0, 0), time(11, 30, 0, 0), time(16, 30, 0, 0)];
/// The longest that the staff work at one step.
const SHIFT: SignedDuration = SignedDuration::from_mins(80);
/// Before the season's end, not everything is done yet.
const LATE: SignedDuration = SignedDuration::from_hours(72);

/// A point of time at which records come in, and whether people work then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    at: Timestamp,
    round: Option<bool>,
}

/// Plays all records but the `held` last ones; gives the log-ins that visitors are shown.
///
/// # Errors
/// When a file, feed or the store fails, and when the desk refuses what the staff do.
pub(super) async fn play(
    dir: &Path,
    tools: &Tools,
    clock: &Arc<SetClock>,
    site: &FeedSite,
    season: &Season,
    (seed, end, held): (u64, Timestamp, usize),
) -> Result<Vec<Login>> {
    let draw = Draw::new(seed);
    let store = &tools.store;
    add_sources(store, site).await?;
    tools.desk().add_first_alert_rules(Actor::Console).await?;
    tools.desk().add_first_notice_rules(Actor::Console).await?;
    tools.desk().add_first_reply_templates(Actor::Console).await?;
    super::lines::agree(store).await?;
    let password = first_password()?;
    let people = People::settle(store, &tools.county(), &password, seed).await?;
    let mut inbound = Inbound::new(store, &tools.http, site, dir, end, draw)?;
    let mut staff = Staff::new(store, &tools.desk(), clock, people, season, draw)?;
    let records = &season.records[..season.records.len().saturating_sub(held)];
    let steps = steps(end, tools.desk().calendar())?;
    let last = steps.iter().rposition(|step| step.round == Some(true));
    let bar = output::progress(steps.len() as u64, "playing twelve weeks");
    let mut rest = records;
    for (index, step) in steps.iter().enumerate() {
        bar.set_position(index as u64);
        clock.set(step.at.max(store.now()));
        rest = come_in(&mut inbound, rest, step.at, end).await?;
        judge(tools).await?;
        tools.desk().tick().await?;
        reports::draft(tools).await?;
        let Some(working) = step.round else { continue };
        let round =
            Round { until: (step.at + SHIFT).min(end), working, late: end.duration_since(step.at) < LATE };
        staff.work(round).await?;
        judge(tools).await?;
        if working {
            reports::issue(tools, staff.people(), draw, !round.late).await?;
        }
        if last == Some(index) {
            staff.finish(round).await?;
            reports::brief(tools, staff.people()).await?;
        }
    }
    clock.set(end);
    tools.drain(&|_| {}).await?;
    tools.desk().tick().await?;
    tools.drain(&|_| {}).await?;
    while tools.tell_once().await? {}
    bar.finish_and_clear();
    staff.people().logins(store, &tools.county(), &password).await
}

/// Brings in what happened until a time; gives the records that have not happened yet.
async fn come_in<'a>(
    inbound: &mut Inbound,
    records: &'a [SeasonRecord],
    at: Timestamp,
    end: Timestamp,
) -> Result<&'a [SeasonRecord]> {
    let minutes = end.duration_since(at).as_mins();
    let (here, later) = records.split_at(records.partition_point(|r| r.at_offset_minutes <= -minutes));
    inbound.bring(here).await.context("bringing records in")?;
    Ok(later)
}

async fn judge(tools: &Tools) -> Result<()> {
    while tools.judge_once().await?.is_some()
        || tools.route_once().await?
        || tools.join_once().await?.is_some()
        || tools.alert_once().await?
    {}
    Ok(())
}

/// The steps of the twelve weeks before `end`, the last one at `end`, where nobody works.
fn steps(end: Timestamp, calendar: &WorkCalendar) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    let (mut day, last) = (local_date(end).saturating_sub(DAYS.days()), local_date(end));
    while day <= last {
        for time in TIMES {
            let at = from_local(day.to_datetime(time))?;
            if at < end {
                steps.push(Step { at, round: Some(calendar.is_workday(day)) });
            }
        }
        day = day.saturating_add(1.day());
    }
    steps.push(Step { at: end, round: None });
    Ok(steps)
}

/// The time before the season's first record: when its county is set up.
pub(super) fn beginning(end: Timestamp) -> Timestamp {
    end.saturating_sub(SignedDuration::from_hours((DAYS + 1) * 24)).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_rise_and_end_with_the_season() {
        let county = qingting_models::county::County::embedded().unwrap();
        let end: Timestamp = "2026-11-23T20:49:00Z".parse().unwrap();
        let steps = steps(end, &WorkCalendar::of_county(&county)).unwrap();
        assert!(steps.is_sorted_by_key(|step| step.at));
        assert_eq!(steps.last().unwrap().at, end);
        let off = steps.iter().filter(|step| step.round == Some(false)).count();
        assert!((20 * 3..40 * 3).contains(&off), "{off}");
    }
}
