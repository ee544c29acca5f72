//! The words of the simulated staff: their own phrases, and the choice among texts of the one that fits a matter.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::demo::season::SeasonRecord;
use crate::demo::season::replies::CallBack;
use crate::demo::season::replies::{Promise, ReplyBook, ReplyText, SendBack};

use super::habits::Draw;

const PHRASES: &str = include_str!("../../../data/demo/staff.toml");
/// From this weight of shared words on a text is taken to be about the same matter.
const ALIKE: f64 = 2.0;

/// Another authority that takes some matters, told by words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutsideText {
    words: Vec<String>,
    pub authority: String,
    pub receipt: String,
}

/// Matters that are not taken up, told by words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeclineText {
    words: Vec<String>,
    pub reason: String,
}

/// A reply that fits any matter of some kinds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GeneralReply {
    kinds: Vec<String>,
    /// Its share among those of its kind.
    weight: u32,
    outcome: String,
    text: String,
    #[serde(default)]
    promise: Option<Promise>,
}

/// The phrases of `staff.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Phrases {
    markers: Vec<String>,
    pub dismiss_news: Vec<String>,
    pub dismiss_covered: Vec<String>,
    pub dismiss_praise: Vec<String>,
    pub dismiss_repeat: String,
    pub assign_notes: Vec<String>,
    pub assign_news: Vec<String>,
    pub reassign_notes: Vec<String>,
    pub general_send_back: Vec<String>,
    pub answer_contacts: Vec<String>,
    pub wait_evidence: Vec<String>,
    pub helper_tasks: Vec<String>,
    pub helper_answers: Vec<String>,
    pub helper_refusals: Vec<String>,
    pub extension_grants: Vec<String>,
    pub extension_refusals: Vec<String>,
    pub approvals: Vec<String>,
    pub void_repeat: String,
    pub void_mistaken: String,
    pub merge_reason: String,
    pub merge_repeat: String,
    pub press_repeat: String,
    pub split_reason: String,
    pub news_closed: String,
    pub unreached: String,
    pub supplements: Vec<String>,
    pub mirror_answers: Vec<String>,
    pub mirror_offices: Vec<String>,
    pub mirror_satisfaction: Vec<String>,
    pub report_overview: Vec<String>,
    pub report_ahead: Vec<String>,
    outside: Vec<OutsideText>,
    decline: Vec<DeclineText>,
    general: Vec<GeneralReply>,
}

impl Phrases {
    /// Reads the embedded file.
    ///
    /// # Errors
    /// When a field is missing or unknown.
    pub(crate) fn read() -> Result<Self> {
        toml::from_str(PHRASES).context("staff.toml")
    }

    /// The authority that a matter is another's.
    pub(super) fn outside(&self, record: &SeasonRecord) -> Option<&OutsideText> {
        self.outside.iter().find(|text| has_any(record, &text.words))
    }

    /// Why a matter is not taken up.
    pub(super) fn decline(&self, record: &SeasonRecord) -> Option<&DeclineText> {
        self.decline.iter().find(|text| has_any(record, &text.words))
    }

    /// Those of the notes that speak of nothing the matter has not.
    pub(super) fn fitting<'a, T>(
        &self,
        notes: &'a [T],
        words: impl Fn(&'a T) -> &'a str,
        record: &SeasonRecord,
    ) -> Vec<&'a T> {
        let fits = |note: &&'a T| {
            self.markers.iter().all(|marker| !words(note).contains(marker.as_str()) || has(record, marker))
        };
        notes.iter().filter(fits).collect()
    }
}

fn has(record: &SeasonRecord, word: &str) -> bool {
    record.title.contains(word) || record.body.contains(word)
}

fn has_any(record: &SeasonRecord, words: &[String]) -> bool {
    words.iter().any(|word| has(record, word))
}

/// Puts values into the slots `{name}` of a phrase.
pub(super) fn filled(phrase: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(phrase.to_owned(), |text, (slot, value)| text.replace(&format!("{{{slot}}}"), value))
}

/// What a matter is about, without the words that titles begin with.
pub(super) fn subject(title: &str) -> &str {
    const BEGINNINGS: [&str; 8] =
        ["再次反映：", "二次反映：", "催办：", "反映", "咨询", "询问", "建议", "举报"];
    BEGINNINGS.iter().fold(title, |rest, word| rest.strip_prefix(word).unwrap_or(rest))
}

/// An answer as the handler types it.
pub(super) struct Answer {
    pub text: String,
    pub outcome: String,
    pub promise: Option<Promise>,
}

/// All that the staff say.
pub(super) struct Words {
    pub phrases: Phrases,
    pub book: ReplyBook,
    /// How many of the book's texts have a pair of characters.
    common: BTreeMap<(char, char), usize>,
}

impl Words {
    pub(super) fn new(book: ReplyBook) -> Result<Self> {
        let mut common: BTreeMap<(char, char), usize> = BTreeMap::new();
        let texts = book.replies.iter().map(|reply| &reply.body);
        for text in texts.chain(book.send_backs.iter().map(|back| &back.reason)) {
            for pair in pairs(text) {
                *common.entry(pair).or_default() += 1;
            }
        }
        Ok(Self { phrases: Phrases::read()?, book, common })
    }

    /// How much two texts share: pairs of characters, rare ones counting more.
    fn likeness(&self, text: &str, record: &SeasonRecord) -> f64 {
        let matter = pairs(&format!("{}。{}", record.title, record.body));
        pairs(text)
            .intersection(&matter)
            .map(|pair| 1.0 / self.common.get(pair).copied().unwrap_or(1) as f64)
            .sum()
    }

    fn likest<'a, T>(
        &self,
        texts: impl Iterator<Item = &'a T>,
        words: impl Fn(&'a T) -> &'a str,
        record: &SeasonRecord,
    ) -> Option<&'a T> {
        texts
            .map(|text| (self.likeness(words(text), record), text))
            .filter(|(likeness, _)| *likeness >= ALIKE)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, text)| text)
    }

    /// A reply to a matter: its storyline's, else the closest of its topic's, else one that fits any of its kind.
    pub(super) fn answer(
        &self,
        record: &SeasonRecord,
        department: &str,
        draw: Draw,
        round: u32,
    ) -> Option<Answer> {
        let turn = draw.between(&record.external_id, "reply turn", 0, 7) as usize + round as usize;
        let asks = record.upstream_kind == "咨询";
        if let Some(storyline) = record.storyline.as_deref()
            && let Some(reply) = self.book.reply(&record.truth_topic, Some(storyline), turn)
        {
            return Some(told(reply));
        }
        let of_topic = self.book.replies.iter().filter(|reply| {
            reply.storyline.is_none()
                && reply.topic == record.truth_topic
                && (reply.outcome == "explained") == asks
        });
        if round == 0
            && let Some(reply) = self.likest(of_topic, |reply| &reply.body, record)
        {
            return Some(told(reply));
        }
        let general: Vec<&GeneralReply> =
            self.phrases.general.iter().filter(|reply| reply.kinds.contains(&record.upstream_kind)).collect();
        let weights: Vec<u32> = general.iter().map(|reply| reply.weight).collect();
        let reply = general.get(draw.weighted(&format!("{}{round}", record.external_id), &weights))?;
        let values = [("subject", subject(&record.title)), ("department", department)];
        Some(Answer {
            text: filled(&reply.text, &values),
            outcome: reply.outcome.clone(),
            promise: reply.promise.clone(),
        })
    }

    /// A reason to send the matter back that fits it, with the office named in it.
    pub(super) fn send_back(&self, record: &SeasonRecord) -> Option<&SendBack> {
        let of_topic = self.book.send_backs.iter().filter(|back| back.topic == record.truth_topic);
        self.likest(of_topic, |back| &back.reason, record)
    }

    /// What the resident says of an outcome.
    pub(super) fn call_back(
        &self,
        record: &SeasonRecord,
        outcome: &str,
        dissatisfied: bool,
        draw: Draw,
        round: u32,
    ) -> Option<&CallBack> {
        let fitting = self.phrases.fitting(&self.book.call_backs, |call| &call.note, record);
        let grade = |call: &&&CallBack| (call.rating == "不满意") == dissatisfied;
        let said: Vec<&CallBack> = fitting.iter().filter(grade).copied().collect();
        // Whoever is content with a no had it explained well.
        let outcome = if outcome == "impossible" && !dissatisfied { "explained" } else { outcome };
        let same: Vec<&CallBack> = said.iter().filter(|call| call.outcome == outcome).copied().collect();
        let choices = if same.is_empty() { said } else { same };
        let turn = draw.between(&record.external_id, "call back turn", 0, 11) as usize + round as usize;
        choices.get(turn % choices.len().max(1)).copied()
    }

    /// A leader's words on a matter.
    pub(super) fn instruction(&self, record: &SeasonRecord, draw: Draw) -> &str {
        let closest = self.likest(self.book.instructions.iter(), |text| text, record);
        let fitting = self.phrases.fitting(&self.book.press_notes, |note| note, record);
        match (closest, record.storyline.is_some()) {
            (Some(text), true) => text,
            _ => {
                let turn = draw.between(&record.external_id, "press", 0, 3) as usize;
                fitting.get(turn % fitting.len().max(1)).map_or("", |note| note)
            }
        }
    }
}

fn told(reply: &ReplyText) -> Answer {
    Answer { text: reply.body.clone(), outcome: reply.outcome.clone(), promise: reply.promise.clone() }
}

fn pairs(text: &str) -> BTreeSet<(char, char)> {
    let letters: Vec<char> = text.chars().collect();
    letters
        .windows(2)
        .filter_map(|pair| match pair {
            [a, b] if a.is_alphabetic() && b.is_alphabetic() => Some((*a, *b)),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phrases_are_read_and_have_general_replies_for_every_kind_of_case() {
        let phrases = Phrases::read().unwrap();
        for kind in ["投诉", "求助", "举报", "建议", "咨询", "新闻"] {
            assert!(phrases.general.iter().any(|reply| reply.kinds.iter().any(|k| k == kind)), "{kind}");
        }
    }

    #[test]
    fn a_subject_is_a_title_without_its_beginning() {
        assert_eq!(subject("再次反映：路灯不亮"), "路灯不亮");
        assert_eq!(subject("咨询加装电梯"), "加装电梯");
        assert_eq!(subject("夜里有人倒垃圾"), "夜里有人倒垃圾");
    }
}
