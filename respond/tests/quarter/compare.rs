//! The store held against the recount. A difference names the case, what was expected by which rule, and what the store has.

use std::collections::BTreeMap;

use jiff::Timestamp;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::CaseId;
use qingting_models::records::{
    Actor, CaseFile, Clock, NoticeAbout, NoticeKind, Period, Rate, TimelineEntry, Viewer,
};
use qingting_models::store::{Page, RateFilter};
use qingting_respond::case_clocks::earliest;
use qingting_respond::deadline::{self, Running};
use qingting_respond::rates::{Story, facts};
use qingting_respond::routing::Sent;

use crate::model::{DEPARTMENTS, Person, Standing, days};
use crate::office::{Office, Round};
use crate::recount::{Counted, Light, Recount, RoundDue, Sum, Told, sums};
use crate::staff::{DISCIPLINE, LEADER};

async fn file(office: &Office<'_>, id: CaseId) -> CaseFile {
    office.store.case_file(&Viewer::SYSTEM, id).await.unwrap().unwrap()
}

/// What a round did is what it had to do.
pub(crate) async fn round(office: &Office<'_>, recount: &Recount, done: Round) {
    let due = recount.last_round;
    let store = RoundDue {
        went_on: done.watched.went_on,
        pressed: done.watched.pressed,
        escalated: done.reminded.escalated,
    };
    if due == store {
        return;
    }
    for told in &recount.cases {
        case(told, &file(office, told.id).await);
    }
    escalations(office, recount).await;
    panic!(
        "at {} the rules have {due:?} (RULES \"Warning lights\", DESIGN section 6), the program did {store:?}; no case differs",
        office.store.now()
    );
}

/// The light of every open case.
pub(crate) async fn lights(office: &Office<'_>, recount: &Recount) -> [usize; 3] {
    let now = office.store.now();
    let mut seen = [0; 3];
    for told in recount.open_cases() {
        let file = file(office, told.id).await;
        let (expected, found) = (told.light(now), light(office, &file, now));
        assert_eq!(
            expected,
            found,
            "case {} ({}) at {now}: the light by RULES (\"Warning lights\") of {:?}; the store has it due by {:?}",
            file.case.number,
            told.model.state,
            told.model.clocks.first(),
            file.case.due
        );
        seen[expected as usize] += 1;
    }
    seen
}

/// The light as the program shows it.
fn light(office: &Office<'_>, file: &CaseFile, now: Timestamp) -> Light {
    let Some(clock) = earliest(&file.clocks) else { return Light::Green };
    let rules = &office.desk.county().deadline_rules;
    let rule = rules.rule_on(&clock.rule, days::day(clock.started_at)).unwrap();
    let running = Running {
        amount: rule.amount_for(file.case.urgency.into()),
        started: clock.started_at,
        due: clock.due_at,
        paused_at: None,
    };
    match deadline::light(office.desk.calendar(), &running, now).unwrap() {
        deadline::Light::Green => Light::Green,
        deadline::Light::Yellow => Light::Yellow,
        deadline::Light::Red => Light::Red,
    }
}

/// One clock: rule, due time, whether the sender set it, where it stands, when it started and ended.
type ClockTold<'a> = (&'a str, Timestamp, bool, Standing, Timestamp, Option<Timestamp>);

fn clock_told(clock: &Clock) -> ClockTold<'_> {
    let standing = match (clock.met_at, clock.dropped_at, clock.paused_at) {
        (Some(_), ..) => Standing::Met,
        (_, Some(_), _) => Standing::Dropped,
        (_, _, Some(since)) => Standing::Stands(since),
        _ => Standing::Runs,
    };
    let ended = clock.met_at.or(clock.dropped_at);
    (clock.rule.as_str(), clock.due_at, clock.from_sender, standing, clock.started_at, ended)
}

/// A line: moment, action, whether the program wrote it, and the level of a press.
fn line_told(line: &TimelineEntry) -> (Timestamp, &str, bool, Option<u32>) {
    let by_program = line.actor == Actor::System;
    // The program says in words which light it presses for.
    let level = match (line.action.as_str(), by_program) {
        ("press", true) => Some(if line.note.contains("已超期") { 2 } else { 1 }),
        _ => None,
    };
    (line.at, line.action.as_str(), by_program, level)
}

/// Everything that the store has of a case but its rates.
fn case(told: &Told, file: &CaseFile) {
    let (case, model) = (&file.case, &told.model);
    let name = format!("case {} ({})", case.number, case.id);
    let rule = "DESIGN section 6";
    assert_eq!(
        (case.state.code(), case.lead.as_str()),
        (model.state, model.lead.as_str()),
        "{name}, state and lead: {rule}"
    );
    assert_eq!((case.waits, case.waited_days), (model.waits, model.waited), "{name}, waiting: {rule}");
    assert_eq!(
        (case.reopened, case.pressed),
        (model.reopened, model.pressed),
        "{name}, reopened and pressed: {rule}"
    );
    let lines: Vec<_> = file.timeline.iter().map(line_told).collect();
    let expected: Vec<_> = told
        .lines
        .iter()
        .map(|line| {
            (
                line.at,
                line.action,
                line.by_program,
                (line.by_program && line.action == "press").then_some(line.level),
            )
        })
        .collect();
    assert_eq!(
        lines, expected,
        "{name}, what happened when, and every press with its level: {rule}, RULES \"Warning lights\""
    );
    // That triage was met is noted with the case that a person opens.
    let mut clocks: Vec<_> =
        file.clocks.iter().filter(|c| c.rule.as_str() != "triage").map(clock_told).collect();
    let mut expected: Vec<ClockTold<'_>> = model
        .clocks
        .all()
        .iter()
        .map(|c| (c.rule, c.due, c.sender, c.standing, c.started, c.ended))
        .collect();
    clocks.sort();
    expected.sort();
    assert_eq!(clocks, expected, "{name}, its clocks: RULES \"Deadlines\"");
    let due = case.due.as_ref().map(|(rule, at)| (rule.as_str(), *at));
    assert_eq!(due, model.clocks.due(), "{name}, what it is due by: RULES \"Deadlines\"");
}

/// Every case, with the facts that the store counts from.
pub(crate) async fn cases(office: &Office<'_>, recount: &Recount) {
    let held = office.store.count_cases(&Viewer::SYSTEM, &Default::default()).await.unwrap();
    assert_eq!(usize::try_from(held).unwrap(), recount.cases.len(), "cases in the store");
    for told in &recount.cases {
        let file = file(office, told.id).await;
        case(told, &file);
        let mut drawn = facts(&Story::from(&file));
        drawn.sort_by_key(|fact| (fact.rate.code(), fact.seq));
        let stored = office.store.case_facts(told.id).await.unwrap();
        assert_eq!(
            stored, drawn,
            "case {}: what its changes wrote, and what follows from it now",
            file.case.number
        );
    }
}

/// Who was told that a case is left alone: the leader, of confidential ones the discipline officer.
pub(crate) async fn escalations(office: &Office<'_>, recount: &Recount) -> usize {
    let mut count = 0;
    for (person, confidential) in [(LEADER, false), (DISCIPLINE, true)] {
        let mut expected: Vec<(CaseId, Timestamp)> = Vec::new();
        for told in recount.cases.iter().filter(|told| told.model.confidential == confidential) {
            expected.extend(told.escalated.iter().map(|at| (told.id, *at)));
        }
        let mut found = told_of(office, person).await;
        expected.sort();
        found.sort();
        let differs = expected.iter().zip(&found).find(|(one, other)| one != other);
        assert_eq!(
            (differs, expected.len()),
            (None, found.len()),
            "{}: red and left alone (notices.toml: after 4 office hours, then once every working day)",
            person.role
        );
        count += found.len();
    }
    count
}

async fn told_of(office: &Office<'_>, person: Person) -> Vec<(CaseId, Timestamp)> {
    let viewer =
        Viewer { all_open: person == LEADER, all_confidential: person == DISCIPLINE, department: None };
    let (mut page, mut found) = (Page { before: None, size: 200 }, Vec::new());
    loop {
        let listing = office.store.notices(&viewer, office.staff.id(person), false, page).await.unwrap();
        for notice in listing.rows.iter().filter(|notice| notice.kind == NoticeKind::Escalated) {
            if let NoticeAbout::Case { id, .. } = &notice.about {
                found.push((*id, notice.at));
            }
        }
        match listing.next {
            Some(before) => page.before = Some(before),
            None => return found,
        }
    }
}

/// Whose eyes a figure is asked with, and which cases count for them.
struct Eyes {
    name: String,
    viewer: Viewer,
    counts: fn(&Told, &Counted, &str) -> bool,
    department: &'static str,
}

fn eyes() -> Vec<Eyes> {
    let wide = [
        ("the whole office", Viewer::SYSTEM, (|_, _, _| true) as fn(&Told, &Counted, &str) -> bool),
        ("the leader", Viewer::OPEN, |told, _, _| !told.model.confidential),
        (
            "the discipline officer",
            Viewer { all_open: false, all_confidential: true, department: None },
            |told, _, _| told.model.confidential,
        ),
    ];
    let mut all: Vec<Eyes> =
        wide.map(|(name, viewer, counts)| Eyes { name: name.into(), viewer, counts, department: "" }).into();
    all.extend(DEPARTMENTS.map(|department| Eyes {
        name: format!("the office {department}"),
        viewer: Viewer {
            all_open: false,
            all_confidential: false,
            department: Some(DepartmentCode::new(department)),
        },
        counts: |told, one, department| {
            one.department.as_deref() == Some(department)
                && (!told.model.confidential || told.is_with(department))
        },
        department,
    }));
    all
}

impl Told {
    /// Whether the office leads the case or helps with it.
    fn is_with(&self, department: &str) -> bool {
        let helps = |(helper, state): &(String, &str)| {
            helper == department && !matches!(*state, "refused" | "released")
        };
        self.model.lead == department || self.model.helpers.iter().any(helps)
    }
}

/// Every rate of every department, for every viewer, in each of the periods.
pub(crate) async fn rates(office: &Office<'_>, recount: &Recount, periods: &[Period]) -> Sum {
    let now = office.store.now();
    let all: Vec<(&Told, Vec<Counted>)> =
        recount.cases.iter().map(|told| (told, told.ledger.all(&told.model, now))).collect();
    let mut compared = Sum::default();
    for (eyes, period) in eyes().iter().flat_map(|eyes| periods.iter().map(move |period| (eyes, *period))) {
        let inside = |one: &&Counted| period.from <= one.at && one.at < period.to;
        let seen = all.iter().flat_map(|(told, counted)| {
            counted.iter().filter(inside).filter(|one| (eyes.counts)(told, one, eyes.department))
        });
        let expected = sums(seen);
        let found = office.desk.rates(&eyes.viewer, period).await.unwrap();
        let mut keys: Vec<(Option<String>, Rate)> = expected.keys().cloned().collect();
        let charged = found.departments().map(|code| Some(code.to_string())).chain([None]);
        keys.extend(charged.flat_map(|who| Rate::ALL.iter().map(move |rate| (who.clone(), *rate))));
        keys.sort();
        keys.dedup();
        for (department, rate) in keys {
            let code = department.as_deref().map(DepartmentCode::new);
            let count = found.of(code.as_ref(), rate);
            let sum = expected.get(&(department.clone(), rate)).copied().unwrap_or_default();
            let store = Sum {
                numerator: count.numerator,
                denominator: count.denominator,
                stood: count.waited,
                stood_ms: count.waited_ms,
                extended: count.extended,
                extended_days: count.extended_days,
            };
            if sum != store {
                name_the_case(office, &all, period, code, rate).await;
                panic!(
                    "{} of {department:?} in {period:?} for {}: by RULES \"Rates\" {sum:?}, the store has {store:?}",
                    rate.label(),
                    eyes.name
                );
            }
            compared.denominator += sum.denominator;
            compared.numerator += sum.numerator;
            compared.stood += sum.stood;
            compared.extended += sum.extended;
        }
    }
    compared
}

/// By which ways cases came to the offices, and what they sent back.
pub(crate) async fn routing(office: &Office<'_>, recount: &Recount, period: Period) {
    let mut expected: BTreeMap<DepartmentCode, Sent> = BTreeMap::new();
    for (department, by_rule, again, back) in recount.cases.iter().flat_map(|told| told.ledger.sent()) {
        let sent = expected.entry(DepartmentCode::new(department)).or_default();
        match (by_rule, again) {
            (_, true) => sent.taken_over += 1,
            (true, _) => {
                (sent.by_rule, sent.back_by_rule) = (sent.by_rule + 1, sent.back_by_rule + i64::from(back))
            }
            _ => {
                (sent.by_person, sent.back_by_person) =
                    (sent.by_person + 1, sent.back_by_person + i64::from(back))
            }
        }
    }
    let found = office.desk.routing_record(&Viewer::SYSTEM, period).await.unwrap();
    assert_eq!(found, expected, "cases sent to the offices by rule, by people and anew, and sent back");
}

/// Finds the first case that is counted otherwise.
async fn name_the_case(
    office: &Office<'_>,
    all: &[(&Told, Vec<Counted>)],
    period: Period,
    department: Option<DepartmentCode>,
    rate: Rate,
) {
    let filter = RateFilter { rate, period, department: Some(department.clone()), holds: None };
    let mut found: BTreeMap<CaseId, (i64, i64)> = BTreeMap::new();
    let mut page = Page { before: None, size: 200 };
    loop {
        let listing = office.store.rate_cases(&Viewer::SYSTEM, &Viewer::SYSTEM, &filter, page).await.unwrap();
        found.extend(listing.rows.iter().map(|row| (row.case, (row.count.numerator, row.count.denominator))));
        match listing.next {
            Some(before) => page.before = Some(before),
            None => break,
        }
    }
    for (told, counted) in all {
        let who = department.as_ref().map(ToString::to_string);
        let meant = |one: &&Counted| {
            one.rate == rate && one.department == who && period.from <= one.at && one.at < period.to
        };
        let mut sum = Sum::default();
        counted.iter().filter(meant).for_each(|one| sum.add(one));
        let has = found.get(&told.id).copied().unwrap_or_default();
        if (sum.numerator, sum.denominator) != has {
            let file = file(office, told.id).await;
            panic!(
                "case {} counts for {} of {who:?} in {period:?} as {sum:?} by RULES \"Rates\", in the store as {has:?}\n\
                 lines {:#?}\nledger {counted:#?}\nclocks {:#?}\nfacts {:#?}",
                file.case.number,
                rate.label(),
                told.lines,
                file.clocks,
                office.store.case_facts(told.id).await.unwrap()
            );
        }
    }
}
