//! The desks: the duty officer's and, for conduct, the discipline officer's; and the leader who presses.

use anyhow::{Context, Result};
use jiff::Timestamp;
use qingting_models::county::{DepartmentCode, TopicCode};
use qingting_models::ids::CaseId;
use qingting_models::records::{Case, CaseState, Item, Kind, Outcome, RatingGrade, Urgency};
use qingting_models::store::{AlertFilter, CONFIDENTIAL_TOPIC, ItemFilter, Page, PersonJudgement};
use qingting_respond::action::Action;

use super::habits::DAY;
use super::phrases::filled;
use super::{Doing, Memory, Person, Round, Staff, matter, takes_others};
use crate::demo::season::SeasonRecord;

/// Items of one look at the list.
const ITEMS: i64 = 200;
/// In a hundred items that wait, those left for later near the season's end.
const LEFT: usize = 80;

impl Staff {
    /// Goes through the judged items that wait for a person.
    pub(super) async fn triage(&mut self, round: Round) -> Result<()> {
        for person in [self.people.discipline.clone(), self.people.duty.clone()] {
            let page = Page { before: None, size: ITEMS };
            let waiting = self.store.items(&person.viewer, &ItemFilter::default(), page).await?;
            for item in waiting.rows.into_iter().rev() {
                let record = self.records[self.index_of(&item.external_id)?].clone();
                if !self.is_left(&item, &record, round) {
                    self.decide_item(&person, item, &record).await?;
                }
            }
        }
        Ok(())
    }

    /// Looks at what the rules found; near the season's end it still waits.
    pub(super) async fn look_at_alerts(&mut self, round: Round) -> Result<()> {
        if round.late {
            return Ok(());
        }
        let unseen = AlertFilter { unseen: true, ..AlertFilter::default() };
        for person in [self.people.discipline.clone(), self.people.duty.clone()] {
            let page = Page { before: None, size: ITEMS };
            for alert in self.store.alerts(&person.viewer, &unseen, page).await?.rows.into_iter().rev() {
                self.pass_time();
                self.store.see_alert(&person.viewer, alert.id, "", person.who.actor).await?;
            }
        }
        Ok(())
    }

    fn is_left(&self, item: &Item, record: &SeasonRecord, round: Round) -> bool {
        let chance = self.draw.chance(&record.external_id, "left", LEFT);
        round.late && item.urgency < Urgency::Urgent && (item.unsure || chance)
    }

    async fn decide_item(&mut self, person: &Person, item: Item, record: &SeasonRecord) -> Result<()> {
        if let Some(reason) = self.reason_to_dismiss(record) {
            self.pass_time();
            return Ok(self.store.dismiss_item(&person.viewer, item.id, &reason, person.who.actor).await?);
        }
        let truth = record.truth_topic.as_str();
        // A second topic of conduct hides an item as well.
        let right = item.main_topic.as_ref().is_some_and(|topic| topic.as_str() == truth)
            && item.confidential == (truth == CONFIDENTIAL_TOPIC);
        let Some(item) = self.corrected(person, item, record, !right).await? else {
            // It is the other desk's from here on.
            return Ok(());
        };
        let proposed = self.desk.propose(&person.viewer, &item).await?.proposal;
        let department = proposed.into_iter().map(|(code, _)| code).next();
        let department = department.or_else(|| self.office_named("属地", record));
        let Some(department) = department else { return Ok(()) };
        self.pass_time();
        let phrases = &self.words.phrases;
        let notes = if item.kind == Some(Kind::News) { &phrases.assign_news } else { &phrases.assign_notes };
        let note = self.draw.pick(&record.external_id, "assign", notes);
        self.desk
            .assign_item(&person.viewer, &person.who, item.id, &department, note)
            .await
            .with_context(|| format!("assigning \"{}\" to {department}", record.title))?;
        Ok(())
    }

    fn reason_to_dismiss(&self, record: &SeasonRecord) -> Option<String> {
        let (id, phrases) = (record.external_id.as_str(), &self.words.phrases);
        let reasons = match record.upstream_kind.as_str() {
            "表扬" => &phrases.dismiss_praise,
            "新闻" if record.truth_topic.is_empty() || record.storyline.is_none() => &phrases.dismiss_news,
            "新闻" if self.draw.chance(id, "covered", 65) => &phrases.dismiss_covered,
            _ if self.is_voided_repeat(record) => return Some(phrases.dismiss_repeat.clone()),
            _ => return None,
        };
        Some(self.draw.pick(id, "dismiss", reasons).to_owned())
    }

    /// A person's judgement where the model was wrong or not sure; `None` when the item then belongs to another desk.
    async fn corrected(
        &mut self,
        person: &Person,
        item: Item,
        record: &SeasonRecord,
        wrong: bool,
    ) -> Result<Option<Item>> {
        let kind = Kind::from_code(&record.upstream_kind).or(item.kind).unwrap_or(Kind::Complaint);
        if !wrong && !item.unsure && item.kind == Some(kind) {
            return Ok(Some(item));
        }
        self.judge(person, &item, record, kind).await?;
        Ok(self.store.item(&person.viewer, item.id).await?)
    }

    async fn judge(&mut self, person: &Person, item: &Item, record: &SeasonRecord, kind: Kind) -> Result<()> {
        let urgency = if record.urgent { Urgency::Urgent } else { item.urgency.min(Urgency::Watch) };
        let topics = vec![TopicCode::from(record.truth_topic.as_str())];
        let decided = PersonJudgement { topics, kind, urgency, department: None, places: None };
        self.pass_time();
        let actor = person.who.actor;
        self.store
            .judge_by_person(&person.viewer, item.id, item.version, decided, actor)
            .await
            .with_context(|| format!("judging \"{}\"", record.title))?;
        Ok(())
    }

    /// What the desk, or a leader, does next with a case; `None` when it is not yet time.
    pub(super) fn at_the_desk(&self, case: &Case, round: Round) -> Result<Option<Doing>> {
        let (memory, record) = self.memory(case)?;
        let desk = self.people.desk(case.confidential);
        let by_desk = |action| Doing::Act(Box::new(desk.clone()), action);
        if let Some(doing) = self.pressed_by_leader(case, memory, record, round) {
            return Ok(Some(doing));
        }
        Ok(match &case.state {
            CaseState::Assigned { at, .. } if is_fresh(case) => {
                match self.another_way(case, record, self.passed(case, *at)) {
                    Some(action) => Some(by_desk(action)),
                    None => self.joined(case, record),
                }
            }
            CaseState::Returned { at, right_department, .. } => {
                let right = right_department.clone().filter(|_| self.passed(case, *at) >= memory.habit.desk);
                right.map(|right| by_desk(self.reassign(record, right)))
            }
            CaseState::Handling { .. } if round.working => {
                self.during_handling(case, memory, record).map(|doing| match doing {
                    Doing::Act(_, action) => by_desk(action),
                    other => other,
                })
            }
            CaseState::Replied { approved_at, .. }
                if self.worked_since(*approved_at) >= memory.habit.call_back =>
            {
                Some(by_desk(self.call_back(case, memory, record)))
            }
            _ => None,
        })
    }

    fn reassign(&self, record: &SeasonRecord, department: DepartmentCode) -> Action {
        let phrase = self.draw.pick(&record.external_id, "reassign", &self.words.phrases.reassign_notes);
        let reason = filled(phrase, &[("department", &self.office_name(&department))]);
        Action::Reassign { department, reason }
    }

    /// A mistaken conduct case is voided; some matters are another authority's, or nobody's.
    fn another_way(&self, case: &Case, record: &SeasonRecord, passed: i64) -> Option<Action> {
        let phrases = &self.words.phrases;
        if case.confidential && record.truth_topic != CONFIDENTIAL_TOPIC {
            return Some(Action::Void { reason: phrases.void_mistaken.clone() });
        }
        if self.is_voided_repeat(record) {
            return Some(Action::Void { reason: phrases.void_repeat.clone() });
        }
        if passed < 45 || case.confidential {
            return None;
        }
        let number = self.draw.between(&record.external_id, "receipt", 100, 999).to_string();
        if let Some(other) = phrases.outside(record) {
            let receipt = filled(&other.receipt, &[("number", &number)]);
            return Some(Action::Outside { authority: other.authority.clone(), receipt });
        }
        phrases.decline(record).map(|text| Action::Decline { legal_reason: text.reason.clone() })
    }

    /// The same person's call about the same matter, sent twice by the hotline's program.
    fn is_voided_repeat(&self, record: &SeasonRecord) -> bool {
        is_repeat(record) && self.draw.chance(&record.external_id, "void", 30)
    }

    /// A case that tells what another open one tells goes on under that one.
    fn joined(&self, case: &Case, record: &SeasonRecord) -> Option<Doing> {
        let repeat = is_repeat(record);
        let told_by_many = record.storyline.is_some() && self.draw.chance(&record.external_id, "merge", 40);
        if !repeat && !told_by_many {
            return None;
        }
        let into = self.earlier(case, record)?;
        let phrases = &self.words.phrases;
        let (reason, press) = if repeat {
            (&phrases.merge_repeat, Some(phrases.press_repeat.clone()))
        } else {
            (&phrases.merge_reason, None)
        };
        Some(Doing::Merge { into, reason: reason.clone(), press })
    }

    fn earlier(&self, case: &Case, record: &SeasonRecord) -> Option<CaseId> {
        let known = self.of_matter.get(&matter(record))?;
        let open = known.iter().filter(|id| **id < case.id).rev().filter_map(|id| self.open.get(id));
        open.filter(|other| takes_others(other) && other.confidential == case.confidential)
            .find(|other| other.lead == case.lead && other.item != case.item)
            .map(|other| other.id)
    }

    /// More time, help and splitting, which the desk decides.
    fn during_handling(&self, case: &Case, memory: &Memory, record: &SeasonRecord) -> Option<Doing> {
        let (id, phrases) = (record.external_id.as_str(), &self.words.phrases);
        let doing = |action| Some(Doing::Act(Box::new(self.people.duty.clone()), action));
        if let Some(asked) = case.extension.as_ref().filter(|extension| extension.decision.is_none())
            && self.worked_since(asked.asked_at) >= memory.habit.desk.min(DAY / 3)
        {
            let in_time = memory.reply_due.is_some_and(|due| due > self.soon());
            return doing(if in_time && memory.habit.extension_granted {
                Action::GrantExtension {
                    note: self.draw.pick(id, "grant", &phrases.extension_grants).to_owned(),
                }
            } else {
                let reason = self.draw.pick(id, "refuse", &phrases.extension_refusals).to_owned();
                Action::RefuseExtension { reason }
            });
        }
        if case.confidential || !memory.contacted || case.reopened > 0 {
            return None;
        }
        let other = self.office_named("属地", record).filter(|code| *code != case.lead);
        if memory.habit.has_helper && !memory.asked_helper && case.helpers.is_empty() {
            let note = self.draw.pick(id, "help", &phrases.helper_tasks).to_owned();
            return doing(Action::AddHelper { department: other?, note });
        }
        if memory.habit.is_split && !self.split.contains(&case.item) && case.helpers.is_empty() {
            let department = other?;
            let name = self.office_name(&department);
            return Some(Doing::Split(department, filled(&phrases.split_reason, &[("department", &name)])));
        }
        None
    }

    /// The time at which the next action will be taken, at the latest.
    pub(super) fn soon(&self) -> Timestamp {
        self.store.now().saturating_add(jiff::SignedDuration::from_mins(5)).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn call_back(&self, case: &Case, memory: &Memory, record: &SeasonRecord) -> Action {
        let phrases = &self.words.phrases;
        let unrated = |note: &str| Action::CallBack {
            grade: RatingGrade::Unknown,
            outcome: Outcome::Explained,
            note: note.to_owned(),
        };
        if record.upstream_kind == "新闻" {
            return unrated(&phrases.news_closed);
        }
        if memory.habit.is_unreached && case.reopened == 0 {
            return unrated(&phrases.unreached);
        }
        let answer = self.words.answer(record, "", self.draw, self.tries(case));
        let outcome = answer.map_or_else(String::new, |answer| answer.outcome);
        let dissatisfied = memory.habit.is_dissatisfied && case.reopened == 0;
        let said = self.words.call_back(record, &outcome, dissatisfied, self.draw, case.reopened);
        let Some(said) = said else { return unrated(&phrases.unreached) };
        let grade = RatingGrade::ALL.iter().copied().find(|grade| grade.label() == said.rating);
        Action::CallBack {
            grade: grade.unwrap_or(RatingGrade::Unknown),
            outcome: Outcome::from_code(&said.outcome).unwrap_or(Outcome::Explained),
            note: said.note.clone(),
        }
    }

    /// A leader presses what is long overdue, and the urgent matters of a story that everybody talks about.
    fn pressed_by_leader(
        &self,
        case: &Case,
        memory: &Memory,
        record: &SeasonRecord,
        round: Round,
    ) -> Option<Doing> {
        let before_reply = !matches!(case.state, CaseState::Replied { .. });
        let overdue = memory.reply_due.is_some_and(|due| self.worked_since(due) >= DAY);
        let talked_of = record.storyline.is_some() && record.urgent;
        let presses = before_reply && !memory.pressed && !case.confidential && round.working;
        if !presses || !(overdue || talked_of) {
            return None;
        }
        let note = self.words.instruction(record, self.draw).to_owned();
        Some(Doing::Act(Box::new(self.people.leader.clone()), Action::Press { level: 3, note }))
    }
}

/// Assigned for the first time.
fn is_fresh(case: &Case) -> bool {
    case.reopened == 0 && case.sent_back_by.is_empty()
}

/// A call in which somebody reports the own matter again.
fn is_repeat(record: &SeasonRecord) -> bool {
    ["再次反映", "催办", "二次反映"].iter().any(|word| record.title.starts_with(word))
}
