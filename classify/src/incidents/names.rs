//! Where a text is likely to name its place or the body it is about.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use qingting_models::records::PlaceMention;
use qingting_models::text::normalise;

use crate::features::word_hash;
use crate::judge::Input;
use crate::segment::place_code_length;

const ENDINGS: &str = include_str!("../../data/name-endings.txt");
/// How far into the body is looked: letters say at the start where it is.
const OF_BODY: usize = 260;
/// How many characters after a town belong to what is named there, and how many such windows of a body count.
const AFTER_TOWN: usize = 8;
const MOST_AFTER_TOWN: usize = 4;
/// How many characters before an ending belong to the name.
const BEFORE_ENDING: std::ops::RangeInclusive<usize> = 2..=5;
/// The length of a name with its ending.
const MOST_OF_NAME: usize = 7;

/// What was found; hashes in rising order.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    /// Pieces of text that are likely to hold names.
    pub windows: Vec<String>,
    pub towns: Vec<u32>,
    pub regions: Vec<u32>,
}

/// Looks for names in the title and the first characters of the body. `places` are those that the gazetteer knows, in
/// characters of title, newline and body as written.
pub(super) fn find(input: &Input<'_>, places: &[PlaceMention]) -> Found {
    let beginning: String = input.body.chars().take(OF_BODY).collect();
    let title = normalise(input.title).text;
    let body = normalise(&beginning).text;
    let (mut towns, mut regions) = (BTreeSet::new(), BTreeSet::new());
    let mut windows = Vec::new();
    for (text, most) in [(&title, usize::MAX), (&body, MOST_AFTER_TOWN)] {
        let chars: Vec<char> = text.chars().collect();
        windows.extend(after_codes(&chars, &mut towns, &mut regions).into_iter().take(most));
        windows.extend(before_endings(text, &chars));
    }
    for place in places {
        towns.extend(place.town.as_ref().map(|town| word_hash(town.as_str())));
    }
    let written: Vec<char> = input.title.chars().chain(['\n']).chain(beginning.chars()).collect();
    for place in places.iter().take(MOST_AFTER_TOWN) {
        let after: String = written.iter().skip(place.end).take(AFTER_TOWN).collect();
        let name: String =
            written.iter().skip(place.start).take(place.end.saturating_sub(place.start)).collect();
        // A town by its own name is where, not what.
        if place.town.as_ref().is_none_or(|town| !town.as_str().starts_with(&place.name)) {
            windows.push(normalise(&name).text);
        }
        windows.push(normalise(after.split('\n').next().unwrap_or_default()).text);
    }
    Found { windows, towns: towns.into_iter().collect(), regions: regions.into_iter().collect() }
}

/// Letters that stand for places in published texts (`A3区`, `B市`) are districts and their cities; what follows is named.
fn after_codes(chars: &[char], towns: &mut BTreeSet<u32>, regions: &mut BTreeSet<u32>) -> Vec<String> {
    let mut windows = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let length = place_code_length(&chars[at..], at.checked_sub(1).map(|before| chars[before]));
        if length == 0 {
            at += 1;
            continue;
        }
        if chars[at].is_ascii_alphabetic() {
            let code: String = chars[at..at + length - 1].iter().collect();
            regions.insert(word_hash(&code[..1]));
            if code.len() > 1 {
                towns.insert(word_hash(&code));
            }
        }
        at += length;
        windows.push(chars[at..].iter().take(AFTER_TOWN).collect());
    }
    windows
}

fn before_endings(text: &str, chars: &[char]) -> Vec<String> {
    static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let endings = ENDINGS.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(endings).ok()
    });
    let Some(finder) = &*FINDER else { return Vec::new() };
    let mut windows = Vec::new();
    let (mut bytes, mut characters) = (0, 0);
    for found in finder.find_iter(text) {
        characters += text[bytes..found.start()].chars().count();
        bytes = found.start();
        let before = chars[..characters].iter().rev().take(*BEFORE_ENDING.end());
        let before = before.take_while(|c| c.is_alphanumeric() && !c.is_ascii_alphabetic()).count();
        if before < *BEFORE_ENDING.start() {
            continue;
        }
        let length = before + text[found.range()].chars().count();
        let name = &chars[characters - before..characters - before + length];
        windows.push(name[length.saturating_sub(MOST_OF_NAME)..].iter().collect());
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;
    use qingting_models::records::Channel;

    fn found(title: &str, body: &str) -> Found {
        find(&Input { title, body, channel: Channel::Complaint }, &[])
    }

    #[test]
    fn what_follows_a_district_and_what_stands_before_an_ending_are_names() {
        let found = found("A3区青松湾小区油烟扰民", "住在丁香路边");
        assert!(found.windows.iter().any(|w| w.starts_with("青松湾小区")), "{found:?}");
        assert!(found.windows.iter().any(|w| w.ends_with("青松湾小区")), "{found:?}");
        assert!(found.windows.iter().any(|w| w.ends_with("丁香路")), "{found:?}");
        assert_eq!((found.towns.len(), found.regions.len()), (1, 1));
    }

    #[test]
    fn a_city_is_no_district() {
        let found = found("A市的路灯", "");
        assert_eq!((found.towns.len(), found.regions.len()), (0, 1));
    }
}
