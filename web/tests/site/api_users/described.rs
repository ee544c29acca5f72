//! The document against the server: every route is described, everything described is there, and each answer of a walk
//! through the reading routes is as described.

use axum::http::StatusCode;
use qingting_models::records::Role;
use qingting_web::routes::{Verb, table};
use serde_json::{Value, json};

use super::{Program, json as read};
use crate::office::{Office, add_user};

/// Pages whose work the API leaves out, and why.
const NOT_IN_THE_API: &[(&str, &str)] = &[
    ("/healthz", "for those who watch the server, without a token"),
    ("/static/", "files of pages"),
    ("/login", "a session"),
    ("/logout", "a session"),
    ("/password", "a person's own secret"),
    ("/tokens", "a token makes no tokens"),
    ("/api", "the description itself"),
    ("/items/batch", "a program asks one by one"),
    ("/items/{id}/unmask", "only a person looks behind the mask"),
    ("/cases/batch", "a program asks one by one"),
    ("/cases/{id}/contact", "only a person looks behind the mask"),
    ("/cases/{id}/attachments/{file}/open", "only a person looks behind the mask"),
    (
        "/backfill/batches/{id}/download",
        "the answers as they were written; only a person looks behind the mask",
    ),
    ("/quarantine/{id}/open", "only a person looks behind the mask"),
    ("/quarantine/{id}/mend", "only a person looks behind the mask"),
    ("/quarantine/replay", "a program asks one by one"),
    ("/quarantine/dismiss", "a program asks one by one"),
    ("/quarantine/{id}", "its content is for people"),
    ("/inbox", "the list of cases of one's department"),
    ("/notices/stream", "for pages"),
    ("/notices/read", "a program asks one by one"),
    ("/items/newer", "a program reads the list"),
    ("/wall", "the figures of the overview, for a screen"),
    ("/due", "the list of cases by due time"),
    ("/items/{id}/undo", "for the one who just did it at the desk"),
    ("/views", "of a list's filters, for pages"),
    ("/sources/opml", "a program adds one by one"),
    ("/sources/export.opml", "a program reads the list"),
    ("/users/{id}/reset", "a first password is told to a person"),
    ("/audit/file", "a program reads the lines"),
    ("/audit/verify", "walks the whole log; for people and the command line"),
];

/// Where the API does what a page does under another path.
const ELSEWHERE: &[(&str, &str)] = &[
    ("/", "/overview"),
    ("/alerts/rules/new", "/alerts/rules"),
    ("/cases/{id}/act", "/cases/{id}/actions"),
    ("/county", "/county/files"),
    ("/departments", "/departments/rates"),
    ("/departments/cases", "/departments/rates/cases"),
    ("/items/{id}/incident", "/incidents/{id}/move"),
    ("/lines/new", "/lines"),
    ("/notices/{id}/open", "/notices/{id}/read"),
    ("/notices/channels/new", "/notices/channels"),
    ("/notices/rules/new", "/notices/rules"),
    ("/reports/make", "/reports"),
    ("/reports/{id}/write", "/reports/{id}/judgements"),
    ("/routing/new", "/routing"),
    ("/sources/new", "/sources"),
    ("/sources/{id}/edit", "/sources/{id}"),
    ("/sources/{id}/import/{file}/progress", "/sources/{id}/import/{file}/result"),
    ("/templates/new", "/templates"),
    ("/users/add", "/users"),
    ("/webhooks/new", "/webhooks"),
];

async fn document(office: &Office) -> Value {
    let answer = office.get("", "/api/v1/openapi.json").await;
    assert_eq!(answer.status, StatusCode::OK);
    read(&answer)
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            let verbs = item.as_object().unwrap().iter();
            verbs.map(move |(verb, operation)| (verb.to_uppercase(), path.clone(), operation.clone()))
        })
        .collect()
}

#[tokio::test]
async fn what_a_page_does_is_in_the_api_or_it_is_said_why_not() {
    let office = Office::new().await;
    let document = document(&office).await;
    let described = |path: &str| document["paths"].get(path).is_some();
    for route in table() {
        let path = ELSEWHERE.iter().find(|(page, _)| *page == route.path).map_or(route.path, |(_, api)| api);
        let left_out = NOT_IN_THE_API
            .iter()
            .any(|(page, _)| route.path == *page || page.len() > 1 && route.path.starts_with(page));
        assert!(described(path) || left_out, "{:?} {}", route.verb, route.path);
    }
    let gone = |page: &&(&str, &str)| !table().iter().any(|route| route.path.starts_with(page.0));
    assert_eq!(NOT_IN_THE_API.iter().find(gone), None, "names a page that there is not");
    assert!(table().iter().any(|route| route.verb == Verb::Post));
}

#[tokio::test]
async fn everything_described_is_there_and_asks_for_a_token() {
    let office = Office::new().await;
    let full: Vec<Role> = Role::ALL.to_vec();
    add_user(&office.store, "all", &full, Some("zjj")).await;
    let document = document(&office).await;
    let mut names = std::collections::BTreeSet::new();
    let program = Program::of(&office, "all").await;
    for (verb, path, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        assert!(names.insert(name.clone()), "{name} stands twice");
        let address = path.replace("{id}", "0000000000000").replace("{file}", "0000000000000");
        let request = axum::http::Request::builder().method(verb.as_str()).uri(format!("/api/v1{address}"));
        let answer = office.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{verb} {path}");
        let answer = program.send(&verb, &address, None).await;
        let documented = operation["responses"].as_object().unwrap();
        let status = answer.status.as_str();
        assert!(documented.contains_key(status), "{verb} {path} answers {status}: {}", answer.body);
        assert!(!answer.body.contains("没有这个接口"), "{verb} {path}: {}", answer.body);
        assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{verb} {path}");
    }
    assert!(names.len() > 50, "{}", names.len());
}

#[tokio::test]
async fn what_the_document_refers_to_stands_in_it() {
    let office = Office::new().await;
    let document = document(&office).await;
    let text = document.to_string();
    let named = text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap());
    let missing: Vec<&str> = named.filter(|to| document.pointer(to).is_none()).collect();
    assert_eq!(missing, [""; 0]);
}

/// Checks the names and the kinds of the values of an answer against what is described of it. The limits of values are
/// for `tests/schemathesis.sh`, whose validator would take a minute to build here.
struct Described {
    document: Value,
}

impl Described {
    fn check(&self, verb: &str, path: &str, status: &str, body: &str) {
        let answer = &self.document["paths"][path][verb]["responses"][status];
        let schema = &answer["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{verb} {path} {status} has no schema");
        self.holds(schema, &serde_json::from_str(body).unwrap(), &format!("{verb} {path}"));
    }

    fn holds(&self, schema: &Value, value: &Value, place: &str) {
        let schema = self.named(schema);
        if let Some(choices) = schema["oneOf"].as_array() {
            let other = choices.iter().find(|choice| choice["type"] != "null").unwrap();
            if !value.is_null() {
                self.holds(other, value, place);
            }
            return;
        }
        if let Some(words) = schema["enum"].as_array() {
            assert!(words.contains(value) || value.is_null(), "{place}: {value} is none of {words:?}");
        }
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let fits = |named: &Value| named == kind || named == "number" && kind == "integer";
        match &schema["type"] {
            Value::Array(kinds) => assert!(kinds.iter().any(fits), "{place}: {kind} is none of {kinds:?}"),
            Value::Null => assert_eq!(kind, "object", "{place}"),
            one => assert!(fits(one), "{place}: {kind} is no {one}"),
        }
        for (at, inner) in value.as_array().into_iter().flatten().enumerate() {
            self.holds(&schema["items"], inner, &format!("{place}[{at}]"));
        }
        let mut fields = serde_json::Map::new();
        self.fields(schema, value, &mut fields, place);
        for (name, inner) in value.as_object().into_iter().flatten().filter(|_| !fields.is_empty()) {
            let field = fields.get(name).unwrap_or_else(|| panic!("{place}: {name} is not described"));
            self.holds(field, inner, &format!("{place}.{name}"));
        }
    }

    /// The fields of an object and of those that it includes; what has to be there is.
    fn fields(&self, schema: &Value, value: &Value, all: &mut serde_json::Map<String, Value>, place: &str) {
        let schema = self.named(schema);
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(value.get(name.as_str().unwrap()).is_some(), "{place} has no {name}");
        }
        all.extend(schema["properties"].as_object().cloned().unwrap_or_default());
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.fields(part, value, all, place);
        }
    }

    fn named<'s>(&'s self, schema: &'s Value) -> &'s Value {
        match schema["$ref"].as_str() {
            Some(to) => self.document.pointer(to.trim_start_matches('#')).unwrap(),
            None => schema,
        }
    }
}

#[tokio::test]
async fn each_answer_is_as_described() {
    let office = Office::new().await;
    let full: Vec<Role> = Role::ALL.to_vec();
    add_user(&office.store, "all", &full, Some("zjj")).await;
    let described = Described { document: document(&office).await };
    let program = Program::of(&office, "all").await;
    let made = program.done("/reports", json!({"kind": "weekly", "from": "2026-11-16"})).await;
    described.check("post", "/reports", "200", &made.body);
    let report = read(&made)["id"].as_str().unwrap().to_owned();
    for first in ["/alerts/rules/first", "/notices/rules/first", "/templates/first"] {
        super::done(&program.press(first).await);
    }
    let line = json!({
        "version": 0, "name": "逾期交付", "text": "逾期交付的，开发企业应当按合同约定支付违约金。",
        "valid_from": "2026-11-01", "agreed_by": "住建局", "agreed_on": "2026-11-01"
    });
    let line = program.done("/lines", line).await;
    described.check("post", "/lines", "200", &line.body);
    let path = format!("/cases/{}/attachments?name=a.pdf", office.housing.0);
    let attached = program.file(&path, crate::attachments::PDF).await;
    described.check("post", "/cases/{id}/attachments", "200", &attached.body);
    let (incident, _) = crate::incidents::joined(&office).await;
    let first = async |path: &str| program.read(path).await[0]["id"].as_str().unwrap().to_owned();
    let ids = [
        ("/items/{id}", office.open.to_string()),
        ("/cases/{id}", office.housing.0.to_string()),
        ("/cases/{id}/draft", office.housing.0.to_string()),
        ("/sources/{id}", office.source.to_string()),
        ("/reports/{id}", report.clone()),
        ("/alerts/rules/{id}", first("/alerts/rules").await),
        ("/notices/rules/{id}", first("/notices/rules").await),
        ("/templates/{id}", first("/templates").await),
        ("/lines/{id}", read(&line)["id"].as_str().unwrap().to_owned()),
        ("/backfill/{id}", office.source.to_string()),
        ("/incidents/{id}", incident.to_string()),
        ("/incidents/{id}/brief", incident.to_string()),
    ];
    let mut checked = 0;
    for (verb, path, operation) in operations(&described.document) {
        let pushes = operation["security"][0].get("source").is_some();
        let known = ids.iter().find(|(of, _)| *of == path);
        if verb != "GET" || pushes || path.contains("{id}") && known.is_none() {
            continue;
        }
        let mut address = known.map_or(path.clone(), |(_, id)| path.replace("{id}", id));
        match path.as_str() {
            "/departments/rates/cases" => address.push_str("?rate=contact"),
            "/county/file" => address.push_str("?name=routing.csv"),
            _ => {}
        }
        let answer = program.get(&address).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.body);
        described.check("get", &path, "200", &answer.body);
        checked += 1;
    }
    assert!(checked >= 45, "{checked}");
    for format in ["json", "xlsx", "html"] {
        let file = program.get(&format!("/reports/{report}/file?format={format}")).await;
        assert_eq!(file.status, StatusCode::OK, "{format}");
    }
}
