//! The OpenAPI document: what utoipa reads from the handlers, completed by what holds for all of them, and by the tables
//! of the county as they are at the moment.

use std::sync::OnceLock;

use axum::Json;
use axum::extract::State;
use qingting_models::county::TOWN_OFFICE;
use qingting_models::records::Scope;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use super::problem::ProblemDocument;
use super::schema::{CaseFilterCode, DepartmentWord, FormatCode, RoutedWord, TopicWord, TownWord};
use super::{PATH, Row, Whose, routes};
use crate::app::AppState;
use crate::names::Names;

#[derive(OpenApi)]
#[openapi(
    info(title = "倾听接口", version = "1", description = DESCRIPTION, license(name = "Apache-2.0", identifier = "Apache-2.0")),
    servers((url = PATH)),
    // Those that parameters alone speak of are not found by themselves.
    components(schemas(ProblemDocument, CaseFilterCode, FormatCode, TopicWord, DepartmentWord, TownWord, RoutedWord)),
)]
pub(super) struct Base;

const DESCRIPTION: &str = "程序替用户办事的接口：网页上能看的、能做的，这里照同样的角色、单位和保密范围去看、去做。\
个人信息一律是隐去后的，接口不提供查看原始内容。出错的回答都是 application/problem+json。";

/// The problems that any request may be answered with: status, what it means.
const ALWAYS: &[(&str, &str)] = &[
    ("401", "没有令牌，或令牌不对、已停用、已到期"),
    ("403", "令牌的种类或范围不对，或用户的角色不够"),
    ("404", "没有找到，或者不在查看范围内"),
    ("422", "参数、字段或值不合要求"),
    ("429", "太频繁，等 Retry-After 秒"),
    ("500", "系统出错"),
    ("503", "没有及时完成，等 Retry-After 秒"),
];
/// Those of requests that change something.
const CHANGING: &[(&str, &str)] = &[("409", "别人刚改过（/api#changed），或现状不允许（/api#refused）")];
/// Those of requests with a body.
const WITH_BODY: &[(&str, &str)] = &[
    ("400", "内容没有传完，或不是完整的 JSON"),
    ("413", "内容太大"),
    ("415", "Content-Type、字符集或压缩方式不对"),
];

/// The document for everyone who writes a program.
pub(super) async fn show(State(state): State<AppState>) -> Json<Value> {
    Json(of_county(&state.names))
}

/// The document with the county's topics, departments and towns of this moment as allowed values.
pub(crate) fn of_county(names: &Names) -> Value {
    let mut document = plain().clone();
    let codes = |table: &[(String, String)]| table.iter().map(|(code, _)| code.clone()).collect::<Vec<_>>();
    let mut routed = codes(&names.departments);
    routed.push(TOWN_OFFICE.to_owned());
    let tables = [
        ("TopicWord", codes(&names.topics)),
        ("DepartmentWord", codes(&names.departments)),
        ("TownWord", names.towns.clone()),
        ("RoutedWord", routed),
    ];
    for (name, known) in tables {
        if let Some(schema) = document.pointer_mut(&format!("/components/schemas/{name}")) {
            schema["enum"] = json!(known);
        }
    }
    document
}

/// The document without what a county knows.
pub(crate) fn plain() -> &'static Value {
    static PLAIN: OnceLock<Value> = OnceLock::new();
    PLAIN.get_or_init(|| {
        let mut router = utoipa_axum::router::OpenApiRouter::with_openapi(Base::openapi());
        let mut whose = Vec::new();
        for Row { whose: owner, made } in routes() {
            whose.push((made.1.clone(), owner));
            router = router.routes(made);
        }
        let mut document = serde_json::to_value(router.into_openapi()).unwrap_or_default();
        for (paths, owner) in whose {
            for (path, item) in serde_json::to_value(paths).ok().as_ref().and_then(Value::as_object).into_iter().flatten()
            {
                for verb in item.as_object().into_iter().flatten().map(|(verb, _)| verb) {
                    complete(&mut document["paths"][path][verb], verb, &owner);
                }
            }
        }
        // What serde refuses utoipa does not write for the shapes of a tagged enum.
        let shapes = document.pointer_mut("/components/schemas/ActAsked/oneOf").and_then(Value::as_array_mut);
        for shape in shapes.into_iter().flatten() {
            shape["additionalProperties"] = json!(false);
        }
        let components = &mut document["components"];
        components["responses"] = problems();
        components["securitySchemes"] = json!({
            "user": {"type": "http", "scheme": "bearer", "description": "个人令牌（qu_ 开头）；所列是需要的范围"},
            "source": {"type": "http", "scheme": "bearer", "description": "来源的推送令牌（qt_ 开头）"},
        });
        document
    })
}

/// Adds to an operation its name, who may call it, and the problems that it shares with the others.
fn complete(operation: &mut Value, verb: &str, owner: &Whose) {
    let tag = operation["tags"][0].as_str().unwrap_or_default().to_owned();
    let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
    operation["operationId"] = json!(format!("{tag}_{name}"));
    operation["security"] = match owner {
        Whose::Sources => json!([{"source": []}]),
        Whose::Users { scope, .. } => json!([{"user": scope.iter().map(|s| s.code()).collect::<Vec<_>>()}]),
    };
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        without_null(&mut parameter["schema"]);
    }
    let mut shared: Vec<&(&str, &str)> = ALWAYS.iter().collect();
    if verb != "get" {
        shared.extend(CHANGING);
    }
    if operation.get("requestBody").is_some() {
        operation["requestBody"]["required"] = json!(true);
        shared.extend(WITH_BODY);
    }
    for (status, _) in shared {
        let responses = &mut operation["responses"];
        if responses.get(*status).is_none() {
            responses[*status] = json!({"$ref": format!("#/components/responses/P{status}")});
        }
    }
}

/// A parameter is left out, never null.
fn without_null(schema: &mut Value) {
    if let Some(types) = schema["type"].as_array() {
        let one = types.iter().find(|named| *named != "null").cloned();
        schema["type"] = one.unwrap_or_default();
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let one = choices.iter().find(|choice| choice["type"] != "null").cloned();
        *schema = one.unwrap_or_default();
    }
}

fn problems() -> Value {
    let mut all = Map::new();
    for (status, says) in ALWAYS.iter().chain(CHANGING).chain(WITH_BODY) {
        let content =
            json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
        let mut answer = json!({"description": says, "content": content});
        if matches!(*status, "429" | "503") {
            let seconds = json!({"type": "integer", "minimum": 1});
            answer["headers"] = json!({"Retry-After": {"description": "多少秒后再来", "schema": seconds}});
        }
        if *status == "401" {
            let challenge =
                json!({"description": "应带的令牌", "required": true, "schema": {"type": "string"}});
            answer["headers"] = json!({"WWW-Authenticate": challenge});
        }
        all.insert(format!("P{status}"), answer);
    }
    Value::Object(all)
}

/// The scopes with what they allow, for pages.
pub(crate) fn scopes() -> impl Iterator<Item = (&'static str, &'static str)> {
    Scope::ALL.iter().map(|scope| (scope.code(), scope.label()))
}
