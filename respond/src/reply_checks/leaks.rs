//! Is personal data in a reply? In the answer to the caller it is told; in what may be published it needs a reason.

use qingting_models::records::{CallerContact, Line};
use qingting_models::text::{Known, MaskKind, mask_known};

use super::old_lines::valid_lines;
use super::{Checked, Finding, FindingKind};

/// Of addresses shorter ones would be found everywhere.
const SHORTEST_ADDRESS: usize = 4;

pub(super) fn find(reply: &Checked<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(public) = reply.public_text {
        for (kind, place) in leaks_in(public, reply.contact, reply.lines, reply.today) {
            found.push(Finding {
                kind: FindingKind::Leak,
                what: format!("可公开内容里有{kind}；请删去，确须保留的写明理由。"),
                place,
            });
        }
    }
    for (kind, place) in values(reply.text, &Known::default()) {
        let of_caller = [&reply.contact.names, &reply.contact.numbers, &reply.contact.addresses]
            .into_iter()
            .flatten()
            .any(|value| value.contains(&place) || place.contains(value.as_str()));
        if !of_caller && kind != MaskKind::Landline {
            found.push(Finding {
                kind: FindingKind::Private,
                what: format!("答复里有{}，不是来件人的；在系统里会显示为{}。", word(kind), kind.label()),
                place,
            });
        }
    }
    found
}

/// What is personal in a text that may be published, in words, and where it stands: all that the masker finds, and the
/// caller's own name, numbers and addresses. Telephone numbers of offices that a valid line gives may stand.
pub fn leaks_in(
    text: &str,
    contact: &CallerContact,
    lines: &[Line],
    today: jiff::civil::Date,
) -> Vec<(&'static str, String)> {
    let mut known: Vec<(MaskKind, &str)> = Vec::new();
    known.extend(contact.names.iter().map(|name| (MaskKind::Name, name.as_str())));
    known.extend(contact.numbers.iter().map(|number| (MaskKind::Mobile, number.as_str())));
    let long = |address: &&String| address.chars().count() >= SHORTEST_ADDRESS;
    known.extend(contact.addresses.iter().filter(long).map(|address| (MaskKind::Address, address.as_str())));
    let agreed = |place: &str| valid_lines(lines, today).any(|line| line.content.text.contains(place));
    let own = |place: &str| contact.numbers.iter().any(|number| number.contains(place));
    values(text, &Known::new(&known))
        .into_iter()
        .filter(|(kind, place)| *kind != MaskKind::Landline || own(place) || !agreed(place))
        .map(|(kind, place)| (word(kind), place))
        .collect()
}

/// What the masker finds: kinds and values.
fn values(text: &str, known: &Known) -> Vec<(MaskKind, String)> {
    let chars: Vec<char> = text.chars().collect();
    let value = |span: &qingting_models::text::MaskSpan| chars[span.start..span.end].iter().collect();
    mask_known(text, known).spans.iter().map(|span| (span.kind, value(span))).collect()
}

fn word(kind: MaskKind) -> &'static str {
    match kind {
        MaskKind::Mobile => "手机号",
        MaskKind::Landline => "电话号码",
        MaskKind::IdCard => "身份证号",
        MaskKind::BankCard => "银行卡号",
        MaskKind::Plate => "车牌号",
        MaskKind::Email => "邮箱",
        MaskKind::Qq => "QQ号",
        MaskKind::WeChat => "微信号",
        MaskKind::Name => "姓名",
        MaskKind::Address => "门牌住址",
    }
}

#[cfg(test)]
mod tests {
    use qingting_models::records::LineState;

    use super::super::old_lines::tests::line;
    use super::super::tests::reply;
    use super::*;

    #[test]
    fn what_may_be_published_names_no_caller() {
        let contact = CallerContact {
            names: vec!["江小鱼".into()],
            numbers: vec!["13800001234".into()],
            addresses: vec!["建设路12号3幢502室".into()],
        };
        let mut checked = reply("", "江小鱼您好，已维修。", &contact);
        assert!(find(&checked).is_empty(), "the caller's own name may stand in the answer to the caller");
        checked.public_text = Some("江小鱼（13800001234）反映建设路12号3幢502室门前路灯不亮，已维修。");
        let found = find(&checked);
        assert!(found.iter().all(|finding| finding.kind == FindingKind::Leak));
        for place in ["江小鱼", "13800001234", "502"] {
            assert!(found.iter().any(|finding| finding.place.contains(place)), "{place}: {found:?}");
        }
        checked.public_text = Some("建设路门前路灯不亮的问题，已维修。");
        assert!(find(&checked).is_empty());
    }

    #[test]
    fn the_number_of_another_person_is_told_in_the_private_answer() {
        let contact = CallerContact::default();
        let found = find(&reply("", "已联系房东（手机13900005678）退还押金。", &contact));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].kind, found[0].place.as_str()), (FindingKind::Private, "13900005678"));
    }

    #[test]
    fn an_office_number_of_a_valid_line_may_be_published() {
        let contact = CallerContact::default();
        let mut checked = reply("", "好", &contact);
        checked.public_text = Some("咨询电话0574-65712345。");
        assert_eq!(find(&checked).len(), 1);
        let lines = [line("停水咨询请拨打0574-65712345，全天有人接听。", None)];
        checked.lines = &lines;
        assert!(find(&checked).is_empty());
        let gone = Line { version: 2, state: LineState::Withdrawn, ..lines[0].clone() };
        let lines = [gone, lines[0].clone()];
        checked.lines = &lines;
        assert_eq!(find(&checked).len(), 1, "a number that was taken back is no office's");
    }
}
