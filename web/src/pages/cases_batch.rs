//! Several cases of the list at once: pressed, merged into one, or given to another department; each keeps the note.

use axum::extract::State;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::CaseId;
use qingting_models::text::normalise;
use qingting_respond::acting::ActingUser;
use qingting_respond::action::Action;

use super::cases::show_again;
use super::{Answer, back};
use crate::app::AppState;
use crate::caller::{Caller, Form};
use crate::error::WebError;
use crate::frame::Notice;
use crate::selection::{Tally, chosen};

pub async fn submit(State(state): State<AppState>, caller: Caller, form: Form) -> Answer {
    let here = form.text("back");
    match all(&state, &caller, &form).await {
        Ok(tally) if tally.refused.is_empty() => {
            Ok(back(here, "/cases", &format!("batch&count={}", tally.done)))
        }
        Ok(tally) => show_again(&state, &caller, &form, tally.notice("件")).await,
        Err(WebError::Bad(why)) => show_again(&state, &caller, &form, Notice::bad(why)).await,
        Err(other) => Err(other),
    }
}

async fn all(state: &AppState, caller: &Caller, form: &Form) -> Result<Tally, WebError> {
    let chosen: Vec<(CaseId, i64)> = chosen(form, "row")?;
    let note = form.need("note", "说明", 1000)?.to_owned();
    let (eyes, user) = (&caller.viewer, ActingUser::of(caller.user()));
    let action = match form.text("do") {
        "press" => Action::Press { level: form.must("level", "督办级别")?, note: note.clone() },
        "reassign" => {
            let department = form.need("department", "改派给", 40)?;
            if !state.names.has_department(department) {
                return Err(WebError::bad("单位不在单位表里"));
            }
            Action::Reassign { department: DepartmentCode::from(department), reason: note.clone() }
        }
        "merge" => {
            let number = normalise(form.need("into", "并入的工单号", 20)?).text;
            let into = state.store.case_numbered(eyes, number.trim()).await?;
            let unknown = || WebError::bad(format!("没有编号为“{number}”的工单，或您无权查看"));
            let into = state.store.case_file(eyes, into.ok_or_else(unknown)?).await?;
            let into = into.ok_or(WebError::NotFound)?;
            let cases: Vec<CaseId> = chosen.iter().map(|(id, _)| *id).collect();
            let (id, version) = (into.case.id, into.case.version);
            let gathered = state.desk.gather(eyes, &user, id, version, &[], &cases, &note).await?;
            return Ok(Tally::of(gathered.cases, gathered.refused));
        }
        _ => return Err(WebError::bad("没有这个操作")),
    };
    let mut tally = Tally::default();
    for (id, seen) in chosen {
        let file = state.store.case_file(eyes, id).await?.ok_or(WebError::NotFound)?;
        let done = state.desk.act(eyes, &user, id, seen, &action).await.map(|_| ()).map_err(WebError::from);
        tally.count(format!("工单 {}", file.case.number), done)?;
    }
    Ok(tally)
}
