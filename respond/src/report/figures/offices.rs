//! The figures of what offices did: departments, alerts, and where demands went.

use std::collections::BTreeMap;

use qingting_models::county::{DepartmentCode, TopicCode};
use qingting_models::records::{
    Channel, Rate, RateCount, ReportAlerts, ReportDepartment, ReportFlow, state_label,
};
use qingting_models::store::{AlertCounts, FlowCount};

use super::{Reckoner, department_name};

const DUTY_DESK: &str = "值班室";

impl Reckoner<'_> {
    pub(super) fn departments(&self) -> Vec<ReportDepartment> {
        let mut rates: BTreeMap<Option<DepartmentCode>, BTreeMap<Rate, RateCount>> = BTreeMap::new();
        for figure in &self.counts.now.rates {
            rates.entry(figure.department.clone()).or_default().insert(figure.rate, figure.count);
        }
        for (lead, ..) in &self.counts.open {
            rates.entry(Some(lead.clone())).or_default();
        }
        let row = |(code, rates): (Option<DepartmentCode>, BTreeMap<Rate, RateCount>)| {
            let of = |rate| rates.get(&rate).copied().unwrap_or_default();
            let load = self.counts.open.iter().find(|(lead, ..)| Some(lead) == code.as_ref());
            ReportDepartment {
                name: code.as_ref().map_or(DUTY_DESK.into(), |code| department_name(self.county, code)),
                sent: of(Rate::SentBack),
                contact: of(Rate::Contact),
                on_time: of(Rate::OnTime),
                redone: of(Rate::Redone),
                solved: of(Rate::Solved),
                satisfied: of(Rate::Satisfied),
                open: load.map_or(0, |(_, open, _)| *open),
                overdue: load.map_or(0, |(_, _, overdue)| *overdue),
                expected: self.expected(code.as_ref()),
                code,
            }
        };
        let mut rows: Vec<ReportDepartment> = rates.into_iter().map(row).collect();
        // In the county's own order, the duty desk last.
        let place = |row: &ReportDepartment| match &row.code {
            Some(code) => {
                self.county.departments.all().iter().position(|d| d.code == *code).unwrap_or(usize::MAX - 1)
            }
            None => usize::MAX,
        };
        rows.sort_by_key(place);
        rows
    }

    fn expected(&self, department: Option<&DepartmentCode>) -> Option<f64> {
        let mut county: BTreeMap<Option<&TopicCode>, RateCount> = BTreeMap::new();
        for (_, topic, count) in &self.counts.due_by_topic {
            let sum = county.entry(topic.as_ref()).or_default();
            *sum = sum.plus(*count);
        }
        let (mut expected, mut due) = (0.0, 0);
        for (of, topic, count) in &self.counts.due_by_topic {
            if of.as_ref() == department {
                let share = county.get(&topic.as_ref()).and_then(RateCount::share).unwrap_or(0.0);
                expected += share * count.denominator as f64;
                due += count.denominator;
            }
        }
        (due > 0).then(|| expected / due as f64)
    }

    pub(super) fn flow(&self) -> Vec<ReportFlow> {
        let mut sums: BTreeMap<(Channel, Option<String>, String), i64> = BTreeMap::new();
        for FlowCount { channel, lead, state, outcome, items } in &self.counts.flow {
            let department = lead.as_ref().map(|code| department_name(self.county, code));
            let outcome = match (state, outcome) {
                (_, Some(outcome)) => outcome.label().to_owned(),
                (Some(state), None) => state_label(state).to_owned(),
                (None, None) => "未立工单".to_owned(),
            };
            *sums.entry((*channel, department, outcome)).or_default() += items;
        }
        let flow =
            |((channel, department, outcome), items)| ReportFlow { channel, department, outcome, items };
        sums.into_iter().map(flow).collect()
    }
}

pub(super) fn alerts(counts: &AlertCounts) -> ReportAlerts {
    let after = &counts.looked_after_ms;
    let middle = match (after.len(), after.len() % 2) {
        (0, _) => None,
        (n, 1) => Some(after[n / 2] as f64),
        (n, _) => Some((after[n / 2 - 1] + after[n / 2]) as f64 / 2.0),
    };
    ReportAlerts {
        fired: counts.fired,
        seen: i64::try_from(after.len()).unwrap_or(i64::MAX),
        median_minutes: middle.map(|ms| (ms / 6_000.0).round() / 10.0),
        by_rule: counts.by_rule.clone(),
    }
}
