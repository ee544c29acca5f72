//! Hostile texts for the samples of every page, and the checks that a rendered page has to pass.

use jiff::Timestamp;
use qingting_models::records::{
    Actor, Case, CaseOrigin, CaseState, Channel, Helper, HelperState, Kind, Urgency,
};

use crate::found::Found;
use crate::frame::{Frame, NavLink, Notice};
use crate::marks::Piece;
use crate::moment::Moment;
use crate::names::{Names, RuleName};
use crate::view::{CaseRow, Choice, Due, ItemRow, Light, Tag};

/// A page's context with the samples that it is tested with.
pub trait Sampled: askama::Template + Sized {
    /// At least one sample, with hostile text in every field that can hold any.
    fn samples() -> Vec<Self>;
}

/// Texts that break careless pages: markup, quotes, right-to-left marks, great length, emoji, nothing.
pub fn hostile() -> Vec<String> {
    vec![
        "<script>alert(1)</script>".into(),
        r#""><img src=x onerror='alert(2)'> & 'x' </textarea></option>{{ 7*7 }}"#.into(),
        "\u{202e}مرحبا\u{2066} ‏שלום \u{0}\u{7}".into(),
        "长".repeat(5000),
        "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿 𠮷野家 e\u{301}\u{301}\u{301}".into(),
        String::new(),
    ]
}

/// The time of all samples.
pub fn now() -> Timestamp {
    Timestamp::from_second(1_795_400_000).unwrap_or_default()
}

pub fn moment(seconds_ago: i64) -> Moment {
    let at = Timestamp::from_second(now().as_second() - seconds_ago).unwrap_or_default();
    Moment::new(at, now())
}

pub fn names(text: &str) -> Names {
    let rule =
        RuleName { title: text.into(), amount: text.into(), source: text.into(), standing: text.into() };
    Names {
        county: text.into(),
        topics: vec![("wages".into(), text.into())],
        departments: vec![("rsj".into(), text.into())],
        towns: vec![text.into()],
        source_tiers: vec![text.into()],
        rules: [("hotline.handle".to_owned(), rule)].into(),
        offices: [("人社".to_owned(), vec!["rsj".to_owned()])].into(),
    }
}

pub fn frame(text: &str) -> Frame {
    Frame {
        user: format!("王{text}"),
        roles: text.into(),
        csrf: text.into(),
        nav: vec![NavLink { href: "/items", label: "信息研判", current: true }],
        pages: crate::routes::table().into_iter().map(|route| route.path).collect(),
        unread: Some(3),
        stuck: 2,
        notice: Some(Notice::bad(text)),
        ..Frame::outside(text, text)
    }
}

pub fn choice(text: &str) -> Choice {
    Choice::new(text, text, true)
}

pub fn incident_row(text: &str) -> crate::pages::incidents::IncidentRow {
    crate::pages::incidents::IncidentRow {
        id: text.into(),
        title: text.into(),
        topic: Some(text.into()),
        town: Some(text.into()),
        urgency: Some(Tag::new(text, "tag red")),
        confidential: true,
        items: 12,
        callers: 9,
        channels: vec![text.into(), text.into()],
        heat: "7.5".into(),
        first_at: moment(90_000),
        last_at: moment(60),
    }
}

pub fn item_row(text: &str) -> ItemRow {
    let piece = |why: Option<&str>| Piece { text: text.into(), why: why.map(Into::into) };
    ItemRow {
        id: text.into(),
        version: 1,
        title: text.into(),
        text: text.into(),
        found: Some(Found {
            title: vec![piece(None), piece(Some(""))],
            text: vec![piece(Some("")), piece(None)],
        }),
        channel: "热线",
        town: Some(text.into()),
        kind: Some("投诉"),
        topic: Some(text.into()),
        score: Some(91),
        unsure: true,
        by_person: true,
        judged: true,
        urgency: Some(Tag::new(text, "tag red")),
        confidential: true,
        dismissed: Some(text.into()),
        archived: Some(text.into()),
        incident: Some((text.into(), 3)),
        case: Some(text.into()),
        proposal: Some(text.into()),
        at: moment(600),
        departments: vec![choice(text)],
        workable: true,
        blind: false,
        ticked: true,
    }
}

pub fn case_row(text: &str) -> CaseRow {
    CaseRow {
        id: text.into(),
        version: 3,
        number: text.into(),
        title: text.into(),
        state: text.into(),
        lead: text.into(),
        helps: true,
        channel: "热线",
        kind: "投诉",
        topic: Some(text.into()),
        town: Some(text.into()),
        urgency: Some(Tag::new(text, "tag red")),
        confidential: true,
        pressed: Some(Tag::new(text, "tag red")),
        due: Some(Due { rule: text.into(), at: moment(-600), left: text.into(), light: Light::Yellow }),
        waits: Some(moment(-600)),
        changed: moment(60),
        ticked: true,
    }
}

/// A plain case with one helper.
pub fn case() -> Case {
    let actor = Actor::System;
    Case {
        id: 1.into(),
        number: "2026-00001".into(),
        item: 2.into(),
        title: "路灯不亮".into(),
        channel: Channel::Hotline,
        kind: Kind::Complaint,
        topic: None,
        urgency: Urgency::Ordinary,
        town: None,
        confidential: false,
        origin: CaseOrigin::Rule { reason: "规则".into() },
        lead: "rsj".into(),
        helpers: vec![Helper {
            department: "rsj".into(),
            state: HelperState::Asked,
            asked_at: now(),
            note: None,
        }],
        state: CaseState::Assigned { at: now(), by: actor, reason: String::new() },
        opened_at: now(),
        version: 1,
        changed_at: now(),
        changed_by: actor,
        sent_back_by: vec![],
        waits: 0,
        waited_days: 0,
        extension: None,
        reopened: 0,
        pressed: 0,
        due: None,
        takes_incident: false,
    }
}

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;
    use crate::error::ErrorPage;
    use crate::pages::*;

    const VOID: &[&str] = &["meta", "link", "input", "img", "br", "!doctype"];

    /// Checks that no markup of a text came through, and that every element is closed in order.
    fn check(what: &str, html: &str) {
        for raw in ["<script>alert", "<img src=x", "</textarea></option>", "' onerror="] {
            assert!(!html.contains(raw), "{what}: {raw} came through");
        }
        assert!(!html.contains(" style="), "{what}: an inline style");
        assert!(!html.contains(" onclick="), "{what}: an inline script");
        let mut open: Vec<&str> = Vec::new();
        for part in html.split('<').skip(1) {
            let tag = part.split('>').next().unwrap_or_default();
            let name = tag.split(|c: char| c.is_whitespace()).next().unwrap_or_default();
            if let Some(closed) = name.strip_prefix('/') {
                assert_eq!(open.pop(), Some(closed), "{what}: </{closed}> closes another element");
            } else if !VOID.contains(&name.to_lowercase().as_str()) {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{what}: left open: {open:?}");
        let labelled = |id: &str| html.contains(&format!("for=\"{id}\""));
        for part in
            html.split('<').filter(|p| ["input ", "select ", "textarea "].iter().any(|t| p.starts_with(t)))
        {
            let tag = part.split('>').next().unwrap_or_default();
            if tag.contains("type=\"hidden\"") || tag.contains("type=\"checkbox\"") {
                continue;
            }
            let id = tag.split("id=\"").nth(1).and_then(|r| r.split('"').next()).unwrap_or_default();
            assert!(labelled(id), "{what}: no label for <{tag}>");
        }
    }

    fn walk<P: Sampled>(what: &str) {
        let samples = P::samples();
        assert!(!samples.is_empty(), "{what} has no sample");
        for sample in samples {
            check(what, &sample.render().unwrap());
        }
    }

    #[test]
    fn every_page_renders_every_hostile_text_as_text() {
        walk::<ErrorPage>("error");
        walk::<login::LoginPage>("login");
        walk::<password::PasswordPage>("password");
        walk::<tokens::TokensPage>("tokens");
        walk::<api_page::ApiPage>("the description of the API");
        walk::<overview::OverviewPage>("overview");
        walk::<wall::WallPage>("the wall display");
        walk::<items::ItemsPage>("items");
        walk::<item::ItemPage>("item");
        walk::<alerts::AlertsPage>("alerts");
        walk::<alert_rules::AlertRulesPage>("alert rules");
        walk::<alert_rules::AlertRulePage>("an alert rule");
        walk::<incidents::IncidentsPage>("incidents");
        walk::<incident::IncidentPage>("incident");
        walk::<cases::CasesPage>("cases");
        walk::<case::CasePage>("case");
        walk::<lines::LinesPage>("lines");
        walk::<line::LinePage>("a line");
        walk::<reply_templates::TemplatesPage>("reply templates");
        walk::<reply_templates::TemplatePage>("a reply template");
        walk::<promises::PromisesPage>("promises");
        walk::<due::DuePage>("the calendar of due times");
        walk::<inbox::InboxPage>("inbox");
        walk::<sources::SourcesPage>("sources");
        walk::<sources::AddPage>("adding a source");
        walk::<sources::EditPage>("changing a source");
        walk::<sources::DetailPage>("a source");
        walk::<sources::RemovePage>("removing a source");
        walk::<sources::OpmlPage>("lists of feeds");
        walk::<import::ImportPage>("import");
        walk::<import::ImportResultPage>("import result");
        walk::<quarantine::QuarantinePage>("quarantine");
        walk::<quarantine_row::QuarantineRowPage>("quarantine row");
        walk::<notices::list::NoticesPage>("notices");
        walk::<notices::roster::RosterPage>("the roster");
        walk::<notices::rules::NoticeRulesPage>("notice rules");
        walk::<notices::rules::NoticeRulePage>("a notice rule");
        walk::<notices::channels::ChannelsPage>("channels");
        walk::<notices::channels::ChannelPage>("a channel");
        walk::<webhooks::WebhooksPage>("webhooks");
        walk::<webhooks::WebhookPage>("a webhook");
        walk::<notices::contacts::ContactsPage>("contacts");
        walk::<notices::contacts::ContactPage>("a contact");
        walk::<notices::deliveries::DeliveriesPage>("deliveries");
        walk::<model::ModelPage>("model");
        walk::<backfill::BackfillPage>("answers on their way back");
        walk::<backfill::BackfillSourcePage>("answers to a source");
        walk::<backfill_batch::BackfillBatchPage>("a batch of answers");
        walk::<county::CountyPage>("county");
        walk::<county::FilePage>("a county file");
        walk::<county::RoutingPage>("routing");
        walk::<county::RoutingRowPage>("a row of the routing table");
        walk::<reports::ReportsPage>("reports");
        walk::<reports::ReportPage>("a report");
        walk::<reports::BriefPage>("a brief");
        walk::<reports::ReportItemsPage>("items of a report");
        walk::<departments::DepartmentsPage>("departments");
        walk::<rate_cases::RateCasesPage>("cases behind a rate");
        walk::<users::UsersPage>("users");
        walk::<audit::AuditPage>("audit");
    }

    #[test]
    fn markup_in_a_text_is_shown_as_it_was_written() {
        let page = ErrorPage {
            frame: Frame::outside("", ""),
            status: 422,
            title: "<b>".into(),
            what: r#"<script>alert("1")</script>"#.into(),
            todo: String::new(),
            log_in: None,
            typed: Vec::new(),
        };
        let html = page.render().unwrap();
        assert!(html.contains("&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;"), "{html}");
    }
}
