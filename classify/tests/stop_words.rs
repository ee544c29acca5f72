//! What a county's stop words change in a judgement and in joining, and what they leave as it is.

use qingting_classify::{Classifier, Input, Model};
use qingting_models::county::{County, Texts};
use qingting_models::records::Channel;

#[allow(clippy::unwrap_used)] // a helper is no test to clippy
fn classifier(stop_words: &[&str]) -> Classifier {
    let rows: String = stop_words.iter().map(|word| format!("{word},\n")).collect();
    let texts = Texts::from([("stop_words.csv".to_owned(), format!("word,note\n{rows}"))]);
    Classifier::new(Model::embedded().unwrap(), &County::from_texts(&texts).unwrap())
}

const CALL: Input<'_> = Input {
    title: "楼下烧烤店油烟扰民",
    body: "烧烤店每晚油烟直排，气味刺鼻，窗户都不敢开。",
    channel: Channel::Hotline,
};

#[test]
fn a_stop_word_is_no_reason_and_changes_no_topic() {
    let (plain, stopped) = (classifier(&[]).judge(&CALL), classifier(&["油煙"]).judge(&CALL));
    assert!(plain.reasons.iter().any(|reason| reason.word == "油烟"), "{:?}", plain.reasons);
    assert!(stopped.reasons.iter().all(|reason| reason.word != "油烟"), "{:?}", stopped.reasons);
    assert!(!stopped.reasons.is_empty());
    assert_eq!((plain.topics, plain.office, plain.copy), (stopped.topics, stopped.office, stopped.copy));
}

#[test]
fn stop_words_are_counted_so_that_the_list_may_change_and_make_no_difference_to_phrases() {
    let (plain, stopped) = (classifier(&[]), classifier(&["反映", "停水"]));
    let terms = |classifier: &Classifier| classifier.terms("反映停水", "我们没有水，反映的是望海花园停水");
    assert_eq!(terms(&plain), terms(&stopped));
    assert!(terms(&plain).contains("停水") && terms(&plain).contains("没有"));
    // A connecting word is in no phrase.
    assert!(terms(&plain).iter().all(|term| term == "没有" || !term.contains("没有")), "{:?}", terms(&plain));
}
