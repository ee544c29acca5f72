//! Kept reports: counted, written on, approved, and then frozen with the items that they count.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

use super::super::db::{Row, Tx, args, to_json};
use super::super::visibility::bind;
use super::super::{Listing, Page, Store, StoreError};
use super::briefs::BriefScope;
use super::counts::{AT, Counter, ItemCell, ReportCounts, cell_of, day_sql};
use super::items::{ItemPlace, item_of};
use crate::ids::ReportId;
use crate::records::{
    Actor, KeptReport, NoticeEvent, NoticeKind, NoticeSubject, ReportContent, ReportDeed, ReportFigures,
    ReportItem, ReportKind, ReportLine, ReportScope, ReportSpan, ReportState, ReportStep, Subject, Urgency,
};

/// What `body` of the table holds.
#[derive(Serialize, Deserialize)]
struct Body {
    #[serde(flatten)]
    content: ReportContent,
    judgements: BTreeMap<String, String>,
    steps: Vec<ReportStep>,
}

/// How the figures of a kept report are drawn from the counts, with their digest.
pub type Draw<'a> = &'a (dyn Fn(ReportCounts) -> Result<(ReportFigures, String), StoreError> + Send + Sync);

/// What days and scope a kept report has, and how it is counted.
pub struct ReportOrder<'a> {
    pub span: ReportSpan,
    pub scope: ReportScope,
    pub past: i64,
    pub past_topics: i64,
    pub draw: Draw<'a>,
}

impl Store {
    /// Counts a report and keeps it as a draft with the items that it counts, all in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody is working on one of the same days and scope already.
    pub async fn make_report(&self, order: ReportOrder<'_>, actor: Actor) -> Result<ReportId, StoreError> {
        let now = self.now();
        let mut tx = self.begin_counting().await?;
        let id: ReportId = self.ids().next(now);
        let (figures, digest) = self.count_in(&mut tx, &order).await?;
        let scope = to_json(&order.scope)?;
        let content = ReportContent::Figures(Box::new(figures));
        match self.insert_kept(&mut tx, id, scope, content, &digest, actor).await {
            Err(error) if error.is_unique_violation() => {
                drop(tx);
                return Err(self.open_one(&order).await?);
            }
            other => other?,
        };
        keep_items(&mut tx, id, &order).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Adds a draft, with its audit line and notice.
    pub(super) async fn insert_kept(
        &self,
        tx: &mut Tx,
        id: ReportId,
        scope: String,
        content: ReportContent,
        digest: &str,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let made = ReportStep { at: now, by: actor, what: ReportDeed::Made, note: None };
        let (span, cutoff) = (content.span(), content.cutoff());
        let body = Body { content, judgements: BTreeMap::new(), steps: vec![made] };
        let sql = "INSERT INTO report (id, kind, from_day, to_day, scope, state, number, cutoff, digest, version, changed_at, changed_by, body)
                   VALUES ($1,$2,$3,$4,$5,'draft',NULL,$6,$7,1,$8,$9,$10)";
        let values = args![
            id.0,
            span.kind.code(),
            span.from.to_string(),
            span.to.to_string(),
            scope,
            cutoff,
            digest,
            now,
            actor.code(),
            to_json(&body)?
        ];
        tx.run(sql, values).await?;
        self.tell_of(tx, id, 1, ReportDeed::Made, actor).await?;
        let detail = json!({ "report": id, "kind": span.kind.code(), "from": span.from, "to": span.to, "digest": digest });
        self.audit_in(tx, actor, "report.make", Subject::System, detail).await?;
        Ok(())
    }

    /// Who is working on one of the same days and scope.
    async fn open_one(&self, order: &ReportOrder<'_>) -> Result<StoreError, StoreError> {
        let sql = "SELECT changed_at, changed_by FROM report WHERE kind = $1 AND from_day = $2 AND to_day = $3 AND scope = $4
                   AND state <> 'approved'";
        let (span, scope) = (order.span, to_json(&order.scope)?);
        let values = args![span.kind.code(), span.from.to_string(), span.to.to_string(), scope];
        Ok(match self.db().row(sql, values).await? {
            Some(row) => StoreError::Conflict { by: row.text("changed_by")?, at: row.time("changed_at")? },
            None => StoreError::Conflict { by: Actor::System.code(), at: self.now() },
        })
    }

    async fn count_in(
        &self,
        tx: &mut Tx,
        order: &ReportOrder<'_>,
    ) -> Result<(ReportFigures, String), StoreError> {
        let mut counter = Counter::new(tx, &order.scope, self.now());
        (order.draw)(counter.all(&order.span, order.past, order.past_topics).await?)
    }

    /// Counts a draft again. What the editors wrote stays.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is not as it was seen at `version`, [`StoreError::Bad`] when it is no draft.
    pub async fn recount_report(
        &self,
        id: ReportId,
        version: i64,
        order: ReportOrder<'_>,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let kept = self.report_as_seen(id, version, &[ReportState::Draft]).await?;
        let mut tx = self.begin_counting().await?;
        let (figures, digest) = self.count_in(&mut tx, &order).await?;
        tx.run("DELETE FROM report_item WHERE report_id = $1", args![id.0]).await?;
        keep_items(&mut tx, id, &order).await?;
        let kept = KeptReport { content: ReportContent::Figures(Box::new(figures)), digest, ..kept };
        self.write_kept(&mut tx, kept, ReportDeed::Recounted, None, actor).await?;
        tx.commit().await
    }

    /// Keeps what the editors wrote, by the code of the chapter.
    ///
    /// # Errors
    /// As [`Store::recount_report`].
    pub async fn write_report(
        &self,
        id: ReportId,
        version: i64,
        judgements: BTreeMap<String, String>,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let kept = self.report_as_seen(id, version, &[ReportState::Draft]).await?;
        let mut tx = self.begin().await?;
        self.write_kept(&mut tx, KeptReport { judgements, ..kept }, ReportDeed::Written, None, actor).await?;
        tx.commit().await
    }

    /// Submits a draft, sends it back, or approves it, which gives it its number.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is not as it was seen at `version`, [`StoreError::Bad`] when this cannot be done as it
    /// stands.
    pub async fn move_report(
        &self,
        id: ReportId,
        version: i64,
        deed: ReportDeed,
        note: Option<String>,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let (from, to) = match deed {
            ReportDeed::Submitted => (ReportState::Draft, ReportState::Review),
            ReportDeed::SentBack => (ReportState::Review, ReportState::Draft),
            ReportDeed::Approved => (ReportState::Review, ReportState::Approved),
            _ => return Err(StoreError::Bad("a report is submitted, sent back or approved".into())),
        };
        let mut kept = self.report_as_seen(id, version, &[from]).await?;
        let mut tx = self.begin().await?;
        kept.state = to;
        if deed == ReportDeed::Approved {
            kept.number = Some(next_number(&mut tx, &kept.content.span()).await?);
        }
        self.write_kept(&mut tx, kept, deed, note, actor).await?;
        tx.commit().await
    }

    pub(super) async fn report_as_seen(
        &self,
        id: ReportId,
        version: i64,
        states: &[ReportState],
    ) -> Result<KeptReport, StoreError> {
        let kept = self.kept_report(id).await?.ok_or(StoreError::NotFound("report"))?;
        if kept.version != version {
            return Err(StoreError::Conflict { by: kept.changed_by.code(), at: kept.changed_at });
        }
        if states.contains(&kept.state) {
            return Ok(kept);
        }
        Err(StoreError::Bad(format!("this cannot be done with a report that is {}", kept.state)))
    }

    pub(super) async fn write_kept(
        &self,
        tx: &mut Tx,
        kept: KeptReport,
        what: ReportDeed,
        note: Option<String>,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let mut steps = kept.steps;
        steps.push(ReportStep { at: now, by: actor, what, note });
        let cutoff = kept.content.cutoff();
        let body = to_json(&Body { content: kept.content, judgements: kept.judgements, steps })?;
        let sql = "UPDATE report SET state = $1, number = $2, cutoff = $3, digest = $4, body = $5, version = version + 1,
                   changed_at = $6, changed_by = $7 WHERE id = $8 AND version = $9";
        let values = args![
            kept.state.code(),
            kept.number.as_deref(),
            cutoff,
            kept.digest.as_str(),
            body,
            now,
            actor.code(),
            kept.id.0,
            kept.version
        ];
        if tx.run(sql, values).await? == 0 {
            let changed = self.kept_report(kept.id).await?.ok_or(StoreError::NotFound("report"))?;
            return Err(StoreError::Conflict { by: changed.changed_by.code(), at: changed.changed_at });
        }
        self.settle_report(tx, kept.id, kept.state).await?;
        self.tell_of(tx, kept.id, kept.version + 1, what, actor).await?;
        let detail = json!({ "report": kept.id, "number": kept.number, "digest": kept.digest });
        self.audit_in(tx, actor, &format!("report.{what}"), Subject::System, detail).await?;
        Ok(())
    }

    /// Tells what was done, where that calls for somebody else.
    async fn tell_of(
        &self,
        tx: &mut Tx,
        id: ReportId,
        version: i64,
        what: ReportDeed,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let kind = match what {
            // Who makes one himself knows of it.
            ReportDeed::Made if actor == Actor::System => NoticeKind::ReportDrafted,
            ReportDeed::Submitted => NoticeKind::ReportSubmitted,
            ReportDeed::SentBack => NoticeKind::ReportSentBack,
            ReportDeed::Approved => NoticeKind::ReportApproved,
            ReportDeed::Made | ReportDeed::Recounted | ReportDeed::Written => return Ok(()),
        };
        let event = NoticeEvent {
            id: self.ids().next(self.now()),
            key: format!("report:{id}:{version}"),
            kind,
            subject: NoticeSubject::Report(id),
            urgency: Urgency::Ordinary,
            actor,
            at: self.now(),
        };
        self.tell_in(tx, &[event]).await?;
        Ok(())
    }

    /// The report without its figures.
    pub(in crate::store) async fn report_line(&self, id: ReportId) -> Result<Option<ReportLine>, StoreError> {
        let sql = "SELECT id, kind, from_day, to_day, scope, state, number, cutoff, changed_at FROM report WHERE id = $1";
        self.db().row(sql, args![id.0]).await?.as_ref().map(line_of).transpose()
    }

    pub async fn kept_report(&self, id: ReportId) -> Result<Option<KeptReport>, StoreError> {
        self.db()
            .row("SELECT * FROM report WHERE id = $1", args![id.0])
            .await?
            .as_ref()
            .map(kept_of)
            .transpose()
    }

    /// Kept reports, the latest days first; without drafts where `approved` alone are asked for.
    pub async fn kept_reports(
        &self,
        kind: Option<ReportKind>,
        approved: bool,
        page: Page,
    ) -> Result<Listing<ReportLine>, StoreError> {
        let mut values = args![page.before()];
        let mut all = vec!["id < $1".to_owned()];
        if let Some(kind) = kind {
            all.push(format!("kind = {}", bind(&mut values, kind.code())));
        }
        if approved {
            all.push("state = 'approved'".into());
        }
        let limit = bind(&mut values, page.size() + 1);
        let sql = format!(
            "SELECT id, kind, from_day, to_day, scope, state, number, cutoff, changed_at FROM report WHERE {}
             ORDER BY id DESC LIMIT {limit}",
            all.join(" AND ")
        );
        let rows = self.db().rows(&sql, values).await?.iter().map(line_of).collect::<Result<Vec<_>, _>>()?;
        Ok(Listing::of(rows, page, |line| line.id.0))
    }

    /// How many reports are being written or wait for approval.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn count_unfinished_reports(&self) -> Result<i64, StoreError> {
        self.db().number("SELECT count(*) FROM report WHERE state <> 'approved'", args![]).await
    }

    /// Whether there is a report of these days and scope, in whatever state.
    pub async fn has_report(&self, span: &ReportSpan, scope: &ReportScope) -> Result<bool, StoreError> {
        let sql =
            "SELECT count(*) FROM report WHERE kind = $1 AND from_day = $2 AND to_day = $3 AND scope = $4";
        let values = args![span.kind.code(), span.from.to_string(), span.to.to_string(), to_json(scope)?];
        Ok(self.db().number(sql, values).await? > 0)
    }

    /// Whether anything had come in before a time.
    pub async fn knew_anything_before(&self, at: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM (SELECT 1 AS one FROM item WHERE first_seen_at < $1 LIMIT 1) s";
        Ok(self.db().number(sql, args![at]).await? > 0)
    }

    /// The approved report of these days and scope; of several the latest.
    pub async fn approved_report(
        &self,
        span: &ReportSpan,
        scope: &ReportScope,
    ) -> Result<Option<KeptReport>, StoreError> {
        let sql = "SELECT * FROM report WHERE kind = $1 AND from_day = $2 AND to_day = $3 AND scope = $4
                   AND state = 'approved' ORDER BY id DESC LIMIT 1";
        let values = args![span.kind.code(), span.from.to_string(), span.to.to_string(), to_json(scope)?];
        self.db().row(sql, values).await?.as_ref().map(kept_of).transpose()
    }

    /// The items of a kept report with the marks that they had, by the time at which they were reported, at most `limit` after
    /// a place. Title and case are today's; what turned confidential since shows neither.
    pub async fn kept_items(
        &self,
        id: ReportId,
        after: Option<ItemPlace>,
        limit: i64,
    ) -> Result<Vec<ReportItem>, StoreError> {
        let (at, item) = after.map_or((i64::MIN, 0), |(at, item)| (at.as_millisecond(), item.0));
        let sql = "SELECT r.item_id AS id, r.at, r.channel, r.main_topic, r.town, r.urgency,
                   CASE WHEN i.confidential THEN '（已转为保密件）' ELSE i.title END AS title, c.number, c.state
                   FROM report_item r JOIN item i ON i.id = r.item_id
                   LEFT JOIN case_file c ON c.id = i.case_id AND NOT c.confidential AND NOT i.confidential
                   WHERE r.report_id = $1 AND r.at >= $2 AND (r.at > $2 OR r.item_id > $3)
                   ORDER BY r.at, r.item_id LIMIT $4";
        self.db().rows(sql, args![id.0, at, item, limit]).await?.iter().map(item_of).collect()
    }

    /// The items of a kept report, counted again by the marks that they had.
    pub async fn kept_cells(&self, id: ReportId) -> Result<Vec<ItemCell>, StoreError> {
        // `day_sql` reads the time of an item; here it is kept.
        let day = day_sql().replace(AT, "i.at");
        let sql = format!(
            "SELECT {day} AS day, i.channel, i.main_topic, i.town, i.urgency, count(*) AS n FROM report_item i
             WHERE i.report_id = $1 GROUP BY {day}, i.channel, i.main_topic, i.town, i.urgency"
        );
        self.db().rows(&sql, args![id.0]).await?.iter().map(cell_of).collect()
    }
}

async fn keep_items(tx: &mut Tx, id: ReportId, order: &ReportOrder<'_>) -> Result<(), StoreError> {
    let mut values = args![id.0];
    let items = super::counts::items(&order.scope, order.span.period(), &mut values);
    let sql = format!(
        "INSERT INTO report_item (report_id, at, item_id, channel, main_topic, town, urgency)
         SELECT $1, {AT}, i.id, i.channel, i.main_topic, i.town, i.urgency FROM item i WHERE {items}"
    );
    tx.run(&sql, values).await?;
    Ok(())
}

/// `2026年周报第12期`: by kind and the year of the report's last day, without gaps.
async fn next_number(tx: &mut Tx, span: &ReportSpan) -> Result<String, StoreError> {
    let year = span.to.year();
    let sql = "INSERT INTO report_number (kind, year, last) VALUES ($1,$2,1)
               ON CONFLICT (kind, year) DO UPDATE SET last = report_number.last + 1";
    tx.run(sql, args![span.kind.code(), i64::from(year)]).await?;
    let row = tx
        .row(
            "SELECT last FROM report_number WHERE kind = $1 AND year = $2",
            args![span.kind.code(), i64::from(year)],
        )
        .await?
        .ok_or(StoreError::NotFound("report number"))?;
    Ok(format!("{year}年{}第{}期", span.kind.label(), row.int("last")?))
}

fn span_of(row: &Row, kind: &str) -> Result<ReportSpan, StoreError> {
    let day = |column| -> Result<jiff::civil::Date, StoreError> {
        row.text(column)?.parse().map_err(|e: jiff::Error| StoreError::Bad(e.to_string()))
    };
    Ok(ReportSpan { kind: row.code(kind)?, from: day("from_day")?, to: day("to_day")? })
}

fn line_of(row: &Row) -> Result<ReportLine, StoreError> {
    report_line(row, "id", "kind")
}

/// A report in a row in which id and kind stand under these names.
pub(in crate::store) fn report_line(row: &Row, id: &str, kind: &str) -> Result<ReportLine, StoreError> {
    let cutoff: Timestamp = row.time("cutoff")?;
    let BriefScope { incident } = row.json("scope")?;
    Ok(ReportLine {
        id: ReportId(row.int(id)?),
        span: span_of(row, kind)?,
        scope: row.json("scope")?,
        incident,
        state: row.code("state")?,
        number: row.opt_text("number")?,
        cutoff,
        changed_at: row.time("changed_at")?,
    })
}

fn kept_of(row: &Row) -> Result<KeptReport, StoreError> {
    let body: Body = row.json("body")?;
    let by = row.text("changed_by")?;
    Ok(KeptReport {
        id: ReportId(row.int("id")?),
        state: row.code("state")?,
        number: row.opt_text("number")?,
        version: row.int("version")?,
        changed_at: row.time("changed_at")?,
        changed_by: Actor::from_code(&by).map_err(|e| StoreError::Bad(e.to_string()))?,
        content: body.content,
        judgements: body.judgements,
        steps: body.steps,
        digest: row.text("digest")?,
    })
}
