//! The model file: `QTMODEL` and a version byte; labels, rules and scales as JSON; then features and
//! weights; then the SHA-256 of all before it. Integers are little endian or LEB128.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Labels, Model, Rules, Training, Weights};
use crate::vocabulary::Vocabulary;

const MAGIC: &[u8; 7] = b"QTMODEL";
const VERSION: u8 = 1;
const CHECKSUM: usize = 32;

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("cannot read the model {file}: {source}")]
    File { file: String, source: std::io::Error },
    #[error("this is no model file: it does not begin with QTMODEL")]
    NoModel,
    #[error("the model file has version {0}; this program reads version {VERSION}")]
    Version(u8),
    #[error("the model file is damaged: its checksum does not fit")]
    Checksum,
    #[error("the model file is damaged: {0}")]
    Damaged(String),
}

#[derive(Serialize, Deserialize)]
struct Head<L, R, T> {
    labels: L,
    rules: R,
    training: T,
    scales: Vec<f32>,
    biases: Vec<f32>,
    features: usize,
}

pub(super) fn write(model: &Model) -> Vec<u8> {
    let head = Head {
        labels: &model.labels,
        rules: &model.rules,
        training: &model.training,
        scales: model.weights.scales.clone(),
        biases: model.weights.biases.clone(),
        features: model.vocabulary.len(),
    };
    // Structs of strings and numbers always have a JSON form.
    let head = serde_json::to_vec(&head).unwrap_or_default();
    let mut out = Vec::with_capacity(head.len() + model.vocabulary.len() * 6 + model.weights.len() * 2);
    out.extend_from_slice(MAGIC);
    out.push(VERSION);
    out.extend_from_slice(&(head.len() as u32).to_le_bytes());
    out.extend_from_slice(&head);
    let mut last = 0;
    for (column, (&hash, &idf)) in model.vocabulary.hashes().iter().zip(model.vocabulary.idf()).enumerate() {
        put(hash - last, &mut out);
        last = hash;
        out.push(idf);
        put(model.weights.entries_of(column as u32).count() as u32, &mut out);
        let mut before = 0;
        for (plane, level) in model.weights.entries_of(column as u32) {
            put(u32::from(plane) - before, &mut out);
            before = u32::from(plane);
            out.push(level as u8);
        }
    }
    let checksum = Sha256::digest(&out);
    out.extend_from_slice(&checksum);
    out
}

pub(super) fn read(bytes: &[u8]) -> Result<Model, ModelError> {
    if !bytes.starts_with(MAGIC) {
        return Err(ModelError::NoModel);
    }
    match bytes.get(MAGIC.len()) {
        Some(&VERSION) => {}
        Some(&other) => return Err(ModelError::Version(other)),
        None => return Err(ModelError::Checksum),
    }
    let (content, checksum) = bytes.split_at(bytes.len().saturating_sub(CHECKSUM).max(MAGIC.len() + 1));
    if Sha256::digest(content).as_slice() != checksum {
        return Err(ModelError::Checksum);
    }
    let mut rest = Reader { bytes: &content[MAGIC.len() + 1..] };
    let length = u32::from_le_bytes([rest.byte()?, rest.byte()?, rest.byte()?, rest.byte()?]) as usize;
    let head: Head<Labels, Rules, Training> =
        serde_json::from_slice(rest.take(length)?).map_err(|e| ModelError::Damaged(e.to_string()))?;
    check(&head)?;
    let planes = head.scales.len();
    let (vocabulary, starts, entries) = read_features(&mut rest, head.features, planes)?;
    if !rest.bytes.is_empty() {
        return Err(ModelError::Damaged("there is more after its last feature".to_owned()));
    }
    let weights = Weights::from_parts(head.scales, head.biases, starts, entries);
    let digest = digest(bytes);
    Ok(Model { labels: head.labels, vocabulary, weights, rules: head.rules, training: head.training, digest })
}

/// Everything that is looked up by index must be as long as the labels say.
fn check(head: &Head<Labels, Rules, Training>) -> Result<(), ModelError> {
    let (labels, rules) = (&head.labels, &head.rules);
    let topics = labels.topics.len();
    let urgency = if labels.urgency { 2 } else { 0 };
    let fits = head.scales.len() == labels.asks().len()
        && head.biases.len() == head.scales.len()
        && rules.among.len() == topics
        && rules.thresholds.len() == topics
        && rules.urgency.len() == urgency
        && rules.urgency_from.len() == urgency;
    if fits { Ok(()) } else { Err(ModelError::Damaged("its labels, rules and planes do not fit".to_owned())) }
}

type Features = (Vocabulary, Vec<u32>, Vec<(u16, i8)>);

fn read_features(rest: &mut Reader<'_>, count: usize, planes: usize) -> Result<Features, ModelError> {
    let damaged = |what: &str| ModelError::Damaged(what.to_owned());
    let (mut hashes, mut idf, mut starts, mut entries) = (Vec::new(), Vec::new(), vec![0], Vec::new());
    let mut hash = 0u32;
    for _ in 0..count {
        hash = hash.checked_add(rest.number()?).ok_or_else(|| damaged("a feature is out of range"))?;
        hashes.push(hash);
        idf.push(rest.byte()?);
        let mut plane = 0u32;
        for _ in 0..rest.number()? {
            plane = plane.saturating_add(rest.number()?);
            if plane as usize >= planes {
                return Err(damaged("a weight belongs to no plane"));
            }
            entries.push((plane as u16, rest.byte()? as i8));
        }
        starts.push(entries.len() as u32);
    }
    Ok((Vocabulary::from_parts(hashes, idf), starts, entries))
}

/// The first 16 hexadecimal digits of the SHA-256.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ModelError> {
        let (head, rest) = self
            .bytes
            .split_at_checked(count)
            .ok_or_else(|| ModelError::Damaged("it ends too early".to_owned()))?;
        self.bytes = rest;
        Ok(head)
    }

    fn byte(&mut self) -> Result<u8, ModelError> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned LEB128 number.
    fn number(&mut self) -> Result<u32, ModelError> {
        let mut value = 0u32;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= u32::from(byte & 127).wrapping_shl(shift);
            if byte < 128 {
                return Ok(value);
            }
        }
        Err(ModelError::Damaged("a number is too long".to_owned()))
    }
}

fn put(mut value: u32, out: &mut Vec<u8>) {
    while value > 127 {
        out.push((value & 127) as u8 | 128);
        value >>= 7;
    }
    out.push(value as u8);
}
