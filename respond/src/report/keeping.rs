//! Kept reports: made by a person or by the calendar, written on, recounted, submitted and approved.

use jiff::ToSpan;
use jiff::civil::{Date, Time};
use qingting_models::clock::local;
use qingting_models::county::ChapterStyle;
use qingting_models::ids::{IncidentId, ReportId};
use qingting_models::records::{
    Actor, KeptReport, ReportContent, ReportDeed, ReportFigures, ReportKind, ReportScope, ReportSpan,
    ReportState, Role,
};
use qingting_models::store::{ReportCounts, ReportOrder, StoreError};
use qingting_models::text::mask_official;

use super::kept_brief::{TURNED, brief_agrees};
use super::{Judgements, OPEN_TO_ALL, USUAL_DAYS, digest, figures, forecast};
use crate::acting::ActingUser;
use crate::desk::Desk;

/// The most characters that editors may write on a chapter.
pub const LONGEST: usize = 4_000;

/// Why something cannot be done with a report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("没有这份报告")]
    NotFound,
    #[error("该报告已被 {by} 于 {at} 更改，请查看最新内容后再操作")]
    Changed { by: String, at: String },
    #[error("同一时段、同一范围已有一份在编报告，由 {by} 于 {at} 更改")]
    Exists { by: String, at: String },
    #[error("该事件已有一份在编专报，由 {by} 于 {at} 更改")]
    BriefExists { by: String, at: String },
    #[error("“{0}”不能超过 {LONGEST} 字")]
    TooLong(String),
    #[error("{0}")]
    Refused(String),
    #[error("读取或保存失败，请稍后再试")]
    Store(#[source] StoreError),
}

impl From<StoreError> for ReportError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => Self::NotFound,
            other => Self::Store(other),
        }
    }
}

impl Desk {
    /// Counts a report and keeps it as a draft.
    ///
    /// # Errors
    /// [`ReportError::Exists`] when one of the same days and scope is being worked on.
    pub async fn make_report(
        &self,
        span: ReportSpan,
        scope: ReportScope,
        actor: Actor,
    ) -> Result<ReportId, ReportError> {
        let words = if scope.is_whole() { self.risen_words(&span).await? } else { None };
        let draw = |counts: ReportCounts| self.drawn(span, scope.clone(), counts, words.clone());
        let order = order(span, &scope, &draw);
        match self.store().make_report(order, actor).await {
            Err(StoreError::Conflict { by, at }) => {
                let (by, at) = self.said_by(&by, at).await?;
                Err(ReportError::Exists { by, at })
            }
            other => Ok(other?),
        }
    }

    /// Counts a draft again.
    ///
    /// # Errors
    /// [`ReportError::Changed`] when it is not as it was seen.
    pub async fn recount_report(&self, id: ReportId, version: i64, actor: Actor) -> Result<(), ReportError> {
        let kept = self.store().kept_report(id).await?.ok_or(ReportError::NotFound)?;
        let (span, scope) = match kept.content {
            ReportContent::Figures(figures) => (figures.span, figures.scope),
            ReportContent::Brief(brief) => return self.recount_brief(id, version, &brief, actor).await,
        };
        let words = if scope.is_whole() { self.risen_words(&span).await? } else { None };
        let draw = |counts: ReportCounts| self.drawn(span, scope.clone(), counts, words.clone());
        let done = self.store().recount_report(id, version, order(span, &scope, &draw), actor).await;
        self.told(done).await
    }

    fn drawn(
        &self,
        span: ReportSpan,
        scope: ReportScope,
        counts: ReportCounts,
        words: Option<Vec<qingting_models::rising::Rise>>,
    ) -> Result<(ReportFigures, String), StoreError> {
        let figures = figures::draw(self.county(), self.calendar(), span, scope, counts, words);
        let digest = digest(&figures).map_err(|e| StoreError::Bad(e.to_string()))?;
        Ok((figures, digest))
    }

    /// Keeps what the editors wrote of each chapter. Personal data is masked: a report is read by many.
    ///
    /// # Errors
    /// [`ReportError::TooLong`]; [`ReportError::Changed`] when it is not as it was seen.
    pub async fn write_report(
        &self,
        id: ReportId,
        version: i64,
        judgements: Judgements,
        actor: Actor,
    ) -> Result<(), ReportError> {
        let report = self.store().kept_report(id).await?.ok_or(ReportError::NotFound)?;
        let mut kept = report.judgements;
        // What was written on a chapter that the county leaves out now waits until it is there again.
        for ChapterStyle { code, title } in report.content.chapters() {
            kept.remove(code);
            let Some(text) = judgements.get(code).map(|text| text.trim()).filter(|text| !text.is_empty())
            else {
                continue;
            };
            if text.chars().count() > LONGEST {
                return Err(ReportError::TooLong(title.clone()));
            }
            kept.insert(code.clone(), mask_official(text));
        }
        let done = self.store().write_report(id, version, kept, actor).await;
        self.told(done).await
    }

    /// Submits, sends back or approves a report.
    ///
    /// # Errors
    /// [`ReportError::Refused`] where `user` may not, or it does not stand so; [`ReportError::Changed`] when it is not as it
    /// was seen.
    pub async fn move_report(
        &self,
        id: ReportId,
        version: i64,
        deed: ReportDeed,
        note: &str,
        user: &ActingUser,
    ) -> Result<(), ReportError> {
        let kept = self.store().kept_report(id).await?.ok_or(ReportError::NotFound)?;
        if !may_be_done(&kept).contains(&deed) {
            return Err(ReportError::Refused(format!("报告{}，不能{}", kept.state.label(), deed.label())));
        }
        if !may_do(&kept, deed, user) {
            return Err(ReportError::Refused(match deed {
                ReportDeed::Approved | ReportDeed::SentBack => {
                    "由领导，或提交人以外的研判员、纪检专员审核".into()
                }
                _ => format!("您的角色不能{}", deed.label()),
            }));
        }
        let note = mask_official(note.trim());
        if deed == ReportDeed::SentBack && note.is_empty() {
            return Err(ReportError::Refused("退回修改要写明原因".into()));
        }
        let note = (!note.is_empty()).then(|| note.chars().take(500).collect());
        let done = self.store().move_report(id, version, deed, note, user.actor).await;
        self.told(done).await
    }

    /// The report as it may be shown: incidents that have turned confidential since are named no more. Their figures stay.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn shown(&self, mut kept: KeptReport) -> Result<KeptReport, StoreError> {
        let figures = match &mut kept.content {
            ReportContent::Figures(figures) => figures,
            ReportContent::Brief(brief) => {
                if !self.hide_what_turned(brief).await? {
                    kept.judgements.clear();
                }
                return Ok(kept);
            }
        };
        let ids: Vec<IncidentId> =
            figures.incidents.iter().chain(&figures.repeated).map(|incident| incident.id).collect();
        let open = self.store().readable_incidents(&OPEN_TO_ALL, &ids).await?;
        for incident in figures.incidents.iter_mut().chain(&mut figures.repeated) {
            if !open.contains(&incident.id) {
                incident.title = TURNED.into();
                (incident.answer, incident.town, incident.topic) = (None, None, None);
                incident.cases.clear();
            }
        }
        Ok(kept)
    }

    /// Whether a kept report is what it was: its figures have their digest, and what they say of items is what the items make
    /// that it counted.
    ///
    /// # Errors
    /// When the store fails, or the figures cannot be written as JSON.
    pub async fn is_sound(&self, kept: &KeptReport) -> Result<bool, StoreError> {
        let cells = self.store().kept_cells(kept.id).await?;
        let (digest, agree) = match &kept.content {
            ReportContent::Figures(figures) => (digest(figures), figures::agree(figures, &cells)),
            ReportContent::Brief(brief) => (digest(brief), brief_agrees(brief, &cells)),
        };
        Ok(digest.map_err(|e| StoreError::Bad(e.to_string()))? == kept.digest && agree)
    }

    pub(super) async fn told(&self, done: Result<(), StoreError>) -> Result<(), ReportError> {
        match done {
            Err(StoreError::Conflict { by, at }) => {
                let (by, at) = self.said_by(&by, at).await?;
                Err(ReportError::Changed { by, at })
            }
            Err(StoreError::Bad(_)) => Err(ReportError::Refused("报告的状态已变，请刷新后再操作".into())),
            other => Ok(other?),
        }
    }

    pub(super) async fn said_by(
        &self,
        by: &str,
        at: jiff::Timestamp,
    ) -> Result<(String, String), StoreError> {
        let by = match Actor::from_code(by) {
            Ok(actor) => self.name_of(actor).await?,
            Err(_) => by.to_owned(),
        };
        Ok((by, qingting_models::clock::minute_text(at)))
    }

    /// Makes the drafts that the calendar asks for: each once, from its hour on the day after its days, for as long as it is
    /// the latest of its kind. How many were made.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn draft_reports(&self) -> Result<usize, ReportError> {
        let now = local(self.store().now()).datetime();
        let plan = &self.county().settings.reports;
        let mut made = 0;
        for kind in plan.kinds() {
            let Some(span) =
                last_of(kind, now.date()).filter(|span| is_time(span, now.date(), now.time(), plan.at))
            else {
                continue;
            };
            let scope = ReportScope::default();
            // Of the time before the program was there it has nothing to say.
            let known = self.store().knew_anything_before(span.period().to).await?;
            if !known || self.store().has_report(&span, &scope).await? {
                continue;
            }
            match self.make_report(span, scope, Actor::System).await {
                Ok(_) => made += 1,
                // Another worker was faster.
                Err(ReportError::Exists { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(made)
    }
}

/// The latest days of a kind that are over.
pub fn last_of(kind: ReportKind, today: Date) -> Option<ReportSpan> {
    let yesterday = today.checked_sub(1.day()).ok()?;
    let span = match kind {
        ReportKind::Daily => ReportSpan::day(yesterday),
        ReportKind::Weekly => ReportSpan::week_of(today.checked_sub(7.days()).ok()?),
        ReportKind::Monthly => ReportSpan::month_of(today.first_of_month().checked_sub(1.day()).ok()?),
        ReportKind::Period | ReportKind::Brief => return None,
    };
    span.ok()
}

/// Whether the hour has come on the day after the days, or that day is past.
fn is_time(span: &ReportSpan, today: Date, time: Time, at: Time) -> bool {
    let first = span.to.saturating_add(1.day());
    today > first || today == first && time >= at
}

fn order<'a>(
    span: ReportSpan,
    scope: &ReportScope,
    draw: qingting_models::store::Draw<'a>,
) -> ReportOrder<'a> {
    let past = USUAL_DAYS.max(forecast::looks_back(&span));
    ReportOrder { span, scope: scope.clone(), past, past_topics: USUAL_DAYS, draw }
}

/// What can be done with a report as it stands.
pub fn may_be_done(kept: &KeptReport) -> &'static [ReportDeed] {
    match kept.state {
        ReportState::Draft => &[ReportDeed::Written, ReportDeed::Recounted, ReportDeed::Submitted],
        ReportState::Review => &[ReportDeed::Approved, ReportDeed::SentBack],
        ReportState::Approved => &[],
    }
}

/// Whether a user may do this: who writes is on duty, and who approves is not who submitted it, but may take it back.
pub fn may_do(kept: &KeptReport, deed: ReportDeed, user: &ActingUser) -> bool {
    let is = |role| user.roles.contains(&role);
    let writes = is(Role::Duty) || is(Role::Discipline);
    match deed {
        ReportDeed::SentBack => is(Role::Leader) || writes,
        ReportDeed::Approved => {
            let submitted = kept.steps.iter().rfind(|step| step.what == ReportDeed::Submitted);
            let own = submitted.is_some_and(|step| step.by == user.actor);
            is(Role::Leader) || writes && !own
        }
        _ => writes,
    }
}
