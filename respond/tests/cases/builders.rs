//! The people, items and cases that the tests tell their stories with.

use jiff::{SignedDuration, Timestamp};
use qingting_models::county::{DepartmentCode, TopicCode};
use qingting_models::ids::{IdSource, ItemId, SealedId, SourceId, UserId};
use qingting_models::records::{
    Actor, CaseFile, Channel, Item, ItemContent, Kind, Outcome, RatingGrade, Role, Upstream, Urgency,
};
use qingting_respond::acting::ActingUser;
use qingting_respond::action::Action;
use qingting_respond::calendar::WorkCalendar;
use qingting_respond::case_change::applied;
use qingting_respond::case_table::ActionKind;
use qingting_respond::decide::{Context, decide, open_case};
use qingting_respond::refusal::Refusal;

use crate::facts;
use qingting_models::county::County;

/// 2026-11-23 is a Monday in a week without holidays.
pub(crate) fn monday() -> Timestamp {
    at("2026-11-23T09:00:00+08:00")
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn code(text: &str) -> DepartmentCode {
    DepartmentCode::new(text)
}

/// The house with its rules, and a clock that the test moves.
pub(crate) struct House {
    pub(crate) county: County,
    pub(crate) calendar: WorkCalendar,
    pub(crate) ids: IdSource,
    pub(crate) now: Timestamp,
}

impl House {
    pub(crate) fn new() -> Self {
        let county = facts::county();
        let calendar = facts::calendar();
        Self { county, calendar, ids: IdSource::new(3), now: monday() }
    }

    pub(crate) fn ctx(&self) -> Context<'_> {
        Context { now: self.now, ids: &self.ids, county: &self.county, calendar: &self.calendar }
    }

    pub(crate) fn later(&mut self, hours: i64) {
        self.now += SignedDuration::from_hours(hours);
    }

    /// 2027 as it might be published: the first three days of January off, the tenth a make-up workday.
    pub(crate) fn publish_2027(&mut self) {
        let days = [
            ("2027-01-01", true),
            ("2027-01-02", true),
            ("2027-01-03", true),
            ("2027-01-04", true),
            ("2027-01-10", false),
        ];
        let days: Vec<String> = days
            .iter()
            .map(|(date, off)| format!("{{\"name\":\"元旦\",\"date\":\"{date}\",\"isOffDay\":{off}}}"))
            .collect();
        let text = format!("{{\"year\":2027,\"days\":[{}]}}", days.join(","));
        let texts = [("calendar/2027.json".to_owned(), text)].into();
        self.county = County::from_texts(&texts).unwrap();
        self.calendar = WorkCalendar::of_county(&self.county);
    }

    pub(crate) fn try_act(
        &self,
        file: &CaseFile,
        who: &ActingUser,
        action: &Action,
    ) -> Result<CaseFile, Refusal> {
        decide(file, action, who, &self.ctx()).map(|change| applied(file, &change))
    }

    /// Does what must be allowed.
    #[track_caller]
    pub(crate) fn act(&self, file: &mut CaseFile, who: &ActingUser, action: Action) {
        match self.try_act(file, who, &action) {
            Ok(after) => *file = after,
            Err(refusal) => panic!("{action:?} was refused: {refusal}"),
        }
    }

    /// A case of `item` that the desk opened for the housing office.
    pub(crate) fn open(&self, item: &Item) -> CaseFile {
        let who = if item.confidential { discipline() } else { duty() };
        let change = open_case(item, &code(LEAD), "", &who, &self.ctx()).unwrap();
        let mut item = item.clone();
        item.case = Some(change.case.id);
        let empty = CaseFile {
            case: change.case.clone(),
            item,
            clocks: vec![],
            replies: vec![],
            ratings: vec![],
            timeline: vec![],
        };
        applied(&empty, &change)
    }

    /// A case brought by ordinary steps into a state.
    pub(crate) fn file_in(&self, state: &str, item: &Item) -> CaseFile {
        let mut file = self.open(item);
        let desk = if item.confidential { discipline() } else { duty() };
        let path: &[Action] = &match state {
            "assigned" => vec![],
            "returned" => vec![send_back()],
            "handling" => vec![Action::Accept],
            "waiting" => vec![Action::Accept, wait(self.now)],
            "in_review" => vec![Action::Accept, submit()],
            "replied" => vec![Action::Accept, submit(), approve()],
            "closed" => vec![Action::Accept, submit(), approve(), call_back(RatingGrade::Satisfied)],
            "declined" => vec![Action::Decline { legal_reason: "已进入诉讼程序".into() }],
            "outside" => vec![outside()],
            "void" => vec![Action::Void { reason: "重复登记".into() }],
            other => panic!("no way to {other}"),
        };
        for action in path {
            let who = match action.kind() {
                ActionKind::Approve => reviewer(),
                ActionKind::CallBack | ActionKind::Decline | ActionKind::Outside | ActionKind::Void => {
                    desk.clone()
                }
                _ => handler(),
            };
            self.act(&mut file, &who, action.clone());
        }
        file
    }
}

pub(crate) const LEAD: &str = "zjj";
pub(crate) const OTHER: &str = "zfj";
pub(crate) const HELPER: &str = "shipu";

fn user(id: i64, name: &str, role: Role, department: Option<&str>) -> ActingUser {
    ActingUser {
        actor: Actor::User(UserId(id)),
        name: name.into(),
        roles: vec![role],
        department: department.map(code),
    }
}

pub(crate) fn duty() -> ActingUser {
    user(1, "值班员", Role::Duty, None)
}
pub(crate) fn discipline() -> ActingUser {
    user(2, "纪检专员", Role::Discipline, None)
}
pub(crate) fn handler() -> ActingUser {
    user(3, "住建承办", Role::Handler, Some(LEAD))
}
pub(crate) fn other_handler() -> ActingUser {
    user(4, "执法承办", Role::Handler, Some(OTHER))
}
pub(crate) fn helper() -> ActingUser {
    user(5, "石浦承办", Role::Handler, Some(HELPER))
}
pub(crate) fn reviewer() -> ActingUser {
    user(6, "住建审核", Role::Reviewer, Some(LEAD))
}
pub(crate) fn other_reviewer() -> ActingUser {
    user(7, "执法审核", Role::Reviewer, Some(OTHER))
}
pub(crate) fn leader() -> ActingUser {
    user(8, "领导", Role::Leader, None)
}
pub(crate) fn admin() -> ActingUser {
    user(9, "管理员", Role::Admin, None)
}
pub(crate) fn auditor() -> ActingUser {
    user(10, "审计员", Role::Auditor, None)
}
pub(crate) fn system() -> ActingUser {
    ActingUser::system()
}

pub(crate) fn everyone() -> Vec<(&'static str, ActingUser)> {
    vec![
        ("duty", duty()),
        ("discipline", discipline()),
        ("handler", handler()),
        ("other handler", other_handler()),
        ("helper", helper()),
        ("reviewer", reviewer()),
        ("other reviewer", other_reviewer()),
        ("leader", leader()),
        ("admin", admin()),
        ("auditor", auditor()),
        ("system", system()),
    ]
}

pub(crate) fn send_back() -> Action {
    Action::SendBack { reason: "违建由执法局查处".into(), right_department: Some(code(OTHER)) }
}
pub(crate) fn wait(now: Timestamp) -> Action {
    Action::Wait {
        evidence: "等待诉求人补充合同".into(), until: now + SignedDuration::from_hours(72)
    }
}
pub(crate) fn submit() -> Action {
    Action::Submit {
        text: "已到现场查看并修复".into(),
        public_text: None,
        outcome: Outcome::Solved,
        promises: vec![],
    }
}
pub(crate) fn approve() -> Action {
    Action::Approve { note: String::new() }
}
pub(crate) fn outside() -> Action {
    Action::Outside { authority: "市银保监分局".into(), receipt: "甬转〔2026〕7号".into() }
}
pub(crate) fn call_back(grade: RatingGrade) -> Action {
    Action::CallBack { grade, outcome: Outcome::Solved, note: "电话回访".into() }
}

/// A complaint that a hotline sheet brought on Monday morning, without a dispatch time of its own.
pub(crate) fn complaint() -> Item {
    Item {
        id: ItemId(77),
        source: SourceId(1),
        external_id: "R-1".into(),
        channel: Channel::Hotline,
        version: 1,
        content: ItemContent {
            title: "楼道渗水".into(),
            body: "三单元楼道渗水半年，物业不修。".into(),
            url: None,
            occurred_at: None,
            upstream: Upstream::default(),
        },
        first_seen_at: monday(),
        updated_at: monday(),
        archived: None,
        judged_version: 1,
        judged_by_person: false,
        main_topic: Some(TopicCode::new("urban")),
        topics: vec![TopicCode::new("urban")],
        topic_score: Some(0.9),
        unsure: false,
        kind: Some(Kind::Complaint),
        urgency: Urgency::Ordinary,
        town: None,
        office: None,
        confidential: false,
        dismissed: None,
        case: None,
        sealed: SealedId(1),
        erased_at: None,
        withdrawn_at: None,
        language: None,
        appearances: 1,
    }
}

pub(crate) fn petition() -> Item {
    Item { channel: Channel::Petition, ..complaint() }
}

/// A report on an official's conduct.
pub(crate) fn conduct() -> Item {
    Item { confidential: true, kind: Some(Kind::Report), ..complaint() }
}
