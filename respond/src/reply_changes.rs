//! What changed between two versions of a reply, clause by clause, for the one who reviews it.

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// A stretch of text and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub kind: ChangeKind,
    pub text: String,
}

/// What became of a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    Same,
    Removed,
    Added,
}

/// The changes that lead from `before` to `after`, in the order in which they are read: what was removed stands before
/// what came in its place.
pub fn changes(before: &str, after: &str) -> Vec<Change> {
    let (old, new) = (clauses(before), clauses(after));
    let mut found: Vec<Change> = Vec::new();
    for part in capture_diff_slices(Algorithm::Patience, &old, &new) {
        let (was, is) = (old[part.old_range()].concat(), new[part.new_range()].concat());
        match part.tag() {
            DiffTag::Equal => add(&mut found, ChangeKind::Same, &is),
            DiffTag::Delete => add(&mut found, ChangeKind::Removed, &was),
            DiffTag::Insert => add(&mut found, ChangeKind::Added, &is),
            DiffTag::Replace => {
                // What both begin and end with stays out of the change.
                let (head, tail) = common(&was, &is);
                add(&mut found, ChangeKind::Same, &was[..head]);
                add(&mut found, ChangeKind::Removed, &was[head..was.len() - tail]);
                add(&mut found, ChangeKind::Added, &is[head..is.len() - tail]);
                add(&mut found, ChangeKind::Same, &is[is.len() - tail..]);
            }
        }
    }
    found
}

fn add(found: &mut Vec<Change>, kind: ChangeKind, text: &str) {
    match found.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.kind == kind => last.text.push_str(text),
        _ => found.push(Change { kind, text: text.to_owned() }),
    }
}

/// Clauses with their marks.
fn clauses(text: &str) -> Vec<&str> {
    text.split_inclusive(['。', '！', '？', '；', '，', '、', ',', ';', '\n']).collect()
}

/// How many bytes two texts have in common at the beginning and, of the rest, at the end.
fn common(one: &str, other: &str) -> (usize, usize) {
    let same = |(a, b): &(char, char)| a == b;
    let head: usize = one.chars().zip(other.chars()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    let (one, other) = (&one[head..], &other[head..]);
    let tail = one.chars().rev().zip(other.chars().rev()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    (head, tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: &str, after: &str) -> String {
        let mark = |change: Change| match change.kind {
            ChangeKind::Same => change.text,
            ChangeKind::Removed => format!("[-{}-]", change.text),
            ChangeKind::Added => format!("[+{}+]", change.text),
        };
        changes(before, after).into_iter().map(mark).collect()
    }

    #[test]
    fn what_was_removed_and_what_came_are_told_apart() {
        assert_eq!(
            shown("经查属实，已责令整改。尽快完成。", "经查属实，已责令整改。11月20日前完成。"),
            "经查属实，已责令整改。[-尽快-][+11月20日前+]完成。"
        );
        assert_eq!(shown("一，二，三。", "一，三。"), "一，[-二，-]三。");
        assert_eq!(shown("一。", "一。二。"), "一。[+二。+]");
        assert_eq!(shown("", "全新。"), "[+全新。+]");
        assert_eq!(shown("一样。", "一样。"), "一样。");
    }

    #[test]
    fn both_texts_can_be_read_out_of_the_changes() {
        let (before, after) = ("甲，乙，丙。丁！\n戊", "乙，甲。丁？\n己，戊");
        let of = |left_out: ChangeKind| -> String {
            changes(before, after).into_iter().filter(|c| c.kind != left_out).map(|c| c.text).collect()
        };
        assert_eq!(of(ChangeKind::Added), before);
        assert_eq!(of(ChangeKind::Removed), after);
    }
}
