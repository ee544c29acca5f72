//! The one table of all routes. A route is declared with the rule of who may use it, and is built
//! behind the gate that enforces the rule: none exists without. Platforms, which have no session, come in by
//! [`crate::api`].

use axum::Router;
use axum::handler::Handler;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};
use qingting_models::records::Role::{
    Admin, Auditor, Discipline, Duty, Handler as Handling, Leader, Reviewer,
};
use qingting_models::records::User;

use crate::access::{Access, BODY_LIMIT, Gate, Verdict, framed, gate};
use crate::app::{AppState, REQUEST_TIME, UPLOAD_TIME, in_time};
use crate::facts::WithFacts;
use crate::pages::{county, mirrored, notices, sources};
use crate::{api, assets, error, pages};

/// Judge items.
pub(crate) const JUDGES: Access = Access::Roles(&[Duty, Discipline]);
/// See the items of the whole county.
pub(crate) const OVERSEERS: Access = Access::Roles(&[Duty, Discipline, Leader]);
/// See items and cases, each as far as the viewer goes.
pub(crate) const READERS: Access = Access::Roles(&[Duty, Discipline, Leader, Handling, Reviewer]);
/// Work in a department.
pub(crate) const DEPARTMENT: Access = Access::Roles(&[Handling, Reviewer]);
/// Work on cases: add files to them, open and remove those.
pub(crate) const CASE_WORKERS: Access = Access::Roles(&[Duty, Discipline, Handling, Reviewer]);
/// May look behind the mask.
const UNMASKERS: Access = Access::Roles(&[Duty, Discipline, Handling]);
/// See how the model does, in figures without what is confidential.
pub(crate) const MODEL_READERS: Access = Access::Roles(&[Admin, Duty, Discipline]);
/// Say who is on duty.
pub(crate) const ROSTER_KEEPERS: Access = Access::Roles(&[Admin, Duty, Discipline]);
/// Say what raises an alert.
pub(crate) const RULE_KEEPERS: Access = Access::Roles(&[Admin, Duty, Discipline]);
/// See how cases fare with the departments; a department its own.
pub(crate) const OFFICES: Access = Access::Roles(&[Admin, Duty, Discipline, Leader, Handling, Reviewer]);
/// Write down agreed wordings: a department's reviewer proposes, the duty office agrees.
pub(crate) const LINE_WRITERS: Access = Access::Roles(&[Duty, Discipline, Reviewer]);
/// Keep the templates of replies.
pub(crate) const TEMPLATE_KEEPERS: Access = Access::Roles(&[Duty, Reviewer]);
/// Write replies.
pub(crate) const REPLIERS: Access = Access::Roles(&[Handling]);
pub(crate) const ADMINS: Access = Access::Roles(&[Admin]);
/// Deal with rows that could not be read.
pub(crate) const QUARANTINE_KEEPERS: Access = Access::Roles(&[Admin, Duty]);
/// Mend such rows, which shows what is personal in them.
const QUARANTINE_MENDERS: Access = Access::Roles(&[Duty]);
pub(crate) const AUDIT_READERS: Access = Access::Roles(&[Auditor, Admin]);

/// Largest sheet that is uploaded, in bytes.
pub(crate) const SHEET_LIMIT: usize = 100 << 20;

/// Largest request that adds files to a case, in bytes; the settings say how large one file may be.
const FILES_LIMIT: usize = 256 << 20;

/// How a route is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
}

/// A row of the table, for tests and for the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteInfo {
    pub verb: Verb,
    pub path: &'static str,
    pub access: Access,
    /// Open to users who still have to change their password.
    pub before_password_change: bool,
    /// Takes a file: the largest body in bytes.
    pub upload: Option<usize>,
}

struct Route {
    info: RouteInfo,
    handler: MethodRouter<WithFacts>,
    by_itself: bool,
}

impl Route {
    fn before_password_change(mut self) -> Self {
        self.info.before_password_change = true;
        self
    }

    /// Asked by the browser itself.
    fn by_itself(mut self) -> Self {
        self.by_itself = true;
        self
    }
}

fn page<H, T>(path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, WithFacts>,
    T: 'static,
{
    let info = RouteInfo { verb: Verb::Get, path, access, before_password_change: false, upload: None };
    Route { info, handler: get(handler), by_itself: false }
}

fn action<H, T>(path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, WithFacts>,
    T: 'static,
{
    let info = RouteInfo { verb: Verb::Post, path, access, before_password_change: false, upload: None };
    Route { info, handler: post(handler), by_itself: false }
}

/// An action whose form sends a file (`enctype="multipart/form-data"`) within `limit` bytes; its handler takes
/// an [`Upload`](crate::upload::Upload).
fn upload<H, T>(path: &'static str, access: Access, limit: usize, handler: H) -> Route
where
    H: Handler<T, WithFacts>,
    T: 'static,
{
    let mut route = action(path, access, handler);
    route.info.upload = Some(limit);
    route
}

fn routes() -> Vec<Route> {
    vec![
        page("/healthz", Access::Public, pages::health::show),
        page("/static/{name}", Access::Public, assets::serve),
        page("/login", Access::Public, pages::login::show),
        action("/login", Access::Public, pages::login::submit),
        action("/logout", Access::SignedIn, pages::login::log_out).before_password_change(),
        page("/password", Access::SignedIn, pages::password::show).before_password_change(),
        action("/password", Access::SignedIn, pages::password::submit).before_password_change(),
        page("/tokens", Access::SignedIn, pages::tokens::show),
        action("/tokens/make", Access::SignedIn, pages::tokens::make),
        action("/tokens/{id}/end", Access::SignedIn, pages::tokens::end),
        page("/api", Access::SignedIn, pages::api_page::show),
        page("/", Access::SignedIn, pages::overview::show),
        page("/wall", OVERSEERS, pages::wall::show),
        page("/items", OVERSEERS, pages::items::show),
        action("/items/batch", JUDGES, pages::items_batch::submit),
        page("/items/newer", OVERSEERS, pages::items::newer).by_itself(),
        page("/items/{id}", READERS, pages::item::show),
        action("/items/{id}/confirm", JUDGES, pages::item_judge::confirm),
        action("/items/{id}/judge", JUDGES, pages::item_judge::judge),
        action("/items/{id}/assign", JUDGES, pages::item_assign::submit),
        action("/items/{id}/dismiss", JUDGES, pages::item_dismiss::dismiss),
        action("/items/{id}/restore", JUDGES, pages::item_dismiss::restore),
        action("/items/{id}/incident", JUDGES, pages::item_incident::submit),
        action("/items/{id}/undo", JUDGES, pages::item_undo::submit),
        action("/items/{id}/unmask", UNMASKERS, pages::item_unmask::submit),
        page("/alerts", OVERSEERS, pages::alerts::show),
        action("/alerts/{id}/see", JUDGES, pages::alerts::see),
        action("/alerts/{id}/silence", JUDGES, pages::alerts::silence),
        action("/alerts/silences/{id}/end", JUDGES, pages::alerts::end_silence),
        page("/alerts/rules", RULE_KEEPERS, pages::alert_rules::show),
        action("/alerts/rules/first", RULE_KEEPERS, pages::alert_rules::first),
        page("/alerts/rules/new", RULE_KEEPERS, pages::alert_rules::new),
        action("/alerts/rules/new", RULE_KEEPERS, pages::alert_rules::add),
        page("/alerts/rules/{id}", RULE_KEEPERS, pages::alert_rules::edit),
        action("/alerts/rules/{id}", RULE_KEEPERS, pages::alert_rules::change),
        page("/notices", Access::SignedIn, notices::list::show),
        page("/notices/stream", Access::SignedIn, notices::stream::show).by_itself(),
        action("/notices/read", Access::SignedIn, notices::list::read_all),
        action("/notices/{id}/open", Access::SignedIn, notices::list::open),
        page("/notices/roster", ROSTER_KEEPERS, notices::roster::show),
        action("/notices/roster/add", ROSTER_KEEPERS, notices::roster::add),
        action("/notices/roster/{id}/remove", ROSTER_KEEPERS, notices::roster::remove),
        page("/notices/rules", ADMINS, notices::rules::show),
        action("/notices/rules/first", ADMINS, notices::rules::first),
        page("/notices/rules/new", ADMINS, notices::rules::new),
        action("/notices/rules/new", ADMINS, notices::rules::add),
        page("/notices/rules/{id}", ADMINS, notices::rules::edit),
        action("/notices/rules/{id}", ADMINS, notices::rules::change),
        page("/notices/channels", ADMINS, notices::channels::show),
        page("/notices/channels/new", ADMINS, notices::channels::new),
        action("/notices/channels/new", ADMINS, notices::channels::add),
        page("/notices/channels/{id}", ADMINS, notices::channels::edit),
        action("/notices/channels/{id}", ADMINS, notices::channels::change),
        action("/notices/channels/{id}/test", ADMINS, notices::channels::test),
        page("/notices/contacts", ADMINS, notices::contacts::show),
        page("/notices/contacts/{id}", ADMINS, notices::contacts::edit),
        action("/notices/contacts/{id}", ADMINS, notices::contacts::change),
        page("/notices/deliveries", ADMINS, notices::deliveries::show),
        action("/notices/deliveries/{id}/retry", ADMINS, notices::deliveries::retry),
        action("/notices/deliveries/{id}/give-up", ADMINS, notices::deliveries::give_up),
        page("/webhooks", ADMINS, pages::webhooks::show),
        page("/webhooks/new", ADMINS, pages::webhooks::new),
        action("/webhooks/new", ADMINS, pages::webhooks::add),
        page("/webhooks/{id}", ADMINS, pages::webhooks::edit),
        action("/webhooks/{id}", ADMINS, pages::webhooks::change),
        action("/webhooks/{id}/test", ADMINS, pages::webhooks::test),
        action("/webhooks/{id}/remove", ADMINS, pages::webhooks::remove),
        page("/incidents", OVERSEERS, pages::incidents::show),
        page("/incidents/{id}", OVERSEERS, pages::incident::show),
        action("/incidents/{id}/split", JUDGES, pages::incident_act::split),
        action("/incidents/{id}/move", JUDGES, pages::incident_act::relocate),
        action("/incidents/{id}/merge", JUDGES, pages::incident_act::merge),
        action("/incidents/{id}/gather", JUDGES, pages::incident_case::gather),
        action("/incidents/{id}/name", JUDGES, pages::incident_act::rename),
        page("/cases", READERS, pages::cases::show),
        page("/due", READERS, pages::due::show),
        page("/cases/{id}", READERS, pages::case::show),
        action("/cases/batch", OVERSEERS, pages::cases_batch::submit),
        action("/cases/{id}/leave-out", JUDGES, pages::case_items::leave_out),
        action("/cases/{id}/act", READERS, pages::case_act::submit),
        action("/cases/{id}/draft", REPLIERS, pages::case_draft::save),
        action("/cases/{id}/contact", UNMASKERS, pages::case_contact::show),
        upload("/cases/{id}/attachments", CASE_WORKERS, FILES_LIMIT, pages::case_attach::add),
        action("/cases/{id}/attachments/{file}/open", CASE_WORKERS, pages::case_attach::open),
        action("/cases/{id}/attachments/{file}/remove", CASE_WORKERS, pages::case_attach::remove),
        page("/mirrored", READERS, mirrored::list::show),
        page("/mirrored/{id}", READERS, mirrored::one::show),
        action("/mirrored/{id}/press", OVERSEERS, mirrored::act::press),
        action("/mirrored/{id}/watch", JUDGES, mirrored::act::watch),
        page("/lines", READERS, pages::lines::show),
        page("/lines/new", LINE_WRITERS, pages::line::new),
        action("/lines/new", LINE_WRITERS, pages::line::add),
        page("/lines/{id}", READERS, pages::line::one),
        action("/lines/{id}", JUDGES, pages::line::change),
        action("/lines/{id}/withdraw", JUDGES, pages::line::withdraw),
        page("/templates", TEMPLATE_KEEPERS, pages::reply_templates::show),
        action("/templates/first", TEMPLATE_KEEPERS, pages::reply_templates::first),
        page("/templates/new", TEMPLATE_KEEPERS, pages::reply_templates::new),
        action("/templates/new", TEMPLATE_KEEPERS, pages::reply_templates::add),
        page("/templates/{id}", TEMPLATE_KEEPERS, pages::reply_templates::one),
        action("/templates/{id}", TEMPLATE_KEEPERS, pages::reply_templates::change),
        action("/templates/{id}/remove", TEMPLATE_KEEPERS, pages::reply_templates::remove),
        page("/promises", READERS, pages::promises::show),
        action("/promises/{id}/mark", DEPARTMENT, pages::promises::mark),
        page("/inbox", DEPARTMENT, pages::inbox::show),
        page("/sources", ADMINS, sources::list::show),
        page("/sources/new", ADMINS, sources::add::show),
        action("/sources/new", ADMINS, sources::add::submit),
        page("/sources/opml", ADMINS, sources::opml::show),
        upload("/sources/opml", ADMINS, sources::opml::LIMIT, sources::opml::upload),
        action("/sources/opml/add", ADMINS, sources::opml::add),
        page("/sources/export.opml", ADMINS, sources::opml::download),
        page("/sources/{id}", ADMINS, sources::detail::show),
        action("/sources/{id}/try", ADMINS, sources::detail::try_it),
        page("/sources/{id}/edit", ADMINS, sources::edit::show),
        action("/sources/{id}/edit", ADMINS, sources::edit::submit),
        action("/sources/{id}/poll", ADMINS, sources::act::poll),
        action("/sources/{id}/pause", ADMINS, sources::act::pause),
        action("/sources/{id}/resume", ADMINS, sources::act::resume),
        action("/sources/{id}/move", ADMINS, sources::act::take_new_address),
        action("/sources/{id}/token", ADMINS, sources::token::make),
        action("/sources/{id}/token/end", ADMINS, sources::token::end),
        page("/sources/{id}/remove", ADMINS, sources::remove::show),
        action("/sources/{id}/remove", ADMINS, sources::remove::submit),
        page("/sources/{id}/import", ADMINS, pages::import::show),
        upload("/sources/{id}/import", ADMINS, SHEET_LIMIT, pages::import::look),
        action("/sources/{id}/import/map", ADMINS, pages::import::map),
        // Takes no file, but as long as one.
        upload("/sources/{id}/import/run", ADMINS, BODY_LIMIT, pages::import::run),
        page("/sources/{id}/import/{file}/result", ADMINS, pages::import::result),
        page("/sources/{id}/import/{file}/progress", ADMINS, pages::import::progress),
        page("/sources/{id}/import/{file}/outcome", ADMINS, pages::import::outcome),
        page("/quarantine", QUARANTINE_KEEPERS, pages::quarantine::show),
        action("/quarantine/replay", QUARANTINE_KEEPERS, pages::quarantine::replay_kind),
        action("/quarantine/dismiss", QUARANTINE_KEEPERS, pages::quarantine::dismiss_kind),
        page("/quarantine/{id}", QUARANTINE_KEEPERS, pages::quarantine_row::show),
        action("/quarantine/{id}/replay", QUARANTINE_KEEPERS, pages::quarantine_row::read_again),
        action("/quarantine/{id}/dismiss", QUARANTINE_KEEPERS, pages::quarantine_row::dismiss),
        action("/quarantine/{id}/open", QUARANTINE_MENDERS, pages::quarantine_row::open),
        action("/quarantine/{id}/mend", QUARANTINE_MENDERS, pages::quarantine_row::mend),
        page("/model", MODEL_READERS, pages::model::show),
        action("/model/compare", ADMINS, pages::model_change::compare),
        action("/model/promote", ADMINS, pages::model_change::promote),
        action("/model/rollback", ADMINS, pages::model_change::roll_back),
        page("/backfill", JUDGES, pages::backfill::show),
        page("/backfill/{id}", JUDGES, pages::backfill::source),
        action("/backfill/{id}/make", JUDGES, pages::backfill::make),
        action("/backfill/{id}/columns", JUDGES, pages::backfill::columns),
        action("/backfill/answers/{id}/again", JUDGES, pages::backfill::again),
        page("/backfill/batches/{id}", JUDGES, pages::backfill_batch::show),
        action("/backfill/batches/{id}/download", JUDGES, pages::backfill_batch::download),
        action("/backfill/batches/{id}/settle", JUDGES, pages::backfill_batch::settle),
        page("/county", ADMINS, county::list::show),
        page("/county/file", ADMINS, county::file::show),
        action("/county/file", ADMINS, county::file::submit),
        page("/routing", RULE_KEEPERS, county::routing::show),
        page("/routing/new", ADMINS, county::routing_row::new),
        action("/routing/new", ADMINS, county::routing_row::add),
        page("/routing/{id}", ADMINS, county::routing_row::edit),
        action("/routing/{id}", ADMINS, county::routing_row::change),
        page("/incidents/{id}/brief", OVERSEERS, pages::reports::show_brief),
        action("/incidents/{id}/brief", JUDGES, pages::reports::make_brief),
        page("/reports", OVERSEERS, pages::reports::show),
        action("/reports/make", JUDGES, pages::reports::make),
        page("/reports/items", OVERSEERS, pages::reports::show_items),
        page("/reports/{id}", OVERSEERS, pages::reports::show_one),
        page("/reports/{id}/file", OVERSEERS, pages::reports::download),
        action("/reports/{id}/write", JUDGES, pages::reports::write),
        action("/reports/{id}/recount", JUDGES, pages::reports::recount),
        action("/reports/{id}/move", OVERSEERS, pages::reports::move_on),
        page("/trends", OVERSEERS, pages::trends::show),
        action("/views", READERS, pages::views::save),
        action("/views/{id}/remove", READERS, pages::views::remove),
        page("/departments", OFFICES, pages::departments::show),
        page("/departments/cases", OFFICES, pages::rate_cases::show),
        page("/system", ADMINS, pages::system::show),
        page("/users", ADMINS, pages::users::show),
        action("/users/add", ADMINS, pages::users::add),
        action("/users/{id}/disable", ADMINS, pages::users::disable),
        action("/users/{id}/enable", ADMINS, pages::users::enable),
        action("/users/{id}/reset", ADMINS, pages::users::reset),
        page("/audit", AUDIT_READERS, pages::audit::show),
        page("/audit/file", AUDIT_READERS, pages::audit::download),
        action("/audit/verify", AUDIT_READERS, pages::audit::verify),
    ]
}

/// Every route with its rule.
pub fn table() -> Vec<RouteInfo> {
    routes().into_iter().map(|route| route.info).collect()
}

/// The rule of the page at `path`; nobody's for a path that no route has.
pub fn access_of(path: &str) -> Access {
    let found = known().iter().find(|r| r.verb == Verb::Get && r.path == path);
    found.map_or(Access::NOBODY, |r| r.access)
}

/// The page that an address lies below, for one that is no page itself: `/cases/7` of `/cases/7/contact`.
pub(crate) fn page_above(path: &str) -> Option<&str> {
    let mut above = path;
    while let Some((shorter, _)) = above.rsplit_once('/') {
        above = if shorter.is_empty() { "/" } else { shorter };
        let is_page = |route: &RouteInfo| route.verb == Verb::Get && lies_at(route.path, above);
        if above == "/" || known().iter().any(is_page) {
            return Some(above);
        }
    }
    None
}

/// Whether a route written as `/cases/{id}` is that of a path.
fn lies_at(route: &str, path: &str) -> bool {
    let (mut parts, mut names) = (path.split('/'), route.split('/'));
    let same = |(name, part): (&str, &str)| name == part || (name.starts_with('{') && !part.is_empty());
    names.by_ref().zip(parts.by_ref()).all(same) && path.split('/').count() == route.split('/').count()
}

/// The pages that a user may open.
pub fn pages_of(user: &User) -> Vec<&'static str> {
    let open =
        |route: &&RouteInfo| route.verb == Verb::Get && route.access.verdict(Some(user)) == Verdict::Allow;
    known().iter().filter(open).map(|route| route.path).collect()
}

fn known() -> &'static [RouteInfo] {
    static TABLE: std::sync::OnceLock<Vec<RouteInfo>> = std::sync::OnceLock::new();
    TABLE.get_or_init(table)
}

/// The routes, each behind its gate.
pub(crate) fn build(state: AppState) -> Router {
    let behind_gates =
        routes().into_iter().fold(Router::new(), |router, Route { info, handler, by_itself }| {
            let stands = Gate {
                state: state.clone(),
                access: info.access,
                before_password_change: info.before_password_change,
                upload: info.upload,
                by_itself,
            };
            let limit = if info.upload.is_some() { UPLOAD_TIME } else { REQUEST_TIME };
            let in_time = from_fn(move |request, next| in_time(limit, request, next));
            let guarded = handler.route_layer(from_fn_with_state(stands, gate)).route_layer(in_time);
            router.route(info.path, guarded)
        });
    let framed = from_fn_with_state(state.clone(), framed);
    behind_gates
        .method_not_allowed_fallback(error::form_only.layer(framed.clone()))
        .fallback(error::nowhere.layer(framed))
        .with_state(WithFacts(state.clone()))
        .nest(api::PATH, api::build(state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_only_sent_to_lies_below_the_page_of_its_form() {
        assert_eq!(page_above("/cases/7/contact"), Some("/cases/7"));
        assert_eq!(page_above("/cases/7/attachments/3/open"), Some("/cases/7"));
        assert_eq!(page_above("/items/batch"), Some("/items"));
        assert_eq!(page_above("/alerts/silences/3/end"), Some("/alerts"));
        assert_eq!(page_above("/logout"), Some("/"));
    }
}
