//! `departments.csv`: the offices that take cases, and which of them a kind of office means here.

use jiff::civil::Date;

use super::codes::{DepartmentCode, Town};
use super::error::{At, CountyError};
use super::office_kind::OfficeKind;
use super::table::{Row, for_each_row};
use super::taxonomy::{SLUG, is_slug};
use super::validity::Validity;

/// The name of the file in the county's folder.
pub(super) const FILE: &str = "departments.csv";

const COLUMNS: &[&str] = &["code", "name", "short_name", "kind", "town", "aliases", "valid_from", "valid_to"];
const REQUIRED: &[&str] = &["code", "name", "short_name", "kind", "town"];

/// One office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    pub code: DepartmentCode,
    pub name: String,
    pub short_name: String,
    pub kind: OfficeKind,
    /// The town that the office governs; set exactly for the kind 乡镇街道.
    pub town: Option<Town>,
    /// Other names under which sheets know it.
    pub aliases: Vec<String>,
    pub validity: Validity,
}

/// The offices in the order of the file: of several of one kind, the first is the county's first choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departments {
    all: Vec<Department>,
}

impl Departments {
    /// Reads and checks the file's text; `file` is the name that errors show.
    ///
    /// # Errors
    /// [`CountyError::Invalid`] at the first value that is not allowed.
    pub fn parse(file: &str, text: &str) -> Result<Self, CountyError> {
        let mut all: Vec<Department> = Vec::new();
        for_each_row(file, text, COLUMNS, REQUIRED, |row| {
            let department = department(row)?;
            refuse_double(row.at, &all, &department)?;
            all.push(department);
            Ok(())
        })?;
        if all.is_empty() {
            return Err(At { file, line: 1 }.invalid("there is no department", "at least one row"));
        }
        Ok(Self { all })
    }

    pub fn all(&self) -> &[Department] {
        &self.all
    }

    /// Those that exist on a day.
    pub fn on(&self, date: Date) -> impl Iterator<Item = &Department> {
        self.all.iter().filter(move |d| d.validity.contains(date))
    }

    pub fn by_code(&self, code: &DepartmentCode) -> Option<&Department> {
        self.all.iter().find(|d| d.code == *code)
    }

    /// The office that a sheet names: by short name, name or alias, with or without a leading 县 or county name.
    pub fn by_name(&self, name: &str) -> Option<&Department> {
        let name = name.trim();
        let is_called =
            |d: &&Department| d.short_name == name || d.name == name || d.aliases.iter().any(|a| a == name);
        self.all.iter().find(is_called).or_else(|| {
            let bare = name.strip_prefix('县')?;
            self.all.iter().find(|d| d.short_name == bare || d.name == bare)
        })
    }

    /// The offices of a kind (the names of [`OfficeKind`]), the county's first choice first. `乡镇街道`
    /// gives the office of `town`, and every town's when the town is unknown; an unknown kind gives none.
    pub fn of_kind(&self, kind: &str, town: Option<&Town>) -> Vec<&Department> {
        let of_kind = self.all.iter().filter(|d| d.kind.name() == kind);
        if kind == OfficeKind::TOWN.name() && town.is_some() {
            return of_kind.filter(|d| d.town.as_ref() == town).collect();
        }
        of_kind.collect()
    }

    /// The office of a town.
    pub fn of_town(&self, town: &Town) -> Option<&Department> {
        self.all.iter().find(|d| d.town.as_ref() == Some(town))
    }

    /// The towns that have an office, in the order of the file.
    pub fn towns(&self) -> impl Iterator<Item = &Town> {
        self.all.iter().filter_map(|d| d.town.as_ref())
    }

    pub(super) fn codes(&self) -> String {
        self.all.iter().map(|d| d.code.as_str()).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn town_names(&self) -> String {
        self.towns().map(Town::as_str).collect::<Vec<_>>().join(", ")
    }
}

fn department(row: &Row<'_>) -> Result<Department, CountyError> {
    let code = row.required("code")?;
    if !is_slug(code) {
        return Err(row.at.invalid(format!("code \"{code}\" is not a slug"), SLUG));
    }
    let kind_name = row.required("kind")?;
    let Some(kind) = OfficeKind::from_name(kind_name) else {
        let what = format!("kind \"{kind_name}\" is unknown");
        return Err(row.at.invalid(what, OfficeKind::NAMES.join(", ")));
    };
    let town = match (row.get("town"), kind == OfficeKind::TOWN) {
        ("", true) => return Err(row.at.invalid("town is empty", "the town of an office of kind 乡镇街道")),
        ("", false) => None,
        (town, true) => Some(Town::new(town)),
        (town, false) => {
            let what = format!("town \"{town}\" on an office of kind {kind}");
            return Err(row.at.invalid(what, "a town only on the kind 乡镇街道"));
        }
    };
    Ok(Department {
        code: DepartmentCode::new(code),
        name: row.required("name")?.to_owned(),
        short_name: row.required("short_name")?.to_owned(),
        kind,
        town,
        aliases: row.list("aliases"),
        validity: row.validity()?,
    })
}

fn refuse_double(at: At<'_>, all: &[Department], new: &Department) -> Result<(), CountyError> {
    if all.iter().any(|d| d.code == new.code) {
        return Err(at.invalid(format!("code \"{}\" stands twice", new.code), "each code once"));
    }
    let same_time = |d: &&Department| d.validity.overlaps(&new.validity);
    if let Some(town) = &new.town
        && let Some(other) = all.iter().filter(same_time).find(|d| d.town.as_ref() == Some(town))
    {
        let what = format!("town \"{town}\" already has the office \"{}\"", other.code);
        return Err(at.invalid(what, "one office of a town at a time"));
    }
    let is_called = |d: &Department, name: &str| d.short_name == name || d.aliases.iter().any(|a| a == name);
    for name in new.aliases.iter().chain([&new.short_name]) {
        if let Some(other) = all.iter().filter(same_time).find(|d| is_called(d, name)) {
            let what = format!("the name \"{name}\" already means \"{}\"", other.code);
            return Err(at.invalid(what, "each name on one office"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "code,name,short_name,kind,town,aliases,valid_from,valid_to\n";

    fn error(rows: &str) -> String {
        Departments::parse(FILE, &format!("{HEADER}{rows}")).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_kind_is_named_with_the_allowed_ones() {
        let error = error("a,甲局,甲,住建,,,,\nb,乙局,乙,住健,,,,\n");
        assert!(
            error.starts_with("departments.csv line 3: kind \"住健\" is unknown; allowed: 住建, "),
            "{error}"
        );
    }

    #[test]
    fn codes_names_and_towns_stand_once() {
        assert!(error("a,甲局,甲,住建,,,,\na,乙局,乙,住建,,,,\n").contains("code \"a\" stands twice"));
        assert!(
            error("a,甲局,甲,住建,,丙,,\nb,乙局,乙,住建,,丙,,\n")
                .contains("the name \"丙\" already means \"a\"")
        );
        assert!(
            error("a,甲,甲,乡镇街道,甲镇,,,\nb,乙,乙,乡镇街道,甲镇,,,\n").contains("already has the office")
        );
        assert!(error("a,甲,甲,乡镇街道,,,,\n").contains("town is empty"));
        assert!(error("a,甲,甲,住建,甲镇,,,\n").contains("town \"甲镇\" on an office"));
    }

    #[test]
    fn a_town_office_that_was_replaced_may_share_its_name() {
        let rows = "a,甲,甲镇,乡镇街道,甲镇,,,2024-12-31\nb,乙,甲镇,乡镇街道,甲镇,,2025-01-01,\n";
        assert_eq!(Departments::parse(FILE, &format!("{HEADER}{rows}")).unwrap().all().len(), 2);
    }

    #[test]
    fn unknown_columns_and_short_rows_are_refused() {
        let text = "code,name,short_name,kind,town,colour\n";
        let unknown = Departments::parse(FILE, text).unwrap_err().to_string();
        assert!(
            unknown.starts_with("departments.csv line 1: column \"colour\" is unknown; allowed: code, name")
        );
        assert!(error("a,甲局\n").contains("line 2: the row has 2 cells; allowed: 8 cells"));
    }
}
