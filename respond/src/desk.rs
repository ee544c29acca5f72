//! The desk: loads what a decision needs, decides, and saves it; routes what was judged; watches the clocks.

mod recount;
mod together;
mod undo;
mod watch;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use qingting_models::clock::{local_date, minute_text};
use qingting_models::county::{County, DepartmentCode};
use qingting_models::ids::{CaseId, ItemId, SourceId};
use qingting_models::records::{Actor, Case, CaseChange, CaseFile, CaseOrigin, Item, Mode, Source, Viewer};
use qingting_models::store::{CaseFilter, Page, Store, StoreError};

use crate::acting::ActingUser;
use crate::action::Action;
use crate::calendar::WorkCalendar;
use crate::case_change::applied;
use crate::decide::{Context, decide, merge, open_case, split};
use crate::refusal::Refusal;
use crate::routing::{Route, may_assign_itself, may_be_taken_in, route};
use together::Taken;

pub use recount::RulesTrial;
pub use together::{Gathered, Refused};
pub use undo::Undone;
pub use watch::Watched;

/// Why an action took no effect. The texts are for the one who tried.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    #[error("没有这条记录，或您无权查看")]
    NotFound,
    #[error("该工单已被 {by} 于 {} 更改，请查看最新情况后再操作", minute_text(*at))]
    Changed { by: String, at: Timestamp },
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("保存失败，请稍后再试")]
    Store(#[source] StoreError),
}

impl From<StoreError> for ActError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { by, at } => Self::Changed { by, at },
            StoreError::NotFound(_) => Self::NotFound,
            other => Self::Store(other),
        }
    }
}

/// What one round of routing did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Routed {
    /// Items taken off the queue; none means that there is no work.
    pub taken: usize,
    /// Cases opened by rule.
    pub opened: usize,
}

/// The store with the county's rules; cheap to clone.
#[derive(Clone)]
pub struct Desk {
    store: Store,
    county: Arc<County>,
    calendar: Arc<WorkCalendar>,
}

impl Desk {
    pub fn new(store: Store, county: Arc<County>) -> Self {
        let calendar = Arc::new(WorkCalendar::of_county(&county));
        Self { store, county, calendar }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub fn county(&self) -> &County {
        &self.county
    }

    pub fn calendar(&self) -> &WorkCalendar {
        &self.calendar
    }

    fn ctx(&self) -> Context<'_> {
        Context {
            now: self.store.now(),
            ids: self.store.ids(),
            county: &self.county,
            calendar: &self.calendar,
        }
    }

    async fn load(&self, viewer: &Viewer, case: CaseId) -> Result<CaseFile, ActError> {
        self.store.case_file(viewer, case).await?.ok_or(ActError::NotFound)
    }

    /// The case as the user saw it.
    async fn load_seen(&self, viewer: &Viewer, case: CaseId, seen: i64) -> Result<CaseFile, ActError> {
        let file = self.load(viewer, case).await?;
        if file.case.version == seen {
            return Ok(file);
        }
        let by = self.name_of(file.case.changed_by).await?;
        Err(ActError::Changed { by, at: file.case.changed_at })
    }

    pub(crate) async fn name_of(&self, actor: Actor) -> Result<String, StoreError> {
        Ok(match actor {
            Actor::System => "系统".into(),
            Actor::Console => "命令行".into(),
            Actor::User(id) => self.store.user(id).await?.map_or_else(|| id.to_string(), |user| user.name),
        })
    }

    /// Does an action on a case that the user saw at version `seen`, and gives the case after it.
    ///
    /// # Errors
    /// [`ActError`]; the case is as it was.
    pub async fn act(
        &self,
        viewer: &Viewer,
        who: &ActingUser,
        case: CaseId,
        seen: i64,
        action: &Action,
    ) -> Result<CaseFile, ActError> {
        let file = self.load_seen(viewer, case, seen).await?;
        let change = decide(&file, action, who, &self.ctx())?;
        if let Action::Submit { public_text: Some(public), .. } = action {
            let stands = public.stands_because.as_ref().is_some_and(|why| !why.trim().is_empty());
            if let (false, Some(refusal)) = (stands, self.refuse_leaks(viewer, &file, &public.text).await?) {
                return Err(refusal.into());
            }
        }
        let after = applied(&file, &change);
        self.store.save_case(seen, change).await?;
        Ok(after)
    }

    /// Opens a case for an item by hand. `reason` may be empty.
    ///
    /// # Errors
    /// [`ActError`]; no case was opened.
    pub async fn assign_item(
        &self,
        viewer: &Viewer,
        who: &ActingUser,
        item: ItemId,
        department: &DepartmentCode,
        reason: &str,
    ) -> Result<Case, ActError> {
        let item = self.store.item(viewer, item).await?.ok_or(ActError::NotFound)?;
        if self.store.mirrored(&Viewer::SYSTEM, item.id).await?.is_some() {
            return Err(Refusal::Mirrored.into());
        }
        let change = open_case(&item, department, reason, who, &self.ctx())?;
        Ok(self.store.open_case(change).await?)
    }

    /// Merges a case, seen at version `seen`, into another; gives the case that goes on.
    ///
    /// # Errors
    /// [`ActError`]; both cases are as they were.
    pub async fn merge(
        &self,
        viewer: &Viewer,
        who: &ActingUser,
        case: CaseId,
        seen: i64,
        into: CaseId,
        reason: &str,
    ) -> Result<CaseFile, ActError> {
        let file = self.load_seen(viewer, case, seen).await?;
        let target = self.load(viewer, into).await?;
        let joined = merge(&file, &target, reason, who, &self.ctx())?;
        let after = applied(&target, &joined.target);
        let changes = vec![(target.case.version, joined.target), (seen, joined.merged)];
        self.store.save_cases(changes).await?;
        Ok(after)
    }

    /// Splits a new case for `department` off a case seen at version `seen`; gives the new case's id.
    ///
    /// # Errors
    /// [`ActError`]; nothing was split.
    pub async fn split(
        &self,
        viewer: &Viewer,
        who: &ActingUser,
        case: CaseId,
        seen: i64,
        department: &DepartmentCode,
        reason: &str,
    ) -> Result<CaseId, ActError> {
        let file = self.load_seen(viewer, case, seen).await?;
        let parts = split(&file, department, reason, who, &self.ctx())?;
        let new = parts.new.case.id;
        self.store.save_cases(vec![(seen, parts.kept), (0, parts.new)]).await?;
        Ok(new)
    }

    /// Where an item should go, for the one who assigns it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn propose(&self, viewer: &Viewer, item: &Item) -> Result<Route, StoreError> {
        let judgements = self.store.judgements(viewer, item.id).await?;
        let offices = judgements.iter().find(|j| !j.offices.is_empty()).map(|j| j.offices.as_slice());
        let mut route = route(item, offices.unwrap_or_default(), &self.county, local_date(self.store.now()));
        if route.by_rule.is_none() {
            self.learned(viewer, item, &mut route).await?;
        }
        let chosen = judgements.iter().find_map(|j| j.department.clone());
        if let Some(chosen) = chosen {
            route.proposal.retain(|(code, _)| *code != chosen);
            route.proposal.insert(0, (chosen, "研判时由人工选定".into()));
        }
        Ok(route)
    }

    /// Takes up to `batch` judged items off the routing queue, opens cases for those that a rule assigns, and
    /// brings cases up to date whose item came in a newer sheet. Safe to be killed anywhere.
    ///
    /// # Errors
    /// When the store fails; what was not finished comes back when its lease ends.
    pub async fn route_next(&self, worker: &str, batch: i64) -> Result<Routed, StoreError> {
        let items = self.store.claim_routing(worker, batch, LEASE).await?;
        let ids: Vec<ItemId> = items.iter().map(|item| item.id).collect();
        let taking = self.store.taking_cases(&ids).await?;
        let mut routed = Vec::with_capacity(items.len());
        let mut sources: HashMap<SourceId, Option<Source>> = HashMap::new();
        for item in &items {
            let source = match sources.entry(item.source) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(self.store.source(item.source).await?),
            };
            let Some(source) = source.as_ref() else {
                routed.push((item.id, None));
                continue;
            };
            if let Some(case) = item.case {
                self.follow_sender(item, source, case).await?;
                routed.push((item.id, None));
                continue;
            }
            self.follow_mirrored(item, source).await?;
            match taking.get(&item.id).filter(|_| may_be_taken_in(item, source)) {
                Some(case) => match self.take_in_by_rule(*case, item).await? {
                    Taken::In => routed.push((item.id, None)),
                    Taken::Refused => routed.push((item.id, self.by_rule(item, source))),
                    // Someone acts on the case at this moment; the item comes again when its lease ends.
                    Taken::Later => {}
                },
                None => routed.push((item.id, self.by_rule(item, source))),
            }
        }
        let taken = items.len();
        Ok(Routed { taken, opened: self.finish(worker, routed).await? })
    }

    /// The case that a rule opens for the item, if one does.
    fn by_rule(&self, item: &Item, source: &Source) -> Option<CaseChange> {
        let route = route(item, &[], &self.county, local_date(self.store.now()));
        match may_assign_itself(item, source, &route) {
            Ok((department, reason)) => {
                let opened = open_case(item, department, reason, &ActingUser::system(), &self.ctx());
                opened.inspect_err(|e| tracing::debug!(item = %item.id, "no case opened: {e}")).ok()
            }
            Err(_) => None,
        }
    }

    /// Writes the round in one transaction; should one item stand in the way, each by itself.
    async fn finish(
        &self,
        worker: &str,
        routed: Vec<(ItemId, Option<CaseChange>)>,
    ) -> Result<usize, StoreError> {
        match self.store.finish_routing(worker, routed.clone()).await {
            Err(e) if routed.len() > 1 => tracing::warn!("routing a batch item by item: {e}"),
            outcome => return outcome,
        }
        let mut opened = 0;
        for (id, change) in routed {
            match self.store.finish_routing(worker, vec![(id, change)]).await {
                Ok(count) => opened += count,
                Err(e) => {
                    tracing::error!(item = %id, "routing failed: {e}");
                    self.store.note_work_error("route", id, &e.to_string()).await?;
                }
            }
        }
        Ok(opened)
    }

    /// A newer sheet may carry another due time; where another platform runs the case, also its end. Of a case that
    /// answers many items the earliest of their due times counts, and the end of its own.
    async fn follow_sender(&self, item: &Item, source: &Source, case: CaseId) -> Result<(), StoreError> {
        let Some(file) = self.store.case_file(&Viewer::SYSTEM, case).await? else { return Ok(()) };
        let answered = self.store.case_items(&Viewer::SYSTEM, case).await?;
        let due_at = answered.iter().filter_map(|item| item.content.upstream.due_at).min();
        let own = item.id == file.case.item;
        let finished = own && item.content.upstream.finished && source.mode == Mode::Mirror;
        let seen = Action::Seen { due_at, finished };
        let Ok(change) = decide(&file, &seen, &ActingUser::system(), &self.ctx()) else { return Ok(()) };
        match self.store.save_case(file.case.version, change).await {
            // Someone acts on it at this moment; the next sheet brings it again.
            Err(StoreError::Conflict { .. }) => Ok(()),
            other => other,
        }
    }
}

/// How far back it counts where people sent matters of a topic, how many cases are looked at, and how many have to agree.
const LEARNED_DAYS: i64 = 180;
const LEARNED_CASES: i64 = 100;
const LEARNED_LEAST: usize = 3;

impl Desk {
    /// Puts first where people sent the matters of the same topic and town lately, if most went one way: assigned by
    /// hand, or reassigned after they had come back.
    async fn learned(&self, viewer: &Viewer, item: &Item, route: &mut Route) -> Result<(), StoreError> {
        let Some(topic) = &item.main_topic else { return Ok(()) };
        let filter =
            CaseFilter { topic: Some(topic.clone()), town: item.town.clone(), ..CaseFilter::default() };
        let page = Page { before: None, size: LEARNED_CASES };
        let since = self.store.now() - SignedDuration::from_hours(24 * LEARNED_DAYS);
        let cases = self.store.cases(viewer, &filter, page).await?.rows;
        let by_people = cases.iter().filter(|case| {
            let by_person = matches!(case.origin, CaseOrigin::Person { .. });
            let stands = !matches!(case.state.code(), "void" | "returned" | "merged");
            case.opened_at >= since && stands && (by_person || !case.sent_back_by.is_empty())
        });
        let mut leads: HashMap<&DepartmentCode, usize> = HashMap::new();
        by_people.for_each(|case| *leads.entry(&case.lead).or_default() += 1);
        let all: usize = leads.values().sum();
        let most = leads.into_iter().max_by_key(|(code, count)| (*count, std::cmp::Reverse(*code)));
        let there = |code: &DepartmentCode| {
            self.county.departments.on(local_date(self.store.now())).any(|d| d.code == *code)
        };
        let Some((lead, count)) =
            most.filter(|(code, count)| *count >= LEARNED_LEAST && 2 * count > all && there(code))
        else {
            return Ok(());
        };
        let place = item.town.as_ref().map_or(String::new(), |town| format!("{town}的"));
        let why = format!("近半年{place}同话题信息由人决定的 {all} 件里，{count} 件交给该单位");
        route.proposal.retain(|(code, _)| code != lead);
        route.proposal.insert(0, (lead.clone(), why));
        route.learned = true;
        Ok(())
    }
}

/// How long a worker may take for one round of routing.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
