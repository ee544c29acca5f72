//! The chapters on what came in: channels, topics, incidents, what rises, towns, repeats.

use std::collections::BTreeMap;

use qingting_models::county::{ReportSentence, TopicCode, Town};
use qingting_models::records::{
    Channel, OPEN_STATES, Outcome, ReportConcentration, ReportIncident, ReportItemFilter, ReportRisen,
    ReportShare, state_label,
};

use super::Writer;
use crate::report::document::{Block, Cell, Column, Opens, Table, Value};
use crate::report::drawing;

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
            blocks
                .extend(self.say(ReportSentence::SharesTopics, &[("话题", first.join("、")), ("表", table)]));
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
        if let Some(drawing) = drawing::flow(&figures.flow, &format!("{}诉求", self.this())) {
            blocks.push(self.chart("诉求去向", drawing));
        }
        blocks.push(Block::Table(self.flow()));
        blocks
    }

    /// What became of the demands, by department.
    fn flow(&mut self) -> Table {
        let answered: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.label()).collect();
        let open: Vec<&str> = OPEN_STATES.iter().map(|state| state_label(state)).collect();
        // Each outcome, at work, all else.
        let place = |outcome: &str| {
            let of = answered.iter().position(|label| *label == outcome);
            of.unwrap_or(answered.len() + usize::from(!open.contains(&outcome)))
        };
        let mut rows: BTreeMap<Option<&str>, Vec<i64>> = BTreeMap::new();
        for way in &self.figures.flow {
            let row = rows.entry(way.department.as_deref()).or_insert_with(|| vec![0; answered.len() + 2]);
            row[place(&way.outcome)] += way.items;
        }
        let mut rows: Vec<(Option<&str>, Vec<i64>)> = rows.into_iter().collect();
        rows.sort_by_key(|(department, counts)| (department.is_none(), -counts.iter().sum::<i64>()));
        let names = answered.iter().copied().chain(["办理中", "其他"]);
        let columns = [Column::words("主办单位", 18), Column::figures("合计")];
        let columns = columns.into_iter().chain(names.map(Column::figures)).collect();
        let row = |(department, counts): (Option<&str>, Vec<i64>)| {
            let name = department.unwrap_or("未派单").into();
            let all = counts.iter().sum::<i64>().into();
            [name, all].into_iter().chain(counts.into_iter().map(Cell::from)).collect()
        };
        let rows = rows.into_iter().map(row).collect();
        let mut table = self.table("诉求去向", columns, rows);
        table.note =
            Some("截至统计时；已答复的按办理结果，“其他”为不予受理、转外部门和没有立工单的。".into());
        table
    }

    pub(super) fn incidents(&mut self) -> Vec<Block> {
        let figures = self.figures;
        let table = self.next_table();
        let mut blocks = Vec::new();
        blocks.extend(match figures.incidents.first() {
            Some(first) => self.say(
                ReportSentence::IncidentsFirst,
                &[
                    ("事件", first.title.clone()),
                    ("条数", first.items.to_string()),
                    ("地点", first.town.as_ref().map_or(String::new(), |town| format!("，{town}"))),
                    ("表", table),
                ],
            ),
            None => self.say(ReportSentence::IncidentsNone, &[]),
        });
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
            .filter_map(|(incident, answer)| {
                let places = [("事件", incident.title.clone()), ("答复", answer.clone())];
                self.say(ReportSentence::IncidentsAnswer, &places)
            })
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
        let sentence = match (figures.risen_topics.is_empty(), words.is_empty()) {
            (true, true) => ReportSentence::RisenNone,
            (false, true) => ReportSentence::RisenTopics,
            (true, false) => ReportSentence::RisenWords,
            (false, false) => ReportSentence::RisenBoth,
        };
        let places = [("话题", names(&figures.risen_topics)), ("词语", names(words)), ("表", table)];
        blocks.extend(self.say(sentence, &places));
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
            blocks.extend(self.say(ReportSentence::RisenTooEarly, &[]));
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
        let said = match first.is_empty() {
            true => self.say(ReportSentence::TownsNone, &[]),
            false => self.say(ReportSentence::TownsFirst, &[("乡镇街道", first.join("、")), ("表", table)]),
        };
        let mut blocks: Vec<Block> = said.into_iter().collect();
        let columns = self.compared_columns("乡镇街道");
        let row = |share: &ReportShare| {
            let town = Some(share.code.as_deref().map(Town::from));
            let opens = Opens::Items(ReportItemFilter { town, ..self.items() });
            self.compared_row(share.name.clone(), share.count, Some(opens))
        };
        let rows = figures.towns.iter().map(row).collect();
        blocks.push(Block::Table(self.table("各乡镇街道信息量", columns, rows)));
        if !named.is_empty() {
            let what = format!("{}信息量", self.this());
            if let Some(drawing) = drawing::town_map(&figures.map, &figures.towns, &what) {
                blocks.push(self.chart("乡镇街道信息量分布", drawing));
            }
            let bars = self.bars(named.into_iter());
            blocks.push(self.chart("各乡镇街道信息量", bars));
        }
        blocks.extend(self.concentrated());
        blocks
    }

    /// Which topic in which town, where there are enough of one.
    fn concentrated(&mut self) -> Vec<Block> {
        let figures = self.figures;
        let told =
            |pair: &ReportConcentration| format!("{}{}（{} 件）", pair.town, pair.name, pair.count.now);
        let named: Vec<String> = figures.concentrated.iter().take(3).map(told).collect();
        if named.is_empty() {
            return Vec::new();
        }
        let table = self.next_table();
        let said = self.say(ReportSentence::TownsConcentrated, &[("诉求", named.join("、")), ("表", table)]);
        let columns = self.compared_columns("乡镇街道、话题");
        let row = |pair: &ReportConcentration| {
            let (town, topic) = (Some(Some(pair.town.clone())), Some(Some(pair.topic.clone())));
            let opens = Opens::Items(ReportItemFilter { town, topic, demands: true, ..self.items() });
            self.compared_row(format!("{} {}", pair.town, pair.name), pair.count, Some(opens))
        };
        let rows = figures.concentrated.iter().map(row).collect();
        let mut table = self.table("诉求集中的乡镇街道和话题", columns, rows);
        table.note = Some("诉求件数，不含新闻；不足 5 件的不列。".into());
        said.into_iter().chain([Block::Table(table)]).collect()
    }

    pub(super) fn repeats(&mut self) -> Vec<Block> {
        let figures = self.figures;
        let totals = &figures.totals;
        let table = self.next_table();
        if figures.repeated.is_empty() {
            return self.say(ReportSentence::RepeatsNone, &[]).into_iter().collect();
        }
        let said = self.say(
            ReportSentence::RepeatsCount,
            &[
                ("件数", totals.repeats.now.to_string()),
                ("比上期", self.change(totals.repeats).text(self.before(), "件")),
                ("表", table),
            ],
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
        let table = self.table("重复诉求较多的事件", columns, rows);
        said.into_iter().chain([Block::Table(table)]).collect()
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
