//! A small county office for the tests: a user of every role, items and cases of two departments, one of
//! them about an official's conduct.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use futures::StreamExt;
use jiff::SignedDuration;
use qingting_classify::Classifier;
use qingting_ingest::http::Http;
use qingting_models::county::{County, DepartmentCode, TopicCode};
use qingting_models::ids::{CaseId, ItemId, SourceId, UserId};
use qingting_models::records::{
    Actor, Channel, ItemContent, Kind, Mode, Role, SourceKind, TopicScore, Upstream, Urgency, User, Viewer,
};
use qingting_models::store::testing::{TestStore, each_database, fresh};
use qingting_models::store::{Arrival, NewJudgement, NewSource, NewUser};
use qingting_respond::acting::ActingUser;
use qingting_respond::attachments::AttachmentRules;
use qingting_web::routes::Verb;
use qingting_web::{AppState, WebSettings, password, router, sessions};
use tempfile::TempDir;
use tower::ServiceExt;

/// The form token of every session made here.
pub(crate) const CSRF: &str = "the-form-token-of-the-test";
pub(crate) const PASSWORD: &str = "海风与灯塔-2026";
/// Text that must never come out as markup.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// What an answer holds.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// Where it sends the browser.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |v| v.to_str().unwrap())
    }
}

pub(crate) struct Office {
    uploads: TempDir,
    pub store: TestStore,
    pub app: Router,
    pub source: SourceId,
    /// Judged, not assigned.
    pub open: ItemId,
    /// Judged, about an official's conduct, not assigned.
    pub conduct: ItemId,
    /// Led by `zjj`, and its item.
    pub housing: (CaseId, ItemId),
    /// Led by `jyj`.
    pub school: (CaseId, ItemId),
    /// Confidential, led by `jw`.
    pub secret: (CaseId, ItemId),
}

impl Office {
    pub(crate) async fn new() -> Self {
        Self::with(WebSettings::default()).await
    }

    /// One that may use the network of this machine.
    pub(crate) async fn online() -> Self {
        let http = Http::new("test");
        Self::over(fresh().await.unwrap(), WebSettings::default(), Some(http)).await
    }

    /// One over each database.
    pub(crate) async fn each() -> Vec<Self> {
        let mut offices = Vec::new();
        for store in each_database().await.unwrap() {
            offices.push(Self::over(store, WebSettings::default(), None).await);
        }
        offices
    }

    pub(crate) async fn with(settings: WebSettings) -> Self {
        Self::over(fresh().await.unwrap(), settings, None).await
    }

    /// One that finds earlier answers.
    pub(crate) async fn wise(classifier: Arc<Classifier>) -> Self {
        let mut office = Self::new().await;
        let county = Arc::new(County::embedded().unwrap());
        let words = Arc::new(|text: &str| text.split_whitespace().map(str::to_owned).collect());
        let state = AppState::new(office.store.clone(), county, words, WebSettings::default());
        office.app = router(state.with_classifier(std::sync::Arc::new(move || classifier.clone())));
        office
    }

    /// The same with other rules for files of cases.
    pub(crate) fn attaching(mut self, rules: AttachmentRules) -> Self {
        let county = Arc::new(County::embedded().unwrap());
        let words = Arc::new(|text: &str| text.split_whitespace().map(str::to_owned).collect());
        let state = AppState::new(self.store.clone(), county, words, WebSettings::default());
        let folder = self.uploads.path().join("attachments");
        self.app = router(state.with_attachments(folder, rules).unwrap());
        self
    }

    async fn over(store: TestStore, settings: WebSettings, http: Option<Http>) -> Self {
        let county = Arc::new(County::embedded().unwrap());
        let words = Arc::new(|text: &str| text.split_whitespace().map(str::to_owned).collect());
        let uploads = tempfile::tempdir().unwrap();
        // What a test changes is seen at once.
        let settings = WebSettings { recount_after: std::time::Duration::ZERO, ..settings };
        let mut state = AppState::new(store.clone(), county, words, settings)
            .with_uploads(uploads.path().join("uploads"))
            .unwrap()
            .with_attachments(uploads.path().join("attachments"), AttachmentRules::default())
            .unwrap();
        state.http = http;
        let source = store
            .add_source(
                NewSource {
                    name: "热线日报".into(),
                    kind: SourceKind::Sheet,
                    channel: Channel::Hotline,
                    mode: Mode::Handle,
                    url: None,
                    cutoff: None,
                    allow_host: None,
                    interval_s: 900,
                    settings: Default::default(),
                },
                Actor::Console,
            )
            .await
            .unwrap();
        for (login, roles, department) in STAFF {
            add_user(&store, login, roles, *department).await;
        }
        let items = bring(&store, source.id).await;
        let duty = acting(&store, "duty").await;
        let discipline = acting(&store, "discipline").await;
        let mut cases = Vec::new();
        for (item, department, who) in
            [(items[2], "zjj", &duty), (items[3], "jyj", &duty), (items[4], "jw", &discipline)]
        {
            let to = DepartmentCode::from(department);
            state.desk.assign_item(&Viewer::SYSTEM, who, item, &to, "测试").await.unwrap();
            let case = store.item(&Viewer::SYSTEM, item).await.unwrap().unwrap().case.unwrap();
            cases.push((case, item));
        }
        Self {
            uploads,
            app: router(state.clone()),
            source: source.id,
            open: items[0],
            conduct: items[1],
            housing: cases[0],
            school: cases[1],
            secret: cases[2],
            store,
        }
    }

    /// The folder of uploaded sheets.
    pub(crate) fn uploads(&self) -> &Path {
        self.uploads.path()
    }

    pub(crate) async fn user(&self, login: &str) -> User {
        self.store.user_named(login).await.unwrap().unwrap().0
    }

    /// A cookie of a fresh session of `login`.
    pub(crate) async fn cookie(&self, login: &str) -> String {
        let token = sessions::fresh_token().unwrap();
        let user = self.user(login).await.id;
        self.store.start_session(user, &sessions::digest(&token), CSRF, 3600, 7200).await.unwrap();
        format!("qingting={token}")
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let streams = parts.headers.get("content-type").is_some_and(|typed| typed == "text/event-stream");
        // A stream has no end of its own: its first part is its answer.
        let bytes = match streams {
            true => body.into_data_stream().next().await.unwrap().unwrap(),
            false => to_bytes(body, 8 << 20).await.unwrap(),
        };
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// GET as `login`; as nobody when it is empty.
    pub(crate) async fn get(&self, login: &str, path: &str) -> Answer {
        self.request(login, Verb::Get, path, &[]).await
    }

    /// POST as `login` with the right token.
    pub(crate) async fn post(&self, login: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let mut rows = vec![("csrf", CSRF)];
        rows.extend_from_slice(form);
        self.request(login, Verb::Post, path, &rows).await
    }

    /// The page that an answer leads to; the answer itself where it leads nowhere.
    pub(crate) async fn follow(&self, login: &str, answer: Answer) -> Answer {
        match answer.location().to_owned() {
            to if to.is_empty() => answer,
            to => self.get(login, &to).await,
        }
    }

    /// The page that a form leads to.
    pub(crate) async fn post_and_go(&self, login: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let answer = self.post(login, path, form).await;
        self.follow(login, answer).await
    }

    /// A request with exactly this form.
    pub(crate) async fn request(&self, login: &str, verb: Verb, path: &str, form: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().uri(path).header("host", "qt.test");
        if !login.is_empty() {
            request = request.header("cookie", self.cookie(login).await);
        }
        let request = match verb {
            Verb::Get => request.body(Body::empty()),
            Verb::Post => request
                .method("POST")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("origin", "http://qt.test")
                .body(Body::from(encode(form))),
        };
        self.send(request.unwrap()).await
    }
}

pub(crate) fn encode(form: &[(&str, &str)]) -> String {
    form.iter()
        .map(|(k, v)| format!("{k}={}", qingting_web::access::url_encode(v)))
        .collect::<Vec<_>>()
        .join("&")
}

/// Log-in, roles and department of everyone here.
pub(crate) const STAFF: &[(&str, &[Role], Option<&str>)] = &[
    ("duty", &[Role::Duty], None),
    ("discipline", &[Role::Discipline], None),
    ("handler", &[Role::Handler], Some("zjj")),
    ("reviewer", &[Role::Reviewer], Some("zjj")),
    ("leader", &[Role::Leader], None),
    ("admin", &[Role::Admin], None),
    ("auditor", &[Role::Auditor], None),
];

pub(crate) async fn add_user(
    store: &TestStore,
    login: &str,
    roles: &[Role],
    department: Option<&str>,
) -> UserId {
    let user = NewUser {
        login: login.into(),
        name: format!("{login}员"),
        roles: roles.to_vec(),
        department: department.map(DepartmentCode::from),
        password_hash: password_hash(),
        must_change_password: false,
    };
    store.add_user(user, Actor::Console).await.unwrap().id
}

fn password_hash() -> String {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    HASH.get_or_init(|| password::hash(PASSWORD).unwrap()).clone()
}

async fn acting(store: &TestStore, login: &str) -> ActingUser {
    ActingUser::of(&store.user_named(login).await.unwrap().unwrap().0)
}

/// Five items, judged: open, conduct, and three that get cases.
async fn bring(store: &TestStore, source: SourceId) -> Vec<ItemId> {
    let source = store.source(source).await.unwrap().unwrap();
    let texts = [
        ("小区路灯坏了", HOSTILE, "urban"),
        ("反映村干部吃拿卡要", "办事时索要香烟", "conduct"),
        ("商品房逾期交付", "开发商拖了一年", "housing"),
        ("学校食堂饭菜凉", "孩子吃不好", "edu_med_elder"),
        ("反映镇干部作风", "态度恶劣", "conduct"),
    ];
    let coming = |(n, (title, body, _)): (usize, &(&str, &str, &str))| Arrival {
        original: serde_json::json!({"诉求内容": format!("{body} 13800000000")}).into(),
        ..arrival(&format!("R{n}"), title, body)
    };
    store.intake(&source, texts.iter().enumerate().map(coming).collect(), vec![]).await.unwrap();
    judge(store, |title| texts.iter().find(|t| t.0 == title).unwrap().2).await;
    let listed = store
        .items(&Viewer::SYSTEM, &Default::default(), qingting_models::store::Page::default())
        .await
        .unwrap();
    let by_title = |title: &str| listed.rows.iter().find(|i| i.content.title == title).unwrap().id;
    texts.iter().map(|t| by_title(t.0)).collect()
}

/// A record as it arrives, with this number, title and text and nothing else.
pub(crate) fn arrival(number: &str, title: &str, body: &str) -> Arrival {
    Arrival {
        external_id: Some(number.into()),
        canonical: format!("{title}{body}"),
        content: ItemContent {
            title: title.into(),
            body: body.into(),
            url: None,
            occurred_at: None,
            upstream: Upstream::default(),
        },
        original: serde_json::json!({}).into(),
        sameness: Default::default(),
        withdrawn: false,
        language: None,
        sealed_fields: Vec::new(),
    }
}

/// Judges what waits as complaints of the topic that `topic` gives for a title.
pub(crate) async fn judge(store: &TestStore, topic: impl Fn(&str) -> &'static str) {
    let tasks = store.claim_judging("test", 50, SignedDuration::from_mins(5)).await.unwrap();
    let verdicts = tasks.into_iter().map(|task| {
        let verdict = NewJudgement {
            model: "m".repeat(64),
            topics: vec![TopicScore { code: TopicCode::from(topic(&task.title)), score: 0.93 }],
            unsure: false,
            kind: Kind::Complaint,
            urgency: Urgency::Ordinary,
            office: "住建".into(),
            offices: vec![("住建".into(), 0.8)],
            places: vec![],
            sender_town: None,
            reasons: vec![],
            search_words: task.title.clone(),
            signature: Vec::new(),
        };
        (task, verdict)
    });
    store.save_verdicts("test", verdicts.collect()).await.unwrap();
}
