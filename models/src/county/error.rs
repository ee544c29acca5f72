//! What is wrong with a county file: where, what, and what is allowed.

use std::path::PathBuf;

/// Why the county's facts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CountyError {
    #[error("cannot read {path}: {source}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// `departments.csv line 12: kind "住健" is unknown; allowed: 住建, ...`
    #[error("{file} line {line}: {what}; allowed: {allowed}")]
    Invalid { file: String, line: usize, what: String, allowed: String },
}

/// A place in a county file, from which errors are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) file: &'a str,
    pub(super) line: usize,
}

impl At<'_> {
    pub(super) fn invalid(self, what: impl Into<String>, allowed: impl Into<String>) -> CountyError {
        CountyError::Invalid {
            file: self.file.to_owned(),
            line: self.line,
            what: what.into(),
            allowed: allowed.into(),
        }
    }
}

/// The line, from 1, of a byte offset in `text`.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    let end = offset.min(text.len());
    text.as_bytes()[..end].iter().filter(|&&b| b == b'\n').count() + 1
}
