//! The rates once more, as a ledger that is kept while things happen. What each counts is said in RULES ("Rates") and, as
//! far as that leaves open, in decision 0012.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use qingting_models::records::{Outcome, Rate, RatingGrade};
use qingting_respond::action::Action;

use crate::model::{ModelCase, ModelClock, Standing};

/// One in a denominator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) rate: Rate,
    pub(crate) at: Timestamp,
    /// `None` for the duty desk.
    pub(crate) department: Option<String>,
    pub(crate) holds: bool,
    pub(crate) stood: SignedDuration,
    pub(crate) extended: u32,
}

/// What the departments are to be told of a rate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) numerator: i64,
    pub(crate) denominator: i64,
    pub(crate) stood: i64,
    pub(crate) stood_ms: i64,
    pub(crate) extended: i64,
    pub(crate) extended_days: i64,
}

impl Sum {
    pub(crate) fn add(&mut self, one: &Counted) {
        self.numerator += i64::from(one.holds);
        self.denominator += 1;
        self.stood += i64::from(one.stood.is_positive());
        self.stood_ms += i64::try_from(one.stood.as_millis()).unwrap();
        self.extended += i64::from(one.extended > 0);
        self.extended_days += i64::from(one.extended);
    }
}

/// What has been counted of a case so far.
pub(crate) struct Ledger {
    settled: Vec<Counted>,
    /// From when on the case was with whom; `None` is the duty desk.
    holders: Vec<(Timestamp, Option<String>)>,
    /// By which way it came to its first department.
    by_rule: bool,
    void: bool,
    merged: bool,
}

impl Ledger {
    pub(super) fn open(lead: &str, at: Timestamp, by_rule: bool) -> Self {
        let mut ledger = Self { settled: vec![], holders: vec![], by_rule, void: false, merged: false };
        ledger.given(lead, at);
        ledger.count(Rate::Repeated, at, Some(lead.to_owned()), false);
        ledger
    }

    fn given(&mut self, lead: &str, at: Timestamp) {
        self.holders.push((at, Some(lead.to_owned())));
        self.count(Rate::SentBack, at, Some(lead.to_owned()), false);
    }

    fn count(&mut self, rate: Rate, at: Timestamp, department: Option<String>, holds: bool) {
        let (stood, extended) = (SignedDuration::ZERO, 0);
        self.settled.push(Counted { rate, at, department, holds, stood, extended });
    }

    /// The last one of a rate turns out to be in the numerator.
    fn it_holds(&mut self, rate: Rate) {
        let last = self.settled.iter_mut().rev().find(|one| one.rate == rate);
        last.expect("nothing of this rate was counted").holds = true;
    }

    /// Whom it was with at a moment; the desk, before it was given to anyone.
    fn holder(&self, at: Timestamp) -> Option<String> {
        self.holders.iter().rev().find(|(since, _)| *since <= at).and_then(|(_, holder)| holder.clone())
    }

    pub(super) fn merged(&mut self) {
        self.merged = true;
        self.it_holds(Rate::Repeated);
    }

    /// By which way it came to each department that it was given to: office, by rule, given anew, sent back by it.
    pub(crate) fn sent(&self) -> Vec<(String, bool, bool, bool)> {
        if self.void {
            return vec![];
        }
        let given = self.settled.iter().filter(|one| one.rate == Rate::SentBack).enumerate();
        given
            .map(|(place, one)| {
                (one.department.clone().unwrap(), self.by_rule && place == 0, place > 0, one.holds)
            })
            .collect()
    }

    /// Takes up an action that led from one state to the next.
    pub(super) fn follow(&mut self, before: &ModelCase, after: &ModelCase, action: &Action, at: Timestamp) {
        let lead = Some(before.lead.clone());
        match action {
            Action::SendBack { .. } => {
                self.it_holds(Rate::SentBack);
                self.holders.push((at, None));
            }
            Action::Reassign { .. } => self.given(&after.lead, at),
            Action::Contact { .. } => self.contact(before, "hotline.contact", at),
            Action::TellPetitioner { .. } => self.contact(before, "petition.accept", at),
            Action::Approve { .. } => {
                self.round(before, Some(at), at);
                self.missed_contact(before, at);
                self.count(Rate::Redone, at, lead, false);
            }
            Action::CallBack { grade, outcome, .. } => self.call_back(lead, *grade, *outcome, at),
            Action::Reopen { .. } => self.redo(before),
            Action::Void { .. } => self.void = true,
            Action::Decline { .. } | Action::Outside { .. } => self.falls_away(before, at),
            Action::Seen { due_at, finished: true } => {
                // The sheet that shows it finished has the platform's last word on when it was due.
                let mut seen = before.clone();
                if let Some(due) = due_at {
                    seen.clocks.sender_says(seen.petition, *due, at);
                }
                self.falls_away(&seen, at);
            }
            _ => {}
        }
    }

    fn falls_away(&mut self, before: &ModelCase, at: Timestamp) {
        self.round(before, None, at);
        self.missed_contact(before, at);
    }

    fn contact(&mut self, before: &ModelCase, rule: &str, at: Timestamp) {
        let Some(clock) = before.clocks.all().iter().find(|c| c.rule == rule && c.is_open()) else { return };
        match at <= clock.due {
            true => self.count(Rate::Contact, clock.due, Some(before.lead.clone()), true),
            false => self.count(Rate::Contact, clock.due, self.holder(clock.due), false),
        }
    }

    /// A contact that nobody made and that was due before `at`.
    fn missed_contact(&mut self, before: &ModelCase, at: Timestamp) {
        if let Some(due) = due_contact(before).filter(|due| *due < at) {
            self.count(Rate::Contact, due, self.holder(due), false);
        }
    }

    /// The round of work ends at `at`: by an approved reply, or because the clocks fall away.
    fn round(&mut self, before: &ModelCase, approved: Option<Timestamp>, at: Timestamp) {
        let Some((due, stood, extended)) = due_reply(before, at) else { return };
        let one = match approved {
            Some(approved) if approved <= due => (Some(before.lead.clone()), true),
            None if at <= due => return,
            _ => (self.holder(due), false),
        };
        let (department, holds) = one;
        self.settled.push(Counted { rate: Rate::OnTime, at: due, department, holds, stood, extended });
    }

    fn call_back(&mut self, lead: Option<String>, grade: RatingGrade, outcome: Outcome, at: Timestamp) {
        self.count(Rate::Solved, at, lead.clone(), outcome == Outcome::Solved);
        if grade != RatingGrade::Unknown {
            let well =
                [RatingGrade::Satisfied, RatingGrade::Basically, RatingGrade::VerySatisfied].contains(&grade);
            self.count(Rate::Satisfied, at, lead, well);
            if !well {
                self.it_holds(Rate::Redone);
            }
        }
    }

    /// Reopened after a reply; one that another platform finished had none.
    fn redo(&mut self, before: &ModelCase) {
        let answered = before.lines.iter().rev().find(|line| matches!(**line, "approve" | "reopen"));
        if answered == Some(&"approve") {
            self.it_holds(Rate::Redone);
        }
    }

    /// All that counts of the case by `now`.
    pub(crate) fn all(&self, model: &ModelCase, now: Timestamp) -> Vec<Counted> {
        if self.void {
            return vec![];
        }
        let mut all = self.settled.clone();
        if !self.merged && model.is_open() {
            self.under_way(model, &mut all);
        }
        // What falls due later is in no figure yet, even if it is met already.
        all.retain(|one| one.at <= now);
        all
    }

    /// What is neither met nor ended.
    fn under_way(&self, model: &ModelCase, all: &mut Vec<Counted>) {
        let mut unmet = |rate, due: Timestamp, stood, extended| {
            all.push(Counted { rate, at: due, department: self.holder(due), holds: false, stood, extended });
        };
        if let Some(due) = due_contact(model) {
            unmet(Rate::Contact, due, SignedDuration::ZERO, 0);
        }
        if let Some((due, stood, extended)) = due_reply(model, Timestamp::MIN) {
            unmet(Rate::OnTime, due, stood, extended);
        }
    }
}

/// When the first contact is due that nobody has made.
fn due_contact(model: &ModelCase) -> Option<Timestamp> {
    let contact = |c: &&ModelClock| matches!(c.rule, "hotline.contact" | "petition.accept") && c.is_open();
    model.clocks.all().iter().find(contact).map(|clock| clock.due)
}

/// When the reply is due that is worked on: by the earliest clock that runs and that no other outranks; and for how long
/// any clock of it stood, and by how many days any was extended. A standing that is under way counts when it ends, be it
/// that the clock falls away at `ended`.
fn due_reply(model: &ModelCase, ended: Timestamp) -> Option<(Timestamp, SignedDuration, u32)> {
    let clocks = &model.clocks;
    let round: Vec<_> = clocks.all().iter().filter(|c| c.is_open() && c.is_reply()).collect();
    let running = round.iter().filter(|c| c.standing == Standing::Runs && !clocks.outranked(c));
    let due = running.map(|clock| clock.due).min()?;
    let stood = |clock: &ModelClock| match clock.standing {
        Standing::Stands(since) if since < ended => clock.stood + ended.duration_since(since),
        _ => clock.stood,
    };
    let longest = round.iter().map(|clock| stood(clock)).max().unwrap();
    let extended = round.iter().map(|clock| clock.extended).max().unwrap();
    Some((due, longest, extended))
}

/// Sums by department and rate.
pub(crate) fn sums<'a>(all: impl Iterator<Item = &'a Counted>) -> BTreeMap<(Option<String>, Rate), Sum> {
    let mut sums: BTreeMap<_, Sum> = BTreeMap::new();
    for one in all {
        sums.entry((one.department.clone(), one.rate)).or_default().add(one);
    }
    sums
}
