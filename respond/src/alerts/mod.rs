//! Alert rules: which items fire them, what is raised for the duty officer, and how a rule would have done.

mod matching;
mod trial;

pub use trial::{TRIAL_DAYS, Trial};

use jiff::SignedDuration;
use qingting_models::ids::ItemId;
use qingting_models::records::{Actor, AlertRule};
use qingting_models::store::{AlertTask, Firing, StoreError};

use crate::desk::Desk;
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
        let mut firings = Vec::new();
        for task in tasks.iter().filter(|task| may_alert(task)) {
            let text = Text::of(&task.item);
            for rule in &rules {
                firings.extend(self.fires(rule, task, &text).await?);
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
        text: &Text,
    ) -> Result<Option<Firing>, StoreError> {
        let condition = &rule.condition;
        let Some(incident) = task.incident else { return Ok(None) };
        let Some(mut why) = matching::item(condition, &task.item, text) else { return Ok(None) };
        let asked = &condition.incident;
        let within = SignedDuration::from_hours(i64::from(asked.within_hours));
        let items = match asked.items_min {
            0 => 0,
            _ => self.store().incident_items_within(incident, within, task.at).await?,
        };
        let Some(of_incident) = matching::incident(asked, items, task.heat) else { return Ok(None) };
        why.extend(of_incident);
        Ok(Some(Firing {
            rule: rule.id,
            rule_name: rule.name.clone(),
            item: task.item.id,
            incident,
            urgency: task.item.urgency,
            why: why.join("；"),
            repeat: SignedDuration::from_hours(i64::from(condition.repeat_hours)),
        }))
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

/// Nothing that is over raises an alert: what was finished or withdrawn where it came from, what is older than its
/// source's cut-off, and what a person put aside. What another platform answers does: we watch it.
fn may_alert(task: &AlertTask) -> bool {
    let over = matches!(task.item.archived.as_deref(), Some("finished" | "withdrawn" | "cutoff"));
    !over && task.item.dismissed.is_none() && task.item.judged_version > 0
}
