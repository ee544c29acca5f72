//! The desk over a store against the same model: two connections try something on the same case at the same moment. What
//! the model has both refuse is refused to both; where both might, one is told that the other was faster. At the end no
//! line of a timeline is lost and the log is whole, on each database.
//!
//! `QINGTING_ACTIONS` says how many actions are tried on each database, 3,000 when it is not set.

use std::sync::Arc;

use jiff::SignedDuration;
use qingting_models::county::County;
use qingting_models::ids::CaseId;
use qingting_models::records::{
    Channel, Item, ItemContent, Kind, Mode, Source, SourceKind, TopicScore, Upstream, Urgency, Viewer,
};
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{Arrival, ItemFilter, NewJudgement, NewSource, Page};
use qingting_respond::acting::ActingUser;
use qingting_respond::case_table::ActionKind;
use qingting_respond::desk::{ActError, Desk};

use crate::against_model::{Model, Try, actions, agree};
use crate::builders::*;
use crate::model::{ModelCase, PEOPLE};
use crate::walk::action;

const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// Tries on one set of cases before the next is opened.
const TRIES: usize = 150;

/// Draws numbers, the same ones in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count
    }

    /// Three of four times something that would take effect, as the model has it.
    fn a_try(&mut self, model: &Model) -> Try {
        let promising = model.promising();
        let (case, person, kind) = match self.below(4) {
            1.. if !promising.is_empty() => promising[self.below(promising.len())],
            _ => (
                self.below(model.cases.len()),
                self.below(PEOPLE.len()),
                ActionKind::ALL[self.below(ActionKind::ALL.len())],
            ),
        };
        let kind = if kind == ActionKind::Split && model.cases.len() > 8 { ActionKind::Press } else { kind };
        Try { person, kind, case, parameter: self.below(256) as u8, minutes: 0 }
    }
}

/// What a matter is.
#[derive(Clone, Copy)]
struct Matter {
    channel: Channel,
    topic: &'static str,
    kind: Kind,
    urgency: Urgency,
    dispatched: bool,
}

const MATTERS: [Matter; 6] = {
    let plain = Matter {
        channel: Channel::Hotline,
        topic: "urban",
        kind: Kind::Complaint,
        urgency: Urgency::Ordinary,
        dispatched: false,
    };
    [
        plain,
        Matter { channel: Channel::Petition, ..plain },
        Matter { topic: "conduct", kind: Kind::Report, ..plain },
        Matter { urgency: Urgency::Urgent, dispatched: true, ..plain },
        Matter { kind: Kind::Consultation, ..plain },
        Matter { kind: Kind::Praise, ..plain },
    ]
};

/// Further callers of a round.
const CALLERS: [Matter; 6] = [MATTERS[0], MATTERS[3], MATTERS[4], MATTERS[0], MATTERS[1], MATTERS[2]];

async fn source(store: &TestStore, channel: Channel) -> Source {
    if let Some(source) = store.source_named(channel.code()).await.unwrap() {
        return source;
    }
    let new = NewSource {
        name: channel.code().into(),
        kind: SourceKind::Sheet,
        channel,
        mode: Mode::Handle,
        url: None,
        cutoff: None,
        allow_host: None,
        interval_s: 600,
        settings: Default::default(),
    };
    store.add_source(new, qingting_models::records::Actor::Console).await.unwrap()
}

/// One more judged item.
async fn item(store: &TestStore, id: usize, matter: Matter) -> Item {
    let source = source(store, matter.channel).await;
    let now = store.now();
    let upstream = match matter.dispatched {
        true => Upstream {
            dispatched_at: Some(now - SignedDuration::from_hours(60)),
            due_at: Some(now + SignedDuration::from_hours(99)),
            ..Upstream::default()
        },
        false => Upstream::default(),
    };
    let arrival = Arrival {
        external_id: Some(id.to_string()),
        canonical: id.to_string(),
        content: ItemContent {
            title: format!("楼道渗水{id}"),
            body: "三单元楼道渗水半年，物业不修。".into(),
            url: None,
            occurred_at: None,
            upstream,
        },
        original: serde_json::json!({ "id": id }).into(),
        sameness: Default::default(),
        withdrawn: false,
        language: None,
        sealed_fields: Vec::new(),
    };
    store.intake(&source, vec![arrival], vec![]).await.unwrap();
    let tasks = store.claim_judging("w", 10, LEASE).await.unwrap();
    let verdict = NewJudgement {
        model: "m".into(),
        topics: vec![TopicScore { code: matter.topic.into(), score: 0.9 }],
        unsure: false,
        kind: matter.kind,
        urgency: matter.urgency,
        office: "住建".into(),
        offices: vec![],
        places: vec![],
        sender_town: None,
        reasons: vec![],
        search_words: String::new(),
        signature: Vec::new(),
    };
    store.save_verdicts("w", tasks.into_iter().map(|task| (task, verdict.clone())).collect()).await.unwrap();
    let filter = ItemFilter::default();
    store.items(&Viewer::SYSTEM, &filter, Page { before: None, size: 1 }).await.unwrap().rows.remove(0)
}

/// Opens a case for each kind of matter, by the desk.
async fn open(desk: &Desk, store: &TestStore, round: usize) -> (Model, Vec<CaseId>) {
    let (mut cases, mut ids, mut callers) = (Vec::new(), Vec::new(), Vec::new());
    let first = round * (MATTERS.len() + CALLERS.len());
    for (place, matter) in CALLERS.into_iter().enumerate() {
        callers.push((item(store, first + MATTERS.len() + place, matter).await, None));
    }
    for (place, matter) in MATTERS.into_iter().enumerate() {
        let item = item(store, first + place, matter).await;
        let who = if item.confidential { discipline() } else { duty() };
        let case = desk.assign_item(&Viewer::SYSTEM, &who, item.id, &code(LEAD), "").await.unwrap();
        cases.push(ModelCase::open(&item, store.now()));
        ids.push(case.id);
    }
    (Model { cases, callers, now: store.now(), took_effect: true }, ids)
}

/// What came of a try.
enum Outcome {
    /// It took effect; a case that was split off.
    Done(Option<CaseId>),
    /// Somebody else was faster.
    Late,
    Refused,
}

async fn attempt(desk: &Desk, model: &Model, ids: &[CaseId], seen: &[i64], step: &Try) -> Outcome {
    let people: Vec<ActingUser> = everyone().into_iter().map(|(_, who)| who).collect();
    let (who, place) = (&people[step.person % people.len()], step.case % ids.len());
    let (id, version, all) = (ids[place], seen[place], Viewer::SYSTEM);
    let caller = model.callers[model.caller(step)].0.id;
    let done = match step.kind {
        ActionKind::TakeIn => desk.gather(&all, who, id, version, &[caller], &[], "").await.map(|_| None),
        ActionKind::LeaveOut => {
            desk.leave_out(&all, who, id, version, caller, "另一件事").await.map(|_| None)
        }
        ActionKind::Merge => {
            let other = ids[(place + 1) % ids.len()];
            desk.merge(&all, who, id, version, other, "重复").await.map(|_| None)
        }
        ActionKind::Split => desk.split(&all, who, id, version, &code(OTHER), "另诉").await.map(Some),
        kind => match action(kind, step.parameter, model.now) {
            Some(act) => desk.act(&all, who, id, version, &act).await.map(|_| None),
            None => return Outcome::Refused,
        },
    };
    match done {
        Ok(new) => Outcome::Done(new),
        Err(ActError::Changed { .. }) => Outcome::Late,
        Err(ActError::Refused(refusal)) => {
            assert!(refusal.to_string().chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{refusal}");
            Outcome::Refused
        }
        Err(other) => panic!("{step:?}: {other:?}"),
    }
}

/// Lets two race, and does to the model what took effect.
async fn race(desks: &[Desk; 2], model: &mut Model, ids: &mut Vec<CaseId>, steps: [Try; 2]) {
    let seen: Vec<i64> = model.cases.iter().map(|case| case.version).collect();
    let would = steps.clone().map(|step| {
        let mut alone = model.clone();
        alone.take(&step);
        alone
    });
    let (one, other) = tokio::join!(
        attempt(&desks[0], model, ids, &seen, &steps[0]),
        attempt(&desks[1], model, ids, &seen, &steps[1])
    );
    let mut done = Vec::new();
    let some_done = matches!(one, Outcome::Done(_)) || matches!(other, Outcome::Done(_));
    for (place, outcome) in [one, other].into_iter().enumerate() {
        match outcome {
            Outcome::Done(new) => {
                done.push(place);
                ids.extend(new);
            }
            Outcome::Late => {}
            // The caller's matter was read after the other had dealt with it.
            Outcome::Refused
                if some_done && matches!(steps[place].kind, ActionKind::TakeIn | ActionKind::LeaveOut) => {}
            // What was decided on was the version that the model has.
            Outcome::Refused => assert!(!would[place].took_effect, "{:?} was refused", steps[place]),
        }
    }
    match done.as_slice() {
        [] => assert!(!would[0].took_effect && !would[1].took_effect, "{steps:?}: neither took effect"),
        [place] => {
            assert!(would[*place].took_effect, "{:?} took effect", steps[*place]);
            *model = would[*place].clone();
        }
        both => panic!("{both:?} of {steps:?} took effect on one version of a case"),
    }
}

async fn walk(store: &TestStore, tries: usize) {
    store.clock.set(monday());
    let county = Arc::new(County::embedded().unwrap());
    let desks =
        [Desk::new((**store).clone(), county.clone()), Desk::new(store.another().await.unwrap(), county)];
    let mut draw = Draw(20_261_123);
    for round in 0..tries.div_ceil(TRIES) {
        let (mut model, mut ids) = open(&desks[0], store, round).await;
        for _ in 0..TRIES / 2 {
            model.now += SignedDuration::from_mins(draw.below(240) as i64);
            store.clock.set(model.now);
            let first = draw.a_try(&model);
            // The second tries the same case, mostly something else.
            let second = Try { case: first.case, ..draw.a_try(&model) };
            race(&desks, &mut model, &mut ids, [first, second]).await;
        }
        for (id, case) in ids.iter().zip(&model.cases) {
            agree(case, &store.case_file(&Viewer::SYSTEM, *id).await.unwrap().unwrap());
        }
        for (item, at) in &model.callers {
            let answered = store.item(&Viewer::SYSTEM, item.id).await.unwrap().unwrap().case;
            assert_eq!(answered, at.map(|place| ids[place]), "who answers {}", item.id);
        }
    }
    while store.chain_audit(1_000).await.unwrap() > 0 {}
    let verdict = store.verify_audit(&[]).await.unwrap();
    assert_eq!((verdict.broken, verdict.pending), (None, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_connections_that_race_agree_with_the_model_on_each_database() {
    for store in each_database().await.unwrap() {
        walk(&store, actions()).await;
    }
}
