//! A report as PDF, by a program of this machine: LibreOffice from the Word file, else Chromium from the HTML.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// What LibreOffice and Chromium are called on the systems we know.
const OFFICES: [&str; 2] = ["soffice", "libreoffice"];
const BROWSERS: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];
/// Names another browser.
const BROWSER: &str = "QINGTING_CHROMIUM";

/// The bytes of the PDF.
///
/// # Errors
/// When neither program is there, or the one that is fails.
pub fn pdf(docx: &[u8], html: &str) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir().context("a folder for the PDF cannot be made")?;
    let folder = folder.path();
    let made = folder.join("report.pdf");
    if let Some(office) = OFFICES.into_iter().find(|name| is_there(name)) {
        std::fs::write(folder.join("report.docx"), docx)?;
        let profile = format!("-env:UserInstallation=file://{}", folder.join("profile").display());
        run(Command::new(office)
            .args([&profile, "--headless", "--convert-to", "pdf", "--outdir"])
            .arg(folder)
            .arg(folder.join("report.docx")))?;
        return read(&made);
    }
    let named = std::env::var(BROWSER).ok();
    let Some(browser) = named.as_deref().into_iter().chain(BROWSERS).find(|name| is_there(name)) else {
        bail!(
            "a PDF needs LibreOffice or Chromium on this machine; neither was found. docx and html need nothing"
        );
    };
    let page = folder.join("report.html");
    std::fs::write(&page, html)?;
    run(Command::new(browser)
        .args(["--headless", "--disable-gpu", "--no-sandbox", "--no-pdf-header-footer"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("--print-to-pdf={}", made.display()))
        .arg(format!("file://{}", page.display())))?;
    read(&made)
}

fn is_there(program: &str) -> bool {
    let quiet = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command.stdin(Stdio::null()).output().with_context(|| format!("{name} cannot be started"))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    bail!("{name} could not make the PDF: {}", said.lines().last().unwrap_or("it said nothing"))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).context("the PDF was not written")
}
