//! The figures by channel, topic and town.

use std::collections::{BTreeMap, BTreeSet};

use qingting_models::county::{TopicCode, Town};
use qingting_models::records::{Channel, ReportConcentration, ReportShare};
use qingting_models::store::{ItemCell, SpanCounts};

use super::{LEAST_TOLD, Reckoner};

/// So many pairs of town and topic are told.
const CONCENTRATED: usize = 8;

impl Reckoner<'_> {
    /// Shares by a mark of the items, in the given order; what the order does not know comes after it, what has no mark last.
    fn shares(
        &self,
        order: &[(String, String)],
        none: &str,
        mark: impl Fn(&ItemCell) -> Option<String>,
    ) -> Vec<ReportShare> {
        let spans = [&self.counts.now, &self.counts.before, &self.counts.year_ago];
        let known: BTreeSet<&str> = order.iter().map(|(code, _)| code.as_str()).collect();
        let marks: BTreeSet<Option<String>> =
            spans.iter().flat_map(|span| span.cells.iter().map(&mark)).collect();
        let others = marks.iter().flatten().filter(|code| !known.contains(code.as_str()));
        let all = order.iter().map(|(code, name)| (Some(code.clone()), name.clone()));
        let all = all.chain(others.map(|code| (Some(code.clone()), code.clone())));
        let share = |(code, name): (Option<String>, String)| {
            let of = |span: &SpanCounts| {
                span.cells.iter().filter(|cell| mark(cell) == code).map(|cell| cell.items).sum()
            };
            ReportShare { count: self.compared(of), code, name }
        };
        all.chain([(None, none.to_owned())])
            .map(share)
            .filter(|share| {
                let count = share.count;
                count.now > 0 || count.before.unwrap_or(0) > 0 || count.year_ago.unwrap_or(0) > 0
            })
            .collect()
    }

    pub(super) fn channels(&self) -> Vec<ReportShare> {
        let order: Vec<(String, String)> = Channel::ALL
            .iter()
            .map(|channel| (channel.code().to_owned(), channel.label().to_owned()))
            .collect();
        self.shares(&order, "", |cell| Some(cell.channel.code().to_owned()))
    }

    pub(super) fn topics(&self) -> Vec<ReportShare> {
        let fields = self.county.taxonomy.fields().iter();
        let order: Vec<(String, String)> =
            fields.map(|field| (field.code.to_string(), field.name.clone())).collect();
        let mut shares =
            self.shares(&order, "不涉诉求话题", |cell| cell.topic.as_ref().map(TopicCode::to_string));
        shares.sort_by_key(|share| (share.code.is_none(), std::cmp::Reverse(share.count.now)));
        shares
    }

    pub(super) fn towns(&self) -> Vec<ReportShare> {
        let towns = self.county.departments.towns().map(|town| town.as_str().to_owned());
        let order: Vec<(String, String)> = towns.map(|town| (town.clone(), town)).collect();
        self.shares(&order, "未定位", |cell| cell.town.as_ref().map(|town| town.as_str().to_owned()))
    }

    /// The most demands of one topic in one town; those of few are no concentration.
    pub(super) fn concentrated(&self) -> Vec<ReportConcentration> {
        let mut pairs: BTreeMap<(&Town, &TopicCode), i64> = BTreeMap::new();
        for cell in self.counts.now.cells.iter().filter(|cell| cell.channel != Channel::News) {
            if let (Some(town), Some(topic)) = (&cell.town, &cell.topic) {
                *pairs.entry((town, topic)).or_default() += cell.items;
            }
        }
        let mut pairs: Vec<((&Town, &TopicCode), i64)> =
            pairs.into_iter().filter(|(_, demands)| *demands >= LEAST_TOLD).collect();
        pairs.sort_by_key(|(_, demands)| -demands);
        pairs.truncate(CONCENTRATED);
        let of = |town: &Town, topic: &TopicCode, span: &SpanCounts| {
            let cells = span.cells.iter().filter(|cell| {
                cell.channel != Channel::News
                    && cell.town.as_ref() == Some(town)
                    && cell.topic.as_ref() == Some(topic)
            });
            cells.map(|cell| cell.items).sum()
        };
        let told = |((town, topic), _): ((&Town, &TopicCode), i64)| ReportConcentration {
            town: town.clone(),
            topic: topic.clone(),
            name: self.county.taxonomy.name(topic).to_owned(),
            count: self.compared(|span| of(town, topic, span)),
        };
        pairs.into_iter().map(told).collect()
    }
}
