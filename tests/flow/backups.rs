//! A county is backed up while it works, comes back on either database, and works on there.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

use super::support::*;

const CALLS: usize = 300;

fn kill(mut child: Child, after: u64) {
    sleep(Duration::from_millis(after));
    child.kill().unwrap();
    child.wait().unwrap();
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A county with calls, and the file of them.
async fn filled(engine: Engine) -> (County, PathBuf) {
    let county = County::on(engine).await;
    county.ok(&["source", "add", "12345", "--kind", "sheet", "--channel", "hotline", "--mode", "handle"]);
    let sheet = county.file("calls.csv", calls(CALLS));
    county.ok(&["import", text(&sheet), "--source", "12345", "--judge"]);
    (county, sheet)
}

#[tokio::test]
async fn what_was_backed_up_while_others_wrote_comes_back_whole_on_either_database() {
    for engine in engines() {
        let (county, sheet) = filled(engine).await;
        let settings = county.home().join("county/county.toml");
        let changed = fs::read_to_string(&settings).unwrap().replace("象山县", "东海县");
        fs::write(&settings, &changed).unwrap();
        let more = county.file("more.csv", calls(4 * CALLS));
        let mut importing = county.start(&["import", text(&more), "--source", "12345", "--judge"]);
        sleep(Duration::from_millis(300));
        let folder = county.file("x", "").with_file_name("backups");
        fs::create_dir(&folder).unwrap();
        let made = county.json(&["backup", text(&folder), "--keep", "2"]);
        assert!(importing.wait().unwrap().success());
        let file = PathBuf::from(made["file"].as_str().unwrap());
        let checked = county.json(&["restore", text(&file), "--check"]);
        assert_eq!((&checked["rows"], &checked["files"]), (&made["rows"], &made["files"]));
        assert!(county.ok(&["doctor"]).contains("backup"));

        for into in engines() {
            let new = county.new_home(into).await;
            let restored = new.json(&["restore", text(&file)]);
            let found = restored["indexed"].as_i64().unwrap();
            assert!((CALLS as i64..=4 * CALLS as i64).contains(&found), "{restored}");
            assert_eq!(fs::read_to_string(new.home().join("county/county.toml")).unwrap(), changed);
            let lines = new.json(&["audit", "verify"])["lines"].as_i64().unwrap();
            assert_eq!(lines, restored["audit_lines"].as_i64().unwrap());
            // What was there is known, what came later comes again: nothing is lost and nothing doubled.
            assert_eq!(new.import(&sheet, "12345"), [CALLS as i64, 0, 0, CALLS as i64, 0]);
            new.ok(&["import", text(&more), "--source", "12345", "--judge"]);
            let store = new.store().await;
            assert_eq!(all_items(&store).await.len(), 4 * CALLS);
            store.close().await;
            new.ok(&["doctor"]);
            let again = new.fails(&["restore", text(&file)]);
            assert!(again.contains("holds something; a restore needs a new, empty database"), "{again}");
        }
    }
}

#[tokio::test]
async fn a_killed_backup_leaves_no_file_and_a_killed_restore_is_done_again() {
    for engine in engines() {
        let (county, sheet) = filled(engine).await;
        let file = county.file("x", "").with_file_name("county.tar.zst");
        for after in [5, 20, 60] {
            kill(county.start(&["backup", text(&file)]), after);
            // It may have come to its end before; then it is whole.
            if file.exists() {
                county.ok(&["restore", text(&file), "--check"]);
                fs::remove_file(&file).unwrap();
            }
        }
        county.ok(&["backup", text(&file)]);
        let said = county.fails(&["backup", text(&file)]);
        assert!(said.contains("exists; name another file, or a folder"), "{said}");
        for into in engines() {
            let new = county.new_home(into).await;
            for after in [30, 100, 200, 400] {
                kill(new.start(&["restore", text(&file)]), after);
            }
            let output = new.run(&["restore", text(&file)]);
            let said = String::from_utf8_lossy(&output.stderr);
            // The last kill may have come after its end.
            assert!(output.status.success() || said.contains("holds something"), "{said}");
            assert_eq!(new.import(&sheet, "12345"), [CALLS as i64, 0, 0, CALLS as i64, 0]);
            new.ok(&["audit", "verify"]);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_restored_is_refused_with_what_to_do() {
    let (county, _) = filled(Engine::Sqlite).await;
    let file = county.file("x", "").with_file_name("county.tar.zst");
    county.ok(&["backup", text(&file)]);
    let whole = fs::read(&file).unwrap();

    let new = county.new_home(Engine::Sqlite).await;
    fs::remove_file(new.home().join("master.key")).unwrap();
    let said = new.fails(&["restore", text(&file)]);
    assert!(said.contains("the key is not part of a backup") && said.contains("key import"), "{said}");

    for (content, why) in [
        (&whole[..whole.len() / 2], "damaged or cut off"),
        (&whole[..0], "no backup"),
        (b"PK\x03\x04 some other file".as_slice(), "no backup"),
    ] {
        let bad = county.file("bad.tar.zst", content);
        for args in [vec!["restore", text(&bad), "--check"], vec!["restore", text(&bad)]] {
            let new = county.new_home(Engine::Sqlite).await;
            let said = new.fails(&args);
            assert!(said.contains(why) && said.contains("bad.tar.zst"), "{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
        }
    }

    let new = county.new_home(Engine::Sqlite).await;
    fs::create_dir(new.home().join("county")).unwrap();
    fs::write(new.home().join("county/county.toml"), "name = \"别的县\"\n").unwrap();
    let said = new.fails(&["restore", text(&file)]);
    assert!(said.contains("county.toml stands there with other content"), "{said}");

    let said = county.run(&["backup", text(&county.home().join("one")), "--keep", "3"]);
    assert_eq!(said.status.code(), Some(2), "--keep needs a folder");
}

#[tokio::test]
async fn only_so_many_backups_stay_in_a_folder_and_other_files_do() {
    let county = County::sqlite().await;
    // Backups that lie in the county's own folder do not go into the next one.
    let folder = county.home().join("backups");
    fs::create_dir(&folder).unwrap();
    for name in ["qingting-20260101-0700.tar.zst", "qingting-20260201-0700.tar.zst", "notes.txt"] {
        fs::write(folder.join(name), "x").unwrap();
    }
    let made = county.json(&["backup", text(&folder), "--keep", "2"]);
    assert_eq!(made["removed"].as_array().unwrap().len(), 1);
    assert!(!folder.join("qingting-20260101-0700.tar.zst").exists());
    assert!(folder.join("qingting-20260201-0700.tar.zst").exists() && folder.join("notes.txt").exists());
    let new = county.new_home(Engine::Sqlite).await;
    new.ok(&["restore", made["file"].as_str().unwrap()]);
    let kept: Vec<_> =
        fs::read_dir(new.home().join("backups")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(kept, ["notes.txt"]);
}

#[tokio::test]
async fn no_key_is_in_a_backup_and_nothing_unmasked() {
    let (county, _) = filled(Engine::Sqlite).await;
    let file = county.file("x", "").with_file_name("county.tar.zst");
    county.ok(&["backup", text(&file)]);
    let keys = fs::read_to_string(county.home().join("master.key")).unwrap();
    let secrets: Vec<&str> = keys.split_whitespace().filter(|word| word.len() > 20).collect();
    assert!(!secrets.is_empty());
    let mut archive = tar::Archive::new(zstd::Decoder::new(fs::File::open(&file).unwrap()).unwrap());
    let (mut names, mut masked) = (Vec::new(), false);
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        for secret in secrets.iter().chain(&["1380000"]) {
            assert!(!content.contains(secret), "{name} holds {secret}");
        }
        masked |= content.contains("望海花园");
        names.push(name);
    }
    assert!(
        masked && names[0] == "qingting-backup.json" && names.contains(&"folder/qingting.toml".to_owned())
    );
    assert!(
        !names.iter().any(|name| name.contains("master.key") || name.contains("qingting.db")),
        "{names:?}"
    );
}
