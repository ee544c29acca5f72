//! The quarter counted once more, from RULES and DESIGN alone: it learns what took effect from the log and nothing from the
//! store, and knows each clock, each light, each press, each escalation and each rate.

mod rates;
mod watch;

use std::collections::HashMap;

use jiff::Timestamp;
use qingting_models::ids::CaseId;
use qingting_models::records::Item;
use qingting_respond::action::Action;

use crate::log::{Entry, Logged};
use crate::model::{ModelCase, Person};
use crate::staff::SYSTEM;

pub(crate) use rates::{Counted, Sum, sums};
pub(crate) use watch::Light;

/// A line that the timeline of a case has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) at: Timestamp,
    pub(crate) action: &'static str,
    pub(crate) by_program: bool,
    /// Of a press.
    pub(crate) level: u32,
}

/// A case as it has to be.
pub(crate) struct Told {
    pub(crate) id: CaseId,
    pub(crate) model: ModelCase,
    pub(crate) lines: Vec<Line>,
    pub(crate) ledger: rates::Ledger,
    /// When it was put before the leaders.
    pub(crate) escalated: Vec<Timestamp>,
}

impl Told {
    fn new(id: CaseId, model: ModelCase, at: Timestamp, by_program: bool) -> Self {
        let ledger = rates::Ledger::open(&model.lead, at, by_program);
        let mut told = Self { id, model, lines: vec![], ledger, escalated: vec![] };
        told.write(at, by_program, 0);
        told
    }

    /// Adds the lines that the model has and the timeline has not.
    fn write(&mut self, at: Timestamp, by_program: bool, level: u32) {
        let new = &self.model.lines[self.lines.len()..];
        self.lines.extend(new.iter().map(|action| Line { at, action, by_program, level }));
    }

    /// Does an action that the rules must allow.
    fn act(&mut self, who: Person, action: &Action, at: Timestamp) {
        let before = self.model.clone();
        if self.model.act(who, action, at).is_err() {
            panic!(
                "case {} {}: {who:?} did {action:?} at {at}, which DESIGN section 6 refuses",
                self.id, before.state
            );
        }
        let level = if let Action::Press { level, .. } = action { *level } else { 0 };
        self.write(at, who == SYSTEM, level);
        self.ledger.follow(&before, &self.model, action, at);
    }
}

/// What a round of the program had to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RoundDue {
    pub(crate) went_on: usize,
    pub(crate) pressed: usize,
    pub(crate) escalated: usize,
}

/// All cases, in the order in which they were opened.
#[derive(Default)]
pub(crate) struct Recount {
    pub(crate) cases: Vec<Told>,
    places: HashMap<CaseId, usize>,
    /// Those in which anything can still happen by time alone.
    open: Vec<usize>,
    /// How much was looked at, so that a run that did nothing is seen.
    pub(crate) refused: usize,
    pub(crate) last_round: RoundDue,
}

impl Recount {
    pub(crate) fn case(&self, id: CaseId) -> &Told {
        &self.cases[self.places[&id]]
    }

    pub(crate) fn open_cases(&self) -> impl Iterator<Item = &Told> {
        self.open.iter().map(|place| &self.cases[*place]).filter(|told| told.model.is_open())
    }

    fn add(&mut self, told: Told) {
        self.places.insert(told.id, self.cases.len());
        self.open.push(self.cases.len());
        self.cases.push(told);
    }

    /// A reopened case is open again.
    fn keep_open(&mut self, place: usize) {
        if !self.open.contains(&place) {
            self.open.push(place);
        }
    }

    /// Takes up an entry of the log.
    pub(crate) fn take(&mut self, logged: &Logged) {
        let at = logged.at;
        match &logged.entry {
            Entry::Opened { case, item, lead, by_rule } => self.add(opened(*case, item, lead, *by_rule, at)),
            Entry::Did { case, who, action } => {
                let place = self.places[case];
                self.cases[place].act(*who, action, at);
                if matches!(action, Action::Reopen { .. } | Action::CallBack { .. }) {
                    self.keep_open(place);
                }
            }
            Entry::Refused { case, who, action } => {
                let mut model = self.case(*case).model.clone();
                assert!(
                    model.act(*who, action, at).is_err(),
                    "case {case}: {who:?} was refused {action:?} at {at}, which DESIGN section 6 allows"
                );
                self.refused += 1;
            }
            Entry::Merged { case, into, who } => self.merge(*case, *into, *who, at),
            Entry::Split { case, new, who, department } => {
                let told = &mut self.cases[self.places[case]];
                let model =
                    told.model.split(*who, department, at).expect("DESIGN section 6 refuses the split");
                told.write(at, false, 0);
                self.add(Told::new(*new, model, at, false));
            }
            Entry::Round => self.last_round = self.round(at),
        }
    }

    fn merge(&mut self, case: CaseId, into: CaseId, who: Person, at: Timestamp) {
        let (from, to) = (self.places[&case], self.places[&into]);
        let (mut one, mut other) = (self.cases[from].model.clone(), self.cases[to].model.clone());
        ModelCase::merge(&mut one, &mut other, who, at).expect("DESIGN section 6 refuses the merge");
        (self.cases[from].model, self.cases[to].model) = (one, other);
        for place in [from, to] {
            self.cases[place].write(at, false, 0);
        }
        self.cases[from].ledger.merged();
    }
}

fn opened(id: CaseId, item: &Item, lead: &str, by_rule: bool, at: Timestamp) -> Told {
    let mut model = ModelCase::open(item, at);
    model.lead = lead.to_owned();
    Told::new(id, model, at, by_rule)
}
