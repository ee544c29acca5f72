//! The records every stage shares, the text and sealing utilities every door needs, the county's
//! facts, and the store that keeps the records on SQLite or PostgreSQL.

pub mod chance;
pub mod clock;
pub mod county;
pub mod ids;
pub mod records;
pub mod rising;
pub mod sought;
pub mod store;
pub mod text;
pub mod vault;
