//! The names of users behind the ids in timelines, judgements and audit entries.

use std::collections::HashMap;

use qingting_models::ids::UserId;
use qingting_models::records::Actor;
use qingting_models::store::Store;

use crate::error::WebError;

/// Names by id.
#[derive(Debug, Clone, Default)]
pub struct People(HashMap<UserId, String>);

impl People {
    /// Everyone who has or had an account: some hundreds in a county.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn load(store: &Store) -> Result<Self, WebError> {
        Ok(Self(store.users().await?.into_iter().map(|u| (u.id, u.name)).collect()))
    }

    /// Everyone, by name.
    pub fn all(&self) -> Vec<(UserId, String)> {
        let mut all: Vec<(UserId, String)> = self.0.iter().map(|(id, name)| (*id, name.clone())).collect();
        all.sort_by(|a, b| a.1.cmp(&b.1));
        all
    }

    /// The name of a user.
    pub fn name(&self, id: UserId) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| "已删除的用户".into())
    }

    /// The name of whoever acted.
    pub fn actor(&self, actor: Actor) -> String {
        match actor {
            Actor::System => "系统".into(),
            Actor::Console => "服务器命令行".into(),
            Actor::User(id) => self.name(id),
        }
    }
}
