//! Two sheets of another platform, one after the other: its cases are followed, and none of ours is opened.

use qingting_models::records::{MirrorStep, Viewer};
use qingting_models::store::{CaseFilter, MirrorFilter, MirrorState};

use super::support::*;

const HEAD: &str =
    "工单编号,工单标题,工单内容,推送时间,承办单位,工单状态,办理截止时间,答复内容,答复时间,满意度\n";

#[tokio::test]
async fn two_sheets_of_another_platform_are_followed_and_open_no_case() {
    for engine in engines() {
        let county = County::on(engine).await;
        county.ok(&[
            "source",
            "add",
            "省平台",
            "--kind",
            "sheet",
            "--channel",
            "complaint",
            "--mode",
            "mirror",
        ]);
        let first = format!(
            "{HEAD}S1,小区停水,小区停水三天没人管,2026-11-02 09:00,县住建局,处理中,2026-11-09 17:00,,,\n\
             S2,路灯不亮,建设路路灯不亮,2026-11-02 10:00,省级某某公司,待签收,2026-11-10 17:00,,,\n"
        );
        let second = format!(
            "{HEAD}S1,小区停水,小区停水三天没人管,2026-11-02 09:00,县住建局,已办结,2026-11-09 17:00,已恢复，联系张三 13800000000,2026-11-04 15:00,不满意\n\
             S2,路灯不亮,建设路路灯不亮,2026-11-02 10:00,县综合执法局,处理中,2026-11-12 17:00,,,\n"
        );
        let (one, two) = (county.file("a.csv", &first), county.file("b.csv", &second));
        // The second time each changes nothing.
        for sheet in [&one, &one, &two, &two] {
            county.ok(&["import", sheet.to_str().unwrap(), "--source", "省平台", "--judge"]);
        }
        let store = county.store().await;
        let all = MirrorFilter { state: MirrorState::All, ..MirrorFilter::default() };
        let cases = store.mirrored_cases(&Viewer::SYSTEM, &all, 0, 10).await.unwrap();
        let seen: Vec<_> = cases
            .iter()
            .map(|case| {
                let department = case.mirror.department.as_ref().map(|d| d.as_str().to_owned());
                (
                    case.mirror.number.as_str(),
                    department,
                    case.state(),
                    case.is_open(),
                    case.mirror.said.unsatisfied,
                )
            })
            .collect();
        let known = |code: &str| Some(code.to_owned());
        assert_eq!(
            seen,
            [("S1", known("zjj"), "已办结", false, true), ("S2", known("zfj"), "处理中", true, false)]
        );
        let answer = cases[0].mirror.said.answer.clone().unwrap();
        assert!(answer.contains("已恢复") && !answer.contains("13800000000"), "{answer}");
        for case in &cases {
            let lines = store.mirror_lines(&Viewer::SYSTEM, case.item.id).await.unwrap();
            let steps: Vec<_> = lines.iter().map(|line| line.step).collect();
            assert_eq!(steps, [MirrorStep::First, MirrorStep::Seen]);
        }
        let moved = store.mirror_lines(&Viewer::SYSTEM, cases[1].item.id).await.unwrap().remove(1).note;
        assert!(moved.contains("承办单位：省级某某公司 → 县综合执法局"), "{moved}");
        assert!(moved.contains("平台时限：2026-11-10 17:00 → 2026-11-12 17:00"), "{moved}");
        assert_eq!(store.count_cases(&Viewer::SYSTEM, &CaseFilter::default()).await.unwrap(), 0);
        assert!(county.ok(&["audit", "verify"]).contains("whole"));
    }
}

#[tokio::test]
async fn a_source_gets_a_tier_that_the_county_names_and_no_other() {
    let county = County::sqlite().await;
    let add =
        ["source", "add", "省报", "--kind", "feed", "--url", "https://news.example/rss", "--channel", "news"];
    let with = |tier| [&add[..], &["--mode", "handle", "--tier", tier]].concat();
    let wrong = county.fails(&with("大报"));
    assert!(wrong.contains("there is no tier \"大报\"") && wrong.contains("省级媒体"), "{wrong}");
    county.ok(&with("省级媒体"));
    assert!(county.ok(&["source", "show", "省报"]).contains("tier = \"省级媒体\""));
    county.ok(&["source", "edit", "省报", "--tier", "none"]);
    assert!(!county.ok(&["source", "show", "省报"]).contains("tier"));
    let rules = county.file("r.toml", "[[rule]]\nname = \"甲\"\ntiers = [\"大报\"]\n");
    let error = county.fails(&["rule", "add", rules.to_str().unwrap()]);
    assert!(error.contains("line 2") && error.contains("\"大报\"") && error.contains("省级媒体"), "{error}");
    let rules = county.file("r.toml", "[[rule]]\nname = \"甲\"\ngrowth = { hours = 100, items_min = 5 }\n");
    let error = county.fails(&["rule", "add", rules.to_str().unwrap()]);
    assert!(error.contains("5 items within 100 hours") && error.contains("1 to 72 hours"), "{error}");
}
