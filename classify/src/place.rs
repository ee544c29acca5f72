//! Finds the county's places in a text, by the names and aliases of its gazetteer, and says how sure each is.

use std::collections::{BTreeMap, BTreeSet};

use qingting_models::county::{Gazetteer, PlaceKind, Town};
use qingting_models::records::{PlaceMention, Sureness};
use qingting_models::text::{Normalised, normalise};

use crate::finder::Finder;

/// Names of up to this many characters must stand as words of their own: 东陈 is no place in 房东陈某.
const SHORT: usize = 2;

/// What one name may stand for.
#[derive(Debug, Clone, Default)]
struct Meaning {
    /// The town itself, and by its full name.
    town_itself: bool,
    full_name: bool,
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

/// What is known of the words around names, by the index of a character of the normalised text.
pub(crate) trait Surroundings {
    /// Whether a word begins or ends there.
    fn is_edge(&self, at: usize) -> bool;
    /// Whether the word that ends there names another county, city or district.
    fn follows_elsewhere(&self, at: usize) -> bool;
}

impl PlaceFinder {
    pub(crate) fn new(gazetteer: &Gazetteer) -> Self {
        let mut names: BTreeMap<String, Meaning> = BTreeMap::new();
        for place in gazetteer.places() {
            for name in std::iter::once(&place.name).chain(&place.aliases) {
                let meaning = names.entry(normalise(name).text).or_default();
                meaning.town_itself |= place.kind == PlaceKind::Town;
                meaning.full_name |= place.kind == PlaceKind::Town && *name == place.name;
                meaning.anywhere |= place.town.is_none();
                meaning.towns.extend(place.town.clone());
                meaning.name.clone_from(&place.name);
            }
        }
        names.remove("");
        let (names, meanings): (Vec<_>, Vec<_>) = names.into_iter().unzip();
        Self { finder: Finder::new(names), meanings }
    }

    /// The places of a text, the surest first and of equally sure ones the earlier; each name once a town, as where it is
    /// surest. How sure a place is follows from the first of the rules of [`Sureness`] that it meets.
    pub(crate) fn find(&self, text: &Normalised, around: &impl Surroundings) -> Vec<PlaceMention> {
        let found = self.matches(&text.text, around);
        let near: Vec<(usize, &Town)> = found
            .iter()
            .filter(|f| f.meaning.town_itself || !f.meaning.anywhere)
            .filter_map(|f| Some((f.start, only(&f.meaning.towns)?)))
            .collect();
        let mut mentions: Vec<PlaceMention> = Vec::new();
        for (at, place) in found.iter().enumerate() {
            let town = town_of(place, &near);
            let before = at.checked_sub(1).map(|before| &found[before]);
            let confidence = sureness(place, before, town.as_ref(), &near, around).confidence();
            let source = text.source(place.start..place.end);
            let name = place.meaning.name.clone();
            match mentions.iter_mut().find(|m| m.name == name && m.town == town) {
                Some(known) if known.confidence >= confidence => {}
                Some(known) => {
                    *known = PlaceMention { town, name, start: source.start, end: source.end, confidence }
                }
                None => mentions.push(PlaceMention {
                    town,
                    name,
                    start: source.start,
                    end: source.end,
                    confidence,
                }),
            }
        }
        mentions.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(a.start.cmp(&b.start)));
        mentions
    }

    fn matches(&self, text: &str, around: &impl Surroundings) -> Vec<Found<'_>> {
        let (mut bytes, mut chars) = (0, 0);
        let mut found = Vec::new();
        for (hit, name) in self.finder.find(text) {
            chars += text[bytes..hit.start].chars().count();
            bytes = hit.start;
            let end = chars + text[hit].chars().count();
            if end - chars > SHORT || (around.is_edge(chars) && around.is_edge(end)) {
                found.push(Found { start: chars, end, meaning: &self.meanings[name] });
            }
        }
        found
    }
}

/// How sure a place is, by the name found right before it, its town, and the towns that the text names.
fn sureness(
    place: &Found<'_>,
    before: Option<&Found<'_>>,
    town: Option<&Town>,
    near: &[(usize, &Town)],
    around: &impl Surroundings,
) -> Sureness {
    let meaning = place.meaning;
    if around.follows_elsewhere(place.start) {
        return Sureness::Elsewhere;
    }
    let Some(town) = town else { return Sureness::TownOpen };
    let is_its_town =
        |before: &&Found<'_>| before.meaning.town_itself && only(&before.meaning.towns) == Some(town);
    let is_whole = before.filter(is_its_town).is_some_and(|before| before.end == place.start);
    if is_whole || (meaning.full_name && meaning.towns.len() == 1) {
        return Sureness::WholeAddress;
    }
    if !meaning.anywhere && meaning.towns.len() == 1 || meaning.town_itself {
        return if place.end - place.start > SHORT { Sureness::OneMeaning } else { Sureness::ShortName };
    }
    let named = near.iter().map(|(_, town)| *town);
    let possible: BTreeSet<&Town> =
        named.filter(|town| meaning.anywhere || meaning.towns.contains(*town)).collect();
    if possible.len() == 1 { Sureness::ByContext } else { Sureness::ByNearness }
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

    /// Words begin and end where the first says; the word that ends where the second says names another county.
    struct Around<F: Fn(usize) -> bool>(F, Option<usize>);

    impl<F: Fn(usize) -> bool> Surroundings for Around<F> {
        fn is_edge(&self, at: usize) -> bool {
            (self.0)(at)
        }

        fn follows_elsewhere(&self, at: usize) -> bool {
            self.1 == Some(at)
        }
    }

    fn mentions(gazetteer: &Gazetteer, text: &str, elsewhere: Option<usize>) -> Vec<PlaceMention> {
        PlaceFinder::new(gazetteer).find(&normalise(text), &Around(|_| true, elsewhere))
    }

    fn find(text: &str, edges: impl Fn(usize) -> bool) -> Vec<(String, Option<String>, String)> {
        let county = County::embedded().unwrap();
        let chars: Vec<char> = text.chars().collect();
        PlaceFinder::new(&county.gazetteer)
            .find(&normalise(text), &Around(edges, None))
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

    /// A name of two towns, one of a single one, a road that may lie anywhere.
    fn gazetteer() -> Gazetteer {
        let text = "name,kind,town,aliases\n石浦镇,town,石浦镇,石浦|石浦港\n西周镇,town,西周镇,西周\n\
                    新兴村,village,石浦镇,\n新兴村,village,西周镇,\n望海花园,estate,石浦镇,\n建设路,road,,\n";
        Gazetteer::parse("places.csv", text, &County::embedded().unwrap().departments).unwrap()
    }

    #[test]
    fn each_place_says_how_sure_it_is_by_the_first_rule_that_it_meets() {
        let sureness = |text: &str, name: &str| {
            let found = mentions(&gazetteer(), text, None);
            let place = found.into_iter().find(|m| m.name == name).unwrap();
            (place.confidence, place.town.map(Town::into_string))
        };
        let (shipu, xizhou) = (Some("石浦镇".to_owned()), Some("西周镇".to_owned()));
        for (text, name, expected, town) in [
            ("石浦镇的路灯", "石浦镇", Sureness::WholeAddress, &shipu),
            ("西周新兴村停水", "新兴村", Sureness::WholeAddress, &xizhou),
            ("石浦建设路停水", "建设路", Sureness::WholeAddress, &shipu),
            ("望海花园停水", "望海花园", Sureness::OneMeaning, &shipu),
            ("石浦港停水", "石浦镇", Sureness::OneMeaning, &shipu),
            ("石浦停水", "石浦镇", Sureness::ShortName, &shipu),
            ("新兴村停水，西周也停", "新兴村", Sureness::ByContext, &xizhou),
            ("望海花园外的建设路不亮", "建设路", Sureness::ByContext, &shipu),
            ("石浦的人到西周，新兴村停水", "新兴村", Sureness::ByNearness, &xizhou),
            ("新兴村停水", "新兴村", Sureness::TownOpen, &None),
            ("建设路停水", "建设路", Sureness::TownOpen, &None),
        ] {
            assert_eq!(sureness(text, name), (expected.confidence(), town.clone()), "{text}");
        }
    }

    #[test]
    fn the_surest_place_comes_first_and_a_name_counts_as_where_it_is_surest() {
        let found = mentions(&gazetteer(), "建设路停水，建设路在石浦镇，石浦镇建设路", None);
        let told: Vec<(&str, usize)> = found.iter().map(|m| (m.name.as_str(), m.start)).collect();
        assert_eq!(told, [("石浦镇", 10), ("建设路", 17)]);
        assert!(found.iter().all(|m| m.confidence == Sureness::WholeAddress.confidence()));
    }

    #[test]
    fn a_place_of_another_county_is_hardly_one_of_ours() {
        let found = mentions(&gazetteer(), "宁海县建设路停水，石浦也停", Some(3));
        let told: Vec<(&str, bool)> = found.iter().map(|m| (m.name.as_str(), m.is_sure())).collect();
        assert_eq!(told, [("石浦镇", true), ("建设路", false)]);
    }
}
