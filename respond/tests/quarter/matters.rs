//! What comes in: calls, complaints and petitions, judged, with the sender's own due time or without.

use jiff::{SignedDuration, Timestamp, ToSpan};
use qingting_models::records::{
    Actor, Channel, Item, ItemContent, Kind, Mode, Source, SourceKind, TopicScore, Upstream, Urgency, Viewer,
};
use qingting_models::store::testing::TestStore;
use qingting_models::store::{Arrival, ItemFilter, ItemState, NewJudgement, NewSource, Page};

use crate::draw::Draw;
use crate::model::days;

const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// A matter as its sender has it; the number is in its external id.
#[derive(Debug, Clone)]
pub(crate) struct Matter {
    pub(crate) number: usize,
    source: &'static str,
    topic: &'static str,
    kind: Kind,
    urgency: Urgency,
    upstream: Upstream,
    /// Rules route it, a person assigns it, or the platform that sent it handles it.
    pub(crate) by_rule: bool,
    pub(crate) mirrored: bool,
    edition: usize,
}

impl Matter {
    /// The next matter that arrives at `now`.
    pub(crate) fn draw(number: usize, now: Timestamp, draw: &mut Draw) -> Self {
        let dispatched_at =
            draw.often(400).then(|| now - SignedDuration::from_mins(5 + draw.below(60 * 40) as i64));
        let due_at = draw.often(150).then(|| a_due_time(now, draw));
        // What other platforms answer opens no case; its lights and presses are held by tests of their own.
        let mirrored = draw.often(0);
        let source = match draw.below(20) {
            _ if mirrored => "platform",
            0..=2 => "petition",
            3..=6 => "complaint",
            _ => "hotline",
        };
        let conduct = !mirrored && draw.often(40);
        let kind = match draw.below(20) {
            _ if conduct => Kind::Report,
            0..=3 => Kind::Consultation,
            4..=6 => Kind::Help,
            7 => Kind::Suggestion,
            8 if draw.often(500) => Kind::Praise,
            _ => Kind::Complaint,
        };
        let topics = ["wages", "food_drug", "urban", "transport", "housing", "order"];
        Self {
            number,
            source,
            topic: if conduct { "conduct" } else { draw.one(&topics) },
            kind,
            urgency: draw.one(&[
                Urgency::Ordinary,
                Urgency::Ordinary,
                Urgency::Ordinary,
                Urgency::Watch,
                Urgency::Ordinary,
                Urgency::Ordinary,
                Urgency::Urgent,
            ]),
            upstream: Upstream { dispatched_at, due_at, ..Upstream::default() },
            by_rule: !conduct && !mirrored && draw.often(300),
            mirrored,
            edition: 1,
        }
    }

    /// As a newer sheet of its sender has it.
    pub(crate) fn newer(&self, finished: bool, now: Timestamp, draw: &mut Draw) -> Self {
        let upstream = Upstream { due_at: Some(a_due_time(now, draw)), finished, ..self.upstream.clone() };
        Self { upstream, edition: self.edition + 1, ..self.clone() }
    }

    fn arrival(&self) -> Arrival {
        Arrival {
            external_id: Some(self.number.to_string()),
            canonical: format!("{} {}", self.number, self.edition),
            content: ItemContent {
                title: format!("楼道渗水{}", self.number),
                body: "三单元楼道渗水半年，物业不修。".into(),
                url: None,
                occurred_at: None,
                upstream: self.upstream.clone(),
            },
            original: serde_json::json!({ "id": self.number, "edition": self.edition }).into(),
            sameness: Default::default(),
            withdrawn: false,
            language: None,
            sealed_fields: Vec::new(),
        }
    }

    fn verdict(&self) -> NewJudgement {
        NewJudgement {
            model: "m".into(),
            topics: vec![TopicScore { code: self.topic.into(), score: 0.9 }],
            // Rules assign what the model is sure of.
            unsure: !self.by_rule,
            kind: self.kind,
            urgency: self.urgency,
            office: "住建".into(),
            offices: vec![],
            places: vec![],
            sender_town: None,
            reasons: vec![],
            search_words: String::new(),
            signature: Vec::new(),
        }
    }
}

/// A sender's due time: noon or the close of a working day some days ahead.
fn a_due_time(now: Timestamp, draw: &mut Draw) -> Timestamp {
    let mut day = days::day(now).checked_add((2 + draw.below(6) as i64).days()).unwrap();
    while !days::works(day) {
        day = day.tomorrow().unwrap();
    }
    days::at(day, draw.one(&[12, 17]))
}

async fn source(store: &TestStore, name: &str) -> Source {
    if let Some(source) = store.source_named(name).await.unwrap() {
        return source;
    }
    let (channel, mode) = match name {
        "petition" => (Channel::Petition, Mode::Handle),
        "complaint" => (Channel::Complaint, Mode::Handle),
        "platform" => (Channel::Complaint, Mode::Mirror),
        _ => (Channel::Hotline, Mode::Handle),
    };
    let new = NewSource {
        name: name.into(),
        kind: SourceKind::Sheet,
        channel,
        mode,
        url: None,
        cutoff: None,
        allow_host: None,
        interval_s: 600,
        settings: Default::default(),
    };
    store.add_source(new, Actor::Console).await.unwrap()
}

/// Takes in a sheet with these matters and judges them; gives the items of new ones.
pub(crate) async fn take_in(store: &TestStore, matters: &[Matter]) -> Vec<Item> {
    for name in ["hotline", "petition", "complaint", "platform"] {
        let source = source(store, name).await;
        let rows: Vec<Arrival> =
            matters.iter().filter(|matter| matter.source == name).map(Matter::arrival).collect();
        if !rows.is_empty() {
            store.intake(&source, rows, vec![]).await.unwrap();
        }
    }
    loop {
        let tasks = store.claim_judging("w", 100, LEASE).await.unwrap();
        if tasks.is_empty() {
            break;
        }
        let judged = tasks.into_iter().map(|task| {
            let matter =
                matters.iter().find(|matter| task.title.ends_with(&format!("渗水{}", matter.number)));
            let verdict = matter.unwrap().verdict();
            (task, verdict)
        });
        store.save_verdicts("w", judged.collect()).await.unwrap();
    }
    let page = Page { before: None, size: 200 };
    let filter = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
    let mut items = store.items(&Viewer::SYSTEM, &filter, page).await.unwrap().rows;
    items.retain(|item| matters.iter().any(|matter| item.external_id == matter.number.to_string()));
    items
}
