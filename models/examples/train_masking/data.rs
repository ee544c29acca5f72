//! Reads what is learned from, and measures on what is not.

use std::error::Error;
use std::path::{Path, PathBuf};

use qingting_models::text::mask::{MaskKind, mask};

/// How many times a table counts.
const TABLE_TIMES: usize = 3;
/// How many everyday words are kept.
const WORDS: usize = 52_000;

/// A text and where names and addresses stand in it, in characters.
#[derive(Debug, Clone)]
pub(crate) struct Sentence {
    pub(crate) text: String,
    pub(crate) names: Vec<(usize, usize)>,
    /// `None` where addresses are not labelled.
    pub(crate) addresses: Option<Vec<(usize, usize)>>,
}

impl Sentence {
    /// Reads ⟦name:…⟧ and ⟦address:…⟧; other labels are taken off.
    fn labelled(line: &str) -> Result<Self, String> {
        let (mut text, mut names, mut rest) = (String::new(), Vec::new(), line);
        let mut addresses = Vec::new();
        while let Some((before, after)) = rest.split_once('⟦') {
            text.push_str(before);
            let (label, after) = after.split_once('⟧').ok_or("⟦ without ⟧")?;
            let (kind, value) = label.split_once(':').ok_or("no type")?;
            let start = text.chars().count();
            text.push_str(value);
            match kind {
                "name" => names.push((start, text.chars().count())),
                "address" => addresses.push((start, text.chars().count())),
                _ => {}
            }
            rest = after;
        }
        text.push_str(rest);
        Ok(Self { text, names, addresses: Some(addresses) })
    }

    /// Reads a text and its masked form, parted by a tab; only if they can be matched surely.
    fn masked(line: &str) -> Option<Self> {
        let (text, masked) = line.split_once('\t')?;
        let (mut names, mut addresses, mut at) = (Vec::new(), Vec::new(), 0);
        let mut pieces = masked.split('〔').peekable();
        at += pieces.next().filter(|first| text.starts_with(*first))?.len();
        while let Some(piece) = pieces.next() {
            let (label, literal) = piece.split_once('〕')?;
            let rest = &text[at..];
            let found = match (literal, pieces.peek()) {
                ("", None) => rest.len(),
                ("", Some(_)) => return None,
                (_, None) => rest.strip_suffix(literal)?.len(),
                _ => rest.find(literal)?,
            };
            let start = text[..at].chars().count();
            let end = start + rest[..found].chars().count();
            match label {
                "姓名" => names.push((start, end)),
                "门牌" => addresses.push((start, end)),
                _ => {}
            }
            at += found + literal.len();
        }
        (at == text.len()).then(|| Self { text: text.to_owned(), names, addresses: Some(addresses) })
    }

    /// The sentence with `words` at a place, which is in none of its names.
    pub(crate) fn with(&self, place: usize, words: &str) -> Self {
        let length = words.chars().count();
        let moved = |at: usize| if at < place { at } else { at + length };
        let mut text: String = self.text.chars().take(place).collect();
        text.push_str(words);
        text.extend(self.text.chars().skip(place));
        let names = self.names.iter().map(|&(start, end)| (moved(start), moved(end - 1) + 1));
        Self { text, names: names.collect(), addresses: None }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.names.iter().map(|name| self.part(name)).collect()
    }

    pub(crate) fn part(&self, &(start, end): &(usize, usize)) -> String {
        self.text.chars().skip(start).take(end - start).collect()
    }
}

/// What the command line names.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub(crate) words: PathBuf,
    /// Names of cities and counties, one a line.
    pub(crate) places: Option<PathBuf>,
    pub(crate) out: Option<PathBuf>,
    /// Where the weights of addresses go; then those are learned instead of names.
    pub(crate) addresses: Option<PathBuf>,
    /// A model to measure instead of learning one.
    pub(crate) model: Option<PathBuf>,
    letters: Vec<PathBuf>,
    labelled: Vec<PathBuf>,
    test: Vec<PathBuf>,
    part: Option<(usize, usize)>,
    /// From which sums on a candidate is a name: alone, and where the rules found it too.
    pub(crate) limits: [i32; 2],
    /// From which sum on a candidate is an address.
    pub(crate) address_limit: i32,
}

impl Sources {
    pub(crate) fn from_args() -> Result<Self, Box<dyn Error>> {
        let mut sources = Self { limits: [-3, -25], address_limit: -1, ..Self::default() };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} wants a value"));
            match arg.as_str() {
                "--words" => sources.words = value()?.into(),
                "--places" => sources.places = Some(value()?.into()),
                "--model" => sources.model = Some(value()?.into()),
                "--out" => sources.out = Some(value()?.into()),
                "--letters" => sources.letters.push(value()?.into()),
                "--test" => sources.test.push(value()?.into()),
                "--name" => sources.limits[0] = value()?.parse()?,
                "--addresses" => sources.addresses = Some(value()?.into()),
                "--address" => sources.address_limit = value()?.parse()?,
                "--ruled" => sources.limits[1] = value()?.parse()?,
                "--part" => {
                    let value = value()?;
                    let (part, of) = value.split_once('/').ok_or("--part wants 0/5")?;
                    sources.part = Some((part.parse()?, of.parse()?));
                }
                _ => sources.labelled.push(arg.into()),
            }
        }
        Ok(sources)
    }

    /// The sentences to learn from, and those to measure on.
    pub(crate) fn sentences(&self) -> Result<(Vec<Sentence>, Vec<Sentence>), Box<dyn Error>> {
        let (mut learned, mut left_out) = (Vec::new(), Vec::new());
        for path in &self.labelled {
            let times = if is_table(path) { TABLE_TIMES } else { 1 };
            for (index, sentence) in read(path)?.into_iter().enumerate() {
                let out = self.part.is_some_and(|(part, of)| index % of == part);
                if out {
                    left_out.push(sentence);
                } else {
                    learned.extend(std::iter::repeat_n(sentence, times));
                }
            }
        }
        for path in &self.test {
            left_out.extend(read(path)?);
        }
        Ok((learned, left_out))
    }

    /// The title and body of every letter.
    pub(crate) fn letters(&self) -> Result<Vec<String>, Box<dyn Error>> {
        let mut letters = Vec::new();
        for path in &self.letters {
            for line in std::fs::read_to_string(path)?.lines() {
                let letter: serde_json::Value = serde_json::from_str(line)?;
                letters
                    .extend(["title", "body"].iter().filter_map(|&f| letter[f].as_str()).map(str::to_owned));
            }
        }
        letters.sort_unstable();
        letters.dedup();
        Ok(letters)
    }
}

fn is_table(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "tsv")
}

fn read(path: &Path) -> Result<Vec<Sentence>, Box<dyn Error>> {
    let file = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let lines = file.lines().filter(|l| !l.trim().is_empty() && !l.starts_with("# "));
    if is_table(path) {
        return Ok(lines.filter_map(Sentence::masked).collect());
    }
    let mut sentences: Vec<Sentence> = lines.map(Sentence::labelled).collect::<Result<_, _>>()?;
    // Of a file without one address it is not known where some stand.
    if sentences.iter().all(|s| s.addresses.as_ref().is_none_or(Vec::is_empty)) {
        sentences.iter_mut().for_each(|s| s.addresses = None);
    }
    Ok(sentences)
}

/// How common a place is taken to be: a number of its own.
const PLACE: i32 = 7;

/// The places first, then the commonest words.
pub(crate) fn with_places<'a>(places: &'a str, common: &[(&'a str, i32)]) -> Vec<(&'a str, i32)> {
    let fits = |place: &&str| (2..=4).contains(&place.chars().count());
    let places: Vec<&str> = places.lines().map(str::trim).filter(fits).collect();
    let known: std::collections::HashSet<&str> = places.iter().copied().collect();
    let others = common.iter().copied().filter(|(word, _)| !known.contains(word));
    places.iter().map(|&place| (place, PLACE)).chain(others).collect()
}

/// The commonest words of the dictionary that are no persons, each with how common it is, from 1 to 6.
pub(crate) fn common_words(dictionary: &str) -> Vec<(&str, i32)> {
    let mut words: Vec<(&str, u64)> = dictionary
        .lines()
        .filter_map(|line| {
            let mut parts = line.split(' ');
            let (word, count, tag) = (parts.next()?, parts.next()?, parts.next()?);
            let length = word.chars().count();
            // Longer words are rarer, but speak louder.
            let count = count.parse::<u64>().ok()? * if length > 2 { 4 } else { 1 };
            ((2..=4).contains(&length) && !tag.starts_with("nr")).then_some((word, count))
        })
        .collect();
    words.sort_by_key(|&(word, count)| (std::cmp::Reverse(count), word));
    words.truncate(WORDS);
    let level =
        |count: u64| [30, 100, 400, 2000, 10_000].iter().filter(|&&from| count >= from).count() as i32 + 1;
    words.into_iter().map(|(word, count)| (word, level(count))).collect()
}

/// Whether a span is a label, but for two characters at its ends.
pub(crate) fn is_same(span: &(usize, usize), label: &(usize, usize)) -> bool {
    span.0 <= label.0 && span.1 >= label.1 && span.0 + 2 >= label.0 && span.1 <= label.1 + 2
}

/// Prints how many of the names and addresses are found, how much of what is found is right, and the mistakes.
pub(crate) fn measure(sentences: &[Sentence]) {
    let names: Vec<_> = sentences.iter().map(|s| (s, s.names.as_slice())).collect();
    let addresses: Vec<_> = sentences.iter().filter_map(|s| Some((s, s.addresses.as_deref()?))).collect();
    for (kind, what, labelled) in
        [(MaskKind::Name, "names", names), (MaskKind::Address, "addresses", addresses)]
    {
        measure_kind(kind, what, &labelled);
    }
}

fn measure_kind(kind: MaskKind, what: &str, labelled: &[(&Sentence, &[(usize, usize)])]) {
    let (mut all, mut found, mut masked, mut right) = (0, 0, 0, 0);
    for (sentence, labels) in labelled {
        let spans: Vec<(usize, usize)> =
            mask(&sentence.text).spans.iter().filter(|s| s.kind == kind).map(|s| (s.start, s.end)).collect();
        all += labels.len();
        masked += spans.len();
        let is_found = |label: &&(usize, usize)| spans.iter().any(|s| is_same(s, label));
        let is_right = |span: &&(usize, usize)| labels.iter().any(|l| is_same(span, l));
        found += labels.iter().filter(is_found).count();
        right += spans.iter().filter(is_right).count();
        for label in labels.iter().filter(|l| !is_found(l)) {
            println!("missed {}: {}", sentence.part(label), sentence.text);
        }
        for span in spans.iter().filter(|s| !is_right(s)) {
            println!("wrong {}: {}", sentence.part(span), sentence.text);
        }
    }
    if !labelled.is_empty() {
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        println!("{all} {what}, recall {:.3}, precision {:.3}", share(found, all), share(right, masked));
    }
}
