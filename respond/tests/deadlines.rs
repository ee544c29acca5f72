//! Due times, extensions, pauses and warning lights, each against dates worked out by hand from the
//! official arrangement, and working days against a published calendar package.

// Clippy takes the helpers of an integration test for production code.
#![allow(clippy::unwrap_used)]

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};
use qingting_models::clock::{from_local, rfc3339};
use qingting_models::county::{Amount, County, DeadlineRule, RuleId};
use qingting_models::records::Urgency;
use qingting_respond::calendar::WorkCalendar;
use qingting_respond::deadline::{
    Due, ExtensionError, Granted, Light, PROVISIONAL, Running, due, extend, light, resume, yellow_from,
};

use Urgency::{Ordinary, Urgent, Watch};

struct Table {
    county: County,
    calendar: WorkCalendar,
}

impl Table {
    fn shipped() -> Self {
        let county = County::embedded().unwrap();
        let calendar = WorkCalendar::of_county(&county);
        Self { county, calendar }
    }

    fn rule(&self, id: &str) -> &DeadlineRule {
        self.county.deadline_rules.rule(&RuleId::new(id)).unwrap()
    }

    fn due(&self, id: &str, from: &str, urgency: Urgency) -> Due {
        due(self.rule(id), &self.calendar, at(from), urgency).unwrap()
    }
}

/// A wall-clock time in Asia/Shanghai: `2026-11-23T08:30`.
fn at(text: &str) -> Timestamp {
    from_local(text.parse::<DateTime>().unwrap()).unwrap()
}

/// The wall-clock time of an instant, to the second.
fn clock(at: Timestamp) -> String {
    rfc3339(at).trim_end_matches("+08:00").to_owned()
}

#[track_caller]
fn assert_dues(rows: &[(&str, &str, Urgency, &str)]) {
    let table = Table::shipped();
    for (rule, from, urgency, expected) in rows {
        let got = table.due(rule, from, *urgency);
        assert_eq!(clock(got.due), *expected, "{rule} from {from}: {:#?}", got.steps);
    }
}

#[test]
fn working_days_do_not_count_the_first_day_and_end_when_offices_close() {
    assert_dues(&[
        // Monday to Friday of an ordinary week
        ("hotline.consult", "2026-11-23T09:00", Ordinary, "2026-11-26T17:00:00"),
        ("hotline.handle", "2026-11-23T09:00", Ordinary, "2026-11-30T17:00:00"),
        ("hotline.handle", "2026-11-23T00:00", Watch, "2026-11-30T17:00:00"),
        ("hotline.handle", "2026-11-23T23:59:59", Ordinary, "2026-11-30T17:00:00"),
        ("hotline.handle", "2026-11-24T00:00", Ordinary, "2026-12-01T17:00:00"),
        // a Saturday and a Sunday start: Monday is the first day
        ("hotline.callback", "2026-11-21T10:00", Ordinary, "2026-11-23T17:00:00"),
        ("hotline.callback", "2026-11-22T23:00", Ordinary, "2026-11-23T17:00:00"),
        ("hotline.send_back", "2026-11-26T08:00", Ordinary, "2026-11-30T17:00:00"),
        ("petition.object", "2026-11-23T09:00", Ordinary, "2026-11-30T17:00:00"),
        ("rating.rectify", "2026-11-23T09:00", Ordinary, "2026-11-30T17:00:00"),
        ("item.improve", "2026-11-23T09:00", Ordinary, "2026-12-07T17:00:00"),
        ("foi.answer", "2026-11-02T09:00", Ordinary, "2026-11-30T17:00:00"),
        ("foi.correct", "2026-11-02T09:00", Ordinary, "2026-11-11T17:00:00"),
    ]);
}

#[test]
fn holidays_are_left_out_and_make_up_workdays_counted() {
    assert_dues(&[
        // National Day 2026 (1 to 7 October), 10 October is a working Saturday
        ("hotline.handle", "2026-09-30T16:00", Ordinary, "2026-10-13T17:00:00"),
        ("hotline.consult", "2026-10-07T12:00", Ordinary, "2026-10-10T17:00:00"),
        ("hotline.callback", "2026-10-09T12:00", Ordinary, "2026-10-10T17:00:00"),
        // 20 September 2026 is a working Sunday, then Mid-autumn 25 to 27
        ("hotline.callback", "2026-09-19T09:00", Ordinary, "2026-09-20T17:00:00"),
        ("hotline.handle", "2026-09-18T09:00", Ordinary, "2026-09-24T17:00:00"),
        ("hotline.handle", "2026-09-21T09:00", Ordinary, "2026-09-29T17:00:00"),
        // Spring Festival 2026: 14 and 28 February are worked, 15 to 23 are off
        ("hotline.consult", "2026-02-13T09:00", Ordinary, "2026-02-25T17:00:00"),
        ("hotline.handle", "2026-02-23T09:00", Ordinary, "2026-02-28T17:00:00"),
        // Spring Festival 2025, over the month's end; 26 January and 8 February are worked
        ("hotline.handle", "2025-01-24T09:00", Ordinary, "2025-02-07T17:00:00"),
        ("hotline.callback", "2025-02-07T09:00", Ordinary, "2025-02-08T17:00:00"),
        // Labour Day 2024, 28 April and 11 May are worked; the leap day
        ("hotline.handle", "2024-04-27T09:00", Ordinary, "2024-05-07T17:00:00"),
        ("hotline.callback", "2024-02-28T09:00", Ordinary, "2024-02-29T17:00:00"),
        // over New Year 2025 and 2026
        ("hotline.consult", "2024-12-30T09:00", Ordinary, "2025-01-03T17:00:00"),
        ("hotline.consult", "2025-12-31T09:00", Ordinary, "2026-01-06T17:00:00"),
    ]);
}

#[test]
fn clock_hours_do_not_stop() {
    assert_dues(&[
        ("opinion.first_statement", "2026-10-01T21:10", Ordinary, "2026-10-02T02:10:00"),
        ("opinion.press", "2026-10-01T21:10", Ordinary, "2026-10-02T21:10:00"),
        ("opinion.response", "2026-12-31T12:00", Ordinary, "2027-01-02T12:00:00"),
        ("hotline.contact", "2026-11-21T10:01", Ordinary, "2026-11-22T10:01:00"),
        ("hotline.contact", "2026-11-21T10:01", Watch, "2026-11-22T10:01:00"),
        ("hotline.contact", "2026-11-21T23:01", Urgent, "2026-11-22T01:01:00"),
        ("triage", "2026-11-21T23:50", Urgent, "2026-11-22T00:05:00"),
    ]);
}

#[test]
fn working_hours_leave_out_lunch_nights_and_days_off() {
    assert_dues(&[
        ("triage", "2026-11-23T09:00", Ordinary, "2026-11-23T11:00:00"),
        ("triage", "2026-11-23T10:00", Ordinary, "2026-11-23T12:00:00"),
        ("triage", "2026-11-23T10:01", Ordinary, "2026-11-23T13:31:00"),
        ("triage", "2026-11-23T12:00", Ordinary, "2026-11-23T15:30:00"),
        ("triage", "2026-11-23T12:45", Ordinary, "2026-11-23T15:30:00"),
        ("triage", "2026-11-23T15:00", Ordinary, "2026-11-23T17:00:00"),
        ("triage", "2026-11-23T15:01", Ordinary, "2026-11-24T08:31:00"),
        ("triage", "2026-11-23T17:00", Ordinary, "2026-11-24T10:30:00"),
        ("triage", "2026-11-23T03:00", Ordinary, "2026-11-23T10:30:00"),
        ("triage", "2026-11-27T16:00", Ordinary, "2026-11-30T09:30:00"),
        ("triage", "2026-09-30T16:30", Ordinary, "2026-10-08T10:00:00"),
        ("triage", "2026-10-10T08:00", Ordinary, "2026-10-10T10:30:00"),
    ]);
}

#[test]
fn urgent_matters_end_at_midnight_of_their_day() {
    assert_dues(&[
        ("hotline.urgent", "2026-11-23T00:00", Urgent, "2026-11-24T00:00:00"),
        ("hotline.urgent", "2026-11-23T23:59", Urgent, "2026-11-24T00:00:00"),
        ("hotline.urgent", "2026-12-31T12:00", Urgent, "2027-01-01T00:00:00"),
    ]);
    let due = Table::shipped().due("hotline.urgent", "2026-12-31T12:00", Urgent);
    assert!(due.steps.last().unwrap().contains("2026-12-31（周四） 24:00"), "{:?}", due.steps);
    assert!(!due.provisional, "no calendar was asked");
}

#[test]
fn days_and_months_roll_only_where_the_table_says() {
    assert_dues(&[
        // 15 days on: a Tuesday; a Saturday that rolls to Monday; into the National Day week
        ("petition.accept", "2026-11-02T09:00", Ordinary, "2026-11-17T17:00:00"),
        ("petition.accept", "2026-11-06T09:00", Ordinary, "2026-11-23T17:00:00"),
        ("petition.accept", "2026-09-17T09:00", Ordinary, "2026-10-08T17:00:00"),
        // a working Saturday does not roll
        ("petition.accept", "2026-09-25T09:00", Ordinary, "2026-10-10T17:00:00"),
        // 60 days from 2026-08-05 is Sunday 2026-10-04, in the holiday
        ("petition.close", "2026-08-05T09:00", Ordinary, "2026-10-08T17:00:00"),
        ("decision.comments", "2026-09-05T09:00", Ordinary, "2026-10-08T17:00:00"),
        // 14 days without roll stay on the Saturday
        ("site.home", "2026-11-07T09:00", Ordinary, "2026-11-21T17:00:00"),
        ("site.news_column", "2026-09-20T09:00", Ordinary, "2026-10-04T17:00:00"),
        ("media.account", "2024-02-15T09:00", Ordinary, "2024-02-29T17:00:00"),
        ("site.notice_column", "2026-04-01T09:00", Ordinary, "2026-10-01T17:00:00"),
        ("site.notice_column", "2025-08-31T09:00", Ordinary, "2026-02-28T17:00:00"),
    ]);
}

#[test]
fn a_year_without_data_goes_by_monday_to_friday_and_says_so() {
    let table = Table::shipped();
    let over = table.due("hotline.handle", "2026-12-29T09:00", Ordinary);
    assert_eq!(clock(over.due), "2027-01-05T17:00:00");
    assert!(over.provisional);
    assert!(over.steps.iter().any(|s| s.contains("2027 年") && s.contains(PROVISIONAL)), "{:?}", over.steps);
    let within = table.due("hotline.consult", "2026-12-28T09:00", Ordinary);
    assert_eq!(clock(within.due), "2026-12-31T17:00:00");
    assert!(!within.provisional);
    assert!(table.due("petition.accept", "2026-12-20T09:00", Ordinary).provisional);
    assert!(table.due("triage", "2026-12-31T16:00", Ordinary).provisional);
    assert!(!table.due("opinion.response", "2026-12-31T16:00", Ordinary).provisional);
}

#[test]
fn importing_the_year_replaces_the_guess() {
    let mut county = County::embedded().unwrap();
    let json = r#"{"year":2027,"days":[{"name":"元旦","date":"2027-01-01","isOffDay":true}]}"#;
    county.calendar.insert(qingting_models::county::YearCalendar::parse("2027.json", json).unwrap());
    let table = Table { calendar: WorkCalendar::of_county(&county), county };
    let over = table.due("hotline.handle", "2026-12-29T09:00", Ordinary);
    assert_eq!(clock(over.due), "2027-01-06T17:00:00");
    assert!(!over.provisional);
}

#[test]
fn the_steps_name_holidays_and_make_up_days() {
    let steps = Table::shipped().due("hotline.handle", "2026-09-30T16:00", Ordinary).steps;
    assert_eq!(
        steps,
        [
            "2026-09-30（周三）16:00 起算，期限5 个工作日，当天不计。",
            "2026-10-01（周四） 至 2026-10-07（周三） 休息 7 天（国庆节），不计。",
            "2026-10-10（周六） 调休上班，计入。",
            "2026-10-11（周日） 休息（周末），不计。",
            "第 5 个工作日是 2026-10-13（周二），到下班时为止。",
            "到期时间：2026-10-13（周二）17:00。",
        ]
    );
}

#[test]
fn working_days_agree_with_a_published_calendar() {
    let calendar = Table::shipped().calendar;
    let mut rows = 0;
    for line in include_str!("data/workdays.tsv").lines().filter(|l| !l.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let (start, end): (Date, Date) = (cells[0].parse().unwrap(), cells[2].parse().unwrap());
        let amount: u32 = cells[1].parse().unwrap();
        assert_eq!(calendar.add_working_days(start, amount).unwrap(), end, "{line}");
        assert_eq!(calendar.working_days_between(start, end), amount, "{line}");
        rows += 1;
    }
    assert!(rows >= 500, "{rows}");
}

#[test]
fn an_extension_counts_from_the_due_time_and_stops_at_the_cap() {
    let table = Table::shipped();
    let none = Granted::default();
    let move_by = |id: &str, due: &str, days, before| {
        extend(table.rule(id), &table.calendar, at(due), days, before).map(|d| clock(d.due))
    };
    let due = "2026-09-29T17:00";
    assert_eq!(move_by("hotline.handle", due, 3, none).unwrap(), "2026-10-09T17:00:00");
    assert_eq!(move_by("hotline.consult", due, 10, none).unwrap(), "2026-10-19T17:00:00");
    let over = move_by("hotline.handle", due, 11, none).unwrap_err();
    assert_eq!(over, ExtensionError::TooLong { asked: 11, left: 10, unit: "wd" });
    let again = move_by("hotline.handle", due, 1, Granted { times: 1, days: 2 }).unwrap_err();
    assert_eq!(again, ExtensionError::TooOften { times: 1, allowed: 1 });
    assert!(matches!(move_by("hotline.handle", due, 0, none), Err(ExtensionError::NoDays { .. })));
    assert!(matches!(move_by("hotline.urgent", due, 1, none), Err(ExtensionError::NotExtendable { .. })));
    // petitions: days, rolling, as often as the sum allows
    let petition = "2026-09-10T17:00";
    assert_eq!(move_by("petition.close", petition, 24, none).unwrap(), "2026-10-08T17:00:00");
    let before = Granted { times: 1, days: 20 };
    assert_eq!(move_by("petition.close", petition, 10, before).unwrap(), "2026-09-20T17:00:00");
    assert!(matches!(
        move_by("petition.close", petition, 11, before),
        Err(ExtensionError::TooLong { left: 10, unit: "d", .. })
    ));
    assert!(move_by("foi.answer", petition, 20, none).is_ok());
}

#[test]
fn a_pause_moves_the_due_time_by_what_the_rule_would_have_counted() {
    let table = Table::shipped();
    let after = |id: &str, urgency, due: &str, from: &str, to: &str| {
        clock(resume(table.rule(id), &table.calendar, urgency, at(due), at(from), at(to)).unwrap().due)
    };
    let due = "2026-11-30T17:00";
    // Tuesday to Thursday: two working days; within a day: none; over a weekend: one
    assert_eq!(
        after("hotline.handle", Ordinary, due, "2026-11-24T10:00", "2026-11-26T09:00"),
        "2026-12-02T17:00:00"
    );
    assert_eq!(
        after("hotline.handle", Ordinary, due, "2026-11-24T08:00", "2026-11-24T18:00"),
        "2026-11-30T17:00:00"
    );
    assert_eq!(
        after("hotline.handle", Ordinary, due, "2026-11-27T10:00", "2026-11-30T09:00"),
        "2026-12-01T17:00:00"
    );
    // a pause that lies in a holiday costs no working day
    let holiday = "2026-10-13T17:00";
    assert_eq!(
        after("hotline.handle", Ordinary, holiday, "2026-10-01T10:00", "2026-10-07T10:00"),
        "2026-10-13T17:00:00"
    );
    // days, with roll: two days on is a Saturday
    let petition = "2026-11-19T17:00";
    assert_eq!(
        after("petition.close", Ordinary, petition, "2026-11-10T10:00", "2026-11-12T10:00"),
        "2026-11-23T17:00:00"
    );
    // hours: the exact time; office hours: without lunch
    assert_eq!(
        after("hotline.contact", Ordinary, due, "2026-11-29T10:00", "2026-11-29T11:30"),
        "2026-11-30T18:30:00"
    );
    assert_eq!(
        after("triage", Ordinary, "2026-11-23T11:00", "2026-11-23T10:30", "2026-11-23T14:00"),
        "2026-11-23T14:30:00"
    );
    // the machine's clock was put back meanwhile: no time is taken away
    for id in ["hotline.handle", "petition.close", "hotline.contact", "triage"] {
        let back = after(id, Ordinary, due, "2026-11-25T10:30", "2026-11-24T09:00");
        assert_eq!(back, "2026-11-30T17:00:00", "{id}");
    }
}

#[test]
fn lights_turn_yellow_in_time_and_red_when_due() {
    let table = Table::shipped();
    let running = |amount, started: &str, due: &str| Running {
        amount,
        started: at(started),
        due: at(due),
        paused_at: None,
    };
    let second = SignedDuration::from_secs(1);
    let rows = [
        (running(Amount::WorkingDays(5), "2026-11-23T09:00", "2026-11-30T17:00"), "2026-11-27T17:00:00"),
        (running(Amount::WorkingDays(5), "2026-09-25T09:00", "2026-10-08T17:00"), "2026-09-30T17:00:00"),
        (running(Amount::WorkingDays(1), "2026-11-26T18:00", "2026-11-27T17:00"), "2026-11-26T18:00:00"),
        (running(Amount::Days(14), "2026-11-08T09:00", "2026-11-22T17:00"), "2026-11-19T17:00:00"),
        (running(Amount::ClockMinutes(1440), "2026-11-23T10:00", "2026-11-24T10:00"), "2026-11-24T04:00:00"),
        (running(Amount::SameDay, "2026-11-23T16:00", "2026-11-24T00:00"), "2026-11-23T22:00:00"),
        (running(Amount::WorkingMinutes(120), "2026-11-23T11:00", "2026-11-23T14:30"), "2026-11-23T14:00:00"),
    ];
    for (clock_, yellow) in rows {
        let from = yellow_from(&table.calendar, &clock_).unwrap();
        assert_eq!(clock(from), yellow, "{clock_:?}");
        let light_at = |now| light(&table.calendar, &clock_, now).unwrap();
        assert_eq!(light_at(from), Light::Yellow);
        if from > clock_.started {
            assert_eq!(light_at(from - second), Light::Green);
        }
        assert_eq!(light_at(clock_.due - second), Light::Yellow);
        assert_eq!(light_at(clock_.due), Light::Red);
        let paused = Running { paused_at: Some(from - second), ..clock_ };
        assert_ne!(
            light(&table.calendar, &paused, clock_.due).unwrap(),
            Light::Red,
            "a clock that stands still"
        );
    }
}

#[test]
fn office_time_adds_up_and_measures_alike() {
    let calendar = Table::shipped().calendar;
    let minutes = SignedDuration::from_mins;
    for from in ["2026-09-30T07:00", "2026-09-30T11:59", "2026-10-03T12:00", "2026-12-31T16:59"] {
        for amount in [1, 120, 209, 210, 211, 420, 421, 3000] {
            let end = calendar.add_working_time(at(from), minutes(amount)).unwrap();
            assert_eq!(calendar.working_time_between(at(from), end), minutes(amount), "{amount} from {from}");
        }
    }
    assert!(calendar.working_time_between(at("2026-11-24T10:00"), at("2026-11-23T10:00")).is_zero());
    assert!(calendar.is_open(at("2026-11-23T08:30")) && !calendar.is_open(at("2026-11-23T12:00")));
}

#[test]
fn a_sum_beyond_the_calendar_is_an_error_not_a_crash() {
    let table = Table::shipped();
    let far = at("9999-12-29T12:00");
    for id in ["hotline.handle", "petition.close", "site.notice_column"] {
        assert!(due(table.rule(id), &table.calendar, far, Ordinary).is_err(), "{id}");
    }
}
