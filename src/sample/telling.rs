//! Writes a matter in the words of who tells it: the operator's note, the resident's letter, the forum post, the article.

use anyhow::{Context, Result};

use super::book::Book;
use super::senders::{Manner, Sender};
use crate::material::random::Random;
use crate::material::slots::{self, Slots};
use crate::material::{Places, Text};

/// Calls and letters in a hundred that carry a name, number or address behind the matter.
const PARTICULARS: usize = 14;

/// One record as its sender has it first. Title and body hold marks around personal values ([`slots::OPEN`]).
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) external_id: String,
    pub(super) seed: u64,
    /// Epoch seconds.
    pub(super) at: i64,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) caller_name: String,
    pub(super) caller_phone: String,
    /// Empty for news that asks nothing of the county.
    pub(super) topic: String,
    pub(super) kind: String,
    pub(super) urgent: bool,
    /// Empty where the text names none.
    pub(super) town: String,
    /// The office whose business it is, as sheets write it.
    pub(super) office: String,
    pub(super) incident: Option<String>,
    /// The id of the record of the same sender whose matter this one tells again.
    pub(super) repeats: Option<String>,
    /// The slots as they are filled, for what is written later.
    pub(super) slots: Option<Slots>,
}

/// Tells a text; `again` says whether the same person tells it again (true) or another one tells the same (false).
pub(super) fn tell(
    book: &Book,
    who: &Sender,
    text: &Text,
    slots: &mut Slots,
    again: Option<bool>,
    random: &mut Random,
) -> Result<Record> {
    let places = &book.material.places;
    let mut record = Record {
        topic: text.topic.clone(),
        kind: text.kind.clone(),
        urgent: text.urgent,
        town: slots.town.clone(),
        ..Record::default()
    };
    if again != Some(true) {
        introduce(&mut record, who, slots, places, random);
    }
    record.office = match book.words.agency(&text.topic, text) {
        Some(agency) => agency.to_owned(),
        None => office(places, &text.topic, &slots.town),
    };
    record.caller_name = named(slots, "{caller}", places, random)?;
    record.caller_phone = named(slots, "{callerphone}", places, random)?;
    slots.set("agency", &record.office);
    record.title = slots.fill(&text.title, places, random)?;
    let base = slots.fill(&text.body, places, random).with_context(|| record.title.clone())?;
    record.body = match who.manner {
        Manner::Call => call(book, text, base, slots, again, random)?,
        Manner::Letter => letter(book, text, base, slots, again, random)?,
        Manner::Petition => petition(book, text, base, slots, random)?,
        Manner::Post => post(book, text, base, slots, random)?,
        Manner::News | Manner::Notice => article(book, who, base, slots, random)?,
    };
    if again == Some(true) {
        let plain = record.title.trim_start_matches("反映").to_owned();
        let word = random.pick(&["再次反映：", "催办：", "二次反映："]).copied().unwrap_or_default();
        record.title = format!("{word}{plain}");
    }
    if matches!(who.manner, Manner::News | Manner::Notice)
        && !record.title.contains(&record.town)
        && !record.body.contains(&record.town)
    {
        record.town = String::new();
    }
    if who.breaks_lines() && random.chance(6) {
        record.body = record.body.replacen('。', "。\n", 2);
        let end = record.body.trim_end().len();
        record.body.truncate(end);
        // A comma of ASCII, as people type it: CSV has to quote it.
        record.body = record.body.replacen('，', ",", 1);
    }
    record.slots = Some(slots.clone());
    Ok(record)
}

/// Gives the matter its caller or writer.
fn introduce(record: &mut Record, who: &Sender, slots: &mut Slots, places: &Places, random: &mut Random) {
    let (name, phone) = (slots::full_name(places, random), slots::phone(random));
    slots.set("name", &name);
    slots.set("phone", &phone);
    let shown = match (who.manner, random.below(10)) {
        (Manner::Letter, 0..=5) => random.pick(places.list("nickname")).cloned().unwrap_or_default(),
        (_, 6) => name.chars().take(1).collect::<String>() + "先生",
        (_, 7) => name.chars().take(1).collect::<String>() + "女士",
        (_, 8) if record.kind == "举报" => "匿名".to_owned(),
        _ => name,
    };
    slots.set("caller", &shown);
    slots.set("callerphone", &phone);
}

/// The value of a slot that [`introduce`] has set.
fn named(slots: &mut Slots, slot: &str, places: &Places, random: &mut Random) -> Result<String> {
    slots.fill(slot, places, random)
}

/// Whose business a topic is.
fn office(places: &Places, topic: &str, town: &str) -> String {
    match places.offices.get(topic).map(String::as_str) {
        Some("town") => town.to_owned(),
        Some(office) => office.to_owned(),
        None => String::new(),
    }
}

fn drawn<'a>(sentences: &'a [String], random: &mut Random) -> &'a str {
    random.pick(sentences).map_or("", String::as_str)
}

fn call(
    book: &Book,
    text: &Text,
    base: String,
    slots: &mut Slots,
    again: Option<bool>,
    random: &mut Random,
) -> Result<String> {
    let (places, words) = (&book.material.places, &book.words);
    if text.plain {
        return Ok(base);
    }
    let says_who = base.chars().take(24).collect::<String>().contains("来电");
    let opening = match again {
        Some(true) => drawn(&places.reminders, random),
        _ if says_who => "",
        _ => places.openings.get(&text.kind).map_or("", |openings| drawn(openings, random)),
    };
    let more = if text.urgent { Some(&words.urgent.calls) } else { words.calls.get(&text.kind) };
    let detail = details(places.details.calls.get(&text.kind), text, slots, places, random)?;
    let more = circumstances(more, slots, places, random)?;
    let personal = [&places.particulars.calls, &words.particulars.calls];
    let personal = particulars(personal, text, slots, places, random)?;
    let closing = places.closings.get(&text.kind).map_or("", |closings| drawn(closings, random));
    Ok(format!("{opening}{base}{detail}{more}{personal}{closing}"))
}

fn letter(
    book: &Book,
    text: &Text,
    base: String,
    slots: &mut Slots,
    again: Option<bool>,
    random: &mut Random,
) -> Result<String> {
    let (places, words) = (&book.material.places, &book.words);
    if text.plain {
        return Ok(base);
    }
    let opening = if again == Some(true) { &places.letters.reminders } else { &places.letters.openings };
    let opening = drawn(opening, random);
    let more = if text.urgent { Some(&words.urgent.letters) } else { words.letters.get(&text.kind) };
    let detail = details(places.details.letters.get(&text.kind), text, slots, places, random)?;
    let more = circumstances(more, slots, places, random)?;
    let personal = [&places.particulars.letters, &words.particulars.letters];
    let personal = particulars(personal, text, slots, places, random)?;
    let closing = places.letters.closings.get(&text.kind).map_or("", |closings| drawn(closings, random));
    Ok(format!("{opening}{base}{detail}{more}{personal}{closing}"))
}

fn petition(
    book: &Book,
    text: &Text,
    base: String,
    slots: &mut Slots,
    random: &mut Random,
) -> Result<String> {
    let (places, words) = (&book.material.places, &book.words);
    let opening = if base.starts_with("信访人") {
        String::new()
    } else {
        slots.fill(drawn(&words.petitions.openings, random), places, random)?
    };
    let more = circumstances(words.calls.get(&text.kind), slots, places, random)?;
    let personal = [&places.particulars.calls, &words.particulars.calls];
    let personal = particulars(personal, text, slots, places, random)?;
    let closing = drawn(&words.petitions.closings, random);
    Ok(format!("{opening}{base}{more}{personal}{closing}")
        .replace("来电人", "信访人")
        .replace("来电", "来访"))
}

fn post(book: &Book, text: &Text, base: String, slots: &mut Slots, random: &mut Random) -> Result<String> {
    let (places, words) = (&book.material.places, &book.words);
    let more = if text.urgent { Some(&words.urgent.letters) } else { words.letters.get(&text.kind) };
    let more = if text.plain { String::new() } else { circumstances(more, slots, places, random)? };
    let tag = if random.chance(30) { format!("#{}#", slots.town) } else { String::new() };
    // Two posts of the same words would be one article: the site's own line tells them apart.
    let line = slots.fill("{md}", places, random)?;
    Ok(format!("{base}{more}{tag}（{line} 帖号{:06}）", random.below(1_000_000)))
}

/// An article with its lead, more facts and the line that says when it was put out.
fn article(
    book: &Book,
    who: &Sender,
    base: String,
    slots: &mut Slots,
    random: &mut Random,
) -> Result<String> {
    let (places, words) = (&book.material.places, &book.words);
    let news = who.manner == Manner::News;
    let lead =
        if news { slots.fill(drawn(&words.news.leads, random), places, random)? } else { String::new() };
    let others = &mut slots.with_other_figures();
    let tail =
        if news { others.fill(drawn(&words.news.tails, random), places, random)? } else { String::new() };
    let line = slots.fill("{md}", places, random)?;
    Ok(format!("{lead}{base}{tail}（{} {line} 稿件号{:06}）", who.name, random.below(1_000_000)))
}

/// A general sentence for a short text.
fn details(
    sentences: Option<&Vec<String>>,
    text: &Text,
    slots: &mut Slots,
    places: &Places,
    random: &mut Random,
) -> Result<String> {
    match sentences {
        Some(sentences) if !text.complete && !text.urgent && random.chance(40) => {
            slots.fill(drawn(sentences, random), places, random)
        }
        _ => Ok(String::new()),
    }
}

/// One or two sentences that only this teller can say.
fn circumstances(
    sentences: Option<&Vec<String>>,
    slots: &mut Slots,
    places: &Places,
    random: &mut Random,
) -> Result<String> {
    let Some(sentences) = sentences else { return Ok(String::new()) };
    let slots = &mut slots.with_other_figures();
    let first = random.below(sentences.len());
    let mut told = slots.fill(sentences.get(first).map_or("", String::as_str), places, random)?;
    if random.chance(45) {
        let second = (first + 1 + random.below(sentences.len().max(2) - 1)) % sentences.len().max(1);
        told += &slots.fill(sentences.get(second).map_or("", String::as_str), places, random)?;
    }
    Ok(told)
}

fn particulars(
    lists: [&Vec<String>; 2],
    text: &Text,
    slots: &mut Slots,
    places: &Places,
    random: &mut Random,
) -> Result<String> {
    let has_estates = !places.town(&slots.town)?.estates.is_empty();
    let told = ["name", "phone", "idcard", "house"].into_iter().any(|slot| slots::names(text, slot));
    let silent = text.urgent || told || ["举报", "表扬"].contains(&text.kind.as_str());
    if silent || !has_estates || !random.chance(PARTICULARS) {
        return Ok(String::new());
    }
    let list = lists[usize::from(random.chance(50))];
    slots.fill(drawn(list, random), places, random)
}
