//! What each action asks for and does, one after the other.

use jiff::Timestamp;
use qingting_models::records::RatingGrade;
use qingting_respond::action::Action;

use super::{BEFORE_REPLY, ModelCase, Person, Refused, days, known, must, said};

impl ModelCase {
    pub(super) fn try_act(&mut self, who: Person, action: &Action, now: Timestamp) -> Result<(), Refused> {
        match action {
            Action::Accept | Action::SendBack { .. } | Action::Reassign { .. } => self.give(who, action, now),
            Action::Contact { .. }
            | Action::TellPetitioner { .. }
            | Action::Wait { .. }
            | Action::GoOn { .. }
            | Action::Submit { .. } => self.work(who, action, now),
            Action::AskExtension { .. } | Action::GrantExtension { .. } | Action::RefuseExtension { .. } => {
                self.extend(who, action, now)
            }
            Action::NeedsWork { .. }
            | Action::Approve { .. }
            | Action::CallBack { .. }
            | Action::Reopen { .. } => self.answer(who, action, now),
            Action::AddHelper { .. }
            | Action::ReleaseHelper { .. }
            | Action::HelperAccept
            | Action::HelperAnswer { .. }
            | Action::HelperRefuse { .. } => self.help(who, action),
            Action::Press { level, note } => self.press(who, *level, note),
            Action::Decline { legal_reason: text } => self.leave(who, "decline", "declined", &[text], now),
            Action::Outside { authority, receipt } => {
                self.leave(who, "outside", "outside", &[authority, receipt], now)
            }
            Action::Void { reason } => self.leave(who, "void", "void", &[reason], now),
            Action::TakeIncident { on } => {
                must(BEFORE_REPLY.contains(&self.state) && self.desk(who))?;
                must(!self.petition && self.takes_incident != *on)?;
                self.takes_incident = *on;
                self.lines.push("take_incident");
                Ok(())
            }
            Action::Seen { due_at, finished } => self.seen(who, *due_at, *finished, now),
            // By the same calendar and rules nothing is to be worked out anew.
            Action::Recount => Err(Refused),
        }
    }

    fn give(&mut self, who: Person, action: &Action, now: Timestamp) -> Result<(), Refused> {
        match action {
            Action::SendBack { reason, right_department } => {
                must(self.state == "assigned" && self.handler(who) && !self.sent_back.contains(&self.lead))?;
                said(reason)?;
                let right = right_department.as_ref().ok_or(Refused)?.as_str();
                must(right != self.lead)?;
                known(right)?;
                self.clocks.meet(&["hotline.send_back", "petition.object"], now);
                self.sent_back.push(self.lead.clone());
                (self.state, self.lines) = ("returned", self.with("send_back"));
            }
            Action::Reassign { department, reason } => {
                must(self.state == "returned" && self.desk(who))?;
                said(reason)?;
                known(department.as_str())?;
                self.clocks.own(self.petition, now);
                for (helper, state) in &mut self.helpers {
                    if helper == department.as_str() {
                        *state = "released";
                    }
                }
                self.lead = department.as_str().into();
                (self.state, self.lines) = ("assigned", self.with("reassign"));
            }
            _ => {
                must(self.state == "assigned" && self.handler(who))?;
                self.clocks.accept(self.petition, now);
                (self.state, self.lines) = ("handling", self.with("accept"));
            }
        }
        Ok(())
    }

    pub(super) fn with(&self, line: &'static str) -> Vec<&'static str> {
        let mut lines = self.lines.clone();
        lines.push(line);
        lines
    }

    fn work(&mut self, who: Person, action: &Action, now: Timestamp) -> Result<(), Refused> {
        if let Action::GoOn { .. } = action {
            let (since, until) = self.until.filter(|_| self.state == "waiting").ok_or(Refused)?;
            must(self.handler(who) || who.role == "system" && until <= now)?;
            let end = until.min(now);
            self.clocks.go_on(end);
            self.waited += days::between(since, end);
            self.until = None;
            (self.state, self.lines) = ("handling", self.with("go_on"));
            return Ok(());
        }
        let noted_late = self.state == "in_review" && matches!(action, Action::Contact { .. });
        must((self.state == "handling" || noted_late) && self.handler(who))?;
        match action {
            Action::Contact { note } => {
                said(note)?;
                self.clocks.meet(&["hotline.contact"], now);
                self.lines.push("contact");
            }
            Action::TellPetitioner { note } => {
                must(self.petition)?;
                said(note)?;
                self.clocks.meet(&["petition.accept"], now);
                self.lines.push("petitioner_told");
            }
            Action::Wait { evidence, until } => {
                said(evidence)?;
                must(self.waits < 2 && *until > now)?;
                must(self.waited + days::between(now, *until) <= 10)?;
                self.clocks.stand(now);
                self.waits += 1;
                self.until = Some((now, *until));
                (self.state, self.lines) = ("waiting", self.with("wait"));
            }
            Action::Submit { text, .. } => {
                said(text)?;
                self.replies += 1;
                (self.state, self.lines) = ("in_review", self.with("submit"));
            }
            _ => return Err(Refused),
        }
        Ok(())
    }

    fn extend(&mut self, who: Person, action: &Action, now: Timestamp) -> Result<(), Refused> {
        must(self.state == "handling")?;
        match action {
            Action::AskExtension { reason, days } => {
                must(self.handler(who) && matches!(self.extension, None | Some((_, Some(false)))))?;
                must(!self.clocks.sender_sets())?;
                said(reason)?;
                must(self.clocks.may_extend(*days, now))?;
                self.extension = Some((*days, None));
                self.lines.push("ask_extension");
            }
            decision => {
                must(self.desk(who))?;
                let Some((days, None)) = self.extension else { return Err(Refused) };
                if let Action::RefuseExtension { reason } = decision {
                    said(reason)?;
                    self.extension = Some((days, Some(false)));
                    self.lines.push("refuse_extension");
                    return Ok(());
                }
                must(self.clocks.may_extend(days, now))?;
                must(self.clocks.extend(days))?;
                self.extension = Some((days, Some(true)));
                self.lines.push("grant_extension");
            }
        }
        Ok(())
    }

    fn answer(&mut self, who: Person, action: &Action, now: Timestamp) -> Result<(), Refused> {
        match action {
            Action::NeedsWork { note } => {
                must(self.state == "in_review" && self.reviewer(who))?;
                said(note)?;
                (self.state, self.lines) = ("handling", self.with("needs_work"));
            }
            Action::Approve { .. } => {
                must(self.state == "in_review" && self.reviewer(who))?;
                self.clocks.approve(self.petition, now);
                (self.state, self.lines) = ("replied", self.with("approve"));
            }
            Action::CallBack { grade, .. } => {
                must(self.state == "replied" && (self.desk(who) || who.role == "system"))?;
                self.clocks.meet(&["hotline.callback"], now);
                self.ratings += 1;
                self.unsatisfied = matches!(grade, RatingGrade::Unsatisfied | RatingGrade::VeryUnsatisfied);
                (self.state, self.lines) = ("closed", self.with("call_back"));
                if self.unsatisfied {
                    self.again(now);
                }
            }
            Action::Reopen { reason } => {
                must(matches!(self.state, "replied" | "closed"))?;
                must(self.desk(who) || who.role == "system" && self.ratings > 0 && self.unsatisfied)?;
                said(reason)?;
                self.again(now);
            }
            _ => return Err(Refused),
        }
        Ok(())
    }

    fn again(&mut self, now: Timestamp) {
        self.clocks.reopen(now);
        self.reopened += 1;
        (self.state, self.lines) = ("assigned", self.with("reopen"));
    }

    fn help(&mut self, who: Person, action: &Action) -> Result<(), Refused> {
        must(self.is_open())?;
        match action {
            Action::AddHelper { department, note } => {
                must(self.desk(who))?;
                said(note)?;
                known(department.as_str())?;
                must(self.lead != department.as_str() && !self.active(department.as_str()))?;
                self.helpers.retain(|(helper, _)| helper != department.as_str());
                self.helpers.push((department.as_str().into(), "asked"));
                self.lines.push("add_helper");
            }
            Action::ReleaseHelper { department, reason } => {
                must(self.desk(who) && self.active(department.as_str()))?;
                said(reason)?;
                self.set_helper(department.as_str(), "released");
                self.lines.push("release_helper");
            }
            step => {
                let place = self.helps(who)?;
                let (from, to, line, text) = match step {
                    Action::HelperAnswer { text } => ("accepted", "answered", "helper_answer", text.as_str()),
                    Action::HelperRefuse { reason } => ("asked", "refused", "helper_refuse", reason.as_str()),
                    _ => ("asked", "accepted", "helper_accept", "-"),
                };
                must(self.helpers[place].1 == from)?;
                said(text)?;
                self.helpers[place].1 = to;
                self.lines.push(line);
            }
        }
        Ok(())
    }

    fn set_helper(&mut self, department: &str, to: &'static str) {
        for (helper, state) in &mut self.helpers {
            if helper == department {
                *state = to;
            }
        }
    }

    /// 1 and 2 by the desk and, once each, by the program; 3 by a leader.
    fn press(&mut self, who: Person, level: u32, note: &str) -> Result<(), Refused> {
        must(self.is_open())?;
        match level {
            1 | 2 if who.role == "system" => must(self.pressed < level)?,
            1 | 2 => must(self.desk(who))?,
            3 => must(who.role == "leader" && !self.confidential)?,
            _ => return Err(Refused),
        }
        if who.role != "system" {
            said(note)?;
        }
        self.pressed = self.pressed.max(level);
        self.lines.push("press");
        Ok(())
    }

    fn leave(
        &mut self,
        who: Person,
        line: &'static str,
        to: &'static str,
        texts: &[&String],
        now: Timestamp,
    ) -> Result<(), Refused> {
        must(self.is_open() && self.desk(who))?;
        texts.iter().try_for_each(|text| said(text))?;
        self.clocks.drop_all(now);
        (self.state, self.lines) = (to, self.with(line));
        Ok(())
    }

    fn seen(
        &mut self,
        who: Person,
        due: Option<Timestamp>,
        finished: bool,
        now: Timestamp,
    ) -> Result<(), Refused> {
        must(self.is_open() && who.role == "system")?;
        let moved = due.is_some_and(|due| self.clocks.sender_says(self.petition, due, now));
        must(moved || finished)?;
        if finished {
            self.clocks.drop_all(now);
            self.ratings += 1;
            self.unsatisfied = false;
            self.state = "closed";
        }
        self.lines.push("seen");
        Ok(())
    }
}
