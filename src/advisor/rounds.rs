//! The loop that asks: one question at a time, beside the other loops, which it never holds up.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use jiff::SignedDuration;
use qingting_models::clock::local_date;
use qingting_models::county::County;
use qingting_models::store::Store;
use tokio_util::sync::CancellationToken;

use super::{Advisor, NoAdvice, answer, question};

/// Pause when nothing is to be asked, after an error of the store, and when the server was not reached.
const IDLE: Duration = Duration::from_secs(5);
const TROUBLE: Duration = Duration::from_secs(10);
const AWAY: Duration = Duration::from_secs(60);
/// A lease outlasts the longest wait for an answer by so much.
const SPARE: SignedDuration = SignedDuration::from_secs(60);

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    Nothing,
    Asked,
    /// The server was not reached, or did not answer in time.
    Away,
}

/// Who asks about what.
struct Rounds {
    store: Store,
    county: Arc<County>,
    advisor: Advisor,
    worker: String,
}

/// Asks about items and incidents by turns until the program stops. A question that is cut off is asked again when its
/// lease ends.
pub async fn run(
    store: Store,
    county: Arc<County>,
    advisor: Advisor,
    worker: String,
    stop: CancellationToken,
) {
    let rounds = Rounds { store, county, advisor, worker };
    stop.run_until_cancelled(rounds.run()).await;
}

impl Rounds {
    async fn run(&self) {
        loop {
            let pause = match self.round().await {
                Ok(Round::Asked) => continue,
                Ok(Round::Nothing) => IDLE,
                Ok(Round::Away) => AWAY,
                Err(error) => {
                    tracing::error!("helper model: {error:#}");
                    TROUBLE
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn round(&self) -> Result<Round> {
        let item = self.item().await?;
        if item == Round::Away {
            return Ok(item);
        }
        let incident = self.incident().await?;
        Ok(if incident == Round::Nothing { item } else { incident })
    }

    async fn item(&self) -> Result<Round> {
        let Some(task) = self.store.claim_advice(&self.worker, self.lease()).await? else {
            return Ok(Round::Nothing);
        };
        let (taxonomy, today) = (&self.county.taxonomy, local_date(self.store.now()));
        let request = question::of_item(self.advisor.model(), taxonomy, today, &task);
        let said = self.advisor.ask(request).await;
        match said.and_then(|said| answer::proposal(&said, taxonomy, today)) {
            Ok(proposal) => {
                let (topics, why) = (&proposal.topics, &proposal.why);
                self.store.save_advice(&self.worker, &task, self.advisor.model(), topics, why).await?;
                Ok(Round::Asked)
            }
            Err(wrong) => {
                tracing::warn!("helper model, item {}: {wrong}", task.item);
                self.store.fail_advice(&self.worker, &task, self.advisor.model()).await?;
                Ok(after(&wrong))
            }
        }
    }

    async fn incident(&self) -> Result<Round> {
        let Some(task) = self.store.claim_incident_advice(&self.worker, self.lease()).await? else {
            return Ok(Round::Nothing);
        };
        let request = question::of_incident(self.advisor.model(), &task);
        let said = self.advisor.ask(request).await;
        match said.and_then(|said| answer::summary(&said, task.items.len())) {
            Ok(sentences) => {
                let model = self.advisor.model();
                self.store.save_incident_advice(&self.worker, &task, model, &sentences).await?;
                Ok(Round::Asked)
            }
            Err(wrong) => {
                tracing::warn!("helper model, incident {}: {wrong}", task.incident);
                self.store.fail_incident_advice(&self.worker, &task).await?;
                Ok(after(&wrong))
            }
        }
    }

    fn lease(&self) -> SignedDuration {
        SignedDuration::try_from(self.advisor.within()).unwrap_or(SPARE) + SPARE
    }
}

fn after(wrong: &NoAdvice) -> Round {
    if matches!(wrong, NoAdvice::NotReached(_)) { Round::Away } else { Round::Asked }
}
