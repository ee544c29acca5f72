//! Masking judged by a table of sentences, by what the caller knows, and by random text.

use super::{MaskKind, Masked, mask, mask_with};
use proptest::prelude::*;

/// Lines of a text and its masked form; `#` opens a heading.
const CASES: &str = include_str!("cases.tsv");

fn cases() -> impl Iterator<Item = (&'static str, &'static str)> {
    CASES
        .lines()
        .filter(|line| !line.starts_with("# "))
        .map(|line| line.split_once('\t').expect("two columns"))
}

fn assert_sound(input: &str, masked: &Masked) {
    let chars: Vec<char> = input.chars().collect();
    let (mut at, mut rebuilt) = (0, String::new());
    for span in &masked.spans {
        assert!(
            at <= span.start && span.start < span.end && span.end <= chars.len(),
            "{span:?} in {input:?}"
        );
        rebuilt.extend(&chars[at..span.start]);
        rebuilt.push_str(span.kind.label());
        at = span.end;
    }
    rebuilt.extend(&chars[at..]);
    assert_eq!(rebuilt, masked.text, "{input:?}");
    let again = mask(&masked.text);
    assert_eq!(again.text, masked.text, "masking {input:?} twice");
    assert!(again.spans.is_empty(), "masking {input:?} twice finds {:?}", again.spans);
}

#[test]
fn every_sentence_of_the_table_is_masked_as_written_there() {
    assert!(cases().count() >= 150);
    let wrong: Vec<String> = cases()
        .filter_map(|(input, expected)| {
            let masked = mask(input);
            assert_sound(input, &masked);
            (masked.text != expected).then(|| format!("{input} -> {} (expected {expected})", masked.text))
        })
        .collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_kind_is_in_the_table() {
    for kind in MaskKind::ALL {
        let found = cases().filter(|(input, _)| mask(input).spans.iter().any(|s| s.kind == kind)).count();
        assert!(found >= 5, "{kind:?} is found in {found} sentences");
    }
}

#[test]
fn spans_are_written_with_their_type_and_places() {
    let masked = mask("老王电话13812345678，謝謝");
    let json = serde_json::to_string(&masked).expect("json");
    assert_eq!(json, r#"{"text":"老王电话〔手机号〕，謝謝","spans":[{"type":"mobile","start":4,"end":15}]}"#);
    let names: Vec<String> =
        MaskKind::ALL.iter().map(|k| serde_json::to_string(k).expect("json").replace('"', "")).collect();
    assert_eq!(names.join(" "), "mobile landline idcard bankcard plate email qq wechat name address");
}

/// What is found makes room: a bracket or cue may stand near enough to a number only once a label, which is shorter,
/// stands between them.
#[test]
fn a_label_counts_with_its_own_length_from_the_start() {
    let text = "打(05打(0574)6571274)65712345";
    assert_eq!(mask(text).text, "打(05打〔电话〕)〔电话〕");
    assert_sound(text, &mask(text));
}

#[test]
fn known_values_are_masked_wherever_they_stand() {
    let known = [(MaskKind::Name, "陈建国"), (MaskKind::Landline, "65712345"), (MaskKind::Name, "李")];
    let masked = mask_with("陳建國家的狗，请打65712345，李家也一样，1657123456", &known);
    assert_eq!(masked.text, "〔姓名〕家的狗，请打〔电话〕，李家也一样，1657123456");
    assert_sound("陳建國家的狗，请打65712345，李家也一样，1657123456", &masked);
}

#[test]
fn stand_ins_and_masked_values_are_not_known_values() {
    let known = [
        (MaskKind::Name, "匿名"),
        (MaskKind::Name, "张**"),
        (MaskKind::Mobile, "138"),
        (MaskKind::Name, " "),
    ];
    let text = "匿名投诉 张** 138";
    assert_eq!(mask_with(text, &known).text, text);
}

#[test]
fn the_longer_known_value_wins() {
    let known = [(MaskKind::Name, "王建"), (MaskKind::Name, "王建军")];
    assert_eq!(mask_with("王建军与王建", &known).text, "〔姓名〕与〔姓名〕");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_masked_soundly(input in any::<String>()) {
        assert_sound(&input, &mask(&input));
    }

    #[test]
    fn texts_of_cues_and_numbers_are_masked_soundly(parts in prop::collection::vec(part(), 0..14)) {
        let input = parts.concat();
        assert_sound(&input, &mask(&input));
    }

    #[test]
    fn known_values_leave_nothing_of_themselves(parts in prop::collection::vec(part(), 0..10)) {
        let input = parts.concat();
        let known = [(MaskKind::Name, "张伟"), (MaskKind::Mobile, "13812345678")];
        let masked = mask_with(&input, &known);
        prop_assert!(!masked.text.contains("张伟"));
        prop_assert_eq!(&mask_with(&masked.text, &known).text, &masked.text);
    }

    #[test]
    fn a_mobile_number_never_stays(prefix in "[一-龥，。]{0,6}", number in "1[3-9][0-9]{9}", suffix in "[，。请说]{0,6}") {
        prop_assume!(!prefix.contains(['号', '单']));
        let masked = mask(&format!("{prefix}{number}{suffix}"));
        prop_assert!(!masked.text.contains(&number));
    }
}

fn part() -> impl Strategy<Value = String> {
    let fixed = [
        "电话",
        "QQ",
        "微信",
        "加微",
        "联系人：",
        "我叫",
        "我是",
        "张伟",
        "李先生",
        "投诉人",
        "身份证",
        "卡号",
        "市民",
        "路",
        "村",
        "组",
        "幢",
        "单元",
        "室",
        "号",
        "楼",
        "-",
        " ",
        "，",
        "、",
        "。",
        "(",
        ")",
        "@qq.com",
        "浙B",
        "浙",
        "〔姓名〕",
        "〔",
        "〕",
        "转",
        "+86",
        "x",
        "330225198001011231",
        "13812345678",
        "0574",
        "65712345",
        "年",
        "元",
        "\u{200b}",
        "\0",
        "一三八",
        "说",
        "是",
        "*",
        ".",
        "号码",
        "姓名",
    ];
    prop_oneof![
        6 => prop::sample::select(fixed.to_vec()).prop_map(str::to_owned),
        2 => "[0-9]{1,12}",
        1 => "[a-zA-Z0-9_]{1,8}",
        1 => "[一二三四五六七八九十零]{1,11}",
    ]
}
