//! Do earlier answers help those who answer a like matter? Holds out letters with replies, ranks the rest for each by
//! this house's method and by plain BM25, and writes a sheet for a reader who knows nothing of either.
//!
//! ```sh
//! cargo run --release -p qingting-classify --example retrieval -- tune ../shared/corpus/messages.jsonl
//! cargo run --release -p qingting-classify --example retrieval -- sheet ../shared/corpus/messages.jsonl /tmp/blind
//! ```
//!
//! `tune` looks for weights on other letters than those of the sheet, by how like a proposed answer is to the one that
//! was given. `sheet` writes parts of 25 rows with the proposals of both, each once, in an order that a seed shuffles,
//! and the key to them apart (`key.tsv`: row, id, number of the proposal, its id, ranker, rank).

#![allow(clippy::print_stdout)]

mod bm25;
mod letters;
mod measure;
mod sheet;
mod tune;

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tune", file] => tune::run(Path::new(file)),
        ["sheet", file, folder] => sheet::run(Path::new(file), Path::new(folder)),
        _ => Err("one of: tune MESSAGES.jsonl, sheet MESSAGES.jsonl FOLDER".into()),
    }
}
