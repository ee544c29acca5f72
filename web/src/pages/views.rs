//! The filters of a list kept under a name.

use askama::Template;
use axum::extract::{Path, State};
use qingting_models::store::StoreError;

use super::{Answer, back, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::query::Query;

/// The lists that have views.
const PAGES: [&str; 2] = ["/items", "/cases"];
const LONGEST: usize = 20;

/// The views of a list, and the form that keeps the present filters as one.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "part/views.html")]
pub struct Views {
    pub csrf: String,
    pub page: &'static str,
    /// The present filters, as an address; none where nothing is filtered.
    pub here: Option<String>,
    /// Id, name, address, and whether it is what is shown.
    pub kept: Vec<(String, String, String, bool)>,
}

impl askama::filters::HtmlSafe for Views {}

impl Views {
    /// Those of `caller` for the list at `page`.
    pub async fn of(
        state: &AppState,
        caller: &Caller,
        page: &'static str,
        query: &Query,
    ) -> Result<Self, WebError> {
        let here = query.address(page, &[]);
        let kept = state.store.saved_views(caller.user().id, page).await?.into_iter().map(|view| {
            let to = Query::parse(&view.query).address(page, &[]);
            let shown = to == here;
            (view.id.to_string(), view.name, to, shown)
        });
        Ok(Self {
            csrf: crate::origin::masked(&caller.session.csrf),
            page,
            kept: kept.collect(),
            here: Some(here).filter(|here| here != page),
        })
    }
}

/// Keeps the filters that the form names.
pub async fn save(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    let name = form.need("name", "视图的名称", LONGEST)?;
    let address = form.text("filters");
    let (page, query) = address.split_once('?').unwrap_or((address, ""));
    if !PAGES.contains(&page) {
        return Err(WebError::bad("视图只能存信息研判和工单的筛选"));
    }
    let kept = Query::parse(query).address("", &[]);
    let kept = kept.trim_start_matches('?');
    if kept.is_empty() {
        return Err(WebError::bad("没有筛选条件，先筛选再保存视图"));
    }
    match state.store.save_view(caller.user().id, page, name, kept).await {
        Err(StoreError::Bad(_)) => Err(WebError::bad("最多保存二十个视图，先删去不用的")),
        other => {
            other?;
            Ok(back(address, page, "view-saved"))
        }
    }
}

pub async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    state.store.remove_view(caller.user().id, read_id(&id)?).await?;
    Ok(back(form.text("back"), "/items", "view-removed"))
}

#[cfg(test)]
impl crate::samples::Sampled for Views {
    fn samples() -> Vec<Self> {
        let views = |t: String| Self {
            csrf: t.clone(),
            page: "/items",
            here: Some(t.clone()),
            kept: vec![(t.clone(), t.clone(), t.clone(), true), (t.clone(), t.clone(), t, false)],
        };
        crate::samples::hostile().into_iter().map(views).collect()
    }
}
