//! Pressing the cases of other platforms, by people and by the clock, and marking them as matters to watch.

use jiff::Timestamp;
use qingting_models::clock::minute_text;
use qingting_models::ids::{ItemId, NoticeEventId};
use qingting_models::records::{
    Actor, AuditEntry, Mirror, MirrorChange, MirrorLine, MirrorStep, MirroredCase, NoticeEvent, NoticeKind,
    NoticeSubject, Subject, Viewer,
};
use qingting_models::store::StoreError;
use qingting_models::text::mask;
use serde_json::json;

use crate::acting::ActingUser;
use crate::deadline::Light;
use crate::desk::{ActError, Desk};
use crate::refusal::Refusal;

/// The longest note, in characters.
pub const LONGEST_NOTE: usize = 500;
/// Cases of one page of the watch.
const PAGE: i64 = 200;

impl Desk {
    /// Presses a mirrored case that the person saw at version `seen`. The duty officer (for confidential ones the discipline
    /// officer) says why; a leader need not the first time.
    ///
    /// # Errors
    /// [`ActError`]; nothing was pressed.
    pub async fn press_mirrored(
        &self,
        viewer: &Viewer,
        who: &ActingUser,
        item: ItemId,
        seen: i64,
        note: &str,
    ) -> Result<(), ActError> {
        let case = self.mirrored_seen(viewer, item, seen).await?;
        let keeps_desk = who.keeps_desk(case.item.confidential);
        if !keeps_desk && !who.leads() {
            return Err(Refusal::MirrorRole.into());
        }
        if !case.is_open() {
            return Err(Refusal::MirrorOver.into());
        }
        let note = note_of(note)?;
        if note.is_empty() && (case.mirror.presses > 0 || !who.leads()) {
            return Err(Refusal::Missing("督办说明（再次督办也要写）").into());
        }
        let level = match self.mirror_light(&case, self.store().now()) {
            _ if who.leads() => 3,
            Some(Light::Red) => 2,
            _ => 1,
        };
        let change = self.press(&case, level, note, who.actor);
        Ok(self.store().save_mirrored(seen, &change).await?)
    }

    /// Marks a mirrored case as a matter to watch, or takes that back; with a note why.
    ///
    /// # Errors
    /// [`ActError`]; nothing was changed.
    pub async fn watch_mirrored(
        &self,
        viewer: &Viewer,
        who: &ActingUser,
        item: ItemId,
        seen: i64,
        watch: bool,
        note: &str,
    ) -> Result<(), ActError> {
        let case = self.mirrored_seen(viewer, item, seen).await?;
        if !who.keeps_desk(case.item.confidential) {
            return Err(Refusal::MirrorRole.into());
        }
        if case.mirror.watched == watch {
            return Err(Refusal::NothingNew.into());
        }
        let note = note_of(note)?;
        if watch && note.is_empty() {
            return Err(Refusal::Missing("关注的理由").into());
        }
        let step = if watch { MirrorStep::Watch } else { MirrorStep::Unwatch };
        let mirror = Mirror { watched: watch, ..case.mirror.clone() };
        let change = self.change(&case, mirror, step, note, who.actor, json!({}));
        Ok(self.store().save_mirrored(seen, &change).await?)
    }

    /// Presses what the platforms want done soon, at yellow and at red, once each; how many. Running it again changes nothing
    /// more.
    ///
    /// # Errors
    /// When the store fails; what was done stays done.
    pub(crate) async fn press_mirrored_due(&self, now: Timestamp) -> Result<usize, StoreError> {
        let Some(until) = self.soon(now) else { return Ok(0) };
        let (mut after, mut done) = ((Timestamp::UNIX_EPOCH, ItemId(0)), 0);
        loop {
            let cases = self.store().mirrored_due(until, after, PAGE).await?;
            for case in &cases {
                after = (case.mirror.due_at.unwrap_or(until), case.item.id);
                done += usize::from(self.press_by_clock(case, now).await?);
            }
            if (cases.len() as i64) < PAGE {
                return Ok(done);
            }
        }
    }

    async fn press_by_clock(&self, case: &MirroredCase, now: Timestamp) -> Result<bool, StoreError> {
        let (level, says) = match self.mirror_light(case, now) {
            Some(Light::Yellow) => (1, "即将到期"),
            Some(Light::Red) => (2, "已超期"),
            Some(Light::Green) | None => return Ok(false),
        };
        let Some(due) = case.mirror.due_at.filter(|_| case.mirror.pressed < level) else { return Ok(false) };
        let note = format!("平台时限{says}，截止 {}", minute_text(due));
        let change = self.press(case, level, note, Actor::System);
        match self.store().save_mirrored(case.mirror.version, &change).await {
            Ok(()) => Ok(true),
            // Somebody acts on it at this moment; the next round looks again.
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(e) => Err(e),
        }
    }

    async fn mirrored_seen(
        &self,
        viewer: &Viewer,
        item: ItemId,
        seen: i64,
    ) -> Result<MirroredCase, ActError> {
        let case = self.store().mirrored(viewer, item).await?.ok_or(ActError::NotFound)?;
        if case.mirror.version == seen {
            return Ok(case);
        }
        let by = self.name_of(case.mirror.changed_by).await?;
        Err(ActError::Changed { by, at: case.mirror.changed_at })
    }

    /// A press of a level: 1 yellow, 2 red, 3 by a leader. The department is told, where the platform's word means one.
    fn press(&self, case: &MirroredCase, level: u32, note: String, actor: Actor) -> MirrorChange {
        let before = &case.mirror;
        let mirror =
            Mirror { pressed: before.pressed.max(level), presses: before.presses + 1, ..before.clone() };
        let kind = match level {
            1 => NoticeKind::PressedYellow,
            2 => NoticeKind::PressedRed,
            _ => NoticeKind::PressedByLeader,
        };
        let detail = json!({ "level": level, "department": before.department });
        let mut change = self.change(case, mirror, MirrorStep::Press, note, actor, detail);
        change.event = before.department.as_ref().map(|_| NoticeEvent {
            id: NoticeEventId(0),
            key: format!("mirrored:{}:press", change.line.id),
            kind,
            subject: NoticeSubject::Mirrored(case.item.id),
            urgency: case.item.urgency,
            actor,
            at: change.line.at,
        });
        change
    }

    fn change(
        &self,
        case: &MirroredCase,
        mirror: Mirror,
        step: MirrorStep,
        note: String,
        actor: Actor,
        detail: serde_json::Value,
    ) -> MirrorChange {
        let now = self.store().now();
        let ids = self.store().ids();
        let mirror =
            Mirror { version: case.mirror.version + 1, changed_at: now, changed_by: actor, ..mirror };
        let line = MirrorLine { id: ids.next(now), at: now, actor, step, note };
        let audit = AuditEntry {
            id: ids.next(now),
            at: now,
            actor,
            action: format!("mirrored.{step}"),
            subject: Subject::Item(case.item.id),
            detail,
        };
        MirrorChange { mirror, line, audit, event: None, of_version: None }
    }
}

/// A note as it is kept: masked.
fn note_of(typed: &str) -> Result<String, Refusal> {
    let got = typed.trim().chars().count();
    if got > LONGEST_NOTE {
        return Err(Refusal::TooLong { field: "说明", got, max: LONGEST_NOTE });
    }
    Ok(mask(typed.trim()).text)
}
