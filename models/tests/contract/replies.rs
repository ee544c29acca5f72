//! What replies are written with: lines with their versions, templates, drafts, earlier answers, promises.

use jiff::civil::date;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::{ReplyId, UserId};
use qingting_models::records::*;
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{
    CaseFilter, DueDay, Joining, LineFilter, NewLine, NewMembership, PromiseFilter, StoreError,
};

use super::builders::*;

const ONE: Actor = Actor::User(UserId(7));
const OTHER: Actor = Actor::User(UserId(8));

fn line(name: &str, departments: &[&str], confidential: bool) -> NewLine {
    NewLine {
        state: LineState::Agreed,
        content: LineContent {
            name: name.into(),
            text: format!("{name}：抢修预计当天完成，请错峰用水。"),
            topics: vec!["urban".into()],
            departments: departments.iter().map(|d| DepartmentCode::from(*d)).collect(),
            incident: None,
            confidential,
            valid_from: date(2026, 11, 1),
            valid_to: None,
            agreement: Some(Agreement { by: "水务集团".into(), on: date(2026, 11, 1) }),
        },
    }
}

async fn names(store: &TestStore, viewer: &Viewer) -> Vec<String> {
    let lines = store.lines(viewer, &LineFilter::default()).await.unwrap();
    let mut names: Vec<String> = lines.into_iter().map(|line| line.content.name).collect();
    names.sort();
    names
}

#[tokio::test]
async fn lines_are_for_those_they_name_and_confidential_ones_for_few() {
    for store in each_database().await.unwrap() {
        store.add_line(line("a", &[], false), ONE).await.unwrap();
        store.add_line(line("b", &["swjt"], false), ONE).await.unwrap();
        store.add_line(line("c", &["jw"], true), ONE).await.unwrap();
        store.add_line(line("d", &[], true), ONE).await.unwrap();
        assert_eq!(names(&store, &DUTY).await, ["a", "b"]);
        assert_eq!(names(&store, &DISCIPLINE).await, ["c", "d"]);
        assert_eq!(names(&store, &viewer_of("swjt")).await, ["a", "b"]);
        assert_eq!(names(&store, &viewer_of("rsj")).await, ["a"]);
        assert_eq!(names(&store, &viewer_of("jw")).await, ["a", "c"]);
        assert!(names(&store, &NOBODY).await.is_empty());
        let texts = store.all_line_versions(&viewer_of("rsj")).await.unwrap();
        assert_eq!(texts.len(), 1);
        let again = store.add_line(line("a", &[], false), ONE).await;
        assert!(matches!(again, Err(StoreError::Taken { .. })), "{again:?}");
    }
}

#[tokio::test]
async fn a_line_keeps_every_version_and_the_second_of_two_is_told() {
    for store in each_database().await.unwrap() {
        let first = store.add_line(line("停水", &["swjt"], false), ONE).await.unwrap();
        let mut new = line("停水", &["swjt", "rsj"], false);
        new.content.text = "抢修改为次日中午前完成，送水车已到。".into();
        let changed = store.change_line(&DUTY, first.id, 1, new.clone(), OTHER).await.unwrap();
        assert_eq!((changed.version, changed.changed_by), (2, OTHER));
        let late = store.change_line(&DUTY, first.id, 1, new, ONE).await;
        assert!(matches!(late, Err(StoreError::Conflict { .. })), "{late:?}");
        assert!(store.line(&viewer_of("rsj"), first.id).await.unwrap().is_some());
        let blind = store.withdraw_line(&DISCIPLINE, first.id, 2, "过时", ONE).await;
        assert!(matches!(blind, Err(StoreError::NotFound(_))), "{blind:?}");
        let gone = store.withdraw_line(&DUTY, first.id, 2, "已恢复供水", ONE).await.unwrap();
        assert_eq!(gone.standing(date(2026, 11, 2)), LineStanding::Withdrawn);
        assert_eq!(gone.withdrawn_because, "已恢复供水");
        let versions = store.line_versions(&DUTY, first.id).await.unwrap();
        let texts: Vec<bool> = versions.iter().map(|v| v.content.text.contains("次日")).collect();
        assert_eq!((versions[0].version, texts), (3, vec![true, true, false]));
        let filter = LineFilter { state: Some(LineState::Agreed), text: String::new() };
        assert!(store.lines(&DUTY, &filter).await.unwrap().is_empty());
        let filter = LineFilter { state: None, text: "送水车".into() };
        assert_eq!(store.lines(&DUTY, &filter).await.unwrap().len(), 1);
    }
}

fn template(name: &str, department: Option<&str>) -> TemplateContent {
    TemplateContent {
        name: name.into(),
        department: department.map(DepartmentCode::from),
        topic: None,
        state: None,
        outcome: Some(Outcome::Explained),
        text: "{工单号}已收到。".into(),
    }
}

#[tokio::test]
async fn templates_belong_to_a_department_or_to_all() {
    for store in each_database().await.unwrap() {
        let added = [template("甲", None), template("乙", Some("zjj"))];
        let ids = store.add_reply_templates(&added, ONE).await.unwrap();
        let of = async |department: &str| {
            let found = store.reply_templates(Some(&department.into())).await.unwrap();
            found.into_iter().map(|t| t.content.name).collect::<Vec<_>>()
        };
        assert_eq!(of("rsj").await, ["甲"]);
        assert_eq!(of("zjj").await.len(), 2);
        assert_eq!(store.reply_templates(None).await.unwrap().len(), 2);
        let both = store.add_reply_templates(&[template("丙", None), template("甲", None)], ONE).await;
        assert!(matches!(both, Err(StoreError::Taken { .. })), "{both:?}");
        assert_eq!(store.reply_templates(None).await.unwrap().len(), 2, "all or none");
        store.change_reply_template(ids[0], 1, &template("丁", Some("rsj")), OTHER).await.unwrap();
        let late = store.change_reply_template(ids[0], 1, &template("戊", None), ONE).await;
        assert!(matches!(late, Err(StoreError::Conflict { .. })), "{late:?}");
        assert_eq!(of("rsj").await, ["丁"]);
        store.remove_reply_template(ids[0], ONE).await.unwrap();
        assert!(store.reply_template(ids[0]).await.unwrap().is_none());
    }
}

fn draft(text: &str) -> ReplyDraft {
    ReplyDraft { text: text.into(), ..ReplyDraft::default() }
}

#[tokio::test]
async fn of_two_who_write_one_reply_neither_loses_a_word() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let item = judged(&store, &source, "1", "wages").await;
        let case = store.open_case(opening(&store, &item, "rsj")).await.unwrap().id;
        let own = DepartmentCode::from("rsj");
        let save = async |seen, text: &str, actor| {
            store.save_draft(case, &own, seen, &draft(text), actor).await.unwrap()
        };
        assert_eq!(save(0, "一", ONE).await, 1);
        assert_eq!(save(1, "一二", ONE).await, 2);
        let (saved, aside) = store.draft(case, &own).await.unwrap();
        assert_eq!((saved.unwrap().draft.text.as_str(), aside.len()), ("一二", 0));
        assert_eq!(save(0, "别人的", OTHER).await, 3);
        assert_eq!(save(2, "一二三", ONE).await, 4);
        let (saved, aside) = store.draft(case, &own).await.unwrap();
        assert_eq!(saved.as_ref().map(|s| (s.draft.text.as_str(), s.saved_by)), Some(("一二三", ONE)));
        let kept: Vec<&str> = aside.iter().map(|a| a.draft.text.as_str()).collect();
        assert_eq!(kept, ["别人的", "一二"]);
        let (mine, theirs) = (draft("甲"), draft("乙"));
        let (a, b) = tokio::join!(
            store.save_draft(case, &own, 4, &mine, ONE),
            store.save_draft(case, &own, 4, &theirs, OTHER)
        );
        let mut versions = [a.unwrap(), b.unwrap()];
        versions.sort_unstable();
        assert_eq!(versions, [5, 6]);
        let (saved, aside) = store.draft(case, &own).await.unwrap();
        let texts: Vec<String> =
            saved.into_iter().map(|s| s.draft.text).chain(aside.into_iter().map(|a| a.draft.text)).collect();
        assert!(texts.contains(&"甲".into()) && texts.contains(&"乙".into()), "{texts:?}");
        let elsewhere = store.draft(case, &"zjj".into()).await.unwrap();
        assert_eq!(elsewhere, (None, vec![]), "another department has a draft of its own");
    }
}

/// A case of `department` whose reply was approved.
async fn answered(
    store: &TestStore,
    item: &Item,
    department: &str,
    text: &str,
    public: Option<&str>,
) -> Case {
    let case = store.open_case(opening(store, item, department)).await.unwrap();
    let now = store.now();
    let reply = Reply {
        id: store.ids().next::<ReplyId>(now),
        case: case.id,
        department: department.into(),
        text: text.into(),
        public_text: public.map(|text| PublicText { text: text.into(), stands_because: None }),
        sealed: store.ids().next(now),
        outcome: Outcome::Solved,
        promises: vec![Promise { what: "全部发放到位".into(), by: date(2026, 11, 20) }],
        submitted_by: ONE,
        submitted_at: now,
        review: ReplyReview::Pending,
    };
    let mut reviewed = case.clone();
    reviewed.version = 2;
    let mut submitted = change(store, reviewed.clone(), "submit");
    submitted.replies.push((reply.clone(), Some(text.to_owned())));
    store.save_case(1, submitted).await.unwrap();
    reviewed.version = 3;
    reviewed.state = CaseState::Replied { reply: reply.id, approved_at: now, by: OTHER };
    let mut approved = change(store, reviewed.clone(), "approve");
    approved.replies.push((Reply { review: ReplyReview::Approved { by: OTHER, at: now }, ..reply }, None));
    store.save_case(2, approved).await.unwrap();
    reviewed
}

#[tokio::test]
async fn a_submitted_reply_takes_its_drafts_away() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let item = judged(&store, &source, "1", "wages").await;
        let case = store.open_case(opening(&store, &item, "rsj")).await.unwrap();
        let own = DepartmentCode::from("rsj");
        store.save_draft(case.id, &own, 0, &draft("一"), ONE).await.unwrap();
        store.save_draft(case.id, &own, 0, &draft("二"), OTHER).await.unwrap();
        let mut next = case.clone();
        next.version = 2;
        let mut submitted = change(&store, next, "submit");
        let now = store.now();
        let reply = Reply {
            id: store.ids().next::<ReplyId>(now),
            case: case.id,
            department: own.clone(),
            text: "好".into(),
            public_text: None,
            sealed: store.ids().next(now),
            outcome: Outcome::Solved,
            promises: vec![],
            submitted_by: ONE,
            submitted_at: now,
            review: ReplyReview::Pending,
        };
        submitted.replies.push((reply, Some("好".into())));
        store.save_case(1, submitted).await.unwrap();
        assert_eq!(store.draft(case.id, &own).await.unwrap(), (None, vec![]));
    }
}

#[tokio::test]
async fn no_draft_outlives_its_case() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let item = judged(&store, &source, "1", "wages").await;
        let case = store.open_case(opening(&store, &item, "rsj")).await.unwrap();
        let own = DepartmentCode::from("rsj");
        store.save_draft(case.id, &own, 0, &draft("一"), ONE).await.unwrap();
        store.save_draft(case.id, &own, 0, &draft("二"), OTHER).await.unwrap();
        let mut ended = case.clone();
        ended.version = 2;
        ended.state = CaseState::Void { at: store.now(), by: ONE, reason: "立错".into() };
        store.save_case(1, change(&store, ended, "void")).await.unwrap();
        assert_eq!(
            store.save_draft(case.id, &own, 0, &draft("三"), ONE).await.unwrap(),
            0,
            "an open page comes late"
        );
        assert_eq!(store.draft(case.id, &own).await.unwrap(), (None, vec![]));
    }
}

#[tokio::test]
async fn earlier_answers_are_found_by_their_words_within_what_the_viewer_sees() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let first = judged(&store, &source, "1", "wages").await;
        let secret = judged(&store, &source, "2", "conduct").await;
        let asks = judged(&store, &source, "3", "wages").await;
        let case = answered(&store, &first, "rsj", "欠薪已发放。", None).await;
        answered(&store, &secret, "jw", "已核查。", None).await;
        let own = store.open_case(opening(&store, &asks, "rsj")).await.unwrap();
        let find = async |viewer: &Viewer, words: &[&str], but| {
            let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
            store.answered_matters(viewer, &words, but, 10).await.unwrap()
        };
        let found = find(&DUTY, &["不存在", "工地"], own.id).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].case, found[0].reply.as_str()), (case.id, "欠薪已发放。"));
        assert_eq!(found[0].number, case.number);
        assert_eq!(find(&viewer_of("rsj"), &["工地"], own.id).await.len(), 1);
        assert!(find(&viewer_of("zjj"), &["工地"], own.id).await.is_empty(), "another department's");
        assert!(find(&DISCIPLINE, &["工地"], own.id).await.is_empty(), "confidential ones never");
        assert!(find(&viewer_of("jw"), &["工地"], own.id).await.is_empty(), "not even to their own office");
        assert!(find(&DUTY, &["工地"], case.id).await.is_empty(), "a case is no example for itself");
        assert!(find(&DUTY, &["停水"], own.id).await.is_empty());
        assert!(find(&DUTY, &["'\"", " "], own.id).await.is_empty());
    }
}

#[tokio::test]
async fn what_others_answered_on_an_incident_is_shown_as_far_as_it_may_be() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let mut items = Vec::new();
        for id in ["1", "2", "3", "4"] {
            items.push(judged(&store, &source, id, "wages").await);
        }
        let batch = store.claim_joining("w", None, 10, LEASE).await.unwrap().unwrap();
        let incident = store.ids().next(store.now());
        let joined = |(at, item): (usize, &Item)| NewMembership {
            item: item.id,
            incident,
            kinship: (at > 0).then_some(0.9),
        };
        let joined = items.iter().enumerate().map(joined).collect();
        assert!(store.save_joining("w", &batch, &Joining { joined, ..Joining::default() }).await.unwrap());
        answered(&store, &items[1], "zjj", "只答复来电人。", None).await;
        answered(&store, &items[2], "jtj", "只答复来电人。", Some("十二月底前修好。")).await;
        let own = store.open_case(opening(&store, &items[0], "rsj")).await.unwrap();
        let found = store.answers_in_incident(&viewer_of("rsj"), items[0].id, own.id).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].reply.as_str(), found[0].number.as_str()), ("十二月底前修好。", ""));
        let all = store.answers_in_incident(&DUTY, items[0].id, own.id).await.unwrap();
        assert_eq!(all.len(), 2);
        assert!(all.iter().all(|a| a.reply == "只答复来电人。" && !a.number.is_empty()), "{all:?}");
        assert!(store.answers_in_incident(&NOBODY, items[0].id, own.id).await.unwrap().len() < 2);
    }
}

#[tokio::test]
async fn what_falls_due_is_counted_by_the_day_of_the_county_for_those_who_see_it() {
    for store in each_database().await.unwrap() {
        // 23:30 in the county: a case of 48 hours is due in the last minutes of the day after tomorrow.
        store.clock.set("2026-11-23T23:30:00+08:00".parse().unwrap());
        let source = sheet(&store, "12345").await;
        let item = judged(&store, &source, "1", "wages").await;
        answered(&store, &item, "rsj", "欠薪已发放。", None).await;
        store.clock.set("2026-11-24T00:10:00+08:00".parse().unwrap());
        let other = judged(&store, &source, "2", "wages").await;
        store.open_case(opening(&store, &other, "zjj")).await.unwrap();
        let secret = judged(&store, &source, "3", "conduct").await;
        store.open_case(opening(&store, &secret, "jw")).await.unwrap();
        let days = (date(2026, 11, 1), date(2026, 12, 1));
        let told = |due: std::collections::BTreeMap<_, DueDay>| {
            due.into_iter().map(|(day, due)| (day, due.cases, due.promises)).collect::<Vec<_>>()
        };
        let (twentieth, first, second) = (date(2026, 11, 20), date(2026, 11, 25), date(2026, 11, 26));
        let all = store.due_days(&DUTY, None, days).await.unwrap();
        assert_eq!(told(all), [(twentieth, 0, 1), (first, 1, 0), (second, 1, 0)], "on {}", store.engine());
        let of = DepartmentCode::from("zjj");
        let one = store.due_days(&DUTY, Some(&of), days).await.unwrap();
        assert_eq!(told(one), [(second, 1, 0)]);
        let own = store.due_days(&viewer_of("rsj"), None, days).await.unwrap();
        assert_eq!(told(own), [(twentieth, 0, 1), (first, 1, 0)]);
        let confidential = store.due_days(&DISCIPLINE, None, days).await.unwrap();
        assert_eq!(told(confidential), [(second, 1, 0)]);
        let before = store.due_days(&DUTY, None, (date(2026, 11, 1), first)).await.unwrap();
        assert_eq!(told(before), [(twentieth, 0, 1)]);
        let shown = CaseFilter {
            due_from: Some("2026-11-26T00:00:00+08:00".parse().unwrap()),
            due_before: Some("2026-11-27T00:00:00+08:00".parse().unwrap()),
            ..CaseFilter::default()
        };
        assert_eq!(store.count_cases(&DUTY, &shown).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn promises_of_approved_replies_are_followed_and_marked_once() {
    for store in each_database().await.unwrap() {
        let source = sheet(&store, "12345").await;
        let item = judged(&store, &source, "1", "wages").await;
        let case = answered(&store, &item, "rsj", "欠薪已发放。", None).await;
        let all = PromiseFilter::default();
        let listed = store.promises(&viewer_of("rsj"), &all).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].what.as_str(), listed[0].by), ("全部发放到位", date(2026, 11, 20)));
        assert_eq!(listed[0].standing(date(2026, 11, 20)), PromiseStanding::Due);
        assert_eq!(listed[0].standing(date(2026, 11, 21)), PromiseStanding::Overdue);
        assert!(store.promises(&viewer_of("zjj"), &all).await.unwrap().is_empty());
        let overdue = |day| PromiseFilter {
            state: Some(PromiseState::Open),
            before: Some(day),
            department: Some("rsj".into()),
            case: Some(case.id),
        };
        assert_eq!(store.count_promises(&DUTY, &overdue(date(2026, 11, 20))).await.unwrap(), 0);
        assert_eq!(store.count_promises(&DUTY, &overdue(date(2026, 11, 21))).await.unwrap(), 1);
        let key = (listed[0].reply, listed[0].place);
        let note = "张三的工资已发，电话13800001234";
        let stranger = store.mark_promise(&viewer_of("zjj"), key, PromiseState::Kept, note, ONE).await;
        assert!(matches!(stranger, Err(StoreError::NotFound(_))), "{stranger:?}");
        let kept = store.mark_promise(&viewer_of("rsj"), key, PromiseState::Kept, note, ONE).await.unwrap();
        assert_eq!(kept.standing(date(2026, 12, 1)), PromiseStanding::Kept);
        let again = store.mark_promise(&DUTY, key, PromiseState::Broken, "", OTHER).await;
        assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
        let file = store.case_file(&Viewer::SYSTEM, case.id).await.unwrap().unwrap();
        let line = file.timeline.last().unwrap();
        assert_eq!(line.action, "promise_kept");
        assert!(line.note.contains("全部发放到位") && !line.note.contains("13800001234"), "{}", line.note);
        assert_eq!(store.count_promises(&DUTY, &overdue(date(2027, 1, 1))).await.unwrap(), 0);
    }
}
