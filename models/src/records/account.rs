//! Who may log in, with which roles, and whose eyes a query is asked with.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::words;
use crate::county::DepartmentCode;
use crate::ids::UserId;

words! {
    /// What a user may do (DESIGN sections 1 and 6).
    Role {
        Duty => "duty", "值班研判员";
        /// Does for conduct items all that a duty officer does for others.
        Discipline => "discipline", "纪检专员";
        Handler => "handler", "承办人";
        Reviewer => "reviewer", "审核人";
        Leader => "leader", "领导";
        Admin => "admin", "管理员";
        Auditor => "auditor", "审计员";
    }
}

impl Role {
    /// Whether a user of this role works for one department.
    pub fn needs_department(self) -> bool {
        matches!(self, Self::Handler | Self::Reviewer)
    }
}

/// A person who may log in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    /// What is typed at log-in: 2 to 32 letters, digits, `.`, `_` or `-`.
    pub login: String,
    pub name: String,
    pub roles: Vec<Role>,
    pub department: Option<DepartmentCode>,
    pub disabled: bool,
    pub created_at: Timestamp,
    /// The password was set by someone else and is to be changed at the next log-in.
    pub must_change_password: bool,
}

/// A log-in that lasts until it ends or expires.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    pub user: User,
    /// Sent with every form, so that another site cannot act in the user's name.
    pub csrf: String,
    pub expires_at: Timestamp,
}

/// Whose eyes a query is asked with. Every query of items and cases takes one, so that department and
/// confidentiality are part of the query itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Items and cases that are not confidential, of every department.
    pub all_open: bool,
    /// Confidential items and cases, of every department.
    pub all_confidential: bool,
    /// The cases, and their items, that this department leads or helps, confidential ones included.
    pub department: Option<DepartmentCode>,
}

impl Viewer {
    /// The program itself: sees all. For the worker and the command line, never for a request.
    pub const SYSTEM: Viewer = Viewer { all_open: true, all_confidential: true, department: None };

    /// All that is not confidential: for figures of the whole county that name no item.
    pub const OPEN: Viewer = Viewer { all_open: true, all_confidential: false, department: None };

    /// What a user may see, from the roles.
    pub fn of(user: &User) -> Self {
        let has = |role| user.roles.contains(&role);
        Self {
            all_open: has(Role::Duty) || has(Role::Leader),
            all_confidential: has(Role::Discipline),
            department: if has(Role::Handler) || has(Role::Reviewer) {
                user.department.clone()
            } else {
                None
            },
        }
    }
}
