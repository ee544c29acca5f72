//! What the desk does for one who writes a reply: fills templates, finds the lines that fit, and holds a draft against
//! what it should be.

use qingting_models::clock::local_date;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::IncidentId;
use qingting_models::records::{
    Actor, CaseFile, Line, LineStanding, Outcome, Placeholder, Promise, ReplyTemplate, TemplateContent,
    Viewer,
};
use qingting_models::store::{LineFilter, StoreError};

use crate::desk::Desk;
use crate::refusal::Refusal;
use crate::reply_checks::{Checked, Finding, OtherAnswer, check, leaks_in};

/// A reply as it was written.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    pub text: &'a str,
    /// Empty where nothing may be published.
    pub public_text: &'a str,
    pub outcome: Option<Outcome>,
    pub promises: &'a [Promise],
}

impl Desk {
    /// What is to be looked at in a reply to a case; `cut` cuts a text into words.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn check_reply(
        &self,
        viewer: &Viewer,
        file: &CaseFile,
        written: Written<'_>,
        cut: &(dyn Fn(&str) -> Vec<String> + Sync),
    ) -> Result<Vec<Finding>, StoreError> {
        let store = self.store();
        let others = self.other_answers(viewer, file).await?;
        let lines = store.all_line_versions(viewer).await?;
        let contact = store.contact_for_checks(file.item.id).await?;
        let content = &file.item.content;
        Ok(check(&Checked {
            title: &content.title,
            body: &content.body,
            text: written.text,
            public_text: Some(written.public_text).filter(|text| !text.trim().is_empty()),
            outcome: written.outcome,
            promises: written.promises,
            lines: &lines,
            contact: &contact,
            others: &others,
            today: local_date(store.now()),
            cut: &|text| cut(text),
        }))
    }

    /// What other cases answered on the incident of the case's item, as far as the viewer may know it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn other_answers(
        &self,
        viewer: &Viewer,
        file: &CaseFile,
    ) -> Result<Vec<OtherAnswer>, StoreError> {
        let found = self.store().answers_in_incident(viewer, file.item.id, file.case.id).await?;
        let other = |answer: qingting_models::store::AnsweredMatter| OtherAnswer {
            who: format!("{}（{}）", self.short_name(&answer.department), local_date(answer.answered_at)),
            own: answer.department == file.case.lead,
            text: answer.reply,
            outcome: answer.outcome,
        };
        Ok(found.into_iter().map(other).collect())
    }

    /// Refuses what may be published when it holds personal data and no reason is given.
    pub(crate) async fn refuse_leaks(
        &self,
        viewer: &Viewer,
        file: &CaseFile,
        public_text: &str,
    ) -> Result<Option<Refusal>, StoreError> {
        let contact = self.store().contact_for_checks(file.item.id).await?;
        let lines = self.store().lines(viewer, &LineFilter::default()).await?;
        let leaks = leaks_in(public_text, &contact, &lines, local_date(self.store().now()));
        let named: Vec<String> = leaks.iter().map(|(kind, place)| format!("{kind}“{place}”")).collect();
        Ok((!named.is_empty()).then(|| Refusal::LeaksInPublic(named.join("、"))))
    }

    /// The lines that may be used today for a case of this topic and department; those of its incident first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn fitting_lines(
        &self,
        viewer: &Viewer,
        file: &CaseFile,
        department: &DepartmentCode,
    ) -> Result<Vec<Line>, StoreError> {
        let today = local_date(self.store().now());
        let incident = self.store().membership(file.item.id).await?.map(|membership| membership.incident);
        let mut lines = self.store().lines(viewer, &LineFilter::default()).await?;
        for line in lines.iter_mut().filter(|line| line.content.incident.is_some()) {
            line.content.incident = self.living(line.content.incident).await?;
        }
        lines.retain(|line| {
            let own = line.content.incident.is_none() || line.content.incident == incident;
            // What was agreed in confidence is for confidential cases alone.
            let discreet = !line.content.confidential || file.case.confidential;
            own && discreet
                && line.standing(today) == LineStanding::Valid
                && line.content.fits(file.case.topic.as_ref(), department)
        });
        lines.sort_by_key(|line| (line.content.incident.is_none(), line.content.topics.is_empty()));
        Ok(lines)
    }

    /// Where an incident lives on that may have been merged.
    async fn living(&self, incident: Option<IncidentId>) -> Result<Option<IncidentId>, StoreError> {
        let Some(id) = incident else { return Ok(None) };
        let found = self.store().incident(&Viewer::SYSTEM, id).await?;
        Ok(Some(found.map_or(id, |incident| incident.id)))
    }

    /// The templates for a case in its state, the closest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn fitting_templates(
        &self,
        file: &CaseFile,
        department: &DepartmentCode,
    ) -> Result<Vec<ReplyTemplate>, StoreError> {
        let mut found = self.store().reply_templates(Some(department)).await?;
        let (topic, state) = (file.case.topic.as_ref(), file.case.state.code());
        found.retain(|template| template.content.fits(department, topic, state));
        found.sort_by_key(|template| std::cmp::Reverse(template.content.closeness()));
        Ok(found)
    }

    /// A template's text for a case.
    pub fn fill(&self, template: &TemplateContent, file: &CaseFile, department: &DepartmentCode) -> String {
        let (case, content) = (&file.case, &file.item.content);
        let county = self.county();
        template.fill(|place| match place {
            Placeholder::Number => case.number.clone(),
            Placeholder::Title => case.title.clone(),
            Placeholder::Topic => {
                let field = case.topic.as_ref().and_then(|topic| county.taxonomy.field(topic));
                field.map_or_else(|| "有关事项".into(), |field| field.name.clone())
            }
            Placeholder::Department => self.full_name(department),
            Placeholder::Today => date_text(local_date(self.store().now())),
            Placeholder::Town => case.town.as_ref().map_or_else(String::new, |town| town.as_str().into()),
            Placeholder::Channel => case.channel.label().into(),
            Placeholder::Received => {
                date_text(local_date(content.occurred_at.unwrap_or(file.item.first_seen_at)))
            }
            Placeholder::Due => {
                case.due.as_ref().map_or_else(|| "办理期限".into(), |(_, at)| date_text(local_date(*at)))
            }
        })
    }

    /// Gives a store without templates those that the county begins with; how many were added.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn add_first_reply_templates(&self, actor: Actor) -> Result<usize, StoreError> {
        if !self.store().reply_templates(None).await?.is_empty() {
            return Ok(0);
        }
        Ok(self.store().add_reply_templates(&self.county().reply_templates, actor).await?.len())
    }

    fn short_name(&self, code: &DepartmentCode) -> String {
        let known = self.county().departments.by_code(code);
        known.map_or_else(|| code.to_string(), |department| department.short_name.clone())
    }

    fn full_name(&self, code: &DepartmentCode) -> String {
        let known = self.county().departments.by_code(code);
        known.map_or_else(|| code.to_string(), |department| department.name.clone())
    }
}

/// `2026年11月2日`.
fn date_text(date: jiff::civil::Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}
