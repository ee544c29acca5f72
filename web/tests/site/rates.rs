//! The rates of departments on their page, and the cases behind a figure: who sees whose.

use axum::http::StatusCode;

use crate::office::Office;

/// The cases behind a figure: how many are listed, and how many of them may be opened.
async fn behind(office: &Office, login: &str, query: &str) -> (usize, usize) {
    let body = office.get(login, &format!("/departments/cases?{query}")).await.body;
    (body.matches("<tr><th scope=\"row\">").count(), body.matches("href=\"/cases/0").count())
}

#[tokio::test]
async fn each_sees_the_figures_that_count_for_them_and_the_cases_behind() {
    for office in Office::each().await {
        let page = async |login: &str| office.get(login, "/departments").await.body;
        let leader = page("leader").await;
        for name in ["全部", "住建局", "教育局", "响应率", "≥92%", "重复投诉率"] {
            assert!(leader.contains(name), "{name}");
        }
        let rates = |body: &str| body.split("<h2>派单</h2>").next().unwrap_or_default().to_owned();
        assert!(!rates(&leader).contains("纪委"), "confidential cases count for the discipline officer");
        assert!(rates(&page("discipline").await).contains("纪委"));
        let own = page("handler").await;
        assert!(
            own.contains("住建局") && !own.contains("教育局") && !own.contains("派单</h2>"),
            "its own alone"
        );
        let all = "rate=repeated";
        assert_eq!(behind(&office, "leader", all).await, (2, 2));
        assert_eq!(behind(&office, "discipline", all).await, (1, 1));
        assert_eq!(behind(&office, "handler", all).await, (1, 1));
        assert_eq!(behind(&office, "handler", "rate=repeated&department=jyj").await, (0, 0));
        assert_eq!(behind(&office, "admin", all).await, (2, 0), "an administrator sees figures and no cases");
        assert_eq!(behind(&office, "leader", "rate=repeated&holds=yes").await, (0, 0));
    }
}

#[tokio::test]
async fn a_department_keeps_the_figure_of_a_case_that_went_on_to_another() {
    for office in Office::each().await {
        let act = format!("/cases/{}/act", office.housing.0);
        let back = [("action", "send_back"), ("version", "1"), ("text", "不属本局"), ("department", "zfj")];
        assert_eq!(office.post("handler", &act, &back).await.status, StatusCode::SEE_OTHER);
        let give = [("action", "reassign"), ("version", "2"), ("text", "按职责"), ("department", "zfj")];
        let answer = office.post("duty", &act, &give).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert_eq!(behind(&office, "handler", "rate=sent_back&holds=yes").await, (1, 0));
        let page = office.get("handler", "/departments/cases?rate=sent_back").await.body;
        assert!(
            page.contains("不在您的查看范围内") && !page.contains("渗水"),
            "the number without the matter"
        );
        assert_eq!(behind(&office, "leader", "rate=sent_back&department=zfj&holds=no").await, (1, 1));
    }
}

#[tokio::test]
async fn a_period_that_is_none_is_named() {
    let office = Office::new().await;
    for (query, words) in [
        ("?from=2026-13-01", "第一天"),
        ("?to=yesterday", "最后一天"),
        ("?from=2026-11-03&to=2026-11-02", "2026-11-03"),
        ("/cases?rate=speed", "on_time"),
    ] {
        let answer = office.get("leader", &format!("/departments{query}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert!(answer.body.contains(words), "{query}: {}", answer.body);
    }
    let before = office.get("leader", "/departments?from=2026-01-01&to=2026-01-31").await.body;
    assert!(before.contains("全部") && before.contains("—"));
}
