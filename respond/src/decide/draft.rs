//! A change of a case in the making: the case and its clocks as they will be, and what is to be written.

use jiff::Timestamp;
use qingting_models::clock::minute_text;
use qingting_models::county::RuleId;
use qingting_models::ids::{AuditId, ClockId, ItemId, TimelineId};
use qingting_models::records::{
    AuditEntry, Case, CaseChange, CaseFact, CaseFile, CaseState, Clock, ClockMove, Item, Rating, Reply,
    Subject, TimelineEntry,
};
use serde_json::{Map, Value, json};

use super::Context;
use crate::acting::ActingUser;
use crate::case_clocks::{due_of, of_rules, start_of};
use crate::case_table::{ActionKind, Drops, Row, rule};
use crate::rates::{Story, facts};
use crate::refusal::Refusal;

/// What becomes of one case by one action. Nothing of it counts until [`Draft::finish`].
pub(crate) struct Draft<'a> {
    pub(crate) item: &'a Item,
    pub(crate) who: &'a ActingUser,
    pub(crate) ctx: &'a Context<'a>,
    pub(crate) case: Case,
    pub(crate) clocks: Vec<Clock>,
    pub(crate) replies: Vec<(Reply, Option<String>)>,
    pub(crate) ratings: Vec<Rating>,
    pub(crate) taken_in: Vec<ItemId>,
    pub(crate) left_out: Vec<ItemId>,
    /// Codes and ids for the audit entry; never a text that someone wrote.
    pub(crate) detail: Map<String, Value>,
    before: &'a [Clock],
    /// The file as it is; none for a case that is opened.
    file: Option<&'a CaseFile>,
    timeline: Vec<TimelineEntry>,
}

impl<'a> Draft<'a> {
    /// A change of a case that there is.
    pub(crate) fn of(file: &'a CaseFile, who: &'a ActingUser, ctx: &'a Context<'a>) -> Self {
        let mut draft = Self::new(file.case.clone(), &file.item, &file.clocks, who, ctx);
        draft.file = Some(file);
        draft.case.version += 1;
        draft
    }

    /// A case that is opened; its version is 1.
    pub(crate) fn opening(case: Case, item: &'a Item, who: &'a ActingUser, ctx: &'a Context<'a>) -> Self {
        Self::new(case, item, &[], who, ctx)
    }

    fn new(
        case: Case,
        item: &'a Item,
        before: &'a [Clock],
        who: &'a ActingUser,
        ctx: &'a Context<'a>,
    ) -> Self {
        Self {
            item,
            who,
            ctx,
            case,
            clocks: before.to_vec(),
            replies: Vec::new(),
            ratings: Vec::new(),
            taken_in: Vec::new(),
            left_out: Vec::new(),
            detail: Map::new(),
            before,
            file: None,
            timeline: Vec::new(),
        }
    }

    /// Does to the clocks what the row says; the case is still in the state it comes from.
    ///
    /// # Errors
    /// When a due time cannot be computed.
    pub(crate) fn take(&mut self, row: &Row) -> Result<(), Refusal> {
        self.meet(row.meets);
        match row.drops {
            Drops::These(rules) => self.drop_where(|c| of_rules(c, rules)),
            Drops::All => self.drop_where(|_| true),
        }
        self.pause(row.pauses);
        self.resume(row.resumes)?;
        self.start_all(row)
    }

    /// Starts those clocks of the row that apply.
    ///
    /// # Errors
    /// When a due time cannot be computed.
    pub(crate) fn start_all(&mut self, row: &Row) -> Result<(), Refusal> {
        row.starts.iter().try_for_each(|id| self.start(id, row.action))
    }

    fn meet(&mut self, rules: &[&str]) {
        let now = self.ctx.now;
        for clock in self.clocks.iter_mut().filter(|c| c.is_open() && of_rules(c, rules)) {
            clock.met_at = Some(now);
            clock.paused_at = None;
        }
    }

    /// Lets the open clocks that are meant fall away unmet.
    pub(crate) fn drop_where(&mut self, meant: impl Fn(&Clock) -> bool) {
        let now = self.ctx.now;
        for clock in self.clocks.iter_mut().filter(|c| c.is_open() && meant(c)) {
            clock.dropped_at = Some(now);
            // What stood still until then was not due, whatever its due time says.
            if let Some(from) = clock.paused_at.take() {
                clock.moves.push(ClockMove::Stood { from, to: now });
            }
        }
    }

    /// A clock that is overdue does not pause, so that parking a late case wins nothing; nor does one of
    /// the sender's, whose platform does not know of our waiting.
    fn pause(&mut self, rules: &[&str]) {
        let now = self.ctx.now;
        for clock in self.clocks.iter_mut().filter(|c| c.is_open() && of_rules(c, rules)) {
            if !clock.from_sender && clock.due_at > now {
                clock.paused_at = Some(now);
            }
        }
    }

    /// The clocks go on at the end of the waiting: now, or when its date passed, whichever was first.
    fn resume(&mut self, rules: &[&str]) -> Result<(), Refusal> {
        let at = self.wait_end();
        let sums = self.ctx.sums();
        for clock in self.clocks.iter_mut().filter(|c| c.is_open() && of_rules(c, rules)) {
            if let Some(paused_at) = clock.paused_at.take() {
                sums.shift(clock, self.case.urgency, paused_at, at)?;
            }
        }
        Ok(())
    }

    /// When the present waiting ends, or now.
    pub(crate) fn wait_end(&self) -> Timestamp {
        match &self.case.state {
            CaseState::Waiting { until, .. } => (*until).min(self.ctx.now),
            _ => self.ctx.now,
        }
    }

    /// Starts the clock of a rule if it applies. A rule that the county's table lacks starts nothing.
    fn start(&mut self, id: &str, action: ActionKind) -> Result<(), Refusal> {
        let Some(from) = start_of(id, action, &self.case, self.item, &self.clocks, self.ctx.now) else {
            return Ok(());
        };
        if let Some(due) = self.ctx.sums().due(id, from, self.case.urgency)? {
            let clock = self.clock(id, from, due.due, due.steps);
            self.clocks.push(Clock { provisional: due.provisional, ..clock });
        }
        Ok(())
    }

    /// A new running clock of this case.
    pub(crate) fn clock(&self, id: &str, from: Timestamp, due_at: Timestamp, steps: Vec<String>) -> Clock {
        Clock {
            id: self.ctx.ids.next::<ClockId>(self.ctx.now),
            case: self.case.id,
            rule: RuleId::new(id),
            started_at: from,
            due_at,
            provisional: false,
            from_sender: false,
            steps,
            paused_at: None,
            met_at: None,
            dropped_at: None,
            extended_days: 0,
            moves: Vec::new(),
        }
    }

    /// The open clocks that may be extended and are ours.
    pub(crate) fn extendable(&mut self) -> impl Iterator<Item = &mut Clock> {
        self.clocks.iter_mut().filter(|c| c.is_open() && !c.from_sender && of_rules(c, rule::EXTENDABLE))
    }

    /// A clock of the reply with the due time that the sender gave.
    pub(crate) fn add_sender_clock(&mut self, id: &str, from: Timestamp, due_at: Timestamp) {
        let steps = vec![format!("派单平台给定的截止时间：{}", minute_text(due_at))];
        let clock = self.clock(id, from, due_at, steps);
        self.clocks.push(Clock { from_sender: true, ..clock });
    }

    /// Adds a line to the timeline, with the state as it is by then. `note` is masked.
    pub(crate) fn line(&mut self, action: ActionKind, note: String) {
        self.timeline.push(TimelineEntry {
            id: self.ctx.ids.next::<TimelineId>(self.ctx.now),
            case: self.case.id,
            at: self.ctx.now,
            actor: self.who.actor,
            action: action.code().into(),
            state: self.case.state.code().into(),
            note,
        });
    }

    /// The state of handling to which a waiting or reviewed case goes back.
    pub(crate) fn handling_again(&self, accepted_at: Timestamp) -> CaseState {
        let earlier = self.file.map(|file| file.timeline.as_slice()).unwrap_or_default();
        let accepted = earlier.iter().rev().find(|l| l.action == ActionKind::Accept.code());
        CaseState::Handling { accepted_at, by: accepted.map_or(self.who.actor, |line| line.actor) }
    }

    /// A code or id for the audit entry.
    pub(crate) fn note_detail(&mut self, key: &str, value: impl Into<Value>) {
        self.detail.insert(key.into(), value.into());
    }

    /// The change as the store writes it. Where the due time is another than before, the levels of
    /// pressing begin anew.
    pub(crate) fn finish(mut self, action: ActionKind) -> CaseChange {
        let due = due_of(&self.clocks);
        let time = |due: &Option<(RuleId, Timestamp)>| due.as_ref().map(|(_, at)| *at);
        if time(&due) != time(&self.case.due) {
            self.case.pressed = 0;
        }
        self.case.due = due;
        self.case.changed_at = self.ctx.now;
        self.case.changed_by = self.who.actor;
        self.note_detail("state", self.case.state.code());
        self.note_detail("version", self.case.version);
        let facts = self.changed_facts();
        let before = self.before;
        let clocks = self.clocks.into_iter().filter(|c| !before.contains(c)).collect();
        CaseChange {
            audit: AuditEntry {
                id: self.ctx.ids.next::<AuditId>(self.ctx.now),
                at: self.ctx.now,
                actor: self.who.actor,
                action: format!("case.{}", action.code()),
                subject: Subject::Case(self.case.id),
                detail: json!(self.detail),
            },
            case: self.case,
            clocks,
            replies: self.replies,
            ratings: self.ratings,
            timeline: self.timeline,
            taken_in: self.taken_in,
            left_out: self.left_out,
            facts,
        }
    }

    /// What the rates count of the case by now, where that is another than before.
    fn changed_facts(&self) -> Option<Vec<CaseFact>> {
        let before = self.file.map(Story::from);
        let (mut ratings, mut timeline) = match &before {
            Some(story) => (story.ratings.clone(), story.timeline.clone()),
            None => (Vec::new(), Vec::new()),
        };
        ratings.extend(&self.ratings);
        timeline.extend(&self.timeline);
        let after =
            facts(&Story { case: &self.case, clocks: self.clocks.iter().collect(), ratings, timeline });
        (before.map(|story| facts(&story)).as_ref() != Some(&after)).then_some(after)
    }
}
