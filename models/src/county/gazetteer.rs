//! `places.csv`: the county's places by name, with the town that each lies in.

use super::codes::Town;
use super::departments::Departments;
use super::error::{At, CountyError};
use super::table::for_each_row;

/// The name of the file in the county's folder.
pub(super) const FILE: &str = "places.csv";

const COLUMNS: &[&str] = &["name", "kind", "town", "aliases"];
const REQUIRED: &[&str] = &["name", "kind", "town"];

/// What a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceKind {
    Town,
    Village,
    /// A residents' committee (社区, 居委会).
    Community,
    Road,
    /// A housing estate.
    Estate,
    School,
    /// Any other place that people name: a hospital, a market, an industrial park.
    Site,
    Firm,
    Scenic,
}

impl PlaceKind {
    /// The words of the file.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("town", Self::Town),
        ("village", Self::Village),
        ("community", Self::Community),
        ("road", Self::Road),
        ("estate", Self::Estate),
        ("school", Self::School),
        ("site", Self::Site),
        ("firm", Self::Firm),
        ("scenic", Self::Scenic),
    ];

    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(w, _)| *w == word).map(|(_, kind)| *kind)
    }
}

/// One place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub name: String,
    pub kind: PlaceKind,
    /// `None` for what lies in several towns, or in none that is sure.
    pub town: Option<Town>,
    pub aliases: Vec<String>,
}

/// The places in the order of the file. One name may stand for places of several towns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gazetteer {
    places: Vec<Place>,
}

impl Gazetteer {
    /// Reads and checks the file's text against the towns that have an office; `file` is the name that errors show.
    ///
    /// # Errors
    /// [`CountyError::Invalid`] at the first value that is not allowed.
    pub fn parse(file: &str, text: &str, departments: &Departments) -> Result<Self, CountyError> {
        let mut places: Vec<Place> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for_each_row(file, text, COLUMNS, REQUIRED, |row| {
            let name = row.required("name")?;
            let kind = row.required("kind")?;
            let Some(kind) = PlaceKind::from_word(kind) else {
                let allowed: Vec<&str> = PlaceKind::WORDS.iter().map(|(w, _)| *w).collect();
                return Err(row.at.invalid(format!("kind \"{kind}\" is unknown"), allowed.join(", ")));
            };
            let town = town(row.at, row.get("town"), departments)?;
            if kind == PlaceKind::Town && town.as_ref().map(Town::as_str) != Some(name) {
                return Err(row
                    .at
                    .invalid(format!("town of \"{name}\" is not itself"), format!("town {name}")));
            }
            if !seen.insert((name.to_owned(), town.clone())) {
                let what = format!("\"{name}\" stands twice in one town");
                return Err(row.at.invalid(what, "each name once a town"));
            }
            if let Some(short) =
                row.list("aliases").iter().chain([&name.to_owned()]).find(|n| n.chars().count() < 2)
            {
                let what = format!("the name \"{short}\" is too short to be found in a text");
                return Err(row.at.invalid(what, "names of two characters or more"));
            }
            places.push(Place { name: name.to_owned(), kind, town, aliases: row.list("aliases") });
            Ok(())
        })?;
        Ok(Self { places })
    }

    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// The places of that name or alias.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Place> {
        self.places.iter().filter(move |p| p.name == name || p.aliases.iter().any(|a| a == name))
    }
}

fn town(at: At<'_>, name: &str, departments: &Departments) -> Result<Option<Town>, CountyError> {
    if name.is_empty() {
        return Ok(None);
    }
    let known = departments.towns().find(|t| t.as_str() == name).cloned();
    known.map(Some).ok_or_else(|| {
        at.invalid(format!("town \"{name}\" has no office in departments.csv"), departments.town_names())
    })
}
