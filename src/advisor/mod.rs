//! The helper model (辅助模型): a server inside the house that may propose topics for items the model at work was unsure
//! of, and sum up incidents. Off unless an administrator names it; nothing waits for it, and what it says is only shown.

mod answer;
mod question;
mod rounds;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use qingting_ingest::http::{FetchError, Http, Post, Reach};
use serde::Deserialize;

pub use rounds::run;
pub use settings::{AdvisorSettings, AdvisorTable, KEY};

/// Longer answers are cut off.
const ANSWER_BYTES: u64 = 1 << 20;

/// One that can be asked; cheap to clone.
#[derive(Debug, Clone)]
pub struct Advisor {
    http: Http,
    settings: Arc<AdvisorSettings>,
}

/// Why there is no proposal. None of them repeats a word of what was sent or answered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAdvice {
    #[error(transparent)]
    NotReached(#[from] FetchError),
    #[error("the answer is no chat completion")]
    NoCompletion,
    #[error("the answer is not the JSON that was asked for")]
    NotAsAsked,
    #[error("it proposes a topic that the taxonomy does not have")]
    UnknownTopic,
    #[error("it proposes a topic twice")]
    TopicTwice,
    #[error("it proposes {0} topics; allowed: three")]
    TooManyTopics(usize),
    #[error("no sentence cites an item that was sent")]
    NothingCited,
}

/// The part of a chat completion that is read.
#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Said,
}

#[derive(Deserialize)]
struct Said {
    content: String,
}

impl Advisor {
    /// With the program's client, whose proxy is not used.
    pub fn new(http: Http, settings: AdvisorSettings) -> Self {
        Self { http, settings: Arc::new(settings) }
    }

    /// The name of the model that is asked.
    pub fn model(&self) -> &str {
        &self.settings.model
    }

    /// After so long an answer is not waited for any more.
    fn within(&self) -> Duration {
        self.settings.within
    }

    /// Whether the server answers: a question of a word, to be answered with one.
    ///
    /// # Errors
    /// When it cannot be reached or its answer is no chat completion.
    pub async fn greet(&self) -> Result<(), NoAdvice> {
        self.ask(question::greeting(self.model())).await.map(drop)
    }

    /// Sends a chat request; what the model says.
    async fn ask(&self, request: serde_json::Value) -> Result<String, NoAdvice> {
        let settings = &*self.settings;
        let key = settings.key.iter().map(|key| ("Authorization".to_owned(), format!("Bearer {key}")));
        let post = Post {
            url: settings.chat_url(),
            body: request.to_string().into_bytes(),
            headers: key.collect(),
            within: settings.within,
            bytes: ANSWER_BYTES,
            reach: Reach::House,
        };
        let answer = self.http.post_json(&post).await?;
        let completion: Completion = serde_json::from_slice(&answer).map_err(|_| NoAdvice::NoCompletion)?;
        let first = completion.choices.into_iter().next().ok_or(NoAdvice::NoCompletion)?;
        Ok(first.message.content)
    }
}
