//! What cannot be answered as asked: within the frame of whoever is logged in, in Chinese, with the way on.

use axum::http::StatusCode;

use crate::office::Office;

#[tokio::test]
async fn an_error_page_keeps_the_navigation_of_whoever_is_logged_in() {
    let office = Office::new().await;
    let nowhere = office.get("duty", "/no/such/page").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    let forbidden = office.get("duty", "/users").await;
    assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
    let gone = office.get("duty", &format!("/cases/{}", office.secret.0)).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let refused = office.post("duty", "/items/batch", &[("csrf", "x"), ("row", "nonsense")]).await;
    for page in [nowhere, forbidden, gone, refused] {
        assert!(page.body.contains("aria-label=\"主导航\"") && page.body.contains("duty员"), "{}", page.body);
        assert!(page.body.contains("role=\"alert\""), "{}", page.body);
    }
    let outside = office.get("", "/no/such/page").await;
    assert_eq!(outside.status, StatusCode::NOT_FOUND);
    assert!(!outside.body.contains("主导航") && outside.body.contains("没有找到"), "{}", outside.body);
}

#[tokio::test]
async fn an_address_that_a_form_is_sent_to_leads_to_its_page_when_it_is_opened() {
    let office = Office::new().await;
    let (case, _) = office.housing;
    for (path, page) in [
        (format!("/cases/{case}/contact"), format!("/cases/{case}")),
        (format!("/cases/{case}/act"), format!("/cases/{case}")),
        (format!("/items/{}/unmask", office.open), format!("/items/{}", office.open)),
        ("/items/batch".into(), "/items".into()),
        ("/logout".into(), "/".into()),
    ] {
        let answer = office.get("handler", &path).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, page.as_str()), "{path}");
    }
    let wrong = office.post("duty", "/overview", &[]).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    let wrong = office.post("duty", "/cases", &[]).await;
    assert_eq!(wrong.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(wrong.body.contains("不能这样打开") && wrong.body.contains("主导航"), "{}", wrong.body);
}

#[tokio::test]
async fn days_that_cannot_be_counted_are_told_above_their_form() {
    let office = Office::new().await;
    for page in ["/departments", "/trends"] {
        let turned = office.get("duty", &format!("{page}?from=2026-11-20&to=2026-11-01")).await;
        assert_eq!(turned.status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
        assert!(turned.body.contains("在最后一天 2026-11-01 之后"), "{}", turned.body);
        assert!(turned.body.contains("value=\"2026-11-20\"") && turned.body.contains("value=\"2026-11-01\""));
        assert!(turned.body.contains("主导航"));
        let none = office.get("duty", &format!("{page}?from=%E6%98%A8%E5%A4%A9")).await;
        assert!(none.body.contains("第一天不是 2000 年以后的日期"), "{}", none.body);
        assert_eq!(office.get("duty", page).await.status, StatusCode::OK);
    }
}
