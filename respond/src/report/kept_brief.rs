//! Kept briefs: made from what is known of an incident now, and shown without what turned confidential since.

use std::collections::BTreeMap;

use qingting_models::ids::{IncidentId, ReportId};
use qingting_models::records::{Actor, Brief, Channel, Incident, day_number};
use qingting_models::store::{BriefOrder, ItemCell, StoreError};

use super::{OPEN_TO_ALL, ReportError, digest};
use crate::desk::Desk;

/// What stands in the place of what turned confidential.
pub(super) const TURNED: &str = "（已转为保密件）";

impl Desk {
    /// Keeps a brief on an incident as a draft.
    ///
    /// # Errors
    /// [`ReportError::BriefExists`] when one on it is being worked on; [`ReportError::NotFound`] when there is no such incident,
    /// or it is confidential: what is kept is read by many.
    pub async fn make_brief(&self, id: IncidentId, actor: Actor) -> Result<ReportId, ReportError> {
        let order = self.brief_order(id).await?;
        match self.store().make_brief(order, actor).await {
            Err(StoreError::Conflict { by, at }) => {
                let (by, at) = self.said_by(&by, at).await?;
                Err(ReportError::BriefExists { by, at })
            }
            other => Ok(other?),
        }
    }

    /// Puts what is known now in the place of what a draft tells.
    ///
    /// # Errors
    /// As [`Desk::make_brief`], and [`ReportError::Changed`] when it is not as it was seen.
    pub(super) async fn recount_brief(
        &self,
        id: ReportId,
        version: i64,
        brief: &Brief,
        actor: Actor,
    ) -> Result<(), ReportError> {
        let order = self.brief_order(brief.incident.id).await?;
        let done = self.store().recount_brief(id, version, order, actor).await;
        self.told(done).await
    }

    async fn brief_order(&self, id: IncidentId) -> Result<BriefOrder, ReportError> {
        let found = self.brief(&OPEN_TO_ALL, id).await?.filter(|(_, items)| !items.is_empty());
        let (brief, items) = found.ok_or(ReportError::NotFound)?;
        let digest = digest(&brief).map_err(|e| StoreError::Bad(e.to_string()))?;
        Ok(BriefOrder { brief, items, digest })
    }

    /// An incident of which everybody who reads reports may know, with items of it.
    pub(super) async fn open_incident(&self, id: IncidentId) -> Result<Option<Incident>, StoreError> {
        let Some(incident) = self.store().incident(&OPEN_TO_ALL, id).await? else { return Ok(None) };
        let some = self.store().members(&OPEN_TO_ALL, incident.id, 1).await?;
        Ok(Some(incident).filter(|_| !some.is_empty()))
    }

    /// What the incident of a kept brief is called.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn brief_title(&self, id: IncidentId) -> Result<String, StoreError> {
        Ok(self.open_incident(id).await?.map_or(TURNED.to_owned(), |incident| incident.title))
    }

    /// Takes out of a kept brief what has turned confidential since: demands, answers and promises of such items and cases, and
    /// all that tells of the incident when it did itself. Whether the incident is open to all still.
    pub(super) async fn hide_what_turned(&self, brief: &mut Brief) -> Result<bool, StoreError> {
        let incident = &mut brief.incident;
        if self.open_incident(incident.id).await?.is_none() {
            incident.title = TURNED.into();
            (incident.town, incident.topic, brief.topic) = (None, None, None);
            brief.asked.clear();
            brief.cases.clear();
            return Ok(false);
        }
        for asked in &mut brief.asked {
            if self.store().item(&OPEN_TO_ALL, asked.item).await?.is_none() {
                (asked.title, asked.quote) = (TURNED.into(), String::new());
            }
        }
        for case in &mut brief.cases {
            if self.store().case_file(&OPEN_TO_ALL, case.id).await?.is_none() {
                (case.number, case.department, case.answer) = (TURNED.into(), "有关单位".into(), None);
                case.promises.clear();
            }
        }
        Ok(true)
    }
}

/// Whether a brief tells of as many items as were kept with it, by day and channel.
pub(super) fn brief_agrees(brief: &Brief, cells: &[ItemCell]) -> bool {
    let mut counts: BTreeMap<(i64, Channel), i64> = BTreeMap::new();
    for cell in cells {
        *counts.entry((cell.day, cell.channel)).or_default() += cell.items;
    }
    let told = brief.spread.iter().map(|(day, channel, items)| ((day_number(*day), *channel), *items));
    told.eq(counts)
}
