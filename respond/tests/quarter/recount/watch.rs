//! Lights, presses and escalations, from RULES ("Warning lights"), DESIGN section 6 and the county's `notices.toml`:
//! yellow and red are pressed once each for a due time; a case that is red and that nobody has acted on since is put before
//! the leaders after four office hours and then once every working day, in office hours.

use jiff::{SignedDuration, Timestamp};
use qingting_respond::action::Action;

use super::{Recount, RoundDue, Told};
use crate::model::{ModelClock, days};
use crate::staff::SYSTEM;

/// Office hours until the leaders are told (`notices.toml`).
const LEFT_ALONE: SignedDuration = SignedDuration::from_hours(4);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Light {
    Green,
    Yellow,
    Red,
}

/// Clocks of hours, and of the same day: yellow when a quarter of the time is left. All others count days.
const HOURS: [&str; 2] = ["hotline.contact", "hotline.urgent"];

fn light_of(clock: &ModelClock, now: Timestamp) -> Light {
    let yellow = match HOURS.contains(&clock.rule) {
        true => clock.due - clock.due.duration_since(clock.started) / 4,
        false => days::one_working_day_before(clock.due),
    };
    if now >= clock.due {
        Light::Red
    } else if now >= yellow.max(clock.started) {
        Light::Yellow
    } else {
        Light::Green
    }
}

impl Told {
    /// The light of the earliest unmet clock.
    pub(crate) fn light(&self, now: Timestamp) -> Light {
        self.model.clocks.first().map_or(Light::Green, |clock| light_of(clock, now))
    }

    /// Since when nobody has acted on the red case: since the program pressed at red, else since it was due.
    fn left_alone_since(&self) -> Option<Timestamp> {
        let (_, due) = self.model.clocks.due()?;
        let pressed =
            self.lines.iter().rev().find(|line| line.by_program && line.action == "press" && line.at >= due);
        let since = pressed.map_or(due, |line| line.at);
        let acted = self.lines.iter().any(|line| !line.by_program && line.at > since);
        (!acted).then_some(since)
    }

    fn is_to_be_escalated(&self, now: Timestamp) -> bool {
        if self.light(now) != Light::Red || !self.model.is_open() {
            return false;
        }
        let Some(since) = self.left_alone_since() else { return false };
        let today = self.escalated.last().is_some_and(|at| *at > since && days::day(*at) == days::day(now));
        !today && days::after_office_time(since, LEFT_ALONE) <= now
    }
}

impl Recount {
    /// A round of the program: who waits too long goes on, what is yellow or red is pressed, what is left alone is put
    /// before the leaders.
    pub(super) fn round(&mut self, now: Timestamp) -> RoundDue {
        let cases = &self.cases;
        self.open.retain(|place| cases[*place].model.is_open());
        let mut due = RoundDue::default();
        for place in &self.open {
            let told = &mut self.cases[*place];
            if told.model.state == "waiting" && told.model.wait_is_over(now) {
                told.act(SYSTEM, &Action::GoOn { note: String::new() }, now);
                due.went_on += 1;
            }
            let level = match told.light(now) {
                Light::Green => 0,
                Light::Yellow => 1,
                Light::Red => 2,
            };
            if told.model.pressed < level {
                told.act(SYSTEM, &Action::Press { level, note: String::new() }, now);
                due.pressed += 1;
            }
            if days::is_office_hour(now) && told.is_to_be_escalated(now) {
                told.escalated.push(now);
                due.escalated += 1;
            }
        }
        due
    }
}
