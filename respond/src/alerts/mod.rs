//! Alert rules: which items fire them, what is raised for the duty officer, and how a rule would have done.

mod growth;
mod matching;
mod trial;

pub use trial::{TRIAL_DAYS, Trial};

use std::collections::HashMap;

use jiff::SignedDuration;
use qingting_models::ids::{ItemId, SourceId};
use qingting_models::records::{Actor, AlertCondition, AlertRule, GrowthCondition, WordCondition};
use qingting_models::store::{AlertTask, CaughtFilter, CaughtItem, Firing, StoreError};

use crate::desk::Desk;
use growth::{Hours, Stretch};
use matching::Text;

/// How long a worker may take for one round.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Alerted {
    /// Items taken off the queue; none means that there is no work.
    pub taken: usize,
    /// Alerts that are new.
    pub raised: usize,
}

impl Desk {
    /// Takes up to `batch` items that came to their incident and holds them against the rules. Safe to be killed anywhere.
    ///
    /// # Errors
    /// When the store fails; what was not finished comes back when its lease ends.
    pub async fn alert_next(&self, worker: &str, batch: i64) -> Result<Alerted, StoreError> {
        let tasks = self.store().claim_alerting(worker, batch, LEASE).await?;
        if tasks.is_empty() {
            return Ok(Alerted::default());
        }
        let mut rules = self.store().alert_rules().await?;
        rules.retain(|rule| rule.enabled);
        let tiers = self.store().source_tiers().await?;
        let mut firings = Vec::new();
        for task in tasks.iter().filter(|task| may_alert(task)) {
            let text = Text::of(&task.item);
            for rule in &rules {
                firings.extend(self.fires(rule, task, &tiers, &text).await?);
            }
        }
        let items: Vec<ItemId> = tasks.iter().map(|task| task.item.id).collect();
        let raised = self.store().finish_alerting(worker, &items, &firings).await?;
        Ok(Alerted { taken: items.len(), raised })
    }

    async fn fires(
        &self,
        rule: &AlertRule,
        task: &AlertTask,
        tiers: &HashMap<SourceId, String>,
        text: &Text,
    ) -> Result<Option<Firing>, StoreError> {
        let condition = &rule.condition;
        let Some(incident) = task.incident else { return Ok(None) };
        let tier = tiers.get(&task.item.source);
        let Some(mut why) = matching::item(condition, &task.item, tier, text) else { return Ok(None) };
        let asked = &condition.incident;
        let within = SignedDuration::from_hours(i64::from(asked.within_hours));
        let items = match asked.items_min {
            0 => 0,
            _ => self.store().incident_items_within(incident, within, task.at).await?,
        };
        let Some(of_incident) = matching::incident(asked, items, task.heat) else { return Ok(None) };
        why.extend(of_incident);
        let grows = condition.growth != GrowthCondition::default();
        if grows {
            let Some(risen) = self.risen(condition, task, tiers).await? else { return Ok(None) };
            why.push(risen);
        }
        Ok(Some(Firing {
            rule: rule.id,
            rule_name: rule.name.clone(),
            item: task.item.id,
            incident,
            urgency: task.item.urgency,
            why: why.join("；"),
            whole: grows,
            repeat: SignedDuration::from_hours(i64::from(condition.repeat_hours)),
        }))
    }

    /// How much more of what the rule catches there is as of the item's time than usual, in words; `None` when it is not.
    async fn risen(
        &self,
        condition: &AlertCondition,
        task: &AlertTask,
        tiers: &HashMap<SourceId, String>,
    ) -> Result<Option<String>, StoreError> {
        if !is_fresh(task) {
            return Ok(None);
        }
        let asked = &condition.growth;
        let filter = caught_by(condition, tiers, task.item.confidential);
        let hours = Hours::of(asked.hours, task.at, self.calendar());
        let now = self.count(&filter, condition, hours.now).await?;
        // The weeks before are looked at only where there is something to hold against them.
        if now < asked.items_min {
            return Ok(None);
        }
        let mut past = Vec::with_capacity(hours.past.len());
        for stretch in hours.past {
            let day = stretch.day();
            if self.store().any_reported(day.after, day.until).await? {
                past.push(self.count(&filter, condition, stretch).await?);
            }
        }
        Ok(growth::risen(asked, now, &past))
    }

    async fn count(
        &self,
        filter: &CaughtFilter,
        condition: &AlertCondition,
        stretch: Stretch,
    ) -> Result<i64, StoreError> {
        let items = self.store().caught(filter, stretch.after, stretch.until).await?;
        Ok(items.iter().filter(|item| has_words(condition, item)).count() as i64)
    }

    /// Gives a store without rules those that the county begins with; how many were added.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn add_first_alert_rules(&self, actor: Actor) -> Result<usize, StoreError> {
        if !self.store().alert_rules().await?.is_empty() {
            return Ok(0);
        }
        let rules = &self.county().alert_rules;
        let rules: Vec<_> = rules.iter().map(|rule| (rule.name.as_str(), true, &rule.condition)).collect();
        Ok(self.store().add_alert_rules(&rules, actor).await?.len())
    }
}

/// What a condition asks of an item, as far as the database can tell.
fn caught_by(
    condition: &AlertCondition,
    tiers: &HashMap<SourceId, String>,
    confidential: bool,
) -> CaughtFilter {
    let of_tier = |(_, tier): &(&SourceId, &String)| condition.tiers.contains(tier);
    let sources = || tiers.iter().filter(of_tier).map(|(source, _)| *source).collect();
    CaughtFilter {
        topics: condition.topics.clone(),
        towns: condition.towns.clone(),
        channels: condition.channels.clone(),
        urgency_min: condition.urgency_min,
        sources: (!condition.tiers.is_empty()).then(sources),
        confidential,
        texts: condition.words != WordCondition::default(),
    }
}

/// The words that a condition asks for, where it asks for any.
fn has_words(condition: &AlertCondition, item: &CaughtItem) -> bool {
    condition.words == WordCondition::default()
        || Text::made_of(&item.title, &item.body).has(&condition.words)
}

/// Whether what came is of these days; of what is history nothing grows now.
fn is_fresh(task: &AlertTask) -> bool {
    task.item.first_seen_at.duration_since(task.at) <= growth::FRESH
}

/// Nothing that is over raises an alert: what was finished or withdrawn where it came from, what is older than its
/// source's cut-off, and what a person put aside. What another platform answers does: we watch it.
fn may_alert(task: &AlertTask) -> bool {
    let over = matches!(task.item.archived.as_deref(), Some("finished" | "withdrawn" | "cutoff"));
    !over && task.item.dismissed.is_none() && task.item.judged_version > 0
}
