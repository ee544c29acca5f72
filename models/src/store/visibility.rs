//! Who sees which rows: the condition that every query of items and cases carries.

use super::db::Arg;
use crate::records::Viewer;

/// The condition under which an item with alias `i` is visible. An item that was not judged yet may turn out
/// confidential, so only those who see everything see it.
pub(super) fn items(viewer: &Viewer, values: &mut Vec<Arg>) -> String {
    if viewer.all_open && viewer.all_confidential {
        return "1 = 1".into();
    }
    let mut ways = Vec::new();
    if viewer.all_open {
        ways.push("(i.judged_version > 0 AND NOT i.confidential)".to_owned());
    }
    if viewer.all_confidential {
        ways.push("i.confidential".to_owned());
    }
    if let Some(department) = &viewer.department {
        values.push(Arg::from(department.as_str()));
        ways.push(format!(
            "EXISTS (SELECT 1 FROM case_item ci JOIN case_department cd ON cd.case_id = ci.case_id
             WHERE ci.item_id = i.id AND cd.department = ${})",
            values.len()
        ));
    }
    either(&ways)
}

/// The condition under which a case with alias `c` is visible.
pub(super) fn cases(viewer: &Viewer, values: &mut Vec<Arg>) -> String {
    if viewer.all_open && viewer.all_confidential {
        return "1 = 1".into();
    }
    let mut ways = Vec::new();
    if viewer.all_open {
        ways.push("NOT c.confidential".to_owned());
    }
    if viewer.all_confidential {
        ways.push("c.confidential".to_owned());
    }
    if let Some(department) = &viewer.department {
        values.push(Arg::from(department.as_str()));
        ways.push(format!(
            "EXISTS (SELECT 1 FROM case_department cd WHERE cd.case_id = c.id AND cd.department = ${})",
            values.len()
        ));
    }
    either(&ways)
}

/// The condition under which a fact with alias `f` counts for the viewer. What a department is charged with is its own
/// although the case went on to another; of confidential cases it counts those that are still with it.
pub(super) fn facts(viewer: &Viewer, values: &mut Vec<Arg>) -> String {
    if viewer.all_open && viewer.all_confidential {
        return "1 = 1".into();
    }
    let mut ways = Vec::new();
    if viewer.all_open {
        ways.push("NOT f.confidential".to_owned());
    }
    if viewer.all_confidential {
        ways.push("f.confidential".to_owned());
    }
    if let Some(department) = &viewer.department {
        let mark = bind(values, department.as_str());
        ways.push(format!(
            "(f.department = {mark} AND (NOT f.confidential OR EXISTS (SELECT 1 FROM case_department cd
             WHERE cd.case_id = f.case_id AND cd.department = {mark})))"
        ));
    }
    either(&ways)
}

/// The condition under which a mirrored case with alias `m` and its item `i` is visible. A department sees those that name
/// it; what is confidential no department sees, for nobody here has decided whom it may reach.
pub(super) fn mirrored(viewer: &Viewer, values: &mut Vec<Arg>) -> String {
    let items = items(&Viewer { department: None, ..viewer.clone() }, values);
    let Some(department) = &viewer.department else { return items };
    let mark = bind(values, department.as_str());
    either(&[items, format!("(m.department = {mark} AND i.judged_version > 0 AND NOT i.confidential)")])
}

/// The condition under which an incident with alias `n` is visible. Departments see the items of their cases, not incidents.
pub(super) fn incidents(viewer: &Viewer) -> &'static str {
    match (viewer.all_open, viewer.all_confidential) {
        (true, true) => "1 = 1",
        (true, false) => "NOT n.confidential",
        (false, true) => "n.confidential",
        (false, false) => "1 = 0",
    }
}

/// The condition under which a line with alias `l` is visible: it is for the departments that it names, or for all.
pub(super) fn lines(viewer: &Viewer, values: &mut Vec<Arg>) -> String {
    const NAMES: &str = "EXISTS (SELECT 1 FROM line_department ld WHERE ld.line_id = l.id";
    let mut ways = Vec::new();
    if viewer.all_open {
        ways.push("NOT l.confidential".to_owned());
    }
    if viewer.all_confidential {
        ways.push("l.confidential".to_owned());
    }
    if let Some(department) = &viewer.department {
        values.push(Arg::from(department.as_str()));
        ways.push(format!(
            "{NAMES} AND ld.department = ${}) OR (NOT l.confidential AND NOT {NAMES}))",
            values.len()
        ));
    }
    either(&ways)
}

fn either(ways: &[String]) -> String {
    if ways.is_empty() { "1 = 0".into() } else { format!("({})", ways.join(" OR ")) }
}

/// Binds `value` and gives its placeholder.
pub(super) fn bind(values: &mut Vec<Arg>, value: impl Into<Arg>) -> String {
    values.push(value.into());
    format!("${}", values.len())
}
