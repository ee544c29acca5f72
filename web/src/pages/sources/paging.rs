//! How the pages of an interface follow one another: the choices of the form, read and written.

use qingting_models::records::Paging;

use super::reading::Reading;
use crate::view::Choice;

const CURSOR: &str = "cursor";
const LINK: &str = "link";
const NUMBER: &str = "number";

/// What can be chosen.
pub(super) fn choices() -> Vec<Choice> {
    [
        (CURSOR, "游标：结果里给出下一页的标记"),
        (LINK, "链接：结果里给出下一页的地址"),
        (NUMBER, "页码：第 1 页、第 2 页……"),
    ]
    .map(|(code, label)| Choice::new(code, label, false))
    .to_vec()
}

/// The fields that say how `paging` is set.
pub(super) fn rows(paging: Option<&Paging>) -> Vec<(&'static str, String)> {
    match paging {
        None => vec![],
        Some(Paging::Cursor { next, parameter }) => vec![
            ("paging", CURSOR.into()),
            ("paging_next", next.clone()),
            ("paging_parameter", parameter.clone()),
        ],
        Some(Paging::Link { next }) => {
            vec![("paging", LINK.into()), ("paging_next", next.clone().unwrap_or_default())]
        }
        Some(Paging::Number { parameter, first }) => vec![
            ("paging", NUMBER.into()),
            ("paging_parameter", parameter.clone()),
            ("paging_first", first.to_string()),
        ],
    }
}

/// Reads the choice; what is missing becomes a problem of its field.
pub(super) fn read(reading: &mut Reading<'_>) -> Option<Paging> {
    let next = reading.line("paging_next", "下一页标记的路径", 300);
    let parameter = reading.line("paging_parameter", "地址里的参数名", 60);
    match reading.form.text("paging") {
        "" => None,
        CURSOR => Some(Paging::Cursor {
            next: reading.needed("paging_next", next, "按游标翻页要填“下一页标记的路径”"),
            parameter: reading.needed("paging_parameter", parameter, "按游标翻页要填“地址里的参数名”"),
        }),
        LINK => Some(Paging::Link { next }),
        NUMBER => Some(Paging::Number {
            parameter: reading.needed("paging_parameter", parameter, "按页码翻页要填“地址里的参数名”"),
            first: reading.number("paging_first", "第一页的页码").unwrap_or(1),
        }),
        _ => {
            reading.problems.add("paging", "请在列出的翻页方式中选择");
            None
        }
    }
}
