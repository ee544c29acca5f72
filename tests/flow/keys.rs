//! Keys in the hands of an administrator: rotated under running and killed commands, exported, restored, and sealed
//! files opened.

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use qingting_models::records::{Actor, Viewer};
use qingting_models::vault::{Vault, random};

use super::support::*;

const ROWS: usize = 3_000;
const KILLS: usize = 12;
const PASSPHRASE: &str = "绿水青山 four words 2026\n";

/// Runs a command with a text on standard input.
fn with_input(county: &County, args: &[&str], input: &str) -> Output {
    let mut command = county.command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that refuses before it reads closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_rotation_survives_kills_and_imports_go_on_meanwhile() {
    for engine in engines() {
        let county = County::on(engine).await;
        let rows = calls(ROWS);
        let sheet = county.file("calls.csv", &rows);
        county.import(&sheet, "12345");
        let refused = county.run(&["key", "rotate"]);
        assert_eq!(refused.status.success(), engine == Engine::Sqlite, "{}", said(&refused));
        county.ok(&["key", "rotate", "--prepare"]);
        let newest = if engine == Engine::Sqlite { 3 } else { 2 };

        let more = county.file("more.csv", calls(ROWS + 500));
        let mut importing = county.start(&["import", more.to_str().unwrap(), "--source", "12345"]);
        let mut running = 0;
        for _ in 0..KILLS {
            let mut child = county.start(&["key", "rotate"]);
            sleep(Duration::from_millis(u64::from(random::<1>().unwrap()[0])));
            running += usize::from(child.try_wait().unwrap().is_none());
            child.kill().unwrap();
            child.wait().unwrap();
        }
        println!("{engine:?}: killed {running} rotations at work");
        assert!(importing.wait().unwrap().success());
        // A rotation that was over before its kill may have begun another on SQLite.
        let store = county.store().await;
        let status = store.key_status().await.unwrap();
        if status.rotating || status.prepared.is_some() {
            county.ok(&["key", "rotate"]);
        }
        let status = store.key_status().await.unwrap();
        assert!(status.current >= newest && !status.rotating, "{status:?}");

        let again = county.import(&more, "12345");
        assert_eq!(again, [ROWS as i64 + 500, 0, 0, ROWS as i64 + 500, 0], "no identity has changed");
        for item in all_items(&store).await.iter().step_by(17) {
            let plain = store.unmask_item(&Viewer::SYSTEM, item.id, "核对", Actor::Console).await.unwrap();
            assert!(plain.to_string().contains("138"), "{plain}");
        }
        store.close().await;
        assert!(county.ok(&["audit", "verify"]).contains("whole"));
    }
}

#[tokio::test]
async fn keys_are_exported_and_restored_into_an_empty_folder_only() {
    let county = County::sqlite().await;
    let key = county.home().join("master.key");
    let before = fs::read(&key).unwrap();
    let export = county.home().join("keys.export");
    let place = export.to_str().unwrap();
    let out = ["key", "export", "--out", place, "--passphrase-stdin"];

    assert!(said(&with_input(&county, &out, "short\n")).contains("at least 12 characters"));
    assert!(!export.exists());
    let unasked = county.run(&["key", "export", "--out", place]);
    assert_eq!(unasked.status.code(), Some(2), "{}", said(&unasked));
    let done = with_input(&county, &out, PASSPHRASE);
    assert!(done.status.success(), "{}", said(&done));
    assert!(said(&with_input(&county, &out, PASSPHRASE)).contains("exists already"));
    let text = fs::read_to_string(&export).unwrap();
    assert!(text.starts_with("qingting-key-export 1\nargon2id m=65536 t=3 p=1 salt="));

    let import = ["key", "import", place, "--passphrase-stdin"];
    assert!(with_input(&county, &import, PASSPHRASE).status.success(), "the same keys are there already");
    fs::remove_file(&key).unwrap();
    assert!(said(&with_input(&county, &import, "a wrong passphrase\n")).contains("the passphrase is wrong"));
    assert!(!key.exists());
    let damaged = county.file("damaged", text.replacen("body ", "body 0", 1));
    let refused =
        with_input(&county, &["key", "import", damaged.to_str().unwrap(), "--passphrase-stdin"], PASSPHRASE);
    assert!(said(&refused).contains("damaged"), "{}", said(&refused));
    assert!(with_input(&county, &import, PASSPHRASE).status.success());
    assert_eq!(fs::read(&key).unwrap(), before);
    county.ok(&["audit", "verify"]);

    let other = County::sqlite().await;
    let foreign = fs::read(other.home().join("master.key")).unwrap();
    let refused = with_input(&other, &import, PASSPHRASE);
    assert!(said(&refused).contains("has another key file"), "{}", said(&refused));
    assert_eq!(fs::read(other.home().join("master.key")).unwrap(), foreign);
}

#[tokio::test]
async fn a_sealed_file_opens_with_a_reason_that_is_logged_also_after_a_rotation() {
    let county = County::sqlite().await;
    let plain = county.file("张三来信.csv", calls(20_000));
    let sealed = county.home().join("张三来信.csv.sealed");
    Vault::load(&county.home().join("master.key")).unwrap().seal_file(&plain, &sealed).unwrap();
    county.ok(&["key", "rotate"]);

    let out = county.home().join("opened.csv");
    let (file, place) = (sealed.to_str().unwrap(), out.to_str().unwrap());
    let refused = county.run(&["key", "open", file, "--out", place, "--reason", " "]);
    assert!(said(&refused).contains("needs a reason"));
    assert!(!out.exists());
    county.ok(&["key", "open", file, "--out", place, "--reason", "核对原件"]);
    assert_eq!(fs::read(&out).unwrap(), fs::read(&plain).unwrap());
    let again = county.run(&["key", "open", file, "--out", place, "--reason", "核对原件"]);
    assert!(said(&again).contains("exists already"));
    let none = county.run(&["key", "open", plain.to_str().unwrap(), "--out", "x", "--reason", "核对原件"]);
    assert!(said(&none).contains("no sealed file"), "{}", said(&none));

    let store = county.store().await;
    let filter =
        qingting_models::store::AuditFilter { action: Some("file.open".into()), ..Default::default() };
    let lines = store.audit_page(&filter, Default::default()).await.unwrap().rows;
    assert_eq!(lines.len(), 1, "only what was opened is logged");
    assert!(!lines[0].entry.detail.to_string().contains("张三"));
}
