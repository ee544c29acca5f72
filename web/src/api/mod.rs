//! The API: for platforms that push records with the token of a source, and for programs that act for a user.
//!
//! Every address under `/api/v1` but the document itself stands behind [`door::admit`], which knows the source or the user
//! by the token. A user's routes ask for a scope and for the roles of the page that does the same, and call what that page
//! calls. Each answer that is no success is a problem document (RFC 9457) with its `detail` in Chinese.

mod acting;
mod alert_rules;
mod alerts;
mod ask;
mod backfill;
mod briefs;
mod cases;
mod counts;
mod county;
mod county_files;
pub(crate) mod document;
mod door;
mod events;
mod incidents;
mod items;
mod me;
mod mirrored;
mod model;
mod notices;
mod offices;
mod pace;
mod problem;
mod push;
mod replies;
mod reports;
mod routing;
mod schema;
mod sources;
mod system;
mod users;
mod wordings;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get};
use qingting_models::records::Scope;
use serde::Serialize;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::ToSchema;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use crate::access::Access;
use crate::app::AppState;
use crate::facts::WithFacts;
use crate::routes::{
    ADMINS, AUDIT_READERS, CASE_WORKERS, DEPARTMENT, JUDGES, LINE_WRITERS, MODEL_READERS, OFFICES, OVERSEERS,
    QUARANTINE_KEEPERS, READERS, REPLIERS, ROSTER_KEEPERS, RULE_KEEPERS, TEMPLATE_KEEPERS,
};

/// Where it stands.
pub const PATH: &str = "/api/v1";

/// Who comes to a route.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whose {
    /// Platforms that push.
    Sources,
    /// Users' programs: the scope of the token, `None` where any will do, and who may use the page of the same.
    Users { scope: Option<Scope>, access: Access },
}

/// A row of the table of routes.
pub(crate) struct Row {
    whose: Whose,
    made: UtoipaMethodRouter<WithFacts>,
}

fn row(scope: Scope, access: Access, made: UtoipaMethodRouter<WithFacts>) -> Row {
    Row { whose: Whose::Users { scope: Some(scope), access }, made }
}

fn push(made: UtoipaMethodRouter<WithFacts>) -> Row {
    Row { whose: Whose::Sources, made }
}

/// Every route with what describes it, for the router and the document.
fn routes() -> Vec<Row> {
    use Scope as S;
    vec![
        push(routes!(push::records::push)),
        push(routes!(push::records::withdraw)),
        push(routes!(push::receipts::show)),
        Row { whose: Whose::Users { scope: None, access: Access::SignedIn }, made: routes!(me::show) },
        row(S::CountyRead, Access::SignedIn, routes!(county::show)),
        row(S::ItemsRead, OVERSEERS, routes!(items::list)),
        row(S::ItemsRead, READERS, routes!(items::whole::one)),
        row(S::ItemsJudge, JUDGES, routes!(items::decide::confirm)),
        row(S::ItemsJudge, JUDGES, routes!(items::decide::judge)),
        row(S::ItemsJudge, JUDGES, routes!(items::decide::assign)),
        row(S::ItemsJudge, JUDGES, routes!(items::decide::dismiss)),
        row(S::ItemsJudge, JUDGES, routes!(items::decide::restore)),
        row(S::IncidentsRead, OVERSEERS, routes!(incidents::list)),
        row(S::IncidentsRead, OVERSEERS, routes!(incidents::hottest)),
        row(S::IncidentsRead, OVERSEERS, routes!(incidents::one)),
        row(S::IncidentsWrite, JUDGES, routes!(incidents::merge)),
        row(S::IncidentsWrite, JUDGES, routes!(incidents::split)),
        row(S::IncidentsWrite, JUDGES, routes!(incidents::relocate)),
        row(S::IncidentsWrite, JUDGES, routes!(incidents::rename)),
        row(S::CasesAct, JUDGES, routes!(incidents::gather)),
        row(S::CasesRead, READERS, routes!(cases::list)),
        row(S::CasesRead, READERS, routes!(cases::whole::one)),
        row(S::CasesAct, READERS, routes!(cases::act::act)),
        row(S::CasesAct, CASE_WORKERS, routes!(cases::files::add_file)),
        row(S::CasesAct, CASE_WORKERS, routes!(cases::files::remove_file)),
        row(S::CasesAct, JUDGES, routes!(cases::act::leave_out)),
        row(S::CasesRead, REPLIERS, routes!(cases::act::draft)),
        row(S::CasesAct, REPLIERS, routes!(cases::act::save_draft)),
        row(S::IncidentsRead, OVERSEERS, routes!(alerts::list)),
        row(S::IncidentsRead, OVERSEERS, routes!(alerts::silences)),
        row(S::IncidentsWrite, JUDGES, routes!(alerts::see)),
        row(S::IncidentsWrite, JUDGES, routes!(alerts::silence)),
        row(S::IncidentsWrite, JUDGES, routes!(alerts::end_silence)),
        row(S::CountyRead, RULE_KEEPERS, routes!(alert_rules::rules)),
        row(S::CountyRead, RULE_KEEPERS, routes!(alert_rules::rule)),
        row(S::CountyRead, RULE_KEEPERS, routes!(alert_rules::try_condition)),
        row(S::CountyWrite, RULE_KEEPERS, routes!(alert_rules::add_rule)),
        row(S::CountyWrite, RULE_KEEPERS, routes!(alert_rules::change_rule)),
        row(S::CountyWrite, RULE_KEEPERS, routes!(alert_rules::first_rules)),
        row(S::CountyRead, RULE_KEEPERS, routes!(routing::list)),
        row(S::CountyRead, ADMINS, routes!(routing::try_it)),
        row(S::CountyWrite, ADMINS, routes!(routing::add)),
        row(S::CountyWrite, ADMINS, routes!(routing::change)),
        row(S::CountyWrite, ADMINS, routes!(routing::remove)),
        row(S::CountyRead, ADMINS, routes!(county_files::list)),
        row(S::CountyRead, ADMINS, routes!(county_files::one)),
        row(S::CountyRead, ADMINS, routes!(county_files::try_it)),
        row(S::CountyWrite, ADMINS, routes!(county_files::put)),
        row(S::CountyWrite, ADMINS, routes!(county_files::restore)),
        row(S::CasesRead, READERS, routes!(mirrored::list)),
        row(S::CasesRead, READERS, routes!(mirrored::one)),
        row(S::CasesAct, OVERSEERS, routes!(mirrored::press)),
        row(S::CasesAct, JUDGES, routes!(mirrored::watch)),
        row(S::CasesRead, JUDGES, routes!(backfill::list)),
        row(S::CasesRead, JUDGES, routes!(backfill::one)),
        row(S::CasesAct, JUDGES, routes!(backfill::make)),
        row(S::CasesAct, JUDGES, routes!(backfill::columns)),
        row(S::CasesRead, JUDGES, routes!(backfill::batch)),
        row(S::CasesAct, JUDGES, routes!(backfill::settle)),
        row(S::CasesAct, JUDGES, routes!(backfill::again)),
        row(S::CasesRead, READERS, routes!(replies::promises)),
        row(S::CasesAct, DEPARTMENT, routes!(replies::mark)),
        row(S::CasesRead, READERS, routes!(wordings::lines)),
        row(S::CasesRead, READERS, routes!(wordings::one_line)),
        row(S::CasesAct, LINE_WRITERS, routes!(wordings::add_line)),
        row(S::CasesAct, JUDGES, routes!(wordings::change_line)),
        row(S::CasesAct, JUDGES, routes!(wordings::withdraw_line)),
        row(S::CasesRead, TEMPLATE_KEEPERS, routes!(wordings::templates)),
        row(S::CasesRead, TEMPLATE_KEEPERS, routes!(wordings::one_template)),
        row(S::CasesAct, TEMPLATE_KEEPERS, routes!(wordings::add_template)),
        row(S::CasesAct, TEMPLATE_KEEPERS, routes!(wordings::change_template)),
        row(S::CasesAct, TEMPLATE_KEEPERS, routes!(wordings::remove_template)),
        row(S::CasesAct, TEMPLATE_KEEPERS, routes!(wordings::first_templates)),
        row(S::ReportsRead, OVERSEERS, routes!(offices::figures)),
        row(S::ReportsRead, OFFICES, routes!(offices::rates)),
        row(S::ReportsRead, OFFICES, routes!(offices::rate_cases)),
        row(S::ReportsRead, OVERSEERS, routes!(reports::list)),
        row(S::ReportsRead, OVERSEERS, routes!(reports::one)),
        row(S::ReportsRead, OVERSEERS, routes!(reports::file)),
        row(S::ReportsRead, OVERSEERS, routes!(counts::items)),
        row(S::ReportsRead, OVERSEERS, routes!(counts::trends)),
        row(S::ReportsRead, OVERSEERS, routes!(briefs::brief)),
        row(S::ReportsRead, OVERSEERS, routes!(briefs::brief_as_file)),
        row(S::ReportsWrite, JUDGES, routes!(briefs::make_brief)),
        row(S::ReportsWrite, JUDGES, routes!(reports::make)),
        row(S::ReportsWrite, JUDGES, routes!(reports::write)),
        row(S::ReportsWrite, JUDGES, routes!(reports::recount)),
        row(S::ReportsWrite, OVERSEERS, routes!(reports::move_on)),
        row(S::NoticesRead, Access::SignedIn, routes!(notices::list)),
        row(S::NoticesRead, Access::SignedIn, routes!(notices::read)),
        row(S::EventsRead, READERS, routes!(events::list)),
        row(S::Admin, ADMINS, routes!(events::webhooks)),
        row(S::Admin, ADMINS, routes!(events::one_webhook)),
        row(S::Admin, ADMINS, routes!(events::add_webhook)),
        row(S::Admin, ADMINS, routes!(events::change_webhook)),
        row(S::Admin, ADMINS, routes!(events::remove_webhook)),
        row(S::Admin, ADMINS, routes!(events::test_webhook)),
        row(S::Admin, ROSTER_KEEPERS, routes!(notices::roster::roster)),
        row(S::Admin, ROSTER_KEEPERS, routes!(notices::roster::add_shift)),
        row(S::Admin, ROSTER_KEEPERS, routes!(notices::roster::remove_shift)),
        row(S::Admin, ADMINS, routes!(notices::rules::rules)),
        row(S::Admin, ADMINS, routes!(notices::rules::rule)),
        row(S::Admin, ADMINS, routes!(notices::rules::add_rule)),
        row(S::Admin, ADMINS, routes!(notices::rules::change_rule)),
        row(S::Admin, ADMINS, routes!(notices::rules::first_rules)),
        row(S::Admin, ADMINS, routes!(notices::channels::channels)),
        row(S::Admin, ADMINS, routes!(notices::channels::one_channel)),
        row(S::Admin, ADMINS, routes!(notices::channels::add_channel)),
        row(S::Admin, ADMINS, routes!(notices::channels::change_channel)),
        row(S::Admin, ADMINS, routes!(notices::channels::test_channel)),
        row(S::Admin, ADMINS, routes!(notices::contacts::contacts)),
        row(S::Admin, ADMINS, routes!(notices::contacts::set_contact)),
        row(S::Admin, ADMINS, routes!(notices::deliveries::deliveries)),
        row(S::Admin, ADMINS, routes!(notices::deliveries::retry)),
        row(S::Admin, ADMINS, routes!(notices::deliveries::give_up)),
        row(S::Admin, ADMINS, routes!(sources::list)),
        row(S::Admin, ADMINS, routes!(sources::one)),
        row(S::Admin, ADMINS, routes!(sources::keeping::try_it)),
        row(S::Admin, ADMINS, routes!(sources::keeping::try_saved)),
        row(S::Admin, ADMINS, routes!(sources::keeping::create)),
        row(S::Admin, ADMINS, routes!(sources::keeping::change)),
        row(S::Admin, ADMINS, routes!(sources::keeping::take_new_address)),
        row(S::Admin, ADMINS, routes!(sources::keeping::new_token)),
        row(S::Admin, ADMINS, routes!(sources::keeping::end_token)),
        row(S::Admin, ADMINS, routes!(sources::keeping::remove)),
        row(S::Admin, ADMINS, routes!(sources::sheets::look)),
        row(S::Admin, ADMINS, routes!(sources::sheets::map)),
        row(S::Admin, ADMINS, routes!(sources::sheets::run)),
        row(S::Admin, ADMINS, routes!(sources::sheets::result)),
        row(S::Admin, ADMINS, routes!(sources::sheets::outcome)),
        row(S::Admin, ADMINS, routes!(sources::pause)),
        row(S::Admin, ADMINS, routes!(sources::resume)),
        row(S::Admin, ADMINS, routes!(sources::poll)),
        row(S::Admin, QUARANTINE_KEEPERS, routes!(sources::rows)),
        row(S::Admin, QUARANTINE_KEEPERS, routes!(sources::replay)),
        row(S::Admin, QUARANTINE_KEEPERS, routes!(sources::dismiss)),
        row(S::Admin, MODEL_READERS, routes!(model::show)),
        row(S::Admin, ADMINS, routes!(model::compare)),
        row(S::Admin, ADMINS, routes!(model::promote)),
        row(S::Admin, ADMINS, routes!(model::roll_back)),
        row(S::Admin, ADMINS, routes!(system::show)),
        row(S::Admin, ADMINS, routes!(users::list)),
        row(S::Admin, ADMINS, routes!(users::add)),
        row(S::Admin, ADMINS, routes!(users::disable)),
        row(S::Admin, ADMINS, routes!(users::enable)),
        row(S::Admin, AUDIT_READERS, routes!(users::log)),
    ]
}

/// The routes, each behind the token and its gate.
pub(crate) fn build(state: AppState) -> Router {
    let door = door::Door::new(state.clone());
    let behind_door = routes()
        .into_iter()
        .map(guarded)
        .fold(OpenApiRouter::default(), OpenApiRouter::routes)
        .split_for_parts()
        .0
        .fallback(problem::nowhere)
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(from_fn_with_state(door, door::admit));
    behind_door
        .route("/openapi.json", get(document::show))
        .layer(from_fn(door::in_time))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .with_state(WithFacts(state))
}

/// The route behind its gate, which knows from the description what its query may hold.
fn guarded(Row { whose, made: (schemas, paths, handler) }: Row) -> UtoipaMethodRouter<WithFacts> {
    let Whose::Users { scope, access } = whose else { return (schemas, paths, handler) };
    let operations = paths.paths.values().flat_map(|item| [&item.get, &item.post, &item.put, &item.delete]);
    let parameters = operations.flatten().flat_map(|operation| operation.parameters.iter().flatten());
    let query = parameters.filter_map(|parameter| match parameter {
        utoipa::openapi::RefOr::T(p) if p.parameter_in == utoipa::openapi::path::ParameterIn::Query => {
            Some(p.name.clone())
        }
        _ => None,
    });
    let needs = door::Needs { scope, access, query: Arc::new(query.collect()) };
    let guarded: MethodRouter<WithFacts> = handler.route_layer(from_fn_with_state(needs, door::gate));
    (schemas, paths, guarded)
}

/// What a handler answers.
type Answer<T> = Result<axum::Json<T>, problem::Problem>;

/// An action that has no answer but that it was done.
type Done = Result<axum::http::StatusCode, problem::Problem>;

const DONE: axum::http::StatusCode = axum::http::StatusCode::NO_CONTENT;

/// 一页
#[derive(Debug, Serialize, ToSchema)]
struct Listed<T> {
    rows: Vec<T>,
    /// 下一页的 cursor；没有下一页时是 null
    #[schema(required)]
    next: Option<String>,
}

impl<T> Listed<T> {
    fn of<R>(name: &str, found: qingting_models::store::Listing<R>, row: impl FnMut(R) -> T) -> Self {
        let next = found.next.map(|before| ask::cursor(name, before));
        Self { rows: found.rows.into_iter().map(row).collect(), next }
    }
}
