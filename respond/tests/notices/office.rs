//! A small office: a user of each role, and cases of one department.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use qingting_models::county::{County, DepartmentCode, TopicCode};
use qingting_models::ids::{CaseId, IncidentId, NoticeChannelId};
use qingting_models::records::*;
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{Arrival, Joining, NewJudgement, NewMembership, NewSource, NewUser, Page};
use qingting_respond::acting::ActingUser;
use qingting_respond::action::Action;
use qingting_respond::desk::Desk;

pub(crate) const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// A word of every title here that nothing outside may show.
pub(crate) const TEXT: &str = "工地欠薪";

/// Log-in, role, department.
const STAFF: &[(&str, Role, Option<&str>)] = &[
    ("duty", Role::Duty, None),
    ("second", Role::Duty, None),
    ("discipline", Role::Discipline, None),
    ("handler", Role::Handler, Some("rsj")),
    ("reviewer", Role::Reviewer, Some("rsj")),
    ("helper", Role::Handler, Some("zjj")),
    ("inspector", Role::Handler, Some("jw")),
    ("leader", Role::Leader, None),
    ("admin", Role::Admin, None),
];

pub(crate) struct Office {
    pub(crate) store: TestStore,
    pub(crate) desk: Desk,
}

impl Office {
    /// One over each database.
    pub(crate) async fn each() -> Vec<Self> {
        let mut offices = Vec::new();
        for store in each_database().await.unwrap() {
            let desk = Desk::new((*store).clone(), Arc::new(County::embedded().unwrap()));
            for (login, role, department) in STAFF {
                let new = NewUser {
                    login: (*login).into(),
                    name: (*login).into(),
                    roles: vec![*role],
                    department: department.map(DepartmentCode::new),
                    password_hash: "x".into(),
                    must_change_password: false,
                };
                store.add_user(new, Actor::Console).await.unwrap();
            }
            offices.push(Self { store, desk });
        }
        offices
    }

    pub(crate) async fn user(&self, login: &str) -> User {
        self.store.user_named(login).await.unwrap().unwrap().0
    }

    pub(crate) fn pass(&self, time: SignedDuration) {
        self.store.clock.set(self.store.now() + time);
    }

    pub(crate) fn at(&self, time: &str) {
        let to: Timestamp = format!("{time}:00+08:00").parse().unwrap();
        assert!(to >= self.store.now(), "the clock does not run back to {time}");
        self.store.clock.set(to);
    }

    /// A call that was judged and joined; without an incident to a new one.
    pub(crate) async fn item(
        &self,
        topic: &str,
        urgency: Urgency,
        incident: Option<IncidentId>,
    ) -> (Item, IncidentId) {
        let store = &self.store;
        let source = match store.source_named("热线").await.unwrap() {
            Some(source) => source,
            None => {
                let new = NewSource {
                    name: "热线".into(),
                    kind: SourceKind::Sheet,
                    channel: Channel::Hotline,
                    mode: Mode::Handle,
                    url: None,
                    cutoff: None,
                    allow_host: None,
                    interval_s: 600,
                    settings: Default::default(),
                };
                store.add_source(new, Actor::Console).await.unwrap()
            }
        };
        let id: CaseId = store.ids().next(store.now());
        let arrival = Arrival {
            external_id: Some(id.to_string()),
            canonical: id.to_string(),
            content: ItemContent {
                title: format!("{TEXT}三个月"),
                body: "老板电话打不通".into(),
                url: None,
                occurred_at: Some(store.now()),
                upstream: Upstream::default(),
            },
            original: serde_json::json!({}).into(),
            sameness: Default::default(),
            withdrawn: false,
            language: None,
            sealed_fields: Vec::new(),
        };
        store.intake(&source, vec![arrival], vec![]).await.unwrap();
        let tasks = store.claim_judging("w", 10, LEASE).await.unwrap();
        let verdict = NewJudgement {
            model: "m".into(),
            topics: vec![TopicScore { code: TopicCode::new(topic), score: 0.9 }],
            unsure: false,
            kind: Kind::Complaint,
            urgency,
            office: "人社".into(),
            offices: vec![],
            places: vec![],
            sender_town: None,
            reasons: vec![],
            search_words: String::new(),
            signature: Vec::new(),
        };
        store
            .save_verdicts("w", tasks.into_iter().map(|task| (task, verdict.clone())).collect())
            .await
            .unwrap();
        let batch = store.claim_joining("w", None, 10, LEASE).await.unwrap().unwrap();
        let item = batch.tasks[0].item;
        let to = incident.unwrap_or_else(|| store.ids().next(store.now()));
        let joined = vec![NewMembership { item, incident: to, kinship: incident.map(|_| 0.9) }];
        assert!(store.save_joining("w", &batch, &Joining { joined, ..Joining::default() }).await.unwrap());
        (store.item(&Viewer::SYSTEM, item).await.unwrap().unwrap(), to)
    }

    /// A case of `rsj`, or of `jw` where the topic is conduct.
    pub(crate) async fn case(&self, topic: &str, urgency: Urgency, incident: Option<IncidentId>) -> CaseId {
        let (item, _) = self.item(topic, urgency, incident).await;
        let (login, lead) = if topic == "conduct" { ("discipline", "jw") } else { ("duty", "rsj") };
        let who = ActingUser::of(&self.user(login).await);
        let lead = DepartmentCode::new(lead);
        self.desk.assign_item(&Viewer::SYSTEM, &who, item.id, &lead, "按职责").await.unwrap().id
    }

    /// What a user does on a case.
    pub(crate) async fn act(&self, login: &str, case: CaseId, action: Action) {
        let who = ActingUser::of(&self.user(login).await);
        let file = self.store.case_file(&Viewer::SYSTEM, case).await.unwrap().unwrap();
        let done = self.desk.act(&Viewer::SYSTEM, &who, case, file.case.version, &action).await;
        done.unwrap_or_else(|error| panic!("{login} {action:?}: {error}"));
    }

    /// Tells everything that waits.
    pub(crate) async fn tell(&self) {
        while self.desk.tell_next("w", 100).await.unwrap() > 0 {}
    }

    /// Who was told what since this was asked last, held back ones left out: `login kind`, sorted.
    pub(crate) async fn told(&self) -> Vec<String> {
        self.tell().await;
        let mut told = Vec::new();
        for user in self.store.users().await.unwrap() {
            let viewer = Viewer::of(&user);
            let page = Page { before: None, size: 200 };
            for notice in self.store.notices(&viewer, user.id, true, page).await.unwrap().rows {
                told.push(format!("{} {}", user.login, notice.kind.code()));
                self.store.read_notice(user.id, notice.id).await.unwrap();
            }
        }
        told.sort();
        told
    }

    /// A channel in use, with its secret.
    pub(crate) async fn channel(
        &self,
        way: ChannelWay,
        secret: ChannelSecret,
        confidential: bool,
    ) -> NoticeChannel {
        let settings = ChannelSettings { way, inside: true, confidential };
        let name = settings.way.label();
        let by = Actor::Console;
        let id = self.store.add_notice_channel(name, true, &settings, Some(&secret), by).await.unwrap();
        self.store.notice_channel(id).await.unwrap().unwrap()
    }

    /// The one rule of this office.
    pub(crate) async fn only_rule(&self, plan: NoticePlan) {
        assert!(self.store.notice_rules().await.unwrap().is_empty());
        self.store.add_notice_rules(&[("规则", true, &plan)], Actor::Console).await.unwrap();
    }
}

/// Tells the handler of the lead of cases and presses, by channels.
pub(crate) fn to_handlers(events: &[NoticeKind], channels: &[NoticeChannelId]) -> NoticePlan {
    NoticePlan {
        events: events.to_vec(),
        receivers: NoticeReceivers { lead: vec![Role::Handler], ..NoticeReceivers::default() },
        channels: channels.to_vec(),
        ..NoticePlan::default()
    }
}
