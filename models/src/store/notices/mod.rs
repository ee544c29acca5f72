//! Notices: what happened, who was told in the page, by which rules, and what goes out by which channels.

mod channels;
mod contacts;
mod deliveries;
mod events;
mod over;
mod roster;
mod rules;
mod spreading;

pub use deliveries::{DeliveryOutcome, DeliveryTask};
pub use events::{NoticeTask, TaskSubject, WaitingAlert};
pub use spreading::{NewMessage, NewNotice, ToldEvent};

use super::db::{Arg, Row, args};
use super::reports::report_line;
use super::visibility::{self, bind};
use super::{Listing, Page, Store, StoreError};
use crate::ids::{AlertId, CaseId, IncidentId, ItemId, NoticeId, ReportId, UserId};
use crate::records::{Actor, Case, Mirror, Notice, NoticeAbout, NoticeSubject, Urgency, Viewer};

/// Notices with what they are about. Every kind of matter is joined, so that what a reader may no longer know of is gone.
const FROM: &str = "FROM notice n JOIN notice_event e ON e.id = n.event_id
    LEFT JOIN case_file c ON c.id = e.case_id
    LEFT JOIN alert a ON a.id = e.alert_id LEFT JOIN mirrored m ON m.item_id = e.mirrored_id
    LEFT JOIN report r ON r.id = e.report_id
    LEFT JOIN item i ON i.id = COALESCE(a.item_id, m.item_id)";

fn visible(viewer: &Viewer, values: &mut Vec<Arg>) -> String {
    let cases = visibility::cases(viewer, values);
    let items = visibility::items(viewer, values);
    let mirrored = visibility::mirrored(viewer, values);
    // Reports are read by those who see the whole county.
    let reports = if viewer.all_open || viewer.all_confidential { "r.id IS NOT NULL" } else { "1 = 0" };
    format!(
        "((c.id IS NOT NULL AND {cases}) OR (a.id IS NOT NULL AND {items}) OR (m.item_id IS NOT NULL AND {mirrored})
          OR {reports})"
    )
}

impl Store {
    /// The user's notices, the latest first; `unread` leaves out those that were read or held back.
    pub async fn notices(
        &self,
        viewer: &Viewer,
        user: UserId,
        unread: bool,
        page: Page,
    ) -> Result<Listing<Notice>, StoreError> {
        let mut values = args![user.0];
        let seen = visible(viewer, &mut values);
        let only = if unread { "AND n.read_at IS NULL AND n.held IS NULL" } else { "" };
        let before = bind(&mut values, page.before());
        let limit = bind(&mut values, page.size() + 1);
        let sql = format!(
            "SELECT n.id, e.at, n.read_at, n.held, e.kind, e.urgency, e.case_id, c.body, a.id AS alert_id, a.incident_id,
             a.rule_name, a.why, a.items, e.mirrored_id, m.body AS mirror, i.title, i.withdrawn_at,
             r.id AS report_id, r.kind AS report_kind, r.from_day, r.to_day, r.scope, r.state, r.number, r.cutoff, r.changed_at {FROM}
             WHERE n.user_id = $1 AND {seen} {only} AND n.id < {before} ORDER BY n.id DESC LIMIT {limit}"
        );
        let rows =
            self.db().rows(&sql, values).await?.iter().map(notice_of).collect::<Result<Vec<_>, _>>()?;
        Ok(Listing::of(rows, page, |notice| notice.id.0))
    }

    /// How many notices the user has not read.
    pub async fn unread_notices(&self, viewer: &Viewer, user: UserId) -> Result<i64, StoreError> {
        let mut values = args![user.0];
        let seen = visible(viewer, &mut values);
        let sql = format!(
            "SELECT count(*) {FROM} WHERE n.user_id = $1 AND n.read_at IS NULL AND n.held IS NULL AND {seen}"
        );
        self.db().number(&sql, values).await
    }

    /// Notes that the user read a notice; what it is about.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it is none of this user's.
    pub async fn read_notice(&self, user: UserId, id: NoticeId) -> Result<NoticeSubject, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "SELECT e.case_id, e.alert_id, e.mirrored_id, e.report_id FROM notice n JOIN notice_event e ON e.id = n.event_id
                   WHERE n.id = $1 AND n.user_id = $2";
        let row = tx.row(sql, args![id.0, user.0]).await?.ok_or(StoreError::NotFound("notice"))?;
        let sql = "UPDATE notice SET read_at = $1 WHERE id = $2 AND read_at IS NULL";
        tx.run(sql, args![self.now(), id.0]).await?;
        tx.commit().await?;
        subject_of(&row)
    }

    /// Notes that the user read all notices up to and with `last`; how many that were.
    pub async fn read_notices(&self, user: UserId, last: NoticeId) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE notice SET read_at = $1 WHERE user_id = $2 AND id <= $3 AND read_at IS NULL";
        let read = tx.run(sql, args![self.now(), user.0, last.0]).await?;
        tx.commit().await?;
        Ok(read)
    }

    /// The id of the latest notice of anybody: it rises when there is something new.
    pub async fn latest_notice(&self) -> Result<i64, StoreError> {
        self.db().number("SELECT COALESCE(max(id), 0) FROM notice", vec![]).await
    }
}

fn notice_of(row: &Row) -> Result<Notice, StoreError> {
    let about = match (row.opt_int("case_id")?, row.opt_int("mirrored_id")?) {
        (None, None) if row.opt_int("report_id")?.is_some() => {
            NoticeAbout::Report(report_line(row, "report_id", "report_kind")?)
        }
        (_, Some(id)) => {
            let mirror: Mirror = row.json("mirror")?;
            let withdrawn = row.opt_time("withdrawn_at")?.is_some();
            NoticeAbout::Mirrored {
                id: ItemId(id),
                state: mirror.state(withdrawn).to_owned(),
                due: mirror.due_at.filter(|_| !mirror.finished && !withdrawn),
                number: mirror.number,
                title: row.text("title")?,
            }
        }
        (Some(id), None) => {
            let case: Case = row.json("body")?;
            NoticeAbout::Case {
                id: CaseId(id),
                state: case.state.label(),
                due: case.due.as_ref().map(|(_, at)| *at).filter(|_| case.state.is_open()),
                number: case.number,
                title: case.title,
            }
        }
        (None, None) => NoticeAbout::Alert {
            id: AlertId(row.int("alert_id")?),
            incident: IncidentId(row.int("incident_id")?),
            rule: row.text("rule_name")?,
            why: row.text("why")?,
            items: row.int("items")?,
        },
    };
    Ok(Notice {
        id: NoticeId(row.int("id")?),
        kind: row.code("kind")?,
        urgency: urgency_of(row.int("urgency")?),
        at: row.time("at")?,
        read_at: row.opt_time("read_at")?,
        held: row.opt_text("held")?,
        about,
    })
}

fn subject_of(row: &Row) -> Result<NoticeSubject, StoreError> {
    Ok(match (row.opt_int("case_id")?, row.opt_int("mirrored_id")?) {
        (Some(id), _) => NoticeSubject::Case(CaseId(id)),
        (None, Some(id)) => NoticeSubject::Mirrored(ItemId(id)),
        (None, None) => match row.opt_int("report_id")? {
            Some(id) => NoticeSubject::Report(ReportId(id)),
            None => NoticeSubject::Alert(AlertId(row.int("alert_id")?)),
        },
    })
}

fn urgency_of(level: i64) -> Urgency {
    u8::try_from(level).ok().and_then(|level| Urgency::try_from(level).ok()).unwrap_or_default()
}

fn actor_of(code: &str) -> Result<Actor, StoreError> {
    Actor::from_code(code).map_err(|e| StoreError::Bad(e.to_string()))
}
