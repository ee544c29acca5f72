//! Users: the list, adding one, disabling and enabling, and a new first password.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use data_encoding::BASE32_NOPAD;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::UserId;
use qingting_models::records::{Role, User};
use qingting_models::store::{NewUser, StoreError};

use super::{Answer, back, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::query::{Query, Select};
use crate::view::{Choice, choices};

const PATH: &str = "/users";
/// Most users that the page lists.
const ROWS: usize = 1000;

/// The page.
#[derive(Debug, Template)]
#[template(path = "users.html")]
pub struct UsersPage {
    pub frame: Frame,
    pub q: String,
    pub selects: Vec<Select>,
    pub users: Vec<UserView>,
    /// How many there are in all.
    pub all: usize,
    /// The address of this page, for coming back after an action.
    pub here: String,
    /// Name of the user and the password made just now: shown once.
    pub fresh: Option<(String, String)>,
    pub typed: Typed,
    pub roles: Vec<Choice>,
    pub departments: Vec<Choice>,
}

/// A user as the list shows one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserView {
    pub id: String,
    pub name: String,
    pub login: String,
    pub roles: String,
    pub department: String,
    pub disabled: bool,
    pub must_change: bool,
    /// The caller, who can neither disable nor reset the own account here.
    pub own: bool,
}

/// What was typed into the form for a new user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    pub name: String,
    pub login: String,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let mut page = build(&state, &caller, &Form::default(), &query).await?;
    page.frame = page.frame.done(query.get("done"));
    html(&page)
}

/// The filters of the address that a form came from.
fn asked(form: &Form) -> Query {
    Query::parse(form.text("back").split_once('?').map_or("", |(_, query)| query))
}

async fn build(state: &AppState, caller: &Caller, form: &Form, query: &Query) -> Result<UsersPage, WebError> {
    let users = state.store.users().await?;
    let chosen = |role: &Role| form.all("role").any(|code| code == role.code());
    let found = users.iter().filter(|user| matches(user, query));
    let (role, department) = (query.text("role"), query.text("department"));
    let roles = |chosen: &dyn Fn(&Role) -> bool| -> Vec<Choice> {
        Role::ALL.iter().map(|r| Choice::new(r.code(), r.label(), chosen(r))).collect()
    };
    Ok(UsersPage {
        frame: Frame::inside(state, caller, "用户", PATH),
        q: query.text("q").into(),
        selects: vec![
            Select {
                name: "role", label: "角色", any: "全部角色", options: roles(&|r| r.code() == role)
            },
            Select {
                name: "department",
                label: "单位",
                any: "全部单位",
                options: choices(&state.names.departments, department),
            },
        ],
        users: found.take(ROWS).map(|u| view(state, caller, u)).collect(),
        all: users.len(),
        here: query.here(PATH),
        fresh: None,
        typed: Typed { name: form.text("name").into(), login: form.text("login").into() },
        roles: roles(&chosen),
        departments: choices(&state.names.departments, form.text("department")),
    })
}

/// Whether a user is of the role and the department that are asked for, and has the words in name or log-in.
fn matches(user: &User, query: &Query) -> bool {
    let words = query.text("q").to_lowercase();
    let department = user.department.as_ref().map_or("", |d| d.as_str());
    query.get("role").is_none_or(|code| user.roles.iter().any(|role| role.code() == code))
        && query.get("department").is_none_or(|code| code == department)
        && (user.name.to_lowercase().contains(&words) || user.login.to_lowercase().contains(&words))
}

fn view(state: &AppState, caller: &Caller, user: &User) -> UserView {
    let roles: Vec<&str> = user.roles.iter().map(|r| r.label()).collect();
    let department = user.department.as_ref().map_or("", |d| state.names.department(d.as_str()));
    UserView {
        id: user.id.to_string(),
        name: user.name.clone(),
        login: user.login.clone(),
        roles: roles.join("、"),
        department: department.into(),
        disabled: user.disabled,
        must_change: user.must_change_password,
        own: user.id == caller.user().id,
    }
}

pub async fn add(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    let added = create(&state, &caller, &form).await;
    match added {
        Ok(password) => {
            let mut page = build(&state, &caller, &Form::default(), &asked(&form)).await?;
            page.fresh = Some((form.text("name").into(), password));
            html(&page)
        }
        Err(WebError::Bad(problem)) => {
            let mut page = build(&state, &caller, &form, &asked(&form)).await?;
            page.frame = page.frame.with(Some(Notice::bad(problem)));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
        Err(other) => Err(other),
    }
}

/// Adds the user of the form; gives the first password.
///
/// # Errors
/// When a field is missing or wrong, or the log-in is taken.
pub(crate) async fn create(state: &AppState, caller: &Caller, form: &Form) -> Result<String, WebError> {
    let name = form.need("name", "姓名", 40)?;
    let login = form.need("login", "登录名", 32)?.to_lowercase();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if login.len() < 2 || !login.chars().all(plain) {
        return Err(WebError::bad("登录名要用 2 至 32 个字母、数字、点、横线或下划线"));
    }
    let mut roles: Vec<Role> = Vec::new();
    for code in form.all("role") {
        roles.push(Role::from_code(code).ok_or_else(|| WebError::bad("没有这个角色"))?);
    }
    if roles.is_empty() {
        return Err(WebError::bad("请至少选择一个角色"));
    }
    let department = Some(form.text("department")).filter(|d| !d.is_empty());
    if department.is_some_and(|d| !state.names.has_department(d)) {
        return Err(WebError::bad("单位不在单位表里"));
    }
    let needs = roles.iter().any(|r| r.needs_department());
    if needs && department.is_none() {
        return Err(WebError::bad("承办人和审核人要选择单位"));
    }
    if !needs && department.is_some() {
        return Err(WebError::bad("只有承办人和审核人属于单位；其他角色请不要选择单位"));
    }
    let (password, password_hash) = first_password(state).await?;
    let user = NewUser {
        login,
        name: name.into(),
        roles,
        department: department.map(DepartmentCode::from),
        password_hash,
        must_change_password: true,
    };
    match state.store.add_user(user, caller.actor()).await {
        Ok(_) => Ok(password),
        Err(StoreError::Taken { value, .. }) => {
            Err(WebError::bad(format!("登录名“{value}”已有人使用，请换一个")))
        }
        Err(other) => Err(other.into()),
    }
}

/// A random password of 80 bits that can be read out, and its hash.
async fn first_password(state: &AppState) -> Result<(String, String), WebError> {
    let mut bytes = [0u8; 10];
    getrandom::fill(&mut bytes).map_err(WebError::internal)?;
    let text = BASE32_NOPAD.encode(&bytes).to_lowercase();
    let groups: Vec<&str> = [0..4, 4..8, 8..12, 12..16].into_iter().filter_map(|r| text.get(r)).collect();
    let password = groups.join("-");
    let hash = state.hasher.hash(password.clone()).await.map_err(WebError::internal)?;
    Ok((password, hash))
}

pub async fn disable(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id = other(&caller, &id)?;
    state.store.set_disabled(id, true, caller.actor()).await?;
    Ok(back(form.text("back"), PATH, "user-disabled"))
}

pub async fn enable(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id = other(&caller, &id)?;
    state.store.set_disabled(id, false, caller.actor()).await?;
    Ok(back(form.text("back"), PATH, "user-enabled"))
}

pub async fn reset(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id = other(&caller, &id)?;
    let user = state.store.users().await?.into_iter().find(|u| u.id == id).ok_or(WebError::NotFound)?;
    let (password, hash) = first_password(&state).await?;
    state.store.set_password(id, &hash, true, caller.actor()).await?;
    let mut page = build(&state, &caller, &Form::default(), &asked(&form)).await?;
    page.fresh = Some((user.name, password));
    html(&page)
}

/// The user of an action; never the caller, so that no administrator locks the own account.
pub(crate) fn other(caller: &Caller, id: &str) -> Result<UserId, WebError> {
    let id: UserId = read_id(id)?;
    if id == caller.user().id {
        return Err(WebError::bad("不能对自己的账号这样操作；修改密码请用右上角的菜单"));
    }
    Ok(id)
}

#[cfg(test)]
impl crate::samples::Sampled for UsersPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile};
        let user = |t: &str, own: bool| UserView {
            id: t.into(),
            name: t.into(),
            login: t.into(),
            roles: t.into(),
            department: t.into(),
            disabled: !own,
            must_change: true,
            own,
        };
        let page = |t: String| Self {
            frame: frame(&t),
            q: t.clone(),
            selects: vec![Select {
                name: "role", label: "角色", any: "全部角色", options: vec![choice(&t)]
            }],
            all: 2,
            here: t.clone(),
            users: vec![user(&t, true), user(&t, false)],
            fresh: Some((t.clone(), t.clone())),
            typed: Typed { name: t.clone(), login: t.clone() },
            roles: vec![choice(&t)],
            departments: vec![choice(&t)],
        };
        hostile().into_iter().map(page).collect()
    }
}
