//! The county's files on pages: departments, routing, deadlines, holidays, places and words, each with a trial before it
//! is saved, and every version kept.

mod fault;
pub mod file;
pub mod list;
pub mod routing;
pub mod routing_row;

use std::sync::Arc;

use qingting_models::county::{County, Texts};
use qingting_models::records::Actor;
use qingting_models::store::StoreError;

use crate::app::AppState;
use crate::error::WebError;

pub use file::FilePage;
pub use list::CountyPage;
pub use routing::RoutingPage;
pub use routing_row::RoutingRowPage;

/// Where these pages stand.
pub(crate) const PATH: &str = "/county";

/// What a file is for, in words: its name, what stands in it, and what a change does.
pub(crate) fn about(name: &str) -> (&'static str, &'static str) {
    match name {
        "county.toml" => ("县情", "县名、办公时间"),
        "taxonomy.toml" => ("话题", "话题分类；模型会用到的代码请不要改"),
        "departments.csv" => ("单位", "能接收工单的单位；撤销的单位请填 valid_to，不要删除"),
        "routing.csv" => ("分流规则", "哪类事情派给哪个单位"),
        "deadlines.toml" => ("时限", "各项办理时限及依据；修改后未办结工单会重新计算"),
        "places.csv" => ("地名", "村、路、小区、学校、企业等，及其所属乡镇街道"),
        "map.csv" => ("地图", "报告中各乡镇街道方块的位置：第几列、第几行；没有写的不画，只留表头就没有地图"),
        "words.csv" => ("词语", "分词时不拆开的本地词语"),
        "stop_words.csv" => ("停用词", "不算上升词、不据以归并事件、不列为话题依据的词"),
        "alerts.toml" => ("预警样例", "第一次装入的预警规则；装入以后在“预警规则”里改"),
        "notices.toml" => ("通知", "超期多久没人处理报领导；第一次装入的通知规则"),
        "templates.toml" => ("答复模板样例", "第一次装入的答复模板；装入以后在“答复模板”里改"),
        "reports/wording.toml" => ("报告的句子", "报告里程序所写句子的说法"),
        "reports/daily.toml" => ("日报的样式", "版头、标题、章节次序、点名和写百分比的界限"),
        "reports/weekly.toml" => ("周报的样式", "版头、标题、章节次序、点名和写百分比的界限"),
        "reports/brief.toml" => ("专报的样式", "版头、标题、章节次序"),
        "reports/monthly.toml" => ("月报的样式", "版头、标题、章节次序、点名和写百分比的界限"),
        "reports/period.toml" => ("专期报告的样式", "版头、标题、章节次序、点名和写百分比的界限"),
        _ if name.starts_with("calendar/") => ("节假日", "国务院办公厅公布的放假调休安排"),
        _ => ("其他", "只在装入时使用"),
    }
}

/// The county as it would be with another text of one file; without a text, with that of the folder.
///
/// # Errors
/// [`WebError::Bad`] that says in Chinese where and what is wrong.
async fn candidate(state: &AppState, name: &str, text: Option<&str>) -> Result<County, WebError> {
    let mut kept: Texts = state.store.county_files().await?;
    match text {
        Some(text) => kept.insert(name.to_owned(), text.to_owned()),
        None => kept.remove(name),
    };
    state
        .county_files
        .county(&kept)
        .map_err(|error| WebError::bad(fault::in_words(&error, &state.names.departments)))
}

/// Saves a text that [`candidate`] accepted, and puts the county to work at once; other processes follow in seconds.
///
/// # Errors
/// [`WebError::Conflict`] when somebody else was faster.
pub(crate) async fn save(
    state: &AppState,
    name: &str,
    seen: i64,
    text: Option<&str>,
    reason: &str,
    actor: Actor,
    county: County,
) -> Result<(), WebError> {
    match state.store.save_county_file(name, seen, text, reason, actor).await {
        Ok(_) => {
            state.take_county(Arc::new(county));
            Ok(())
        }
        Err(StoreError::Conflict { .. }) => {
            Err(WebError::Conflict("这个文件刚刚被别人改过，您的修改没有保存；请重新打开，再做修改".into()))
        }
        Err(error) => Err(error.into()),
    }
}

/// The text of a file as it counts now; `None` when there is none.
pub(crate) async fn current(state: &AppState, name: &str) -> Result<Option<String>, WebError> {
    let kept = state.store.county_files().await?.remove(name);
    Ok(kept.or_else(|| state.county_files.text(name).map(str::to_owned)))
}

/// The version that a form has to name; 0 when the file was never changed on a page.
pub(crate) async fn version(state: &AppState, name: &str) -> Result<i64, WebError> {
    Ok(state.store.county_file_history(name).await?.first().map_or(0, |newest| newest.version))
}
