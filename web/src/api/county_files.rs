//! The county's files as texts: listed, read with their versions, checked, saved, and taken back to an earlier version.

use axum::Json;
use axum::extract::State;
use qingting_models::store::FileVersion;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{Ask, Body};
use super::problem::Problem;
use super::schema::{At, Filled, Text, Whole};
use super::{Answer, DONE, Done};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::pages::county::file::{Check, check, known, text_at, usable};
use crate::pages::county::list::{FileNow, files, missing_years};
use crate::pages::county::{about, save};
use crate::people::People;

/// Longest text in a request, in characters; a request is at most 1 MB.
const LONGEST: usize = 1 << 20;

/// 基础数据的一个文件
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CountyFileLine {
    name: String,
    title: &'static str,
    /// 里面写什么、改了会怎样
    about: &'static str,
    /// 现在用的在哪里
    stands: String,
    /// 修改时要带上；没有改过是 0
    version: i64,
    /// 最近一次修改；没有改过是 null
    changed: Option<CountyFileVersion>,
}

/// 文件的一版
#[derive(Debug, Serialize, ToSchema)]
struct CountyFileVersion {
    version: i64,
    /// 修改说明
    reason: String,
    at: At,
    by: String,
}

fn version_line(version: FileVersion, people: &People) -> CountyFileVersion {
    let by = people.actor(version.changed_by);
    CountyFileVersion { version: version.version, reason: version.reason, at: At(version.changed_at), by }
}

/// 基础数据的文件
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CountyFileList {
    files: Vec<CountyFileLine>,
    /// 今明两年里还没有放假安排的年份
    missing_years: Vec<i16>,
}

#[utoipa::path(get, path = "/county/files", tag = "county", summary = "基础数据的文件",
    responses((status = 200, description = "文件", body = CountyFileList)))]
pub(super) async fn list(State(state): State<AppState>) -> Answer<CountyFileList> {
    let people = People::load(&state.store).await?;
    let row = |FileNow { name, stands, newest }: FileNow| {
        let (title, about) = about(&name);
        let version = newest.as_ref().map_or(0, |newest| newest.version);
        let changed = newest.map(|newest| version_line(newest, &people));
        CountyFileLine { name, title, about, stands, version, changed }
    };
    let files = files(&state).await?.into_iter().map(row).collect();
    Ok(Json(CountyFileList { files, missing_years: missing_years(&state) }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CountyFileAsked {
    /// 文件名，如 routing.csv、calendar/2027.json
    #[param(max_length = 60)]
    name: String,
    /// 哪一版；0 是县情文件夹里的，不写就是现在用的
    #[param(minimum = 0)]
    version: Option<u32>,
}

/// 一个文件的内容和历史
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CountyFileWhole {
    name: String,
    title: &'static str,
    about: &'static str,
    /// 最新的一版，修改时要带上；没有改过是 0
    version: i64,
    /// 所要的那一版的内容；还没有这个文件是空的
    text: String,
    /// 各版，新的在前，至多 200 版
    history: Vec<CountyFileVersion>,
}

#[utoipa::path(get, path = "/county/file", tag = "county", summary = "一个文件的内容和历史", params(CountyFileAsked),
    responses((status = 200, description = "文件", body = CountyFileWhole)))]
pub(super) async fn one(
    State(state): State<AppState>,
    Ask(asked): Ask<CountyFileAsked>,
) -> Answer<CountyFileWhole> {
    let name = known(&asked.name)?;
    let text = text_at(&state, &name, asked.version.map(i64::from)).await?.unwrap_or_default();
    let people = People::load(&state.store).await?;
    let history = state.store.county_file_history(&name).await?;
    let (title, about) = about(&name);
    Ok(Json(CountyFileWhole {
        title,
        about,
        version: history.first().map_or(0, |newest| newest.version),
        text,
        history: history.into_iter().map(|version| version_line(version, &people)).collect(),
        name,
    }))
}

/// 要检查的内容
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckFileAsked {
    /// 文件名
    name: Filled<60>,
    text: Text<{ LONGEST }>,
}

/// 能用；改了会有什么不同
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FileChecked {
    /// 多出的行，至多 30 行
    added: Vec<String>,
    /// 少了的行，至多 30 行
    removed: Vec<String>,
    /// 还有多少行没有列出
    more: usize,
    /// 时限会变的未办结工单；与时限无关的文件是 null
    moved: Option<ClocksMoved>,
}

/// 时限会变的工单
#[derive(Debug, Serialize, ToSchema)]
struct ClocksMoved {
    cases: usize,
    /// 前几件：工单号，和经过里会写的话
    examples: Vec<ClockMoved>,
}

/// 一件工单的时限怎样变
#[derive(Debug, Serialize, ToSchema)]
struct ClockMoved {
    number: String,
    note: String,
}

#[utoipa::path(post, path = "/county/file/check", tag = "county", summary = "检查内容、看会有什么不同，什么也不保存",
    request_body = CheckFileAsked, responses((status = 200, description = "能用", body = FileChecked)))]
pub(super) async fn try_it(
    State(state): State<AppState>,
    Body(asked): Body<CheckFileAsked>,
) -> Answer<FileChecked> {
    let name = known(&asked.name.0)?;
    let text = lines(asked.text);
    let county = usable(&state, &name, Some(&text)).await.map_err(in_text)?;
    let Check { added, removed, more, moved } = check(&state, &name, Some(&text), county).await?;
    let moved = moved.map(|(cases, examples)| ClocksMoved {
        cases,
        examples: examples.into_iter().map(|(number, note)| ClockMoved { number, note }).collect(),
    });
    Ok(Json(FileChecked { added, removed, more, moved }))
}

/// As the page takes it, whose browser sends CR LF.
fn lines(text: Text<{ LONGEST }>) -> String {
    text.0.replace("\r\n", "\n")
}

fn in_text(error: WebError) -> Problem {
    Problem::of_field("text", error)
}

/// 要保存的内容
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SaveFileAsked {
    /// 文件名
    name: Filled<60>,
    /// 看到的版本
    version: Whole,
    text: Text<{ LONGEST }>,
    /// 修改说明
    reason: Filled<200>,
}

#[utoipa::path(put, path = "/county/file", tag = "county", summary = "检查并保存一个文件，马上起用",
    request_body = SaveFileAsked, responses((status = 204, description = "已保存；各个进程几秒内改用新的内容")))]
pub(super) async fn put(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<SaveFileAsked>,
) -> Done {
    let name = known(&asked.name.0)?;
    let text = lines(asked.text);
    let county = usable(&state, &name, Some(&text)).await.map_err(in_text)?;
    let (seen, reason) = (asked.version.into(), asked.reason.0.trim());
    save(&state, &name, seen, Some(&text), reason, caller.actor(), county).await?;
    Ok(DONE)
}

/// 要恢复的版本
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RestoreFileAsked {
    /// 文件名
    name: Filled<60>,
    /// 看到的版本
    version: Whole,
    /// 恢复到哪一版；0 是县情文件夹里的，以后跟着文件夹走
    to: Whole,
    /// 修改说明
    reason: Filled<200>,
}

#[utoipa::path(post, path = "/county/file/restore", tag = "county", summary = "恢复一个文件以前的一版",
    request_body = RestoreFileAsked, responses((status = 204, description = "已恢复，成为新的一版")))]
pub(super) async fn restore(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<RestoreFileAsked>,
) -> Done {
    let name = known(&asked.name.0)?;
    let text = match asked.to {
        Whole(0) => None,
        to => text_at(&state, &name, Some(to.into())).await?,
    };
    // What was good once may refer to what the other files no longer have: that is no slip of the program.
    let county = usable(&state, &name, text.as_deref()).await?;
    let (seen, reason) = (asked.version.into(), asked.reason.0.trim());
    save(&state, &name, seen, text.as_deref(), reason, caller.actor(), county).await?;
    Ok(DONE)
}
