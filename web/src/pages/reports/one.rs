//! One report: as it reads, what its editors write beside the figures, and what can be done with it.

use askama::Template;
use axum::extract::{Path, State};
use qingting_models::records::{
    Brief, BriefCase, Compared, KeptReport, ReportContent, ReportDeed, ReportFigures, ReportScope,
    ReportState, ReportTotals, Viewer,
};
use qingting_respond::acting::ActingUser;
use qingting_respond::report::{Judgements, ReportFormat, kept_document, makes_pdf, may_be_done, may_do};

use super::{PATH, kept, state_tag};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Frame;
use crate::moment::Moment;
use crate::pages::{Answer, html};
use crate::people::People;
use crate::query::Query;
use crate::report_view::{BlockView, ReportView};
use crate::view::Tag;

#[derive(Debug, Template)]
#[template(path = "report.html")]
pub struct ReportPage {
    pub frame: Frame,
    pub id: String,
    pub version: i64,
    pub state: Tag,
    pub view: ReportView,
    /// Code, title and text of each chapter, for those who write.
    pub writing: Option<Vec<(String, String, String)>>,
    pub longest: usize,
    pub may_recount: bool,
    pub may_submit: bool,
    pub may_approve: bool,
    /// The caller has submitted it himself and may not approve it.
    pub own: bool,
    /// Whoever submitted it may go on writing.
    pub may_take_back: bool,
    pub steps: Vec<StepRow>,
    pub formats: Vec<(&'static str, &'static str)>,
    /// `None` where that was not asked for.
    pub since: Option<Since>,
    pub digest: String,
    pub cutoff: Moment,
    /// The incident of a brief.
    pub incident: Option<String>,
}

impl ReportPage {
    /// Puts what was typed into the fields in the place of what is kept.
    pub(super) fn put(&mut self, typed: &Judgements) {
        for (code, _, text) in self.writing.iter_mut().flatten() {
            *text = typed.get(code).cloned().unwrap_or_default();
        }
    }
}

/// A kept report against the present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// Its figures are those that were kept, and what its items make.
    pub sound: bool,
    /// Name, then and now, of figures that have changed since.
    pub changed: Vec<(&'static str, i64, i64)>,
}

/// A step on the way of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow {
    pub at: Moment,
    pub by: String,
    pub what: &'static str,
    pub note: Option<String>,
}

pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    let kept = kept(&state, &id).await?;
    let since = match query.text("since") {
        "yes" => Some(since(&state, &kept).await?),
        _ => None,
    };
    let mut page = page(&state, &caller, kept, since).await?;
    page.frame = page.frame.done(query.get("done"));
    html(&page)
}

async fn since(state: &AppState, kept: &KeptReport) -> Result<Since, WebError> {
    let changed = match &kept.content {
        ReportContent::Figures(figures) => {
            let now = state.desk.report(figures.span, figures.scope.clone()).await?;
            changes(figures, &now)
        }
        ReportContent::Brief(brief) => match state.desk.brief(&Viewer::OPEN, brief.incident.id).await? {
            Some((now, _)) => brief_changes(brief, &now),
            None => return Err(WebError::bad("该事件已转为保密件，不再比较")),
        },
    };
    Ok(Since { sound: state.desk.is_sound(kept).await?, changed })
}

pub(super) async fn page(
    state: &AppState,
    caller: &Caller,
    kept: KeptReport,
    since: Option<Since>,
) -> Result<ReportPage, WebError> {
    let kept = state.desk.shown(kept).await?;
    let now = state.store.now();
    let user = ActingUser::of(caller.user());
    let people = People::load(&state.store).await?;
    let may = |deed| may_be_done(&kept).contains(&deed) && may_do(&kept, deed, &user);
    let text = |code: &str| kept.judgements.get(code).cloned().unwrap_or_default();
    let chapters = kept.content.chapters().iter();
    let writing = may(ReportDeed::Written).then(|| {
        chapters.map(|chapter| (chapter.code.clone(), chapter.title.clone(), text(&chapter.code))).collect()
    });
    let steps = kept.steps.iter().rev().map(|step| StepRow {
        at: Moment::new(step.at, now),
        by: people.actor(step.by),
        what: step.what.label(),
        note: step.note.clone(),
    });
    let document = kept_document(&kept);
    let (scope, name) = match &kept.content {
        ReportContent::Figures(figures) => (figures.scope.clone(), figures.span.name()),
        ReportContent::Brief(brief) => (ReportScope::default(), brief.incident.title.clone()),
    };
    let named = format!("{} {name}", document.title);
    Ok(ReportPage {
        frame: Frame::inside(state, caller, &named, PATH),
        id: kept.id.to_string(),
        version: kept.version,
        state: state_tag(kept.state),
        writing,
        longest: qingting_respond::report::LONGEST,
        may_recount: may(ReportDeed::Recounted),
        may_submit: may(ReportDeed::Submitted),
        may_approve: may(ReportDeed::Approved),
        own: kept.state == ReportState::Review && !may(ReportDeed::Approved),
        may_take_back: !may(ReportDeed::Approved) && may(ReportDeed::SentBack),
        steps: steps.collect(),
        formats: formats(),
        since,
        digest: kept.digest.chars().take(16).collect(),
        cutoff: Moment::new(kept.content.cutoff(), now),
        incident: match &kept.content {
            ReportContent::Brief(brief) => Some(brief.incident.id.to_string()),
            ReportContent::Figures(_) => None,
        },
        view: ReportView::new(document, &scope, Some("")),
    })
}

/// What can be taken home, with codes and names; a PDF where this machine has a program that makes it.
pub(super) fn formats() -> Vec<(&'static str, &'static str)> {
    let here = |(format, _): &&(ReportFormat, _)| *format != ReportFormat::Pdf || makes_pdf();
    FORMATS.iter().filter(here).map(|(format, name)| (format.code(), *name)).collect()
}

const FORMATS: [(ReportFormat, &str); 6] = [
    (ReportFormat::Docx, "Word 文件"),
    (ReportFormat::Pdf, "PDF"),
    (ReportFormat::Xlsx, "电子表格"),
    (ReportFormat::Html, "网页文件"),
    (ReportFormat::Csv, "CSV（压缩包）"),
    (ReportFormat::Json, "JSON"),
];

/// The figures of the overview that are other now.
fn changes(then: &ReportFigures, now: &ReportFigures) -> Vec<(&'static str, i64, i64)> {
    type Of = fn(&ReportTotals) -> Compared;
    const FIGURES: [(&str, Of); 12] = [
        ("信息", |totals| totals.items),
        ("新闻", |totals| totals.news),
        ("诉求", |totals| totals.demands),
        ("紧急", |totals| totals.urgent),
        ("事件", |totals| totals.incidents),
        ("新发生的事件", |totals| totals.new_incidents),
        ("重复诉求", |totals| totals.repeats),
        ("新立工单", |totals| totals.opened),
        ("到期办理", |totals| totals.due),
        ("按时", |totals| totals.on_time),
        ("有评价的回访", |totals| totals.rated),
        ("满意", |totals| totals.satisfied),
    ];
    let both = |(name, of): (&'static str, Of)| (name, of(&then.totals).now, of(&now.totals).now);
    FIGURES.into_iter().map(both).filter(|(_, then, now)| then != now).collect()
}

/// What a brief tells of its incident that is other now.
fn brief_changes(then: &Brief, now: &Brief) -> Vec<(&'static str, i64, i64)> {
    type Of = fn(&Brief) -> i64;
    type Is = fn(&BriefCase) -> bool;
    let count = |brief: &Brief, is: Is| {
        i64::try_from(brief.cases.iter().filter(|case| is(case)).count()).unwrap_or(i64::MAX)
    };
    const FIGURES: [(&str, Of); 2] =
        [("信息", |brief| brief.incident.items), ("来电人", |brief| brief.incident.callers)];
    const CASES: [(&str, Is); 3] =
        [("工单", |_| true), ("在办工单", |case| case.open), ("超期工单", |case| case.overdue)];
    let figures = FIGURES.into_iter().map(|(name, of)| (name, of(then), of(now)));
    let cases = CASES.into_iter().map(|(name, is)| (name, count(then, is), count(now, is)));
    figures.chain(cases).filter(|(_, then, now)| then != now).collect()
}

#[cfg(test)]
impl crate::samples::Sampled for ReportPage {
    fn samples() -> Vec<Self> {
        use crate::report_view::sample_view;
        use crate::samples::{frame, hostile, moment};
        let page = |t: String| Self {
            frame: frame(&t),
            id: t.clone(),
            version: 3,
            state: state_tag(ReportState::Draft),
            view: sample_view(&t),
            writing: Some(vec![("overview".into(), "总体情况".into(), t.clone())]),
            longest: 4000,
            may_recount: true,
            may_submit: true,
            may_approve: true,
            own: true,
            may_take_back: true,
            steps: vec![StepRow {
                at: moment(60), by: t.clone(), what: "生成草稿", note: Some(t.clone())
            }],
            formats: vec![("docx", "Word 文件")],
            since: Some(Since { sound: false, changed: vec![("信息", 3, 4)] }),
            digest: t.clone(),
            cutoff: moment(3600),
            incident: Some(t),
        };
        let mut pages: Vec<Self> = hostile().into_iter().map(page).collect();
        pages.extend(hostile().into_iter().map(|t| Self {
            writing: None,
            may_recount: false,
            may_submit: false,
            may_approve: false,
            own: false,
            may_take_back: false,
            incident: None,
            since: Some(Since { sound: true, changed: vec![] }),
            ..page(t)
        }));
        pages
    }
}
