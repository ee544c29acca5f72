//! Looking behind the mask: with a reason, written to the audit log before anything is shown.

use axum::extract::{Path, State};
use qingting_models::ids::ItemId;
use qingting_models::store::StoreError;
use qingting_models::vault::VaultError;
use serde_json::Value;

use super::{Answer, html, item, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;

/// Fewest characters of a reason.
const MIN_REASON: usize = 4;

pub async fn submit(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id: ItemId = read_id(&id)?;
    let reason = form.need("reason", "理由", 200)?;
    if reason.chars().count() < MIN_REASON {
        return Err(WebError::bad(format!("查看理由至少 {MIN_REASON} 个字，请写明用途")));
    }
    let opened = state.store.unmask_item(&caller.unmasking_eyes(), id, reason, caller.actor()).await;
    let original = match opened {
        Err(StoreError::Vault(VaultError::Erased)) => {
            return Err(WebError::bad("原始内容已经销毁，谁也打不开；隐去后的文字不受影响"));
        }
        other => other?,
    };
    let mut page = item::build(&state, &caller, id).await?;
    page.original = Some(flatten(&original));
    html(&page)
}

/// The fields of an original as pairs of name and text.
fn flatten(original: &Value) -> Vec<(String, String)> {
    fn walk(name: &str, value: &Value, out: &mut Vec<(String, String)>) {
        match value {
            Value::Null => {}
            Value::Object(map) => map.iter().for_each(|(key, value)| walk(key, value, out)),
            Value::Array(list) => list.iter().for_each(|value| walk(name, value, out)),
            Value::String(text) => out.push((name.into(), text.clone())),
            other => out.push((name.into(), other.to_string())),
        }
    }
    let mut out = Vec::new();
    walk("内容", original, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_original_of_any_shape_becomes_pairs() {
        let original = serde_json::json!({"标题": "路灯", "fields": [["电话", "1"]], "n": 3, "无": null});
        let pairs = flatten(&original);
        let has = |name: &str, text: &str| pairs.contains(&(name.to_owned(), text.to_owned()));
        assert!(has("标题", "路灯") && has("n", "3") && has("fields", "电话") && has("fields", "1"));
        assert_eq!(pairs.len(), 4);
    }
}
