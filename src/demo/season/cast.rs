//! Turns one base text into a record: who calls or writes, where, when, and in which words.

use anyhow::{Context, Result};

use super::clockwork::Clockwork;
use super::{Channel, SeasonRecord};
use crate::material::random::Random;
use crate::material::rhythm::Rhythm;
use crate::material::slots::{self, Slots};
use crate::material::{Material, Text};

/// A record with what is needed to let somebody report the same matter again.
#[derive(Clone, Debug)]
pub(super) struct Cast {
    pub(super) record: SeasonRecord,
    pub(super) slots: Slots,
    pub(super) text: Text,
}

/// The rhythm in which a channel's items arrive.
pub(super) fn rhythm(channel: Channel) -> Rhythm {
    match channel {
        Channel::News { .. } => Rhythm::News,
        Channel::Hotline => Rhythm::Calls,
        Channel::Complaint => Rhythm::Letters,
    }
}

/// Draws the names and figures and writes the record; its external id is given once the order is known.
pub(super) fn cast(
    text: &Text,
    town: &str,
    offset: i64,
    clockwork: &Clockwork,
    material: &Material,
    random: &mut Random,
) -> Result<Cast> {
    let mut slots = Slots::new(town, clockwork.local(offset).date());
    let mut record = record(text, town, offset);
    introduce(&mut record, &mut slots, material, random);
    tell(&mut record, text, None, &mut slots, material, random)?;
    record.office = office(&record, material, random);
    if let Channel::News { .. } = text.channel
        && !record.title.contains(town)
        && !record.body.contains(town)
    {
        record.town = None;
    }
    Ok(Cast { record, slots, text: text.clone() })
}

/// The same matter again, later: by the same person, or by another in other words.
pub(super) fn again(
    first: &Cast,
    offset: i64,
    same_person: bool,
    material: &Material,
    random: &mut Random,
) -> Result<Cast> {
    let mut next = first.clone();
    next.record.at_offset_minutes = offset;
    if !same_person {
        introduce(&mut next.record, &mut next.slots, material, random);
    }
    let phrases = match next.record.channel {
        Channel::Complaint => &material.places.letters.reminders,
        _ => &material.places.reminders,
    };
    let opening = random.pick(phrases).filter(|_| same_person).map(String::as_str);
    tell(&mut next.record, &first.text, opening, &mut next.slots, material, random)?;
    if same_person {
        let plain_title = next.record.title.trim_start_matches("反映");
        let again = random.pick(&["再次反映：", "催办：", "二次反映："]).copied().unwrap_or_default();
        next.record.title = format!("{again}{plain_title}");
    }
    Ok(next)
}

fn record(text: &Text, town: &str, offset: i64) -> SeasonRecord {
    SeasonRecord {
        channel: text.channel,
        external_id: String::new(),
        title: String::new(),
        body: String::new(),
        at_offset_minutes: offset,
        caller_name: None,
        caller_phone: None,
        town: Some(town.to_owned()),
        urgent: text.urgent,
        truth_topic: text.topic.clone(),
        storyline: None,
        upstream_kind: text.kind.clone(),
        office: None,
    }
}

/// Gives the record its caller or writer; the texts' `{name}` and `{phone}` are then theirs.
fn introduce(record: &mut SeasonRecord, slots: &mut Slots, material: &Material, random: &mut Random) {
    let places = &material.places;
    let name = slots::full_name(places, random);
    let phone = slots::phone(random);
    slots.set("name", &name);
    slots.set("phone", &phone);
    match record.channel {
        Channel::News { .. } => {}
        Channel::Hotline => {
            let surname: String = name.chars().take(1).collect();
            record.caller_name = Some(match random.below(4) {
                0 => name,
                1 => format!("{surname}先生"),
                2 => format!("{surname}女士"),
                _ if record.upstream_kind == "举报" => "匿名".to_owned(),
                _ => name,
            });
            record.caller_phone = Some(phone);
        }
        Channel::Complaint => {
            let nickname = random.pick(places.list("nickname")).cloned();
            record.caller_name = if random.chance(65) { nickname } else { Some(name) };
        }
    }
}

/// Writes title and body in the manner of the channel; `opening` replaces the drawn one.
fn tell(
    record: &mut SeasonRecord,
    text: &Text,
    opening: Option<&str>,
    slots: &mut Slots,
    material: &Material,
    random: &mut Random,
) -> Result<()> {
    let places = &material.places;
    record.title = slots.fill(&text.title, places, random)?;
    let body = slots.fill(&text.body, places, random).with_context(|| record.title.clone())?;
    let (openings, details, sentences, closings) = match text.channel {
        Channel::Hotline if !text.plain => (
            places.openings.get(&text.kind),
            &places.details.calls,
            &places.particulars.calls,
            &places.closings,
        ),
        Channel::Complaint if !text.plain => {
            let letters = &places.letters;
            (Some(&letters.openings), &places.details.letters, &places.particulars.letters, &letters.closings)
        }
        _ => {
            record.body = body;
            return Ok(());
        }
    };
    // A text that says itself who calls takes no "来电人反映" before it.
    let says_who = body.chars().take(24).collect::<String>().contains("来电");
    let drawn = openings.filter(|_| !says_who).and_then(|openings| random.pick(openings));
    let opening = opening.unwrap_or(drawn.map_or("", String::as_str));
    let closing =
        closings.get(&text.kind).and_then(|closings| random.pick(closings)).map_or("", String::as_str);
    let particulars = particulars(sentences, text, slots, material, random)?;
    let detail = match details.get(&text.kind) {
        Some(details) if !text.complete && !text.urgent && random.chance(85) => {
            slots.fill(random.pick(details).map_or("", String::as_str), places, random)?
        }
        _ => String::new(),
    };
    record.body = format!("{opening}{body}{detail}{particulars}{closing}");
    Ok(())
}

/// About one call or letter in ten carries a name, number or address behind the matter, unless the text has one or the
/// sender asks to stay unknown.
fn particulars(
    sentences: &[String],
    text: &Text,
    slots: &mut Slots,
    material: &Material,
    random: &mut Random,
) -> Result<String> {
    let told = ["name", "phone", "idcard", "house"].into_iter().any(|slot| slots::names(text, slot));
    let town_has_estates = !material.places.town(&slots.town)?.estates.is_empty();
    if told
        || text.urgent
        || text.kind == "举报"
        || text.kind == "表扬"
        || !town_has_estates
        || !random.chance(11)
    {
        return Ok(String::new());
    }
    let sentence = random.pick(sentences).cloned().unwrap_or_default();
    slots.fill(&sentence, &material.places, random)
}

/// The hotline has named an office for about a third of its calls.
fn office(record: &SeasonRecord, material: &Material, random: &mut Random) -> Option<String> {
    if record.channel != Channel::Hotline || !random.chance(35) {
        return None;
    }
    match material.places.offices.get(&record.truth_topic).map(String::as_str) {
        Some("town") => record.town.clone(),
        office => office.map(str::to_owned),
    }
}
