//! The year as a book that can be opened at any page: every record is a function of the seed, its sender, its day and its
//! place on that day, so nothing but the plan is kept in memory.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use anyhow::{Context, Result};
use qingting_models::county::County;

use super::incidents::{Incidents, Telling, second_of_day};
use super::senders::{Manner, SENDERS, Sender};
use super::telling::{self, Record};
use super::words::{Pools, Words, words};
use super::year::{Day, Year};
use crate::material::random::Random;
use crate::material::slots::Slots;
use crate::material::{Material, Text, material};

/// Ordinary calls, letters and petitions in a hundred that tell an earlier matter again.
const REPEATS: usize = 6;
/// Of those, in a hundred, told by the same person.
const SAME_PERSON: usize = 60;
/// Pages kept open.
const OPEN_PAGES: usize = 96;

/// Mixes numbers into one seed.
pub(super) fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0x51EE_D5A7, |mixed, part| Random::new(mixed ^ part.rotate_left(17)).next())
}

/// A record on its day, still without words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planned {
    /// Second of the day; rising within the day and never the same twice.
    pub(super) second: u32,
    pub(super) origin: Origin,
    pub(super) seed: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    Ordinary,
    Incident(Telling),
}

type Page = Rc<Vec<Planned>>;

pub(super) struct Book {
    pub(super) year: Year,
    pub(super) material: Material,
    pub(super) words: Words,
    pub(super) county: County,
    pools: Pools,
    pub(super) incidents: Incidents,
    counts: Vec<Vec<u32>>,
    seed: u64,
    pages: RefCell<HashMap<(usize, usize), Page>>,
}

impl Book {
    /// Plans the year.
    ///
    /// # Errors
    /// When an embedded file is malformed.
    pub(super) fn plan(items: u64, seed: u64, year: Year, county: County) -> Result<Self> {
        let material = material()?;
        year.check(&material.places.weights)?;
        let incidents = Incidents::plan(items, seed, &year, &material)?;
        let mut counts = Vec::new();
        for (sender, told) in SENDERS.iter().zip(incidents.told) {
            let share = share_of(items, sender);
            counts.push(year.counts(sender.manner.rhythm(), share.saturating_sub(told)));
        }
        let mut book = Self {
            pools: Pools::of(&material)?,
            words: words()?,
            pages: RefCell::default(),
            year,
            material,
            county,
            incidents,
            counts,
            seed,
        };
        book.even_out(items)?;
        Ok(book)
    }

    /// Shares are rounded and incidents may exceed a small sender's; the first sender makes up for it.
    fn even_out(&mut self, items: u64) -> Result<()> {
        let ordinary: u64 = self.counts.iter().flatten().map(|count| u64::from(*count)).sum();
        let planned = ordinary + self.incidents.told.iter().sum::<u64>();
        let first: u64 = self.counts.first().into_iter().flatten().map(|count| u64::from(*count)).sum();
        let rhythm = SENDERS[0].manner.rhythm();
        let wanted = (first + items).checked_sub(planned).context("the incidents are more than the items")?;
        self.counts[0] = self.year.counts(rhythm, wanted);
        Ok(())
    }

    /// A seed of a purpose of its own.
    pub(super) fn seed(&self, parts: &[u64]) -> u64 {
        mix(&[self.seed, mix(parts)])
    }

    /// The records of a sender on a day in the order of their times.
    pub(super) fn page(&self, sender: usize, day: usize) -> Result<Page> {
        if let Some(page) = self.pages.borrow().get(&(sender, day)) {
            return Ok(Rc::clone(page));
        }
        let who = SENDERS.get(sender).context("no such sender")?;
        let count = self.counts.get(sender).and_then(|days| days.get(day)).copied().unwrap_or_default();
        let mut random = Random::new(self.seed(&[sender as u64, day as u64]));
        let mut page: Vec<Planned> = (0..count)
            .map(|_| Planned {
                second: second_of_day(who.manner, &mut random),
                origin: Origin::Ordinary,
                seed: random.next(),
            })
            .collect();
        page.extend(self.incidents.on(sender, day).iter().map(|telling| Planned {
            second: telling.second,
            origin: Origin::Incident(*telling),
            seed: telling.seed,
        }));
        page.sort_by_key(|planned| (planned.second, planned.seed));
        let mut earliest = 0;
        for planned in &mut page {
            planned.second = planned.second.max(earliest);
            earliest = planned.second + 1;
        }
        let page = Rc::new(page);
        let mut pages = self.pages.borrow_mut();
        if pages.len() >= OPEN_PAGES {
            pages.clear();
        }
        pages.insert((sender, day), Rc::clone(&page));
        Ok(page)
    }

    /// The record at a place of a page, with its words.
    pub(super) fn record(&self, sender: usize, day: usize, place: usize) -> Result<Record> {
        let who = SENDERS.get(sender).context("no such sender")?;
        let page = self.page(sender, day)?;
        let planned = page.get(place).context("no such record")?;
        let on = self.year.day(day)?;
        let mut record = match planned.origin {
            Origin::Incident(telling) => self.of_incident(who, &on, &telling)?,
            Origin::Ordinary => {
                let mut random = Random::new(planned.seed);
                let repeats = matches!(who.manner, Manner::Call | Manner::Letter | Manner::Petition);
                match repeats && random.chance(REPEATS) {
                    true => self.told_again(sender, who, day, &on, random)?,
                    false => self.ordinary(who, &on, planned.seed)?,
                }
            }
        };
        record.at = on.start + i64::from(planned.second);
        record.seed = planned.seed;
        record.external_id = external_id(who, &on, place);
        Ok(record)
    }

    /// A matter that is told for the first time.
    fn ordinary(&self, who: &Sender, on: &Day, seed: u64) -> Result<Record> {
        let mut random = Random::new(seed);
        // The draw that decides about telling again.
        random.chance(REPEATS);
        let city = who.channel == qingting_models::records::Channel::News && who.code != "rongmei";
        let placed = self.pools.draw(who.manner, city, on, &self.year, &mut random)?;
        let town = placed.town(&mut random).to_owned();
        let mut slots = Slots::marked(&town, on.date);
        telling::tell(self, who, &placed.text, &mut slots, None, &mut random)
    }

    fn of_incident(&self, who: &Sender, on: &Day, telling: &Telling) -> Result<Record> {
        let (incident, text) = self.incidents.scene(telling)?;
        let mut slots = incident.shared.clone();
        slots.move_to(on.date);
        let mut random = Random::new(telling.seed);
        let mut record = telling::tell(self, who, text, &mut slots, None, &mut random)?;
        record.incident = Some(incident.id.clone());
        Ok(record)
    }

    /// An earlier ordinary matter of the same sender again: by the same person with a reminder, or by another.
    fn told_again(
        &self,
        sender: usize,
        who: &Sender,
        day: usize,
        on: &Day,
        mut random: Random,
    ) -> Result<Record> {
        let before = day.saturating_sub(1 + random.below(9));
        let page = self.page(sender, before)?;
        let place = random.below(page.len());
        let first = page.get(place).filter(|_| before < day);
        let (Some(first), true) = (first, matches!(first.map(|f| f.origin), Some(Origin::Ordinary))) else {
            return self.ordinary(who, on, random.next());
        };
        let seed = first.seed;
        if Random::new(seed).chance(REPEATS) {
            return self.ordinary(who, on, random.next());
        }
        let (text, slots) = self.matter(who, &self.year.day(before)?, seed)?;
        if text.plain || text.urgent {
            return self.ordinary(who, on, random.next());
        }
        let mut slots = slots;
        slots.move_to(on.date);
        let same_person = random.chance(SAME_PERSON);
        let mut record = telling::tell(self, who, &text, &mut slots, Some(same_person), &mut random)?;
        record.repeats = Some(external_id(who, &self.year.day(before)?, place));
        Ok(record)
    }

    /// The text and the slots of an ordinary matter as they were when it was first told.
    fn matter(&self, who: &Sender, on: &Day, seed: u64) -> Result<(Text, Slots)> {
        let mut random = Random::new(seed);
        random.chance(REPEATS);
        let placed = self.pools.draw(who.manner, false, on, &self.year, &mut random)?;
        let town = placed.town(&mut random).to_owned();
        let mut slots = Slots::marked(&town, on.date);
        telling::tell(self, who, &placed.text, &mut slots, None, &mut random)?;
        Ok((placed.text.clone(), slots))
    }
}

fn share_of(items: u64, sender: &Sender) -> u64 {
    items * u64::from(sender.share) / 1000
}

/// The id that a sender gives: unique within it, and telling nothing but the day.
fn external_id(who: &Sender, on: &Day, place: usize) -> String {
    let day = on.date.strftime("%Y%m%d");
    match who.manner {
        Manner::Call => format!("{}{day}{:05}", if who.code == "12345" { "XS" } else { "DH" }, place + 1),
        Manner::Letter => format!("LY{day}{:05}", place + 1),
        Manner::Petition => format!("XF{day}-{:04}", place + 1),
        Manner::Post => format!("tag:luntan.example,{}:{day}/{}", on.date.year(), place + 1),
        Manner::News if who.code == "minsheng" => format!("urn:minsheng:{day}-{:04}", place + 1),
        Manner::News => format!("{}-{day}-{:04}", who.code, place + 1),
        Manner::Notice => format!("http://www.bumen.example/art/{day}/{}.html", place + 1),
    }
}
