//! Makes the records of the contract tests.

use jiff::{SignedDuration, Timestamp};
use qingting_models::county::DepartmentCode;
use qingting_models::ids::CaseId;
use qingting_models::records::*;
use qingting_models::store::testing::TestStore;
use qingting_models::store::{Arrival, JudgeTask, NewJudgement, NewSource, Reject, Store};
use serde_json::json;

pub(super) const LEASE: SignedDuration = SignedDuration::from_secs(60);

pub(super) async fn sheet(store: &Store, name: &str) -> Source {
    let new = NewSource {
        name: name.into(),
        kind: SourceKind::Sheet,
        channel: Channel::Hotline,
        mode: Mode::Handle,
        url: None,
        cutoff: None,
        allow_host: None,
        interval_s: 600,
        settings: SourceSettings::default(),
    };
    store.add_source(new, Actor::Console).await.unwrap()
}

pub(super) async fn feed(store: &Store, name: &str) -> Source {
    let new = NewSource {
        name: name.into(),
        kind: SourceKind::Feed,
        channel: Channel::News,
        mode: Mode::Handle,
        url: Some("http://news.example/rss".into()),
        cutoff: None,
        allow_host: None,
        interval_s: 600,
        settings: SourceSettings::default(),
    };
    store.add_source(new, Actor::Console).await.unwrap()
}

pub(super) fn call(id: Option<&str>, title: &str, body: &str) -> Arrival {
    Arrival {
        external_id: id.map(str::to_owned),
        canonical: format!("{title}\n{body}"),
        content: ItemContent {
            title: title.into(),
            body: body.into(),
            url: None,
            occurred_at: None,
            upstream: Upstream::default(),
        },
        original: json!({"title": title, "body": body, "phone": "13800001234"}).into(),
        sameness: Default::default(),
        withdrawn: false,
        language: None,
        sealed_fields: Vec::new(),
    }
}

pub(super) fn reject(row: u64, text: &str) -> Reject {
    Reject {
        place: RowPlace { file: "calls.csv".into(), sheet: None, row, column: Some("来电时间".into()) },
        kind: RejectKind::Time,
        form: RejectForm::Row,
        reason: "\"昨天\" is no time".into(),
        original: json!({ "row": text }),
    }
}

pub(super) fn verdict(topic: &str) -> NewJudgement {
    NewJudgement {
        model: "test".into(),
        topics: vec![TopicScore { code: topic.into(), score: 0.9 }],
        unsure: false,
        kind: Kind::Complaint,
        urgency: Urgency::Ordinary,
        office: "人社".into(),
        offices: vec![("人社".into(), 0.8)],
        places: vec![],
        sender_town: None,
        reasons: vec![],
        search_words: "工地 拖欠 工资 covid19".into(),
        signature: Vec::new(),
    }
}

/// Takes in one call and judges it.
pub(super) async fn judged(store: &TestStore, source: &Source, id: &str, topic: &str) -> Item {
    store.intake(source, vec![call(Some(id), "工地拖欠工资", "三个月没有发钱")], vec![]).await.unwrap();
    let tasks = store.claim_judging("w", 100, LEASE).await.unwrap();
    let verdicts: Vec<(JudgeTask, NewJudgement)> =
        tasks.into_iter().map(|task| (task, verdict(topic))).collect();
    let item = verdicts.last().unwrap().0.item;
    store.save_verdicts("w", verdicts).await.unwrap();
    store.item(&Viewer::SYSTEM, item).await.unwrap().unwrap()
}

/// A case for an item, as the desk would open it.
pub(super) fn opening(store: &Store, item: &Item, department: &str) -> CaseChange {
    let now = store.now();
    let id: CaseId = store.ids().next(now);
    let case = Case {
        id,
        number: String::new(),
        item: item.id,
        title: item.content.title.clone(),
        channel: item.channel,
        kind: item.kind.unwrap_or(Kind::Complaint),
        topic: item.main_topic.clone(),
        urgency: item.urgency,
        town: item.town.clone(),
        confidential: item.confidential,
        origin: CaseOrigin::Person { user: Actor::Console },
        lead: department.into(),
        helpers: vec![],
        state: CaseState::Assigned { at: now, by: Actor::Console, reason: "test".into() },
        opened_at: now,
        version: 1,
        changed_at: now,
        changed_by: Actor::Console,
        sent_back_by: vec![],
        waits: 0,
        waited_days: 0,
        extension: None,
        reopened: 0,
        pressed: 0,
        due: Some(("hotline.handle".into(), now + SignedDuration::from_hours(48))),
        takes_incident: false,
    };
    change(store, case, "assign")
}

/// The next version of a case, with its line and its audit entry.
pub(super) fn change(store: &Store, case: Case, action: &str) -> CaseChange {
    let now = store.now();
    let line = TimelineEntry {
        id: store.ids().next(now),
        case: case.id,
        at: now,
        actor: Actor::Console,
        action: action.into(),
        state: case.state.code().into(),
        note: "note".into(),
    };
    let audit = AuditEntry {
        id: store.ids().next(now),
        at: now,
        actor: Actor::Console,
        action: format!("case.{action}"),
        subject: Subject::Case(case.id),
        detail: json!({}),
    };
    CaseChange {
        case,
        clocks: vec![],
        replies: vec![],
        ratings: vec![],
        timeline: vec![line],
        taken_in: vec![],
        left_out: vec![],
        facts: None,
        audit,
    }
}

pub(super) fn viewer_of(department: &str) -> Viewer {
    Viewer { all_open: false, all_confidential: false, department: Some(DepartmentCode::from(department)) }
}

pub(super) const DUTY: Viewer = Viewer { all_open: true, all_confidential: false, department: None };
pub(super) const DISCIPLINE: Viewer = Viewer { all_open: false, all_confidential: true, department: None };
pub(super) const NOBODY: Viewer = Viewer { all_open: false, all_confidential: false, department: None };

pub(super) fn hours(n: i64) -> SignedDuration {
    SignedDuration::from_hours(n)
}

pub(super) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at + by
}
