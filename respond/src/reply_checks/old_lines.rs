//! Is a line used that has expired, was withdrawn, was never agreed, or was put in other words since?

use std::collections::HashSet;

use jiff::civil::Date;
use qingting_models::records::{Line, LineStanding};

use super::{Checked, Finding, FindingKind, bare, quote};

/// A clause of so many letters is no accident.
const CLAUSE: usize = 10;

pub(super) fn find(reply: &Checked<'_>) -> Vec<Finding> {
    let said = bare(&[reply.text, reply.public_text.unwrap_or_default()].join("\n"));
    let latest = |line: &Line| is_latest(line, reply.lines);
    let valid = |line: &&Line| is_valid(line, reply.lines, reply.today);
    let good: String = valid_lines(reply.lines, reply.today).map(|line| bare(&line.content.text)).collect();
    let mut told = HashSet::new();
    let mut found = Vec::new();
    for line in reply.lines.iter().filter(|line| !valid(line)) {
        let used = clauses(&line.content.text).into_iter().find(|clause| {
            let clause = bare(clause);
            said.contains(&clause) && !good.contains(&clause)
        });
        let Some(clause) = used.filter(|_| told.insert(line.id)) else { continue };
        found.push(Finding {
            kind: FindingKind::OldLine,
            place: quote(&clause),
            what: format!(
                "与口径“{}”相同，{}；请改用现行口径。",
                line.content.name,
                why(line, latest(line), reply)
            ),
        });
    }
    found
}

/// The lines that may be used today, of several versions the last.
pub(super) fn valid_lines(lines: &[Line], today: Date) -> impl Iterator<Item = &Line> {
    lines.iter().filter(move |line| is_valid(line, lines, today))
}

fn is_valid(line: &Line, lines: &[Line], today: Date) -> bool {
    is_latest(line, lines) && line.standing(today) == LineStanding::Valid
}

fn is_latest(line: &Line, lines: &[Line]) -> bool {
    !lines.iter().any(|other| other.id == line.id && other.version > line.version)
}

fn why(line: &Line, latest: bool, reply: &Checked<'_>) -> String {
    if !latest {
        return "这一段已在后来的版本里改写".to_owned();
    }
    match line.standing(reply.today) {
        LineStanding::Expired => {
            let to = line.content.valid_to.map_or_else(String::new, |to| to.to_string());
            format!("有效期到 {to} 为止")
        }
        LineStanding::Withdrawn => "该口径已撤回".to_owned(),
        LineStanding::NotYet => format!("从 {} 起才有效", line.content.valid_from),
        LineStanding::Proposed => "该口径还没有确认".to_owned(),
        LineStanding::Valid => String::new(),
    }
}

/// The clauses of a line that are long enough to be told by.
fn clauses(text: &str) -> Vec<String> {
    text.split(['。', '！', '？', '；', '，', ',', '\n'])
        .map(str::trim)
        .filter(|clause| bare(clause).chars().count() >= CLAUSE)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::Timestamp;
    use jiff::civil::date;
    use qingting_models::records::{Actor, Agreement, CallerContact, LineContent, LineState};

    use super::super::tests::reply;
    use super::*;

    pub(crate) fn line(text: &str, valid_to: Option<Date>) -> Line {
        Line {
            id: 5.into(),
            state: LineState::Agreed,
            content: LineContent {
                name: "停水".into(),
                text: text.into(),
                topics: vec![],
                departments: vec![],
                incident: None,
                confidential: false,
                valid_from: date(2026, 10, 1),
                valid_to,
                agreement: Some(Agreement { by: "水务集团".into(), on: date(2026, 10, 1) }),
            },
            withdrawn_because: String::new(),
            version: 1,
            changed_at: Timestamp::UNIX_EPOCH,
            changed_by: Actor::System,
        }
    }

    const OLD: &str = "供水主管正在抢修，预计本月20日全面恢复供水。";

    #[test]
    fn a_clause_of_an_expired_line_is_named_with_its_end() {
        let contact = CallerContact::default();
        let lines = [line(OLD, Some(date(2026, 10, 31)))];
        let mut checked = reply("", "您好，预计本月20日 全面恢复供水，请谅解。", &contact);
        checked.lines = &lines;
        let found = find(&checked);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].what.contains("停水") && found[0].what.contains("2026-10-31"), "{}", found[0].what);
        let still = [line(OLD, None)];
        checked.lines = &still;
        assert!(find(&checked).is_empty(), "a valid line may be used");
    }

    #[test]
    fn what_a_later_version_says_otherwise_is_old() {
        let contact = CallerContact::default();
        let now = Line {
            version: 2, ..line("供水主管正在抢修，预计本月25日全面恢复供水。", None)
        };
        let lines = [now, line(OLD, None)];
        let mut checked = reply("", "预计本月20日全面恢复供水。", &contact);
        checked.lines = &lines;
        assert!(find(&checked)[0].what.contains("改写"));
        checked.text = "供水主管正在抢修请耐心等待，预计本月25日全面恢复供水。";
        assert!(find(&checked).is_empty(), "what both versions say holds");
    }

    #[test]
    fn a_withdrawn_or_proposed_line_is_not_to_be_used() {
        let contact = CallerContact::default();
        for state in [LineState::Withdrawn, LineState::Proposed] {
            let lines = [Line { state, ..line(OLD, None) }];
            let mut checked = reply("", OLD, &contact);
            checked.lines = &lines;
            assert_eq!(find(&checked).len(), 1, "{state:?}");
        }
    }
}
