//! Rows of a list that were ticked, and what came of doing one thing with each.

use std::collections::HashSet;
use std::str::FromStr;

use qingting_respond::desk::Refused;

use crate::caller::Form;
use crate::error::WebError;
use crate::frame::Notice;

/// How many rows are taken at once.
const MOST: usize = 200;
/// How many refusals are told one by one.
const TOLD: usize = 10;

/// The ticked rows with the version that was shown of each: `ID.VERSION`.
///
/// # Errors
/// When none is ticked, too many are, or a row is not of that form.
pub(crate) fn chosen<I: FromStr>(form: &Form, field: &str) -> Result<Vec<(I, i64)>, WebError> {
    let row = |text: &str| {
        let (id, version) = text.split_once('.')?;
        Some((id.parse().ok()?, version.parse().ok()?))
    };
    let rows: Option<Vec<(I, i64)>> = form.all(field).map(row).collect();
    let rows = rows.ok_or(WebError::NotFound)?;
    match rows.len() {
        0 => Err(WebError::bad("请先勾选")),
        count if count > MOST => Err(WebError::bad(format!("一次最多 {MOST} 条，勾选了 {count} 条"))),
        _ => Ok(rows),
    }
}

/// The ids of the rows that a form ticked: they stay ticked where the list is shown again.
pub(crate) fn ticked(form: &Form, field: &str) -> HashSet<String> {
    form.all(field).map(|row| row.split_once('.').map_or(row, |(id, _)| id).to_owned()).collect()
}

/// How many were done, and what was not, with the reason.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub done: usize,
    pub refused: Vec<Refused>,
}

impl Tally {
    pub(crate) fn of(done: usize, refused: Vec<Refused>) -> Self {
        Self { done, refused }
    }

    /// Counts what came of one; what is no refusal ends the whole.
    ///
    /// # Errors
    /// What went wrong with the store.
    pub(crate) fn count(&mut self, what: String, done: Result<(), WebError>) -> Result<(), WebError> {
        match done {
            Ok(()) => self.done += 1,
            Err(WebError::Bad(why) | WebError::Conflict(why)) => self.refused.push(Refused { what, why }),
            Err(other) => return Err(other),
        }
        Ok(())
    }

    /// What is told of it.
    pub(crate) fn notice(&self, unit: &str) -> Notice {
        let told: Vec<String> = self
            .refused
            .iter()
            .take(TOLD)
            .map(|r| format!("“{}”：{}", r.what, r.why.trim_end_matches('。')))
            .collect();
        let more = self.refused.len().saturating_sub(TOLD);
        let more = if more > 0 { format!("；另有 {more} {unit}") } else { String::new() };
        let (done, left) = (self.done, self.refused.len());
        Notice::bad(format!("办好了 {done} {unit}，{left} {unit}没有办：{}{more}。", told.join("；")))
    }
}
