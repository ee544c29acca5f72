//! Lists of feeds as OPML files: brought in after a look, and taken out.

use std::collections::HashSet;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use qingting_ingest::feed::opml::{self, OpmlError, OpmlFeed};
use qingting_models::records::{Channel, Mode, SourceKind, SourceSettings};
use qingting_models::store::{NewSource, StoreError};

use super::{Answer, PATH, address, html, taken};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::case_forms::{Control, Field};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::upload::Upload;
use crate::view::{Choice, snippet};

/// Largest file, in bytes.
pub const LIMIT: usize = 2 << 20;
/// Feeds that are taken at a time.
const MOST: usize = 300;
/// Longest name of a source, in characters.
const NAME: usize = 60;

/// The page.
#[derive(Debug, Template)]
#[template(path = "source_opml.html")]
pub struct OpmlPage {
    pub frame: Frame,
    /// Feeds that a file named and that can be taken.
    pub feeds: Vec<FeedRow>,
    pub fields: Vec<Field>,
    /// Feeds that are there already, or cannot be taken, with the reason.
    pub left_out: Vec<(String, String)>,
    /// Sources that a file would hold.
    pub own: usize,
}

/// A feed to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRow {
    pub number: usize,
    pub name: String,
    pub url: String,
    pub group: String,
    pub problem: Option<String>,
}

pub async fn show(State(state): State<AppState>, caller: Caller) -> Answer {
    html(&page(&state, &caller).await?)
}

async fn page(state: &AppState, caller: &Caller) -> Result<OpmlPage, WebError> {
    let sources = state.store.sources().await?;
    Ok(OpmlPage {
        frame: Frame::inside(state, caller, "批量导入、导出", PATH),
        feeds: vec![],
        fields: fields(&Form::of(&[("channel", Channel::News.code()), ("mode", Mode::Handle.code())])),
        left_out: vec![],
        own: sources.iter().filter(|source| source.kind == SourceKind::Feed).count(),
    })
}

fn fields(typed: &Form) -> Vec<Field> {
    let channels = Channel::ALL.iter().map(|c| Choice::new(c.code(), c.label(), false)).collect();
    let modes = Mode::ALL.iter().map(|m| Choice::new(m.code(), m.label(), false)).collect();
    vec![
        Field::select("channel", "渠道", channels).value(typed.text("channel")),
        Field::select("mode", "办理方式", modes)
            .value(typed.text("mode"))
            .hint("本县办理：由本县立工单；平台镜像：由另一平台办理，这里只跟踪"),
        Field::number("minutes", "读取间隔（分钟）", 1, 10_080).value(if typed.text("minutes").is_empty() {
            "15"
        } else {
            typed.text("minutes")
        }),
    ]
}

/// Reads the file and shows what it names; nothing is stored yet.
pub async fn upload(State(state): State<AppState>, caller: Caller, upload: Upload) -> Answer {
    let file = upload.small("file").await?;
    let mut page = page(&state, &caller).await?;
    match opml::read(&file.bytes) {
        Ok(list) => {
            let known: HashSet<String> =
                state.store.sources().await?.into_iter().filter_map(|source| source.url).collect();
            let bad = list.bad.into_iter().map(|bad| (bad.name, "没有可用的订阅地址".to_owned()));
            page.left_out = bad.collect();
            let (old, new): (Vec<_>, Vec<_>) =
                list.feeds.into_iter().partition(|feed| known.contains(&feed.url));
            page.left_out.extend(old.into_iter().map(|feed| (feed.name, "已经有这个来源".to_owned())));
            let over = new.len().saturating_sub(MOST);
            page.feeds = new.into_iter().take(MOST).enumerate().map(row).collect();
            if over > 0 {
                let text = format!("一次最多 {MOST} 个，还有 {over} 个请在导入后再传一次这个文件。");
                page.frame = page.frame.with(Some(Notice::bad(text)));
            }
            html(&page)
        }
        Err(error) => {
            page.frame = page.frame.with(Some(Notice::bad(error_words(&error))));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
    }
}

fn row((number, feed): (usize, OpmlFeed)) -> FeedRow {
    FeedRow {
        number,
        name: snippet(&feed.name, NAME - 1),
        url: feed.url,
        group: feed.group.unwrap_or_default(),
        problem: None,
    }
}

fn error_words(error: &OpmlError) -> String {
    match error {
        OpmlError::Empty => "没有选择文件，或文件是空的。".into(),
        OpmlError::NotOpml => "这个文件不是 OPML。请在原来的阅读器里选择“导出 OPML”。".into(),
        OpmlError::NoFeeds { outlines } => {
            format!("文件里没有订阅地址（{outlines} 个条目都没有 xmlUrl）。")
        }
    }
}

/// Adds the feeds that were ticked; those that cannot be added stay on the page with the reason.
pub async fn add(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    let rows = chosen(&form);
    if rows.is_empty() {
        return Err(WebError::bad("没有勾选任何订阅源"));
    }
    let channel: Channel = form.must("channel", "渠道")?;
    let mode: Mode = form.must("mode", "办理方式")?;
    let minutes: i64 = form.parsed("minutes", "读取间隔")?.unwrap_or(15).clamp(1, 10_080);
    let (mut added, mut left) = (0, Vec::new());
    for mut row in rows {
        let new = NewSource {
            name: row.name.clone(),
            kind: SourceKind::Feed,
            channel,
            mode,
            url: Some(row.url.clone()),
            cutoff: None,
            allow_host: None,
            interval_s: minutes * 60,
            settings: SourceSettings::default(),
        };
        match add_one(&state, &caller, new).await? {
            None => added += 1,
            problem => {
                row.problem = problem;
                left.push(row);
            }
        }
    }
    let mut page = page(&state, &caller).await?;
    let notice = match left.len() {
        0 => Notice::good(format!("已添加 {added} 个来源。")),
        n => Notice::bad(format!("已添加 {added} 个来源；{n} 个没有添加，请按提示改好再试。")),
    };
    page.frame = page.frame.with(Some(notice));
    page.feeds = left;
    page.fields = fields(&form);
    html(&page)
}

/// Adds a source; the reason when it cannot be added.
async fn add_one(state: &AppState, caller: &Caller, new: NewSource) -> Result<Option<String>, WebError> {
    let length = new.name.chars().count();
    if length == 0 || length > NAME {
        return Ok(Some(format!("名称要有 1 至 {NAME} 个字")));
    }
    if let Err(WebError::Bad(problem)) = address::check(new.url.as_deref().unwrap_or_default()) {
        return Ok(Some(problem));
    }
    match state.store.add_source(new, caller.actor()).await {
        Ok(_) => Ok(None),
        Err(error @ StoreError::Taken { .. }) => match taken(error) {
            WebError::Bad(problem) => Ok(Some(problem)),
            other => Err(other),
        },
        Err(other) => Err(other.into()),
    }
}

/// The ticked feeds with their names as they were typed.
fn chosen(form: &Form) -> Vec<FeedRow> {
    let ticked = form.all("feed").filter_map(|number| number.parse::<usize>().ok()).take(MOST);
    let row = |number: usize| FeedRow {
        number,
        name: form.text(&format!("name-{number}")).to_owned(),
        url: form.text(&format!("url-{number}")).to_owned(),
        group: String::new(),
        problem: None,
    };
    ticked.map(row).collect()
}

/// All feeds as a file, grouped by channel.
pub async fn download(State(state): State<AppState>) -> Answer {
    let sources = state.store.sources().await?;
    let feeds: Vec<OpmlFeed> = sources
        .into_iter()
        .filter(|source| source.kind == SourceKind::Feed)
        .filter_map(|source| {
            let group = Some(source.channel.label().to_owned());
            Some(OpmlFeed { name: source.name, url: source.url?, group })
        })
        .collect();
    let headers = [
        (header::CONTENT_TYPE, "text/x-opml; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"qingting-sources.opml\""),
    ];
    let title = format!("{}倾听的来源", state.names.county);
    Ok((headers, opml::write(&feeds, &title)).into_response())
}

#[cfg(test)]
impl crate::samples::Sampled for OpmlPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile};
        let row = |t: &str| FeedRow {
            number: 3,
            name: t.into(),
            url: t.into(),
            group: t.into(),
            problem: Some(t.into()),
        };
        let page = |t: String| Self {
            frame: frame(&t),
            feeds: vec![row(&t)],
            fields: fields(&Form::of(&[("channel", &t)])),
            left_out: vec![(t.clone(), t.clone())],
            own: 3,
        };
        let empty = Self { frame: frame(""), feeds: vec![], fields: vec![], left_out: vec![], own: 0 };
        hostile().into_iter().map(page).chain([empty]).collect()
    }
}
