//! Earlier answers for a matter that is to be answered: of the matters that were answered before, those whose answer
//! would help most. Pure functions of the texts and the model.
//!
//! * [`formulas`]: openings and closings, which are no likeness and no help.
//! * [`matter`]: what is compared of a matter and of its answer.
//! * [`rank`]: how like two matters are, how much an answer says, and which three are shown.

mod formulas;
mod matter;
mod rank;

pub use formulas::{substance, without_formulas};
pub use matter::{Answered, Shelf};
pub use rank::{FACTORS, Factors, LEAST_SCORE, WEIGHTS};
