//! `county.toml`: the county's name, its office hours, and the floors of rates.

use jiff::civil::Time;
use serde::Deserialize;
use toml::Spanned;

use super::error::CountyError;
use super::toml_text::TomlText;
use crate::records::{Rate, ReportKind};

/// The name of the file in the county's folder.
pub(super) const FILE: &str = "county.toml";

/// One stretch of office hours within a day, `start` before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfficePeriod {
    pub start: Time,
    pub end: Time,
}

/// What a county is called and when its offices are open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountySettings {
    pub name: String,
    pub short_name: String,
    pub city: String,
    /// In order and apart from each other; never empty. The last one's end closes the day.
    pub office_hours: Vec<OfficePeriod>,
    /// What a rate is not to fall below, in percent.
    pub floors: Vec<(Rate, u8)>,
    /// Which reports are drafted by themselves, and when.
    pub reports: ReportPlan,
    /// What tiers of sources (来源级别) there are, each once; never empty.
    pub source_tiers: Vec<String>,
}

/// Which reports are drafted by themselves on the day after their days, and at what time of that day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportPlan {
    pub daily: bool,
    pub weekly: bool,
    pub monthly: bool,
    pub at: Time,
}

impl ReportPlan {
    /// The kinds that are drafted.
    pub fn kinds(&self) -> impl Iterator<Item = ReportKind> + use<> {
        let all = [
            (self.daily, ReportKind::Daily),
            (self.weekly, ReportKind::Weekly),
            (self.monthly, ReportKind::Monthly),
        ];
        all.into_iter().filter(|(wanted, _)| *wanted).map(|(_, kind)| kind)
    }
}

impl CountySettings {
    /// The floor of a rate in percent, where it has one.
    pub fn floor(&self, rate: Rate) -> Option<u8> {
        self.floors.iter().find(|(of, _)| *of == rate).map(|(_, percent)| *percent)
    }
}

/// The tiers of a county that names none.
const TIERS: [&str; 7] = ["中央媒体", "省级媒体", "市级媒体", "县级媒体", "商业门户", "自媒体", "官方平台"];
/// The longest name of a tier, in characters.
const LONGEST_TIER: usize = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: Spanned<String>,
    short_name: Spanned<String>,
    city: String,
    office_hours: Spanned<Vec<Spanned<String>>>,
    time_zone: Spanned<String>,
    #[serde(default)]
    floors: RawFloors,
    source_tiers: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    reports: RawReports,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawReports {
    daily: bool,
    weekly: bool,
    monthly: bool,
    at: Option<Spanned<String>>,
}

impl Default for RawReports {
    fn default() -> Self {
        Self { daily: false, weekly: true, monthly: true, at: None }
    }
}

/// The rates that are the better the higher they are.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFloors {
    contact: Option<Spanned<i64>>,
    on_time: Option<Spanned<i64>>,
    solved: Option<Spanned<i64>>,
    satisfied: Option<Spanned<i64>>,
}

impl CountySettings {
    /// Reads and checks the file's text; `file` is the name that errors show.
    ///
    /// # Errors
    /// [`CountyError::Invalid`] at the first value that is not allowed.
    pub fn parse(file: &str, text: &str) -> Result<Self, CountyError> {
        let toml = TomlText { file, text };
        let raw: Raw = toml.read()?;
        for name in [&raw.name, &raw.short_name] {
            if name.get_ref().trim().is_empty() {
                return Err(toml.at(name).invalid("the name is empty", "a name"));
            }
        }
        if raw.time_zone.get_ref() != "Asia/Shanghai" {
            let what = format!("time_zone \"{}\" is not supported", raw.time_zone.get_ref());
            return Err(toml.at(&raw.time_zone).invalid(what, "Asia/Shanghai"));
        }
        let office_hours = office_hours(toml, &raw.office_hours)?;
        let floors = floors(toml, &raw.floors)?;
        let reports = reports(toml, &raw.reports)?;
        Ok(Self {
            floors,
            reports,
            name: raw.name.into_inner(),
            short_name: raw.short_name.into_inner(),
            city: raw.city,
            office_hours,
            source_tiers: match raw.source_tiers {
                Some(tiers) => source_tiers(toml, &tiers)?,
                None => TIERS.map(str::to_owned).to_vec(),
            },
        })
    }
}

fn floors(toml: TomlText<'_>, raw: &RawFloors) -> Result<Vec<(Rate, u8)>, CountyError> {
    let all = [
        (Rate::Contact, &raw.contact),
        (Rate::OnTime, &raw.on_time),
        (Rate::Solved, &raw.solved),
        (Rate::Satisfied, &raw.satisfied),
    ];
    let given = all.into_iter().filter_map(|(rate, value)| Some((rate, value.as_ref()?)));
    given
        .map(|(rate, value)| match u8::try_from(*value.get_ref()) {
            Ok(percent @ 1..=100) => Ok((rate, percent)),
            _ => {
                let what = format!("floors.{} is {}", rate.code(), value.get_ref());
                Err(toml.at(value).invalid(what, "a percentage from 1 to 100"))
            }
        })
        .collect()
}

/// Reports are drafted at this hour where the county names none.
const REPORTS_AT: Time = Time::constant(7, 0, 0, 0);

fn reports(toml: TomlText<'_>, raw: &RawReports) -> Result<ReportPlan, CountyError> {
    let at = match &raw.at {
        None => REPORTS_AT,
        Some(text) => Time::strptime("%H:%M", text.get_ref().trim()).map_err(|_| {
            let what = format!("reports.at \"{}\" is no time", text.get_ref());
            toml.at(text).invalid(what, "a time like \"07:30\"")
        })?,
    };
    Ok(ReportPlan { daily: raw.daily, weekly: raw.weekly, monthly: raw.monthly, at })
}

fn source_tiers(toml: TomlText<'_>, raw: &Spanned<Vec<Spanned<String>>>) -> Result<Vec<String>, CountyError> {
    const ALLOWED: &str = "one name or more, each once, of 1 to 20 characters";
    let mut tiers: Vec<String> = Vec::new();
    for tier in raw.get_ref() {
        let name = tier.get_ref().trim().to_owned();
        if !(1..=LONGEST_TIER).contains(&name.chars().count()) || tiers.contains(&name) {
            let what = format!("source_tiers \"{name}\" is empty, too long or stands twice");
            return Err(toml.at(tier).invalid(what, ALLOWED));
        }
        tiers.push(name);
    }
    if tiers.is_empty() {
        return Err(toml.at(raw).invalid("source_tiers is empty", ALLOWED));
    }
    Ok(tiers)
}

fn office_hours(
    toml: TomlText<'_>,
    raw: &Spanned<Vec<Spanned<String>>>,
) -> Result<Vec<OfficePeriod>, CountyError> {
    const ALLOWED: &str = "stretches like \"08:30-12:00\", in order and apart from each other";
    let mut periods: Vec<OfficePeriod> = Vec::new();
    for text in raw.get_ref() {
        let invalid =
            || toml.at(text).invalid(format!("office_hours \"{}\" cannot be read", text.get_ref()), ALLOWED);
        let period = parse_period(text.get_ref()).ok_or_else(invalid)?;
        if periods.last().is_some_and(|last| period.start <= last.end) {
            let what = format!("office_hours \"{}\" overlaps the stretch before it", text.get_ref());
            return Err(toml.at(text).invalid(what, ALLOWED));
        }
        periods.push(period);
    }
    if periods.is_empty() {
        return Err(toml.at(raw).invalid("office_hours is empty", ALLOWED));
    }
    Ok(periods)
}

fn parse_period(text: &str) -> Option<OfficePeriod> {
    let (start, end) = text.split_once('-')?;
    let time = |t: &str| Time::strptime("%H:%M", t.trim()).ok();
    let period = OfficePeriod { start: time(start)?, end: time(end)? };
    (period.start < period.end).then_some(period)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_hours(hours: &str) -> Result<CountySettings, CountyError> {
        let text = format!(
            "name = \"甲县\"\nshort_name = \"甲\"\ncity = \"乙市\"\noffice_hours = {hours}\ntime_zone = \"Asia/Shanghai\"\n"
        );
        CountySettings::parse(FILE, &text)
    }

    #[test]
    fn office_hours_stand_in_order() {
        assert_eq!(with_hours(r#"["08:30-12:00", "13:30-17:00"]"#).unwrap().office_hours.len(), 2);
        for bad in [r#"["13:30-17:00", "08:30-12:00"]"#, r#"["17:00-08:30"]"#, r#"["8h"]"#, "[]"] {
            let error = with_hours(bad).unwrap_err().to_string();
            assert!(error.starts_with("county.toml line 4: office_hours"), "{error}");
        }
    }

    #[test]
    fn floors_are_percentages() {
        let text = |floors: &str| {
            let names =
                "name = \"甲县\"\nshort_name = \"甲\"\ncity = \"乙市\"\ntime_zone = \"Asia/Shanghai\"\n";
            format!("{names}office_hours = [\"08:30-12:00\"]\n{floors}")
        };
        let settings = |floors: &str| CountySettings::parse(FILE, &text(floors));
        let with = settings("[floors]\ncontact = 92\nsatisfied = 85\n").unwrap();
        assert_eq!((with.floor(Rate::Contact), with.floor(Rate::Satisfied)), (Some(92), Some(85)));
        assert_eq!((with.floor(Rate::Solved), settings("").unwrap().floor(Rate::Contact)), (None, None));
        let error = settings("[floors]\ncontact = 0\n").unwrap_err().to_string();
        assert!(
            error.starts_with("county.toml line 7: floors.contact is 0") && error.contains("1 to 100"),
            "{error}"
        );
        assert!(settings("[floors]\nsent_back = 5\n").unwrap_err().to_string().contains("sent_back"));
    }

    #[test]
    fn a_county_may_name_its_own_tiers_of_sources() {
        let with = |tiers: &str| {
            let text = format!(
                "name = \"甲县\"\nshort_name = \"甲\"\ncity = \"乙市\"\noffice_hours = [\"08:30-17:00\"]\ntime_zone = \"Asia/Shanghai\"\n{tiers}"
            );
            CountySettings::parse(FILE, &text)
        };
        assert_eq!(with("").unwrap().source_tiers, TIERS);
        assert_eq!(with("source_tiers = [\"大报\", \"小报\"]").unwrap().source_tiers, ["大报", "小报"]);
        for bad in ["[]", "[\"\"]", "[\"甲\", \"甲\"]"] {
            let error = with(&format!("source_tiers = {bad}")).unwrap_err().to_string();
            assert!(error.starts_with("county.toml line 6: source_tiers"), "{error}");
        }
    }

    #[test]
    fn a_county_says_which_reports_are_drafted_and_when() {
        let with = |reports: &str| {
            let text = format!(
                "name = \"甲县\"\nshort_name = \"甲\"\ncity = \"乙市\"\noffice_hours = [\"08:30-17:00\"]\ntime_zone = \"Asia/Shanghai\"\n{reports}"
            );
            CountySettings::parse(FILE, &text)
        };
        let kinds = |reports: &str| with(reports).unwrap().reports.kinds().collect::<Vec<_>>();
        assert_eq!(kinds(""), [ReportKind::Weekly, ReportKind::Monthly]);
        assert_eq!(
            kinds("[reports]\ndaily = true\nmonthly = false\n"),
            [ReportKind::Daily, ReportKind::Weekly]
        );
        assert_eq!(with("[reports]\nat = \"07:30\"\n").unwrap().reports.at, Time::constant(7, 30, 0, 0));
        let error = with("[reports]\nat = \"7点\"\n").unwrap_err().to_string();
        assert!(
            error.starts_with("county.toml line 7: reports.at \"7点\"") && error.contains("07:30"),
            "{error}"
        );
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let error = CountySettings::parse(FILE, "nmae = \"甲县\"\n").unwrap_err().to_string();
        assert!(
            error.contains("county.toml line 1") && error.contains("nmae") && error.contains("name"),
            "{error}"
        );
    }
}
