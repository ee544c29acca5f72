//! Reads items, their history and their judgements, and opens the sealed original.

use jiff::Timestamp;
use serde_json::json;

use super::db::{Arg, Row, Tx, args};
use super::visibility::{self, bind};
use super::{Listing, Page, Store, StoreError};
use crate::county::{TopicCode, Town};
use crate::ids::{CaseId, ItemId, SealedId, SourceId};
use crate::records::{
    Actor, CallerContact, Channel, Item, ItemContent, ItemVersion, Judgement, Kind, Subject, Urgency, Viewer,
};
use crate::sought::{Sought, index_word};
use crate::vault::{Sealed, VaultError};

/// Which items a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ItemState {
    /// Judged, without a case, neither dismissed nor archived: what waits for a person.
    #[default]
    Open,
    /// Of those, the ones that the model was not sure of.
    Unsure,
    WithCase,
    Dismissed,
    /// Older than the cut-off, finished upstream or mirrored.
    Archived,
    All,
}

/// Filters of the item list; all that are set must hold.
#[derive(Debug, Clone, Default)]
pub struct ItemFilter {
    pub state: ItemState,
    pub channel: Option<Channel>,
    pub topic: Option<TopicCode>,
    pub town: Option<Town>,
    pub urgency_min: Option<Urgency>,
    pub source: Option<SourceId>,
    /// What must occur in the texts.
    pub sought: Sought,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Those that came after this one.
    pub newer: Option<ItemId>,
}

impl Store {
    /// The item, if the viewer may see it.
    pub async fn item(&self, viewer: &Viewer, id: ItemId) -> Result<Option<Item>, StoreError> {
        let mut values = args![id.0];
        let seen = visibility::items(viewer, &mut values);
        let sql = format!("SELECT i.* FROM item i WHERE i.id = $1 AND {seen}");
        self.db().row(&sql, values).await?.as_ref().map(item_of).transpose()
    }

    /// Items newest first. Of a search for phrases a page may hold fewer than fit on it, see
    /// [`PHRASE_REACH`](super::PHRASE_REACH).
    pub async fn items(
        &self,
        viewer: &Viewer,
        filter: &ItemFilter,
        page: Page,
    ) -> Result<Listing<Item>, StoreError> {
        if !filter.sought.phrases.is_empty() {
            return self.items_with_phrases(viewer, filter, page).await;
        }
        let rows = self.items_before(viewer, filter, page.before(), page.size() + 1).await?;
        Ok(Listing::of(rows, page, |item| item.id.0))
    }

    /// At most `limit` items that the database finds, newest first; phrases are not asked for.
    pub(super) async fn items_before(
        &self,
        viewer: &Viewer,
        filter: &ItemFilter,
        before: i64,
        limit: i64,
    ) -> Result<Vec<Item>, StoreError> {
        let mut values = Vec::new();
        let condition = self.item_condition(viewer, filter, &mut values);
        let before = bind(&mut values, before);
        let limit = bind(&mut values, limit);
        let sql = format!(
            "SELECT i.* FROM item i WHERE {condition} AND i.id < {before} ORDER BY i.id DESC LIMIT {limit}"
        );
        self.db().rows(&sql, values).await?.iter().map(item_of).collect()
    }

    /// Reads what is counted or ranked of what a filter finds; what is sought by words on the replica, where there is one. What
    /// is shown is read on the database itself: it may have turned confidential a moment ago.
    pub(super) async fn found(
        &self,
        filter: &ItemFilter,
        sql: &str,
        values: Vec<Arg>,
    ) -> Result<Vec<Row>, StoreError> {
        if filter.sought.is_empty() {
            self.db().rows(sql, values).await
        } else {
            self.db().rows_aside(sql, values).await
        }
    }

    /// How many items a filter finds; with phrases, among the newest [`PHRASE_REACH`](super::PHRASE_REACH) that have their words.
    pub async fn count_items(&self, viewer: &Viewer, filter: &ItemFilter) -> Result<i64, StoreError> {
        if !filter.sought.phrases.is_empty() {
            return self.count_with_phrases(viewer, filter).await;
        }
        let mut values = Vec::new();
        let condition = self.item_condition(viewer, filter, &mut values);
        let sql = format!("SELECT count(*) FROM item i WHERE {condition}");
        let counted = self.found(filter, &sql, values).await?;
        Ok(counted.first().map(|row| row.int_at(0)).transpose()?.flatten().unwrap_or(0))
    }

    pub(super) fn item_condition(
        &self,
        viewer: &Viewer,
        filter: &ItemFilter,
        values: &mut Vec<Arg>,
    ) -> String {
        let mut all = vec![visibility::items(viewer, values)];
        // What a person found to be nothing for the county, and news that the model surely finds so, waits for nobody.
        const WAITING: &str =
            "i.case_id IS NULL AND i.dismissed IS NULL AND i.archived IS NULL AND i.judged_version > 0
             AND NOT (i.main_topic IS NULL AND NOT i.unsure AND (i.judged_by_person OR i.channel = 'news'))";
        match filter.state {
            ItemState::Open => all.push(WAITING.into()),
            ItemState::Unsure => all.push(format!("{WAITING} AND i.unsure")),
            ItemState::WithCase => all.push("i.case_id IS NOT NULL".into()),
            ItemState::Dismissed => all.push("i.dismissed IS NOT NULL".into()),
            ItemState::Archived => all.push("i.archived IS NOT NULL".into()),
            ItemState::All => {}
        }
        if let Some(channel) = filter.channel {
            all.push(format!("i.channel = {}", bind(values, channel.code())));
        }
        if let Some(topic) = &filter.topic {
            all.push(format!("i.main_topic = {}", bind(values, topic.as_str())));
        }
        if let Some(town) = &filter.town {
            all.push(format!("i.town = {}", bind(values, town.as_str())));
        }
        if let Some(urgency) = filter.urgency_min {
            all.push(format!("i.urgency >= {}", bind(values, i64::from(u8::from(urgency)))));
        }
        if let Some(source) = filter.source {
            all.push(format!("i.source_id = {}", bind(values, source.0)));
        }
        if let Some(since) = filter.since {
            all.push(format!("i.first_seen_at >= {}", bind(values, since)));
        }
        if let Some(until) = filter.until {
            all.push(format!("i.first_seen_at < {}", bind(values, until)));
        }
        if let Some(newer) = filter.newer {
            all.push(format!("i.id > {}", bind(values, newer.0)));
        }
        if let Some(words) = self.words_condition(&filter.sought.index_words(), values) {
            all.push(words);
        }
        all.join(" AND ")
    }

    /// Full text: each word, of letters and digits alone, as a prefix, all of them.
    fn words_condition(&self, words: &[String], values: &mut Vec<Arg>) -> Option<String> {
        if words.is_empty() {
            return None;
        }
        Some(if self.db().is_sqlite() {
            let query: Vec<String> = words.iter().map(|w| format!("\"{w}\"*")).collect();
            let mark = bind(values, query.join(" AND "));
            format!("i.id IN (SELECT rowid FROM item_words WHERE item_words MATCH {mark})")
        } else {
            let query: Vec<String> = words.iter().map(|w| format!("'{w}':*")).collect();
            let mark = bind(values, query.join(" & "));
            format!("i.id IN (SELECT item_id FROM item_words WHERE words @@ to_tsquery('simple', {mark}))")
        })
    }

    /// Full text: the items with at least one of the words.
    pub(super) fn any_word_condition(&self, words: &[String], values: &mut Vec<Arg>) -> Option<String> {
        let clean: Vec<String> =
            words.iter().map(|w| index_word(w)).filter(|w| !w.is_empty()).take(32).collect();
        if clean.is_empty() {
            return None;
        }
        Some(if self.db().is_sqlite() {
            let query: Vec<String> = clean.iter().map(|w| format!("\"{w}\"")).collect();
            let mark = bind(values, query.join(" OR "));
            format!("i.id IN (SELECT rowid FROM item_words WHERE item_words MATCH {mark})")
        } else {
            let query: Vec<String> = clean.iter().map(|w| format!("'{w}'")).collect();
            let mark = bind(values, query.join(" | "));
            format!("i.id IN (SELECT item_id FROM item_words WHERE words @@ to_tsquery('simple', {mark}))")
        })
    }

    /// Earlier versions, newest first.
    pub async fn item_versions(&self, viewer: &Viewer, id: ItemId) -> Result<Vec<ItemVersion>, StoreError> {
        if self.item(viewer, id).await?.is_none() {
            return Ok(Vec::new());
        }
        let sql = "SELECT * FROM item_version WHERE item_id = $1 ORDER BY version DESC LIMIT 100";
        self.db().rows(sql, args![id.0]).await?.iter().map(version_of).collect()
    }

    /// All judgements, newest first.
    pub async fn judgements(&self, viewer: &Viewer, id: ItemId) -> Result<Vec<Judgement>, StoreError> {
        if self.item(viewer, id).await?.is_none() {
            return Ok(Vec::new());
        }
        let sql = "SELECT body FROM judgement WHERE item_id = $1 ORDER BY id DESC LIMIT 100";
        self.db().rows(sql, args![id.0]).await?.iter().map(|row| row.json("body")).collect()
    }

    /// Opens the original. The look is written to the audit log, with its reason's length only, before anything is shown.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the viewer may not see the item, [`StoreError::Bad`] without a reason,
    /// [`VaultError::Erased`] when there is none any more.
    pub async fn unmask_item(
        &self,
        viewer: &Viewer,
        id: ItemId,
        reason: &str,
        actor: Actor,
    ) -> Result<serde_json::Value, StoreError> {
        let reason = crate::text::mask(reason.trim()).text;
        if reason.chars().count() < 2 {
            return Err(StoreError::Bad(
                "a look behind the mask needs a reason of two characters or more".into(),
            ));
        }
        let item = self.item(viewer, id).await?.ok_or(StoreError::NotFound("item"))?;
        let reason_digest = self.vault().digest("reason", reason.as_bytes());
        let mut tx = self.begin().await?;
        let detail = json!({"version": item.version, "reason_digest": &reason_digest[..16]});
        let line = self.audit_in(&mut tx, actor, "item.unmask", Subject::Item(id), detail).await?;
        // The words of the reason may name a person, so they are kept sealed beside the log, never in it.
        self.seal_as(&mut tx, SealedId(line.0), &json!({"reason": reason}).to_string()).await?;
        let plain = self.unseal_in(&mut tx, item.sealed).await?;
        tx.commit().await?;
        Ok(plain)
    }

    /// How the one who called can be reached, for the program's own checks of what is published. Nobody is shown it: a
    /// person looks by [`Store::unmask_item`], which is logged.
    pub async fn contact_for_checks(&self, id: ItemId) -> Result<CallerContact, StoreError> {
        let item = self.item(&Viewer::SYSTEM, id).await?.ok_or(StoreError::NotFound("item"))?;
        match self.unseal(item.sealed).await {
            Ok(original) => Ok(CallerContact::of(&original)),
            // There is nothing left that could slip out.
            Err(StoreError::Vault(VaultError::Erased)) => Ok(CallerContact::default()),
            Err(error) => Err(error),
        }
    }

    /// Opens a sealed value for reading alone, beside whoever writes.
    pub(super) async fn unseal(&self, id: SealedId) -> Result<serde_json::Value, StoreError> {
        let row = self.db().row("SELECT wrapped_key, body FROM sealed WHERE id = $1", args![id.0]).await?;
        self.open_sealed(row)
    }

    /// Opens a sealed value within a transaction.
    pub(super) async fn unseal_in(&self, tx: &mut Tx, id: SealedId) -> Result<serde_json::Value, StoreError> {
        let row = tx.row("SELECT wrapped_key, body FROM sealed WHERE id = $1", args![id.0]).await?;
        self.open_sealed(row)
    }

    pub(super) fn open_sealed(&self, row: Option<Row>) -> Result<serde_json::Value, StoreError> {
        let row = row.ok_or(StoreError::NotFound("sealed original"))?;
        let sealed = Sealed { wrapped_key: row.bytes("wrapped_key")?, body: row.bytes("body")? };
        serde_json::from_slice(&self.vault().open(&sealed)?).map_err(|e| StoreError::Bad(e.to_string()))
    }

    /// Sets an item aside with a reason; it opens no case until it is restored.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or [`StoreError::Bad`] when it has a case or no reason is given.
    pub async fn dismiss_item(
        &self,
        viewer: &Viewer,
        id: ItemId,
        reason: &str,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let reason = crate::text::mask(reason.trim()).text;
        if reason.is_empty() {
            return Err(StoreError::Bad("dismissing needs a reason".into()));
        }
        self.item(viewer, id).await?.ok_or(StoreError::NotFound("item"))?;
        let sql = "UPDATE item SET dismissed = $1 WHERE id = $2 AND case_id IS NULL";
        self.change_item(sql, args![reason, id.0], id, "item.dismiss", actor).await
    }

    /// Takes a dismissal back.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn restore_item(&self, viewer: &Viewer, id: ItemId, actor: Actor) -> Result<(), StoreError> {
        self.item(viewer, id).await?.ok_or(StoreError::NotFound("item"))?;
        let sql = "UPDATE item SET dismissed = NULL WHERE id = $1";
        self.change_item(sql, args![id.0], id, "item.restore", actor).await
    }

    async fn change_item(
        &self,
        sql: &str,
        values: Vec<Arg>,
        id: ItemId,
        action: &str,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        if tx.run(sql, values).await? == 0 {
            return Err(StoreError::Bad("the item has a case already".into()));
        }
        self.audit_in(&mut tx, actor, action, Subject::Item(id), json!({})).await?;
        tx.commit().await
    }
}

pub(super) fn item_of(row: &Row) -> Result<Item, StoreError> {
    Ok(Item {
        id: ItemId(row.int("id")?),
        source: SourceId(row.int("source_id")?),
        external_id: row.text("external_id")?,
        channel: row.code("channel")?,
        version: row.int("version")?,
        content: content_of(row)?,
        first_seen_at: row.time("first_seen_at")?,
        updated_at: row.time("updated_at")?,
        archived: row.opt_text("archived")?,
        judged_version: row.int("judged_version")?,
        judged_by_person: row.flag("judged_by_person")?,
        main_topic: row.opt_text("main_topic")?.map(TopicCode::from),
        topics: row.json("topics")?,
        topic_score: row.opt_real("topic_score")?.map(|score| score as f32),
        unsure: row.flag("unsure")?,
        kind: row.opt_text("kind")?.as_deref().and_then(Kind::from_code),
        urgency: Urgency::try_from(u8::try_from(row.int("urgency")?).unwrap_or(u8::MAX))
            .map_err(StoreError::Bad)?,
        town: row.opt_text("town")?.map(Town::from),
        office: row.opt_text("office")?,
        confidential: row.flag("confidential")?,
        dismissed: row.opt_text("dismissed")?,
        case: row.opt_int("case_id")?.map(CaseId),
        sealed: SealedId(row.int("sealed_id")?),
        erased_at: row.opt_time("erased_at")?,
        withdrawn_at: row.opt_time("withdrawn_at")?,
        language: row.opt_text("language")?,
        appearances: row.int("appearances")?,
    })
}

fn content_of(row: &Row) -> Result<ItemContent, StoreError> {
    Ok(ItemContent {
        title: row.text("title")?,
        body: row.text("body")?,
        url: row.opt_text("url")?,
        occurred_at: row.opt_time("occurred_at")?,
        upstream: row.json("upstream")?,
    })
}

pub(super) fn version_of(row: &Row) -> Result<ItemVersion, StoreError> {
    Ok(ItemVersion {
        version: row.int("version")?,
        content: content_of(row)?,
        replaced_at: row.time("replaced_at")?,
        sealed: SealedId(row.int("sealed_id")?),
    })
}
