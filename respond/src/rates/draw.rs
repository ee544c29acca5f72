//! Draws the facts of a case. What they mean stands in the [module](super) above.

use jiff::{SignedDuration, Timestamp};
use qingting_models::county::DepartmentCode;
use qingting_models::records::{
    Case, CaseFact, CaseFile, CaseOrigin, CaseState, Clock, ClockMove, Outcome, Rate, Rating, RatingGrade,
    SentWay, TimelineEntry,
};

use crate::case_clocks::of_rules;
use crate::case_table::{ActionKind, rule};

/// What the facts follow from, each list in the order in which it came about.
pub struct Story<'a> {
    pub case: &'a Case,
    pub clocks: Vec<&'a Clock>,
    pub ratings: Vec<&'a Rating>,
    pub timeline: Vec<&'a TimelineEntry>,
}

impl<'a> From<&'a CaseFile> for Story<'a> {
    fn from(file: &'a CaseFile) -> Self {
        Self {
            case: &file.case,
            clocks: file.clocks.iter().collect(),
            ratings: file.ratings.iter().collect(),
            timeline: file.timeline.iter().collect(),
        }
    }
}

/// With whom the case was, from which line of the timeline and moment on; `None` is the duty desk.
struct Stretch {
    line: usize,
    since: Timestamp,
    department: Option<DepartmentCode>,
}

/// All facts of the case.
pub fn facts(story: &Story<'_>) -> Vec<CaseFact> {
    if matches!(story.case.state, CaseState::Void { .. }) {
        return Vec::new();
    }
    let mut drawing = Drawing { story, stretches: stretches(story), facts: Vec::new() };
    drawing.contact();
    drawing.rounds();
    drawing.call_backs();
    drawing.given();
    drawing.approved();
    drawing.opened();
    drawing.facts
}

/// The departments that led the case in turn: those that sent it back, and the present one.
fn stretches(story: &Story<'_>) -> Vec<Stretch> {
    let case = story.case;
    let mut leads = case.sent_back_by.iter().chain(std::iter::repeat(&case.lead)).cloned();
    let mut all = vec![Stretch { line: 0, since: case.opened_at, department: leads.next() }];
    for (line, entry) in story.timeline.iter().enumerate() {
        if is(entry, ActionKind::SendBack) {
            all.push(Stretch { line, since: entry.at, department: None });
        } else if is(entry, ActionKind::Reassign) {
            all.push(Stretch { line, since: entry.at, department: leads.next() });
        }
    }
    all
}

fn is(line: &TimelineEntry, action: ActionKind) -> bool {
    line.action == action.code()
}

/// A clock as far as a rate is concerned.
enum End {
    /// It counts as met at the moment.
    Met(Timestamp),
    /// It has a due time that was missed, or is yet to come.
    Unmet,
    /// It counts nowhere, or not yet.
    Nowhere,
}

struct Drawing<'a> {
    story: &'a Story<'a>,
    stretches: Vec<Stretch>,
    facts: Vec<CaseFact>,
}

impl Drawing<'_> {
    fn add(
        &mut self,
        rate: Rate,
        at: Timestamp,
        department: Option<DepartmentCode>,
        holds: bool,
    ) -> &mut CaseFact {
        let seq = self.facts.iter().filter(|fact| fact.rate == rate).count();
        let seq = u32::try_from(seq).unwrap_or(u32::MAX);
        let (waited, extended_days) = (SignedDuration::ZERO, 0);
        self.facts.push(CaseFact { rate, seq, department, at, holds, way: None, waited, extended_days });
        let last = self.facts.len() - 1;
        &mut self.facts[last]
    }

    /// With whom the case was at a moment; before it was given to anyone, the duty desk.
    fn holder_at(&self, at: Timestamp) -> Option<DepartmentCode> {
        self.stretches.iter().rev().find(|s| s.since <= at).and_then(|s| s.department.clone())
    }

    /// Who did what a line tells.
    fn holder_on(&self, line: usize) -> Option<DepartmentCode> {
        self.stretches.iter().rev().find(|s| s.line <= line).and_then(|s| s.department.clone())
    }

    /// The line by which a clock was met at a moment.
    fn met_by(&self, actions: &[ActionKind], at: Timestamp) -> Option<DepartmentCode> {
        let meant = |line: &&TimelineEntry| line.at == at && actions.iter().any(|action| is(line, *action));
        match self.story.timeline.iter().position(meant) {
            Some(line) => self.holder_on(line),
            None => self.holder_at(at),
        }
    }

    fn end_of(&self, clock: &Clock) -> End {
        if let Some(met) = clock.met_at {
            return End::Met(met);
        }
        match clock.dropped_at {
            None if clock.paused_at.is_some() => End::Nowhere,
            None => End::Unmet,
            Some(at) if self.counts_nowhere(clock, at) => End::Nowhere,
            Some(_) => End::Unmet,
        }
    }

    /// Of a clock that fell away: it was not due by then, it stood still, or its matter went on under another case.
    fn counts_nowhere(&self, clock: &Clock, dropped: Timestamp) -> bool {
        let merged = matches!(self.story.case.state, CaseState::Merged { at, .. } if at == dropped);
        let stood = matches!(clock.moves.last(), Some(ClockMove::Stood { to, .. }) if *to == dropped);
        merged || stood || dropped <= clock.due_at
    }

    fn contact(&mut self) {
        let Some(clock) = self.story.clocks.iter().find(|clock| of_rules(clock, rule::OVERTAKEN)) else {
            return;
        };
        let due = clock.due_at;
        match self.end_of(clock) {
            End::Met(met) if met <= due => {
                let by = self.met_by(&[ActionKind::Contact, ActionKind::TellPetitioner], met);
                self.add(Rate::Contact, due, by, true);
            }
            End::Met(_) | End::Unmet => {
                let by = self.holder_at(due);
                self.add(Rate::Contact, due, by, false);
            }
            End::Nowhere => {}
        }
    }

    /// The clocks of a reply that ended together are a round; those that are open are the present one.
    fn rounds(&mut self) {
        let reply: Vec<&Clock> =
            self.story.clocks.iter().copied().filter(|c| of_rules(c, rule::REPLY)).collect();
        for round in reply.chunk_by(|one, next| ended(one) == ended(next)) {
            self.round(round);
        }
    }

    fn round(&mut self, round: &[&Clock]) {
        let by_sender = round.iter().any(|clock| clock.from_sender);
        let counting = round.iter().filter(|clock| {
            let outranked = by_sender && !clock.from_sender;
            !outranked && !matches!(self.end_of(clock), End::Nowhere)
        });
        let Some(first) = counting.min_by_key(|clock| clock.due_at) else { return };
        let due = first.due_at;
        let approved = first.met_at.filter(|met| *met <= due);
        let by = match approved {
            Some(met) => self.met_by(&[ActionKind::Approve], met),
            None => self.holder_at(due),
        };
        let waited = round.iter().map(|clock| stood(clock)).max().unwrap_or_default();
        let extended_days = round.iter().map(|clock| extended(clock)).max().unwrap_or_default();
        let fact = self.add(Rate::OnTime, due, by, approved.is_some());
        (fact.waited, fact.extended_days) = (waited, extended_days);
    }

    fn call_backs(&mut self) {
        // What a platform shows as finished is closed with a rating that nobody gave.
        let closes = |line: &TimelineEntry| {
            is(line, ActionKind::CallBack) || is(line, ActionKind::Seen) && line.state == "closed"
        };
        let story = self.story;
        let lines = story.timeline.iter().enumerate().filter(|(_, line)| closes(line));
        for (rating, (place, line)) in story.ratings.iter().zip(lines) {
            if !is(line, ActionKind::CallBack) {
                continue;
            }
            let by = self.holder_on(place);
            self.add(Rate::Solved, rating.at, by.clone(), rating.outcome == Outcome::Solved);
            if rating.grade != RatingGrade::Unknown {
                self.add(Rate::Satisfied, rating.at, by, !rating.grade.is_unsatisfied());
            }
        }
    }

    fn given(&mut self) {
        let back: Vec<bool> = (0..self.stretches.len())
            .map(|place| self.stretches.get(place + 1).is_some_and(|next| next.department.is_none()))
            .collect();
        let given: Vec<_> = self
            .stretches
            .iter()
            .zip(back)
            .enumerate()
            .filter(|(_, (stretch, _))| stretch.department.is_some())
            .map(|(place, (stretch, back))| (place, stretch.since, stretch.department.clone(), back))
            .collect();
        for (place, since, department, back) in given {
            let way = match (place, &self.story.case.origin) {
                (0, CaseOrigin::Rule { .. }) => SentWay::Rule,
                (0, CaseOrigin::Person { .. }) => SentWay::Person,
                _ => SentWay::Again,
            };
            self.add(Rate::SentBack, since, department, back).way = Some(way);
        }
    }

    fn approved(&mut self) {
        let story = self.story;
        for (place, line) in
            story.timeline.iter().enumerate().filter(|(_, line)| is(line, ActionKind::Approve))
        {
            let after =
                story.timeline.iter().skip(place + 1).take_while(|next| !is(next, ActionKind::Approve));
            let redone = after.into_iter().any(|next| is(next, ActionKind::Reopen));
            let by = self.holder_on(place);
            self.add(Rate::Redone, line.at, by, redone);
        }
    }

    fn opened(&mut self) {
        let case = self.story.case;
        let first = self.stretches.first().and_then(|stretch| stretch.department.clone());
        self.add(Rate::Repeated, case.opened_at, first, matches!(case.state, CaseState::Merged { .. }));
    }
}

/// When and how a clock ended; a merged or split-off case has copies of clocks, so the clock's own words are asked.
fn ended(clock: &Clock) -> (Option<Timestamp>, Option<Timestamp>) {
    (clock.met_at, clock.dropped_at)
}

fn stood(clock: &Clock) -> SignedDuration {
    let stood = clock.moves.iter().filter_map(|one| match one {
        ClockMove::Stood { from, to } => Some(to.duration_since(*from)),
        ClockMove::Extended { .. } => None,
    });
    stood.sum()
}

fn extended(clock: &Clock) -> u32 {
    let days = clock.moves.iter().filter_map(|one| match one {
        ClockMove::Extended { days } => Some(*days),
        ClockMove::Stood { .. } => None,
    });
    days.sum()
}
