//! `qingting sample`: writes a made-up county's year.

use anyhow::Result;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use qingting_models::clock::{self, Clock, SystemClock};

use crate::cli::{Global, Sample, WrongUsage};
use crate::output;
use crate::sample::{ITEMS, Order, make};

pub fn run(global: &Global, command: &Sample) -> Result<()> {
    if !ITEMS.contains(&command.items) {
        let (least, most) = (ITEMS.start(), ITEMS.end());
        return Err(
            WrongUsage(format!("--items {}: from {least} to {most} are allowed", command.items)).into()
        );
    }
    let until = match command.until.as_deref() {
        Some(day) => {
            day.parse().map_err(|_| WrongUsage(format!("--until {day} is no day; allowed: 2026-11-22")))?
        }
        None => last_sunday(clock::local_date(SystemClock.now()))?,
    };
    let order = Order { items: command.items, seed: command.seed, until };
    let bar = output::progress(command.items, "making");
    let made = make(order, &command.out, &|records| {
        if records.is_multiple_of(1000) {
            bar.set_position(records);
        }
    })?;
    bar.finish_and_clear();
    if global.json { output::json(&made) } else { output::line(&made.summary()) }
}

/// The latest Sunday that is over.
fn last_sunday(today: Date) -> Result<Date> {
    let yesterday = today.checked_sub(1.day())?;
    let past = yesterday.weekday().since(Weekday::Sunday);
    Ok(yesterday.checked_sub(i64::from(past).days())?)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::last_sunday;

    #[test]
    fn the_latest_sunday_that_is_over_is_taken() {
        assert_eq!(last_sunday(date(2026, 11, 23)).unwrap(), date(2026, 11, 22));
        assert_eq!(last_sunday(date(2026, 11, 22)).unwrap(), date(2026, 11, 15));
        assert_eq!(last_sunday(date(2026, 11, 21)).unwrap(), date(2026, 11, 15));
    }
}
