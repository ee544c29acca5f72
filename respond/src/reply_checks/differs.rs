//! Does a reply say another thing than was answered before on the same incident? Numbers of the same unit, days for the
//! same step, and the outcome are set side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use qingting_models::records::Outcome;
use regex::Regex;

use super::{Checked, Finding, FindingKind, quote, sentences};

/// So many differences are told at most.
const MOST: usize = 5;

/// An approved answer on another item of the incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherAnswer {
    /// Who said it, and when, in words.
    pub who: String,
    /// The department's own: it may solve one item and not another, but not tell two days.
    pub own: bool,
    pub text: String,
    pub outcome: Outcome,
}

/// A fact that two answers tell differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is a number of: `元`, `日期`, `结果`.
    pub of: String,
    pub here: String,
    pub there: String,
    /// The sentence of the reply; empty for the outcome.
    pub place: String,
}

static FACT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x) (?:\d{4}年)?(?P<date>\d{1,2}月(?:\d{1,2}[日号])?)
        | (?P<number>\d+(?:\.\d+)?)\s*(?P<unit>万元|元|%|％|户|人|家|平方米|公里|米|吨|小时|个工作日|天|个月|辆|处|盏|套)",
    )
    .ok()
});

pub(super) fn find(reply: &Checked<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut told = BTreeSet::new();
    for other in reply.others {
        for difference in differences(reply, other) {
            // Many answers of one incident say the same.
            if found.len() == MOST || !told.insert((difference.of.clone(), difference.there.clone())) {
                continue;
            }
            found.push(Finding {
                kind: FindingKind::Differs,
                place: if difference.place.is_empty() {
                    difference.here.clone()
                } else {
                    quote(&difference.place)
                },
                what: format!(
                    "{}在同一事件里答的{}是“{}”，这里是“{}”；请核对哪个对。",
                    other.who, difference.of, difference.there, difference.here
                ),
            });
        }
    }
    found
}

/// What a reply tells differently from another answer.
pub(super) fn differences(reply: &Checked<'_>, other: &OtherAnswer) -> Vec<Difference> {
    let here = [reply.text, reply.public_text.unwrap_or_default()].join("\n");
    let (ours, theirs) = (facts(&here), facts(&other.text));
    let mut found = Vec::new();
    for (of, values) in &ours {
        let Some(others) = theirs.get(of) else { continue };
        // Where one value is common to both, they speak of the same and of more.
        if values.is_disjoint(others) {
            let first = values.iter().next().cloned().unwrap_or_default();
            let place = sentences(&here).find(|sentence| sentence.contains(&first)).unwrap_or_default();
            found.push(Difference {
                of: of.clone(),
                here: values.iter().cloned().collect::<Vec<_>>().join("、"),
                there: others.iter().cloned().collect::<Vec<_>>().join("、"),
                place: place.to_owned(),
            });
        }
    }
    if let Some(outcome) = reply.outcome.filter(|outcome| !other.own && *outcome != other.outcome) {
        found.push(Difference {
            of: "结果".into(),
            here: outcome.label().into(),
            there: other.outcome.label().into(),
            place: String::new(),
        });
    }
    found
}

/// The facts of a text: by what they are of, the values as they are written.
fn facts(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let Some(pattern) = FACT.as_ref() else { return found };
    let text = qingting_models::text::normalise(text).text;
    for fact in pattern.captures_iter(&text) {
        if let Some(date) = fact.name("date") {
            found.entry("日期".into()).or_default().insert(date.as_str().replace('号', "日"));
        } else if let (Some(number), Some(unit)) = (fact.name("number"), fact.name("unit")) {
            let value = format!("{}{}", number.as_str(), unit.as_str());
            found.entry(format!("数字（{}）", unit.as_str())).or_default().insert(value);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use qingting_models::records::CallerContact;

    use super::super::tests::reply;
    use super::*;

    fn found(text: &str, other: &str, outcome: Outcome) -> Vec<String> {
        said_by(false, text, other, outcome)
    }

    fn said_by(own: bool, text: &str, other: &str, outcome: Outcome) -> Vec<String> {
        let contact = CallerContact::default();
        let others =
            [OtherAnswer { who: "住建局（11月1日）".into(), own, text: other.into(), outcome }];
        let mut checked = reply("", text, &contact);
        checked.others = &others;
        find(&checked).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn other_dates_and_numbers_are_set_side_by_side() {
        let what =
            found("预计11月20日恢复供水，涉及300户。", "预计11月25日恢复供水，涉及300户。", Outcome::Solved);
        assert_eq!(what.len(), 1, "{what:?}");
        assert!(what[0].contains("11月25日") && what[0].contains("11月20日") && what[0].contains("住建局"));
        let what = found("补助每户2000元。", "补助每户1500元，共3户。", Outcome::Solved);
        assert!(what.len() == 1 && what[0].contains("1500元"), "{what:?}");
        assert!(found("补助每户2000元。", "补助每户２０００元，另有500元。", Outcome::Solved).is_empty());
    }

    #[test]
    fn another_outcome_is_told() {
        let what = found("已修好。", "无法修复。", Outcome::Impossible);
        assert!(what.len() == 1 && what[0].contains("无法解决") && what[0].contains("已解决"), "{what:?}");
        assert!(found("已修好。", "已修复。", Outcome::Solved).is_empty());
        assert!(
            said_by(true, "已修好。", "无法修复。", Outcome::Impossible).is_empty(),
            "the own department's"
        );
        assert_eq!(said_by(true, "11月9日修好。", "11月5日修好。", Outcome::Solved).len(), 1);
    }
}
