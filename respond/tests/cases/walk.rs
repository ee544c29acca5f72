//! Long random walks of random people over a few cases: whatever they try, the invariants hold.

use std::collections::HashMap;

use jiff::SignedDuration;
use proptest::prelude::*;
use qingting_models::records::{
    CaseChange, CaseFile, CaseState, Clock, Item, Kind, Outcome, RatingGrade, Subject, Urgency,
};
use qingting_respond::acting::ActingUser;
use qingting_respond::action::Action;
use qingting_respond::case_change::applied;
use qingting_respond::case_table::{ActionKind, acts_as, row};
use qingting_respond::decide::{allowed, decide, merge, split};

use crate::builders::*;

/// One step: who, what, on which case, with which parameter, after how many quarters of an hour.
type Step = (usize, usize, usize, u8, u16);

pub(crate) fn action(kind: ActionKind, p: u8, now: jiff::Timestamp) -> Option<Action> {
    let text = || if p.is_multiple_of(11) { String::new() } else { "按规定办理".to_string() };
    let department = code([LEAD, OTHER, HELPER, "moon"][usize::from(p % 4)]);
    Some(match kind {
        ActionKind::Assign
        | ActionKind::Merge
        | ActionKind::Split
        | ActionKind::TakeIn
        | ActionKind::LeaveOut => return None,
        ActionKind::Accept => Action::Accept,
        ActionKind::SendBack => Action::SendBack { reason: text(), right_department: Some(department) },
        ActionKind::Reassign => Action::Reassign { department, reason: text() },
        ActionKind::Contact => Action::Contact { note: text() },
        ActionKind::TellPetitioner => Action::TellPetitioner { note: text() },
        ActionKind::Wait => {
            Action::Wait { evidence: text(), until: now + SignedDuration::from_hours(i64::from(p) * 2 - 4) }
        }
        ActionKind::GoOn => Action::GoOn { note: text() },
        ActionKind::AskExtension => Action::AskExtension { reason: text(), days: u32::from(p % 14) },
        ActionKind::GrantExtension => Action::GrantExtension { note: text() },
        ActionKind::RefuseExtension => Action::RefuseExtension { reason: text() },
        ActionKind::Submit => {
            Action::Submit { text: text(), public_text: None, outcome: Outcome::Partly, promises: vec![] }
        }
        ActionKind::NeedsWork => Action::NeedsWork { note: text() },
        ActionKind::Approve => Action::Approve { note: text() },
        ActionKind::CallBack => Action::CallBack {
            grade: RatingGrade::ALL[usize::from(p) % RatingGrade::ALL.len()],
            outcome: Outcome::Solved,
            note: text(),
        },
        ActionKind::Reopen => Action::Reopen { reason: text() },
        ActionKind::Press => Action::Press { level: u32::from(p % 5), note: text() },
        ActionKind::AddHelper => Action::AddHelper { department, note: text() },
        ActionKind::ReleaseHelper => Action::ReleaseHelper { department, reason: text() },
        ActionKind::HelperAccept => Action::HelperAccept,
        ActionKind::HelperAnswer => Action::HelperAnswer { text: text() },
        ActionKind::HelperRefuse => Action::HelperRefuse { reason: text() },
        // The ways out are taken seldom, so that walks get far.
        ActionKind::Decline if p > 20 => return None,
        ActionKind::Decline => Action::Decline { legal_reason: text() },
        ActionKind::Outside if p > 20 => return None,
        ActionKind::Outside => Action::Outside { authority: text(), receipt: text() },
        ActionKind::Void if p > 20 => return None,
        ActionKind::Void => Action::Void { reason: text() },
        ActionKind::TakeIncident => Action::TakeIncident { on: p.is_multiple_of(2) },
        ActionKind::Recount => Action::Recount,
        ActionKind::Seen if p > 24 => return None,
        ActionKind::Seen => Action::Seen {
            due_at: (!p.is_multiple_of(3)).then(|| now + SignedDuration::from_hours(i64::from(p))),
            finished: p < 4,
        },
    })
}

/// What must hold of every case at any time.
fn check_standing(file: &CaseFile) {
    let case = &file.case;
    assert!(
        case.waits <= 2 && case.waited_days <= 10,
        "waited {} times, {} days",
        case.waits,
        case.waited_days
    );
    let mut back = case.sent_back_by.clone();
    back.sort();
    back.dedup();
    assert_eq!(back.len(), case.sent_back_by.len(), "a department sent back twice");
    let open = |c: &&Clock| c.is_open();
    let reply = ["hotline.consult", "hotline.handle", "hotline.urgent", "petition.close", "rating.rectify"];
    let sender_set = file.clocks.iter().filter(open).any(|c| c.from_sender);
    let due = file
        .clocks
        .iter()
        .filter(open)
        .filter(|c| c.paused_at.is_none())
        .filter(|c| !(sender_set && !c.from_sender && reply.contains(&c.rule.as_str())))
        .map(|c| c.due_at)
        .min();
    assert_eq!(case.due.as_ref().map(|(_, at)| *at), due, "due is the earliest that counts");
    if !case.state.is_open() {
        assert_eq!(file.clocks.iter().filter(open).count(), 0, "clocks run on in {}", case.state.code());
    }
    if case.state.code() != "waiting" {
        assert!(file.clocks.iter().all(|c| c.paused_at.is_none()), "paused in {}", case.state.code());
    }
    if let CaseState::InReview { reply, .. } | CaseState::Replied { reply, .. } = &case.state {
        assert!(file.replies.iter().any(|r| r.id == *reply));
    }
    if let CaseState::Closed { rating, .. } = &case.state {
        assert!(file.ratings.iter().any(|r| r.id == *rating));
    }
    assert!(case.helpers.iter().all(|h| h.department != case.lead || h.state.code() == "released"));
    assert_eq!(file.timeline.last().map(|l| l.state.as_str()), Some(case.state.code()));
}

/// What must hold between a case and what became of it.
fn check_change(before: &CaseFile, after: &CaseFile, change: &CaseChange, kind: ActionKind) {
    assert_eq!(after.case.version, before.case.version + 1);
    let row = row(kind);
    let (old, new) = (before.case.state.code(), after.case.state.code());
    // The target of a merge and the case that was split from stay as they are.
    let legal = if row.to.is_empty() || new == old { true } else { row.to.contains(&new) };
    assert!(legal, "{} led from {old} to {new}", kind.code());
    for clock in before.clocks.iter().filter(|c| !c.is_open()) {
        assert!(after.clocks.contains(clock), "a closed clock changed");
    }
    assert!(after.clocks.len() >= before.clocks.len());
    assert!(!change.timeline.is_empty());
    assert_eq!(change.audit.subject, Subject::Case(after.case.id));
    assert!(after.replies.len() >= before.replies.len() && after.ratings.len() >= before.ratings.len());
    check_standing(after);
}

fn try_one(house: &House, files: &mut [CaseFile], at: usize, who: &ActingUser, act: &Action) -> bool {
    let before = files[at].clone();
    let kind = act.kind();
    let offered = allowed(&before, who).contains(&kind);
    match decide(&before, act, who, &house.ctx()) {
        Ok(change) => {
            assert!(offered, "{} was not offered and yet allowed", kind.code());
            assert!(acts_as(row(kind), &before, who).is_some());
            assert!(row(kind).from.contains(&before.case.state.code()));
            if before.case.confidential {
                assert_ne!(who.actor, duty().actor, "the duty officer acted on a confidential case");
            }
            files[at] = applied(&before, &change);
            check_change(&before, &files[at], &change, kind);
            true
        }
        Err(refusal) => {
            assert!(!refusal.to_string().is_empty());
            false
        }
    }
}

fn try_two(
    house: &House,
    files: &mut Vec<CaseFile>,
    at: usize,
    who: &ActingUser,
    kind: ActionKind,
    p: u8,
) -> bool {
    let other = (at + 1) % files.len();
    if kind == ActionKind::Merge {
        if p > 60 {
            return false;
        }
        if let Ok(joined) = merge(&files[at], &files[other], "重复", who, &house.ctx()) {
            for (place, change) in [(at, joined.merged), (other, joined.target)] {
                let before = files[place].clone();
                files[place] = applied(&before, &change);
                check_change(&before, &files[place], &change, kind);
            }
            return true;
        }
    } else if let (true, Ok(parts)) =
        (files.len() < 8 && p < 60, split(&files[at], &code(OTHER), "另诉", who, &house.ctx()))
    {
        let before = files[at].clone();
        files[at] = applied(&before, &parts.kept);
        check_change(&before, &files[at], &parts.kept, kind);
        let new = CaseFile {
            case: parts.new.case.clone(),
            clocks: vec![],
            replies: vec![],
            ratings: vec![],
            timeline: vec![],
            ..before
        };
        files.push(applied(&new, &parts.new));
        check_standing(files.last().unwrap());
        return true;
    }
    false
}

fn starting_items() -> Vec<Item> {
    let mut sent = Item { urgency: Urgency::Urgent, ..complaint() };
    sent.content.upstream.dispatched_at = Some(at("2026-11-20T15:00:00+08:00"));
    sent.content.upstream.due_at = Some(at("2026-11-27T12:00:00+08:00"));
    let praise = Item { kind: Some(Kind::Praise), ..complaint() };
    vec![complaint(), petition(), conduct(), sent, praise]
}

/// Walks and returns the kinds of the actions that took effect, in order.
fn walk(steps: &[Step]) -> Vec<ActionKind> {
    let mut house = House::new();
    let mut files: Vec<CaseFile> = starting_items().iter().map(|item| house.open(item)).collect();
    let people = everyone();
    let mut done = Vec::new();
    for (person, what, which, p, quarters) in steps {
        house.now += SignedDuration::from_mins(i64::from(*quarters) * 15);
        let at = which % files.len();
        let who = &people[person % people.len()].1;
        // Three of four steps take what a page would offer, so that walks reach the far states.
        let offered = allowed(&files[at], who);
        let kind = match (what % 4, offered.len()) {
            (1..4, n) if n > 0 => offered[what / 4 % n],
            _ => ActionKind::ALL[what / 4 % ActionKind::ALL.len()],
        };
        if kind == ActionKind::Recount && p.is_multiple_of(2) {
            house.publish_2027();
        }
        let took_effect = match action(kind, *p, house.now) {
            Some(action) => try_one(&house, &mut files, at, who, &action),
            None if matches!(kind, ActionKind::Merge | ActionKind::Split) => {
                try_two(&house, &mut files, at, who, kind, *p)
            }
            None => false,
        };
        if took_effect {
            done.push(kind);
        }
    }
    done
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_people_try_the_invariants_hold(
        steps in proptest::collection::vec((0..64usize, 0..4096usize, 0..64usize, any::<u8>(), 0..12u16), 150..400)
    ) {
        prop_assert!(!walk(&steps).is_empty());
    }
}

/// Walks mean little if they never come far: over enough of them, every step of the table is taken.
#[test]
fn the_walks_take_every_step_of_the_table() {
    let mut state = 0x2026_1123_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut taken = HashMap::new();
    for _ in 0..60 {
        let steps: Vec<Step> = (0..400)
            .map(|_| {
                (next(64) as usize, next(4096) as usize, next(64) as usize, next(256) as u8, next(12) as u16)
            })
            .collect();
        for kind in walk(&steps) {
            *taken.entry(kind).or_insert(0) += 1;
        }
    }
    // What takes items in or leaves them out is tried against the model.
    let apart = [ActionKind::Assign, ActionKind::TakeIn, ActionKind::LeaveOut];
    for kind in ActionKind::ALL.iter().filter(|kind| !apart.contains(kind)) {
        assert!(taken.contains_key(kind), "no walk took {}: {taken:?}", kind.code());
    }
}
