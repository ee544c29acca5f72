//! Recognises a sheet's columns by their headers, whatever their order and whatever stands above them.

use std::collections::HashMap;

use super::map::ColumnMap;
use super::meaning::Meaning;
use super::rows::{Row, clean};
use super::words::{Guess, SURE, Words, plain};
use super::xlsx::MAX_COLUMNS;

/// How sure a column is of which nothing but the length of its texts speaks for what it is.
const BY_CONTENT: f64 = 0.4;
/// Texts shorter than this on average are no matter of a complaint.
const TELLING_TEXT: usize = 10;

/// A sheet whose columns could not be told.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HeaderError {
    #[error(
        "no header row found in the first {rows} filled rows; seen: {seen}; needed: a column for the text \
         (诉求内容, 市民诉求, 工单内容, 留言详情, 内容 ...) or the title (诉求标题, 工单标题, 留言主题, 标题 ...), \
         or a column map that names them"
    )]
    NotFound { rows: usize, seen: String },
    #[error("the column map names \"{header}\" for {meaning}, but no row has all its headers; seen: {seen}")]
    NotMapped { meaning: &'static str, header: String, seen: String },
    /// `unknown`: the headers of columns without a meaning.
    #[error(
        "the columns in row {row} are guessed with confidence {confidence:.2} of 1, and under {SURE} a person must \
         confirm{}; correct this column map and import with it:\n{}", told_unknown(unknown), guess.to_toml()
    )]
    Unsure { row: u64, confidence: f64, guess: ColumnMap, unknown: Vec<String> },
}

/// A record is known by its number: one named only after the first import brings every record again.
fn told_unknown(headers: &[String]) -> String {
    if headers.is_empty() {
        return String::new();
    }
    format!(
        "; nothing is known of the columns {}: if one of them is the number or the time, name it in the map before \
         the first import",
        headers.join(", ")
    )
}

/// One column of a sheet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    /// As the sheet writes it, unique within the sheet: a repeated one has its number behind it.
    pub header: String,
    /// The header as it is compared, for digests of records.
    pub plain: String,
    /// `None` for an ordinary column, which is shown as it is.
    pub meaning: Option<Meaning>,
    /// How sure the meaning is, from 0 to 1, as `words.rs` counts it; 0 for an ordinary column.
    pub confidence: f64,
    /// Personal because a column map says so, while without the map it would be shown: how it is compared then.
    pub sealed_by_map: Option<String>,
}

/// What the columns of a sheet mean, from left to right.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub columns: Vec<Column>,
    /// Whether a column map says so, rather than the words of the headers.
    pub by_map: bool,
}

impl Layout {
    /// Recognises a header row by the word table, or by the map alone where one is given. `None` when the row
    /// names neither a text nor a title, or looks like anything but a header row.
    pub(super) fn of(cells: &[String], map: Option<&ColumnMap>) -> Option<Self> {
        if cells.len() > MAX_COLUMNS {
            return None;
        }
        let mapped = map.and_then(|map| Self::mapped(cells, map));
        if mapped.is_none() && map.is_some_and(|map| !map.is_saved()) {
            return None;
        }
        let by_map = mapped.is_some();
        let layout = mapped.unwrap_or_else(|| Self::recognised(cells));
        let filled = cells.iter().filter(|c| !c.trim().is_empty()).count();
        // A lone cell is a header only when it is a word of the table: a title may end in one.
        let lone = filled == 1 && layout.confidence() >= 1.0;
        let enough = by_map || layout.known() >= 2 || lone;
        (enough && layout.has_text()).then_some(layout)
    }

    /// Columns with a meaning.
    pub(super) fn known(&self) -> usize {
        self.columns.iter().filter(|c| c.meaning.is_some()).count()
    }

    fn has_text(&self) -> bool {
        self.columns.iter().any(|c| matches!(c.meaning, Some(Meaning::Title | Meaning::Body)))
    }

    /// How sure the layout is, from 0 to 1: as sure as the least sure column that decides what a record is
    /// (id, title, text, times), and 0 without title and text. Personal columns and counters don't count: taken
    /// wrongly they cost no record.
    pub(super) fn confidence(&self) -> f64 {
        if !self.has_text() {
            return 0.0;
        }
        let deciding = self.columns.iter().filter(|c| c.meaning.is_some_and(Meaning::decides));
        deciding.map(|c| c.confidence).fold(1.0, f64::min)
    }

    /// The position of the column with that meaning.
    pub(super) fn index_of(&self, meaning: Meaning) -> Option<usize> {
        self.columns.iter().position(|c| c.meaning == Some(meaning))
    }

    fn recognised(cells: &[String]) -> Self {
        let sure = |guess: &Guess| guess.confidence >= SURE;
        let guesses: Vec<_> = cells.iter().map(|cell| Words::get().guess(cell)).collect();
        let firm = Self::chosen(cells, guesses.iter().map(|g| g.filter(sure)).collect());
        if firm.has_text() {
            return firm;
        }
        // Only for want of a text is a doubtful column taken, for a person to confirm.
        let text = |g: &Guess| sure(g) || matches!(g.meaning, Meaning::Title | Meaning::Body);
        Self::chosen(cells, guesses.into_iter().map(|g| g.filter(text)).collect())
    }

    /// Gives each meaning to the column that is surest of it; a meaning that may repeat, to all of them.
    fn chosen(cells: &[String], guesses: Vec<Option<Guess>>) -> Self {
        let mut best: HashMap<Meaning, (usize, Guess)> = HashMap::new();
        for (index, guess) in guesses.iter().enumerate().filter_map(|(index, guess)| Some((index, (*guess)?)))
        {
            let (_, known) = best.entry(guess.meaning).or_insert((index, guess));
            let by = guess.confidence.total_cmp(&known.confidence).then(known.rank.cmp(&guess.rank));
            if by.is_gt() {
                best.insert(guess.meaning, (index, guess));
            }
        }
        Self::named(cells, |index| {
            let guess = guesses.get(index).copied().flatten()?;
            let surest = best.get(&guess.meaning).is_some_and(|(surest, _)| *surest == index);
            let taken = guess.meaning.may_repeat() || surest;
            taken.then_some((guess.meaning, guess.confidence))
        })
    }

    /// Columns that the map doesn't name are ordinary ones; personal columns, counters and row numbers are
    /// recognised all the same.
    fn mapped(cells: &[String], map: &ColumnMap) -> Option<Self> {
        let seen: Vec<String> = cells.iter().map(|cell| plain(cell)).collect();
        if map.entries().any(|(_, header)| !seen.contains(&plain(header))) {
            return None;
        }
        let mapped = Self::named(cells, |index| {
            let header = &seen[index];
            let named = map.entries().find(|(_, name)| plain(name) == *header);
            let safe = |g: &Guess| {
                g.meaning.is_personal() || matches!(g.meaning, Meaning::Counter | Meaning::RowNumber)
            };
            let besides =
                || Words::get().guess(&cells[index]).filter(safe).map(|g| (g.meaning, g.confidence));
            named.map(|(meaning, _)| (meaning, 1.0)).or_else(besides)
        });
        let mut mapped = Self { by_map: true, ..mapped };
        for column in &mut mapped.columns {
            let told = Words::get().guess(&column.header).is_some_and(|guess| guess.meaning.is_personal());
            let sealed = column.meaning.is_some_and(Meaning::is_personal) && !told;
            column.sealed_by_map = sealed.then(|| format!("{}（密封）", column.plain));
        }
        Some(mapped)
    }

    /// A guess for a sheet whose headers say nothing: the widest of the first rows is the header row, and the
    /// column with the longest texts below it the text.
    pub(super) fn by_content(rows: &[Row]) -> Option<(usize, Self)> {
        let widest = widest(rows.iter().map(|row| row.cells.as_slice()))?;
        let (head, below) = (rows.get(widest)?, rows.get(widest + 1..)?);
        if head.cells.len() > MAX_COLUMNS {
            return None;
        }
        let length = |column: usize| {
            let cells =
                below.iter().filter_map(|row| row.cells.get(column)).map(|cell| clean(cell).chars().count());
            cells.sum::<usize>() / below.len().max(1)
        };
        let guesses: Vec<_> = head.cells.iter().map(|cell| Words::get().guess(cell)).collect();
        let free =
            |column: &usize| guesses.get(*column).copied().flatten().is_none_or(|g| !g.meaning.is_personal());
        let longest = (0..head.cells.len())
            .filter(free)
            .max_by_key(|column| (length(*column), head.cells.len() - column))?;
        let header = clean(&head.cells[longest]);
        if length(longest) < TELLING_TEXT || header.is_empty() || holds_personal_data(&head.cells) {
            return None;
        }
        let text = Guess { meaning: Meaning::Body, confidence: BY_CONTENT, rank: 0 };
        let guesses = guesses.into_iter().enumerate();
        let guesses =
            guesses.map(|(i, g)| if i == longest { Some(text) } else { g.filter(|g| g.confidence >= SURE) });
        Some((widest, Self::chosen(&head.cells, guesses.collect())))
    }

    /// The columns of a sheet of which not even a guess can be made, for a person to name: the widest of the first
    /// rows is taken for the header row.
    pub(super) fn unnamed(rows: &[&[String]]) -> Option<(usize, Self)> {
        let index = widest(rows.iter().copied())?;
        let cells = rows.get(index).filter(|cells| cells.len() <= MAX_COLUMNS)?;
        (!holds_personal_data(cells)).then(|| (index, Self::recognised(cells)))
    }

    /// The layout as a column map that a person can correct; columns that are recognised anyway are left out.
    pub(super) fn to_map(&self) -> ColumnMap {
        let told = |c: &Column| Some((c.meaning?, c.header.clone()));
        let needed = |entry: &(Meaning, String)| {
            !matches!(entry.0, Meaning::Counter | Meaning::RowNumber) && !entry.1.starts_with('(')
        };
        ColumnMap::of(self.columns.iter().filter_map(told).filter(needed).collect())
    }

    /// The headers of columns without a meaning.
    pub(super) fn unknown(&self) -> Vec<String> {
        let named = |c: &&Column| c.meaning.is_none() && !c.header.starts_with('(');
        self.columns.iter().filter(named).map(|c| c.header.clone()).collect()
    }

    /// Why no row is a header row, with what was seen (masked: it may be data).
    pub(super) fn missing(rows: &[&[String]], map: Option<&ColumnMap>) -> HeaderError {
        let widest = widest(rows.iter().copied()).and_then(|index| rows.get(index));
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
                HeaderError::NotMapped { meaning: meaning.word(), header: header.to_owned(), seen }
            }
            None => HeaderError::NotFound { rows: rows.len(), seen },
        }
    }

    fn named(cells: &[String], meaning: impl Fn(usize) -> Option<(Meaning, f64)>) -> Self {
        let mut columns: Vec<Column> = Vec::with_capacity(cells.len());
        let mut taken = std::collections::HashSet::new();
        for (index, cell) in cells.iter().enumerate() {
            let written: String = cell.split_whitespace().collect::<Vec<_>>().join(" ");
            let base = if written.is_empty() { format!("({})", index + 1) } else { written };
            let header = if taken.contains(&base) { format!("{base} ({})", index + 1) } else { base };
            taken.insert(header.clone());
            let (meaning, confidence) = meaning(index).unzip();
            let (plain, confidence) = (plain(&header), confidence.unwrap_or_default());
            columns.push(Column { header, plain, meaning, confidence, sealed_by_map: None });
        }
        Self { columns, by_map: false }
    }
}

/// Whether cells look like a person's data, so that they are a row and no header.
fn holds_personal_data(cells: &[String]) -> bool {
    cells.iter().any(|cell| qingting_models::text::mask(cell).text != *cell)
}

/// The row with the most filled cells; of equally wide ones the first is most likely the header row.
fn widest<'r>(rows: impl Iterator<Item = &'r [String]>) -> Option<usize> {
    let width = |cells: &[String]| cells.iter().filter(|c| !c.trim().is_empty()).count();
    let widths: Vec<usize> = rows.map(width).collect();
    let (index, width) = widths.iter().enumerate().rev().max_by_key(|(_, width)| **width)?;
    (*width > 0).then_some(index)
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
    fn a_near_header_never_beats_an_exact_one() {
        let line = "群众诉求内容,内容,编号";
        assert_eq!(header_of(line, Meaning::Body).as_deref(), Some("内容"));
        let layout = Layout::of(&cells(line), None).unwrap();
        assert_eq!(layout.confidence(), 1.0);
        assert_eq!(layout.columns[0].meaning, None);
    }

    #[test]
    fn a_layout_is_as_sure_as_its_least_sure_deciding_column() {
        let confidence = |line: &str| Layout::of(&cells(line), None).unwrap().confidence();
        assert_eq!(confidence("编号,诉求内容,家属电话"), 1.0);
        assert_eq!(confidence("编号,诉求内客"), 0.75);
        assert!(confidence("编号,诉求内容摘编") < SURE);
    }

    #[test]
    fn a_title_that_ends_in_a_header_word_is_no_header_row() {
        assert!(Layout::of(&cells("2026年一月群众诉求内容,,"), None).is_none());
        assert!(Layout::of(&cells("内容"), None).is_some());
    }

    #[test]
    fn an_unknown_column_about_a_person_is_private() {
        let layout =
            Layout::of(&cells("标题,内容,家属电话,紧急联系人姓名,投诉人单位,回复诉求人"), None).unwrap();
        let meanings: Vec<_> = layout.columns.iter().map(|c| c.meaning).collect();
        let private = [Meaning::PersonPhone, Meaning::PersonName, Meaning::PersonOther].map(Some);
        assert_eq!(meanings[2..5], private);
        assert_eq!(meanings[5], None);
    }

    #[test]
    fn a_saved_map_is_left_aside_where_its_headers_are_missing() {
        let map = ColumnMap::parse("body = \"乙栏\"").unwrap();
        let other = cells("工单编号,标题,诉求内容");
        assert!(Layout::of(&other, Some(&map)).is_none(), "a map given for this sheet is strict");
        let saved = map.saved();
        assert_eq!(Layout::of(&other, Some(&saved)), Layout::of(&other, None));
        let own = Layout::of(&cells("甲栏,乙栏,诉求内容"), Some(&saved)).unwrap();
        assert_eq!(own.index_of(Meaning::Body), Some(1));
    }

    #[test]
    fn without_a_telling_header_the_longest_texts_are_the_guess() {
        let text = "河边的路灯坏了一个多月一直没有人来修";
        let rows: Vec<Row> = ["甲,乙,丙", &format!("1,{text},是"), &format!("2,{text},否")]
            .iter()
            .zip(1..)
            .map(|(line, number)| Row { number, cells: cells(line), ..Row::default() })
            .collect();
        let (row, layout) = Layout::by_content(&rows).unwrap();
        assert_eq!((row, layout.confidence()), (0, BY_CONTENT));
        assert_eq!(layout.to_map().to_toml(), "body = \"乙\"\n");
    }
}
