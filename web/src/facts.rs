//! What may change while the server runs: the county's facts, which an administrator changes on a page of this process
//! or of another. A request is answered by one state of them from its beginning to its end.

use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::FromRef;
use qingting_models::clock::local_date;
use qingting_models::county::County;
use qingting_models::store::Store;
use qingting_respond::desk::Desk;

use crate::app::AppState;
use crate::names::Names;

/// What is made of the county's facts.
#[derive(Clone)]
pub(crate) struct Facts {
    pub(crate) desk: Desk,
    pub(crate) names: Arc<Names>,
}

/// The facts that count at this moment; clones share them.
#[derive(Clone)]
pub(crate) struct FactsNow(Arc<RwLock<Facts>>);

impl FactsNow {
    pub(crate) fn new(store: &Store, county: Arc<County>) -> Self {
        Self(Arc::new(RwLock::new(facts(store, county))))
    }

    pub(crate) fn take(&self, store: &Store, county: Arc<County>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = facts(store, county);
    }

    pub(crate) fn now(&self) -> Facts {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn facts(store: &Store, county: Arc<County>) -> Facts {
    let names = Arc::new(Names::of(&county, local_date(store.now())));
    Facts { desk: Desk::new(store.clone(), county), names }
}

/// The state of the routes; a handler's `State<AppState>` is that of the moment its request came.
#[derive(Clone)]
pub(crate) struct WithFacts(pub(crate) AppState);

impl FromRef<WithFacts> for AppState {
    fn from_ref(state: &WithFacts) -> Self {
        let Facts { desk, names } = state.0.facts.now();
        Self { desk, names, ..state.0.clone() }
    }
}
