//! `qingting mask --gold`: measures the masking on sentences in which personal data is labelled.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use qingting_models::text::{self, MaskKind, MaskSpan};
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::Global;
use crate::output;

/// How many characters a span may cover beside the label it finds.
const BESIDE: usize = 2;
/// The kinds that are numbers, cards and accounts.
const NUMBERS: [MaskKind; 8] = [
    MaskKind::Mobile,
    MaskKind::Landline,
    MaskKind::IdCard,
    MaskKind::BankCard,
    MaskKind::Plate,
    MaskKind::Email,
    MaskKind::Qq,
    MaskKind::WeChat,
];

/// What was counted of one kind.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    labelled: usize,
    found: usize,
    masked: usize,
    right: usize,
}

/// A label that was missed, or a stretch masked without a label.
#[derive(Debug, Serialize)]
struct Mistake {
    line: usize,
    #[serde(rename = "type")]
    kind: MaskKind,
    value: String,
    sentence: String,
}

#[derive(Debug, Default)]
struct Measured {
    kinds: BTreeMap<MaskKind, Count>,
    missed: Vec<Mistake>,
    wrong: Vec<Mistake>,
}

pub fn run(global: &Global, path: &Path) -> Result<()> {
    let file = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let mut measured = Measured::default();
    for (index, line) in file.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let (sentence, labels) =
            labelled(line).with_context(|| format!("{}, line {}", path.display(), index + 1))?;
        measured.add(index + 1, &sentence, &labels);
    }
    if measured.kinds.is_empty() {
        bail!("{} labels nothing and nothing is masked in it", path.display());
    }
    if global.json { output::json(&measured.document()) } else { measured.print() }
}

/// A sentence without its labels, and where they stood in characters.
fn labelled(line: &str) -> Result<(String, Vec<MaskSpan>)> {
    let (mut sentence, mut labels, mut rest) = (String::new(), Vec::new(), line);
    while let Some((before, after)) = rest.split_once('⟦') {
        sentence.push_str(before);
        let (label, after) = after.split_once('⟧').ok_or_else(|| anyhow!("⟦ without ⟧"))?;
        let (kind, value) = label.split_once(':').ok_or_else(|| anyhow!("⟦{label}⟧ is not ⟦type:value⟧"))?;
        let kind: MaskKind = serde_json::from_value(json!(kind)).map_err(|_| unknown(kind))?;
        let start = sentence.chars().count();
        sentence.push_str(value);
        labels.push(MaskSpan { kind, start, end: sentence.chars().count() });
        rest = after;
    }
    sentence.push_str(rest);
    Ok((sentence, labels))
}

fn unknown(kind: &str) -> anyhow::Error {
    let known: Vec<String> = MaskKind::ALL.iter().map(|&kind| name_of(kind)).collect();
    anyhow!("{kind:?} is no type of personal data; one of {}", known.join(", "))
}

fn name_of(kind: MaskKind) -> String {
    json!(kind).as_str().unwrap_or_default().to_owned()
}

/// Whether `span` finds `label`: the same type, all of it, and little beside it.
fn finds(span: &MaskSpan, label: &MaskSpan) -> bool {
    span.kind == label.kind
        && span.start <= label.start
        && span.end >= label.end
        && span.start + BESIDE >= label.start
        && span.end <= label.end + BESIDE
}

impl Measured {
    fn add(&mut self, line: usize, sentence: &str, labels: &[MaskSpan]) {
        let spans = text::mask(sentence).spans;
        let mistake = |span: &MaskSpan| Mistake {
            line,
            kind: span.kind,
            value: sentence.chars().skip(span.start).take(span.end - span.start).collect(),
            sentence: sentence.to_owned(),
        };
        for label in labels {
            let count = self.kinds.entry(label.kind).or_default();
            count.labelled += 1;
            if spans.iter().any(|span| finds(span, label)) {
                count.found += 1;
            } else {
                self.missed.push(mistake(label));
            }
        }
        for span in &spans {
            let count = self.kinds.entry(span.kind).or_default();
            count.masked += 1;
            if labels.iter().any(|label| finds(span, label)) {
                count.right += 1;
            } else {
                self.wrong.push(mistake(span));
            }
        }
    }

    /// The sum over some kinds.
    fn sum(&self, kinds: &[MaskKind]) -> Count {
        kinds.iter().filter_map(|kind| self.kinds.get(kind)).fold(Count::default(), |sum, count| Count {
            labelled: sum.labelled + count.labelled,
            found: sum.found + count.found,
            masked: sum.masked + count.masked,
            right: sum.right + count.right,
        })
    }

    /// Every kind that occurs by name, then the numbers and cards, then all.
    fn rows(&self) -> Vec<(String, Count)> {
        let mut rows: Vec<_> = self.kinds.iter().map(|(&kind, &count)| (name_of(kind), count)).collect();
        rows.push(("numbers".to_owned(), self.sum(&NUMBERS)));
        rows.push(("overall".to_owned(), self.sum(&MaskKind::ALL)));
        rows
    }

    fn document(&self) -> Value {
        let types: serde_json::Map<String, Value> =
            self.rows().into_iter().map(|(name, count)| (name, count.document())).collect();
        json!({ "types": types, "missed": self.missed, "wrong": self.wrong })
    }

    fn print(&self) -> Result<()> {
        output::line("type      labelled  found  recall  precision")?;
        for (name, c) in self.rows() {
            output::line(&format!(
                "{name:<9} {:>8} {:>6} {:>7} {:>10}",
                c.labelled,
                c.found,
                share(c.found, c.labelled).map_or("-".to_owned(), |s| format!("{s:.3}")),
                share(c.right, c.masked).map_or("-".to_owned(), |s| format!("{s:.3}")),
            ))?;
        }
        for (what, mistakes) in [("missed", &self.missed), ("wrong", &self.wrong)] {
            for m in mistakes {
                let kind = name_of(m.kind);
                output::line(&format!("{what}: line {} {kind} {}: {}", m.line, m.value, m.sentence))?;
            }
        }
        Ok(())
    }
}

impl Count {
    fn document(self) -> Value {
        json!({
            "labelled": self.labelled,
            "found": self.found,
            "masked": self.masked,
            "recall": share(self.found, self.labelled),
            "precision": share(self.right, self.masked),
        })
    }
}

/// A part of a whole, unless the whole is nothing.
fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
