//! The sentences that show how a due time came about.

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use qingting_models::clock::{local, local_date};
use qingting_models::county::Amount;

use crate::calendar::WorkCalendar;

/// What marks a due time that went by Monday to Friday for want of calendar data.
pub const PROVISIONAL: &str = "暂按周一至周五计算";

pub(super) fn start(from: Timestamp, amount: Amount) -> String {
    let how = match amount {
        Amount::ClockMinutes(_) => "按钟点计算，休息日不停",
        Amount::WorkingMinutes(_) => "只计办公时间",
        Amount::SameDay => "不论是否休息日",
        Amount::WorkingDays(_) | Amount::Days(_) | Amount::Months(_) => "当天不计",
    };
    format!("{} 起算，期限{}，{how}。", moment(from), amount.label())
}

/// Which days off and hours between the two instants were passed over.
pub(super) fn office_time(calendar: &WorkCalendar, from: Timestamp, due: Timestamp) -> Vec<String> {
    let mut steps = Vec::new();
    if !calendar.is_open(from) {
        steps.push("起算时不在办公时间，从下一段办公时间开始计。".to_owned());
    }
    if let Ok(eve) = local_date(from).yesterday() {
        steps.extend(special_days(calendar, eve, local_date(due)));
    }
    steps
}

pub(super) fn last_working_day(date: Date, count: u32) -> String {
    format!("第 {count} 个工作日是 {}，到下班时为止。", day(date))
}

pub(super) fn last_day(date: Date) -> String {
    format!("期限最后一日是 {}，到下班时为止。", day(date))
}

pub(super) fn rolled(date: Date) -> String {
    format!("最后一日是休息日，顺延到下一个工作日 {}。", day(date))
}

pub(super) fn extended(amount: Amount) -> String {
    format!("批准延期 {}，自原到期日的次日起算。", amount.label())
}

pub(super) fn paused(from: Timestamp, to: Timestamp, lost: &str) -> String {
    format!("{} 至 {} 暂停计时，停 {lost}，期限相应顺延。", moment(from), moment(to))
}

pub(super) fn provisional(calendar: &WorkCalendar, due: Timestamp) -> String {
    let year = local_date(due).year();
    let which = if calendar.is_guess(local_date(due)) {
        format!("{year} 年")
    } else {
        "其中部分年份".to_owned()
    };
    format!("{which}没有节假日安排数据，{PROVISIONAL}。")
}

pub(super) fn end(due: Timestamp) -> String {
    let at = local(due);
    match (at.time() == Time::midnight(), at.date().yesterday()) {
        (true, Ok(eve)) => format!("到期时间：{} 24:00。", day(eve)),
        _ => format!("到期时间：{}。", moment(due)),
    }
}

/// The dates after `from` up to and with `to`.
pub(super) fn dates_after(from: Date, to: Date) -> impl Iterator<Item = Date> {
    from.series(jiff::ToSpan::day(1)).skip(1).take_while(move |d| *d <= to)
}

/// A sentence for each run of days off and each make-up workday after `from` up to `to`.
pub(super) fn special_days(calendar: &WorkCalendar, from: Date, to: Date) -> Vec<String> {
    let mut steps = Vec::new();
    let mut off: Vec<Date> = Vec::new();
    for date in dates_after(from, to) {
        if !calendar.is_workday(date) {
            off.push(date);
            continue;
        }
        steps.extend(days_off(calendar, &off));
        off.clear();
        if calendar.named(date).is_some() && is_weekend(date) {
            steps.push(format!("{} 调休上班，计入。", day(date)));
        }
    }
    steps.extend(days_off(calendar, &off));
    steps
}

fn days_off(calendar: &WorkCalendar, run: &[Date]) -> Option<String> {
    let (first, last) = (run.first()?, run.last()?);
    let why = run.iter().find_map(|d| calendar.named(*d)).map_or("周末", |named| named.name.as_str());
    Some(match run.len() {
        1 => format!("{} 休息（{why}），不计。", day(*first)),
        count => format!("{} 至 {} 休息 {count} 天（{why}），不计。", day(*first), day(*last)),
    })
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// `2026-11-23（周一）`
fn day(date: Date) -> String {
    format!("{date}（{}）", weekday(date))
}

/// `2026-11-23（周一）08:30`
fn moment(at: Timestamp) -> String {
    let at = local(at);
    format!("{}{}", day(at.date()), at.strftime("%H:%M"))
}

fn weekday(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Monday => "周一",
        Weekday::Tuesday => "周二",
        Weekday::Wednesday => "周三",
        Weekday::Thursday => "周四",
        Weekday::Friday => "周五",
        Weekday::Saturday => "周六",
        Weekday::Sunday => "周日",
    }
}
