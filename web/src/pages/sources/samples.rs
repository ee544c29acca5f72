//! Pieces of the samples that several source pages are tested with.

use jiff::civil::date;

use super::state::Health;
use crate::chart::Chart;
use crate::plain::Told;
use crate::samples::moment;
use crate::view::Tag;

pub(super) fn a_chart() -> Chart {
    let today = date(2026, 11, 23);
    Chart::of_days(&[(today, 12)], today, super::DAYS, today)
}

pub(super) fn a_health(t: &str) -> Health {
    Health {
        tag: Tag::new(t, "tag"),
        error: Some(Told::sample(t)),
        todo: t.into(),
        last_success: Some(moment(60)),
        next: Some(moment(-60)),
    }
}
