//! Draws the figures of a report from what the store counted.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use qingting_models::chance::at_least;
use qingting_models::clock::local_date;
use qingting_models::county::{County, DepartmentCode, TopicCode};
use qingting_models::records::{
    Channel, Compared, OPEN_STATES, Rate, RateCount, RateFigure, ReportAhead, ReportAlerts, ReportCase,
    ReportDay, ReportDepartment, ReportFigures, ReportFlow, ReportIncident, ReportRisen, ReportScope,
    ReportShare, ReportSpan, ReportTotals, days_apart, state_label,
};
use qingting_models::rising::Rise;
use qingting_models::store::{AlertCounts, FlowCount, IncidentCount, ItemCell, ReportCounts, SpanCounts};

use super::{DEFINITION, USUAL_DAYS, forecast};
use crate::calendar::WorkCalendar;

/// How unlikely the count of a topic must be to be told as risen.
const UNLIKELY: f64 = 0.01;
/// The past must be known for so many days before anything can rise against it.
const LEAST_KNOWN: i64 = 14;
/// What is told of as risen has at least so many items.
const LEAST_RISEN: i64 = 5;
const DUTY_DESK: &str = "值班室";

pub(super) fn draw(
    county: &County,
    calendar: &WorkCalendar,
    span: ReportSpan,
    scope: ReportScope,
    counts: ReportCounts,
    words: Option<Vec<Rise>>,
) -> ReportFigures {
    let drawing = Drawing { county, calendar, span, counts: &counts };
    let last = number_of(span.to);
    ReportFigures {
        definition: DEFINITION,
        county: county.settings.name.clone(),
        span,
        scope_name: scope_name(county, &scope),
        scope,
        cutoff: counts.cutoff,
        before: span.before(),
        year_ago: span.year_ago(),
        totals: drawing.totals(),
        channels: drawing.channels(),
        topics: drawing.topics(),
        towns: drawing.towns(),
        days: drawing.days(),
        incidents: counts.most_items.iter().map(|count| drawing.incident(count)).collect(),
        repeated: counts.most_repeated.iter().map(|count| drawing.incident(count)).collect(),
        alerts: alerts(&counts.alerts),
        departments: drawing.departments(),
        risen_topics: drawing.risen_topics(),
        risen_words: words.map(|words| words.into_iter().map(risen_word).collect()),
        forecast: forecast::forecast(&counts.days, counts.history_from, last, i64::from(span.length())),
        ahead: ReportAhead {
            cases_due: counts.cases_due_after,
            promises_due: counts.promises_due_after,
            promises_late: counts.promises_late,
        },
        flow: drawing.flow(),
    }
}

/// Whether the figures on items are what these items make, which were kept with them.
pub(super) fn agree(figures: &ReportFigures, kept: &[ItemCell]) -> bool {
    let sum = |of: &dyn Fn(&ItemCell) -> bool| -> i64 {
        kept.iter().filter(|cell| of(cell)).map(|cell| cell.items).sum()
    };
    let totals = &figures.totals;
    let shares = |shares: &[ReportShare], mark: &dyn Fn(&ItemCell) -> Option<String>| {
        let told: i64 = shares.iter().map(|share| share.count.now).sum();
        told == totals.items.now
            && shares.iter().all(|share| share.count.now == sum(&|cell| mark(cell) == share.code))
    };
    totals.items.now == sum(&|_| true)
        && totals.news.now == sum(&|cell| cell.channel == Channel::News)
        && totals.demands.now == sum(&|cell| cell.channel != Channel::News)
        && totals.urgent.now == sum(&|cell| cell.urgency == 2)
        && figures.days.iter().all(|day| day.items == sum(&|cell| cell.day == number_of(day.day)))
        && shares(&figures.channels, &|cell| Some(cell.channel.code().to_owned()))
        && shares(&figures.topics, &|cell| cell.topic.as_ref().map(TopicCode::to_string))
        && shares(&figures.towns, &|cell| cell.town.as_ref().map(|town| town.as_str().to_owned()))
}

/// `石浦镇`, `工资拖欠`, `县人社局`, several with 、.
fn scope_name(county: &County, scope: &ReportScope) -> String {
    let town = scope.town.as_ref().map(|town| town.as_str().to_owned());
    let department = scope.department.as_ref().map(|code| department_name(county, code));
    let topic = scope.topic.as_ref().map(|code| county.taxonomy.name(code).to_owned());
    town.into_iter().chain(department).chain(topic).collect::<Vec<_>>().join("、")
}

fn department_name(county: &County, code: &DepartmentCode) -> String {
    county.departments.by_code(code).map_or_else(|| code.to_string(), |d| d.short_name.clone())
}

/// Days since 1970-01-01.
fn number_of(date: Date) -> i64 {
    i64::from(days_apart(jiff::civil::date(1970, 1, 1), date))
}

struct Drawing<'a> {
    county: &'a County,
    calendar: &'a WorkCalendar,
    span: ReportSpan,
    counts: &'a ReportCounts,
}

impl Drawing<'_> {
    /// Whether the store reaches back to the beginning of some days.
    fn knows(&self, span: ReportSpan) -> bool {
        self.counts.history_from.is_some_and(|first| first <= number_of(span.from))
    }

    fn compared(&self, of: impl Fn(&SpanCounts) -> i64) -> Compared {
        let (before, year_ago) = (self.span.before(), self.span.year_ago());
        Compared {
            now: of(&self.counts.now),
            before: self.knows(before).then(|| of(&self.counts.before)),
            year_ago: self.knows(year_ago).then(|| of(&self.counts.year_ago)),
        }
    }

    fn totals(&self) -> ReportTotals {
        let items = |of: fn(&ItemCell) -> bool| {
            self.compared(move |span| span.cells.iter().filter(|cell| of(cell)).map(|cell| cell.items).sum())
        };
        let numerators = |rate| self.compared(move |span| rate_sum(&span.rates, rate).numerator);
        let denominators = |rate| self.compared(move |span| rate_sum(&span.rates, rate).denominator);
        ReportTotals {
            items: items(|_| true),
            news: items(|cell| cell.channel == Channel::News),
            demands: items(|cell| cell.channel != Channel::News),
            urgent: items(|cell| cell.urgency == 2),
            incidents: self.compared(|span| span.incidents.incidents),
            new_incidents: self.compared(|span| span.incidents.began),
            repeats: self.compared(|span| span.incidents.repeats),
            opened: denominators(Rate::Repeated),
            due: denominators(Rate::OnTime),
            on_time: numerators(Rate::OnTime),
            rated: denominators(Rate::Satisfied),
            satisfied: numerators(Rate::Satisfied),
            open: self.counts.open.iter().map(|(_, open, _)| open).sum(),
            overdue: self.counts.open.iter().map(|(_, _, overdue)| overdue).sum(),
            unjudged: self.counts.unjudged,
        }
    }

    /// Shares by a mark of the items, in the given order; what the order does not know comes after it, what has no mark last.
    fn shares(
        &self,
        order: &[(String, String)],
        none: &str,
        mark: impl Fn(&ItemCell) -> Option<String>,
    ) -> Vec<ReportShare> {
        let spans = [&self.counts.now, &self.counts.before, &self.counts.year_ago];
        let known: BTreeSet<&str> = order.iter().map(|(code, _)| code.as_str()).collect();
        let marks: BTreeSet<Option<String>> =
            spans.iter().flat_map(|span| span.cells.iter().map(&mark)).collect();
        let others = marks.iter().flatten().filter(|code| !known.contains(code.as_str()));
        let all = order.iter().map(|(code, name)| (Some(code.clone()), name.clone()));
        let all = all.chain(others.map(|code| (Some(code.clone()), code.clone())));
        let share = |(code, name): (Option<String>, String)| {
            let of = |span: &SpanCounts| {
                span.cells.iter().filter(|cell| mark(cell) == code).map(|cell| cell.items).sum()
            };
            ReportShare { count: self.compared(of), code, name }
        };
        all.chain([(None, none.to_owned())])
            .map(share)
            .filter(|share| {
                let count = share.count;
                count.now > 0 || count.before.unwrap_or(0) > 0 || count.year_ago.unwrap_or(0) > 0
            })
            .collect()
    }

    fn channels(&self) -> Vec<ReportShare> {
        let order: Vec<(String, String)> = Channel::ALL
            .iter()
            .map(|channel| (channel.code().to_owned(), channel.label().to_owned()))
            .collect();
        self.shares(&order, "", |cell| Some(cell.channel.code().to_owned()))
    }

    fn topics(&self) -> Vec<ReportShare> {
        let fields = self.county.taxonomy.fields().iter();
        let order: Vec<(String, String)> =
            fields.map(|field| (field.code.to_string(), field.name.clone())).collect();
        let mut shares =
            self.shares(&order, "不涉诉求话题", |cell| cell.topic.as_ref().map(TopicCode::to_string));
        shares.sort_by_key(|share| (share.code.is_none(), std::cmp::Reverse(share.count.now)));
        shares
    }

    fn towns(&self) -> Vec<ReportShare> {
        let towns = self.county.departments.towns().map(|town| town.as_str().to_owned());
        let order: Vec<(String, String)> = towns.map(|town| (town.clone(), town)).collect();
        self.shares(&order, "未定位", |cell| cell.town.as_ref().map(|town| town.as_str().to_owned()))
    }

    fn days(&self) -> Vec<ReportDay> {
        let before = self.span.before();
        let knows_before = self.knows(before);
        let first_before = number_of(before.from);
        let shift = match before.length() == self.span.length() {
            true => number_of(self.span.from) - first_before,
            // Months: the same number of the day.
            false => i64::from(before.length()),
        };
        let day = |day: Date| {
            let number = number_of(day);
            let then = number - shift;
            let within = (first_before..number_of(self.span.from)).contains(&then);
            let (usual, usual_weeks) = self.usual(day);
            ReportDay {
                day,
                items: self.items_on(number),
                before: (knows_before && within).then(|| self.items_on(then)),
                usual,
                usual_weeks,
                mark: self.mark(day),
            }
        };
        self.span.days().map(day).collect()
    }

    fn items_on(&self, number: i64) -> i64 {
        self.counts.days.get(&number).copied().unwrap_or(0)
    }

    /// The mean of the same weekday over the eight weeks before, days of the same kind alone, and over how many.
    fn usual(&self, day: Date) -> (Option<f64>, u32) {
        let kind = self.calendar.is_workday(day);
        let first = number_of(self.span.from);
        let back = (number_of(day) - first).div_euclid(7) + 1;
        let mut counts = Vec::new();
        for week in back..back + USUAL_DAYS / 7 {
            let Ok(then) = day.checked_sub(jiff::Span::new().days(7 * week)) else { break };
            let number = number_of(then);
            let known = self.counts.history_from.is_some_and(|first| first <= number);
            if known && self.calendar.is_workday(then) == kind {
                counts.push(self.items_on(number));
            }
        }
        let weeks = u32::try_from(counts.len()).unwrap_or(0);
        let mean = (weeks > 0).then(|| counts.iter().sum::<i64>() as f64 / f64::from(weeks));
        (mean, weeks)
    }

    /// `休` of a holiday on a weekday, `班` of a make-up workday.
    fn mark(&self, day: Date) -> Option<String> {
        let named = self.calendar.named(day)?;
        Some(if named.off { format!("休·{}", named.name) } else { "班".into() })
    }

    fn incident(&self, count: &IncidentCount) -> ReportIncident {
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

    fn departments(&self) -> Vec<ReportDepartment> {
        let mut rates: BTreeMap<Option<DepartmentCode>, BTreeMap<Rate, RateCount>> = BTreeMap::new();
        for figure in &self.counts.now.rates {
            rates.entry(figure.department.clone()).or_default().insert(figure.rate, figure.count);
        }
        for (lead, ..) in &self.counts.open {
            rates.entry(Some(lead.clone())).or_default();
        }
        let row = |(code, rates): (Option<DepartmentCode>, BTreeMap<Rate, RateCount>)| {
            let of = |rate| rates.get(&rate).copied().unwrap_or_default();
            let load = self.counts.open.iter().find(|(lead, ..)| Some(lead) == code.as_ref());
            ReportDepartment {
                name: code.as_ref().map_or(DUTY_DESK.into(), |code| department_name(self.county, code)),
                sent: of(Rate::SentBack),
                contact: of(Rate::Contact),
                on_time: of(Rate::OnTime),
                redone: of(Rate::Redone),
                solved: of(Rate::Solved),
                satisfied: of(Rate::Satisfied),
                open: load.map_or(0, |(_, open, _)| *open),
                overdue: load.map_or(0, |(_, _, overdue)| *overdue),
                expected: self.expected(code.as_ref()),
                code,
            }
        };
        let mut rows: Vec<ReportDepartment> = rates.into_iter().map(row).collect();
        // In the county's own order, the duty desk last.
        let place = |row: &ReportDepartment| match &row.code {
            Some(code) => {
                self.county.departments.all().iter().position(|d| d.code == *code).unwrap_or(usize::MAX - 1)
            }
            None => usize::MAX,
        };
        rows.sort_by_key(place);
        rows
    }

    fn expected(&self, department: Option<&DepartmentCode>) -> Option<f64> {
        let mut county: BTreeMap<Option<&TopicCode>, RateCount> = BTreeMap::new();
        for (_, topic, count) in &self.counts.due_by_topic {
            let sum = county.entry(topic.as_ref()).or_default();
            *sum = sum.plus(*count);
        }
        let (mut expected, mut due) = (0.0, 0);
        for (of, topic, count) in &self.counts.due_by_topic {
            if of.as_ref() == department {
                let share = county.get(&topic.as_ref()).and_then(RateCount::share).unwrap_or(0.0);
                expected += share * count.denominator as f64;
                due += count.denominator;
            }
        }
        (due > 0).then(|| expected / due as f64)
    }

    fn risen_topics(&self) -> Vec<ReportRisen> {
        let first = number_of(self.span.from);
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
            .filter(|(_, items)| *items >= LEAST_RISEN)
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

    fn flow(&self) -> Vec<ReportFlow> {
        let mut sums: BTreeMap<(Channel, Option<String>, String), i64> = BTreeMap::new();
        for FlowCount { channel, lead, state, outcome, items } in &self.counts.flow {
            let department = lead.as_ref().map(|code| department_name(self.county, code));
            let outcome = match (state, outcome) {
                (_, Some(outcome)) => outcome.label().to_owned(),
                (Some(state), None) => state_label(state).to_owned(),
                (None, None) => "未立工单".to_owned(),
            };
            *sums.entry((*channel, department, outcome)).or_default() += items;
        }
        let flow =
            |((channel, department, outcome), items)| ReportFlow { channel, department, outcome, items };
        sums.into_iter().map(flow).collect()
    }
}

fn rate_sum(figures: &[RateFigure], rate: Rate) -> RateCount {
    figures.iter().filter(|figure| figure.rate == rate).fold(RateCount::default(), |sum, f| sum.plus(f.count))
}

fn alerts(counts: &AlertCounts) -> ReportAlerts {
    let after = &counts.looked_after_ms;
    let middle = match (after.len(), after.len() % 2) {
        (0, _) => None,
        (n, 1) => Some(after[n / 2] as f64),
        (n, _) => Some((after[n / 2 - 1] + after[n / 2]) as f64 / 2.0),
    };
    ReportAlerts {
        fired: counts.fired,
        seen: i64::try_from(after.len()).unwrap_or(i64::MAX),
        median_minutes: middle.map(|ms| (ms / 6_000.0).round() / 10.0),
        by_rule: counts.by_rule.clone(),
    }
}

fn risen_word(rise: Rise) -> ReportRisen {
    ReportRisen { code: None, name: rise.word, items: rise.items, usual: rise.expected, chance: rise.p }
}
