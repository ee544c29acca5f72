//! The web server: its settings, what its handlers share, and the service put together.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware};
use jiff::{SignedDuration, Timestamp};
use qingting_classify::Classifier;
use qingting_ingest::http::Http;
use qingting_models::county::{Amount, County, CountyFiles, DepartmentCode, RuleId};
use qingting_models::records::{Case, CaseState, Clock, Urgency};
use qingting_models::sought::Sought;
use qingting_models::store::Store;
use qingting_respond::attachments::{AttachmentRules, Attachments};
use qingting_respond::deadline;
use qingting_respond::desk::Desk;
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::error::WebError;
use crate::facts::{Facts, FactsNow};
use crate::live::Live;
use crate::memo::Figures;
use crate::model_desk::ModelDesk;
use crate::names::Names;
use crate::pages::import_file::Uploads;
use crate::password::Hasher;
use crate::request_figures::RequestFigures;
use crate::view::{CaseRow, Light};
use crate::{error, headers, inline, request_figures, routes, search};

/// Longest time for one request.
pub(crate) const REQUEST_TIME: Duration = Duration::from_secs(30);
/// Longest time for one that sends a file.
pub(crate) const UPLOAD_TIME: Duration = Duration::from_secs(600);

/// A log-in that the demo shows on its log-in page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoLogin {
    pub login: String,
    pub password: String,
    /// The role in words.
    pub label: String,
}

/// How the server is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebSettings {
    /// Served over TLS: cookies are held to TLS and to this host.
    pub secure_cookies: bool,
    /// The address that browsers use, when a proxy stands in between: `https://qt.example.gov.cn`.
    pub base_url: Option<String>,
    /// The nearest proxy is ours: the last address of `X-Forwarded-For` is the client's.
    pub behind_proxy: bool,
    /// Shown on the log-in page. Empty but in the demo.
    pub demo_logins: Vec<DemoLogin>,
    /// Minutes without use after which a log-in ends.
    pub idle_minutes: i64,
    /// Hours after which a log-in ends in any case.
    pub session_hours: i64,
    /// How long figures that are counted over many rows are kept for whoever asks next.
    pub recount_after: Duration,
}

impl Default for WebSettings {
    fn default() -> Self {
        Self {
            secure_cookies: false,
            base_url: None,
            behind_proxy: false,
            demo_logins: Vec::new(),
            idle_minutes: 120,
            session_hours: 12,
            recount_after: Duration::from_secs(30),
        }
    }
}

/// Cuts a search text into the words that items are indexed by.
pub type QueryWords = Arc<dyn Fn(&str) -> Vec<String> + Send + Sync>;

/// The classifier that is at work at the moment it is asked for.
pub type ClassifierNow = Arc<dyn Fn() -> Arc<Classifier> + Send + Sync>;

/// What every handler shares.
#[derive(Clone)]
pub struct AppState {
    pub store: Store,
    pub desk: Desk,
    pub names: Arc<Names>,
    pub settings: Arc<WebSettings>,
    pub hasher: Hasher,
    pub words: QueryWords,
    /// Finds earlier answers to like matters; `None` where none are looked for.
    pub classifier: Option<ClassifierNow>,
    /// Compares models and puts them to work; `None` where the program has no folder of models.
    pub models: Option<Arc<dyn ModelDesk>>,
    /// Tries the addresses of feeds; `None` where the network is not to be used.
    pub http: Option<Http>,
    /// The streams by which pages learn of new notices.
    pub live: Live,
    /// Figures that are kept for a while.
    pub figures: Figures,
    /// Requests by route.
    pub requests: RequestFigures,
    /// Where uploaded sheets are kept; `None` where none are taken.
    pub uploads: Option<Arc<Uploads>>,
    /// Takes files of cases; `None` where none are taken.
    pub attachments: Option<Arc<Attachments>>,
    /// The county's files as they stand without what was changed on pages.
    pub county_files: Arc<CountyFiles>,
    pub(crate) facts: FactsNow,
}

impl AppState {
    /// The state of a server over `store` for `county`; `words` is the classifier's segmentation.
    pub fn new(store: Store, county: Arc<County>, words: QueryWords, settings: WebSettings) -> Self {
        let facts = FactsNow::new(&store, county);
        let Facts { desk, names } = facts.now();
        Self {
            names,
            desk,
            store,
            figures: Figures::kept_for(settings.recount_after),
            settings: Arc::new(settings),
            hasher: Hasher::new(2),
            words,
            classifier: None,
            models: None,
            http: None,
            live: Live::default(),
            requests: RequestFigures::default(),
            uploads: None,
            attachments: None,
            county_files: Arc::default(),
            facts,
        }
    }

    /// With the files of the county's folder.
    pub fn with_county_files(mut self, files: Arc<CountyFiles>) -> Self {
        self.county_files = files;
        self
    }

    /// From now on requests are answered by these facts; those under way end by the old.
    pub fn take_county(&self, county: Arc<County>) {
        self.facts.take(&self.store, county);
    }

    /// With a folder of its own for uploaded sheets.
    ///
    /// # Errors
    /// When what an earlier process left in it cannot be deleted.
    pub fn with_uploads(mut self, dir: PathBuf) -> std::io::Result<Self> {
        self.uploads = Some(Arc::new(Uploads::in_folder(dir)?));
        Ok(self)
    }

    /// Takes files of cases by these rules; they lie in a folder of its own while they are looked at.
    ///
    /// # Errors
    /// When what an earlier process left in it cannot be deleted.
    pub fn with_attachments(mut self, dir: PathBuf, rules: AttachmentRules) -> std::io::Result<Self> {
        self.attachments = Some(Arc::new(Attachments::in_folder(dir, rules)?));
        Ok(self)
    }

    /// With a classifier that finds earlier answers to like matters.
    pub fn with_classifier(mut self, classifier: ClassifierNow) -> Self {
        self.classifier = Some(classifier);
        self
    }

    /// With a folder of models.
    pub fn with_models(mut self, models: Arc<dyn ModelDesk>) -> Self {
        self.models = Some(models);
        self
    }

    /// With its requests counted for somebody who watches.
    pub fn with_requests_counted_by(mut self, requests: RequestFigures) -> Self {
        self.requests = requests;
        self
    }

    /// With a way to try the addresses of feeds.
    pub fn with_http(mut self, http: Http) -> Self {
        self.http = Some(http);
        self
    }

    /// What a search asks for.
    pub(crate) fn sought(&self, text: &str) -> Sought {
        search::read(text, |text| (self.words)(text))
    }

    /// The light of a clock.
    pub(crate) fn light(&self, clock: &Clock, urgency: Urgency, now: Timestamp) -> Light {
        self.light_of(&clock.rule, urgency, (clock.started_at, clock.due_at), clock.paused_at, now)
    }

    /// Lists know the due time of a case but not when its clock started: for a rule of hours it is counted
    /// back from the due time, else the opening stands in, which matters only for rules of office hours.
    fn light_of_case(&self, case: &Case, now: Timestamp) -> Light {
        let paused = matches!(case.state, CaseState::Waiting { .. }).then_some(now);
        case.due.as_ref().map_or(Light::Green, |(rule, due)| {
            let amount =
                self.desk.county().deadline_rules.rule(rule).map(|r| r.amount_for(case.urgency.into()));
            let started = match amount {
                Some(Amount::ClockMinutes(m)) => *due - SignedDuration::from_mins(m.into()),
                _ => case.opened_at.min(*due),
            };
            self.light_of(rule, case.urgency, (started, *due), paused, now)
        })
    }

    fn light_of(
        &self,
        rule: &RuleId,
        urgency: Urgency,
        (started, due): (Timestamp, Timestamp),
        paused_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Light {
        let plain = if now >= due { Light::Red } else { Light::Green };
        let Some(rule) = self.desk.county().deadline_rules.rule(rule) else { return plain };
        let running = deadline::Running { amount: rule.amount_for(urgency.into()), started, due, paused_at };
        match deadline::light(self.desk.calendar(), &running, now) {
            Ok(light) => light.into(),
            Err(_) => plain,
        }
    }

    /// The rows of a list of cases, as seen by the department `own` or by all.
    pub(crate) fn case_rows(&self, cases: &[Case], own: Option<&DepartmentCode>) -> Vec<CaseRow> {
        let (now, own) = (self.store.now(), own.map(DepartmentCode::as_str));
        cases.iter().map(|c| CaseRow::new(c, &self.names, now, self.light_of_case(c, now), own)).collect()
    }
}

/// The whole service: routes behind their gates and within their limits, with headers and the error page around.
pub fn router(state: AppState) -> Router {
    let around = ServiceBuilder::new()
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(state.requests.clone(), request_figures::count))
        .layer(middleware::from_fn(headers::add))
        .layer(middleware::from_fn(inline::answer))
        .layer(CatchPanicLayer::custom(error::panicked));
    routes::build(state).layer(around)
}

/// Ends a request that takes longer than `limit` with a page that says so.
pub(crate) async fn in_time(limit: Duration, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!(path, "a request took too long");
            WebError::TooSlow.into_response()
        }
    }
}

/// Serves until `shutdown` ends, then lets running requests finish.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let live = state.live.clone();
    let shutdown = async move {
        shutdown.await;
        // Streams have no end of their own and would keep the server from stopping.
        live.stop();
    };
    let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(shutdown).await
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::StatusCode;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_request_that_never_ends_is_answered_with_a_chinese_page() {
        let limit = Duration::from_millis(5);
        let endless = get(std::future::pending::<&str>);
        let app: Router = Router::new()
            .route("/endless", endless)
            .route("/quick", get(|| async { "好" }))
            .layer(middleware::from_fn(move |request, next| in_time(limit, request, next)));
        let ask = |path: &str| app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap());
        let answer = ask("/endless").await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let html = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(html.contains("没有及时完成") && html.contains("<html lang=\"zh-CN\">"), "{html}");
        assert_eq!(ask("/quick").await.unwrap().status(), StatusCode::OK);
    }
}
