//! What the page of the model asks of the program that serves it: which models there are, how the candidate does beside
//! the one at work, and to put one to work. The files of models are the program's.

use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::Timestamp;
use qingting_classify::Trial;
use qingting_models::records::Actor;
use qingting_models::store::StoreError;

/// The models by their digests. The one inside the program may also be called by a name.
#[derive(Debug, Clone)]
pub struct ModelsNow {
    pub at_work: String,
    /// What was at work before.
    pub before: Option<String>,
    pub candidate: Option<String>,
    /// The latest comparison that was made, whichever models it was of.
    pub last: Option<LastTrial>,
    pub comparing: Comparing,
}

impl ModelsNow {
    /// The latest comparison, if it is of the candidate and the model at work as they are now.
    pub fn trial(&self) -> Option<&LastTrial> {
        let fits = |last: &&LastTrial| {
            last.trial.present == self.at_work && Some(&last.trial.candidate) == self.candidate.as_ref()
        };
        self.last.as_ref().filter(fits)
    }
}

/// A comparison and when it was made.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LastTrial {
    pub at: Timestamp,
    pub trial: Trial,
}

/// What becomes of the comparison that was asked for last.
#[derive(Debug, Clone, Default)]
pub enum Comparing {
    #[default]
    Idle,
    UnderWay,
    /// It came to nothing.
    Failed(Arc<Refusal>),
}

/// Why the program does not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("there is no candidate; make one with `qingting train --with-corrections`")]
    NoCandidate,
    #[error(
        "there is nothing to compare on: name labelled rows with --gold, put gold.jsonl into {folder}, or judge items"
    )]
    NoRows { folder: String },
    #[error(
        "the candidate may have learned all rows there are: name labelled rows with --gold, or put gold.jsonl into {folder}"
    )]
    AllLearned { folder: String },
    #[error(
        "the candidate is worse by more than chance explains in {}; see `qingting model compare`; to promote it all the same add --despite {}",
        fields.join(", "), fields.join(" --despite ")
    )]
    Worse { fields: Vec<String> },
    #[error("the candidate {0} is at work already")]
    AtWork(String),
    #[error("no model was at work before {0}")]
    NothingBefore(String),
    /// Another candidate, another model at work, or a newer comparison than the one that was shown.
    #[error("the models were compared anew or changed; look at the comparison again")]
    Stale,
    #[error("a comparison is under way")]
    UnderWay,
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file that cannot be read or written, with the reason.
    #[error("{0}")]
    Files(String),
}

/// The models of a county, as the page needs them.
pub trait ModelDesk: Send + Sync {
    /// Which models there are; the files are read anew.
    fn now(&self) -> BoxFuture<'_, Result<ModelsNow, Refusal>>;

    /// Begins to compare and returns at once; [`ModelsNow::comparing`] tells what becomes of it.
    fn start_comparing(&self) -> BoxFuture<'_, Result<(), Refusal>>;

    /// Puts the candidate to work by the comparison of that time, which was shown. `fields` are those of the plan,
    /// `despite` names the ones that may be worse.
    fn promote<'a>(
        &'a self,
        seen: Timestamp,
        fields: &'a [&'a str],
        despite: &'a [String],
        actor: Actor,
    ) -> BoxFuture<'a, Result<(), Refusal>>;

    /// Puts the model to work that was before; `seen` was shown as the one at work.
    fn roll_back<'a>(&'a self, seen: &'a str, actor: Actor) -> BoxFuture<'a, Result<(), Refusal>>;
}
