//! A county whose truth the test keeps beside the store.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use qingting_models::county::{County, DepartmentCode, TopicCode, Town};
use qingting_models::ids::{CaseId, IncidentId, ItemId};
use qingting_models::records::*;
use qingting_models::store::testing::TestStore;
use qingting_models::store::{Arrival, Joining, NewJudgement, NewMembership, NewSource, PersonJudgement};
use qingting_respond::desk::Desk;
use serde_json::json;

const PERSON: Actor = Actor::User(qingting_models::ids::UserId(7));
const LEASE: SignedDuration = SignedDuration::from_secs(600);
const CHANNELS: [Channel; 4] = [Channel::News, Channel::Hotline, Channel::Complaint, Channel::Petition];
const TOPICS: [&str; 6] = ["wages", "urban", "environment", "transport", "safety", "conduct"];
const TOWNS: [&str; 4] = ["石浦镇", "丹东街道", "西周镇", "鹤浦镇"];
const DEPARTMENTS: [&str; 4] = ["rsj", "zjj", "jtj", "zfj"];
pub(crate) const DAY: i64 = 86_400_000;

/// An item as the test knows it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub item: ItemId,
    pub occurred: Option<i64>,
    pub seen: i64,
    pub channel: Channel,
    pub topic: Option<&'static str>,
    pub town: Option<&'static str>,
    pub urgency: i64,
    pub judged: bool,
    pub incident: Option<IncidentId>,
}

impl Known {
    /// When its matter was reported.
    pub(crate) fn at(&self) -> i64 {
        self.occurred.filter(|occurred| *occurred < self.seen).unwrap_or(self.seen)
    }

    /// It is in reports.
    pub(crate) fn counts(&self) -> bool {
        self.judged && self.topic != Some("conduct")
    }
}

/// A fact of a case as the test knows it.
#[derive(Debug, Clone)]
pub(crate) struct KnownFact {
    pub rate: Rate,
    pub department: Option<&'static str>,
    pub at: i64,
    pub holds: bool,
    /// Of the case.
    pub topic: Option<&'static str>,
    pub confidential: bool,
}

/// Numbers that look random and are the same for the same seed (PCG of M. O'Neill, in its smallest form).
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

pub(crate) struct World {
    pub store: TestStore,
    pub desk: Desk,
    pub items: Vec<Known>,
    pub facts: Vec<KnownFact>,
    /// Open cases by lead, and of those the overdue ones, at the end.
    pub open: Vec<(&'static str, bool)>,
    sources: Vec<Source>,
    draw: Draw,
}

pub(crate) fn at(text: &str) -> Timestamp {
    format!("{text}:00+08:00").parse().unwrap()
}

impl World {
    pub(crate) async fn new(store: TestStore, seed: u64) -> Self {
        let mut sources = Vec::new();
        for channel in CHANNELS {
            let new = NewSource {
                name: channel.label().into(),
                kind: SourceKind::Sheet,
                channel,
                mode: Mode::Handle,
                url: None,
                cutoff: None,
                allow_host: None,
                interval_s: 600,
                settings: Default::default(),
            };
            sources.push(store.add_source(new, Actor::Console).await.unwrap());
        }
        let desk = Desk::new((*store).clone(), Arc::new(County::embedded().unwrap()));
        Self { store, desk, items: vec![], facts: vec![], open: vec![], sources, draw: Draw::new(seed) }
    }

    /// The days of a year and two months, one after the other; then what comes late, corrections and
    /// merges.
    pub(crate) async fn live(&mut self, from: Timestamp, days: i64, a_day: u64) {
        for day in 0..days {
            let morning = from.as_millisecond() + day * DAY;
            let weekend = (day % 7) >= 5;
            let count = self.draw.below(if weekend { a_day / 2 } else { a_day } + 1);
            let mut new = Vec::new();
            for _ in 0..count {
                new.push(self.call(morning));
            }
            self.bring(new, morning + DAY - 1).await;
        }
        self.late(from, days).await;
        self.correct().await;
        self.merge().await;
    }

    /// A call of a day; some are dated after their arrival, some not at all, some come weeks late.
    fn call(&mut self, morning: i64) -> Known {
        let draw = &mut self.draw;
        let seen = morning + draw.below(DAY as u64 - 1) as i64;
        let occurred = match draw.below(8) {
            0 => None,
            1 => Some(seen + 3_600_000),
            2 => Some(seen - draw.below(20 * DAY as u64) as i64),
            _ => Some(seen - draw.below(7_200_000) as i64),
        };
        let (channel, topic) = (draw.of(&CHANNELS), draw.of(&TOPICS));
        let topic = if channel == Channel::News && draw.one_in(2) { None } else { Some(topic) };
        Known {
            item: ItemId(0),
            occurred,
            seen,
            channel,
            topic,
            town: (!draw.one_in(3)).then(|| draw.of(&TOWNS)),
            urgency: if draw.one_in(9) { 2 } else { draw.below(2) as i64 },
            judged: true,
            incident: None,
        }
    }

    /// Takes items in, judges them, and joins each to an incident, often one of the last days.
    async fn bring(&mut self, mut new: Vec<Known>, now: i64) {
        new.sort_by_key(|known| known.seen);
        for mut known in new {
            self.store.clock.set(Timestamp::from_millisecond(known.seen).unwrap());
            known.item = self.take_in(&known).await;
            self.judge(&known).await;
            known.incident = Some(self.join(&known).await);
            if known.channel != Channel::News && self.draw.one_in(2) {
                self.open_case(&known).await;
            }
            self.items.push(known);
        }
        self.store.clock.set(Timestamp::from_millisecond(now).unwrap());
    }

    async fn take_in(&mut self, known: &Known) -> ItemId {
        let place = CHANNELS.iter().position(|channel| *channel == known.channel).unwrap();
        let source = self.sources[place].clone();
        let number = format!("{}", self.items.len());
        let arrival = Arrival {
            external_id: Some(number.clone()),
            canonical: number.clone(),
            content: ItemContent {
                title: format!("第 {number} 件"),
                body: "正文".into(),
                url: None,
                occurred_at: known.occurred.map(|ms| Timestamp::from_millisecond(ms).unwrap()),
                upstream: Upstream::default(),
            },
            original: json!({}).into(),
            sameness: Default::default(),
            withdrawn: false,
            language: None,
            sealed_fields: Vec::new(),
        };
        self.store.intake(&source, vec![arrival], vec![]).await.unwrap();
        let filter = qingting_models::store::ItemFilter {
            state: qingting_models::store::ItemState::All,
            source: Some(source.id),
            ..Default::default()
        };
        let page = qingting_models::store::Page { before: None, size: 1 };
        self.store.items(&Viewer::SYSTEM, &filter, page).await.unwrap().rows[0].id
    }

    async fn judge(&self, known: &Known) {
        let verdict = NewJudgement {
            model: "m".into(),
            topics: known.topic.iter().map(|code| TopicScore { code: (*code).into(), score: 0.9 }).collect(),
            unsure: false,
            kind: Kind::Complaint,
            urgency: Urgency::try_from(known.urgency as u8).unwrap(),
            office: "住建".into(),
            offices: vec![],
            places: vec![],
            sender_town: known.town.map(Town::from),
            reasons: vec![],
            search_words: String::new(),
            signature: Vec::new(),
        };
        let tasks = self.store.claim_judging("w", 10, LEASE).await.unwrap();
        let verdicts = tasks.into_iter().map(|task| (task, verdict.clone())).collect();
        self.store.save_verdicts("w", verdicts).await.unwrap();
    }

    async fn join(&mut self, known: &Known) -> IncidentId {
        let batch = self.store.claim_joining("w", None, 1_000, LEASE).await.unwrap().unwrap();
        let open = known.topic != Some("conduct");
        let near: Vec<IncidentId> = self
            .items
            .iter()
            .rev()
            .take(25)
            .filter(|other| (other.topic != Some("conduct")) == open)
            .filter_map(|other| other.incident)
            .collect();
        let old = !near.is_empty() && self.draw.one_in(2);
        let incident = if old { self.draw.of(&near) } else { self.store.ids().next(self.store.now()) };
        let mut joining = Joining::default();
        // What was corrected comes by once more and stays where it is.
        assert!(batch.tasks.iter().any(|task| task.item == known.item));
        joining.joined.push(NewMembership { item: known.item, incident, kinship: old.then_some(0.8) });
        assert!(self.store.save_joining("w", &batch, &joining).await.unwrap());
        incident
    }

    /// A case with facts as they come; whether it is overdue at the end is known beforehand.
    async fn open_case(&mut self, known: &Known) {
        let now = self.store.now();
        let item = self.store.item(&Viewer::SYSTEM, known.item).await.unwrap().unwrap();
        let lead = self.draw.of(&DEPARTMENTS);
        let id: CaseId = self.store.ids().next(now);
        let mut facts = Vec::new();
        for rate in Rate::ALL {
            if self.draw.one_in(3) {
                continue;
            }
            let at = now.as_millisecond() + self.draw.below(20 * DAY as u64) as i64;
            let department = if self.draw.one_in(12) { None } else { Some(self.draw.of(&DEPARTMENTS)) };
            let holds = !self.draw.one_in(4);
            let (topic, confidential) = (known.topic, !known.counts());
            self.facts.push(KnownFact { rate: *rate, department, at, holds, topic, confidential });
            facts.push(CaseFact {
                rate: *rate,
                seq: 0,
                department: department.map(DepartmentCode::from),
                at: Timestamp::from_millisecond(at).unwrap(),
                holds,
                way: None,
                waited: SignedDuration::ZERO,
                extended_days: 0,
            });
        }
        let (closed, late) = (self.draw.one_in(2), self.draw.one_in(3));
        if !closed && known.counts() {
            self.open.push((lead, late));
        }
        let due = if late { now } else { at("2036-01-01T17:00") };
        let by = Actor::Console;
        let state = match closed {
            true => CaseState::Declined { at: now, by, legal_reason: "x".into() },
            false => CaseState::Assigned { at: now, by, reason: "x".into() },
        };
        let case = Case {
            id,
            number: String::new(),
            item: item.id,
            title: item.content.title.clone(),
            channel: item.channel,
            kind: Kind::Complaint,
            topic: item.main_topic.clone(),
            urgency: item.urgency,
            town: item.town.clone(),
            confidential: item.confidential,
            origin: CaseOrigin::Person { user: by },
            lead: lead.into(),
            helpers: vec![],
            state,
            opened_at: now,
            version: 1,
            changed_at: now,
            changed_by: by,
            sent_back_by: vec![],
            waits: 0,
            waited_days: 0,
            extension: None,
            reopened: 0,
            pressed: 0,
            due: (!closed).then(|| ("hotline.handle".into(), due)),
            takes_incident: false,
        };
        let line = TimelineEntry {
            id: self.store.ids().next(now),
            case: id,
            at: now,
            actor: by,
            action: "assign".into(),
            state: case.state.code().into(),
            note: String::new(),
        };
        let audit = AuditEntry {
            id: self.store.ids().next(now),
            at: now,
            actor: by,
            action: "case.assign".into(),
            subject: Subject::Case(id),
            detail: json!({}),
        };
        let change = CaseChange {
            case,
            clocks: vec![],
            replies: vec![],
            ratings: vec![],
            timeline: vec![line],
            taken_in: vec![],
            left_out: vec![],
            facts: Some(facts),
            audit,
        };
        self.store.open_case(change).await.unwrap();
    }

    /// A sheet that tells of days long past.
    async fn late(&mut self, from: Timestamp, days: i64) {
        let end = from.as_millisecond() + days * DAY;
        let mut new = Vec::new();
        for _ in 0..40 {
            let mut known = self.call(end - DAY);
            known.seen = end - 1;
            known.occurred = Some(from.as_millisecond() + self.draw.below((days * DAY) as u64) as i64);
            new.push(known);
        }
        self.bring(new, end).await;
    }

    /// People say that a topic is another one.
    async fn correct(&mut self) {
        for n in 0..self.items.len() {
            let known = &self.items[n];
            // Confidence is left as it is: that moves an item to another incident.
            if !known.counts() || !self.draw.one_in(12) {
                continue;
            }
            let topic = self.draw.of(&TOPICS[..5]);
            let item = self.store.item(&Viewer::SYSTEM, self.items[n].item).await.unwrap().unwrap();
            let decided = PersonJudgement {
                topics: vec![TopicCode::from(topic)],
                kind: Kind::Complaint,
                urgency: item.urgency,
                department: None,
                places: None,
            };
            let (seen, by) = (item.version, PERSON);
            self.store.judge_by_person(&Viewer::SYSTEM, item.id, seen, decided, by).await.unwrap();
            self.items[n].topic = Some(topic);
        }
    }

    /// People find that all of an incident is about the conduct of an official.
    pub(crate) async fn seal_incident(&mut self, incident: IncidentId) {
        let members: Vec<ItemId> = self
            .items
            .iter()
            .filter(|known| known.incident == Some(incident))
            .map(|known| known.item)
            .collect();
        for id in members {
            let item = self.store.item(&Viewer::SYSTEM, id).await.unwrap().unwrap();
            let decided = PersonJudgement {
                topics: vec![TopicCode::from("conduct")],
                kind: Kind::Complaint,
                urgency: item.urgency,
                department: None,
                places: None,
            };
            self.store.judge_by_person(&Viewer::SYSTEM, id, item.version, decided, PERSON).await.unwrap();
        }
    }

    /// People find that two incidents are one.
    async fn merge(&mut self) {
        for _ in 0..20 {
            let open: Vec<IncidentId> =
                self.items.iter().filter(|known| known.counts()).filter_map(|known| known.incident).collect();
            let (one, other) = (self.draw.of(&open), self.draw.of(&open));
            if one == other {
                continue;
            }
            let kept = self.store.merge_incidents(&Viewer::SYSTEM, one, other, PERSON).await.unwrap();
            let into = kept.id;
            let gone = if into == one { other } else { one };
            for known in &mut self.items {
                if known.incident == Some(gone) {
                    known.incident = Some(into);
                }
            }
        }
    }

    /// Items of the last day that the model has yet to judge.
    pub(crate) async fn leave_unjudged(&mut self) {
        let morning = self.store.now().as_millisecond() - DAY;
        for _ in 0..5 {
            let mut known = self.call(morning);
            known.judged = false;
            self.store.clock.set(Timestamp::from_millisecond(known.seen).unwrap());
            known.item = self.take_in(&known).await;
            self.items.push(known);
        }
        self.store.clock.set(Timestamp::from_millisecond(morning + DAY).unwrap());
    }
}
