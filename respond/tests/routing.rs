//! Where items go by the county's table, and which the program assigns by itself.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use qingting_models::county::{County, TopicCode, Town};
use qingting_models::ids::{ItemId, SealedId, SourceId};
use qingting_models::records::{
    Channel, Item, ItemContent, Kind, Mode, Source, SourceHealth, SourceKind, Upstream, Urgency,
};
use qingting_respond::routing::{Route, may_assign_itself, route};

const DAY: Date = date(2026, 11, 23);

fn seen() -> Timestamp {
    Timestamp::from_second(1_795_395_600).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn item(topic: &str, title: &str, body: &str) -> Item {
    Item {
        id: ItemId(1),
        source: SourceId(1),
        external_id: "1".into(),
        channel: Channel::Complaint,
        version: 1,
        content: ItemContent {
            title: title.into(),
            body: body.into(),
            url: None,
            occurred_at: Some(seen()),
            upstream: Upstream::default(),
        },
        first_seen_at: seen(),
        updated_at: seen(),
        archived: None,
        judged_version: 1,
        judged_by_person: false,
        main_topic: Some(TopicCode::new(topic)),
        topics: vec![TopicCode::new(topic)],
        topic_score: Some(0.9),
        unsure: false,
        kind: Some(Kind::Complaint),
        urgency: Urgency::Ordinary,
        town: None,
        office: None,
        confidential: false,
        dismissed: None,
        case: None,
        sealed: SealedId(1),
        erased_at: None,
        withdrawn_at: None,
        language: None,
        appearances: 1,
    }
}

fn source() -> Source {
    Source {
        id: SourceId(1),
        name: "投诉平台".into(),
        kind: SourceKind::Sheet,
        channel: Channel::Complaint,
        mode: Mode::Handle,
        url: None,
        cutoff: None,
        allow_host: None,
        paused: false,
        column_map: None,
        created_at: seen(),
        interval_s: 600,
        settings: Default::default(),
        has_secret: false,
        has_token: false,
        removed_at: None,
        health: SourceHealth::default(),
    }
}

#[allow(clippy::unwrap_used, reason = "the shipped county is checked by its own tests")]
fn routed(item: &Item, offices: &[(String, f32)]) -> Route {
    route(item, offices, &County::embedded().unwrap(), DAY)
}

fn codes(route: &Route) -> Vec<&str> {
    route.proposal.iter().map(|(code, _)| code.as_str()).collect()
}

#[test]
fn a_rule_names_one_department_and_says_by_which_words() {
    let found = routed(&item("urban", "小区停电", "电表烧了，停电两天。"), &[]);
    let (department, reason) = found.by_rule.clone().unwrap();
    assert_eq!(department.as_str(), "gdgs");
    assert!(reason.starts_with("分流规则第 ") && reason.contains("停电"), "{reason}");
    assert_eq!(found.proposal[0].0, department);
}

#[test]
fn a_matter_of_the_town_goes_to_the_towns_office() {
    let matter = item("rural", "村里分红不公开", "账目多年没有公布");
    let in_town = Item { town: Some(Town::new("石浦镇")), ..matter.clone() };
    assert_eq!(routed(&in_town, &[]).by_rule.unwrap().0.as_str(), "shipu");
    let kinds = [("乡镇街道".to_owned(), 0.7)];
    let unplaced = Item { main_topic: Some(TopicCode::new("other")), ..matter };
    assert_eq!(routed(&unplaced, &kinds), Route::default(), "no town is guessed");
}

#[test]
fn where_no_rule_matches_the_model_proposes() {
    let kinds = [("人社".to_owned(), 0.62), ("住建".to_owned(), 0.2)];
    let found = routed(&item("other", "咨询", "请问找谁"), &kinds);
    assert_eq!((found.by_rule.clone(), codes(&found)), (None, vec!["rsj", "zjj"]));
    assert_eq!(found.proposal[0].1, "模型建议：人社（62%）");
    let own = Item { office: Some("教育".into()), ..item("other", "咨询", "请问找谁") };
    assert_eq!(codes(&routed(&own, &[])), ["jyj"]);
}

#[test]
fn a_rule_and_the_models_agreement_are_one_proposal() {
    let kinds = [("人社".to_owned(), 0.9), ("住建".to_owned(), 0.05)];
    let found = routed(&item("wages", "工地欠薪", "老板拖欠三个月工资"), &kinds);
    assert_eq!(codes(&found), ["rsj", "zjj"]);
}

#[test]
fn only_a_sure_fresh_matter_with_a_rule_is_assigned_by_the_program() {
    let plain = item("wages", "工地欠薪", "老板拖欠三个月工资");
    let by = |item: &Item, source: &Source| {
        let found = routed(item, &[]);
        may_assign_itself(item, source, &found).map(|(code, _)| code.to_string())
    };
    assert_eq!(by(&plain, &source()).as_deref(), Ok("rsj"));
    let finished = Upstream { finished: true, ..Upstream::default() };
    let refused = [
        Item { unsure: true, ..plain.clone() },
        Item { channel: Channel::News, ..plain.clone() },
        Item { kind: Some(Kind::News), ..plain.clone() },
        Item { kind: Some(Kind::Praise), ..plain.clone() },
        Item { main_topic: None, ..plain.clone() },
        Item { main_topic: Some(TopicCode::new("other")), ..plain.clone() },
        Item { archived: Some("早于起始日期".into()), ..plain.clone() },
        Item { dismissed: Some("广告".into()), ..plain.clone() },
        Item { case: Some(qingting_models::ids::CaseId(3)), ..plain.clone() },
        Item { version: 2, ..plain.clone() },
        Item { content: ItemContent { upstream: finished, ..plain.content.clone() }, ..plain.clone() },
    ];
    let mut reasons: Vec<&str> = refused.iter().filter_map(|item| by(item, &source()).err()).collect();
    assert_eq!(reasons.len(), refused.len());
    let mirror = Source { mode: Mode::Mirror, ..source() };
    let late = Source { cutoff: Some(seen() + jiff::SignedDuration::from_hours(1)), ..source() };
    for other in [mirror, late] {
        reasons.extend(by(&plain, &other).err());
    }
    assert_eq!(reasons.len(), refused.len() + 2);
    assert!(reasons.iter().all(|reason| !reason.is_empty()));
}
