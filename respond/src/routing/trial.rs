//! Another routing table on the items of the last days, before it is saved.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use qingting_models::clock::local_date;
use qingting_models::county::{County, DepartmentCode};
use qingting_models::records::{Channel, Item, Kind, Viewer};
use qingting_models::store::StoreError;

use super::{Reasoned, by_row, by_rule};
use crate::desk::Desk;

/// How many days back a table is tried.
pub const ROUTING_TRIAL_DAYS: i64 = 30;
/// How many items are read at once, at most in all, and shown.
const BATCH: i64 = 2_000;
const MOST: i64 = 20_000;
const EXAMPLES: usize = 12;

/// What another table would have changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RoutingTrial {
    /// Items that were looked at: judged and no news; and when the first of them came.
    pub items: usize,
    pub since: Option<Timestamp>,
    /// Items for which the present and the other table name a department.
    pub named_before: usize,
    pub named_after: usize,
    /// Items that would go elsewhere, or for the first time somewhere, or nowhere any more.
    pub moved: usize,
    /// For each department that gains or loses items: how many it has by the present and by the other table.
    pub departments: BTreeMap<DepartmentCode, (usize, usize)>,
    /// How many items each row of the other table names the department of, by its line.
    pub rows: HashMap<usize, usize>,
    /// The latest that would move, the last first.
    pub examples: Vec<Moved>,
}

/// An item that another table sends elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    pub item: Item,
    pub before: Option<Reasoned>,
    pub after: Option<Reasoned>,
}

impl Desk {
    /// Tries another county's routing table on the items of the last [`ROUTING_TRIAL_DAYS`] days that the viewer may see.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn try_routing(&self, other: &County, viewer: &Viewer) -> Result<RoutingTrial, StoreError> {
        let since = self.store().now() - SignedDuration::from_hours(24 * ROUTING_TRIAL_DAYS);
        let today = local_date(self.store().now());
        let mut trial = RoutingTrial::default();
        let mut after = self.store().alert_trial_start(since, MOST).await?;
        loop {
            let tasks = self.store().alert_trial(viewer, since, after, BATCH).await?;
            let Some(last) = tasks.last() else { break };
            after = last.item.id;
            for item in tasks.into_iter().map(|task| task.item).filter(is_routed) {
                let before = by_rule(&item, self.county(), today);
                let after = by_row(&item, other, today).map(|(reasoned, line)| {
                    *trial.rows.entry(line).or_default() += 1;
                    reasoned
                });
                trial.take(item, (before, after));
            }
        }
        trial.departments.retain(|_, (before, after)| before != after);
        trial.examples.reverse();
        Ok(trial)
    }
}

fn is_routed(item: &Item) -> bool {
    let news = item.channel == Channel::News || item.kind == Some(Kind::News);
    !news && item.main_topic.is_some() && item.kind.is_some()
}

impl RoutingTrial {
    fn take(&mut self, item: Item, (before, after): (Option<Reasoned>, Option<Reasoned>)) {
        self.items += 1;
        self.since.get_or_insert(item.first_seen_at);
        let code = |route: &Option<Reasoned>| route.as_ref().map(|(code, _)| code.clone());
        let (old, new) = (code(&before), code(&after));
        self.named_before += usize::from(old.is_some());
        self.named_after += usize::from(new.is_some());
        if let Some(old) = &old {
            self.departments.entry(old.clone()).or_default().0 += 1;
        }
        if let Some(new) = &new {
            self.departments.entry(new.clone()).or_default().1 += 1;
        }
        if old == new {
            return;
        }
        self.moved += 1;
        if self.examples.len() == EXAMPLES {
            self.examples.remove(0);
        }
        self.examples.push(Moved { item, before, after });
    }
}
