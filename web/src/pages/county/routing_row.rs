//! One row of the routing table: changed, tried on the items of the last days, and saved or taken away.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use qingting_models::county::{RoutingCells, RoutingSheet, TOWN_OFFICE};
use qingting_models::records::{Kind, Viewer};
use qingting_respond::routing::{Moved, ROUTING_TRIAL_DAYS, Reasoned, RoutingTrial};

use super::routing::{FILE, PATH, sheet, target};
use super::{candidate, save, version};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::moment::Moment;
use crate::names::Names;
use crate::pages::{Answer, back, html};
use crate::view::{Choice, choices, title_text};

/// The most characters of a cell.
const LONGEST: usize = 2_000;

#[derive(Debug, Template)]
#[template(path = "routing_row.html")]
pub struct RoutingRowPage {
    pub frame: Frame,
    /// `None` for a row that is new.
    pub index: Option<usize>,
    pub version: i64,
    pub priority: String,
    pub words: String,
    pub note: String,
    pub from: String,
    pub to: String,
    pub reason: String,
    pub topics: Vec<Choice>,
    pub places: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub departments: Vec<Choice>,
    pub days: i64,
    pub trial: Option<TrialView>,
}

/// What the table would change with the row as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrialView {
    pub since: Option<Moment>,
    pub items: usize,
    /// Items that the row itself names the department of.
    pub caught: usize,
    pub moved: usize,
    pub named_before: usize,
    pub named_after: usize,
    pub warning: Option<&'static str>,
    /// Department, how many before, how many after.
    pub departments: Vec<(String, usize, usize)>,
    pub examples: Vec<MovedRow>,
}

/// An item that would go elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedRow {
    pub id: String,
    pub title: String,
    pub at: Moment,
    pub before: String,
    pub after: String,
}

pub async fn new(State(state): State<AppState>, caller: Caller) -> Answer {
    let cells: RoutingCells =
        std::array::from_fn(|place| if place == 0 { "20".into() } else { String::new() });
    html(&page(&state, &caller, None, &cells, version(&state, FILE).await?))
}

pub async fn edit(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let index: usize = id.parse().map_err(|_| WebError::NotFound)?;
    let sheet = sheet(&state).await?;
    let cells = sheet.rows().get(index).ok_or(WebError::NotFound)?;
    html(&page(&state, &caller, Some(index), cells, version(&state, FILE).await?))
}

pub async fn add(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    submit(&state, &caller, None, &form).await
}

pub async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let index: usize = id.parse().map_err(|_| WebError::NotFound)?;
    submit(&state, &caller, Some(index), &form).await
}

async fn submit(state: &AppState, caller: &Caller, index: Option<usize>, form: &Form) -> Answer {
    let seen: i64 = form.must("version", "版本")?;
    let typed = cells(form);
    let mut shown = page(state, caller, index, typed.as_ref().unwrap_or(&RoutingCells::default()), seen);
    shown.reason = form.text("reason").to_owned();
    let done = async {
        let remove = index.is_some() && form.text("do") == "remove";
        let wanted = Wanted { index, cells: Some(typed?).filter(|_| !remove), seen };
        if form.text("do") == "try" {
            let tried = try_row(state, caller, wanted).await?;
            return Ok(Some(view(&tried, &state.names, state.store.now())));
        }
        keep_row(state, caller, wanted, form.need("reason", "修改说明", 200)?).await?;
        Ok(None)
    };
    match done.await {
        Ok(None) => Ok(back("", PATH, "routing-saved")),
        Ok(trial) => {
            shown.trial = trial;
            html(&shown)
        }
        Err(WebError::Bad(why) | WebError::Conflict(why)) => {
            shown.frame = shown.frame.with(Some(Notice::bad(why)));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&shown)?).into_response())
        }
        Err(error) => Err(error),
    }
}

/// A row as somebody wants it.
pub(crate) struct Wanted {
    /// `None` for one that is new.
    pub index: Option<usize>,
    /// `None` where it is to be taken away.
    pub cells: Option<RoutingCells>,
    /// The version of the file in which its place was seen.
    pub seen: i64,
}

/// The sheet with a row as it is wanted, and its line; `None` where it is taken away.
async fn changed(state: &AppState, wanted: Wanted) -> Result<(RoutingSheet, Option<usize>), WebError> {
    if version(state, FILE).await? != wanted.seen {
        let why = "分流规则刚刚被别人改过，行的位置可能变了；请从列表重新打开，再做修改";
        return Err(WebError::Conflict(why.into()));
    }
    let mut sheet = sheet(state).await?;
    let remove = wanted.cells.is_none();
    let there = match (wanted.index, wanted.cells) {
        (index, Some(cells)) => sheet.put(index, cells),
        (Some(index), None) => sheet.remove(index),
        (None, None) => false,
    };
    if !there {
        return Err(WebError::NotFound);
    }
    let place = wanted.index.unwrap_or(sheet.rows().len().saturating_sub(1));
    Ok((sheet, (!remove).then(|| RoutingSheet::line(place))))
}

/// Saves the table with a row as it is wanted; it is at work at once.
///
/// # Errors
/// [`WebError::Bad`] that says what is wrong with the row, [`WebError::Conflict`] when somebody else was faster.
pub(crate) async fn keep_row(
    state: &AppState,
    caller: &Caller,
    wanted: Wanted,
    reason: &str,
) -> Result<(), WebError> {
    let seen = wanted.seen;
    let text = changed(state, wanted).await?.0.text();
    let county = candidate(state, FILE, Some(&text)).await?;
    save(state, FILE, seen, Some(&text), reason, caller.actor(), county).await
}

/// The cells of the form, in the order of the file.
///
/// # Errors
/// When one that is needed is empty, or one is too long.
pub(crate) fn cells(form: &Form) -> Result<RoutingCells, WebError> {
    form.need("priority", "优先级", 10)?;
    form.need("topic", "话题", 100)?;
    form.need("department", "派给", 100)?;
    let apart = |c: char| c.is_whitespace() || matches!(c, '，' | ',' | '、' | '；' | ';' | '|');
    let words: Vec<&str> = form.text("words").split(apart).filter(|word| !word.is_empty()).collect();
    let cells = RoutingSheet::COLUMNS.map(|column| match column {
        "words" => words.join("|"),
        "valid_from" => form.text("from").to_owned(),
        "valid_to" => form.text("to").to_owned(),
        other => form.text(other).to_owned(),
    });
    if cells.iter().any(|cell| cell.chars().count() > LONGEST) {
        return Err(WebError::bad(format!("一栏最多 {LONGEST} 个字")));
    }
    Ok(cells)
}

/// What the table would change with a row as it is wanted.
pub(crate) struct RowTrial {
    /// Counted over what is not confidential.
    pub trial: RoutingTrial,
    /// Those that the one who asks may read.
    pub examples: Vec<Moved>,
    /// Items that the row itself names the department of.
    pub caught: usize,
    pub warning: Option<&'static str>,
}

/// Tries the table with a row as it is wanted.
///
/// # Errors
/// As of [`keep_row`].
pub(crate) async fn try_row(state: &AppState, caller: &Caller, wanted: Wanted) -> Result<RowTrial, WebError> {
    let (sheet, line) = changed(state, wanted).await?;
    let county = candidate(state, FILE, Some(&sheet.text())).await?;
    let mut trial = state.desk.try_routing(&county, &Viewer::OPEN).await?;
    let examples = std::mem::take(&mut trial.examples);
    let caught = line.and_then(|line| trial.rows.get(&line)).copied().unwrap_or(0);
    let warning = (line.is_some() && trial.items > 0 && caught == 0)
        .then_some("这一行一条也没有用上：条件太严，或者都被优先级数字更小的行先接走了。");
    let examples = if caller.viewer.all_open { examples } else { Vec::new() };
    Ok(RowTrial { trial, examples, caught, warning })
}

fn view(tried: &RowTrial, names: &Names, now: jiff::Timestamp) -> TrialView {
    let RowTrial { trial, examples, caught, warning } = tried;
    let said = |route: &Option<Reasoned>| {
        route
            .as_ref()
            .map_or_else(|| "由人决定".into(), |(code, _)| names.department(code.as_str()).to_owned())
    };
    TrialView {
        since: trial.since.map(|since| Moment::new(since, now)),
        items: trial.items,
        caught: *caught,
        moved: trial.moved,
        named_before: trial.named_before,
        named_after: trial.named_after,
        warning: *warning,
        departments: trial
            .departments
            .iter()
            .map(|(code, (before, after))| (names.department(code.as_str()).to_owned(), *before, *after))
            .collect(),
        examples: examples
            .iter()
            .map(|moved| MovedRow {
                id: moved.item.id.to_string(),
                title: title_text(&moved.item.content.title),
                at: Moment::new(moved.item.first_seen_at, now),
                before: said(&moved.before),
                after: said(&moved.after),
            })
            .collect(),
    }
}

fn page(
    state: &AppState,
    caller: &Caller,
    index: Option<usize>,
    cells: &RoutingCells,
    version: i64,
) -> RoutingRowPage {
    let [priority, topic, place, kind, words, department, note, from, to] = cells;
    let names = &state.names;
    let mut departments = choices(&names.departments, department);
    departments.insert(0, Choice::new(TOWN_OFFICE, target(TOWN_OFFICE, names), department == TOWN_OFFICE));
    let named = |value: &str| Choice::new(value, value, value == kind);
    RoutingRowPage {
        frame: Frame::inside(state, caller, "分流规则", PATH),
        index,
        version,
        priority: priority.clone(),
        words: words.replace('|', " "),
        note: note.clone(),
        from: from.clone(),
        to: to.clone(),
        reason: String::new(),
        topics: choices(&names.topics, topic),
        places: names.towns.iter().map(|town| Choice::new(town, town, town == place)).collect(),
        kinds: Kind::ALL.iter().map(|kind| named(kind.code())).collect(),
        departments,
        days: ROUTING_TRIAL_DAYS,
        trial: None,
    }
}

#[cfg(test)]
impl crate::samples::Sampled for RoutingRowPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile, moment};
        let page = |t: String| Self {
            frame: frame(&t),
            index: Some(0),
            version: 1,
            priority: t.clone(),
            words: t.clone(),
            note: t.clone(),
            from: t.clone(),
            to: t.clone(),
            reason: t.clone(),
            topics: vec![choice(&t)],
            places: vec![choice(&t)],
            kinds: vec![choice(&t)],
            departments: vec![choice(&t)],
            days: ROUTING_TRIAL_DAYS,
            trial: Some(TrialView {
                since: Some(moment(9_000)),
                items: 9,
                warning: Some("一条也没有用上"),
                departments: vec![(t.clone(), 1, 2)],
                examples: vec![MovedRow {
                    id: t.clone(),
                    title: t.clone(),
                    at: moment(60),
                    before: t.clone(),
                    after: t.clone(),
                }],
                ..TrialView::default()
            }),
        };
        let new = |t: String| Self { index: None, trial: None, ..page(t) };
        hostile().into_iter().flat_map(|t| [page(t.clone()), new(t)]).collect()
    }
}
