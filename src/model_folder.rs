//! The models of a county's folder: which one is at work, the candidate, and those that were at work before.
//!
//! `models/at-work.json` names them; a model's file is called by its digest. Without the file, or where a model in it
//! cannot be used, the one inside the program works.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use qingting_classify::Model;
use qingting_web::model_desk::LastTrial;
use serde::{Deserialize, Serialize};

const FOLDER: &str = "models";
const STATE: &str = "at-work.json";
const CANDIDATE: &str = "candidate.model";
const TRIAL: &str = "last-comparison.json";
/// How the model inside the program is called.
pub const EMBEDDED: &str = "embedded";
/// So many earlier models are remembered.
const MOST_BEFORE: usize = 10;

/// What the folder says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtWork {
    /// A digest, or [`EMBEDDED`].
    pub at_work: String,
    /// What was at work before, the latest last.
    pub before: Vec<String>,
}

impl Default for AtWork {
    fn default() -> Self {
        Self { at_work: EMBEDDED.to_owned(), before: Vec::new() }
    }
}

/// The folder of models of a county.
#[derive(Debug, Clone)]
pub struct ModelFolder {
    dir: PathBuf,
}

impl ModelFolder {
    /// The one in a county's folder, whether it is there or not.
    pub fn of(home: &Path) -> Self {
        Self { dir: home.join(FOLDER) }
    }

    /// Which models there are.
    ///
    /// # Errors
    /// When the file cannot be read or is not what this program writes.
    pub fn state(&self) -> Result<AtWork> {
        let path = self.dir.join(STATE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(AtWork::default()),
            Err(e) => return Err(e).with_context(|| format!("{} cannot be read", path.display())),
        };
        serde_json::from_str(&text).with_context(|| {
            format!(
                "{}: expected {{\"at_work\":\"{EMBEDDED}\" or a digest,\"before\":[...]}}",
                path.display()
            )
        })
    }

    /// The model at work. One that cannot be used is refused with a line in the log, and the one inside goes on.
    ///
    /// # Errors
    /// When the one inside the program cannot be read.
    pub fn model(&self) -> Result<Model> {
        match self.state().and_then(|state| self.named(&state.at_work)) {
            Ok(model) => Ok(model),
            Err(why) => {
                tracing::error!("{why:#}; the model inside the program goes on");
                Ok(Model::embedded()?)
            }
        }
    }

    /// A model by its name.
    ///
    /// # Errors
    /// When its file is missing, damaged, or another one than its name says.
    pub fn named(&self, name: &str) -> Result<Model> {
        if name == EMBEDDED {
            return Ok(Model::embedded()?);
        }
        if name.len() != 16 || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            bail!(
                "\"{name}\" is no model; allowed: {EMBEDDED}, or the 16 digits that `qingting model show` prints"
            );
        }
        let path = self.file(name);
        let model = Model::load(&path).with_context(|| format!("the model {} is refused", path.display()))?;
        if model.digest() != name {
            bail!("the model {} is refused: its digest is {}", path.display(), model.digest());
        }
        Ok(model)
    }

    /// The candidate, if there is one.
    ///
    /// # Errors
    /// When its file is damaged.
    pub fn candidate(&self) -> Result<Option<Model>> {
        let path = self.dir.join(CANDIDATE);
        if !path.exists() {
            return Ok(None);
        }
        Ok(Some(Model::load(&path).with_context(|| format!("the candidate {} is refused", path.display()))?))
    }

    /// Puts a candidate in, in place of the one before; its path.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put_candidate(&self, model: &Model) -> Result<PathBuf> {
        let path = self.dir.join(CANDIDATE);
        self.write(&path, &model.to_bytes())?;
        Ok(path)
    }

    /// The latest comparison, if one was made.
    ///
    /// # Errors
    /// When its file cannot be read or is not what this program writes.
    pub fn last_trial(&self) -> Result<Option<LastTrial>> {
        let path = self.dir.join(TRIAL);
        match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map(Some).with_context(|| {
                format!(
                    "{}: expected what `qingting model compare` writes; delete the file and compare anew",
                    path.display()
                )
            }),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e).with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    /// Keeps a comparison in place of the one before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_trial(&self, trial: &LastTrial) -> Result<()> {
        self.write(&self.dir.join(TRIAL), &serde_json::to_vec(trial)?)
    }

    /// Puts the candidate to work.
    ///
    /// # Errors
    /// When there is none, or it is at work already.
    pub fn promote(&self) -> Result<AtWork> {
        let Some(model) = self.candidate()? else {
            bail!("there is no candidate; make one with `qingting train --with-corrections`");
        };
        let state = self.state()?;
        if state.at_work == model.digest() {
            bail!("the candidate {} is at work already", model.digest());
        }
        self.write(&self.file(model.digest()), &model.to_bytes())?;
        let mut before = state.before;
        before.push(state.at_work);
        before.drain(..before.len().saturating_sub(MOST_BEFORE));
        self.save(AtWork { at_work: model.digest().to_owned(), before })
    }

    /// Puts the model to work that was before.
    ///
    /// # Errors
    /// When there was none, or its file cannot be used.
    pub fn roll_back(&self) -> Result<AtWork> {
        let AtWork { mut before, at_work } = self.state()?;
        let Some(last) = before.pop() else {
            bail!("no model was at work before {at_work}");
        };
        self.named(&last)?;
        self.save(AtWork { at_work: last, before })
    }

    fn save(&self, state: AtWork) -> Result<AtWork> {
        self.write(&self.dir.join(STATE), &serde_json::to_vec_pretty(&state)?)?;
        Ok(state)
    }

    /// Whole or not at all: under another name first.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let whole = || -> std::io::Result<()> {
            std::fs::create_dir_all(&self.dir)?;
            let new = path.with_extension("new");
            std::fs::write(&new, bytes)?;
            std::fs::rename(&new, path)
        };
        whole().with_context(|| format!("{} cannot be written", path.display()))
    }

    fn file(&self, digest: &str) -> PathBuf {
        self.dir.join(format!("{digest}.model"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model like the one inside, but not the same.
    fn other() -> Model {
        use qingting_classify::corpus::{Row, RowText};
        let row = |n: usize| Row {
            id: n.to_string(),
            text: RowText::Written {
                title: format!("码头鸣笛{n}"), body: "夜里鸣笛，睡不着".into()
            },
            topics: Some(vec!["environment".into()]),
            kind: None,
            department: None,
            urgency: None,
            urgent: None,
        };
        let rows: Vec<Row> = (0..8).map(row).collect();
        qingting_classify::adapt(&Model::embedded().unwrap(), &rows, &Default::default()).unwrap()
    }

    #[test]
    fn a_candidate_goes_to_work_and_back() {
        let home = tempfile::tempdir().unwrap();
        let folder = ModelFolder::of(home.path());
        let inside = Model::embedded().unwrap();
        assert_eq!(folder.model().unwrap().digest(), inside.digest());
        assert!(folder.promote().unwrap_err().to_string().contains("no candidate"));
        assert!(folder.roll_back().is_err());
        let model = other();
        folder.put_candidate(&model).unwrap();
        assert_eq!(folder.model().unwrap().digest(), inside.digest());
        assert_eq!(folder.promote().unwrap().before, [EMBEDDED]);
        assert_eq!(folder.model().unwrap().digest(), model.digest());
        assert!(folder.promote().unwrap_err().to_string().contains("already"));
        assert_eq!(folder.roll_back().unwrap(), AtWork::default());
        assert_eq!(folder.model().unwrap().digest(), inside.digest());
    }

    #[test]
    fn a_damaged_or_foreign_model_is_refused_and_the_one_inside_goes_on() {
        let home = tempfile::tempdir().unwrap();
        let folder = ModelFolder::of(home.path());
        let model = other();
        folder.put_candidate(&model).unwrap();
        folder.promote().unwrap();
        let (path, inside) = (folder.file(model.digest()), Model::embedded().unwrap());
        for bytes in [b"QTMODEL".to_vec(), b"hello".to_vec(), inside.to_bytes()] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(folder.model().unwrap().digest(), inside.digest());
            assert!(folder.named(model.digest()).unwrap_err().to_string().contains("refused"));
        }
        std::fs::write(home.path().join("models/at-work.json"), "{}").unwrap();
        assert!(format!("{:#}", folder.state().unwrap_err()).contains("at-work.json"));
        assert_eq!(folder.model().unwrap().digest(), inside.digest());
        assert!(folder.named("../../etc/passwd").is_err());
    }
}
