//! What a column of a sheet can mean.

use serde::{Deserialize, Serialize};

/// What a column means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    ExternalId,
    Title,
    Body,
    Dispatched,
    Occurred,
    Due,
    State,
    Answer,
    Answered,
    /// Which office handles it there.
    Office,
    /// What the resident said of the answer.
    Satisfaction,
    Url,
    PersonName,
    PersonPhone,
    PersonOther,
    /// Moves by itself: shown, yet a change of it makes no new version.
    Counter,
    /// The row's position: neither shown nor compared.
    RowNumber,
}

impl Meaning {
    /// Every meaning with the word that a column map uses for it.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::ExternalId, "external_id"),
        (Self::Title, "title"),
        (Self::Body, "body"),
        (Self::Dispatched, "dispatched"),
        (Self::Occurred, "occurred"),
        (Self::Due, "due"),
        (Self::State, "state"),
        (Self::Answer, "answer"),
        (Self::Answered, "answered"),
        (Self::Office, "office"),
        (Self::Satisfaction, "satisfaction"),
        (Self::Url, "url"),
        (Self::PersonName, "person_name"),
        (Self::PersonPhone, "person_phone"),
        (Self::PersonOther, "person_other"),
        (Self::Counter, "counter"),
        (Self::RowNumber, "row_number"),
    ];

    /// The word that a column map uses for it.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(meaning, _)| *meaning == self).map_or("", |(_, word)| word)
    }

    /// The meaning that a column map calls so; none for an ordinary column.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(meaning, _)| *meaning)
    }

    /// The word for it on a page.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::ExternalId => "编号",
            Self::Title => "标题",
            Self::Body => "内容",
            Self::Dispatched => "派单时间",
            Self::Occurred => "发生时间",
            Self::Due => "办理期限",
            Self::State => "办理状态",
            Self::Answer => "答复",
            Self::Answered => "答复时间",
            Self::Office => "承办单位",
            Self::Satisfaction => "满意度",
            Self::Url => "链接",
            Self::PersonName => "姓名（加密保存）",
            Self::PersonPhone => "电话（加密保存）",
            Self::PersonOther => "其他个人信息（加密保存）",
            Self::Counter => "计数",
            Self::RowNumber => "序号",
        }
    }

    /// Whether several columns may have it.
    pub fn may_repeat(self) -> bool {
        use Meaning::{Answer, Answered, Counter, PersonName, PersonOther, PersonPhone, RowNumber};
        matches!(self, Answer | Answered | Counter | PersonName | PersonOther | PersonPhone | RowNumber)
    }

    /// Whether its values are personal and stay sealed.
    pub fn is_personal(self) -> bool {
        matches!(self, Self::PersonName | Self::PersonPhone | Self::PersonOther)
    }

    /// Whether it decides what a record is, so that a wrong guess of it would spoil records.
    pub(super) fn decides(self) -> bool {
        use Meaning::{Body, Dispatched, Due, ExternalId, Occurred, Title};
        matches!(self, ExternalId | Title | Body | Dispatched | Occurred | Due)
    }

    pub(super) fn is_time(self) -> bool {
        matches!(self, Self::Dispatched | Self::Occurred | Self::Due)
    }
}
