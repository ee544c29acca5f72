//! Where users are reached outside: sealed, and never in the log.

use serde_json::json;

use super::channels::read;
use crate::ids::{SealedId, UserId};
use crate::records::{Actor, Contact, Subject};
use crate::store::db::{args, to_json};
use crate::store::{Store, StoreError};

impl Store {
    /// Of each user that has any: whether there is an e-mail address, and a telephone number.
    pub async fn reachable_users(&self) -> Result<Vec<(UserId, bool, bool)>, StoreError> {
        let rows = self.db().rows("SELECT user_id, has_email, has_phone FROM contact", vec![]).await?;
        rows.iter()
            .map(|row| Ok((UserId(row.int("user_id")?), row.flag("has_email")?, row.flag("has_phone")?)))
            .collect()
    }

    /// Where a user is reached; all empty where nothing is known.
    pub async fn contact(&self, user: UserId) -> Result<Contact, StoreError> {
        let mut tx = self.begin().await?;
        let row = tx.row("SELECT sealed_id FROM contact WHERE user_id = $1", args![user.0]).await?;
        let contact = match row {
            Some(row) => read(self.unseal_in(&mut tx, SealedId(row.int("sealed_id")?)).await?)?,
            None => Contact::default(),
        };
        tx.commit().await?;
        Ok(contact)
    }

    /// Sets where a user is reached; an empty one takes it away.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such user.
    pub async fn set_contact(&self, user: UserId, contact: &Contact, actor: Actor) -> Result<(), StoreError> {
        self.user(user).await?.ok_or(StoreError::NotFound("user"))?;
        let mut tx = self.begin().await?;
        let old = tx.row("SELECT sealed_id FROM contact WHERE user_id = $1", args![user.0]).await?;
        if let Some(old) = old {
            tx.run("DELETE FROM contact WHERE user_id = $1", args![user.0]).await?;
            tx.run("DELETE FROM sealed WHERE id = $1", args![old.int("sealed_id")?]).await?;
        }
        if *contact != Contact::default() {
            let sealed = self.seal_in(&mut tx, &to_json(contact)?).await?;
            let sql = "INSERT INTO contact (user_id, sealed_id, has_email, has_phone) VALUES ($1,$2,$3,$4)";
            let (email, phone) = (!contact.email.is_empty(), !contact.phone.is_empty());
            tx.run(sql, args![user.0, sealed.0, email, phone]).await?;
        }
        let detail = json!({ "email": !contact.email.is_empty(), "phone": !contact.phone.is_empty() });
        self.audit_in(&mut tx, actor, "user.contact", Subject::User(user), detail).await?;
        tx.commit().await
    }
}
