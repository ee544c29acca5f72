//! The content of a quarantined row: masked for everybody who may see the row, and as fields to mend for those
//! who opened it.

use qingting_ingest::sheet::{Meaning, personal_column};
use qingting_models::records::RejectForm;
use qingting_models::text::{MaskKind, mask_with};
use serde_json::{Map, Value};

use crate::caller::Form;

/// Stands for what is not shown.
const HIDDEN: &str = "●●";
/// Characters of a value that are masked, and that are shown of it: what is cut in the middle is not shown.
const LOOKED_AT: usize = 4_000;
const SHOWN: usize = 3_900;
/// Most fields of a row.
const FIELDS: usize = 300;
/// Empty fields to add what is missing.
const SPARE: usize = 2;

/// A row's content as pairs of field and masked text.
pub(super) fn masked(form: RejectForm, original: &Value) -> Vec<(String, String)> {
    match (form, original) {
        (RejectForm::Line, _) => vec![("这一行".into(), masked_line(original))],
        // Nothing tells which parts of a text that could not be read are personal.
        (_, Value::String(_)) => vec![("内容".into(), HIDDEN.into())],
        (RejectForm::Markup, _) => {
            let markup = original.get("markup").and_then(Value::as_str).unwrap_or_default();
            vec![("条目原文".into(), masked_text(markup, &[]))]
        }
        _ => {
            let known = personal_values(original);
            let known: Vec<(MaskKind, &str)> =
                known.iter().map(|(kind, value)| (*kind, value.as_str())).collect();
            let mut pairs = Vec::new();
            flatten("", original, &known, &mut pairs);
            pairs.truncate(FIELDS);
            pairs
        }
    }
}

/// A line that was not split shows its personal parts to nobody: it is shown where no header is personal.
fn masked_line(original: &Value) -> String {
    let headers = original.get("headers").and_then(Value::as_array);
    let personal = |header: &Value| header.as_str().is_none_or(|header| personal_column(header).is_some());
    match headers {
        Some(headers) if !headers.iter().any(personal) => {
            masked_text(original.get("line").and_then(Value::as_str).unwrap_or_default(), &[])
        }
        _ => HIDDEN.into(),
    }
}

fn masked_text(text: &str, known: &[(MaskKind, &str)]) -> String {
    let cut: String = text.chars().take(LOOKED_AT).collect();
    let whole = cut.len() == text.len();
    let masked = mask_with(&cut, known).text;
    if whole { masked } else { masked.chars().take(SHOWN).chain(['…']).collect() }
}

/// Whether a field's whole value is personal.
fn is_personal(name: &str) -> bool {
    name == "persons" || personal_column(name).is_some()
}

/// The values of personal fields, which are masked wherever else they stand.
fn personal_values(original: &Value) -> Vec<(MaskKind, String)> {
    fn texts(value: &Value, kind: MaskKind, out: &mut Vec<(MaskKind, String)>) {
        match value {
            Value::String(text) if (2..=40).contains(&text.chars().count()) => out.push((kind, text.clone())),
            Value::Number(number) => out.push((kind, number.to_string())),
            Value::Array(list) => list.iter().for_each(|value| texts(value, kind, out)),
            Value::Object(map) => map.values().for_each(|value| texts(value, kind, out)),
            _ => {}
        }
    }
    fn walk(value: &Value, out: &mut Vec<(MaskKind, String)>) {
        let Value::Object(map) = value else { return };
        for (name, value) in map {
            match personal_column(name) {
                Some(Meaning::PersonPhone) => texts(value, MaskKind::Mobile, out),
                _ if is_personal(name) => texts(value, MaskKind::Name, out),
                _ => walk(value, out),
            }
        }
    }
    let mut out = Vec::new();
    walk(original, &mut out);
    out
}

fn flatten(name: &str, value: &Value, known: &[(MaskKind, &str)], out: &mut Vec<(String, String)>) {
    if out.len() >= FIELDS {
        return;
    }
    let mut push = |text: String| out.push((masked_text(name, &[]), text));
    match value {
        Value::Null => {}
        Value::Object(map) => {
            for (key, value) in map {
                if is_personal(key) {
                    out.push((masked_text(key, &[]), HIDDEN.into()));
                } else {
                    flatten(key, value, known, out);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| flatten(name, value, known, out)),
        Value::String(text) => push(masked_text(text, known)),
        other => push(masked_text(&other.to_string(), known)),
    }
}

/// A field of the form in which a row is mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MendField {
    pub index: usize,
    pub name: String,
    pub value: String,
    /// Whether the name can be typed too.
    pub free_name: bool,
    /// Whether the value has several lines or is long.
    pub area: bool,
}

impl MendField {
    fn new(index: usize, name: &str, value: String, free_name: bool) -> Self {
        let area = value.chars().count() > 60 || value.contains('\n');
        Self { index, name: name.into(), value, free_name, area }
    }
}

/// The fields to mend a row in: one for each of its parts, two to add what is missing, or the whole text.
pub(super) fn fields(form: RejectForm, original: &Value) -> Vec<MendField> {
    let whole = |name: &str, value: &str| {
        vec![MendField { area: true, ..MendField::new(0, name, value.into(), false) }]
    };
    let text = |key: &str| original.get(key).and_then(Value::as_str).unwrap_or_default();
    match (form, original) {
        (RejectForm::Line, _) => whole("这一行", text("line")),
        (RejectForm::Markup, _) => whole("条目原文", text("markup")),
        (_, Value::Object(map)) => {
            let free = form == RejectForm::Json;
            let known = map.iter().take(FIELDS).enumerate();
            let known = known.map(|(index, (name, value))| MendField::new(index, name, written(value), free));
            let spare =
                (0..SPARE).map(|n| MendField::new(map.len().min(FIELDS) + n, "", String::new(), true));
            known.chain(spare).collect()
        }
        (_, Value::String(line)) => whole("内容", line),
        (_, other) => whole("内容", &other.to_string()),
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
        other => other.to_string(),
    }
}

/// The row's content as it was typed into [`fields`]; what was left empty falls away.
pub(super) fn mended(form: RejectForm, original: &Value, typed: &Form) -> Value {
    let line_ends = |name: &str| typed.raw(name).replace("\r\n", "\n");
    match (form, original) {
        (RejectForm::Line, Value::Object(map)) => with(map, "line", line_ends("v-0")),
        (RejectForm::Markup, Value::Object(map)) => with(map, "markup", line_ends("v-0")),
        (_, Value::Object(map)) => {
            let mut mended = Map::new();
            for index in 0..map.len().min(FIELDS) + SPARE {
                let name = typed.raw(&format!("k-{index}")).trim().to_owned();
                let value = line_ends(&format!("v-{index}"));
                if !name.is_empty() && !value.trim().is_empty() {
                    let value = if form == RejectForm::Json {
                        typed_json(map.get(&name), value)
                    } else {
                        value.into()
                    };
                    mended.insert(name, value);
                }
            }
            Value::Object(mended)
        }
        _ => Value::String(line_ends("v-0")),
    }
}

fn with(map: &Map<String, Value>, name: &str, value: String) -> Value {
    let mut map = map.clone();
    map.insert(name.to_owned(), value.into());
    Value::Object(map)
}

/// What was typed for a field of a JSON record: lists, objects and flags are themselves, a number stays one where
/// one stood, all else is a text.
fn typed_json(before: Option<&Value>, typed: String) -> Value {
    let number = before.is_some_and(Value::is_number);
    match serde_json::from_str::<Value>(&typed) {
        Ok(value @ (Value::Bool(_) | Value::Array(_) | Value::Object(_))) => value,
        Ok(value @ Value::Number(_)) if number => value,
        _ => Value::String(typed),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seen(form: RejectForm, original: &Value) -> String {
        format!("{:?}", masked(form, original))
    }

    #[test]
    fn personal_columns_are_hidden_and_their_values_masked_elsewhere() {
        let row = json!({"诉求人": "王小明", "联系电话": "13800000000", "诉求内容": "王小明反映路灯，电话13800000000",
            "登记时间": "昨天"});
        let text = seen(RejectForm::Row, &row);
        assert!(!text.contains("王小明") && !text.contains("13800000000"), "{text}");
        assert!(text.contains("路灯") && text.contains("昨天") && text.contains(HIDDEN), "{text}");
        let push = json!({"title": 5, "body": "李大山说路灯不亮", "persons": {"names": ["李大山"]},
            "extra": {"手机": "13900000000", "街道": "丹东"}});
        let text = seen(RejectForm::Json, &push);
        assert!(!text.contains("李大山") && !text.contains("13900000000"), "{text}");
        assert!(text.contains("丹东") && text.contains("路灯"), "{text}");
    }

    #[test]
    fn a_line_is_shown_only_where_no_column_is_personal() {
        let line = |headers: &[&str]| json!({"line": "1,\"路灯", "headers": headers});
        assert!(seen(RejectForm::Line, &line(&["编号", "内容"])).contains("路灯"));
        assert!(!seen(RejectForm::Line, &line(&["编号", "姓名"])).contains("路灯"));
        assert!(!seen(RejectForm::Line, &json!({"line": "{\"姓名\":\"王小明\""})).contains("王小明"));
        assert!(!seen(RejectForm::Json, &json!("{\"x\":\"王小明\"")).contains("王小明"));
        assert!(!seen(RejectForm::Markup, &json!({"markup": "<p>13800000000</p>"})).contains("13800000000"));
    }

    #[test]
    fn a_number_at_the_cut_is_not_shown_in_part() {
        let text = format!("{}13800000000", "长".repeat(LOOKED_AT - 6));
        let shown = seen(RejectForm::Row, &json!({"内容": text}));
        assert!(!shown.contains("138"), "{}", &shown[shown.len() - 60..]);
    }

    #[test]
    fn what_is_left_as_it_was_comes_back_as_it_was() {
        let samples = [
            (RejectForm::Row, json!({"编号": "1", "登记时间": "昨天", "诉求内容": "一\n二"})),
            (RejectForm::Line, json!({"line": "1,\"路灯", "headers": ["a"], "separator": ","})),
            (RejectForm::Markup, json!({"markup": "<item/>"})),
            (RejectForm::Json, json!({"id": 7, "title": "5", "finished": true, "extra": {"a": [1]}})),
            (RejectForm::Json, json!("{\"title\":")),
            (RejectForm::Entry, json!({"id": "a", "title": "b"})),
        ];
        for (form, original) in samples {
            let rows: Vec<(String, String)> = fields(form, &original)
                .into_iter()
                .flat_map(|f| {
                    let value = f.value.replace('\n', "\r\n");
                    [(format!("k-{}", f.index), f.name), (format!("v-{}", f.index), value)]
                })
                .collect();
            let rows: Vec<(&str, &str)> = rows.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert_eq!(mended(form, &original, &Form::of(&rows)), original, "{form:?}");
        }
    }

    #[test]
    fn fields_are_renamed_added_and_left_out() {
        let typed = Form::of(&[
            ("k-0", "title"),
            ("v-0", "三"),
            ("k-1", "x"),
            ("v-1", " "),
            ("k-2", "finished"),
            ("v-2", "true"),
        ]);
        let original = json!({"titel": "三", "x": "1"});
        assert_eq!(mended(RejectForm::Json, &original, &typed), json!({"title": "三", "finished": true}));
    }
}
