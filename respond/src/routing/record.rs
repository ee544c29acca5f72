//! How well cases were sent to the departments: by rule and by people, and what came back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use qingting_models::county::{County, Department, DepartmentCode};
use qingting_models::records::{Case, CaseOrigin, Viewer};
use qingting_models::store::{CaseFilter, Page, StoreError};

use crate::desk::Desk;

/// Cases of one page, and the most that are counted.
const PAGE: i64 = 200;
const MOST: usize = 20_000;

/// What became of the cases that a department was the first to get.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    pub by_rule: usize,
    pub by_person: usize,
    /// Of these, those that the department sent back.
    pub back_by_rule: usize,
    pub back_by_person: usize,
    /// Cases that came to it after another had sent them back.
    pub taken_over: usize,
}

impl Sent {
    /// The share of the cases sent by rule that stayed; `None` without any.
    pub fn accuracy(&self) -> Option<f64> {
        (self.by_rule > 0).then(|| 1.0 - self.back_by_rule as f64 / self.by_rule as f64)
    }
}

impl Desk {
    /// Counts the cases opened since a time that the viewer may see, by the department that got them first; at most
    /// the latest 20,000.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn routing_record(
        &self,
        viewer: &Viewer,
        since: Timestamp,
    ) -> Result<BTreeMap<DepartmentCode, Sent>, StoreError> {
        let mut record = BTreeMap::new();
        let (mut page, mut counted) = (Page { before: None, size: PAGE }, 0);
        while counted < MOST {
            let listing = self.store().cases(viewer, &CaseFilter::default(), page).await?;
            counted += listing.rows.len();
            listing
                .rows
                .iter()
                .filter(|case| case.opened_at >= since)
                .for_each(|case| count(&mut record, case));
            let older = listing.rows.last().is_some_and(|case| case.opened_at < since);
            match listing.next.filter(|_| !older) {
                Some(before) => page.before = Some(before),
                None => break,
            }
        }
        Ok(record)
    }
}

impl Desk {
    /// A department that another county's table lacks although it has cases or users; it can only end by its valid-to.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn lost_in_use(&self, other: &County) -> Result<Option<&Department>, StoreError> {
        let users = self.store().users().await?;
        let departments = &self.county().departments;
        for department in departments.all().iter().filter(|d| other.departments.by_code(&d.code).is_none()) {
            let filter = CaseFilter { department: Some(department.code.clone()), ..CaseFilter::default() };
            let cases = self.store().count_cases(&Viewer::SYSTEM, &filter).await?;
            if cases > 0 || users.iter().any(|user| user.department.as_ref() == Some(&department.code)) {
                return Ok(Some(department));
            }
        }
        Ok(None)
    }
}

fn count(record: &mut BTreeMap<DepartmentCode, Sent>, case: &Case) {
    let first = case.sent_back_by.first().unwrap_or(&case.lead);
    let back = usize::from(!case.sent_back_by.is_empty());
    let sent = record.entry(first.clone()).or_default();
    match case.origin {
        CaseOrigin::Rule { .. } => {
            sent.by_rule += 1;
            sent.back_by_rule += back;
        }
        CaseOrigin::Person { .. } => {
            sent.by_person += 1;
            sent.back_by_person += back;
        }
    }
    if *first != case.lead {
        record.entry(case.lead.clone()).or_default().taken_over += 1;
    }
}
