//! What becomes of a record after it was sent: it is corrected, and it is finished with a reply and a rating. What an export
//! shows of it depends on when the export is made.

use anyhow::Result;

use super::book::{Book, mix};
use super::senders::{Manner, Sender};
use super::telling::Record;
use super::year::DAY_S;
use crate::material::random::Random;
use crate::material::slots::Slots;

/// Records in a hundred that are corrected, and that are finished while the year lasts.
const EDITED: usize = 4;
const FINISHED: usize = 88;
/// Hours at which offices finish: from nine to five.
const OFFICE_FROM: i64 = 9 * 3600;
const OFFICE_S: i64 = 8 * 3600;

/// How far a record had come when an export was made. Two states differ wherever the sheet can show it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct State {
    pub(super) edited: bool,
    pub(super) finished: bool,
}

/// When a record changes, in epoch seconds; a function of its seed alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    edited_at: Option<i64>,
    finished_at: Option<i64>,
}

impl Course {
    pub(super) fn of(who: &Sender, seed: u64, at: i64) -> Self {
        let mut random = Random::new(mix(&[seed, 0xC0_0125E]));
        let edits = who.columns().map_or(who.manner == Manner::News, |columns| columns.have_ids());
        let edited = random.chance(EDITED).then(|| at + random.between(1, 60) * 3600);
        let days = random.between(1, 9) + random.between(0, 5);
        let close = (at + 8 * 3600).div_euclid(DAY_S) * DAY_S - 8 * 3600 + days * DAY_S + OFFICE_FROM;
        let finished = random.chance(FINISHED).then(|| close + random.between(0, OFFICE_S));
        let shows = who.columns().is_some_and(|columns| columns.show_state());
        Self { edited_at: edited.filter(|_| edits), finished_at: finished.filter(|_| shows) }
    }

    /// How far the record has come at a time.
    pub(super) fn state_at(&self, at: i64) -> State {
        let before = |time: Option<i64>| time.is_some_and(|time| time < at);
        State { edited: before(self.edited_at), finished: before(self.finished_at) }
    }

    /// Whether the record is ever corrected.
    pub(super) fn is_edited(&self) -> bool {
        self.edited_at.is_some()
    }
}

/// A reply as a finished record shows it.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) text: String,
    /// solved, partly, explained or impossible.
    pub(super) outcome: String,
    /// 满意, 基本满意 or 不满意, where the caller was asked.
    pub(super) rating: Option<&'static str>,
    pub(super) at: i64,
}

/// The reply to a record, if it is finished in this state.
pub(super) fn answer(book: &Book, record: &Record, course: &Course, state: State) -> Result<Option<Answer>> {
    let Some(at) = course.finished_at.filter(|_| state.finished) else { return Ok(None) };
    let mut random = Random::new(mix(&[record.seed, 0xA45]));
    let fitting = book.words.replies.fitting(&record.kind);
    let Some(reply) = random.pick(&fitting) else { return Ok(None) };
    let mut slots = plain_slots(record, book, at)?;
    let places = &book.material.places;
    let pick = |list: &[String], random: &mut Random| random.pick(list).cloned().unwrap_or_default();
    let opening = slots.fill(&pick(&book.words.replies.openings, &mut random), places, &mut random)?;
    let closing = slots.fill(&pick(&book.words.replies.closings, &mut random), places, &mut random)?;
    let rating = match (reply.outcome.as_str(), random.below(100)) {
        (_, 0..=29) => None,
        _ if record.kind == "表扬" => None,
        ("solved", 30..=84) | ("partly" | "explained", 30..=49) => Some("满意"),
        ("impossible", 60..=99) | ("partly" | "explained", 80..=99) | (_, 96..=99) => Some("不满意"),
        _ => Some("基本满意"),
    };
    let body = slots.fill(&pick(&reply.texts, &mut random), places, &mut random)?;
    let text = format!("{opening}{body}{closing}");
    Ok(Some(Answer { text, outcome: reply.outcome.clone(), rating, at }))
}

/// Title and body in a state; marks stay.
pub(super) fn words_in(book: &Book, who: &Sender, record: &Record, state: State) -> Result<(String, String)> {
    let (mut title, mut body) = (record.title.clone(), record.body.clone());
    if state.edited {
        let mut random = Random::new(mix(&[record.seed, 0xED17]));
        let edits = &book.words.edits;
        let sentences = match who.manner {
            Manner::Call | Manner::Petition => &edits.calls,
            Manner::Letter | Manner::Post => &edits.letters,
            Manner::News | Manner::Notice => &edits.news,
        };
        let sentence = random.pick(sentences).cloned().unwrap_or_default();
        let mut slots = plain_slots(record, book, record.at)?;
        body += &slots.fill(&sentence, &book.material.places, &mut random)?;
        if who.manner == Manner::News {
            title += "（更新）";
        }
    }
    Ok((title, body))
}

/// Slots for what is written later: the record's town and office, everything else new and without marks.
fn plain_slots(record: &Record, book: &Book, at: i64) -> Result<Slots> {
    let date = qingting_models::clock::local_date(jiff::Timestamp::from_second(at)?);
    let town = record.slots.as_ref().map_or(record.town.as_str(), |slots| slots.town.as_str());
    let town = if town.is_empty() {
        book.material.places.towns.first().map_or("", |t| t.name.as_str())
    } else {
        town
    };
    let mut slots = Slots::new(town, date);
    slots.set("agency", &record.office);
    Ok(slots)
}
