//! A brief (专报) on one incident: what happened, how it spread, what people ask, what was done, what to do next.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use qingting_models::clock::{local, local_date, minute_text};
use qingting_models::county::{BRIEF_CHAPTERS, ReportSentence};
use qingting_models::ids::{CaseId, IncidentId};
use qingting_models::records::{
    Asked, Brief, BriefCase, Case, Channel, Item, Membership, Reply, ReplyReview, ReportDay, ReportItem,
    Viewer, days_apart,
};
use qingting_models::store::StoreError;
use qingting_models::text::fill;

use super::chapters::{Judgements, NUMERALS, add_judgement};
use super::document::{Block, Cell, Chapter, Chart, Column, Document, Table};
use super::drawing;
use crate::desk::Desk;

/// So many items of an incident are read; of a larger one the latest.
const READ: i64 = 1_000;
/// So many are quoted.
const QUOTED: usize = 12;
/// The first characters of what a caller said.
const QUOTE_CHARS: usize = 80;
/// A drawing has at most so many days.
const DRAWN_DAYS: i32 = 62;

impl Desk {
    /// The brief on an incident as the viewer may see it, with the items that it tells of; `None` where there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn brief(
        &self,
        viewer: &Viewer,
        id: IncidentId,
    ) -> Result<Option<(Brief, Vec<ReportItem>)>, StoreError> {
        let Some(incident) = self.store().incident(viewer, id).await? else { return Ok(None) };
        let cutoff = self.store().now();
        let members = self.store().members(viewer, incident.id, READ).await?;
        let mut ids: Vec<CaseId> = members.iter().filter_map(|(item, _)| item.case).collect();
        ids.sort_unstable();
        ids.dedup();
        let cases = self.store().cases_of_ids(viewer, &ids).await?;
        let ids: Vec<CaseId> = cases.iter().map(|case| case.id).collect();
        let mut replies = self.store().replies_to(&ids).await?;
        let numbers: BTreeMap<CaseId, (String, String)> =
            cases.iter().map(|case| (case.id, (case.number.clone(), case.state.code().to_owned()))).collect();
        let mut cases: Vec<BriefCase> = cases
            .iter()
            .map(|case| self.brief_case(case, &replies.remove(&case.id).unwrap_or_default(), cutoff))
            .collect();
        cases.sort_by(|a, b| a.number.cmp(&b.number));
        let mut items: Vec<ReportItem> =
            members.iter().map(|(item, member)| item_row(item, member, &numbers)).collect();
        items.sort_by_key(|item| (item.at, item.item));
        let brief = Brief {
            county: self.county().settings.name.clone(),
            topic: incident.topic.as_ref().map(|code| self.county().taxonomy.name(code).to_owned()),
            read: i64::try_from(items.len()).unwrap_or(i64::MAX),
            spread: spread(items.iter().map(|item| (local_date(item.at), item.channel, 1))),
            asked: asked(&members),
            cutoff,
            incident,
            cases,
            style: self.county().report_styles.brief().clone(),
        };
        Ok(Some((brief, items)))
    }

    fn brief_case(&self, case: &Case, replies: &[Reply], now: Timestamp) -> BriefCase {
        let due = case.due.as_ref().map(|(_, at)| *at);
        let approved = replies.iter().filter(|r| matches!(r.review, ReplyReview::Approved { .. }));
        let answer = approved
            .clone()
            .next_back()
            .map(|reply| reply.public_text.as_ref().map_or(&reply.text, |public| &public.text).clone());
        let department = self.county().departments.by_code(&case.lead);
        BriefCase {
            id: case.id,
            number: case.number.clone(),
            department: department.map_or_else(|| case.lead.to_string(), |d| d.short_name.clone()),
            state: case.state.label().to_owned(),
            open: case.state.is_open(),
            overdue: case.state.is_open() && due.is_some_and(|due| due < now),
            due: due.filter(|_| case.state.is_open()),
            answer,
            promises: approved.flat_map(|r| &r.promises).map(|p| (p.what.clone(), p.by)).collect(),
        }
    }
}

fn item_row(item: &Item, member: &Membership, numbers: &BTreeMap<CaseId, (String, String)>) -> ReportItem {
    ReportItem {
        item: item.id,
        at: member.at,
        channel: item.channel,
        topic: item.main_topic.clone(),
        town: item.town.clone(),
        urgency: item.urgency,
        title: item.content.title.clone(),
        case: item.case.and_then(|case| numbers.get(&case).cloned()),
    }
}

/// Counts by day and channel, in order.
fn spread(items: impl Iterator<Item = (Date, Channel, i64)>) -> Vec<(Date, Channel, i64)> {
    let mut counts: BTreeMap<(Date, Channel), i64> = BTreeMap::new();
    for (day, channel, items) in items {
        *counts.entry((day, channel)).or_default() += items;
    }
    counts.into_iter().map(|((day, channel), items)| (day, channel, items)).collect()
}

/// Counts by day without gaps, of the last [`DRAWN_DAYS`].
fn days(spread: &[(Date, Channel, i64)]) -> Vec<(Date, i64)> {
    let mut counts: BTreeMap<Date, i64> = BTreeMap::new();
    for (day, _, items) in spread {
        *counts.entry(*day).or_default() += items;
    }
    let (Some((first, _)), Some((last, _))) = (counts.first_key_value(), counts.last_key_value()) else {
        return Vec::new();
    };
    let from = (*first).max(last.saturating_sub((DRAWN_DAYS - 1).days()));
    let all = (0..=days_apart(from, *last)).map(|n| from.saturating_add(n.days()));
    all.map(|day| (day, counts.get(&day).copied().unwrap_or(0))).collect()
}

/// Of each title the first that was said, the most common titles first.
fn asked(members: &[(Item, Membership)]) -> Vec<Asked> {
    let mut sorted: Vec<&(Item, Membership)> =
        members.iter().filter(|(item, _)| item.channel != Channel::News).collect();
    sorted.sort_by_key(|(item, member)| (member.at, item.id));
    let mut all: Vec<Asked> = Vec::new();
    for (item, _) in sorted {
        let title = &item.content.title;
        match all.iter_mut().find(|asked| asked.title == *title) {
            Some(asked) => asked.items += 1,
            None => all.push(Asked {
                item: item.id,
                title: title.clone(),
                quote: quote(&item.content.body),
                items: 1,
            }),
        }
    }
    all.sort_by_key(|asked| std::cmp::Reverse(asked.items));
    all.truncate(QUOTED);
    all
}

fn quote(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUOTE_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// The brief in one paragraph (快报), to be sent on as it is.
pub fn flash(brief: &Brief) -> String {
    Writer { brief }.flash().concat()
}

/// The brief as a document. `number` is what it was given with its approval.
pub fn brief_document(brief: &Brief, judgements: &Judgements, number: Option<&str>) -> Document {
    let style = &brief.style;
    let counted = local(brief.cutoff).strftime("%Y年%-m月%-d日%H时%M分").to_string();
    let place = |word: &str| match word {
        "县" => Some(brief.county.clone()),
        "统计时间" => Some(counted.clone()),
        _ => None,
    };
    Document {
        header: Some(style.header.clone()).filter(|header| !header.is_empty()),
        title: fill(&style.title, place),
        subtitle: brief.incident.title.clone(),
        number: number.map(str::to_owned),
        lines: style.lines.iter().map(|line| fill(line, place)).collect(),
        chapters: Writer { brief }.chapters(judgements),
    }
}

struct Writer<'a> {
    brief: &'a Brief,
}

impl Writer<'_> {
    fn chapters(&self, judgements: &Judgements) -> Vec<Chapter> {
        let known = |code: &str| BRIEF_CHAPTERS.into_iter().find(|known| *known == code);
        let chapters = self.brief.style.chapters.iter().filter_map(|chapter| {
            let code = known(&chapter.code)?;
            let mut blocks = match code {
                "facts" => self.facts(),
                "spread" => self.spread(),
                "asked" => self.demands(),
                "done" => self.done(),
                _ => self.next(),
            };
            add_judgement(&mut blocks, judgements.get(code));
            Some((code, &chapter.title, blocks))
        });
        let numbered = |((code, title, blocks), numeral): ((&'static str, &String, _), &&str)| Chapter {
            code,
            title: format!("{numeral}、{title}"),
            blocks,
        };
        chapters.zip(&NUMERALS).map(numbered).collect()
    }

    /// A sentence in the county's words; `None` where the county leaves it out.
    fn say(&self, sentence: ReportSentence, places: &[(&str, String)]) -> Option<String> {
        let text = self.brief.style.wording.get(sentence.code()).filter(|text| !text.is_empty())?;
        let place =
            |word: &str| places.iter().find(|(place, _)| *place == word).map(|(_, value)| value.clone());
        Some(fill(text, place))
    }

    fn flash(&self) -> Vec<String> {
        let incident = &self.brief.incident;
        let hour = local(incident.first_at).strftime("%-m月%-d日%H时").to_string();
        let place = incident.town.as_ref().map_or(String::new(), |town| format!("，{town}"));
        let channels = incident.channels.iter().map(|(channel, n)| format!("{} {n}", channel.label()));
        let received = self.say(
            ReportSentence::FactsReceived,
            &[
                ("事件", incident.title.clone()),
                ("地点", place),
                ("起", hour),
                ("条数", incident.items.to_string()),
                ("渠道", channels.collect::<Vec<_>>().join("、")),
                ("来电人", incident.callers.to_string()),
                ("最近", local(incident.last_at).strftime("%-m月%-d日%H时%M分").to_string()),
            ],
        );
        let cases = &self.brief.cases;
        let open = cases.iter().filter(|case| case.open).count();
        let late = cases.iter().filter(|case| case.overdue).count();
        let sentence = match (cases.len(), open, late) {
            (0, ..) => ReportSentence::FactsNoCase,
            (_, 0, _) => ReportSentence::FactsClosed,
            (.., 0) => ReportSentence::FactsOpen,
            _ => ReportSentence::FactsLate,
        };
        let counts = [("工单", cases.len()), ("在办", open), ("超期", late)];
        let stands = self.say(sentence, &counts.map(|(word, n)| (word, n.to_string())));
        received.into_iter().chain(stands).collect()
    }

    fn facts(&self) -> Vec<Block> {
        let incident = &self.brief.incident;
        let topic = self.brief.topic.clone().and_then(|topic| {
            let heat = format!("{:.1}", incident.heat);
            self.say(ReportSentence::FactsTopic, &[("话题", topic), ("热度", heat)])
        });
        let part = match self.brief.read < incident.items {
            true => self.say(ReportSentence::FactsPart, &[("条数", self.brief.read.to_string())]),
            false => None,
        };
        let flash = Some(self.flash().concat()).filter(|flash| !flash.is_empty());
        flash.into_iter().chain(topic).chain(part).map(Block::Sentence).collect()
    }

    fn spread(&self) -> Vec<Block> {
        let counts = days(&self.brief.spread);
        let day = |(day, items): &(Date, i64)| ReportDay {
            day: *day,
            items: *items,
            before: None,
            usual: None,
            usual_weeks: 0,
            mark: None,
        };
        let drawn: Vec<ReportDay> = counts.iter().map(day).collect();
        let busiest = counts.iter().rev().max_by_key(|(_, items)| *items).and_then(|(day, items)| {
            let day = format!("{}月{}日", day.month(), day.day());
            let places = [("日期", day), ("条数", items.to_string()), ("表", "表1".to_owned())];
            self.say(ReportSentence::SpreadBusiest, &places)
        });
        let mut blocks: Vec<Block> = busiest.map(Block::Sentence).into_iter().collect();
        let drawing = drawing::trend(&drawn, "事件", "");
        blocks.push(Block::Chart(Chart { title: "图1 每日信息量".into(), drawing }));
        let row = |(day, channel, items): &(Date, Channel, i64)| {
            vec![day.to_string().into(), channel.label().into(), (*items).into()]
        };
        blocks.push(Block::Table(Table {
            title: "表1 各日各渠道条数".into(),
            columns: vec![Column::words("日期", 20), Column::words("渠道", 20), Column::figures("条数")],
            rows: self.brief.spread.iter().map(row).collect(),
            note: None,
        }));
        blocks
    }

    fn demands(&self) -> Vec<Block> {
        let row = |asked: &Asked| -> Vec<Cell> {
            vec![asked.title.clone().into(), asked.quote.clone().into(), asked.items.into()]
        };
        let said = self.say(ReportSentence::AskedDemands, &[("表", "表2".into())]).map(Block::Sentence);
        let table = Block::Table(Table {
            title: "表2 主要诉求".into(),
            columns: vec![Column::words("标题", 28), Column::words("摘录", 52), Column::figures("条数")],
            rows: self.brief.asked.iter().map(row).collect(),
            note: None,
        });
        said.into_iter().chain([table]).collect()
    }

    fn done(&self) -> Vec<Block> {
        let row = |case: &BriefCase| -> Vec<Cell> {
            let due = case.due.map_or("—".to_owned(), |due| {
                format!("{}{}", minute_text(due), if case.overdue { "（超期）" } else { "" })
            });
            vec![
                case.number.clone().into(),
                case.department.clone().into(),
                case.state.clone().into(),
                due.into(),
            ]
        };
        let table = Block::Table(Table {
            title: "表3 工单".into(),
            columns: vec![
                Column::words("编号", 18),
                Column::words("主办单位", 24),
                Column::words("状态", 16),
                Column::words("办理期限", 32),
            ],
            rows: self.brief.cases.iter().map(row).collect(),
            note: None,
        });
        let answers = self.brief.cases.iter().filter_map(|case| {
            let places = [
                ("单位", case.department.clone()),
                ("工单", case.number.clone()),
                ("答复", case.answer.clone()?),
            ];
            self.say(ReportSentence::DoneAnswer, &places).map(Block::Sentence)
        });
        [table].into_iter().chain(answers).collect()
    }

    /// What follows from the figures; the rest is for people to add.
    fn next(&self) -> Vec<Block> {
        let cases = &self.brief.cases;
        let mut said = Vec::new();
        for case in cases.iter().filter(|case| case.overdue) {
            let places = [("单位", case.department.clone()), ("工单", case.number.clone())];
            said.push(self.say(ReportSentence::NextLate, &places));
        }
        let open = cases.iter().filter(|case| case.open && !case.overdue).count();
        if open > 0 {
            said.push(self.say(ReportSentence::NextOpen, &[("在办", open.to_string())]));
        }
        let offices: HashSet<&str> = cases.iter().map(|case| case.department.as_str()).collect();
        match offices.len() {
            0 => said.push(self.say(ReportSentence::NextNoCase, &[])),
            1 => {}
            n => said.push(self.say(ReportSentence::NextOffices, &[("单位", n.to_string())])),
        }
        for (what, by) in cases.iter().flat_map(|case| &case.promises) {
            let day = format!("{}月{}日", by.month(), by.day());
            said.push(self.say(ReportSentence::NextPromise, &[("日期", day), ("承诺", what.clone())]));
        }
        if said.is_empty() {
            said.push(self.say(ReportSentence::NextNone, &[]));
        }
        said.into_iter().flatten().map(Block::Sentence).collect()
    }
}
