//! How well cases were sent to the departments: by rule and by people, and what came back.

use std::collections::BTreeMap;

use qingting_models::county::{County, Department, DepartmentCode};
use qingting_models::records::{Period, SentWay, Viewer};
use qingting_models::store::{CaseFilter, StoreError};

use crate::desk::Desk;

/// What became of the cases that a department got.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    pub by_rule: i64,
    pub by_person: i64,
    /// Of these, those that the department sent back.
    pub back_by_rule: i64,
    pub back_by_person: i64,
    /// Cases that came to it after another had sent them back.
    pub taken_over: i64,
}

impl Sent {
    /// The share of the cases sent by rule that stayed; `None` without any.
    pub fn accuracy(&self) -> Option<f64> {
        (self.by_rule > 0).then(|| 1.0 - self.back_by_rule as f64 / self.by_rule as f64)
    }
}

impl Desk {
    /// Counts the cases that came to the departments since a time, of what counts for the viewer.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn routing_record(
        &self,
        viewer: &Viewer,
        period: Period,
    ) -> Result<BTreeMap<DepartmentCode, Sent>, StoreError> {
        let mut record: BTreeMap<DepartmentCode, Sent> = BTreeMap::new();
        for count in self.store().sent_counts(viewer, period).await? {
            let sent = record.entry(count.department).or_default();
            match count.way {
                SentWay::Rule => (sent.by_rule, sent.back_by_rule) = (count.sent, count.back),
                SentWay::Person => (sent.by_person, sent.back_by_person) = (count.sent, count.back),
                SentWay::Again => sent.taken_over = count.sent,
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
