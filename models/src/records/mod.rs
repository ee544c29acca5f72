//! The records of the house: what each stage writes and the next one reads.

mod account;
mod advice;
mod alert;
mod attachment;
mod audit;
mod backfill;
mod brief;
mod case;
mod case_file;
mod channel;
mod contact;
mod draft;
mod incident;
mod item;
mod judgement;
mod kept_report;
mod line;
mod mirrored;
mod notice;
mod notice_channel;
mod original;
mod outbox;
mod promise;
mod quarantine;
mod rate;
mod report;
mod report_span;
mod source;
mod source_settings;
mod template;
mod user_token;

pub use account::{Role, Session, User, Viewer};
pub use advice::{Advice, AdvisedSentence, IncidentAdvice};
pub use alert::{
    Alert, AlertCondition, AlertFault, AlertRule, AlertSeen, GrowthCondition, IncidentCondition, Near,
    Silence, WordCondition,
};
pub use attachment::{Attachment, FileKind, size_text};
pub use audit::{Actor, AuditEntry, ChainedEntry, Subject};
pub use backfill::{
    AnswerKey, BackfillBatch, BackfillColumn, BackfillColumns, BackfillCounts, BackfillField, BackfillLine,
    BackfillReceipt, BackfillState,
};
pub use brief::{Asked, Brief, BriefCase};
pub use case::{
    Case, CaseOrigin, CaseState, Clock, ClockMove, Extension, Helper, HelperState, OPEN_STATES, Outcome,
    Promise, PublicText, Rating, RatingGrade, Reply, ReplyReview, TimelineEntry, state_label,
};
pub use case_file::{CaseChange, CaseFile};
pub use channel::Channel;
pub use contact::CallerContact;
pub use draft::{AsideDraft, ReplyDraft, SavedDraft};
pub use incident::{Incident, IncidentMove, Membership, heat};
pub use item::{Appearance, CasePart, Item, ItemContent, ItemVersion, Upstream, UpstreamCase};
pub use judgement::{Judge, Judgement, Kind, PlaceMention, Reason, Sureness, TopicScore, Urgency, is_blind};
pub use kept_report::{KeptReport, ReportContent, ReportDeed, ReportLine, ReportState, ReportStep};
pub use line::{Agreement, Line, LineContent, LineFault, LineStanding, LineState, LineVersion};
pub use mirrored::{Mirror, MirrorChange, MirrorLine, MirrorStep, MirroredCase, OurDue};
pub use notice::{
    ActiveHours, Notice, NoticeAbout, NoticeEvent, NoticeFamily, NoticeFault, NoticeKind, NoticePlan,
    NoticeReceivers, NoticeRule, NoticeSubject, Shift, events_of,
};
pub use notice_channel::{
    ChannelSecret, ChannelSettings, ChannelWay, Contact, Delivery, DeliveryState, HttpMethod, MailSecurity,
    MessageLine, NoticeChannel,
};
pub use original::Original;
pub use outbox::{NumberedEvent, OutEvent, OutKind, OutSubject, Webhook, WebhookSettings};
pub use promise::{PromiseStanding, PromiseState, TrackedPromise};
pub use quarantine::{ClosedRow, QuarantinedRow, RejectForm, RejectKind, RowPlace};
pub use rate::{CaseFact, Period, Rate, RateCase, RateCount, RateFigure, SentWay};
pub use report::{
    Compared, ReportAhead, ReportAlerts, ReportCalendarDay, ReportCase, ReportConcentration, ReportDay,
    ReportDepartment, ReportFigures, ReportFlow, ReportForecast, ReportIncident, ReportItem,
    ReportItemFilter, ReportRisen, ReportScope, ReportShare, ReportTile, ReportTotals,
};
pub use report_span::{BadSpan, ReportKind, ReportSpan, day_number, days_apart};
pub use source::{FinishedRun, Mode, Source, SourceHealth, SourceKind, SourceRun};
pub use source_settings::{Open311Rule, PageRule, Paging, PullRule, SourceSettings};
pub use template::{Placeholder, ReplyTemplate, TemplateContent, TemplateFault};
pub use user_token::{Scope, UserToken};

/// Declares an enum whose values are written as fixed words in the store, in JSON and in sheets.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident => $code:literal, $label:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $code)] $variant,)* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word that stands in the store and in JSON.
            pub fn code(self) -> &'static str { match self { $(Self::$variant => $code,)* } }

            /// The word that people read.
            pub fn label(self) -> &'static str { match self { $(Self::$variant => $label,)* } }

            /// The value of a code, or `None`.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.code()) }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                Self::from_code(text).ok_or_else(|| {
                    let allowed: Vec<&str> = Self::ALL.iter().map(|v| v.code()).collect();
                    format!("\"{text}\" is not allowed here; allowed: {}", allowed.join(", "))
                })
            }
        }
    };
}
pub(crate) use words;
