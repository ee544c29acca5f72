//! The last round of the season: where no case stands in a state that visitors should meet, one is brought there by
//! the action that leads to it.

use anyhow::Result;
use qingting_models::records::{Case, CaseState, Urgency};
use qingting_respond::action::Action;

use super::phrases::filled;
use super::{Doing, Person, Round, Staff, takes_others};

/// Working days that a case is left waiting for the resident.
const WAIT_DAYS: i64 = 3;

/// A state, and how a case of another comes into it.
const STATES: [&str; 6] = ["merged", "in_review", "replied", "waiting", "returned", "handling"];

impl Staff {
    /// Sees to it that the states of open cases are there.
    ///
    /// # Errors
    /// As [`Staff::work`].
    pub(in crate::demo) async fn finish(&mut self, round: Round) -> Result<()> {
        self.until = round.until;
        self.look_up().await?;
        for state in STATES {
            if state != "merged" && self.open.values().any(|case| case.state.code() == state) {
                continue;
            }
            if state == "merged" && self.has_merged().await? {
                continue;
            }
            self.bring_about(state).await?;
        }
        Ok(())
    }

    async fn has_merged(&self) -> Result<bool> {
        let filter = qingting_models::store::CaseFilter {
            states: vec!["merged".into()],
            ..qingting_models::store::CaseFilter::default()
        };
        Ok(self.store.count_cases(&qingting_models::records::Viewer::SYSTEM, &filter).await? > 0)
    }

    async fn bring_about(&mut self, state: &str) -> Result<()> {
        let cases: Vec<Case> = self.open.values().rev().cloned().collect();
        for case in cases {
            let steps = self.steps_to(state, &case)?;
            if steps.is_empty() {
                continue;
            }
            for doing in steps {
                let Some(case) = self.open.get(&case.id).cloned() else { break };
                self.carry_out(&case, doing).await?;
            }
            return Ok(());
        }
        Ok(())
    }

    /// The actions by which the case comes into the state; none when it is not a case for that.
    fn steps_to(&self, state: &str, case: &Case) -> Result<Vec<Doing>> {
        if case.confidential || case.urgency == Urgency::Urgent || case.reopened > 0 {
            return Ok(Vec::new());
        }
        let (memory, record) = self.memory(case)?;
        let handler = self.people.handler(&case.lead)?;
        let reviewer = self.people.reviewer(&case.lead)?;
        let by = |person: &Person, action| Doing::Act(Box::new(person.clone()), action);
        let assigned = matches!(case.state, CaseState::Assigned { .. }) && case.sent_back_by.is_empty();
        let handled = matches!(case.state, CaseState::Handling { .. }) && case.extension.is_none();
        let in_time = memory.reply_due.is_some_and(|due| due > self.soon());
        Ok(match state {
            "handling" if assigned => vec![by(handler, Action::Accept)],
            "waiting" if (assigned || handled && case.waits == 0) && in_time => {
                let mut steps = Vec::new();
                if assigned {
                    steps.push(by(handler, Action::Accept));
                }
                steps.push(by(handler, self.contact(record)));
                steps.extend(self.wait(record, WAIT_DAYS).map(|action| by(handler, action)));
                steps
            }
            "in_review" if handled => self.submit(case, record).map(|a| by(handler, a)).into_iter().collect(),
            "replied" if handled => match self.submit(case, record) {
                Some(submit) => vec![by(handler, submit), by(reviewer, self.approve(record))],
                None => Vec::new(),
            },
            "returned" if assigned => {
                let of_town = self.office_named("属地", record).filter(|code| *code != case.lead);
                let another =
                    || self.open.values().map(|c| &c.lead).find(|lead| **lead != case.lead).cloned();
                let right = of_town.or_else(another);
                let phrases = &self.words.phrases.general_send_back;
                let action = right.map(|right| Action::SendBack {
                    reason: filled(
                        self.draw.pick(&record.external_id, "not ours", phrases),
                        &[("department", &self.office_name(&right))],
                    ),
                    right_department: Some(right),
                });
                action.map(|action| by(handler, action)).into_iter().collect()
            }
            "merged" if assigned => self.twin(case).into_iter().collect(),
            _ => Vec::new(),
        })
    }

    /// Another open case of the same office, topic and town.
    fn twin(&self, case: &Case) -> Option<Doing> {
        let same = |other: &&Case| {
            other.id != case.id
                && !other.confidential
                && takes_others(other)
                && (&other.lead, &other.topic, &other.town) == (&case.lead, &case.topic, &case.town)
        };
        let into = self.open.values().find(same)?.id;
        Some(Doing::Merge { into, reason: self.words.phrases.merge_reason.clone(), press: None })
    }
}
