//! The figures of single matters: incidents, and topics and words that rise.

use std::collections::BTreeMap;

use qingting_models::chance::at_least;
use qingting_models::clock::local_date;
use qingting_models::county::{DepartmentCode, TopicCode};
use qingting_models::records::{
    OPEN_STATES, ReportCase, ReportIncident, ReportRisen, day_number, state_label,
};
use qingting_models::rising::Rise;
use qingting_models::store::IncidentCount;

use super::{LEAST_TOLD, Reckoner, department_name};
use crate::report::USUAL_DAYS;

/// How unlikely the count of a topic must be to be told as risen.
const UNLIKELY: f64 = 0.01;
/// The past must be known for so many days before anything can rise against it.
const LEAST_KNOWN: i64 = 14;

impl Reckoner<'_> {
    pub(super) fn incident(&self, count: &IncidentCount) -> ReportIncident {
        let case = |(number, lead, state): &(String, DepartmentCode, String)| ReportCase {
            number: number.clone(),
            department: department_name(self.county, lead),
            state: state_label(state).to_owned(),
            closed: !OPEN_STATES.contains(&state.as_str()),
        };
        ReportIncident {
            id: count.id,
            title: count.title.clone(),
            items: count.items,
            before: count.before,
            total: count.total,
            callers: count.callers,
            first_day: local_date(count.first_at),
            topic: count.topic.as_ref().map(|code| self.county.taxonomy.name(code).to_owned()),
            town: count.town.as_ref().map(|town| town.as_str().to_owned()),
            heat: (count.heat * 10.0).round() / 10.0,
            channels: count.channels.iter().map(|(channel, n)| (*channel, *n)).collect(),
            cases: count.cases.iter().map(case).collect(),
            answer: count.answer.clone(),
        }
    }

    pub(super) fn risen_topics(&self) -> Vec<ReportRisen> {
        let first = day_number(self.span.from);
        let known = self.counts.history_from.map_or(0, |known| first - known.max(first - USUAL_DAYS));
        if known < LEAST_KNOWN {
            return Vec::new();
        }
        let odds = f64::from(self.span.length()) / known as f64;
        let mut now: BTreeMap<&TopicCode, i64> = BTreeMap::new();
        for cell in &self.counts.now.cells {
            if let Some(topic) = &cell.topic {
                *now.entry(topic).or_default() += cell.items;
            }
        }
        let mut risen: Vec<ReportRisen> = now
            .into_iter()
            .filter(|(_, items)| *items >= LEAST_TOLD)
            .map(|(topic, items)| {
                let past = self.counts.topics_past.get(&Some(topic.clone())).copied().unwrap_or(0);
                let shape = past as f64 + 0.5;
                ReportRisen {
                    code: Some(topic.to_string()),
                    name: self.county.taxonomy.name(topic).to_owned(),
                    items,
                    usual: past as f64 * odds,
                    chance: at_least(u32::try_from(items).unwrap_or(u32::MAX), shape, odds),
                }
            })
            .filter(|risen| risen.chance < UNLIKELY)
            .collect();
        risen.sort_by(|a, b| a.chance.total_cmp(&b.chance));
        risen
    }
}

pub(super) fn risen_word(rise: Rise) -> ReportRisen {
    ReportRisen { code: None, name: rise.word, items: rise.items, usual: rise.expected, chance: rise.p }
}
