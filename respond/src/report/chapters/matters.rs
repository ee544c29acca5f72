//! The chapters on what came in: channels, topics, incidents, what rises, towns, repeats.

use std::collections::BTreeMap;

use qingting_models::county::{TopicCode, Town};
use qingting_models::records::{Channel, ReportIncident, ReportItemFilter, ReportRisen, ReportShare};

use super::Writer;
use crate::report::document::{Block, Cell, Column, Opens, Table, Value};

impl Writer<'_> {
    pub(super) fn shares(&mut self) -> Vec<Block> {
        let figures = self.figures;
        let mut blocks = Vec::new();
        let named: Vec<&ReportShare> =
            figures.topics.iter().filter(|share| share.code.is_some() && share.count.now > 0).collect();
        let first: Vec<String> =
            named.iter().take(3).map(|share| format!("{}（{} 条）", share.name, share.count.now)).collect();
        if !first.is_empty() {
            let table = format!("表{}", self.tables + 2);
            blocks.push(Block::Sentence(format!("话题以{}居前（{table}）。", first.join("、"))));
        }
        let columns = self.compared_columns("渠道");
        let row = |share: &ReportShare| {
            let channel = share.code.as_deref().and_then(Channel::from_code);
            let opens = Opens::Items(ReportItemFilter { channel, ..self.items() });
            self.compared_row(share.name.clone(), share.count, Some(opens))
        };
        let rows = figures.channels.iter().map(row).collect();
        let channels = self.table("各渠道信息量", columns, rows);
        let columns = self.compared_columns("话题");
        let row = |share: &ReportShare| {
            let topic = Some(share.code.as_deref().map(TopicCode::from));
            let opens = Opens::Items(ReportItemFilter { topic, ..self.items() });
            self.compared_row(share.name.clone(), share.count, Some(opens))
        };
        let rows = figures.topics.iter().map(row).collect();
        let topics = self.table("各话题信息量", columns, rows);
        blocks.extend([Block::Table(channels), Block::Table(topics)]);
        if !named.is_empty() {
            let bars = self.bars(named.into_iter());
            blocks.push(self.chart("各话题信息量", bars));
        }
        blocks.push(Block::Table(self.flow()));
        blocks
    }

    fn flow(&mut self) -> Table {
        let columns = vec![
            Column::words("渠道", 12),
            Column::words("主办单位", 18),
            Column::words("结果", 14),
            Column::figures("件数"),
        ];
        let rows = self.figures.flow.iter().map(|flow| {
            vec![
                flow.channel.label().into(),
                flow.department.clone().unwrap_or_else(|| "—".into()).into(),
                flow.outcome.clone().into(),
                flow.items.into(),
            ]
        });
        let rows = rows.collect();
        let mut table = self.table("诉求去向", columns, rows);
        table.note = Some("截至统计时；已答复的写办理结果，其余写工单状态。".into());
        table
    }

    pub(super) fn incidents(&mut self) -> Vec<Block> {
        let figures = self.figures;
        let table = self.next_table();
        let mut blocks = Vec::new();
        match figures.incidents.first() {
            Some(first) => blocks.push(Block::Sentence(format!(
                "{}反映最集中的是“{}”，{} 条{}（{table}）。",
                self.this(),
                first.title,
                first.items,
                first.town.as_ref().map_or(String::new(), |town| format!("，{town}")),
            ))),
            None => blocks.push(Block::Sentence(format!("{}没有两条以上的事件。", self.this()))),
        }
        let columns = vec![
            Column::words("事件", 36),
            Column::figures(self.this()),
            Column::figures(self.before()),
            Column::figures("累计"),
            Column::figures("来电人"),
            Column::figures("热度"),
            Column::words("话题、地点", 18),
            Column::words("承办单位", 26),
        ];
        let rows = figures.incidents.iter().map(incident_row).collect();
        let mut table = self.table("热点事件", columns, rows);
        table.note =
            Some("按本期条数排序，同一事件的重复信息合并为一行；热度为期末值，来电人按事件内去重。".into());
        blocks.push(Block::Table(table));
        let answered =
            figures.incidents.iter().filter_map(|incident| Some((incident, incident.answer.as_ref()?)));
        let answers: Vec<Block> = answered
            .map(|(incident, answer)| Block::Sentence(format!("“{}”的答复：{answer}", incident.title)))
            .collect();
        if !answers.is_empty() {
            blocks.push(Block::Heading("（一）已作的答复".into()));
            blocks.extend(answers);
        }
        blocks
    }

    pub(super) fn risen(&mut self) -> Vec<Block> {
        let figures = self.figures;
        let mut blocks = Vec::new();
        let words = figures.risen_words.as_deref().unwrap_or_default();
        let table = self.next_table();
        let names = |risen: &[ReportRisen]| {
            risen.iter().take(5).map(|r| format!("“{}”", r.name)).collect::<Vec<_>>().join("、")
        };
        blocks.push(Block::Sentence(match (figures.risen_topics.is_empty(), words.is_empty()) {
            (true, true) => "没有明显升温的话题或词语。".to_owned(),
            (false, true) => format!("明显升温的话题：{}（{table}）。", names(&figures.risen_topics)),
            (true, false) => format!("明显升温的词语：{}（{table}）。", names(words)),
            (false, false) => {
                format!(
                    "明显升温的话题：{}；词语：{}（{table}）。",
                    names(&figures.risen_topics),
                    names(words)
                )
            }
        }));
        if !(figures.risen_topics.is_empty() && words.is_empty()) {
            let columns = vec![
                Column::words("话题、词语", 24),
                Column::figures(self.this()),
                Column::figures("平常"),
                Column::words("升温的把握", 18),
            ];
            let all = figures.risen_topics.iter().chain(words).map(|risen| {
                let topic = risen.code.as_deref().map(|code| Some(TopicCode::from(code)));
                let now = Cell::from(risen.items);
                let now = match topic {
                    Some(topic) => {
                        now.opening(Opens::Items(ReportItemFilter { topic: Some(topic), ..self.items() }))
                    }
                    None => now,
                };
                vec![
                    risen.name.clone().into(),
                    now,
                    Value::Number(risen.usual).into(),
                    chance_text(risen.chance).into(),
                ]
            });
            let rows = all.collect();
            let mut table = self.table("升温的话题和词语", columns, rows);
            table.note = Some("平常：话题按前八周、词语按前四周折算。词语按收到的日期统计。".into());
            blocks.push(Block::Table(table));
        }
        if figures.risen_words.is_none() && figures.scope.is_whole() {
            blocks.push(Block::Sentence("所选时段太早，词语统计已不保留。".into()));
        }
        blocks
    }

    pub(super) fn towns(&mut self) -> Vec<Block> {
        let figures = self.figures;
        let mut named: Vec<&ReportShare> =
            figures.towns.iter().filter(|share| share.code.is_some() && share.count.now > 0).collect();
        named.sort_by_key(|share| std::cmp::Reverse(share.count.now));
        let first: Vec<String> =
            named.iter().take(3).map(|share| format!("{}（{} 条）", share.name, share.count.now)).collect();
        let table = self.next_table();
        let mut blocks = vec![Block::Sentence(match first.is_empty() {
            true => "没有定位到乡镇街道的信息。".to_owned(),
            false => format!("信息较多的乡镇街道：{}（{table}）。", first.join("、")),
        })];
        let columns = self.compared_columns("乡镇街道");
        let row = |share: &ReportShare| {
            let town = Some(share.code.as_deref().map(Town::from));
            let opens = Opens::Items(ReportItemFilter { town, ..self.items() });
            self.compared_row(share.name.clone(), share.count, Some(opens))
        };
        let rows = figures.towns.iter().map(row).collect();
        blocks.push(Block::Table(self.table("各乡镇街道信息量", columns, rows)));
        if !named.is_empty() {
            let bars = self.bars(named.into_iter());
            blocks.push(self.chart("各乡镇街道信息量", bars));
        }
        blocks
    }

    pub(super) fn repeats(&mut self) -> Vec<Block> {
        let figures = self.figures;
        let totals = &figures.totals;
        let table = self.next_table();
        if figures.repeated.is_empty() {
            return vec![Block::Sentence(format!("{}没有重复诉求。", self.this()))];
        }
        let said = format!(
            "{}重复诉求 {} 件，{}（{table}）。",
            self.this(),
            totals.repeats.now,
            self.change(totals.repeats).text(self.before())
        );
        let columns = vec![
            Column::words("事件", 46),
            Column::figures(self.this()),
            Column::figures("累计"),
            Column::figures("来电人"),
            Column::words("承办单位", 28),
        ];
        let row = |incident: &ReportIncident| {
            vec![
                Cell::from(incident.title.clone()).opening(Opens::Incident(incident.id)),
                incident.items.into(),
                incident.total.into(),
                incident.callers.into(),
                cases_text(incident).into(),
            ]
        };
        let rows = figures.repeated.iter().map(row).collect();
        vec![Block::Sentence(said), Block::Table(self.table("重复诉求较多的事件", columns, rows))]
    }
}

fn incident_row(incident: &ReportIncident) -> Vec<Cell> {
    let place = [incident.topic.as_deref(), incident.town.as_deref()];
    vec![
        Cell::from(incident.title.clone()).opening(Opens::Incident(incident.id)),
        incident.items.into(),
        incident.before.into(),
        incident.total.into(),
        incident.callers.into(),
        Value::Number(incident.heat).into(),
        place.into_iter().flatten().collect::<Vec<_>>().join("，").into(),
        cases_text(incident).into(),
    ]
}

/// `县人社局 3 件（办结 2）；石浦镇 1 件`.
fn cases_text(incident: &ReportIncident) -> String {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for case in &incident.cases {
        let (all, closed) = counts.entry(&case.department).or_default();
        *all += 1;
        *closed += usize::from(case.closed);
    }
    if counts.is_empty() {
        return "未立工单".into();
    }
    let one = |(department, (all, closed)): (&str, (usize, usize))| match closed {
        0 => format!("{department} {all} 件"),
        closed => format!("{department} {all} 件（办结 {closed}）"),
    };
    counts.into_iter().map(one).collect::<Vec<_>>().join("；")
}

fn chance_text(chance: f64) -> &'static str {
    if chance < 0.0001 {
        "偶然的可能不到万分之一"
    } else if chance < 0.001 {
        "偶然的可能不到千分之一"
    } else {
        "偶然的可能不到百分之一"
    }
}
