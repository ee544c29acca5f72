//! Searches that look into the texts: phrases, and the items that fit best.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use super::db::{Arg, Row, args};
use super::visibility::{self, bind};
use super::{ItemFilter, Listing, Page, Store, StoreError, item_of};
use crate::ids::{BadId, ItemId};
use crate::records::{Item, Viewer};
use crate::sought::{Fit, Sought, index_word, rank};

/// So many of the newest items that a search finds are ranked.
pub const RANKED: usize = 1_000;
/// So many items that have the words of a phrase are looked through for it at a time. A page of a list ends there, with a
/// cursor that goes on behind them; ranking looks no further.
pub const PHRASE_REACH: usize = 4_000;
/// Items are read in so many at a time, so that few of their texts are in memory at once.
const BATCH: usize = 200;

/// Where an item stands among those that fit best. It does not move while others come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BestPlace {
    rank: i64,
    item: ItemId,
}

/// A page of the items that fit best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BestPage {
    /// The last one of the page before; `None` for the first page.
    pub after: Option<BestPlace>,
    /// 1 to 200.
    pub size: i64,
}

/// One page of the items that fit best.
#[derive(Debug, Clone, PartialEq)]
pub struct BestItems {
    pub rows: Vec<Item>,
    /// Where the next page goes on, if there is one.
    pub next: Option<BestPlace>,
    /// How many were ranked, on all pages together.
    pub ranked: usize,
    /// There are older ones that were not ranked.
    pub more: bool,
}

impl fmt::Display for BestPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.rank, self.item)
    }
}

impl FromStr for BestPlace {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let none = || BadId(text.into());
        let (rank, item) = text.split_once('.').ok_or_else(none)?;
        Ok(Self { rank: rank.parse().map_err(|_| none())?, item: item.parse()? })
    }
}

impl Store {
    /// Items with phrases, newest first: what the index finds, looked through.
    pub(super) async fn items_with_phrases(
        &self,
        viewer: &Viewer,
        filter: &ItemFilter,
        page: Page,
    ) -> Result<Listing<Item>, StoreError> {
        let (mut rows, mut before, mut looked) = (Vec::new(), page.before(), 0);
        loop {
            let batch = self.items_before(viewer, filter, before, BATCH as i64).await?;
            let (last, full) = (batch.last().map(|item| item.id.0), batch.len() == BATCH);
            looked += batch.len();
            let keeps = |i: &Item| filter.sought.has_phrases(&i.content.title, &i.content.body);
            rows.extend(batch.into_iter().filter(keeps));
            match last {
                Some(last) if full && rows.len() as i64 <= page.size() => before = last,
                _ => return Ok(Listing::of(rows, page, |item| item.id.0)),
            }
            if looked >= PHRASE_REACH {
                return Ok(Listing { rows, next: Some(before) });
            }
        }
    }

    /// How many items with phrases there are among the newest that have their words.
    pub(super) async fn count_with_phrases(
        &self,
        viewer: &Viewer,
        filter: &ItemFilter,
    ) -> Result<i64, StoreError> {
        let mut texts = Texts::new(filter);
        let mut count = 0;
        while let Some(found) = texts.next(self, viewer).await? {
            count += found.len() as i64;
        }
        Ok(count)
    }

    /// Of the newest [`RANKED`] items that a search finds, those that fit it best, by [`Sought::fit`] and [`rank`]; of equal
    /// ones the younger first. Both databases order alike, as the figures are made here.
    pub async fn best_items(
        &self,
        viewer: &Viewer,
        filter: &ItemFilter,
        page: BestPage,
    ) -> Result<BestItems, StoreError> {
        let mut texts = Texts::new(filter);
        let mut places = Vec::new();
        while places.len() <= RANKED
            && let Some(found) = texts.next(self, viewer).await?
        {
            places.extend(self.ranked(&filter.sought, &found).await?);
        }
        let more = places.len() > RANKED || !texts.ended;
        places.truncate(RANKED);
        let ranked = places.len();
        places.sort_unstable_by(|a, b| b.cmp(a));
        let size = usize::try_from(page.size.clamp(1, 200)).unwrap_or(1);
        let behind = |place: &BestPlace| page.after.is_none_or(|after| *place < after);
        let mut shown: Vec<BestPlace> = places.into_iter().filter(behind).take(size + 1).collect();
        let goes_on = shown.len() > size;
        shown.truncate(size);
        let next = shown.last().copied().filter(|_| goes_on);
        Ok(BestItems { rows: self.items_at(viewer, &shown).await?, next, ranked, more })
    }

    /// The places of some items, newest first as they come.
    async fn ranked(&self, sought: &Sought, found: &[Text]) -> Result<Vec<BestPlace>, StoreError> {
        let mut whole = Vec::with_capacity(sought.words.len());
        for word in &sought.words {
            whole.push(self.having(&index_word(word), found).await?);
        }
        let place = |text: &Text| {
            let whole: Vec<bool> = whole.iter().map(|items| items.contains(&text.item)).collect();
            let fit = sought.fit(&Fit { title: &text.title, body: &text.body, whole: &whole });
            BestPlace { rank: rank(fit, text.first_seen_at), item: text.item }
        };
        Ok(found.iter().map(place).collect())
    }

    /// Those of some items, newest first as they come, for which the index has a word whole.
    async fn having(&self, word: &str, found: &[Text]) -> Result<HashSet<ItemId>, StoreError> {
        let (Some(newest), Some(oldest)) = (found.first(), found.last()) else { return Ok(HashSet::new()) };
        if word.is_empty() {
            return Ok(HashSet::new());
        }
        let mut values = Vec::new();
        let sql = if self.db().is_sqlite() {
            let mark = bind(&mut values, format!("\"{word}\""));
            // The plus keeps the list from being walked by a search each.
            format!("SELECT rowid AS id FROM item_words WHERE item_words MATCH {mark} AND +rowid")
        } else {
            let mark = bind(&mut values, format!("'{word}'"));
            format!(
                "SELECT item_id AS id FROM item_words WHERE words @@ to_tsquery('simple', {mark}) AND item_id"
            )
        };
        let marks: Vec<String> = found.iter().map(|text| bind(&mut values, text.item.0)).collect();
        let (from, to) = (bind(&mut values, oldest.item.0), bind(&mut values, newest.item.0));
        let key = if self.db().is_sqlite() { "rowid" } else { "item_id" };
        let sql = format!("{sql} IN ({}) AND {key} >= {from} AND {key} <= {to}", marks.join(", "));
        self.db().rows_aside(&sql, values).await?.iter().map(|row| row.int("id").map(ItemId)).collect()
    }

    /// The items of some places, in their order.
    async fn items_at(&self, viewer: &Viewer, places: &[BestPlace]) -> Result<Vec<Item>, StoreError> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let mut values = args![];
        let marks: Vec<String> = places.iter().map(|place| bind(&mut values, place.item.0)).collect();
        let seen = visibility::items(viewer, &mut values);
        let sql = format!("SELECT i.* FROM item i WHERE i.id IN ({}) AND {seen}", marks.join(", "));
        let mut items: Vec<Item> =
            self.db().rows(&sql, values).await?.iter().map(item_of).collect::<Result<_, _>>()?;
        items.sort_by_key(|item| places.iter().position(|place| place.item == item.id));
        Ok(items)
    }
}

/// What an item is ranked by.
struct Text {
    item: ItemId,
    title: String,
    body: String,
    first_seen_at: jiff::Timestamp,
}

/// Walks through the texts that a search finds, newest first.
struct Texts<'a> {
    filter: &'a ItemFilter,
    before: i64,
    looked: usize,
    /// There are no older ones.
    ended: bool,
}

impl<'a> Texts<'a> {
    fn new(filter: &'a ItemFilter) -> Self {
        Self { filter, before: i64::MAX, looked: 0, ended: false }
    }

    /// Those of the next batch that have the phrases; `None` at the end, or where the reach ends.
    async fn next(&mut self, store: &Store, viewer: &Viewer) -> Result<Option<Vec<Text>>, StoreError> {
        if self.ended || self.looked >= PHRASE_REACH {
            return Ok(None);
        }
        let mut values: Vec<Arg> = Vec::new();
        let condition = store.item_condition(viewer, self.filter, &mut values);
        let before = bind(&mut values, self.before);
        let limit = bind(&mut values, BATCH as i64);
        let sql = format!(
            "SELECT i.id, i.title, i.body, i.first_seen_at FROM item i WHERE {condition} AND i.id < {before}
             ORDER BY i.id DESC LIMIT {limit}"
        );
        let rows = store.found(self.filter, &sql, values).await?;
        let mut texts = rows.iter().map(text_of).collect::<Result<Vec<_>, _>>()?;
        self.looked += texts.len();
        self.ended = texts.len() < BATCH;
        self.before = texts.last().map_or(self.before, |text| text.item.0);
        texts.retain(|text| self.filter.sought.has_phrases(&text.title, &text.body));
        Ok(Some(texts))
    }
}

fn text_of(row: &Row) -> Result<Text, StoreError> {
    Ok(Text {
        item: ItemId(row.int("id")?),
        title: row.text("title")?,
        body: row.text("body")?,
        first_seen_at: row.time("first_seen_at")?,
    })
}
