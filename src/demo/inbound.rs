//! Lets the season's records come in as a county gets them: hotline and complaint sheets imported, feeds polled.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};
use qingting_ingest::http::Http;
use qingting_ingest::import::import;
use qingting_ingest::poll;
use qingting_models::clock::{from_local, local};
use qingting_models::records::{self, Actor, Mode, Source, SourceKind, SourceRun};
use qingting_models::store::{NewSource, Store};
use rust_xlsxwriter::Workbook;

use super::feed_site::{FEEDS, FeedSite};
use super::season::sheets::{COMPLAINT_HEADERS, complaint_rows, hotline_csv};
use super::season::{Channel, FeedKind, SeasonRecord};
use super::staff::habits::Draw;
use super::staff::phrases::Phrases;

pub(super) const HOTLINE: &str = "12345热线";
pub(super) const COMPLAINTS: &str = "网络问政平台";
/// A made-up platform of the province, whose cases are only watched.
pub(super) const MIRROR: &str = "省民情直通车";
/// Where the imported sheets are kept.
const SHEETS: &str = "sheets";
/// Columns that the complaint platforms have beside the letters themselves.
const STATE_HEADERS: [&str; 3] = ["办理状态", "答复内容", "答复时间"];
/// And what the platform that is only watched says of its own cases.
const CASE_HEADERS: [&str; 4] = ["承办单位", "交办时间", "办理截止时间", "满意度"];
/// Days that the platform gives.
const MIRROR_DAYS: i64 = 10;
const ACCEPTED: &str = "已受理";
const HANDLING: &str = "处理中";
const FINISHED: &str = "已办结";
/// A date that no calendar has.
const BROKEN_DATE: &str = "2026-02-31 25:61:00";

/// Adds the season's sources.
pub(super) async fn add_sources(store: &Store, site: &FeedSite) -> Result<()> {
    for (path, kind) in FEEDS {
        let url = Some(format!("{}{path}", site.base_url()));
        add(store, kind.title(), records::Channel::News, Mode::Handle, url).await?;
    }
    add(store, HOTLINE, records::Channel::Hotline, Mode::Handle, None).await?;
    add(store, COMPLAINTS, records::Channel::Complaint, Mode::Handle, None).await?;
    add(store, MIRROR, records::Channel::Complaint, Mode::Mirror, None).await
}

async fn add(
    store: &Store,
    name: &str,
    channel: records::Channel,
    mode: Mode,
    url: Option<String>,
) -> Result<()> {
    let kind = if url.is_some() { SourceKind::Feed } else { SourceKind::Sheet };
    let allow_host = url.as_ref().map(|_| "127.0.0.1".to_owned());
    let new = NewSource {
        name: name.to_owned(),
        kind,
        channel,
        mode,
        url,
        cutoff: None,
        allow_host,
        interval_s: 60,
        settings: Default::default(),
    };
    store.add_source(new, Actor::Console).await?;
    Ok(())
}

/// One row of a complaint platform's export.
struct Letter {
    record: SeasonRecord,
    state: &'static str,
    answer: Option<(String, Timestamp)>,
    /// What the platform says of a case that it runs itself.
    case: Option<PlatformCase>,
}

struct PlatformCase {
    office: String,
    given: Timestamp,
    due: Timestamp,
    satisfaction: String,
}

/// The way in for the records of one season.
pub(super) struct Inbound {
    store: Store,
    http: Http,
    site: FeedSite,
    folder: PathBuf,
    end: Timestamp,
    draw: Draw,
    phrases: Phrases,
    /// What a later sheet brings again, changed, from when on.
    again: VecDeque<(Timestamp, Again)>,
    /// Whether the one row with a broken date has been.
    broke: bool,
}

enum Again {
    Call(Box<SeasonRecord>),
    Letter(Box<Letter>),
}

impl Inbound {
    pub(super) fn new(
        store: &Store,
        http: &Http,
        site: &FeedSite,
        dir: &Path,
        end: Timestamp,
        draw: Draw,
    ) -> Result<Self> {
        let folder = dir.join(SHEETS);
        fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(Self {
            store: store.clone(),
            http: http.clone(),
            site: site.clone(),
            folder,
            end,
            draw,
            phrases: Phrases::read()?,
            again: VecDeque::new(),
            broke: false,
        })
    }

    /// Brings in records, at the store's present time, and what earlier ones have to say again.
    pub(super) async fn bring(&mut self, records: &[SeasonRecord]) -> Result<SourceRun> {
        let now = self.store.now();
        let mut calls = Vec::new();
        let (mut letters, mut mirrored) = (Vec::new(), Vec::new());
        let mut feeds: Vec<FeedKind> = Vec::new();
        for record in records {
            match record.channel {
                Channel::News { feed } => {
                    self.site.publish(record);
                    feeds.retain(|known| *known != feed);
                    feeds.push(feed);
                }
                Channel::Hotline => calls.push(record.clone()),
                Channel::Complaint if self.is_mirrored(record) => mirrored.push(self.mirrored(record, now)),
                Channel::Complaint => letters.push(self.letter(record, now)),
            }
        }
        let first_calls = calls.len();
        while let Some((_, again)) = self.again.pop_front_if(|(from, _)| *from <= now) {
            match again {
                Again::Call(record) => calls.push(*record),
                Again::Letter(letter) => mirrored.push(*letter),
            }
        }
        self.plan_again(records, now);
        let mut run = SourceRun::default();
        run = run.and(self.take_calls(&calls, first_calls, now).await?);
        run = run.and(self.take_letters(COMPLAINTS, &letters, now).await?);
        run = run.and(self.take_letters(MIRROR, &mirrored, now).await?);
        for feed in feeds {
            run = run.and(self.fetch(feed).await?);
        }
        Ok(run)
    }

    fn is_mirrored(&self, record: &SeasonRecord) -> bool {
        record.storyline.is_none() && self.draw.chance(&record.external_id, "mirror", 12)
    }

    fn letter(&self, record: &SeasonRecord, now: Timestamp) -> Letter {
        let simple = matches!(record.upstream_kind.as_str(), "咨询" | "建议") && record.storyline.is_none();
        let finished = simple && self.draw.chance(&record.external_id, "finished", 9);
        let answer = self.phrases.mirror_answers.first().cloned().unwrap_or_default();
        Letter {
            record: record.clone(),
            state: if finished { FINISHED } else { ACCEPTED },
            answer: finished.then_some((answer, now)),
            case: None,
        }
    }

    fn mirrored(&self, record: &SeasonRecord, now: Timestamp) -> Letter {
        let office = self.draw.pick(&record.external_id, "mirror office", &self.phrases.mirror_offices);
        let due = local(after(now, 24 * MIRROR_DAYS)).date().to_datetime(Time::constant(17, 0, 0, 0));
        let case = PlatformCase {
            office: office.to_owned(),
            given: now,
            due: from_local(due).unwrap_or(now),
            satisfaction: String::new(),
        };
        Letter { record: record.clone(), state: ACCEPTED, answer: None, case: Some(case) }
    }

    /// A few callers call again with more to say, and mirrored letters are answered some days later.
    fn plan_again(&mut self, records: &[SeasonRecord], now: Timestamp) {
        for record in records {
            let id = &record.external_id;
            let complaint = matches!(record.upstream_kind.as_str(), "投诉" | "求助");
            if record.channel == Channel::Hotline && complaint && self.draw.chance(id, "supplement", 4) {
                let more = self.draw.pick(id, "supplement", &self.phrases.supplements);
                let body = format!("{}{more}", record.body);
                let hours = self.draw.between(id, "supplement hours", 18, 60);
                let changed = SeasonRecord { body, ..record.clone() };
                self.again.push_back((after(now, hours), Again::Call(Box::new(changed))));
            }
            if record.channel == Channel::Complaint && self.is_mirrored(record) {
                let at = after(now, self.draw.between(id, "answered", 40, 400));
                let answer = self.draw.pick(id, "answer", &self.phrases.mirror_answers).to_owned();
                let letter = self.mirrored(record, now);
                // Some are taken up and not answered for weeks.
                let letter = match self.draw.chance(id, "stays open", 15) {
                    true => Letter { state: HANDLING, ..letter },
                    false => {
                        let said = self.draw.pick(id, "satisfied", &self.phrases.mirror_satisfaction);
                        let said_of = |case| PlatformCase { satisfaction: said.to_owned(), ..case };
                        let case = letter.case.map(said_of);
                        Letter { state: FINISHED, answer: Some((answer, at)), case, ..letter }
                    }
                };
                self.again.push_back((at, Again::Letter(Box::new(letter))));
            }
        }
        self.again.make_contiguous().sort_by_key(|(from, _)| *from);
    }

    async fn take_calls(
        &mut self,
        calls: &[SeasonRecord],
        first: usize,
        now: Timestamp,
    ) -> Result<SourceRun> {
        if calls.is_empty() {
            return Ok(SourceRun::default());
        }
        let mut csv = hotline_csv(calls, self.end);
        // One row of the season has a date that is none; the next sheet brings it right.
        if !self.broke && first > 1 && self.is_half_way(now) {
            let record = &calls[first - 1];
            self.broke = true;
            let time = csv.find(&record.external_id).map(|at| at + record.external_id.len() + 1);
            if let Some(time) = time {
                csv.replace_range(time..time + BROKEN_DATE.len(), BROKEN_DATE);
            }
            self.again.push_front((now, Again::Call(Box::new(record.clone()))));
        }
        let path = self.folder.join(format!("{HOTLINE}-{}.csv", stamp(now)));
        fs::write(&path, csv).with_context(|| format!("{} cannot be written", path.display()))?;
        self.take(HOTLINE, &path).await
    }

    fn is_half_way(&self, now: Timestamp) -> bool {
        self.end.duration_since(now) < SignedDuration::from_hours(42 * 24)
    }

    async fn take_letters(&self, source: &str, letters: &[Letter], now: Timestamp) -> Result<SourceRun> {
        if letters.is_empty() {
            return Ok(SourceRun::default());
        }
        let path = self.folder.join(format!("{source}-{}.xlsx", stamp(now)));
        write_letters(letters, self.end, &path)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        self.take(source, &path).await
    }

    async fn take(&self, source: &str, path: &Path) -> Result<SourceRun> {
        let source = self.source(source).await?;
        Ok(import(&self.store, &source, path, None, &|_| {}).await?)
    }

    async fn fetch(&self, feed: FeedKind) -> Result<SourceRun> {
        let source = self.source(feed.title()).await?;
        Ok(poll::poll(&self.store, &self.http, &source).await?)
    }

    async fn source(&self, name: &str) -> Result<Source> {
        self.store
            .source_named(name)
            .await?
            .with_context(|| format!("the demo's source {name} is not there any more"))
    }
}

fn write_letters(letters: &[Letter], end: Timestamp, path: &Path) -> Result<()> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let of_case = if letters.iter().any(|letter| letter.case.is_some()) { &CASE_HEADERS[..] } else { &[] };
    for (column, header) in (0..).zip(COMPLAINT_HEADERS.iter().chain(&STATE_HEADERS).chain(of_case)) {
        sheet.write_string(0, column, *header)?;
    }
    for (row, letter) in (1..).zip(letters) {
        let cells = complaint_rows(std::slice::from_ref(&letter.record), end).concat();
        for (column, cell) in (0..).zip(&cells) {
            sheet.write_string(row, column, cell)?;
        }
        let first = u16::try_from(COMPLAINT_HEADERS.len()).unwrap_or(u16::MAX);
        sheet.write_string(row, first, letter.state)?;
        if let Some((answer, at)) = &letter.answer {
            sheet.write_string(row, first + 1, answer)?;
            sheet.write_string(row, first + 2, written(*at))?;
        }
        if let Some(case) = &letter.case {
            let cells =
                [case.office.clone(), written(case.given), written(case.due), case.satisfaction.clone()];
            for (column, cell) in (first + 3..).zip(&cells) {
                sheet.write_string(row, column, cell)?;
            }
        }
    }
    book.save(path)?;
    Ok(())
}

fn written(at: Timestamp) -> String {
    local(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn stamp(at: Timestamp) -> String {
    local(at).strftime("%Y%m%d-%H%M%S").to_string()
}

fn after(now: Timestamp, hours: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(now)
}

/// Writes letters that just came in.
pub(super) fn write_plain_letters(records: &[SeasonRecord], end: Timestamp, path: &Path) -> Result<()> {
    let letters: Vec<Letter> = records
        .iter()
        .map(|record| Letter { record: record.clone(), state: ACCEPTED, answer: None, case: None })
        .collect();
    write_letters(&letters, end, path).with_context(|| format!("{} cannot be written", path.display()))
}
