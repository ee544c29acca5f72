//! Are the promises of a reply dated, and entered where they are followed?

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::{Checked, Finding, FindingKind, quote, sentences};

/// Words that promise without saying by when.
const SOON: &[&str] = &[
    "近期",
    "近日",
    "尽快",
    "尽早",
    "早日",
    "适时",
    "择日",
    "届时",
    "不久",
    "抓紧",
    "下一步将",
    "下一步，",
    "后续将",
    "今后将",
];
/// Words that a sentence speaks of what will be.
const WILL: &[&str] = &["会在", "预计", "计划", "承诺", "保证", "力争", "确保", "拟", "下一步"];
/// Words that it speaks of what was.
const DONE: &[&str] = &["已于", "已经", "已在", "已完成", "已修", "经查", "当日已"];

/// A day or a limit of days.
static LIMIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x) (?:(?P<year>20\d\d)年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})[日号]
        | \d{1,3}\s*个?\s*(?:工作日|天|日|周|星期|个月|月|小时)\s*(?:之)?内 | [一二三四五六七八九十两]+个?(?:工作日|天|日|周|星期|月)\s*(?:之)?内
        | (?:本|下|这|今|明|\d{1,2}|十[一二]?|[一二三四五六七八九])(?:月|年|周|季度)(?:底|末|内|中旬|上旬|下旬)(?:之?前)? | 年底(?:之?前)? | 月底(?:之?前)?",
    )
    .ok()
});

pub(super) fn find(reply: &Checked<'_>) -> Vec<Finding> {
    let text = [Some(reply.text), reply.public_text];
    let mut found: Vec<Finding> = Vec::new();
    let mut dated = Vec::new();
    for sentence in text.into_iter().flatten().flat_map(sentences) {
        let limit = limit_in(sentence);
        let has = |words: &[&str], part: &str| words.iter().any(|word| part.contains(word));
        // 将 also stands before what was done: 已于30日将路灯修复.
        let about_to = sentence.split(['，', ',']).any(|clause| clause.contains('将') && !has(DONE, clause));
        let will = about_to || has(WILL, sentence);
        let done = has(DONE, sentence) && !will;
        match limit {
            Some(date)
                if will
                    && !done
                    && date.is_none_or(|date| of_year(date, reply.today))
                    && !dated.iter().any(|(known, _)| *known == sentence) =>
            {
                dated.push((sentence, date));
            }
            None if !done => {
                let soon = SOON.iter().find(|word| sentence.contains(*word));
                let told = found.iter().any(|finding| finding.place == quote(sentence));
                if let (Some(soon), false) = (soon, told) {
                    found.push(Finding {
                        kind: FindingKind::UndatedPromise,
                        place: quote(sentence),
                        what: format!("“{}”没有写明日期；能写到哪天就写哪天。", soon.trim_end_matches('，')),
                    });
                }
            }
            _ => {}
        }
    }
    found.extend(not_entered(reply, &dated));
    found
}

/// The dated sentences for which no promise is entered.
fn not_entered(reply: &Checked<'_>, dated: &[(&str, Option<Day>)]) -> Vec<Finding> {
    let entered =
        |day: &Option<Day>| day.is_some_and(|day| reply.promises.iter().any(|promise| day.is(promise.by)));
    let open: Vec<_> = dated.iter().filter(|(_, day)| !entered(day)).collect();
    // Promises that match no date in the text may be meant by limits like "5 个工作日内".
    let matched = dated.len() - open.len();
    let spare = reply.promises.len().saturating_sub(matched);
    let missing = open.iter().skip(spare.min(open.len()));
    let finding = |(sentence, _): &&(&str, Option<Day>)| Finding {
        kind: FindingKind::PromiseNotEntered,
        place: quote(sentence),
        what: "写了期限，没有登记为承诺，到期不会提醒；请在“承诺事项”里填上。".to_owned(),
    };
    missing.map(finding).collect()
}

/// A day as it was written, with or without its year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Day {
    year: Option<i16>,
    month: i8,
    day: i8,
}

impl Day {
    fn is(self, date: Date) -> bool {
        self.year.is_none_or(|year| year == date.year())
            && (self.month, self.day) == (date.month(), date.day())
    }
}

/// Whether a written day may lie ahead: one with a year that has passed does not.
fn of_year(day: Day, today: Date) -> bool {
    let year = day.year.unwrap_or(today.year());
    Date::new(year, day.month, day.day).is_ok_and(|date| date >= today)
        || day.year.is_none() && day.month < today.month()
}

/// The first limit in a sentence: with its day, when it names one.
fn limit_in(sentence: &str) -> Option<Option<Day>> {
    let found = LIMIT.as_ref()?.captures(sentence)?;
    let number = |name: &str| found.name(name).and_then(|m| m.as_str().parse::<i16>().ok());
    let day = match (number("month"), number("day")) {
        (Some(month), Some(day)) => Some(Day {
            year: number("year"),
            month: i8::try_from(month).unwrap_or(0),
            day: i8::try_from(day).unwrap_or(0),
        }),
        _ => None,
    };
    Some(day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use qingting_models::records::{CallerContact, Promise};

    use super::super::tests::reply;
    use super::*;

    fn found(text: &str, promises: &[Promise]) -> Vec<FindingKind> {
        let contact = CallerContact::default();
        let mut checked = reply("", text, &contact);
        checked.promises = promises;
        find(&checked).into_iter().map(|finding| finding.kind).collect()
    }

    fn promise(month: i8, day: i8) -> Promise {
        Promise { what: "修好".into(), by: date(2026, month, day) }
    }

    #[test]
    fn soon_is_no_date() {
        for text in ["我局将尽快安排维修。", "近期完成整改。", "下一步将加强巡查。", "抓紧办理。"]
        {
            assert_eq!(found(text, &[]), [FindingKind::UndatedPromise], "{text}");
        }
        assert!(found("已于10月30日维修完毕。", &[]).is_empty());
        assert!(found("经查，当日已尽快清理。", &[]).is_empty());
    }

    #[test]
    fn a_date_or_limit_is_to_be_entered_as_a_promise() {
        for text in
            ["预计11月20日前修好。", "我局将在5个工作日内答复。", "计划年底前完工。", "将于三日内清理。"]
        {
            assert_eq!(found(text, &[]), [FindingKind::PromiseNotEntered], "{text}");
            assert!(found(text, &[promise(11, 20)]).is_empty(), "{text}");
        }
        let two = "路面预计11月20日修好，绿化计划12月5日补种。预计12月5日补种绿化。";
        assert_eq!(found(two, &[promise(11, 20)]), [FindingKind::PromiseNotEntered]);
        assert!(found(two, &[promise(11, 20), promise(12, 5)]).is_empty());
    }

    #[test]
    fn a_day_of_a_year_that_has_passed_promises_nothing() {
        assert!(found("按2025年3月1日的计划执行。", &[]).is_empty());
        assert_eq!(found("计划2027年3月1日开工。", &[]), [FindingKind::PromiseNotEntered]);
    }
}
