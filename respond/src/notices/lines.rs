//! What an event is outside: number, grade, state, due time and link, from fields that no resident's text comes into.

use jiff::Timestamp;
use qingting_models::clock::{local_date, minute_text};
use qingting_models::county::{County, DepartmentCode};
use qingting_models::records::{CaseState, MessageLine, NoticeKind, ReportState, Urgency};
use qingting_models::store::{NoticeTask, TaskSubject};

/// Lines of a message; what is beyond is counted.
pub(super) const MOST_LINES: usize = 10;

/// The longest number of another platform that goes out, in characters.
const LONGEST_NUMBER: usize = 40;

/// Whether the matter is still there and what was told of it still calls for anything.
pub(super) fn still_matters(task: &NoticeTask) -> bool {
    match &task.subject {
        None => false,
        Some(TaskSubject::Case { case, .. }) => {
            let gone = matches!(case.state, CaseState::Void { .. } | CaseState::Merged { .. });
            // Nobody is pressed over a case that was closed meanwhile.
            !gone && (task.event.kind.family().is_none() || case.state.is_open())
        }
        Some(TaskSubject::Mirrored { case, .. }) => case.is_open(),
        Some(TaskSubject::Alert(alert)) => alert.seen.is_none(),
        Some(TaskSubject::Report(report)) => match task.event.kind {
            NoticeKind::ReportApproved => true,
            NoticeKind::ReportSubmitted => report.state == ReportState::Review,
            _ => report.state == ReportState::Draft,
        },
    }
}

/// The line of an event; none when its matter is gone.
pub(super) fn line(task: &NoticeTask, county: &County, now: Timestamp) -> Option<MessageLine> {
    let event = &task.event;
    Some(match task.subject.as_ref()? {
        TaskSubject::Case { case, .. } => {
            let lead = office(&case.lead, county, now);
            MessageLine {
                kind: event.kind,
                urgency: event.urgency,
                number: case.number.clone(),
                state: case.state.label().to_owned(),
                lead: lead.filter(|_| !case.confidential),
                due: case.due.as_ref().map(|(_, at)| *at).filter(|_| case.state.is_open()),
                path: format!("/cases/{}", case.id),
            }
        }
        TaskSubject::Mirrored { case, .. } => {
            let lead = case.mirror.department.as_ref().and_then(|code| office(code, county, now));
            MessageLine {
                kind: event.kind,
                urgency: event.urgency,
                number: case.mirror.number.chars().take(LONGEST_NUMBER).collect(),
                // The platform's own word could be anything.
                state: if case.is_open() { "平台办理中" } else { "平台已办结" }.to_owned(),
                lead: lead.filter(|_| !case.item.confidential),
                due: case.mirror.due_at.filter(|_| case.is_open()),
                path: format!("/mirrored/{}", case.item.id),
            }
        }
        TaskSubject::Report(report) => MessageLine {
            kind: event.kind,
            urgency: event.urgency,
            number: format!("{}{}", report.span.kind.label(), report.span.name()),
            state: report.state.label().to_owned(),
            lead: None,
            due: None,
            path: format!("/reports/{}", report.id),
        },
        TaskSubject::Alert(alert) => MessageLine {
            kind: event.kind,
            urgency: event.urgency,
            number: alert.id.to_string(),
            state: String::new(),
            lead: None,
            due: None,
            path: format!("/alerts?incident={}", alert.incident),
        },
    })
}

fn office(code: &DepartmentCode, county: &County, now: Timestamp) -> Option<String> {
    let mut offices = county.departments.on(local_date(now));
    offices.find(|office| office.code == *code).map(|office| office.short_name.clone())
}

/// One line in words: `【超期督办】2026-00123 紧急 办理中 住建局 截止 2026-11-30 17:00 https://…`.
pub(super) fn in_words(line: &MessageLine, confidential: bool, base: Option<&str>) -> String {
    let mut words = vec![format!("【{}】{}", line.kind.label(), line.number)];
    if line.urgency != Urgency::Ordinary {
        words.push(line.urgency.label().to_owned());
    }
    if !line.state.is_empty() {
        words.push(line.state.clone());
    }
    words.extend(line.lead.clone().filter(|_| !confidential));
    words.extend(line.due.map(|due| format!("截止 {}", minute_text(due))));
    words.extend(base.map(|base| format!("{}{}", base.trim_end_matches('/'), line.path)));
    words.join(" ")
}

/// The subject of a mail, and the first words of a message of several lines.
pub(super) fn heading(lines: &[MessageLine]) -> String {
    let kinds: Vec<NoticeKind> = lines.iter().map(|line| line.kind).collect();
    match lines {
        [line] => format!("【{}】{}", line.kind.label(), line.number),
        _ if kinds.iter().all(|kind| *kind == kinds[0]) => {
            format!("【{}】{} 件", kinds.first().map_or("通知", |kind| kind.label()), lines.len())
        }
        _ => format!("通知 {} 件", lines.len()),
    }
}
