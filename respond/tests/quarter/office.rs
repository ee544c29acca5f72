//! The quarter as it happens: matters come in, offices work by their habits, and the program's rounds come at their times.
//! All goes through the desk and the store; what took effect is put down in the log.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use jiff::{Timestamp, ToSpan};
use qingting_models::county::{County, DepartmentCode};
use qingting_models::ids::{CaseId, ItemId};
use qingting_models::records::{Case, Viewer};
use qingting_models::store::testing::TestStore;
use qingting_respond::action::Action;
use qingting_respond::desk::{ActError, Desk, Watched};
use qingting_respond::notices::Reminded;
use qingting_respond::refusal::Refusal;

use crate::draw::Draw;
use crate::habits::{self, Habits};
use crate::log::{Entry, Logged};
use crate::matters::{Matter, take_in};
use crate::model::{DEPARTMENTS, Person, days};
use crate::staff::{DISCIPLINE, DUTY, SYSTEM, Staff, office};
use crate::steps::{Done, Step, next};

/// What waits for its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wake {
    /// A person assigns the matter.
    Assign(usize),
    /// The case's next step.
    Case(usize),
}

struct Pending {
    matter: Matter,
    item: ItemId,
}

struct Standing {
    case: Case,
    pending: usize,
    done: Done,
}

pub(crate) struct Office<'a> {
    pub(crate) store: &'a TestStore,
    pub(crate) desk: Desk,
    pub(crate) staff: Staff,
    pub(crate) log: Vec<Logged>,
    draw: Draw,
    habits: Vec<Habits>,
    pending: Vec<Pending>,
    cases: Vec<Standing>,
    wakes: BinaryHeap<Reverse<(Timestamp, usize, Wake)>>,
    woken: usize,
}

/// What a round of the program did.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    pub(crate) watched: Watched,
    pub(crate) reminded: Reminded,
}

impl<'a> Office<'a> {
    pub(crate) async fn open(store: &'a TestStore, seed: u64) -> Self {
        let mut draw = Draw::new(seed);
        let habits = habits::of_all(&mut draw, DEPARTMENTS.len());
        Self {
            store,
            desk: Desk::new((**store).clone(), Arc::new(County::embedded().unwrap())),
            staff: Staff::hire(store).await,
            log: Vec::new(),
            draw,
            habits,
            pending: Vec::new(),
            cases: Vec::new(),
            wakes: BinaryHeap::new(),
            woken: 0,
        }
    }

    fn note(&mut self, entry: Entry) {
        self.log.push(Logged { at: self.store.now(), entry });
    }

    fn wake(&mut self, at: Timestamp, wake: Wake) {
        self.woken += 1;
        self.wakes.push(Reverse((at, self.woken, wake)));
    }

    /// When the next person does something.
    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        self.wakes.peek().map(|Reverse((at, ..))| *at)
    }

    /// Nobody does anything before `at`: what was to be done then is done after it.
    pub(crate) fn rest_until(&mut self, at: Timestamp) {
        while self.next_wake().is_some_and(|next| next < at) {
            if let Some(Reverse((_, _, wake))) = self.wakes.pop() {
                let later = self.draw.later(at, 30);
                self.wake(later, wake);
            }
        }
    }

    /// A sheet with so many new matters.
    pub(crate) async fn sheet(&mut self, count: usize) {
        let now = self.store.now();
        let first = self.pending.len();
        let matters: Vec<Matter> =
            (first..first + count).map(|number| Matter::draw(number, now, &mut self.draw)).collect();
        let mut items = take_in(self.store, &matters).await;
        items.sort_by_key(|item| item.external_id.parse::<usize>().unwrap());
        assert_eq!(items.len(), count);
        while self.desk.route_next("w", 100).await.unwrap().taken > 0 {}
        for (matter, item) in matters.into_iter().zip(items) {
            let place = self.pending.len();
            let after = self.store.item(&Viewer::SYSTEM, item.id).await.unwrap().unwrap();
            self.pending.push(Pending { matter, item: item.id });
            match after.case {
                Some(case) => {
                    let case = self.store.case_file(&Viewer::SYSTEM, case).await.unwrap().unwrap().case;
                    let (case_id, lead) = (case.id, office(&case.lead));
                    self.note(Entry::Opened { case: case_id, item: Box::new(item), lead, by_rule: true });
                    self.follow(case, place);
                }
                None => {
                    let at = self.draw.later(now, 100);
                    self.wake(at, Wake::Assign(place));
                }
            }
        }
    }

    /// Keeps an eye on a new case.
    fn follow(&mut self, case: Case, pending: usize) {
        let done = Done { mirrored: self.pending[pending].matter.mirrored, ..Done::default() };
        let wait = self.habits_of(&case.lead).accepts_after;
        self.cases.push(Standing { case, pending, done });
        let at = self.draw.later(self.store.now(), wait);
        self.wake(at, Wake::Case(self.cases.len() - 1));
    }

    fn habits_of(&self, lead: &DepartmentCode) -> Habits {
        self.habits[DEPARTMENTS.iter().position(|code| *code == lead.as_str()).unwrap()]
    }

    /// Does what is next.
    pub(crate) async fn work(&mut self) {
        let Some(Reverse((_, _, wake))) = self.wakes.pop() else { return };
        match wake {
            Wake::Assign(place) => self.assign(place).await,
            Wake::Case(place) => self.step(place).await,
        }
    }

    async fn assign(&mut self, place: usize) {
        let item = self.store.item(&Viewer::SYSTEM, self.pending[place].item).await.unwrap().unwrap();
        if item.case.is_some() {
            return;
        }
        let (who, lead) = match item.confidential {
            true => (DISCIPLINE, "jw"),
            false => (DUTY, self.draw.one(&DEPARTMENTS)),
        };
        let code = DepartmentCode::new(lead);
        let opened = self.desk.assign_item(&Viewer::SYSTEM, self.staff.who(who), item.id, &code, "").await;
        if self.pending[place].matter.mirrored {
            // Another platform answers it: nothing is opened for it here.
            assert!(matches!(opened, Err(ActError::Refused(Refusal::Mirrored))), "{opened:?}");
            return;
        }
        let case = opened.unwrap();
        self.note(Entry::Opened { case: case.id, item: Box::new(item), lead, by_rule: false });
        self.follow(case, place);
    }

    async fn step(&mut self, place: usize) {
        let now = self.store.now();
        // The program may have pressed it or let it go on meanwhile.
        let id = self.cases[place].case.id;
        let case = self.store.case_file(&Viewer::SYSTEM, id).await.unwrap().unwrap().case;
        let habits = self.habits_of(&case.lead);
        let mut done = self.cases[place].done;
        if case.state.code() == "assigned" {
            done = Done { mirrored: done.mirrored, ..Done::default() };
        }
        let (step, wait) = next(&case, &mut done, &habits, now, &mut self.draw);
        self.cases[place].case = case;
        self.cases[place].done = done;
        match step {
            Step::Act(who, action) => self.act(place, who, action).await,
            Step::Merge(who) => self.merge(place, who).await,
            Step::Split(who, department) => self.split(place, who, department).await,
            Step::Newer(finished) => self.newer(place, finished).await,
        }
        if self.cases[place].case.state.code() == "void" {
            // Its matter may be assigned once more.
            let at = self.draw.later(now, 200);
            self.wake(at, Wake::Assign(self.cases[place].pending));
        }
        let again = match self.cases[place].case.state.code() {
            "closed" => self.draw.often(30).then_some(3_000),
            "replied" => Some(300),
            _ => self.cases[place].case.state.is_open().then_some(wait),
        };
        if let Some(minutes) = again {
            let at = self.draw.later(now, minutes);
            self.wake(at, Wake::Case(place));
        }
    }

    async fn act(&mut self, place: usize, who: Person, action: Action) {
        let (id, seen) = (self.cases[place].case.id, self.cases[place].case.version);
        let done = self.desk.act(&Viewer::SYSTEM, self.staff.who(who), id, seen, &action).await;
        match done {
            Ok(file) => {
                self.cases[place].case = file.case;
                self.note(Entry::Did { case: id, who, action });
            }
            Err(ActError::Refused(_)) => self.note(Entry::Refused { case: id, who, action }),
            Err(other) => panic!("{action:?} on {id}: {other:?}"),
        }
    }

    /// Merges into one of the cases that came lately and may take it.
    async fn merge(&mut self, place: usize, who: Person) {
        let confidential = self.cases[place].case.confidential;
        let before_reply = |case: &Case| case.state.is_open() && case.state.code() != "replied";
        let may_take =
            |other: &Standing| before_reply(&other.case) && other.case.confidential == confidential;
        let others = (0..self.cases.len()).rev().take(400).filter(|other| *other != place);
        let others: Vec<usize> = others.filter(|other| may_take(&self.cases[*other])).take(9).collect();
        if others.is_empty() || !before_reply(&self.cases[place].case) {
            return;
        }
        let other = self.draw.one(&others);
        let (id, seen) = (self.cases[place].case.id, self.cases[place].case.version);
        let into = self.cases[other].case.id;
        match self.desk.merge(&Viewer::SYSTEM, self.staff.who(who), id, seen, into, "同一事项").await {
            Ok(file) => {
                self.cases[other].case = file.case;
                self.reread(place).await;
                self.note(Entry::Merged { case: id, into, who });
            }
            // The other one ended since it was looked at.
            Err(ActError::Refused(_)) => {}
            Err(other) => panic!("merging {id} into {into}: {other:?}"),
        }
    }

    async fn split(&mut self, place: usize, who: Person, department: &'static str) {
        let (id, seen) = (self.cases[place].case.id, self.cases[place].case.version);
        let code = DepartmentCode::new(department);
        let desk = &self.desk;
        match desk.split(&Viewer::SYSTEM, self.staff.who(who), id, seen, &code, "另有一事").await {
            Ok(new) => {
                self.reread(place).await;
                self.note(Entry::Split { case: id, new, who, department });
                let case = self.store.case_file(&Viewer::SYSTEM, new).await.unwrap().unwrap().case;
                let pending = self.cases[place].pending;
                self.follow(case, pending);
            }
            Err(ActError::Refused(_)) => assert_eq!(self.cases[place].case.state.code(), "replied"),
            Err(other) => panic!("splitting {id}: {other:?}"),
        }
    }

    /// The sender's platform has another due time, or is finished. Its sheet is about the item's own case.
    async fn newer(&mut self, place: usize, finished: bool) {
        let pending = self.cases[place].pending;
        let item = self.store.item(&Viewer::SYSTEM, self.pending[pending].item).await.unwrap().unwrap();
        let Some(case) = item.case else { return };
        let matter = self.pending[pending].matter.newer(finished, self.store.now(), &mut self.draw);
        take_in(self.store, std::slice::from_ref(&matter)).await;
        self.pending[pending].matter = matter;
        let before = self.store.case_file(&Viewer::SYSTEM, case).await.unwrap().unwrap().case;
        while self.desk.route_next("w", 100).await.unwrap().taken > 0 {}
        let file = self.store.case_file(&Viewer::SYSTEM, case).await.unwrap().unwrap();
        // A case that answers the item of another, which was merged into it, goes by the earliest of both and ends with its own.
        let answered = self.store.case_items(&Viewer::SYSTEM, case).await.unwrap();
        let due_at = answered.iter().filter_map(|item| item.content.upstream.due_at).min();
        let action = Action::Seen { due_at, finished: finished && file.case.item == item.id };
        match file.case.version > before.version {
            true => self.note(Entry::Did { case, who: SYSTEM, action }),
            false => self.note(Entry::Refused { case, who: SYSTEM, action }),
        }
        self.reread(place).await;
    }

    async fn reread(&mut self, place: usize) {
        let id: CaseId = self.cases[place].case.id;
        self.cases[place].case = self.store.case_file(&Viewer::SYSTEM, id).await.unwrap().unwrap().case;
    }

    /// One round of the program.
    pub(crate) async fn round(&mut self) -> Round {
        let watched = self.desk.tick().await.unwrap();
        let reminded = self.desk.remind().await.unwrap();
        while self.desk.tell_next("w", 200).await.unwrap() > 0 {}
        self.note(Entry::Round);
        Round { watched, reminded }
    }
}

/// The times of the program's rounds on a day, hours and minutes. It looks every half minute in truth; so much more often
/// would show nothing else, for a press has no other moment than that of its round.
const ROUNDS: [(i64, i64); 8] = [(0, 20), (8, 40), (10, 0), (12, 10), (14, 0), (16, 0), (17, 0), (21, 0)];

/// All rounds from the beginning to the end, without those while the program was off.
pub(crate) fn rounds(begin: Timestamp, end: Timestamp, off: &[(Timestamp, Timestamp)]) -> Vec<Timestamp> {
    let mut day = days::day(begin);
    let mut all = Vec::new();
    while days::at(day, 0) < end {
        all.extend(ROUNDS.map(|(hour, minute)| days::at(day, 0) + hour.hours() + minute.minutes()));
        day = day.tomorrow().unwrap();
    }
    all.extend(off.iter().map(|(_, on)| *on));
    all.retain(|at| (begin..=end).contains(at) && !off.iter().any(|(from, to)| from < at && at < to));
    all.sort();
    all.dedup();
    all
}
