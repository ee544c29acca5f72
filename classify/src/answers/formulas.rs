//! Openings and closings of letters and answers: 您好，来函收悉；兹答复如下；感谢支持. They make answers alike that
//! have nothing in common, and help nobody who writes one.

use std::sync::LazyLock;

use regex::RegexSet;

/// Whole sentences, without their last mark, that are nothing but formula.
static FORMULAS: LazyLock<Option<RegexSet>> = LazyLock::new(|| {
    RegexSet::new([
        // Greetings and names before them.
        r"^.{0,40}[您你]们?好[^，,]{0,2}$",
        r"^(尊敬的|网友|市民|来信人|来信同志|亲爱的).{0,30}$",
        r"^[“\x22]?UU\d+[”\x22]?.{0,8}$",
        // Received.
        r"^.{0,60}(收悉|阅悉|已阅|已收到|已知悉|阅办|获悉)[^，,。]{0,6}$",
        r"^.{0,30}(来信|来电|留言|函件|诉求|信件|问题).{0,12}(收悉|收到|阅悉|知悉|高度重视).{0,30}$",
        r"^.{0,20}(高度重视|非常重视).{0,45}$",
        // Answered as follows.
        r"^.{0,70}(回复|答复|函复|批复|反馈|说明|汇报|回应|解释|介绍|通报|告知)(情况)?如下.{0,3}$",
        r"^.{0,14}(现|兹|特).{0,8}(回复|答复|函复|反馈)(如下)?.{0,4}$",
        // Thanks and wishes.
        r"^.{0,24}感谢.{0,60}$",
        r"^.{0,6}(谢谢|多谢).{0,24}$",
        r"^.{0,16}(祝|敬请|敬祝|望|请|希望|欢迎|恳请)[您你大]?.{0,12}(谅解|理解|监督|支持|愉快|顺利|健康|如意|顺心|关注|幸福|快乐|安康|批评指正|意见建议).{0,24}$",
        r"^(特此|此复|此致|敬礼|专此).{0,8}$",
        // Dates and signatures.
        r"^[^，,]{0,24}(19|20)\d\d\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日.{0,2}$",
        r"^[（(]?(承办|答复|回复|责任)(责任)?(单位|部门)[：:].{0,24}$",
    ])
    .ok()
});

/// Ends of sentences.
const ENDS: &[char] = &['。', '！', '？', '!', '?', '\n', '；', ';'];

fn is_formula(sentence: &str) -> bool {
    let bare = sentence.trim_matches(|c: char| !c.is_alphanumeric() && !"“”《》〔〕（）()".contains(c));
    if bare.is_empty() {
        return true;
    }
    bare.chars().count() < 90 && FORMULAS.as_ref().is_some_and(|set| set.is_match(bare))
}

/// The sentences of a text with their marks; a colon after a formula ends one too.
fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let ends =
            ENDS.contains(&c) || (matches!(c, '：' | ':' | '，' | ',') && is_opening(&text[start..at]));
        if ends {
            found.push(&text[start..end]);
            start = end;
        }
    }
    found.push(&text[start..]);
    found
}

/// Whether what stands before a colon or comma is an opening by itself.
fn is_opening(part: &str) -> bool {
    let closes = ["如下", "您好", "你好", "收悉", "阅悉", "回复", "答复"];
    let bare = part.trim();
    (closes.iter().any(|close| bare.ends_with(close)) || bare.starts_with("网友") || bare.ends_with('”'))
        && bare.chars().count() < 70
        && is_formula(part)
}

/// The text without its formulas, wherever they stand: for likeness.
pub fn without_formulas(text: &str) -> String {
    sentences(text).into_iter().filter(|sentence| !is_formula(sentence)).collect()
}

/// The text without the formulas at its beginning and its end: for people. A text that is nothing but formula is empty.
pub fn substance(text: &str) -> &str {
    let all = sentences(text);
    let Some(first) = all.iter().position(|sentence| !is_formula(sentence)) else { return "" };
    let last = all.iter().rposition(|sentence| !is_formula(sentence)).unwrap_or(first);
    let before: usize = all[..first].iter().map(|sentence| sentence.len()).sum();
    let kept: usize = all[first..=last].iter().map(|sentence| sentence.len()).sum();
    text[before..before + kept].trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings_and_closings_fall_away_and_what_is_said_stays() {
        let answer = "网友“UU0081”您好！所提路灯一事，来函收悉。兹将核查结果答复如下：\
            经查，该路段路灯线路老化，已更换电缆120米。\
            感谢您惦记着这条路！2026年11月3日";
        assert_eq!(substance(answer), "经查，该路段路灯线路老化，已更换电缆120米。");
        assert_eq!(without_formulas(answer), "经查，该路段路灯线路老化，已更换电缆120米。");
        assert_eq!(substance("您好！来信收悉。感谢您的关注，祝您生活愉快！"), "");
        assert_eq!(substance(""), "");
    }

    #[test]
    fn a_sentence_that_says_something_is_no_formula() {
        for said in [
            "您反映的问题已转交供电公司。",
            "请携带身份证到政务服务中心二楼窗口办理。",
            "2026年11月3日，我局执法人员到现场检查。",
            "感谢您的建议，该路段已列入明年改造计划，计划投资三百万元，预计2027年6月开工，工期约四个月，届时将分段施工并设置临时便道保障通行。",
        ] {
            assert!(substance(said).contains(&said[..12]), "{said}");
        }
    }

    #[test]
    fn formulas_in_the_middle_are_no_likeness_but_are_shown() {
        let answer = "已完成修复。感谢您的支持！另外，排水管下月更换。";
        assert_eq!(substance(answer), answer);
        assert_eq!(without_formulas(answer), "已完成修复。另外，排水管下月更换。");
    }
}
