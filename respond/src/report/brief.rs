//! A brief (专报) on one incident: what happened, how it spread, what people ask, what was done, what to do next.

use std::collections::{BTreeMap, HashSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use qingting_models::clock::{local, local_date, minute_text};
use qingting_models::ids::{CaseId, IncidentId};
use qingting_models::records::{
    CaseFile, Channel, Incident, Item, Membership, ReplyReview, ReportDay, ReportItem, Viewer, days_apart,
};
use qingting_models::store::StoreError;
use serde::Serialize;

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

/// What a brief tells, as of its cut-off.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Brief {
    pub county: String,
    pub cutoff: Timestamp,
    pub incident: Incident,
    pub topic: Option<String>,
    /// Items by day, from the first to the last.
    pub days: Vec<(Date, i64)>,
    pub cases: Vec<BriefCase>,
    pub items: Vec<ReportItem>,
    /// What the first of each title said, and how many say the same.
    pub asked: Vec<Asked>,
}

/// What is asked, in the words of the first who asked it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Asked {
    pub title: String,
    pub quote: String,
    pub items: i64,
}

/// A case of the incident.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BriefCase {
    pub number: String,
    pub department: String,
    pub state: String,
    pub open: bool,
    pub due: Option<Timestamp>,
    pub overdue: bool,
    /// The approved answer, what may be published of it where it says so.
    pub answer: Option<String>,
    /// Promises of its replies: what, by when.
    pub promises: Vec<(String, Date)>,
}

impl Desk {
    /// The brief on an incident, as the viewer may see it; `None` where there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn brief(&self, viewer: &Viewer, id: IncidentId) -> Result<Option<Brief>, StoreError> {
        let Some(incident) = self.store().incident(viewer, id).await? else { return Ok(None) };
        let cutoff = self.store().now();
        let members = self.store().members(viewer, incident.id, READ).await?;
        let mut known = HashSet::new();
        let mut cases = Vec::new();
        let mut numbers: BTreeMap<CaseId, (String, String)> = BTreeMap::new();
        for (item, _) in &members {
            let Some(case) = item.case.filter(|case| known.insert(*case)) else { continue };
            if let Some(file) = self.store().case_file(viewer, case).await? {
                numbers.insert(case, (file.case.number.clone(), file.case.state.code().to_owned()));
                cases.push(self.brief_case(&file, cutoff));
            }
        }
        cases.sort_by(|a, b| a.number.cmp(&b.number));
        let mut items: Vec<ReportItem> =
            members.iter().map(|(item, member)| item_row(item, member, &numbers)).collect();
        items.sort_by_key(|item| (item.at, item.item));
        Ok(Some(Brief {
            county: self.county().settings.name.clone(),
            topic: incident.topic.as_ref().map(|code| self.county().taxonomy.name(code).to_owned()),
            days: days(&items),
            asked: asked(&members),
            cutoff,
            incident,
            cases,
            items,
        }))
    }

    fn brief_case(&self, file: &CaseFile, now: Timestamp) -> BriefCase {
        let case = &file.case;
        let due = case.due.as_ref().map(|(_, at)| *at);
        let approved = file.replies.iter().filter(|r| matches!(r.review, ReplyReview::Approved { .. }));
        let answer = approved
            .clone()
            .next_back()
            .map(|reply| reply.public_text.as_ref().map_or(&reply.text, |public| &public.text).clone());
        let department = self.county().departments.by_code(&case.lead);
        BriefCase {
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

fn days(items: &[ReportItem]) -> Vec<(Date, i64)> {
    let mut counts: BTreeMap<Date, i64> = BTreeMap::new();
    for item in items {
        *counts.entry(local_date(item.at)).or_default() += 1;
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
            None => all.push(Asked { title: title.clone(), quote: quote(&item.content.body), items: 1 }),
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

impl Brief {
    /// The brief in one paragraph (快报), to be sent on as it is.
    pub fn flash(&self) -> String {
        let incident = &self.incident;
        let place = incident.town.as_ref().map_or(String::new(), |town| format!("，{town}"));
        let since = local(incident.first_at).strftime("%-m月%-d日%H时").to_string();
        let open = self.cases.iter().filter(|case| case.open).count();
        let overdue = self.cases.iter().filter(|case| case.overdue).count();
        let mut text = format!(
            "“{}”{place}：{since}以来收到 {} 条（{}），来电人 {} 位，最近一条在 {}。",
            incident.title,
            incident.items,
            self.channels(),
            incident.callers,
            local(incident.last_at).strftime("%-m月%-d日%H时%M分"),
        );
        text.push_str(&match (self.cases.len(), open, overdue) {
            (0, ..) => "尚未立工单。".to_owned(),
            (all, 0, _) => format!("已立工单 {all} 件，全部办结。"),
            (all, open, 0) => format!("已立工单 {all} 件，在办 {open} 件，没有超期。"),
            (all, open, late) => format!("已立工单 {all} 件，在办 {open} 件，其中超期 {late} 件。"),
        });
        text
    }

    fn channels(&self) -> String {
        let all = self.incident.channels.iter();
        all.map(|(channel, n)| format!("{} {n}", channel.label())).collect::<Vec<_>>().join("、")
    }

    /// The brief as a document.
    pub fn document(&self) -> Document {
        let chapters = [
            ("facts", "一、事件概况", self.facts()),
            ("spread", "二、传播情况", self.spread()),
            ("asked", "三、群众诉求", self.demands()),
            ("done", "四、处置情况", self.done()),
            ("next", "五、下一步建议", self.next()),
        ];
        let chapter = |(code, title, blocks): (&'static str, &str, Vec<Block>)| Chapter {
            code,
            title: title.into(),
            blocks,
        };
        Document {
            header: None,
            title: format!("{}舆情专报", self.county),
            subtitle: self.incident.title.clone(),
            number: None,
            lines: vec![format!("统计时间 {}", local(self.cutoff).strftime("%Y年%-m月%-d日%H时%M分"))],
            chapters: chapters.into_iter().map(chapter).collect(),
        }
    }

    fn facts(&self) -> Vec<Block> {
        let incident = &self.incident;
        let mut said = vec![self.flash()];
        if let Some(topic) = &self.topic {
            said.push(format!("话题为{topic}，热度 {:.1}。", incident.heat));
        }
        if (self.items.len() as i64) < incident.items {
            said.push(format!("条数较多，以下按最近的 {} 条统计。", self.items.len()));
        }
        said.into_iter().map(Block::Sentence).collect()
    }

    fn spread(&self) -> Vec<Block> {
        let day = |(day, items): &(Date, i64)| ReportDay {
            day: *day,
            items: *items,
            before: None,
            usual: None,
            usual_weeks: 0,
            mark: None,
        };
        let days: Vec<ReportDay> = self.days.iter().map(day).collect();
        let busiest = self.days.iter().rev().max_by_key(|(_, items)| *items);
        let mut blocks: Vec<Block> = busiest
            .map(|(day, items)| {
                Block::Sentence(format!("最多的一天是{}月{}日，{items} 条（表1）。", day.month(), day.day()))
            })
            .into_iter()
            .collect();
        let drawing = drawing::trend(&days, "事件", "");
        blocks.push(Block::Chart(Chart { title: "图1 每日信息量".into(), drawing }));
        let mut by_day: BTreeMap<(Date, Channel), i64> = BTreeMap::new();
        for item in &self.items {
            *by_day.entry((local_date(item.at), item.channel)).or_default() += 1;
        }
        let row = |((day, channel), items): ((Date, Channel), i64)| {
            vec![day.to_string().into(), channel.label().into(), items.into()]
        };
        blocks.push(Block::Table(Table {
            title: "表1 各日各渠道条数".into(),
            columns: vec![Column::words("日期", 20), Column::words("渠道", 20), Column::figures("条数")],
            rows: by_day.into_iter().map(row).collect(),
            note: None,
        }));
        blocks
    }

    fn demands(&self) -> Vec<Block> {
        let row = |asked: &Asked| -> Vec<Cell> {
            vec![asked.title.clone().into(), asked.quote.clone().into(), asked.items.into()]
        };
        vec![
            Block::Sentence("来电来信的主要诉求如下（表2），摘自原文，已隐去个人信息。".into()),
            Block::Table(Table {
                title: "表2 主要诉求".into(),
                columns: vec![Column::words("标题", 28), Column::words("摘录", 52), Column::figures("条数")],
                rows: self.asked.iter().map(row).collect(),
                note: None,
            }),
        ]
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
        let mut blocks = vec![Block::Table(Table {
            title: "表3 工单".into(),
            columns: vec![
                Column::words("编号", 18),
                Column::words("主办单位", 24),
                Column::words("状态", 16),
                Column::words("办理期限", 32),
            ],
            rows: self.cases.iter().map(row).collect(),
            note: None,
        })];
        for case in &self.cases {
            if let Some(answer) = &case.answer {
                blocks.push(Block::Sentence(format!("{}（{}）答复：{answer}", case.department, case.number)));
            }
        }
        blocks
    }

    /// What follows from the figures; the rest is for people to add.
    fn next(&self) -> Vec<Block> {
        let mut said = Vec::new();
        for case in self.cases.iter().filter(|case| case.overdue) {
            said.push(format!("{}的工单 {} 已超期，建议督办。", case.department, case.number));
        }
        let open = self.cases.iter().filter(|case| case.open && !case.overdue).count();
        if open > 0 {
            said.push(format!("其余 {open} 件在办工单按期限跟进。"));
        }
        if self.cases.is_empty() {
            said.push("尚未立工单，建议明确主办单位。".into());
        } else if self.cases.len() > 1 {
            let offices: HashSet<&str> = self.cases.iter().map(|case| case.department.as_str()).collect();
            if offices.len() > 1 {
                said.push(format!("涉及 {} 个单位，建议统一口径后答复。", offices.len()));
            }
        }
        for (what, by) in self.cases.iter().flat_map(|case| &case.promises) {
            said.push(format!(
                "已承诺{}前{what}，到期核实。",
                format_args!("{}月{}日", by.month(), by.day())
            ));
        }
        if said.is_empty() {
            said.push("没有未办结的工单和未到期的承诺。".into());
        }
        said.into_iter().map(Block::Sentence).collect()
    }
}
