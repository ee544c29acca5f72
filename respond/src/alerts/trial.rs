//! A rule on the items of the last days, before it is saved.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use qingting_models::ids::{IncidentId, ItemId};
use qingting_models::records::{AlertCondition, Item, Viewer};
use qingting_models::store::{AlertTask, StoreError};

use super::matching::{self, Text};
use super::may_alert;
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
    /// Tries a condition on the items of the last [`TRIAL_DAYS`] days that the viewer may see. An incident's size is taken
    /// as it was when each item came, its heat as it is now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn try_alert_rule(
        &self,
        condition: &AlertCondition,
        viewer: &Viewer,
    ) -> Result<Trial, StoreError> {
        let since = self.store().now() - SignedDuration::from_hours(24 * TRIAL_DAYS);
        let mut course = Course::new(condition);
        let mut after = self.store().alert_trial_start(since, MOST).await?;
        loop {
            let tasks = self.store().alert_trial(viewer, since, after, BATCH).await?;
            let Some(last) = tasks.last() else { break };
            after = last.item.id;
            tasks.into_iter().filter(may_alert).for_each(|task| course.take(task));
        }
        Ok(course.finish())
    }
}

/// A trial that goes on, item by item in the order of arrival.
struct Course<'c> {
    condition: &'c AlertCondition,
    trial: Trial,
    /// When the items of each incident were reported.
    times: HashMap<IncidentId, Vec<Timestamp>>,
    /// When each incident raised its last alert.
    raised: HashMap<IncidentId, Timestamp>,
    latest: BTreeMap<ItemId, (Item, String)>,
}

impl<'c> Course<'c> {
    fn new(condition: &'c AlertCondition) -> Self {
        Self {
            condition,
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
        let Some(mut why) = matching::item(self.condition, &task.item, &Text::of(&task.item)) else { return };
        let asked = &self.condition.incident;
        let from = task.at - SignedDuration::from_hours(i64::from(asked.within_hours));
        let items = times.iter().filter(|at| (from..=task.at).contains(at)).count() as i64;
        let Some(of_incident) = matching::incident(asked, items, task.heat) else { return };
        why.extend(of_incident);
        self.trial.caught += 1;
        let repeat = SignedDuration::from_hours(i64::from(self.condition.repeat_hours));
        let came = task.item.first_seen_at;
        if self.raised.get(&incident).is_none_or(|last| came.duration_since(*last) >= repeat) {
            self.raised.insert(incident, came);
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
