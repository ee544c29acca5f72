//! Who works in the county: the desks, a leader, and a handler and a reviewer in each office.

use std::collections::HashMap;

use qingting_models::county::DepartmentCode;
use qingting_models::ids::UserId;
use qingting_models::records::{Actor, Role};
use qingting_models::store::NewUser;
use qingting_models::store::testing::TestStore;
use qingting_respond::acting::ActingUser;

use crate::model::{DEPARTMENTS, Person};

pub(crate) const DUTY: Person = Person { role: "duty", department: "" };
pub(crate) const DISCIPLINE: Person = Person { role: "discipline", department: "" };
pub(crate) const LEADER: Person = Person { role: "leader", department: "" };
pub(crate) const SYSTEM: Person = Person { role: "system", department: "" };

pub(crate) struct Staff(HashMap<(&'static str, &'static str), ActingUser>);

impl Staff {
    pub(crate) async fn hire(store: &TestStore) -> Self {
        let mut staff = HashMap::from([((SYSTEM.role, ""), ActingUser::system())]);
        let desks = [("duty", Role::Duty), ("discipline", Role::Discipline), ("leader", Role::Leader)];
        let mut all: Vec<_> = desks.map(|(name, role)| (name, role, "")).into();
        for department in DEPARTMENTS {
            all.extend([("handler", Role::Handler, department), ("reviewer", Role::Reviewer, department)]);
        }
        for (name, role, department) in all {
            let new = NewUser {
                login: format!("{name}{department}"),
                name: format!("{name}{department}"),
                roles: vec![role],
                department: (!department.is_empty()).then(|| DepartmentCode::new(department)),
                password_hash: "x".into(),
                must_change_password: false,
            };
            let user = store.add_user(new, Actor::Console).await.unwrap();
            staff.insert((name, department), ActingUser::of(&user));
        }
        Self(staff)
    }

    pub(crate) fn who(&self, person: Person) -> &ActingUser {
        &self.0[&(person.role, person.department)]
    }

    pub(crate) fn id(&self, person: Person) -> UserId {
        match self.who(person).actor {
            Actor::User(id) => id,
            other => panic!("{other:?} is no user"),
        }
    }
}

/// The constant of an office's code.
pub(crate) fn office(code: &DepartmentCode) -> &'static str {
    DEPARTMENTS.into_iter().find(|known| *known == code.as_str()).unwrap()
}
