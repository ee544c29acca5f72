//! Finds the county's places in a text, by the names and aliases of its gazetteer.

use std::collections::{BTreeMap, BTreeSet};

use qingting_models::county::{Gazetteer, PlaceKind, Town};
use qingting_models::records::PlaceMention;
use qingting_models::text::{Normalised, normalise};

use crate::finder::Finder;

/// Names of up to this many characters must stand as words of their own: 东陈 is no place in 房东陈某.
const SHORT: usize = 2;

/// What one name may stand for.
#[derive(Debug, Clone, Default)]
struct Meaning {
    /// The town's own name.
    town_itself: bool,
    /// The towns it may lie in.
    towns: BTreeSet<Town>,
    /// It may also be a place whose town is not known, such as a road.
    anywhere: bool,
    /// The name in the gazetteer, which an alias stands for; empty when there are several.
    name: String,
}

/// All names, and what each may stand for.
pub(crate) struct PlaceFinder {
    finder: Finder,
    meanings: Vec<Meaning>,
}

/// A name found in a normalised text, by characters.
struct Found<'a> {
    start: usize,
    end: usize,
    meaning: &'a Meaning,
}

impl PlaceFinder {
    pub(crate) fn new(gazetteer: &Gazetteer) -> Self {
        let mut names: BTreeMap<String, Meaning> = BTreeMap::new();
        for place in gazetteer.places() {
            for name in std::iter::once(&place.name).chain(&place.aliases) {
                let meaning = names.entry(normalise(name).text).or_default();
                meaning.town_itself |= place.kind == PlaceKind::Town;
                meaning.anywhere |= place.town.is_none();
                meaning.towns.extend(place.town.clone());
                meaning.name.clone_from(&place.name);
            }
        }
        names.remove("");
        let (names, meanings): (Vec<_>, Vec<_>) = names.into_iter().unzip();
        Self { finder: Finder::new(names), meanings }
    }

    /// The places of a text in their order, each name once a town. `word_edges` tells for a character
    /// index of the normalised text whether a word begins or ends there.
    pub(crate) fn find(&self, text: &Normalised, word_edges: impl Fn(usize) -> bool) -> Vec<PlaceMention> {
        let found = self.matches(&text.text, word_edges);
        let near: Vec<(usize, &Town)> = found
            .iter()
            .filter(|f| f.meaning.town_itself || !f.meaning.anywhere)
            .filter_map(|f| Some((f.start, only(&f.meaning.towns)?)))
            .collect();
        let mut mentions: Vec<PlaceMention> = Vec::new();
        for place in &found {
            let town = town_of(place, &near);
            let source = text.source(place.start..place.end);
            let name = place.meaning.name.clone();
            if !mentions.iter().any(|m| m.name == name && m.town == town) {
                mentions.push(PlaceMention { town, name, start: source.start, end: source.end });
            }
        }
        mentions
    }

    fn matches(&self, text: &str, word_edges: impl Fn(usize) -> bool) -> Vec<Found<'_>> {
        let (mut bytes, mut chars) = (0, 0);
        let mut found = Vec::new();
        for (hit, name) in self.finder.find(text) {
            chars += text[bytes..hit.start].chars().count();
            bytes = hit.start;
            let end = chars + text[hit].chars().count();
            if end - chars > SHORT || (word_edges(chars) && word_edges(end)) {
                found.push(Found { start: chars, end, meaning: &self.meanings[name] });
            }
        }
        found
    }
}

/// The town of a place: its only one; of several, one that the text names too, the nearest before
/// the first after. A place that may lie anywhere takes its town from the text only when the text
/// speaks of one town alone.
fn town_of(place: &Found<'_>, near: &[(usize, &Town)]) -> Option<Town> {
    let meaning = place.meaning;
    if meaning.town_itself || !meaning.anywhere {
        if let Some(town) = only(&meaning.towns) {
            return Some(town.clone());
        }
        let among = || near.iter().filter(|(_, town)| meaning.towns.contains(*town));
        let before = among().rev().find(|(start, _)| *start <= place.start);
        return before.or_else(|| among().next()).map(|(_, town)| (*town).clone());
    }
    let named: BTreeSet<Town> = near.iter().map(|(_, town)| (*town).clone()).collect();
    only(&named).cloned()
}

fn only(towns: &BTreeSet<Town>) -> Option<&Town> {
    if towns.len() == 1 { towns.first() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qingting_models::county::County;

    fn find(text: &str, edges: impl Fn(usize) -> bool) -> Vec<(String, Option<String>, String)> {
        let county = County::embedded().unwrap();
        let chars: Vec<char> = text.chars().collect();
        PlaceFinder::new(&county.gazetteer)
            .find(&normalise(text), edges)
            .into_iter()
            .map(|m| (m.name, m.town.map(Town::into_string), chars[m.start..m.end].iter().collect()))
            .collect()
    }

    #[test]
    fn an_alias_gives_the_town_and_points_at_the_text_as_written() {
        let found = find("請問石浦港的路燈", |_| true);
        assert_eq!(found, [("石浦镇".to_owned(), Some("石浦镇".to_owned()), "石浦港".to_owned())]);
    }

    #[test]
    fn a_road_takes_its_town_from_the_text_only_when_there_is_one() {
        let town = |text: &str| find(text, |_| true).into_iter().find(|m| m.0 == "建设路").unwrap().1;
        assert_eq!(town("建设路的路灯不亮"), None);
        assert_eq!(town("石浦镇建设路的路灯不亮"), Some("石浦镇".to_owned()));
        assert_eq!(town("石浦镇和西周镇都有建设路"), None);
    }

    #[test]
    fn a_short_name_inside_other_words_is_no_place() {
        assert!(find("房东陈某不退押金", |edge| edge != 1).is_empty());
        assert_eq!(find("东陈的路灯", |_| true)[0].0, "东陈乡");
    }
}
