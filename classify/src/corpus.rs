//! Labelled rows to train and to test on, read from JSON lines.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use qingting_models::records::Kind;
use serde::Deserialize;

/// What went wrong with a corpus file, and where.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    #[error("cannot read {file}: {source}")]
    File { file: String, source: std::io::Error },
    #[error("{file}, line {line}: {reason}")]
    Line { file: String, line: usize, reason: String },
}

/// The text of a row: as written, or known only as segmented words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowText {
    Written { title: String, body: String },
    Words(Vec<String>),
}

/// One labelled row. A label that is `None` is not known; empty `topics` mean that nothing in the
/// row is for a county to answer, `None` that the row tells nothing of topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub text: RowText,
    /// The main topic first.
    pub topics: Option<Vec<String>>,
    pub kind: Option<Kind>,
    pub department: Option<String>,
    /// 0, 1 or 2.
    pub urgency: Option<u8>,
    /// Danger to life or health now, which is urgency 2; `Some(false)` tells nothing of 0 and 1.
    pub urgent: Option<bool>,
}

impl Row {
    /// Whether the row is a news article.
    pub fn is_news(&self) -> bool {
        self.kind == Some(Kind::News)
    }

    /// Whether the row has a topic; `None` where it tells nothing of them.
    pub fn has_topic(&self, topic: &String) -> Option<bool> {
        self.topics.as_ref().map(|topics| topics.contains(topic))
    }

    /// The main topic, where the row tells one.
    pub fn main_topic(&self) -> Option<&String> {
        self.topics.as_ref()?.first()
    }

    /// Whether nothing in the row is for a county to answer; `None` where it does not tell.
    pub fn is_nothing(&self) -> Option<bool> {
        self.topics.as_ref().map(Vec::is_empty)
    }

    /// Whether the urgency is at least `level`; `None` where the row does not tell.
    pub fn is_at_least(&self, level: u8) -> Option<bool> {
        match self.urgent {
            Some(urgent) if level > 1 => Some(urgent),
            _ => self.urgency.map(|urgency| urgency >= level),
        }
    }
}

#[derive(Deserialize)]
struct Raw {
    id: String,
    title: Option<String>,
    body: Option<String>,
    tokens: Option<Vec<String>>,
    topics: Option<Vec<String>>,
    kind: Option<String>,
    department: Option<String>,
    urgency: Option<u8>,
    urgent: Option<bool>,
    channel: Option<String>,
}

impl Raw {
    fn check(self) -> Result<Row, String> {
        let kind = match self.kind.as_deref() {
            Some(word) => Some(word.parse::<Kind>().map_err(|e| format!("kind: {e}"))?),
            None => None,
        };
        if let Some(urgency @ 3..) = self.urgency {
            return Err(format!("urgency {urgency} is not allowed; allowed: 0, 1, 2"));
        }
        if let (Some(urgency), Some(urgent)) = (self.urgency, self.urgent)
            && (urgency == 2) != urgent
        {
            return Err(format!("urgency {urgency} and \"urgent\": {urgent} contradict one another"));
        }
        // A misspelt "topics" must not cost a row its labels in silence.
        if self.topics.is_none() && self.urgent.is_none() {
            return Err("\"topics\" is missing; only a row that tells \"urgent\" may lack it".to_owned());
        }
        if self.topics.iter().flatten().any(|t| t.trim().is_empty()) {
            return Err("topics: an empty topic code is not allowed".to_owned());
        }
        let no_body = self.body.as_deref().is_none_or(|b| b.trim().is_empty());
        let titled = self.title.is_some() && self.tokens.is_none();
        let news = self.channel.as_deref() == Some("news") || (kind.is_none() && titled && no_body);
        let text = match (self.tokens, self.title, self.body) {
            (Some(_), _, Some(_)) => return Err("a row has \"body\" or \"tokens\", not both".to_owned()),
            (Some(words), _, None) => RowText::Words(words),
            (None, None, None) => {
                return Err("neither \"title\", \"body\" nor \"tokens\" is there".to_owned());
            }
            (None, title, body) => {
                RowText::Written { title: title.unwrap_or_default(), body: body.unwrap_or_default() }
            }
        };
        Ok(Row {
            id: self.id,
            text,
            topics: self.topics,
            kind: if news { Some(Kind::News) } else { kind },
            department: self.department,
            urgency: self.urgency,
            urgent: self.urgent,
        })
    }
}

/// Reads rows `{"id","title","body" or "tokens","topics"?,"kind"?,"department"?,"urgency"?,"urgent"?,"channel"?}`,
/// one a line; empty lines are passed over. Topics may be absent where "urgent" is told. A row of the channel "news", or
/// of a title alone without a kind, counts as news. `file` names the input in errors.
pub fn read_rows(input: impl BufRead, file: &str) -> Result<Vec<Row>, CorpusError> {
    let mut rows = Vec::new();
    for (index, line) in input.lines().enumerate() {
        let line = line.map_err(|source| CorpusError::File { file: file.to_owned(), source })?;
        if line.trim().is_empty() {
            continue;
        }
        let row = serde_json::from_str::<Raw>(&line).map_err(|e| e.to_string()).and_then(Raw::check);
        rows.push(row.map_err(|reason| CorpusError::Line {
            file: file.to_owned(),
            line: index + 1,
            reason,
        })?);
    }
    Ok(rows)
}

/// Reads the rows of a file; see [`read_rows`].
pub fn load_rows(path: &Path) -> Result<Vec<Row>, CorpusError> {
    read_rows(open(path)?, &path.display().to_string())
}

/// Reads folds, `id<TAB>fold` a line; a first line `id<TAB>fold` is a header.
pub fn load_folds(path: &Path) -> Result<HashMap<String, usize>, CorpusError> {
    let fold = |line: &str| {
        let (id, fold) = line.split_once('\t')?;
        Some((id.to_owned(), fold.trim().parse().ok()?))
    };
    load_lines(path, "id\tfold", "an id, a tab and the number of a fold", fold)
}

/// Reads the incidents of items, `incident<TAB>id` a line, `-` for an item that belongs to none; a first line
/// `incident<TAB>id` is a header.
pub fn load_incidents(path: &Path) -> Result<Vec<(String, Option<String>)>, CorpusError> {
    let item = |line: &str| {
        let (incident, id) =
            line.split_once('\t').filter(|(incident, id)| !incident.is_empty() && !id.is_empty())?;
        Some((id.to_owned(), (incident != "-").then(|| incident.to_owned())))
    };
    load_lines(path, "incident\tid", "an incident or -, a tab and an id", item)
}

/// Reads ids, one a line; a first line `id` is a header.
pub fn load_ids(path: &Path) -> Result<HashSet<String>, CorpusError> {
    load_lines(path, "id", "an id", |line| Some(line.to_owned()))
}

/// Reads a list, an entry a line; blank lines and a header in the first are passed over.
fn load_lines<T, All: FromIterator<T>>(
    path: &Path,
    header: &str,
    expected: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<All, CorpusError> {
    let file = path.display().to_string();
    let mut entries = Vec::new();
    for (index, line) in open(path)?.lines().enumerate() {
        let line = line.map_err(|source| CorpusError::File { file: file.clone(), source })?;
        let line = line.trim();
        if line.is_empty() || (index == 0 && line == header) {
            continue;
        }
        let Some(entry) = read(line) else {
            let reason = format!("expected {expected}, found \"{line}\"");
            return Err(CorpusError::Line { file, line: index + 1, reason });
        };
        entries.push(entry);
    }
    Ok(entries.into_iter().collect())
}

fn open(path: &Path) -> Result<BufReader<File>, CorpusError> {
    let file = path.display().to_string();
    File::open(path).map(BufReader::new).map_err(|source| CorpusError::File { file, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Row>, CorpusError> {
        read_rows(text.as_bytes(), "rows.jsonl")
    }

    #[test]
    fn incidents_and_ids_are_read_and_a_broken_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("incidents.tsv");
        std::fs::write(&path, "incident\tid\ni1\ta\n-\tb\n").unwrap();
        let read = load_incidents(&path).unwrap();
        assert_eq!(read, [("a".to_owned(), Some("i1".to_owned())), ("b".to_owned(), None)]);
        std::fs::write(&path, "i1\ta\ni2\n").unwrap();
        let refused = load_incidents(&path).unwrap_err().to_string();
        assert!(refused.contains("line 2") && refused.contains("found \"i2\""), "{refused}");
        std::fs::write(&path, "id\na\n\nb\n").unwrap();
        assert_eq!(load_ids(&path).unwrap(), HashSet::from(["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn a_title_alone_without_a_kind_is_news() {
        let rows = read(concat!(
            "{\"id\":\"1\",\"title\":\"渔港今日开渔\",\"topics\":[]}\n\n",
            "{\"id\":\"2\",\"title\":\"路灯不亮\",\"body\":\"东门路\",\"topics\":[\"urban\"],\"kind\":\"投诉\"}\n",
            "{\"id\":\"3\",\"tokens\":[\"路灯\"],\"topics\":[\"urban\"]}\n",
        ))
        .unwrap();
        let kinds: Vec<_> = rows.iter().map(|r| r.kind).collect();
        assert_eq!(kinds, [Some(Kind::News), Some(Kind::Complaint), None]);
    }

    #[test]
    fn a_row_may_tell_of_urgency_alone() {
        let rows = read(concat!(
            "{\"id\":\"1\",\"body\":\"煤气漏了\",\"urgent\":true}\n",
            "{\"id\":\"2\",\"body\":\"热得要命\",\"urgent\":false}\n",
            "{\"id\":\"3\",\"body\":\"路灯不亮\",\"topics\":[],\"urgency\":1}\n",
        ))
        .unwrap();
        let told: Vec<_> = rows.iter().map(|row| (row.is_at_least(1), row.is_at_least(2))).collect();
        let no = Some(false);
        assert_eq!(told, [(None, Some(true)), (None, no), (Some(true), no)]);
        let nothing: Vec<_> = rows.iter().map(Row::is_nothing).collect();
        assert_eq!(nothing, [None, None, Some(true)]);
    }

    #[test]
    fn a_bad_row_is_named_by_file_and_line() {
        for (bad, part) in [
            ("{\"id\":\"1\",\"topics\":[]}", "neither"),
            ("{\"id\":\"1\",\"title\":\"a\",\"topics\":[],\"kind\":\"闲聊\"}", "allowed: 咨询"),
            ("{\"id\":\"1\",\"title\":\"a\",\"topics\":[],\"urgency\":7}", "allowed: 0, 1, 2"),
            (
                "{\"id\":\"1\",\"body\":\"a\",\"topic\":[\"urban\"],\"kind\":\"投诉\"}",
                "\"topics\" is missing",
            ),
            ("{\"id\":\"1\",\"body\":\"a\",\"urgency\":1,\"urgent\":true}", "contradict"),
            ("{\"id\":\"1\",\"body\":\"a\",\"tokens\":[\"b\"],\"topics\":[]}", "not both"),
            ("{\"id\":", "EOF"),
        ] {
            let error = read(&format!("\n{bad}\n")).unwrap_err().to_string();
            assert!(error.starts_with("rows.jsonl, line 2: ") && error.contains(part), "{error}");
        }
    }
}
