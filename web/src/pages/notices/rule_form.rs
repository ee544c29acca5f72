//! A notice rule as a form and in words: what stands in the fields, what they mean, and what is wrong with them.

use jiff::civil::Time;
use qingting_models::ids::{NoticeChannelId, UserId};
use qingting_models::records::{
    ActiveHours, NoticeFault, NoticeKind, NoticePlan, NoticeReceivers, Role, Urgency,
};

use crate::caller::Form;
use crate::error::WebError;

/// What stands in the fields that are typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    pub version: String,
    pub name: String,
    pub from: String,
    pub to: String,
    pub wait: String,
    pub repeat: String,
    pub workdays: bool,
    pub urgent_always: bool,
    pub on_duty: bool,
    pub inhibit: bool,
    pub enabled: bool,
}

/// What was typed.
pub(super) fn typed(form: &Form) -> Typed {
    let text = |name: &str| form.text(name).to_owned();
    let on = |name: &str| form.text(name) == "on";
    Typed {
        version: text("version"),
        name: text("name"),
        from: text("from"),
        to: text("to"),
        wait: text("wait"),
        repeat: text("repeat"),
        workdays: on("workdays"),
        urgent_always: on("urgent_always"),
        on_duty: on("on_duty"),
        inhibit: on("inhibit"),
        enabled: on("enabled"),
    }
}

/// The form as it stands for a rule.
pub(crate) fn form_of(name: &str, version: &str, enabled: bool, plan: &NoticePlan) -> Form {
    let clock = |time: Time| time.strftime("%H:%M").to_string();
    let (hours, receivers) = (plan.hours.as_ref(), &plan.receivers);
    let on = |yes: bool| if yes { "on" } else { "" }.to_owned();
    let mut rows: Vec<(&str, String)> = vec![
        ("name", name.to_owned()),
        ("version", version.to_owned()),
        ("enabled", on(enabled)),
        ("urgency", u8::from(plan.urgency_min).to_string()),
        ("from", hours.map_or_else(String::new, |hours| clock(hours.from))),
        ("to", hours.map_or_else(String::new, |hours| clock(hours.to))),
        ("workdays", on(hours.is_some_and(|hours| hours.workdays))),
        ("urgent_always", on(hours.is_none_or(|hours| hours.urgent_always))),
        ("wait", plan.wait_minutes.to_string()),
        ("repeat", plan.repeat_hours.to_string()),
        ("inhibit", on(plan.inhibit)),
        ("on_duty", on(receivers.on_duty)),
    ];
    rows.extend(plan.events.iter().map(|kind| ("event", kind.code().to_owned())));
    rows.extend(receivers.users.iter().map(|user| ("user", user.to_string())));
    rows.extend(receivers.roles.iter().map(|role| ("role", role.code().to_owned())));
    rows.extend(receivers.lead.iter().map(|role| ("lead", role.code().to_owned())));
    rows.extend(receivers.helpers.iter().map(|role| ("helper", role.code().to_owned())));
    rows.extend(plan.channels.iter().map(|channel| ("channel", channel.to_string())));
    Form::of(&rows.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
}

/// Name and plan of a form.
///
/// # Errors
/// In words for the one who typed, naming the field.
pub(crate) fn read_rule(
    form: &Form,
    users: &[UserId],
    channels: &[NoticeChannelId],
) -> Result<(String, NoticePlan), WebError> {
    let name = form.need("name", "名称", 40)?.to_owned();
    let role = |code| Role::from_code(code).ok_or_else(|| WebError::bad("没有这个角色"));
    let roles = |field: &'static str| form.all(field).map(role).collect::<Result<Vec<_>, _>>();
    let event = |code| NoticeKind::from_code(code).ok_or_else(|| WebError::bad("没有这种通知"));
    let urgency: Option<u8> = form.parsed("urgency", "紧急程度")?;
    let plan = NoticePlan {
        events: form.all("event").map(event).collect::<Result<_, _>>()?,
        urgency_min: Urgency::try_from(urgency.unwrap_or(0))
            .map_err(|_| WebError::bad("没有这个紧急程度"))?,
        receivers: NoticeReceivers {
            users: known(form, "user", users, "用户表里没有选中的人")?,
            roles: roles("role")?,
            lead: roles("lead")?,
            helpers: roles("helper")?,
            on_duty: form.text("on_duty") == "on",
        },
        channels: known(form, "channel", channels, "没有这个外发渠道")?,
        hours: hours(form)?,
        wait_minutes: form.parsed("wait", "外发前等几分钟")?.unwrap_or(0),
        repeat_hours: form.parsed("repeat", "几小时内不重复")?.unwrap_or(0),
        inhibit: form.text("inhibit") == "on",
    };
    plan.check().map_err(|fault| WebError::bad(said(&fault)))?;
    Ok((name, plan))
}

fn known<I: std::str::FromStr + PartialEq>(
    form: &Form,
    field: &'static str,
    known: &[I],
    wrong: &'static str,
) -> Result<Vec<I>, WebError> {
    let read =
        |text: &str| text.parse().ok().filter(|id| known.contains(id)).ok_or_else(|| WebError::bad(wrong));
    form.all(field).map(read).collect()
}

fn hours(form: &Form) -> Result<Option<ActiveHours>, WebError> {
    let time = |field: &str, label: &str| -> Result<Option<Time>, WebError> {
        let text = form.text(field);
        if text.is_empty() {
            return Ok(None);
        }
        let read = Time::strptime("%H:%M", text);
        read.map(Some).map_err(|_| WebError::bad(format!("“{label}”要写成 08:00 这样的时间")))
    };
    match (time("from", "外发时段从")?, time("to", "到")?) {
        (None, None) => Ok(None),
        (Some(from), Some(to)) => Ok(Some(ActiveHours {
            from,
            to,
            workdays: form.text("workdays") == "on",
            urgent_always: form.text("urgent_always") == "on",
        })),
        _ => Err(WebError::bad("外发时段要写从几点到几点；两个都不写就是任何时候")),
    }
}

fn said(fault: &NoticeFault) -> String {
    match fault {
        NoticeFault::NoEvents => "请至少选一种通知".into(),
        NoticeFault::NoReceivers => "请至少选一类接收人".into(),
        NoticeFault::NoDepartmentRole(role) => {
            format!("“{}”不属于单位，不能按主办、协办单位选", role.label())
        }
        NoticeFault::NoHours => "外发时段的起止不能是同一时刻".into(),
        NoticeFault::Wait(minutes) => format!("外发前等 {minutes} 分钟太久；可以是 0 至 1440 分钟"),
        NoticeFault::Repeat(hours) => format!("{hours} 小时内不重复太久；可以是 0 至 720 小时"),
    }
}

/// Of what the rule tells, in words.
pub(crate) fn events_in_words(plan: &NoticePlan) -> String {
    let kinds: Vec<&str> = plan.events.iter().map(|kind| kind.label()).collect();
    let urgency = match plan.urgency_min {
        Urgency::Ordinary => String::new(),
        level => format!("（{}以上）", level.label()),
    };
    format!("{}{urgency}", kinds.join("、"))
}

/// Whom it tells, in words; `name` gives a user's name.
pub(crate) fn receivers_in_words(plan: &NoticePlan, name: impl Fn(UserId) -> String) -> String {
    let receivers = &plan.receivers;
    let labels = |roles: &[Role]| roles.iter().map(|role| role.label()).collect::<Vec<_>>().join("、");
    let mut words = Vec::new();
    if receivers.on_duty {
        words.push("当班人员".to_owned());
    }
    if !receivers.lead.is_empty() {
        words.push(format!("主办单位的{}", labels(&receivers.lead)));
    }
    if !receivers.helpers.is_empty() {
        words.push(format!("协办单位的{}", labels(&receivers.helpers)));
    }
    if !receivers.roles.is_empty() {
        words.push(labels(&receivers.roles));
    }
    words.extend(receivers.users.iter().map(|user| name(*user)));
    words.join("；")
}
