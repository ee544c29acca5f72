//! Decides what a season of a given size is made of: channels, topics, storylines and repeated matters.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use jiff::Timestamp;

use super::cast::{self, Cast};
use super::clockwork::Clockwork;
use super::{Channel, FeedKind, SeasonRecord};
use crate::material::random::Random;
use crate::material::slots;
use crate::material::{Material, Storyline, Text, Town};

/// Shares of calls, letters and news in a hundred items.
const CHANNELS: [u32; 3] = [55, 30, 15];
/// The size of a season that tells each storyline exactly once.
const TOLD_ONCE: usize = 600;
/// Ordinary calls and letters in a hundred that tell an earlier matter again.
const REPEATS: usize = 6;

struct Mixer<'a> {
    material: &'a Material,
    clockwork: Clockwork,
    random: Random,
    towns_used: BTreeMap<String, Vec<String>>,
}

/// All records of a season, sorted by time, with their external ids.
pub(super) fn records(
    material: &Material,
    items: usize,
    seed: u64,
    end: Timestamp,
) -> Result<Vec<SeasonRecord>> {
    let mut mixer = Mixer {
        material,
        clockwork: Clockwork::ending(end),
        random: Random::new(seed ^ 0x5EA5_0000 ^ items as u64),
        towns_used: BTreeMap::new(),
    };
    let mut records = mixer.storylines(items)?;
    let shares = shares(items, &CHANNELS);
    for (index, texts) in [&material.calls, &material.letters, &material.news].into_iter().enumerate() {
        let told = records.iter().filter(|record| place_of(record.channel) == index).count();
        let left = shares.get(index).copied().unwrap_or(0).saturating_sub(told);
        records.extend(if index == 2 { mixer.news(texts, left)? } else { mixer.ordinary(texts, left)? });
    }
    records.sort_by(|a, b| (a.at_offset_minutes, &a.body).cmp(&(b.at_offset_minutes, &b.body)));
    number(&mut records, &mixer.clockwork, &mut mixer.random);
    Ok(records)
}

fn place_of(channel: Channel) -> usize {
    match channel {
        Channel::Hotline => 0,
        Channel::Complaint => 1,
        Channel::News { .. } => 2,
    }
}

/// Splits a total by weights with the largest remainder, so that the shares add up exactly.
fn shares(total: usize, weights: &[u32]) -> Vec<usize> {
    let sum = weights.iter().sum::<u32>().max(1) as usize;
    let mut shares: Vec<usize> = weights.iter().map(|weight| total * *weight as usize / sum).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(total * weights[*index] as usize % sum));
    let missing = total - shares.iter().sum::<usize>();
    for index in order.into_iter().take(missing) {
        shares[index] += 1;
    }
    shares
}

impl Mixer<'_> {
    fn storylines(&mut self, items: usize) -> Result<Vec<SeasonRecord>> {
        let material = self.material;
        let mut records = Vec::new();
        for storyline in &material.storylines {
            records.extend(self.storyline(storyline, items)?);
        }
        Ok(records)
    }

    /// A small season tells evenly chosen scenes; a large one lets more people report what the scenes tell.
    fn storyline(&mut self, storyline: &Storyline, items: usize) -> Result<Vec<SeasonRecord>> {
        let scenes = &storyline.scenes;
        let wanted = (scenes.len() * items).div_ceil(TOLD_ONCE).max(2);
        let first = wanted.min(scenes.len());
        let moved = storyline.midweek.map_or(0, |day| self.clockwork.midweek_shift(day));
        let mut records = Vec::new();
        let mut voices = Vec::new();
        for index in 0..first {
            let scene = &scenes[index * scenes.len() / first];
            let offset = self.clockwork.fixed(scene.days_before + moved as f64);
            let cast = self.cast(&scene.text, &storyline.town, offset)?;
            if place_of(cast.record.channel) != 2 && scene.text.kind != "表扬" {
                voices.push(cast.clone());
            }
            records.push(cast.record);
        }
        for _ in first..wanted {
            let Some(voice) = self.random.pick(&voices).cloned() else { break };
            let later = (voice.record.at_offset_minutes + self.random.between(-300, 1800)).min(-5);
            records.push(cast::again(&voice, later, false, self.material, &mut self.random)?.record);
        }
        for record in &mut records {
            record.storyline = Some(storyline.id.clone());
        }
        Ok(records)
    }

    /// Calls or letters by the topics' weights; some of them repeat an earlier matter.
    fn ordinary(&mut self, texts: &[Text], count: usize) -> Result<Vec<SeasonRecord>> {
        let repeats = count * REPEATS / 100;
        let topics: Vec<(&String, u32)> =
            self.material.places.weights.iter().map(|(topic, weight)| (topic, *weight)).collect();
        let weights: Vec<u32> = topics.iter().map(|(_, weight)| *weight).collect();
        let mut casts = Vec::new();
        for ((topic, _), share) in topics.iter().zip(shares(count - repeats, &weights)) {
            let deck: Vec<&Text> = texts.iter().filter(|text| &&text.topic == topic).collect();
            casts.extend(self.deal(deck, share)?);
        }
        let repeated = self.repeats(&casts, repeats)?;
        Ok(casts.into_iter().chain(repeated).map(|cast| cast.record).collect())
    }

    fn news(&mut self, texts: &[Text], count: usize) -> Result<Vec<SeasonRecord>> {
        let casts = self.deal(texts.iter().collect(), count)?;
        Ok(casts.into_iter().map(|cast| cast.record).collect())
    }

    /// Goes through the texts in a shuffled order, again and again, until enough are told.
    fn deal(&mut self, mut deck: Vec<&Text>, count: usize) -> Result<Vec<Cast>> {
        self.random.shuffle(&mut deck);
        let mut casts = Vec::with_capacity(count);
        for text in deck.iter().cycle().take(count) {
            let town = self.town(text)?;
            let offset = self.clockwork.draw(cast::rhythm(text.channel), &mut self.random);
            casts.push(self.cast(text, &town, offset)?);
        }
        Ok(casts)
    }

    fn repeats(&mut self, casts: &[Cast], count: usize) -> Result<Vec<Cast>> {
        let open: Vec<&Cast> = casts
            .iter()
            .filter(|cast| cast.text.kind == "投诉" && !cast.text.plain && !cast.text.urgent)
            .collect();
        let mut repeated = Vec::with_capacity(count);
        for _ in 0..count {
            let first = *self.random.pick(&open).context("no complaint to repeat")?;
            let same_person = self.random.chance(60);
            let days = if same_person { self.random.between(3, 9) } else { self.random.between(0, 4) };
            let later = first.record.at_offset_minutes + days * 1440 + self.random.between(-90, 90);
            // What happened too late to be repeated before the end is told by somebody else on the same day instead.
            let same_person = same_person && later < 0;
            let later = if later < 0 { later } else { first.record.at_offset_minutes / 2 - 1 };
            repeated.push(cast::again(first, later, same_person, self.material, &mut self.random)?);
        }
        Ok(repeated)
    }

    fn cast(&mut self, text: &Text, town: &str, offset: i64) -> Result<Cast> {
        cast::cast(text, town, offset, &self.clockwork, self.material, &mut self.random)
    }

    /// A town that has what the text needs, by population; another one when the text is told again.
    fn town(&mut self, text: &Text) -> Result<String> {
        let towns: Vec<&Town> = slots::towns_for(text, &self.material.places);
        let used = self.towns_used.entry(text.body.clone()).or_default();
        if used.len() >= towns.len() {
            used.clear();
        }
        let weights: Vec<u32> =
            towns.iter().map(|town| if used.contains(&town.name) { 0 } else { town.weight }).collect();
        let town = towns
            .get(self.random.weighted(&weights))
            .with_context(|| format!("no town fits: {}", text.title))?;
        used.push(town.name.clone());
        Ok(town.name.clone())
    }
}

/// Gives each record the id its source would give: rising, with gaps, and unique within the source.
fn number(records: &mut [SeasonRecord], clockwork: &Clockwork, random: &mut Random) {
    let mut serials: BTreeMap<String, i64> = BTreeMap::new();
    let mut letter = 204_310;
    for record in records {
        let day = clockwork.local(record.at_offset_minutes).date().strftime("%Y%m%d").to_string();
        let (prefix, start, step) = match record.channel {
            Channel::Hotline => (format!("XS{day}"), 20, 9),
            Channel::News { feed: FeedKind::Rss } => (format!("xsrm-{day}-"), 0, 4),
            Channel::News { feed: FeedKind::Atom } => (format!("urn:nbms:{day}-"), 100, 30),
            Channel::News { feed: FeedKind::Json } => (format!("bmdt-{day}-"), 0, 3),
            Channel::Complaint => {
                letter += random.between(1, 7);
                record.external_id = format!("WZ{letter}");
                continue;
            }
        };
        let serial = serials.entry(prefix.clone()).or_insert(start);
        *serial += random.between(1, step);
        record.external_id = format!("{prefix}{serial:04}");
    }
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn shares_add_up_and_follow_the_weights() {
        assert_eq!(shares(600, &[55, 30, 15]), [330, 180, 90]);
        assert_eq!(shares(61, &[55, 30, 15]).iter().sum::<usize>(), 61);
        assert_eq!(shares(10, &[1, 1, 1]), [4, 3, 3]);
    }
}
