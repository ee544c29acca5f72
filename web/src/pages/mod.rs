//! The pages: one handler a file, with the typed context of its template beside it.

pub(crate) mod alert_rule_form;
pub mod alert_rules;
pub mod alerts;
pub mod api_page;
pub mod audit;
pub mod backfill;
pub mod backfill_batch;
pub mod case;
pub mod case_act;
pub mod case_attach;
mod case_attachments;
pub mod case_contact;
pub mod case_draft;
pub mod case_items;
mod case_parts;
mod case_replies;
pub(crate) mod case_reply;
pub mod cases;
pub mod cases_batch;
pub mod county;
pub mod departments;
pub mod due;
pub mod health;
pub mod import;
pub(crate) mod import_act;
pub mod import_file;
pub mod import_preview;
pub mod inbox;
pub mod incident;
pub mod incident_act;
pub mod incident_case;
pub mod incidents;
pub mod item;
pub mod item_assign;
pub mod item_dismiss;
mod item_elsewhere;
pub mod item_incident;
pub mod item_judge;
pub mod item_undo;
pub mod item_unmask;
pub mod items;
pub mod items_batch;
pub mod items_search;
pub mod line;
pub mod lines;
pub mod login;
pub mod mirrored;
pub mod model;
pub mod model_change;
pub mod notices;
pub mod overview;
pub mod password;
pub mod promises;
pub mod quarantine;
mod quarantine_content;
pub mod quarantine_row;
pub mod rate_cases;
pub mod reply_templates;
pub mod reports;
pub mod sources;
pub mod system;
pub mod tokens;
pub mod trends;
pub mod users;
pub mod views;
pub mod wall;
pub mod webhooks;

use askama::Template;
use axum::response::{Html, IntoResponse, Redirect, Response};

use crate::error::WebError;
use crate::origin;

/// What a handler answers.
pub type Answer = Result<Response, WebError>;

/// The id in an address; anything else leads nowhere.
pub(crate) fn read_id<I: std::str::FromStr>(id: &str) -> Result<I, WebError> {
    id.parse().map_err(|_| WebError::NotFound)
}

/// A page, rendered.
pub(crate) fn html(page: &impl Template) -> Answer {
    Ok(Html(page.render()?).into_response())
}

/// Goes to a page of ours after an action and says there what was done. `back` may come from a form;
/// `fallback` is taken when it leads elsewhere.
pub(crate) fn back(back: &str, fallback: &str, done: &str) -> Response {
    let path = origin::local_path(back).unwrap_or(fallback);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("done="));
    let query: Vec<&str> = kept.collect();
    let said = format!("done={done}");
    let query = query.into_iter().chain([said.as_str()]).collect::<Vec<_>>().join("&");
    Redirect::to(&format!("{path}?{query}")).into_response()
}
