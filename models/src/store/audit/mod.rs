//! The audit log: appended with each change in its transaction, then chained by one sequencer.
//!
//! Writers never wait for the chain's head. The sequencer takes unchained lines in the order of their ids,
//! numbers them, and sets each line's hash to SHA-256 over the previous hash and the line's fields.

mod checkpoints;

use std::collections::HashMap;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::ids::{AuditId, SealedId};
use crate::records::{Actor, AuditEntry, ChainedEntry, Subject};
use crate::store::db::{Row, Tx, args, to_json};
use crate::store::visibility::bind;
use crate::store::{Listing, Page, Store, StoreError};

pub use checkpoints::SignedHead;

/// Lines that are chained in one statement.
const LINKED: usize = 200;

/// Filters of the audit log; all that are set must hold.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub subject: Option<Subject>,
    pub actor: Option<Actor>,
    /// The beginning of an action's name: `case.` or `item.unmask`.
    pub action: Option<String>,
    pub since: Option<Timestamp>,
    pub before: Option<Timestamp>,
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
    /// Signed heads that the chain leads to.
    pub checkpoints: usize,
    /// The number of the last line that a checkpoint covers.
    pub covered: i64,
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

    pub(in crate::store) async fn audit_in(
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

    pub(in crate::store) async fn append_audit(
        &self,
        tx: &mut Tx,
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.append_audits(tx, [entry]).await
    }

    pub(in crate::store) async fn append_audits(
        &self,
        tx: &mut Tx,
        entries: impl IntoIterator<Item = &AuditEntry>,
    ) -> Result<(), StoreError> {
        const COLUMNS: [&str; 7] = ["id", "at", "actor", "action", "subject_kind", "subject_id", "detail"];
        let row = |entry: &AuditEntry| {
            let (kind, subject) = entry.subject.parts();
            let detail = to_json(&entry.detail)?;
            Ok(args![entry.id.0, entry.at, entry.actor.code(), &entry.action, kind, subject, detail])
        };
        let rows = entries.into_iter().map(row).collect::<Result<_, StoreError>>()?;
        tx.insert("audit", &COLUMNS, rows, "").await.map(drop)
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
        for some in rows.chunks(LINKED) {
            let mut values = Vec::with_capacity(3 * some.len());
            for row in some {
                seq += 1;
                hash = link(&hash, seq, row)?;
                values.extend(args![row.int("id")?, seq, &hash]);
            }
            let sql = format!(
                "UPDATE audit SET seq = v.column2, hash = v.column3 FROM (VALUES {}) AS v WHERE audit.id = v.column1",
                tx.tuples(some.len(), 3)
            );
            tx.run(&sql, values).await?;
        }
        if !rows.is_empty() {
            tx.run("UPDATE audit_head SET seq = $1, hash = $2 WHERE one = 1", args![seq, &hash]).await?;
        }
        tx.commit().await?;
        Ok(rows.len() as i64)
    }

    /// Walks the whole chain and proves it, or names the first line that does not fit. `anchors` are signed heads that
    /// were kept outside the database; the checkpoints inside are asked too.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn verify_audit(&self, anchors: &[SignedHead]) -> Result<AuditVerdict, StoreError> {
        const STEP: i64 = 5_000;
        let pending = self.db().number("SELECT count(*) FROM audit WHERE seq IS NULL", vec![]).await?;
        let mut heads = self.checkpoints().await?;
        heads.extend(anchors.iter().cloned());
        heads.sort_by_key(|head| head.seq);
        let mut walk = Walk::new(pending, heads, self.signing_key()?);
        loop {
            let sql = format!("SELECT * FROM audit WHERE seq > $1 ORDER BY seq LIMIT {STEP}");
            let rows = self.db().rows(&sql, args![walk.verdict.lines]).await?;
            for row in &rows {
                walk.take(row)?;
                if walk.verdict.broken.is_some() {
                    return Ok(walk.verdict);
                }
            }
            if rows.is_empty() {
                break;
            }
        }
        let head = self.db().row("SELECT seq, hash FROM audit_head WHERE one = 1", vec![]).await?;
        let head = head.map(|row| row.int("seq")).transpose()?;
        Ok(walk.end(head))
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
            let beginning: String = action
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || ['.', '_'].contains(c))
                .take(60)
                .collect();
            all.push(format!("action LIKE {}", bind(&mut values, format!("{beginning}%"))));
        }
        if let Some(since) = filter.since {
            all.push(format!("at >= {}", bind(&mut values, since)));
        }
        if let Some(before) = filter.before {
            all.push(format!("at < {}", bind(&mut values, before)));
        }
        let limit = bind(&mut values, page.size() + 1);
        let sql = format!("SELECT * FROM audit WHERE {} ORDER BY id DESC LIMIT {limit}", all.join(" AND "));
        let rows = self.db().rows(&sql, values).await?.iter().map(entry_of).collect::<Result<Vec<_>, _>>()?;
        Ok(Listing::of(rows, page, |line| line.entry.id.0))
    }

    /// The masked words of the reason that was given for a look behind the mask, which are sealed beside the log; `None` for
    /// a line without one, or where it was erased.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn stated_reason(&self, line: AuditId) -> Result<Option<String>, StoreError> {
        match self.unseal(SealedId(line.0)).await {
            Ok(kept) => Ok(kept["reason"].as_str().map(str::to_owned)),
            Err(StoreError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The numbers of the cases that the subjects are or have: what people call them by.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn case_numbers_of(
        &self,
        subjects: &[Subject],
    ) -> Result<HashMap<Subject, String>, StoreError> {
        let mut found = HashMap::new();
        for subject in subjects {
            let sql = match subject {
                Subject::Case(_) => "SELECT number FROM case_file WHERE id = $1",
                Subject::Item(_) => {
                    "SELECT c.number FROM item i JOIN case_file c ON c.id = i.case_id WHERE i.id = $1"
                }
                _ => continue,
            };
            if found.contains_key(subject) {
                continue;
            }
            if let Some(row) = self.db().row(sql, args![subject.parts().1]).await? {
                found.insert(*subject, row.text("number")?);
            }
        }
        Ok(found)
    }
}

/// The chain, line after line, with the signed heads that it has to lead to.
struct Walk {
    verdict: AuditVerdict,
    heads: std::iter::Peekable<std::vec::IntoIter<SignedHead>>,
    key: String,
}

impl Walk {
    fn new(pending: i64, heads: Vec<SignedHead>, key: String) -> Self {
        let verdict =
            AuditVerdict { lines: 0, pending, broken: None, head: String::new(), checkpoints: 0, covered: 0 };
        Self { verdict, heads: heads.into_iter().peekable(), key }
    }

    fn take(&mut self, row: &Row) -> Result<(), StoreError> {
        let (seq, wanted) = (row.int("seq")?, self.verdict.lines + 1);
        if seq != wanted {
            self.verdict.broken = Some((wanted, format!("line {wanted} is missing")));
            return Ok(());
        }
        let hash = link(&self.verdict.head, seq, row)?;
        if row.opt_text("hash")?.as_deref() != Some(hash.as_str()) {
            self.verdict.broken = Some((seq, format!("line {seq} was changed after it was written")));
            return Ok(());
        }
        self.verdict.lines = seq;
        self.verdict.head = hash;
        while let Some(head) = self.heads.next_if(|head| head.seq <= seq) {
            self.hold(&head);
        }
        Ok(())
    }

    /// Holds the chain against a head that was signed at its present line.
    fn hold(&mut self, head: &SignedHead) {
        let first = self.verdict.covered + 1;
        let why = if head.key != self.key || !head.is_signed() {
            format!("the head of line {} was not signed by this installation", head.seq)
        } else if head.hash != self.verdict.head {
            format!(
                "lines from {first} on were written anew: they do not lead to the head of line {} that was signed at {}",
                head.seq, head.at
            )
        } else {
            self.verdict.checkpoints += 1;
            self.verdict.covered = head.seq;
            return;
        };
        self.verdict.broken.get_or_insert((first, why));
    }

    fn end(mut self, head: Option<i64>) -> AuditVerdict {
        let wanted = self.verdict.lines + 1;
        let signed = self.heads.next().map(|head| head.seq);
        let short = signed.is_some() || head.is_none_or(|seq| seq > self.verdict.lines);
        if short && self.verdict.broken.is_none() {
            self.verdict.broken =
                Some((wanted, format!("line {wanted} is missing: the chain ends too early")));
        }
        self.verdict
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
