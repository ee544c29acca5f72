//! The API of users' programs over the real router: who may come in, what is read and done, and what is refused how.

mod described;
mod door;
mod paging;
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

    /// Does what has to succeed.
    async fn done(&self, path: &str, body: Value) -> Answer {
        let answer = self.post(path, body).await;
        assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.body);
        answer
    }
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
