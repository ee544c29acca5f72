//! Reports from the command line: every kind in every format, counted from sheets that come in late, and mistakes named.

use std::io::Read;

use super::support::*;

const HEAD: &str = "工单编号,工单标题,工单内容,推送时间,承办单位\n";

/// Calls of the second week of November, and one of the week before that comes along with them.
fn sheet() -> String {
    let rows = [
        "1,拖欠工资,工地老板拖欠工人三个月工资，一直不发。,2026-11-09 09:00,",
        "2,拖欠工资,工地老板拖欠工人三个月工资，讨要多次无果。,2026-11-10 10:00,",
        "3,=HYPERLINK(路灯),石浦镇渔港路路灯不亮。,2026-11-15 23:59,",
        "4,路灯不亮,石浦镇渔港路路灯不亮。,2026-11-08 23:59,",
        "5,噪音扰民,楼下烧烤店深夜噪音扰民。,2026-11-16 00:00,",
    ];
    format!("{HEAD}{}\n", rows.join("\n"))
}

#[tokio::test]
async fn a_week_is_counted_by_the_days_of_its_calls_and_written_in_every_form() {
    for engine in engines() {
        let county = County::on(engine).await;
        let file = county.file("a.csv", sheet());
        county.ok(&["import", file.to_str().unwrap(), "--source", "12345", "--judge"]);
        let week = ["report", "weekly", "--week", "2026-W46"];
        let told = county.json(&week);
        let figures = &told["figures"];
        assert_eq!(
            (&figures["span"]["from"], &figures["span"]["to"]),
            (&"2026-11-09".into(), &"2026-11-15".into())
        );
        assert_eq!(figures["totals"]["items"]["now"], 3);
        assert_eq!(figures["totals"]["demands"]["now"], 3);
        assert_eq!(figures["days"][0]["items"], 1);
        assert_eq!(
            county.json(&["report", "daily", "--from", "2026-11-08"])["figures"]["totals"]["items"]["now"],
            1
        );
        assert_eq!(
            county.json(&["report", "monthly", "--from", "2026-11-20"])["figures"]["totals"]["items"]["now"],
            5
        );
        let days = ["report", "period", "--from", "2026-11-08", "--to", "2026-11-16"];
        assert_eq!(county.json(&days)["figures"]["totals"]["items"]["now"], 5);
        let town = county.json(&[&week[..], &["--town", "石浦镇"]].concat());
        assert_eq!(town["figures"]["totals"]["items"]["now"], 1);
        let again = county.json(&week);
        assert_eq!(again["figures"]["totals"], told["figures"]["totals"], "counted again, the same");
        assert_ne!(again["digest"], told["digest"], "the digest holds the cut-off as well");

        let html = county.ok(&week);
        assert!(html.starts_with("<!doctype html>") && html.contains("收到信息 3 条"));
        for (format, begins) in
            [("docx", &b"PK"[..]), ("xlsx", b"PK"), ("html", b"<!doctype"), ("json", b"{")]
        {
            let out = county.home().join(format!("r.{format}"));
            county.ok(&[&week[..], &["--format", format, "--out", out.to_str().unwrap()]].concat());
            let mut bytes = Vec::new();
            std::fs::File::open(&out).unwrap().read_to_end(&mut bytes).unwrap();
            assert!(bytes.starts_with(begins), "{format}");
        }
        let folder = county.home().join("tables");
        county.ok(&[&week[..], &["--format", "csv", "--out", folder.to_str().unwrap()]].concat());
        let annex = std::fs::read_to_string(folder.join("附件.csv")).unwrap();
        assert_eq!(annex.lines().count(), 4);
        assert!(
            annex.contains(",'=HYPERLINK(路灯),") || annex.contains(",\"'=HYPERLINK(路灯)\","),
            "{annex}"
        );
    }
}

#[tokio::test]
async fn a_brief_tells_of_one_incident() {
    for engine in engines() {
        let county = County::on(engine).await;
        let file = county.file("a.csv", sheet());
        county.ok(&["import", file.to_str().unwrap(), "--source", "12345", "--judge"]);
        let store = county.store().await;
        let item = all_items(&store).await[0].id;
        let id = store.membership(item).await.unwrap().unwrap().incident.to_string();
        let brief = county.json(&["report", "brief", "--incident", &id]);
        let items = brief["brief"]["items"].as_array().unwrap();
        assert!(items.iter().any(|listed| listed["item"] == item.to_string()), "{brief}");
        assert!(brief["flash"].as_str().unwrap().contains("以来收到"), "{brief}");
        let html = county.ok(&["report", "brief", "--incident", &id]);
        assert!(html.contains("舆情专报") && html.contains("下一步建议"));
    }
}

#[tokio::test]
async fn what_no_report_is_about_is_wrong_usage() {
    let county = County::sqlite().await;
    for (args, words) in [
        (&["weekly", "--week", "2026-W60"][..], "2026-W46"),
        (&["weekly", "--week", "2026-W46", "--from", "2026-11-09"], "not both"),
        (&["weekly", "--from", "2026-11-09", "--to", "2026-11-10"], "seven days"),
        (&["daily", "--week", "2026-W46"], "weekly alone"),
        (&["daily", "--from", "昨天"], "2026-11-09"),
        (&["period", "--from", "2026-11-09"], "--to"),
        (&["period", "--from", "2026-11-09", "--to", "2026-11-01"], "早于"),
        (&["monthly", "--to", "2026-11-30"], "--from"),
        (&["weekly", "--topic", "luck"], "wages"),
        (&["weekly", "--town", "不在册镇"], "石浦镇"),
        (&["weekly", "--department", "nobody"], "rsj"),
        (&["weekly", "--format", "docx"], "--out"),
        (&["brief"], "--incident"),
        (&["brief", "--incident", "x"], "13 characters"),
    ] {
        let output = county.run(&[&["report"][..], args].concat());
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
        assert!(error.contains(words), "{args:?}: {error}");
    }
    let error = county.fails(&["report", "brief", "--incident", "0000000000001"]);
    assert!(error.contains("no incident 0000000000001"), "{error}");
}
