//! Keeps a complaint from the one complained about (信访工作条例 art. 30): a confidential matter goes to no
//! office that its text names.

use qingting_models::county::{DepartmentCode, OfficeKind};
use qingting_models::records::Item;
use qingting_models::text::simplify;

use super::Context;
use crate::refusal::Refusal;

/// The kind of office that looks into conduct; people name it as the one they turn to.
const SUPERVISION: &str = "纪委";

/// Whether `department` may take part in the matter.
///
/// # Errors
/// [`Refusal::ComplainedAbout`] when the matter is confidential and its text names the office or its town.
pub(super) fn check(
    department: &DepartmentCode,
    confidential: bool,
    item: &Item,
    ctx: &Context<'_>,
) -> Result<(), Refusal> {
    let Some(office) = ctx.county.departments.by_code(department).filter(|_| confidential) else {
        return Ok(());
    };
    if Some(office.kind) == OfficeKind::from_name(SUPERVISION) {
        return Ok(());
    }
    let text = simplify(&format!("{}\n{}", item.content.title, item.content.body));
    let town = office.town.as_ref().map(|town| town.as_str());
    let mut names = [office.name.as_str(), office.short_name.as_str()]
        .into_iter()
        .chain(office.aliases.iter().map(String::as_str))
        .chain(town);
    if names.any(|name| text.contains(name)) {
        return Err(Refusal::ComplainedAbout(office.short_name.clone()));
    }
    Ok(())
}
