//! Who acts on a case: a user with roles and a department, or the program itself.

use qingting_models::county::DepartmentCode;
use qingting_models::records::{Actor, Role, User};

/// The one who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActingUser {
    pub actor: Actor,
    /// As the timeline and messages name the person.
    pub name: String,
    pub roles: Vec<Role>,
    pub department: Option<DepartmentCode>,
}

impl ActingUser {
    /// The program by rule.
    pub fn system() -> Self {
        Self { actor: Actor::System, name: "系统".into(), roles: Vec::new(), department: None }
    }

    /// A logged-in user; a disabled one keeps no role.
    pub fn of(user: &User) -> Self {
        let roles = if user.disabled { Vec::new() } else { user.roles.clone() };
        Self {
            actor: Actor::User(user.id),
            name: user.name.clone(),
            roles,
            department: user.department.clone(),
        }
    }

    fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    fn of_department(&self, department: &DepartmentCode) -> bool {
        self.department.as_ref() == Some(department)
    }

    /// Keeps the duty desk: the discipline officer for confidential matters, the duty officer for all others.
    pub fn keeps_desk(&self, confidential: bool) -> bool {
        self.has(if confidential { Role::Discipline } else { Role::Duty })
    }

    pub fn handles(&self) -> bool {
        self.has(Role::Handler)
    }

    pub fn reviews(&self) -> bool {
        self.has(Role::Reviewer)
    }

    pub fn handles_for(&self, department: &DepartmentCode) -> bool {
        self.handles() && self.of_department(department)
    }

    pub fn reviews_for(&self, department: &DepartmentCode) -> bool {
        self.reviews() && self.of_department(department)
    }

    pub fn leads(&self) -> bool {
        self.has(Role::Leader)
    }

    /// A person, not the program.
    pub fn is_person(&self) -> bool {
        self.actor != Actor::System
    }
}
