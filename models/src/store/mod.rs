//! The store: every record of the house on SQLite or PostgreSQL, behind one type.
//!
//! Queries are written once ([`db`]); each file beside this one keeps the queries of one record.
//! A change, its timeline line and its audit entry are one transaction.

mod accounts;
mod advice;
mod alerts;
mod appearances;
mod arrival;
mod attachments;
mod audit;
mod backfill;
mod bare;
mod bell;
mod bulk;
mod case_items;
mod cases;
mod clock_back;
mod corrections;
mod county_files;
mod db;
mod due_days;
mod error;
mod export;
mod incident_advice;
mod incidents;
mod intake;
mod item_rows;
mod items;
mod judging;
mod keys;
mod known;
mod mirrored;
mod nodes;
mod notices;
mod opening;
mod outbox;
mod overview;
mod quarantine;
mod queues;
mod rates;
mod replies;
mod reports;
mod retention;
mod routing;
mod saved_views;
mod sealed_columns;
mod searching;
mod sessions;
mod source_access;
mod source_health;
mod sources;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod transfer;
mod user_tokens;
mod visibility;
mod words;
mod work;

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

pub use accounts::NewUser;
pub use advice::AdviceTask;
pub use alerts::{AlertFilter, AlertTask, CaughtFilter, CaughtItem, Firing};
pub use arrival::{Arrival, Fate, Intake, Reject, Sameness};
pub use attachments::{NewAttachment, OpenAttachment};
pub use audit::{AuditFilter, AuditVerdict, SignedHead};
pub use backfill::BATCH_ANSWERS;
pub use bare::{BareBatch, Totals};
use bell::Bell;
pub use bell::Waker;
pub use cases::CaseFilter;
pub use corrections::{Correction, WeekAtWork};
pub use county_files::FileVersion;
pub use due_days::DueDay;
pub use error::StoreError;
pub use export::{ExportPart, ExportSpan};
pub use incident_advice::IncidentAdviceTask;
pub use incidents::{
    Face, Holders, IncidentFilter, JoinBatch, JoinTask, Joining, NewMembership, Rank, Redirects,
};
pub use intake::Keyed;
pub use items::{ItemFilter, ItemState};
pub use judging::{CONFIDENTIAL_TOPIC, JudgeTask, NewJudgement, PersonJudgement};
pub use keys::{KeyStatus, RotationStep};
pub use known::KnownRecord;
pub use mirrored::{MirrorFilter, MirrorLoad, MirrorOffice, MirrorState};
pub use notices::{
    DeliveryOutcome, DeliveryTask, NewMessage, NewNotice, NoticeTask, TaskSubject, ToldEvent, WaitingAlert,
};
pub use outbox::{EventPage, OutboxState, WebhookStart, WebhookTask};
pub use overview::{DepartmentLoad, Overview, WeekCount, WeekFigures};
pub use quarantine::QuarantineFilter;
pub use queues::Queue;
pub use rates::{RateFilter, SentCount};
pub use replies::{AnsweredMatter, LineFilter, NewLine, PromiseFilter};
pub use reports::{
    AlertCounts, BriefOrder, Draw, FlowCount, IncidentCount, IncidentSums, ItemCell, ItemMark, ItemPlace,
    ReportCounts, ReportOrder, SpanCounts,
};
pub use retention::{Cleared, Erasure, ErasureList, ErasureOf};
pub use saved_views::SavedView;
pub use searching::{BestItems, BestPage, BestPlace, PHRASE_REACH, RANKED};
pub use source_access::Receipt;
pub use source_health::{Fetched, PollOutcome};
pub use sources::{NewSource, SourceChange};
pub use transfer::{
    BackupNote, MoveOrder, MoveStep, Moved, RestoreStep, Restored, SearchWords, Snapshot, SnapshotCount,
    SnapshotHead, SnapshotPiece, SnapshotRows, SnapshotSums,
};
pub use words::{WORD_DAYS, day_of};
pub use work::{StuckWork, Waiting};

use crate::clock::Clock;
use crate::ids::IdSource;
use crate::vault::Vault;
use db::{Db, Tx};
use items::item_of;

/// Where the store is and with what it works.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// `sqlite:PATH` or `postgres://USER@HOST/NAME`.
    pub url: String,
    pub vault: Vault,
    /// Connections that read (SQLite) or do anything (PostgreSQL).
    pub connections: u32,
    /// A replica of the PostgreSQL database, for what may be some moments old: the ranking and counts of searches and the counts of reports.
    pub replica: Option<String>,
    /// A pooler before the PostgreSQL database that gives out connections by the transaction, as PgBouncer does. What needs a connection
    /// of its own goes to `url` all the same.
    pub pooler: Option<String>,
}

impl StoreSettings {
    /// Of a database with nothing around it.
    pub fn new(url: impl Into<String>, vault: Vault, connections: u32) -> Self {
        Self { url: url.into(), vault, connections, replica: None, pooler: None }
    }
}

/// A handle to the store; cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    vault: Vault,
    clock: Arc<dyn Clock>,
    ids: IdSource,
    lease: nodes::NodeLease,
    erasures: OnceLock<ErasureList>,
    bell: Bell,
}

/// A page of a listing that is read newest first: at most `size` rows before the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Id of the last row of the page before; `None` for the first page.
    pub before: Option<i64>,
    /// 1 to 200.
    pub size: i64,
}

impl Default for Page {
    fn default() -> Self {
        Self { before: None, size: 50 }
    }
}

/// One page of rows, and the cursor of the next page if there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing<T> {
    pub rows: Vec<T>,
    pub next: Option<i64>,
}

impl<T> Listing<T> {
    /// From rows that were read with one more than the page's size.
    fn of(mut rows: Vec<T>, page: Page, id: impl Fn(&T) -> i64) -> Self {
        let size = usize::try_from(page.size()).unwrap_or(1);
        let more = rows.len() > size;
        rows.truncate(size);
        let next = if more { rows.last().map(id) } else { None };
        Self { rows, next }
    }
}

impl Page {
    fn size(self) -> i64 {
        self.size.clamp(1, 200)
    }

    fn before(self) -> i64 {
        self.before.unwrap_or(i64::MAX)
    }
}

impl Store {
    /// Opens the store, brings its schema up to date and takes a node number for new ids.
    ///
    /// # Errors
    /// When the address is of neither database, the database cannot be reached, its schema is newer than
    /// this program, it was sealed with another master key, or a move into it did not end.
    pub async fn open(settings: StoreSettings, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let store = Self::open_to_fill(settings, clock).await?;
        if let Err(error) = transfer::refuse_unfinished(&store).await {
            store.close().await;
            return Err(error);
        }
        Ok(store)
    }

    /// As [`Store::open`], for [`Store::move_into`]: a move that did not end may be there.
    ///
    /// # Errors
    /// As those of [`Store::open`], but the last.
    pub async fn open_to_fill(settings: StoreSettings, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::open_at_step(settings, clock, None).await
    }

    /// As [`Store::open_to_fill`], with the schema of a step; `None` for the last.
    async fn open_at_step(
        settings: StoreSettings,
        clock: Arc<dyn Clock>,
        step: Option<i64>,
    ) -> Result<Self, StoreError> {
        let db = opening::connect(&settings).await?;
        opening::migrate(&db, step).await?;
        check_key(&db, &settings.vault).await?;
        keys::meet(&db, &settings.vault).await?;
        let (node, lease) = nodes::claim(&db, clock.now()).await?;
        let inner = Inner {
            db,
            vault: settings.vault,
            clock,
            ids: IdSource::new(node),
            lease,
            erasures: OnceLock::new(),
            bell: Bell::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The present time of the clock that the store was opened with.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Makes the ids of new records.
    pub fn ids(&self) -> &IdSource {
        &self.inner.ids
    }

    /// Seals and opens originals.
    pub fn vault(&self) -> &Vault {
        &self.inner.vault
    }

    /// `SQLite` or `PostgreSQL`.
    pub fn engine(&self) -> &'static str {
        if self.inner.db.is_sqlite() { "SQLite" } else { "PostgreSQL" }
    }

    /// From now on whatever is erased is listed in a file first; the first file that is named counts.
    pub fn list_erasures_in(&self, list: ErasureList) {
        let _ = self.inner.erasures.set(list);
    }

    fn erasures(&self) -> Option<&ErasureList> {
        self.inner.erasures.get()
    }

    /// Gives the node number back and closes the connections.
    pub async fn close(&self) {
        if let Err(e) = self.inner.lease.release(&self.inner.db, &self.inner.ids).await {
            tracing::debug!("node number not given back: {e}");
        }
        self.inner.db.close().await;
    }

    fn db(&self) -> &Db {
        &self.inner.db
    }

    /// Begins a transaction that may write, and keeps the node number alive.
    async fn begin(&self) -> Result<Tx, StoreError> {
        self.keep_node().await?;
        Ok(self.inner.db.begin().await?.with_bell(self.inner.bell.clone()))
    }

    /// As [`Store::begin`], with all that is read from one state of the database.
    async fn begin_counting(&self) -> Result<Tx, StoreError> {
        self.keep_node().await?;
        self.inner.db.begin_counting().await
    }

    async fn keep_node(&self) -> Result<(), StoreError> {
        self.inner.lease.renew(&self.inner.db, &self.inner.ids, self.now()).await
    }
}

/// A database belongs to one master key: with another one every original would be lost to the eye.
async fn check_key(db: &Db, vault: &Vault) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    tx.run(
        "INSERT INTO setting (name, value) VALUES ('vault', $1) ON CONFLICT (name) DO NOTHING",
        db::args![vault.fingerprint()],
    )
    .await?;
    let row = tx.row("SELECT value FROM setting WHERE name = 'vault'", vec![]).await?;
    tx.commit().await?;
    match row {
        Some(row) if row.text("value")? == vault.fingerprint() => Ok(()),
        _ => Err(StoreError::Bad(
            "this database was sealed with another master key; put the key file that belongs to it in place"
                .into(),
        )),
    }
}
