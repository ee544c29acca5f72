//! Draws the figures of a report from what the store counted.

mod days;
mod matters;
mod offices;
mod shares;

use qingting_models::county::{County, DepartmentCode, Tile, TopicCode};
use qingting_models::records::{
    Channel, Compared, Rate, RateCount, RateFigure, ReportAhead, ReportFigures, ReportScope, ReportShare,
    ReportSpan, ReportTile, ReportTotals, day_number,
};
use qingting_models::rising::Rise;
use qingting_models::store::{ItemCell, ReportCounts, SpanCounts};

use super::{DEFINITION, forecast};
use crate::calendar::WorkCalendar;
use matters::risen_word;
use offices::alerts;

/// Fewer items are told neither as risen nor as a concentration.
const LEAST_TOLD: i64 = 5;

pub(super) fn draw(
    county: &County,
    calendar: &WorkCalendar,
    span: ReportSpan,
    scope: ReportScope,
    counts: ReportCounts,
    words: Option<Vec<Rise>>,
) -> ReportFigures {
    let reckoner = Reckoner { county, calendar, span, counts: &counts };
    let last = day_number(span.to);
    ReportFigures {
        definition: DEFINITION,
        county: county.settings.name.clone(),
        span,
        scope_name: scope_name(county, &scope),
        scope,
        cutoff: counts.cutoff,
        before: span.before(),
        year_ago: span.year_ago(),
        totals: reckoner.totals(),
        channels: reckoner.channels(),
        topics: reckoner.topics(),
        towns: reckoner.towns(),
        days: reckoner.days(),
        incidents: counts.most_items.iter().map(|count| reckoner.incident(count)).collect(),
        repeated: counts.most_repeated.iter().map(|count| reckoner.incident(count)).collect(),
        alerts: alerts(&counts.alerts),
        departments: reckoner.departments(),
        risen_topics: reckoner.risen_topics(),
        risen_words: words.map(|words| words.into_iter().map(risen_word).collect()),
        forecast: forecast::forecast(&counts.days, counts.history_from, last, i64::from(span.length())),
        ahead: ReportAhead {
            cases_due: counts.cases_due_after,
            promises_due: counts.promises_due_after,
            promises_late: counts.promises_late,
        },
        flow: reckoner.flow(),
        calendar: reckoner.calendar_days(),
        concentrated: reckoner.concentrated(),
        satisfied_floor: county.settings.floor(Rate::Satisfied),
        map: map(county),
        style: county.report_styles.of(span.kind).clone(),
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
        && figures.days.iter().all(|day| day.items == sum(&|cell| cell.day == day_number(day.day)))
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

struct Reckoner<'a> {
    county: &'a County,
    calendar: &'a WorkCalendar,
    span: ReportSpan,
    counts: &'a ReportCounts,
}

impl Reckoner<'_> {
    /// Whether the store reaches back to the beginning of some days.
    fn knows(&self, span: ReportSpan) -> bool {
        self.counts.history_from.is_some_and(|first| first <= day_number(span.from))
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
}

fn map(county: &County) -> Vec<ReportTile> {
    let tile = |tile: &Tile| ReportTile { town: tile.town.clone(), column: tile.column, row: tile.row };
    county.town_map.tiles().iter().map(tile).collect()
}

fn rate_sum(figures: &[RateFigure], rate: Rate) -> RateCount {
    figures.iter().filter(|figure| figure.rate == rate).fold(RateCount::default(), |sum, f| sum.plus(f.count))
}
