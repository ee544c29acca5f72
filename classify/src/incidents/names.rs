//! Where a text is likely to name its place or the body it is about.

use std::ops::Range;
use std::sync::LazyLock;

use qingting_models::records::PlaceMention;
use qingting_models::text::Normalised;

use crate::features::word_hash;
use crate::finder::Finder;
use crate::segment::{Document, is_letter, place_code_length};

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

/// What roads of one name are told apart by.
const SIDES: [char; 14] =
    ['东', '南', '西', '北', '中', '上', '下', '一', '二', '三', '四', '五', '六', '七'];

/// What was found; hashes in rising order, each once.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    /// The beginning of the text, in which was looked.
    beginning: Vec<char>,
    /// Pieces of it that are likely to hold names.
    windows: Vec<Range<usize>>,
    /// By hash: the single characters and the pairs that stand in a window, and some others.
    seen: [u64; FILTER],
    pub towns: Vec<u32>,
    pub regions: Vec<u32>,
}

/// How many words of 64 bits tell which characters stand in windows.
const FILTER: usize = 32;

impl Found {
    pub(super) fn windows(&self) -> impl Iterator<Item = &[char]> {
        self.windows.iter().map(|window| &self.beginning[window.clone()])
    }

    /// The letters and digits of the windows that stand together, and where each piece begins in the normalised text.
    pub(super) fn pieces(&self) -> impl Iterator<Item = (usize, &[char])> {
        self.windows.iter().flat_map(|window| {
            let mut at = window.start;
            self.beginning[window.clone()].split(|c| !is_letter(*c)).map(move |piece| {
                let start = at;
                at += piece.len() + 1;
                (start, piece)
            })
        })
    }

    /// Whether a word stands in a window.
    pub(super) fn has(&self, word: &str) -> bool {
        let mut chars = word.chars();
        let Some(first) = chars.next() else { return true };
        let (place, bit) = place_in_filter(first, chars.next());
        if self.seen[place] & bit == 0 {
            return false;
        }
        let word: Vec<char> = word.chars().collect();
        self.windows().any(|window| window.windows(word.len()).any(|piece| piece == word))
    }

    fn push(&mut self, window: Range<usize>) {
        for at in window.clone() {
            let after = Some(at + 1).filter(|next| window.contains(next)).map(|next| self.beginning[next]);
            for after in [None, after] {
                let (place, bit) = place_in_filter(self.beginning[at], after);
                self.seen[place] |= bit;
            }
        }
        self.windows.push(window);
    }
}

fn place_in_filter(first: char, second: Option<char>) -> (usize, u64) {
    let hash =
        (first as u32).wrapping_mul(0x9e37_79b1) ^ second.map_or(0, |c| (c as u32).wrapping_mul(0x85eb_ca77));
    ((hash >> 26) as usize % FILTER, 1 << (hash >> 20 & 63))
}

/// Looks for names in the title and the first characters of the body: `text` is title, newline and body, normalised; the
/// title as written has `title_length` characters. `places` are those that the gazetteer knows, in characters of the text
/// as written.
pub(super) fn find(
    text: &Normalised,
    document: &Document,
    title_length: usize,
    places: &[PlaceMention],
) -> Found {
    let at = |written: usize| text.origin.partition_point(|&origin| (origin as usize) < written);
    let beginning: Vec<char> = text.text.chars().take(at(title_length + 1 + OF_BODY)).collect();
    let end = beginning.len();
    let (title_end, body) = (at(title_length).min(end), at(title_length + 1).min(end));
    let byte = |at: usize| text.text.char_indices().nth(at).map_or(text.text.len(), |(byte, _)| byte);
    let (title_text, body_text) = (&text.text[..byte(title_end)], &text.text[byte(body)..byte(end)]);
    let mut found = Found { beginning, ..Found::default() };
    for (part, text, most) in
        [(0..title_end, title_text, usize::MAX), (body..end, body_text, MOST_AFTER_TOWN)]
    {
        after_codes(&mut found, part.clone(), most);
        before_endings(&mut found, document, part, text);
    }
    for place in places.iter().filter(|place| place.is_sure()) {
        found.towns.extend(place.town.as_ref().map(|town| word_hash(town.as_str())));
    }
    let mut in_order: Vec<&PlaceMention> = places.iter().collect();
    in_order.sort_by_key(|place| place.start);
    for place in in_order.into_iter().take(MOST_AFTER_TOWN) {
        let (start, past) = (at(place.start).min(end), at(place.end).min(end));
        // A town by its own name is where, not what.
        if place.town.as_ref().is_none_or(|town| !town.as_str().starts_with(&place.name)) {
            found.push(start..past);
        }
        let part_end = if past < body { title_end } else { end };
        found.push(past..(past + AFTER_TOWN).min(part_end).max(past));
    }
    for hashes in [&mut found.towns, &mut found.regions] {
        hashes.sort_unstable();
        hashes.dedup();
    }
    found
}

/// Letters that stand for places in published texts (`A3区`, `B市`) are districts and their cities; what follows is named.
/// At most `most` windows.
fn after_codes(found: &mut Found, part: Range<usize>, most: usize) {
    let mut windows = 0;
    let mut at = part.start;
    while at < part.end {
        let chars = &found.beginning[..part.end];
        let before = at.checked_sub(1).filter(|before| part.contains(before)).map(|before| chars[before]);
        let length = place_code_length(&chars[at..], before);
        if length == 0 {
            at += 1;
            continue;
        }
        if chars[at].is_ascii_alphabetic() {
            let code: String = chars[at..at + length - 1].iter().collect();
            found.regions.push(word_hash(&code[..1]));
            if code.len() > 1 {
                found.towns.push(word_hash(&code));
            }
        }
        at += length;
        if windows < most {
            found.push(at..(at + AFTER_TOWN).min(part.end));
            windows += 1;
        }
    }
}

/// `text` is the part. A name begins after the last word that only connects, and an ending that is the second half of a
/// common word ends none: the road of "find a market" (找销路) is no road.
fn before_endings(found: &mut Found, document: &Document, part: Range<usize>, text: &str) {
    static FINDER: LazyLock<Finder> = LazyLock::new(|| {
        Finder::new(ENDINGS.lines().filter(|line| !line.starts_with('#') && !line.is_empty()))
    });
    let (mut bytes, mut at) = (0, part.start);
    for (ending, _) in FINDER.find(text) {
        at += text[bytes..ending.start].chars().count();
        bytes = ending.start;
        let before = found.beginning[part.start..at].iter().rev().take(*BEFORE_ENDING.end());
        let before = before.take_while(|c| is_letter(**c) && !c.is_ascii_alphabetic()).count();
        let past = at + text[ending].chars().count();
        let connected = document.end_of_connecting((at - before)..at).unwrap_or(at - before);
        let before = at - connected;
        if before < *BEFORE_ENDING.start() || is_half_of_a_word(found, document, at..past) {
            continue;
        }
        found.push((at - before).max(past.saturating_sub(MOST_OF_NAME))..past);
    }
}

/// Whether an ending of one character is the second of a word of two, as in 销路. Of a middle road (中路) it is an ending.
fn is_half_of_a_word(found: &Found, document: &Document, ending: Range<usize>) -> bool {
    ending.len() == 1
        && document
            .word_before(ending.end)
            .is_some_and(|word| word.length() == 2 && !SIDES.contains(&found.beginning[word.first()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::Segmenter;

    fn found(title: &str, body: &str) -> Found {
        let (document, normalised) = Segmenter::new(std::iter::empty()).document(title, body);
        find(&normalised, &document, title.chars().count(), &[])
    }

    fn windows(found: &Found) -> Vec<String> {
        found.windows().map(|window| window.iter().collect()).collect()
    }

    #[test]
    fn what_follows_a_district_and_what_stands_before_an_ending_are_names() {
        let found = found("A3区青松湾小区油烟扰民", "住在丁香路边");
        let windows = windows(&found);
        assert!(windows.iter().any(|w| w.starts_with("青松湾小区")), "{windows:?}");
        assert!(windows.iter().any(|w| w.ends_with("青松湾小区")), "{windows:?}");
        assert!(windows.iter().any(|w| w.ends_with("丁香路")), "{windows:?}");
        assert_eq!((found.towns.len(), found.regions.len()), (1, 1));
    }

    #[test]
    fn what_only_connects_begins_no_name_and_half_a_word_ends_none() {
        for (text, name) in
            [("希望帮忙找销路", None), ("人民中路积水", Some("人民中路")), ("住在丁香路", Some("丁香路"))]
        {
            let windows = windows(&found(text, ""));
            let named = |name: &str| windows.iter().any(|window| window.ends_with(name));
            match name {
                Some(name) => assert!(named(name), "{text}: {windows:?}"),
                None => assert!(windows.iter().all(|window| window.is_empty()), "{text}: {windows:?}"),
            }
        }
    }

    #[test]
    fn a_city_is_no_district() {
        let found = found("A市的路灯", "");
        assert_eq!((found.towns.len(), found.regions.len()), (0, 1));
    }

    #[test]
    fn a_word_of_a_name_is_known_and_others_are_not() {
        let found = found("A3区青松湾小区油烟扰民", "住在丁香路边，油烟很大");
        assert!(["青松湾", "湾", "小区", "丁香"].iter().all(|word| found.has(word)));
        // The second stands in the title and not in its windows, the third across the edge of one.
        assert!(["湾青", "扰民", "路边", "很大"].iter().all(|word| !found.has(word)));
    }

    #[test]
    fn names_are_looked_for_in_the_beginning_alone_and_in_any_text() {
        let far = format!("{}丁香路", "，".repeat(OF_BODY));
        assert!(windows(&found("", &far)).is_empty());
        for (title, body) in [("", ""), ("", "路"), ("A3区", ""), ("　", "　\n丁香路"), ("A", "市丁香路")]
        {
            found(title, body);
        }
        assert_eq!(windows(&found("A市", "湖南路")), ["", "湖南路"]);
    }
}
