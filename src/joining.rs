//! The joining stage: items that were judged come to their incident, in the order in which they arrived.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Result, bail};
use qingting_classify::incidents::{FACE, Member, Newcomer, Shelf, Signature};
use qingting_classify::{Classifier, Input};
use qingting_models::ids::IncidentId;
use qingting_models::store::{JoinBatch, JoinTask, Joining, NewMembership, Redirects, Store};

/// Open and confidential items are told apart by this bit of their terms, so that neither finds the other.
const CONFIDENTIAL: i64 = 1 << 32;
/// So many terms and faces are kept from one batch to the next: some tens of megabytes.
const KEPT: usize = 24_000;

/// Decides on batches, and keeps what it read of the index while nobody else changes it.
#[derive(Debug, Default)]
pub struct Joiner {
    /// As of which count of changes the shelves are, and the shelves.
    known: Option<(i64, Shelves)>,
}

impl Joiner {
    /// Decides on a batch, one item after the other. Nothing is written; if the outcome is not written either, say so by
    /// [`Joiner::forget`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn decide(
        &mut self,
        store: &Store,
        classifier: &Classifier,
        batch: &JoinBatch,
    ) -> Result<Joining> {
        let mut shelves = match (&batch.redirects, self.known.take()) {
            (None, Some((changes, shelves))) if changes == batch.changes => shelves,
            (Some(redirects), _) => Shelves::new(redirects),
            (None, _) => bail!("the batch comes without the redirects that this worker lacks"),
        };
        let mut joining = Joining::default();
        let mut waiting = Vec::with_capacity(batch.tasks.len());
        for task in &batch.tasks {
            match read(classifier, task) {
                Some((member, fresh)) => {
                    if fresh {
                        joining.signatures.push((task.item, member.signature.to_bytes()));
                    }
                    waiting.push((task, Newcomer::from(member)));
                }
                None => joining.unread.push(task.item),
            }
        }
        shelves.prepare(store, &waiting).await?;
        let mut changed = BTreeSet::new();
        for (task, item) in waiting {
            let terms = shelves.place(store, task, item, &mut joining).await?;
            changed.extend(terms.into_iter().map(|hash| key(task, hash)));
        }
        joining.terms =
            changed.into_iter().map(|term| (term, shelves.of(term).term(term as u32).to_vec())).collect();
        self.known = Some((batch.changes + 1, shelves));
        Ok(joining)
    }

    /// As of which count of changes it knows the redirects. It lets go of what it did not use of late when it has read too
    /// much; redirects are few and stay.
    pub fn knows(&mut self) -> Option<i64> {
        let (changes, shelves) = self.known.as_mut()?;
        if shelves.len() >= KEPT {
            shelves.trim();
        }
        Some(*changes)
    }

    /// Forgets what it kept: the outcome that was decided last was not written.
    pub fn forget(&mut self) {
        self.known = None;
    }
}

/// The item as a member, and whether its signature had to be made. A text that breaks the judging gives none.
fn read(classifier: &Classifier, task: &JoinTask) -> Option<(Member, bool)> {
    let kept = task.signature.as_deref().and_then(|bytes| Signature::from_bytes(bytes).ok());
    let fresh = kept.is_none();
    let make = || {
        let input = Input { title: &task.title, body: &task.body, channel: task.channel };
        classifier.judge_and_sign(&input).1.told_from(task.town.as_ref())
    };
    let signature = match kept {
        Some(signature) => signature,
        None => catch_unwind(AssertUnwindSafe(make)).ok()?,
    };
    Some((Member { signature, at: task.at.as_millisecond() }, fresh))
}

/// A part of the index: one shelf for open items, one for confidential ones.
#[derive(Debug, Default)]
struct Shelves {
    open: Shelf<IncidentId>,
    confidential: Shelf<IncidentId>,
}

impl Shelves {
    fn new(redirects: &Redirects) -> Self {
        let mut shelves = Self::default();
        for shelf in [&mut shelves.open, &mut shelves.confidential] {
            redirects.merged.iter().for_each(|&(incident, into)| shelf.put_merged(incident, into));
            redirects.apart.iter().for_each(|&(one, other)| shelf.put_apart(one, other));
        }
        shelves
    }

    fn len(&self) -> usize {
        self.open.len() + self.confidential.len()
    }

    fn trim(&mut self) {
        self.open.trim();
        self.confidential.trim();
    }

    fn shelf(&mut self, confidential: bool) -> &mut Shelf<IncidentId> {
        if confidential { &mut self.confidential } else { &mut self.open }
    }

    /// The shelf of a term.
    fn of(&mut self, term: i64) -> &mut Shelf<IncidentId> {
        self.shelf(term & CONFIDENTIAL != 0)
    }

    /// Brings in what a batch can meet and is not here yet.
    async fn prepare(&mut self, store: &Store, items: &[(&JoinTask, Newcomer)]) -> Result<()> {
        let terms: BTreeSet<i64> = items.iter().flat_map(|(task, item)| keys(task, item)).collect();
        let unknown: Vec<i64> =
            terms.into_iter().filter(|term| !self.of(*term).has_term(*term as u32)).collect();
        let mut found = store.term_holders(&unknown).await?;
        for term in unknown {
            let holders = found.remove(&term).unwrap_or_default();
            self.of(term).put_term(term as u32, holders);
        }
        for confidential in [false, true] {
            let shelf = self.shelf(confidential);
            let of_shelf = items.iter().filter(|(task, _)| task.confidential == confidential);
            let met: BTreeSet<IncidentId> =
                of_shelf.flat_map(|(_, item)| shelf.missing(&shelf.candidates(item))).collect();
            self.bring(store, confidential, met.into_iter().collect()).await?;
        }
        Ok(())
    }

    /// Brings in faces from the store.
    async fn bring(&mut self, store: &Store, confidential: bool, incidents: Vec<IncidentId>) -> Result<()> {
        if incidents.is_empty() {
            return Ok(());
        }
        let mut faces = store.faces(&incidents, FACE as i64).await?;
        let shelf = self.shelf(confidential);
        for incident in incidents {
            let face = faces.remove(&incident).unwrap_or_default();
            let members = face.into_iter().filter_map(|(bytes, at)| {
                Some(Member { signature: Signature::from_bytes(&bytes).ok()?, at })
            });
            shelf.put_face(incident, members.collect());
        }
        Ok(())
    }

    /// Brings an item to its incident; which terms have other holders since.
    async fn place(
        &mut self,
        store: &Store,
        task: &JoinTask,
        item: Newcomer,
        joining: &mut Joining,
    ) -> Result<Vec<u32>> {
        if let Some((incident, confidential)) = task.member_of
            && confidential == task.confidential
        {
            let shelf = self.shelf(confidential);
            let home = shelf.home(incident);
            let terms = shelf.index(home, &item);
            // Its signature may be another than the one known of it.
            shelf.forget_face(home);
            return Ok(terms);
        }
        let joined = loop {
            let shelf = self.shelf(task.confidential);
            let candidates = shelf.candidates(&item);
            let missing = shelf.missing(&candidates);
            if missing.is_empty() {
                break shelf.join_among(candidates, item, || store.ids().next(store.now()));
            }
            self.bring(store, task.confidential, missing).await?;
        };
        joining.joined.push(NewMembership {
            item: task.item,
            incident: joined.incident,
            kinship: joined.kinship,
        });
        joining.merged.extend(joined.merged.into_iter().map(|merged| (merged, joined.incident)));
        Ok(joined.terms)
    }
}

fn keys(task: &JoinTask, item: &Newcomer) -> Vec<i64> {
    item.terms.iter().map(|term| key(task, term.hash)).collect()
}

fn key(task: &JoinTask, term: u32) -> i64 {
    i64::from(term) | if task.confidential { CONFIDENTIAL } else { 0 }
}
