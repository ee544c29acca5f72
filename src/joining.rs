//! The joining stage: items that were judged come to their incident, in the order in which they arrived.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::Result;
use qingting_classify::incidents::{FACE, Member, Shelf, Signature, probes};
use qingting_classify::{Classifier, Input};
use qingting_models::ids::IncidentId;
use qingting_models::store::{JoinBatch, JoinTask, Joining, NewMembership, Store};

/// Open and confidential items are told apart by this bit of their terms, so that neither finds the other.
const CONFIDENTIAL: i64 = 1 << 32;

/// Decides on a batch, one item after the other. Nothing is written.
pub async fn decide(store: &Store, classifier: &Classifier, batch: &JoinBatch) -> Result<Joining> {
    let mut joining = Joining::default();
    let mut waiting = Vec::with_capacity(batch.tasks.len());
    for task in &batch.tasks {
        match read(classifier, task) {
            Some((member, fresh)) => {
                if fresh {
                    joining.signatures.push((task.item, member.signature.to_bytes()));
                }
                waiting.push((task, member));
            }
            None => joining.unread.push(task.item),
        }
    }
    let mut shelves = Shelves::open(store, batch, &waiting).await?;
    for (task, member) in waiting {
        shelves.place(task, member, &mut joining).await?;
    }
    joining.terms = shelves.changed_terms();
    Ok(joining)
}

/// The item as a member, and whether its signature had to be made. A text that breaks the judging gives none.
fn read(classifier: &Classifier, task: &JoinTask) -> Option<(Member, bool)> {
    let kept = task.signature.as_deref().and_then(|bytes| Signature::from_bytes(bytes).ok());
    let fresh = kept.is_none();
    let make = || {
        let input = Input { title: &task.title, body: &task.body, channel: task.channel };
        classifier.judge_and_sign(&input).1
    };
    let signature = match kept {
        Some(signature) => signature,
        None => catch_unwind(AssertUnwindSafe(make)).ok()?,
    };
    Some((Member { signature, at: task.at.as_millisecond() }, fresh))
}

/// The part of the index that a batch can meet: one shelf for open items, one for confidential ones.
struct Shelves<'s> {
    store: &'s Store,
    open: Shelf<IncidentId>,
    confidential: Shelf<IncidentId>,
    changed: BTreeSet<i64>,
}

impl<'s> Shelves<'s> {
    async fn open(store: &'s Store, batch: &JoinBatch, items: &[(&JoinTask, Member)]) -> Result<Self> {
        let mut shelves =
            Self { store, open: Shelf::default(), confidential: Shelf::default(), changed: BTreeSet::new() };
        for shelf in [&mut shelves.open, &mut shelves.confidential] {
            batch.merged.iter().for_each(|&(incident, into)| shelf.put_merged(incident, into));
            batch.apart.iter().for_each(|&(one, other)| shelf.put_apart(one, other));
        }
        let terms: BTreeSet<i64> = items.iter().flat_map(|(task, member)| keys(task, member)).collect();
        let terms: Vec<i64> = terms.into_iter().collect();
        for (term, holders) in store.term_holders(&terms).await? {
            shelves.shelf(term & CONFIDENTIAL != 0).put_term(term as u32, holders);
        }
        for confidential in [false, true] {
            let shelf = shelves.shelf(confidential);
            let of_shelf = items.iter().filter(|(task, _)| task.confidential == confidential);
            let met: BTreeSet<IncidentId> = of_shelf.flat_map(|(_, member)| shelf.missing(member)).collect();
            shelves.bring(confidential, met.into_iter().collect()).await?;
        }
        Ok(shelves)
    }

    fn shelf(&mut self, confidential: bool) -> &mut Shelf<IncidentId> {
        if confidential { &mut self.confidential } else { &mut self.open }
    }

    /// Brings in faces from the store.
    async fn bring(&mut self, confidential: bool, incidents: Vec<IncidentId>) -> Result<()> {
        if incidents.is_empty() {
            return Ok(());
        }
        let mut faces = self.store.faces(&incidents, FACE as i64).await?;
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

    /// Brings an item to its incident.
    async fn place(&mut self, task: &JoinTask, member: Member, joining: &mut Joining) -> Result<()> {
        self.changed.extend(keys(task, &member));
        if let Some((incident, confidential)) = task.member_of
            && confidential == task.confidential
        {
            let shelf = self.shelf(confidential);
            let home = shelf.home(incident);
            shelf.index(home, &member);
            return Ok(());
        }
        loop {
            let missing = self.shelf(task.confidential).missing(&member);
            if missing.is_empty() {
                break;
            }
            self.bring(task.confidential, missing).await?;
        }
        let store = self.store;
        let joined = self.shelf(task.confidential).join(member, || store.ids().next(store.now()));
        joining.joined.push(NewMembership {
            item: task.item,
            incident: joined.incident,
            kinship: joined.kinship,
        });
        joining.merged.extend(joined.merged.into_iter().map(|merged| (merged, joined.incident)));
        Ok(())
    }

    fn changed_terms(mut self) -> Vec<(i64, Vec<(IncidentId, i64)>)> {
        let changed = std::mem::take(&mut self.changed);
        let terms: BTreeMap<i64, Vec<(IncidentId, i64)>> = changed
            .into_iter()
            .map(|term| (term, self.shelf(term & CONFIDENTIAL != 0).term(term as u32).to_vec()))
            .collect();
        terms.into_iter().collect()
    }
}

fn keys(task: &JoinTask, member: &Member) -> Vec<i64> {
    let space = if task.confidential { CONFIDENTIAL } else { 0 };
    probes(&member.signature).iter().map(|term| i64::from(term.hash) | space).collect()
}
