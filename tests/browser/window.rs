//! A browser window of its own, and a served county to look at.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use axum::http::Method;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::Url;

use crate::support::{County, Running, started};

/// Whether browser tests run here.
pub(super) fn wanted() -> bool {
    if std::env::var_os("QINGTING_TEST_BROWSER").is_some() {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "QINGTING_TEST_BROWSER must be set in CI");
    println!("the browser journeys are left out here; ./test runs them");
    false
}

/// Serves a county; the process and its address.
pub(super) fn serve(county: &County) -> (Running, String) {
    started(county.command(&["serve", "--bind", "127.0.0.1:0"]))
}

/// One browser with its driver.
pub(super) struct Window {
    pub(super) client: Client,
    site: String,
    _driver: Running,
}

impl Window {
    pub(super) async fn open(site: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = std::env::var("QINGTING_CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".into());
        let driver = Command::new(driver)
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let driver = Running(driver);
        let mut tries = 0;
        let client = loop {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            match builder.capabilities(capabilities()).connect(&format!("http://127.0.0.1:{port}")).await {
                Ok(client) => break client,
                Err(error) => {
                    tries += 1;
                    assert!(tries < 60, "no browser session: {error}");
                    tokio::time::sleep(Duration::from_millis(250)).await;
                }
            }
        };
        Self { client, site: site.to_owned(), _driver: driver }
    }

    pub(super) async fn go(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.site)).await.unwrap();
    }

    pub(super) async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    pub(super) async fn text(&self) -> String {
        self.client.find(Locator::Css("body")).await.unwrap().text().await.unwrap()
    }

    pub(super) async fn click(&self, css: &str) {
        self.wait_for(css).await.click().await.unwrap_or_else(|e| panic!("{css}: {e}"));
    }

    pub(super) async fn fill(&self, css: &str, text: &str) {
        let found = self.client.find(Locator::Css(css)).await.unwrap_or_else(|e| panic!("{css}: {e}"));
        found.clear().await.unwrap();
        found.send_keys(text).await.unwrap();
    }

    pub(super) async fn choose(&self, css: &str, value: &str) {
        let found = self.client.find(Locator::Css(css)).await.unwrap_or_else(|e| panic!("{css}: {e}"));
        found.select_by_value(value).await.unwrap();
    }

    /// Logs in afresh.
    pub(super) async fn log_in(&self, login: &str, password: &str) {
        self.client.delete_all_cookies().await.unwrap();
        self.go("/login").await;
        self.fill("#login", login).await;
        self.fill("#password", password).await;
        self.click("form[action='/login'] button").await;
        self.wait_for("header.top").await;
    }

    /// Does a case action through its form, after `fill` has filled it.
    pub(super) async fn act(&self, action: &str, fields: &[(&str, &str)]) {
        let form = format!("form:has(input[name=action][value={action}])");
        self.open_form(action).await;
        for (name, value) in fields {
            let css = format!("{form} [name={name}]");
            let field = self.client.find(Locator::Css(&css)).await.unwrap_or_else(|e| panic!("{css}: {e}"));
            match field.tag_name().await.unwrap().as_str() {
                "select" => self.choose(&css, value).await,
                _ => self.fill(&css, value).await,
            }
        }
        // The answer is a new page: the mark on the old one tells them apart.
        self.client.execute("document.documentElement.dataset.left = 'yes'", vec![]).await.unwrap();
        self.click(&format!("{form} button")).await;
        self.wait_for("html:not([data-left]) main").await;
    }

    pub(super) async fn wait_for(&self, css: &str) -> fantoccini::elements::Element {
        let found = self.client.wait().at_most(Duration::from_secs(20)).for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|e| panic!("{css}: {e}"))
    }

    /// Waits until the page shows a text.
    pub(super) async fn wait_for_text(&self, text: &str) {
        let xpath = format!("//*[contains(text(), '{text}')]");
        let wait = self.client.wait().at_most(Duration::from_secs(120));
        wait.for_element(Locator::XPath(&xpath)).await.unwrap_or_else(|e| panic!("{text}: {e}"));
    }

    /// Waits until an element shows a text.
    pub(super) async fn wait_for_said(&self, css: &str, text: &str) {
        let mut shown = String::new();
        for _ in 0..200 {
            if let Ok(found) = self.client.find(Locator::Css(css)).await {
                shown = found.text().await.unwrap_or_default();
                if shown.contains(text) {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{css} shows “{shown}”, not “{text}”");
    }

    /// Waits until an element that is there is not shown.
    pub(super) async fn wait_for_hidden(&self, css: &str) {
        for _ in 0..200 {
            if let Ok(found) = self.client.find(Locator::Css(css)).await
                && !found.is_displayed().await.unwrap_or(true)
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{css} is still shown");
    }

    /// Waits until an element has the focus.
    pub(super) async fn wait_for_focus(&self, css: &str) {
        self.wait_for(&format!("{css}:focus")).await;
    }

    pub(super) async fn is_there(&self, css: &str) -> bool {
        self.client.find(Locator::Css(css)).await.is_ok()
    }

    /// Presses keys that lead to another page, and waits until it is there.
    pub(super) async fn leave_by(&self, keys: &str) {
        self.client.execute("window.left = true", vec![]).await.unwrap();
        self.keys(keys).await;
        let fresh = "return !window.left && document.readyState === 'complete'";
        for _ in 0..200 {
            if self.client.execute(fresh, vec![]).await.is_ok_and(|fresh| fresh == true) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no other page came");
    }

    async fn open_form(&self, action: &str) {
        let details = format!("details:has(input[name=action][value={action}])");
        let found = self.wait_for(&details).await;
        if found.attr("open").await.unwrap().is_none() {
            self.click(&format!("{details} > summary")).await;
        }
    }

    /// What the console said since it was asked last, but for advice.
    pub(super) async fn console(&self) -> Vec<String> {
        let lines = self.client.issue_cmd(Raw::new("se/log", json!({ "type": "browser" }))).await.unwrap();
        let said = lines.as_array().unwrap().iter().filter(|line| line["level"] != "DEBUG");
        said.map(|line| format!("{}: {}", line["level"], line["message"])).collect()
    }

    /// Gives the window a size, and its colours.
    pub(super) async fn look(&self, width: u32, height: u32, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let colours = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", colours).await;
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Cuts the network off, or gives it back.
    pub(super) async fn cut_off(&self, off: bool) {
        self.devtools("Network.enable", json!({})).await;
        let conditions =
            json!({ "offline": off, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.devtools("Network.emulateNetworkConditions", conditions).await;
    }

    async fn devtools(&self, what: &str, with: Value) {
        let body = json!({ "cmd": what, "params": with });
        self.client.issue_cmd(Raw::new("goog/cdp/execute", body)).await.unwrap();
    }

    /// Presses keys, one after the other, wherever the focus is.
    pub(super) async fn keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Puts the focus on an element and presses keys there.
    pub(super) async fn keys_into(&self, css: &str, keys: &str) {
        let found = self.wait_for(css).await;
        found.send_keys(keys).await.unwrap_or_else(|e| panic!("{css}: {e}"));
    }

    /// Keeps what the window shows as build output.
    pub(super) async fn shoot(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), self.client.screenshot().await.unwrap()).unwrap();
    }

    pub(super) async fn close(self) {
        self.client.close().await.unwrap();
    }
}

/// A command of chromedriver beyond those of WebDriver.
#[derive(Debug)]
struct Raw {
    place: &'static str,
    body: Value,
}

impl Raw {
    fn new(place: &'static str, body: Value) -> Self {
        Self { place, body }
    }
}

impl WebDriverCompatibleCommand for Raw {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.place))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

fn capabilities() -> Capabilities {
    let mut options = json!({
        "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--window-size=1280,900", "--lang=zh-CN"
        ]
    });
    if let Ok(binary) = std::env::var("QINGTING_CHROMIUM") {
        options["binary"] = json!(binary);
    }
    let mut all = Capabilities::new();
    all.insert("browserName".into(), json!("chrome"));
    all.insert("goog:chromeOptions".into(), options);
    all.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL" }));
    all.insert("timeouts".into(), json!({ "script": 120_000 }));
    all
}
