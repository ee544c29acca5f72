//! `reports/wording.toml`: the sentences that the program says in reports and briefs, in the county's words.

use std::collections::BTreeMap;

use toml::Spanned;

use super::error::CountyError;
use super::toml_text::TomlText;
use crate::text::{LooseBrace, Slot, slots};

/// The name of the file in the county's folder.
pub(super) const WORDING: &str = "reports/wording.toml";
/// Names the table that a sentence's figures stand in.
pub(super) const TABLE: &str = "表";
/// The longest title, line or sentence, in characters.
const LONGEST: usize = 300;

/// A sentence of the program, by the chapter and the word under which `wording.toml` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReportSentence {
    OverviewZero,
    OverviewItems,
    OverviewUrgent,
    OverviewCases,
    SharesTopics,
    IncidentsFirst,
    IncidentsNone,
    IncidentsAnswer,
    RisenNone,
    RisenTopics,
    RisenWords,
    RisenBoth,
    RisenTooEarly,
    TownsFirst,
    TownsNone,
    TownsConcentrated,
    AlertsFired,
    AlertsNone,
    DepartmentsLate,
    DepartmentsNoneLate,
    DepartmentsFar,
    DepartmentsBehind,
    RepeatsCount,
    RepeatsNone,
    AheadDue,
    AheadGrowing,
    AheadForecast,
    FactsReceived,
    FactsNoCase,
    FactsClosed,
    FactsOpen,
    FactsLate,
    FactsTopic,
    FactsPart,
    SpreadBusiest,
    AskedDemands,
    DoneAnswer,
    NextLate,
    NextOpen,
    NextNoCase,
    NextOffices,
    NextPromise,
    NextNone,
}

impl ReportSentence {
    /// Every one with its code and the places that may be filled in.
    #[rustfmt::skip]
    pub const ALL: &'static [(Self, &'static str, &'static [&'static str])] = &[
        (Self::OverviewZero, "overview.zero", &["本期", TABLE]),
        (Self::OverviewItems, "overview.items", &["本期", "信息", "诉求", "新闻", "事件", "比上期", "比去年", TABLE]),
        (Self::OverviewUrgent, "overview.urgent", &["本期", "紧急", "比上期", TABLE]),
        (Self::OverviewCases, "overview.cases", &["本期", "新立", "到期", "按时", "按时率", "在办", "超期", TABLE]),
        (Self::SharesTopics, "shares.topics", &["本期", "话题", TABLE]),
        (Self::IncidentsFirst, "incidents.first", &["本期", "事件", "条数", "地点", TABLE]),
        (Self::IncidentsNone, "incidents.none", &["本期"]),
        (Self::IncidentsAnswer, "incidents.answer", &["事件", "答复"]),
        (Self::RisenNone, "risen.none", &["本期"]),
        (Self::RisenTopics, "risen.topics", &["本期", "话题", TABLE]),
        (Self::RisenWords, "risen.words", &["本期", "词语", TABLE]),
        (Self::RisenBoth, "risen.both", &["本期", "话题", "词语", TABLE]),
        (Self::RisenTooEarly, "risen.too_early", &["本期"]),
        (Self::TownsFirst, "towns.first", &["本期", "乡镇街道", TABLE]),
        (Self::TownsNone, "towns.none", &["本期"]),
        (Self::TownsConcentrated, "towns.concentrated", &["本期", "诉求", TABLE]),
        (Self::AlertsFired, "alerts.fired", &["本期", "次数", "已查看", "用时", TABLE]),
        (Self::AlertsNone, "alerts.none", &["本期"]),
        (Self::DepartmentsLate, "departments.late", &["本期", "单位", TABLE]),
        (Self::DepartmentsNoneLate, "departments.none_late", &["本期", TABLE]),
        (Self::DepartmentsFar, "departments.far", &["本期", "单位", TABLE]),
        (Self::DepartmentsBehind, "departments.behind", &["本期", "单位", "下限", TABLE]),
        (Self::RepeatsCount, "repeats.count", &["本期", "件数", "比上期", TABLE]),
        (Self::RepeatsNone, "repeats.none", &["本期"]),
        (Self::AheadDue, "ahead.due", &["下期", "工单", "承诺", "过期承诺"]),
        (Self::AheadGrowing, "ahead.growing", &["上期", "事件"]),
        (Self::AheadForecast, "ahead.forecast", &["下期", "条数", "误差"]),
        (Self::FactsReceived, "facts.received", &["事件", "地点", "起", "条数", "渠道", "来电人", "最近"]),
        (Self::FactsNoCase, "facts.no_case", &[]),
        (Self::FactsClosed, "facts.closed", &["工单"]),
        (Self::FactsOpen, "facts.open", &["工单", "在办"]),
        (Self::FactsLate, "facts.late", &["工单", "在办", "超期"]),
        (Self::FactsTopic, "facts.topic", &["话题", "热度"]),
        (Self::FactsPart, "facts.part", &["条数"]),
        (Self::SpreadBusiest, "spread.busiest", &["日期", "条数", TABLE]),
        (Self::AskedDemands, "asked.demands", &[TABLE]),
        (Self::DoneAnswer, "done.answer", &["单位", "工单", "答复"]),
        (Self::NextLate, "next.late", &["单位", "工单"]),
        (Self::NextOpen, "next.open", &["在办"]),
        (Self::NextNoCase, "next.no_case", &[]),
        (Self::NextOffices, "next.offices", &["单位"]),
        (Self::NextPromise, "next.promise", &["日期", "承诺"]),
        (Self::NextNone, "next.none", &[]),
    ];

    /// `overview.items`.
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(sentence, ..)| *sentence == self).map_or("", |(_, code, _)| code)
    }
}

/// Reads the sentences by code.
pub(super) fn sentences(toml: TomlText<'_>) -> Result<BTreeMap<String, String>, CountyError> {
    let raw: BTreeMap<String, BTreeMap<String, Spanned<String>>> = toml.read()?;
    let mut wording = BTreeMap::new();
    for (chapter, sentences) in &raw {
        for (word, text) in sentences {
            let code = format!("{chapter}.{word}");
            let Some((.., places)) = ReportSentence::ALL.iter().find(|(_, known, _)| *known == code) else {
                let allowed: Vec<&str> = ReportSentence::ALL.iter().map(|(_, code, _)| *code).collect();
                return Err(toml
                    .at(text)
                    .invalid(format!("there is no sentence \"{code}\""), allowed.join(", ")));
            };
            check(toml, text, places)?;
            let names = slots(text.get_ref())
                .is_ok_and(|slots| slots.iter().any(|(_, slot)| *slot == Slot::Named(TABLE)));
            if places.contains(&TABLE) && !names && !text.get_ref().trim().is_empty() {
                let what = format!("the sentence \"{code}\" does not name its table");
                return Err(toml.at(text).invalid(what, format!("a text with {{{TABLE}}}, or \"\"")));
            }
            wording.insert(code, text.get_ref().trim().to_owned());
        }
    }
    Ok(wording)
}

/// One line, not too long, whose places are among those that are filled in.
pub(super) fn check(toml: TomlText<'_>, text: &Spanned<String>, places: &[&str]) -> Result<(), CountyError> {
    let at = || toml.at(text);
    let length = text.get_ref().chars().count();
    if length > LONGEST || text.get_ref().trim().contains('\n') {
        return Err(at()
            .invalid(format!("the text has {length} characters"), format!("one line of at most {LONGEST}")));
    }
    let slots = slots(text.get_ref());
    let slots = slots.map_err(|LooseBrace { .. }| at().invalid("a brace has no other half", "{名称}"))?;
    for (_, slot) in slots {
        let Slot::Named(word) = slot else { continue };
        if !places.contains(&word) {
            let allowed: Vec<String> = places.iter().map(|place| format!("{{{place}}}")).collect();
            let allowed = if allowed.is_empty() { "a text without braces".into() } else { allowed.join(" ") };
            return Err(at().invalid(format!("\"{{{word}}}\" is not filled in here"), allowed));
        }
    }
    Ok(())
}
