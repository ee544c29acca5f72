//! The list of kept reports, and the form that makes one.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use jiff::ToSpan;
use jiff::civil::Date;
use qingting_models::clock::local_date;
use qingting_models::records::{ReportKind, ReportLine, Role};
use qingting_models::store::Page;

use super::{PATH, scope_name, state_tag};
use crate::app::AppState;
use crate::caller::Caller;
use crate::frame::Frame;
use crate::moment::Moment;
use crate::names::Names;
use crate::pages::{Answer, html};
use crate::query::{Query, Select};
use crate::view::{Choice, Tag, choices};

const ROWS: i64 = 50;

#[derive(Debug, Template)]
#[template(path = "reports.html")]
pub struct ReportsPage {
    pub frame: Frame,
    pub kinds: Select,
    pub rows: Vec<ReportRow>,
    /// The form, for those who make reports.
    pub make: Option<MakeForm>,
    pub first: Option<String>,
    pub next: Option<String>,
}

/// A report in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    pub id: String,
    pub name: String,
    pub scope: String,
    pub state: Tag,
    pub number: Option<String>,
    pub cutoff: Moment,
}

/// What the form offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MakeForm {
    pub kinds: Vec<Choice>,
    /// Any day of the week or month, the day itself, or the first day.
    pub from: Date,
    pub to: Date,
    pub towns: Vec<Choice>,
    pub topics: Vec<Choice>,
    pub departments: Vec<Choice>,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let kind = query.parsed::<ReportKind>("kind");
    let page = Page { before: query.parsed("after"), size: ROWS };
    let found = state.store.kept_reports(kind, false, page).await?;
    let now = state.store.now();
    let next = found.next.map(|before| before.to_string());
    let mut titles = HashMap::new();
    for incident in found.rows.iter().filter_map(|line| line.incident) {
        titles.insert(incident, state.desk.brief_title(incident).await?);
    }
    let title = |line: &ReportLine| line.incident.and_then(|incident| titles.get(&incident).cloned());
    let row = |line: &ReportLine| row(line, title(line), &state.names, now);
    html(&ReportsPage {
        frame: Frame::inside(&state, &caller, "报告", PATH).done(query.get("done")),
        kinds: Select {
            name: "kind",
            label: "种类",
            any: "全部",
            options: kinds(ReportKind::ALL, query.text("kind")),
        },
        rows: found.rows.iter().map(row).collect(),
        make: caller
            .has_any(&[Role::Duty, Role::Discipline])
            .then(|| make_form(&state.names, local_date(now))),
        first: query.first(PATH),
        next: next.map(|next| query.address(PATH, &[("after", &next)])),
    })
}

fn row(line: &ReportLine, title: Option<String>, names: &Names, now: jiff::Timestamp) -> ReportRow {
    let name = title.unwrap_or_else(|| line.span.name());
    ReportRow {
        id: line.id.to_string(),
        name: format!("{} {name}", line.span.kind.label()),
        scope: scope_name(&line.scope, names),
        state: state_tag(line.state),
        number: line.number.clone(),
        cutoff: Moment::new(line.cutoff, now),
    }
}

fn kinds(kinds: &[ReportKind], chosen: &str) -> Vec<Choice> {
    kinds.iter().map(|kind| Choice::new(kind.code(), kind.label(), kind.code() == chosen)).collect()
}

/// The last week that is over stands in the form.
fn make_form(names: &Names, today: Date) -> MakeForm {
    let back = i64::from(today.weekday().to_monday_zero_offset());
    let monday = today.saturating_sub((back + 7).days());
    let towns = names.towns.iter().map(|town| Choice::new(town, town, false)).collect();
    MakeForm {
        kinds: kinds(
            &[ReportKind::Weekly, ReportKind::Daily, ReportKind::Monthly, ReportKind::Period],
            ReportKind::Weekly.code(),
        ),
        from: monday,
        to: monday.saturating_add(6.days()),
        towns,
        topics: choices(&names.topics, ""),
        departments: choices(&names.departments, ""),
    }
}

#[cfg(test)]
impl crate::samples::Sampled for ReportsPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile, moment};
        let day = jiff::civil::date(2026, 11, 23);
        let page = |t: String| Self {
            frame: frame(&t),
            kinds: Select { name: "kind", label: "种类", any: "全部", options: vec![choice(&t)] },
            rows: vec![ReportRow {
                id: t.clone(),
                name: t.clone(),
                scope: t.clone(),
                state: state_tag(qingting_models::records::ReportState::Review),
                number: Some(t.clone()),
                cutoff: moment(90),
            }],
            make: Some(MakeForm {
                kinds: vec![choice(&t)],
                from: day,
                to: day,
                towns: vec![choice(&t)],
                topics: vec![choice(&t)],
                departments: vec![choice(&t)],
            }),
            first: Some(t.clone()),
            next: Some(t),
        };
        let mut pages: Vec<Self> = hostile().into_iter().map(page).collect();
        pages.extend(hostile().into_iter().map(|t| Self {
            rows: vec![],
            make: None,
            first: None,
            next: None,
            ..page(t)
        }));
        pages
    }
}
