//! What a platform's sheets say of its cases, and what a newer sheet changed.

use jiff::Timestamp;
use qingting_models::clock::{local_date, minute_text};
use qingting_models::county::{Department, RuleId};
use qingting_models::records::{
    Actor, AuditEntry, CasePart, Item, Kind, Mirror, MirrorChange, MirrorLine, MirrorStep, Mode, OurDue,
    Source, Subject, Urgency, Viewer,
};
use qingting_models::store::StoreError;
use serde_json::json;

use crate::case_clocks::main_rule_of;
use crate::case_table::rule;
use crate::deadline::due;
use crate::desk::Desk;

/// How often a change is tried that others overtake.
const TRIES: usize = 3;

impl Desk {
    /// Brings the mirrored case of an item up to its latest version. The same again changes nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn follow_mirrored(&self, item: &Item, source: &Source) -> Result<(), StoreError> {
        if !runs_a_case(item, source) {
            return Ok(());
        }
        for _ in 0..TRIES {
            let before = self.store().mirrored(&Viewer::SYSTEM, item.id).await?.map(|case| case.mirror);
            let Some(change) = self.seen_anew(item, source, before.as_ref()) else { return Ok(()) };
            match self.store().save_mirrored(before.map_or(0, |mirror| mirror.version), &change).await {
                Err(StoreError::Conflict { .. }) => {}
                outcome => return outcome,
            }
        }
        tracing::warn!(item = %item.id, "a mirrored case was changed by others all the time");
        Ok(())
    }

    /// Gives the mirrored cases their department whose office the department table has come to know; how many.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn map_offices(&self) -> Result<u64, StoreError> {
        let mut mapped = 0;
        for office in self.store().unmapped_offices().await? {
            if let Some(department) = self.department_called(&office) {
                mapped += self.store().map_mirrored(&office, &department.code).await?;
            }
        }
        Ok(mapped)
    }

    /// The change that the item's present version makes, if it makes one.
    fn seen_anew(&self, item: &Item, source: &Source, before: Option<&Mirror>) -> Option<MirrorChange> {
        let now = self.store().now();
        let mut mirror = self.reading(item, source, now);
        let (step, note) = match before {
            None => (MirrorStep::First, MirrorLine::first(&source.name, mirror.state(false))),
            Some(before) => {
                carry_on(&mut mirror, before);
                (MirrorStep::Seen, differences(before, &mirror)?)
            }
        };
        let line = MirrorLine { id: self.store().ids().next(now), at: now, actor: Actor::System, step, note };
        let detail = json!({ "finished": mirror.finished, "department": mirror.department, "version": mirror.version });
        let audit = AuditEntry {
            id: self.store().ids().next(now),
            at: now,
            actor: Actor::System,
            action: format!("mirrored.{step}"),
            subject: Subject::Item(item.id),
            detail,
        };
        Some(MirrorChange { mirror, line, audit, event: None, of_version: Some(item.version) })
    }

    fn reading(&self, item: &Item, source: &Source, now: Timestamp) -> Mirror {
        let upstream = &item.content.upstream;
        let office = upstream.case.office.as_deref();
        Mirror {
            item: item.id,
            source: source.id,
            number: item.external_id.clone(),
            said: upstream.case.clone(),
            department: office.and_then(|office| self.department_called(office)).map(|d| d.code.clone()),
            finished: upstream.finished,
            dispatched_at: upstream.dispatched_at,
            due_at: upstream.due_at,
            ours: self.our_due(item),
            pressed: 0,
            presses: 0,
            watched: false,
            version: 1,
            changed_at: now,
            changed_by: Actor::System,
        }
    }

    /// The department of the county that a platform's word means: of several offices in one cell the first that is known.
    fn department_called(&self, office: &str) -> Option<&Department> {
        let departments = &self.county().departments;
        let parts = office.split(['、', '，', ',', '；', ';', '/', '|', '\n']).map(str::trim);
        std::iter::once(office.trim()).chain(parts).find_map(|name| departments.by_name(name))
    }

    /// When our own rules would have it done, counted from the platform's dispatch: the earliest of those that apply.
    fn our_due(&self, item: &Item) -> Option<OurDue> {
        let kind = item.kind?;
        if matches!(kind, Kind::Praise | Kind::News) {
            return None;
        }
        let start = item.dispatched_or_seen_at();
        let main = main_rule_of(item.channel, kind);
        let urgent =
            (item.urgency == Urgency::Urgent && main != rule::PETITION_CLOSE).then_some(rule::URGENT);
        let of_rule = |id: &str| {
            let id = RuleId::from(id);
            let row = self.county().deadline_rules.rule_on(&id, local_date(start))?;
            let found = due(row, self.calendar(), start, item.urgency).ok()?;
            Some(OurDue { rule: id, at: found.due, steps: found.steps })
        };
        [Some(main), urgent].into_iter().flatten().filter_map(of_rule).min_by_key(|ours| ours.at)
    }
}

/// Whether another platform runs a case on the item's matter: one that has a number there. What is only published, such as
/// news, is no case.
fn runs_a_case(item: &Item, source: &Source) -> bool {
    source.mode == Mode::Mirror && !item.channel.is_published() && !item.external_id.starts_with("sha:")
}

/// Takes over what people and the program did. Another due time, or a case that was taken up again, is pressed anew.
fn carry_on(mirror: &mut Mirror, before: &Mirror) {
    let anew = mirror.due_at != before.due_at || before.finished && !mirror.finished;
    mirror.pressed = if anew { 0 } else { before.pressed };
    mirror.presses = before.presses;
    mirror.watched = before.watched;
    mirror.version = before.version + 1;
}

/// What is other than before, in words; `None` when nothing is.
fn differences(before: &Mirror, after: &Mirror) -> Option<String> {
    let time = |at: Option<Timestamp>| at.map_or_else(|| "无".to_owned(), minute_text);
    let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "无".to_owned());
    let moved = |part: CasePart, before: &str, after: &str| {
        (before != after).then(|| MirrorLine::moved(part, before, after))
    };
    let other_time = |label: &str, before: Option<Timestamp>, after: Option<Timestamp>| {
        (before != after).then(|| format!("{label}：{} → {}", time(before), time(after)))
    };
    let (old, new) = (&before.said, &after.said);
    let answer = (old.answer != new.answer || old.answered != new.answered).then(|| {
        let first = old.answer.is_none() && new.answer.is_some();
        if first { "收到答复".to_owned() } else { "答复有改动".to_owned() }
    });
    let parts = [
        moved(CasePart::State, before.state(false), after.state(false)),
        match (before.finished, after.finished) {
            (false, true) => Some("平台已办结".to_owned()),
            (true, false) => Some("平台重新办理".to_owned()),
            _ => None,
        },
        moved(CasePart::Office, &word(&old.office), &word(&new.office)),
        other_time("平台时限", before.due_at, after.due_at),
        answer,
        moved(CasePart::Satisfaction, &word(&old.satisfaction), &word(&new.satisfaction)),
        other_time("本县参考时限", before.ours.as_ref().map(|o| o.at), after.ours.as_ref().map(|o| o.at)),
        (before.department != after.department && old.office == new.office)
            .then(|| "对应的本县单位有变".to_owned()),
    ];
    let told: Vec<String> = parts.into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join("；"))
}
