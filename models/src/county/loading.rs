//! Puts a county together from its files, each checked alone and against the others.

use std::collections::BTreeMap;
use std::path::Path;

use super::County;
use super::alert_rules;
use super::calendar_data::{self, CalendarData, YearCalendar};
use super::deadline_rules::{self, DeadlineRules};
use super::departments::{self, Departments};
use super::embedded::FILES;
use super::error::{At, CountyError, line_of};
use super::gazetteer::{self, Gazetteer};
use super::notice_rules;
use super::reply_templates;
use super::report_sentences;
use super::report_styles::ReportStyles;
use super::retention;
use super::routing::{self, Routing};
use super::settings::{self, CountySettings};
use super::stop_words::{self, StopWords};
use super::taxonomy::{self, Taxonomy};
use super::town_map::{self, TownMap};
use super::words::{self, Words};

impl County {
    /// The sample county inside the binary.
    ///
    /// # Errors
    /// As [`County::from_texts`]; a test keeps the shipped files free of them.
    pub fn embedded() -> Result<Self, CountyError> {
        Self::from_texts(&BTreeMap::new())
    }

    /// Reads the county's folder; a file that it lacks is taken from the sample county.
    ///
    /// # Errors
    /// [`CountyError::Read`] when `dir` or a file in it cannot be read, and as [`County::from_texts`].
    pub fn load(dir: &Path) -> Result<Self, CountyError> {
        Self::from_texts(&read_folder(dir)?)
    }

    /// Checks a county whose files are at hand by name (`routing.csv`, `calendar/2027.json` ...), so that a
    /// change can be tried before it is saved. Files that are not among them come from the sample county.
    ///
    /// # Errors
    /// [`CountyError::Invalid`] at the first value that is not allowed in its file or that names a topic,
    /// town, department or rule that another file lacks.
    pub fn from_texts(texts: &BTreeMap<String, String>) -> Result<Self, CountyError> {
        let mut files: BTreeMap<&str, &str> = FILES.iter().copied().collect();
        files.extend(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        let sample = |name: &str| FILES.iter().find(|(file, _)| *file == name).map_or("", |(_, text)| *text);
        let text = |name: &'static str| files.get(name).copied().unwrap_or("");

        let taxonomy = Taxonomy::parse(taxonomy::FILE, text(taxonomy::FILE))?;
        let departments = Departments::parse(departments::FILE, text(departments::FILE))?;
        let settings = CountySettings::parse(settings::FILE, text(settings::FILE))?;
        Ok(Self {
            routing: Routing::parse(routing::FILE, text(routing::FILE), &taxonomy, &departments)?,
            deadline_rules: DeadlineRules::parse(deadline_rules::FILE, text(deadline_rules::FILE))?,
            calendar: calendar(&files)?,
            gazetteer: Gazetteer::parse(gazetteer::FILE, text(gazetteer::FILE), &departments)?,
            town_map: match texts.get(town_map::FILE) {
                Some(own) => TownMap::parse(town_map::FILE, own, &departments)?,
                // The sample's map is that of its own towns: a county with others has none until it draws one.
                None => {
                    TownMap::parse(town_map::FILE, text(town_map::FILE), &departments).unwrap_or_default()
                }
            },
            alert_rules: alert_rules::parse(
                alert_rules::FILE,
                text(alert_rules::FILE),
                &taxonomy,
                &departments,
                &settings,
            )?,
            retention: retention::parse(retention::FILE, text(retention::FILE))?,
            notices: notice_rules::parse(notice_rules::FILE, text(notice_rules::FILE))?,
            reply_templates: reply_templates::parse(
                reply_templates::FILE,
                text(reply_templates::FILE),
                &taxonomy,
                &departments,
            )?,
            report_styles: ReportStyles::parse(sample(report_sentences::WORDING), text)?,
            words: Words::parse(words::FILE, text(words::FILE))?,
            stop_words: StopWords::parse(stop_words::FILE, text(stop_words::FILE))?,
            settings,
            taxonomy,
            departments,
        })
    }
}

impl County {
    /// Reads alert rules in the form of `alerts.toml`; `file` is the name that errors show.
    ///
    /// # Errors
    /// [`CountyError::Invalid`] at the first value that is not allowed.
    pub fn read_alert_rules(
        &self,
        file: &str,
        text: &str,
    ) -> Result<Vec<alert_rules::FirstAlertRule>, CountyError> {
        alert_rules::parse(file, text, &self.taxonomy, &self.departments, &self.settings)
    }
}

fn calendar(files: &BTreeMap<&str, &str>) -> Result<CalendarData, CountyError> {
    let mut data = CalendarData::default();
    for (name, text) in files.iter().filter(|(name, _)| name.starts_with(calendar_data::FOLDER)) {
        let year = YearCalendar::parse(name, text)?;
        let right_name = format!("{}/{}.json", calendar_data::FOLDER, year.year);
        if *name != right_name {
            let what = format!("the file holds the year {}", year.year);
            return Err(At { file: name, line: 1 }.invalid(what, format!("that year in {right_name}")));
        }
        data.insert(year);
    }
    Ok(data)
}

/// The county files that a folder has, by their name relative to it.
pub(super) fn read_folder(dir: &Path) -> Result<BTreeMap<String, String>, CountyError> {
    std::fs::read_dir(dir).map_err(|source| CountyError::Read { path: dir.to_owned(), source })?;
    let mut texts = BTreeMap::new();
    let names = FILES.iter().map(|(name, _)| (*name).to_owned()).chain(calendar_names(dir)?);
    for name in names {
        let path = dir.join(&name);
        if texts.contains_key(&name) || !path.exists() {
            continue;
        }
        let bytes = std::fs::read(&path).map_err(|source| CountyError::Read { path, source })?;
        let text = utf8(&name, bytes)?;
        texts.insert(name, text);
    }
    Ok(texts)
}

/// `calendar/YEAR.json` for every such file of the folder.
fn calendar_names(dir: &Path) -> Result<Vec<String>, CountyError> {
    let folder = dir.join(calendar_data::FOLDER);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let failed = |source| CountyError::Read { path: folder.clone(), source };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".json") {
            names.push(format!("{}/{name}", calendar_data::FOLDER));
        }
    }
    names.sort();
    Ok(names)
}

fn utf8(file: &str, bytes: Vec<u8>) -> Result<String, CountyError> {
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = line_of(&String::from_utf8_lossy(&error.as_bytes()[..good]), good);
        At { file, line }.invalid("the file is not UTF-8", "text saved as UTF-8 (in Excel: CSV UTF-8)")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::county::{Amount, DayKind, RouteQuery, RuleId, TopicCode, Town};
    use crate::records::Kind;
    use jiff::civil::date;

    fn county() -> County {
        County::embedded().unwrap()
    }

    /// The code of the department that the shipped table names.
    fn routed(topic: &str, town: Option<&str>, kind: Kind, title: &str, body: &str) -> Option<String> {
        let county = county();
        let (topic, town) = (TopicCode::new(topic), town.map(Town::new));
        let on = date(2026, 11, 23);
        let query = RouteQuery { topic: &topic, town: town.as_ref(), kind, title, body, on };
        county.routing.route(&query, &county.departments).map(|r| r.department.code.to_string())
    }

    fn error_with(name: &str, text: &str) -> String {
        let texts = BTreeMap::from([(name.to_owned(), text.to_owned())]);
        County::from_texts(&texts).unwrap_err().to_string()
    }

    #[test]
    fn the_sample_county_is_sound_and_whole() {
        let county = county();
        assert_eq!(county.taxonomy.fields().len(), 17);
        assert_eq!(county.taxonomy.plan_fields().count(), 8);
        assert_eq!(county.departments.towns().count(), 18);
        assert_eq!(county.deadline_rules.all().len(), 23);
        assert_eq!(county.calendar.years().collect::<Vec<_>>(), [2024, 2025, 2026]);
        assert!(county.gazetteer.places().len() > 400);
        assert_eq!(county.alert_rules.len(), 8);
        assert_eq!(county.reply_templates.len(), 11);
        for town in county.departments.towns() {
            assert!(county.gazetteer.named(town.as_str()).any(|p| p.town.as_ref() == Some(town)), "{town}");
        }
    }

    #[test]
    fn every_kind_of_office_has_an_office() {
        let county = county();
        for kind in crate::county::OfficeKind::NAMES {
            assert!(!county.departments.of_kind(kind, None).is_empty(), "{kind}");
        }
        let shipu = county.departments.of_kind("乡镇街道", Some(&Town::new("石浦镇")));
        assert_eq!(shipu.iter().map(|d| d.code.as_str()).collect::<Vec<_>>(), ["shipu"]);
        assert!(county.departments.of_kind("天文", None).is_empty());
        assert_eq!(county.departments.by_name("县人社局").unwrap().code.as_str(), "rsj");
    }

    #[test]
    fn the_table_routes_by_topic_place_kind_and_words() {
        let c = Kind::Complaint;
        assert_eq!(routed("wages", None, c, "老板拖欠工资", "").as_deref(), Some("rsj"));
        assert_eq!(routed("edu_med_elder", None, c, "学校乱收费", "").as_deref(), Some("jyj"));
        assert_eq!(routed("edu_med_elder", None, c, "医院排队太久", "").as_deref(), Some("wjj"));
        assert_eq!(routed("edu_med_elder", None, c, "请问", ""), None);
        assert_eq!(routed("rural", Some("石浦镇"), c, "村里分红不公开", "").as_deref(), Some("shipu"));
        assert_eq!(routed("rural", None, c, "村里分红不公开", ""), None, "no town, no town's office");
        assert_eq!(routed("culture", Some("新桥镇"), c, "影视城检票太慢", "").as_deref(), Some("wgj"));
        let report = routed("rural", Some("石浦镇"), Kind::Report, "村书记多占宅基地", "");
        assert_eq!(report.as_deref(), Some("jw"), "a report on a village head does not go to his own town");
    }

    #[test]
    fn the_words_of_the_title_outweigh_one_in_passing() {
        let body = "昨天从医院回家，发现学校门口又在收补课费，老师说必须交。";
        let to = routed("edu_med_elder", None, Kind::Complaint, "学校违规补课", body);
        assert_eq!(to.as_deref(), Some("jyj"));
    }

    #[test]
    fn rows_that_name_what_the_county_lacks_are_refused() {
        let header = "priority,topic,place,kind,words,department,note,valid_from,valid_to\n";
        let error = |row: &str| error_with("routing.csv", &format!("{header}{row}\n"));
        assert!(
            error("1,money,,,,rsj,,,")
                .starts_with("routing.csv line 2: topic \"money\" is not in taxonomy.toml")
        );
        assert!(error("1,wages,沙漠镇,,,rsj,,,").contains("place \"沙漠镇\" has no office"));
        assert!(error("1,wages,,骂人,,rsj,,,").contains("kind \"骂人\" is unknown; allowed: 咨询, 投诉"));
        assert!(error("1,wages,,,,nobody,,,").contains("department \"nobody\" is not in departments.csv"));
        assert!(error("1,wages,,,,rsj,,,\n1,wages,,,,zjj,,,").contains("line 3: asks the same as line 2"));
        assert!(error("1,wages,,,,rsj,,2026-13-01,").contains("valid_from \"2026-13-01\" is not a date"));
        let places = error_with("places.csv", "name,kind,town,aliases\n某村,village,沙漠镇,\n");
        assert!(places.starts_with("places.csv line 2: town \"沙漠镇\" has no office"), "{places}");
    }

    #[test]
    fn a_folder_outranks_the_sample_and_borrows_what_it_lacks() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        std::fs::create_dir(dir.path().join("calendar")).unwrap();
        write(
            "calendar/2027.json",
            "{\"year\":2027,\"days\":[{\"name\":\"元旦\",\"date\":\"2027-01-01\",\"isOffDay\":true}]}",
        );
        write(
            "deadlines.toml",
            "[[rule]]\nid = \"a.b\"\ntitle = \"甲\"\nstarts = \"乙\"\namount = \"1 wd\"\nsource = \"丙\"\nstanding = \"custom\"\n",
        );
        let county = County::load(dir.path()).unwrap();
        assert_eq!(county.calendar.day_kind(date(2027, 1, 1)), DayKind::Off);
        assert_eq!(county.calendar.day_kind(date(2026, 10, 1)), DayKind::Off);
        assert_eq!(county.deadline_rules.all().len(), 1);
        assert_eq!(county.taxonomy.fields().len(), 17);
    }

    #[test]
    fn files_that_cannot_be_read_are_named() {
        let dir = tempfile::tempdir().unwrap();
        assert!(County::load(&dir.path().join("none")).unwrap_err().to_string().starts_with("cannot read "));
        std::fs::write(dir.path().join("places.csv"), b"name,kind,town,aliases\n\xcf\xf3\xc9\xbd,site,,\n")
            .unwrap();
        let error = County::load(dir.path()).unwrap_err().to_string();
        assert!(error.starts_with("places.csv line 2: the file is not UTF-8"), "{error}");
        let of_2024 = FILES.iter().find(|(name, _)| *name == "calendar/2024.json").unwrap().1;
        let error = error_with("calendar/2030.json", of_2024);
        assert!(error.starts_with("calendar/2030.json line 1: the file holds the year 2024"), "{error}");
    }

    #[test]
    fn the_deadline_table_says_what_the_rules_say() {
        let rules = county().deadline_rules;
        let rule = |id: &str| rules.rule(&RuleId::new(id)).unwrap().clone();
        assert_eq!(rule("triage").amount_for(0), Amount::WorkingMinutes(120));
        assert_eq!(rule("triage").amount_for(2), Amount::ClockMinutes(15));
        assert_eq!(rule("hotline.urgent").amount, Amount::SameDay);
        let handle = rule("hotline.handle").extension.unwrap();
        assert_eq!((handle.cap, handle.times), (Amount::WorkingDays(10), Some(1)));
        assert_eq!(rule("petition.close").extension.unwrap().cap, Amount::Days(30));
        let rolling: Vec<String> =
            rules.all().iter().filter(|r| r.roll == Some(true)).map(|r| r.id.to_string()).collect();
        assert_eq!(rolling, ["petition.accept", "petition.close", "decision.comments"]);
    }
}
