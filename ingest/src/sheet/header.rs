//! Recognises a sheet's columns by their headers, whatever their order and whatever stands above them.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::map::ColumnMap;

/// The words of `data/headers.toml`.
const WORDS: &str = include_str!("../../data/headers.toml");

/// What a column means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
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
        (Self::Url, "url"),
        (Self::PersonName, "person_name"),
        (Self::PersonPhone, "person_phone"),
        (Self::PersonOther, "person_other"),
        (Self::Counter, "counter"),
        (Self::RowNumber, "row_number"),
    ];

    /// Whether several columns may have it.
    pub fn may_repeat(self) -> bool {
        use Meaning::{Answer, Answered, Counter, PersonName, PersonOther, PersonPhone, RowNumber};
        matches!(self, Answer | Answered | Counter | PersonName | PersonOther | PersonPhone | RowNumber)
    }

    /// Whether its values are personal and stay sealed.
    pub fn is_personal(self) -> bool {
        matches!(self, Self::PersonName | Self::PersonPhone | Self::PersonOther)
    }
}

/// A sheet whose columns could not be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    #[error(
        "no header row found in the first {rows} filled rows; seen: {seen}; needed: a column for the text \
         (诉求内容, 市民诉求, 工单内容, 留言详情, 内容 ...) or the title (诉求标题, 工单标题, 留言主题, 标题 ...), \
         or a column map that names them"
    )]
    NotFound { rows: usize, seen: String },
    #[error("the column map names \"{header}\" for {meaning}, but no row has all its headers; seen: {seen}")]
    NotMapped { meaning: &'static str, header: String, seen: String },
}

#[derive(Deserialize)]
struct WordFile {
    meanings: HashMap<Meaning, Vec<String>>,
    words: WordLists,
}

#[derive(Deserialize)]
struct WordLists {
    private_parts: Vec<String>,
    not_private: Vec<String>,
    nobody: Vec<String>,
    finished: Vec<String>,
}

/// The header words, ready to be looked up.
#[derive(Default)]
pub(super) struct Words {
    /// Header to meaning and rank: 0 is the most preferred.
    headers: HashMap<String, (Meaning, usize)>,
    private_parts: Vec<String>,
    not_private: Vec<String>,
    nobody: Vec<String>,
    finished: Vec<String>,
}

impl Words {
    pub(super) fn get() -> &'static Self {
        static TABLE: OnceLock<Words> = OnceLock::new();
        TABLE.get_or_init(|| match toml::from_str::<WordFile>(WORDS) {
            Ok(file) => Self::from_file(file),
            // The file is part of the program and a test reads it.
            Err(wrong) => {
                tracing::error!(%wrong, "the table of header words cannot be read");
                Self::default()
            }
        })
    }

    fn from_file(file: WordFile) -> Self {
        let mut headers = HashMap::new();
        for (meaning, words) in file.meanings {
            for (rank, word) in words.iter().enumerate() {
                headers.insert(plain(word), (meaning, rank));
            }
        }
        let lists = file.words;
        let WordLists { private_parts, not_private, nobody, finished } = lists;
        Self { headers, private_parts, not_private, nobody, finished }
    }

    fn meaning(&self, header: &str) -> Option<(Meaning, usize)> {
        let header = plain(header);
        if let Some(found) = self.headers.get(&header) {
            return Some(*found);
        }
        let private = self.private_parts.iter().any(|part| header.contains(part.as_str()));
        (private && !self.not_private.contains(&header)).then_some((Meaning::PersonOther, usize::MAX))
    }

    /// Whether a value of a name column names nobody (匿名, 市民 ...).
    pub(super) fn is_nobody(&self, name: &str) -> bool {
        self.nobody.iter().any(|word| word == name)
    }

    /// Whether a state word means finished; what follows it in brackets or after a dash doesn't count.
    pub(super) fn is_finished(&self, state: &str) -> bool {
        let word = state.trim().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        self.finished.iter().any(|finished| finished == word)
    }
}

/// A header as it is compared: without spaces, marks, bracketed notes and case.
pub(super) fn plain(header: &str) -> String {
    let cut =
        header.split(['(', '（', '[', '【']).next().filter(|head| !head.trim().is_empty()).unwrap_or(header);
    cut.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '*' | ':' | '：' | '\u{feff}' | '"'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// One column of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// As the sheet writes it, unique within the sheet: a repeated one has its number behind it.
    pub header: String,
    /// `None` for an ordinary column, which is shown as it is.
    pub meaning: Option<Meaning>,
}

/// What the columns of a sheet mean, from left to right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub columns: Vec<Column>,
}

impl Layout {
    /// Recognises a header row by the word table, or by the map alone where one is given. `None` when the row
    /// names neither a text nor a title, or looks like anything but a header row.
    pub(super) fn of(cells: &[String], map: Option<&ColumnMap>) -> Option<Self> {
        let layout = match map {
            Some(map) => Self::mapped(cells, map)?,
            None => Self::recognised(cells),
        };
        let has = |meaning| layout.columns.iter().any(|c| c.meaning == Some(meaning));
        let known = layout.columns.iter().filter(|c| c.meaning.is_some()).count();
        let filled = cells.iter().filter(|c| !c.trim().is_empty()).count();
        let enough = map.is_some() || known >= 2 || filled == 1;
        (enough && (has(Meaning::Title) || has(Meaning::Body))).then_some(layout)
    }

    fn recognised(cells: &[String]) -> Self {
        let found: Vec<_> = cells.iter().map(|cell| Words::get().meaning(cell)).collect();
        let best = |meaning: Meaning| {
            let ranked =
                found.iter().enumerate().filter_map(|(i, f)| f.filter(|f| f.0 == meaning).map(|f| (f.1, i)));
            ranked.min().map(|(_, index)| index)
        };
        let meaning = |index: usize| {
            let (meaning, _) = found[index]?;
            (meaning.may_repeat() || best(meaning) == Some(index)).then_some(meaning)
        };
        Self { columns: name_columns(cells, meaning) }
    }

    /// Columns that the map doesn't name are ordinary ones; personal columns, counters and row numbers are
    /// recognised all the same.
    fn mapped(cells: &[String], map: &ColumnMap) -> Option<Self> {
        let seen: Vec<String> = cells.iter().map(|cell| plain(cell)).collect();
        if map.entries().any(|(_, header)| !seen.contains(&plain(header))) {
            return None;
        }
        let meaning = |index: usize| {
            let named =
                map.entries().find(|(_, header)| plain(header) == seen[index]).map(|(meaning, _)| meaning);
            let safe = |m: &Meaning| m.is_personal() || matches!(m, Meaning::Counter | Meaning::RowNumber);
            named.or_else(|| Words::get().meaning(&cells[index]).map(|f| f.0).filter(safe))
        };
        Some(Self { columns: name_columns(cells, meaning) })
    }

    /// Why no row is a header row, with what was seen (masked: it may be data).
    pub(super) fn missing(rows: &[&[String]], map: Option<&ColumnMap>) -> HeaderError {
        // Of equally wide rows the first is most likely the header row.
        let widest =
            rows.iter().rev().max_by_key(|cells| cells.iter().filter(|c| !c.trim().is_empty()).count());
        let cells: &[String] = widest.copied().unwrap_or_default();
        let shown = cells.iter().filter(|c| !c.trim().is_empty()).take(40);
        let seen: Vec<String> = shown.map(|c| c.trim().chars().take(16).collect()).collect();
        let seen = qingting_models::text::mask(&seen.join(", ")).text;
        let absent = map.and_then(|map| {
            let has = |header: &str| cells.iter().any(|cell| plain(cell) == plain(header));
            map.entries().find(|(_, header)| !has(header))
        });
        match absent {
            Some((meaning, header)) => {
                HeaderError::NotMapped { meaning: word_of(meaning), header: header.to_owned(), seen }
            }
            None => HeaderError::NotFound { rows: rows.len(), seen },
        }
    }
}

/// The word that a column map uses for a meaning.
pub(super) fn word_of(meaning: Meaning) -> &'static str {
    Meaning::ALL.iter().find(|(m, _)| *m == meaning).map_or("", |(_, word)| word)
}

fn name_columns(cells: &[String], meaning: impl Fn(usize) -> Option<Meaning>) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::with_capacity(cells.len());
    for (index, cell) in cells.iter().enumerate() {
        let written: String = cell.split_whitespace().collect::<Vec<_>>().join(" ");
        let base = if written.is_empty() { format!("({})", index + 1) } else { written };
        let taken = |name: &str| columns.iter().any(|c| c.header == name);
        let header = if taken(&base) { format!("{base} ({})", index + 1) } else { base };
        columns.push(Column { header, meaning: meaning(index) });
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(line: &str) -> Vec<String> {
        line.split(',').map(str::to_owned).collect()
    }

    fn header_of(line: &str, meaning: Meaning) -> Option<String> {
        let layout = Layout::of(&cells(line), None)?;
        layout.columns.into_iter().find(|c| c.meaning == Some(meaning)).map(|c| c.header)
    }

    #[test]
    fn the_word_table_is_complete_and_names_each_header_once() {
        let file: WordFile = toml::from_str(WORDS).unwrap();
        let mut seen = std::collections::HashSet::new();
        for (meaning, _) in Meaning::ALL {
            for word in &file.meanings[meaning] {
                assert!(seen.insert(plain(word)), "{word} stands twice");
            }
        }
    }

    #[test]
    fn of_two_headers_with_one_meaning_the_preferred_one_counts() {
        let line = "受理时间,登记时间,诉求内容,答复内容";
        assert_eq!(header_of(line, Meaning::Dispatched).as_deref(), Some("登记时间"));
    }

    #[test]
    fn headers_are_read_despite_notes_spaces_and_marks() {
        assert_eq!(
            header_of("＊, 诉求 标题：,诉求内容（必填）*", Meaning::Body).as_deref(),
            Some("诉求内容（必填）*")
        );
    }

    #[test]
    fn an_unknown_column_about_a_person_is_private() {
        let layout = Layout::of(&cells("标题,内容,家属电话,紧急联系人姓名,回复诉求人"), None).unwrap();
        let meanings: Vec<_> = layout.columns.iter().map(|c| c.meaning).collect();
        assert_eq!(meanings[2..4], [Some(Meaning::PersonOther), Some(Meaning::PersonOther)]);
        assert_eq!(meanings[4], None);
    }

    #[test]
    fn state_words_are_finished_only_when_they_say_so() {
        for word in ["已办结", "办结", "已办结（超期）", "已归档-满意", "已回访"] {
            assert!(Words::get().is_finished(word), "{word}");
        }
        for word in ["", "未办结", "办理中", "办结中", "待回访"] {
            assert!(!Words::get().is_finished(word), "{word}");
        }
    }
}
