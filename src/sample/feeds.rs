//! The feeds of a sender as they stand at the end of each period, with the same article at several addresses: with a
//! tracking mark, on the mobile host, and taken over by another site.

use std::path::Path;

use anyhow::Result;

use super::book::{Book, mix};
use super::course::{Course, State};
use super::expected::Tally;
use super::feed_file::{self, Entry};
use super::pass::{Shown, export};
use super::senders::{FeedForm, Form, SENDERS, Sender};
use super::telling::Record;
use super::truth::{Appearance, unmark};
use crate::material::random::Random;

/// Articles in a hundred that another site takes over, and that a feed without guids lists with a tracking mark or on the
/// mobile host as well.
const REPUBLISHED: u64 = 8;
const TRACKED: u64 = 4;
const MOBILE: u64 = 2;
/// Letters, digits and Chinese characters that an article has at least when it is taken over.
const TELLING: usize = 80;
/// Entries in a thousand that a feed lists twice.
const TWICE: usize = 5;

/// Writes the feed of a period; `told` is given each record that stands in a file for the first time.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write(
    book: &Book,
    sender: usize,
    period: usize,
    path: &Path,
    told: &mut dyn FnMut(&Shown) -> Result<()>,
) -> Result<Tally> {
    let who = &SENDERS[sender];
    let Form::Feed(form) = who.form else { return Ok(Tally::default()) };
    let mut random = Random::new(book.seed(&[sender as u64, period as u64, 0xFEED]));
    let mut tally = Tally::default();
    let mut entries = Vec::new();
    export(book, sender, period, &mut |shown| {
        let entry = entry(who, &shown);
        match shown.before {
            None => {
                tally.first_row(shown.state, shown.last());
                told(&shown)?;
            }
            Some(before) => tally.later_row(before, shown.state),
        }
        for also in elsewhere(who, &shown.record, &shown.course) {
            if also.source == who.name {
                count_appearance(&mut tally, shown.before.is_none());
                let id = also.url.clone();
                entries.push(Entry { id, link: also.url, ..entry.clone() });
            }
        }
        // A feed that lists an entry twice still brings it once.
        if form != FeedForm::RssGb18030 && random.below(1000) < TWICE {
            entries.push(entry.clone());
        }
        entries.push(entry);
        Ok(())
    })?;
    if who.republishes() {
        taken_over(book, who, period, &mut entries, &mut tally)?;
    }
    entries.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
    if let Some(last) = entries.last() {
        entries.push(empty_entry(who, period, last.at));
        tally.bad_row();
    }
    feed_file::write(path, form, who.name, &entries)?;
    Ok(tally)
}

fn count_appearance(tally: &mut Tally, first: bool) {
    if first { tally.appearance() } else { tally.later_row(State::default(), State::default()) }
}

fn entry(who: &Sender, shown: &Shown) -> Entry {
    let (title, body) = shown.plain();
    let id = shown.record.external_id.clone();
    Entry { link: link(who, &id), id, title, body, at: shown.record.at }
}

/// An entry without title and text.
fn empty_entry(who: &Sender, period: usize, at: i64) -> Entry {
    let link = format!("http://www.{}.example/empty/{period}.html", who.code);
    Entry { id: link.clone(), link, title: String::new(), body: String::new(), at }
}

fn link(who: &Sender, id: &str) -> String {
    if id.starts_with("http") {
        return id.to_owned();
    }
    let name: String =
        id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    format!("http://www.{}.example/a/{name}.html", who.code)
}

/// Where else an article stands; a corrected one stands nowhere else, because a copy would keep the old words.
pub(super) fn elsewhere(who: &Sender, record: &Record, course: &Course) -> Vec<Appearance> {
    let draw = mix(&[record.seed, 0xE15E]) % 100;
    let mut found = Vec::new();
    if course.is_edited() {
        return found;
    }
    if who.is_republished() && draw < REPUBLISHED && says_enough(record) {
        let by = SENDERS.iter().find(|sender| sender.republishes());
        found.extend(by.map(|by| Appearance {
            source: by.name,
            url: copied_link(by, record),
            how: "republished",
        }));
    }
    if who.form == Form::Feed(FeedForm::RssGb18030) {
        let url = &record.external_id;
        match draw {
            0..TRACKED => {
                let url = format!("{url}?utm_source=weixin&utm_medium=share&from={}", draw + 1);
                found.push(Appearance { source: who.name, url, how: "tracking" });
            }
            TRACKED.. if draw < TRACKED + MOBILE => {
                let url = url.replace("://www.", "://m.");
                found.push(Appearance { source: who.name, url, how: "mobile" });
            }
            _ => {}
        }
    }
    found
}

/// Whether an article has words enough to be told from others by them.
fn says_enough(record: &Record) -> bool {
    let text = format!("{}{}", unmark("title", &record.title).0, unmark("body", &record.body).0);
    text.chars().filter(|c| c.is_alphanumeric()).count() >= TELLING
}

fn copied_link(by: &Sender, record: &Record) -> String {
    format!("http://www.{}.example/z/{:016x}.html", by.code, mix(&[record.seed, 0xC0F1]))
}

/// The articles of others that a site has taken over, each some hours after it appeared, with its words unchanged.
fn taken_over(
    book: &Book,
    by: &Sender,
    period: usize,
    entries: &mut Vec<Entry>,
    tally: &mut Tally,
) -> Result<()> {
    for (sender, who) in SENDERS.iter().enumerate().filter(|(_, who)| who.is_republished()) {
        let again = period.checked_sub(1).map_or(0..0, |before| book.year.overlap(before));
        for day in again.chain(book.year.period(period)) {
            let first = book.year.period(period).contains(&day);
            for (place, planned) in book.page(sender, day)?.iter().enumerate() {
                let at = book.year.day(day)?.start + i64::from(planned.second);
                let course = Course::of(who, planned.seed, at);
                let record = book.record(sender, day, place)?;
                let copies = elsewhere(who, &record, &course);
                if let Some(copy) = copies.into_iter().find(|copy| copy.source == by.name) {
                    count_appearance(tally, first);
                    let (title, _) = unmark("title", &record.title);
                    let (body, _) = unmark("body", &record.body);
                    let at = record.at + 3600;
                    entries.push(Entry { id: copy.url.clone(), link: copy.url, title, body, at });
                }
            }
        }
    }
    Ok(())
}
