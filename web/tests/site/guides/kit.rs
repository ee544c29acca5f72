//! What the walks through the guides are made of: pages that show something or do not, actions that are done or
//! refused, calls that come in, days that pass.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::SignedDuration;
use jiff::civil::date;
use qingting_models::clock::from_local;
use qingting_models::county::County;
use qingting_models::ids::{CaseId, IncidentId, ItemId, SourceId};
use qingting_models::records::{
    CaseFile, Channel, Item, ItemContent, Kind, Mode, SourceKind, TopicScore, Upstream, Urgency, Viewer,
};
use qingting_models::store::{Arrival, AuditFilter, Joining, NewJudgement, NewMembership, NewSource, Page};
use qingting_respond::desk::Desk;

use super::Guide;
use crate::office::{Answer, Office};

/// A chapter of a guide that is walked, and the office it is walked in.
pub(crate) struct Walk {
    pub office: Office,
    guide: Guide,
}

impl Walk {
    pub(crate) fn new(office: Office, guide: &str, chapter: &str) -> Self {
        Self { office, guide: Guide::chapter(guide, chapter) }
    }

    pub(crate) fn says(&mut self, words: &str) {
        self.guide.says(words);
    }

    pub(crate) fn ends(&self) {
        self.guide.ends();
    }

    pub(crate) async fn page(&self, login: &str, path: &str) -> String {
        let answer = self.office.get(login, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{login} {path}");
        answer.body
    }

    /// The script that the pages bring along.
    pub(crate) async fn script(&self, login: &str) -> String {
        let page = self.page(login, "/cases").await;
        let name = page.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
        self.page("", name).await
    }

    /// The page shows all of this to `login`.
    pub(crate) async fn sees(&self, login: &str, path: &str, words: &[&str]) {
        let body = self.page(login, path).await;
        for words in words {
            assert!(body.contains(words), "{login} does not see “{words}” at {path}: {body}");
        }
    }

    /// The page shows none of this to `login`, or there is no such page.
    pub(crate) async fn misses(&self, login: &str, path: &str, words: &[&str]) {
        let body = self.office.get(login, path).await.body;
        for words in words {
            assert!(!body.contains(words), "{login} sees “{words}” at {path}: {body}");
        }
    }

    pub(crate) async fn file(&self, case: CaseId) -> CaseFile {
        self.office.store.case_file(&Viewer::SYSTEM, case).await.unwrap().unwrap()
    }

    pub(crate) async fn state(&self, case: CaseId) -> &'static str {
        self.file(case).await.case.state.code()
    }

    pub(crate) async fn stored(&self, item: ItemId) -> Item {
        self.office.store.item(&Viewer::SYSTEM, item).await.unwrap().unwrap()
    }

    pub(crate) async fn version(&self, item: ItemId) -> String {
        self.stored(item).await.version.to_string()
    }

    pub(crate) async fn case_of(&self, item: ItemId) -> Option<CaseId> {
        self.stored(item).await.case
    }

    pub(crate) async fn number(&self, case: CaseId) -> String {
        self.file(case).await.case.number
    }

    pub(crate) async fn try_to(
        &self,
        login: &str,
        case: CaseId,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let version = self.file(case).await.case.version.to_string();
        let mut form = vec![("action", action), ("version", version.as_str())];
        form.extend_from_slice(fields);
        self.office.post(login, &format!("/cases/{case}/act"), &form).await
    }

    /// The action is offered and done.
    pub(crate) async fn does(&self, login: &str, case: CaseId, action: &str, fields: &[(&str, &str)]) {
        assert!(self.offered(login, case).await.contains(&action.to_owned()), "{action} is not offered");
        let done = self.try_to(login, case, action, fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{login} {action}: {}", done.body);
    }

    /// The action is refused, and leaves the case as it is.
    pub(crate) async fn fails(&self, login: &str, case: CaseId, action: &str, fields: &[(&str, &str)]) {
        let before = self.file(case).await.case.version;
        let answer = self.try_to(login, case, action, fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{login} {action}: {}", answer.body);
        assert_eq!(self.file(case).await.case.version, before);
    }

    /// The actions that the page of a case offers, in order of their names.
    pub(crate) async fn offered(&self, login: &str, case: CaseId) -> Vec<String> {
        let body = self.page(login, &path(case)).await;
        let names = body.split("name=\"action\" value=\"").skip(1);
        let mut names: Vec<String> = names.map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    /// It is this minute of November 2026, in the county; the watch and the messengers have gone round.
    pub(crate) async fn at(&self, day: i8, hour: i8, minute: i8) {
        self.office.store.clock.set(from_local(date(2026, 11, day).at(hour, minute, 0, 0)).unwrap());
        let desk = self.desk();
        desk.tick().await.unwrap();
        desk.remind().await.unwrap();
        self.tell().await;
    }

    pub(crate) async fn tell(&self) {
        while self.desk().tell_next("t", 100).await.unwrap() > 0 {}
    }

    pub(crate) fn desk(&self) -> Desk {
        Desk::new((*self.office.store).clone(), Arc::new(County::embedded().unwrap()))
    }

    /// How often somebody looked behind the mask.
    pub(crate) async fn looks(&self) -> usize {
        let filter = AuditFilter { action: Some("item.unmask".into()), ..AuditFilter::default() };
        self.office.store.audit_page(&filter, Page::default()).await.unwrap().rows.len()
    }

    /// A call came in, was judged to be about housing, and was assigned by the duty officer to `department`.
    pub(crate) async fn call(&self, title: &str, department: &str, upstream: Upstream) -> CaseId {
        self.matter(self.office.source, title, department, upstream).await.0
    }

    pub(crate) async fn matter(
        &self,
        source: SourceId,
        title: &str,
        department: &str,
        upstream: Upstream,
    ) -> (CaseId, ItemId) {
        let content = content(title, upstream);
        let item = self
            .item(source, content, NewJudgement { search_words: title.into(), ..verdict("housing") })
            .await;
        let form = [("department", department), ("reason", "主管"), ("version", "1")];
        self.goes("duty", &format!("/items/{item}/assign"), &form).await;
        (self.case_of(item).await.unwrap(), item)
    }

    /// Something came in, and the model judged it so.
    pub(crate) async fn item(&self, source: SourceId, content: ItemContent, verdict: NewJudgement) -> ItemId {
        let original = serde_json::json!({ "诉求内容": format!("{} 13900000001", content.body) });
        self.arrival(source, content, original).await;
        self.judged(verdict).await
    }

    /// A call from this number came in, and the model judged it so.
    pub(crate) async fn call_from(&self, phone: &str, title: &str, verdict: NewJudgement) -> ItemId {
        let original = serde_json::json!({ "诉求内容": title, "联系电话": phone });
        self.arrival(self.office.source, content(title, Upstream::default()), original).await;
        self.judged(verdict).await
    }

    async fn arrival(&self, source: SourceId, content: ItemContent, original: serde_json::Value) {
        let store = &self.office.store;
        let source = store.source(source).await.unwrap().unwrap();
        let arrival = Arrival {
            external_id: Some(content.title.clone()),
            canonical: format!("{content:?}"),
            original: original.into(),
            content,
            sameness: Default::default(),
            withdrawn: false,
            language: None,
            sealed_fields: Vec::new(),
        };
        store.intake(&source, vec![arrival], vec![]).await.unwrap();
    }

    /// Puts what waits to be joined into one incident, and what is confidential into another.
    pub(crate) async fn joins(&self, [open, secret]: [IncidentId; 2]) {
        let store = &self.office.store;
        while let Some(batch) =
            store.claim_joining("t", None, 50, SignedDuration::from_mins(5)).await.unwrap()
        {
            let mut joined = Vec::new();
            for task in &batch.tasks {
                let incident = if task.confidential { secret } else { open };
                let known = store.incident(&Viewer::SYSTEM, incident).await.unwrap().is_some();
                let first = !known && joined.iter().all(|m: &NewMembership| m.incident != incident);
                joined.push(NewMembership { item: task.item, incident, kinship: (!first).then_some(0.87) });
            }
            let joining = Joining { joined, ..Joining::default() };
            assert!(store.save_joining("t", &batch, &joining).await.unwrap());
        }
    }

    /// Two incidents to be, as [`Walk::joins`] takes them.
    pub(crate) fn incidents(&self) -> [IncidentId; 2] {
        let store = &self.office.store;
        std::array::from_fn(|_| store.ids().next(store.now()))
    }

    /// The model judged what waits for it.
    pub(crate) async fn judged(&self, verdict: NewJudgement) -> ItemId {
        let store = &self.office.store;
        let tasks = store.claim_judging("test", 50, SignedDuration::from_mins(5)).await.unwrap();
        let item = tasks[0].item;
        store.save_verdicts("test", tasks.into_iter().map(|t| (t, verdict.clone())).collect()).await.unwrap();
        item
    }

    /// The form is taken, and the browser sent on.
    pub(crate) async fn goes(&self, login: &str, path: &str, form: &[(&str, &str)]) -> String {
        let answer = self.office.post(login, path, form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{login} {path}: {}", answer.body);
        answer.location().to_owned()
    }

    /// A source of petitions.
    pub(crate) async fn petitions(&self) -> SourceId {
        self.source("信访来件", Channel::Petition, Mode::Handle).await
    }

    /// A source whose matters another platform handles.
    pub(crate) async fn mirror(&self) -> SourceId {
        self.source("市级热线", Channel::Hotline, Mode::Mirror).await
    }

    /// A source whose older matters are not answered.
    pub(crate) async fn since(&self, name: &str, cutoff: jiff::Timestamp) -> SourceId {
        let id = self.source(name, Channel::Hotline, Mode::Handle).await;
        let source = self.office.store.source(id).await.unwrap().unwrap();
        let mut change = qingting_models::store::SourceChange::of(&source);
        change.cutoff = Some(cutoff);
        self.office.store.change_source(id, change, qingting_models::records::Actor::Console).await.unwrap();
        id
    }

    /// A source of a tier.
    pub(crate) async fn tiered(&self, tier: &str) -> SourceId {
        let id = self.source("省报", Channel::News, Mode::Handle).await;
        let source = self.office.store.source(id).await.unwrap().unwrap();
        let mut change = qingting_models::store::SourceChange::of(&source);
        change.settings.tier = Some(tier.into());
        self.office.store.change_source(id, change, qingting_models::records::Actor::Console).await.unwrap();
        id
    }

    pub(crate) async fn source(&self, name: &str, channel: Channel, mode: Mode) -> SourceId {
        let new = NewSource {
            name: name.into(),
            kind: SourceKind::Sheet,
            channel,
            mode,
            url: None,
            cutoff: None,
            allow_host: None,
            interval_s: 900,
            settings: Default::default(),
        };
        self.office.store.add_source(new, qingting_models::records::Actor::Console).await.unwrap().id
    }
}

pub(crate) fn path(case: CaseId) -> String {
    format!("/cases/{case}")
}

/// What came in under this title.
pub(crate) fn content(title: &str, upstream: Upstream) -> ItemContent {
    ItemContent {
        title: title.into(),
        body: format!("{title}，请尽快处理"),
        url: None,
        occurred_at: None,
        upstream,
    }
}

/// A complaint about this topic, as the model says.
pub(crate) fn verdict(topic: &str) -> NewJudgement {
    NewJudgement {
        model: "m".repeat(64),
        topics: vec![TopicScore { code: topic.into(), score: 0.9 }],
        unsure: false,
        kind: Kind::Complaint,
        urgency: Urgency::Ordinary,
        office: "住建".into(),
        offices: vec![("住建".into(), 0.8)],
        places: vec![],
        sender_town: None,
        reasons: vec![],
        search_words: String::new(),
        signature: Vec::new(),
    }
}
