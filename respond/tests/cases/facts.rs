//! The county that ships with the program, with its calendar.

use qingting_models::county::County;
use qingting_respond::calendar::WorkCalendar;

pub(crate) fn county() -> County {
    County::embedded().unwrap()
}

pub(crate) fn calendar() -> WorkCalendar {
    WorkCalendar::of_county(&county())
}
