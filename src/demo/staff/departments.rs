//! The departments: accepting or sending back, contact, waiting, more time, help, replies and their review.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp, ToSpan};
use qingting_models::clock::local_date;
use qingting_models::records::{Case, CaseState, Helper, HelperState, Outcome, Promise};
use qingting_respond::action::Action;

use super::habits::DAY;
use super::phrases::filled;
use super::{Doing, Memory, Round, Staff};
use crate::demo::season::SeasonRecord;

/// In a hundred cases of the season's end, those not accepted yet.
const PUT_OFF: usize = 60;

impl Staff {
    /// What the case's department, or one that helps it, does next; `None` when it is not yet time.
    pub(super) fn at_the_department(&self, case: &Case, round: Round) -> Result<Option<Doing>> {
        if let Some(doing) = self.at_the_helper(case)? {
            return Ok(Some(doing));
        }
        let (memory, record) = self.memory(case)?;
        if memory.rest_until.is_some_and(|until| until > self.store.now()) {
            return Ok(None);
        }
        let action = match &case.state {
            CaseState::Assigned { .. } if round.late && self.is_put_off(case, record) => None,
            CaseState::Assigned { at, .. } if self.passed(case, *at) >= memory.habit.accept => {
                Some(self.send_back(case, memory, record).unwrap_or(Action::Accept))
            }
            CaseState::Handling { accepted_at, .. } => self.handle(case, memory, record, *accepted_at),
            CaseState::InReview { submitted_at, .. } => {
                return self.review(case, memory, record, *submitted_at);
            }
            _ => None,
        };
        let handler = self.people.handler(&case.lead)?;
        Ok(action.map(|action| Doing::Act(Box::new(handler.clone()), action)))
    }

    /// Near the season's end some departments have not yet looked at what came last.
    fn is_put_off(&self, case: &Case, record: &SeasonRecord) -> bool {
        case.reopened == 0 && !record.urgent && self.draw.chance(&record.external_id, "put off", PUT_OFF)
    }

    /// Not ours: when the matter is truly another's, or a reason of the book fits it.
    fn send_back(&self, case: &Case, memory: &Memory, record: &SeasonRecord) -> Option<Action> {
        if case.confidential || !case.sent_back_by.is_empty() || case.reopened > 0 {
            return None;
        }
        let by_book = self
            .words
            .send_back(record)
            .filter(|_| memory.habit.sends_back)
            .and_then(|back| Some((back.reason.clone(), self.office_named(&back.right_office, record)?)))
            .filter(|(_, right)| *right != case.lead);
        let (reason, right_department) = match by_book {
            Some(fits) => fits,
            None => {
                let right = self.right_department(record).filter(|right| *right != case.lead)?;
                let phrases = &self.words.phrases.general_send_back;
                let phrase = self.draw.pick(&record.external_id, "not ours", phrases);
                (filled(phrase, &[("department", &self.office_name(&right))]), right)
            }
        };
        Some(Action::SendBack { reason, right_department: Some(right_department) })
    }

    fn handle(
        &self,
        case: &Case,
        memory: &Memory,
        record: &SeasonRecord,
        accepted_at: Timestamp,
    ) -> Option<Action> {
        let (habit, id) = (&memory.habit, record.external_id.as_str());
        let passed = self.passed(case, accepted_at);
        if !memory.contacted {
            return (passed >= habit.contact).then(|| self.contact(record));
        }
        let in_time = memory.reply_due.is_some_and(|due| due > self.soon());
        let extendable = in_time && case.extension.is_none() && case.reopened == 0;
        if extendable && habit.extension_days > 0 && passed >= DAY * 3 / 2 {
            let reason = self.draw.pick(id, "extension", &self.words.book.extension_reasons).to_owned();
            return Some(Action::AskExtension { reason, days: habit.extension_days });
        }
        if complains(record) && habit.wait_days > 0 && case.waits == 0 && in_time && passed >= DAY / 2 {
            return self.wait(record, habit.wait_days);
        }
        let asking = case.extension.as_ref().is_some_and(|extension| extension.decision.is_none());
        let helping = case.helpers.iter().any(is_asked) && passed < habit.reply + DAY * 2;
        if asking || helping || passed < habit.reply + i64::from(self.extra(case)) {
            return None;
        }
        self.submit(case, record)
    }

    /// Working minutes more where more time was granted.
    fn extra(&self, case: &Case) -> u32 {
        match &case.extension {
            Some(extension) if extension.decision.as_ref().is_some_and(|decision| decision.0) => {
                extension.days.saturating_sub(2) * DAY as u32
            }
            _ => 0,
        }
    }

    pub(super) fn contact(&self, record: &SeasonRecord) -> Action {
        let asks = matches!(record.upstream_kind.as_str(), "咨询" | "建议");
        let all = if asks { &self.words.phrases.answer_contacts } else { &self.words.book.contact_notes };
        let notes = self.words.phrases.fitting(all, |note| note, record);
        let turn = self.draw.between(&record.external_id, "contact note", 0, 99) as usize;
        Action::Contact { note: notes.get(turn % notes.len().max(1)).map_or("", |note| note).to_owned() }
    }

    /// Until noon some working days ahead.
    pub(super) fn wait(&self, record: &SeasonRecord, days: i64) -> Option<Action> {
        let calendar = self.desk.calendar();
        let day = calendar.add_working_days(local_date(self.store.now()), u32::try_from(days).ok()?).ok()?;
        let until = calendar.closing(day).ok()?.saturating_sub(SignedDuration::from_hours(5)).ok()?;
        let evidence = self.draw.pick(&record.external_id, "wait", &self.words.phrases.wait_evidence);
        Some(Action::Wait { evidence: evidence.to_owned(), until })
    }

    pub(super) fn submit(&self, case: &Case, record: &SeasonRecord) -> Option<Action> {
        let department = self.office_name(&case.lead);
        let answer = self.words.answer(record, &department, self.draw, self.tries(case))?;
        let promises = answer.promise.iter().map(|promise| Promise {
            what: promise.text.clone(),
            by: local_date(self.store.now()).saturating_add(i64::from(promise.days).days()),
        });
        Some(Action::Submit {
            text: answer.text,
            public_text: None,
            outcome: Outcome::from_code(&answer.outcome)?,
            promises: promises.collect(),
        })
    }

    /// How often the matter was answered before.
    pub(super) fn tries(&self, case: &Case) -> u32 {
        let reworked = self.memory(case).is_ok_and(|(memory, _)| memory.needed_work);
        case.reopened + u32::from(reworked)
    }

    fn review(
        &self,
        case: &Case,
        memory: &Memory,
        record: &SeasonRecord,
        submitted_at: Timestamp,
    ) -> Result<Option<Doing>> {
        if self.passed(case, submitted_at) < memory.habit.review {
            return Ok(None);
        }
        let id = record.external_id.as_str();
        let action = if memory.habit.needs_work && !memory.needed_work && complains(record) {
            let note = self.draw.pick(id, "review", &self.words.book.review_notes).to_owned();
            Action::NeedsWork { note }
        } else {
            self.approve(record)
        };
        let reviewer = self.people.reviewer(&case.lead)?;
        Ok(Some(Doing::Act(Box::new(reviewer.clone()), action)))
    }

    pub(super) fn approve(&self, record: &SeasonRecord) -> Action {
        let note = self.draw.pick(&record.external_id, "approve", &self.words.phrases.approvals);
        Action::Approve { note: note.to_owned() }
    }

    fn at_the_helper(&self, case: &Case) -> Result<Option<Doing>> {
        let Some(helper) = case.helpers.iter().find(|helper| is_asked(helper)) else { return Ok(None) };
        let (memory, record) = self.memory(case)?;
        let (id, phrases) = (record.external_id.as_str(), &self.words.phrases);
        let passed = self.worked_since(helper.asked_at);
        let text = |question, texts| self.draw.pick(id, question, texts).to_owned();
        let action = match helper.state {
            HelperState::Asked if passed < DAY / 3 => return Ok(None),
            HelperState::Asked if memory.habit.helper_refuses => {
                Action::HelperRefuse { reason: text("refusal", &phrases.helper_refusals) }
            }
            HelperState::Asked => Action::HelperAccept,
            _ if passed < DAY * 3 / 2 => return Ok(None),
            _ => Action::HelperAnswer { text: text("answer", &phrases.helper_answers) },
        };
        let handler = self.people.handler(&helper.department)?;
        Ok(Some(Doing::Act(Box::new(handler.clone()), action)))
    }
}

/// Has something that can be looked at and put right, not only a question.
fn complains(record: &SeasonRecord) -> bool {
    matches!(record.upstream_kind.as_str(), "投诉" | "求助")
}

fn is_asked(helper: &Helper) -> bool {
    matches!(helper.state, HelperState::Asked | HelperState::Accepted)
}
