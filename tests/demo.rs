//! The demo as a visitor starts it: fills a folder of its own, serves that again, and leaves other folders alone.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn qingting(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingting"));
    command.arg("--dir").arg(dir).args(arguments).env_remove("QINGTING_DATABASE_URL");
    command
}

fn run(dir: &Path, arguments: &[&str]) -> Output {
    qingting(dir, arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The page at a path, as it comes over the wire.
fn get(host: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

/// Serves a filled demo; gives what it says on its first line.
fn serve(dir: &Path) -> (Served, serde_json::Value) {
    let mut command = qingting(dir, &["demo", "--port", "0", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let out = child.stdout.take().unwrap();
    let served = Served(child);
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line).unwrap();
    (served, serde_json::from_str(&line).unwrap())
}

#[test]
fn a_small_demo_fills_proves_its_log_and_is_served_again() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("demo");
    let filled = run(&dir, &["demo", "--items", "120", "--no-serve", "--json"]);
    assert!(filled.status.success(), "{}", text(&filled.stderr));
    let first: serde_json::Value = serde_json::from_slice(&filled.stdout).unwrap();
    assert!(first["address"].is_null());
    assert!(first["logins"].as_array().unwrap().len() >= 9);

    let verified = run(&dir, &["audit", "verify"]);
    assert!(verified.status.success(), "{}", text(&verified.stderr));

    let (_served, told) = serve(&dir);
    assert_eq!(told["logins"], first["logins"], "the same folder, not a new season");
    let address = told["address"].as_str().unwrap();
    let page = get(address.trim_start_matches("http://"), "/login");
    let password = told["logins"][0]["password"].as_str().unwrap();
    assert!(page.contains(password), "the log-ins are on the log-in page");
}

#[test]
fn a_folder_with_something_else_in_it_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("letter.txt"), "mine").unwrap();
    let refused = run(dir.path(), &["demo", "--no-serve"]);
    assert_eq!(refused.status.code(), Some(1));
    let error = text(&refused.stderr);
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains("no demo") && error.contains("--dir"), "{error}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_port_in_use_is_told_before_anything_is_filled() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("demo");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = run(&dir, &["demo", "--port", &port]);
    assert_eq!(refused.status.code(), Some(1));
    let error = text(&refused.stderr);
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains(&port), "{error}");
    assert!(!dir.exists());
}
