//! What is seen at a glance: the overview with its map, the wall display, the calendar of due times.

use axum::http::StatusCode;
use qingting_models::records::Viewer;

use crate::office::Office;

#[tokio::test]
async fn the_overview_shows_the_towns_where_they_lie() {
    let office = Office::new().await;
    let body = office.get("leader", "/").await.body;
    assert!(body.contains("<li class=\"c4 r5 heat0\">"), "{body}");
    assert!(
        body.contains("石浦镇") && body.contains("href=\"/wall\"") && body.contains("href=\"/due\""),
        "{body}"
    );
    assert!(!body.contains("往常"), "a house of today has no usual");
}

#[tokio::test]
async fn the_wall_shows_nothing_confidential_whoever_puts_it_up() {
    for office in Office::each().await {
        for login in ["duty", "discipline", "leader"] {
            let answer = office.get(login, "/wall").await;
            assert_eq!(answer.status, StatusCode::OK);
            for open in ["商品房逾期交付", "学校食堂饭菜凉", "值班表上现在没有人"] {
                assert!(answer.body.contains(open), "{login}: {open}");
            }
            for secret in ["村干部", "镇干部", "县纪委"] {
                assert!(!answer.body.contains(secret), "{login}: {secret}");
            }
            assert!(
                answer.body.contains("<b>1</b><span>待研判</span>"),
                "the open one, not the confidential"
            );
        }
    }
}

#[tokio::test]
async fn the_wall_says_who_is_on_duty_and_who_comes_next() {
    let office = Office::new().await;
    let (now, hour) = (office.store.now(), jiff::SignedDuration::from_hours(1));
    let actor = qingting_models::records::Actor::Console;
    let (duty, discipline) = (office.user("duty").await.id, office.user("discipline").await.id);
    office.store.add_shift(duty, (now - hour, now + hour), "", actor).await.unwrap();
    office.store.add_shift(discipline, (now + hour, now + hour * 2), "", actor).await.unwrap();
    let body = office.get("duty", "/wall").await.body;
    let head = body.split("</header>").next().unwrap();
    assert!(
        head.contains("<b>duty员 至 ") && head.contains("接班：") && head.contains("discipline员"),
        "{head}"
    );
}

#[tokio::test]
async fn a_case_stands_on_the_day_it_is_due_for_those_who_see_it() {
    for office in Office::each().await {
        let case = office.store.case_file(&Viewer::SYSTEM, office.housing.0).await.unwrap().unwrap().case;
        let day = qingting_models::clock::local_date(case.due.unwrap().1);
        let month = format!("{:04}-{:02}", day.year(), day.month());
        let body = office.get("handler", &format!("/due?month={month}")).await.body;
        let link = format!("/due?day={day}&#38;month={month}#day");
        assert!(body.contains(&link), "{link}: {body}");
        assert!(body.contains("1</strong> 件工单"), "only the own: {body}");
        let opened = office.get("handler", &format!("/due?day={day}&month={month}")).await.body;
        assert!(opened.contains("商品房逾期交付") && !opened.contains("学校食堂饭菜凉"));
        assert!(!opened.contains("name=\"department\""), "there is no other department to choose");
        let all = office.get("leader", &format!("/due?day={day}&department=jyj")).await.body;
        assert!(all.contains("学校食堂饭菜凉") && !all.contains("商品房逾期交付"));
        assert!(!office.get("duty", &format!("/due?day={day}")).await.body.contains("镇干部作风"));
    }
}

#[tokio::test]
async fn the_calendar_shows_days_off_and_says_where_it_guesses() {
    let office = Office::new().await;
    let body = office.get("duty", "/due?month=2026-02").await.body;
    assert!(body.contains("春节") && body.contains("<span class=\"note\">班</span>"), "{body}");
    assert!(!body.contains("暂按周一至周五计算"));
    assert!(office.get("duty", "/due?month=2027-02").await.body.contains("暂按周一至周五计算"));
    for wrong in
        ["month=2026-13", "month=%E4%BA%8C%E6%9C%88", "day=2026-02-30", "month=0001-01", "day=9999-12-31"]
    {
        let answer = office.get("duty", &format!("/due?{wrong}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(answer.body.contains("请写成"), "{wrong}");
    }
}
