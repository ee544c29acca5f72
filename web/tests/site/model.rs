//! The page that tells how the model does.

use axum::http::StatusCode;

use crate::office::Office;

#[tokio::test]
async fn the_weeks_are_told_without_what_is_confidential() {
    let office = Office::new().await;
    let page = office.get("admin", "/model").await;
    assert_eq!(page.status, StatusCode::OK);
    let open = office.store.weeks_at_work(&qingting_models::records::Viewer::OPEN, 12).await.unwrap();
    let all = office.store.weeks_at_work(&qingting_models::records::Viewer::SYSTEM, 12).await.unwrap();
    let items = |weeks: &std::collections::BTreeMap<_, qingting_models::store::WeekAtWork>| {
        weeks.values().map(|week| week.items).sum::<i64>()
    };
    assert!(items(&open) > 0 && items(&open) < items(&all), "the office has items of both kinds");
    let row = format!("<td class=\"num\">{}</td>", items(&open));
    assert!(page.body.contains(&row) && page.body.contains("本周未完"), "{}", page.body);
    assert!(page.body.contains("有两个完整的周以后"));
}
