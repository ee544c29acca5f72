//! The page that tells how the model does, and how a candidate would.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use qingting_classify::{ComparedSet, Comparison, Duel, RowSet, Trial, Unfit};
use qingting_models::county::County;
use qingting_models::records::Actor;
use qingting_web::model_desk::{Comparing, LastTrial, ModelDesk, ModelsNow, Refusal};
use qingting_web::{AppState, WebSettings, router};

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

/// A candidate that is worse at wages, and what was asked of it.
#[derive(Default)]
pub(crate) struct Desk {
    asked: Mutex<Vec<String>>,
    under_way: AtomicBool,
}

impl Desk {
    fn note(&self, asked: String) -> BoxFuture<'_, Result<(), Refusal>> {
        self.asked.lock().unwrap().push(asked);
        async { Ok(()) }.boxed()
    }
}

fn made() -> Timestamp {
    "2026-11-20T02:03:04Z".parse().unwrap()
}

fn trial() -> LastTrial {
    let duel = |only_present, only_candidate, p| Duel {
        support: 12,
        present_right: 4 + only_present,
        candidate_right: 4 + only_candidate,
        only_present,
        only_candidate,
        p,
    };
    let compared = Comparison {
        present: "a".repeat(16),
        candidate: "b".repeat(16),
        rows: 40,
        present_micro: 0.82,
        candidate_micro: 0.79,
        first: duel(8, 2, 0.109),
        topics: [("wages".to_owned(), duel(9, 1, 0.021)), ("urban".to_owned(), duel(0, 7, 0.016))].into(),
    };
    let sets = vec![ComparedSet { rows: RowSet::Gold, compared }];
    LastTrial { at: made(), trial: Trial { present: "a".repeat(16), candidate: "b".repeat(16), sets } }
}

impl ModelDesk for Desk {
    fn now(&self) -> BoxFuture<'_, Result<ModelsNow, Refusal>> {
        let under_way = self.under_way.load(Ordering::Relaxed);
        let now = ModelsNow {
            at_work: "a".repeat(16),
            before: Some("c".repeat(16)),
            candidate: Some("b".repeat(16)),
            last: Some(trial()),
            comparing: if under_way { Comparing::UnderWay } else { Comparing::Idle },
        };
        async { Ok(now) }.boxed()
    }

    fn start_comparing(&self) -> BoxFuture<'_, Result<(), Refusal>> {
        if self.under_way.swap(true, Ordering::Relaxed) {
            return async { Err(Refusal::UnderWay) }.boxed();
        }
        self.note("compare".to_owned())
    }

    fn promote<'a>(
        &'a self,
        seen: Timestamp,
        fields: &'a [&'a str],
        despite: &'a [String],
        _: Actor,
    ) -> BoxFuture<'a, Result<(), Refusal>> {
        match trial().trial.is_fit(fields, despite) {
            Err(Unfit::Worse(fields)) => async { Err(Refusal::Worse { fields }) }.boxed(),
            _ if seen != made() => async { Err(Refusal::Stale) }.boxed(),
            _ => self.note(format!("promote despite {}", despite.join(","))),
        }
    }

    fn roll_back<'a>(&'a self, seen: &'a str, _: Actor) -> BoxFuture<'a, Result<(), Refusal>> {
        self.note(format!("roll back from {seen}"))
    }
}

pub(crate) async fn office(desk: Arc<Desk>) -> Office {
    let mut office = Office::new().await;
    let county = Arc::new(County::embedded().unwrap());
    let words = Arc::new(|text: &str| text.split_whitespace().map(str::to_owned).collect());
    let state = AppState::new(office.store.clone(), county, words, WebSettings::default());
    office.app = router(state.with_models(desk));
    office
}

#[tokio::test]
async fn an_administrator_reads_how_the_candidate_does_and_nobody_else() {
    let office = office(Arc::default()).await;
    let page = office.get("admin", "/model").await.body;
    for shown in [
        "候选模型",
        "82.0%",
        "79.0%",
        "明显变差",
        "明显变好",
        "0.021",
        "工资拖欠",
        "换用候选模型",
        "退回以前的模型",
    ] {
        assert!(page.contains(shown), "{shown} is missing: {page}");
    }
    let duty = office.get("duty", "/model").await.body;
    assert!(duty.contains("每周情况") && !duty.contains("换用候选模型") && !duty.contains("明显变差"));
    assert_eq!(office.post("duty", "/model/promote", &[]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_worse_candidate_goes_to_work_only_by_name_and_by_the_figures_that_were_read() {
    let desk = Arc::new(Desk::default());
    let office = office(desk.clone()).await;
    let (seen, older) = (made().to_string(), "2026-11-19T02:03:04Z");
    let refused = office.post("admin", "/model/promote", &[("seen", &seen)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("工资拖欠") && refused.body.contains("逐项勾选"), "{}", refused.body);
    let stale = office.post("admin", "/model/promote", &[("seen", older), ("despite", "wages")]).await;
    assert!(stale.body.contains("请看过新的结果再决定"), "{}", stale.body);
    assert!(desk.asked.lock().unwrap().is_empty());
    let done = office.post("admin", "/model/promote", &[("seen", &seen), ("despite", "wages")]).await;
    assert_eq!(done.location(), "/model?done=model-promoted");
    let at_work = "a".repeat(16);
    let back = office.post("admin", "/model/rollback", &[("seen", &at_work)]).await;
    assert_eq!(back.location(), "/model?done=model-rolled-back");
    assert_eq!(
        *desk.asked.lock().unwrap(),
        ["promote despite wages".to_owned(), format!("roll back from {at_work}")]
    );
}

#[tokio::test]
async fn comparing_answers_at_once_and_is_not_begun_twice() {
    let office = office(Arc::default()).await;
    let begun = office.post("admin", "/model/compare", &[]).await;
    assert_eq!(begun.location(), "/model?done=model-comparing");
    let page = office.get("admin", "/model").await.body;
    assert!(page.contains("正在比较") && !page.contains("换用候选模型"), "{page}");
    assert!(office.post("admin", "/model/compare", &[]).await.body.contains("正在比较，请稍后刷新"));
}

#[tokio::test]
async fn a_program_without_a_folder_of_models_offers_none_of_it() {
    let office = Office::new().await;
    assert!(!office.get("admin", "/model").await.body.contains("换用候选模型"));
    assert_eq!(office.post("admin", "/model/compare", &[]).await.status, StatusCode::NOT_FOUND);
}
