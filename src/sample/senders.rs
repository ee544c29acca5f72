//! Who sends the year's records: the sheets and feeds of the made-up county, their shares and their habits.

use qingting_models::records::{Channel, Mode};

use crate::material::rhythm::Rhythm;

/// In whose words and by which rhythm a sender's records are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Manner {
    Call,
    Letter,
    Petition,
    Post,
    News,
    Notice,
}

impl Manner {
    pub(super) fn rhythm(self) -> Rhythm {
        match self {
            Self::Call | Self::Petition => Rhythm::Calls,
            Self::Letter | Self::Post => Rhythm::Letters,
            Self::News | Self::Notice => Rhythm::News,
        }
    }
}

/// The columns of a sheet, after the headers seen at hotlines and platforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    /// 诉求编号, 诉求来源 ... 办理结束时间: all 33.
    Platform,
    /// 工单编号, 来电时间, 诉求标题 ...
    Calls,
    /// 工单编号, 工单标题, 工单内容, 推送时间 ...
    Dispatched,
    /// 工单编号, 诉求人姓名, 诉求人手机号 ... 重复次数.
    People,
    /// 留言编号, 留言用户 ... 答复时间.
    Board,
    /// 信访编号, 信访人 ...
    Petitions,
    /// 日期, 姓名 ...: without a number of its own.
    Visits,
}

impl Columns {
    /// Whether a later export shows that a record was finished.
    pub(super) fn show_state(self) -> bool {
        matches!(self, Self::Platform | Self::People | Self::Board | Self::Petitions)
    }

    /// Whether records carry a number; without one they are known by their content and are never edited.
    pub(super) fn have_ids(self) -> bool {
        self != Self::Visits
    }
}

/// How a sheet file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SheetForm {
    /// CSV in UTF-8, with a byte order mark or without, cells quoted where needed.
    Utf8 {
        mark: bool,
    },
    /// CSV in GB18030 that never quotes: its texts hold no comma, quote or line break.
    Gb18030,
    Xlsx,
}

/// How a feed is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FeedForm {
    /// RSS 2.0 in UTF-8 with a guid.
    Rss,
    /// Atom in UTF-8.
    Atom,
    /// RSS 2.0 in GB18030 without guids: the link is all that tells entries apart.
    RssGb18030,
    /// RSS 2.0 in GBK that says gb2312.
    RssGbk,
    /// Atom in UTF-16LE with a byte order mark.
    AtomUtf16,
}

/// Sheet or feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Sheet { columns: Columns, form: SheetForm, title_row: bool },
    Feed(FeedForm),
}

/// One source.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) name: &'static str,
    /// The folder below `sheets` or `feeds`, and the beginning of ids.
    pub(super) code: &'static str,
    pub(super) channel: Channel,
    pub(super) mode: Mode,
    pub(super) manner: Manner,
    pub(super) form: Form,
    /// Records of this sender in a thousand.
    pub(super) share: u32,
}

impl Sender {
    pub(super) fn columns(&self) -> Option<Columns> {
        match self.form {
            Form::Sheet { columns, .. } => Some(columns),
            Form::Feed(_) => None,
        }
    }

    /// Whether its bodies are written on several lines at times.
    pub(super) fn breaks_lines(&self) -> bool {
        matches!(self.form, Form::Sheet { form: SheetForm::Utf8 { .. } | SheetForm::Xlsx, .. })
    }

    /// Whether it takes over articles of others.
    pub(super) fn republishes(&self) -> bool {
        self.form == Form::Feed(FeedForm::RssGbk)
    }

    /// Whether others take over its articles.
    pub(super) fn is_republished(&self) -> bool {
        matches!(self.form, Form::Feed(FeedForm::Rss | FeedForm::Atom))
    }
}

const fn sheet(columns: Columns, form: SheetForm, title_row: bool) -> Form {
    Form::Sheet { columns, form, title_row }
}

/// All senders; the shares add up to 1000.
pub(super) const SENDERS: [Sender; 12] = [
    Sender {
        name: "12345热线",
        code: "12345",
        channel: Channel::Hotline,
        mode: Mode::Handle,
        manner: Manner::Call,
        form: sheet(Columns::Platform, SheetForm::Gb18030, false),
        share: 340,
    },
    Sender {
        name: "县府值班电话",
        code: "duty",
        channel: Channel::Hotline,
        mode: Mode::Handle,
        manner: Manner::Call,
        form: sheet(Columns::Calls, SheetForm::Utf8 { mark: false }, true),
        share: 120,
    },
    Sender {
        name: "市热线转办",
        code: "city",
        channel: Channel::Hotline,
        mode: Mode::Handle,
        manner: Manner::Call,
        form: sheet(Columns::Dispatched, SheetForm::Utf8 { mark: true }, false),
        share: 70,
    },
    Sender {
        name: "民呼我为平台",
        code: "minhu",
        channel: Channel::Complaint,
        mode: Mode::Mirror,
        manner: Manner::Letter,
        form: sheet(Columns::People, SheetForm::Utf8 { mark: true }, false),
        share: 130,
    },
    Sender {
        name: "网络问政",
        code: "wenzheng",
        channel: Channel::Complaint,
        mode: Mode::Handle,
        manner: Manner::Letter,
        form: sheet(Columns::Board, SheetForm::Xlsx, false),
        share: 90,
    },
    Sender {
        name: "信访件",
        code: "xinfang",
        channel: Channel::Petition,
        mode: Mode::Handle,
        manner: Manner::Petition,
        form: sheet(Columns::Petitions, SheetForm::Xlsx, true),
        share: 30,
    },
    Sender {
        name: "镇街接访登记",
        code: "jiefang",
        channel: Channel::Petition,
        mode: Mode::Handle,
        manner: Manner::Petition,
        form: sheet(Columns::Visits, SheetForm::Utf8 { mark: false }, true),
        share: 20,
    },
    Sender {
        name: "县融媒体中心",
        code: "rongmei",
        channel: Channel::News,
        mode: Mode::Handle,
        manner: Manner::News,
        form: Form::Feed(FeedForm::Rss),
        share: 60,
    },
    Sender {
        name: "宁波民生新闻",
        code: "minsheng",
        channel: Channel::News,
        mode: Mode::Handle,
        manner: Manner::News,
        form: Form::Feed(FeedForm::Atom),
        share: 40,
    },
    Sender {
        name: "海角快讯",
        code: "haijiao",
        channel: Channel::News,
        mode: Mode::Handle,
        manner: Manner::News,
        form: Form::Feed(FeedForm::RssGbk),
        share: 10,
    },
    Sender {
        name: "部门动态",
        code: "bumen",
        channel: Channel::Site,
        mode: Mode::Handle,
        manner: Manner::Notice,
        form: Form::Feed(FeedForm::RssGb18030),
        share: 30,
    },
    Sender {
        name: "港城论坛",
        code: "luntan",
        channel: Channel::Social,
        mode: Mode::Handle,
        manner: Manner::Post,
        form: Form::Feed(FeedForm::AtomUtf16),
        share: 60,
    },
];

#[cfg(test)]
mod tests {
    use super::SENDERS;

    #[test]
    fn the_shares_add_up() {
        assert_eq!(SENDERS.iter().map(|sender| sender.share).sum::<u32>(), 1000);
    }
}
