//! Where records come from, how a source is doing, and what each run brought.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Channel, SourceSettings, words};
use crate::ids::{RunId, SourceId};

words! {
    /// What a source is read with.
    SourceKind {
        Feed => "feed", "订阅源";
        Sheet => "sheet", "表格";
        /// A list page of a site without a feed, read by CSS selectors.
        Page => "page", "网页列表";
        /// A folder that is watched for sheets.
        Folder => "folder", "文件夹";
        /// A platform sends records to `/api/v1/items`.
        Push => "push", "接口推送";
        /// Records are fetched as JSON from a platform's interface.
        Pull => "pull", "接口拉取";
        /// A server of Open311 GeoReport v2.
        Open311 => "open311", "Open311";
    }
}

impl SourceKind {
    /// Whether workers go and look by themselves.
    pub fn is_polled(self) -> bool {
        !matches!(self, Self::Sheet | Self::Push)
    }

    /// Whether it has a web address.
    pub fn has_url(self) -> bool {
        matches!(self, Self::Feed | Self::Page | Self::Pull | Self::Open311)
    }
}

words! {
    /// Who answers what this source brings.
    Mode {
        /// We open cases.
        Handle => "handle", "本县办理";
        /// Another platform answers; we watch.
        Mirror => "mirror", "平台镜像";
    }
}

/// A source of records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    pub id: SourceId,
    /// Unique, as an administrator calls it.
    pub name: String,
    pub kind: SourceKind,
    pub channel: Channel,
    pub mode: Mode,
    /// The web address of a feed, list page or interface.
    pub url: Option<String>,
    /// Records older than this open no case.
    pub cutoff: Option<Timestamp>,
    /// A host on a private network that this source may be fetched from all the same.
    pub allow_host: Option<String>,
    pub paused: bool,
    /// The column map saved for its sheets, as TOML.
    pub column_map: Option<String>,
    pub created_at: Timestamp,
    /// Seconds between two polls at the least.
    pub interval_s: i64,
    /// What its kind needs besides.
    pub settings: SourceSettings,
    /// Whether a secret (a header's value for its interface) is sealed with it.
    pub has_secret: bool,
    /// Whether a platform may push with a token.
    pub has_token: bool,
    /// Removed by an administrator: it brings nothing more and stays as the origin of its items.
    pub removed_at: Option<Timestamp>,
    pub health: SourceHealth,
}

/// What the last polls of a source showed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceHealth {
    /// When the source is polled next; `None` for a source that is not polled.
    pub next_at: Option<Timestamp>,
    pub last_success_at: Option<Timestamp>,
    pub last_tried_at: Option<Timestamp>,
    /// The last error in plain words; `None` once a poll succeeded again.
    pub last_error: Option<String>,
    /// Failures in a row.
    pub failures: i64,
    /// Validators of the last good answer, sent back for a conditional GET.
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// Where a permanent redirect leads; asked instead of the address given.
    pub moved_to: Option<String>,
    /// How far an interface that pages by a cursor was read.
    pub cursor: Option<String>,
    /// Seconds between polls by the source's own rhythm, as the last answer with content showed it.
    pub pace_s: Option<i64>,
}

impl Source {
    /// Whether both are read from one address.
    pub fn shares_address(&self, other: &Self) -> bool {
        self.id != other.id && self.url.is_some() && self.url == other.url
    }

    /// Whether an article that both bring is one item.
    pub fn shares_items(&self, other: &Self) -> bool {
        self.channel.is_published() && other.channel.is_published() && self.mode == other.mode
    }
}

/// The counts of one import or fetch. `read = new + updated + unchanged + quarantined`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRun {
    pub read: i64,
    pub new: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub quarantined: i64,
}

impl SourceRun {
    /// The counts of both runs together.
    pub fn and(self, other: Self) -> Self {
        Self {
            read: self.read + other.read,
            new: self.new + other.new,
            updated: self.updated + other.updated,
            unchanged: self.unchanged + other.unchanged,
            quarantined: self.quarantined + other.quarantined,
        }
    }
}

/// A finished run as a page lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FinishedRun {
    pub id: RunId,
    pub source: SourceId,
    pub at: Timestamp,
    /// The file's name or the address.
    pub what: String,
    pub counts: SourceRun,
    pub error: Option<String>,
}
