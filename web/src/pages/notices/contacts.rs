//! Where users are reached outside: for administrators alone, sealed in the store.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use qingting_models::ids::UserId;
use qingting_models::records::{Contact, User};

use super::super::{Answer, back, html, read_id};
use super::tabs;
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, NavLink, Notice};
use crate::query::Query;

const PATH: &str = "/notices/contacts";

/// The list: who can be reached, without the addresses.
#[derive(Debug, Template)]
#[template(path = "contacts.html")]
pub struct ContactsPage {
    pub frame: Frame,
    pub tabs: Vec<NavLink>,
    pub users: Vec<ContactRow>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    pub id: String,
    pub name: String,
    pub department: String,
    pub email: bool,
    pub phone: bool,
}

/// The addresses of one user.
#[derive(Debug, Template)]
#[template(path = "contact.html")]
pub struct ContactPage {
    pub frame: Frame,
    pub id: String,
    pub name: String,
    pub email: String,
    pub phone: String,
    pub wecom: String,
    pub dingtalk: String,
    pub feishu: String,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let reachable = state.store.reachable_users().await?;
    let row = |user: &User| {
        let known = reachable.iter().find(|(id, ..)| *id == user.id);
        let department = user.department.as_ref().map_or("", |d| state.names.department(d.as_str()));
        ContactRow {
            id: user.id.to_string(),
            name: user.name.clone(),
            department: department.into(),
            email: known.is_some_and(|(_, email, _)| *email),
            phone: known.is_some_and(|(.., phone)| *phone),
        }
    };
    let users = state.store.users().await?;
    html(&ContactsPage {
        frame: Frame::inside(&state, &caller, "联系方式", PATH).done(query.get("done")),
        tabs: tabs(&caller, PATH),
        users: users.iter().filter(|user| !user.disabled).map(row).collect(),
    })
}

pub async fn edit(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let user = user(&state, &id).await?;
    let contact = state.store.contact(user.id).await?;
    html(&page(&state, &caller, &user, contact))
}

pub async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let user = user(&state, &id).await?;
    let typed = Contact {
        email: form.text("email").into(),
        phone: form.text("phone").into(),
        wecom: form.text("wecom").into(),
        dingtalk: form.text("dingtalk").into(),
        feishu: form.text("feishu").into(),
    };
    if let Some(why) = wrong(&typed) {
        let mut shown = page(&state, &caller, &user, typed);
        shown.frame = shown.frame.with(Some(Notice::bad(why)));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&shown)?).into_response());
    }
    state.store.set_contact(user.id, &typed, caller.actor()).await?;
    Ok(back("", PATH, "contact-changed"))
}

/// The user of an address.
///
/// # Errors
/// When there is none.
pub(crate) async fn user(state: &AppState, id: &str) -> Result<User, WebError> {
    let id: UserId = read_id(id)?;
    state.store.user(id).await?.ok_or(WebError::NotFound)
}

/// What is wrong with what was typed.
pub(crate) fn wrong(contact: &Contact) -> Option<&'static str> {
    let plain = |text: &str| text.len() <= 100 && text.chars().all(|c| c.is_ascii_graphic());
    let mail = |text: &str| plain(text) && text.split('@').filter(|part| !part.is_empty()).count() == 2;
    let digits = contact.phone.strip_prefix('+').unwrap_or(&contact.phone);
    let phone = (5..=20).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit());
    if !contact.email.is_empty() && !mail(&contact.email) {
        return Some("邮箱要写成 name@example.gov.cn 这样");
    }
    if !contact.phone.is_empty() && !phone {
        return Some("手机号只写数字，5 至 20 位，前面可以有 +");
    }
    let ids = [&contact.wecom, &contact.dingtalk, &contact.feishu];
    if !ids.iter().all(|id| plain(id)) {
        return Some("企业微信、钉钉、飞书的用户编号只有字母、数字和符号，最多 100 个");
    }
    None
}

fn page(state: &AppState, caller: &Caller, user: &User, contact: Contact) -> ContactPage {
    ContactPage {
        frame: Frame::inside(state, caller, "联系方式", PATH),
        id: user.id.to_string(),
        name: user.name.clone(),
        email: contact.email,
        phone: contact.phone,
        wecom: contact.wecom,
        dingtalk: contact.dingtalk,
        feishu: contact.feishu,
    }
}

#[cfg(test)]
impl crate::samples::Sampled for ContactsPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile};
        let row = |t: &str, reached: bool| ContactRow {
            id: t.into(),
            name: t.into(),
            department: t.into(),
            email: reached,
            phone: !reached,
        };
        let page =
            |t: String| Self { frame: frame(&t), tabs: vec![], users: vec![row(&t, true), row(&t, false)] };
        hostile().into_iter().map(page).collect()
    }
}

#[cfg(test)]
impl crate::samples::Sampled for ContactPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile};
        let page = |t: String| Self {
            frame: frame(&t),
            id: t.clone(),
            name: t.clone(),
            email: t.clone(),
            phone: t.clone(),
            wecom: t.clone(),
            dingtalk: t.clone(),
            feishu: t,
        };
        hostile().into_iter().map(page).collect()
    }
}
