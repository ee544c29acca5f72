//! The chapters on what offices did: alerts and how fast they were looked at, and the departments' work.

use qingting_models::records::{Rate, RateCount, ReportDepartment};

use super::Writer;
use crate::report::document::{Block, Cell, Column, Opens, Table, Value};

/// Differences between a department's share and the expected one are told from so many points on.
const FAR: f64 = 0.05;
/// And only of so many rounds of work.
const LEAST_DUE: i64 = 10;

impl Writer<'_> {
    pub(super) fn alerts(&mut self) -> Vec<Block> {
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
        let row = |(rule, n): &(String, i64)| vec![Cell::from(rule.clone()), Cell::from(*n)];
        let rows = alerts.by_rule.iter().map(row).collect();
        vec![Block::Sentence(said), Block::Table(self.table("预警", columns, rows))]
    }

    pub(super) fn departments(&mut self) -> Vec<Block> {
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
        let charged = |n: i64, rate, holds| {
            let (from, to, department) = (span.from, span.to, Some(row.code.clone()));
            match self.lists_rates() {
                true => Cell::from(n).opening(Opens::Rate { rate, from, to, department, holds }),
                false => Cell::from(n),
            }
        };
        let open =
            |n: i64, overdue| Cell::from(n).opening(Opens::OpenCases { lead: row.code.clone(), overdue });
        let share = |count: RateCount| Cell::share(count.share());
        vec![
            row.name.clone().into(),
            charged(row.sent.denominator, Rate::SentBack, None),
            charged(row.sent.numerator, Rate::SentBack, Some(true)),
            charged(row.on_time.denominator, Rate::OnTime, None),
            charged(row.on_time.numerator, Rate::OnTime, Some(true)),
            charged(row.on_time.denominator - row.on_time.numerator, Rate::OnTime, Some(false)),
            share(row.on_time),
            share(row.contact),
            charged(row.redone.numerator, Rate::Redone, Some(true)),
            share(row.satisfied),
            open(row.open, false),
            open(row.overdue, true),
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
            let waited = row.on_time.waited_ms as f64 / 86_400_000.0;
            Some(vec![
                row.name.clone().into(),
                row.on_time.denominator.into(),
                Cell::share(Some(share)),
                Cell::share(Some(expected)),
                Value::Number((share - expected) * 100.0).into(),
                Value::Number(waited).into(),
                row.on_time.extended_days.into(),
            ])
        });
        let rows = rows.collect();
        let mut table = self.table("按话题构成折算的按时办结率", columns, rows);
        table.note = Some(
            "折算应有：假如每个话题都按全县的按时办结率办理，该单位会有的按时办结率。等待、延期不计入逾期，单列备查。".into(),
        );
        table
    }
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

fn minutes_text(minutes: f64) -> String {
    if minutes < 120.0 { format!("{minutes:.0} 分钟") } else { format!("{:.1} 小时", minutes / 60.0) }
}
