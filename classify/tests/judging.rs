//! What the shipped model says of texts written for this test.

use std::sync::LazyLock;

use proptest::prelude::*;
use qingting_classify::{Classifier, Input, Model, ModelError, Verdict};
use qingting_models::county::County;
use qingting_models::records::{Channel, Kind, Urgency};
use qingting_models::text::normalise;

#[allow(clippy::unwrap_used)] // a static is no test to clippy
static CLASSIFIER: LazyLock<Classifier> =
    LazyLock::new(|| Classifier::new(Model::embedded().unwrap(), &County::embedded().unwrap()));

fn judge(title: &str, body: &str, channel: Channel) -> Verdict {
    CLASSIFIER.judge(&Input { title, body, channel })
}

fn first(title: &str, body: &str) -> String {
    let verdict = judge(title, body, Channel::Hotline);
    verdict.topics.first().map(|t| t.code.to_string()).unwrap_or_default()
}

#[test]
fn plain_matters_get_their_topic() {
    for (title, body, topic) in [
        ("工地拖欠农民工工资", "我们二十多人在工地干了三个月，老板一直拖欠工资不给，请帮我们讨薪。", "wages"),
        ("楼下烧烤店油烟扰民", "烧烤店每晚油烟直排，气味刺鼻，窗户都不敢开，请环保部门处理。", "environment"),
        ("学校食堂饭菜吃出虫子", "孩子在学校食堂吃饭，菜里有虫子，食品卫生堪忧。", "food_drug"),
        ("公交车等不到", "202路公交车间隔太长，早高峰等四十分钟，希望增加班次。", "transport"),
        ("小学招生学区怎么划分", "孩子今年上小学，户口和房子不在一起，学位怎么安排？", "edu_med_elder"),
        ("低保申请被拒", "家中老人残疾，没有收入，申请低保一直没有批下来。", "hardship"),
        ("楼盘延期交房", "开发商承诺去年交房，至今没有交付，房产证也办不下来。", "housing"),
    ] {
        assert_eq!(first(title, body), topic, "{title}");
    }
}

#[test]
fn traditional_and_full_width_writing_change_nothing() {
    let plain = judge("楼下烧烤店油烟扰民", "每晚油烟直排,气味刺鼻", Channel::Hotline);
    let other = judge("樓下燒烤店油煙擾民", "每晚油煙直排,氣味刺鼻", Channel::Hotline);
    assert_eq!((plain.topics, plain.office), (other.topics, other.office));
}

#[test]
fn news_is_always_news_and_letters_never_are() {
    let title = "男子深夜入室盗窃被警方抓获";
    assert_eq!(judge(title, "", Channel::News).kind, Kind::News);
    assert_ne!(judge(title, "", Channel::Hotline).kind, Kind::News);
}

#[test]
fn a_news_title_of_unknown_words_is_at_most_a_guess() {
    let verdict = judge("新片今日首映 女主角红毯亮相", "", Channel::News);
    assert!(verdict.unsure || verdict.topics.is_empty(), "{verdict:?}");
}

#[test]
fn sport_and_shares_in_the_news_ask_nothing_of_a_county() {
    for title in ["湖人加时险胜火箭 科比独砍40分", "沪指午后跳水 银行股领跌大盘"] {
        let verdict = judge(title, "", Channel::News);
        assert!(verdict.topics.is_empty() && !verdict.unsure, "{title}: {verdict:?}");
    }
    let crime = judge("男子深夜入室抢劫杀人潜逃被警方抓获", "", Channel::News);
    assert_eq!(crime.topics[0].code.as_str(), "order");
}

#[test]
fn a_text_that_says_nothing_is_a_guess_not_a_judgement() {
    for text in ["", "您好，请问一下", "？？？", "asdf 1234"] {
        let verdict = judge("", text, Channel::Hotline);
        assert!(verdict.unsure || verdict.topics.is_empty(), "{text}: {verdict:?}");
    }
}

/// A letter of everyday sentences, each different, about 200 kB, with the matter in its middle.
fn long_letter(matter: &str) -> String {
    let day =
        |n: usize| format!("第{n}天早上，我们坐在院子里喝茶，隔壁的老先生说起从前的{}件旧事。\n", n * 3 + 2);
    let days: Vec<String> = (0..2_000).map(day).collect();
    let (before, after) = days.split_at(1_000);
    format!("{}{matter}\n{}", before.concat(), after.concat())
}

#[test]
fn a_matter_in_the_middle_of_a_long_letter_is_found_where_it_stands() {
    let title = "一封長信";
    for (matter, topic, word) in [
        ("石浦鎮建設路的工地拖欠我們二十多名農民工三個月工資，老闆躲著不見，請幫我們討薪。", "wages", "讨薪"),
        (
            "丹东街道小区楼下的烧烤店每晚油烟直排，气味刺鼻，窗户都不敢开，请环保部门查处。",
            "environment",
            "油烟",
        ),
        ("西周镇的学校食堂饭菜变质，十几个孩子食物中毒，请市场监管部门查处食品安全。", "food_drug", "饭菜"),
    ] {
        let body = long_letter(matter);
        assert!(body.len() > 190_000, "{}", body.len());
        let verdict = judge(title, &body, Channel::Petition);
        assert_eq!(verdict.topics[0].code.as_str(), topic, "{verdict:?}");
        assert_eq!(verdict.places.len(), judge("", matter, Channel::Petition).places.len());
        let text: Vec<char> = format!("{title}\n{body}").chars().collect();
        let start = title.chars().count() + 1 + body[..body.find(matter).unwrap()].chars().count();
        let middle = start..start + matter.chars().count();
        for place in &verdict.places {
            let written: String = text[place.start..place.end].iter().collect();
            assert!(matter.contains(&written) && middle.contains(&place.start), "{place:?} {written}");
        }
        assert!(!verdict.reasons.is_empty());
        for reason in &verdict.reasons {
            let written: String = text[reason.start..reason.end].iter().collect();
            assert_eq!(normalise(&written).text, reason.word);
        }
        let named = verdict.reasons.iter().find(|reason| reason.word == word);
        assert!(named.is_some_and(|reason| middle.contains(&reason.start)), "{:?}", verdict.reasons);
    }
}

#[test]
fn a_danger_in_the_middle_of_a_long_letter_is_heard() {
    let matter = "三号楼煤气泄漏，已有三人昏迷，生命危险，请马上派人救命！";
    let calm = judge("来信", &long_letter("院子里的花都开了。"), Channel::Hotline);
    let alarm = judge("来信", &long_letter(matter), Channel::Hotline);
    assert!(alarm.urgency > calm.urgency, "{:?} {:?}", alarm.urgency, calm.urgency);
}

#[test]
fn a_place_behind_the_name_of_another_county_or_district_is_not_sure() {
    let is_sure = |body: &str| {
        let places = judge("", body, Channel::Hotline).places;
        let place = places
            .iter()
            .find(|place| place.name == "石浦镇")
            .unwrap_or_else(|| panic!("{body}: {places:?}"));
        place.is_sure()
    };
    for body in ["宁海县石浦镇的路灯不亮", "慈溪市石浦镇的路灯不亮", "海曙区石浦镇的路灯不亮"]
    {
        assert!(!is_sure(body), "{body}");
    }
    for body in [
        "象山县石浦镇的路灯不亮",
        "宁波市石浦镇的路灯不亮",
        "开发区石浦镇的路灯不亮",
        "宁海县的人到石浦镇，路灯不亮",
    ] {
        assert!(is_sure(body), "{body}");
    }
}

#[test]
fn reasons_and_places_point_at_the_text_as_written() {
    let (title, body) = ("石浦鎮農民工討薪", "老闆拖欠工資三個月，建設路工地無人管。");
    let text: Vec<char> = format!("{title}\n{body}").chars().collect();
    let verdict = judge(title, body, Channel::Petition);
    let place = &verdict.places[0];
    assert_eq!(place.town.as_ref().unwrap().as_str(), "石浦镇");
    assert_eq!(text[place.start..place.end].iter().collect::<String>(), "石浦鎮");
    assert!(verdict.reasons.iter().any(|r| r.topic.as_str() == "wages"), "{verdict:?}");
    for reason in &verdict.reasons {
        let written: String = text[reason.start..reason.end].iter().collect();
        assert_eq!(normalise(&written).text, reason.word);
        assert!(reason.weight > 0.0);
    }
}

#[test]
fn an_ordinary_letter_is_not_urgent_and_the_office_is_named() {
    let verdict = judge("路灯不亮", "小区门口的路灯坏了一周，晚上走路不方便，请维修。", Channel::Complaint);
    assert_eq!(verdict.urgency, Urgency::Ordinary);
    assert_eq!(verdict.offices.len(), 3);
    assert_eq!(verdict.office, verdict.offices[0].0);
}

#[test]
fn a_text_is_judged_alike_on_every_run_and_thread_whatever_was_judged_before_it() {
    let matter = "石浦镇建设路的工地拖欠工资，请查处；化工厂偷排污水，小区停水三天！ＷｉＦｉ信号８０㎡ abc 🚌 𠮷野家。";
    let bodies = [0, 1, 3, 40, 130, 400].map(|times| matter.repeat(times));
    let titles = ["", "来信", "樓下燒烤店油煙擾民", "感谢急诊医生", "7路公交车等不到，谁管？"];
    let pairs = titles.iter().flat_map(|title| bodies.iter().map(move |body| (*title, body.as_str())));
    let texts: Vec<(&str, &str)> = pairs.collect();
    let told = |(title, body): (&str, &str)| {
        let (verdict, signature) =
            CLASSIFIER.judge_and_sign(&Input { title, body, channel: Channel::Hotline });
        (verdict, signature.to_bytes())
    };
    let first: Vec<_> = texts.iter().map(|text| told(*text)).collect();
    std::thread::scope(|scope| {
        for step in [1, 7, 11, 29] {
            let (texts, first) = (&texts, &first);
            // Each thread takes them in another order, twice: its room is used by longer and by shorter texts before.
            scope.spawn(move || {
                for turn in 0..2 * texts.len() {
                    let at = turn * step % texts.len();
                    assert_eq!(told(texts[at]), first[at], "{}", texts[at].0);
                }
            });
        }
    });
}

#[test]
fn words_alone_are_judged_too() {
    let words: Vec<String> = ["工地", "拖欠", "农民工", "工资", "讨薪", "老板"].map(str::to_owned).to_vec();
    let verdict = CLASSIFIER.judge_tokens(&words, Channel::Hotline);
    assert_eq!(verdict.topics[0].code.as_str(), "wages");
    assert!(verdict.places.is_empty() && verdict.reasons.is_empty());
}

#[test]
fn what_is_indexed_is_found_by_the_same_words() {
    let tokens = CLASSIFIER.search_tokens("石浦港污水处理厂", "COVID-19 檢測點");
    let indexed: Vec<&str> = tokens.split(' ').collect();
    for query in ["污水", "石浦港", "检测", "covid"] {
        for token in CLASSIFIER.query_tokens(query) {
            assert!(indexed.contains(&token.as_str()), "{query}: {token} not in {tokens}");
        }
    }
}

#[test]
fn a_model_file_reads_back_as_it_was_and_damage_is_noticed() {
    let model = Model::embedded().unwrap();
    let bytes = model.to_bytes();
    assert!(bytes.len() <= 6_000_000);
    assert_eq!(Model::read(&bytes).unwrap().digest(), model.digest());
    assert_eq!(CLASSIFIER.model_digest(), model.card().digest);
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    assert!(matches!(Model::read(&flipped), Err(ModelError::Checksum)));
    assert!(matches!(Model::read(&bytes[..1000]), Err(ModelError::Checksum)));
    assert!(matches!(Model::read(b"no model"), Err(ModelError::NoModel)));
    let mut newer = bytes;
    newer[7] = 99;
    assert!(matches!(Model::read(&newer), Err(ModelError::Version(99))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_words_kept_for_a_search_are_those_that_it_is_asked_for(
        usual in "(请问|石浦港|污水处理厂|人民代表大会|中华人民共和国|电动自行车|路燈|覆蓋|不亮|的|了|。|，|\n| |12345|\
                  COVID-19|wi_fi|3\\.6\\.3a|50%|ＡＢ|[A-Z][0-9]市|西地省){0,30}",
        characters in "[一-龥a-cA-C0-9._%+，。（ 　\r\n-]{0,40}",
        any in any::<String>(),
    ) {
        for (title, body) in
            [(&usual, &characters), (&characters, &usual), (&usual, &any), (&any, &usual), (&usual, &String::new())]
        {
            let kept = CLASSIFIER.judge_for_store(&Input { title, body, channel: Channel::Hotline });
            prop_assert_eq!(kept.search_words, CLASSIFIER.search_tokens(title, body));
        }
    }

    #[test]
    fn any_text_gets_a_verdict_in_bounds_and_the_same_one_twice(
        title in "(路灯|油烟|[A-Z][0-9]市|\\PC){0,12}",
        body in "(石浦|建设路|工资|。|\\n|\\PC){0,40}",
    ) {
        let length = title.chars().count() + 1 + body.chars().count();
        let verdict = judge(&title, &body, Channel::Social);
        prop_assert_eq!(&verdict, &judge(&title, &body, Channel::Social));
        prop_assert!(verdict.topics.len() <= 3);
        prop_assert!(verdict.topics.windows(2).all(|w| w[0].score >= w[1].score));
        prop_assert!(verdict.topics.iter().all(|t| (0.0..=1.0).contains(&t.score)));
        prop_assert!(verdict.reasons.iter().all(|r| r.start < r.end && r.end <= length));
        prop_assert!(verdict.places.iter().all(|p| p.start < p.end && p.end <= length));
    }
}
