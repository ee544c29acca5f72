//! `routing.csv`: which department a matter goes to, by topic, place, kind and words.

use jiff::civil::Date;

use super::codes::{DepartmentCode, TopicCode, Town};
use super::departments::{Department, Departments};
use super::error::CountyError;
use super::table::{Row, for_each_row};
use super::taxonomy::Taxonomy;
use super::validity::Validity;
use crate::records::Kind;

/// The name of the file in the county's folder.
pub(super) const FILE: &str = "routing.csv";

/// Stands in the column `department` for the office of the item's town.
pub const TOWN_OFFICE: &str = "@town";

pub(super) const COLUMNS: [&str; 9] =
    ["priority", "topic", "place", "kind", "words", "department", "note", "valid_from", "valid_to"];
const REQUIRED: &[&str] = &["priority", "topic", "department"];

/// Where a rule sends an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Department(DepartmentCode),
    /// The office of the item's town; a rule with it matches only items whose town is known.
    TownOffice,
}

/// One row; an absent condition is always true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutingRule {
    /// Its line in the file.
    pub line: usize,
    /// Lower numbers are asked first.
    pub priority: u32,
    pub topic: TopicCode,
    pub place: Option<Town>,
    pub kind: Option<Kind>,
    /// One of them must stand in the text; empty when the text does not matter.
    pub words: Vec<String>,
    pub target: Target,
    pub note: String,
    pub validity: Validity,
}

/// What is asked of the table: an item's first topic, town, kind and normalised text, and the day.
#[derive(Debug, Clone, Copy)]
pub struct RouteQuery<'a> {
    pub topic: &'a TopicCode,
    pub town: Option<&'a Town>,
    pub kind: Kind,
    pub title: &'a str,
    pub body: &'a str,
    pub on: Date,
}

/// The answer: a department, the rule that named it, and the words that matched.
#[derive(Debug, Clone)]
pub struct Route<'a> {
    pub department: &'a Department,
    pub rule: &'a RoutingRule,
    pub words: Vec<&'a str>,
}

/// The rules by priority, then by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routing {
    rules: Vec<RoutingRule>,
}

impl Routing {
    /// Reads and checks the file's text; `file` is the name that errors show.
    ///
    /// # Errors
    /// [`CountyError::Invalid`] at the first value that is not allowed, or that names a topic, town or
    /// department that the county does not have.
    pub fn parse(
        file: &str,
        text: &str,
        taxonomy: &Taxonomy,
        departments: &Departments,
    ) -> Result<Self, CountyError> {
        let mut rules: Vec<RoutingRule> = Vec::new();
        for_each_row(file, text, &COLUMNS, REQUIRED, |row| {
            let rule = rule(row, taxonomy, departments)?;
            if let Some(other) = rules.iter().find(|r| same_question(r, &rule)) {
                let what = format!("asks the same as line {}", other.line);
                return Err(row.at.invalid(what, "rows that differ in priority, conditions or dates"));
            }
            rules.push(rule);
            Ok(())
        })?;
        rules.sort_by_key(|r| (r.priority, r.line));
        Ok(Self { rules })
    }

    /// The rules in the order they are asked.
    pub fn rules(&self) -> &[RoutingRule] {
        &self.rules
    }

    /// The department that the table names, or `None` when no rule matches. Of the rules that match, the
    /// lowest priority number wins; among equals the one whose words stand in the text most often (in the
    /// title counted three times), then the earlier line.
    pub fn route<'a>(&'a self, query: &RouteQuery<'_>, departments: &'a Departments) -> Option<Route<'a>> {
        let mut best: Option<(usize, Route<'a>)> = None;
        for rule in &self.rules {
            if best.as_ref().is_some_and(|(_, route)| route.rule.priority < rule.priority) {
                break;
            }
            let Some((hits, words)) = rule.matches(query) else { continue };
            let Some(department) = rule.department(query, departments) else { continue };
            if best.as_ref().is_none_or(|(most, _)| hits > *most) {
                best = Some((hits, Route { department, rule, words }));
            }
        }
        best.map(|(_, route)| route)
    }
}

impl RoutingRule {
    /// How often its words stand in the text, and which, if all conditions hold.
    fn matches(&self, query: &RouteQuery<'_>) -> Option<(usize, Vec<&str>)> {
        let holds = self.topic == *query.topic
            && self.validity.contains(query.on)
            && self.kind.is_none_or(|kind| kind == query.kind)
            && self.place.as_ref().is_none_or(|place| Some(place) == query.town);
        if !holds {
            return None;
        }
        // Texts come normalised, in lower case; an office writes KTV and P2P as everyone does.
        let count = |w: &str| {
            let w = w.to_lowercase();
            query.title.matches(w.as_str()).count() * 3 + query.body.matches(w.as_str()).count()
        };
        let found: Vec<(&str, usize)> =
            self.words.iter().map(|w| (w.as_str(), count(w))).filter(|(_, n)| *n > 0).collect();
        if found.is_empty() && !self.words.is_empty() {
            return None;
        }
        Some((found.iter().map(|(_, n)| n).sum(), found.into_iter().map(|(w, _)| w).collect()))
    }

    fn department<'a>(&self, query: &RouteQuery<'_>, departments: &'a Departments) -> Option<&'a Department> {
        let mut there = departments.on(query.on);
        match &self.target {
            Target::Department(code) => there.find(|d| d.code == *code),
            Target::TownOffice => {
                let town = query.town?;
                there.find(|d| d.town.as_ref() == Some(town))
            }
        }
    }
}

fn rule(row: &Row<'_>, taxonomy: &Taxonomy, departments: &Departments) -> Result<RoutingRule, CountyError> {
    let at = row.at;
    let priority = row.required("priority")?;
    let priority = priority
        .parse()
        .map_err(|_| at.invalid(format!("priority \"{priority}\" is not a number"), "0 to 4294967295"))?;
    let topic = TopicCode::new(row.required("topic")?);
    if taxonomy.field(&topic).is_none() {
        return Err(at.invalid(format!("topic \"{topic}\" is not in taxonomy.toml"), taxonomy.codes()));
    }
    let place = Some(row.get("place")).filter(|p| !p.is_empty()).map(Town::new);
    if let Some(place) = &place
        && departments.of_town(place).is_none()
    {
        let what = format!("place \"{place}\" has no office in departments.csv");
        return Err(at.invalid(what, departments.town_names()));
    }
    let kind = match row.get("kind") {
        "" => None,
        name => Some(Kind::from_code(name).ok_or_else(|| {
            let allowed: Vec<&str> = Kind::ALL.iter().map(|k| k.code()).collect();
            at.invalid(format!("kind \"{name}\" is unknown"), allowed.join(", "))
        })?),
    };
    let target = match row.required("department")? {
        TOWN_OFFICE => Target::TownOffice,
        code => match departments.by_code(&DepartmentCode::new(code)) {
            Some(department) => Target::Department(department.code.clone()),
            None => {
                let what = format!("department \"{code}\" is not in departments.csv");
                return Err(at.invalid(what, format!("{TOWN_OFFICE}, {}", departments.codes())));
            }
        },
    };
    Ok(RoutingRule {
        line: at.line,
        priority,
        topic,
        place,
        kind,
        words: row.list("words"),
        target,
        note: row.get("note").to_owned(),
        validity: row.validity()?,
    })
}

/// Rows that no item can tell apart, of which the second would never be heard. A row for the town's office
/// leaves the items without a town to the next.
fn same_question(a: &RoutingRule, b: &RoutingRule) -> bool {
    a.priority == b.priority
        && a.topic == b.topic
        && a.place == b.place
        && a.kind == b.kind
        && a.words == b.words
        && a.target != Target::TownOffice
        && a.validity.overlaps(&b.validity)
}
