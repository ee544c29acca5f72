//! The desk at which a reply is written: the draft, what helps to write it, and what is to be looked at in it.

use std::collections::HashMap;

use data_encoding::HEXLOWER;
use qingting_classify::answers::{Answered, LEAST_SCORE, substance};
use qingting_models::clock::local_date;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::CaseId;
use qingting_models::records::{CaseFile, Helper, HelperState, Outcome, Promise, ReplyDraft};
use qingting_models::store::AnsweredMatter;
use qingting_respond::acting::ActingUser;
use qingting_respond::case_table::ActionKind;
use qingting_respond::reply_checks::{Finding, FindingKind};
use qingting_respond::reply_help::Written;
use sha2::{Digest, Sha256};

use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::case_forms::{ActionForm, form_of};
use crate::error::WebError;
use crate::moment::Moment;
use crate::people::People;
use crate::view::{snippet, title_text};

/// Earlier matters that are compared, and how many of their answers are shown.
const COMPARED: i64 = 200;
const ANSWERS: usize = 3;
/// So many of the rarest words they are looked up by; by so many others where that brings too few.
const WORDS: usize = 24;
const MORE_WORDS: usize = 56;
const TOO_FEW: usize = 60;
/// Lines and templates that are shown of each.
const OTHERS: usize = 4;

/// The desk of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyDesk {
    pub form: ActionForm,
    /// What is written is looked at before it is sent.
    pub checks: bool,
    /// The version of the draft that is shown; 0 for none.
    pub draft_version: i64,
    /// Who saved the draft, and when.
    pub saved: Option<(String, Moment)>,
    /// Drafts that another overtook: id, who, when, beginning.
    pub aside: Vec<(String, String, Moment, String)>,
    pub findings: Vec<FindingView>,
    /// Of the findings that are shown; sent back with the form.
    pub looked: String,
    pub hints: Vec<Hint>,
}

/// Something that helps to write the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What it is by in the address: `line-…`, `answer-…`, `template-…`.
    pub code: String,
    /// Its number key; `None` beyond nine.
    pub key: Option<usize>,
    /// 口径, 以往答复 or 模板.
    pub kind: &'static str,
    pub name: String,
    /// Where the source can be read.
    pub href: Option<String>,
    /// Date, department and the like.
    pub source: Vec<String>,
    pub text: String,
}

/// Something to look at in a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingView {
    pub label: &'static str,
    pub class: &'static str,
    pub place: String,
    pub what: String,
}

/// What is shown at the desk when it is not the draft as it was saved.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AtDesk<'a> {
    /// What was typed, and why it was refused.
    pub typed: Option<(&'a Form, &'a str)>,
    /// The hint that is to be put into the draft.
    pub insert: Option<&'a str>,
    /// The draft kept aside that is to be shown instead.
    pub aside: Option<&'a str>,
    pub findings: Option<&'a [Finding]>,
    /// Why the reply was not submitted.
    pub problem: Option<&'static str>,
}

/// The department for which the caller writes on this case: the lead's handler its reply, a helper's what it has to say.
pub(crate) fn writes_for<'a>(caller: &Caller, file: &'a CaseFile) -> Option<&'a DepartmentCode> {
    let user = ActingUser::of(caller.user());
    let gone = |h: &&Helper| matches!(h.state, HelperState::Refused | HelperState::Released);
    let helpers = file.case.helpers.iter().filter(|h| !gone(h)).map(|h| &h.department);
    std::iter::once(&file.case.lead).chain(helpers).find(|department| user.handles_for(department))
}

/// The desk at which the department `own` writes: the lead its reply (`kind` submit), a helper its answer.
pub(super) async fn build(
    state: &AppState,
    caller: &Caller,
    file: &CaseFile,
    people: &People,
    (kind, own): (ActionKind, &DepartmentCode),
    shown: AtDesk<'_>,
) -> Result<ReplyDesk, WebError> {
    let now = state.store.now();
    let (saved, aside) = state.store.draft(file.case.id, own).await?;
    let hints = hints(state, caller, file, own).await?;
    let kept = aside.iter().find(|a| Some(a.id.to_string().as_str()) == shown.aside).map(|a| &a.draft);
    // Saving over a draft that is not the one shown puts that one aside.
    let draft_version = if kept.is_some() { 0 } else { saved.as_ref().map_or(0, |saved| saved.version) };
    let mut form = match shown.typed {
        Some(typed) => form_of(kind, &state.names, &file.case, Some(typed)),
        None => {
            let mut draft = kept.or(saved.as_ref().map(|s| &s.draft)).cloned().unwrap_or_default();
            if let Some(hint) = hints.iter().find(|hint| Some(hint.code.as_str()) == shown.insert) {
                insert(&mut draft, &hint.text);
            }
            let mut form = form_of(kind, &state.names, &file.case, None);
            fill(&mut form, &draft);
            form
        }
    };
    form.problem = form.problem.filter(|problem| !problem.is_empty()).or(shown.problem.map(str::to_owned));
    form.open = true;
    let findings = shown.findings.unwrap_or_default();
    Ok(ReplyDesk {
        checks: kind == ActionKind::Submit,
        form,
        draft_version,
        saved: saved.map(|saved| (people.actor(saved.saved_by), Moment::new(saved.saved_at, now))),
        aside: aside
            .into_iter()
            .map(|a| {
                let beginning = snippet(&a.draft.text, 60);
                (a.id.to_string(), people.actor(a.saved_by), Moment::new(a.saved_at, now), beginning)
            })
            .collect(),
        looked: fingerprint(findings),
        findings: findings.iter().map(finding_view).collect(),
        hints,
    })
}

fn insert(draft: &mut ReplyDraft, text: &str) {
    if !draft.text.trim().is_empty() {
        draft.text.push('\n');
    }
    draft.text.push_str(text);
}

fn fill(form: &mut ActionForm, draft: &ReplyDraft) {
    let promise = |at: usize| draft.promises.get(at).cloned().unwrap_or_default();
    let ((one, one_by), (two, two_by)) = (promise(0), promise(1));
    let values: HashMap<&str, String> = [
        ("text", draft.text.clone()),
        ("public_text", draft.public_text.clone()),
        ("outcome", draft.outcome.clone()),
        ("stands_because", draft.stands_because.clone()),
        ("promise_1", one),
        ("promise_1_by", one_by),
        ("promise_2", two),
        ("promise_2_by", two_by),
    ]
    .into();
    for field in &mut form.fields {
        if let Some(value) = values.get(field.name) {
            field.value.clone_from(value);
        }
    }
}

/// The draft that a form holds.
pub(super) fn draft_of(form: &Form) -> ReplyDraft {
    let text = |name: &str| form.text(name).to_owned();
    ReplyDraft {
        text: text("text"),
        public_text: text("public_text"),
        outcome: text("outcome"),
        stands_because: text("stands_because"),
        promises: [("promise_1", "promise_1_by"), ("promise_2", "promise_2_by")]
            .into_iter()
            .map(|(what, by)| (text(what), text(by)))
            .collect(),
    }
}

/// What is to be looked at in the draft that was saved last; none for one who does not write the reply of this case.
pub(super) async fn findings_of_draft(
    state: &AppState,
    caller: &Caller,
    case: CaseId,
) -> Result<Option<Vec<Finding>>, WebError> {
    let file = state.store.case_file(&caller.viewer, case).await?.ok_or(WebError::NotFound)?;
    if writes_for(caller, &file) != Some(&file.case.lead) {
        return Ok(None);
    }
    let (saved, _) = state.store.draft(case, &file.case.lead).await?;
    let draft = saved.map(|saved| saved.draft).unwrap_or_default();
    findings(state, caller, &file, &draft).await.map(Some)
}

/// Why a reply was not submitted, by the word of the address that leads to what is to be looked at in it.
pub(super) fn not_submitted(why: &str) -> Option<&'static str> {
    match why {
        "reason" => Some("可公开内容里有个人信息：请删去，或者写明保留的理由。答复还没有提交，草稿已保存。"),
        "submit" => {
            Some("请看上面的提示。答复还没有提交，草稿已保存；要改就改，不用改就再按一次“提交答复”。")
        }
        _ => None,
    }
}

/// What is to be looked at in what was typed. Dates and outcomes that cannot be read count as none.
pub(super) async fn findings(
    state: &AppState,
    caller: &Caller,
    file: &CaseFile,
    draft: &ReplyDraft,
) -> Result<Vec<Finding>, WebError> {
    let promise =
        |(what, by): &(String, String)| by.parse().ok().map(|by| Promise { what: what.clone(), by });
    let promises: Vec<Promise> = draft.promises.iter().filter_map(promise).collect();
    let written = Written {
        text: &draft.text,
        public_text: &draft.public_text,
        outcome: Outcome::from_code(&draft.outcome),
        promises: &promises,
    };
    check(state, caller, file, written).await
}

/// What is to be looked at in a reply.
pub(super) async fn check(
    state: &AppState,
    caller: &Caller,
    file: &CaseFile,
    written: Written<'_>,
) -> Result<Vec<Finding>, WebError> {
    let cut = |text: &str| (state.words)(text);
    Ok(state.desk.check_reply(&caller.viewer, file, written, &cut).await?)
}

/// Tells which findings somebody has seen. Never empty.
pub(super) fn fingerprint(findings: &[Finding]) -> String {
    let mut digest = Sha256::new();
    for finding in findings {
        digest.update(format!("{:?}\n{}\n", finding.kind, finding.place));
    }
    HEXLOWER.encode(&digest.finalize()[..8])
}

pub(super) fn finding_view(finding: &Finding) -> FindingView {
    let class = match finding.kind {
        FindingKind::Leak | FindingKind::OldLine => "tag red",
        FindingKind::Differs | FindingKind::Private => "tag yellow",
        _ => "tag",
    };
    FindingView {
        label: finding.kind.label(),
        class,
        place: finding.place.clone(),
        what: finding.what.clone(),
    }
}

/// Lines that fit, earlier answers that are like, templates that fit; numbered for the keys.
async fn hints(
    state: &AppState,
    caller: &Caller,
    file: &CaseFile,
    own: &DepartmentCode,
) -> Result<Vec<Hint>, WebError> {
    let mut hints = lines(state, caller, file, own).await?;
    hints.extend(answers(state, caller, file).await?);
    hints.extend(templates(state, file, own).await?);
    for (at, hint) in hints.iter_mut().enumerate().take(9) {
        hint.key = Some(at + 1);
    }
    Ok(hints)
}

async fn lines(
    state: &AppState,
    caller: &Caller,
    file: &CaseFile,
    own: &DepartmentCode,
) -> Result<Vec<Hint>, WebError> {
    let found = state.desk.fitting_lines(&caller.viewer, file, own).await?;
    let hint = |line: qingting_models::records::Line| {
        let mut source = Vec::new();
        if let Some(agreement) = &line.content.agreement {
            source.push(format!("{} 商定", agreement.by));
            source.push(agreement.on.to_string());
        }
        source.push(match line.content.valid_to {
            Some(to) => format!("有效至 {to}"),
            None => "长期有效".into(),
        });
        Hint {
            code: format!("line-{}", line.id),
            key: None,
            kind: "口径",
            name: line.content.name,
            href: Some(format!("/lines/{}", line.id)),
            source,
            text: line.content.text,
        }
    };
    Ok(found.into_iter().take(OTHERS).map(hint).collect())
}

async fn answers(state: &AppState, caller: &Caller, file: &CaseFile) -> Result<Vec<Hint>, WebError> {
    let Some(classifier) = state.classifier.as_ref().map(|now| now()) else { return Ok(Vec::new()) };
    let content = file.item.content.clone();
    let words = classifier.telling_words(&content.title, &content.body, MORE_WORDS);
    let (rarest, others) = words.split_at(words.len().min(WORDS));
    let own = file.case.id;
    let mut found = state.store.answered_matters(&caller.viewer, rarest, own, COMPARED).await?;
    if found.len() < TOO_FEW {
        let more = state.store.answered_matters(&caller.viewer, others, own, COMPARED).await?;
        let new: Vec<_> =
            more.into_iter().filter(|matter| found.iter().all(|known| known.case != matter.case)).collect();
        found.extend(new);
    }
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let ranked = tokio::task::spawn_blocking(move || {
        let answered: Vec<Answered<'_>> = found.iter().map(answered).collect();
        let shelf = classifier.shelf(&answered);
        let best = classifier.earlier_answers(&shelf, &content.title, &content.body, ANSWERS);
        let like = best.into_iter().filter(|(_, score)| *score >= LEAST_SCORE);
        like.map(|(place, _)| found[place].clone()).collect::<Vec<_>>()
    });
    let ranked = ranked.await.map_err(WebError::internal)?;
    let hint = |matter: AnsweredMatter| Hint {
        code: format!("answer-{}", matter.case),
        key: None,
        kind: "以往答复",
        name: title_text(&matter.title),
        href: Some(format!("/cases/{}", matter.case)),
        source: vec![
            matter.number.clone(),
            state.names.department(matter.department.as_str()).to_owned(),
            local_date(matter.answered_at).to_string(),
            matter.outcome.label().to_owned(),
        ],
        text: substance(&matter.reply).to_owned(),
    };
    Ok(ranked.into_iter().map(hint).filter(|hint| !hint.text.is_empty()).collect())
}

fn answered(matter: &AnsweredMatter) -> Answered<'_> {
    Answered { title: &matter.title, body: &matter.body, answer: &matter.reply }
}

/// The templates for a case in its state, filled in.
pub(super) async fn templates(
    state: &AppState,
    file: &CaseFile,
    own: &DepartmentCode,
) -> Result<Vec<Hint>, WebError> {
    let found = state.desk.fitting_templates(file, own).await?;
    let hint = |template: qingting_models::records::ReplyTemplate| {
        let of = template.content.department.as_ref();
        let mut source = vec![of.map_or("通用", |code| state.names.department(code.as_str())).to_owned()];
        source.extend(template.content.outcome.map(|outcome| outcome.label().to_owned()));
        source.push(local_date(template.changed_at).to_string());
        Hint {
            code: format!("template-{}", template.id),
            key: None,
            kind: "模板",
            text: state.desk.fill(&template.content, file, own),
            name: template.content.name,
            href: None,
            source,
        }
    };
    Ok(found.into_iter().take(OTHERS).map(hint).collect())
}

#[cfg(test)]
pub(super) fn sample(t: &str) -> ReplyDesk {
    use crate::samples::{case, moment, names};
    let hint = |code: &str, key| Hint {
        code: code.into(),
        key,
        kind: "口径",
        name: t.into(),
        href: Some(format!("/lines/{t}")),
        source: vec![t.into()],
        text: t.into(),
    };
    ReplyDesk {
        checks: true,
        form: form_of(ActionKind::Submit, &names(t), &case(), Some((&Form::of(&[("text", t)]), t))),
        draft_version: 2,
        saved: Some((t.into(), moment(60))),
        aside: vec![(t.into(), t.into(), moment(600), t.into())],
        findings: vec![FindingView {
            label: "口径已失效",
            class: "tag red",
            place: t.into(),
            what: t.into(),
        }],
        looked: t.into(),
        hints: vec![hint("line-1", Some(1)), Hint { href: None, ..hint("template-1", None) }],
    }
}
