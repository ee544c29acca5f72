//! The model: what it knows, as one versioned and checksummed file.

mod card;
mod file;
mod rules;
mod weights;

pub use card::Card;
pub(crate) use card::Training;
pub use file::ModelError;
pub(crate) use rules::{Choice, Rules, among_inputs, main_inputs, nothing_input, singles, top};
pub(crate) use weights::Weights;

use std::path::Path;

use qingting_models::records::Kind;
use serde::{Deserialize, Serialize};

use crate::prepare::Prepared;
use crate::vocabulary::{TextRow, Vocabulary};

const EMBEDDED: &[u8] = include_bytes!("../../model/qingting.model");

/// The answers a model can give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Labels {
    pub topics: Vec<String>,
    /// Some training rows had no topic: the model can say that there is nothing to answer.
    pub nothing: bool,
    pub kinds: Vec<Kind>,
    pub offices: Vec<String>,
    pub urgency: bool,
}

/// Which planes answer which question, in the order they are trained in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Is the topic among the labels?
    Topic(usize),
    /// Is it the main one?
    Main(usize),
    Nothing,
    Kind(usize),
    Office(usize),
    /// Is the urgency at least this?
    Urgency(u8),
}

impl Labels {
    /// The questions, one plane each.
    pub(crate) fn asks(&self) -> Vec<Ask> {
        let topics = self.topics.len();
        let mut asks: Vec<Ask> = (0..topics).map(Ask::Topic).chain((0..topics).map(Ask::Main)).collect();
        asks.extend(self.nothing.then_some(Ask::Nothing));
        asks.extend((0..self.kinds.len()).map(Ask::Kind));
        asks.extend((0..self.offices.len()).map(Ask::Office));
        asks.extend([1, 2].into_iter().filter(|_| self.urgency).map(Ask::Urgency));
        asks
    }

    /// The scores of all planes, sorted by question.
    pub(crate) fn sheet<'a>(&self, scores: &'a [f32]) -> Sheet<'a> {
        let (topics, rest) = scores.split_at(self.topics.len());
        let (main, rest) = rest.split_at(self.topics.len());
        let (nothing, rest) = rest.split_at(usize::from(self.nothing));
        let (kinds, rest) = rest.split_at(self.kinds.len());
        let (offices, urgency) = rest.split_at(self.offices.len());
        Sheet { topics, main, nothing: nothing.first().copied(), kinds, offices, urgency }
    }
}

/// The scores of one text by question; lengths as in [`Labels`], `urgency` holds two or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sheet<'a> {
    pub topics: &'a [f32],
    pub main: &'a [f32],
    pub nothing: Option<f32>,
    pub kinds: &'a [f32],
    pub offices: &'a [f32],
    pub urgency: &'a [f32],
}

/// A trained model.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) labels: Labels,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) weights: Weights,
    pub(crate) rules: Rules,
    pub(crate) training: Training,
    digest: String,
}

impl Model {
    /// The model that ships with the program.
    pub fn embedded() -> Result<Self, ModelError> {
        Self::read(EMBEDDED)
    }

    /// Reads a model file's bytes, checking magic, version and checksum.
    pub fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        file::read(bytes)
    }

    /// Reads a model file.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let bytes = std::fs::read(path)
            .map_err(|source| ModelError::File { file: path.display().to_string(), source })?;
        Self::read(&bytes)
    }

    /// The bytes of the model file.
    pub fn to_bytes(&self) -> Vec<u8> {
        file::write(self)
    }

    /// The first 16 hexadecimal digits of the SHA-256 of the model file.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What the model was trained on and can answer.
    pub fn card(&self) -> Card {
        Card::of(self)
    }

    pub(crate) fn assemble(
        labels: Labels,
        vocabulary: Vocabulary,
        weights: Weights,
        rules: Rules,
        training: Training,
    ) -> Self {
        let mut model = Self { labels, vocabulary, weights, rules, training, digest: String::new() };
        model.digest = file::digest(&model.to_bytes());
        model
    }

    /// What the model makes of a text.
    pub(crate) fn choose(&self, text: &Prepared) -> Choice {
        self.choose_by(&self.vocabulary.row(&text.counts), text)
    }

    /// The probabilities of each main topic and of each office.
    pub(crate) fn weigh(&self, row: &TextRow) -> (Vec<f32>, Vec<f32>) {
        let scores = self.weights.scores(&row.entries);
        self.rules.weigh(&self.labels.sheet(&scores))
    }

    /// [`Model::choose`] by the row that was made of the text.
    pub(crate) fn choose_by(&self, row: &TextRow, text: &Prepared) -> Choice {
        let scores = self.weights.scores(&row.entries);
        self.rules.choose(&self.labels.sheet(&scores), text)
    }
}
