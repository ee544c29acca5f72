//! The notices of the one who is logged in.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use qingting_models::ids::NoticeId;
use qingting_models::records::{Notice, NoticeAbout, NoticeSubject};
use qingting_models::store::Page;

use super::super::{Answer, back, html, read_id};
use super::tabs;
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::frame::{Frame, NavLink};
use crate::moment::Moment;
use crate::query::{Query, Select};
use crate::view::{Choice, Tag, title_text, urgency_tag};

const PATH: &str = "/notices";
/// Rows of a page.
const ROWS: i64 = 30;

/// The list.
#[derive(Debug, Template)]
#[template(path = "notices.html")]
pub struct NoticesPage {
    pub frame: Frame,
    pub tabs: Vec<NavLink>,
    pub selects: Vec<Select>,
    pub notices: Vec<NoticeRow>,
    /// The latest notice of this page, up to which all are marked as read.
    pub last: Option<String>,
    pub first: Option<String>,
    pub next: Option<String>,
}

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    pub id: String,
    pub kind: &'static str,
    pub urgency: Option<Tag>,
    /// A case's number, an alert's rule.
    pub number: String,
    pub title: String,
    /// A case's state and due time, what made an alert fire.
    pub more: String,
    pub due: Option<Moment>,
    pub at: Moment,
    pub read: bool,
    pub held: Option<String>,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let unread = query.text("state") != "all";
    let page = Page { before: query.parsed("after"), size: ROWS };
    let found = state.store.notices(&caller.viewer, caller.user().id, unread, page).await?;
    let now = state.store.now();
    html(&NoticesPage {
        frame: Frame::inside(&state, &caller, "通知", PATH).done(query.get("done")),
        tabs: tabs(&caller, PATH),
        selects: vec![Select {
            name: "state",
            label: "状态",
            any: "",
            options: vec![Choice::new("", "未读", unread), Choice::new("all", "全部", !unread)],
        }],
        last: found.rows.iter().map(|notice| notice.id).max().map(|id| id.to_string()),
        notices: found.rows.into_iter().map(|notice| row(notice, now)).collect(),
        first: query.first(PATH),
        next: found.next.map(|id| query.address(PATH, &[("after", &id.to_string())])),
    })
}

fn row(notice: Notice, now: jiff::Timestamp) -> NoticeRow {
    let (number, title, more, due) = match notice.about {
        NoticeAbout::Case { number, title, state, due, .. } => {
            (number, title_text(&title), state.to_owned(), due.map(|due| Moment::new(due, now)))
        }
        NoticeAbout::Mirrored { number, title, state, due, .. } => {
            (number, title_text(&title), state, due.map(|due| Moment::new(due, now)))
        }
        NoticeAbout::Report(line) => {
            let number = line.number.unwrap_or_default();
            (
                number,
                format!("{} {}", line.span.kind.label(), line.span.name()),
                line.state.label().to_owned(),
                None,
            )
        }
        NoticeAbout::Alert { rule, why, items, .. } => (rule, format!("{items} 件命中"), why, None),
    };
    NoticeRow {
        id: notice.id.to_string(),
        kind: notice.kind.label(),
        urgency: urgency_tag(notice.urgency),
        number,
        title,
        more,
        due,
        at: Moment::new(notice.at, now),
        read: notice.read_at.is_some(),
        held: notice.held,
    }
}

/// Notes that it was read, and goes to what it is about.
pub async fn open(State(state): State<AppState>, caller: Caller, Path(id): Path<String>) -> Answer {
    let id: NoticeId = read_id(&id)?;
    let to = match state.store.read_notice(caller.user().id, id).await? {
        NoticeSubject::Case(id) => format!("/cases/{id}"),
        NoticeSubject::Mirrored(id) => format!("/mirrored/{id}"),
        NoticeSubject::Report(id) => format!("/reports/{id}"),
        NoticeSubject::Alert(id) => match state.store.alert(&caller.viewer, id).await? {
            Some(alert) => format!("/alerts?state=all&incident={}", alert.incident),
            None => "/alerts".into(),
        },
    };
    Ok(Redirect::to(&to).into_response())
}

/// Notes that all were read that the page showed or that are older.
pub async fn read_all(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    let last: NoticeId = form.must("last", "最后一条")?;
    state.store.read_notices(caller.user().id, last).await?;
    Ok(back("", PATH, "notices-read"))
}

#[cfg(test)]
impl crate::samples::Sampled for NoticesPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment};
        let row = |t: &str, read: bool| NoticeRow {
            id: t.into(),
            kind: "派单",
            urgency: Some(Tag::new(t, "tag red")),
            number: t.into(),
            title: t.into(),
            more: t.into(),
            due: Some(moment(-600)),
            at: moment(60),
            read,
            held: read.then(|| t.into()),
        };
        let page = |t: String| Self {
            frame: frame(&t),
            tabs: vec![NavLink { href: "/notices", label: "我的通知", current: true }],
            selects: vec![],
            notices: vec![row(&t, true), row(&t, false)],
            last: Some(t.clone()),
            first: Some(t.clone()),
            next: Some(t),
        };
        let empty = |t: String| Self {
            frame: frame(&t),
            tabs: vec![],
            selects: vec![],
            notices: vec![],
            last: None,
            first: None,
            next: None,
        };
        hostile().into_iter().flat_map(|t| [page(t.clone()), empty(t)]).collect()
    }
}
