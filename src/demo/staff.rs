//! The demo's simulated staff. They see what their roles see and act through the desk, as people at the pages do.

mod departments;
mod duty;
mod finale;
pub(super) mod habits;
pub(super) mod phrases;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use qingting_models::clock::SetClock;
use qingting_models::county::{DepartmentCode, RouteQuery, TopicCode, Town};
use qingting_models::ids::{CaseId, ItemId};
use qingting_models::records::{Case, CaseFile, CaseState, Kind, Urgency, Viewer};
use qingting_models::store::{CaseFilter, Page, Store};
use qingting_models::text::normalise;
use qingting_respond::action::Action;
use qingting_respond::case_clocks::reply_due;
use qingting_respond::desk::Desk;

use super::people::{People, Person};
use super::season::{Season, SeasonRecord};
use habits::{Draw, Habit};
use phrases::Words;

/// Most actions on one case in one round.
const IN_A_ROW: usize = 4;
/// Seconds that an action takes, least and most.
const SECONDS: (i64, i64) = (25, 150);

/// One round of work: until when it goes on, and who is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round {
    pub until: Timestamp,
    /// A working day: departments are there. On others only the duty desk and those who are called.
    pub working: bool,
    /// Near the season's end, where not everything is done yet.
    pub late: bool,
}

/// What is known of a case beside what is written in it.
#[derive(Debug, Clone)]
struct Memory {
    record: usize,
    habit: Habit,
    contacted: bool,
    needed_work: bool,
    asked_helper: bool,
    pressed: bool,
    /// When the reply is due at the latest, as the case's clocks have it.
    reply_due: Option<Timestamp>,
    /// Nothing is done before this.
    rest_until: Option<Timestamp>,
}

/// A step of work: who does what.
enum Doing {
    Act(Box<Person>, Action),
    Merge { into: CaseId, reason: String, press: Option<String> },
    Split(DepartmentCode, String),
}

/// The staff at work on one season.
pub(super) struct Staff {
    store: Store,
    desk: Desk,
    clock: Arc<SetClock>,
    people: People,
    words: Words,
    draw: Draw,
    records: Vec<SeasonRecord>,
    by_id: HashMap<String, usize>,
    memories: HashMap<CaseId, Memory>,
    /// The first case of each storyline and of each person's matter, and later ones, oldest first.
    of_matter: BTreeMap<String, Vec<CaseId>>,
    split: BTreeSet<ItemId>,
    /// The open cases of this round.
    open: BTreeMap<CaseId, Case>,
    until: Timestamp,
    done: u64,
}

impl Staff {
    pub(super) fn new(
        store: &Store,
        desk: &Desk,
        clock: &Arc<SetClock>,
        people: People,
        season: &Season,
        draw: Draw,
    ) -> Result<Self> {
        let records = season.records.clone();
        let by_id = records.iter().enumerate().map(|(i, r)| (r.external_id.clone(), i)).collect();
        Ok(Self {
            store: store.clone(),
            desk: desk.clone(),
            clock: clock.clone(),
            people,
            words: Words::new(season.replies.clone())?,
            draw,
            records,
            by_id,
            memories: HashMap::new(),
            of_matter: BTreeMap::new(),
            split: BTreeSet::new(),
            open: BTreeMap::new(),
            until: Timestamp::MAX,
            done: 0,
        })
    }

    /// The people at work.
    pub(super) fn people(&self) -> &People {
        &self.people
    }

    /// One round: the desks go through what waits, then everybody through their cases.
    ///
    /// # Errors
    /// When the store fails, and when the desk refuses what the staff held to be allowed.
    pub(super) async fn work(&mut self, round: Round) -> Result<()> {
        self.until = round.until;
        self.look_at_alerts(round).await?;
        self.triage(round).await?;
        self.look_up().await?;
        let ids: Vec<CaseId> = self.open.keys().copied().collect();
        for id in ids {
            self.work_on(id, round).await?;
        }
        Ok(())
    }

    async fn work_on(&mut self, id: CaseId, round: Round) -> Result<()> {
        for _ in 0..IN_A_ROW {
            let Some(case) = self.open.get(&id).cloned() else { return Ok(()) };
            let urgent = self.is_urgent(&case)?;
            let doing = match self.at_the_desk(&case, round)? {
                Some(doing) => Some(doing),
                None if round.working || urgent => self.at_the_department(&case, round)?,
                None => None,
            };
            match doing {
                Some(doing) => self.carry_out(&case, doing).await?,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    async fn carry_out(&mut self, case: &Case, doing: Doing) -> Result<()> {
        let desk = self.people.desk(case.confidential).clone();
        match doing {
            Doing::Act(person, action) => self.act(case, &person, &action).await,
            Doing::Merge { into, reason, press } => {
                if let (Some(note), Some(target)) = (press, self.open.get(&into).cloned()) {
                    let press = Action::Press { level: 1, note };
                    self.act(&target, &desk, &press).await?;
                }
                self.pass_time();
                let joined = self
                    .desk
                    .merge(&desk.viewer, &desk.who, case.id, case.version, into, &reason)
                    .await
                    .with_context(|| format!("merging case {}", case.number))?;
                self.open.remove(&case.id);
                self.note(joined);
                Ok(())
            }
            Doing::Split(department, reason) => {
                self.pass_time();
                self.split.insert(case.item);
                self.desk
                    .split(&desk.viewer, &desk.who, case.id, case.version, &department, &reason)
                    .await
                    .with_context(|| format!("splitting case {}", case.number))?;
                self.look_up().await
            }
        }
    }

    async fn act(&mut self, case: &Case, person: &Person, action: &Action) -> Result<()> {
        self.pass_time();
        let file =
            self.desk.act(&person.viewer, &person.who, case.id, case.version, action).await.with_context(
                || format!("{:?} on case {} by {}", action.kind(), case.number, person.who.name),
            )?;
        self.remember(case.id, action);
        self.note(file);
        Ok(())
    }

    fn remember(&mut self, id: CaseId, action: &Action) {
        let later = self.store.now().saturating_add(SignedDuration::from_hours(4));
        let Some(memory) = self.memories.get_mut(&id) else { return };
        match action {
            Action::Contact { .. } => memory.contacted = true,
            Action::AddHelper { .. } => memory.asked_helper = true,
            Action::Press { level: 3, .. } => memory.pressed = true,
            Action::NeedsWork { .. } => {
                memory.needed_work = true;
                memory.rest_until = later.ok();
            }
            Action::Accept => memory.contacted = false,
            _ => {}
        }
    }

    fn note(&mut self, file: CaseFile) {
        if let Some(memory) = self.memories.get_mut(&file.case.id) {
            memory.reply_due = reply_due(&file.clocks).map(|clock| clock.due_at);
        }
        if file.case.state.is_open() {
            self.open.insert(file.case.id, file.case);
        } else {
            self.open.remove(&file.case.id);
        }
    }

    /// Every action takes a minute or so, as far as the round lasts.
    fn pass_time(&mut self) {
        self.done += 1;
        let (least, most) = SECONDS;
        let seconds = self.draw.between(&self.done.to_string(), "seconds", least, most);
        let now = self.store.now();
        let then = now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(now);
        self.clock.set(then.min(self.until).max(now));
    }

    /// Looks up the open cases, and remembers those that are new.
    async fn look_up(&mut self) -> Result<()> {
        let filter = CaseFilter { open_only: true, ..CaseFilter::default() };
        let mut page = Page { before: None, size: 200 };
        let mut open = BTreeMap::new();
        loop {
            let listing = self.store.cases(&Viewer::SYSTEM, &filter, page).await?;
            open.extend(listing.rows.into_iter().map(|case| (case.id, case)));
            match listing.next {
                Some(before) => page.before = Some(before),
                None => break,
            }
        }
        for case in open.values() {
            if !self.memories.contains_key(&case.id) {
                self.get_to_know(case).await?;
            }
        }
        self.open = open;
        Ok(())
    }

    async fn get_to_know(&mut self, case: &Case) -> Result<()> {
        let item = self.store.item(&Viewer::SYSTEM, case.item).await?.context("a case without its item")?;
        let index = self.index_of(&item.external_id)?;
        let file =
            self.store.case_file(&Viewer::SYSTEM, case.id).await?.context("a case without its file")?;
        let memory = Memory {
            record: index,
            habit: self.habit(case, index),
            contacted: false,
            needed_work: false,
            asked_helper: false,
            pressed: false,
            reply_due: reply_due(&file.clocks).map(|clock| clock.due_at),
            rest_until: None,
        };
        let matter = matter(&self.records[index]);
        self.of_matter.entry(matter).or_default().push(case.id);
        self.memories.insert(case.id, memory);
        Ok(())
    }

    fn habit(&self, case: &Case, index: usize) -> Habit {
        let id = format!("{}{}", self.records[index].external_id, case.reopened);
        let quick = case.kind == Kind::Consultation;
        let urgent = case.urgency == Urgency::Urgent || self.records[index].urgent;
        Habit::of(self.draw, &id, &case.lead, urgent, quick)
    }

    fn index_of(&self, external_id: &str) -> Result<usize> {
        self.by_id.get(external_id).copied().with_context(|| format!("{external_id} is not of the season"))
    }

    fn memory(&self, case: &Case) -> Result<(&Memory, &SeasonRecord)> {
        let memory = self.memories.get(&case.id).context("a case that nobody knows")?;
        Ok((memory, &self.records[memory.record]))
    }

    /// Working minutes from a time until now.
    fn worked_since(&self, at: Timestamp) -> i64 {
        self.desk.calendar().working_time_between(at, self.store.now()).as_mins()
    }

    /// Minutes from a time until now: working ones, but for urgent cases every one.
    fn passed(&self, case: &Case, at: Timestamp) -> i64 {
        match self.is_urgent(case) {
            Ok(true) => self.store.now().duration_since(at).as_mins(),
            _ => self.worked_since(at),
        }
    }

    /// By its mark, or because people can see that it is.
    fn is_urgent(&self, case: &Case) -> Result<bool> {
        Ok(case.urgency == Urgency::Urgent || self.memory(case)?.1.urgent)
    }

    /// Where the county's table sends the matter as it truly is.
    fn right_department(&self, record: &SeasonRecord) -> Option<DepartmentCode> {
        let county = self.desk.county();
        let topic = TopicCode::from(record.truth_topic.as_str());
        let town = record.town.as_deref().map(Town::from);
        let (title, body) = (normalise(&record.title).text, normalise(&record.body).text);
        let query = RouteQuery {
            topic: &topic,
            town: town.as_ref(),
            kind: Kind::from_code(&record.upstream_kind)?,
            title: &title,
            body: &body,
            on: qingting_models::clock::local_date(self.store.now()),
        };
        let route = county.routing.route(&query, &county.departments)?;
        Some(route.department.code.clone())
    }

    /// The office that a text names: by name, or that of the record's town.
    fn office_named(&self, name: &str, record: &SeasonRecord) -> Option<DepartmentCode> {
        let departments = &self.desk.county().departments;
        let town = || record.town.as_deref().map(Town::from);
        let office = departments
            .by_name(name)
            .or_else(|| departments.of_town(&town()?).filter(|_| name.contains("属地")));
        office.map(|office| office.code.clone())
    }

    fn office_name(&self, code: &DepartmentCode) -> String {
        let office = self.desk.county().departments.by_code(code);
        office.map_or_else(|| code.to_string(), |office| office.short_name.clone())
    }
}

/// What ties cases together: the storyline, else the person and the topic.
fn matter(record: &SeasonRecord) -> String {
    match (&record.storyline, &record.caller_phone) {
        (Some(storyline), _) => storyline.clone(),
        (None, Some(phone)) => format!("{phone}{}", record.truth_topic),
        (None, None) => record.external_id.clone(),
    }
}

/// Whether a case is before its reply, so that another may be merged into it.
fn takes_others(case: &Case) -> bool {
    !matches!(case.state, CaseState::Replied { .. }) && case.state.is_open()
}
