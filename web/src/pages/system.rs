//! The administrator's first page: what an installation still needs before it can work, and how it is doing.

use askama::Template;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use qingting_models::clock::{local_date, minute_text};
use qingting_models::records::{Role, User};
use qingting_models::store::{BackupNote, Queue, StuckWork};

use super::{Answer, html};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Frame;
use crate::moment::Moment;
use crate::plain;
use crate::view::Tag;

const PATH: &str = "/system";
/// So many items that were set aside are named.
const NAMED: i64 = 10;
/// What is said of a step that is still to be done.
const MISSING: &str = "待办";
/// After so long without a backup somebody should look.
const BACKUP_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);
/// From this month on the next year's days off are missed: they are published in November as a rule.
const NEXT_YEAR_FROM: i8 = 11;

#[derive(Debug, Template)]
#[template(path = "system.html")]
pub struct SystemPage {
    pub frame: Frame,
    pub steps: Vec<Step>,
    /// How many steps are still to be done.
    pub missing: usize,
    /// Name, and what is so.
    pub facts: Vec<(&'static str, String)>,
    /// Stage, how many wait before it, and since when the oldest does.
    pub waiting: Vec<(&'static str, i64, Option<Moment>)>,
    /// Items set aside after their tries: stage, item, what went wrong.
    pub stuck: Vec<(String, String, String)>,
    /// Sources that cannot be read: name, what went wrong, and when it last went well.
    pub failing: Vec<(String, String, Option<Moment>)>,
}

/// Something an installation needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub title: &'static str,
    pub state: Tag,
    /// What is so now, and what is to be done.
    pub says: String,
    /// Where it is done.
    pub to: Place,
}

/// A page, and what the link to it is called; none where it is done outside the pages.
type Place = Option<(&'static str, &'static str)>;

impl Step {
    fn of(title: &'static str, done: Option<bool>, says: String, to: Place) -> Self {
        let state = match done {
            Some(true) => Tag::new("已就绪", "tag green"),
            Some(false) => Tag::new(MISSING, "tag yellow"),
            None => Tag::new("请核对", "tag"),
        };
        Self { title, state, says, to }
    }

    /// Whether it is still to be done.
    pub(crate) fn is_missing(&self) -> bool {
        self.state.text == MISSING
    }
}

/// How the installation is doing, beside what it needs.
pub(crate) struct SystemNow {
    pub steps: Vec<Step>,
    pub queues: Vec<Queue>,
    pub stuck: Vec<StuckWork>,
    /// Sources that cannot be read: name, what went wrong in words, and when it last went well.
    pub failing: Vec<(String, String, Option<Timestamp>)>,
    pub stuck_deliveries: i64,
}

/// Looks at the installation.
///
/// # Errors
/// When the store fails.
pub(crate) async fn look(state: &AppState) -> Result<SystemNow, WebError> {
    let store = &state.store;
    let mut failing = Vec::new();
    for source in store.sources().await? {
        if let Some(error) = &source.health.last_error {
            failing.push((source.name.clone(), plain::told(error).text, source.health.last_success_at));
        }
    }
    Ok(SystemNow {
        steps: steps(state).await?,
        queues: store.queues().await?,
        stuck: store.stuck_work(NAMED).await?,
        failing,
        stuck_deliveries: store.stuck_deliveries().await?,
    })
}

pub async fn show(State(state): State<AppState>, caller: Caller) -> Answer {
    let SystemNow { steps, queues, stuck, failing, stuck_deliveries } = look(&state).await?;
    let missing = steps.iter().filter(|step| step.is_missing()).count();
    let now = state.store.now();
    let row = |stuck: StuckWork| {
        (stage(&stuck.stage).to_owned(), stuck.item.to_string(), stuck.error.unwrap_or_default())
    };
    let failing =
        failing.into_iter().map(|(name, why, good)| (name, why, good.map(|at| Moment::new(at, now))));
    html(&SystemPage {
        frame: Frame::inside(&state, &caller, "系统", PATH),
        steps,
        missing,
        facts: vec![
            ("程序版本", env!("CARGO_PKG_VERSION").to_owned()),
            ("数据库", state.store.engine().to_owned()),
            ("外发卡住的消息", stuck_deliveries.to_string()),
        ],
        waiting: queues
            .into_iter()
            .map(|queue| {
                (stage(queue.stage), queue.waiting, queue.since.map(|since| Moment::new(since, now)))
            })
            .collect(),
        stuck: stuck.into_iter().map(row).collect(),
        failing: failing.collect(),
    })
}

fn stage(code: &str) -> &str {
    match code {
        "judge" => "研判",
        "join" => "归并",
        "route" => "分流",
        "alert" => "预警",
        "tell" => "通知",
        "send" => "外发",
        "chain" => "审计入链",
        other => other,
    }
}

async fn steps(state: &AppState) -> Result<Vec<Step>, WebError> {
    let (store, county) = (&state.store, state.desk.county());
    let today = local_date(store.now());
    let year = today.year();
    let has = |year| county.calendar.has_year(year);
    let days = match (has(year), has(year + 1)) {
        (false, _) => (Some(false), format!("没有 {year} 年的放假安排，时限暂按周一至周五计算；请导入。")),
        (true, true) => (Some(true), format!("{year} 年、{} 年的放假安排都有。", year + 1)),
        (true, false) if today.month() >= NEXT_YEAR_FROM => {
            (Some(false), format!("没有 {} 年的放假安排；公布以后请导入。", year + 1))
        }
        (true, false) => (Some(true), format!("{year} 年的放假安排已有；下一年的一般在 11 月公布。")),
    };
    let sources = store.sources().await?.len();
    let users: Vec<User> = store.users().await?.into_iter().filter(|user| !user.disabled).collect();
    let lacks = |role: Role| !users.iter().any(|user| user.roles.contains(&role));
    let lacking: Vec<&str> = [Role::Duty, Role::Handler, Role::Reviewer, Role::Leader]
        .into_iter()
        .filter(|role| lacks(*role))
        .map(Role::label)
        .collect();
    let (alerts, notices) = (store.alert_rules().await?.len(), store.notice_rules().await?.len());
    let hours: Vec<String> = county
        .settings
        .office_hours
        .iter()
        .map(|period| format!("{}—{}", period.start.strftime("%H:%M"), period.end.strftime("%H:%M")))
        .collect();
    let county_name = format!("现在是{}，上班时间 {}。", county.settings.name, hours.join("、"));
    let departments = county.departments.on(today).count();
    let fields = county.taxonomy.fields().len();
    let base = state.settings.base_url.clone();
    let steps = vec![
        Step::of("县名、办公时间", None, county_name, Some(("/county/file?name=county.toml", "修改"))),
        Step::of(
            "单位和分流",
            None,
            format!("现有 {departments} 个能收工单的单位，{fields} 个话题；分流规则按话题定主办单位。"),
            Some(("/county", "查看和修改")),
        ),
        Step::of("放假和调休", days.0, days.1, Some(("/county", "导入"))),
        Step::of(
            "来源",
            Some(sources > 0),
            match sources {
                0 => "还没有来源。先定它由本县办理还是由别的平台办理，早于起始日期的只存档。".into(),
                n => format!("现有 {n} 个来源。"),
            },
            Some(if sources == 0 { ("/sources/new", "添加") } else { ("/sources", "查看") }),
        ),
        Step::of(
            "用户",
            Some(lacking.is_empty()),
            match lacking.is_empty() {
                true => format!("现有 {} 人，各种角色都有。", users.len()),
                false => format!("还没有{}。", lacking.join("、")),
            },
            Some(("/users", "添加")),
        ),
        Step::of(
            "预警规则",
            Some(alerts > 0),
            format!("现有 {alerts} 条。样例规则可以一次装入，再改成自己的。"),
            Some(("/alerts/rules", if alerts == 0 { "装入" } else { "查看" })),
        ),
        Step::of(
            "通知规则",
            Some(notices > 0),
            format!("现有 {notices} 条。样例规则可以一次装入；外发短信、企业微信等要先设渠道。"),
            Some(("/notices/rules", if notices == 0 { "装入" } else { "查看" })),
        ),
        Step::of(
            "消息里的网址",
            Some(base.is_some()),
            base.map_or_else(
                || {
                    "没有设 base_url，外发的消息里没有链接。在 qingting.toml 里写上浏览器用的网址，再重启。"
                        .into()
                },
                |base| format!("消息里的链接以 {base} 开头。"),
            ),
            None,
        ),
        attachments_step(state),
        backup_step(store.last_backup().await?, store.now()),
    ];
    Ok(steps)
}

/// When a backup was made last. A house may have a way of its own, so none is no step that is missed.
fn backup_step(last: Option<BackupNote>, now: Timestamp) -> Step {
    let says = match &last {
        None => "还没有用 qingting backup 备份过；用别的办法备份的，请核对。".to_owned(),
        Some(note) => format!("上次备份的是 {} 的数据，{} 行。", minute_text(note.at), note.rows),
    };
    let fresh = last.is_some_and(|note| now.duration_since(note.at) < BACKUP_WITHIN);
    let keys = "主密钥另外用 qingting key export 导出，和数据分开存放；丢了主密钥，密封的内容谁也打不开。";
    Step::of("备份", fresh.then_some(true), format!("{says}{keys}"), None)
}

/// Whether a scanner looks at the files of cases. Not every county has one, so it is no step that is missed.
fn attachments_step(state: &AppState) -> Step {
    let scans = state.attachments.as_ref().is_some_and(|taker| taker.rules().scan.is_some());
    let says = match scans {
        true => "附件先查毒，没有查过的不收。",
        false => "附件不查毒。有杀毒软件的，在 qingting.toml 的 [attachments] 里写上 scan，再重启。",
    };
    Step::of("附件查毒", scans.then_some(true), says.into(), None)
}

#[cfg(test)]
impl crate::samples::Sampled for SystemPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{frame, hostile, moment};
        let page = |t: String| Self {
            frame: frame(&t),
            steps: vec![Step::of("来源", Some(false), t.clone(), Some(("/sources", "添加")))],
            missing: 1,
            facts: vec![("数据库", t.clone())],
            waiting: vec![("研判", 3, Some(moment(5))), ("归并", 0, None)],
            stuck: vec![(t.clone(), t.clone(), t.clone())],
            failing: vec![(t.clone(), t.clone(), Some(moment(90))), (t.clone(), t, None)],
        };
        let mut pages: Vec<Self> = hostile().into_iter().map(page).collect();
        pages.extend(hostile().into_iter().map(|t| Self {
            missing: 0,
            stuck: vec![],
            failing: vec![],
            ..page(t)
        }));
        pages
    }
}
