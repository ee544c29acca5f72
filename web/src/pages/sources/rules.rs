//! Rules are checked before they are saved: what is wrong stands at the field, in words.

use qingting_ingest::pull::{BadRule, json, page};
use qingting_ingest::sheet::{BadMap, ColumnMap};
use qingting_models::records::{PageRule, PullRule};

use super::problems::Problems;
use crate::plain;

/// Checks the selectors of a list page.
pub(super) fn check_page(rule: &PageRule, problems: &mut Problems) {
    if let Err(bad) = page::check(rule) {
        let (part, text) = words(&bad);
        let field =
            PAGE_PARTS.iter().find(|(known, _)| *known == part).map_or("page_item", |(_, field)| field);
        problems.add(field, text);
    }
}

/// The part that a fault is in, and what is wrong in words.
fn words(bad: &BadRule) -> (&str, String) {
    match bad {
        BadRule::Missing { part, .. } => (part, "请填写这一项".into()),
        BadRule::Selector { part, written, why } => (
            part,
            format!(
                "“{written}”不是 CSS 选择器，应像 ul.news > li 或 #list a（{}）",
                plain::selector_fault(*why)
            ),
        ),
        BadRule::Path { part, written, at, .. } => {
            (part, format!("“{written}”不是 JSONPath，从第 {at} 个字符起读不懂；应像 $.data.rows[*] 或 $.id"))
        }
        BadRule::Value { part: part @ "secret_header", written, .. } => {
            (part, format!("“{written}”不能作请求头：只用字母、数字和 -，也不能是程序自己要用的（如 Host）"))
        }
        BadRule::Value { part, written, .. } => {
            (part, format!("“{written}”不能用：里面不能有空格和 ? & = # /"))
        }
    }
}

/// The parts of a rule for a list page, and their fields.
const PAGE_PARTS: &[(&str, &str)] = &[
    ("item", "page_item"),
    ("title", "page_title"),
    ("link", "page_link"),
    ("date", "page_date"),
    ("body", "page_body"),
];

/// Checks the paths of an interface.
pub(super) fn check_pull(rule: &PullRule, problems: &mut Problems) {
    if let Err(bad) = json::check(rule) {
        let (part, text) = words(&bad);
        let known = PULL_PARTS.iter().find(|(known, _)| *known == part).map(|(_, field)| *field);
        let field = known.unwrap_or(if part.starts_with("extra ") { "pull_extra" } else { "pull_records" });
        problems.add(field, text);
    }
}

/// The parts of a rule for an interface, and their fields.
const PULL_PARTS: &[(&str, &str)] = &[
    ("records", "pull_records"),
    ("id", "pull_id"),
    ("title", "pull_title"),
    ("body", "pull_body"),
    ("url", "pull_url"),
    ("occurred", "pull_occurred"),
    ("dispatched", "pull_dispatched"),
    ("due", "pull_due"),
    ("state", "pull_state"),
    ("person_name", "pull_person_name"),
    ("person_phone", "pull_person_phone"),
    ("paging.next", "paging_next"),
    ("paging.parameter", "paging_parameter"),
    ("secret_header", "secret_header"),
];

/// Checks a column map.
pub(super) fn check_map(map: &str, problems: &mut Problems) {
    if let Err(bad) = ColumnMap::parse(map) {
        problems.add("column_map", map_words(&bad));
    }
}

fn map_words(bad: &BadMap) -> String {
    match bad {
        BadMap::Toml { line, .. } => format!(
            "“列的对照”第 {line} 行写得不对：要一行一个，写成：名称 = \"表头\"，如 body = \"情况说明\"；等号、引号用半角的，一个名称只写一次"
        ),
        BadMap::UnknownMeaning { meaning } => {
            let allowed = bad.to_string();
            let allowed = allowed.rsplit("allowed: ").next().unwrap_or_default().to_owned();
            format!("没有“{meaning}”这个名称；可以用的有 {allowed}")
        }
        BadMap::NoHeader { meaning } => format!("{meaning} 没有写表头"),
        BadMap::Several { meaning } => format!("{meaning} 只能对应一个表头"),
        BadMap::Twice { header } => format!("表头“{header}”用了两次，只能有一种含义"),
        BadMap::NoText => "至少要写 body（内容）或 title（标题）中的一个".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_selector_is_told_at_the_field_it_stands_in() {
        for (part, field) in PAGE_PARTS {
            let mut rule = PageRule { item: "li".into(), ..PageRule::default() };
            let bad = Some("a[".to_owned());
            match *part {
                "item" => rule.item = "a[".into(),
                "title" => rule.title = bad,
                "link" => rule.link = bad,
                "date" => rule.date = bad,
                _ => rule.body = bad,
            }
            let mut problems = Problems::default();
            check_page(&rule, &mut problems);
            let told = problems.of(field).unwrap_or_default();
            assert!(told.contains("“a[”不是 CSS 选择器") && told.contains("没有成对"), "{part}: {told}");
        }
    }

    #[test]
    fn a_bad_path_is_told_at_the_field_it_stands_in() {
        let good = PullRule { records: "$[*]".into(), title: Some("$.t".into()), ..PullRule::default() };
        let bad = || Some("$.[".to_owned());
        for (rule, field) in [
            (PullRule { records: "rows".into(), ..good.clone() }, "pull_records"),
            (PullRule { id: bad(), ..good.clone() }, "pull_id"),
            (PullRule { person_phone: bad(), ..good.clone() }, "pull_person_phone"),
            (PullRule { extra: vec![("区域".into(), "area".into())], ..good.clone() }, "pull_extra"),
            (PullRule { secret_header: Some("Host".into()), ..good.clone() }, "secret_header"),
        ] {
            let mut problems = Problems::default();
            check_pull(&rule, &mut problems);
            assert!(problems.of(field).is_some(), "{field}: {problems:?}");
        }
        let mut problems = Problems::default();
        check_pull(&good, &mut problems);
        assert!(problems.is_empty());
    }

    #[test]
    fn each_fault_of_a_column_map_is_told_in_words() {
        for (map, says) in [
            ("正文 是 情况说明", "一行一个"),
            ("content = \"情况说明\"", "没有“content”这个名称"),
            ("body = \" \"", "没有写表头"),
            ("body = [\"甲\", \"乙\"]", "只能对应一个"),
            ("body = \"甲\"\ntitle = \"甲\"", "用了两次"),
            ("url = \"甲\"", "至少要写 body"),
        ] {
            let mut problems = Problems::default();
            check_map(map, &mut problems);
            let told = problems.of("column_map").unwrap_or_default();
            assert!(told.contains(says), "{map}: {told}");
        }
    }
}
