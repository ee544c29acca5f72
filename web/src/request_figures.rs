//! How many requests there were and how long they took, by route, for those who watch over the program.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper ends of the classes, in seconds. A page is to come within a tenth of a second; a report may take some.
const CLASSES: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Requests by route.
#[derive(Debug, Clone)]
pub struct RequestFigures(Family<Labels, Histogram, fn() -> Histogram>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    /// As it was declared, so that no number of a case becomes a figure of its own; `none` where nothing is.
    route: String,
    status: u16,
}

impl Default for RequestFigures {
    fn default() -> Self {
        Self(Family::new_with_constructor(|| Histogram::new(CLASSES)))
    }
}

impl RequestFigures {
    /// Names the figures.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "request_duration",
            "Time until the head of an answer, by route",
            Unit::Seconds,
            self.0.clone(),
        );
    }
}

/// Counts a request. It belongs inside the routes, where it is known which one was met.
pub(crate) async fn count(State(figures): State<RequestFigures>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        // Anybody may think up more.
        _ => "other",
    };
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let labels = Labels { method, route, status: response.status().as_u16() };
    figures.0.get_or_create(&labels).observe(begun.elapsed().as_secs_f64());
    response
}
