//! How a source is doing, in one word, with why and what to do.

use std::collections::HashMap;

use jiff::Timestamp;
use qingting_ingest::folder::{self, Unread};
use qingting_models::ids::SourceId;
use qingting_models::records::{Source, SourceKind};

use crate::moment::Moment;
use crate::plain::{self, Told};
use crate::remedy::{self, Beside};
use crate::view::{Choice, Tag};

/// Failures in a row after which a source counts as broken.
const BROKEN: i64 = 3;

/// The states that a list is filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Well,
    /// A push without a token, a folder with sheets that could not be read or files that are none.
    Lacking,
    /// Nothing has come yet.
    New,
    Failing,
    /// Reached, but its rule fits nothing any more.
    Unmatched,
    Paused,
}

impl State {
    pub(super) const ALL: [Self; 6] =
        [Self::Well, Self::Failing, Self::Unmatched, Self::Lacking, Self::New, Self::Paused];

    pub(super) fn of(source: &Source, unread: Unread) -> Self {
        let health = &source.health;
        match (&health.last_error, health.failures) {
            _ if source.paused => Self::Paused,
            (Some(error), n) if n > 0 && remedy::is_unmatched(error) => Self::Unmatched,
            (_, n) if n > 0 => Self::Failing,
            _ if lack(source, unread).is_some() => Self::Lacking,
            _ if health.last_success_at.is_none() => Self::New,
            _ => Self::Well,
        }
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Lacking => "lacking",
            Self::New => "new",
            Self::Failing => "failing",
            Self::Unmatched => "unmatched",
            Self::Paused => "paused",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Well => "正常",
            Self::Lacking => "有待处理",
            Self::New => "从未读取",
            Self::Failing => "读取失败",
            Self::Unmatched => "规则不再匹配",
            Self::Paused => "已暂停",
        }
    }

    pub(super) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// The choices of a filter, with how many of `all` are in each state.
    pub(super) fn choices(all: &[Self], chosen: Option<Self>) -> Vec<Choice> {
        let count = |state| all.iter().filter(|one| **one == state).count();
        let choice = |state: Self| {
            Choice::new(state.code(), format!("{}（{}）", state.label(), count(state)), chosen == Some(state))
        };
        Self::ALL.map(choice).to_vec()
    }
}

/// A source's state as pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    pub tag: Tag,
    pub error: Option<Told>,
    /// What to do; empty when nothing needs to be done.
    pub todo: String,
    pub last_success: Option<Moment>,
    pub next: Option<Moment>,
}

/// What lies unread in the folders of those of `sources` that have one.
pub(super) async fn unreadable(sources: &[Source]) -> HashMap<SourceId, Unread> {
    let folders: Vec<Source> = sources.iter().filter(|s| s.kind == SourceKind::Folder).cloned().collect();
    if folders.is_empty() {
        return HashMap::new();
    }
    // A folder may lie on a slow share.
    let counting = tokio::task::spawn_blocking(move || {
        folders.iter().map(|source| (source.id, folder::unread(source))).collect()
    });
    counting.await.unwrap_or_default()
}

/// How `source` is doing at `now`, with what lies `unread` in its folder.
pub(super) fn health(source: &Source, unread: Unread, now: Timestamp) -> Health {
    let at = |time: Option<Timestamp>| time.map(|t| Moment::new(t, now));
    let state = State::of(source, unread);
    let failed = matches!(state, State::Failing | State::Unmatched | State::Paused);
    let error = source.health.last_error.as_deref().filter(|_| failed && source.health.failures > 0);
    let lack = if failed && state != State::Paused { None } else { lack(source, unread) };
    let todo = match (error, state) {
        (Some(error), State::Failing | State::Unmatched) => remedy::remedy(error, Beside::Source),
        _ if lack.is_some() => lack.as_ref().map_or_else(String::new, |lack| lack.todo.clone()),
        (_, State::New) => first_step(source.kind).into(),
        _ => String::new(),
    };
    let next = source.health.next_at.filter(|_| !source.paused);
    Health {
        tag: lack.map_or_else(|| tag(state, source), |lack| Tag::new(lack.word, "tag yellow")),
        error: error.map(plain::told),
        todo,
        last_success: at(source.health.last_success_at),
        next: next.map(|next| Moment::to_come(next, now)),
    }
}

/// What a source lacks though nothing fails.
struct Lack {
    word: String,
    todo: String,
}

const UNREAD: &str = "看文件夹里“读不了”中的说明，照着改好，把原表重新放进文件夹，读进来以后说明会自己消失；不再要的，把说明删掉。";
const OTHERS: &str =
    "文件夹里有不是表格的文件，程序没有打开，也没有移动：请取走，或另存为 Excel、CSV 再放进来。";

fn lack(source: &Source, unread: Unread) -> Option<Lack> {
    match source.kind {
        SourceKind::Push if !source.has_token && !source.paused => Some(Lack {
            word: "没有令牌".into(),
            todo: "没有令牌，对方推送会被拒绝：打开这个来源，点“生成令牌”，交给对方。".into(),
        }),
        SourceKind::Folder if unread != Unread::default() => {
            let sheets = (unread.sheets > 0).then(|| (format!("{} 份表格读不了", unread.sheets), UNREAD));
            let others = (unread.others > 0).then(|| (format!("{} 个文件不是表格", unread.others), OTHERS));
            let (words, todos): (Vec<String>, Vec<&str>) = sheets.into_iter().chain(others).unzip();
            let paused = if source.paused { "已暂停，" } else { "" };
            Some(Lack { word: format!("{paused}有 {}", words.join("，")), todo: todos.concat() })
        }
        _ => None,
    }
}

fn tag(state: State, source: &Source) -> Tag {
    match state {
        State::Paused => Tag::new("已暂停", "tag"),
        State::Unmatched => Tag::new("规则不再匹配", "tag red"),
        State::Failing if source.health.failures >= BROKEN => {
            Tag::new(format!("失败 {} 次", source.health.failures), "tag red")
        }
        State::Failing => Tag::new(format!("失败 {} 次，会再试", source.health.failures), "tag yellow"),
        State::New => Tag::new(new_words(source.kind), "tag yellow"),
        State::Lacking => Tag::new(State::Lacking.label(), "tag yellow"),
        State::Well => Tag::new("正常", "tag green"),
    }
}

fn new_words(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Sheet => "还没有导入过",
        SourceKind::Push => "还没有收到过",
        _ => "从未读取",
    }
}

/// What brings a new source to life.
fn first_step(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Sheet => "打开这个来源，点“导入表格”。",
        SourceKind::Push => "令牌已经生成，等对方发来第一条。",
        SourceKind::Folder => "把第一份表格放进文件夹，程序会自动读。",
        _ => "刚添加，程序马上会读第一次。",
    }
}

#[cfg(test)]
mod tests {
    use qingting_models::records::{Channel, Mode, SourceHealth, SourceSettings};

    use super::*;

    fn source(kind: SourceKind, failures: i64, error: Option<&str>) -> Source {
        let at = Timestamp::UNIX_EPOCH;
        Source {
            id: SourceId(7),
            name: "测试".into(),
            kind,
            channel: Channel::News,
            mode: Mode::Handle,
            url: None,
            cutoff: None,
            allow_host: None,
            paused: false,
            column_map: None,
            created_at: at,
            interval_s: 900,
            settings: SourceSettings::default(),
            has_secret: false,
            has_token: false,
            removed_at: None,
            health: SourceHealth {
                failures,
                last_error: error.map(str::to_owned),
                last_success_at: Some(at),
                next_at: Some(at),
                ..SourceHealth::default()
            },
        }
    }

    fn words(source: &Source) -> (State, String, bool) {
        let health = health(source, Unread::default(), Timestamp::UNIX_EPOCH);
        (State::of(source, Unread::default()), health.tag.text, health.todo.is_empty())
    }

    #[test]
    fn each_state_has_its_word_and_trouble_has_advice() {
        let timed_out = Some("a.cn did not answer in time (10 s to connect, 30 s in all)");
        let gone = Some(
            "the selector \"li\" for \"item\" matched nothing on the page; the page has 9 elements; it may",
        );
        let mut fresh = source(SourceKind::Feed, 0, None);
        fresh.health.last_success_at = None;
        let mut paused = source(SourceKind::Page, 4, gone);
        paused.paused = true;
        for (source, state, word, nothing_to_do) in [
            (source(SourceKind::Feed, 0, None), State::Well, "正常", true),
            (source(SourceKind::Feed, 1, timed_out), State::Failing, "失败 1 次，会再试", false),
            (source(SourceKind::Feed, 9, timed_out), State::Failing, "失败 9 次", false),
            (source(SourceKind::Page, 1, gone), State::Unmatched, "规则不再匹配", false),
            (fresh, State::New, "从未读取", false),
            (paused, State::Paused, "已暂停", true),
        ] {
            assert_eq!(words(&source), (state, word.to_owned(), nothing_to_do));
        }
    }

    #[test]
    fn a_paused_source_has_no_next_time_and_every_kind_a_first_step() {
        let mut paused = source(SourceKind::Feed, 0, None);
        paused.paused = true;
        assert_eq!(health(&paused, Unread::default(), Timestamp::UNIX_EPOCH).next, None);
        for kind in SourceKind::ALL {
            let mut new = source(*kind, 0, None);
            new.health.last_success_at = None;
            assert!(!health(&new, Unread::default(), Timestamp::UNIX_EPOCH).todo.is_empty(), "{kind}");
        }
    }

    #[test]
    fn a_push_without_a_token_and_a_folder_with_unread_sheets_say_so() {
        let mut push = source(SourceKind::Push, 0, None);
        let ended = health(&push, Unread::default(), Timestamp::UNIX_EPOCH);
        assert_eq!(ended.tag.text, "没有令牌");
        assert!(ended.todo.contains("会被拒绝"));
        push.has_token = true;
        assert_eq!(words(&push), (State::Well, "正常".to_owned(), true));
        let folder = source(SourceKind::Folder, 0, None);
        let unread = health(&folder, Unread { sheets: 2, others: 1 }, Timestamp::UNIX_EPOCH);
        assert_eq!(unread.tag.text, "有 2 份表格读不了，1 个文件不是表格");
        assert_eq!(State::of(&folder, Unread { sheets: 2, others: 1 }), State::Lacking);
        assert!(unread.todo.contains("“读不了”") && unread.todo.contains("没有打开"));
        let paused = Source { paused: true, ..folder.clone() };
        let paused = health(&paused, Unread { sheets: 2, others: 0 }, Timestamp::UNIX_EPOCH);
        assert_eq!(paused.tag.text, "已暂停，有 2 份表格读不了");
        let others = health(&folder, Unread { sheets: 0, others: 3 }, Timestamp::UNIX_EPOCH);
        assert_eq!(others.tag.text, "有 3 个文件不是表格");
        assert_eq!(words(&folder).1, "正常");
    }
}
