//! A quarter of a county, simulated: the winter of 2026 with the New Year of the lunar calendar and its make-up workdays,
//! fifty-one offices with habits of their own, transfers, reopenings, merges, petitions and due times of senders, under a
//! clock that jumps by days and stands still. Every deadline, light, press, escalation and rate is held against an
//! independent recount that knows only what took effect.
//!
//! `QINGTING_CASES` says how many matters come in on each database, 300 when it is not set. `QINGTING_ONLY=sqlite` or
//! `postgres` runs on one of the two.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failed unwrap is a failed test, and a run says what it came to"
)]

mod compare;
mod draw;
mod habits;
mod log;
mod matters;
#[allow(dead_code, reason = "the walks of the case table use more of it")]
#[path = "../cases/model/mod.rs"]
mod model;
mod office;
mod recount;
mod staff;
mod steps;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use qingting_models::records::Period;
use qingting_models::store::testing::{TestStore, each_database};

use model::days;
use office::{Office, rounds};
use recount::Recount;

fn begin() -> Timestamp {
    days::at(date(2026, 1, 5), 8)
}

fn end() -> Timestamp {
    days::at(date(2026, 4, 5), 20)
}

/// While the program was off: over a weekend, into the holiday, and on three working days.
fn off() -> [(Timestamp, Timestamp); 3] {
    [
        (days::at(date(2026, 1, 16), 18), days::at(date(2026, 1, 19), 7)),
        (days::at(date(2026, 2, 13), 15), days::at(date(2026, 2, 18), 9)),
        (days::at(date(2026, 3, 10), 11), days::at(date(2026, 3, 13), 10)),
    ]
}

/// Sheets come at these hours until this day.
const SHEETS: [i8; 4] = [9, 11, 15, 20];
const LAST_SHEET: Date = date(2026, 3, 25);

fn asked(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}

/// When sheets come, and how many matters are in each.
fn sheets(count: usize) -> Vec<(Timestamp, usize)> {
    let mut moments = Vec::new();
    let mut day = days::day(begin());
    while day <= LAST_SHEET {
        moments.extend(SHEETS.map(|hour| days::at(day, hour)));
        day = day.tomorrow().unwrap();
    }
    moments.retain(|at| *at > begin() && !off().iter().any(|(from, to)| from < at && at <= to));
    let all = moments.len();
    let until = |place: usize| place * count / all;
    let sized = moments.into_iter().enumerate().map(|(place, at)| (at, until(place + 1) - until(place)));
    sized.filter(|(_, size)| *size > 0).collect()
}

fn periods() -> Vec<Period> {
    let month = |from, to| Period { from: days::at(from, 0), to: days::at(to, 0) };
    vec![
        Period { from: begin(), to: days::at(date(2026, 5, 1), 0) },
        month(date(2026, 1, 5), date(2026, 2, 1)),
        month(date(2026, 2, 1), date(2026, 3, 1)),
        month(date(2026, 3, 16), date(2026, 3, 23)),
    ]
}

/// Lives through the quarter, and compares on the way.
async fn live(store: &TestStore, count: usize) {
    store.clock.set(begin());
    let mut office = Office::open(store, 20_260_105).await;
    let mut recount = Recount::default();
    let mut lights = [0; 3];
    let (mut rounds, mut sheets) =
        (rounds(begin(), end(), &off()).into_iter().peekable(), sheets(count).into_iter().peekable());
    let mut taken = 0;
    while let Some(round) = rounds.next() {
        // What people and senders do before it.
        loop {
            let sheet = sheets.peek().map(|(at, _)| *at).filter(|at| *at <= round);
            let wake = office.next_wake().filter(|at| *at < round);
            match (sheet, wake) {
                (Some(sheet), wake) if wake.is_none_or(|wake| sheet <= wake) => {
                    store.clock.set(sheet);
                    let (_, size) = sheets.next().unwrap();
                    office.sheet(size).await;
                }
                (_, Some(wake)) => {
                    store.clock.set(wake);
                    office.work().await;
                }
                _ => break,
            }
        }
        store.clock.set(round);
        let done = office.round().await;
        office.log[taken..].iter().for_each(|logged| recount.take(logged));
        taken = office.log.len();
        compare::round(&office, &recount, done).await;
        if days::day(round).weekday() == jiff::civil::Weekday::Wednesday && is_noon(round) {
            let seen = compare::lights(&office, &recount).await;
            lights.iter_mut().zip(seen).for_each(|(sum, more)| *sum += more);
        }
        if let Some((_, on)) =
            off().iter().find(|(from, to)| *from >= round && rounds.peek().is_some_and(|next| next >= to))
        {
            office.rest_until(*on);
        }
    }
    compare::cases(&office, &recount).await;
    let escalated = compare::escalations(&office, &recount).await;
    let before = compare::rates(&office, &recount, &periods()).await;
    compare::routing(&office, &recount, periods()[0]).await;
    // Drawn anew from the whole of each case, they are the same.
    let mut drawn = 0;
    while let more @ 1.. = office.desk.draw_facts().await.unwrap() {
        drawn += more;
    }
    assert_eq!(drawn, recount.cases.len());
    assert_eq!(compare::rates(&office, &recount, &periods()).await, before);
    tell(store, &recount, lights, escalated, taken, before.denominator);
}

fn is_noon(at: Timestamp) -> bool {
    at == days::at(days::day(at), 12) + jiff::SignedDuration::from_mins(10)
}

/// What the run came to, and that everything that it is to show did happen.
fn tell(
    store: &TestStore,
    recount: &Recount,
    lights: [usize; 3],
    escalated: usize,
    logged: usize,
    counted: i64,
) {
    let count = |action: &str| {
        recount.cases.iter().flat_map(|told| &told.lines).filter(|line| line.action == action).count()
    };
    let by_program = recount
        .cases
        .iter()
        .flat_map(|told| &told.lines)
        .filter(|line| line.by_program && line.action == "press");
    println!(
        "{}: {} cases, {logged} log entries, {} refused, {} presses by the program, {escalated} escalations, lights {lights:?}, \
         {counted} counted in rates over all viewers and periods",
        store.engine(),
        recount.cases.len(),
        recount.refused,
        by_program.count()
    );
    let actions = [
        "assign",
        "accept",
        "send_back",
        "reassign",
        "contact",
        "petitioner_told",
        "wait",
        "go_on",
        "ask_extension",
        "grant_extension",
        "submit",
        "needs_work",
        "approve",
        "call_back",
        "reopen",
        "press",
        "add_helper",
        "helper_accept",
        "helper_answer",
        "split",
        "merge",
        "seen",
    ];
    for action in actions {
        assert!(count(action) > 0, "nobody did {action} in the quarter");
        println!("  {action} {}", count(action));
    }
    assert!(
        lights.iter().all(|seen| *seen > 0) && escalated > 0 && recount.refused > 0,
        "the quarter was too quiet"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_deadline_light_press_escalation_and_rate_of_a_quarter_equals_its_recount() {
    let count = asked("QINGTING_CASES").map_or(300, |text| text.parse().unwrap());
    let only = asked("QINGTING_ONLY");
    let mut lived = 0;
    for store in each_database().await.unwrap() {
        if only.as_ref().is_none_or(|only| store.engine().to_lowercase().starts_with(only)) {
            live(&store, count).await;
            lived += 1;
        }
    }
    assert!(lived > 0, "QINGTING_ONLY={only:?} names no database that is here");
}
