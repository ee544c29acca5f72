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

/// The facts that count now; clones share them.
#[derive(Clone)]
pub(crate) struct LiveCounty(Arc<RwLock<Facts>>);

impl LiveCounty {
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
pub(crate) struct Live(pub(crate) AppState);

impl FromRef<Live> for AppState {
    fn from_ref(live: &Live) -> Self {
        let Facts { desk, names } = live.0.live.now();
        Self { desk, names, ..live.0.clone() }
    }
}
