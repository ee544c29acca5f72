//! Plans the year's incidents: which matter happens where and when, and who tells of it through which sender. An incident
//! grows quickly, fades slowly, and reaches the channels one after the other.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::book::mix;
use super::senders::{Manner, SENDERS};
use super::words::{Placed, base_text};
use super::year::{DAY_S, DAYS, Year};
use crate::material::random::Random;
use crate::material::slots::Slots;
use crate::material::{Channel, FeedKind, Material, Text};

const FILE: &str = include_str!("../../data/sample/incidents.toml");
/// Records in a hundred that belong to an incident.
const SHARE: u64 = 12;
/// Tellers of the smallest incident.
const SMALLEST: usize = 5;
/// Weights of call, letter, petition, post, news and notice among the tellers.
const MANNERS: [(Manner, u32); 6] = [
    (Manner::Call, 54),
    (Manner::Letter, 20),
    (Manner::Petition, 3),
    (Manner::Post, 15),
    (Manner::News, 6),
    (Manner::Notice, 2),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    incident: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    topic: String,
    months: Vec<i8>,
    days: u32,
    fixed: Vec<String>,
    texts: Vec<Vec<String>>,
}

/// A text of an incident.
#[derive(Debug)]
struct Scene {
    /// Part of the incident's days, from 0 to 1, that passes before it is told.
    from: f64,
    manner: Manner,
    text: Text,
}

#[derive(Debug)]
struct Template {
    id: String,
    months: Vec<i8>,
    days: u32,
    fixed: Vec<String>,
    scenes: Vec<Scene>,
    /// All its texts in one, by which towns are chosen.
    places: Placed,
}

/// A matter that happened.
#[derive(Debug)]
pub(super) struct Incident {
    pub(super) id: String,
    template: usize,
    /// Slots that all its tellers share.
    pub(super) shared: Slots,
}

/// One telling of an incident, still without its words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Telling {
    pub(super) second: u32,
    pub(super) incident: u32,
    pub(super) scene: u16,
    pub(super) seed: u64,
}

/// All incidents of a year.
#[derive(Debug)]
pub(super) struct Incidents {
    templates: Vec<Template>,
    pub(super) happened: Vec<Incident>,
    tellings: BTreeMap<(usize, usize), Vec<Telling>>,
    /// Tellings of each sender.
    pub(super) told: [u64; SENDERS.len()],
}

impl Incidents {
    /// # Errors
    /// When `incidents.toml` is malformed; the message names the incident.
    pub(super) fn plan(items: u64, seed: u64, year: &Year, material: &Material) -> Result<Self> {
        let file: File = toml::from_str(FILE).context("incidents.toml")?;
        let templates = file
            .incident
            .into_iter()
            .map(|row| {
                let id = row.id.clone();
                template(row, material).with_context(|| format!("incidents.toml: {id}"))
            })
            .collect::<Result<Vec<Template>>>()?;
        let mut planned =
            Self { templates, happened: Vec::new(), tellings: BTreeMap::new(), told: [0; SENDERS.len()] };
        let mut random = Random::new(mix(&[seed, items, 0x1AC1_DE47]));
        // Some tellings fall behind the year's end; the goal is reached all the same.
        while planned.told.iter().sum::<u64>() < items * SHARE / 100 {
            planned.happen(items, year, material, &mut random)?;
        }
        Ok(planned)
    }

    fn happen(&mut self, items: u64, year: &Year, material: &Material, random: &mut Random) -> Result<()> {
        let index = random.below(self.templates.len());
        let nth = random.below(10_000);
        let Some(template) = self.templates.get(index) else { bail!("incidents.toml has no incident") };
        let Some(start) = year.day_in(&template.months, nth) else { return Ok(()) };
        let town = template.places.town(random).to_owned();
        let mut shared = Slots::marked(&town, year.day(start)?.date);
        for slot in &template.fixed {
            shared.fill(&format!("{{{slot}}}"), &material.places, random)?;
        }
        let number = self.happened.len();
        let id = format!("{}-{:05}", template.id, number + 1);
        // Most incidents are small, a few are large; a busier county has larger ones.
        let largest = 60 + (items / 2_000).min(600) as usize;
        let of = |random: &mut Random| random.below(1_000_000) as f64 / 1_000_000.0;
        let size = SMALLEST + (of(random).powi(4) * largest as f64) as usize;
        for _ in 0..size {
            self.tell(index, number, start, year, random);
        }
        self.happened.push(Incident { id, template: index, shared });
        Ok(())
    }

    fn tell(&mut self, template: usize, incident: usize, start: usize, year: &Year, random: &mut Random) {
        let Some(template) = self.templates.get(template) else { return };
        let part = grow_and_fade(random);
        let told: Vec<(usize, &Scene)> =
            template.scenes.iter().enumerate().filter(|(_, scene)| scene.from <= part).collect();
        let weights: Vec<u32> = told
            .iter()
            .map(|(_, scene)| {
                let alike = told.iter().filter(|(_, other)| other.manner == scene.manner).count().max(1);
                let weight =
                    MANNERS.iter().find(|(manner, _)| *manner == scene.manner).map_or(0, |(_, w)| *w);
                weight * 100 / alike as u32
            })
            .collect();
        let Some((scene, manner)) =
            told.get(random.weighted(&weights)).map(|(at, scene)| (*at, scene.manner))
        else {
            return;
        };
        let senders: Vec<u32> =
            SENDERS.iter().map(|sender| if sender.manner == manner { sender.share } else { 0 }).collect();
        let sender = random.weighted(&senders);
        let day = start + (part * f64::from(template.days)) as usize;
        let second = second_of_day(manner, random);
        let seed = random.next();
        if day >= DAYS || year.day(day).is_err() {
            return;
        }
        let telling = Telling { second, incident: incident as u32, scene: scene as u16, seed };
        self.tellings.entry((sender, day)).or_default().push(telling);
        if let Some(told) = self.told.get_mut(sender) {
            *told += 1;
        }
    }

    /// The tellings of a sender on a day.
    pub(super) fn on(&self, sender: usize, day: usize) -> &[Telling] {
        self.tellings.get(&(sender, day)).map_or(&[], Vec::as_slice)
    }

    /// The incident and the text of a telling.
    pub(super) fn scene(&self, telling: &Telling) -> Result<(&Incident, &Text)> {
        let incident = self.happened.get(telling.incident as usize).context("no such incident")?;
        let template = self.templates.get(incident.template).context("no such kind of incident")?;
        let scene = template.scenes.get(usize::from(telling.scene)).context("no such scene")?;
        Ok((incident, &scene.text))
    }
}

/// A second of the day by the hours of a manner.
pub(super) fn second_of_day(manner: Manner, random: &mut Random) -> u32 {
    let hour = random.weighted(manner.rhythm().hours()) as i64;
    (hour * 3600 + random.between(0, 3599)).min(DAY_S - 1) as u32
}

/// A part of an incident's days, from 0 up to 1: triangular with its peak at 0.15. Only operations that IEEE 754 makes exact
/// on every machine.
fn grow_and_fade(random: &mut Random) -> f64 {
    const PEAK: f64 = 0.15;
    let part = random.below(1_000_000) as f64 / 1_000_000.0;
    if part < PEAK { (part * PEAK).sqrt() } else { 1.0 - ((1.0 - part) * (1.0 - PEAK)).sqrt() }
}

fn template(row: Row, material: &Material) -> Result<Template> {
    ensure!(material.places.weights.contains_key(&row.topic), "unknown topic {}", row.topic);
    ensure!(row.months.iter().all(|month| (1..=12).contains(month)), "months must be from 1 to 12");
    let mut scenes = Vec::new();
    for cells in &row.texts {
        let [from, manner, kind, title, body, marks @ ..] = cells.as_slice() else {
            bail!("a text has {} cells, at least 5 are needed", cells.len());
        };
        let from: f64 = from.parse().with_context(|| format!("{from} is no part of the incident's days"))?;
        ensure!((0.0..1.0).contains(&from), "{from} is not between 0 and 1");
        let (manner, channel) = manner_of(manner)?;
        let urgent = marks.iter().any(|mark| mark == "urgent");
        scenes.push(Scene { from, manner, text: base_text(channel, &row.topic, kind, title, body, urgent) });
    }
    ensure!(
        scenes.iter().any(|scene| scene.from == 0.0 && scene.manner == Manner::Call),
        "a call is needed that is told from the beginning"
    );
    let all: String = scenes.iter().map(|scene| format!("{}{}", scene.text.title, scene.text.body)).collect();
    let places = Placed::new(base_text(Channel::Hotline, &row.topic, "投诉", "", &all, false), material)?;
    Ok(Template { id: row.id, months: row.months, days: row.days, fixed: row.fixed, scenes, places })
}

fn manner_of(word: &str) -> Result<(Manner, Channel)> {
    Ok(match word {
        "call" => (Manner::Call, Channel::Hotline),
        "letter" => (Manner::Letter, Channel::Complaint),
        "petition" => (Manner::Petition, Channel::Hotline),
        "post" => (Manner::Post, Channel::Complaint),
        "news" => (Manner::News, Channel::News { feed: FeedKind::Rss }),
        "notice" => (Manner::Notice, Channel::News { feed: FeedKind::Json }),
        _ => bail!("unknown manner {word}, allowed are call, letter, petition, post, news and notice"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_peaks_early_and_fades() {
        let mut random = Random::new(1);
        let mut tenths = [0; 10];
        for _ in 0..20_000 {
            tenths[(grow_and_fade(&mut random) * 10.0) as usize] += 1;
        }
        assert!(tenths[1] > tenths[0] && tenths[1] > tenths[3] && tenths[3] > tenths[6], "{tenths:?}");
        assert!(tenths[9] > 0);
    }
}
