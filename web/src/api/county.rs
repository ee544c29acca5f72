//! `GET /county`: the county's tables, by whose codes the others speak.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Answer;
use crate::app::AppState;

/// 代码和名称
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Named {
    code: String,
    name: String,
}

/// 本县的基础数据
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CountyTables {
    /// 本县简称
    name: String,
    topics: Vec<Named>,
    departments: Vec<Named>,
    /// 乡镇街道
    towns: Vec<String>,
}

#[utoipa::path(get, path = "/county", tag = "county", summary = "话题、单位、乡镇街道", responses((status = 200, description = "现行的表", body = CountyTables)))]
pub(super) async fn show(State(state): State<AppState>) -> Answer<CountyTables> {
    let names = &state.names;
    let named = |table: &[(String, String)]| {
        table.iter().map(|(code, name)| Named { code: code.clone(), name: name.clone() }).collect()
    };
    Ok(Json(CountyTables {
        name: names.county.clone(),
        topics: named(&names.topics),
        departments: named(&names.departments),
        towns: names.towns.clone(),
    }))
}
