//! Typed, time-ordered identifiers made by the application.
//!
//! An id is a positive 63-bit integer: 41 bits of milliseconds since 2020-01-01 UTC, 10 bits of the
//! process's node number (claimed from the store, so two processes never share one), 12 bits of
//! sequence. As an integer it is the row id of SQLite and a BIGINT of PostgreSQL; outside it is
//! written as 13 characters of Crockford base 32, which sort as the numbers do.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const EPOCH_MS: i64 = 1_577_836_800_000;
const NODE_BITS: u32 = 10;
const SEQUENCE_BITS: u32 = 12;
/// How many node numbers there are; a process takes one of `0..NODES`.
pub const NODES: u16 = 1 << NODE_BITS;
const SEQUENCES: i64 = 1 << SEQUENCE_BITS;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LETTERS: usize = 13;

/// A text that is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no id; an id is 13 characters of 0-9 and a-z without i, l, o, u")]
pub struct BadId(pub(crate) String);

/// Makes ids that rise with time and never repeat within one node number.
#[derive(Debug)]
pub struct IdSource {
    node: AtomicI64,
    last: Mutex<(i64, i64)>,
}

impl IdSource {
    /// A source for the node number `node % NODES`.
    pub fn new(node: u16) -> Self {
        Self { node: AtomicI64::new(i64::from(node % NODES)), last: Mutex::new((0, 0)) }
    }

    /// Goes on with another node number, when the lease of the first was lost.
    pub fn use_node(&self, node: u16) {
        self.node.store(i64::from(node % NODES), Ordering::SeqCst);
    }

    /// The time of the last id.
    pub fn reached(&self) -> Timestamp {
        let (ms, _) = *self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Timestamp::from_millisecond(EPOCH_MS + ms).unwrap_or(Timestamp::MAX)
    }

    /// The next id, at or after `now`. When the clock stands still or runs back, the sequence and
    /// then the millisecond go on from the last id, so ids of one source always rise.
    pub fn next<I: From<i64>>(&self, now: Timestamp) -> I {
        let wanted = (now.as_millisecond() - EPOCH_MS).max(0);
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *last = match *last {
            (ms, _) if wanted > ms => (wanted, 0),
            (ms, seq) if seq + 1 < SEQUENCES => (ms, seq + 1),
            (ms, _) => (ms + 1, 0),
        };
        let node = self.node.load(Ordering::SeqCst);
        I::from((last.0 << (NODE_BITS + SEQUENCE_BITS)) | (node << SEQUENCE_BITS) | last.1)
    }
}

/// No id that was made before a time is as high, and none from it on lower.
pub(crate) fn first_id_at(at: Timestamp) -> i64 {
    (at.as_millisecond() - EPOCH_MS).max(0) << (NODE_BITS + SEQUENCE_BITS)
}

fn encode(value: i64) -> String {
    let mut text = [0u8; LETTERS];
    let mut rest = value as u64;
    for slot in text.iter_mut().rev() {
        *slot = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    text.iter().map(|b| char::from(*b)).collect()
}

fn decode(text: &str) -> Result<i64, BadId> {
    let bad = || BadId(text.chars().take(40).collect());
    if text.len() != LETTERS {
        return Err(bad());
    }
    let mut value: u64 = 0;
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|a| *a == byte).ok_or_else(bad)?;
        value = value.checked_mul(32).ok_or_else(bad)? | digit as u64;
    }
    i64::try_from(value).map_err(|_| bad())
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
        #[sqlx(transparent)]
        pub struct $name(pub i64);

        impl From<i64> for $name {
            fn from(value: i64) -> Self { Self(value) }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&encode(self.0)) }
        }
        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> { decode(text).map(Self) }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.collect_str(self) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A source of records.
    SourceId,
    /// One article, call or complaint.
    ItemId,
    /// One judgement of an item, by the model or a person.
    JudgementId,
    /// A row that could not be read.
    QuarantineId,
    /// A case (工单).
    CaseId,
    /// One running or met clock of a case.
    ClockId,
    /// A department's reply.
    ReplyId,
    /// One line of a case's timeline.
    TimelineId,
    /// A rating by the resident.
    RatingId,
    /// A person who may log in.
    UserId,
    ViewId,
    /// One line of the audit log.
    AuditId,
    /// One import or fetch run.
    RunId,
    /// One sealed original.
    SealedId,
    /// Items about one matter (事件).
    IncidentId,
    /// One change of an item's incident.
    MoveId,
    /// A rule that raises alerts.
    AlertRuleId,
    /// A rule that fired for an incident (预警).
    AlertId,
    /// A time in which a rule stays silent.
    SilenceId,
    /// Answers that were sent back together (回填批次).
    BackfillBatchId,
    /// Something that happened of which somebody is to be told.
    NoticeEventId,
    /// That one user was told (通知).
    NoticeId,
    /// A rule that says who is told by which way.
    NoticeRuleId,
    /// A way out of the house: a mail server, a group's robot ...
    NoticeChannelId,
    /// A message on its way to one receiver.
    DeliveryId,
    /// A time of duty of one person.
    ShiftId,
    /// An agreed wording (口径).
    LineId,
    /// A template of replies.
    TemplateId,
    /// A draft that another one overtook.
    DraftId,
    /// A report that is kept (周报 and others).
    ReportId,
    /// A token by which a program acts for a user.
    TokenId,
    /// A file that was added to a case (附件).
    AttachmentId,
    /// Something that happened, for programs of others.
    OutEventId,
    /// An address that such events are sent to.
    WebhookId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_even_when_the_clock_stands_or_runs_back() {
        let source = IdSource::new(7);
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let mut last: ItemId = source.next(at);
        for step in 0..10_000 {
            let now = if step % 3 == 0 { at } else { Timestamp::from_second(1_700_000_000).unwrap() };
            let next: ItemId = source.next(now);
            assert!(next > last);
            last = next;
        }
    }

    #[test]
    fn an_id_reads_back_from_its_text_and_sorts_like_it() {
        let source = IdSource::new(1023);
        let first: CaseId = source.next(Timestamp::from_second(1_600_000_000).unwrap());
        let second: CaseId = source.next(Timestamp::from_second(1_900_000_000).unwrap());
        assert_eq!(first.to_string().parse::<CaseId>().unwrap(), first);
        assert!(first.to_string() < second.to_string());
        for wrong in ["", "abc", "zzzzzzzzzzzzz", "0123456789abI", "0123456789ab\u{6c49}"] {
            assert!(wrong.parse::<CaseId>().is_err(), "{wrong}");
        }
    }
}
