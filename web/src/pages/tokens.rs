//! The tokens (接口令牌) by which programs act for the user: made, shown once, ended.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::Timestamp;
use qingting_models::ids::TokenId;
use qingting_models::records::{Scope, UserToken};

use super::{Answer, back, html, read_id};
use crate::api::document::scopes;
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::moment::Moment;
use crate::view::{Choice, Tag};

const PATH: &str = "/tokens";
/// How long a token lasts where nothing else is typed, in days.
const DAYS: i64 = 90;

/// The user's tokens.
#[derive(Debug, Template)]
#[template(path = "tokens.html")]
pub struct TokensPage {
    pub frame: Frame,
    /// The token that was just made.
    pub fresh: Option<String>,
    pub tokens: Vec<TokenView>,
    /// What was typed into the form when it was just refused.
    pub name: String,
    pub days: String,
    pub most_days: i64,
    pub longest_name: usize,
    pub scopes: Vec<Choice>,
}

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenView {
    pub id: String,
    pub name: String,
    pub scopes: Vec<&'static str>,
    pub made: Moment,
    pub expires: Moment,
    pub used: Option<Moment>,
    pub standing: Tag,
    pub open: bool,
}

impl TokenView {
    fn new(token: UserToken, now: Timestamp) -> Self {
        let standing = match (token.ended_at.is_some(), token.is_open(now)) {
            (true, _) => Tag::new("已结束", "tag"),
            (false, true) => Tag::new("有效", "tag green"),
            (false, false) => Tag::new("已到期", "tag yellow"),
        };
        Self {
            id: token.id.to_string(),
            open: token.is_open(now),
            scopes: token.scopes.iter().map(|scope| scope.label()).collect(),
            made: Moment::new(token.made_at, now),
            expires: Moment::new(token.expires_at, now),
            used: token.used_at.map(|at| Moment::new(at, now)),
            name: token.name,
            standing,
        }
    }
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: crate::query::Query) -> Answer {
    let mut page = build(&state, &caller, &Form::default()).await?;
    page.frame = page.frame.done(query.get("done"));
    html(&page)
}

async fn build(state: &AppState, caller: &Caller, typed: &Form) -> Result<TokensPage, WebError> {
    let now = state.store.now();
    let tokens = state.store.user_tokens(caller.user().id).await?;
    let chosen: Vec<&str> = typed.all("scope").collect();
    let days = typed.text("days");
    Ok(TokensPage {
        frame: Frame::inside(state, caller, "接口令牌", PATH),
        fresh: None,
        tokens: tokens.into_iter().map(|token| TokenView::new(token, now)).collect(),
        name: typed.text("name").into(),
        days: if days.is_empty() { DAYS.to_string() } else { days.to_owned() },
        most_days: UserToken::MOST_DAYS,
        longest_name: UserToken::LONGEST_NAME,
        scopes: scopes().map(|(code, label)| Choice::new(code, label, chosen.contains(&code))).collect(),
    })
}

/// Makes a token and shows it, this one time.
pub async fn make(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    match fresh(&state, &caller, &form).await {
        Ok(token) => {
            let mut page = build(&state, &caller, &Form::default()).await?;
            page.fresh = Some(token);
            html(&page)
        }
        Err(WebError::Bad(problem)) => {
            let mut page = build(&state, &caller, &form).await?;
            page.frame = page.frame.with(Some(Notice::bad(problem)));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
        Err(other) => Err(other),
    }
}

async fn fresh(state: &AppState, caller: &Caller, form: &Form) -> Result<String, WebError> {
    let name = form.need("name", "名称", UserToken::LONGEST_NAME)?;
    let days: i64 = form.must("days", "有效天数")?;
    let most = UserToken::MOST_DAYS;
    if !(1..=most).contains(&days) {
        return Err(WebError::bad(format!("“有效天数”应为 1 至 {most}")));
    }
    let scopes: Option<Vec<Scope>> = form.all("scope").map(Scope::from_code).collect();
    let scopes = scopes.ok_or_else(|| WebError::bad("没有这个范围"))?;
    if scopes.is_empty() {
        return Err(WebError::bad("请至少勾选一个范围"));
    }
    let now = state.store.now();
    let own = state.store.user_tokens(caller.user().id).await?;
    if own.iter().filter(|token| token.is_open(now)).count() >= UserToken::MOST {
        let most = UserToken::MOST;
        return Err(WebError::bad(format!("一个人最多有 {most} 个有效的令牌，请先结束不用的")));
    }
    let (_, token) = state.store.make_user_token(caller.user().id, name, &scopes, days).await?;
    Ok(token)
}

pub async fn end(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let id: TokenId = read_id(&id)?;
    state.store.end_user_token(caller.user().id, id).await?;
    Ok(back("", PATH, "token-ended"))
}

#[cfg(test)]
impl crate::samples::Sampled for TokensPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile, moment};
        let token = |t: &str, open: bool| TokenView {
            id: format!("{open}{t}"),
            name: t.into(),
            scopes: vec!["查看信息"],
            made: moment(900),
            expires: moment(-900),
            used: open.then(|| moment(9)),
            standing: Tag::new(t, "tag"),
            open,
        };
        let page = |t: String| Self {
            frame: frame(&t),
            fresh: Some(t.clone()),
            tokens: vec![token(&t, true), token(&t, false)],
            name: t.clone(),
            days: t.clone(),
            most_days: 365,
            longest_name: 40,
            scopes: vec![choice(&t)],
        };
        hostile().into_iter().map(page).collect()
    }
}
