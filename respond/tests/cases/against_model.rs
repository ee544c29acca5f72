//! The case table and its clocks against the model: random people try random things on several cases, and after each
//! step the program and the model agree on whether it took effect and on everything that came of it.
//!
//! `QINGTING_ACTIONS` says how many actions are tried, 3,000 when it is not set.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use qingting_models::ids::ItemId;
use qingting_models::records::{CaseFile, Clock, Item, Kind, Urgency};
use qingting_respond::case_change::applied;
use qingting_respond::case_table::ActionKind;
use qingting_respond::decide::{decide, leave_out, merge, split, take_in};

use crate::builders::*;
use crate::model::{ModelCase, PEOPLE, Standing};
use crate::walk::action;

/// How many actions a walk has.
const STEPS: usize = 150;

/// How many actions are tried in all.
pub(crate) fn actions() -> usize {
    let asked = std::env::var("QINGTING_ACTIONS").ok().map(|text| text.parse().unwrap());
    asked.unwrap_or(3_000)
}

/// One try: who, what, on which case, with which parameter, and how many minutes later.
#[derive(Debug, Clone)]
pub(crate) struct Try {
    pub(crate) person: usize,
    pub(crate) kind: ActionKind,
    pub(crate) case: usize,
    pub(crate) parameter: u8,
    pub(crate) minutes: i64,
}

/// The model's house: its cases, the matters of further callers with the case that answers each, and the time.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) cases: Vec<ModelCase>,
    pub(crate) callers: Vec<(Item, Option<usize>)>,
    pub(crate) now: Timestamp,
    /// Whether the last try took effect.
    pub(crate) took_effect: bool,
}

pub(crate) fn items() -> Vec<Item> {
    let mut sent = Item { urgency: Urgency::Urgent, ..complaint() };
    sent.content.upstream.dispatched_at = Some(at("2026-11-20T15:00:00+08:00"));
    sent.content.upstream.due_at = Some(at("2026-11-27T12:00:00+08:00"));
    let asked = Item { kind: Some(Kind::Consultation), ..complaint() };
    let praise = Item { kind: Some(Kind::Praise), ..complaint() };
    vec![complaint(), petition(), conduct(), sent, asked, praise]
}

/// Matters of callers who report what others reported: with and without a due time, a petition, a conduct matter.
pub(crate) fn callers() -> Vec<Item> {
    let mut soon = complaint();
    soon.content.upstream.dispatched_at = Some(at("2026-11-19T09:00:00+08:00"));
    soon.content.upstream.due_at = Some(at("2026-11-24T12:00:00+08:00"));
    let asked = Item { kind: Some(Kind::Consultation), ..complaint() };
    let urgent = Item { urgency: Urgency::Urgent, ..complaint() };
    let all = [complaint(), soon, asked, urgent, petition(), conduct()];
    let numbered = |(place, item): (usize, Item)| Item { id: ItemId(100 + place as i64), ..item };
    all.into_iter().enumerate().map(numbered).collect()
}

impl Model {
    /// Which caller a try is about.
    pub(crate) fn caller(&self, step: &Try) -> usize {
        usize::from(step.parameter) % self.callers.len()
    }

    /// Does one try to the model alone.
    pub(crate) fn take(&mut self, step: &Try) {
        self.now += SignedDuration::from_mins(step.minutes);
        let who = PEOPLE[step.person % PEOPLE.len()];
        let place = step.case % self.cases.len();
        self.took_effect = match step.kind {
            ActionKind::Assign => false,
            ActionKind::Merge => {
                let other = (place + 1) % self.cases.len();
                let (mut from, mut into) = (self.cases[place].clone(), self.cases[other].clone());
                let done = ModelCase::merge(&mut from, &mut into, who, self.now).is_ok();
                if done {
                    (self.cases[place], self.cases[other]) = (from, into);
                    self.callers_move(place, Some(other));
                }
                done
            }
            ActionKind::TakeIn => {
                let caller = self.caller(step);
                let (item, free) = (self.callers[caller].0.clone(), self.callers[caller].1.is_none());
                let done = self.cases[place].take_in(who, &item, free, self.now).is_ok();
                if done {
                    self.callers[caller].1 = Some(place);
                }
                done
            }
            ActionKind::LeaveOut => {
                let caller = self.caller(step);
                let inside = self.callers[caller].1 == Some(place);
                let done = self.cases[place].leave_out(who, inside).is_ok();
                if done {
                    self.callers[caller].1 = None;
                }
                done
            }
            ActionKind::Split => match self.cases[place].split(who, OTHER, self.now) {
                Ok(new) => {
                    self.cases.push(new);
                    true
                }
                Err(_) => false,
            },
            kind => match action(kind, step.parameter, self.now) {
                Some(act) => {
                    let done = self.cases[place].act(who, &act, self.now).is_ok();
                    if done && kind == ActionKind::Void {
                        self.callers_move(place, None);
                    }
                    done
                }
                None => false,
            },
        };
    }

    /// What becomes of the callers of a case that ends in another, or was opened by mistake.
    fn callers_move(&mut self, from: usize, to: Option<usize>) {
        for (_, case) in self.callers.iter_mut().filter(|(_, case)| *case == Some(from)) {
            *case = to;
        }
    }

    /// What could be tried with effect: person and kind for each case, as the model has it.
    pub(crate) fn promising(&self) -> Vec<(usize, usize, ActionKind)> {
        let mut found = Vec::new();
        for (place, case) in self.cases.iter().enumerate().filter(|(_, case)| case.is_open()) {
            for (person, who) in PEOPLE.iter().enumerate() {
                let works = |kind: &ActionKind| {
                    action(*kind, 34, self.now)
                        .is_some_and(|act| case.clone().act(*who, &act, self.now).is_ok())
                };
                let mut callers = self.callers.iter();
                if callers.any(|(item, at)| case.clone().take_in(*who, item, at.is_none(), self.now).is_ok())
                {
                    found.push((place, person, ActionKind::TakeIn));
                }
                if self.callers.iter().any(|(_, at)| case.clone().leave_out(*who, *at == Some(place)).is_ok())
                {
                    found.push((place, person, ActionKind::LeaveOut));
                }
                found.extend(
                    ActionKind::ALL.iter().filter(|kind| works(kind)).map(|kind| (place, person, *kind)),
                );
            }
        }
        found
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Try;

    fn init_state() -> BoxedStrategy<Self> {
        let now = monday();
        let cases = items().iter().map(|item| ModelCase::open(item, now)).collect();
        let callers = callers().into_iter().map(|item| (item, None)).collect();
        Just(Self { cases, callers, now, took_effect: true }).boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Try> {
        let random = (0..PEOPLE.len(), 0..ActionKind::ALL.len(), 0..state.cases.len())
            .prop_map(|(person, kind, case)| (case, person, ActionKind::ALL[kind]));
        let promising = state.promising();
        let which = match promising.is_empty() {
            true => random.boxed(),
            false => prop_oneof![1 => random, 3 => proptest::sample::select(promising)].boxed(),
        };
        let few = state.cases.len() < 9;
        (which, any::<u8>(), 0..240i64)
            .prop_map(move |((case, person, kind), parameter, minutes)| {
                // Splitting and leaving stay seldom, so that walks get far.
                let kind = match kind {
                    ActionKind::Split if !few => ActionKind::Press,
                    other => other,
                };
                Try { person, kind, case, parameter, minutes }
            })
            .boxed()
    }

    fn apply(mut state: Self, step: &Try) -> Self {
        state.take(step);
        state
    }
}

/// The program's house.
struct Program {
    house: House,
    files: Vec<CaseFile>,
    callers: Vec<Item>,
}

impl Program {
    fn take(&mut self, step: &Try) -> bool {
        let people = everyone();
        let who = &people[step.person % people.len()].1;
        let place = step.case % self.files.len();
        match step.kind {
            ActionKind::Merge => {
                let other = (place + 1) % self.files.len();
                match merge(&self.files[place], &self.files[other], "重复", who, &self.house.ctx()) {
                    Ok(joined) => {
                        self.files[place] = applied(&self.files[place], &joined.merged);
                        self.files[other] = applied(&self.files[other], &joined.target);
                        let (from, to) = (self.files[place].case.id, self.files[other].case.id);
                        self.callers
                            .iter_mut()
                            .filter(|c| c.case == Some(from))
                            .for_each(|c| c.case = Some(to));
                        true
                    }
                    Err(refusal) => explained(&refusal),
                }
            }
            ActionKind::Split => {
                match split(&self.files[place], &code(OTHER), "另诉", who, &self.house.ctx()) {
                    Ok(parts) => {
                        let before = self.files[place].clone();
                        self.files[place] = applied(&before, &parts.kept);
                        let new = CaseFile {
                            case: parts.new.case.clone(),
                            clocks: vec![],
                            replies: vec![],
                            ratings: vec![],
                            timeline: vec![],
                            ..before
                        };
                        self.files.push(applied(&new, &parts.new));
                        true
                    }
                    Err(refusal) => explained(&refusal),
                }
            }
            ActionKind::TakeIn | ActionKind::LeaveOut => {
                let caller = usize::from(step.parameter) % self.callers.len();
                let (file, item) = (&self.files[place], &self.callers[caller]);
                let decided = match step.kind {
                    ActionKind::TakeIn => {
                        take_in(file, std::slice::from_ref(item), "", who, &self.house.ctx())
                    }
                    _ => leave_out(file, item, "另一件事", who, &self.house.ctx()),
                };
                match decided {
                    Ok(change) => {
                        assert_eq!([change.taken_in.as_slice(), &change.left_out].concat(), [item.id]);
                        let inside = (step.kind == ActionKind::TakeIn).then_some(change.case.id);
                        self.callers[caller].case = inside;
                        self.files[place] = applied(&self.files[place], &change);
                        true
                    }
                    Err(refusal) => explained(&refusal),
                }
            }
            kind => match action(kind, step.parameter, self.house.now) {
                None => false,
                Some(act) => match decide(&self.files[place], &act, who, &self.house.ctx()) {
                    Ok(change) => {
                        self.files[place] = applied(&self.files[place], &change);
                        let id = change.case.id;
                        if kind == ActionKind::Void {
                            self.callers
                                .iter_mut()
                                .filter(|c| c.case == Some(id))
                                .for_each(|c| c.case = None);
                        }
                        true
                    }
                    Err(refusal) => explained(&refusal),
                },
            },
        }
    }
}

/// A refusal says why, in Chinese.
fn explained(refusal: &qingting_respond::refusal::Refusal) -> bool {
    let text = refusal.to_string();
    assert!(text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{text}");
    false
}

fn told(clock: &Clock) -> (&str, Timestamp, bool, Standing) {
    let standing = match (clock.met_at, clock.dropped_at, clock.paused_at) {
        (Some(_), ..) => Standing::Met,
        (_, Some(_), _) => Standing::Dropped,
        (_, _, Some(since)) => Standing::Stands(since),
        _ => Standing::Runs,
    };
    (clock.rule.as_str(), clock.due_at, clock.from_sender, standing)
}

/// Everything that both know of a case.
pub(crate) fn agree(model: &ModelCase, file: &CaseFile) {
    let case = &file.case;
    assert_eq!(case.state.code(), model.state);
    assert_eq!((case.lead.as_str(), case.version), (model.lead.as_str(), model.version));
    let mut helpers: Vec<_> =
        case.helpers.iter().map(|h| (h.department.to_string(), h.state.code())).collect();
    let mut expected = model.helpers.clone();
    helpers.sort();
    expected.sort();
    assert_eq!(helpers, expected);
    assert_eq!((case.waits, case.waited_days), (model.waits, model.waited));
    assert_eq!(case.takes_incident, model.takes_incident);
    assert_eq!((case.reopened, case.pressed), (model.reopened, model.pressed));
    assert_eq!((file.replies.len(), file.ratings.len()), (model.replies, model.ratings));
    let back: Vec<_> = case.sent_back_by.iter().map(ToString::to_string).collect();
    assert_eq!(back, model.sent_back);
    // That triage was met is noted with the case that a person opens.
    let mut clocks: Vec<_> = file.clocks.iter().filter(|c| c.rule.as_str() != "triage").map(told).collect();
    clocks.sort();
    assert_eq!(clocks, model.clocks.told(), "the clocks of {}", model.state);
    assert_eq!(case.due.as_ref().map(|(rule, at)| (rule.as_str(), *at)), model.clocks.due());
    let lines: Vec<_> = file.timeline.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(lines, model.lines, "a line of the timeline is lost or doubled");
}

impl StateMachineTest for Program {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(model: &Model) -> Self {
        let house = House::new();
        assert_eq!(house.now, model.now);
        let files = items().iter().map(|item| house.open(item)).collect();
        Self { house, files, callers: callers() }
    }

    fn apply(mut state: Self, model: &Model, step: Try) -> Self {
        state.house.now = model.now;
        let took_effect = state.take(&step);
        assert_eq!(took_effect, model.took_effect, "{step:?} took effect here and not there");
        state
    }

    fn check_invariants(state: &Self, model: &Model) {
        assert_eq!(state.files.len(), model.cases.len());
        state.files.iter().zip(&model.cases).for_each(|(file, case)| agree(case, file));
        for (item, (_, at)) in state.callers.iter().zip(&model.callers) {
            assert_eq!(item.case, at.map(|place| state.files[place].case.id), "who answers {}", item.id);
        }
    }
}

proptest_state_machine::prop_state_machine! {
    #![proptest_config(ProptestConfig {
        cases: u32::try_from(actions().div_ceil(STEPS)).unwrap(),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_people_try_program_and_model_agree(sequential 150 => Program);
}
