//! docs/研判员手册.md: what the rules of alerts catch is looked at, and the rules are kept.

use jiff::SignedDuration;
use qingting_models::ids::{AlertId, IncidentId};
use qingting_models::records::{ItemContent, Upstream, Viewer};
use qingting_models::store::{AlertFilter, Page};

use super::kit::{Walk, content, verdict};
use super::morning::GUIDE;
use crate::office::Office;

/// A rule that catches `words`.
pub(super) fn rule<'a>(
    name: &'a str,
    words: &'a str,
    more: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let plain = [
        ("name", name),
        ("any", words),
        ("repeat", "24"),
        ("enabled", "on"),
        ("version", "1"),
        ("urgency", "0"),
    ];
    [&plain[..], more].concat()
}

/// Puts what waits into the incident of its kind, and holds it against the rules.
pub(super) async fn alert(walk: &Walk, incidents: [IncidentId; 2]) {
    walk.joins(incidents).await;
    walk.desk().alert_next("t", 100).await.unwrap();
}

async fn unseen(walk: &Walk) -> Vec<AlertId> {
    let filter = AlertFilter { unseen: true, ..AlertFilter::default() };
    let found = walk.office.store.alerts(&Viewer::OPEN, &filter, Page::default()).await.unwrap();
    found.rows.into_iter().map(|alert| alert.id).collect()
}

/// A call about a street lamp came in.
async fn lamp(walk: &Walk, title: &str, upstream: Upstream) {
    walk.item(walk.office.source, content(title, upstream), verdict("urban")).await;
}

#[tokio::test]
async fn an_alert_is_looked_at_silenced_and_comes_again() {
    let mut walk = Walk::new(Office::new().await, GUIDE, "预警");
    let incidents = walk.incidents();
    alert(&walk, incidents).await;
    let new = "/alerts/rules/new";
    walk.goes("duty", new, &rule("路灯", "路灯", &[("do", "save")])).await;
    walk.says("“预警”页列出规则命中的信息、命中的原因和它所属的事件");
    lamp(&walk, "路灯又灭了", Upstream::default()).await;
    alert(&walk, incidents).await;
    let all = [
        "<bdi>路灯</bdi>",
        "<bdi>路灯又灭了",
        "命中：<bdi>词语“路灯”",
        &format!("/incidents/{}", incidents[0]),
    ];
    walk.sees("duty", "/alerts", &all).await;
    walk.says("同一条规则对同一个事件只提醒一次");
    lamp(&walk, "路灯还没亮", Upstream::default()).await;
    alert(&walk, incidents).await;
    assert_eq!(unseen(&walk).await.len(), 1);
    walk.says("后来的信息计在“N 件命中”里");
    walk.sees("duty", "/alerts", &["<span class=\"num\">2</span> 件命中"]).await;
    walk.says("看过以后点已看，可以写一句备注，同事就知道有人在管");
    let id = unseen(&walk).await[0];
    walk.goes("duty", &format!("/alerts/{id}/see"), &[("note", "已联系路灯所")]).await;
    walk.sees("leader", "/alerts?state=all", &["<bdi>duty员</bdi> 已看：<bdi>已联系路灯所"]).await;
    walk.says("过了规则写明的小时数，这个事件又有新的命中，会再提醒");
    walk.at(2, 20, 0).await;
    lamp(&walk, "路灯晚上不亮", Upstream::default()).await;
    alert(&walk, incidents).await;
    assert!(unseen(&walk).await.is_empty(), "not within a day");
    walk.at(3, 20, 0).await;
    lamp(&walk, "路灯第二晚不亮", Upstream::default()).await;
    alert(&walk, incidents).await;
    let again = unseen(&walk).await;
    assert_eq!(again.len(), 1);
    silences(&mut walk, again[0]).await;
    exempt(&mut walk, incidents).await;
    rules(&mut walk, new, incidents).await;
    walk.says("新规则只管以后的信息");
    let before = unseen(&walk).await;
    walk.goes("duty", new, &rule("亮不亮", "不亮", &[("do", "save"), ("anyway", "on")])).await;
    alert(&walk, incidents).await;
    assert_eq!(unseen(&walk).await, before);
    tiers(&mut walk, new, incidents).await;
    growth(&mut walk, new).await;
    walk.ends();
}

/// What a rule of this name caught, as the page of all alerts tells.
async fn caught(walk: &Walk, name: &str) -> usize {
    walk.page("duty", "/alerts?state=all").await.matches(&format!("<bdi>{name}</bdi>")).count()
}

async fn tiers(walk: &mut Walk, new: &str, incidents: [IncidentId; 2]) {
    walk.says("来源级别写在来源上，由管理员选");
    let provincial = walk.tiered("省级媒体").await;
    walk.sees("admin", &format!("/sources/{provincial}/edit"), &["来源级别", "省级媒体"]).await;
    walk.says("没有写级别的来源，规则选了任何一级都不算");
    let asked = rule("省媒", "潮位", &[("do", "save"), ("anyway", "on"), ("tier", "省级媒体")]);
    walk.goes("duty", new, &asked).await;
    lamp(walk, "潮位很高", Upstream::default()).await;
    alert(walk, incidents).await;
    assert_eq!(caught(walk, "省媒").await, 0);
    walk.item(provincial, content("潮位超过警戒", Upstream::default()), verdict("urban")).await;
    alert(walk, incidents).await;
    assert_eq!(caught(walk, "省媒").await, 1);
}

async fn growth(walk: &mut Walk, new: &str) {
    walk.says("比往常多：规则里别的条件命中的信息，最近几小时的件数明显多于前八周同样的时段");
    let store = &walk.office.store;
    let today = store.now();
    let incident = walk.incidents();
    for week in 1..=8 {
        store.clock.set(today - SignedDuration::from_hours(7 * 24 * week));
        lamp(walk, &format!("第{week}周的楼道灯"), Upstream::default()).await;
    }
    store.clock.set(today);
    alert(walk, incident).await;
    let asked = [("do", "save"), ("anyway", "on"), ("growth_hours", "6"), ("growth_items", "3")];
    walk.goes("duty", new, &rule("塌方多", "塌方", &asked)).await;
    for title in ["东路塌方", "西路塌方"] {
        lamp(walk, title, Upstream::default()).await;
    }
    alert(walk, incident).await;
    assert_eq!(caught(walk, "塌方多").await, 0, "fewer than the rule asks for");
    lamp(walk, "南路塌方", Upstream::default()).await;
    alert(walk, incident).await;
    assert_eq!(caught(walk, "塌方多").await, 1);
    walk.says("怎样比，见[安装与管理](安装与管理.md)");
    let manual = include_str!("../../../../docs/安装与管理.md");
    assert!(manual.contains("## 预警规则里的“比往常多”"));
}

async fn silences(walk: &mut Walk, id: AlertId) {
    walk.says("暂时不想被提醒的，点静默：选多久，写明原因");
    let path = format!("/alerts/{id}/silence");
    let bare = walk.office.post("duty", &path, &[("hours", "24"), ("reason", "")]).await;
    assert_eq!(bare.status, 422, "{}", bare.body);
    walk.goes("duty", &path, &[("hours", "24"), ("reason", "正在检修")]).await;
    walk.says("默认只静默这个事件，也可以静默整条规则");
    let silence = walk.office.store.silences().await.unwrap().remove(0);
    assert!(silence.incident.is_some());
    walk.says("“正在静默”里能看到是谁、为什么、到什么时候，可以提前结束");
    let shown = ["正在静默", "<bdi>正在检修</bdi>", "<bdi>duty员</bdi>", "2026-11-04 20:00"];
    walk.sees("duty", "/alerts", &shown).await;
    walk.goes("duty", &format!("/alerts/silences/{}/end", silence.id), &[]).await;
    walk.misses("duty", "/alerts", &["正在检修"]).await;
    let whole = [("hours", "24"), ("reason", "规则要改"), ("whole", "on")];
    walk.goes("duty", &path, &whole).await;
    let silence = walk.office.store.silences().await.unwrap().remove(0);
    assert!(silence.incident.is_none());
    walk.goes("duty", &format!("/alerts/silences/{}/end", silence.id), &[]).await;
}

async fn exempt(walk: &mut Walk, incidents: [IncidentId; 2]) {
    walk.says("早于来源起始日期的、上级平台已办结的、撤回的、标了不需办理的，不预警");
    let count = async |walk: &Walk| {
        let body = walk.page("duty", "/alerts?state=all").await;
        body.matches("<bdi>井盖</bdi>").count()
    };
    walk.goes("duty", "/alerts/rules/new", &rule("井盖", "井盖", &[("do", "save"), ("anyway", "on")])).await;
    let over = Upstream { finished: true, ..Upstream::default() };
    lamp(walk, "井盖早已修好", over).await;
    let now = walk.office.store.now();
    let newer = walk.since("新接的热线", now).await;
    let old = ItemContent {
        occurred_at: Some(now - SignedDuration::from_hours(1)),
        ..content("井盖是早先坏的", Upstream::default())
    };
    walk.item(newer, old, verdict("urban")).await;
    let source = walk.office.store.source(walk.office.source).await.unwrap().unwrap();
    lamp(walk, "井盖又好了", Upstream::default()).await;
    walk.office.store.withdraw(&source, &["井盖又好了".into()]).await.unwrap();
    let aside =
        walk.item(walk.office.source, content("井盖重复来电", Upstream::default()), verdict("urban")).await;
    let form = [("version", "1"), ("reason", "重复来电")];
    walk.goes("duty", &format!("/items/{aside}/dismiss"), &form).await;
    alert(walk, incidents).await;
    assert_eq!(count(walk).await, 0);
    let young = ItemContent { occurred_at: Some(now), ..content("井盖是刚坏的", Upstream::default()) };
    walk.item(newer, young, verdict("urban")).await;
    alert(walk, incidents).await;
    assert_eq!(count(walk).await, 1, "the rule does catch what is none of these");
    walk.says("由其他平台办理的照样预警");
    let mirror = walk.mirror().await;
    walk.item(mirror, content("井盖丢了", Upstream::default()), verdict("urban")).await;
    alert(walk, walk.incidents()).await;
    assert_eq!(count(walk).await, 2);
    walk.says("保密件的预警只有纪检专员看得到");
    walk.goes("duty", "/alerts/rules/new", &rule("作风", "索要", &[("do", "save"), ("anyway", "on")])).await;
    walk.item(walk.office.source, content("有人索要红包", Upstream::default()), verdict("conduct")).await;
    alert(walk, incidents).await;
    walk.sees("discipline", "/alerts", &["<bdi>作风</bdi>"]).await;
    for login in ["duty", "leader"] {
        walk.misses(login, "/alerts?state=all", &["<bdi>作风</bdi>"]).await;
    }
}

async fn rules(walk: &mut Walk, new: &str, incidents: [IncidentId; 2]) {
    walk.says("点规则可以查看和修改");
    walk.sees("duty", "/alerts", &["href=\"/alerts/rules\">规则</a>"]).await;
    let kept = walk.office.store.alert_rules().await.unwrap();
    let lamps = kept.iter().find(|rule| rule.name == "路灯").unwrap();
    let path = format!("/alerts/rules/{}", lamps.id);
    let changed = rule("路灯", "路灯 灯杆", &[("do", "save"), ("anyway", "on")]);
    walk.goes("duty", &path, &changed).await;
    walk.sees("duty", &path, &["灯杆"]).await;
    walk.says("一条规则里写了的条件要同时满足：词语（全都有、有一个就行、不能有、两个词相隔不远）、话题");
    let form = walk.page("duty", new).await;
    for name in
        ["all", "any", "none", "near", "topic", "town", "channel", "urgency", "items", "hours", "heat"]
    {
        assert!(form.contains(&format!("name=\"{name}\"")), "{name}: {form}");
    }
    let tried = async |walk: &Walk, more: &[(&str, &str)]| {
        let form = rule("试", "不亮", &[&[("do", "try")], more].concat());
        walk.office.post("duty", new, &form).await.body
    };
    let caught = |body: &str, n: usize| body.contains(&format!("命中 <strong class=\"num\">{n}</strong> 条"));
    let both = tried(walk, &[("topic", "wages")]).await;
    assert!(caught(&both, 0), "the words alone do not do: {both}");
    walk.says("试算把它放到最近三十天的信息上，告诉您命中几条、会提醒几次、是哪些");
    let body = tried(walk, &[]).await;
    for words in
        ["试算：最近 30 天", "会提醒 <strong class=\"num\">2</strong> 次", "路灯晚上不亮", "路灯第二晚不亮"]
    {
        assert!(body.contains(words), "{words}: {body}");
    }
    assert!(caught(&body, 2), "{body}");
    walk.says("一条也不命中，或者信息满二十条而一半以上都命中的，保存时会先提醒您，勾选“仍然保存”才存");
    for n in 0..20 {
        lamp(walk, &format!("路灯昏暗{n}"), Upstream::default()).await;
    }
    alert(walk, incidents).await;
    for words in ["从来没有的话", "路灯"] {
        let form = rule("太少太多", words, &[("do", "save")]);
        let warned = walk.office.post("duty", new, &form).await.body;
        assert!(warned.contains("仍然保存"), "{words}: {warned}");
    }
    walk.misses("duty", "/alerts/rules", &["太少太多"]).await;
    let sure = rule("太少太多", "从来没有的话", &[("do", "save"), ("anyway", "on")]);
    walk.goes("duty", new, &sure).await;
    walk.sees("duty", "/alerts/rules", &["太少太多"]).await;
}
