//! The county's tables from the command line: tried, taken in, kept in versions, and what a new year does to due times.

use super::support::*;

const YEAR: &str = r#"{"year":2027,"days":[{"name":"元旦","date":"2027-01-01","isOffDay":true},{"name":"元旦","date":"2027-01-04","isOffDay":true}]}"#;

#[tokio::test]
async fn a_published_year_is_taken_in_and_due_times_follow() {
    for engine in engines() {
        let county = County::on(engine).await;
        let due = || county.json(&["due", "--rule", "hotline.handle", "--from", "2026-12-29 10:00"]);
        assert_eq!(due()["due"], "2027-01-05T17:00:00+08:00");
        assert_eq!(county.json(&["calendar", "list"])["years"], serde_json::json!([2024, 2025, 2026]));
        let file = county.file("2027.json", YEAR);
        let taken = county.json(&["calendar", "import", file.to_str().unwrap()]);
        assert_eq!((&taken["file"], &taken["version"]), (&"calendar/2027.json".into(), &1.into()));
        assert_eq!(due()["due"], "2027-01-07T17:00:00+08:00", "the first and the fourth of January are off");
        let wrong = county.file(
            "wrong.json",
            r#"{"year":2027,"days":[{"name":"元旦","date":"2026-05-01","isOffDay":true}]}"#,
        );
        let error = county.fails(&["calendar", "import", wrong.to_str().unwrap()]);
        assert!(error.contains("line 1") && error.contains("2026-05-01"), "{error}");
        assert!(
            county
                .ok(&["doctor"])
                .contains("changed on a page, so that the folder's does not count: calendar/2027.json")
        );
    }
}

#[tokio::test]
async fn the_routing_table_is_exported_tried_and_taken_in() {
    for engine in engines() {
        let county = County::on(engine).await;
        let sheet = "工单编号,工单标题,工单内容,推送时间,承办单位\n\
            1,拖欠工资,工地老板拖欠工人三个月工资，一直不发。,2026-11-20 09:00,\n";
        let sheet = county.file("a.csv", sheet);
        county.ok(&["import", sheet.to_str().unwrap(), "--source", "12345", "--judge"]);
        let table = county.ok(&["rule", "routing", "export"]);
        let other = table.replace("90,wages,,,,rsj,", "90,wages,,,,zjj,");
        assert_ne!(table, other);
        let file = county.file("routing.csv", &other);
        let file = file.to_str().unwrap();
        let tried = county.json(&["rule", "routing", "try", file]);
        let gained = serde_json::json!([
            { "code": "rsj", "before": 1, "after": 0 },
            { "code": "zjj", "before": 0, "after": 1 }
        ]);
        assert_eq!(
            (&tried["items"], &tried["moved"], &tried["departments"]),
            (&1.into(), &1.into(), &gained)
        );
        assert_eq!(county.ok(&["rule", "routing", "export"]), table, "a trial stores nothing");
        county.ok(&["rule", "routing", "import", file, "--reason", "欠薪归住建"]);
        assert!(county.ok(&["rule", "routing", "export"]).contains("90,wages,,,,zjj,"));
        let shown = county.json(&["department", "show", "zjj"]);
        assert!(shown["rules"].as_array().unwrap().iter().any(|rule| rule["topic"] == "wages"), "{shown}");
        let broken = county.file("broken.csv", other.replace(",zjj,", ",nobody,"));
        let error = county.fails(&["rule", "routing", "import", broken.to_str().unwrap(), "--reason", "错"]);
        assert!(error.contains("nothing was changed") && error.contains("nobody"), "{error}");
    }
}

#[tokio::test]
async fn departments_are_listed_and_one_with_cases_cannot_be_left_out() {
    for engine in engines() {
        let county = County::on(engine).await;
        let sheet = "工单编号,工单标题,工单内容,推送时间,承办单位\n\
            1,拖欠工资,工地老板拖欠工人三个月工资，一直不发。,2026-11-20 09:00,\n";
        let sheet = county.file("a.csv", sheet);
        county.ok(&["import", sheet.to_str().unwrap(), "--source", "12345", "--judge"]);
        let listed = county.json(&["department", "list"]);
        let of = |code: &str| {
            let all = listed["departments"].as_array().unwrap();
            all.iter().find(|d| d["code"] == code).unwrap().clone()
        };
        assert_eq!((&of("rsj")["by_rule"], &of("rsj")["accuracy"]), (&1.into(), &1.0.into()));
        assert_eq!(of("zjj")["by_rule"], 0);
        let table = county.ok(&["department", "export"]);
        let routes: String = county
            .ok(&["rule", "routing", "export"])
            .lines()
            .filter(|line| !line.contains(",rsj,"))
            .map(|line| format!("{line}\n"))
            .collect();
        let routes = county.file("routing.csv", routes);
        county.ok(&["rule", "routing", "import", routes.to_str().unwrap(), "--reason", "撤销"]);
        // Reply templates name the department too.
        std::fs::write(county.home().join("county/templates.toml"), "").unwrap();
        let without: String =
            table.lines().filter(|l| !l.starts_with("rsj,")).map(|l| format!("{l}\n")).collect();
        let file = county.file("departments.csv", without);
        let error = county.fails(&["department", "import", file.to_str().unwrap(), "--reason", "撤销"]);
        assert!(error.contains("rsj has cases or users"), "{error}");
        assert!(county.fails(&["department", "show", "none"]).contains("there is no department \"none\""));
    }
}
