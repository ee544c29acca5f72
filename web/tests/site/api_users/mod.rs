//! The API of users' programs over the real router: who may come in, what is read and done, and what is refused how.

mod described;
mod door;
mod events;
mod files;
mod paging;
mod rules;
mod searching;
mod settings;
mod sources;
mod work;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use qingting_models::records::Scope;
use serde_json::Value;

use crate::office::{Answer, Office};

/// A program that acts for a user.
struct Program<'o> {
    office: &'o Office,
    token: String,
}

impl<'o> Program<'o> {
    /// One with every scope.
    async fn of(office: &'o Office, login: &str) -> Self {
        Self::with(office, login, Scope::ALL).await
    }

    async fn with(office: &'o Office, login: &str, scopes: &[Scope]) -> Self {
        let user = office.user(login).await.id;
        let (_, token) = office.store.make_user_token(user, "测试", scopes, 30).await.unwrap();
        Self { office, token }
    }

    async fn send(&self, verb: &str, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder()
            .method(verb)
            .uri(format!("/api/v1{path}"))
            .header("host", "qt.test")
            .header("authorization", format!("Bearer {}", self.token));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.office.send(request.body(body).unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    /// What is there, which has to be there.
    async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        json(&answer)
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, Some(body)).await
    }

    /// Asks for something that needs no body.
    async fn press(&self, path: &str) -> Answer {
        self.send("POST", path, None).await
    }

    /// Sends a file.
    async fn file(&self, path: &str, content: &[u8]) -> Answer {
        let request = Request::post(format!("/api/v1{path}"))
            .header("host", "qt.test")
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/octet-stream");
        self.office.send(request.body(Body::from(content.to_vec())).unwrap()).await
    }

    /// Does what has to succeed.
    async fn done(&self, path: &str, body: Value) -> Answer {
        let answer = self.post(path, body).await;
        assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.body);
        answer
    }
}

/// What has to succeed without an answer.
fn done(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
}

/// The sentence of a refusal because somebody was faster.
fn changed(answer: &Answer) -> String {
    let told = problem(answer, StatusCode::CONFLICT);
    assert_eq!(json(answer)["type"], "/api#changed", "{told}");
    told
}

/// The sentence about input that does not fit, which names `place`.
fn unfit(answer: &Answer, place: &str) -> String {
    let told = problem(answer, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told.contains(place), "{place}: {told}");
    told
}

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|e| panic!("{e}: {}", answer.body))
}

/// The Chinese sentence of a problem document of this status.
fn problem(answer: &Answer, status: StatusCode) -> String {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{}", answer.body);
    let document = json(answer);
    assert_eq!(document["status"], status.as_u16());
    document["detail"].as_str().unwrap().to_owned()
}
