//! Sheets go in once, whole, in any encoding, and say what was wrong with a row.

use qingting_models::records::Viewer;
use qingting_models::store::{Page, QuarantineFilter};

use super::support::*;

#[tokio::test]
async fn a_hotline_sheet_becomes_judged_and_routed_items_that_are_found() {
    for engine in engines() {
        let county = County::on(engine).await;
        let sheet = county.file("calls.csv", calls(40));
        let path = sheet.to_str().unwrap();
        county.ok(&["source", "add", "12345", "--kind", "sheet", "--channel", "hotline", "--mode", "handle"]);
        let run = county.json(&["import", path, "--source", "12345", "--judge"]);
        assert_eq!(counts(&run), [40, 40, 0, 0, 0]);
        let store = county.store().await;
        assert_eq!(store.waiting_work().await.unwrap().total(), 0);
        let items = all_items(&store).await;
        assert!(items.iter().all(|item| item.judged_version == 1 && item.kind.is_some()));
        let wages = items.iter().find(|item| item.content.title == "工地拖欠工资").unwrap();
        assert_eq!(wages.main_topic.as_ref().map(|t| t.as_str()), Some("wages"));
        assert_eq!(wages.town.as_ref().map(|t| t.as_str()), Some("石浦镇"));
        let case =
            store.case_file(&Viewer::SYSTEM, wages.case.expect("routed by rule")).await.unwrap().unwrap();
        let (rule, due) = case.case.due.clone().expect("a due time with its rule");
        assert!(rule.as_str().starts_with("hotline."), "{rule}");
        assert!(case.clocks.iter().any(|clock| clock.due_at == due && !clock.steps.is_empty()));
        assert!(county.ok(&["audit", "verify"]).contains("whole"));
    }
}

#[tokio::test]
async fn the_same_sheet_again_changes_nothing_and_an_edited_row_is_one_update() {
    for engine in engines() {
        let county = County::on(engine).await;
        let text = calls(30);
        let sheet = county.file("calls.csv", &text);
        assert_eq!(county.import(&sheet, "12345"), [30, 30, 0, 0, 0]);
        assert_eq!(county.import(&sheet, "12345"), [30, 0, 0, 30, 0]);
        let edited = county.file("edited.csv", text.replacen("第7次来电", "第7次来电，又催了一次", 1));
        assert_eq!(county.import(&edited, "12345"), [30, 0, 1, 29, 0]);
        let store = county.store().await;
        let items = all_items(&store).await;
        let changed = items.iter().find(|item| item.version == 2).unwrap();
        let history = store.item_versions(&Viewer::SYSTEM, changed.id).await.unwrap();
        assert_eq!(history.len(), 1);
        assert!(!history[0].content.body.contains("又催了一次"));
    }
}

#[tokio::test]
async fn a_broken_date_is_quarantined_with_row_column_and_reason() {
    let county = County::sqlite().await;
    let sheet = county.file("calls.csv", calls(5).replacen("2026-11-03 09:02", "上个星期三", 1));
    assert_eq!(county.import(&sheet, "12345"), [5, 4, 0, 0, 1]);
    let rows =
        county.store().await.quarantine(QuarantineFilter::default(), Page::default()).await.unwrap().rows;
    let place = rows[0].place.to_string();
    assert!(place.contains("calls.csv") && place.contains("row 4") && place.contains("来电时间"), "{place}");
    assert!(rows[0].reason.contains("上个星期三"), "{}", rows[0].reason);
}

#[tokio::test]
async fn nothing_personal_is_readable_in_the_database() {
    let county = County::sqlite().await;
    let text =
        calls(3).replace("第1次来电。", "第1次来电。我叫欧阳建国，电话13912345678，住丹河路8号3幢502室。");
    let sheet = county.file("calls.csv", &text);
    county.ok(&["import", sheet.to_str().unwrap(), "--source", "12345", "--judge"]);
    let mut bytes = Vec::new();
    for name in ["qingting.db", "qingting.db-wal"] {
        bytes.extend(std::fs::read(county.home().join(name)).unwrap_or_default());
    }
    let holds = |needle: &str| bytes.windows(needle.len()).any(|w| w == needle.as_bytes());
    assert!(holds("路灯"), "the masked text is there");
    for secret in ["13912345678", "13800000001", "欧阳建国", "502室"] {
        assert!(!holds(secret), "{secret} stands in the database");
    }
}

#[tokio::test]
async fn an_unknown_source_is_made_and_said() {
    let county = County::sqlite().await;
    let sheet = county.file("calls.csv", calls(1));
    let output = county.run(&["import", sheet.to_str().unwrap(), "--source", "新平台"]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("新平台"));
    let listed = county.json(&["source", "list"]);
    assert_eq!(
        (&listed[0]["kind"], &listed[0]["channel"], &listed[0]["mode"]),
        (&"sheet".into(), &"complaint".into(), &"handle".into())
    );
}
