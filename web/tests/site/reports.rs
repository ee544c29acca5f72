//! Reports: what was typed wrong, hostile texts in files, and two people at once.

use axum::http::StatusCode;

use crate::incidents::joined;
use crate::office::{HOSTILE, Office};

async fn make(office: &Office, form: &[(&str, &str)]) -> crate::office::Answer {
    office.post("duty", "/reports/make", form).await
}

#[tokio::test]
async fn days_and_scopes_that_are_none_are_named() {
    let office = Office::new().await;
    for (form, words) in [
        (vec![("kind", "yearly"), ("from", "2026-11-01")], "种类"),
        (vec![("kind", "daily"), ("from", "2026-02-30")], "第一天"),
        (vec![("kind", "daily")], "第一天"),
        (vec![("kind", "period"), ("from", "2026-11-01")], "最后一天"),
        (vec![("kind", "period"), ("from", "2026-11-09"), ("to", "2026-11-01")], "早于"),
        (vec![("kind", "period"), ("from", "2024-11-09"), ("to", "2026-11-01")], "太长"),
        (vec![("kind", "weekly"), ("from", "2026-11-02"), ("town", "不在册镇")], "不在册镇"),
        (vec![("kind", "weekly"), ("from", "2026-11-02"), ("topic", "luck")], "luck"),
        (vec![("kind", "weekly"), ("from", "2026-11-02"), ("department", "nobody")], "nobody"),
    ] {
        let answer = make(&office, &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form:?}");
        assert!(answer.body.contains(words), "{form:?}: {}", answer.body);
    }
    for gone in ["/reports/0000000000000", "/reports/nonsense", "/incidents/0000000000000/brief"] {
        assert_eq!(office.get("duty", gone).await.status, StatusCode::NOT_FOUND, "{gone}");
    }
    for bad in ["/reports/items?from=x", "/reports/items?from=2026-11-02&to=2026-11-01"] {
        assert_eq!(office.get("duty", bad).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    for place in ["1", "x-y", "1-", "99999999999999999999-0000000000000"] {
        let path = format!("/reports/items?after={place}");
        assert_eq!(office.get("duty", &path).await.status, StatusCode::NOT_FOUND, "{place}");
    }
}

#[tokio::test]
async fn what_anybody_wrote_is_text_on_the_page_and_in_every_file() {
    for office in Office::each().await {
        let form = [("kind", "weekly"), ("from", "2026-11-02")];
        let made = make(&office, &form).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        let one = made.location().split('?').next().unwrap().to_owned();
        let typed = [("version", "1"), ("overview", HOSTILE), ("towns", "=HYPERLINK(\"http://x\")")];
        assert_eq!(office.post("duty", &format!("{one}/write"), &typed).await.status, StatusCode::SEE_OTHER);
        for path in [one.clone(), format!("{one}/file?format=html")] {
            let body = office.get("leader", &path).await.body;
            assert!(body.contains("&#60;script&#62;alert(1)") && !body.contains("<script>alert"), "{path}");
            assert!(!body.contains("<img src=x"), "{path}");
        }
        let nothing = office.get("leader", &format!("{one}/file?format=exe")).await;
        assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn who_writes_second_keeps_what_he_typed() {
    for office in Office::each().await {
        let made = make(&office, &[("kind", "daily"), ("from", "2026-11-02")]).await;
        let one = made.location().split('?').next().unwrap().to_owned();
        let again = make(&office, &[("kind", "daily"), ("from", "2026-11-02")]).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(again.body.contains("已有一份在编报告"), "{}", again.body);
        let write = format!("{one}/write");
        let first = [("version", "1"), ("overview", "先写的")];
        assert_eq!(office.post("duty", &write, &first).await.status, StatusCode::SEE_OTHER);
        let second = office.post("discipline", &write, &[("version", "1"), ("overview", "后写的")]).await;
        assert_eq!(second.status, StatusCode::CONFLICT);
        assert!(second.body.contains("后写的") && second.body.contains("duty员"), "{}", second.body);
        assert!(second.body.contains("先写的"), "what the other wrote is there to be read: {}", second.body);
        let long = "长".repeat(4_001);
        let third = office.post("duty", &write, &[("version", "2"), ("ahead", &long)]).await;
        assert_eq!(third.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(third.body.contains("后续关注") && third.body.contains(&long));
        assert!(office.get("leader", &one).await.body.contains("先写的"));
    }
}

#[tokio::test]
async fn a_figure_of_cases_opens_the_cases_that_it_counts() {
    for office in Office::each().await {
        let listed =
            async |path: &str| office.get("leader", path).await.body.matches("href=\"/cases/0").count();
        let whole = make(&office, &[("kind", "weekly"), ("from", "2026-11-02")]).await;
        let page = office.get("leader", whole.location().split('?').next().unwrap()).await.body;
        for (path, cases) in [("/cases?state=open", 2), ("/cases?state=open&lead=zjj", 1)] {
            assert!(page.contains(&format!("href=\"{}\"", path.replace('&', "&#38;"))), "{path}: {page}");
            assert_eq!(listed(path).await, cases, "{path}");
        }
        // A list of rates knows no topics, a list of cases does.
        let part = make(&office, &[("kind", "weekly"), ("from", "2026-11-02"), ("topic", "housing")]).await;
        let page = office.get("leader", part.location().split('?').next().unwrap()).await.body;
        assert!(!page.contains("/departments/cases?rate="), "{page}");
        assert!(page.contains("/cases?state=open&#38;lead=zjj&#38;topic=housing"), "{page}");
        assert_eq!(listed("/cases?state=open&topic=housing").await, 1);
        assert_eq!(listed("/cases?state=open&town=石浦镇").await, 0);
    }
}

#[tokio::test]
async fn a_brief_is_made_on_its_incident_written_on_and_approved() {
    for office in Office::each().await {
        let (open, conduct) = joined(&office).await;
        let secret = format!("/incidents/{conduct}/brief");
        assert!(!office.get("discipline", &secret).await.body.contains("生成专报草稿"));
        let kept = office.post("discipline", &secret, &[]).await;
        assert!(kept.body.contains("专报不能入库"), "what is kept is read by many: {}", kept.body);
        let incident = format!("/incidents/{open}");
        let brief = format!("{incident}/brief");
        let before = office.get("duty", &brief).await.body;
        assert!(before.contains("还没有入库的专报") && before.contains("生成专报草稿"), "{before}");
        assert!(!office.get("leader", &brief).await.body.contains("生成专报草稿"));
        assert_eq!(office.post("leader", &brief, &[]).await.status, StatusCode::FORBIDDEN);
        let made = office.post("duty", &brief, &[]).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        let one = made.location().split('?').next().unwrap().to_owned();
        let again = office.post("duty", &brief, &[]).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(again.body.contains("已有一份在编专报，由 duty员"), "{}", again.body);

        let typed = [("version", "1"), ("next", HOSTILE), ("overview", "没有这一章")];
        assert_eq!(office.post("duty", &format!("{one}/write"), &typed).await.status, StatusCode::SEE_OTHER);
        let page = office.get("duty", &one).await.body;
        assert!(page.contains("舆情专报") && page.contains("五、下一步建议"), "{page}");
        assert!(page.contains("&#60;script&#62;alert(1)") && !page.contains("没有这一章"), "{page}");
        assert!(page.contains(&format!("href=\"{incident}\"")), "the way back to the incident: {page}");
        assert!(page.contains("数字没有变化") || !page.contains("核对"), "{page}");
        let since = office.get("duty", &format!("{one}?since=yes")).await.body;
        assert!(since.contains("数字与所统计的信息一致") && since.contains("数字没有变化"), "{since}");
        let moved = |who: &'static str, version: &'static str, deed: &'static str| {
            let (office, path) = (&office, format!("{one}/move"));
            async move { office.post(who, &path, &[("version", version), ("deed", deed)]).await.status }
        };
        // What stands in the fields and was not saved goes along with the submission, and stays when it is taken back.
        let submit =
            [("version", "2"), ("deed", "submitted"), ("typed", "yes"), ("next", "建议先通报停水范围")];
        assert_eq!(office.post("duty", &format!("{one}/move"), &submit).await.status, StatusCode::SEE_OTHER);
        assert!(office.get("leader", &one).await.body.contains("建议先通报停水范围"));
        assert!(office.get("duty", &one).await.body.contains("收回修改"));
        assert_eq!(moved("duty", "4", "approved").await, StatusCode::UNPROCESSABLE_ENTITY);
        let back = [("version", "4"), ("deed", "sent_back"), ("note", "提交人收回修改")];
        assert_eq!(office.post("duty", &format!("{one}/move"), &back).await.status, StatusCode::SEE_OTHER);
        let again = [("version", "5"), ("typed", "yes"), ("next", "建议先通报停水范围和时间")];
        assert_eq!(
            office.post("duty", &format!("{one}/recount"), &again).await.status,
            StatusCode::SEE_OTHER
        );
        assert!(office.get("duty", &one).await.body.contains("停水范围和时间"));
        let late = [("version", "5"), ("deed", "submitted"), ("typed", "yes"), ("next", "迟到的话")];
        let late = office.post("duty", &format!("{one}/move"), &late).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.body.contains("迟到的话") && late.body.contains("还在下面的框里"), "{}", late.body);
        assert_eq!(moved("duty", "7", "submitted").await, StatusCode::SEE_OTHER);
        assert_eq!(moved("leader", "8", "approved").await, StatusCode::SEE_OTHER);
        let twice =
            office.post("leader", &format!("{one}/move"), &[("version", "9"), ("deed", "approved")]).await;
        assert!(
            twice.body.contains("报告已签发，不能签发") && twice.body.contains("主导航"),
            "{}",
            twice.body
        );
        assert!(office.get("leader", &one).await.body.contains("专报第1期"));
        for format in ["docx", "xlsx", "csv", "json", "html"] {
            let file = office.get("leader", &format!("{one}/file?format={format}")).await;
            assert_eq!(file.status, StatusCode::OK, "{format}");
        }
        let list = office.get("leader", "/reports?kind=brief").await.body;
        assert!(list.contains(&one) && list.contains("专报第1期"), "{list}");
        assert!(!office.get("leader", "/reports?kind=weekly").await.body.contains(&one));
        let kept = office.get("duty", &brief).await.body;
        assert!(kept.contains(&one) && kept.contains("已签发"), "{kept}");
        let form = [("kind", "brief"), ("from", "2026-11-02")];
        assert!(make(&office, &form).await.body.contains("专报在事件的页面上生成"));
    }
}
