//! The chapters on what offices did: alerts and how fast they were looked at, and the departments' work.

use qingting_models::county::ReportSentence;
use qingting_models::records::{Rate, RateCount, ReportDepartment};

use super::Writer;
use crate::report::document::{Block, Cell, Column, Opens, Table, Value};

/// Of fewer ratings no share is held against the floor.
const LEAST_RATED: i64 = 5;

impl Writer<'_> {
    pub(super) fn alerts(&mut self) -> Vec<Block> {
        let alerts = &self.figures.alerts;
        if alerts.fired == 0 {
            return self.say(ReportSentence::AlertsNone, &[]).into_iter().collect();
        }
        let median = alerts
            .median_minutes
            .map_or(String::new(), |minutes| format!("，一半在 {} 内有人查看", minutes_text(minutes)));
        let table = self.next_table();
        let said = self.say(
            ReportSentence::AlertsFired,
            &[
                ("次数", alerts.fired.to_string()),
                ("已查看", alerts.seen.to_string()),
                ("用时", median),
                ("表", table),
            ],
        );
        let columns = vec![Column::words("预警规则", 40), Column::figures("次数")];
        let row = |(rule, n): &(String, i64)| vec![Cell::from(rule.clone()), Cell::from(*n)];
        let rows = alerts.by_rule.iter().map(row).collect();
        let table = self.table("预警", columns, rows);
        said.into_iter().chain([Block::Table(table)]).collect()
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
        let said = match named.is_empty() {
            true => self.say(ReportSentence::DepartmentsNoneLate, &[("表", table)]),
            false => self.say(ReportSentence::DepartmentsLate, &[("单位", named.join("、")), ("表", table)]),
        };
        let mut blocks: Vec<Block> = said.into_iter().collect();
        let far: Vec<String> =
            figures.departments.iter().filter_map(|row| self.far_from_expected(row)).collect();
        if !far.is_empty() {
            blocks
                .extend(self.say(ReportSentence::DepartmentsFar, &[("单位", far.join("；")), ("表", fair)]));
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
        blocks.extend(self.behind());
        blocks
    }

    /// Departments whose ratings lie below the county's floor, the furthest first; of few ratings nothing is said.
    fn behind(&mut self) -> Vec<Block> {
        let figures = self.figures;
        let Some(percent) = figures.satisfied_floor else { return Vec::new() };
        let floor = f64::from(percent) / 100.0;
        let share = |row: &ReportDepartment| row.satisfied.share().unwrap_or(1.0);
        let mut behind: Vec<&ReportDepartment> = figures
            .departments
            .iter()
            .filter(|row| row.satisfied.denominator >= LEAST_RATED && share(row) < floor)
            .collect();
        if behind.is_empty() {
            return Vec::new();
        }
        behind.sort_by(|a, b| share(a).total_cmp(&share(b)));
        let told = |row: &&ReportDepartment| format!("{}（{:.1}%）", row.name, share(row) * 100.0);
        let named: Vec<String> = behind.iter().take(5).map(told).collect();
        let table = self.next_table();
        let places = [("单位", named.join("、")), ("下限", format!("{percent}%")), ("表", table)];
        let said = self.say(ReportSentence::DepartmentsBehind, &places);
        let columns = vec![
            Column::words("单位", 24),
            Column::figures("有评价"),
            Column::figures("满意"),
            Column::figures("不满意"),
            Column::figures("满意率"),
            Column::figures("整改重办"),
        ];
        let row = |row: &&ReportDepartment| {
            let rated = row.satisfied;
            vec![
                row.name.clone().into(),
                self.charged(row, rated.denominator, Rate::Satisfied, None),
                self.charged(row, rated.numerator, Rate::Satisfied, Some(true)),
                self.charged(row, rated.denominator - rated.numerator, Rate::Satisfied, Some(false)),
                Cell::share(rated.share()),
                self.charged(row, row.redone.numerator, Rate::Redone, Some(true)),
            ]
        };
        let rows = behind.iter().map(row).collect();
        let mut table = self.table("满意率靠后的单位", columns, rows);
        table.note =
            Some(format!("满意率为有评价的回访中满意和基本满意的比例；不足 {LEAST_RATED} 件评价的不列。"));
        said.into_iter().chain([Block::Table(table)]).collect()
    }

    /// A count of the facts behind a rate of a department, which opens their cases.
    fn charged(&self, row: &ReportDepartment, n: i64, rate: Rate, holds: Option<bool>) -> Cell {
        let (from, to, department) = (self.figures.span.from, self.figures.span.to, Some(row.code.clone()));
        match self.lists_rates() {
            true => Cell::from(n).opening(Opens::Rate { rate, from, to, department, holds }),
            false => Cell::from(n),
        }
    }

    fn department_row(&self, row: &ReportDepartment) -> Vec<Cell> {
        let charged = |n, rate, holds| self.charged(row, n, rate, holds);
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

    /// `县人社局按时办结率 62.0%，比应有的 81.3% 低 19.3 个百分点`, where it is to be named.
    fn far_from_expected(&self, row: &ReportDepartment) -> Option<String> {
        let (share, expected) = (row.on_time.share()?, row.expected?);
        let far = (share - expected) * 100.0;
        (row.on_time.denominator >= self.style.least_due && far.abs() >= self.style.far).then(|| {
            format!(
                "{}按时办结率 {:.1}%，比应有的 {:.1}% {} {:.1} 个百分点",
                row.name,
                share * 100.0,
                expected * 100.0,
                if far < 0.0 { "低" } else { "高" },
                far.abs()
            )
        })
    }
}

fn minutes_text(minutes: f64) -> String {
    if minutes < 120.0 { format!("{minutes:.0} 分钟") } else { format!("{:.1} 小时", minutes / 60.0) }
}
