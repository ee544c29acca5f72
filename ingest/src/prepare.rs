//! From what arrived to what the store takes: tidied, masked, and with the text that digests are made over.

use std::num::NonZero;
use std::panic::resume_unwind;

use qingting_models::records::{ItemContent, Upstream, UpstreamCase};
use qingting_models::store::Arrival;
use qingting_models::text::{Known, MaskKind, Masker, language, tidied, tidy_owned};

use crate::feed::FeedEntry;
use crate::record::{Persons, RawRecord, Significant};
use crate::sheet::{Meaning, means};
use crate::{sameness, state, text};

/// Values of personal columns shorter than this say too little to be looked for in texts.
const MIN_OTHER: usize = 5;

/// Makes a record ready for the store.
///
/// Title, body and the columns that are shown are masked, with the record's own names and numbers among
/// what is masked; the personal columns themselves stay in the original alone, which the store seals.
pub fn prepare(record: RawRecord) -> Arrival {
    prepare_with(record, &mut Masker::default())
}

fn prepare_with(record: RawRecord, masker: &mut Masker) -> Arrival {
    let known = Known::new(&known_values(&record.persons));
    let mut mask = |text: &str| masker.mask(&tidied(text), &known);
    let body = mask(&record.body);
    // A title taken from the text is cut from the masked one, so that no number is cut in half and missed.
    let title = if record.title.is_empty() { text::opening(&body) } else { mask(&record.title) };
    let case = upstream_case(record.case, &record.extra, &mut mask);
    let fields = record.extra.into_iter().map(|(header, value)| (tidy_owned(header), mask(&value))).collect();
    Arrival {
        external_id: record.external_id,
        canonical: record.significant.into_text(),
        content: ItemContent {
            title,
            body,
            url: record.url,
            occurred_at: record.occurred_at.or(record.dispatched_at),
            upstream: Upstream {
                dispatched_at: record.dispatched_at,
                due_at: record.due_at,
                finished: record.finished,
                case,
                fields,
            },
        },
        original: record.original,
        sameness: record.sameness,
        withdrawn: record.withdrawn,
        sealed_fields: record.sealed_fields.into_iter().map(tidy_owned).collect(),
        language: language(&record.body).or_else(|| language(&record.title)).map(str::to_owned),
    }
}

/// What is said of the sender's case, masked: by its own columns, else by those whose headers usually say it.
fn upstream_case(
    told: UpstreamCase,
    columns: &[(String, String)],
    mask: &mut impl FnMut(&str) -> String,
) -> UpstreamCase {
    let mut said = |told: Option<String>, meaning| {
        let by_header = || columns.iter().find(|(header, _)| means(header) == Some(meaning));
        let value = told.or_else(|| by_header().map(|(_, value)| value.clone()));
        value.filter(|value| !value.trim().is_empty()).map(|value| mask(&value))
    };
    let satisfaction = said(told.satisfaction, Meaning::Satisfaction);
    UpstreamCase {
        office: said(told.office, Meaning::Office),
        state: said(told.state, Meaning::State),
        answer: said(told.answer, Meaning::Answer),
        answered: said(told.answered, Meaning::Answered),
        unsatisfied: satisfaction.as_deref().is_some_and(state::is_unsatisfied),
        satisfaction,
    }
}

/// Fewest records that are worth a thread.
const SHARE: usize = 64;

/// [`prepare`] for many records on all processors, in their order.
pub fn prepare_all(mut records: Vec<RawRecord>) -> Vec<Arrival> {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let share = records.len().div_ceil(processors).max(SHARE);
    let alone = |share| prepare_each(share, &mut Masker::default());
    let mut shares = Vec::new();
    while records.len() > share {
        let rest = records.split_off(share);
        shares.push(std::mem::replace(&mut records, rest));
    }
    std::thread::scope(|threads| {
        let others: Vec<_> = shares.into_iter().map(|share| threads.spawn(move || alone(share))).collect();
        let last = alone(records);
        let done =
            others.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        done.chain([last]).flatten().collect()
    })
}

/// [`prepare`] for many records one after the other.
pub(crate) fn prepare_each(records: Vec<RawRecord>, masker: &mut Masker) -> Vec<Arrival> {
    records.into_iter().map(|record| prepare_with(record, masker)).collect()
}

/// A feed entry as a record.
pub fn record_of_entry(entry: FeedEntry) -> RawRecord {
    let original = serde_json::json!({
        "id": entry.id,
        "title": entry.title,
        "url": entry.url,
        "published": entry.published,
        "body": entry.html,
    });
    RawRecord {
        external_id: Some(entry.id).filter(|id| !id.is_empty()),
        // An address may carry a different tracking mark in each answer, and a date move with each rebuild:
        // only the words make a new version.
        significant: Significant::of(&[("title", &entry.title), ("body", &entry.body)]),
        sameness: sameness::of(entry.url.as_deref(), &entry.title, &entry.body),
        title: entry.title,
        body: entry.body,
        url: entry.url,
        occurred_at: entry.published,
        original: original.into(),
        ..RawRecord::default()
    }
}

fn known_values(persons: &Persons) -> Vec<(MaskKind, &str)> {
    let names = persons.names.iter().map(|name| (MaskKind::Name, name.as_str()));
    let whole = persons.phones.iter().map(|phone| (phone_kind(phone), phone.as_str()));
    let local = persons.phones.iter().filter_map(|phone| Some((MaskKind::Landline, local_number(phone)?)));
    let phones = whole.chain(local);
    let telling = persons.others.iter().filter(|value| value.chars().count() >= MIN_OTHER);
    let others = telling.map(|value| (other_kind(value), value.as_str()));
    names.chain(phones).chain(others).collect()
}

/// A fixed line without its area code, as people write it within the county.
fn local_number(phone: &str) -> Option<&str> {
    let local = match phone.rsplit_once(['-', ')', '）']) {
        Some((_, local)) => local,
        // An area code has three or four digits, a local number seven or eight.
        None if phone.starts_with('0') && phone.is_ascii() => {
            phone.get(if phone.len() > 11 { 4 } else { 3 }..)?
        }
        None => return None,
    };
    (matches!(local.len(), 7 | 8) && local.bytes().all(|b| b.is_ascii_digit())).then_some(local)
}

fn phone_kind(phone: &str) -> MaskKind {
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    if digits >= 11 && phone.trim_start_matches("+86").starts_with('1') {
        MaskKind::Mobile
    } else {
        MaskKind::Landline
    }
}

fn other_kind(value: &str) -> MaskKind {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    if value.contains('@') {
        MaskKind::Email
    } else if digits >= 15 {
        MaskKind::IdCard
    } else if digits == 11 {
        MaskKind::Mobile
    } else {
        MaskKind::Address
    }
}
