//! The figures by day: the report's days with what is usual on them, and the calendar of the weeks before.

use jiff::ToSpan;
use jiff::civil::Date;
use qingting_models::records::{ReportCalendarDay, ReportDay, day_number};

use super::Reckoner;
use crate::report::USUAL_DAYS;

impl Reckoner<'_> {
    pub(super) fn days(&self) -> Vec<ReportDay> {
        let before = self.span.before();
        let knows_before = self.knows(before);
        let first_before = day_number(before.from);
        let shift = match before.length() == self.span.length() {
            true => day_number(self.span.from) - first_before,
            // Months: the same number of the day.
            false => i64::from(before.length()),
        };
        let day = |day: Date| {
            let number = day_number(day);
            let then = number - shift;
            let within = (first_before..day_number(self.span.from)).contains(&then);
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

    /// The days from the first Monday of the eight weeks before; of spans longer than those weeks the span alone.
    pub(super) fn calendar_days(&self) -> Vec<ReportCalendarDay> {
        let Some(known) = self.counts.history_from else { return Vec::new() };
        let first = day_number(self.span.from);
        let back = if i64::from(self.span.length()) > USUAL_DAYS { 0 } else { USUAL_DAYS };
        let begin = self.span.from.saturating_sub(back.days());
        let to_monday = (7 - i64::from(begin.weekday().to_monday_zero_offset())) % 7;
        let from = (first - back + if back > 0 { to_monday } else { 0 }).max(known);
        let days = (from..=day_number(self.span.to))
            .filter_map(|number| self.span.from.checked_add((number - first).days()).ok());
        days.map(|day| ReportCalendarDay { day, items: self.items_on(day_number(day)), mark: self.mark(day) })
            .collect()
    }

    /// The mean of the same weekday over the eight weeks before, days of the same kind alone, and over how many.
    fn usual(&self, day: Date) -> (Option<f64>, u32) {
        let kind = self.calendar.is_workday(day);
        let first = day_number(self.span.from);
        let back = (day_number(day) - first).div_euclid(7) + 1;
        let mut counts = Vec::new();
        for week in back..back + USUAL_DAYS / 7 {
            let Ok(then) = day.checked_sub(jiff::Span::new().days(7 * week)) else { break };
            let number = day_number(then);
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
}
