//! The letters with replies, and which of them are held out.

use std::error::Error;
use std::path::Path;

use qingting_classify::answers::Answered;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// So many letters are judged by a reader, and so many others are for finding weights.
const JUDGED: usize = 200;
const TUNED: usize = 500;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Letter {
    pub id: String,
    pub title: String,
    pub body: String,
    #[serde(default)]
    pub reply: String,
}

impl Letter {
    pub(crate) fn answered(&self) -> Answered<'_> {
        Answered { title: &self.title, body: &self.body, answer: &self.reply }
    }
}

/// The letters by what they are for.
pub(crate) struct Letters {
    pub judged: Vec<Letter>,
    pub tuned: Vec<Letter>,
    pub rest: Vec<Letter>,
}

/// A number that depends on a seed and an id alone.
pub(crate) fn lot(seed: &str, id: &str) -> [u8; 8] {
    let digest = Sha256::digest(format!("{seed}:{id}").as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    first
}

pub(crate) fn read(file: &Path) -> Result<Letters, Box<dyn Error>> {
    let mut letters = Vec::new();
    for (number, line) in std::fs::read_to_string(file)?.lines().enumerate() {
        let letter: Letter = serde_json::from_str(line)
            .map_err(|error| format!("{}, line {}: {error}", file.display(), number + 1))?;
        if !letter.reply.is_empty() {
            letters.push(letter);
        }
    }
    letters.sort_by_key(|letter| lot("held-out", &letter.id));
    if letters.len() < JUDGED + TUNED {
        return Err(format!("{}: {} letters with replies are too few", file.display(), letters.len()).into());
    }
    let rest = letters.split_off(JUDGED + TUNED);
    let tuned = letters.split_off(JUDGED);
    Ok(Letters { judged: letters, tuned, rest })
}
