//! Earlier answers: like matters come first, an answer that says something before one that hands on, none twice.

#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use qingting_classify::answers::Answered;
use qingting_classify::{Classifier, Model};
use qingting_models::county::County;

static CLASSIFIER: LazyLock<Classifier> =
    LazyLock::new(|| Classifier::new(Model::embedded().unwrap(), &County::embedded().unwrap()));

const LAMPS: &str =
    "您好！来函阅悉，兹答复如下：经查，建设路12盏路灯因电缆老化熄灭，已更换电缆，11月3日恢复照明。感谢支持！";
const SHELF: &[Answered<'static>] = &[
    Answered {
        title: "工地拖欠工资",
        body: "干了三个月，包工头一直不发工资。",
        answer: "经查，拖欠工资情况属实，已责令施工企业在十五日内支付全部工资，逾期依法处罚。",
    },
    Answered {
        title: "建设路路灯不亮",
        body: "晚上一片漆黑，走路不安全。",
        answer: "您好，已转有关部门处理。",
    },
    Answered {
        title: "建设路路灯全灭", body: "建设路的路灯坏了好多天，夜里看不清路。", answer: LAMPS
    },
    Answered { title: "路灯不亮", body: "建设路路灯坏了没人修。", answer: LAMPS },
    Answered {
        title: "幼儿园收费",
        body: "请问公办幼儿园的收费标准。",
        answer: "公办幼儿园保教费每月600元，按学期收取。",
    },
];

fn found(shelf: &[Answered<'_>], title: &str, body: &str, most: usize) -> Vec<usize> {
    let shelf = CLASSIFIER.shelf(shelf);
    CLASSIFIER.earlier_answers(&shelf, title, body, most).into_iter().map(|(place, _)| place).collect()
}

#[test]
fn the_answer_to_a_like_matter_that_says_something_comes_first_and_none_twice() {
    let best = found(SHELF, "路灯坏了", "建设路东段路灯不亮，晚上出门看不见。", 3);
    assert!(best[0] == 2 || best[0] == 3, "{best:?}");
    assert!(!(best.contains(&2) && best.contains(&3)), "the same answer stands once: {best:?}");
    let wages = found(SHELF, "讨薪", "包工头欠我们三个月工资不发。", 1);
    assert_eq!(wages, [0]);
}

#[test]
fn answers_without_substance_are_left_out_and_an_empty_shelf_gives_none() {
    let shelf = [Answered {
        title: "路灯", body: "路灯不亮", answer: "您好！来信收悉。感谢您的关注！"
    }];
    assert!(found(&shelf, "路灯", "路灯不亮", 3).is_empty());
    assert!(found(&[], "路灯", "路灯不亮", 3).is_empty());
    assert_eq!(found(SHELF, "", "", 9).len(), 4);
}

#[test]
fn the_order_of_the_shelf_does_not_matter() {
    let mut turned = SHELF.to_vec();
    turned.reverse();
    let (title, body) = ("幼儿园收费咨询", "公办幼儿园一个月收多少钱？");
    let straight = found(SHELF, title, body, 1);
    let back: Vec<usize> = found(&turned, title, body, 1).into_iter().map(|p| SHELF.len() - 1 - p).collect();
    assert_eq!((straight.clone(), straight), (vec![4], back));
}

#[test]
fn telling_words_are_those_of_the_matter() {
    let words = CLASSIFIER.telling_words("商品房逾期交付", "开发商拖了一年，我们的房子还没有交。", 5);
    assert!(words.iter().any(|word| word == "交付" || word == "逾期"), "{words:?}");
    assert!(!words.iter().any(|word| word == "的" || word == "我们"), "{words:?}");
    assert_eq!(words.len(), 5);
}
