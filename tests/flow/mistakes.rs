//! What people mistype: one clear line on standard error, and exit code 1 or 2.

use std::io::Write;
use std::process::{Output, Stdio};

use super::support::*;

fn complains(output: &Output, code: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is missing in: {said}");
    }
    if code == 1 {
        assert_eq!(said.trim().lines().count(), 1, "{said}");
    }
}

#[tokio::test]
async fn files_that_are_no_sheets() {
    let county = County::sqlite().await;
    let png = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13];
    let cases: [(&str, &[u8], &str); 5] = [
        ("empty.csv", b"", "empty"),
        ("picture.xlsx", &png, "picture"),
        ("columns.csv", "甲,乙,丙\n1,2,3\n".as_bytes(), "甲"),
        ("broken.xlsx", b"PK\x03\x04 no workbook at all", "broken.xlsx"),
        ("zeros.csv", &[0; 4000], "zeros.csv"),
    ];
    for (name, content, word) in cases {
        let path = county.file(name, content);
        let output = county.run(&["import", path.to_str().unwrap(), "--source", "neu"]);
        complains(&output, 1, &[word]);
    }
    complains(&county.run(&["import", "/nowhere/x.csv", "--source", "neu"]), 1, &["/nowhere/x.csv"]);
    complains(&county.run(&["import", "/", "--source", "neu"]), 1, &["folder"]);
    assert_eq!(county.json(&["source", "list"]), serde_json::json!([]), "no source was left behind");
}

#[tokio::test]
async fn folders_that_cannot_be_watched() {
    let county = County::sqlite().await;
    let file = county.file("a.csv", "标题,内容\n甲,乙\n");
    let add = |folder: &str| {
        let args =
            ["source", "add", "投递箱", "--kind", "folder", "--channel", "hotline", "--mode", "handle"];
        county.run(&[&args[..], &["--folder", folder]].concat())
    };
    complains(&add("/nowhere/drop"), 1, &["/nowhere/drop", "does not exist", "make it"]);
    complains(&add(file.to_str().unwrap()), 1, &["is a file"]);
    assert_eq!(county.json(&["source", "list"]), serde_json::json!([]), "no source was left behind");
    let home = county.home();
    let good = home.parent().unwrap().join("drop");
    std::fs::create_dir(&good).unwrap();
    assert!(add(good.to_str().unwrap()).status.success());
    let moved = county.run(&["source", "edit", "投递箱", "--folder", "/nowhere/drop"]);
    complains(&moved, 1, &["does not exist"]);
    county.ok(&["source", "edit", "投递箱", "--every", "30"]);
}

#[tokio::test]
async fn names_that_are_not_known() {
    let county = County::sqlite().await;
    complains(&county.run(&["fetch", "--source", "无此来源"]), 1, &["无此来源"]);
    complains(&county.run(&["source", "pause", "无此来源"]), 1, &["无此来源"]);
    complains(&county.run(&["user", "disable", "nobody"]), 1, &["nobody"]);
    complains(
        &county.run(&["user", "add", "li", "--name", "李", "--role", "handler", "--department", "xyz"]),
        1,
        &["xyz", "rsj"],
    );
    complains(&county.run(&["user", "add", "li", "--name", "李", "--role", "king"]), 2, &["king"]);
    complains(
        &county.run(&["due", "--rule", "no.rule", "--from", "2026-01-05 09:00"]),
        2,
        &["no.rule", "hotline.handle"],
    );
    complains(&county.run(&["due", "--rule", "triage", "--from", "gestern"]), 2, &["gestern"]);
    complains(&county.run(&["nonsense"]), 2, &["nonsense"]);
}

#[tokio::test]
async fn a_short_password_is_refused_and_a_good_one_taken() {
    let county = County::sqlite().await;
    for (password, good) in [("kurz", false), ("ein-gutes-kennwort", true)] {
        let mut child = county
            .command(&["user", "add", "li", "--name", "李", "--role", "duty", "--password-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), good, "{said}");
        assert!(said.is_ascii(), "two languages in one line: {said}");
    }
    let again = county.run(&["user", "add", "li", "--name", "李", "--role", "duty"]);
    complains(&again, 1, &["li", "taken"]);
}

#[tokio::test]
async fn folders_and_ports_that_cannot_be_used() {
    let county = County::sqlite().await;
    let home = county.home();
    complains(&county.run(&["init", home.to_str().unwrap()]), 1, &["already"]);
    let file = county.file("a-file", "x");
    complains(&program().args(["init", file.join("in").to_str().unwrap()]).output().unwrap(), 1, &["a-file"]);
    let empty = tempfile::tempdir().unwrap();
    let nowhere = program().args(["--dir", empty.path().to_str().unwrap(), "serve"]).output().unwrap();
    complains(&nowhere, 1, &["qingting init"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    complains(&county.run(&["serve", "--bind", &address]), 1, &[&address]);
    let wrong =
        county.command(&["source", "list"]).env("QINGTING_DATABASE_URL", "mysql://x/y").output().unwrap();
    complains(&wrong, 1, &["sqlite:", "postgres://"]);
}

#[tokio::test]
async fn a_key_that_does_not_fit_and_a_mistyped_setting() {
    let county = County::sqlite().await;
    let other = County::sqlite().await;
    std::fs::copy(other.home().join("master.key"), county.home().join("master.key")).unwrap();
    complains(&county.run(&["source", "list"]), 1, &["master key"]);
    std::fs::write(other.home().join("qingting.toml"), "[web]\nbnd = \"127.0.0.1:80\"\n").unwrap();
    complains(&other.run(&["source", "list"]), 1, &["qingting.toml", "bnd"]);
    let third = County::sqlite().await;
    std::fs::write(third.home().join("county/routing.csv"), "topic,office\nwages,rsj\n").unwrap();
    let looked = third.run(&["doctor"]);
    complains(&looked, 1, &["1 of ", "checks found something wrong"]);
    let findings = String::from_utf8_lossy(&looked.stdout);
    assert!(findings.contains("WRONG county files: routing.csv line 1"), "{findings}");
}

#[tokio::test]
async fn lines_that_cannot_be_judged_are_named() {
    for (command, line) in [("classify", "{\"id\":1,\"title\":"), ("mask", "[]")] {
        let mut child = program()
            .args([command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{line}").unwrap();
        complains(&child.wait_with_output().unwrap(), 1, &["line 1"]);
    }
    let nothing =
        program().args(["train", "--corpus", "/nowhere.jsonl", "--out", "/tmp/x.model"]).output().unwrap();
    complains(&nothing, 1, &["/nowhere.jsonl"]);
    let damaged = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(damaged.path(), "no model").unwrap();
    let output = program()
        .args(["classify", "--model", damaged.path().to_str().unwrap()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    complains(&output, 1, &["model"]);
}
