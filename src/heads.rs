//! The file of signed heads of the audit log: a line a day, to be kept where who runs the database cannot write.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use qingting_models::clock::local_date;
use qingting_models::store::SignedHead;

/// The heads of a file, a JSON document a line.
///
/// # Errors
/// Names the file and the line that is no signed head.
pub fn read(file: &Path) -> Result<Vec<SignedHead>> {
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            serde_json::from_str(line).with_context(|| {
                format!(
                    "{} line {} is no signed head as `qingting audit head` prints it",
                    file.display(),
                    index + 1
                )
            })
        })
        .collect()
}

/// Adds a head unless the file has one of the same day.
///
/// # Errors
/// When the file cannot be read or written.
pub fn keep(file: &Path, head: &SignedHead) -> Result<()> {
    let known = if file.exists() { read(file)? } else { Vec::new() };
    if known.last().is_some_and(|last| local_date(last.at) >= local_date(head.at)) {
        return Ok(());
    }
    let mut out = OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .with_context(|| format!("{} cannot be written", file.display()))?;
    out.write_all(format!("{}\n", serde_json::to_string(head)?).as_bytes())
        .with_context(|| format!("{} cannot be written", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(seq: i64, at: &str) -> SignedHead {
        SignedHead { seq, hash: "a".into(), at: at.parse().unwrap(), key: "k".into(), signature: "s".into() }
    }

    #[test]
    fn a_day_has_one_line_and_what_is_no_head_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("heads.jsonl");
        for (seq, at) in [
            (1, "2026-11-02T09:00:00+08:00"),
            (2, "2026-11-02T23:59:00+08:00"),
            (3, "2026-11-03T00:01:00+08:00"),
        ] {
            keep(&file, &head(seq, at)).unwrap();
        }
        assert_eq!(read(&file).unwrap().iter().map(|head| head.seq).collect::<Vec<_>>(), [1, 3]);
        fs::write(&file, "{}\n").unwrap();
        assert!(read(&file).unwrap_err().to_string().contains("line 1 is no signed head"));
    }
}
