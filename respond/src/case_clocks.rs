//! Which clocks a case runs: what starts them, which of them counts as the case's due time.

use jiff::Timestamp;
use qingting_models::county::RuleId;
use qingting_models::records::{Case, Channel, Clock, Item, Kind, Urgency};

use crate::case_table::{ActionKind, rule};

/// Whether the case runs clocks at all: praise and news have none (RULES, "Deadlines").
pub fn runs_clocks(case: &Case) -> bool {
    !matches!(case.kind, Kind::Praise | Kind::News)
}

/// The rule by which the resident is to have the answer.
pub fn main_rule(case: &Case) -> &'static str {
    main_rule_of(case.channel, case.kind)
}

/// The same for a matter of this channel and kind.
pub fn main_rule_of(channel: Channel, kind: Kind) -> &'static str {
    match (channel, kind) {
        (Channel::Petition, _) => rule::PETITION_CLOSE,
        (_, Kind::Consultation) => rule::CONSULT,
        _ => rule::HANDLE,
    }
}

/// When the clock of a rule starts for a case on which `action` is taken at `now`; `None` when the rule
/// does not apply. `clocks` are those that the case already has.
///
/// Petitions run `petition.*`, every other channel `hotline.*`; a clock of the resident starts at the
/// sender's dispatch, else at our first sighting, and starts once (RULES, "Deadlines").
pub fn start_of(
    id: &str,
    action: ActionKind,
    case: &Case,
    item: &Item,
    clocks: &[Clock],
    now: Timestamp,
) -> Option<Timestamp> {
    if !runs_clocks(case) {
        return None;
    }
    let petition = case.channel == Channel::Petition;
    let dispatched = item.dispatched_or_seen_at();
    let first_time = !clocks.iter().any(|c| c.rule.as_str() == id && !c.from_sender);
    let (applies, start) = match id {
        rule::SEND_BACK => (!petition, now),
        rule::PETITION_OBJECT => (petition, now),
        rule::CALLBACK => (!petition, now),
        rule::RECTIFY => (true, now),
        rule::PETITION_ACCEPT => (petition && first_time, dispatched),
        rule::PETITION_CLOSE => (petition && first_time, now),
        rule::CONSULT => (!petition && first_time && case.kind == Kind::Consultation, dispatched),
        rule::HANDLE => (!petition && first_time && case.kind != Kind::Consultation, dispatched),
        rule::URGENT => (!petition && first_time && case.urgency == Urgency::Urgent, dispatched),
        rule::CONTACT => match item.content.upstream.dispatched_at {
            Some(dispatch) => (!petition && first_time, dispatch),
            None => (!petition && first_time && action == ActionKind::Accept, now),
        },
        _ => (false, now),
    };
    applies.then_some(start)
}

/// Whether the clock's rule is one of `rules`.
pub fn of_rules(clock: &Clock, rules: &[&str]) -> bool {
    rules.contains(&clock.rule.as_str())
}

/// Whether a due time given by the sender outranks this clock, which then only warns.
pub fn outranked(clock: &Clock, clocks: &[Clock]) -> bool {
    !clock.from_sender && of_rules(clock, rule::REPLY) && clocks.iter().any(|c| c.from_sender && c.is_open())
}

/// The clock that gives the case its due time: the earliest that is neither met, dropped, paused nor outranked.
pub fn earliest(clocks: &[Clock]) -> Option<&Clock> {
    clocks
        .iter()
        .filter(|c| c.is_open() && c.paused_at.is_none() && !outranked(c, clocks))
        .min_by_key(|c| (c.due_at, c.id))
}

/// The rule and time of [`earliest`], as the case keeps it.
pub fn due_of(clocks: &[Clock]) -> Option<(RuleId, Timestamp)> {
    earliest(clocks).map(|c| (c.rule.clone(), c.due_at))
}

/// The earliest open clock of the reply, paused or not.
pub fn reply_due(clocks: &[Clock]) -> Option<&Clock> {
    clocks
        .iter()
        .filter(|c| c.is_open() && of_rules(c, rule::REPLY) && !outranked(c, clocks))
        .min_by_key(|c| (c.due_at, c.id))
}
