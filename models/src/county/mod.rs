//! The county's facts: what it is called, its fields, departments, routing, deadlines, calendar, places and words.
//!
//! They are data files with a check each; a sample county is inside the binary.

mod alert_rules;
mod amount;
mod calendar_data;
mod codes;
mod deadline_rules;
mod departments;
mod embedded;
mod error;
mod files;
mod gazetteer;
mod loading;
mod notice_rules;
mod office_kind;
mod reply_templates;
mod report_sentences;
mod report_styles;
mod retention;
mod routing;
mod routing_sheet;
mod settings;
mod stop_words;
mod table;
mod taxonomy;
mod toml_text;
mod town_map;
mod validity;
mod words;

pub use alert_rules::FirstAlertRule;
pub use amount::Amount;
pub use calendar_data::{CalendarData, DayKind, NamedDay, YearCalendar};
pub use codes::{DepartmentCode, RuleId, TopicCode, Town};
pub use deadline_rules::{DeadlineRule, DeadlineRules, Extension, Standing};
pub use departments::{Department, Departments};
pub use embedded::FILES;
pub use error::CountyError;
pub use files::{CountyFiles, MAX_FILE, Texts, is_file};
pub use gazetteer::{Gazetteer, Place, PlaceKind};
pub use notice_rules::{Escalation, FirstNoticeRule, NoticeFile};
pub use office_kind::OfficeKind;
pub use report_sentences::ReportSentence;
pub use report_styles::{
    BRIEF_CHAPTERS, BriefStyle, ChapterStyle, REPORT_CHAPTERS, ReportStyle, ReportStyles,
};
pub use retention::{Retention, RetentionCuts};
pub use routing::{Route, RouteQuery, Routing, RoutingRule, TOWN_OFFICE, Target};
pub use routing_sheet::{RoutingCells, RoutingSheet};
pub use settings::{CountySettings, OfficePeriod, ReportPlan};
pub use stop_words::StopWords;
pub use taxonomy::{Field, Taxonomy};
pub use town_map::{Tile, TownMap};
pub use validity::Validity;
pub use words::Words;

/// Everything the house knows of one county.
#[derive(Debug, Clone, PartialEq)]
pub struct County {
    pub settings: CountySettings,
    pub taxonomy: Taxonomy,
    pub departments: Departments,
    pub routing: Routing,
    pub deadline_rules: DeadlineRules,
    pub calendar: CalendarData,
    pub gazetteer: Gazetteer,
    pub town_map: TownMap,
    pub report_styles: ReportStyles,
    pub words: Words,
    /// How long things are kept.
    pub retention: Retention,
    pub stop_words: StopWords,
    /// What the store begins with.
    pub alert_rules: Vec<FirstAlertRule>,
    /// When leaders are told, and the notice rules that the store begins with.
    pub notices: NoticeFile,
    pub reply_templates: Vec<crate::records::TemplateContent>,
}
