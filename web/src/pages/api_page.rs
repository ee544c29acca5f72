//! The description of the API (接口说明), rendered from the OpenAPI document.

use askama::Template;
use axum::extract::State;
use serde_json::{Map, Value};

use super::{Answer, html};
use crate::api::document;
use crate::app::AppState;
use crate::caller::Caller;
use crate::frame::Frame;

const PATH: &str = "/api";

/// The page.
#[derive(Debug, Template)]
#[template(path = "api.html")]
pub struct ApiPage {
    pub frame: Frame,
    pub says: String,
    pub groups: Vec<Group>,
    pub schemas: Vec<SchemaView>,
    /// The problems that every request may be answered with: status and meaning.
    pub problems: Vec<(String, String)>,
}

/// The operations about one subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub operations: Vec<Operation>,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    pub verb: String,
    pub path: String,
    pub summary: String,
    /// The scope of a user's token; empty where any will do.
    pub scope: String,
    /// Comes with the token of a source.
    pub pushes: bool,
    pub parameters: Vec<FieldView>,
    pub body: Option<Kind>,
    /// Status, meaning and what it holds.
    pub answers: Vec<(String, String, Option<Kind>)>,
}

/// A field of an object or a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldView {
    pub name: String,
    pub kind: Kind,
    pub required: bool,
    pub says: String,
}

/// What a value is: words, and where it is described.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kind {
    /// Before and after the name of the described thing.
    pub text: String,
    pub described: Option<String>,
    pub after: String,
}

/// A described thing: its fields, its variants, or the values that it may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaView {
    pub name: String,
    pub says: String,
    pub fields: Vec<FieldView>,
    /// One of these objects.
    pub variants: Vec<(String, Vec<FieldView>)>,
    /// What a value is that is no object.
    pub kind: Option<Kind>,
}

pub async fn show(State(state): State<AppState>, caller: Caller) -> Answer {
    let document = document::of_county(&state.names);
    html(&ApiPage::new(Frame::inside(&state, &caller, "接口说明", PATH), &document))
}

/// Names of subjects, by the tag of the document.
const SUBJECTS: &[(&str, &str)] = &[
    ("push", "推送记录（来源令牌）"),
    ("me", "令牌"),
    ("county", "基础数据"),
    ("items", "信息"),
    ("incidents", "事件"),
    ("alerts", "预警"),
    ("routing", "分流"),
    ("cases", "工单"),
    ("mirrored", "镜像工单"),
    ("backfill", "回填"),
    ("promises", "承诺"),
    ("lines", "口径"),
    ("templates", "答复模板"),
    ("overview", "总览和单位"),
    ("reports", "报告"),
    ("notices", "通知"),
    ("events", "变动"),
    ("sources", "来源"),
    ("quarantine", "隔离区"),
    ("model", "模型"),
    ("system", "系统"),
    ("users", "用户"),
    ("audit", "审计"),
];

impl ApiPage {
    fn new(frame: Frame, document: &Value) -> Self {
        let mut groups: Vec<Group> =
            SUBJECTS.iter().map(|(_, name)| Group { name: (*name).to_owned(), ..Group::default() }).collect();
        for (path, item) in object(&document["paths"]) {
            for (verb, operation) in object(item) {
                let tag = operation["tags"][0].as_str().unwrap_or_default();
                let at = SUBJECTS.iter().position(|(code, _)| *code == tag);
                if let Some(group) = at.and_then(|at| groups.get_mut(at)) {
                    group.operations.push(one(document, path, verb, operation));
                }
            }
        }
        groups.retain(|group| !group.operations.is_empty());
        let components = &document["components"];
        let problems = object(&components["responses"]).map(|(name, response)| {
            (name.trim_start_matches('P').to_owned(), text(&response["description"]))
        });
        let mut problems: Vec<(String, String)> = problems.collect();
        problems.sort();
        Self {
            frame,
            says: text(&document["info"]["description"]),
            groups,
            schemas: object(&components["schemas"]).map(|(name, schema)| described(name, schema)).collect(),
            problems,
        }
    }
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn one(document: &Value, path: &str, verb: &str, operation: &Value) -> Operation {
    let security = &operation["security"][0];
    let parameters = operation["parameters"].as_array().into_iter().flatten().map(|p| FieldView {
        name: text(&p["name"]),
        kind: kind(&p["schema"]),
        required: p["required"] == true,
        says: match text(&p["description"]) {
            says if says.is_empty() => text(&p["schema"]["description"]),
            says => says,
        },
    });
    let content = |holder: &Value| object(&holder["content"]).next().map(|(_, media)| kind(&media["schema"]));
    let answers = object(&operation["responses"]).filter(|(_, answer)| answer.get("$ref").is_none());
    let base = document["servers"][0]["url"].as_str().unwrap_or_default();
    Operation {
        verb: verb.to_uppercase(),
        path: format!("{base}{path}"),
        summary: text(&operation["summary"]),
        scope: text(&security["user"][0]),
        pushes: security.get("source").is_some(),
        parameters: parameters.collect(),
        body: content(&operation["requestBody"]),
        answers: answers
            .map(|(status, answer)| (status.clone(), text(&answer["description"]), content(answer)))
            .collect(),
    }
}

fn described(name: &str, schema: &Value) -> SchemaView {
    let mut fields = fields(schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        fields.extend(self::fields(part));
        if part.get("$ref").is_some() {
            let kind = kind(part);
            fields.push(FieldView {
                name: "…".into(), says: "和它的所有字段".into(), kind, required: true
            });
        }
    }
    let variants = schema["oneOf"].as_array().into_iter().flatten();
    let variants: Vec<_> =
        variants.map(|variant| (text(&variant["description"]), self::fields(variant))).collect();
    let plain = fields.is_empty() && variants.is_empty();
    SchemaView {
        name: name.to_owned(),
        says: text(&schema["description"]),
        kind: plain.then(|| kind(schema)),
        fields,
        variants,
    }
}

fn fields(schema: &Value) -> Vec<FieldView> {
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|n| n == name));
    let field = |(name, schema): (&String, &Value)| FieldView {
        name: name.clone(),
        kind: kind(schema),
        required: required(name),
        says: text(&schema["description"]),
    };
    object(&schema["properties"]).map(field).collect()
}

/// What a value of the schema is, in words.
fn kind(schema: &Value) -> Kind {
    if let Some(to) = schema["$ref"].as_str() {
        let described = to.rsplit('/').next().map(str::to_owned);
        return Kind { described, ..Kind::default() };
    }
    if let Some(one) = schema["oneOf"].as_array() {
        let other = one.iter().find(|s| s["type"] != "null");
        let inner = other.map(kind).unwrap_or_default();
        return Kind { after: format!("{}，可为空", inner.after), ..inner };
    }
    let values = |all: &Vec<Value>| {
        let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        all.iter().map(shown).collect::<Vec<_>>().join("、")
    };
    if let Some(all) = schema["enum"].as_array() {
        return Kind { text: values(all), ..Kind::default() };
    }
    let (named, empty) = match &schema["type"] {
        Value::Array(types) => (
            types.iter().find(|t| *t != "null").and_then(Value::as_str).unwrap_or_default(),
            types.iter().any(|t| t == "null"),
        ),
        one => (one.as_str().unwrap_or_default(), false),
    };
    let empty = if empty { "，可为空" } else { "" };
    if named == "array" {
        let inner = kind(&schema["items"]);
        return Kind { after: format!("{} 的列表{empty}", inner.after), ..inner };
    }
    let bound = |name: &str| schema[name].as_i64().map(|n| n.to_string());
    let word = match named {
        "string" => "文字",
        "integer" => "整数",
        "number" => "数",
        "boolean" => "true 或 false",
        "object" => "对象",
        _ => "任意",
    };
    let limits = match (bound("minimum"), bound("maximum"), bound("maxLength")) {
        (Some(least), Some(most), _) => format!("，{least} 至 {most}"),
        (.., Some(most)) => format!("，至多 {most} 字"),
        _ => String::new(),
    };
    Kind { text: format!("{word}{limits}{empty}"), ..Kind::default() }
}

#[cfg(test)]
impl crate::samples::Sampled for ApiPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, names};
        let page = |t: String| Self::new(frame(&t), &document::of_county(&names(&t)));
        hostile().into_iter().map(page).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_stands_on_the_page_under_a_subject_with_its_answers() {
        let names = crate::samples::names("丹东");
        let document = document::of_county(&names);
        let page = ApiPage::new(crate::samples::frame("接口"), &document);
        let shown: usize = page.groups.iter().map(|group| group.operations.len()).sum();
        let all: usize = object(&document["paths"]).map(|(_, item)| object(item).count()).sum();
        assert_eq!(shown, all);
        for operation in page.groups.iter().flat_map(|group| &group.operations) {
            assert!(!operation.summary.is_empty() && !operation.answers.is_empty(), "{operation:?}");
        }
        let known: Vec<&str> = page.schemas.iter().map(|schema| schema.name.as_str()).collect();
        let of_answers = page.groups.iter().flat_map(|g| &g.operations).flat_map(|o| &o.answers);
        for kind in of_answers.filter_map(|(.., kind)| kind.as_ref()) {
            assert!(kind.described.as_deref().is_none_or(|name| known.contains(&name)), "{kind:?}");
        }
    }
}
