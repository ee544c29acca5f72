//! The clocks of a case once more, from RULES: when each starts, stands still, moves, and is due.

use jiff::{SignedDuration, Timestamp};
use qingting_models::records::{Item, Kind, Urgency};

use super::{ModelCase, days};

/// Met when a reply is approved.
const REPLY: [&str; 5] =
    ["hotline.consult", "hotline.handle", "hotline.urgent", "petition.close", "rating.rectify"];
const EXTENDABLE: [&str; 3] = ["hotline.consult", "hotline.handle", "petition.close"];

/// Where a clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    Runs,
    Stands(Timestamp),
    Met,
    Dropped,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelClock {
    pub(crate) rule: &'static str,
    pub(crate) started: Timestamp,
    pub(crate) due: Timestamp,
    pub(crate) standing: Standing,
    /// When it was met or fell away.
    pub(crate) ended: Option<Timestamp>,
    pub(crate) sender: bool,
    pub(crate) extended: u32,
    /// For how long it stood still.
    pub(crate) stood: SignedDuration,
}

impl ModelClock {
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.standing, Standing::Runs | Standing::Stands(_))
    }

    pub(crate) fn is_reply(&self) -> bool {
        REPLY.contains(&self.rule)
    }

    /// Moves by the time from `since` to `end`, as its rule counts time.
    fn shift(&mut self, since: Timestamp, end: Timestamp) {
        self.stood += end.duration_since(since);
        match self.rule {
            "hotline.urgent" => self.due += end.duration_since(since),
            "petition.close" => {
                let lost = i64::from((days::day(end) - days::day(since)).get_days());
                if lost > 0 {
                    self.due = days::calendar_later(days::day(self.due), lost);
                }
            }
            _ => {
                let lost = days::between(since, end);
                if lost > 0 {
                    self.due = days::later(days::day(self.due), lost);
                }
            }
        }
    }
}

/// All clocks that a case ever had.
#[derive(Debug, Clone)]
pub(crate) struct Clocks {
    all: Vec<ModelClock>,
    quiet: bool,
    consult: bool,
    urgent: bool,
    dispatched: Option<Timestamp>,
    /// Dispatched, or first seen.
    began: Timestamp,
}

impl Clocks {
    pub(super) fn open(item: &Item, petition: bool, now: Timestamp) -> Self {
        let upstream = &item.content.upstream;
        let mut clocks = Self {
            all: vec![],
            quiet: ModelCase::is_quiet(item.kind),
            consult: item.kind == Some(Kind::Consultation),
            urgent: item.urgency == Urgency::Urgent,
            dispatched: upstream.dispatched_at,
            began: upstream.dispatched_at.unwrap_or(item.first_seen_at),
        };
        // Of clocks that are due together the one that stands first here gives the case its due time.
        if petition {
            let due = days::calendar_later(days::day(clocks.began), 15);
            clocks.start_once("petition.accept", clocks.began, due);
            clocks.own(petition, now);
        } else {
            clocks.own(petition, now);
            if let Some(dispatched) = clocks.dispatched {
                clocks.start_once("hotline.contact", dispatched, clocks.contact_from(dispatched));
            }
            let (rule, count) = if clocks.consult { ("hotline.consult", 3) } else { ("hotline.handle", 5) };
            clocks.start_once(rule, clocks.began, days::later(days::day(clocks.began), count));
            if clocks.urgent {
                clocks.start_once("hotline.urgent", clocks.began, days::midnight_after(clocks.began));
            }
        }
        if let Some(due) = upstream.due_at.filter(|_| !clocks.quiet) {
            clocks.add_sender(petition, clocks.began, due);
        }
        clocks
    }

    fn contact_from(&self, from: Timestamp) -> Timestamp {
        from + days::hours(if self.urgent { 2 } else { 24 })
    }

    fn start(&mut self, rule: &'static str, started: Timestamp, due: Timestamp) {
        if !self.quiet {
            self.push(rule, started, due, false);
        }
    }

    fn push(&mut self, rule: &'static str, started: Timestamp, due: Timestamp, sender: bool) {
        let (standing, ended, stood) = (Standing::Runs, None, SignedDuration::ZERO);
        self.all.push(ModelClock { rule, started, due, standing, ended, sender, extended: 0, stood });
    }

    fn start_once(&mut self, rule: &'static str, started: Timestamp, due: Timestamp) {
        if !self.all.iter().any(|clock| clock.rule == rule && !clock.sender) {
            self.start(rule, started, due);
        }
    }

    fn add_sender(&mut self, petition: bool, started: Timestamp, due: Timestamp) {
        let rule = match (petition, self.consult) {
            (true, _) => "petition.close",
            (_, true) => "hotline.consult",
            _ => "hotline.handle",
        };
        self.push(rule, started, due, true);
    }

    /// The department's own clock: to accept or to send back.
    pub(super) fn own(&mut self, petition: bool, now: Timestamp) {
        let (rule, count) = if petition { ("petition.object", 5) } else { ("hotline.send_back", 2) };
        self.start(rule, now, days::later(days::day(now), count));
    }

    pub(super) fn accept(&mut self, petition: bool, now: Timestamp) {
        self.meet(&["hotline.send_back", "petition.object"], now);
        if petition {
            self.start_once("petition.close", now, days::calendar_later(days::day(now), 60));
        } else {
            let from = self.dispatched.unwrap_or(now);
            self.start_once("hotline.contact", from, self.contact_from(from));
        }
    }

    pub(super) fn meet(&mut self, rules: &[&str], now: Timestamp) {
        for clock in self.all.iter_mut().filter(|clock| clock.is_open() && rules.contains(&clock.rule)) {
            (clock.standing, clock.ended) = (Standing::Met, Some(now));
        }
    }

    fn drop(&mut self, rules: &[&str], now: Timestamp) {
        for clock in self.all.iter_mut().filter(|clock| clock.is_open() && rules.contains(&clock.rule)) {
            (clock.standing, clock.ended) = (Standing::Dropped, Some(now));
        }
    }

    pub(super) fn drop_all(&mut self, now: Timestamp) {
        for clock in self.all.iter_mut().filter(|clock| clock.is_open()) {
            if let Standing::Stands(since) = clock.standing {
                clock.stood += now.duration_since(since);
            }
            (clock.standing, clock.ended) = (Standing::Dropped, Some(now));
        }
    }

    /// While the resident is waited for; what is overdue already runs on, and so does what the sender set.
    pub(super) fn stand(&mut self, now: Timestamp) {
        let stands =
            |clock: &&mut ModelClock| clock.is_open() && clock.is_reply() && !clock.sender && clock.due > now;
        for clock in self.all.iter_mut().filter(stands) {
            clock.standing = Standing::Stands(now);
        }
    }

    pub(super) fn go_on(&mut self, end: Timestamp) {
        for clock in &mut self.all {
            if let Standing::Stands(since) = clock.standing {
                clock.shift(since, end);
                clock.standing = Standing::Runs;
            }
        }
    }

    pub(super) fn approve(&mut self, petition: bool, now: Timestamp) {
        self.meet(&REPLY, now);
        self.drop(&["hotline.contact", "petition.accept"], now);
        if !petition {
            self.start("hotline.callback", now, days::later(days::day(now), 1));
        }
    }

    pub(super) fn reopen(&mut self, now: Timestamp) {
        self.drop(&["hotline.callback"], now);
        self.start("rating.rectify", now, days::later(days::day(now), 5));
    }

    pub(super) fn sender_sets(&self) -> bool {
        self.all.iter().any(|clock| clock.sender && clock.is_open())
    }

    fn extendable(&self) -> impl Iterator<Item = &ModelClock> {
        self.all.iter().filter(|c| c.is_open() && !c.sender && EXTENDABLE.contains(&c.rule))
    }

    /// Before the due time, within the cap of the rule that is due first.
    pub(super) fn may_extend(&self, count: u32, now: Timestamp) -> bool {
        let Some(first) = self.extendable().min_by_key(|clock| clock.due) else { return false };
        let cap = if first.rule == "petition.close" { 30 } else { 10 };
        first.due > now && (1..=cap).contains(&count)
    }

    /// Hotline clocks once by working days, petitions by calendar days up to thirty in all; all or none.
    pub(super) fn extend(&mut self, count: u32) -> bool {
        let fits = |clock: &ModelClock| match clock.rule {
            "petition.close" => clock.extended + count <= 30,
            _ => clock.extended == 0 && count <= 10,
        };
        if !self.extendable().all(fits) {
            return false;
        }
        for clock in &mut self.all {
            if !clock.is_open() || clock.sender || !EXTENDABLE.contains(&clock.rule) {
                continue;
            }
            let from = days::day(clock.due);
            clock.due = match clock.rule {
                "petition.close" => days::calendar_later(from, count.into()),
                _ => days::later(from, count),
            };
            clock.extended += count;
        }
        true
    }

    /// The sender's newer due time; whether anything changed.
    pub(crate) fn sender_says(&mut self, petition: bool, due: Timestamp, now: Timestamp) -> bool {
        // Of several senders' due times the one that is told now counts alone.
        let set = |clock: &&ModelClock| clock.sender && clock.is_open();
        if let Some(first) = self.all.iter().filter(set).map(|clock| clock.due).min() {
            if first == due {
                return false;
            }
            let mut kept = false;
            for clock in self.all.iter_mut().filter(|clock| clock.sender && clock.is_open()) {
                if clock.due == first && !kept {
                    (clock.due, kept) = (due, true);
                } else {
                    clock.standing = Standing::Dropped;
                }
            }
            return true;
        }
        if self.quiet || self.reply().is_none() {
            return false;
        }
        self.add_sender(petition, now, due);
        true
    }

    pub(crate) fn outranked(&self, clock: &ModelClock) -> bool {
        !clock.sender && clock.is_reply() && self.sender_sets()
    }

    /// The clock of the reply that is due first, standing or not.
    fn reply(&self) -> Option<&ModelClock> {
        self.all.iter().filter(|c| c.is_open() && c.is_reply() && !self.outranked(c)).min_by_key(|c| c.due)
    }

    /// A merged case's earlier due time goes on here; it stands where the resident is waited for.
    pub(super) fn take_over(&mut self, from: &Self, waiting: Option<Timestamp>) {
        let Some(earlier) = from.reply() else { return };
        if self.reply().is_some_and(|own| own.due <= earlier.due) {
            return;
        }
        let standing = match waiting {
            Some(now) if !earlier.sender && earlier.due > now => Standing::Stands(now),
            _ => Standing::Runs,
        };
        self.all.push(ModelClock { standing, ..earlier.clone() });
    }

    /// The clocks as they run on where nobody waits for the resident any more.
    pub(super) fn going_on(&self, end: Timestamp) -> Self {
        let mut clocks = self.clone();
        clocks.go_on(end);
        clocks
    }

    /// What the resident waits for goes along with a part that is split off, and runs there.
    pub(super) fn inherited(&self, end: Timestamp) -> Self {
        let of_resident = |clock: &ModelClock| {
            clock.is_open()
                && (clock.is_reply() || matches!(clock.rule, "hotline.contact" | "petition.accept"))
        };
        let mut clocks = self.going_on(end);
        clocks.all.retain(of_resident);
        clocks
    }

    /// The rule and time that the case is due by.
    pub(crate) fn due(&self) -> Option<(&'static str, Timestamp)> {
        self.first().map(|clock| (clock.rule, clock.due))
    }

    /// The clock that the case is due by.
    pub(crate) fn first(&self) -> Option<&ModelClock> {
        let runs = self.all.iter().filter(|c| c.standing == Standing::Runs && !self.outranked(c));
        runs.min_by_key(|clock| clock.due)
    }

    /// Every clock, the oldest first.
    pub(crate) fn all(&self) -> &[ModelClock] {
        &self.all
    }

    /// Every clock, sorted: rule, due time, whether the sender set it, where it stands.
    pub(crate) fn told(&self) -> Vec<(&'static str, Timestamp, bool, Standing)> {
        let mut told: Vec<_> = self.all.iter().map(|c| (c.rule, c.due, c.sender, c.standing)).collect();
        told.sort();
        told
    }
}
