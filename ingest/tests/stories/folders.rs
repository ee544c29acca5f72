//! Outcome sheets for senders, watched folders, and quarantined rows that are read after all.

use std::fs;
use std::path::Path;
use std::time::Duration;

use calamine::{Data, Reader, Xlsx, open_workbook};
use qingting_ingest::folder::{self, FolderError};
use qingting_ingest::http::Http;
use qingting_ingest::import::{import, import_with_outcome};
use qingting_ingest::outcome::{OutcomeError, OutcomeSheet};
use qingting_ingest::poll::{self, PollError};
use qingting_ingest::replay::{ReplayError, replay, reread};
use qingting_models::records::{
    Actor, Channel, Mode, QuarantinedRow, RejectForm, RejectKind, RowPlace, Source, SourceKind, SourceRun,
    SourceSettings, Viewer,
};
use qingting_models::store::testing::fresh;
use qingting_models::store::{Fate, ItemFilter, ItemState, NewSource, Page, QuarantineFilter, Store};
use serde_json::{Value, json};

use crate::sheets::{TestFile, file};

async fn source(store: &Store, name: &str, folder: Option<&Path>) -> Source {
    let new = NewSource {
        name: name.into(),
        kind: if folder.is_some() { SourceKind::Folder } else { SourceKind::Sheet },
        channel: Channel::Complaint,
        mode: Mode::Handle,
        url: None,
        cutoff: None,
        allow_host: None,
        interval_s: 600,
        settings: SourceSettings {
            folder: folder.map(|path| path.to_str().unwrap().to_owned()),
            ..SourceSettings::default()
        },
    };
    store.add_source(new, Actor::Console).await.unwrap()
}

async fn count(store: &Store) -> i64 {
    let filter = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
    store.count_items(&Viewer::SYSTEM, &filter).await.unwrap()
}

fn counts(read: i64, new: i64, updated: i64, unchanged: i64, quarantined: i64) -> SourceRun {
    SourceRun { read, new, updated, unchanged, quarantined }
}

const CALLS: &str = "工单编号,诉求人姓名,工单标题,工单内容,推送时间\n\
    =1+1,章小雨,积水,门口积水,2026/11/1 9:00\nB,章小雨,坏,坏,13800001234\nC,李明,路灯,不亮,2026/11/1 9:00\n";

#[tokio::test]
async fn the_sender_gets_a_line_for_each_row_without_formulas_and_persons() {
    let store = fresh().await.unwrap();
    let source = source(&store, "热线", None).await;
    let sheet = file("a.csv", CALLS);
    let folder = tempfile::tempdir().unwrap();
    let outcome = |name: &str| OutcomeSheet::create(&folder.path().join(name));
    for name in ["一.csv", "二.xlsx"] {
        let to = outcome(name).unwrap();
        import_with_outcome(&store, &source, &sheet.path, None, Some(to), &|_| {}).await.unwrap();
    }
    let text = fs::read_to_string(folder.path().join("一.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "\u{feff}行号,工作表,编号,结果,列,原因");
    assert_eq!(lines[1], "2,,'=1+1,新收,,");
    assert!(lines[2].starts_with("3,,B,退回,推送时间,") && lines[2].contains("不是时间"), "{}", lines[2]);
    assert!(!text.contains("13800001234") && !text.contains("章小雨"), "{text}");
    let mut book: Xlsx<_> = open_workbook(folder.path().join("二.xlsx")).unwrap();
    let range = book.worksheet_range("结果").unwrap();
    let cells: Vec<&Data> = range.rows().nth(1).unwrap().iter().collect();
    assert_eq!(cells[2], &Data::String("=1+1".into()));
    assert_eq!(cells[3], &Data::String("未变".into()));
    assert_eq!(range.rows().count(), 4);
    assert!(matches!(outcome("三.pdf"), Err(OutcomeError::Kind(_))));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing half-written stays");
}

/// Puts a file into a folder that has lain there for a while.
fn drop_file(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    let before = fs::metadata(&path).unwrap().modified().unwrap() - Duration::from_secs(60);
    fs::File::options().write(true).open(path).unwrap().set_modified(before).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn files_dropped_into_a_folder_are_read_sealed_away_and_answered() {
    let store = fresh().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let source = source(&store, "文件夹", Some(folder.path())).await;
    drop_file(folder.path(), "十一月.csv", CALLS);
    drop_file(folder.path(), "照片.csv", b"\x89PNG\r\n\x1a\n\0\0");
    for passed_over in
        [".隐藏.csv", "~$十一月.xlsx", "下载.csv.part", "下载.csv.crdownload", "说明.docx", "master.key"]
    {
        drop_file(folder.path(), passed_over, CALLS);
    }
    assert_eq!(folder::poll(&store, &source).await.unwrap(), counts(3, 2, 0, 0, 1));
    assert_eq!(
        names(folder.path()),
        [
            "master.key",
            "~$十一月.xlsx",
            "下载.csv.crdownload",
            "下载.csv.part",
            "已读",
            "结果",
            "说明.docx",
            "读不了"
        ]
    );
    assert_eq!(names(&folder.path().join("结果")), ["十一月-结果.xlsx"]);
    let read = names(&folder.path().join("已读"));
    assert!(read.len() == 1 && read[0].ends_with("-十一月.csv.sealed"), "{read:?}");
    let sealed = folder.path().join("已读").join(&read[0]);
    assert!(!String::from_utf8_lossy(&fs::read(&sealed).unwrap()).contains("积水"));
    let mut plain = Vec::new();
    store.vault().open_file_to(&sealed, &mut plain).unwrap();
    assert_eq!(plain, CALLS.as_bytes());
    let unread = |sheets| folder::Unread { sheets, others: 2 };
    assert_eq!(folder::unread(&source), unread(1), "what is no sheet stays, and is counted");
    let failed = store.source_runs(source.id, 10).await.unwrap().into_iter().find_map(|run| run.error);
    assert!(
        failed.is_some_and(|why| why.starts_with("is a PNG picture")),
        "the fault alone, without the path"
    );
    let why = fs::read_to_string(folder.path().join("读不了").join("照片.csv.原因.txt")).unwrap();
    assert!(why.contains("不是表格"), "{why}");
    assert_eq!(folder::poll(&store, &source).await.unwrap(), SourceRun::default());
    drop_file(folder.path(), "十一月.csv", CALLS);
    assert_eq!(folder::poll(&store, &source).await.unwrap(), counts(3, 0, 0, 2, 1));
    assert_eq!(names(&folder.path().join("结果")), ["十一月-结果-2.xlsx", "十一月-结果.xlsx"]);
    assert_eq!(names(&folder.path().join("已读")).len(), 2);
    assert_eq!(count(&store).await, 2);
    drop_file(folder.path(), "照片.csv", CALLS);
    folder::poll(&store, &source).await.unwrap();
    assert_eq!(folder::unread(&source), unread(0), "a sheet of that name was read since");
}

#[tokio::test]
async fn a_poll_that_is_stopped_anywhere_loses_and_doubles_nothing() {
    let rows: String = (0..3000).map(|n| format!("{n},第{n}件,内容{n}\n")).collect();
    for stop_after in [0, 5, 20, 60, 120, 200, 400, 800] {
        let store = fresh().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let source = source(&store, "文件夹", Some(folder.path())).await;
        drop_file(folder.path(), "a.csv", format!("编号,标题,内容\n{rows}"));
        drop_file(folder.path(), "b.csv", "编号,标题,内容\nX,一,一\n");
        let stopped =
            tokio::time::timeout(Duration::from_millis(stop_after), folder::poll(&store, &source)).await;
        if let Ok(done) = stopped {
            done.unwrap();
        } else if let Err(wrong) = folder::poll(&store, &source).await {
            // Another thread was still at the outcome sheet of before, and put the new one in place itself.
            assert!(matches!(wrong, FolderError::Outcome(_)), "stopped after {stop_after} ms: {wrong:?}");
        }
        folder::poll(&store, &source).await.unwrap();
        assert_eq!(count(&store).await, 3001, "stopped after {stop_after} ms");
        assert_eq!(names(folder.path()), ["已读", "结果", "读不了"]);
        assert_eq!(names(&folder.path().join("已读")).len(), 2);
        assert_eq!(names(&folder.path().join("结果")).len(), 2);
    }
}

#[tokio::test]
async fn that_another_process_reads_the_folder_is_no_failure_of_the_source() {
    let store = fresh().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let source = source(&store, "文件夹", Some(folder.path())).await;
    folder::poll(&store, &source).await.unwrap();
    let other = fs::File::create(folder.path().join("已读").join(".lock")).unwrap();
    other.try_lock().unwrap();
    let http = Http::new("test");
    let busy = poll::poll(&store, &http, &source).await;
    assert!(matches!(busy, Err(PollError::Folder(FolderError::Busy(_)))), "{busy:?}");
    let health = store.source(source.id).await.unwrap().unwrap().health;
    assert_eq!((health.failures, health.last_error), (0, None));
    drop(other);
    poll::poll(&store, &http, &source).await.unwrap();
}

#[tokio::test]
async fn a_file_that_was_read_but_not_put_away_is_not_read_again() {
    let store = fresh().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let source = source(&store, "文件夹", Some(folder.path())).await;
    drop_file(folder.path(), "a.csv", CALLS);
    // A folder where the reason of an earlier failure would be taken away: the file is read, but cannot be put away.
    let in_the_way = folder.path().join("读不了").join("a.csv.原因.txt");
    fs::create_dir_all(&in_the_way).unwrap();
    let stopped = folder::poll(&store, &source).await;
    assert!(
        matches!(&stopped, Err(FolderError::Io { path, .. }) if path.ends_with("a.csv.原因.txt")),
        "{stopped:?}"
    );
    assert_eq!(count(&store).await, 2);
    // As if it had been killed before the file was removed: the note is there, the sealed copy, and the file.
    let read = folder.path().join("已读");
    let mut kept = fs::read_dir(&read).unwrap().map(|entry| entry.unwrap().path());
    let note = kept.find(|path| path.extension().is_some_and(|ending| ending == "todo")).unwrap();
    let left: Value = serde_json::from_slice(&fs::read(&note).unwrap()).unwrap();
    let sealed = read.join(left["sealed"].as_str().unwrap());
    fs::write(&sealed, "sealed before").unwrap();
    fs::remove_dir(in_the_way).unwrap();
    assert_eq!(folder::poll(&store, &source).await.unwrap(), SourceRun::default());
    assert!(!note.exists() && !folder.path().join("a.csv").exists());
    assert_eq!(fs::read(sealed).unwrap(), b"sealed before");
    assert_eq!(names(&folder.path().join("结果")), ["a-结果.xlsx"]);
    assert_eq!(store.source_runs(source.id, 10).await.unwrap().len(), 1);
}

async fn look(store: &Store, source: &Source) -> Result<(), FolderError> {
    folder::look(store, &source.name, source.settings.folder.as_deref(), Some(source.id)).await
}

#[tokio::test]
async fn a_folder_that_cannot_be_watched_says_why() {
    let store = fresh().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("内");
    fs::create_dir(&inner).unwrap();
    for system in ["/", "/etc", "/usr/share", "/tmp", "/tmp/../etc"] {
        let looked = folder::look(&store, "系统", Some(system), None).await;
        assert!(matches!(looked, Err(FolderError::NotForSheets(_))), "{system}: {looked:?}");
    }
    let outer = source(&store, "外", Some(folder.path())).await;
    look(&store, &outer).await.unwrap();
    assert!(!folder.path().join("已读").exists(), "a look leaves nothing behind");
    folder::check(&store, &outer).await.unwrap();
    let within = source(&store, "内", Some(&inner)).await;
    assert!(
        matches!(folder::check(&store, &within).await, Err(FolderError::Overlaps { other, .. }) if other == "外")
    );
    store.remove_source(within.id, Actor::Console).await.unwrap();
    let missing = source(&store, "无", Some(&folder.path().with_extension("none"))).await;
    assert!(matches!(folder::check(&store, &missing).await, Err(FolderError::Missing(_))));
    assert!(matches!(look(&store, &missing).await, Err(FolderError::Missing(_))));
    let relative = source(&store, "相对", Some(Path::new("sheets"))).await;
    assert!(matches!(folder::check(&store, &relative).await, Err(FolderError::NotAbsolute(_))));
    let lone = file("a.csv", CALLS);
    let not = source(&store, "文件", Some(&lone.path)).await;
    assert!(matches!(folder::check(&store, &not).await, Err(FolderError::NotAFolder(_))));
    let none = Source { settings: SourceSettings::default(), ..not };
    assert!(matches!(folder::check(&store, &none).await, Err(FolderError::NotSet(_))));
}

async fn quarantined(store: &Store, closed: bool) -> Vec<QuarantinedRow> {
    let filter = QuarantineFilter { closed, ..QuarantineFilter::default() };
    let mut rows = store.quarantine(filter, Page::default()).await.unwrap().rows;
    rows.sort_by_key(|row| row.place.row);
    rows
}

#[tokio::test]
async fn rows_of_every_kind_are_mended_and_read_after_all() {
    let store = fresh().await.unwrap();
    let source = source(&store, "热线", None).await;
    let sheet: TestFile = file(
        "a.csv",
        "工单编号,工单标题,工单内容,推送时间\n1,一,一,昨天\n2,,,\n3,三,三,2026-11-01,多,余\n4,四,\"没合上,2026-11-01\n",
    );
    import(&store, &source, &sheet.path, None, &|_| {}).await.unwrap();
    let rows = quarantined(&store, false).await;
    let kinds: Vec<_> = rows.iter().map(|row| (row.kind, row.form)).collect();
    assert_eq!(
        kinds,
        [
            (RejectKind::Time, RejectForm::Row),
            (RejectKind::NoText, RejectForm::Row),
            (RejectKind::Width, RejectForm::Row),
            (RejectKind::Line, RejectForm::Line),
        ]
    );
    for row in &rows {
        let still = replay(&store, &source, row.id, None, false, Actor::Console).await;
        assert!(matches!(&still, Err(ReplayError::StillBad(fault)) if fault.kind == row.kind), "{still:?}");
    }
    let mut fixed = Vec::new();
    for row in &rows {
        let mut content = store.quarantined_original(row.id).await.unwrap();
        match row.kind {
            RejectKind::Time => content["推送时间"] = json!("2026-11-01 9:00"),
            RejectKind::NoText => content["工单内容"] = json!("补上的内容"),
            RejectKind::Width => content.as_object_mut().unwrap().retain(|key, _| !key.starts_with("(+")),
            _ => content["line"] = json!("4,四,\"合上了,好\",2026-11-01"),
        }
        fixed.push(content);
    }
    // Stopped between taking in and closing: the second time changes nothing and closes the row.
    let early = reread(&source, rows[0].form, &fixed[0], &rows[0].place).unwrap();
    store.take_in(&source, vec![early], Vec::new()).await.unwrap();
    for (row, content) in rows.iter().zip(fixed) {
        let done = replay(&store, &source, row.id, Some(content), false, Actor::Console).await.unwrap();
        assert_eq!(done.fate, if row.kind == RejectKind::Time { Fate::Unchanged } else { Fate::New });
    }
    assert_eq!(count(&store).await, 4);
    assert!(quarantined(&store, false).await.is_empty());
    let closed = quarantined(&store, true).await;
    assert!(closed.iter().all(|row| row.closed.as_ref().is_some_and(|c| c.replayed)));
    let again = replay(&store, &source, rows[0].id, None, false, Actor::Console).await;
    assert!(matches!(again, Err(ReplayError::Closed(_))));
    import(&store, &source, &sheet.path, None, &|_| {}).await.unwrap();
    assert!(quarantined(&store, false).await.is_empty(), "the same bad rows come no second time");
}

#[tokio::test]
async fn a_row_is_written_over_what_came_since_only_when_a_person_says_so() {
    let store = fresh().await.unwrap();
    let source = source(&store, "热线", None).await;
    let headers = "工单编号,工单标题,工单内容,推送时间";
    let bad = file("a.csv", format!("{headers}\n1,积水,旧的说法,昨天\n2,路灯,不亮,前天\n"));
    import(&store, &source, &bad.path, None, &|_| {}).await.unwrap();
    store.clock.set("2026-11-03T08:00:00Z".parse().unwrap());
    let good = file("b.csv", format!("{headers}\n1,积水,新的说法,2026-11-01\n"));
    import(&store, &source, &good.path, None, &|_| {}).await.unwrap();
    let bodies = async || {
        let filter = ItemFilter { state: ItemState::All, ..ItemFilter::default() };
        let items = store.items(&Viewer::SYSTEM, &filter, Page::default()).await.unwrap().rows;
        items.into_iter().map(|item| item.content.body).collect::<Vec<_>>()
    };
    let rows = quarantined(&store, false).await;
    let mut mended = Vec::new();
    for row in &rows {
        let mut content = store.quarantined_original(row.id).await.unwrap();
        content["推送时间"] = json!("2026-11-01");
        mended.push(content);
    }
    let again = async |row: &QuarantinedRow, content: &Value, over| {
        replay(&store, &source, row.id, Some(content.clone()), over, Actor::Console).await
    };
    let (changed, other) = (&rows[0], &rows[1]);
    let refused = again(changed, &mended[0], false).await;
    assert!(matches!(refused, Err(ReplayError::MayBeOutdated)), "{refused:?}");
    assert_eq!(again(other, &mended[1], false).await.unwrap().fate, Fate::New);
    assert_eq!(bodies().await, ["不亮", "新的说法"]);
    assert_eq!(quarantined(&store, false).await.len(), 1, "the row waits for a person");
    assert_eq!(again(changed, &mended[0], true).await.unwrap().fate, Fate::Updated);
    assert_eq!(bodies().await, ["不亮", "旧的说法"]);
}

#[tokio::test]
async fn a_column_map_saved_later_reads_what_was_not_recognised() {
    let store = fresh().await.unwrap();
    let source = source(&store, "接口", None).await;
    let sheet =
        file("a.jsonl", "{\"编号\":\"1\",\"内容\":\"积水\"}\n{\"甲\":\"2\",\"乙\":\"路灯不亮\"}\nnot json\n");
    import(&store, &source, &sheet.path, None, &|_| {}).await.unwrap();
    let rows = quarantined(&store, false).await;
    assert_eq!((rows[0].kind, rows[0].form), (RejectKind::Header, RejectForm::Row));
    assert_eq!((rows[1].kind, rows[1].form), (RejectKind::Line, RejectForm::Line));
    let mapped = Source {
        column_map: Some("external_id = \"甲\"\nbody = \"乙\"\ntitle = \"丙\"".into()),
        ..source.clone()
    };
    assert_eq!(
        replay(&store, &mapped, rows[0].id, None, false, Actor::Console).await.unwrap().fate,
        Fate::New
    );
    let mended = json!({ "line": "{\"甲\":\"3\",\"乙\":\"停水了\"}" });
    assert_eq!(
        replay(&store, &mapped, rows[1].id, Some(mended), false, Actor::Console).await.unwrap().fate,
        Fate::New
    );
    assert_eq!(count(&store).await, 3);
}

#[tokio::test]
async fn entries_of_feeds_are_read_again_from_their_markup() {
    let store = fresh().await.unwrap();
    let source = source(&store, "新闻", None).await;
    let place = RowPlace::default();
    let read = |form, original: serde_json::Value| reread(&source, form, &original, &place);
    for markup in [
        "<item><guid>7</guid><title>停水 &amp; 停电</title><content:encoded>明天</content:encoded></item>",
        "<entry><id>7</id><title>停水 &amp; 停电</title><content>明天</content></entry>",
        "{\"id\":\"7\",\"title\":\"停水 & 停电\",\"content_text\":\"明天\"}",
    ] {
        let arrival = read(RejectForm::Markup, json!({ "markup": markup })).unwrap();
        assert_eq!(arrival.external_id.as_deref(), Some("7"), "{markup}");
        assert_eq!((arrival.content.title.as_str(), arrival.content.body.as_str()), ("停水 & 停电", "明天"));
    }
    assert_eq!(
        read(RejectForm::Markup, json!({ "markup": "<item/>" })).unwrap_err().kind,
        RejectKind::NoText
    );
    assert!(read(RejectForm::Markup, json!({})).is_err());
    let entry = json!({ "id": "7", "title": "", "url": "https://a.cn/7", "published": "2026-11-01T01:00:00Z", "body": "<p>明天</p>" });
    let arrival = read(RejectForm::Entry, entry).unwrap();
    assert_eq!(
        (arrival.content.body.as_str(), arrival.content.url.as_deref()),
        ("明天", Some("https://a.cn/7"))
    );
    assert_eq!(read(RejectForm::Entry, json!({ "body": " " })).unwrap_err().kind, RejectKind::NoText);
}
