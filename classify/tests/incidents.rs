//! Joining items into incidents: texts written for the project, and the gold incidents of the shared corpus where it
//! lies beside the project.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::LazyLock;

use qingting_classify::corpus::{load_ids, load_incidents};
use qingting_classify::incidents::{Kinship, Member, Shelf, measure};
use qingting_classify::{Classifier, Input, Model};
use qingting_models::county::County;
use qingting_models::records::Channel;

const DAY: i64 = 86_400_000;

#[allow(clippy::unwrap_used)] // a static is no test to clippy
static CLASSIFIER: LazyLock<Classifier> =
    LazyLock::new(|| Classifier::new(Model::embedded().unwrap(), &County::embedded().unwrap()));

fn member(day: i64, channel: Channel, title: &str, body: &str) -> Member {
    let input = Input { title, body, channel };
    Member { signature: CLASSIFIER.signature(&input, &CLASSIFIER.judge(&input)), at: day * DAY }
}

fn call(day: i64, title: &str, body: &str) -> Member {
    member(day, Channel::Hotline, title, body)
}

/// The incidents of items that come one after the other, counted from 0.
fn join(items: impl IntoIterator<Item = Member>) -> Vec<usize> {
    let mut shelf = Shelf::new(Kinship::default());
    let mut count = 0;
    let mut next = || {
        count += 1;
        count - 1
    };
    let joined: Vec<usize> = items.into_iter().map(|item| shelf.join(item, &mut next).incident).collect();
    joined.into_iter().map(|incident| shelf.home(incident)).collect()
}

#[test]
fn calls_about_one_matter_join_and_other_matters_of_the_street_stay_apart() {
    let found = join([
        call(
            1,
            "石浦镇望海花园停水三天",
            "望海花园三期从前天起没有自来水，老人小孩没法做饭，请尽快恢复供水。",
        ),
        call(
            2,
            "望海花园还是没有水",
            "石浦镇望海花园三期自来水停了三天多，打供水公司电话说在抢修，什么时候恢复供水？",
        ),
        call(2, "石浦镇望海花园幼儿园收费太高", "望海花园配套幼儿园每月收费四千，不是说好办普惠园吗？"),
        call(3, "石浦镇望海路夜宵摊油烟扰民", "望海路上的烧烤摊每天营业到凌晨两点，油烟直排，居民开不了窗。"),
        call(3, "西周镇停水", "西周镇岭下村停水一天了，请恢复供水。"),
        member(3, Channel::News, "石浦镇望海花园供水管道抢修，三期居民用水受影响", ""),
    ]);
    assert_eq!(found[0], found[1], "two calls on one matter");
    assert_eq!(found[0], found[5], "news and calls on one matter");
    assert_eq!(HashSet::from([found[0], found[2], found[3], found[4]]).len(), 4, "{found:?}");
}

#[test]
fn the_same_text_months_later_is_another_incident() {
    let text = ("丹东街道建设路污水井满溢", "建设路与新华路口的污水井又满了，脏水流到马路上。");
    let found = join([call(1, text.0, text.1), call(60, text.0, text.1), call(300, text.0, text.1)]);
    assert_eq!(found, [0, 0, 1]);
}

#[test]
fn copies_that_name_no_place_are_one() {
    let text =
        ("物业乱收费", "电梯坏了一个星期，物业说没有维修资金，年纪大的人爬不动十六楼，却还要涨物业费。");
    let other = ("物业乱收费", "门口保安不让外卖进来，停车费又涨了一倍，业委会也选不出来，请管管。");
    assert_eq!(
        join([call(1, text.0, text.1), call(3, text.0, text.1), call(4, other.0, other.1)]),
        [0, 0, 1]
    );
}

#[test]
fn what_a_matter_is_found_by_is_not_written_again_within_a_day() {
    let mut shelf = Shelf::default();
    let mut terms = |day| {
        let call = call(day, "望海花园停水", "望海花园三期从前天起没有自来水，打供水公司的电话一直占线。");
        let joined = shelf.join(call, || 7);
        assert_eq!(joined.incident, 7);
        joined.terms.len()
    };
    assert!(terms(1) > 0);
    assert_eq!(terms(1), 0);
    assert!(terms(2) > 0);
}

#[test]
fn letters_of_the_corpus_join_as_the_gold_incidents_say() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let messages = here.join("../../shared/corpus/messages.jsonl");
    if !messages.is_file() {
        println!("the corpus is absent: nothing was measured");
        return;
    }
    let text = std::fs::read_to_string(messages).unwrap();
    let mut rows: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let time = |row: &serde_json::Value| {
        row["time"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond()
    };
    rows.sort_by_key(|row| (time(row), row["id"].as_str().unwrap().to_owned()));
    let field = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
    let found: HashMap<String, String> = {
        let items = rows.iter().map(|row| {
            let mut item = call(0, &field(row, "title"), &field(row, "body"));
            item.at = time(row);
            item
        });
        join(items)
            .into_iter()
            .zip(&rows)
            .map(|(incident, row)| (field(row, "id"), incident.to_string()))
            .collect()
    };
    let gold = load_incidents(&here.join("tests/data/incidents.tsv")).unwrap();
    let unsettled = load_ids(&here.join("tests/data/incidents-unsettled.tsv")).unwrap();
    let measured = measure(&found, &gold, &unsettled);
    println!(
        "best match {:.3} over {} incidents, largest {:.2} %",
        measured.best_match,
        measured.incidents.len(),
        measured.largest * 100.0
    );
    assert!(measured.best_match >= 0.92, "{}", measured.best_match);
    assert!(measured.largest <= 0.03, "{}", measured.largest);
}

#[test]
fn a_signature_is_the_same_whether_the_text_was_cut_once_or_twice() {
    let long = "望海花园三期停水三天，请尽快恢复供水。".repeat(150);
    for body in ["", "石浦镇望海花园三期停水三天，请尽快恢复供水。", &long] {
        let input = Input { title: "望海花园停水", body, channel: Channel::Hotline };
        let (verdict, signature) = CLASSIFIER.judge_and_sign(&input);
        assert_eq!(verdict, CLASSIFIER.judge(&input));
        assert_eq!(signature, CLASSIFIER.signature(&input, &verdict));
    }
}
