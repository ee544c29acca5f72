//! Is a gap of a template left open: `【写明核实的情况】`?

use std::collections::BTreeSet;

use super::{Checked, Finding, FindingKind, quote};

/// A longer stretch between the brackets is a sentence of its own.
const LONGEST: usize = 24;

pub(super) fn find(reply: &Checked<'_>) -> Vec<Finding> {
    let texts = [reply.text, reply.public_text.unwrap_or_default()];
    let gaps: BTreeSet<&str> = texts.iter().flat_map(|text| gaps(text)).collect();
    let found = gaps.into_iter().map(|gap| Finding {
        kind: FindingKind::Gap,
        place: quote(gap),
        what: "模板里的空还没有填：请填上，或者删去。".into(),
    });
    found.collect()
}

/// What stands between brackets without a digit: numbers of documents are written `【2026】12号` too.
fn gaps(text: &str) -> impl Iterator<Item = &str> {
    text.split('【').skip(1).filter_map(|rest| {
        let (inside, _) = rest.split_once('】')?;
        let open = (1..=LONGEST).contains(&inside.chars().count()) && !inside.chars().any(char::is_numeric);
        open.then_some(inside)
    })
}

#[cfg(test)]
mod tests {
    use qingting_models::records::CallerContact;

    use super::super::tests::reply;
    use super::*;

    #[test]
    fn a_gap_of_a_template_is_named_once() {
        let contact = CallerContact::default();
        let text =
            "经查，【写明核实的情况】。已于【日期】完成，见象政办【2026】12号。如有疑问，请联系【日期】";
        let found = find(&reply("路灯不亮", text, &contact));
        let places: Vec<&str> = found.iter().map(|finding| finding.place.as_str()).collect();
        assert_eq!(places, ["写明核实的情况", "日期"]);
        assert!(find(&reply("路灯不亮", "路灯已修好【】【】", &contact)).is_empty());
    }
}
