//! Reads quarantined rows again: by the rules of today, or as a person has mended them.

use qingting_models::ids::QuarantineId;
use qingting_models::records::{Actor, ClosedRow, RejectForm, RejectKind, RowPlace, Source, SourceKind};
use qingting_models::store::{Arrival, Fate, Store, StoreError};
use serde_json::Value;
use url::Url;

use crate::feed::{self, FeedEntry, html_to_text};
use crate::import::saved_map;
use crate::prepare::{prepare, record_of_entry};
use crate::pull::json::{BadRecord, Mapping};
use crate::pull::open311;
use crate::push;
use crate::record::RawRecord;
pub use crate::sheet::Fault;
use crate::sheet::{self, BadMap};

/// A row that stays in quarantine.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("there is no quarantined row with this number")]
    NotFound,
    #[error("the row was dealt with already: {}", if .0.replayed { "read" } else { "dismissed" })]
    Closed(ClosedRow),
    #[error("the row belongs to another source than {0}")]
    OtherSource(String),
    #[error("the row still cannot be read{}: {}", .0.column.as_ref().map(|c| format!(", column {c}")).unwrap_or_default(), .0.reason)]
    StillBad(Fault),
    #[error(
        "something else was stored of this record since the row came, so that the row may be the older: replay it over that, or dismiss it"
    )]
    MayBeOutdated,
    #[error("the column map saved with the source cannot be used: {0}")]
    Map(#[from] BadMap),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of a row that was read after all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    pub fate: Fate,
}

/// Reads a quarantined row again by the present rules and the column map of its source.
///
/// `original` is the row's sealed content by its form, see [`RejectForm`], or that content mended.
///
/// # Errors
/// [`Fault`] when the row is still bad, in the words of its reader.
pub fn reread(
    source: &Source,
    form: RejectForm,
    original: &Value,
    place: &RowPlace,
) -> Result<Arrival, Fault> {
    let map = saved_map(source).map_err(|wrong| fault(RejectKind::Header, wrong.to_string()))?;
    let record = match form {
        RejectForm::Row => sheet::row(original, map.as_ref(), place)?,
        RejectForm::Line => sheet::line(original, map.as_ref(), place)?,
        RejectForm::Markup => entry(parsed(original)?)?,
        RejectForm::Entry => entry(read_entry(original)?)?,
        RejectForm::Json => json_record(source, original)?,
    };
    Ok(prepare(record))
}

/// Reads a quarantined row again, or `mended` in its stead, and takes it into its source. Stopped anywhere and run
/// again it comes to the same: the store knows the record, and the row leaves the quarantine last. What may have come
/// later of the same record is written `over` only when a person says so.
///
/// # Errors
/// When the row is not there, was dealt with, still cannot be read, or may be older than what is stored; and when the
/// store fails.
pub async fn replay(
    store: &Store,
    source: &Source,
    row: QuarantineId,
    mended: Option<Value>,
    over: bool,
    actor: Actor,
) -> Result<Replayed, ReplayError> {
    let row = store.quarantined(row).await?.ok_or(ReplayError::NotFound)?;
    if row.source != source.id {
        return Err(ReplayError::OtherSource(source.name.clone()));
    }
    if let Some(closed) = row.closed {
        return Err(ReplayError::Closed(closed));
    }
    let original = match mended {
        Some(mended) => mended,
        None => store.quarantined_original(row.id).await?,
    };
    let arrival = reread(source, row.form, &original, &row.place).map_err(ReplayError::StillBad)?;
    if !over && store.may_be_outdated(source, &arrival, row.at).await? {
        return Err(ReplayError::MayBeOutdated);
    }
    let taken = store.take_in(source, vec![arrival], Vec::new()).await?;
    store.close_quarantined(row.id, true, "", actor).await?;
    Ok(Replayed { fate: taken.fates.first().copied().unwrap_or(Fate::Unchanged) })
}

fn entry(entry: FeedEntry) -> Result<RawRecord, Fault> {
    if entry.title.is_empty() && entry.body.is_empty() {
        let reason = "the entry has neither a title nor a text; one of them is needed";
        return Err(fault(RejectKind::NoText, reason.into()));
    }
    Ok(record_of_entry(entry))
}

/// The entry of a feed from its markup alone, `{"markup": "<item>...</item>"}`.
fn parsed(original: &Value) -> Result<FeedEntry, Fault> {
    let lost = |reason: String| fault(RejectKind::Entry, reason);
    let markup = original.get("markup").and_then(Value::as_str).unwrap_or_default().trim();
    let document = match markup.as_bytes() {
        [b'{', ..] => format!(
            "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"\",\"items\":[{markup}]}}"
        ),
        _ if markup.starts_with("<entry") => {
            format!("<feed xmlns=\"http://www.w3.org/2005/Atom\"><title/>{markup}</feed>")
        }
        _ => format!("{RSS}{markup}</channel></rss>"),
    };
    let mut document =
        feed::parse(document.as_bytes(), Some("utf-8"), None).map_err(|wrong| lost(wrong.to_string()))?;
    match (document.entries.pop(), document.lost.pop()) {
        (Some(entry), _) => Ok(entry),
        (None, Some(still)) => Err(lost(still.reason)),
        (None, None) => Err(lost("the entry has no content".into())),
    }
}

/// The beginning of an RSS document with the namespaces that entries use.
const RSS: &str = "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
    xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:media=\"http://search.yahoo.com/mrss/\" \
    xmlns:georss=\"http://www.georss.org/georss\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><title/>";

/// The entry of a feed or page as [`record_of_entry`] keeps it.
fn read_entry(original: &Value) -> Result<FeedEntry, Fault> {
    let text = |key: &str| original.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let html = text("body");
    let published = text("published");
    let published = sheet::times::parse_cell(&published).map_err(|wrong| Fault {
        kind: RejectKind::Time,
        column: Some("published".into()),
        reason: wrong.to_string(),
    })?;
    Ok(FeedEntry {
        id: text("id"),
        title: text("title"),
        url: Some(text("url")).filter(|url| !url.is_empty()),
        published,
        body: html_to_text(&html),
        html,
        ..FeedEntry::default()
    })
}

/// A record of an interface, by the rule of its source.
fn json_record(source: &Source, original: &Value) -> Result<RawRecord, Fault> {
    let told = |BadRecord { kind, path, reason }: BadRecord| Fault { kind, column: path, reason };
    match (source.kind, &source.settings.pull) {
        (SourceKind::Pull, Some(rule)) => {
            let mapping = Mapping::of(rule).map_err(|wrong| fault(RejectKind::Field, wrong.to_string()))?;
            let url = source.url.as_deref().and_then(|url| Url::parse(url).ok());
            let url = url.ok_or_else(|| fault(RejectKind::Other, "the source has no address".into()))?;
            mapping.record(original, &url).map_err(told)
        }
        (SourceKind::Open311, _) => {
            let id = original.get("service_request_id");
            let id =
                id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)).unwrap_or_default();
            open311::record(original, &id).map_err(told)
        }
        (SourceKind::Push, _) => push::read_again(original.clone()).map_err(|bad| Fault {
            kind: bad.kind,
            column: bad.field,
            reason: bad.reason,
        }),
        _ => {
            let reason = format!("a source of kind {} has no rule to read this record by", source.kind);
            Err(fault(RejectKind::Other, reason))
        }
    }
}

fn fault(kind: RejectKind, reason: String) -> Fault {
    Fault { kind, column: None, reason }
}
