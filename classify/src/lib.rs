//! Judges texts: topics, kind, urgency, office, places, and the words that decided. Pure functions
//! of text, channel and model; no store, no network, no clock.

mod adapt;
pub mod answers;
mod calibrate;
mod compare;
mod copies;
pub mod corpus;
pub mod emerging;
mod evaluate;
mod excerpt;
mod features;
mod finder;
mod fit;
pub mod incidents;
mod judge;
mod model;
mod nested;
mod place;
mod praise;
mod prepare;
mod reasons;
mod segment;
mod solver;
mod stop_words;
mod threshold;
mod train;
mod trial;
mod urgency;
mod vocabulary;

use std::sync::LazyLock;

use fearless_simd::Level;

pub use adapt::adapt;
pub use compare::{Comparison, Duel, compare};
pub use copies::CopyKey;
pub use evaluate::{Evaluation, Measures, Prediction, cross_validate, evaluate};
pub use judge::{Classifier, Input, Verdict};
pub use model::{Card, Model, ModelError};
pub use nested::{Nested, cross_validate_nested};
pub use train::{TrainError, TrainOptions, train};
pub use trial::{ComparedSet, RowSet, Trial, Unfit};

/// Which instructions the processor has. Whichever are used, what is reckoned is the same to the last bit.
static LEVEL: LazyLock<Level> = LazyLock::new(Level::new);
