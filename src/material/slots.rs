//! Fills the slots `{estate}` and choices `[a|b]` of a base text; a slot keeps its value within one matter.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use jiff::ToSpan;
use jiff::civil::Date;

use super::random::Random;
use super::{Places, Setting, Text, Town};

/// Slots that name a place below the town.
const PLACE_SLOTS: [&str; 6] = ["estate", "road", "village", "school", "kinder", "market"];

/// Stands before a personal value and is followed by the letter of its kind; [`CLOSE`] stands behind the value.
pub(crate) const OPEN: char = '\u{E000}';
pub(crate) const CLOSE: char = '\u{E001}';
/// The slots whose values are personal, each with the letter and the word of its kind.
pub(crate) const PERSONAL: [(&str, char, &str); 13] = [
    ("name", 'n', "name"),
    ("s", 's', "surname"),
    ("sur", 't', "titled_surname"),
    ("sur1", 's', "surname"),
    ("phone", 'm', "mobile"),
    ("landline", 'l', "landline"),
    ("idcard", 'i', "idcard"),
    ("plate", 'p', "plate"),
    ("email", 'e', "email"),
    ("house", 'h', "address"),
    ("wechat", 'w', "wechat"),
    ("qq", 'q', "qq"),
    ("card", 'c', "bankcard"),
];

/// Slots of figures, days and times, which another sentence may draw anew.
const FIGURES: [&str; 16] = [
    "n", "m", "days", "years", "age", "worker", "price", "sec", "kids", "wan", "amount", "mdpast", "mdnext",
    "clock", "tail", "s",
];

/// What the slots of one matter stand for.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    pub(crate) town: String,
    date: Date,
    values: BTreeMap<String, String>,
    /// Personal values are put between [`OPEN`] and [`CLOSE`].
    marked: bool,
}

impl Slots {
    pub(crate) fn new(town: &str, date: Date) -> Self {
        let values = BTreeMap::from([("town".to_owned(), town.to_owned())]);
        Self { town: town.to_owned(), date, values, marked: false }
    }

    /// Slots whose personal values are marked in the filled text, so that it can be told where they stand.
    pub(crate) fn marked(town: &str, date: Date) -> Self {
        Self { marked: true, ..Self::new(town, date) }
    }

    /// The same people and places, with figures and days drawn anew.
    pub(crate) fn with_other_figures(&self) -> Self {
        let mut others = self.clone();
        others.values.retain(|slot, _| {
            let kind = slot.trim_end_matches(|digit: char| digit.is_ascii_digit());
            !FIGURES.contains(&kind)
        });
        others
    }

    /// A later day: what depends on the date follows it, everything else keeps its value.
    pub(crate) fn move_to(&mut self, date: Date) {
        self.date = date;
        for slot in ["md", "mdpast", "mdnext", "month", "lastmonth", "nextmonth", "days", "clock", "tail"] {
            self.values.remove(slot);
        }
    }

    /// Fixes a slot, as the caller's own name.
    pub(crate) fn set(&mut self, slot: &str, value: &str) {
        let value = self.mark(slot, value.to_owned());
        self.values.insert(slot.to_owned(), value);
    }

    fn mark(&self, slot: &str, value: String) -> String {
        match PERSONAL.iter().find(|(name, _, _)| self.marked && is_slot(slot, name)) {
            Some((_, letter, _)) => format!("{OPEN}{letter}{value}{CLOSE}"),
            None => value,
        }
    }

    /// Fills a text; errors name an unknown slot or an unclosed bracket.
    pub(crate) fn fill(&mut self, text: &str, places: &Places, random: &mut Random) -> Result<String> {
        let chosen = choose(text, random)?;
        let mut filled = String::with_capacity(chosen.len());
        let mut rest = chosen.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (slot, tail) = after.split_once('}').with_context(|| format!("unclosed slot in: {text}"))?;
            filled.push_str(before);
            filled.push_str(&self.value(slot, places, random)?);
            rest = tail;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn value(&mut self, slot: &str, places: &Places, random: &mut Random) -> Result<String> {
        if let Some(value) = self.values.get(slot) {
            return Ok(value.clone());
        }
        let town = places.town(&self.town)?;
        let value = self.mark(slot, draw(slot, town, places, self.date, random)?);
        self.values.insert(slot.to_owned(), value.clone());
        Ok(value)
    }
}

/// The towns of the text's setting that have a place for every place slot of the text.
pub(crate) fn towns_for<'a>(text: &Text, places: &'a Places) -> Vec<&'a Town> {
    let needs: Vec<&str> = PLACE_SLOTS.into_iter().filter(|slot| names(text, slot)).collect();
    places
        .towns
        .iter()
        .filter(|town| text.setting.is_none_or(|setting| [setting, Setting::Both].contains(&town.setting)))
        .filter(|town| needs.iter().all(|slot| town.places(slot).is_some_and(|list| !list.is_empty())))
        .collect()
}

/// Whether the text has the slot.
pub(crate) fn names(text: &Text, slot: &str) -> bool {
    let slot = format!("{{{slot}}}");
    text.title.contains(&slot) || text.body.contains(&slot)
}

/// Whether a slot is the named one or a numbered further one (`name2`).
fn is_slot(slot: &str, name: &str) -> bool {
    slot == name || (slot != "sur1" && slot.trim_end_matches(|digit: char| digit.is_ascii_digit()) == name)
}

fn choose(text: &str, random: &mut Random) -> Result<String> {
    let mut chosen = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let (choices, tail) = after.split_once(']').with_context(|| format!("unclosed choice in: {text}"))?;
        let choices: Vec<&str> = choices.split('|').collect();
        chosen.push_str(before);
        chosen.push_str(random.pick(&choices).copied().unwrap_or_default());
        rest = tail;
    }
    chosen.push_str(rest);
    Ok(chosen)
}

fn draw(slot: &str, town: &Town, places: &Places, date: Date, random: &mut Random) -> Result<String> {
    if let Some(list) = town.places(slot) {
        return random.pick(list).cloned().with_context(|| format!("{} has no {slot}", town.name));
    }
    if let Some(word) = random.pick(places.list(slot)) {
        return Ok(word.clone());
    }
    let kind = slot.trim_end_matches(|digit: char| digit.is_ascii_digit());
    if let Some(number) = number(kind, random) {
        return Ok(number);
    }
    Ok(match kind {
        "name" => full_name(places, random),
        "s" | "sur" => surname(slot, places, random),
        "phone" => phone(random),
        "landline" => format!("0574-6500{:04}", random.below(10_000)),
        "idcard" => id_number(random),
        "plate" => plate(random),
        "email" => format!("xs{:05}@example.com", random.below(100_000)),
        "house" => house(random),
        "wechat" => format!(
            "xs_{}{:04}",
            random.pick(&["hai", "dan", "gang", "yu"]).copied().unwrap_or("hai"),
            random.below(10_000)
        ),
        "qq" => format!("1000{:05}", random.below(100_000)),
        "card" => bank_card(random),
        "clock" => clock(random),
        "tail" => format!("{:04}", random.below(10_000)),
        "month" => month(date, 0),
        "lastmonth" => month(date, -1),
        "nextmonth" => month(date, 1),
        "md" => month_day(date, 0),
        "mdpast" => month_day(date, -random.between(3, 16)),
        "mdnext" => month_day(date, random.between(7, 20)),
        _ => bail!("unknown slot {slot}"),
    })
}

fn number(kind: &str, random: &mut Random) -> Option<String> {
    Some(match kind {
        "n" => random.between(2, 8),
        "m" => random.between(12, 46),
        "days" => random.between(4, 25),
        "years" => random.between(2, 6),
        "age" => random.between(66, 88),
        "worker" => random.between(48, 62),
        "price" => random.between(15, 58),
        "sec" => random.between(12, 18),
        "kids" => random.between(34, 42),
        "wan" => random.between(3, 38),
        "amount" => match random.below(3) {
            0 => random.between(8, 48) * 100,
            1 => random.between(6, 98) * 100 + 80,
            _ => random.between(1, 9) * 1000 + 500,
        },
        _ => return None,
    })
    .map(|number| number.to_string())
}

pub(crate) fn full_name(places: &Places, random: &mut Random) -> String {
    let surname = random.pick(places.list("surname")).cloned().unwrap_or_default();
    surname + random.pick(places.list("given")).map_or("", String::as_str)
}

/// `{s}` and `{sur1}` are a bare surname; `{sur}` has 先生 or 女士 behind it.
fn surname(slot: &str, places: &Places, random: &mut Random) -> String {
    let surname = random.pick(places.list("surname")).cloned().unwrap_or_default();
    match slot {
        "sur" => surname + if random.chance(50) { "先生" } else { "女士" },
        _ => surname,
    }
}

/// A mobile number with zeros in the middle, so that it is plainly made up.
pub(crate) fn phone(random: &mut Random) -> String {
    let prefix =
        random.pick(&["138", "139", "137", "136", "150", "158", "187", "189"]).copied().unwrap_or("138");
    format!("{prefix}0000{:04}", random.below(10_000))
}

/// An identity number with a right check digit (GB 11643) under an area code that is not given out.
fn id_number(random: &mut Random) -> String {
    let (year, month, day) = (random.between(1956, 1999), random.between(1, 12), random.between(1, 28));
    let digits = format!("330299{year}{month:02}{day:02}{:03}", random.between(1, 899));
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 =
        digits.chars().zip(WEIGHTS).map(|(digit, weight)| digit.to_digit(10).unwrap_or(0) * weight).sum();
    let check = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'][(sum % 11) as usize];
    format!("{digits}{check}")
}

/// A bank card of nineteen digits under an issuer's number that is not given out, with a right check digit
/// (ISO/IEC 7812-1, Luhn).
fn bank_card(random: &mut Random) -> String {
    let digits = format!("622999{:012}", random.below(1_000_000_000_000));
    // From the right every second digit is doubled, beginning with the one before the check digit.
    let sum: u32 = digits
        .chars()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let doubled = digit.to_digit(10).unwrap_or(0) * if place % 2 == 0 { 2 } else { 1 };
            doubled / 10 + doubled % 10
        })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// A time of the day as people say it.
fn clock(random: &mut Random) -> String {
    let (hour, minutes) = (random.between(0, 15), random.pick(&["", "半", "一刻", "左右", "多"]).copied());
    let hour = match hour {
        0..=4 => format!("早上{}点", hour + 6),
        5..=9 => format!("下午{}点", hour - 4),
        10..=13 => format!("晚上{}点", hour - 3),
        14 => "夜里十一点".to_owned(),
        _ => "中午十二点".to_owned(),
    };
    hour + minutes.unwrap_or_default()
}

fn plate(random: &mut Random) -> String {
    let letter = random.pick(&['A', 'C', 'D', 'F', 'K', 'M', 'P', 'X']).copied().unwrap_or('A');
    format!("浙B0{:03}{letter}", random.below(1000))
}

fn house(random: &mut Random) -> String {
    let (floor, door) = (random.between(1, 16), random.between(1, 4));
    match random.below(3) {
        0 => format!("{}幢{}单元{}0{door}室", random.between(1, 18), random.between(1, 3), floor.min(6)),
        1 => format!("{}号楼{floor}0{door}室", random.between(1, 18)),
        _ => format!("{}幢{floor}0{door}", random.between(1, 18)),
    }
}

fn month(date: Date, months: i64) -> String {
    let shifted = date.first_of_month().saturating_add(months.months());
    format!("{}月", shifted.month())
}

fn month_day(date: Date, days: i64) -> String {
    let shifted = date.saturating_add(days.days());
    format!("{}月{}日", shifted.month(), shifted.day())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::material::material;

    #[test]
    fn a_slot_keeps_its_value_and_an_unknown_one_is_named() {
        let places = material().unwrap().places;
        let mut random = Random::new(3);
        let mut slots = Slots::new("石浦镇", jiff::civil::date(2026, 11, 2));
        let filled = slots.fill("{estate}|{lastmonth}", &places, &mut random).unwrap();
        assert_eq!(filled, slots.fill("{estate}|{lastmonth}", &places, &mut random).unwrap());
        assert!(filled.ends_with("|10月"), "{filled}");
        let error = slots.fill("{castle}", &places, &mut random).unwrap_err();
        assert!(error.to_string().contains("castle"));
    }

    #[test]
    fn bank_cards_pass_the_luhn_check() {
        let mut random = Random::new(4);
        for _ in 0..50 {
            let card = bank_card(&mut random);
            let digits: Vec<u32> = card.chars().rev().filter_map(|digit| digit.to_digit(10)).collect();
            let sum: u32 = digits
                .iter()
                .enumerate()
                .map(|(place, digit)| if place % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
                .sum();
            assert_eq!((card.len(), sum % 10), (19, 0), "{card}");
        }
    }

    #[test]
    fn marked_slots_show_where_a_personal_value_stands() {
        let places = material().unwrap().places;
        let mut slots = Slots::marked("石浦镇", jiff::civil::date(2026, 11, 2));
        slots.set("name", "张三");
        let filled = slots.fill("{name}，{name2}，{n}", &places, &mut Random::new(5)).unwrap();
        assert!(filled.starts_with("\u{E000}n张三\u{E001}，\u{E000}n"), "{filled}");
        assert_eq!(filled.matches(CLOSE).count(), 2);
    }

    #[test]
    fn identity_numbers_have_eighteen_places_and_a_right_check_digit() {
        let mut random = Random::new(9);
        for _ in 0..50 {
            let number = id_number(&mut random);
            let digits: Vec<u32> = number
                .chars()
                .map(|digit| if digit == 'X' { 10 } else { digit.to_digit(10).unwrap() })
                .collect();
            assert_eq!(digits.len(), 18);
            // ISO 7064 MOD 11-2: the weighted sum over all places is 1 modulo 11.
            let sum: u32 =
                digits.iter().rev().enumerate().map(|(place, digit)| digit * (1 << place) % 11).sum();
            assert_eq!(sum % 11, 1, "{number}");
        }
    }
}
