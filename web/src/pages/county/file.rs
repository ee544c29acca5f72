//! One county file as text: checked, with what would change, then saved; its versions, any of which can be taken again.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use qingting_models::county::{County, MAX_FILE, is_file};
use qingting_respond::desk::Desk;

use super::fault::line_of;
use super::{about, candidate, current, save};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::moment::Moment;
use crate::pages::{Answer, back, html};
use crate::people::People;
use crate::query::Query;

/// How many changed lines are shown of each side.
const SHOWN: usize = 30;

#[derive(Debug, Template)]
#[template(path = "county_file.html")]
pub struct FilePage {
    pub frame: Frame,
    pub name: String,
    pub title: &'static str,
    pub about: &'static str,
    pub version: i64,
    pub text: String,
    /// The line in which something is wrong; the script goes there.
    pub line: Option<usize>,
    pub reason: String,
    pub check: Option<Check>,
    pub history: Vec<VersionRow>,
    /// The version whose text is shown in place of the present.
    pub old: Option<i64>,
    /// A calendar that there is none of yet.
    pub new_year: bool,
}

/// What a text that can be used would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Check {
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub more: usize,
    /// Cases whose due times would move, and what the timeline would say of the first.
    pub moved: Option<(usize, Vec<(String, String)>)>,
}

/// A version in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    pub version: i64,
    pub reason: String,
    pub at: Moment,
    pub by: String,
    pub newest: bool,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let name = known(query.text("name"))?;
    let old: Option<i64> = query.parsed("version");
    let text = text_at(&state, &name, old).await?;
    let mut page = page(&state, &caller, &name, text.unwrap_or_default(), String::new()).await?;
    page.old = old;
    page.frame = page.frame.done(query.get("done"));
    html(&page)
}

/// The text of a version; of 0 that of the folder, of none the one that counts now.
///
/// # Errors
/// When there is no such version.
pub(crate) async fn text_at(
    state: &AppState,
    name: &str,
    version: Option<i64>,
) -> Result<Option<String>, WebError> {
    let in_folder = || state.county_files.text(name).map(str::to_owned);
    match version {
        Some(0) => Ok(in_folder()),
        Some(version) => {
            let found = state.store.county_file_version(name, version).await?.ok_or(WebError::NotFound)?;
            Ok(found.text.or_else(in_folder))
        }
        None => current(state, name).await,
    }
}

/// Checks a text, and saves it when that was asked.
pub async fn submit(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    let name = known(form.text("name"))?;
    let here = format!("/county/file?name={}", crate::access::url_encode(&name));
    let to_folder = form.text("do") == "folder";
    // A browser sends CR LF.
    let text = form.raw("text").replace("\r\n", "\n");
    let mut page = page(&state, &caller, &name, text.clone(), form.text("reason").to_owned()).await?;
    page.version = form.must("version", "版本")?;
    let text = (!to_folder).then_some(text);
    match changed(&state, &caller, &form, &name, text.as_deref()).await {
        Ok(None) => Ok(back("", &here, "county-file-saved")),
        Ok(Some(check)) => {
            page.check = Some(check);
            html(&page)
        }
        Err(WebError::Bad(why) | WebError::Conflict(why)) => {
            page.line = line_of(&name, &why);
            page.frame = page.frame.with(Some(Notice::bad(why)));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
        Err(error) => Err(error),
    }
}

/// `None` when it was saved, else what would change.
async fn changed(
    state: &AppState,
    caller: &Caller,
    form: &Form,
    name: &str,
    text: Option<&str>,
) -> Result<Option<Check>, WebError> {
    let county = usable(state, name, text).await?;
    if form.text("do") != "check" {
        let reason = form.need("reason", "修改说明", 200)?;
        let seen = form.must("version", "版本")?;
        save(state, name, seen, text, reason, caller.actor(), county).await?;
        return Ok(None);
    }
    check(state, name, text, county).await.map(Some)
}

/// The county with another text of a file, when it can be put to work; without a text, with that of the folder.
///
/// # Errors
/// [`WebError::Bad`] that says what is wrong with the text.
pub(crate) async fn usable(state: &AppState, name: &str, text: Option<&str>) -> Result<County, WebError> {
    if text.is_some_and(|text| text.len() > MAX_FILE) {
        return Err(WebError::bad(format!("文件最大 {} MB", MAX_FILE >> 20)));
    }
    let county = candidate(state, name, text).await?;
    if let Some(department) = state.desk.lost_in_use(&county).await? {
        let (name, code) = (&department.short_name, &department.code);
        return Err(WebError::bad(format!(
            "单位“{name}”（{code}）名下有工单或用户，不能从表里删除；撤销的单位请填失效日期 valid_to"
        )));
    }
    Ok(county)
}

/// What a text would change that makes a county which can be put to work.
///
/// # Errors
/// When the store fails.
pub(crate) async fn check(
    state: &AppState,
    name: &str,
    text: Option<&str>,
    county: County,
) -> Result<Check, WebError> {
    let before = current(state, name).await?.unwrap_or_default();
    let after = text.or_else(|| state.county_files.text(name)).unwrap_or_default();
    let mut check = lines(&before, after);
    if name == "deadlines.toml" || name == "county.toml" || name.starts_with("calendar/") {
        let desk = Desk::new(state.store.clone(), std::sync::Arc::new(county));
        let moved = desk.try_rules().await?;
        check.moved = Some((moved.cases, moved.examples));
    }
    Ok(check)
}

/// Lines that only one of the texts has.
fn lines(before: &str, after: &str) -> Check {
    let mut counts: HashMap<&str, i64> = HashMap::new();
    before.lines().for_each(|line| *counts.entry(line.trim_end()).or_default() -= 1);
    after.lines().for_each(|line| *counts.entry(line.trim_end()).or_default() += 1);
    let mut only = |text: &str, sign: i64| -> Vec<String> {
        let mut found = Vec::new();
        for line in text.lines().map(str::trim_end) {
            if let Some(count) = counts.get_mut(line).filter(|count| **count * sign > 0) {
                *count -= sign;
                found.push(line.to_owned());
            }
        }
        found
    };
    let (mut added, mut removed) = (only(after, 1), only(before, -1));
    let more = added.len().saturating_sub(SHOWN) + removed.len().saturating_sub(SHOWN);
    added.truncate(SHOWN);
    removed.truncate(SHOWN);
    Check { added, removed, more, moved: None }
}

/// The name of a county file.
///
/// # Errors
/// When there is none of that name.
pub(crate) fn known(name: &str) -> Result<String, WebError> {
    if is_file(name) { Ok(name.to_owned()) } else { Err(WebError::NotFound) }
}

async fn page(
    state: &AppState,
    caller: &Caller,
    name: &str,
    text: String,
    reason: String,
) -> Result<FilePage, WebError> {
    let (people, now) = (People::load(&state.store).await?, state.store.now());
    let history = state.store.county_file_history(name).await?;
    let newest = history.first().map_or(0, |v| v.version);
    let (title, about) = about(name);
    Ok(FilePage {
        frame: Frame::inside(state, caller, title, super::PATH),
        new_year: name.starts_with("calendar/") && current(state, name).await?.is_none(),
        name: name.to_owned(),
        title,
        about,
        version: newest,
        text,
        line: None,
        reason,
        check: None,
        history: history
            .into_iter()
            .map(|v| VersionRow {
                newest: v.version == newest,
                version: v.version,
                reason: v.reason,
                at: Moment::new(v.changed_at, now),
                by: people.actor(v.changed_by),
            })
            .collect(),
        old: None,
    })
}

#[cfg(test)]
impl crate::samples::Sampled for FilePage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment};
        let page = |t: String| Self {
            frame: frame(&t),
            name: t.clone(),
            title: "单位",
            about: "能接收工单的单位",
            version: 2,
            text: t.clone(),
            line: Some(3),
            reason: t.clone(),
            check: Some(Check {
                added: vec![t.clone()],
                removed: vec![t.clone()],
                more: 3,
                moved: Some((7, vec![(t.clone(), t.clone())])),
            }),
            history: vec![VersionRow { version: 2, reason: t.clone(), at: moment(60), by: t, newest: false }],
            old: Some(1),
            new_year: true,
        };
        hostile().into_iter().map(page).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_moved_are_no_change_and_repeated_ones_are_counted() {
        let check = lines("甲\n乙\n乙\n丙\n", "丙\n乙\n甲\n丁\n");
        assert_eq!((check.added, check.removed), (vec!["丁".to_owned()], vec!["乙".to_owned()]));
    }
}
