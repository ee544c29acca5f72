//! Incidents on their pages: who sees which, splitting, moving, merging, renaming, and what is refused.

use axum::http::StatusCode;
use jiff::SignedDuration;
use qingting_classify::{Classifier, Input, Model};
use qingting_models::county::County;
use qingting_models::ids::IncidentId;
use qingting_models::records::{Channel, Viewer};
use qingting_models::rising::WordCounts;
use qingting_models::store::{Joining, NewMembership, day_of};

use crate::office::Office;

/// Joins the office's open items to one incident and the two about conduct to another.
pub(crate) async fn joined(office: &Office) -> (IncidentId, IncidentId) {
    joined_with(office, |_| None).await
}

/// The same, with the signatures that items of such titles have.
async fn joined_with(
    office: &Office,
    signature: impl Fn(&str) -> Option<Vec<u8>>,
) -> (IncidentId, IncidentId) {
    let store = &office.store;
    let batch = store.claim_joining("w", None, 50, SignedDuration::from_mins(5)).await.unwrap().unwrap();
    let (open, conduct): (IncidentId, IncidentId) =
        (store.ids().next(store.now()), store.ids().next(store.now()));
    let mut seen = Vec::new();
    let joined = batch.tasks.iter().map(|task| {
        let incident = if task.confidential { conduct } else { open };
        let first = !seen.contains(&incident);
        seen.push(incident);
        NewMembership { item: task.item, incident, kinship: (!first).then_some(0.87) }
    });
    let joined = joined.collect();
    let signatures =
        batch.tasks.iter().filter_map(|task| Some((task.item, signature(&task.title)?))).collect();
    let joining = Joining { joined, signatures, ..Joining::default() };
    assert!(store.save_joining("w", &batch, &joining).await.unwrap());
    (open, conduct)
}

async fn items(office: &Office, incident: IncidentId) -> i64 {
    office.store.incident(&Viewer::SYSTEM, incident).await.unwrap().unwrap().items
}

#[tokio::test]
async fn the_list_and_the_page_show_an_incident_to_those_who_may_see_it() {
    for office in Office::each().await {
        let (open, conduct) = joined(&office).await;
        let list = office.get("duty", "/incidents").await.body;
        assert!(list.contains("小区路灯坏了") && list.contains("<span class=\"num\">3</span> 件"), "{list}");
        assert!(!list.contains("吃拿卡要"));
        assert!(office.get("discipline", "/incidents").await.body.contains("吃拿卡要"));
        let page = office.get("duty", &format!("/incidents/{open}")).await.body;
        for shown in ["商品房逾期交付", "首件", "相似 87%", "已立工单", "热度", "拆出为新事件"]
        {
            assert!(page.contains(shown), "{shown} is missing: {page}");
        }
        let read = office.get("leader", &format!("/incidents/{open}")).await.body;
        assert!(read.contains("商品房逾期交付") && !read.contains("拆出为新事件"));
        let hidden = office.get("duty", &format!("/incidents/{conduct}")).await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND);
        let none = office.get("duty", "/incidents?topic=wages").await.body;
        assert!(none.contains("没有符合条件的事件"));
        assert!(office.get("leader", "/").await.body.contains("最热的事件"));
    }
}

#[tokio::test]
async fn an_item_leads_to_its_incident_and_the_others() {
    let office = Office::new().await;
    let (open, conduct) = joined(&office).await;
    let link = format!("/incidents/{open}");
    let page = office.get("duty", &format!("/items/{}", office.open)).await.body;
    assert!(page.contains(&link) && page.contains("同一事件还有 2 件") && page.contains("学校食堂饭菜凉"));
    let list = office.get("duty", "/items?state=all").await.body;
    assert!(list.contains(&link) && list.contains("同事件 3 件"));
    // Departments see the items of their cases, not what else belongs to the incident.
    let handler = office.get("handler", &format!("/items/{}", office.housing.1)).await;
    assert_eq!(handler.status, StatusCode::OK);
    assert!(!handler.body.contains("/incidents/"));
    let secret = office.get("discipline", &format!("/items/{}", office.conduct)).await.body;
    assert!(secret.contains(&format!("/incidents/{conduct}")));
}

#[tokio::test]
async fn an_item_leads_to_those_of_its_incident_whose_text_is_nearly_the_same() {
    let classifier = Classifier::new(Model::embedded().unwrap(), &County::embedded().unwrap());
    let letter = "望海花园三期从前天起没有自来水，老人小孩没法做饭，打供水公司的电话一直占线，物业说是主管道爆了，问什么\
                  时候修好谁也说不清楚，希望尽快派人抢修，先安排送水车。";
    let again = format!("您好！{letter}");
    let other = "石浦镇老街的路灯坏了半个月，晚上走路看不见台阶，已经摔了两个老人，请尽快派人来修。";
    let signature = |body: &str| {
        let input = Input { title: "来信", body, channel: Channel::Hotline };
        classifier.signature(&input, &classifier.judge(&input)).to_bytes()
    };
    for office in Office::each().await {
        joined_with(&office, |title| match title {
            "小区路灯坏了" => Some(signature(letter)),
            "商品房逾期交付" => Some(signature(&again)),
            "学校食堂饭菜凉" => Some(signature(other)),
            // Confidential, and a copy too; one is not known by any key.
            "反映村干部吃拿卡要" => Some(signature(letter)),
            _ => None,
        })
        .await;
        let copies = |item| {
            let office = &office;
            async move {
                let page = office.get("duty", &format!("/items/{item}")).await.body;
                let part = page
                    .split_once("内容几乎相同")
                    .map(|(_, part)| part.split_once("</details>").unwrap().0.to_owned());
                part.unwrap_or_default()
            }
        };
        let of_open = copies(office.open).await;
        assert!(of_open.starts_with(" 1 件") && of_open.contains("商品房逾期交付"), "{of_open}");
        assert!(of_open.contains(&format!("/items/{}", office.housing.1)) && !of_open.contains("吃拿卡要"));
        assert!(copies(office.housing.1).await.contains("小区路灯坏了"));
        assert_eq!(copies(office.school.1).await, "", "its text is another");
    }
}

#[tokio::test]
async fn items_are_split_off_moved_back_and_incidents_merged() {
    let office = Office::new().await;
    let (open, _) = joined(&office).await;
    let path = format!("/incidents/{open}");
    let item = office.open.to_string();
    let split = office.post("duty", &format!("{path}/split"), &[("item", item.as_str())]).await;
    assert_eq!(split.status, StatusCode::SEE_OTHER, "{}", split.body);
    let new = split.location().trim_start_matches("/incidents/").split('?').next().unwrap().to_owned();
    assert_ne!(new, open.to_string());
    assert_eq!(items(&office, open).await, 2);
    let page = office.get("duty", split.location()).await.body;
    assert!(page.contains("已拆出") && page.contains("人工归入") && page.contains("拆出 1 件成为本事件"));

    let housing = office.housing.1.to_string();
    let form = [("item", housing.as_str()), ("target", new.as_str())];
    let moved = office.post("duty", &format!("{path}/move"), &form).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER);
    assert_eq!(items(&office, open).await, 1);

    let pasted = format!("http://127.0.0.1/incidents/{new}?done=x");
    let merged =
        office.post("duty", &format!("{path}/merge"), &[("other", ""), ("address", pasted.as_str())]).await;
    assert_eq!(merged.status, StatusCode::SEE_OTHER, "{}", merged.body);
    assert_eq!(items(&office, open).await, 3);
    let old = office.get("duty", &format!("/incidents/{new}")).await;
    assert_eq!((old.status, old.location()), (StatusCode::SEE_OTHER, path.as_str()));
    assert!(office.get("duty", &path).await.body.contains("并入另一事件的 2 件"));

    let named = office.post("duty", &format!("{path}/name"), &[("title", "望海花园 <停水>")]).await;
    assert_eq!(named.status, StatusCode::SEE_OTHER);
    assert!(office.get("duty", &path).await.body.contains("望海花园 &#60;停水&#62;"));
}

/// An action, its fields, and what is said of it.
type Refused<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_the_reason() {
    let office = Office::new().await;
    let (open, conduct) = joined(&office).await;
    let path = format!("/incidents/{open}");
    let all = [office.open, office.housing.1, office.school.1].map(|id| id.to_string());
    let all: Vec<(&str, &str)> = all.iter().map(|id| ("item", id.as_str())).collect();
    let own = open.to_string();
    let cases: [Refused<'_>; 6] = [
        ("split", &[], "请先勾选信息"),
        ("split", &all, "至少要在本事件里留下一件"),
        ("move", &all[..1], "请选择要移到的事件"),
        ("merge", &[("other", ""), ("address", "那个事件")], "请选择另一个事件"),
        ("merge", &[("other", own.as_str())], "选的就是本事件"),
        ("name", &[("title", "")], "名称"),
    ];
    for (action, form, why) in cases {
        let answer = office.post("duty", &format!("{path}/{action}"), form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{action}: {}", answer.body);
        assert!(answer.body.contains(why) && answer.body.contains("商品房逾期交付"), "{action}: {why}");
    }
    let secret = conduct.to_string();
    let hidden = office.post("duty", &format!("{path}/merge"), &[("other", secret.as_str())]).await;
    assert_eq!(hidden.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(hidden.body.contains("不在您的研判范围内") && !hidden.body.contains("吃拿卡要"));
    let reader = office.post("leader", &format!("{path}/split"), &all[..1]).await;
    assert_eq!(reader.status, StatusCode::FORBIDDEN);
    assert_eq!(items(&office, open).await, 3);
}

#[tokio::test]
async fn words_that_rise_today_lead_to_their_items() {
    let office = Office::new().await;
    let store = &office.store;
    let today = day_of(store.now());
    while let Some((day, _)) = store.claim_word_day().await.unwrap() {
        let usual: &[(&str, i64)] = &[("物业", 20)];
        let words: &[(&str, i64)] = if day == today { &[("停水", 9), ("物业", 22)] } else { usual };
        let words = words.iter().map(|(word, items)| ((*word).to_owned(), *items)).collect();
        store.save_word_day(day, &WordCounts { items: 100, words }).await.unwrap();
    }
    let page = office.get("duty", "/incidents").await.body;
    assert!(
        page.contains("今天突然多起来的说法") && page.contains("/items?state=all&#38;q=%E5%81%9C%E6%B0%B4")
    );
    assert!(!page.contains("<bdi>物业</bdi>"));
}
