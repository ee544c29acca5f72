//! The person behind a request and the form that came with it, as handlers take them.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use qingting_models::county::DepartmentCode;
use qingting_models::records::{Actor, Role, Session, User, UserToken, Viewer};

use crate::error::WebError;

/// A logged-in user, or one for whom a program asks. Only the gates make one.
#[derive(Debug, Clone)]
pub struct Caller {
    pub session: Session,
    /// What the user may see.
    pub viewer: Viewer,
    /// Notices that the user has not read; counted for pages.
    pub unread: i64,
    /// Messages that do not get out; counted for the pages of administrators.
    pub stuck: i64,
}

impl Caller {
    pub fn new(session: Session) -> Self {
        let viewer = Viewer::of(&session.user);
        Self { session, viewer, unread: 0, stuck: 0 }
    }

    /// The user for whom a program asks. There is no form whose origin its token could prove.
    pub(crate) fn of_token(user: User, token: &UserToken) -> Self {
        Self::new(Session { user, csrf: String::new(), expires_at: token.expires_at })
    }

    pub fn user(&self) -> &User {
        &self.session.user
    }

    pub fn actor(&self) -> Actor {
        Actor::User(self.session.user.id)
    }

    pub fn has(&self, role: Role) -> bool {
        self.session.user.roles.contains(&role)
    }

    /// Whether the user has one of `roles`.
    pub fn has_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|r| self.has(*r))
    }

    /// The department, for those who work for one.
    pub fn department(&self) -> Option<&DepartmentCode> {
        self.viewer.department.as_ref()
    }

    /// The eyes with which the user judges and dismisses items: narrower than [`Caller::viewer`], so that
    /// somebody who only reads an item by another role cannot change it.
    pub fn judging_eyes(&self) -> Viewer {
        Viewer {
            all_open: self.has(Role::Duty),
            all_confidential: self.has(Role::Discipline),
            department: None,
        }
    }

    /// The eyes with which the user may look behind the mask: the items they judge, and those of cases that
    /// they handle.
    pub fn unmasking_eyes(&self) -> Viewer {
        let department = if self.has(Role::Handler) { self.user().department.clone() } else { None };
        Viewer { department, ..self.judging_eyes() }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, WebError> {
        parts.extensions.get::<Caller>().cloned().ok_or(WebError::SignedOut)
    }
}

/// The fields of a form, in order. For a page only the gate makes one, after checking its token; the API fills in the same
/// form from JSON.
#[derive(Debug, Clone, Default)]
pub struct Form(Arc<Vec<(String, String)>>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`; bytes that are no UTF-8 become replacement characters.
    pub fn parse(body: &[u8]) -> Self {
        Self(Arc::new(url::form_urlencoded::parse(body).into_owned().collect()))
    }

    /// The fields of a test, of a page that is shown again, or of a request of the API.
    pub fn of(rows: &[(&str, &str)]) -> Self {
        Self(Arc::new(rows.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()))
    }

    /// The same form with one value of `name`.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let others = self.0.iter().filter(|(k, _)| k != name).cloned();
        Self(Arc::new(others.chain([(name.to_owned(), value.to_owned())]).collect()))
    }

    /// The first value of `name` without surrounding blanks; empty when absent.
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v.trim())
    }

    /// The first value as it was typed: for passwords.
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v)
    }

    /// What a person typed, as far as values tell it from what a form carries along: words with something in them that no
    /// code or number has.
    pub fn typed(&self) -> Vec<String> {
        let own =
            |value: &str| !value.is_ascii() || (value.len() > 20 && value.contains(char::is_whitespace));
        let carried = ["csrf", "back", "filters", "next", "password"];
        let rows = self.0.iter().filter(|(name, value)| !carried.contains(&name.as_str()) && own(value));
        rows.map(|(_, value)| value.trim().to_owned()).collect()
    }

    /// Every value of `name` that is not empty.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(k, _)| k == name).map(|(_, v)| v.trim()).filter(|v| !v.is_empty())
    }

    /// The value of `name`, which has to be filled in with at most `max` characters.
    ///
    /// # Errors
    /// Names the field by its `label`.
    pub fn need(&self, name: &str, label: &str, max: usize) -> Result<&str, WebError> {
        let text = self.text(name);
        match text.chars().count() {
            0 => Err(WebError::bad(format!("请填写“{label}”"))),
            n if n > max => Err(WebError::bad(format!("“{label}”最多 {max} 个字，现有 {n} 个字"))),
            _ => Ok(text),
        }
    }

    /// The value of `name` read as a `T`, `None` when it is empty.
    ///
    /// # Errors
    /// Names the field by its `label`.
    pub fn parsed<T: std::str::FromStr>(&self, name: &str, label: &str) -> Result<Option<T>, WebError> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| WebError::bad(format!("“{label}”的值“{}”无法识别", short(text))))
    }

    /// As [`Form::parsed`], but it has to be there.
    ///
    /// # Errors
    /// Names the field by its `label`.
    pub fn must<T: std::str::FromStr>(&self, name: &str, label: &str) -> Result<T, WebError> {
        self.parsed(name, label)?.ok_or_else(|| WebError::bad(format!("请填写“{label}”")))
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

impl<S: Send + Sync> FromRequestParts<S> for Form {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, WebError> {
        parts.extensions.get::<Form>().cloned().ok_or_else(|| WebError::bad("缺少表单内容"))
    }
}
