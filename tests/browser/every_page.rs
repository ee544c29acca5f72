//! Every page that a user comes to by links, in light, dark and at the size of a phone: no violation of axe-core's rules, no
//! error in the console (so none of the content security policy either), nothing wider than the window. Pictures of all are
//! kept as build output.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::window::{Window, wanted};
use crate::support::{program, started};

/// axe-core 4.14.1, `axe.min.js` of its package as it is.
const AXE: &str = include_str!("axe.min.js");

/// Name, width, height, and whether it is dark.
const LOOKS: [(&str, u32, u32, bool); 3] =
    [("light", 1280, 900, false), ("dark", 1280, 900, true), ("phone", 360, 760, false)];

/// `/items/0sc5qwz800014?state=open` has the shape `/items/*`.
fn shape(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let id = |part: &str| {
        let id = part.len() == 13 && part.chars().all(|c| c.is_ascii_alphanumeric());
        id || (!part.is_empty() && part.chars().all(|c| c.is_ascii_digit()))
    };
    path.split('/').map(|part| if id(part) { "*" } else { part }).collect::<Vec<_>>().join("/")
}

/// The pages to which links lead from a user's first one, one of each shape.
async fn pages(window: &Window, seen: &mut BTreeMap<String, String>) -> Vec<String> {
    // Everybody's first page is another.
    seen.remove("/");
    let (mut found, mut waiting) = (Vec::new(), VecDeque::from(["/".to_owned()]));
    while let Some(path) = waiting.pop_front() {
        if seen.contains_key(&shape(&path)) {
            continue;
        }
        seen.insert(shape(&path), path.clone());
        window.go(&path).await;
        let script = "return [...document.querySelectorAll('a[href]:not([download])')]
            .filter(a => a.origin === location.origin && !a.target).map(a => a.pathname + a.search)";
        let links = window.client.execute(script, vec![]).await.unwrap();
        for link in links.as_array().unwrap().iter().filter_map(Value::as_str) {
            let file = [".opml", ".json", "/outcome"].iter().any(|end| link.ends_with(end))
                || link.contains("format=");
            if !file && !seen.contains_key(&shape(link)) {
                waiting.push_back(link.to_owned());
            }
        }
        found.push(path);
    }
    found
}

async fn faults(
    window: &Window,
    path: &str,
    (look, width, height, dark): (&str, u32, u32, bool),
) -> Vec<String> {
    window.look(width, height, dark).await;
    window.go(path).await;
    let mut faults = Vec::new();
    let sizes = "return [document.documentElement.scrollWidth, window.innerWidth]";
    let sizes = window.client.execute(sizes, vec![]).await.unwrap();
    if sizes[0].as_i64() > sizes[1].as_i64() {
        faults.push(format!("{look} {path}: {} wide in a window of {}", sizes[0], sizes[1]));
    }
    let name: String = shape(path).chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    window.shoot(&format!("page{name}.{look}")).await;
    window.client.execute(AXE, vec![]).await.unwrap();
    // All rules once; in the dark what colours make, on a phone what sizes make.
    let options = match look {
        "dark" => json!({ "runOnly": ["color-contrast", "link-in-text-block"] }),
        "phone" => json!({ "rules": { "color-contrast": { "enabled": false } } }),
        _ => json!({}),
    };
    let run = "const done = arguments[1];
        axe.run(document, { resultTypes: ['violations'], ...arguments[0] })
          .then(found => done(found.violations.map(v => [v.id, v.nodes.map(n => n.html).slice(0, 3)])))";
    let found = window.client.execute_async(run, vec![options]).await.unwrap();
    for violation in found.as_array().unwrap() {
        faults.push(format!("{look} {path}: {violation}"));
    }
    for line in window.console().await {
        faults.push(format!("{look} {path}: {line}"));
    }
    faults
}

#[tokio::test]
async fn every_page_is_accessible_quiet_and_fits() {
    if !wanted() {
        return;
    }
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("demo");
    let command = |args: &[&str]| {
        let mut command = program();
        command.arg("--dir").arg(&dir).args(args).env_remove("QINGTING_DATABASE_URL");
        command
    };
    let filled = command(&["demo", "--items", "200", "--no-serve", "--json"]).output().unwrap();
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    let told: Value = serde_json::from_slice(&filled.stdout).unwrap();
    let password = told["logins"][0]["password"].as_str().unwrap();
    let (_server, site) = started(command(&["serve", "--bind", "127.0.0.1:0"]));
    let window = Window::open(&site).await;
    let (mut seen, mut wrong, mut looked_at) = (BTreeMap::new(), Vec::new(), 0);
    for login in told["logins"].as_array().unwrap().iter().filter_map(|login| login["login"].as_str()) {
        window.look(1280, 900, false).await;
        window.log_in(login, password).await;
        for path in pages(&window, &mut seen).await {
            looked_at += 1;
            for look in LOOKS {
                for fault in faults(&window, &path, look).await {
                    println!("{login} {fault}");
                    wrong.push(format!("{login} {fault}"));
                }
            }
        }
    }
    assert!(looked_at > 60, "{looked_at} pages");
    assert!(wrong.is_empty(), "{} faults on {looked_at} pages:\n{}", wrong.len(), wrong.join("\n"));
    window.close().await;
}

#[test]
fn ids_and_numbers_have_no_shape_of_their_own() {
    assert_eq!(shape("/items/0sc5qwz800014?state=open#x"), "/items/*");
    assert_eq!(shape("/routing/12"), "/routing/*");
    assert_eq!(shape("/alerts/rules/new"), "/alerts/rules/new");
}
