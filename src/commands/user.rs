//! `qingting user`: the people who may log in.

use std::io::{self, BufRead};

use anyhow::{Result, anyhow, bail};
use qingting_models::clock::local_date;
use qingting_models::county::{County, DepartmentCode};
use qingting_models::records::{Actor, Role, User};
use qingting_models::store::{NewUser, Store};
use qingting_models::vault::random;
use qingting_web::password::{self, BadPassword};
use serde_json::json;

use crate::cli::{Global, UserCommand};
use crate::home::Home;
use crate::output;

pub async fn run(global: &Global, command: UserCommand) -> Result<()> {
    let home = Home::find(global)?;
    let store = home.store().await?;
    let county = home.county(&store).await?;
    let done = change(global, &county, &store, command).await;
    store.close().await;
    done
}

async fn change(global: &Global, county: &County, store: &Store, command: UserCommand) -> Result<()> {
    match command {
        UserCommand::Add { login, name, role, department, password_stdin } => {
            let department = department.map(|code| known(county, store, &code)).transpose()?;
            let (password, made) = choose(&login, password_stdin)?;
            let new = NewUser {
                login,
                name,
                roles: role,
                department,
                password_hash: password::hash(&password)?,
                must_change_password: made,
            };
            let user = store.add_user(new, Actor::Console).await?;
            told(global, "added", &user, made.then_some(password))
        }
        UserCommand::List => list(global, store).await,
        UserCommand::Disable { login } => {
            let user = named(store, &login).await?;
            store.set_disabled(user.id, true, Actor::Console).await?;
            told(global, "locked out", &user, None)
        }
        UserCommand::Enable { login } => {
            let user = named(store, &login).await?;
            store.set_disabled(user.id, false, Actor::Console).await?;
            told(global, "let in again", &user, None)
        }
        UserCommand::Password { login, password_stdin } => {
            let user = named(store, &login).await?;
            let (password, made) = choose(&login, password_stdin)?;
            store.set_password(user.id, &password::hash(&password)?, made, Actor::Console).await?;
            told(global, "new password for", &user, made.then_some(password))
        }
    }
}

fn known(county: &County, store: &Store, code: &str) -> Result<DepartmentCode> {
    let code = DepartmentCode::from(code);
    if county.departments.by_code(&code).is_some() {
        return Ok(code);
    }
    let all: Vec<&str> =
        county.departments.on(local_date(store.now())).map(|department| department.code.as_str()).collect();
    Err(anyhow!("there is no department \"{code}\"; departments: {}", all.join(", ")))
}

/// The password from standard input, or a random one that must be changed.
fn choose(login: &str, from_stdin: bool) -> Result<(String, bool)> {
    if !from_stdin {
        return Ok((first_password()?, true));
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\n', '\r']).to_owned();
    if let Err(bad) = password::check(login, &password) {
        bail!("this password is not accepted: {}", why(bad));
    }
    Ok((password, false))
}

/// What the pages say of a bad password, in the language of commands.
fn why(bad: BadPassword) -> String {
    match bad {
        BadPassword::TooShort => format!("it needs {} characters at the least", password::MIN_LENGTH),
        BadPassword::TooLong => format!("it may have {} characters at the most", password::MAX_LENGTH),
        BadPassword::HoldsLogin => "it holds the login".into(),
        BadPassword::Common => "it is among those that are tried first; choose another".into(),
        BadPassword::Monotonous => "it repeats one or two characters".into(),
    }
}

/// A random password of 16 letters and digits that are not easily confused.
pub fn first_password() -> Result<String> {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789x";
    Ok(random::<16>()?.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect())
}

async fn named(store: &Store, login: &str) -> Result<User> {
    match store.user_named(login).await? {
        Some((user, _)) => Ok(user),
        None => Err(anyhow!("there is no user \"{login}\"; `qingting user list` shows them")),
    }
}

fn told(global: &Global, what: &str, user: &User, password: Option<String>) -> Result<()> {
    if global.json {
        return output::json(&json!({ "user": user.login, "done": what, "password": password }));
    }
    output::line(&format!("{what} {} ({})", user.login, user.name))?;
    match password {
        Some(password) => {
            output::line(&format!("first password: {password}  (it must be changed at the first log-in)"))
        }
        None => Ok(()),
    }
}

async fn list(global: &Global, store: &Store) -> Result<()> {
    let users = store.users().await?;
    if global.json {
        return output::json(&users);
    }
    for user in users {
        let roles: Vec<&str> = user.roles.iter().map(|role: &Role| role.code()).collect();
        let department = user.department.map(|code| code.to_string()).unwrap_or_default();
        let state = if user.disabled { "locked" } else { "" };
        output::line(&format!("{}\t{}\t{}\t{department}\t{state}", user.login, user.name, roles.join(",")))?;
    }
    Ok(())
}
