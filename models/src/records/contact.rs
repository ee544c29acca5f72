//! How the one who called can be reached, out of the sealed original: for the handler who must call, and for the check
//! that nothing of it is published.

use serde_json::Value;

use crate::text::{MaskKind, mask};

/// Words in the names of columns that hold what is personal.
const NAMES: &[&str] = &[
    "诉求人",
    "来电人",
    "联系人",
    "投诉人",
    "反映人",
    "举报人",
    "信访人",
    "留言用户",
    "留言人",
    "昵称",
    "name",
];
/// What else a column that names a person ends with.
const NAME_ENDS: &str = "姓名";
const NUMBERS: &[&str] = &["电话", "手机", "号码", "联系方式", "phone", "mobile"];
/// Not the place of the matter (事发地址, 地址描述).
const ADDRESSES: &[&str] =
    &["地址", "住址", "家庭住址", "联系地址", "通讯地址", "诉求人地址", "来电人地址", "address"];
/// A column that names a person holds at most so many characters.
const LONGEST_NAME: usize = 20;
/// A column that holds a number has at least so many digits.
const FEWEST_DIGITS: usize = 7;

/// Names, numbers and addresses, each once, as they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallerContact {
    pub names: Vec<String>,
    pub numbers: Vec<String>,
    pub addresses: Vec<String>,
}

impl CallerContact {
    /// What the original of an item tells: by the names of its columns, and in its texts what the masker finds.
    pub fn of(original: &Value) -> Self {
        let mut contact = Self::default();
        contact.walk("", original);
        contact
    }

    fn walk(&mut self, column: &str, value: &Value) {
        match value {
            Value::Object(map) => map.iter().for_each(|(column, value)| self.walk(column, value)),
            // Some originals hold their cells as pairs.
            Value::Array(pair) if matches!(&pair[..], [Value::String(_), Value::String(_)]) => {
                self.walk(pair[0].as_str().unwrap_or_default(), &pair[1]);
            }
            Value::Array(list) => list.iter().for_each(|value| self.walk(column, value)),
            Value::String(text) => self.read(column, text.trim()),
            Value::Number(number) => self.read(column, &number.to_string()),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn read(&mut self, column: &str, text: &str) {
        let column = column.to_lowercase();
        let holds_numbers = NUMBERS.iter().any(|word| column.contains(word));
        let digits = text.chars().filter(char::is_ascii_digit).count();
        if text.is_empty() {
        } else if holds_numbers && digits >= FEWEST_DIGITS {
            add(&mut self.numbers, text);
        } else if ADDRESSES.contains(&column.as_str()) {
            add(&mut self.addresses, text);
        } else if (NAMES.contains(&column.as_str()) || column.ends_with(NAME_ENDS))
            && (2..=LONGEST_NAME).contains(&text.chars().count())
        {
            add(&mut self.names, text);
        } else {
            self.search(text);
        }
    }

    fn search(&mut self, text: &str) {
        let chars: Vec<char> = text.chars().collect();
        for span in mask(text).spans {
            let found: String = chars[span.start..span.end].iter().collect();
            match span.kind {
                MaskKind::Mobile | MaskKind::Landline => add(&mut self.numbers, &found),
                MaskKind::Name => add(&mut self.names, &found),
                MaskKind::Address => add(&mut self.addresses, &clause(&chars, span.start, span.end)),
                _ => {}
            }
        }
    }
}

/// The clause around a house number: the road and estate stand before it.
fn clause(chars: &[char], start: usize, end: usize) -> String {
    let stops = |c: &char| "，。！？；、：\n,;!?".contains(*c);
    let from = chars[..start].iter().rposition(stops).map_or(0, |at| at + 1);
    let to = chars[end..].iter().position(stops).map_or(chars.len(), |at| end + at);
    chars[from..to].iter().collect()
}

fn add(list: &mut Vec<String>, text: &str) {
    let text = text.trim();
    if !text.is_empty() && !list.iter().any(|known| known == text) {
        list.push(text.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_tell_whose_number_it_is_and_texts_what_stands_in_them() {
        let original = json!({
            "诉求人姓名": "江小鱼", "诉求人手机号": "13800001234", "诉求标题": "路灯不亮",
            "诉求内容": "我家住丹东街道建设路12号3幢502室，晚上很黑，请回电0574-65712345", "工单编号": "20261100123"
        });
        let contact = CallerContact::of(&original);
        assert_eq!(contact.names, ["江小鱼"]);
        assert_eq!(contact.numbers.len(), 2, "{contact:?}");
        assert!(contact.numbers.contains(&"13800001234".to_owned()));
        assert!(contact.addresses.iter().any(|a| a.contains("建设路12号")), "{contact:?}");
        assert!(!contact.addresses.iter().any(|a| a.contains("晚上")), "{contact:?}");
    }

    #[test]
    fn an_original_of_pairs_or_of_nothing_is_read_too() {
        let pairs = json!({ "cells": [["联系电话", "13900001111"], ["内容", "无"]] });
        assert_eq!(CallerContact::of(&pairs).numbers, ["13900001111"]);
        assert_eq!(CallerContact::of(&Value::Null), CallerContact::default());
    }
}
