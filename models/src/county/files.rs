//! The county's files from both places where they are kept: its folder, and the store with what was changed on pages.

use std::collections::BTreeMap;
use std::path::Path;

use super::embedded::FILES;
use super::loading::read_folder;
use super::{County, CountyError};

/// The longest text of a file that is kept in the store, in bytes.
pub const MAX_FILE: usize = 2 << 20;

/// Files by their name relative to the folder: `routing.csv`, `calendar/2027.json`.
pub type Texts = BTreeMap<String, String>;

/// The files of a county's folder over those of the sample county.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CountyFiles {
    folder: Texts,
}

impl CountyFiles {
    /// The sample county inside the program.
    pub fn sample() -> Self {
        Self::default()
    }

    /// Reads a county's folder.
    ///
    /// # Errors
    /// [`CountyError`] when the folder or a file cannot be read, or is not UTF-8.
    pub fn read(dir: &Path) -> Result<Self, CountyError> {
        Ok(Self { folder: read_folder(dir)? })
    }

    /// The county with `kept`, the files that the store keeps, over those of the folder.
    ///
    /// # Errors
    /// [`CountyError::Invalid`] at the first value that is not allowed.
    pub fn county(&self, kept: &Texts) -> Result<County, CountyError> {
        let mut texts = self.folder.clone();
        texts.extend(kept.iter().map(|(name, text)| (name.clone(), text.clone())));
        County::from_texts(&texts)
    }

    /// The text of a file as it stands without what the store keeps; `None` when there is none.
    pub fn text(&self, name: &str) -> Option<&str> {
        let sample = || FILES.iter().find(|(file, _)| *file == name).map(|(_, text)| *text);
        self.folder.get(name).map(String::as_str).or_else(sample)
    }

    /// Whether the folder has a file of its own.
    pub fn in_folder(&self, name: &str) -> bool {
        self.folder.contains_key(name)
    }

    /// The names of all files that stand somewhere, in the order of the sample's.
    pub fn names(&self, kept: &Texts) -> Vec<String> {
        let mut names: Vec<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        for name in self.folder.keys().chain(kept.keys()) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }
}

/// Whether a county may have a file of that name: one of the sample's, or a year's calendar.
pub fn is_file(name: &str) -> bool {
    let year = |name: &str| name.len() == 4 && name.bytes().all(|byte| byte.is_ascii_digit());
    FILES.iter().any(|(file, _)| *file == name)
        || name.strip_prefix("calendar/").and_then(|rest| rest.strip_suffix(".json")).is_some_and(year)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::county::TopicCode;

    const ROUTES: &str =
        "priority,topic,place,kind,words,department,note,valid_from,valid_to\n1,wages,,,,zjj,,,\n";

    #[test]
    fn what_the_store_keeps_outranks_the_folder_and_the_folder_the_sample() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("routing.csv"), ROUTES).unwrap();
        let files = CountyFiles::read(dir.path()).unwrap();
        let rules = |kept: &Texts| files.county(kept).unwrap().routing.rules().to_vec();
        assert_eq!(rules(&Texts::new()).len(), 1);
        let kept = Texts::from([("routing.csv".to_owned(), format!("{ROUTES}2,housing,,,,zjj,,,\n"))]);
        assert_eq!(rules(&kept)[1].topic, TopicCode::new("housing"));
        assert!(files.in_folder("routing.csv") && !files.in_folder("places.csv"));
        assert!(files.text("places.csv").is_some() && files.text("calendar/2031.json").is_none());
    }

    #[test]
    fn a_county_has_the_files_of_the_sample_and_calendars() {
        assert!(is_file("routing.csv") && is_file("calendar/2027.json"));
        for name in ["../master.key", "calendar/27.json", "calendar/../a.json", "notes.txt", ""] {
            assert!(!is_file(name), "{name}");
        }
    }
}
