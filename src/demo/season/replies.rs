//! What the demo's simulated staff say: replies by topic, notes of contact, reasons to send back, call-backs.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

const REPLIES: &str = include_str!("../../../data/demo/replies.toml");

/// A promise to the resident, due some days after the reply.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Promise {
    pub text: String,
    /// Calendar days after the reply.
    pub days: u32,
}

/// A department's answer that fits the matters of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyText {
    pub topic: String,
    /// solved, partly, explained or impossible.
    pub outcome: String,
    pub body: String,
    /// The storyline it answers, when it fits only that one.
    #[serde(default)]
    pub storyline: Option<String>,
    #[serde(default)]
    pub promise: Option<Promise>,
}

/// Why a department sends a case back, and whose it is in its view.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendBack {
    pub topic: String,
    pub reason: String,
    /// The office named as the right one.
    pub right_office: String,
}

/// What the person called back said.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallBack {
    /// 满意, 基本满意 or 不满意.
    pub rating: String,
    /// solved, partly, explained or impossible, in the resident's eyes.
    pub outcome: String,
    pub note: String,
}

/// All of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyBook {
    #[serde(rename = "reply")]
    pub replies: Vec<ReplyText>,
    #[serde(rename = "send_back")]
    pub send_backs: Vec<SendBack>,
    #[serde(rename = "call_back")]
    pub call_backs: Vec<CallBack>,
    /// Notes of a first contact with the resident.
    pub contact_notes: Vec<String>,
    /// What a reviewer writes when a reply needs work.
    pub review_notes: Vec<String>,
    /// Reasons to ask for more time.
    pub extension_reasons: Vec<String>,
    /// What is written when a case is pressed.
    pub press_notes: Vec<String>,
    /// A leader's instructions on an incident.
    pub instructions: Vec<String>,
}

impl ReplyBook {
    /// A reply for a matter: one of its storyline's when there is any, else one of its topic's; `turn` chooses.
    pub(crate) fn reply(&self, topic: &str, storyline: Option<&str>, turn: usize) -> Option<&ReplyText> {
        let own: Vec<&ReplyText> = self
            .replies
            .iter()
            .filter(|reply| storyline.is_some() && reply.storyline.as_deref() == storyline)
            .collect();
        let fitting: Vec<&ReplyText> = if own.is_empty() {
            self.replies.iter().filter(|reply| reply.storyline.is_none() && reply.topic == topic).collect()
        } else {
            own
        };
        fitting.get(turn % fitting.len().max(1)).copied()
    }
}

/// Reads the embedded file.
///
/// # Errors
/// When a field is missing or unknown, or an outcome or rating is none of those allowed.
pub(super) fn reply_book() -> Result<ReplyBook> {
    let book: ReplyBook = toml::from_str(REPLIES).context("replies.toml")?;
    let outcomes = book.replies.iter().map(|reply| &reply.outcome);
    for outcome in outcomes.chain(book.call_backs.iter().map(|call| &call.outcome)) {
        ensure!(
            ["solved", "partly", "explained", "impossible"].contains(&outcome.as_str()),
            "replies.toml: unknown outcome {outcome}, allowed are solved, partly, explained and impossible"
        );
    }
    for call in &book.call_backs {
        ensure!(
            ["满意", "基本满意", "不满意"].contains(&call.rating.as_str()),
            "replies.toml: unknown rating {}, allowed are 满意, 基本满意 and 不满意",
            call.rating
        );
    }
    Ok(book)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::material::material;

    #[test]
    fn every_topic_and_storyline_has_a_reply_and_some_promise() {
        let (book, material) = (reply_book().unwrap(), material().unwrap());
        for topic in material.places.weights.keys() {
            assert!(book.reply(topic, None, 0).is_some(), "{topic}");
        }
        for storyline in &material.storylines {
            let reply = book.reply("other", Some(&storyline.id), 1).unwrap();
            assert_eq!(reply.storyline.as_ref(), Some(&storyline.id));
        }
        assert!(book.replies.len() >= 40, "{}", book.replies.len());
        assert!(book.replies.iter().filter(|reply| reply.promise.is_some()).count() >= 8);
    }

    #[test]
    fn the_book_is_read_as_it_stands_without_slots() {
        assert!(!REPLIES.lines().any(|line| !line.starts_with("promise") && line.contains(['{', '}'])));
    }

    #[test]
    fn turns_go_round() {
        let book = reply_book().unwrap();
        assert_eq!(
            book.reply("urban", None, 0),
            book.reply(
                "urban",
                None,
                book.replies
                    .iter()
                    .filter(|reply| reply.topic == "urban" && reply.storyline.is_none())
                    .count()
            )
        );
    }
}
