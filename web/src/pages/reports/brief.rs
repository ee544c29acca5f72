//! The brief on an incident (专报), and its one paragraph (快报).

use askama::Template;
use axum::extract::{Path, State};
use qingting_models::records::ReportScope;
use qingting_respond::report::{ReportFormat, Source};

use super::file::{named, written};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Frame;
use crate::pages::{Answer, html, read_id};
use crate::query::Query;
use crate::report_view::{BlockView, ReportView};

#[derive(Debug, Template)]
#[template(path = "brief.html")]
pub struct BriefPage {
    pub frame: Frame,
    pub id: String,
    pub flash: String,
    pub view: ReportView,
    pub formats: Vec<(&'static str, &'static str)>,
}

pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    let brief = state.desk.brief(&caller.viewer, read_id(&id)?).await?.ok_or(WebError::NotFound)?;
    let source = Source::Brief(Box::new(brief));
    if query.get("format").is_some() {
        let format = query.parsed::<ReportFormat>("format").ok_or(WebError::NotFound)?;
        return named(&source, written(&state, &source, format).await?);
    }
    let Source::Brief(brief) = &source else { return Err(WebError::NotFound) };
    html(&BriefPage {
        frame: Frame::inside(&state, &caller, "专报", "/incidents"),
        id: brief.incident.id.to_string(),
        flash: brief.flash(),
        view: ReportView::new(brief.document(), &ReportScope::default(), Some("")),
        formats: super::one::formats(),
    })
}

#[cfg(test)]
impl crate::samples::Sampled for BriefPage {
    fn samples() -> Vec<Self> {
        use crate::report_view::sample_view;
        use crate::samples::{frame, hostile};
        let page = |t: String| Self {
            frame: frame(&t),
            id: t.clone(),
            view: sample_view(&t),
            formats: vec![("docx", "Word 文件")],
            flash: t,
        };
        hostile().into_iter().map(page).collect()
    }
}
