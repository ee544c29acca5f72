//! What the stages work with: the store, and the county, the desk and the classifier as they are at the moment. Another
//! model is taken up when one was put to work, other county files when somebody changed them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use anyhow::Result;
use jiff::civil::Date;
use qingting_classify::{Classifier, Model};
use qingting_ingest::http::Http;
use qingting_models::clock::local_date;
use qingting_models::county::{County, CountyFiles};
use qingting_models::store::Store;
use qingting_respond::desk::Desk;
use qingting_respond::notices::send::Courier;
use qingting_respond::webhooks::Forwarder;

use crate::advisor::Advisor;
use crate::heads;
use crate::home::put_together;
use crate::joining::Joiner;
use crate::metrics::StageFigures;
use crate::model_folder::ModelFolder;

/// What the stages work with; cheap to clone.
#[derive(Clone)]
pub struct Tools {
    pub store: Store,
    facts: Arc<RwLock<Facts>>,
    county_files: Option<Arc<CountyFiles>>,
    heads: Option<PathBuf>,
    classifier: Arc<RwLock<Arc<Classifier>>>,
    models: Option<ModelFolder>,
    pub(super) joiner: Arc<tokio::sync::Mutex<Joiner>>,
    /// What the folder named when it was last looked at.
    asked: Arc<Mutex<Option<String>>>,
    pub http: Http,
    pub(super) advisor: Option<Advisor>,
    pub(super) courier: Courier,
    pub(super) forwarder: Forwarder,
    pub(super) name: String,
    /// What the stages of this process did.
    pub figures: StageFigures,
}

/// What is made of the county's facts.
#[derive(Clone)]
struct Facts {
    county: Arc<County>,
    desk: Desk,
    /// The store's mark when they were read, and the day on which.
    read: (i64, Date),
}

impl Tools {
    /// With the model that is at work in a county's folder, or without one the model inside the program.
    pub fn new(store: Store, county: Arc<County>, http: Http, models: Option<ModelFolder>) -> Result<Self> {
        let model = match &models {
            Some(folder) => folder.model()?,
            None => Model::embedded()?,
        };
        let asked = models.as_ref().and_then(|folder| folder.state().ok()).map(|state| state.at_work);
        let classifier = Arc::new(RwLock::new(Arc::new(Classifier::new(model, &county))));
        let desk = Desk::new(store.clone(), county.clone());
        // A mark that no store has: the files are read once more at the first look.
        let facts = Facts { county, desk, read: (-1, Date::ZERO) };
        let random = qingting_models::vault::random::<6>()?;
        let courier = Courier::new(store.clone(), http.clone(), None);
        let forwarder = Forwarder::new(store.clone(), http.clone());
        let name = format!("{}-{}", std::process::id(), random.map(|byte| format!("{byte:02x}")).concat());
        Ok(Self {
            store,
            facts: Arc::new(RwLock::new(facts)),
            county_files: None,
            heads: None,
            classifier,
            models,
            joiner: Arc::default(),
            asked: Arc::new(Mutex::new(asked)),
            http,
            advisor: None,
            courier,
            forwarder,
            name,
            figures: StageFigures::default(),
        })
    }

    /// With a helper model that workers ask, if there is one.
    #[must_use]
    pub fn advised_by(self, advisor: Option<Advisor>) -> Self {
        Self { advisor, ..self }
    }

    /// With the files of the county's folder, over which changes on pages are looked for.
    #[must_use]
    pub fn with_county_files(self, files: CountyFiles) -> Self {
        Self { county_files: Some(Arc::new(files)), ..self }
    }

    /// With a file to which a signed head of the audit log is added each day.
    #[must_use]
    pub fn with_heads(self, file: PathBuf) -> Self {
        Self { heads: Some(file), ..self }
    }

    /// Signs the head of the audit log from time to time, and keeps one a day in the file. A file that cannot be
    /// written holds nothing else up.
    pub(super) async fn sign_audit(&self) -> Result<()> {
        if let (Some(head), Some(file)) = (self.store.checkpoint_audit(false).await?, &self.heads)
            && let Err(error) = heads::keep(file, &head)
        {
            tracing::error!("the head of the audit log is not kept: {error:#}");
        }
        Ok(())
    }

    /// The files of the county's folder.
    pub fn county_files(&self) -> Arc<CountyFiles> {
        self.county_files.clone().unwrap_or_default()
    }

    fn facts(&self) -> Facts {
        self.facts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The county's facts that count now.
    pub fn county(&self) -> Arc<County> {
        self.facts().county
    }

    /// The desk by these facts.
    pub fn desk(&self) -> Desk {
        self.facts().desk
    }

    /// Takes up county files that were changed on a page, here or by another process, and gives what is new; also on
    /// another day, when other rows may count.
    pub(super) async fn look_for_county(&self) -> Result<Option<Arc<County>>> {
        let Some(files) = &self.county_files else { return Ok(None) };
        let read = (self.store.county_mark().await?, local_date(self.store.now()));
        let known = self.facts();
        if known.read == read {
            return Ok(None);
        }
        let county = Arc::new(put_together(files, &self.store.county_files().await?)?);
        let desk = Desk::new(self.store.clone(), county.clone());
        if *known.county != *county {
            let classifier = self.classifier();
            let classifier = Arc::new(classifier.for_county(&county));
            *self.classifier.write().unwrap_or_else(PoisonError::into_inner) = classifier;
            tracing::info!("the county's files as of change {} are at work", read.0);
        }
        let facts = Facts { county: county.clone(), desk, read };
        *self.facts.write().unwrap_or_else(PoisonError::into_inner) = facts;
        Ok(Some(county))
    }

    /// With the address under which browsers reach the pages, for the links in messages.
    #[must_use]
    pub fn reached_at(self, base_url: Option<String>) -> Self {
        let courier = Courier::new(self.store.clone(), self.http.clone(), base_url);
        Self { courier, ..self }
    }

    /// The classifier at work.
    pub fn classifier(&self) -> Arc<Classifier> {
        self.classifier.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes up another model when one was put to work in the folder.
    pub(super) fn look_for_model(&self) -> Result<()> {
        let Some(folder) = &self.models else { return Ok(()) };
        let asked = folder.state()?.at_work;
        let last = self.asked.lock().unwrap_or_else(PoisonError::into_inner).replace(asked.clone());
        if last.is_some_and(|last| last == asked) {
            return Ok(());
        }
        let classifier = Arc::new(Classifier::new(folder.model()?, &self.county()));
        tracing::info!("the model {} is at work", classifier.model_digest());
        *self.classifier.write().unwrap_or_else(PoisonError::into_inner) = classifier;
        Ok(())
    }
}
