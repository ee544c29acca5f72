//! The calendar of due times (到期日历): a month of days, what falls due on each, and the cases of the day that is opened.

use askama::Template;
use axum::extract::State;
use jiff::ToSpan;
use jiff::civil::{Date, Time};
use qingting_models::clock::{from_local, local_date};
use qingting_models::county::{DayKind, DepartmentCode};
use qingting_models::store::{CaseFilter, DueDay, Page};

use super::{Answer, html};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Frame;
use crate::query::{Query, Select};
use crate::view::{CaseRow, choices};

/// Rows of the cases of a day.
const ROWS: i64 = 100;
const PATH: &str = "/due";

/// A month.
#[derive(Debug, Template)]
#[template(path = "due.html")]
pub struct DuePage {
    pub frame: Frame,
    /// `2026年12月`.
    pub month: String,
    pub before: String,
    pub after: String,
    /// This month, when another one is shown.
    pub now: Option<String>,
    /// For those who see all departments.
    pub departments: Option<Select>,
    /// The month that is shown, for the form: `2026-12`.
    pub shown: String,
    pub weeks: Vec<Vec<DayCell>>,
    /// What stands in the month: cases, promises.
    pub total: DueDay,
    pub day: Option<DayDue>,
    /// Some days have no official arrangement yet.
    pub guess: bool,
}

/// A day of the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCell {
    /// `1`.
    pub number: String,
    /// `12月` where a month or the calendar begins; otherwise empty.
    pub month: String,
    /// For those who hear it: `12月1日 星期二`.
    pub says: String,
    /// Why it is a day off or a make-up workday: `元旦`, `班`.
    pub note: String,
    pub class: String,
    pub today: bool,
    pub cases: i64,
    pub promises: i64,
    /// The day has passed: what is open of it is late.
    pub late: bool,
    /// Opens the day; none where nothing falls due.
    pub href: Option<String>,
    pub chosen: bool,
}

/// The day that is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayDue {
    pub title: String,
    pub cases: Vec<CaseRow>,
    pub count: i64,
    pub promises: i64,
    /// Where the promises stand, for those who may read them there.
    pub promises_at: &'static str,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let now = state.store.now();
    let today = local_date(now);
    let chosen = day_asked(&query)?;
    let first = month_asked(&query)?.or(chosen).unwrap_or(today).first_of_month();
    let last = first.last_of_month();
    let internal = |error: jiff::Error| WebError::internal(error);
    // Whole weeks, from Monday on.
    let begins =
        first.checked_sub(i64::from(first.weekday().to_monday_zero_offset()).days()).map_err(internal)?;
    let ends =
        last.checked_add((7 - i64::from(last.weekday().to_monday_zero_offset())).days()).map_err(internal)?;
    let department = query.get("department").map(DepartmentCode::from);
    let due = state.store.due_days(&caller.viewer, department.as_ref(), (begins, ends)).await?;
    let cell = |day: Date| {
        let found = due.get(&day).copied().unwrap_or_default();
        let (note, class) = arrangement(&state, day);
        let any = found != DueDay::default();
        let named = day.day() == 1 || day == begins;
        DayCell {
            number: day.day().to_string(),
            month: if named { format!("{}月", day.month()) } else { String::new() },
            says: crate::moment::day_text(day),
            note,
            class: format!("{class}{}", if day.month() == first.month() { "" } else { " other" }),
            today: day == today,
            cases: found.cases,
            promises: found.promises,
            late: day < today,
            href: any
                .then(|| query.address(PATH, &[("day", &day.to_string()), ("month", &month_code(first))])),
            chosen: chosen == Some(day),
        }
    };
    let mut weeks = Vec::new();
    let mut day = begins;
    while day < ends {
        let week: Result<Vec<Date>, _> = (0..7).map(|n| day.checked_add(n.days())).collect();
        weeks.push(week.map_err(internal)?.into_iter().map(cell).collect());
        day = day.checked_add(7.days()).map_err(internal)?;
    }
    let in_month = due.iter().filter(|(day, _)| (first..=last).contains(day)).map(|(_, due)| due);
    let total = in_month.fold(DueDay::default(), |sum, due| DueDay {
        cases: sum.cases + due.cases,
        promises: sum.promises + due.promises,
    });
    let opened = match chosen {
        Some(day) => {
            let promises = due.get(&day).map_or(0, |due| due.promises);
            Some(day_due(&state, &caller, department.as_ref(), day, promises).await?)
        }
        None => None,
    };
    let to = |month: Date| query.address(PATH, &[("month", &month_code(month)), ("day", "")]);
    let wide = caller.viewer.all_open || caller.viewer.all_confidential;
    html(&DuePage {
        frame: Frame::inside(&state, &caller, "到期日历", "/cases"),
        month: format!("{}年{}月", first.year(), first.month()),
        before: to(first.yesterday().map_err(internal)?),
        after: to(last.tomorrow().map_err(internal)?),
        now: (first != today.first_of_month()).then(|| to(today)),
        departments: wide.then(|| Select {
            name: "department",
            label: "单位",
            any: "全部单位",
            options: choices(&state.names.departments, query.text("department")),
        }),
        shown: month_code(first),
        guess: (0..=31)
            .filter_map(|n| first.checked_add(n.days()).ok())
            .any(|day| day <= last && state.desk.calendar().is_guess(day)),
        weeks,
        total,
        day: opened,
    })
}

/// Why the day is off or a make-up workday, and its class.
fn arrangement(state: &AppState, day: Date) -> (String, &'static str) {
    let calendar = state.desk.calendar();
    let class = if calendar.is_workday(day) { "work" } else { "off" };
    let note = match (calendar.named(day), calendar.day_kind(day)) {
        (Some(_), DayKind::Work) => "班".to_owned(),
        (Some(named), _) => named.name.clone(),
        (None, _) => String::new(),
    };
    (note, class)
}

async fn day_due(
    state: &AppState,
    caller: &Caller,
    department: Option<&DepartmentCode>,
    day: Date,
    promises: i64,
) -> Result<DayDue, WebError> {
    let midnight = |day: Date| from_local(day.to_datetime(Time::midnight())).map_err(WebError::internal);
    let filter = CaseFilter {
        open_only: true,
        department: department.cloned(),
        due_from: Some(midnight(day)?),
        due_before: Some(midnight(day.tomorrow().map_err(WebError::internal)?)?),
        soonest_first: true,
        ..CaseFilter::default()
    };
    let found = state.store.cases(&caller.viewer, &filter, Page { before: None, size: ROWS }).await?;
    Ok(DayDue {
        title: crate::moment::day_text(day),
        cases: state.case_rows(&found.rows, caller.department()),
        count: state.store.count_cases(&caller.viewer, &filter).await?,
        promises,
        promises_at: if day < local_date(state.store.now()) { "/promises?state=over" } else { "/promises" },
    })
}

/// `2026-12`.
fn month_code(day: Date) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

fn day_asked(query: &Query) -> Result<Option<Date>, WebError> {
    let Some(text) = query.get("day") else { return Ok(None) };
    allowed(text).map(Some).ok_or_else(|| WebError::bad("日期请写成 2026-12-01 这样，2000 年以后"))
}

fn month_asked(query: &Query) -> Result<Option<Date>, WebError> {
    let Some(text) = query.get("month") else { return Ok(None) };
    allowed(&format!("{text}-01"))
        .map(Some)
        .ok_or_else(|| WebError::bad("月份请写成 2026-12 这样，2000 年以后"))
}

fn allowed(text: &str) -> Option<Date> {
    text.parse().ok().filter(|day: &Date| (2000..=2900).contains(&day.year()))
}

#[cfg(test)]
impl crate::samples::Sampled for DuePage {
    fn samples() -> Vec<Self> {
        use crate::samples::{case_row, frame, hostile};
        let cell = |t: &str, any: bool| DayCell {
            number: "1".into(),
            month: t.to_owned(),
            says: t.to_owned(),
            note: t.to_owned(),
            class: "off other".into(),
            today: any,
            cases: i64::from(any) * 3,
            promises: i64::from(any),
            late: any,
            href: any.then(|| t.to_owned()),
            chosen: any,
        };
        let page = |t: String| Self {
            frame: frame(&t),
            month: t.clone(),
            before: t.clone(),
            after: t.clone(),
            now: Some(t.clone()),
            departments: Some(Select {
                name: "department",
                label: "单位",
                any: "全部单位",
                options: vec![crate::samples::choice(&t)],
            }),
            shown: t.clone(),
            weeks: vec![vec![cell(&t, true), cell(&t, false)]],
            total: DueDay { cases: 3, promises: 1 },
            day: Some(DayDue {
                title: t.clone(),
                cases: vec![case_row(&t)],
                count: 120,
                promises: 2,
                promises_at: "/promises",
            }),
            guess: true,
        };
        hostile().into_iter().map(page).collect()
    }
}
