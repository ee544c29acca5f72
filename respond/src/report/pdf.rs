//! A report as PDF, by a program of this machine: LibreOffice from the Word file, else Chromium from the HTML.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::Semaphore;

/// What LibreOffice and Chromium are called on the systems we know.
const OFFICES: [&str; 2] = ["soffice", "libreoffice"];
const BROWSERS: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];
/// Names another browser.
const BROWSER: &str = "QINGTING_CHROMIUM";
/// One at a time: each takes hundreds of megabytes.
static ONE: Semaphore = Semaphore::const_new(1);

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    #[error(
        "a PDF needs LibreOffice or Chromium on this machine; neither was found. docx and html need nothing"
    )]
    NoProgram,
    #[error("the PDF was not made within {} seconds", .0.as_secs())]
    TooSlow(Duration),
    #[error("{program} could not make the PDF: {said}")]
    Failed { program: String, said: String },
    #[error("the PDF cannot be made: {0}")]
    Io(#[from] std::io::Error),
}

/// A program that makes PDF.
enum Program {
    Office(PathBuf),
    Browser(PathBuf),
}

/// Whether there is a program that makes PDF.
pub fn makes_pdf() -> bool {
    program().is_some()
}

/// The bytes of the PDF of a report, given as Word file and as HTML. What is not done after `longest`, with the waiting for
/// its turn, is ended.
///
/// # Errors
/// When neither program is there, or the one that is fails or takes too long.
pub async fn pdf(docx: &[u8], html: &str, longest: Duration) -> Result<Vec<u8>, PdfError> {
    tokio::time::timeout(longest, made(docx, html)).await.unwrap_or(Err(PdfError::TooSlow(longest)))
}

async fn made(docx: &[u8], html: &str) -> Result<Vec<u8>, PdfError> {
    let program = program().ok_or(PdfError::NoProgram)?;
    // Nobody closes it.
    let _turn = ONE.acquire().await;
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let made = folder.join("report.pdf");
    let profile = folder.join("profile");
    match program {
        Program::Office(office) => {
            let file = folder.join("report.docx");
            tokio::fs::write(&file, docx).await?;
            let profile = format!("-env:UserInstallation=file://{}", profile.display());
            let mut command = Command::new(office);
            command.args([&profile, "--headless", "--convert-to", "pdf", "--outdir"]).arg(folder).arg(file);
            run(command).await?;
        }
        Program::Browser(browser) => {
            let page = folder.join("report.html");
            tokio::fs::write(&page, html).await?;
            let mut command = Command::new(browser);
            command
                .args(["--headless", "--disable-gpu", "--no-sandbox", "--no-pdf-header-footer"])
                .arg(format!("--user-data-dir={}", profile.display()))
                .arg(format!("--print-to-pdf={}", made.display()))
                .arg(format!("file://{}", page.display()));
            run(command).await?;
        }
    }
    Ok(tokio::fs::read(&made).await?)
}

fn program() -> Option<Program> {
    let named = std::env::var(BROWSER).ok();
    let office = OFFICES.into_iter().find_map(found).map(Program::Office);
    let browser = || named.as_deref().into_iter().chain(BROWSERS).find_map(found).map(Program::Browser);
    office.or_else(browser)
}

/// The program of that name, or at that path.
fn found(name: &str) -> Option<PathBuf> {
    let path = Path::new(name);
    if path.components().count() > 1 {
        return path.is_file().then(|| path.to_owned());
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

async fn run(mut command: Command) -> Result<(), PdfError> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let done = command.output().await?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(PdfError::Failed { program, said: said.lines().last().unwrap_or("it said nothing").to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_by_name_or_path_and_another_is_not() {
        let shell = found("sh").unwrap();
        assert_eq!(found(&shell.to_string_lossy()), Some(shell));
        assert_eq!(found("no-such-program-of-ours"), None);
        assert_eq!(found("/nowhere/soffice"), None);
    }

    #[tokio::test]
    async fn what_a_failing_program_says_is_told() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo first >&2; echo no disk >&2; exit 3"]);
        let said = run(command).await.unwrap_err().to_string();
        assert!(said.starts_with("sh could not make the PDF: no disk"), "{said}");
    }
}
