//! The words and phrases of an item that can rise against their own past (`qingting_models::rising`).

use std::collections::BTreeSet;

use crate::judge::Classifier;

/// Of a text so many characters are read.
const READ: usize = 2_000;

impl Classifier {
    /// The words and phrases of an item, each once: words of two characters or more, and two words that follow one
    /// another. What was masked and numbers are none, and no phrase has a connecting word. The county's stop words are
    /// among them: which words do not rise is asked when rises are told, so that a changed list counts for the past too.
    pub fn terms(&self, title: &str, body: &str) -> BTreeSet<String> {
        let end = body.char_indices().nth(READ).map_or(body.len(), |(at, _)| at);
        let (document, _) = self.document(&without_labels(title), &without_labels(&body[..end]));
        let mut terms = BTreeSet::new();
        let mut before: Option<&str> = None;
        for word in document.words() {
            let text = document.text(word);
            if !is_of_letters(text) {
                before = None;
                continue;
            }
            if text.chars().nth(1).is_some() {
                terms.insert(text.to_owned());
            }
            if let Some(before) = before.filter(|_| word.joined && !word.connecting) {
                terms.insert(format!("{before}{text}"));
            }
            before = Some(text).filter(|_| !word.connecting);
        }
        terms
    }
}

fn is_of_letters(word: &str) -> bool {
    word.chars().all(|c| c.is_alphabetic() && !c.is_ascii_digit())
}

/// The text with a full stop in the place of each label that hides personal data: 〔手机号〕.
fn without_labels(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('〔') {
        out.push_str(before);
        out.push('。');
        let end = after.char_indices().take(LABEL).find(|(_, c)| *c == '〕');
        rest = end.map_or(after, |(at, bracket)| &after[at + bracket.len_utf8()..]);
    }
    out.push_str(rest);
    out
}

/// The most characters of a label.
const LABEL: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_hidden_data_are_no_words() {
        assert_eq!(without_labels("找〔姓名〕，打〔手机号〕"), "找。，打。");
        assert_eq!(without_labels("〔没有结尾的括号很长很长"), "。没有结尾的括号很长很长");
        assert_eq!(without_labels("路灯不亮"), "路灯不亮");
    }
}
