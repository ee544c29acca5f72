//! How commands speak: one JSON document or plain lines on standard output, the rest on standard error. Why a source or
//! a row could not be read is told as the pages tell it where the locale is Chinese; JSON stays as it is everywhere.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anyhow::{Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use qingting_ingest::plain;
use qingting_ingest::sheet::SheetError;
use qingting_models::records::RowPlace;
use serde::Serialize;

/// Prints one JSON document on a line.
pub fn json(value: &impl Serialize) -> Result<()> {
    line(&serde_json::to_string(value)?)
}

/// Prints a line.
pub fn line(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

/// Tells something beside the result, on standard error.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether the person at the terminal reads Chinese: the first of the variables of POSIX (8.2) that is set decides.
pub fn is_chinese() -> bool {
    let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set).is_some_and(|locale| locale.starts_with("zh"))
}

/// A reason in the language of the locale.
pub fn reason(written: &str) -> String {
    if is_chinese() { plain::told(written).text } else { written.to_owned() }
}

/// Why a file was not read.
pub fn of_file(file: &Path, fault: &SheetError) -> anyhow::Error {
    let file = file.display();
    if is_chinese() {
        anyhow!("{file}：{}", plain::told(&fault.to_string()).text)
    } else {
        anyhow!("{file} {fault}")
    }
}

/// The place of a row in the language of the locale.
pub fn place(place: &RowPlace) -> String {
    if is_chinese() { plain::place(place) } else { place.to_string() }
}

/// Prints an error on one line of standard error: what failed and why.
pub fn complain(error: &anyhow::Error) {
    let mut causes: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string().replace(['\n', '\r'], " ");
        if !causes.last().is_some_and(|last| last.contains(&text)) {
            causes.push(text);
        }
    }
    let told: Vec<String> = causes.iter().map(|cause| reason(cause)).collect();
    let mut err = io::stderr().lock();
    let _ = writeln!(err, "qingting: {}", told.join(": "));
}

/// Whoever read our output went away: not our failure.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
}

/// A progress bar on a terminal, nothing on a pipe. `length` 0 shows a spinner.
pub fn progress(length: u64, what: &'static str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = if length == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(length) };
    let template = if length == 0 { "{spinner} {msg}" } else { "{msg} {wide_bar} {percent}%" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}
