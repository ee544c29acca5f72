//! The brief on an incident (专报) as it is now, its one paragraph (快报), and the start of one that is kept.

use askama::Template;
use axum::extract::{Path, State};
use qingting_models::ids::{IncidentId, ReportId};
use qingting_models::records::{ReportScope, Role};
use qingting_respond::report::{ReportError, ReportFormat, Source, flash};

use super::file::{named, written};
use super::{PATH, in_words, state_tag};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Frame;
use crate::moment::Moment;
use crate::pages::{Answer, back, html, read_id};
use crate::query::Query;
use crate::report_view::{BlockView, ReportView};
use crate::view::Tag;

#[derive(Debug, Template)]
#[template(path = "brief.html")]
pub struct BriefPage {
    pub frame: Frame,
    pub id: String,
    pub flash: String,
    pub view: ReportView,
    pub formats: Vec<(&'static str, &'static str)>,
    /// One may be kept: the caller makes reports, and the incident is open to all.
    pub may_make: bool,
    pub kept: Vec<BriefRow>,
}

/// A kept brief on the incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BriefRow {
    pub id: String,
    pub state: Tag,
    pub number: Option<String>,
    pub cutoff: Moment,
}

pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    let (brief, items) = state.desk.brief(&caller.viewer, read_id(&id)?).await?.ok_or(WebError::NotFound)?;
    if query.get("format").is_some() {
        let format = query.parsed::<ReportFormat>("format").ok_or(WebError::NotFound)?;
        return file(&state, Source::Brief(Box::new(brief), items), format).await;
    }
    let incident = &brief.incident;
    let now = state.store.now();
    let kept = state.store.briefs_on(incident.id).await?.into_iter().map(|(id, stands, number, cutoff)| {
        let cutoff = Moment::new(cutoff, now);
        BriefRow { id: id.to_string(), state: state_tag(stands), number, cutoff }
    });
    html(&BriefPage {
        frame: Frame::inside(&state, &caller, "专报", "/incidents"),
        id: incident.id.to_string(),
        flash: flash(&brief),
        formats: super::one::formats(),
        may_make: caller.has_any(&[Role::Duty, Role::Discipline]) && !incident.confidential,
        kept: kept.collect(),
        view: ReportView::new(
            Source::Brief(Box::new(brief), items).document(),
            &ReportScope::default(),
            Some(""),
        ),
    })
}

/// The brief as a file.
///
/// # Errors
/// When it cannot be written.
pub(crate) async fn file(state: &AppState, source: Source, format: ReportFormat) -> Answer {
    named(&source, written(state, &source, format).await?)
}

/// Keeps a brief on the incident as a draft.
pub async fn make(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let made = make_one(&state, &caller, read_id(&id)?).await?;
    Ok(back("", &format!("{PATH}/{made}"), "report-made"))
}

/// The new draft of a brief on the incident.
///
/// # Errors
/// When there is no such incident, it is confidential, or another brief on it is being worked on.
pub(crate) async fn make_one(
    state: &AppState,
    caller: &Caller,
    id: IncidentId,
) -> Result<ReportId, WebError> {
    match state.desk.make_brief(id, caller.actor()).await {
        Ok(made) => Ok(made),
        Err(ReportError::NotFound) => {
            Err(WebError::bad("该事件不存在或已转为保密件，专报不能入库；可以在线查看和下载"))
        }
        Err(error) => Err(in_words(error)),
    }
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
            may_make: true,
            kept: vec![BriefRow {
                id: t.clone(),
                state: state_tag(qingting_models::records::ReportState::Draft),
                number: Some(t.clone()),
                cutoff: crate::samples::moment(90),
            }],
            flash: t,
        };
        hostile().into_iter().map(page).collect()
    }
}
