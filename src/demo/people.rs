//! The people of the demo's county: the desks, and a handler and a reviewer in every department.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use qingting_models::clock::local_date;
use qingting_models::county::{County, Department, DepartmentCode};
use qingting_models::records::{Actor, Role, User, Viewer};
use qingting_models::store::{CaseFilter, NewUser, Store};
use qingting_respond::acting::ActingUser;
use qingting_web::password;

use super::folder::Login;
use super::season::person_names;

/// The people outside the departments, each with the role that it logs in for.
const DESKS: [(&str, Role); 5] = [
    ("duty", Role::Duty),
    ("jiwei", Role::Discipline),
    ("leader", Role::Leader),
    ("admin", Role::Admin),
    ("auditor", Role::Auditor),
];
/// The kind of office whose people visitors can log in as, beside those of a town.
const SHOWN: &str = "人社";

/// Someone who acts, with what the person may see.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub who: ActingUser,
    pub viewer: Viewer,
}

impl Person {
    fn of(user: &User) -> Self {
        Self { who: ActingUser::of(user), viewer: Viewer::of(user) }
    }
}

/// Everybody who works on cases.
pub(super) struct People {
    pub duty: Person,
    pub discipline: Person,
    pub leader: Person,
    departments: BTreeMap<DepartmentCode, (Person, Person)>,
    /// Everybody, in the order in which they are listed.
    everybody: Vec<User>,
}

impl People {
    /// Adds them all; they share one password, whose hash is costly to make.
    pub(super) async fn settle(store: &Store, county: &County, password: &str, seed: u64) -> Result<Self> {
        let offices: Vec<&Department> = county.departments.on(local_date(store.now())).collect();
        let names = person_names(DESKS.len() + offices.len() * 2, seed)?;
        let mut names = names.into_iter();
        let hash = password::hash(password)?;
        let mut everybody = Vec::new();
        let mut desks = Vec::new();
        for (login, role) in DESKS {
            let name = names.next().unwrap_or_default();
            let user = add(store, login.to_owned(), name, role, None, &hash).await?;
            desks.push(Person::of(&user));
            everybody.push(user);
        }
        let mut departments = BTreeMap::new();
        for office in &offices {
            let pair = [("cb", Role::Handler), ("sh", Role::Reviewer)];
            let mut people = Vec::with_capacity(2);
            for (suffix, role) in pair {
                let (login, name) = (format!("{}.{suffix}", office.code), names.next().unwrap_or_default());
                let user = add(store, login, name, role, Some(&office.code), &hash).await?;
                people.push(Person::of(&user));
                everybody.push(user);
            }
            if let [handler, reviewer] = people.as_slice() {
                departments.insert(office.code.clone(), (handler.clone(), reviewer.clone()));
            }
        }
        let [duty, discipline, leader, ..] = desks.as_slice() else {
            anyhow::bail!("the desks are not manned");
        };
        Ok(Self {
            duty: duty.clone(),
            discipline: discipline.clone(),
            leader: leader.clone(),
            departments,
            everybody,
        })
    }

    /// The log-ins that visitors are shown: the desks, and the people of two offices, the town's the one with the
    /// most cases.
    pub(super) async fn logins(&self, store: &Store, county: &County, password: &str) -> Result<Vec<Login>> {
        let labour = county.departments.all().iter().find(|office| office.kind.name() == SHOWN);
        let mut town = (0, None);
        for office in county.departments.all().iter().filter(|office| office.town.is_some()) {
            let filter = CaseFilter { department: Some(office.code.clone()), ..CaseFilter::default() };
            let cases = store.count_cases(&Viewer::SYSTEM, &filter).await?;
            if cases > town.0 || town.1.is_none() {
                town = (cases, Some(office));
            }
        }
        let shown: Vec<&Department> = [labour, town.1].into_iter().flatten().collect();
        let label = |user: &User| {
            let role = user.roles.first().map_or("", |role| role.label());
            match &user.department {
                None => Some(role.to_owned()),
                Some(code) => {
                    let office = shown.iter().find(|office| office.code == *code)?;
                    Some(format!("{}{role}", office.short_name))
                }
            }
        };
        let login = |user: &User| {
            let (login, password) = (user.login.clone(), password.to_owned());
            Some(Login { login, password, role: label(user)? })
        };
        Ok(self.everybody.iter().filter_map(login).collect())
    }

    /// Who keeps the desk for a matter.
    pub(super) fn desk(&self, confidential: bool) -> &Person {
        if confidential { &self.discipline } else { &self.duty }
    }

    pub(super) fn handler(&self, department: &DepartmentCode) -> Result<&Person> {
        self.pair(department).map(|pair| &pair.0)
    }

    pub(super) fn reviewer(&self, department: &DepartmentCode) -> Result<&Person> {
        self.pair(department).map(|pair| &pair.1)
    }

    fn pair(&self, department: &DepartmentCode) -> Result<&(Person, Person)> {
        self.departments.get(department).with_context(|| format!("nobody works at {department}"))
    }
}

async fn add(
    store: &Store,
    login: String,
    name: String,
    role: Role,
    department: Option<&DepartmentCode>,
    hash: &str,
) -> Result<User> {
    let new = NewUser {
        login,
        name,
        roles: vec![role],
        department: department.cloned(),
        password_hash: hash.to_owned(),
        must_change_password: false,
    };
    Ok(store.add_user(new, Actor::Console).await?)
}
