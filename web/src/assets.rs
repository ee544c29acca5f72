//! The style sheet and the script: built into the program, served under a name that holds their
//! content's hash, so that browsers may keep them for a year.

use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Apache ECharts 6.1.0, `dist/echarts.common.min.js` of its package as it is, which the page of trends loads.
const ECHARTS: &[u8] = include_bytes!("../static/echarts.common.min.js");

struct Asset {
    name: String,
    mime: &'static str,
    bytes: &'static [u8],
}

impl Asset {
    fn new(stem: &str, ending: &str, mime: &'static str, bytes: &'static [u8]) -> Self {
        let digest = HEXLOWER.encode(&Sha256::digest(bytes)[..8]);
        Self { name: format!("{stem}.{digest}.{ending}"), mime, bytes }
    }
}

fn assets() -> &'static [Asset; 8] {
    static ASSETS: OnceLock<[Asset; 8]> = OnceLock::new();
    ASSETS.get_or_init(|| {
        [
            Asset::new("app", "css", "text/css; charset=utf-8", include_bytes!("../static/app.css")),
            Asset::new("app", "js", "text/javascript; charset=utf-8", include_bytes!("../static/app.js")),
            Asset::new("mark", "svg", "image/svg+xml", include_bytes!("../static/mark.svg")),
            Asset::new(
                "trends",
                "js",
                "text/javascript; charset=utf-8",
                include_bytes!("../static/trends.js"),
            ),
            Asset::new(
                "triage",
                "js",
                "text/javascript; charset=utf-8",
                include_bytes!("../static/triage.js"),
            ),
            Asset::new("echarts", "js", "text/javascript; charset=utf-8", ECHARTS),
            Asset::new("wall", "js", "text/javascript; charset=utf-8", include_bytes!("../static/wall.js")),
            Asset::new(
                "import",
                "js",
                "text/javascript; charset=utf-8",
                include_bytes!("../static/import.js"),
            ),
        ]
    })
}

/// Address of the style sheet.
pub fn css() -> String {
    format!("/static/{}", assets()[0].name)
}

/// Address of the script.
pub fn js() -> String {
    format!("/static/{}", assets()[1].name)
}

/// Address of the program's mark.
pub fn mark() -> String {
    format!("/static/{}", assets()[2].name)
}

/// Address of the script of the trends page.
pub fn trends() -> String {
    format!("/static/{}", assets()[3].name)
}

/// Address of the script of the work list.
pub fn triage() -> String {
    format!("/static/{}", assets()[4].name)
}

/// Address of Apache ECharts.
pub fn echarts() -> String {
    format!("/static/{}", assets()[5].name)
}

/// Address of the script of the wall display.
pub fn wall() -> String {
    format!("/static/{}", assets()[6].name)
}

/// Address of the script of the page that imports sheets.
pub fn import() -> String {
    format!("/static/{}", assets()[7].name)
}

/// Serves one of them; any other name is not found.
pub async fn serve(Path(name): Path<String>) -> Response {
    let Some(asset) = assets().iter().find(|a| a.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.mime)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, asset.bytes).into_response()
}
