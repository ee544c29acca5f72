//! The models of a county's folder, compared and changed: by the command and by the page of the model alike.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use qingting_classify::corpus::{Row, RowText, load_rows};
use qingting_classify::{RowSet, Trial, Unfit};
use qingting_models::records::{Actor, Channel, Kind, Subject, Urgency};
use qingting_models::store::{Correction, Store};
use qingting_web::model_desk::{Comparing, LastTrial, ModelDesk, ModelsNow, Refusal};
use serde_json::json;

use crate::model_folder::{AtWork, EMBEDDED, ModelFolder};

/// Labelled rows that stay the same over the years, in the county's folder; read by every comparison when it is there.
pub const GOLD: &str = "gold.jsonl";

/// The models of a county; cheap to clone, and clones know of each other's comparing.
#[derive(Clone)]
pub struct Models {
    home: PathBuf,
    folder: ModelFolder,
    store: Store,
    comparing: Arc<Mutex<Comparing>>,
    /// Held while a model is put to work.
    changing: Arc<tokio::sync::Mutex<()>>,
}

impl Models {
    /// Those in a county's folder.
    pub fn of(home: &Path, store: Store) -> Self {
        Self {
            home: home.to_owned(),
            folder: ModelFolder::of(home),
            store,
            comparing: Arc::default(),
            changing: Arc::default(),
        }
    }

    /// Compares candidate and model at work on the rows of `gold`, on the county's own, and on what people said; the
    /// result is kept for the page.
    pub async fn compare(&self, gold: &[PathBuf]) -> Result<Trial, Refusal> {
        let (blind, seen): (Vec<_>, Vec<_>) =
            self.store.corrections().await?.into_iter().partition(|correction| correction.blind);
        let own = self.home.join(GOLD);
        let files: Vec<PathBuf> = gold.iter().cloned().chain(own.exists().then_some(own)).collect();
        let (folder, at) = (self.folder.clone(), self.store.now());
        let home = self.home.display().to_string();
        let work = move || {
            let candidate = folder.candidate().map_err(files_failed)?.ok_or(Refusal::NoCandidate)?;
            let present = folder.model().map_err(files_failed)?;
            let mut rows = Vec::new();
            for file in files {
                rows.extend(load_rows(&file).map_err(|error| Refusal::Files(error.to_string()))?);
            }
            let sets = [
                (RowSet::Gold, rows),
                (RowSet::Blind, rows_of(&blind)),
                (RowSet::Corrections, rows_of(&seen)),
            ];
            let trial = Trial::of(&present, &candidate, sets);
            if trial.sets.is_empty() {
                return Err(Refusal::NoRows { folder: home });
            }
            folder.keep_trial(&LastTrial { at, trial: trial.clone() }).map_err(files_failed)?;
            Ok(trial)
        };
        // Thousands of rows are judged twice: not on a thread that answers requests.
        tokio::task::spawn_blocking(work).await.map_err(|error| Refusal::Files(error.to_string()))?
    }

    /// Puts the candidate to work if the trial, which must be of it, lets it; `fields` are those of the plan, `despite`
    /// names the ones that may be worse.
    pub async fn promote(
        &self,
        trial: &Trial,
        fields: &[&str],
        despite: &[String],
        actor: Actor,
    ) -> Result<AtWork, Refusal> {
        let _changing = self.changing.lock().await;
        let now = self.models()?;
        let candidate = now.candidate.ok_or(Refusal::NoCandidate)?;
        if candidate == now.at_work {
            return Err(Refusal::AtWork(candidate));
        }
        if (&trial.present, &trial.candidate) != (&now.at_work, &candidate) {
            return Err(Refusal::Stale);
        }
        trial.is_fit(fields, despite).map_err(|unfit| match unfit {
            Unfit::AllLearned => Refusal::AllLearned { folder: self.home.display().to_string() },
            Unfit::Worse(fields) => Refusal::Worse { fields },
        })?;
        let state = self.folder.promote().map_err(files_failed)?;
        let detail = json!({ "model": state.at_work, "before": state.before.last(), "despite": despite });
        self.store.audit(actor, "model.promote", Subject::System, detail).await?;
        Ok(state)
    }

    /// Puts the model to work that was before; where `seen` is said, only in the place of that one.
    pub async fn roll_back(&self, seen: Option<&str>, actor: Actor) -> Result<AtWork, Refusal> {
        let _changing = self.changing.lock().await;
        let now = self.models()?;
        if seen.is_some_and(|seen| seen != now.at_work) {
            return Err(Refusal::Stale);
        }
        if now.before.is_none() {
            return Err(Refusal::NothingBefore(self.folder.state().map_err(files_failed)?.at_work));
        }
        let state = self.folder.roll_back().map_err(files_failed)?;
        self.store.audit(actor, "model.rollback", Subject::System, json!({ "model": state.at_work })).await?;
        Ok(state)
    }

    /// What the folder holds, all by digests.
    fn models(&self) -> Result<ModelsNow, Refusal> {
        let read = || -> Result<ModelsNow> {
            let state = self.folder.state()?;
            let digest = |name: &str| match name {
                EMBEDDED => Ok(qingting_classify::Model::embedded()?.digest().to_owned()),
                digest => anyhow::Ok(digest.to_owned()),
            };
            Ok(ModelsNow {
                at_work: self.folder.model()?.digest().to_owned(),
                before: state.before.last().map(|name| digest(name)).transpose()?,
                candidate: self.folder.candidate()?.map(|model| model.digest().to_owned()),
                last: self.folder.last_trial()?,
                comparing: self.comparing(),
            })
        };
        read().map_err(files_failed)
    }

    fn comparing(&self) -> Comparing {
        self.comparing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what becomes of comparing; gives what was noted before.
    fn note(&self, now: Comparing) -> Comparing {
        std::mem::replace(&mut *self.comparing.lock().unwrap_or_else(PoisonError::into_inner), now)
    }
}

impl ModelDesk for Models {
    fn now(&self) -> BoxFuture<'_, Result<ModelsNow, Refusal>> {
        let models = self.clone();
        // Reads and unpacks up to three models.
        let read = tokio::task::spawn_blocking(move || models.models());
        async { read.await.map_err(|error| Refusal::Files(error.to_string()))? }.boxed()
    }

    fn start_comparing(&self) -> BoxFuture<'_, Result<(), Refusal>> {
        async {
            if matches!(self.note(Comparing::UnderWay), Comparing::UnderWay) {
                return Err(Refusal::UnderWay);
            }
            let models = self.clone();
            tokio::spawn(async move {
                let ended = match models.compare(&[]).await {
                    Ok(_) => Comparing::Idle,
                    Err(refusal) => {
                        tracing::error!("the models are not compared: {refusal}");
                        Comparing::Failed(Arc::new(refusal))
                    }
                };
                models.note(ended);
            });
            Ok(())
        }
        .boxed()
    }

    fn promote<'a>(
        &'a self,
        seen: Timestamp,
        fields: &'a [&'a str],
        despite: &'a [String],
        actor: Actor,
    ) -> BoxFuture<'a, Result<(), Refusal>> {
        async move {
            let last = self.folder.last_trial().map_err(files_failed)?;
            let last = last.filter(|last| last.at == seen).ok_or(Refusal::Stale)?;
            Models::promote(self, &last.trial, fields, despite, actor).await.map(drop)
        }
        .boxed()
    }

    fn roll_back<'a>(&'a self, seen: &'a str, actor: Actor) -> BoxFuture<'a, Result<(), Refusal>> {
        async move { Models::roll_back(self, Some(seen), actor).await.map(drop) }.boxed()
    }
}

fn files_failed(error: anyhow::Error) -> Refusal {
    Refusal::Files(format!("{error:#}"))
}

/// What people said, as rows to learn from or to measure by.
pub fn rows_of(corrections: &[Correction]) -> Vec<Row> {
    let row = |correction: &Correction| {
        let judgement = &correction.judgement;
        let news = correction.channel == Channel::News;
        Row {
            id: correction.item.to_string(),
            text: RowText::Written { title: correction.title.clone(), body: correction.body.clone() },
            topics: Some(judgement.topics.iter().map(|topic| topic.code.as_str().to_owned()).collect()),
            kind: Some(if news { Kind::News } else { judgement.kind }),
            department: None,
            urgency: Some(u8::from(judgement.urgency)),
            urgent: Some(judgement.urgency == Urgency::Urgent),
        }
    };
    corrections.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use qingting_classify::Model;
    use qingting_models::ids::UserId;
    use qingting_models::store::testing::{TestStore, fresh};

    use super::*;

    const ADMIN: Actor = Actor::User(UserId(7));

    fn bus(n: usize, topic: &str) -> String {
        format!(
            "{{\"id\":\"b{n}\",\"title\":\"公交班次太少\",\"body\":\"早高峰等车要四十分钟，建议增加公交班次{n}。\",\"topics\":[\"{topic}\"]}}\n"
        )
    }

    /// A county whose candidate has learned that buses are a matter of `learned`, with gold that says `gold`.
    async fn county(learned: &str, gold: &str) -> (tempfile::TempDir, TestStore, Models) {
        let (home, store) = (tempfile::tempdir().unwrap(), fresh().await.unwrap());
        let write = |file: &str, topic: &str| {
            let path = home.path().join(file);
            std::fs::write(&path, (0..20).map(|n| bus(n, topic)).collect::<String>()).unwrap();
            path
        };
        let rows = load_rows(&write("learned.jsonl", learned)).unwrap();
        write(GOLD, gold);
        let present = Model::embedded().unwrap();
        let candidate = qingting_classify::adapt(&present, &rows, &Default::default()).unwrap();
        let models = Models::of(home.path(), store.clone());
        models.folder.put_candidate(&candidate).unwrap();
        (home, store, models)
    }

    /// Compares as the page does, and waits for the end.
    async fn compared(models: &Models) -> ModelsNow {
        models.start_comparing().await.unwrap();
        loop {
            let now = models.now().await.unwrap();
            if !matches!(now.comparing, Comparing::UnderWay) {
                return now;
            }
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn the_page_promotes_what_it_showed_and_takes_it_back_with_a_line_in_the_log_each() {
        let (_home, store, models) = county("culture", "culture").await;
        let inside = Model::embedded().unwrap().digest().to_owned();
        let before = models.now().await.unwrap();
        assert!(before.trial().is_none() && before.at_work == inside);
        let now = compared(&models).await;
        let shown = now.trial().expect("it was compared").clone();
        assert_eq!(shown.trial.sets[0].compared.first.only_candidate, 20);
        let older = shown.at - jiff::SignedDuration::from_mins(1);
        let desk: &dyn ModelDesk = &models;
        assert!(matches!(desk.promote(older, &["wages"], &[], ADMIN).await, Err(Refusal::Stale)));
        desk.promote(shown.at, &["wages"], &[], ADMIN).await.unwrap();
        let now = models.now().await.unwrap();
        assert_eq!((&now.at_work, now.before.as_ref()), (&shown.trial.candidate, Some(&inside)));
        assert!(now.trial().is_none(), "the comparison is of the model that was at work before");
        let again = desk.promote(shown.at, &["wages"], &[], ADMIN).await;
        assert!(matches!(again, Err(Refusal::AtWork(_))));
        assert!(matches!(desk.roll_back(&inside, ADMIN).await, Err(Refusal::Stale)));
        desk.roll_back(&shown.trial.candidate, ADMIN).await.unwrap();
        assert_eq!(models.now().await.unwrap().at_work, inside);
        assert!(matches!(desk.roll_back(&inside, ADMIN).await, Err(Refusal::NothingBefore(_))));
        let lines = store.audit_page(&Default::default(), Default::default()).await.unwrap().rows;
        let acts: Vec<(&str, Actor)> =
            lines.iter().map(|line| (line.entry.action.as_str(), line.entry.actor)).collect();
        assert_eq!(acts, [("model.rollback", ADMIN), ("model.promote", ADMIN)]);
    }

    #[tokio::test]
    async fn a_candidate_that_unlearned_a_field_goes_to_work_by_name_alone() {
        let (_home, _store, models) = county("culture", "transport").await;
        let shown = compared(&models).await.trial().expect("it was compared").clone();
        let desk: &dyn ModelDesk = &models;
        let refused = desk.promote(shown.at, &["transport"], &[], ADMIN).await;
        assert!(matches!(refused, Err(Refusal::Worse { fields }) if fields == ["transport"]));
        desk.promote(shown.at, &["transport"], &["transport".to_owned()], ADMIN).await.unwrap();
    }

    #[tokio::test]
    async fn a_comparison_that_comes_to_nothing_says_why() {
        let (home, _store, models) = county("culture", "culture").await;
        std::fs::write(home.path().join(GOLD), "{\"id\":1}\n").unwrap();
        let now = compared(&models).await;
        assert!(now.last.is_none());
        let Comparing::Failed(refusal) = now.comparing else { panic!("the gold cannot be read") };
        assert!(refusal.to_string().contains("gold.jsonl"), "{refusal}");
        std::fs::remove_file(home.path().join(GOLD)).unwrap();
        let Comparing::Failed(refusal) = compared(&models).await.comparing else {
            panic!("there are no rows")
        };
        assert!(matches!(*refusal, Refusal::NoRows { .. }));
    }
}
