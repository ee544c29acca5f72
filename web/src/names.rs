//! What the county calls its topics, departments, towns and rules: the plain tables that pages show.

use std::collections::HashMap;

use jiff::civil::Date;
use qingting_models::county::County;

/// A deadline rule as a case page shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleName {
    pub title: String,
    pub amount: String,
    pub source: String,
    /// How firm it is, in words.
    pub standing: String,
}

/// The names behind the codes. A code without a name is shown as it is.
#[derive(Debug, Clone, Default)]
pub struct Names {
    pub county: String,
    /// Code and name, in the order of the tables.
    pub topics: Vec<(String, String)>,
    /// Code and short name.
    pub departments: Vec<(String, String)>,
    pub towns: Vec<String>,
    /// Tiers of sources.
    pub source_tiers: Vec<String>,
    pub rules: HashMap<String, RuleName>,
    /// Kind of office (住建, 人社 ...) and the departments of that kind.
    pub offices: HashMap<String, Vec<String>>,
}

fn find<'a>(table: &'a [(String, String)], code: &'a str) -> &'a str {
    table.iter().find(|(c, _)| c == code).map_or(code, |(_, name)| name)
}

impl Names {
    /// The names of a county as they are on a day.
    pub fn of(county: &County, on: Date) -> Self {
        let fields = county.taxonomy.fields().iter().filter(|f| f.validity.contains(on));
        let rule = |r: &qingting_models::county::DeadlineRule| {
            let name = RuleName {
                title: r.title.clone(),
                amount: r.amount.label(),
                source: r.source.clone(),
                standing: r.standing.label().into(),
            };
            (r.id.as_str().to_owned(), name)
        };
        let mut offices: HashMap<String, Vec<String>> = HashMap::new();
        for department in county.departments.on(on) {
            let kind = department.kind.name().to_owned();
            offices.entry(kind).or_default().push(department.code.as_str().to_owned());
        }
        let departments = county.departments.on(on);
        Self {
            county: county.settings.short_name.clone(),
            topics: fields.map(|f| (f.code.as_str().to_owned(), f.name.clone())).collect(),
            departments: departments.map(|d| (d.code.as_str().to_owned(), d.short_name.clone())).collect(),
            towns: county.departments.towns().map(|t| t.as_str().to_owned()).collect(),
            source_tiers: county.settings.source_tiers.clone(),
            rules: county.deadline_rules.all().iter().map(rule).collect(),
            offices,
        }
    }

    pub fn topic<'a>(&'a self, code: &'a str) -> &'a str {
        find(&self.topics, code)
    }

    pub fn department<'a>(&'a self, code: &'a str) -> &'a str {
        find(&self.departments, code)
    }

    pub fn has_topic(&self, code: &str) -> bool {
        self.topics.iter().any(|(c, _)| c == code)
    }

    pub fn has_department(&self, code: &str) -> bool {
        self.departments.iter().any(|(c, _)| c == code)
    }

    pub fn has_town(&self, name: &str) -> bool {
        self.towns.iter().any(|t| t == name)
    }

    pub fn rule(&self, id: &str) -> RuleName {
        self.rules.get(id).cloned().unwrap_or_else(|| RuleName { title: id.into(), ..RuleName::default() })
    }

    /// Whether the department is of a kind of office.
    pub fn is_of_office(&self, department: &str, office: &str) -> bool {
        self.offices.get(office).is_some_and(|codes| codes.iter().any(|code| code == department))
    }
}
