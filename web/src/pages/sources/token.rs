//! The token with which a platform pushes to a source: made, shown once, and ended.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use qingting_models::records::{Source, SourceKind};

use super::detail::{self, TokenView};
use super::{Answer, back, find, html, page_of};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Notice;

/// Where platforms push to.
const DOOR: &str = "/api/v1/items";

/// Makes a new token and shows it; an earlier one ends.
pub async fn make(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let source = find(&state, &id).await?;
    takes_token(&source)?;
    show_new(&state, &caller, &headers, source, "新令牌已生成，旧的令牌（如果有）已失效。").await
}

/// Whether platforms push to a source.
///
/// # Errors
/// When they do not.
pub(crate) fn takes_token(source: &Source) -> Result<(), WebError> {
    match source.kind {
        SourceKind::Push => Ok(()),
        _ => Err(WebError::bad("只有“接口推送”的来源使用令牌")),
    }
}

/// The page of a source that was just added, with its first token.
pub async fn first(state: &AppState, caller: &Caller, headers: &HeaderMap, source: Source) -> Answer {
    show_new(state, caller, headers, source, "来源已添加，令牌已生成。").await
}

pub async fn end(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let source = find(&state, &id).await?;
    state.store.end_source_token(source.id, caller.actor()).await?;
    Ok(back("", &page_of(source.id), "source-token-ended"))
}

async fn show_new(
    state: &AppState,
    caller: &Caller,
    headers: &HeaderMap,
    source: Source,
    said: &str,
) -> Answer {
    let token = state.store.new_source_token(source.id, caller.actor()).await?;
    let source = state.store.source(source.id).await?.ok_or(WebError::NotFound)?;
    let mut page = detail::build(state, caller, source).await?;
    page.frame = page.frame.with(Some(Notice::good(said)));
    page.token = Some(view(&site(state, headers), token));
    html(&page)
}

/// The address by which this server is known to the person who asks.
fn site(state: &AppState, headers: &HeaderMap) -> String {
    if let Some(base) = &state.settings.base_url {
        return base.trim_end_matches('/').to_owned();
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b));
    format!("http://{}", if plain { host } else { "localhost" })
}

fn view(site: &str, token: String) -> TokenView {
    let address = format!("{site}{DOOR}");
    let example = format!(
        "curl -X POST {address} \\\n  -H 'Authorization: Bearer {token}' \\\n  -H 'Content-Type: application/json' \\\n  \
         -d '{{\"id\":\"2026-0001\",\"title\":\"路灯不亮\",\"body\":\"人民路路灯三天不亮\"}}'"
    );
    TokenView { token, address, example }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_can_be_sent_as_it_stands() {
        let view = view("https://qt.example.gov.cn", "qt_abc".into());
        assert_eq!(view.address, "https://qt.example.gov.cn/api/v1/items");
        let body = view.example.split("-d '").nth(1).and_then(|rest| rest.strip_suffix('\'')).unwrap();
        let record: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(record["title"], "路灯不亮");
        assert!(view.example.contains("Authorization: Bearer qt_abc'"));
    }
}
