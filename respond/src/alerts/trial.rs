//! A rule on the items of the last days, before it is saved.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use qingting_models::ids::{IncidentId, ItemId, SourceId};
use qingting_models::records::{AlertCondition, GrowthCondition, Item, Viewer};
use qingting_models::store::{AlertTask, StoreError};

use super::growth::{self, Hours, Stretch};
use super::matching::{self, Text};
use super::{caught_by, has_words, is_fresh, may_alert};
use crate::calendar::WorkCalendar;
use crate::desk::Desk;

/// How many days back a rule is tried.
pub const TRIAL_DAYS: i64 = 30;
/// How many items are read at once, at most in all, and shown.
const BATCH: i64 = 2_000;
const MOST: i64 = 50_000;
const EXAMPLES: usize = 10;
/// From this share of the items on a rule catches nearly everything; with fewer items nothing is said of it.
const NEARLY_ALL: f64 = 0.5;
const ENOUGH: usize = 20;

/// What a rule would have caught.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trial {
    /// Items that were looked at, and the first day; later than asked when there are very many.
    pub items: usize,
    pub since: Option<Timestamp>,
    pub caught: usize,
    /// Alerts that they would have raised, had each been looked at at once.
    pub alerts: usize,
    /// The latest caught, the last first, with what was found in them.
    pub examples: Vec<(Item, String)>,
}

impl Trial {
    /// The rule catches so much that nobody would look.
    pub fn catches_nearly_all(&self) -> bool {
        self.items >= ENOUGH && self.caught as f64 >= NEARLY_ALL * self.items as f64
    }
}

impl Desk {
    /// Tries a condition on the items of the last [`TRIAL_DAYS`] days that the viewer may see. An incident's size
    /// and growth are taken as they were when each item came, its heat as it is now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn try_alert_rule(
        &self,
        condition: &AlertCondition,
        viewer: &Viewer,
    ) -> Result<Trial, StoreError> {
        let since = self.store().now() - SignedDuration::from_hours(24 * TRIAL_DAYS);
        let tiers = self.store().source_tiers().await?;
        let past = self.past(condition, viewer, &tiers, since).await?;
        let mut course = Course::new(condition, tiers, past, self.calendar());
        let mut after = self.store().alert_trial_start(since, MOST).await?;
        loop {
            let tasks = self.store().alert_trial(viewer, since, after, BATCH).await?;
            let Some(last) = tasks.last() else { break };
            after = last.item.id;
            tasks.into_iter().filter(may_alert).for_each(|task| course.take(task));
        }
        Ok(course.finish())
    }

    /// What the rule caught from eight weeks before the first item of the trial on; nothing where it asks for no growth.
    async fn past(
        &self,
        condition: &AlertCondition,
        viewer: &Viewer,
        tiers: &HashMap<SourceId, String>,
        since: Timestamp,
    ) -> Result<Past, StoreError> {
        let mut past = Past::default();
        if condition.growth == GrowthCondition::default() {
            return Ok(past);
        }
        let hours = i64::from(condition.growth.hours) + 24 * (growth::DAYS + 1);
        let mut from = since - growth::FRESH - SignedDuration::from_hours(hours);
        while from < self.store().now() {
            let until = from + WEEK;
            for (confidential, seen) in [(false, viewer.all_open), (true, viewer.all_confidential)] {
                if seen {
                    let filter = caught_by(condition, tiers, confidential);
                    let items = self.store().caught(&filter, from, until).await?;
                    let caught = items.iter().filter(|item| has_words(condition, item)).map(|item| item.at);
                    past.caught[usize::from(confidential)].extend(caught);
                }
            }
            past.reported.extend(self.store().reported(from, until).await?);
            from = until;
        }
        Ok(past)
    }
}

/// So much of the past is read at once.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// When there was something in the weeks before and of the trial, in order.
#[derive(Default)]
struct Past {
    /// What the rule caught: of what is open, and of what is confidential.
    caught: [Vec<Timestamp>; 2],
    /// Anything at all.
    reported: Vec<Timestamp>,
}

impl Past {
    fn risen(&self, asked: &GrowthCondition, task: &AlertTask, calendar: &WorkCalendar) -> Option<String> {
        if !is_fresh(task) {
            return None;
        }
        let count = |times: &[Timestamp], stretch: Stretch| {
            let upto = |end: Timestamp| times.partition_point(|at| *at <= end);
            (upto(stretch.until) - upto(stretch.after)) as i64
        };
        let caught = &self.caught[usize::from(task.item.confidential)];
        let hours = Hours::of(asked.hours, task.at, calendar);
        let known = hours.past.iter().filter(|stretch| count(&self.reported, stretch.day()) > 0);
        let past: Vec<i64> = known.map(|stretch| count(caught, *stretch)).collect();
        growth::risen(asked, count(caught, hours.now), &past)
    }
}

/// A trial that goes on, item by item in the order of arrival.
struct Course<'c> {
    condition: &'c AlertCondition,
    tiers: HashMap<SourceId, String>,
    past: Past,
    calendar: &'c WorkCalendar,
    trial: Trial,
    /// When the items of each incident were reported.
    times: HashMap<IncidentId, Vec<Timestamp>>,
    /// When each incident raised its last alert; of a rule that asks for growth, the rule itself.
    raised: HashMap<Option<IncidentId>, Timestamp>,
    latest: BTreeMap<ItemId, (Item, String)>,
}

impl<'c> Course<'c> {
    fn new(
        condition: &'c AlertCondition,
        tiers: HashMap<SourceId, String>,
        past: Past,
        calendar: &'c WorkCalendar,
    ) -> Self {
        Self {
            condition,
            tiers,
            past,
            calendar,
            trial: Trial::default(),
            times: HashMap::new(),
            raised: HashMap::new(),
            latest: BTreeMap::new(),
        }
    }

    fn take(&mut self, task: AlertTask) {
        let Some(incident) = task.incident else { return };
        self.trial.items += 1;
        self.trial.since.get_or_insert(task.item.first_seen_at);
        let times = self.times.entry(incident).or_default();
        times.push(task.at);
        let tier = self.tiers.get(&task.item.source);
        let text = Text::of(&task.item);
        let Some(mut why) = matching::item(self.condition, &task.item, tier, &text) else { return };
        let asked = &self.condition.incident;
        let from = task.at - SignedDuration::from_hours(i64::from(asked.within_hours));
        let items = times.iter().filter(|at| (from..=task.at).contains(at)).count() as i64;
        let Some(of_incident) = matching::incident(asked, items, task.heat) else { return };
        why.extend(of_incident);
        let growth = &self.condition.growth;
        let grows = *growth != GrowthCondition::default();
        if grows {
            let Some(risen) = self.past.risen(growth, &task, self.calendar) else { return };
            why.push(risen);
        }
        self.trial.caught += 1;
        let repeat = SignedDuration::from_hours(i64::from(self.condition.repeat_hours));
        let came = task.item.first_seen_at;
        let of = Some(incident).filter(|_| !grows);
        if self.raised.get(&of).is_none_or(|last| came.duration_since(*last) >= repeat) {
            self.raised.insert(of, came);
            self.trial.alerts += 1;
        }
        self.latest.insert(task.item.id, (task.item, why.join("；")));
        if self.latest.len() > EXAMPLES {
            self.latest.pop_first();
        }
    }

    fn finish(self) -> Trial {
        Trial { examples: self.latest.into_values().rev().collect(), ..self.trial }
    }
}
