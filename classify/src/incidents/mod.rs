//! Joins items about one matter at one place into incidents, as they arrive.
//!
//! An item is known by its [`Signature`]. [`Newcomer`] says under which terms earlier incidents are looked up, [`Ranking`] which
//! of those found are worth a look, and `decide` whether the item belongs to one, and which incidents turn out to be
//! one. The three are pure; [`Shelf`] calls them in this order, one item after another.

mod clauses;
mod common;
mod joining;
mod kinship;
mod measure;
mod names;
mod packed;
mod shelf;
mod signature;

pub use joining::{FACE, Newcomer, Ranking, Term};
pub use kinship::{INPUTS, Kinship, inputs};
pub use measure::{Measured, measure};
pub use packed::BadSignature;
pub use shelf::{Holder, Joined, Shelf};
pub use signature::{Judged, Member, Signature};
