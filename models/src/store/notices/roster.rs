//! The roster (值班表): who is on duty when.

use jiff::Timestamp;
use serde_json::json;

use crate::ids::{ShiftId, UserId};
use crate::records::{Actor, Shift, Subject};
use crate::store::db::{Row, args};
use crate::store::{Store, StoreError};

impl Store {
    /// Adds a time of duty.
    ///
    /// # Errors
    /// [`StoreError::Bad`] when it ends before it begins or lasts longer than 31 days; [`StoreError::NotFound`] when
    /// there is no such user.
    pub async fn add_shift(
        &self,
        user: UserId,
        (starts_at, ends_at): (Timestamp, Timestamp),
        note: &str,
        actor: Actor,
    ) -> Result<ShiftId, StoreError> {
        let length = ends_at.duration_since(starts_at);
        if !length.is_positive() || length.as_hours() > 31 * 24 {
            return Err(StoreError::Bad(
                "a time of duty ends after it begins and lasts at most 31 days".into(),
            ));
        }
        self.user(user).await?.ok_or(StoreError::NotFound("user"))?;
        let now = self.now();
        let id: ShiftId = self.ids().next(now);
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO shift (id, user_id, starts_at, ends_at, note, at, by_whom) VALUES ($1,$2,$3,$4,$5,$6,$7)";
        tx.run(sql, args![id.0, user.0, starts_at, ends_at, note, now, actor.code()]).await?;
        let detail = json!({ "shift": id, "from": starts_at, "to": ends_at });
        self.audit_in(&mut tx, actor, "shift.add", Subject::User(user), detail).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Takes a time of duty off the roster.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_shift(&self, id: ShiftId, actor: Actor) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let sql = "DELETE FROM shift WHERE id = $1 RETURNING id, user_id, starts_at, ends_at, note";
        let row = tx.row(sql, args![id.0]).await?.ok_or(StoreError::NotFound("shift"))?;
        let gone = shift_of(&row)?;
        let detail = json!({ "shift": id, "from": gone.starts_at, "to": gone.ends_at });
        self.audit_in(&mut tx, actor, "shift.remove", Subject::User(gone.user), detail).await?;
        tx.commit().await
    }

    /// The times of duty that end after `since`, in order; at most 500.
    pub async fn shifts(&self, since: Timestamp) -> Result<Vec<Shift>, StoreError> {
        let sql = "SELECT * FROM shift WHERE ends_at > $1 ORDER BY starts_at, id LIMIT 500";
        self.db().rows(sql, args![since]).await?.iter().map(shift_of).collect()
    }
}

fn shift_of(row: &Row) -> Result<Shift, StoreError> {
    Ok(Shift {
        id: ShiftId(row.int("id")?),
        user: UserId(row.int("user_id")?),
        starts_at: row.time("starts_at")?,
        ends_at: row.time("ends_at")?,
        note: row.text("note")?,
    })
}
