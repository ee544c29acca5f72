//! What the codes of the audit log are called: kinds of records, actions, and the fields of a line's detail.

use jiff::Timestamp;
use qingting_models::clock::minute_text;
use qingting_models::records::{Outcome, RatingGrade, ReportKind, Role, state_label};
use qingting_respond::case_table::ActionKind;

use crate::names::Names;

/// Kinds of records in the log, with their words.
pub(super) const KINDS: &[(&str, &str)] = &[
    ("item", "信息"),
    ("case", "工单"),
    ("source", "来源"),
    ("quarantine", "隔离行"),
    ("incident", "事件"),
    ("user", "用户"),
    ("system", "系统"),
];

/// Names of actions that are no case's, with their words. The filter takes all that begin with the name.
pub(super) const ACTIONS: &[(&str, &str)] = &[
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
    ("retention.clear", "按保存期限清理"),
    ("retention.erase", "应要求销毁原件"),
    ("retention.erase_again", "恢复后再次销毁"),
    ("item.erase", "销毁原件"),
    ("store.export", "归档导出"),
    ("webhook.add", "添加变动推送"),
    ("webhook.change", "修改变动推送"),
    ("webhook.remove", "移除变动推送"),
    ("webhook.give_up", "变动推送送不到，停止"),
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
    ("store.move", "迁移数据库"),
];

/// The words for an action; its name when there are none.
pub(super) fn action_words(action: &str) -> String {
    let of_case = || Some(ActionKind::from_code(action.strip_prefix("case.")?)?.label());
    let known = ACTIONS.iter().find(|(code, _)| *code == action).map(|(_, words)| *words);
    known.or_else(of_case).unwrap_or(action).to_owned()
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
    ("roles", "角色"),
    ("name", "名称"),
    ("file", "文件"),
];

/// What a digest is of stands beside the log, and what is not set says nothing.
fn says_something(key: &str, value: &serde_json::Value) -> bool {
    !value.is_null() && key != "digest" && !key.ends_with("reason_digest")
}

/// The roles of a list of their codes in words; none when it is no such list.
fn role_words(value: &serde_json::Value) -> Option<String> {
    let label = |role: &serde_json::Value| Role::from_code(role.as_str()?).map(Role::label);
    let labels: Option<Vec<&str>> = value.as_array()?.iter().map(label).collect();
    labels.map(|labels| labels.join("、"))
}

/// The level of a press in a word.
fn level_word(level: &str) -> Option<&'static str> {
    match level {
        "1" => Some("黄色"),
        "2" => Some("红色"),
        "3" => Some("领导"),
        _ => None,
    }
}

/// The fields of a detail in words.
pub(super) fn detail_words(
    action: &str,
    fields: &serde_json::Map<String, serde_json::Value>,
    names: &Names,
) -> String {
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
            "level" => level_word(&text).map_or(text, str::to_owned),
            "roles" => role_words(value).unwrap_or(text),
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
        let told = serde_json::json!({"level": 1, "roles": ["handler", "reviewer"], "despite": ["wages"]});
        let words = detail_words("user.add", told.as_object().unwrap(), &names);
        for part in ["督办级别 黄色", "角色 承办人、审核人", "点名同意变差的领域 [\"wages\"]"]
        {
            assert!(words.contains(part), "{words}");
        }
        assert_eq!(role_words(&serde_json::json!(["handler", "king"])), None);
        assert_eq!(action_words("case.accept"), "签收");
        assert_eq!(action_words("new.thing"), "new.thing");
    }
}
