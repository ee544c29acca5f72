//! The brief on an incident (专报): as it is now, as a file, and the start of one that is kept.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use qingting_models::ids::{IncidentId, ReportId};
use qingting_models::records::{Brief, ReportItem, ReportState};
use qingting_respond::report::{ReportFormat, Source, flash};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use super::ask::{Ask, Key};
use super::problem::Problem;
use super::reports::ReportMade;
use super::schema::{At, FormatCode, Id, ReportStateCode};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::pages::reports::{brief_file, make_one_brief};

/// 事件的专报，按此刻的情况
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BriefNow {
    /// 快报：一段话
    flash: String,
    /// 所有数字，与下载的 json 文件相同
    #[schema(value_type = Object)]
    figures: serde_json::Value,
    /// 已经入库的
    kept: Vec<KeptBrief>,
}

/// 入库的一份专报
#[derive(Debug, Serialize, ToSchema)]
struct KeptBrief {
    #[schema(value_type = Id)]
    id: ReportId,
    #[schema(value_type = ReportStateCode)]
    state: ReportState,
    /// 签发后的期号
    number: Option<String>,
    /// 数字截至的时间
    cutoff: At,
}

async fn drawn(
    state: &AppState,
    caller: &Caller,
    id: IncidentId,
) -> Result<(Brief, Vec<ReportItem>), WebError> {
    state.desk.brief(&caller.viewer, id).await?.ok_or(WebError::NotFound)
}

#[utoipa::path(get, path = "/incidents/{id}/brief", tag = "incidents", summary = "事件的专报，按此刻的情况", params(("id" = Id, Path)),
    responses((status = 200, description = "专报", body = BriefNow)))]
pub(super) async fn brief(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<IncidentId>,
) -> Answer<BriefNow> {
    let (brief, items) = drawn(&state, &caller, id).await?;
    let kept = state.store.briefs_on(brief.incident.id).await?.into_iter();
    let kept = kept.map(|(id, state, number, cutoff)| KeptBrief { id, state, number, cutoff: At(cutoff) });
    let kept = kept.collect();
    let flash = flash(&brief);
    let figures =
        state.desk.report_json(&Source::Brief(Box::new(brief), items)).map_err(Problem::internal)?;
    Ok(Json(BriefNow { flash, figures, kept }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct BriefFileAsked {
    #[param(value_type = FormatCode)]
    format: String,
}

#[utoipa::path(get, path = "/incidents/{id}/brief/file", tag = "incidents", summary = "事件的专报的文件，按此刻的情况",
    params(("id" = Id, Path), BriefFileAsked), responses((status = 200, description = "文件", content(
        (String = "text/html"), (String = "application/pdf"), (String = "application/zip"), (Object = "application/json"),
        (String = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
pub(super) async fn brief_as_file(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<IncidentId>,
    Ask(asked): Ask<BriefFileAsked>,
) -> Result<Response, Problem> {
    let format = asked.format.parse::<ReportFormat>().map_err(|_| {
        let known: Vec<&str> = ReportFormat::ALL.iter().map(|format| format.code()).collect();
        Problem::unfit(format!("参数“format”可用：{}", known.join("、")))
    })?;
    let (brief, items) = drawn(&state, &caller, id).await?;
    Ok(brief_file(&state, Source::Brief(Box::new(brief), items), format).await?)
}

#[utoipa::path(post, path = "/incidents/{id}/brief", tag = "incidents", summary = "专报入库，成为草稿；已有一份在写的就拒绝", params(("id" = Id, Path)),
    responses((status = 200, description = "草稿", body = ReportMade)))]
pub(super) async fn make_brief(
    State(state): State<AppState>,
    caller: Caller,
    Key(id): Key<IncidentId>,
) -> Answer<ReportMade> {
    Ok(Json(ReportMade { id: make_one_brief(&state, &caller, id).await? }))
}
