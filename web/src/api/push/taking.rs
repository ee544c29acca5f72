//! Takes in the lines of a push: the good into the store, the bad into quarantine, and each told what became of it.

use axum::body::Bytes;
use qingting_ingest::plain;
use qingting_ingest::prepare::prepare;
use qingting_ingest::push::{BadPush, read_line};
use qingting_ingest::record::RawRecord;
use qingting_models::ids::SealedId;
use qingting_models::records::{RejectForm, RowPlace, Source, SourceRun};
use qingting_models::store::{Arrival, Fate, Reject, Store};
use serde::Serialize;

use super::super::problem::Problem;

/// Lines of one transaction.
const BATCH: usize = 500;

/// A line that is not empty.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// From 1.
    pub number: u64,
    pub bytes: Bytes,
}

/// The receipt of a push.
#[derive(Debug, Serialize)]
pub(super) struct Taken {
    receipt: SealedId,
    #[serde(flatten)]
    counts: SourceRun,
    lines: Vec<LineFate>,
}

impl Taken {
    /// Whether no line was taken.
    pub(super) fn all_bad(&self) -> bool {
        self.lines.iter().all(|line| line.error.is_some())
    }
}

/// What became of a line.
#[derive(Debug, Serialize)]
struct LineFate {
    line: u64,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// The sender's own number.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<LineError>,
}

#[derive(Debug, Serialize)]
struct LineError {
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// What is wrong and what is allowed, in Chinese.
    detail: String,
}

/// Takes in `lines`, five hundred a transaction, and notes the run with the source.
pub(super) async fn take(
    store: &Store,
    source: &Source,
    receipt: SealedId,
    lines: Vec<Line>,
) -> Result<Taken, Problem> {
    let mut taken = Taken { receipt, counts: SourceRun::default(), lines: Vec::with_capacity(lines.len()) };
    let what = format!("push {receipt}");
    let mut rest = lines.into_iter().peekable();
    while rest.peek().is_some() {
        let batch: Vec<Line> = rest.by_ref().take(BATCH).collect();
        if let Err(problem) = take_batch(store, source, &what, batch, &mut taken).await {
            let stopped = Some("the push was not finished; the sender was told to send it again");
            store.record_run(source.id, &what, taken.counts, stopped).await?;
            return Err(problem);
        }
    }
    store.record_run(source.id, &what, taken.counts, None).await?;
    Ok(taken)
}

/// A line after reading.
enum Read {
    Good(Box<Arrival>),
    /// Takes back a record, without its words.
    Withdrawal(String),
    Bad(Box<BadPush>),
}

fn read(line: &Line) -> Read {
    match read_line(&line.bytes) {
        Ok(RawRecord { withdrawn: true, external_id: Some(id), title, body, .. })
            if title.is_empty() && body.is_empty() =>
        {
            Read::Withdrawal(id)
        }
        Ok(record) => Read::Good(Box::new(prepare(record))),
        Err(bad) => Read::Bad(bad),
    }
}

async fn take_batch(
    store: &Store,
    source: &Source,
    what: &str,
    batch: Vec<Line>,
    taken: &mut Taken,
) -> Result<(), Problem> {
    // Reading and masking keep a processor busy, so they have a thread of their own.
    let reading = tokio::task::spawn_blocking(move || {
        batch.into_iter().map(|line| (line.number, read(&line))).collect::<Vec<_>>()
    });
    let mut run = Run { store, source, ids: vec![], arrivals: vec![], rejects: vec![] };
    for (number, read) in reading.await.map_err(Problem::internal)? {
        match read {
            Read::Good(arrival) => {
                run.ids.push((number, arrival.external_id.clone()));
                run.arrivals.push(*arrival);
            }
            Read::Bad(bad) => {
                taken.lines.push(refused(number, &bad));
                run.rejects.push(reject(what, number, *bad));
            }
            Read::Withdrawal(id) => {
                // What stands before it in the body may be the record that it takes back.
                run.store(taken).await?;
                let marked = store.withdraw(source, std::slice::from_ref(&id)).await?;
                let counts =
                    SourceRun { read: 1, updated: marked, unchanged: 1 - marked, ..SourceRun::default() };
                taken.counts = taken.counts.and(counts);
                let fate = if marked == 1 { Fate::Updated } else { Fate::Unchanged };
                taken.lines.push(accepted(number, fate, Some(id)));
            }
        }
    }
    run.store(taken).await?;
    taken.lines.sort_by_key(|line| line.line);
    Ok(())
}

/// Lines that are read and wait to be stored together.
struct Run<'r> {
    store: &'r Store,
    source: &'r Source,
    ids: Vec<(u64, Option<String>)>,
    arrivals: Vec<Arrival>,
    rejects: Vec<Reject>,
}

impl Run<'_> {
    async fn store(&mut self, taken: &mut Taken) -> Result<(), Problem> {
        let (arrivals, rejects) = (std::mem::take(&mut self.arrivals), std::mem::take(&mut self.rejects));
        let stored = self.store.take_in(self.source, arrivals, rejects).await?;
        taken.counts = taken.counts.and(stored.counts);
        let fates = self.ids.drain(..).zip(stored.fates);
        taken.lines.extend(fates.map(|((number, id), fate)| accepted(number, fate, id)));
        Ok(())
    }
}

fn accepted(line: u64, fate: Fate, id: Option<String>) -> LineFate {
    let outcome = match fate {
        Fate::New => "new",
        Fate::Updated => "updated",
        Fate::Unchanged => "unchanged",
    };
    LineFate { line, status: 202, outcome: Some(outcome), id, error: None }
}

fn refused(line: u64, bad: &BadPush) -> LineFate {
    let error = LineError { field: bad.field.clone(), detail: plain::told(&bad.reason).text };
    let id = bad.original.get("id").and_then(|id| id.as_str()).map(short);
    LineFate { line, status: 422, outcome: None, id, error: Some(error) }
}

fn reject(what: &str, number: u64, bad: BadPush) -> Reject {
    let BadPush { kind, field, reason, original } = bad;
    let place = RowPlace { file: what.to_owned(), sheet: None, row: number, column: field };
    Reject { place, kind, form: RejectForm::Json, reason, original }
}

/// A number as a message shows it.
pub(super) fn short(id: &str) -> String {
    id.chars().filter(|c| !c.is_control()).take(100).collect()
}
