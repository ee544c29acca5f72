//! Which wrapping key is at work, its rotation, and the log of opened sealed files.
//!
//! The database says which key of the key file wraps; every transaction that seals asks it first ([`Store::wrap_in`]).
//! A rotation changes that answer once no transaction that seals under the old key is open, so that one walk over
//! `sealed` in the order of ids meets every row of the old key. The walk remembers where it is.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::db::{Db, Tx, args, to_json};
use super::{Store, StoreError};
use crate::ids::SealedId;
use crate::records::{Actor, Subject};
use crate::vault::{Vault, VaultError};

/// The row of `setting` that holds [`State`].
const SETTING: &str = "wrapping keys";
/// The advisory lock of PostgreSQL that transactions which seal share and a change of key takes alone: "qtkeys".
const LOCK: i64 = 0x7174_6b65_7973;

/// What the database knows of the wrapping keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    current: u32,
    /// The current key's mark, see [`Vault::mark`].
    mark: String,
    /// A key that was made and does not wrap yet, with its mark.
    next: Option<(u32, String)>,
    walk: Option<Walk>,
}

/// A rotation under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Walk {
    from: u32,
    /// Rows up to this id are done.
    after: i64,
    rewrapped: i64,
    damaged: i64,
}

/// The wrapping keys as the database and this machine's key file know them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyStatus {
    /// The number of the key that wraps.
    pub current: u32,
    /// The number of a key that was prepared, and whether this machine's key file has it.
    pub prepared: Option<(u32, bool)>,
    /// A rotation to the current key is not finished.
    pub rotating: bool,
}

/// How far a rotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RotationStep {
    /// Rows under the new key so far.
    pub rewrapped: i64,
    /// Rows so far that do not open with their key and stay as they are.
    pub damaged: i64,
    pub done: bool,
}

impl Store {
    /// The wrapping keys of the database and of this machine's key file.
    pub async fn key_status(&self) -> Result<KeyStatus, StoreError> {
        let mut tx = self.begin().await?;
        let state = read(&mut tx, false).await?;
        tx.commit().await?;
        let known =
            |(number, mark): (u32, String)| (number, self.vault().mark(number).is_ok_and(|m| m == mark));
        Ok(KeyStatus {
            current: state.current,
            prepared: state.next.map(known),
            rotating: state.walk.is_some(),
        })
    }

    /// Makes a wrapping key in the key file that does not wrap yet, unless there is one; its number.
    ///
    /// # Errors
    /// [`StoreError::Bad`] while a rotation is under way; [`VaultError::UnknownKey`] or [`VaultError::OtherKey`] when
    /// the key was prepared on another machine and this one's key file lacks it.
    pub async fn prepare_key(&self, actor: Actor) -> Result<u32, StoreError> {
        let mut tx = self.begin().await?;
        let mut state = read(&mut tx, true).await?;
        if state.walk.is_some() {
            return Err(StoreError::Bad("a rotation is under way: `qingting key rotate` finishes it".into()));
        }
        if let Some((number, mark)) = &state.next {
            return match self.vault().mark(*number)? == *mark {
                true => Ok(*number),
                false => Err(VaultError::OtherKey(*number).into()),
            };
        }
        self.vault().reload()?;
        // The key file is written before the database knows the key; what a kill left behind there is used.
        let newest = self.vault().newest();
        let number = if newest > state.current { newest } else { self.vault().add_key()? };
        state.next = Some((number, self.vault().mark(number)?));
        write(&mut tx, &state).await?;
        let detail = json!({ "key": number });
        self.audit_in(&mut tx, actor, "key.prepare", Subject::System, detail).await?;
        tx.commit().await?;
        Ok(number)
    }

    /// Lets the prepared key wrap from here on, in every process. Does nothing when a rotation is under way.
    ///
    /// # Errors
    /// [`StoreError::Bad`] when no key is prepared; [`VaultError::UnknownKey`] or [`VaultError::OtherKey`] when this
    /// machine's key file lacks it.
    pub async fn begin_rotation(&self, actor: Actor) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        if !tx.is_sqlite() {
            tx.rows("SELECT pg_advisory_xact_lock($1)", args![LOCK]).await?;
        }
        let mut state = read(&mut tx, true).await?;
        if state.walk.is_some() {
            return Ok(());
        }
        let Some((number, mark)) = state.next.take() else {
            return Err(StoreError::Bad(
                "no new key is prepared: `qingting key rotate --prepare` makes one".into(),
            ));
        };
        if self.vault().mark(number)? != mark {
            return Err(VaultError::OtherKey(number).into());
        }
        state.walk = Some(Walk { from: state.current, after: i64::MIN, rewrapped: 0, damaged: 0 });
        let detail = json!({ "from_key": state.current, "to_key": number });
        (state.current, state.mark) = (number, mark);
        write(&mut tx, &state).await?;
        self.audit_in(&mut tx, actor, "key.rotate", Subject::System, detail).await?;
        tx.commit().await?;
        Ok(self.vault().wrap_with(state.current, &state.mark)?)
    }

    /// Wraps up to `max` more rows with the current key, in one transaction. May be killed and called again, also by
    /// several processes.
    ///
    /// # Errors
    /// [`VaultError::UnknownKey`] when a row's key is not in this machine's key file.
    pub async fn rewrap_some(&self, max: i64, actor: Actor) -> Result<RotationStep, StoreError> {
        let mut tx = self.begin().await?;
        let mut state = read(&mut tx, true).await?;
        let Some(mut walk) = state.walk else {
            return Ok(RotationStep { rewrapped: 0, damaged: 0, done: true });
        };
        self.vault().wrap_with(state.current, &state.mark)?;
        let max = max.clamp(1, 5_000);
        let done = self.rewrap_rows(&mut tx, &mut walk, max).await? < max;
        if done {
            let detail = json!({
                "from_key": walk.from, "to_key": state.current, "rewrapped": walk.rewrapped, "damaged": walk.damaged
            });
            self.audit_in(&mut tx, actor, "key.rotated", Subject::System, detail).await?;
        }
        state.walk = (!done).then_some(walk);
        write(&mut tx, &state).await?;
        tx.commit().await?;
        Ok(RotationStep { rewrapped: walk.rewrapped, damaged: walk.damaged, done })
    }

    /// Goes `max` rows further; how many there were. Erased rows hold no key and stay erased: on PostgreSQL the rows
    /// are locked, on SQLite nobody else writes.
    async fn rewrap_rows(&self, tx: &mut Tx, walk: &mut Walk, max: i64) -> Result<i64, StoreError> {
        let lock = if tx.is_sqlite() { "" } else { "FOR UPDATE" };
        let sql = format!(
            "SELECT id, wrapped_key FROM sealed WHERE id > $1 AND length(wrapped_key) > 0 ORDER BY id LIMIT $2 {lock}"
        );
        let rows = tx.rows(&sql, args![walk.after, max]).await?;
        for row in &rows {
            let id = row.int("id")?;
            walk.after = id;
            match self.vault().rewrap(&row.bytes("wrapped_key")?) {
                Ok(None) => {}
                Ok(Some(wrapped)) => {
                    tx.run("UPDATE sealed SET wrapped_key = $1 WHERE id = $2", args![wrapped, id]).await?;
                    walk.rewrapped += 1;
                }
                // One damaged row must not keep the others under the old key.
                Err(VaultError::WrongKey) => {
                    tracing::warn!("sealed row {id} does not open with its key and stays as it is");
                    walk.damaged += 1;
                }
                Err(e) => return Err(e.into()),
            }
        }
        Ok(rows.len() as i64)
    }

    /// How many rows a rotation walks over.
    pub async fn count_sealed(&self) -> Result<i64, StoreError> {
        self.db().number("SELECT count(*) FROM sealed", vec![]).await
    }

    /// Lets the vault wrap with the key that the database names, until the transaction ends. To be called before
    /// anything is sealed within a transaction.
    pub(super) async fn wrap_in(&self, tx: &mut Tx) -> Result<(), StoreError> {
        if !tx.is_sqlite() {
            // A statement of its own: the next one must see what was committed while this one waited.
            tx.rows("SELECT pg_advisory_xact_lock_shared($1)", args![LOCK]).await?;
        }
        let state = read(tx, false).await?;
        if state.current != self.vault().current() {
            self.vault().wrap_with(state.current, &state.mark)?;
        }
        Ok(())
    }

    /// Logs that a sealed file is about to be opened. Name and reason may name a person, so they are kept sealed beside
    /// the log, never in it; `digest` tells the file.
    ///
    /// # Errors
    /// [`StoreError::Bad`] without a reason.
    pub async fn note_file_opening(
        &self,
        name: &str,
        digest: &str,
        reason: &str,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let reason = crate::text::mask(reason.trim()).text;
        if reason.chars().count() < 2 {
            return Err(StoreError::Bad("opening a sealed file needs a reason".into()));
        }
        let reason_digest = self.vault().digest("reason", reason.as_bytes());
        let mut tx = self.begin().await?;
        let detail = json!({ "file_digest": digest, "reason_digest": &reason_digest[..16] });
        let line = self.audit_in(&mut tx, actor, "file.open", Subject::System, detail).await?;
        self.seal_as(&mut tx, SealedId(line.0), &json!({ "file": name, "reason": reason }).to_string())
            .await?;
        tx.commit().await
    }
}

/// Writes down the key that wraps where the database knows none, and lets the vault wrap with the database's.
pub(super) async fn meet(db: &Db, vault: &Vault) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let current = vault.newest();
    let fresh = State { current, mark: vault.mark(current)?, next: None, walk: None };
    tx.run(
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        args![SETTING, to_json(&fresh)?],
    )
    .await?;
    let state = read(&mut tx, false).await?;
    tx.commit().await?;
    Ok(vault.wrap_with(state.current, &state.mark)?)
}

async fn read(tx: &mut Tx, to_change: bool) -> Result<State, StoreError> {
    let lock = if to_change && !tx.is_sqlite() { "FOR UPDATE" } else { "" };
    let row = tx.row(&format!("SELECT value FROM setting WHERE name = $1 {lock}"), args![SETTING]).await?;
    let row = row.ok_or_else(|| StoreError::Bad("the database no longer knows its wrapping key".into()))?;
    row.json("value")
}

async fn write(tx: &mut Tx, state: &State) -> Result<(), StoreError> {
    tx.run("UPDATE setting SET value = $1 WHERE name = $2", args![to_json(state)?, SETTING]).await?;
    Ok(())
}
