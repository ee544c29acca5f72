//! The candidate beside the model at work, and putting one or the other to work: for administrators.
//!
//! A comparison judges thousands of rows twice. It is made in the background, by the same code as `qingting model compare`,
//! and its result is kept in the folder of models, so that the page shows at once what was found last and a promotion
//! stands on just the figures that were read.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use qingting_classify::{ComparedSet, Duel, RowSet};

use super::{Answer, back};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::model_desk::{Comparing, LastTrial, ModelDesk, ModelsNow, Refusal};
use crate::moment::Moment;
use crate::names::Names;

const PATH: &str = "/model";

/// The candidate as the page shows it.
#[derive(Debug, Clone)]
pub struct CandidateView {
    pub at_work: String,
    pub before: Option<String>,
    pub candidate: Option<String>,
    /// The candidate is at work already.
    pub same: bool,
    pub comparing: bool,
    /// Why the comparison that was asked for last came to nothing.
    pub failed: Option<String>,
    pub trial: Option<TrialView>,
}

/// A comparison of the two models as they are.
#[derive(Debug, Clone)]
pub struct TrialView {
    pub made: Moment,
    /// The exact time, which a promotion names.
    pub seen: String,
    pub sets: Vec<SetView>,
    /// Code and name of the fields of the plan that would be worse.
    pub worse: Vec<(String, String)>,
    /// There are rows that the candidate cannot have learned.
    pub tells: bool,
}

/// Both models on the rows of a set; shares in percent.
#[derive(Debug, Clone)]
pub struct SetView {
    pub name: &'static str,
    pub rows: usize,
    pub at_work: String,
    pub candidate: String,
    pub duels: Vec<DuelView>,
}

/// Both models on a question.
#[derive(Debug, Clone)]
pub struct DuelView {
    pub name: String,
    pub support: usize,
    pub only_present: usize,
    pub only_candidate: usize,
    pub p: String,
    pub worse: bool,
    pub better: bool,
}

/// What the page shows of the candidate; `None` where the program has no folder of models.
pub(super) async fn view(state: &AppState) -> Result<Option<CandidateView>, WebError> {
    let Some(now) = models_now(state).await? else { return Ok(None) };
    let plan = plan_of(state);
    Ok(Some(candidate_view(&now, &plan, &state.names, state.store.now())))
}

/// The models as they are; `None` where the program has no folder of models.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) async fn models_now(state: &AppState) -> Result<Option<ModelsNow>, WebError> {
    match &state.models {
        Some(models) => models.now().await.map(Some).map_err(refused),
        None => Ok(None),
    }
}

fn candidate_view(models: &ModelsNow, plan: &[&str], names: &Names, now: Timestamp) -> CandidateView {
    CandidateView {
        at_work: models.at_work.clone(),
        before: models.before.clone(),
        candidate: models.candidate.clone(),
        same: models.candidate.as_ref() == Some(&models.at_work),
        comparing: matches!(models.comparing, Comparing::UnderWay),
        failed: match &models.comparing {
            Comparing::Failed(refusal) => Some(said(refusal)),
            Comparing::Idle | Comparing::UnderWay => None,
        },
        trial: models.trial().map(|last| trial_view(last, plan, names, now)),
    }
}

fn trial_view(last: &LastTrial, plan: &[&str], names: &Names, now: Timestamp) -> TrialView {
    let named = |code: String| (names.topic(&code).to_owned(), code);
    TrialView {
        made: Moment::new(last.at, now),
        seen: last.at.to_string(),
        sets: last.trial.sets.iter().map(|set| set_view(set, names)).collect(),
        worse: last.trial.worse(plan).into_iter().map(named).map(|(name, code)| (code, name)).collect(),
        tells: last.trial.sets.iter().any(|set| set.rows.is_unlearned()),
    }
}

fn set_view(set: &ComparedSet, names: &Names) -> SetView {
    let ComparedSet { rows, compared } = set;
    let differs = |duel: &Duel| duel.support + duel.only_present + duel.only_candidate > 0;
    let topics = compared.topics.iter().filter(|(_, duel)| differs(duel));
    let topics = topics.map(|(code, duel)| duel_view(names.topic(code), duel));
    SetView {
        name: match rows {
            RowSet::Gold => "固定样本（gold.jsonl）",
            RowSet::Blind => "盲评",
            RowSet::Corrections => "其余人工研判（候选模型可能学过，不作依据）",
        },
        rows: compared.rows,
        at_work: share(compared.present_micro),
        candidate: share(compared.candidate_micro),
        duels: std::iter::once(duel_view("主话题", &compared.first)).chain(topics).collect(),
    }
}

fn duel_view(name: &str, duel: &Duel) -> DuelView {
    let swapped = Duel { only_present: duel.only_candidate, only_candidate: duel.only_present, ..*duel };
    DuelView {
        name: name.to_owned(),
        support: duel.support,
        only_present: duel.only_present,
        only_candidate: duel.only_candidate,
        p: format!("{:.3}", duel.p),
        worse: duel.is_worse(),
        better: swapped.is_worse(),
    }
}

fn share(of_one: f64) -> String {
    format!("{:.1}%", of_one * 100.0)
}

pub async fn compare(State(state): State<AppState>) -> Answer {
    start(&state).await?;
    Ok(done("model-comparing"))
}

/// Begins to compare the candidate with the model at work.
///
/// # Errors
/// When there is none, or a comparison is under way.
pub(crate) async fn start(state: &AppState) -> Result<(), WebError> {
    desk(state)?.start_comparing().await.map_err(refused)
}

pub async fn promote(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    let seen: Timestamp = form.must("seen", "比较时间")?;
    let despite: Vec<String> = form.all("despite").map(str::to_owned).collect();
    put_to_work(&state, &caller, seen, &despite).await?;
    Ok(done("model-promoted"))
}

/// Puts the candidate to work by the comparison of the time `seen`, although it is worse in the fields `despite`.
///
/// # Errors
/// When it is worse in others, or another comparison was made since.
pub(crate) async fn put_to_work(
    state: &AppState,
    caller: &Caller,
    seen: Timestamp,
    despite: &[String],
) -> Result<(), WebError> {
    let plan = plan_of(state);
    desk(state)?.promote(seen, &plan, despite, caller.actor()).await.map_err(|refusal| match refusal {
        Refusal::Worse { fields } => {
            let names: Vec<&str> = fields.iter().map(|field| state.names.topic(field)).collect();
            WebError::bad(format!("候选模型在{}明显变差；仍要换用，请逐项勾选", names.join("、")))
        }
        refusal => refused(refusal),
    })
}

pub async fn roll_back(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    let seen = form.need("seen", "现用模型", 64)?;
    back_to(&state, &caller, seen).await?;
    Ok(done("model-rolled-back"))
}

/// Puts the model to work that was before the one `seen`.
///
/// # Errors
/// When there was none, or another is at work by now.
pub(crate) async fn back_to(state: &AppState, caller: &Caller, seen: &str) -> Result<(), WebError> {
    desk(state)?.roll_back(seen, caller.actor()).await.map_err(refused)
}

fn done(what: &str) -> Response {
    back("", PATH, what)
}

fn desk(state: &AppState) -> Result<&Arc<dyn ModelDesk>, WebError> {
    state.models.as_ref().ok_or(WebError::NotFound)
}

/// The fields of the plan, in which a candidate may not be worse unnoticed.
pub(crate) fn plan_of(state: &AppState) -> Vec<&str> {
    state.desk.county().taxonomy.plan_fields().map(|field| field.code.as_str()).collect()
}

/// What cannot be done is said on the page; what is our fault goes to the log.
fn refused(refusal: Refusal) -> WebError {
    match refusal {
        Refusal::Store(error) => error.into(),
        Refusal::Files(why) => WebError::internal(why),
        refusal => WebError::bad(said(&refusal)),
    }
}

/// A refusal in words.
pub(crate) fn said(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NoCandidate => "还没有候选模型；请先在服务器上执行 qingting train --with-corrections".into(),
        Refusal::NoRows { .. } => "没有可比较的样本；请把 gold.jsonl 放进县情所在的文件夹，或先研判一些信息".into(),
        Refusal::AllLearned { .. } => {
            "现有样本候选模型都可能学过，不能作为依据；请把 gold.jsonl 放进县情所在的文件夹，或等有了盲评再换用".into()
        }
        Refusal::Worse { fields } => format!("候选模型在 {} 明显变差", fields.join("、")),
        Refusal::AtWork(_) => "候选模型已经在用".into(),
        Refusal::NothingBefore(_) => "没有可以退回的模型".into(),
        Refusal::Stale => "模型或比较结果刚刚变了；请看过新的结果再决定".into(),
        Refusal::UnderWay => "正在比较，请稍后刷新".into(),
        Refusal::Store(_) | Refusal::Files(_) => "文件或数据库读写失败，原因已记入日志".into(),
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;

    /// A candidate that is worse in a field, with a text in every field that can hold any.
    pub(crate) fn candidate(t: &str) -> CandidateView {
        let duel = |worse, better| DuelView {
            name: t.into(),
            support: 9,
            only_present: 8,
            only_candidate: 1,
            p: t.into(),
            worse,
            better,
        };
        let set = SetView {
            name: "盲评",
            rows: 9,
            at_work: t.into(),
            candidate: t.into(),
            duels: vec![duel(true, false), duel(false, true), duel(false, false)],
        };
        CandidateView {
            at_work: t.into(),
            before: Some(t.into()),
            candidate: Some(t.into()),
            same: false,
            comparing: false,
            failed: Some(t.into()),
            trial: Some(TrialView {
                made: crate::samples::moment(60),
                seen: t.into(),
                sets: vec![set],
                worse: vec![(t.into(), t.into())],
                tells: true,
            }),
        }
    }
}
