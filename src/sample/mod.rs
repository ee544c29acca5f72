//! `qingting sample`: a made-up county's year at any size, with everything that is wrong with real sources, the truth about
//! each record, and the exact counts that an import must come to.
//!
//! Same number of items, seed and last day: same bytes. Texts and habits are data under `data/demo` and `data/sample`;
//! files are written as they are made, so that memory holds the plan and one feed.

mod book;
mod columns;
mod course;
mod expected;
mod feed_file;
mod feeds;
mod incidents;
mod pass;
mod senders;
mod sheet_file;
mod sheets;
mod telling;
mod truth;
mod words;
mod year;

use std::collections::HashSet;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufWriter, Write};
use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use jiff::civil::Date;
use qingting_models::county::County;
use serde::Serialize;

use book::Book;
use expected::{Counts, Tally};
use pass::Shown;
use senders::{Form, SENDERS, Sender, SheetForm};
use truth::{Line, Seen};
use year::{DAYS, Year};

/// Fewest and most records.
pub const ITEMS: RangeInclusive<u64> = 100..=5_000_000;
/// The last days that a sample may end with.
const YEARS: RangeInclusive<i16> = 2001..=2100;
const README: &str = include_str!("../../data/sample/README.txt");

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Distinct records, within [`ITEMS`].
    pub items: u64,
    pub seed: u64,
    /// The last day of the year that is made up.
    pub until: Date,
}

/// `counts.json`: what was made and what an import of it must count.
#[derive(Debug, Serialize)]
pub struct Made {
    items: u64,
    seed: u64,
    from: Date,
    until: Date,
    incidents: usize,
    /// Bodies that differ from one another among the records' last versions, and their share.
    distinct_bodies: u64,
    distinct_share: f64,
    sources: Vec<MadeSource>,
    first: Counts,
    second: Counts,
}

#[derive(Debug, Serialize)]
struct MadeSource {
    name: &'static str,
    kind: &'static str,
    channel: &'static str,
    mode: &'static str,
    /// In the order of import.
    files: Vec<MadeFile>,
    first: Counts,
    second: Counts,
}

#[derive(Debug, Serialize)]
struct MadeFile {
    /// Below the sample's folder.
    file: String,
    #[serde(flatten)]
    tally: Tally,
}

impl Made {
    /// For people: how many of what.
    pub fn summary(&self) -> String {
        let files: usize = self.sources.iter().map(|source| source.files.len()).sum();
        format!(
            "{} records of {} incidents and ordinary days from {} to {} in {files} files of {} sources; {:.1} % of the \
             texts are distinct; an import must count read {}, new {}, updated {}, unchanged {}, quarantined {}",
            self.items,
            self.incidents,
            self.from,
            self.until,
            self.sources.len(),
            self.distinct_share * 100.0,
            self.first.read,
            self.first.new,
            self.first.updated,
            self.first.unchanged,
            self.first.quarantined
        )
    }
}

/// Writes a sample into a folder that is not there or empty; `progress` is told after each record how many there are.
///
/// # Errors
/// When the order is out of range, the folder holds something, or a file cannot be written.
pub fn make(order: Order, dir: &Path, progress: &dyn Fn(u64)) -> Result<Made> {
    ensure!(
        ITEMS.contains(&order.items),
        "a sample of {} items is not possible: from {} to {} are allowed",
        order.items,
        ITEMS.start(),
        ITEMS.end()
    );
    ensure!(
        YEARS.contains(&order.until.year()),
        "a sample until {} is not possible: days from {} to {} are allowed",
        order.until,
        YEARS.start(),
        YEARS.end()
    );
    empty_folder(dir)?;
    let county = County::embedded()?;
    let year = Year::ending(order.until, order.items, &county.calendar)?;
    let book = Book::plan(order.items, order.seed, year, county)?;
    let truth = dir.join("truth.jsonl");
    let out = File::create(&truth).with_context(|| format!("{} cannot be made", truth.display()))?;
    let mut maker = Maker {
        book: &book,
        dir,
        truth: BufWriter::with_capacity(1 << 17, out),
        bodies: HashSet::new(),
        records: 0,
        progress,
    };
    let mut sources = Vec::new();
    let mut all = Tally::default();
    for (sender, who) in SENDERS.iter().enumerate() {
        let source = maker.source(sender, who)?;
        all += Tally { first: source.first, second: source.second };
        sources.push(source);
    }
    maker.truth.flush()?;
    ensure!(maker.records == order.items, "{} records were made of {}", maker.records, order.items);
    let distinct_bodies = maker.bodies.len() as u64;
    let made = Made {
        items: order.items,
        seed: order.seed,
        from: book.year.day(0)?.date,
        until: book.year.day(DAYS - 1)?.date,
        incidents: book.incidents.happened.len(),
        distinct_bodies,
        distinct_share: distinct_bodies as f64 / order.items as f64,
        sources,
        first: all.first,
        second: all.second,
    };
    write_text(&dir.join("counts.json"), &(serde_json::to_string_pretty(&made)? + "\n"))?;
    write_text(&dir.join("README.txt"), README)?;
    Ok(made)
}

fn empty_folder(dir: &Path) -> Result<()> {
    match fs::read_dir(dir) {
        Ok(mut entries) => {
            ensure!(entries.next().is_none(), "{} is not empty; name a new folder", dir.display());
            Ok(())
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => make_folder(dir),
        Err(e) => Err(e).with_context(|| format!("{} cannot be used as a folder", dir.display())),
    }
}

fn make_folder(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))
}

fn write_text(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

struct Maker<'m> {
    book: &'m Book,
    dir: &'m Path,
    truth: BufWriter<File>,
    /// Digests of the bodies.
    bodies: HashSet<u64>,
    records: u64,
    progress: &'m dyn Fn(u64),
}

impl Maker<'_> {
    fn source(&mut self, sender: usize, who: &'static Sender) -> Result<MadeSource> {
        let names = (0..self.book.year.periods())
            .map(|period| file_name(self.book, who, period))
            .collect::<Result<Vec<String>>>()?;
        if let Some(parent) = names.first().and_then(|name| self.dir.join(name).parent().map(Path::to_owned))
        {
            make_folder(&parent)?;
        }
        let mut files = Vec::new();
        let mut all = Tally::default();
        for (period, name) in names.iter().enumerate() {
            let path = self.dir.join(name);
            let book = self.book;
            let mut tell = |shown: &Shown| {
                let listed = names.get(period..).unwrap_or_default();
                self.tell(who, shown, listed)
            };
            let tally = match who.form {
                Form::Sheet { .. } => sheets::write(book, sender, period, &path, &mut tell)?,
                Form::Feed(_) => feeds::write(book, sender, period, &path, &mut tell)?,
            };
            all += tally;
            files.push(MadeFile { file: name.clone(), tally });
        }
        let kind = if who.columns().is_some() { "sheet" } else { "feed" };
        let (channel, mode) = (who.channel.code(), who.mode.code());
        Ok(MadeSource { name: who.name, kind, channel, mode, files, first: all.first, second: all.second })
    }

    /// Writes the truth about a record; `files` begins with the one that shows it first.
    fn tell(&mut self, who: &Sender, shown: &Shown, files: &[String]) -> Result<()> {
        let last = shown.last();
        let (title, body) = course::words_in(self.book, who, &shown.record, last)?;
        let answer = course::answer(self.book, &shown.record, &shown.course, last)?;
        let listed = if shown.next.is_some() { 2 } else { 1 };
        let seen = Seen {
            files: files.iter().take(listed).cloned().collect(),
            versions: if last == shown.state { 1 } else { 2 },
            title: &title,
            body: &body,
            finished: last.finished,
            answer: answer.as_ref(),
            appearances: feeds::elsewhere(who, &shown.record, &shown.course),
        };
        let line = Line::of(self.book, who, &shown.record, seen)?;
        let mut hasher = DefaultHasher::new();
        line.body().hash(&mut hasher);
        self.bodies.insert(hasher.finish());
        serde_json::to_writer(&mut self.truth, &line)?;
        self.truth.write_all(b"\n")?;
        self.records += 1;
        (self.progress)(self.records);
        Ok(())
    }
}

/// `sheets/12345/2026-10-31.csv`: the day is the last one of the period.
fn file_name(book: &Book, who: &Sender, period: usize) -> Result<String> {
    let last = book.year.day(book.year.period(period).end - 1)?.date;
    Ok(match who.form {
        Form::Sheet { form: SheetForm::Xlsx, .. } => format!("sheets/{}/{last}.xlsx", who.code),
        Form::Sheet { .. } => format!("sheets/{}/{last}.csv", who.code),
        Form::Feed(_) => format!("feeds/{}/{last}.xml", who.code),
    })
}

#[cfg(test)]
mod tests;
