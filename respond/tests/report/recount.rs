//! The figures of a report, counted anew from what the test knows, by the words of `report/mod.rs` alone.

use std::collections::{BTreeMap, BTreeSet};

use qingting_models::ids::IncidentId;
use qingting_models::records::*;

use crate::county::{DAY, Known, World};

const AHEAD: i64 = 8 * 3_600_000;

/// The day of a time, counted from 1970-01-01 on the county's clock.
pub(crate) fn day(ms: i64) -> i64 {
    (ms + AHEAD).div_euclid(DAY)
}

fn number(date: jiff::civil::Date) -> i64 {
    i64::from(days_apart(jiff::civil::date(1970, 1, 1), date))
}

/// A world as of the end, for one span.
pub(crate) struct Recount<'a> {
    world: &'a World,
    now: i64,
}

impl<'a> Recount<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Self { world, now: world.store.now().as_millisecond() }
    }

    fn within(&self, span: ReportSpan) -> Vec<&'a Known> {
        let (from, to) = (number(span.from), number(span.to));
        let of = |known: &&Known| known.counts() && (from..=to).contains(&day(known.at()));
        self.world.items.iter().filter(of).collect()
    }

    pub(crate) fn first_day(&self) -> i64 {
        let days = self.world.items.iter().filter(|known| known.counts()).map(|known| day(known.at()));
        days.min().unwrap()
    }

    fn compared(&self, span: ReportSpan, of: impl Fn(ReportSpan) -> i64) -> Compared {
        let known = |span: ReportSpan| self.first_day() <= number(span.from);
        Compared {
            now: of(span),
            before: known(span.before()).then(|| of(span.before())),
            year_ago: known(span.year_ago()).then(|| of(span.year_ago())),
        }
    }

    pub(crate) fn items(&self, span: ReportSpan, of: impl Fn(&Known) -> bool) -> Compared {
        self.compared(span, |span| self.within(span).into_iter().filter(|known| of(known)).count() as i64)
    }

    fn facts(&self, span: ReportSpan, rate: Rate, of: impl Fn(&crate::county::KnownFact) -> bool) -> i64 {
        let (from, to) = (number(span.from), number(span.to));
        let facts = self.world.facts.iter().filter(|fact| {
            fact.rate == rate
                && !fact.confidential
                && (from..=to).contains(&day(fact.at))
                && fact.at <= self.now
                && of(fact)
        });
        facts.count() as i64
    }

    /// Demands of one topic in one town, the most first, from five on and at most eight.
    pub(crate) fn concentrated(&self, span: ReportSpan) -> Vec<i64> {
        let mut pairs: BTreeMap<(&str, &str), i64> = BTreeMap::new();
        for known in self.within(span).into_iter().filter(|known| known.channel != Channel::News) {
            if let (Some(town), Some(topic)) = (known.town, known.topic) {
                *pairs.entry((town, topic)).or_default() += 1;
            }
        }
        let mut most: Vec<i64> = pairs.into_values().filter(|demands| *demands >= 5).collect();
        most.sort_unstable_by_key(|demands| -demands);
        most.truncate(8);
        most
    }

    /// Items and demands of the span by incident.
    fn groups(&self, span: ReportSpan) -> BTreeMap<IncidentId, (i64, i64)> {
        let mut groups: BTreeMap<IncidentId, (i64, i64)> = BTreeMap::new();
        for known in self.within(span) {
            let (items, demands) = groups.entry(known.incident.unwrap()).or_default();
            *items += 1;
            *demands += i64::from(known.channel != Channel::News);
        }
        groups
    }

    fn began(&self, span: ReportSpan) -> i64 {
        let mut first: BTreeMap<IncidentId, i64> = BTreeMap::new();
        for known in self.world.items.iter().filter(|known| known.counts()) {
            let at = first.entry(known.incident.unwrap()).or_insert(i64::MAX);
            *at = (*at).min(known.at());
        }
        let (from, to) = (number(span.from), number(span.to));
        let groups = self.groups(span);
        groups.keys().filter(|incident| (from..=to).contains(&day(first[incident]))).count() as i64
    }

    pub(crate) fn totals(&self, span: ReportSpan) -> ReportTotals {
        let facts = |rate, holds: Option<bool>| {
            self.compared(span, |span| {
                self.facts(span, rate, |fact| holds.is_none_or(|holds| fact.holds == holds))
            })
        };
        let repeats = |span| self.groups(span).values().map(|(_, demands)| (demands - 1).max(0)).sum();
        let (from, to) = (number(span.from), number(span.to));
        let unjudged = self.world.items.iter().filter(|known| !known.judged);
        ReportTotals {
            items: self.items(span, |_| true),
            news: self.items(span, |known| known.channel == Channel::News),
            demands: self.items(span, |known| known.channel != Channel::News),
            urgent: self.items(span, |known| known.urgency == 2),
            incidents: self.compared(span, |span| self.groups(span).len() as i64),
            new_incidents: self.compared(span, |span| self.began(span)),
            repeats: self.compared(span, repeats),
            opened: facts(Rate::Repeated, None),
            due: facts(Rate::OnTime, None),
            on_time: facts(Rate::OnTime, Some(true)),
            rated: facts(Rate::Satisfied, None),
            satisfied: facts(Rate::Satisfied, Some(true)),
            open: self.world.open.len() as i64,
            overdue: self.world.open.iter().filter(|(_, late)| *late).count() as i64,
            unjudged: unjudged.filter(|known| (from..=to).contains(&day(known.seen))).count() as i64,
        }
    }

    /// Counts by a mark, of those that any of the three spans has.
    pub(crate) fn shares(
        &self,
        span: ReportSpan,
        mark: impl Fn(&Known) -> Option<String>,
    ) -> BTreeMap<Option<String>, Compared> {
        let spans = [span, span.before(), span.year_ago()];
        let marks: BTreeSet<Option<String>> =
            spans.iter().flat_map(|span| self.within(*span)).map(&mark).collect();
        let all = marks.into_iter().map(|code| {
            let count = self.items(span, |known| mark(known) == code);
            (code, count)
        });
        let told = |count: &Compared| {
            count.now > 0 || count.before.unwrap_or(0) > 0 || count.year_ago.unwrap_or(0) > 0
        };
        all.filter(|(_, count)| told(count)).collect()
    }

    pub(crate) fn on(&self, day_number: i64) -> i64 {
        self.world.items.iter().filter(|known| known.counts() && day(known.at()) == day_number).count() as i64
    }

    /// Mean of the same weekday over the eight weeks before the span, days of the same kind alone.
    pub(crate) fn usual(&self, span: ReportSpan, date: jiff::civil::Date) -> (Option<f64>, u32) {
        let calendar = self.world.desk.calendar();
        let mut counts = Vec::new();
        let mut then = date;
        while counts.len() < 100 {
            then = then.checked_sub(jiff::Span::new().days(7)).unwrap();
            if then >= span.from {
                continue;
            }
            if days_apart(then, span.from) > 56 {
                break;
            }
            if number(then) >= self.first_day() && calendar.is_workday(then) == calendar.is_workday(date) {
                counts.push(self.on(number(then)));
            }
        }
        let sum: i64 = counts.iter().sum();
        let mean = (!counts.is_empty()).then(|| sum as f64 / counts.len() as f64);
        (mean, counts.len() as u32)
    }

    /// The ten incidents with the most items, or demands: items of the span, of the days before, since the beginning.
    pub(crate) fn most(&self, span: ReportSpan, demands: bool) -> Vec<(i64, i64, i64)> {
        let before = self.groups(span.before());
        let mut all: Vec<(i64, i64, i64, i64)> = self
            .groups(span)
            .into_iter()
            .map(|(incident, (items, of_demands))| {
                let total =
                    self.world.items.iter().filter(|known| known.incident == Some(incident)).count() as i64;
                let by = if demands { of_demands } else { items };
                (by, items, before.get(&incident).map_or(0, |(items, _)| *items), total)
            })
            .filter(|(by, ..)| *by > 1)
            .collect();
        all.sort_by_key(|(by, ..)| -by);
        all.into_iter().map(|(_, items, before, total)| (items, before, total)).collect()
    }

    /// Numerator and denominator of a rate of a department.
    pub(crate) fn rate(&self, span: ReportSpan, department: Option<&str>, rate: Rate) -> (i64, i64) {
        let of = |holds: Option<bool>| {
            self.facts(span, rate, |fact| {
                fact.department == department && holds.is_none_or(|holds| fact.holds == holds)
            })
        };
        (of(Some(true)), of(None))
    }

    /// The on-time share that a department would have, had each topic gone as everywhere.
    pub(crate) fn expected(&self, span: ReportSpan, department: Option<&str>) -> Option<f64> {
        let (mut sum, mut due) = (0.0, 0);
        let topics: BTreeSet<Option<&str>> = self.world.facts.iter().map(|fact| fact.topic).collect();
        for topic in topics {
            let own =
                self.facts(span, Rate::OnTime, |fact| fact.topic == topic && fact.department == department);
            let all = self.facts(span, Rate::OnTime, |fact| fact.topic == topic);
            let good = self.facts(span, Rate::OnTime, |fact| fact.topic == topic && fact.holds);
            if own > 0 {
                sum += own as f64 * good as f64 / all as f64;
                due += own;
            }
        }
        (due > 0).then(|| sum / due as f64)
    }
}
