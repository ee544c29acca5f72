//! Sources: how each is doing, adding, pausing, trying an address, and the rows in quarantine.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::Timestamp;
use qingting_models::clock::from_local;
use qingting_models::ids::SourceId;
use qingting_models::records::{Channel, Mode, QuarantinedRow, Source, SourceKind, SourceSettings};
use qingting_models::store::{NewSource, Page, QuarantineFilter, StoreError};

use super::{Answer, back, html, read_id};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::case_forms::{Control, Field};
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::moment::Moment;
use crate::plain::{self, Told};
use crate::preview::{self, Preview};
use crate::query::Query;
use crate::view::{Choice, Tag};

const PATH: &str = "/sources";
/// Most rows of the quarantine and most sources on the page.
const QUARANTINE_ROWS: i64 = 50;
const SOURCES: usize = 500;
/// Failures in a row after which a source counts as broken.
const BROKEN: i64 = 3;

/// The page.
#[derive(Debug, Template)]
#[template(path = "sources.html")]
pub struct SourcesPage {
    pub frame: Frame,
    pub sources: Vec<SourceView>,
    pub fields: Vec<Field>,
    pub tested: Tested,
    pub quarantine: Vec<QuarantineView>,
}

/// A source in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceView {
    pub id: String,
    pub name: String,
    pub kind: &'static str,
    pub mode: &'static str,
    pub channel: &'static str,
    pub url: Option<String>,
    pub paused: bool,
    pub health: Tag,
    pub error: Option<Told>,
    pub last_success: Option<Moment>,
    pub next: Option<Moment>,
}

/// A row in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineView {
    pub source: String,
    pub place: String,
    pub reason: Told,
    pub at: Moment,
}

/// What came of trying an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tested {
    pub url: String,
    pub problem: Option<String>,
    pub feed: Option<Preview>,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let mut page = build(&state, &caller, &Form::default()).await?;
    page.frame = page.frame.done(query.get("done"));
    html(&page)
}

async fn build(state: &AppState, caller: &Caller, typed: &Form) -> Result<SourcesPage, WebError> {
    let sources = state.store.sources().await?;
    let page = Page { before: None, size: QUARANTINE_ROWS };
    let quarantine = state.store.quarantine(QuarantineFilter::default(), page).await?.rows;
    let now = state.store.now();
    let called: HashMap<SourceId, &str> = sources.iter().map(|s| (s.id, s.name.as_str())).collect();
    let row = |q: &QuarantinedRow| QuarantineView {
        source: called.get(&q.source).copied().unwrap_or("已移除的来源").to_owned(),
        place: plain::place(&q.place),
        reason: plain::told(&q.reason),
        at: Moment::new(q.at, now),
    };
    Ok(SourcesPage {
        frame: Frame::inside(state, caller, "来源", PATH),
        sources: sources.iter().take(SOURCES).map(|s| view(s, now)).collect(),
        fields: fields(typed),
        tested: Tested::default(),
        quarantine: quarantine.iter().map(row).collect(),
    })
}

fn view(source: &Source, now: Timestamp) -> SourceView {
    let at = |time: Option<Timestamp>| time.map(|t| Moment::new(t, now));
    SourceView {
        id: source.id.to_string(),
        name: source.name.clone(),
        kind: source.kind.label(),
        mode: source.mode.label(),
        channel: source.channel.label(),
        url: source.url.clone(),
        paused: source.paused,
        health: health(source),
        error: source.health.last_error.as_deref().map(plain::told),
        last_success: at(source.health.last_success_at),
        next: if source.paused { None } else { at(source.health.next_at) },
    }
}

fn health(source: &Source) -> Tag {
    let health = &source.health;
    match (source.paused, health.failures, health.last_success_at, source.kind) {
        (true, ..) => Tag::new("已暂停", "tag"),
        (_, n, ..) if n >= BROKEN => Tag::new(format!("连续失败 {n} 次"), "tag red"),
        (_, n, ..) if n > 0 => Tag::new("上次读取失败，会再试", "tag yellow"),
        (_, _, None, SourceKind::Feed) => Tag::new("还没有读过", "tag yellow"),
        (_, _, None, SourceKind::Sheet) => Tag::new("由人导入表格", "tag"),
        _ => Tag::new("正常", "tag green"),
    }
}

fn fields(typed: &Form) -> Vec<Field> {
    let kinds = SourceKind::ALL.iter().map(|k| Choice::new(k.code(), k.label(), false)).collect();
    let channels = Channel::ALL.iter().map(|c| Choice::new(c.code(), c.label(), false)).collect();
    let modes = Mode::ALL.iter().map(|m| Choice::new(m.code(), m.label(), false)).collect();
    let mut fields = vec![
        Field::line("name", "名称", 60),
        Field::select("kind", "种类", kinds).value(SourceKind::Feed.code()),
        Field::select("channel", "渠道", channels),
        Field::select("mode", "办理方式", modes)
            .value(Mode::Handle.code())
            .hint("本县办理：由本县立工单；平台镜像：另一平台办理，这里只跟踪"),
        Field::line("address", "地址", 1000).optional().hint("订阅源必填，以 http:// 或 https:// 开头"),
        Field::number("minutes", "读取间隔（分钟）", 5, 1440).optional().value("15"),
        Field::date("cutoff", "起始日期").optional().hint("早于这一天的内容只存档，不立工单"),
        Field::line("allow_host", "允许的内网主机", 200)
            .optional()
            .hint("只在订阅源位于政务内网时填写主机名"),
    ];
    for field in &mut fields {
        if !typed.text(field.name).is_empty() {
            field.value = typed.text(field.name).into();
        }
    }
    fields
}

pub async fn add(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    let added = match read(&form) {
        Ok(source) => state.store.add_source(source, caller.actor()).await.map_err(taken),
        Err(error) => Err(error),
    };
    match added {
        Ok(_) => Ok(back("", PATH, "source-added")),
        Err(WebError::Bad(problem)) => {
            let mut page = build(&state, &caller, &form).await?;
            page.frame = page.frame.with(Some(Notice::bad(problem)));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
        Err(other) => Err(other),
    }
}

fn taken(error: StoreError) -> WebError {
    match error {
        StoreError::Taken { value, .. } => WebError::bad(format!("已有名为“{value}”的来源，请换一个名称")),
        other => other.into(),
    }
}

fn read(form: &Form) -> Result<NewSource, WebError> {
    let kind: SourceKind = form.must("kind", "种类")?;
    let address = form.text("address");
    if kind == SourceKind::Feed {
        check_address(address)?;
    }
    let cutoff = match form.parsed::<jiff::civil::Date>("cutoff", "起始日期")? {
        Some(date) => {
            let start = date.to_datetime(jiff::civil::Time::midnight());
            Some(from_local(start).map_err(|_| WebError::bad("起始日期超出范围"))?)
        }
        None => None,
    };
    let minutes: i64 = form.parsed("minutes", "读取间隔")?.unwrap_or(15);
    if !(5..=1440).contains(&minutes) {
        return Err(WebError::bad("读取间隔要在 5 至 1440 分钟之间"));
    }
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok(NewSource {
        name: form.need("name", "名称", 60)?.to_owned(),
        kind,
        channel: form.must("channel", "渠道")?,
        mode: form.must("mode", "办理方式")?,
        url: optional(address),
        cutoff,
        allow_host: optional(form.text("allow_host")),
        interval_s: minutes * 60,
        settings: SourceSettings::default(),
    })
}

fn check_address(address: &str) -> Result<(), WebError> {
    let parsed = url::Url::parse(address).map_err(|_| WebError::bad("请填写完整的订阅地址"))?;
    match (parsed.scheme(), parsed.host_str(), parsed.password()) {
        ("http" | "https", Some(_), None) if parsed.username().is_empty() => Ok(()),
        ("http" | "https", Some(_), _) => Err(WebError::bad("地址里不能带用户名和密码")),
        _ => Err(WebError::bad("地址要以 http:// 或 https:// 开头")),
    }
}

pub async fn pause(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let id: SourceId = read_id(&id)?;
    state.store.set_source_paused(id, true, caller.actor()).await?;
    Ok(back("", PATH, "source-paused"))
}

pub async fn resume(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let id: SourceId = read_id(&id)?;
    state.store.set_source_paused(id, false, caller.actor()).await?;
    Ok(back("", PATH, "source-resumed"))
}

pub async fn test(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    let url: String = form.text("url").chars().take(1000).collect();
    let answer = match (check_address(&url), &state.http) {
        (Err(WebError::Bad(problem)), _) => Err(problem),
        (Err(other), _) => return Err(other),
        (Ok(()), Some(http)) => preview::read(http, &url, state.store.now()).await,
        (Ok(()), None) => Err("这个服务没有启用试读；请在服务器命令行使用 qingting source test".into()),
    };
    let mut page = build(&state, &caller, &Form::default()).await?;
    page.tested = match answer {
        Ok(feed) => Tested { url, problem: None, feed: Some(feed) },
        Err(problem) => Tested { url, problem: Some(problem), feed: None },
    };
    html(&page)
}

#[cfg(test)]
impl crate::samples::Sampled for SourcesPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment};
        let source = |t: &str, paused| SourceView {
            id: t.into(),
            name: t.into(),
            kind: "订阅源",
            mode: "本县办理",
            channel: "新闻",
            url: Some(t.into()),
            paused,
            health: Tag::new(t, "tag"),
            error: Some(Told::sample(t)),
            last_success: Some(moment(60)),
            next: None,
        };
        let page = |t: String| Self {
            frame: frame(&t),
            sources: vec![source(&t, true), source(&t, false)],
            fields: fields(&Form::of(&[("name", &t), ("address", &t)])),
            tested: Tested {
                url: t.clone(),
                problem: Some(t.clone()),
                feed: Some(Preview {
                    format: "RSS",
                    title: t.clone(),
                    count: 2,
                    entries: vec![(t.clone(), t.clone())],
                }),
            },
            quarantine: vec![QuarantineView {
                source: t.clone(),
                place: t.clone(),
                reason: Told::sample(&t),
                at: moment(60),
            }],
        };
        hostile().into_iter().map(page).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_web_addresses_are_taken() {
        assert!(check_address("https://example.gov.cn/rss.xml").is_ok());
        for bad in [
            "",
            "example.cn",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://u:p@example.cn/",
            "ftp://a/",
        ] {
            assert!(check_address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_source_is_read_from_its_form_or_the_field_at_fault_is_named() {
        let good = [
            ("name", "县融媒体"),
            ("kind", "feed"),
            ("channel", "news"),
            ("mode", "handle"),
            ("address", "https://example.cn/rss"),
            ("cutoff", "2026-11-01"),
        ];
        let source = read(&Form::of(&good)).unwrap();
        assert_eq!(
            (source.interval_s, source.cutoff.unwrap().to_string()),
            (900, "2026-10-31T16:00:00Z".into())
        );
        for (name, value) in [("name", ""), ("channel", "电报"), ("minutes", "1"), ("cutoff", "昨天")] {
            let mut rows: Vec<(&str, &str)> = good.iter().copied().filter(|(k, _)| *k != name).collect();
            rows.push((name, value));
            assert!(read(&Form::of(&rows)).is_err(), "{name}={value}");
        }
    }
}
