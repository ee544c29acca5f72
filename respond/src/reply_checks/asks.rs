//! Does a reply answer what was asked? The points of a letter are found by question marks and words that ask; a point
//! counts as touched when the reply has one of its own words, and a question for a time or a number an answer of that
//! kind.

use std::collections::HashSet;

use super::{Checked, Finding, FindingKind, quote};

/// Words that ask. The sentence or clause that has one is a point.
const ASKING: &[&str] = &[
    "请问",
    "咨询",
    "能否",
    "能不能",
    "是否",
    "可否",
    "可不可以",
    "有没有",
    "何时",
    "什么时候",
    "什么时间",
    "多久",
    "多少",
    "哪里",
    "哪些",
    "哪个",
    "如何",
    "怎么",
    "怎样",
    "为什么",
    "为何",
    "请求",
    "要求",
    "恳请",
    "希望",
    "建议",
    "请相关",
    "请有关",
    "请尽快",
    "请核实",
    "请处理",
    "请维修",
    "请查处",
    "请解决",
    "吗",
];
const WHEN: &[&str] = &["何时", "什么时候", "什么时间", "多久", "几时", "哪天", "哪一天"];
const HOW_MUCH: &[&str] = &["多少", "几年", "几个", "几天", "几次"];
/// Words that a point is not about.
const COMMON: &[&str] = &[
    "请问",
    "咨询",
    "能否",
    "是否",
    "可否",
    "何时",
    "时候",
    "什么",
    "多久",
    "多少",
    "哪里",
    "哪些",
    "哪个",
    "如何",
    "怎么",
    "怎样",
    "为什么",
    "为何",
    "请求",
    "要求",
    "恳请",
    "希望",
    "建议",
    "相关",
    "有关",
    "部门",
    "单位",
    "政府",
    "领导",
    "处理",
    "解决",
    "问题",
    "尽快",
    "核实",
    "我们",
    "你们",
    "他们",
    "这个",
    "那个",
    "现在",
    "目前",
    "可以",
    "没有",
    "不能",
    "一个",
    "一下",
    "还是",
    "已经",
    "应该",
    "如果",
    "因为",
    "所以",
    "但是",
    "谢谢",
    "您好",
    "你好",
    "时间",
    "进行",
    "情况",
    "反映",
    "本人",
    "大家",
    "怎么办",
    "怎么样",
];
/// So many points are named at most.
const MOST: usize = 4;

pub(super) fn find(reply: &Checked<'_>) -> Vec<Finding> {
    let said = match reply.public_text {
        Some(public) => format!("{}\n{public}", reply.text),
        None => reply.text.to_owned(),
    };
    let points = points(reply.title, reply.body);
    let words: Vec<HashSet<String>> = points.iter().map(|point| content(point, reply.cut)).collect();
    let mut found = Vec::new();
    for (at, point) in points.iter().enumerate() {
        let own: Vec<&String> = words[at]
            .iter()
            .filter(|word| {
                words.iter().enumerate().all(|(other, words)| other == at || !words.contains(*word))
            })
            .collect();
        // A point that has no word of its own is touched by any of its words.
        let touched = match (own.is_empty(), words[at].is_empty()) {
            (_, true) => true,
            (true, false) => words[at].iter().any(|word| said.contains(word.as_str())),
            (false, false) => own.iter().any(|word| said.contains(word.as_str())),
        };
        let asks = |cues: &[&str]| cues.iter().any(|cue| point.contains(cue));
        let what = if !touched {
            "来信问到或要求的这一点，答复里没有提到。"
        } else if asks(WHEN) && !tells_time(&said) {
            "来信问的是时间，答复里没有日期或期限。"
        } else if asks(HOW_MUCH) && !tells_number(&said) {
            "来信问的是数量，答复里没有数字。"
        } else {
            continue;
        };
        found.push(Finding { kind: FindingKind::NotAnswered, place: quote(point), what: what.to_owned() });
    }
    found.truncate(MOST);
    found
}

/// The asked points, each once.
fn points(title: &str, body: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for sentence in split_with_marks(body).into_iter().chain(split_with_marks(title)) {
        let (text, asks) = sentence;
        if text.chars().count() < 4 || !(asks || ASKING.iter().any(|cue| text.contains(cue))) {
            continue;
        }
        // Of a long sentence the clauses that ask, and the one before each, which says what about.
        let clauses: Vec<&str> = text.split(['，', ',', '：', ':']).collect();
        let asking = |clause: &&str| ASKING.iter().any(|cue| clause.contains(cue));
        let point = match clauses.iter().position(asking) {
            Some(first) if text.chars().count() > 40 => {
                let last = clauses.iter().rposition(asking).unwrap_or(first);
                clauses[first.saturating_sub(1)..=last].join("，")
            }
            _ => text.to_owned(),
        };
        if !found.iter().any(|known| known.contains(&point) || point.contains(known.as_str())) {
            found.push(point);
        }
    }
    found
}

/// Sentences, each with whether it ends with a question mark.
fn split_with_marks(text: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices().filter(|(_, c)| "。！？!?；;\n".contains(*c)) {
        found.push((text[start..at].trim(), matches!(c, '？' | '?')));
        start = at + c.len_utf8();
    }
    found.push((text[start..].trim(), false));
    found
}

/// The words of a point that say what it is about.
fn content(point: &str, cut: &dyn Fn(&str) -> Vec<String>) -> HashSet<String> {
    let says = |word: &String| {
        word.chars().count() >= 2
            && !COMMON.contains(&word.as_str())
            && !word.chars().all(|c| c.is_ascii_digit())
            && !ASKING.contains(&word.as_str())
    };
    cut(point).into_iter().filter(says).collect()
}

/// Digits, or a numeral with what it counts: 三百元, not 进一步.
fn tells_number(text: &str) -> bool {
    const NUMERALS: &str = "一二三四五六七八九十百千万两";
    const UNITS: &str = "元角户人家米里吨个件台辆处盏套次亩份幢间倍成";
    let chars: Vec<char> = text.chars().collect();
    let counted = |pair: &[char]| NUMERALS.contains(pair[0]) && UNITS.contains(pair[1]);
    chars.iter().any(char::is_ascii_digit) || chars.windows(2).any(counted)
}

fn tells_time(text: &str) -> bool {
    let units = ["年", "月", "日", "天", "周", "小时", "号", "工作日"];
    let chars: Vec<char> = text.chars().collect();
    let digit = |c: char| c.is_ascii_digit() || "一二三四五六七八九十两".contains(c);
    let near = |at: usize| {
        let rest: String = chars[at + 1..chars.len().min(at + 5)].iter().collect();
        units.iter().any(|unit| rest.trim_start_matches(['个', ' ']).starts_with(unit))
    };
    (0..chars.len()).any(|at| digit(chars[at]) && near(at))
        || ["年底", "月底", "年内", "今天", "明天", "当天", "当日", "下周", "下月"]
            .iter()
            .any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use qingting_models::records::CallerContact;

    use super::super::tests::reply;
    use super::*;

    fn places(body: &str, text: &str) -> Vec<String> {
        let contact = CallerContact::default();
        find(&reply(body, text, &contact)).into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn a_point_that_the_reply_does_not_touch_is_named() {
        let body = "小区电梯经常停运，希望更换电梯。另外地下车库积水，请有关部门清理积水。";
        let found = places(body, "电梯已报质监部门检验，列入更换计划，12月1日前换完。");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("积水"), "{found:?}");
        assert!(places(body, "电梯更换12月1日前完成，车库积水已清理。").is_empty());
    }

    #[test]
    fn a_question_for_a_time_wants_a_time() {
        let body = "学府路什么时候修好？";
        assert_eq!(places(body, "学府路正在抓紧施工。").len(), 1);
        for answer in ["学府路预计12月20日修好。", "学府路年底前修好。", "学府路还要三个月修好。"]
        {
            assert!(places(body, answer).is_empty(), "{answer}");
        }
    }

    #[test]
    fn a_question_for_a_number_wants_a_number() {
        assert_eq!(places("低保标准是多少？", "低保标准按文件执行。").len(), 1);
        assert!(places("低保标准是多少？", "低保标准为每月1220元。").is_empty());
    }

    #[test]
    fn a_letter_that_asks_nothing_has_no_points() {
        assert!(places("楼上装修很吵。", "已现场劝导。").is_empty());
        assert!(places("", "好。").is_empty());
    }
}
