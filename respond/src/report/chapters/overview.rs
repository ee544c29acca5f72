//! The first chapter: how much there was, against what it is held against, and by day.

use jiff::civil::Date;
use qingting_models::county::ReportSentence;
use qingting_models::records::{Channel, Rate, ReportDay, ReportItemFilter};

use super::Writer;
use crate::report::document::{Block, Cell, Column, Opens, Table, Value};
use crate::report::drawing;

impl Writer<'_> {
    pub(super) fn overview(&mut self) -> Vec<Block> {
        let totals = &self.figures.totals;
        let table = self.next_table();
        let mut said = Vec::new();
        if totals.items.now == 0 {
            said.push(self.say(ReportSentence::OverviewZero, &[("表", table.clone())]));
        } else {
            said.push(self.say(
                ReportSentence::OverviewItems,
                &[
                    ("信息", totals.items.now.to_string()),
                    ("诉求", totals.demands.now.to_string()),
                    ("新闻", totals.news.now.to_string()),
                    ("事件", totals.incidents.now.to_string()),
                    ("比上期", self.change(totals.items).text(self.before(), "条")),
                    ("比去年", self.year_change(totals.items).text("去年同期", "条")),
                    ("表", table.clone()),
                ],
            ));
            if totals.urgent.now > 0 {
                said.push(self.say(
                    ReportSentence::OverviewUrgent,
                    &[
                        ("紧急", totals.urgent.now.to_string()),
                        ("比上期", self.change(totals.urgent).text(self.before(), "条")),
                        ("表", table.clone()),
                    ],
                ));
            }
        }
        said.push(self.say(
            ReportSentence::OverviewCases,
            &[
                ("新立", totals.opened.now.to_string()),
                ("到期", totals.due.now.to_string()),
                ("按时", totals.on_time.now.to_string()),
                ("按时率", share_text(totals.on_time.now, totals.due.now)),
                ("在办", totals.open.to_string()),
                ("超期", totals.overdue.to_string()),
                ("表", table),
            ],
        ));
        let mut blocks: Vec<Block> = said.into_iter().flatten().collect();
        let columns = self.compared_columns("指标");
        let rows = self.overview_rows();
        let mut table = self.table("总体情况", columns, rows);
        let mut note = format!(
            "“—”表示当时还没有数据。“增加”“减少”指差异大到偶然很难解释（双侧 {}%），小于此的写“属正常波动”；基数不足 {} 的不写百分比。不含保密事项。",
            self.style.level, self.style.least_for_percent
        );
        if totals.unjudged > 0 {
            note.push_str(&format!("另有 {} 条尚未研判，不在统计内。", totals.unjudged));
        }
        table.note = Some(note);
        blocks.push(Block::Table(table));
        if self.figures.span.length() > 1 {
            let drawing = drawing::trend(&self.figures.days, self.this(), self.before());
            blocks.push(self.chart("每日信息量", drawing));
            if let Some(drawing) = drawing::calendar(&self.figures.calendar, &self.figures.span) {
                blocks.push(self.chart("信息量日历", drawing));
            }
            let days = if self.figures.span.lists_weeks() { self.weeks() } else { self.days() };
            blocks.push(Block::Table(days));
        }
        blocks
    }

    fn overview_rows(&self) -> Vec<Vec<Cell>> {
        let totals = &self.figures.totals;
        let span = self.figures.span;
        let items = |items: ReportItemFilter| Some(Opens::Items(items));
        let charged = || self.figures.scope.department.clone().map(Some);
        let rate = |rate, holds| {
            let opens = Opens::Rate { rate, from: span.from, to: span.to, department: charged(), holds };
            self.lists_rates().then_some(opens)
        };
        let news = Some(Channel::News);
        let open = |overdue| Opens::OpenCases { lead: self.figures.scope.department.clone(), overdue };
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

    /// The days by week, from Monday to Sunday, as far as they belong to the report.
    fn weeks(&mut self) -> Table {
        let columns = vec![
            Column::words("日期", 30),
            Column::figures(self.this()),
            Column::figures("日均"),
            Column::words("说明", 24),
        ];
        let rows = self.figures.span.weeks().into_iter().map(|(first, last)| {
            let of_week = |day: &&ReportDay| (first..=last).contains(&day.day);
            let days: Vec<&ReportDay> = self.figures.days.iter().filter(of_week).collect();
            let items: i64 = days.iter().map(|day| day.items).sum();
            let mut marks: Vec<&str> = days.iter().filter_map(|day| day.mark.as_deref()).collect();
            marks.dedup();
            let name = format!("{}月{}日至{}月{}日", first.month(), first.day(), last.month(), last.day());
            let opens = Opens::Items(ReportItemFilter::of_days(first, last));
            vec![
                name.into(),
                Cell::from(items).opening(opens),
                Value::Number(items as f64 / days.len().max(1) as f64).into(),
                marks.join("、").into(),
            ]
        });
        let rows = rows.collect();
        let mut table = self.table("每周信息量", columns, rows);
        table.note = Some("超过两个月的报告按周列出，首尾可能不足一周；“休”为放假，“班”为调休上班。".into());
        table
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
}

/// `（96.3%）`, or nothing without a denominator.
fn share_text(part: i64, whole: i64) -> String {
    if whole > 0 { format!("（{:.1}%）", part as f64 * 100.0 / whole as f64) } else { String::new() }
}

fn day_text(day: Date) -> String {
    const NAMES: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
    let name = NAMES[usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0) % 7];
    format!("{}月{}日 周{name}", day.month(), day.day())
}
