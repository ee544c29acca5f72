//! The life of a case once more, written from DESIGN section 6 and RULES and from nothing of the program: who may do
//! what in which state, where it leads, and when each clock is due. The walks hold the program against it.

mod clocks;
pub(crate) mod days;
mod steps;

use jiff::Timestamp;
use qingting_models::records::{Item, Kind};
use qingting_respond::action::Action;

pub(crate) use clocks::{Clocks, ModelClock, Standing};

/// A person or the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) role: &'static str,
    pub(crate) department: &'static str,
}

/// In the order of `builders::everyone`.
pub(crate) const PEOPLE: [Person; 11] = [
    Person { role: "duty", department: "" },
    Person { role: "discipline", department: "" },
    Person { role: "handler", department: "zjj" },
    Person { role: "handler", department: "zfj" },
    Person { role: "handler", department: "shipu" },
    Person { role: "reviewer", department: "zjj" },
    Person { role: "reviewer", department: "zfj" },
    Person { role: "leader", department: "" },
    Person { role: "admin", department: "" },
    Person { role: "auditor", department: "" },
    Person { role: "system", department: "" },
];

/// The departments of the county.
pub(crate) const DEPARTMENTS: [&str; 51] = [
    "xcb",
    "xfj",
    "xfb",
    "fgj",
    "jxj",
    "jyj",
    "gaj",
    "mzj",
    "sfj",
    "czj",
    "rsj",
    "zgj",
    "zjj",
    "jtj",
    "slj",
    "nyj",
    "wgj",
    "wjj",
    "yjj",
    "scj",
    "zfj",
    "hbj",
    "ybj",
    "zwb",
    "dsj",
    "swj",
    "cl",
    "tyj",
    "xfd",
    "jw",
    "jrb",
    "gdgs",
    "swjt",
    "dandong",
    "danxi",
    "juexi",
    "shipu",
    "xizhou",
    "hepu",
    "xianxiang",
    "qiangtou",
    "sizhoutou",
    "dingtang",
    "tuci",
    "daxu",
    "xinqiao",
    "dongchen",
    "xiaotang",
    "huangbiao",
    "maoyang",
    "gaotangdao",
];
const OPEN: [&str; 6] = ["assigned", "returned", "handling", "waiting", "in_review", "replied"];
const BEFORE_REPLY: [&str; 5] = ["assigned", "returned", "handling", "waiting", "in_review"];

/// Nothing more is told of a refusal: the program has to say why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused;

/// What the model knows of a case.
#[derive(Debug, Clone)]
pub(crate) struct ModelCase {
    pub(crate) state: &'static str,
    pub(crate) lead: String,
    pub(crate) helpers: Vec<(String, &'static str)>,
    pub(crate) confidential: bool,
    pub(crate) petition: bool,
    pub(crate) clocks: Clocks,
    pub(crate) sent_back: Vec<String>,
    pub(crate) waits: u32,
    pub(crate) waited: u32,
    until: Option<(Timestamp, Timestamp)>,
    /// Days asked for, and what was decided.
    extension: Option<(u32, Option<bool>)>,
    pub(crate) reopened: u32,
    unsatisfied: bool,
    pub(crate) pressed: u32,
    pub(crate) replies: usize,
    pub(crate) ratings: usize,
    /// The actions that took effect, as the timeline has to hold them.
    pub(crate) lines: Vec<&'static str>,
    pub(crate) version: i64,
    pub(crate) takes_incident: bool,
}

/// Refuses unless it holds.
fn must(holds: bool) -> Result<(), Refused> {
    if holds { Ok(()) } else { Err(Refused) }
}

fn said(text: &str) -> Result<(), Refused> {
    must(!text.trim().is_empty())
}

fn known(department: &str) -> Result<(), Refused> {
    must(DEPARTMENTS.contains(&department))
}

impl ModelCase {
    /// Opened by the desk for `zjj` at `now`.
    pub(crate) fn open(item: &Item, now: Timestamp) -> Self {
        let petition = item.channel.code() == "petition";
        Self {
            state: "assigned",
            lead: "zjj".into(),
            helpers: vec![],
            confidential: item.confidential,
            petition,
            clocks: Clocks::open(item, petition, now),
            sent_back: vec![],
            waits: 0,
            waited: 0,
            until: None,
            extension: None,
            reopened: 0,
            unsatisfied: false,
            pressed: 0,
            replies: 0,
            ratings: 0,
            lines: vec!["assign"],
            version: 1,
            takes_incident: false,
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        OPEN.contains(&self.state)
    }

    fn desk(&self, who: Person) -> bool {
        who.role == if self.confidential { "discipline" } else { "duty" }
    }

    fn handler(&self, who: Person) -> bool {
        who.role == "handler" && who.department == self.lead
    }

    fn reviewer(&self, who: Person) -> bool {
        who.role == "reviewer" && who.department == self.lead
    }

    fn helps(&self, who: Person) -> Result<usize, Refused> {
        let place = self.helpers.iter().position(|(department, _)| who.department == department);
        must(who.role == "handler")?;
        place.ok_or(Refused)
    }

    fn active(&self, department: &str) -> bool {
        self.helpers.iter().any(|(d, state)| d == department && !matches!(*state, "refused" | "released"))
    }

    /// Does it, or leaves everything as it was.
    pub(crate) fn act(&mut self, who: Person, action: &Action, now: Timestamp) -> Result<(), Refused> {
        let mut after = self.clone();
        after.try_act(who, action, now)?;
        after.finish(self);
        *self = after;
        Ok(())
    }

    /// A due time that changed begins the levels of pressing anew.
    fn finish(&mut self, before: &Self) {
        self.version += 1;
        if self.clocks.due().map(|(_, at)| at) != before.clocks.due().map(|(_, at)| at) {
            self.pressed = 0;
        }
    }

    /// Merges `from` into `into`.
    pub(crate) fn merge(
        from: &mut Self,
        into: &mut Self,
        who: Person,
        now: Timestamp,
    ) -> Result<(), Refused> {
        must(BEFORE_REPLY.contains(&from.state) && BEFORE_REPLY.contains(&into.state))?;
        must(from.desk(who) && from.confidential == into.confidential)?;
        let before = (from.clone(), into.clone());
        let waiting = into.state == "waiting";
        into.clocks.take_over(&from.clocks.going_on(from.wait_end(now)), waiting.then_some(now));
        into.lines.push("merge");
        from.clocks.drop_all(now);
        (from.state, from.lines) = ("merged", from.with("merge"));
        from.finish(&before.0);
        into.finish(&before.1);
        Ok(())
    }

    /// Answers one more caller, who is to have the answer no later than by a case of his own.
    pub(crate) fn take_in(
        &mut self,
        who: Person,
        item: &Item,
        free: bool,
        now: Timestamp,
    ) -> Result<(), Refused> {
        must(BEFORE_REPLY.contains(&self.state) && (self.desk(who) || who.role == "system"))?;
        must(free && item.confidential == self.confidential)?;
        must(!self.petition && item.channel.code() != "petition")?;
        let before = self.clone();
        let waiting = self.state == "waiting";
        self.clocks.take_over(&Clocks::open(item, false, now), waiting.then_some(now));
        self.lines.push("take_in");
        self.finish(&before);
        Ok(())
    }

    /// A caller whose matter it is not is to be answered apart.
    pub(crate) fn leave_out(&mut self, who: Person, inside: bool) -> Result<(), Refused> {
        must(BEFORE_REPLY.contains(&self.state) && self.desk(who) && inside)?;
        self.lines.push("leave_out");
        self.version += 1;
        Ok(())
    }

    /// Whether the date has passed until which the resident is waited for.
    pub(crate) fn wait_is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|(_, until)| until <= now)
    }

    /// When the waiting ends that is under way.
    fn wait_end(&self, now: Timestamp) -> Timestamp {
        self.until.map_or(now, |(_, until)| until.min(now))
    }

    /// Splits a case for `department` off.
    pub(crate) fn split(
        &mut self,
        who: Person,
        department: &str,
        now: Timestamp,
    ) -> Result<ModelCase, Refused> {
        must(BEFORE_REPLY.contains(&self.state) && self.desk(who))?;
        let mut new = Self {
            state: "assigned",
            lead: department.into(),
            helpers: vec![],
            clocks: self.clocks.inherited(self.wait_end(now)),
            sent_back: vec![],
            waits: 0,
            waited: 0,
            until: None,
            extension: None,
            reopened: 0,
            unsatisfied: false,
            pressed: 0,
            replies: 0,
            ratings: 0,
            lines: vec!["assign"],
            version: 1,
            takes_incident: false,
            ..self.clone()
        };
        new.clocks.own(new.petition, now);
        self.lines.push("split");
        self.version += 1;
        Ok(new)
    }

    /// Whether no clock runs on this kind of matter.
    pub(crate) fn is_quiet(kind: Option<Kind>) -> bool {
        matches!(kind, Some(Kind::Praise | Kind::News))
    }
}
