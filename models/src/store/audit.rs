//! The audit log: appended with each change in its transaction, then chained by one sequencer.
//!
//! Writers never wait for the chain's head. The sequencer takes unchained lines in the order of their ids,
//! numbers them, and sets each line's hash to SHA-256 over the previous hash and the line's fields.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::db::{Row, Tx, args, to_json};
use super::visibility::bind;
use super::{Listing, Page, Store, StoreError};
use crate::ids::AuditId;
use crate::records::{Actor, AuditEntry, ChainedEntry, Subject};

/// Filters of the audit log; all that are set must hold.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub subject: Option<Subject>,
    pub actor: Option<Actor>,
    /// The beginning of an action's name: `case.` or `item.unmask`.
    pub action: Option<String>,
}

/// What a check of the chain found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AuditVerdict {
    /// Lines in the chain that were checked.
    pub lines: i64,
    /// Lines not chained yet.
    pub pending: i64,
    /// The sequence number of the first line that does not fit, and why.
    pub broken: Option<(i64, String)>,
    /// Hash of the last good line.
    pub head: String,
}

impl Store {
    /// Appends a line about something that changes no other record.
    pub async fn audit(
        &self,
        actor: Actor,
        action: &str,
        subject: Subject,
        detail: serde_json::Value,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        self.audit_in(&mut tx, actor, action, subject, detail).await?;
        tx.commit().await
    }

    pub(super) async fn audit_in(
        &self,
        tx: &mut Tx,
        actor: Actor,
        action: &str,
        subject: Subject,
        detail: serde_json::Value,
    ) -> Result<AuditId, StoreError> {
        let at = self.now();
        let id = self.ids().next(at);
        self.append_audit(tx, &AuditEntry { id, at, actor, action: action.into(), subject, detail }).await?;
        Ok(id)
    }

    pub(super) async fn append_audit(&self, tx: &mut Tx, entry: &AuditEntry) -> Result<(), StoreError> {
        let (kind, subject) = entry.subject.parts();
        tx.run(
            "INSERT INTO audit (id, at, actor, action, subject_kind, subject_id, detail) VALUES ($1,$2,$3,$4,$5,$6,$7)",
            args![
                entry.id.0,
                entry.at,
                entry.actor.code(),
                &entry.action,
                kind,
                subject,
                to_json(&entry.detail)?
            ],
        )
        .await?;
        Ok(())
    }

    /// Chains up to `max` new lines; how many it chained. Two sequencers at once wait for one another.
    pub async fn chain_audit(&self, max: i64) -> Result<i64, StoreError> {
        let mut tx = self.begin().await?;
        let lock = if tx.is_sqlite() { "" } else { "FOR UPDATE" };
        let head = tx
            .row(&format!("SELECT seq, hash FROM audit_head WHERE one = 1 {lock}"), vec![])
            .await?
            .ok_or_else(|| StoreError::Bad("the head of the audit chain is gone".into()))?;
        let (mut seq, mut hash) = (head.int("seq")?, head.text("hash")?);
        let rows = tx
            .rows(
                &format!("SELECT * FROM audit WHERE seq IS NULL ORDER BY id LIMIT {}", max.clamp(1, 10_000)),
                vec![],
            )
            .await?;
        for row in &rows {
            seq += 1;
            hash = link(&hash, seq, row)?;
            tx.run("UPDATE audit SET seq = $1, hash = $2 WHERE id = $3", args![seq, &hash, row.int("id")?])
                .await?;
        }
        if !rows.is_empty() {
            tx.run("UPDATE audit_head SET seq = $1, hash = $2 WHERE one = 1", args![seq, &hash]).await?;
        }
        tx.commit().await?;
        Ok(rows.len() as i64)
    }

    /// Walks the whole chain and proves it, or names the first line that does not fit.
    pub async fn verify_audit(&self) -> Result<AuditVerdict, StoreError> {
        const STEP: i64 = 5_000;
        let pending = self.db().number("SELECT count(*) FROM audit WHERE seq IS NULL", vec![]).await?;
        let mut verdict = AuditVerdict { lines: 0, pending, broken: None, head: String::new() };
        loop {
            let sql = format!("SELECT * FROM audit WHERE seq > $1 ORDER BY seq LIMIT {STEP}");
            let rows = self.db().rows(&sql, args![verdict.lines]).await?;
            for row in &rows {
                let seq = row.int("seq")?;
                let wanted = verdict.lines + 1;
                if seq != wanted {
                    verdict.broken = Some((wanted, format!("line {wanted} is missing")));
                    return Ok(verdict);
                }
                let hash = link(&verdict.head, seq, row)?;
                if row.opt_text("hash")?.as_deref() != Some(hash.as_str()) {
                    verdict.broken = Some((seq, format!("line {seq} was changed after it was written")));
                    return Ok(verdict);
                }
                verdict.lines = seq;
                verdict.head = hash;
            }
            if rows.is_empty() {
                break;
            }
        }
        let head = self.db().row("SELECT seq, hash FROM audit_head WHERE one = 1", vec![]).await?;
        let fits = match &head {
            Some(row) => row.int("seq")? <= verdict.lines || row.int("seq")? == 0,
            None => false,
        };
        if !fits {
            let wanted = verdict.lines + 1;
            verdict.broken = Some((wanted, format!("line {wanted} is missing: the chain ends too early")));
        }
        Ok(verdict)
    }

    /// Lines of the log, newest first.
    pub async fn audit_page(
        &self,
        filter: &AuditFilter,
        page: Page,
    ) -> Result<Listing<ChainedEntry>, StoreError> {
        let mut values = Vec::new();
        let mut all = vec![format!("id < {}", bind(&mut values, page.before()))];
        if let Some(subject) = filter.subject {
            let (kind, id) = subject.parts();
            all.push(format!("subject_kind = {}", bind(&mut values, kind)));
            all.push(format!("subject_id = {}", bind(&mut values, id)));
        }
        if let Some(actor) = filter.actor {
            all.push(format!("actor = {}", bind(&mut values, actor.code())));
        }
        if let Some(action) = &filter.action {
            let beginning: String =
                action.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').take(60).collect();
            all.push(format!("action LIKE {}", bind(&mut values, format!("{beginning}%"))));
        }
        let limit = bind(&mut values, page.size() + 1);
        let sql = format!("SELECT * FROM audit WHERE {} ORDER BY id DESC LIMIT {limit}", all.join(" AND "));
        let rows = self.db().rows(&sql, values).await?.iter().map(entry_of).collect::<Result<Vec<_>, _>>()?;
        Ok(Listing::of(rows, page, |line| line.entry.id.0))
    }
}

/// The hash of a line: SHA-256 over the previous hash and the fields, each with its length in front, so that no two
/// different lines read the same.
fn link(previous: &str, seq: i64, row: &Row) -> Result<String, StoreError> {
    let fields = [
        previous.to_owned(),
        seq.to_string(),
        row.int("id")?.to_string(),
        row.int("at")?.to_string(),
        row.text("actor")?,
        row.text("action")?,
        row.text("subject_kind")?,
        row.int("subject_id")?.to_string(),
        row.text("detail")?,
    ];
    let mut hasher = Sha256::new();
    for field in fields {
        hasher.update((field.len() as u64).to_be_bytes());
        hasher.update(field.as_bytes());
    }
    Ok(HEXLOWER.encode(&hasher.finalize()))
}

fn entry_of(row: &Row) -> Result<ChainedEntry, StoreError> {
    let kind = row.text("subject_kind")?;
    let subject = Subject::from_parts(&kind, row.int("subject_id")?)
        .ok_or_else(|| StoreError::Bad(format!("unknown subject {kind} in the audit log")))?;
    Ok(ChainedEntry {
        entry: AuditEntry {
            id: AuditId(row.int("id")?),
            at: row.time("at")?,
            actor: Actor::from_code(&row.text("actor")?).map_err(|e| StoreError::Bad(e.to_string()))?,
            action: row.text("action")?,
            subject,
            detail: row.json("detail")?,
        },
        seq: row.opt_int("seq")?,
        hash: row.opt_text("hash")?,
    })
}
