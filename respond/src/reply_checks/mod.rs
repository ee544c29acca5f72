//! What is looked at in a reply before it is reviewed. Each finding names the place in the text and says what to look
//! at; none of them decides. Pure: the words, the lines and what others said are passed in.
//!
//! * [`gaps`]: is a gap of a template left open;
//! * [`asks`]: does it answer what was asked;
//! * [`promises`]: are promises dated, and entered;
//! * [`leaks`]: is personal data in it;
//! * [`old_lines`]: is a line used that holds no more;
//! * [`differs`]: does it say another thing than others did on the same incident.

mod asks;
mod differs;
mod gaps;
mod leaks;
mod old_lines;
mod promises;

use jiff::civil::Date;
use qingting_models::records::{CallerContact, Line, Outcome, Promise};

pub use differs::{Difference, OtherAnswer};
pub use leaks::leaks_in;

/// A reply with all that it is held against.
pub struct Checked<'a> {
    /// What was asked.
    pub title: &'a str,
    pub body: &'a str,
    /// The answer to the caller, and the part that may be published.
    pub text: &'a str,
    pub public_text: Option<&'a str>,
    pub outcome: Option<Outcome>,
    pub promises: &'a [Promise],
    /// Every version of the lines that the writer may see.
    pub lines: &'a [Line],
    /// How the caller can be reached.
    pub contact: &'a CallerContact,
    pub others: &'a [OtherAnswer],
    pub today: Date,
    /// Cuts a text into words.
    pub cut: &'a dyn Fn(&str) -> Vec<String>,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// A gap of a template that nobody filled in.
    Gap,
    /// Personal data in what may be published.
    Leak,
    /// Personal data in the answer to the caller.
    Private,
    OldLine,
    Differs,
    UndatedPromise,
    PromiseNotEntered,
    NotAnswered,
}

impl FindingKind {
    /// The word that people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Gap => "还有没填的空",
            Self::Leak => "泄露个人信息",
            Self::Private => "含个人信息",
            Self::OldLine => "口径已失效",
            Self::Differs => "与其他单位说法不一",
            Self::UndatedPromise => "承诺没有日期",
            Self::PromiseNotEntered => "承诺没有登记",
            Self::NotAnswered => "可能没有答到",
        }
    }

    /// Whether the reply goes on only with a reason.
    pub fn needs_reason(self) -> bool {
        self == Self::Leak
    }
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub kind: FindingKind,
    /// The place: words of the reply, or of what was asked.
    pub place: String,
    /// What is to be looked at, in a sentence.
    pub what: String,
}

/// All findings, the gravest first.
pub fn check(reply: &Checked<'_>) -> Vec<Finding> {
    let mut found = gaps::find(reply);
    found.extend(leaks::find(reply));
    found.extend(old_lines::find(reply));
    found.extend(differs::find(reply));
    found.extend(promises::find(reply));
    found.extend(asks::find(reply));
    found.sort_by_key(|finding| finding.kind);
    found
}

/// The first characters of a place, on one line.
fn quote(text: &str) -> String {
    const MOST: usize = 60;
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MOST { line } else { line.chars().take(MOST).chain(['…']).collect() }
}

/// The sentences of a text, without their marks.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(['。', '！', '？', '!', '?', '；', ';', '\n']).map(str::trim).filter(|s| !s.is_empty())
}

/// A text for comparing: letters and digits alone, full width made half width.
fn bare(text: &str) -> String {
    qingting_models::text::normalise(text).text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::civil::date;

    use super::*;

    /// A checked reply with nothing to find; words are pairs of characters.
    pub(crate) fn reply<'a>(body: &'a str, text: &'a str, contact: &'a CallerContact) -> Checked<'a> {
        Checked {
            title: "",
            body,
            text,
            public_text: None,
            outcome: Some(Outcome::Solved),
            promises: &[],
            lines: &[],
            contact,
            others: &[],
            today: date(2026, 11, 2),
            cut: &pairs,
        }
    }

    /// Stands in for the segmentation: every pair of characters that follow one another.
    pub(crate) fn pairs(text: &str) -> Vec<String> {
        let chars: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
        chars.windows(2).map(|two| two.iter().collect()).collect()
    }

    #[test]
    fn a_plain_reply_that_answers_has_nothing_to_look_at() {
        let contact = CallerContact::default();
        let checked = reply("建设路的路灯坏了，请维修。", "建设路的路灯已于11月1日维修完毕。", &contact);
        assert_eq!(check(&checked), []);
    }

    #[test]
    fn findings_come_with_the_gravest_first() {
        let contact = CallerContact { names: vec!["江小鱼".into()], ..CallerContact::default() };
        let mut checked = reply("路灯何时修好？", "我局将尽快安排维修。", &contact);
        checked.public_text = Some("江小鱼反映的路灯将尽快维修。");
        let kinds: Vec<FindingKind> = check(&checked).into_iter().map(|f| f.kind).collect();
        assert_eq!(kinds.first(), Some(&FindingKind::Leak), "{kinds:?}");
        assert!(kinds.contains(&FindingKind::UndatedPromise) && kinds.contains(&FindingKind::NotAnswered));
    }
}
