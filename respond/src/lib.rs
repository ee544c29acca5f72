//! From a judged item to an answer: routing, the life of a case, its clocks and due times.

pub mod acting;
pub mod case_clocks;
pub mod case_table;
