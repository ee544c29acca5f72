//! The chapters of a report (RULES, "A weekly report"), built from its figures. What the program says is made from figures
//! alone and names the table that they stand in.

use std::collections::BTreeMap;

use jiff::civil::Date;
use qingting_models::clock::local;
use qingting_models::county::{DepartmentCode, TopicCode, Town};
use qingting_models::records::{
    Compared, Rate, RateCount, ReportDepartment, ReportFigures, ReportIncident, ReportItemFilter,
    ReportRisen, ReportShare,
};

use super::document::{Block, Cell, Chapter, Chart, Column, Document, Opens, Table, Value};
use super::drawing;
use super::trend::{Change, change};

/// The chapters by code, with their titles, in the order in which they stand. Editors may write on each.
pub const CHAPTERS: &[(&str, &str)] = &[
    ("overview", "总体情况"),
    ("shares", "渠道与话题"),
    ("incidents", "热点事件"),
    ("risen", "新增热点"),
    ("towns", "地域分布"),
    ("alerts", "预警与响应"),
    ("departments", "办理情况"),
    ("repeats", "重复诉求"),
    ("ahead", "后续关注"),
];
const NUMERALS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
/// So many bars are drawn.
const BARS: usize = 12;
/// Differences between a department's share and the expected one are told from so many points on.
const FAR: f64 = 0.05;
/// ... of at least so many rounds of work.
const LEAST_DUE: i64 = 10;

/// What the editors wrote, by the code of the chapter.
pub type Judgements = BTreeMap<String, String>;

/// The report as a document. `number` is what it was given with its approval.
pub fn document(figures: &ReportFigures, judgements: &Judgements, number: Option<&str>) -> Document {
    let writer = Writer { figures, tables: 0, charts: 0 };
    let span = figures.span;
    let of = if figures.scope.is_whole() { String::new() } else { format!("（{}）", figures.scope_name) };
    let subtitle = match span.name() == span.dates() {
        true => span.dates(),
        false => format!("{}（{}）", span.name(), span.dates()),
    };
    Document {
        title: format!("{}舆情{}{of}", figures.county, span.kind.label()),
        subtitle,
        number: number.map(str::to_owned),
        lines: vec![format!("统计时间 {}", local(figures.cutoff).strftime("%Y年%-m月%-d日%H时%M分"))],
        chapters: writer.chapters(judgements),
    }
}

struct Writer<'a> {
    figures: &'a ReportFigures,
    tables: usize,
    charts: usize,
}

impl Writer<'_> {
    fn chapters(mut self, judgements: &Judgements) -> Vec<Chapter> {
        let chapters = CHAPTERS.iter().enumerate().map(|(n, (code, title))| {
            let mut blocks = match *code {
                "overview" => self.overview(),
                "shares" => self.shares(),
                "incidents" => self.incidents(),
                "risen" => self.risen(),
                "towns" => self.towns(),
                "alerts" => self.alerts(),
                "departments" => self.departments(),
                "repeats" => self.repeats(),
                _ => self.ahead(),
            };
            let judgement = judgements.get(*code).map(|text| text.trim()).filter(|text| !text.is_empty());
            let paragraphs = judgement.into_iter().flat_map(str::lines).map(str::trim);
            let paragraphs =
                paragraphs.filter(|line| !line.is_empty()).map(|line| Block::Judgement(line.to_owned()));
            // After the first sentences, before the first table.
            let place = blocks.iter().position(|b| !matches!(b, Block::Sentence(_))).unwrap_or(blocks.len());
            blocks.splice(place..place, paragraphs);
            Chapter { code, title: format!("{}、{title}", NUMERALS[n]), blocks }
        });
        chapters.collect()
    }

    fn table(&mut self, name: &str, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Table {
        self.tables += 1;
        Table { title: format!("表{} {name}", self.tables), columns, rows, note: None }
    }

    fn chart(&mut self, name: &str, drawing: drawing::Drawing) -> Block {
        self.charts += 1;
        Block::Chart(Chart { title: format!("图{} {name}", self.charts), drawing })
    }

    /// What the table that comes next is called.
    fn next_table(&self) -> String {
        format!("表{}", self.tables + 1)
    }

    fn this(&self) -> &'static str {
        self.figures.span.this_word()
    }

    fn before(&self) -> &'static str {
        self.figures.span.before_word()
    }

    /// How much longer the report's days are than those before.
    fn odds(&self) -> f64 {
        f64::from(self.figures.span.length()) / f64::from(self.figures.before.length().max(1))
    }

    fn change(&self, count: Compared) -> Change {
        change(count.now, count.before, self.odds())
    }

    fn year_change(&self, count: Compared) -> Change {
        let odds = f64::from(self.figures.span.length()) / f64::from(self.figures.year_ago.length().max(1));
        change(count.now, count.year_ago, odds)
    }

    fn items(&self) -> ReportItemFilter {
        ReportItemFilter::of_days(self.figures.span.from, self.figures.span.to)
    }

    /// 指标, this, before, the year before, and how it changed.
    fn compared_columns(&self, what: &str) -> Vec<Column> {
        vec![
            Column::words(what, 20),
            Column::figures(self.this()),
            Column::figures(self.before()),
            Column::figures("去年同期"),
            Column::words(format!("与{}比", self.before()), 26),
        ]
    }

    fn compared_row(&self, name: impl Into<Cell>, count: Compared, opens: Option<Opens>) -> Vec<Cell> {
        let now = Cell::from(count.now);
        vec![
            name.into(),
            match opens {
                Some(opens) => now.opening(opens),
                None => now,
            },
            Cell::some(count.before),
            Cell::some(count.year_ago),
            self.change(count).text(self.before()).into(),
        ]
    }

    fn overview(&mut self) -> Vec<Block> {
        let totals = &self.figures.totals;
        let table = self.next_table();
        let mut sentences = Vec::new();
        if totals.items.now == 0 {
            sentences.push(format!("{}没有收到信息，零报告（{table}）。", self.this()));
        } else {
            sentences.push(format!(
                "{}收到信息 {} 条，其中诉求 {} 件、新闻 {} 条，涉及事件 {} 起；信息量{}，{}（{table}）。",
                self.this(),
                totals.items.now,
                totals.demands.now,
                totals.news.now,
                totals.incidents.now,
                self.change(totals.items).text(self.before()),
                self.year_change(totals.items).text("去年同期"),
            ));
            if totals.urgent.now > 0 {
                sentences.push(format!(
                    "紧急信息 {} 条，{}（{table}）。",
                    totals.urgent.now,
                    self.change(totals.urgent).text(self.before())
                ));
            }
        }
        sentences.push(format!(
            "新立工单 {} 件；到期办理 {} 件，按时 {} 件{}；截至统计时在办 {} 件，其中超期 {} 件（{table}）。",
            totals.opened.now,
            totals.due.now,
            totals.on_time.now,
            share_text(totals.on_time.now, totals.due.now),
            totals.open,
            totals.overdue,
        ));
        let mut blocks: Vec<Block> = sentences.into_iter().map(Block::Sentence).collect();
        let columns = self.compared_columns("指标");
        let rows = self.overview_rows();
        let mut table = self.table("总体情况", columns, rows);
        let mut note = "“—”表示当时还没有数据。“增加”“减少”指差异大到偶然很难解释（双侧 5%），否则写“基本持平”；基数不足 20 的不写百分比。不含保密事项。".to_owned();
        if totals.unjudged > 0 {
            note.push_str(&format!("另有 {} 条尚未研判，不在统计内。", totals.unjudged));
        }
        table.note = Some(note);
        blocks.push(Block::Table(table));
        if self.figures.span.length() > 1 {
            let drawing = drawing::trend(&self.figures.days, self.this(), self.before());
            blocks.push(self.chart("每日信息量", drawing));
            blocks.push(Block::Table(self.days()));
        }
        blocks
    }

    fn overview_rows(&self) -> Vec<Vec<Cell>> {
        let totals = &self.figures.totals;
        let span = self.figures.span;
        let items = |items: ReportItemFilter| Some(Opens::Items(items));
        let rate = |rate, holds| {
            Some(Opens::Rate { rate, from: span.from, to: span.to, department: self.charged(), holds })
        };
        let news = Some(qingting_models::records::Channel::News);
        let open = |overdue| Opens::OpenCases { department: self.figures.scope.department.clone(), overdue };
        let at_cutoff = |name: &str, count: i64, overdue| {
            let now = Cell::from(count).opening(open(overdue));
            vec![name.into(), now, Value::None.into(), Value::None.into(), "截至统计时".into()]
        };
        vec![
            self.compared_row("信息（条）", totals.items, items(self.items())),
            self.compared_row(
                "其中：新闻",
                totals.news,
                items(ReportItemFilter { channel: news, ..self.items() }),
            ),
            self.compared_row(
                "其中：诉求",
                totals.demands,
                items(ReportItemFilter { demands: true, ..self.items() }),
            ),
            self.compared_row(
                "其中：紧急",
                totals.urgent,
                items(ReportItemFilter { urgent: true, ..self.items() }),
            ),
            self.compared_row("事件（起）", totals.incidents, None),
            self.compared_row("其中：新发生", totals.new_incidents, None),
            self.compared_row("重复诉求（件）", totals.repeats, None),
            self.compared_row("新立工单（件）", totals.opened, rate(Rate::Repeated, None)),
            self.compared_row("到期办理（件）", totals.due, rate(Rate::OnTime, None)),
            self.compared_row("其中：按时", totals.on_time, rate(Rate::OnTime, Some(true))),
            self.compared_row("有评价的回访（件）", totals.rated, rate(Rate::Satisfied, None)),
            self.compared_row("其中：满意", totals.satisfied, rate(Rate::Satisfied, Some(true))),
            at_cutoff("在办工单（件）", totals.open, false),
            at_cutoff("其中：超期", totals.overdue, true),
        ]
    }

    /// To whom the facts of the scope are charged.
    fn charged(&self) -> Option<Option<DepartmentCode>> {
        self.figures.scope.department.clone().map(Some)
    }

    fn days(&mut self) -> Table {
        let columns = vec![
            Column::words("日期", 16),
            Column::figures(self.this()),
            Column::figures(self.before()),
            Column::figures("同类日平均"),
            Column::words("说明", 18),
        ];
        let rows = self.figures.days.iter().map(|day| {
            let opens = Opens::Items(ReportItemFilter::of_days(day.day, day.day));
            let usual = day.usual.map_or(Value::None, Value::Number);
            vec![
                day_text(day.day).into(),
                Cell::from(day.items).opening(opens),
                Cell::some(day.before),
                usual.into(),
                day.mark.clone().unwrap_or_default().into(),
            ]
        });
        let rows = rows.collect();
        let mut table = self.table("每日信息量", columns, rows);
        table.note = Some(
            "同类日平均：前八周同一星期几、同为工作日或同为休息日的平均；“休”为放假，“班”为调休上班。".into(),
        );
        table
    }

    fn shares(&mut self) -> Vec<Block> {
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
            let channel = share.code.as_deref().and_then(qingting_models::records::Channel::from_code);
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

    fn bars<'a>(&self, shares: impl Iterator<Item = &'a ReportShare>) -> drawing::Drawing {
        let rows: Vec<drawing::Bar> =
            shares.take(BARS).map(|s| (s.name.clone(), s.count.now, s.count.before)).collect();
        drawing::bars(&rows, &format!("{}信息量", self.this()), self.this(), self.before())
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

    fn incidents(&mut self) -> Vec<Block> {
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

    fn risen(&mut self) -> Vec<Block> {
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

    fn towns(&mut self) -> Vec<Block> {
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

    fn alerts(&mut self) -> Vec<Block> {
        let alerts = &self.figures.alerts;
        if alerts.fired == 0 {
            return vec![Block::Sentence(format!("{}没有预警。", self.this()))];
        }
        let median = alerts
            .median_minutes
            .map_or(String::new(), |minutes| format!("，一半在 {} 内有人查看", minutes_text(minutes)));
        let table = self.next_table();
        let said = format!(
            "{}预警 {} 次，截至统计时已查看 {} 次{median}（{table}）。",
            self.this(),
            alerts.fired,
            alerts.seen
        );
        let columns = vec![Column::words("预警规则", 40), Column::figures("次数")];
        let row =
            |(rule, n): &(String, i64)| vec![Cell::from(rule.clone()), Cell::from(*n).opening(Opens::Alerts)];
        let rows = alerts.by_rule.iter().map(row).collect();
        vec![Block::Sentence(said), Block::Table(self.table("预警", columns, rows))]
    }

    fn departments(&mut self) -> Vec<Block> {
        let figures = self.figures;
        let table = self.next_table();
        let fair = format!("表{}", self.tables + 2);
        let late = |row: &ReportDepartment| row.on_time.denominator - row.on_time.numerator;
        let mut slow: Vec<&ReportDepartment> =
            figures.departments.iter().filter(|row| late(row) > 0).collect();
        slow.sort_by_key(|row| std::cmp::Reverse(late(row)));
        let named: Vec<String> =
            slow.iter().take(3).map(|row| format!("{}（{} 件）", row.name, late(row))).collect();
        let mut blocks = vec![Block::Sentence(match named.is_empty() {
            true => format!("{}到期的办理没有逾期（{table}）。", self.this()),
            false => format!("逾期较多的单位：{}（{table}）。", named.join("、")),
        })];
        let far: Vec<String> = figures.departments.iter().filter_map(far_from_expected).collect();
        if !far.is_empty() {
            blocks.push(Block::Sentence(format!("按话题构成折算后，{}（{fair}）。", far.join("；"))));
        }
        let names = [
            "派单",
            "退单",
            "到期",
            "按时",
            "逾期",
            "按时办结率",
            "响应率",
            "重办",
            "满意率",
            "在办",
            "超期",
        ];
        let columns = [Column::words("单位", 18)].into_iter().chain(names.map(|name| Column {
            // Shares are the longest figures.
            width: if name.ends_with('率') { 13 } else { 8 },
            ..Column::figures(name)
        }));
        let columns = columns.collect();
        let rows = figures.departments.iter().map(|row| self.department_row(row)).collect();
        let mut table = self.table("各单位办理情况", columns, rows);
        table.note = Some(
            "到期、按时：期内到期的办理，重办另计一次；响应率为首次联系；满意率为有评价的回访；在办、超期截至统计时。值班室为退回后、改派前到期的。"
                .into(),
        );
        blocks.push(Block::Table(table));
        blocks.push(Block::Table(self.fair()));
        blocks
    }

    fn department_row(&self, row: &ReportDepartment) -> Vec<Cell> {
        let span = self.figures.span;
        let opens = |rate, holds| Opens::Rate {
            rate,
            from: span.from,
            to: span.to,
            department: Some(row.code.clone()),
            holds,
        };
        let open = |overdue| Opens::OpenCases { department: row.code.clone(), overdue };
        let count = |n: i64, what: Opens| Cell::from(n).opening(what);
        let share = |count: RateCount| Cell::share(count.share());
        vec![
            row.name.clone().into(),
            count(row.sent.denominator, opens(Rate::SentBack, None)),
            count(row.sent.numerator, opens(Rate::SentBack, Some(true))),
            count(row.on_time.denominator, opens(Rate::OnTime, None)),
            count(row.on_time.numerator, opens(Rate::OnTime, Some(true))),
            count(row.on_time.denominator - row.on_time.numerator, opens(Rate::OnTime, Some(false))),
            share(row.on_time),
            share(row.contact),
            count(row.redone.numerator, opens(Rate::Redone, Some(true))),
            share(row.satisfied),
            count(row.open, open(false)),
            count(row.overdue, open(true)),
        ]
    }

    fn fair(&mut self) -> Table {
        let columns = vec![
            Column::words("单位", 20),
            Column::figures("到期"),
            Column::figures("按时办结率"),
            Column::figures("折算应有"),
            Column::figures("相差（百分点）"),
            Column::figures("等待（天）"),
            Column::figures("延期（天）"),
        ];
        let rows = self.figures.departments.iter().filter_map(|row| {
            let (share, expected) = (row.on_time.share()?, row.expected?);
            let waited = (row.on_time.waited_ms + row.contact.waited_ms) as f64 / 86_400_000.0;
            let extended = row.on_time.extended_days + row.contact.extended_days;
            Some(vec![
                row.name.clone().into(),
                row.on_time.denominator.into(),
                Cell::share(Some(share)),
                Cell::share(Some(expected)),
                Value::Number((share - expected) * 100.0).into(),
                Value::Number(waited).into(),
                extended.into(),
            ])
        });
        let rows = rows.collect();
        let mut table = self.table("按话题构成折算的按时办结率", columns, rows);
        table.note = Some(
            "折算应有：假如每个话题都按全县的按时办结率办理，该单位会有的按时办结率。等待、延期不计入逾期，单列备查。".into(),
        );
        table
    }

    fn repeats(&mut self) -> Vec<Block> {
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

    fn ahead(&mut self) -> Vec<Block> {
        let figures = self.figures;
        let (ahead, after) = (figures.ahead, figures.span.after_word());
        let mut said = vec![format!(
            "{after}到期的工单 {} 件，到期的承诺 {} 项；已过期未说明结果的承诺 {} 项。",
            ahead.cases_due, ahead.promises_due, ahead.promises_late
        )];
        let growing: Vec<String> = figures
            .incidents
            .iter()
            .filter(|incident| {
                matches!(change(incident.items, Some(incident.before), self.odds()), Change::Up { .. })
            })
            .take(5)
            .map(|incident| {
                format!(
                    "“{}”（{} 条，{} {} 条）",
                    incident.title,
                    incident.items,
                    self.before(),
                    incident.before
                )
            })
            .collect();
        if !growing.is_empty() {
            said.push(format!("仍在升温的事件：{}。", growing.join("；")));
        }
        if let Some(forecast) = &figures.forecast {
            let error = match forecast.error {
                Some(error) => {
                    format!("；同样的方法在此前 {} 期里平均相差 {:.0}%", forecast.weeks, error * 100.0)
                }
                None => "；此前的数据太少，误差未知".to_owned(),
            };
            said.push(format!(
                "按近四周同一星期几的平均，预计{after}信息约 {:.0} 条{error}。",
                forecast.items
            ));
        }
        said.into_iter().map(Block::Sentence).collect()
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

/// `县人社局按时办结率 62.0%，比应有的 81.3% 低 19.3 个百分点`.
fn far_from_expected(row: &ReportDepartment) -> Option<String> {
    let (share, expected) = (row.on_time.share()?, row.expected?);
    let far = share - expected;
    (row.on_time.denominator >= LEAST_DUE && far.abs() >= FAR).then(|| {
        format!(
            "{}按时办结率 {:.1}%，比应有的 {:.1}% {} {:.1} 个百分点",
            row.name,
            share * 100.0,
            expected * 100.0,
            if far < 0.0 { "低" } else { "高" },
            far.abs() * 100.0
        )
    })
}

/// `（96.3%）`, or nothing without a denominator.
fn share_text(part: i64, whole: i64) -> String {
    if whole > 0 { format!("（{:.1}%）", part as f64 * 100.0 / whole as f64) } else { String::new() }
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

fn minutes_text(minutes: f64) -> String {
    if minutes < 120.0 { format!("{minutes:.0} 分钟") } else { format!("{:.1} 小时", minutes / 60.0) }
}

fn day_text(day: Date) -> String {
    const NAMES: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
    let name = NAMES[usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0) % 7];
    format!("{}月{}日 周{name}", day.month(), day.day())
}
