//! The facts that rates are counted from: written with each change of a case, counted by period.

use jiff::SignedDuration;

use super::db::{Arg, Row, Tx, args};
use super::visibility::{self, bind};
use super::{Listing, Page, Store, StoreError};
use crate::county::DepartmentCode;
use crate::ids::CaseId;
use crate::records::{Case, CaseFact, Period, Rate, RateCase, RateCount, RateFigure, SentWay, Viewer};

/// The sums of a count over facts with alias `f`, as [`count_of`] reads them.
pub(super) const SUMS: &str = "count(CASE WHEN f.holds THEN 1 END) AS numerator, count(*) AS denominator,
    count(CASE WHEN f.waited_ms > 0 THEN 1 END) AS waited, CAST(sum(f.waited_ms) AS BIGINT) AS waited_ms,
    count(CASE WHEN f.extended_days > 0 THEN 1 END) AS extended, CAST(sum(f.extended_days) AS BIGINT) AS extended_days";

/// Which cases behind a figure are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateFilter {
    pub rate: Rate,
    pub period: Period,
    /// `None` for all; the duty desk is `Some(None)`.
    pub department: Option<Option<DepartmentCode>>,
    /// Only those in the numerator, or only the others.
    pub holds: Option<bool>,
}

/// Cases that came to a department by one way, and of those the ones that it sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentCount {
    pub department: DepartmentCode,
    pub way: SentWay,
    pub sent: i64,
    pub back: i64,
}

impl Store {
    /// Every rate of every department in a period, as far as it lies behind us, of what counts for the viewer.
    pub async fn rate_figures(&self, viewer: &Viewer, period: Period) -> Result<Vec<RateFigure>, StoreError> {
        let mut values = Vec::new();
        let within = self.within(period, &mut values);
        let seen = visibility::facts(viewer, &mut values);
        let sql = format!(
            "SELECT f.rate, f.department, {SUMS} FROM case_fact f WHERE {within} AND {seen}
             GROUP BY f.rate, f.department ORDER BY f.rate, f.department"
        );
        self.db().rows(&sql, values).await?.iter().map(figure_of).collect()
    }

    /// The cases behind a figure that counts for `viewer`, newest first, with the titles of those that `reader` sees.
    pub async fn rate_cases(
        &self,
        viewer: &Viewer,
        reader: &Viewer,
        filter: &RateFilter,
        page: Page,
    ) -> Result<Listing<RateCase>, StoreError> {
        let mut values = args![filter.rate.code(), page.before()];
        let mut all = vec![self.within(filter.period, &mut values), visibility::facts(viewer, &mut values)];
        if let Some(department) = &filter.department {
            all.push(format!("f.department = {}", bind(&mut values, code(department.as_ref()))));
        }
        if let Some(holds) = filter.holds {
            all.push(format!("f.holds = {}", bind(&mut values, holds)));
        }
        let seen = visibility::cases(reader, &mut values);
        let limit = bind(&mut values, page.size() + 1);
        let sql = format!(
            "SELECT c.id, c.number, CASE WHEN {seen} THEN c.body END AS body, b.* FROM
             (SELECT f.case_id, max(f.at) AS at, {SUMS} FROM case_fact f
              WHERE f.rate = $1 AND f.case_id < $2 AND {} GROUP BY f.case_id ORDER BY f.case_id DESC LIMIT {limit}) b
             JOIN case_file c ON c.id = b.case_id ORDER BY c.id DESC",
            all.join(" AND ")
        );
        let rows = self.db().rows(&sql, values).await?;
        let rows = rows.iter().map(rate_case_of).collect::<Result<Vec<_>, _>>()?;
        Ok(Listing::of(rows, page, |row| row.case.0))
    }

    /// By which ways cases came to the departments in a period, and how many they sent back.
    pub async fn sent_counts(&self, viewer: &Viewer, period: Period) -> Result<Vec<SentCount>, StoreError> {
        let mut values = args![Rate::SentBack.code()];
        let within = self.within(period, &mut values);
        let seen = visibility::facts(viewer, &mut values);
        let sql = format!(
            "SELECT f.department, f.way, count(*) AS sent, count(CASE WHEN f.holds THEN 1 END) AS back FROM case_fact f
             WHERE f.rate = $1 AND f.way IS NOT NULL AND {within} AND {seen} GROUP BY f.department, f.way"
        );
        let row = |row: &Row| {
            Ok(SentCount {
                department: DepartmentCode::from(row.text("department")?),
                way: row.code("way")?,
                sent: row.int("sent")?,
                back: row.int("back")?,
            })
        };
        self.db().rows(&sql, values).await?.iter().map(row).collect()
    }

    /// The part of a period that lies behind us. What falls due at this very moment is due.
    fn within(&self, period: Period, values: &mut Vec<Arg>) -> String {
        let now = self.now().as_millisecond() + 1;
        let from = bind(values, period.from);
        let to = bind(values, period.to.as_millisecond().min(now));
        format!("f.at >= {from} AND f.at < {to}")
    }

    /// By which definitions the facts of stored cases were drawn, and how far; `None` before the first time.
    pub async fn facts_drawn_by(&self) -> Result<Option<String>, StoreError> {
        let row = self.db().row("SELECT value FROM setting WHERE name = 'facts_drawn_by'", vec![]).await?;
        row.map(|row| row.text("value")).transpose()
    }

    /// Notes by which definitions the facts of stored cases were drawn, and how far.
    pub async fn note_facts_drawn_by(&self, state: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO setting (name, value) VALUES ('facts_drawn_by', $1)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        tx.run(sql, args![state]).await?;
        tx.commit().await
    }

    /// Writes the facts of stored cases anew, each as it was read; whoever was changed since wrote its own.
    pub async fn redraw_facts(&self, drawn: &[(Case, Vec<CaseFact>)]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for (case, facts) in drawn {
            let sql =
                "UPDATE case_file SET version = version WHERE id = $1 AND version = $2 AND confidential = $3";
            if tx.run(sql, args![case.id.0, case.version, case.confidential]).await? == 1 {
                write_facts(&mut tx, case, facts).await?;
            }
        }
        tx.commit().await
    }

    /// All facts of a case, in order.
    pub async fn case_facts(&self, case: CaseId) -> Result<Vec<CaseFact>, StoreError> {
        let sql = "SELECT rate, seq, department, at, holds, way, waited_ms, extended_days FROM case_fact
                   WHERE case_id = $1 ORDER BY rate, seq";
        self.db().rows(sql, args![case.0]).await?.iter().map(fact_of).collect()
    }
}

/// Puts these facts of a case in the place of those that it had.
pub(super) async fn write_facts(tx: &mut Tx, case: &Case, facts: &[CaseFact]) -> Result<(), StoreError> {
    tx.run("DELETE FROM case_fact WHERE case_id = $1", args![case.id.0]).await?;
    insert_facts(tx, facts.iter().map(|fact| (case, fact))).await
}

/// Writes facts of cases that have none.
pub(super) async fn insert_facts<'f>(
    tx: &mut Tx,
    facts: impl IntoIterator<Item = (&'f Case, &'f CaseFact)>,
) -> Result<(), StoreError> {
    let columns = [
        "case_id",
        "rate",
        "seq",
        "department",
        "at",
        "holds",
        "way",
        "waited_ms",
        "extended_days",
        "confidential",
    ];
    let row = |(case, fact): (&Case, &CaseFact)| {
        args![
            case.id.0,
            fact.rate.code(),
            i64::from(fact.seq),
            code(fact.department.as_ref()),
            fact.at,
            fact.holds,
            fact.way.map(SentWay::code),
            i64::try_from(fact.waited.as_millis()).unwrap_or(i64::MAX),
            i64::from(fact.extended_days),
            case.confidential
        ]
    };
    tx.insert("case_fact", &columns, facts.into_iter().map(row).collect(), "").await?;
    Ok(())
}

/// The duty desk is no department.
fn code(department: Option<&DepartmentCode>) -> &str {
    department.map_or("", DepartmentCode::as_str)
}

pub(super) fn department_of(row: &Row) -> Result<Option<DepartmentCode>, StoreError> {
    let code = row.text("department")?;
    Ok((!code.is_empty()).then(|| DepartmentCode::from(code)))
}

pub(super) fn count_of(row: &Row) -> Result<RateCount, StoreError> {
    Ok(RateCount {
        numerator: row.int("numerator")?,
        denominator: row.int("denominator")?,
        waited: row.int("waited")?,
        waited_ms: row.int("waited_ms")?,
        extended: row.int("extended")?,
        extended_days: row.int("extended_days")?,
    })
}

pub(super) fn figure_of(row: &Row) -> Result<RateFigure, StoreError> {
    Ok(RateFigure { rate: row.code("rate")?, department: department_of(row)?, count: count_of(row)? })
}

fn rate_case_of(row: &Row) -> Result<RateCase, StoreError> {
    let title = match row.opt_text("body")? {
        Some(_) => Some(row.json::<Case>("body")?.title),
        None => None,
    };
    let (case, number) = (CaseId(row.int("id")?), row.text("number")?);
    Ok(RateCase { case, number, title, at: row.time("at")?, count: count_of(row)? })
}

fn fact_of(row: &Row) -> Result<CaseFact, StoreError> {
    let number = |column| {
        u32::try_from(row.int(column)?).map_err(|e| StoreError::Bad(format!("column {column}: {e}")))
    };
    Ok(CaseFact {
        rate: row.code("rate")?,
        seq: number("seq")?,
        department: department_of(row)?,
        at: row.time("at")?,
        holds: row.flag("holds")?,
        way: row.opt_text("way")?.map(|_| row.code("way")).transpose()?,
        waited: SignedDuration::from_millis(row.int("waited_ms")?),
        extended_days: number("extended_days")?,
    })
}
