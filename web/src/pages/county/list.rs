//! The county's files, where each stands, and who changed it last.

use askama::Template;
use axum::extract::State;
use qingting_models::clock::local_date;
use qingting_models::store::FileVersion;

use super::{PATH, about};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Frame;
use crate::moment::Moment;
use crate::pages::{Answer, html};
use crate::people::People;
use crate::query::Query;

#[derive(Debug, Template)]
#[template(path = "county.html")]
pub struct CountyPage {
    pub frame: Frame,
    pub files: Vec<FileRow>,
    /// Years whose holidays are not known: this one and the next.
    pub missing_years: Vec<i16>,
}

/// A file in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    pub name: String,
    pub title: &'static str,
    pub about: &'static str,
    pub routing: bool,
    /// Where it stands, in words.
    pub stands: String,
    pub changed: Option<(Moment, String)>,
}

/// A file, where it stands in words, and its newest version, if it was ever changed on a page.
pub(crate) struct FileNow {
    pub name: String,
    pub stands: String,
    pub newest: Option<FileVersion>,
}

/// The files as they stand.
///
/// # Errors
/// When the store fails.
pub(crate) async fn files(state: &AppState) -> Result<Vec<FileNow>, WebError> {
    let kept = state.store.county_files().await?;
    let mut files = Vec::new();
    for name in state.county_files.names(&kept) {
        let newest = state.store.county_file_history(&name).await?.into_iter().next();
        let stands = match (&newest, kept.contains_key(&name), state.county_files.in_folder(&name)) {
            (Some(newest), true, _) => format!("页面上改过，第 {} 版", newest.version),
            (_, _, true) => "县情文件夹".into(),
            _ => "随程序的样例".into(),
        };
        files.push(FileNow { name, stands, newest });
    }
    Ok(files)
}

/// Years whose holidays are not known: this one and the next.
pub(crate) fn missing_years(state: &AppState) -> Vec<i16> {
    let year = local_date(state.store.now()).year();
    let county = state.desk.county();
    [year, year + 1].into_iter().filter(|y| !county.calendar.has_year(*y)).collect()
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let (people, now) = (People::load(&state.store).await?, state.store.now());
    let row = |FileNow { name, stands, newest }: FileNow| {
        let (title, about) = about(&name);
        let changed = newest.map(|v| (Moment::new(v.changed_at, now), people.actor(v.changed_by)));
        FileRow { routing: name == "routing.csv", name, title, about, stands, changed }
    };
    let files = files(&state).await?.into_iter().map(row).collect();
    let missing_years = missing_years(&state);
    let frame = Frame::inside(&state, &caller, "基础数据", PATH).done(query.get("done"));
    html(&CountyPage { frame, files, missing_years })
}

#[cfg(test)]
impl crate::samples::Sampled for CountyPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment};
        let page = |t: String| Self {
            frame: frame(&t),
            files: vec![FileRow {
                name: t.clone(),
                title: "单位",
                about: "能接收工单的单位",
                routing: true,
                stands: t.clone(),
                changed: Some((moment(60), t)),
            }],
            missing_years: vec![2027],
        };
        hostile().into_iter().map(page).collect()
    }
}
