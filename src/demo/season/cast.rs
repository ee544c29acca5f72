//! Turns one base text into a record: who calls or writes, where, when, and in which words.

use anyhow::{Context, Result};

use super::clockwork::{Clockwork, Rhythm};
use super::material::{Material, Text};
use super::random::Random;
use super::slots::{self, Slots};
use super::{Channel, SeasonRecord};

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
    tell(&mut record, text, &mut slots, material, random)?;
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
    tell(&mut next.record, &first.text, &mut next.slots, material, random)?;
    if same_person {
        let plain_title = next.record.title.trim_start_matches("反映");
        next.record.title = format!("再次反映：{plain_title}");
        next.record.body = match next.record.channel {
            Channel::Complaint => format!("之前在这里写过一次，没有结果，再写一遍。{}", next.record.body),
            _ => format!("来电人此前已来电反映，至今未解决，现再次来电。{}", next.record.body),
        };
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

/// Writes title and body in the manner of the channel.
fn tell(
    record: &mut SeasonRecord,
    text: &Text,
    slots: &mut Slots,
    material: &Material,
    random: &mut Random,
) -> Result<()> {
    let places = &material.places;
    record.title = slots.fill(&text.title, places, random)?;
    let body = slots.fill(&text.body, places, random).with_context(|| record.title.clone())?;
    record.body = match text.channel {
        Channel::News { .. } => body,
        _ if text.plain => body,
        Channel::Hotline => spoken(&body, text, slots, material, random)?,
        Channel::Complaint => written(&body, text, slots, material, random)?,
    };
    Ok(())
}

/// A call as the operator notes it, with an opening unless the text says itself who calls.
fn spoken(
    body: &str,
    text: &Text,
    slots: &mut Slots,
    material: &Material,
    random: &mut Random,
) -> Result<String> {
    let places = &material.places;
    let says_who = body.chars().take(24).collect::<String>().contains("来电");
    let opening = match places.openings.get(&text.kind) {
        Some(openings) if !says_who => random.pick(openings).map_or("", String::as_str),
        _ => "",
    };
    let closing =
        places.closings.get(&text.kind).and_then(|closings| random.pick(closings)).map_or("", String::as_str);
    let particulars = particulars(&places.particulars.calls, text, slots, material, random)?;
    Ok(format!("{opening}{body}{particulars}{closing}"))
}

fn written(
    body: &str,
    text: &Text,
    slots: &mut Slots,
    material: &Material,
    random: &mut Random,
) -> Result<String> {
    let places = &material.places;
    let opening = random.pick(&places.letters.openings).map_or("", String::as_str);
    let closing = places
        .letters
        .closings
        .get(&text.kind)
        .and_then(|closings| random.pick(closings))
        .map_or("", String::as_str);
    let particulars = particulars(&places.particulars.letters, text, slots, material, random)?;
    Ok(format!("{opening}{body}{particulars}{closing}"))
}

/// One call or letter in eight carries a name, number or address behind the matter, unless the text has one or the
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
    if told || text.kind == "举报" || text.kind == "表扬" || !town_has_estates || !random.chance(13) {
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
