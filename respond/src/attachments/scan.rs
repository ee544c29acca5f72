//! Lets a command of the house look at a file before it is kept, such as a virus scanner. What it cannot say to be clean is
//! not kept.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

/// Stands for the file's path in the arguments.
const PLACE: &str = "{}";

/// A command that looks at a file: exit 0 says clean, 1 found something, all else that it could not look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    program: String,
    arguments: Vec<String>,
    limit: Duration,
}

/// Why a command cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanFault {
    #[error("scan needs a program and its arguments, for example [\"clamdscan\", \"--fdpass\", \"{{}}\"]")]
    Empty,
    #[error("scan needs an argument with {{}}, where the path of the file goes in")]
    NoPlace,
    #[error("scan_seconds must be 1 to {max}, not {got}")]
    Seconds { got: u64, max: u64 },
}

/// What a command said of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scanned {
    Clean,
    Found,
    /// Why it could not look, for the log.
    Unknown(String),
}

impl Scan {
    /// Longest time that it may take, in seconds.
    pub const MOST_SECONDS: u64 = 300;

    /// From a program and its arguments, which no shell reads.
    ///
    /// # Errors
    /// [`ScanFault`].
    pub fn of(words: &[String], seconds: u64) -> Result<Self, ScanFault> {
        if !(1..=Self::MOST_SECONDS).contains(&seconds) {
            return Err(ScanFault::Seconds { got: seconds, max: Self::MOST_SECONDS });
        }
        match words {
            [] => Err(ScanFault::Empty),
            [program, ..] if program.trim().is_empty() => Err(ScanFault::Empty),
            [_, arguments @ ..] if !arguments.iter().any(|word| word.contains(PLACE)) => {
                Err(ScanFault::NoPlace)
            }
            [program, arguments @ ..] => Ok(Self {
                program: program.clone(),
                arguments: arguments.to_vec(),
                limit: Duration::from_secs(seconds),
            }),
        }
    }

    /// Runs the command on a file. One that takes too long is ended, with all that it started.
    pub(super) async fn look(&self, file: &Path) -> Scanned {
        let Some(path) = file.to_str() else { return Scanned::Unknown("the path is no text".into()) };
        let mut command = Command::new(&self.program);
        command.args(self.arguments.iter().map(|word| word.replace(PLACE, path)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut running = match command.spawn() {
            Ok(child) => Running(Some(child)),
            Err(e) => return Scanned::Unknown(format!("{} cannot be started: {e}", self.program)),
        };
        let Some(child) = running.0.as_mut() else { return Scanned::Unknown("not started".into()) };
        let ended = tokio::time::timeout(self.limit, child.wait()).await;
        match ended {
            Ok(Ok(status)) => {
                running.0 = None;
                match status.code() {
                    Some(0) => Scanned::Clean,
                    Some(1) => Scanned::Found,
                    _ => Scanned::Unknown(format!("{} ended with {status}", self.program)),
                }
            }
            Ok(Err(e)) => Scanned::Unknown(format!("{}: {e}", self.program)),
            Err(_) => Scanned::Unknown(format!("{} took more than {:?}", self.program, self.limit)),
        }
    }
}

/// A command that has not ended. Also where the request that waits for it is given up, nothing of it goes on.
struct Running(Option<Child>);

impl Drop for Running {
    fn drop(&mut self) {
        let Some(child) = &mut self.0 else { return };
        #[cfg(unix)]
        if let Some(group) = child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            // It may have ended by itself in this moment; then there is nothing to end.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = child.start_kill();
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn scan(script: &str, seconds: u64) -> Scan {
        let words = ["/bin/sh", "-c", script, "scan", "{}"].map(str::to_owned);
        Scan::of(&words, seconds).unwrap()
    }

    #[tokio::test]
    async fn the_exit_code_says_what_was_found() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(scan("test -f \"$1\"", 60).look(file.path()).await, Scanned::Clean);
        assert_eq!(scan("exit 1", 60).look(file.path()).await, Scanned::Found);
        for script in ["exit 2", "exit 127", "kill -9 $$"] {
            assert!(matches!(scan(script, 60).look(file.path()).await, Scanned::Unknown(_)), "{script}");
        }
        let missing = Scan::of(&["/no/such/scanner".into(), "{}".into()], 60).unwrap();
        assert!(matches!(missing.look(file.path()).await, Scanned::Unknown(_)));
    }

    #[tokio::test]
    async fn one_that_hangs_is_ended_with_all_that_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a b;$(id).pdf");
        std::fs::write(&file, b"x").unwrap();
        let mark = dir.path().join("pid");
        let script = format!("sleep 3600 & echo $! > '{}'; wait", mark.display());
        let mut started = None;
        // On a busy machine the shell does not come that far in the shortest time.
        for seconds in [1, 10, 60] {
            let said = scan(&script, seconds).look(&file).await;
            assert!(matches!(said, Scanned::Unknown(_)), "{said:?}");
            started = std::fs::read_to_string(&mark).ok().and_then(|id| id.trim().parse::<i32>().ok());
            if started.is_some() {
                break;
            }
        }
        let child = started.unwrap();
        let gone = || {
            let state = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
            state.is_empty() || state.rsplit(')').next().is_some_and(|rest| rest.trim().starts_with('Z'))
        };
        while !gone() {
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn a_command_without_a_place_for_the_file_is_refused() {
        let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        assert_eq!(Scan::of(&[], 60), Err(ScanFault::Empty));
        assert_eq!(Scan::of(&words(&["", "{}"]), 60), Err(ScanFault::Empty));
        assert_eq!(Scan::of(&words(&["clamdscan", "--fdpass"]), 60), Err(ScanFault::NoPlace));
        let endless = Scan::of(&words(&["clamdscan", "{}"]), 301);
        assert_eq!(endless, Err(ScanFault::Seconds { got: 301, max: 300 }));
    }
}
