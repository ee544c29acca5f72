//! `deadlines.toml`: how long each kind of answer may take, with the source of the rule and its standing.

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use super::amount::Amount;
use super::codes::RuleId;
use super::error::CountyError;
use super::toml_text::TomlText;
use super::validity::Validity;

/// The name of the file in the county's folder.
pub(super) const FILE: &str = "deadlines.toml";

/// How firm a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Read in the text of a law.
    Law,
    /// Read in a notice, an excerpt or a secondary source.
    Notice,
    /// A common local value that an administrator may change.
    Custom,
}

impl Standing {
    /// The word that people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Law => "法定",
            Self::Notice => "文件",
            Self::Custom => "惯例",
        }
    }
}

/// How far a deadline may be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// The most that may be granted in all: working days or days.
    pub cap: Amount,
    /// How often; `None` limits only the sum.
    pub times: Option<u32>,
    /// The row of the table that says so, when it is another one.
    pub rule: Option<RuleId>,
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadlineRule {
    pub id: RuleId,
    /// What people read: 诉求办理.
    pub title: String,
    /// What starts the clock, in words.
    pub starts: String,
    pub amount: Amount,
    /// The amount for urgency 2, where it differs.
    pub urgent_amount: Option<Amount>,
    /// What meets it, in words.
    pub met_by: Option<String>,
    /// Whether an end on a day off moves to the next working day; only for days and months.
    pub roll: Option<bool>,
    pub extension: Option<Extension>,
    /// How often this row itself may be used, for a row that other rows name as their extension.
    pub times: Option<u32>,
    pub source: String,
    pub standing: Standing,
    pub note: Option<String>,
    pub validity: Validity,
}

impl DeadlineRule {
    /// The amount that counts at an urgency of 0, 1 or 2.
    pub fn amount_for(&self, urgency: u8) -> Amount {
        match self.urgent_amount {
            Some(urgent) if urgency >= 2 => urgent,
            _ => self.amount,
        }
    }
}

/// The table, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadlineRules {
    rules: Vec<DeadlineRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    rule: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: Spanned<String>,
    title: String,
    starts: String,
    amount: Spanned<String>,
    urgent_amount: Option<Spanned<String>>,
    met_by: Option<String>,
    roll: Option<Spanned<bool>>,
    extension: Option<Spanned<String>>,
    extension_times: Option<u32>,
    source: String,
    standing: Standing,
    note: Option<String>,
    #[serde(default)]
    valid_from: String,
    #[serde(default)]
    valid_to: String,
}

impl DeadlineRules {
    /// Reads and checks the file's text; `file` is the name that errors show.
    ///
    /// # Errors
    /// [`CountyError::Invalid`] at the first value that is not allowed.
    pub fn parse(file: &str, text: &str) -> Result<Self, CountyError> {
        let toml = TomlText { file, text };
        let raw: Raw = toml.read()?;
        let mut rules: Vec<DeadlineRule> = Vec::new();
        for row in &raw.rule {
            let rule = rule(toml, row)?;
            if rules.iter().any(|r| r.id == rule.id && r.validity.overlaps(&rule.validity)) {
                let what = format!("id \"{}\" stands twice for the same days", rule.id);
                return Err(toml
                    .at(&row.id)
                    .invalid(what, "each id once, or with dates that do not overlap"));
            }
            rules.push(rule);
        }
        let extensions =
            raw.rule.iter().map(|row| extension(toml, row, &rules)).collect::<Result<Vec<_>, _>>()?;
        for (rule, extension) in rules.iter_mut().zip(extensions) {
            rule.extension = extension;
        }
        Ok(Self { rules })
    }

    pub fn all(&self) -> &[DeadlineRule] {
        &self.rules
    }

    /// The row of that id; of several, the one that came into force last.
    pub fn rule(&self, id: &RuleId) -> Option<&DeadlineRule> {
        self.rules.iter().filter(|r| r.id == *id).max_by_key(|r| r.validity.from)
    }

    /// The row of that id that counts on a day.
    pub fn rule_on(&self, id: &RuleId, date: Date) -> Option<&DeadlineRule> {
        self.rules.iter().find(|r| r.id == *id && r.validity.contains(date))
    }
}

fn rule(toml: TomlText<'_>, row: &RawRule) -> Result<DeadlineRule, CountyError> {
    let at = toml.at(&row.id);
    let id = row.id.get_ref();
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
    if id.is_empty() || !id.chars().all(sound) {
        let what = format!("id \"{id}\" is not a rule id");
        return Err(at.invalid(what, "small letters, digits, _ and dots"));
    }
    let amount = amount(toml, &row.amount)?;
    let urgent_amount = row.urgent_amount.as_ref().map(|a| self::amount(toml, a)).transpose()?;
    if let Some(roll) = &row.roll
        && *roll.get_ref()
        && !matches!(amount, Amount::Days(_) | Amount::Months(_))
    {
        let what = format!("roll = true on \"{id}\", whose amount is {amount}");
        return Err(toml.at(roll).invalid(what, "roll = true only with d and mo"));
    }
    for (key, text) in [("title", &row.title), ("starts", &row.starts), ("source", &row.source)] {
        if text.trim().is_empty() {
            return Err(at.invalid(format!("{key} of \"{id}\" is empty"), "a text"));
        }
    }
    Ok(DeadlineRule {
        id: RuleId::new(id),
        title: row.title.clone(),
        starts: row.starts.clone(),
        amount,
        urgent_amount,
        met_by: row.met_by.clone(),
        roll: row.roll.as_ref().map(|r| *r.get_ref()),
        extension: None,
        times: row.extension_times,
        source: row.source.clone(),
        standing: row.standing,
        note: row.note.clone(),
        validity: Validity::parse(at, &row.valid_from, &row.valid_to)?,
    })
}

fn amount(toml: TomlText<'_>, text: &Spanned<String>) -> Result<Amount, CountyError> {
    text.get_ref().parse().map_err(|what: String| toml.at(text).invalid(what, Amount::ALLOWED))
}

/// The extension of a row: an amount of its own, or the id of the row that limits it.
fn extension(
    toml: TomlText<'_>,
    row: &RawRule,
    rules: &[DeadlineRule],
) -> Result<Option<Extension>, CountyError> {
    let Some(text) = &row.extension else { return Ok(None) };
    let other = rules.iter().find(|r| r.id.as_str() == text.get_ref().as_str());
    let extension = match other {
        Some(rule) => Extension { cap: rule.amount, times: rule.times, rule: Some(rule.id.clone()) },
        None => {
            let unreadable = |_| {
                let what = format!("extension \"{}\" is neither an amount nor a rule", text.get_ref());
                toml.at(text).invalid(what, "an amount in wd or d, or the id of a rule in this file")
            };
            let cap = text.get_ref().parse().map_err(|e: String| unreadable(e))?;
            Extension { cap, times: row.extension_times, rule: None }
        }
    };
    if !matches!(extension.cap, Amount::WorkingDays(_) | Amount::Days(_)) {
        let what = format!("extension by {}", extension.cap);
        return Err(toml.at(text).invalid(what, "an amount in wd or d"));
    }
    Ok(Some(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(more: &str) -> String {
        format!(
            "[[rule]]\nid = \"a.b\"\ntitle = \"甲\"\nstarts = \"乙\"\nsource = \"丙\"\nstanding = \"law\"\n{more}\n"
        )
    }

    fn error(text: &str) -> String {
        DeadlineRules::parse(FILE, text).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_line() {
        assert!(error(&row("amount = \"5 weeks\"")).starts_with("deadlines.toml line 7: amount \"5 weeks\""));
        assert!(
            error(&row("amount = \"5 wd\"\nroll = true")).starts_with("deadlines.toml line 8: roll = true")
        );
        assert!(
            error(&row("amount = \"5 wd\"\nextension = \"x.y\"")).contains("neither an amount nor a rule")
        );
        assert!(error(&row("amount = \"5 wd\"\nextension = \"3 h\"")).contains("extension by 3 h"));
        assert!(error(&row("amuont = \"5 wd\"")).contains("unknown field `amuont`"));
        let twice = format!("{}{}", row("amount = \"5 wd\""), row("amount = \"6 wd\""));
        assert!(error(&twice).contains("line 9: id \"a.b\" stands twice"));
    }

    #[test]
    fn a_changed_rule_keeps_what_counted_before() {
        let text = format!(
            "{}{}",
            row("amount = \"5 wd\"\nvalid_to = \"2025-12-31\""),
            row("amount = \"3 wd\"\nvalid_from = \"2026-01-01\"")
        );
        let rules = DeadlineRules::parse(FILE, &text).unwrap();
        let id = RuleId::new("a.b");
        let on = |y| rules.rule_on(&id, jiff::civil::date(y, 6, 1)).unwrap().amount;
        assert_eq!((on(2025), on(2026)), (Amount::WorkingDays(5), Amount::WorkingDays(3)));
        assert_eq!(rules.rule(&id).unwrap().amount, Amount::WorkingDays(3));
    }
}
