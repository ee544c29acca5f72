//! Trains on rows written for this test, with labels that no taxonomy has.

use qingting_classify::corpus::{Row, RowText};
use qingting_classify::{
    Model, TrainError, TrainOptions, adapt, compare, cross_validate, cross_validate_nested, evaluate, train,
};

const PARTS: [(&str, [&str; 6]); 3] = [
    ("渔业", ["渔船", "休渔", "码头", "海鲜", "渔网", "出海"]),
    ("果园", ["柑橘", "果农", "施肥", "嫁接", "采摘", "果树"]),
    ("图书", ["借书", "书架", "阅览", "还书", "书店", "读者"]),
];

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (label, words) in PARTS {
        for i in 0..24 {
            let text = format!("{}和{}的事情，{}", words[i % 6], words[(i / 2 + 1) % 6], words[(i + 3) % 6]);
            rows.push(Row {
                id: format!("{label}{i}"),
                text: RowText::Written { title: text.clone(), body: format!("请问{text}怎么办") },
                topics: Some(vec![label.to_owned()]),
                kind: None,
                department: (i % 2 == 0).then(|| format!("{label}办")),
                urgency: None,
                urgent: None,
            });
        }
    }
    rows
}

fn options() -> TrainOptions {
    TrainOptions { threads: 2, ..TrainOptions::default() }
}

#[test]
fn any_set_of_labels_trains_and_training_twice_gives_the_same_bytes() {
    let model = train(&rows(), &options(), &|_, _| ()).unwrap();
    let again = train(&rows(), &TrainOptions { threads: 1, ..options() }, &|_, _| ()).unwrap();
    assert_eq!(model.to_bytes(), again.to_bytes());
    assert_eq!(model.card().topics, ["图书", "果园", "渔业"]);
    let (measured, _) = evaluate(&Model::read(&model.to_bytes()).unwrap(), &rows());
    assert!(measured.first_topic > 0.95 && measured.department.unwrap() > 0.95, "{measured:?}");
    assert_eq!((measured.kind, measured.urgency, measured.nothing_recognised), (None, None, None));
}

#[test]
fn cross_validation_measures_only_rows_that_have_a_fold() {
    let rows = rows();
    let folds = rows.iter().step_by(2).enumerate().map(|(i, row)| (row.id.clone(), i % 3)).collect();
    let (measured, predictions) = cross_validate(&rows, &folds, &options(), &|_, _| ()).unwrap();
    assert_eq!((measured.rows, predictions.len()), (rows.len() / 2, rows.len() / 2));
    assert!(predictions.iter().all(|p| !p.topics.is_empty() && p.topics.len() == p.scores.len()));
    assert_eq!(measured.topics.values().map(|m| m.support).sum::<usize>(), rows.len() / 2);
    assert!(measured.micro.f1 > 0.9, "{measured:?}");
    assert!((measured.macro_over(&["图书", "果园", "渔业"]) - measured.macro_f1).abs() < 1e-12);
}

#[test]
fn each_fold_is_judged_by_options_that_the_others_chose() {
    let rows = rows();
    let folds = rows.iter().enumerate().map(|(i, row)| (row.id.clone(), i % 3)).collect();
    // Of 24 rows, eight of each label, only what all labels have in common stands in twelve.
    let useless = TrainOptions { least_rows: [12; 3], ..options() };
    let grid = [useless, options()];
    let nested = cross_validate_nested(&rows, &folds, &grid, &|_, _| ()).unwrap();
    assert_eq!(nested.chosen, [(0, 1), (1, 1), (2, 1)].into());
    let (plain, predictions) = cross_validate(&rows, &folds, &options(), &|_, _| ()).unwrap();
    assert_eq!((nested.evaluation, nested.predictions), (plain, predictions));
}

#[test]
fn choosing_needs_three_folds_and_something_to_choose_from() {
    let rows = rows();
    let folds = |n: usize| rows.iter().enumerate().map(|(i, row)| (row.id.clone(), i % n)).collect();
    let two = cross_validate_nested(&rows, &folds(2), &[options()], &|_, _| ());
    assert!(two.unwrap_err().to_string().contains("folds must be 3 or more"));
    let none = cross_validate_nested(&rows, &folds(3), &[], &|_, _| ());
    assert!(none.unwrap_err().to_string().contains("options must be 1 or more"));
}

#[test]
fn rows_that_tell_of_urgency_alone_teach_it_and_leave_the_topics_as_they_are() {
    let plain = train(&rows(), &options(), &|_, _| ()).unwrap();
    assert!(evaluate(&plain, &rows()).0.urgent_recall.is_none());
    let alarms =
        (0..60).map(|i| urgency(i, if i % 2 == 0 { "煤气泄漏有人昏迷" } else { "热得要命" }, i % 2 == 0));
    let calm = rows().into_iter().map(|row| Row { urgency: Some(u8::from(row.id.ends_with('1'))), ..row });
    let all: Vec<Row> = calm.chain(alarms).collect();
    let model = train(&all, &options(), &|_, _| ()).unwrap();
    assert_eq!(model.card().topics, plain.card().topics);
    let (measured, _) = evaluate(&model, &all);
    assert!(measured.urgent_recall.unwrap() > 0.95 && measured.false_alarms.unwrap() < 0.05, "{measured:?}");
    assert_eq!(measured.micro.support, rows().len());
}

/// A row that tells whether something is urgent, and nothing else.
fn urgency(i: usize, words: &str, urgent: bool) -> Row {
    let text = format!("{words}，第{i}次来电");
    Row {
        id: format!("u{i}"),
        text: RowText::Written { title: String::new(), body: text },
        topics: None,
        kind: None,
        department: None,
        urgency: None,
        urgent: Some(urgent),
    }
}

#[test]
fn rows_that_cannot_be_trained_on_are_refused_with_the_reason() {
    let few = train(&rows()[..5], &options(), &|_, _| ());
    assert!(matches!(few, Err(TrainError::TooFewRows(5))));
    let alike = train(&rows()[..24], &options(), &|_, _| ());
    assert!(matches!(alike, Err(TrainError::TooFewTopics(1))));
    let wrong = train(&rows(), &TrainOptions { inner_folds: 1, ..options() }, &|_, _| ());
    assert_eq!(wrong.unwrap_err().to_string(), "inner_folds must be 2 or more");
}

/// What a county calls its fish market; the model that ships takes it for something else.
fn local_words(from: usize, count: usize) -> Vec<Row> {
    let endings = ["又没人管", "影响出行", "请处理", "大家意见很大", "多次反映", "什么时候能好"];
    let text = |n: usize| format!("东门头鱼行占道摆卖{}，{}", n % 7, endings[n % endings.len()]);
    let row = |n: usize| Row {
        id: format!("local{n}"),
        text: RowText::Written { title: "东门头鱼行".into(), body: text(n) },
        topics: Some(vec!["food_drug".into()]),
        kind: None,
        department: None,
        urgency: None,
        urgent: None,
    };
    (from..from + count).map(row).collect()
}

#[test]
fn corrections_are_learned_and_the_rest_stays_as_it_was() {
    let present = Model::embedded().unwrap();
    let options = TrainOptions::default();
    let candidate = adapt(&present, &local_words(0, 12), &options).unwrap();
    assert_ne!(present.digest(), candidate.digest());
    assert_eq!(Model::read(&candidate.to_bytes()).unwrap().digest(), candidate.digest());
    assert_eq!(adapt(&present, &local_words(0, 12), &options).unwrap().digest(), candidate.digest());
    let compared = compare(&present, &candidate, &local_words(12, 20));
    assert_eq!((compared.first.present_right, compared.first.candidate_right), (0, 20));
    assert!(compared.topics["food_drug"].p < 0.001 && compared.worse(&["food_drug"]).is_empty());
    assert_eq!(compare(&candidate, &present, &local_words(12, 20)).worse(&["food_drug"]), ["food_drug"]);

    let other = |title: &str, body: &str, topic: &str| Row {
        id: title.into(),
        text: RowText::Written { title: title.into(), body: body.into() },
        topics: Some(vec![topic.into()]),
        kind: None,
        department: None,
        urgency: None,
        urgent: None,
    };
    let others = [
        other("工地拖欠工资", "我们班组二十多人干了四个月，包工头一直不发工资，请劳动监察查处。", "wages"),
        other("公交班次太少", "早高峰等车要四十分钟，建议增加公交班次，方便老人学生出行。", "transport"),
        other(
            "工厂夜里排放废气",
            "化工厂每天夜里排放刺鼻废气，窗户都不敢开，请环保部门查处。",
            "environment",
        ),
    ];
    let compared = compare(&present, &candidate, &others);
    assert_eq!((compared.first.present_right, compared.first.candidate_right), (3, 3));
}

#[test]
fn corrections_that_cannot_be_learned_are_named() {
    let present = Model::embedded().unwrap();
    let options = TrainOptions::default();
    let few = adapt(&present, &local_words(0, 3), &options).unwrap_err();
    assert!(matches!(few, TrainError::TooFewCorrections { rows: 3, .. }), "{few}");
    let mut rows = local_words(0, 6);
    rows[4].topics = Some(vec!["鱼行".into()]);
    let unknown = adapt(&present, &rows, &options).unwrap_err();
    assert!(unknown.to_string().contains("local4") && unknown.to_string().contains("food_drug"), "{unknown}");
}
