//! The demo's own folder: whether it may be filled, was filled, or is somebody else's; and the file that says so.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The file that marks a folder as a demo's.
const FILE: &str = "demo.json";

/// A log-in that the demo made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Login {
    pub login: String,
    pub password: String,
    /// The role in words.
    pub role: String,
}

/// What the demo has to remember between two runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DemoFile {
    /// Whether the filling came to its end.
    pub finished: bool,
    pub items: u32,
    pub seed: u64,
    /// The season's end: when the folder was filled.
    pub end: Timestamp,
    pub feed_port: u16,
    pub logins: Vec<Login>,
    /// When those of the held-back records arrived that did, in their order.
    pub arrived: Vec<Timestamp>,
}

impl DemoFile {
    /// The demo that fills the folder; `None` when it is free to be filled.
    ///
    /// # Errors
    /// When something else is in the folder, or a demo that was not finished.
    pub(super) fn find(dir: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(dir.join(FILE)) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return free(dir).map(|()| None),
            Err(e) => return Err(e).with_context(|| format!("{} cannot be read", dir.join(FILE).display())),
        };
        let known: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is no demo's file", dir.join(FILE).display()))?;
        if !known.finished {
            bail!(
                "the filling of the demo in {} was broken off; delete that folder, or name another with --dir",
                dir.display()
            );
        }
        Ok(Some(known))
    }

    /// Writes the file at once or not at all, for its owner only: it holds the passwords.
    pub(super) fn save(&self, dir: &Path) -> Result<()> {
        let (path, fresh) = (dir.join(FILE), dir.join(format!("{FILE}.new")));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&fresh).map_err(anyhow::Error::from).and_then(|file| {
            serde_json::to_writer_pretty(file, self)?;
            Ok(fs::rename(&fresh, &path)?)
        });
        written.with_context(|| format!("{} cannot be written", path.display()))
    }
}

fn free(dir: &Path) -> Result<()> {
    let mut entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e).with_context(|| format!("the folder {} cannot be read", dir.display())),
    };
    if entries.next().is_some() {
        bail!(
            "{} holds something that is no demo; the demo fills only a new or empty folder, named with --dir",
            dir.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_broken_off_and_a_foreign_folder_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(DemoFile::find(&dir.path().join("new")).unwrap().is_none());
        let mut file = DemoFile {
            finished: false,
            items: 60,
            seed: 1,
            end: Timestamp::UNIX_EPOCH,
            feed_port: 1,
            logins: Vec::new(),
            arrived: Vec::new(),
        };
        file.save(dir.path()).unwrap();
        let refused = DemoFile::find(dir.path()).unwrap_err().to_string();
        assert!(refused.contains("broken off"), "{refused}");
        file.finished = true;
        file.save(dir.path()).unwrap();
        assert_eq!(DemoFile::find(dir.path()).unwrap().unwrap().items, 60);
        fs::remove_file(dir.path().join(FILE)).unwrap();
        fs::write(dir.path().join("thesis.doc"), "mine").unwrap();
        let refused = DemoFile::find(dir.path()).unwrap_err().to_string();
        assert!(refused.contains("no demo"), "{refused}");
    }
}
