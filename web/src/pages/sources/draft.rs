//! A source as a form describes it, before it is saved.

use jiff::Timestamp;
use qingting_models::clock::local_date;
use qingting_models::ids::SourceId;
use qingting_models::records::{Channel, Mode, PullRule, Source, SourceHealth, SourceKind, SourceSettings};
use qingting_models::store::{NewSource, SourceChange};

use super::paging;
use crate::caller::Form;

/// What becomes of the sealed secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Secret {
    Keep,
    Set(String),
    Clear,
}

/// A described source.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub name: String,
    pub kind: SourceKind,
    pub channel: Channel,
    pub mode: Mode,
    pub url: Option<String>,
    pub cutoff: Option<Timestamp>,
    pub allow_host: Option<String>,
    pub interval_s: i64,
    pub column_map: Option<String>,
    pub settings: SourceSettings,
    pub secret: Secret,
}

impl Draft {
    pub(super) fn to_new(&self) -> NewSource {
        NewSource {
            name: self.name.clone(),
            kind: self.kind,
            channel: self.channel,
            mode: self.mode,
            url: self.url.clone(),
            cutoff: self.cutoff,
            allow_host: self.allow_host.clone(),
            interval_s: self.interval_s,
            settings: self.settings.clone(),
        }
    }

    pub(super) fn to_change(&self) -> SourceChange {
        SourceChange {
            name: self.name.clone(),
            channel: self.channel,
            mode: self.mode,
            url: self.url.clone(),
            cutoff: self.cutoff,
            allow_host: self.allow_host.clone(),
            interval_s: self.interval_s,
            column_map: self.column_map.clone(),
            settings: self.settings.clone(),
        }
    }

    /// The source as it would be read, without anything that earlier reads left; the store knows no such source.
    pub(super) fn to_source(&self, now: Timestamp) -> Source {
        Source {
            id: SourceId(0),
            name: self.name.clone(),
            kind: self.kind,
            channel: self.channel,
            mode: self.mode,
            url: self.url.clone(),
            cutoff: self.cutoff,
            allow_host: self.allow_host.clone(),
            paused: false,
            column_map: self.column_map.clone(),
            created_at: now,
            interval_s: self.interval_s,
            settings: self.settings.clone(),
            has_secret: false,
            has_token: false,
            removed_at: None,
            health: SourceHealth::default(),
        }
    }
}

/// The form that describes a source as it is saved. Its secret is not in it.
pub(crate) fn form_of(source: &Source) -> Form {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let tick = |on: bool| if on { "on".to_owned() } else { String::new() };
    let settings = &source.settings;
    let mut rows: Vec<(&str, String)> = vec![
        ("name", source.name.clone()),
        ("channel", source.channel.code().into()),
        ("mode", source.mode.code().into()),
        ("tier", text(&source.settings.tier)),
        ("address", text(&source.url)),
        ("cutoff", source.cutoff.map_or_else(String::new, |at| local_date(at).to_string())),
        ("allow_host", text(&source.allow_host)),
        ("minutes", (source.interval_s / 60).max(1).to_string()),
        ("column_map", text(&source.column_map)),
        ("full_text", tick(settings.full_text)),
        ("folder", text(&settings.folder)),
    ];
    if let Some(page) = &settings.page {
        rows.extend([
            ("page_item", page.item.clone()),
            ("page_title", text(&page.title)),
            ("page_link", text(&page.link)),
            ("page_date", text(&page.date)),
            ("page_body", text(&page.body)),
            ("list_only", tick(page.list_only)),
        ]);
    }
    if let Some(pull) = &settings.pull {
        rows.extend(rows_of_pull(pull));
    }
    if let Some(rule) = &settings.open311 {
        rows.push(("jurisdiction", text(&rule.jurisdiction_id)));
        rows.push(("service_codes", rule.service_codes.join(" ")));
    }
    let rows: Vec<(&str, &str)> = rows.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Form::of(&rows)
}

fn rows_of_pull(pull: &PullRule) -> Vec<(&'static str, String)> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let extra: Vec<String> = pull.extra.iter().map(|(label, path)| format!("{label} = {path}")).collect();
    let mut rows = vec![
        ("pull_records", pull.records.clone()),
        ("pull_id", text(&pull.id)),
        ("pull_title", text(&pull.title)),
        ("pull_body", text(&pull.body)),
        ("pull_url", text(&pull.url)),
        ("pull_occurred", text(&pull.occurred)),
        ("pull_dispatched", text(&pull.dispatched)),
        ("pull_due", text(&pull.due)),
        ("pull_state", text(&pull.state)),
        ("pull_person_name", text(&pull.person_name)),
        ("pull_person_phone", text(&pull.person_phone)),
        ("pull_extra", extra.join("\n")),
        ("secret_header", text(&pull.secret_header)),
    ];
    rows.extend(paging::rows(pull.paging.as_ref()));
    rows
}

/// The form of a new source before anything was typed.
pub(super) fn blank_form() -> Form {
    Form::of(&[("mode", Mode::Handle.code()), ("minutes", "15")])
}
