//! The audit log: who did what, by subject, person and action, and the state of the hash chain.

use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use qingting_models::clock::{from_local, local, minute_text};
use qingting_models::records::{
    Actor, ChainedEntry, Outcome, RatingGrade, ReportKind, Role, Subject, state_label,
};
use qingting_models::store::{AuditFilter, AuditVerdict, Page};
use qingting_respond::case_table::ActionKind;

use super::{Answer, html};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::Frame;
use crate::names::Names;
use crate::people::People;
use crate::query::{Query, Select};
use crate::view::{Choice, Tag, snippet};

const PATH: &str = "/audit";
/// Rows of a page.
const ROWS: i64 = 50;
/// Rows of a file at most.
const FILE_ROWS: usize = 10_000;
/// Kinds of records in the log, with their words.
const KINDS: &[(&str, &str)] = &[
    ("item", "信息"),
    ("case", "工单"),
    ("source", "来源"),
    ("quarantine", "隔离行"),
    ("incident", "事件"),
    ("user", "用户"),
    ("system", "系统"),
];

/// Names of actions that are no case's, with their words. The filter takes all that begin with the name.
const ACTIONS: &[(&str, &str)] = &[
    ("user.login", "登录"),
    ("user.login_failed", "登录失败"),
    ("user.logout", "退出登录"),
    ("user.password", "设置密码"),
    ("user.add", "添加用户"),
    ("user.disable", "停用用户"),
    ("user.enable", "启用用户"),
    ("token.make", "生成接口令牌"),
    ("token.end", "结束接口令牌"),
    ("item.unmask", "查看原始内容"),
    ("quarantine.open", "查看隔离行内容"),
    ("report.make", "生成报告"),
    ("report.recounted", "重新统计报告"),
    ("report.written", "编写报告"),
    ("report.submitted", "报告提交审核"),
    ("report.sent_back", "退回报告"),
    ("report.approved", "签发报告"),
    ("item.judge", "研判"),
    ("item.judge_undo", "撤销研判"),
    ("mirrored.first", "收到镜像工单"),
    ("mirrored.seen", "镜像工单更新"),
    ("mirrored.press", "督办镜像工单"),
    ("mirrored.watch", "关注镜像工单"),
    ("mirrored.unwatch", "取消关注镜像工单"),
    ("mirrored.map", "镜像工单对上单位"),
    ("item.dismiss", "标记不需办理"),
    ("item.restore", "恢复待研判"),
    ("backfill.send", "生成回填批次"),
    ("backfill.open", "下载回填表格"),
    ("backfill.receipt", "登记回填回执"),
    ("backfill.again", "重新排队回填"),
    ("backfill.columns", "修改回填表格的列"),
    ("county_file.change", "修改基础数据"),
    ("alert.see", "看过预警"),
    ("alert.silence_end", "结束静默"),
    ("alert.silence", "静默预警"),
    ("alert_rule.add", "添加预警规则"),
    ("alert_rule.change", "修改预警规则"),
    ("notice_rule.add", "添加通知规则"),
    ("notice_rule.change", "修改通知规则"),
    ("notice_channel.add", "添加外发渠道"),
    ("notice_channel.change", "修改外发渠道"),
    ("delivery.retry", "重新外发"),
    ("delivery.give_up", "放弃外发"),
    ("shift.add", "排班"),
    ("shift.remove", "去掉排班"),
    ("user.contact", "修改联系方式"),
    ("line.add", "添加口径"),
    ("line.change", "修改口径"),
    ("line.withdraw", "撤回口径"),
    ("template.add", "添加答复模板"),
    ("template.change", "修改答复模板"),
    ("template.remove", "删除答复模板"),
    ("attachment.add", "添加附件"),
    ("attachment.open", "查看附件"),
    ("attachment.remove", "删除附件"),
    ("attachment.refuse", "附件没有通过查毒"),
    ("promise.kept", "登记承诺兑现"),
    ("promise.broken", "登记承诺未能兑现"),
    ("incident.merge", "并入事件"),
    ("incident.split", "拆出事件"),
    ("incident.move", "移到另一事件"),
    ("incident.name", "事件改名"),
    ("model.promote", "换用模型"),
    ("model.rollback", "退回上一个模型"),
    ("source.add", "添加来源"),
    ("source.change", "修改来源"),
    ("source.poll", "立即读取来源"),
    ("source.secret", "设置来源口令"),
    ("source.token", "生成推送令牌"),
    ("source.token_end", "结束推送令牌"),
    ("source.pause", "暂停来源"),
    ("source.resume", "恢复来源"),
    ("source.remove", "移除来源"),
    ("key.prepare", "准备新密钥"),
    ("key.rotate", "开始轮换密钥"),
    ("key.rotated", "完成密钥轮换"),
    ("key.export", "导出密钥"),
    ("file.open", "打开密封文件"),
];

/// The words for an action; its name when there are none.
fn action_words(action: &str) -> String {
    let of_case = || Some(ActionKind::from_code(action.strip_prefix("case.")?)?.label());
    let known = ACTIONS.iter().find(|(code, _)| *code == action).map(|(_, words)| *words);
    known.or_else(of_case).unwrap_or(action).to_owned()
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "audit.html")]
pub struct AuditPage {
    pub frame: Frame,
    pub selects: Vec<Select>,
    pub id: String,
    /// Days, `YYYY-MM-DD`; empty for no limit.
    pub from: String,
    pub to: String,
    /// The address of the same lines as a file.
    pub file: String,
    pub entries: Vec<EntryView>,
    /// What checking the whole chain found, right after it was asked for.
    pub verdict: Option<Tag>,
    pub first: Option<String>,
    pub next: Option<String>,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryView {
    pub seq: Option<i64>,
    /// To the second.
    pub at: String,
    pub who: String,
    /// In words.
    pub action: String,
    pub subject: String,
    pub subject_id: String,
    /// The number of the case, where there is one.
    pub number: Option<String>,
    /// What was given as the reason of a look behind the mask, for auditors.
    pub reason: Option<String>,
    pub detail: String,
    pub hash: Option<String>,
    pub short_hash: String,
}

pub async fn show(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    html(&build(&state, &caller, &query).await?)
}

/// Reads the whole chain and says whether it holds.
pub async fn verify(State(state): State<AppState>, caller: Caller) -> Answer {
    let verdict = state.store.verify_audit(&[]).await?;
    let mut page = build(&state, &caller, &Query::default()).await?;
    page.verdict = Some(verdict_tag(&verdict));
    html(&page)
}

async fn build(state: &AppState, caller: &Caller, query: &Query) -> Result<AuditPage, WebError> {
    let page = Page { before: query.parsed("after"), size: ROWS };
    let found = state.store.audit_page(&filter(query)?, page).await?;
    let people = People::load(&state.store).await?;
    Ok(AuditPage {
        frame: Frame::inside(state, caller, "审计", PATH),
        selects: selects(&people, query),
        id: query.text("id").into(),
        from: query.text("from").into(),
        to: query.text("to").into(),
        file: query.address("/audit/file", &[]),
        entries: views(state, caller, &people, &found.rows).await?,
        verdict: None,
        first: query.first(PATH),
        next: found.next.map(|cursor| query.address(PATH, &[("after", &cursor.to_string())])),
    })
}

async fn views(
    state: &AppState,
    caller: &Caller,
    people: &People,
    lines: &[ChainedEntry],
) -> Result<Vec<EntryView>, WebError> {
    let subjects: Vec<Subject> = lines.iter().map(|line| line.entry.subject).collect();
    let numbers = state.store.case_numbers_of(&subjects).await?;
    let mut views = Vec::with_capacity(lines.len());
    for line in lines {
        let number = numbers.get(&line.entry.subject).cloned();
        let stated = caller.has(Role::Auditor) && line.entry.detail.get("reason_digest").is_some();
        let reason = if stated { state.store.stated_reason(line.entry.id).await? } else { None };
        views.push(EntryView { number, reason, ..view(line, people, &state.names) });
    }
    Ok(views)
}

/// The lines that a query asks for as a CSV file, the newest first, at most [`FILE_ROWS`].
pub async fn file(State(state): State<AppState>, caller: Caller, query: Query) -> Answer {
    let people = People::load(&state.store).await?;
    let filter = filter(&query)?;
    // The mark of its encoding, as Excel and WPS want it.
    let mut csv = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    let heads = ["序号", "时间", "谁", "动作", "对象", "对象编号", "工单号", "理由", "细节", "链"];
    csv.write_record(heads).map_err(WebError::internal)?;
    let (mut before, mut rows) = (None, 0);
    loop {
        let found = state.store.audit_page(&filter, Page { before, size: ROWS }).await?;
        for view in views(&state, &caller, &people, &found.rows).await? {
            let seq = view.seq.map(|seq| seq.to_string()).unwrap_or_default();
            let (number, reason) = (view.number.unwrap_or_default(), view.reason.unwrap_or_default());
            let hash = view.hash.unwrap_or_default();
            let cells = [
                seq,
                view.at,
                view.who,
                view.action,
                view.subject,
                view.subject_id,
                number,
                reason,
                view.detail,
                hash,
            ];
            csv.write_record(cells.map(|cell| no_formula(&cell))).map_err(WebError::internal)?;
            rows += 1;
        }
        before = found.next;
        if before.is_none() || rows >= FILE_ROWS {
            break;
        }
    }
    let bytes = csv.into_inner().map_err(WebError::internal)?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\""),
    ];
    Ok((headers, bytes).into_response())
}

/// Which lines the query asks for.
///
/// # Errors
/// When a day is none.
pub(crate) fn filter(query: &Query) -> Result<AuditFilter, WebError> {
    let id = query.get("id").and_then(|id| id.parse::<qingting_models::ids::AuditId>().ok());
    let subject = match (query.text("kind"), id) {
        ("system", _) => Some(Subject::System),
        (kind, Some(id)) => Subject::from_parts(kind, id.0),
        _ => None,
    };
    // An action's name begins with the kind of its subject.
    let of_kind = || query.get("kind").filter(|_| subject.is_none()).map(|kind| format!("{kind}."));
    let action = query.get("action").map(str::to_owned).or_else(of_kind);
    let midnight = |name, after: i64| match query.get(name) {
        None => Ok(None),
        Some(text) => {
            let day: Option<Date> =
                text.parse().ok().filter(|day: &Date| (2000..=2900).contains(&day.year()));
            let day = day.ok_or_else(|| WebError::bad("日期请写成 2026-12-01 这样，2000 年以后"))?;
            let day = day.checked_add(after.days()).map_err(WebError::internal)?;
            from_local(day.at(0, 0, 0, 0)).map(Some).map_err(WebError::internal)
        }
    };
    Ok(AuditFilter {
        subject,
        actor: query.get("actor").and_then(|code| Actor::from_code(code).ok()),
        action,
        since: midnight("from", 0)?,
        before: midnight("to", 1)?,
    })
}

/// A cell that a sheet would take for a formula begins with an apostrophe.
fn no_formula(cell: &str) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

fn selects(people: &People, query: &Query) -> Vec<Select> {
    let (kind, actor) = (query.text("kind"), query.text("actor"));
    let fixed =
        [Actor::System, Actor::Console].map(|a| Choice::new(a.code(), people.actor(a), a.code() == actor));
    let users = people.all().into_iter().map(|(id, name)| {
        let code = id.to_string();
        let chosen = code == actor;
        Choice::new(code, name, chosen)
    });
    let asked = query.text("action");
    let action = |code: String, words: &str| {
        let chosen = code == asked;
        Choice::new(code, words, chosen)
    };
    let of_cases = ActionKind::ALL.iter().map(|k| action(format!("case.{}", k.code()), k.label()));
    let actions = ACTIONS.iter().map(|(code, words)| action((*code).to_owned(), words)).chain(of_cases);
    vec![
        Select { name: "action", label: "动作", any: "所有动作", options: actions.collect() },
        Select {
            name: "kind",
            label: "对象",
            any: "全部",
            options: KINDS.iter().map(|(c, l)| Choice::new(*c, *l, *c == kind)).collect(),
        },
        Select {
            name: "actor",
            label: "谁",
            any: "所有人",
            options: fixed.into_iter().chain(users).collect(),
        },
    ]
}

fn view(entry: &ChainedEntry, people: &People, names: &Names) -> EntryView {
    let (kind, id) = entry.entry.subject.parts();
    let word = KINDS.iter().find(|(code, _)| *code == kind).map_or(kind, |(_, word)| word);
    let detail = match &entry.entry.detail {
        serde_json::Value::Null => String::new(),
        serde_json::Value::Object(fields) if fields.is_empty() => String::new(),
        serde_json::Value::Object(fields) => snippet(&detail_words(&entry.entry.action, fields, names), 300),
        other => snippet(&other.to_string(), 300),
    };
    EntryView {
        seq: entry.seq,
        at: local(entry.entry.at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        who: people.actor(entry.entry.actor),
        action: action_words(&entry.entry.action),
        subject: word.to_owned(),
        subject_id: if id == 0 { String::new() } else { qingting_models::ids::AuditId(id).to_string() },
        number: None,
        reason: None,
        detail,
        hash: entry.hash.clone(),
        short_hash: entry.hash.as_deref().unwrap_or_default().chars().take(8).collect(),
    }
}

/// Fields of a detail with their words; another field is shown by its name.
const FIELDS: &[(&str, &str)] = &[
    ("number", "工单号"),
    ("department", "单位"),
    ("from", "原单位"),
    ("to", "改为"),
    ("right_department", "应由"),
    ("helper", "协办单位"),
    ("state", "状态"),
    ("outcome", "结果"),
    ("grade", "评价"),
    ("reply", "答复编号"),
    ("level", "督办级别"),
    ("days", "天数"),
    ("reason", "理由"),
    ("into", "并入"),
    ("from_incident", "来自事件"),
    ("to_incident", "去往事件"),
    ("items", "信息"),
    ("model", "模型"),
    ("before", "原模型"),
    ("despite", "点名同意变差的领域"),
    ("version", "版本"),
    ("key", "密钥编号"),
    ("from_key", "原密钥编号"),
    ("to_key", "新密钥编号"),
    ("newest_key", "最新密钥编号"),
    ("rewrapped", "重新封装件数"),
    ("damaged", "打不开件数"),
    ("file_digest", "文件摘要"),
    ("report", "报告"),
    ("kind", "种类"),
    ("rule", "规则"),
    ("silence", "静默"),
    ("until", "到"),
    ("incident", "事件"),
    ("note", "说明"),
    ("login", "登录名"),
    ("name", "名称"),
    ("file", "文件"),
];

/// What a digest is of stands beside the log, and what is not set says nothing.
fn says_something(key: &str, value: &serde_json::Value) -> bool {
    !value.is_null() && key != "digest" && !key.ends_with("reason_digest")
}

fn detail_words(action: &str, fields: &serde_json::Map<String, serde_json::Value>, names: &Names) -> String {
    let days = action.starts_with("report.");
    let words = |(key, value): (&String, &serde_json::Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let text = match key.as_str() {
            _ if value
                .as_str()
                .is_some_and(|text| text.ends_with('Z') && text.parse::<Timestamp>().is_ok()) =>
            {
                text.parse().map_or(text, minute_text)
            }
            "from" | "to" if days => text,
            "kind" => text.parse::<ReportKind>().map_or(text, |kind| kind.label().to_owned()),
            "department" | "from" | "to" | "right_department" | "helper" => {
                names.department(&text).to_owned()
            }
            "state" => state_label(&text).to_owned(),
            "outcome" => text.parse::<Outcome>().map_or(text, |o| o.label().to_owned()),
            "grade" => text.parse::<RatingGrade>().map_or(text, |g| g.label().to_owned()),
            _ => text,
        };
        let key = match key.as_str() {
            "from" if days => "自",
            "to" if days => "至",
            "number" if days => "编号",
            key => FIELDS.iter().find(|(name, _)| *name == key).map_or(key, |(_, words)| *words),
        };
        format!("{key} {text}")
    };
    fields.iter().filter(|(key, value)| says_something(key, value)).map(words).collect::<Vec<_>>().join(" · ")
}

fn verdict_tag(verdict: &AuditVerdict) -> Tag {
    match &verdict.broken {
        None => Tag::new(
            format!(
                "审计链完整：核对了 {} 条，没有发现改动；{} 条待入链；{} 个签名链头，签到第 {} 条。",
                verdict.lines, verdict.pending, verdict.checkpoints, verdict.covered
            ),
            "notice good",
        ),
        Some((seq, _)) => Tag::new(
            format!("审计链从第 {seq} 条起对不上，可能被改动。请保留数据库并报告负责人。"),
            "notice bad",
        ),
    }
}

#[cfg(test)]
impl crate::samples::Sampled for AuditPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile};
        let entry = |t: &str, seq: Option<i64>| EntryView {
            seq,
            at: t.into(),
            who: t.into(),
            action: t.into(),
            subject: t.into(),
            subject_id: t.into(),
            number: Some(t.into()),
            reason: Some(t.into()),
            detail: t.into(),
            hash: seq.map(|_| t.to_owned()),
            short_hash: t.into(),
        };
        let page = |t: String| Self {
            frame: frame(&t),
            selects: vec![Select { name: "kind", label: "对象", any: "全部", options: vec![choice(&t)] }],
            id: t.clone(),
            from: t.clone(),
            to: t.clone(),
            file: t.clone(),
            entries: vec![entry(&t, Some(1)), entry(&t, None)],
            verdict: Some(Tag::new(&t, "notice bad")),
            first: Some(t.clone()),
            next: Some(t),
        };
        hostile().into_iter().map(page).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_told_in_words_and_what_is_not_known_stays() {
        let names = crate::samples::names("人社局");
        let detail = serde_json::json!({"helper": "rsj", "state": "handling", "outcome": "solved", "odd": 3});
        let words = detail_words("case.assign", detail.as_object().unwrap(), &names);
        for part in ["协办单位 人社局", "状态 办理中", "结果 ", "odd 3"] {
            assert!(words.contains(part), "{words}");
        }
        assert!(!words.contains("solved"), "{words}");
        let made = serde_json::json!({
            "from": "2026-11-23", "to": "2026-11-29", "number": null, "digest": "5487", "kind": "weekly",
            "until": "2026-12-01T06:54:27.3Z"
        });
        let words = detail_words("report.make", made.as_object().unwrap(), &names);
        for part in ["自 2026-11-23", "至 2026-11-29", "种类 周报", "到 2026-12-01 14:54"] {
            assert!(words.contains(part), "{words}");
        }
        assert!(!words.contains("5487") && !words.contains("null"), "{words}");
        assert_eq!(no_formula("=1+1"), "'=1+1");
        assert_eq!(action_words("case.accept"), "签收");
        assert_eq!(action_words("new.thing"), "new.thing");
    }
}
