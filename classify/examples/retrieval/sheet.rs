//! The sheet for the reader, and the key to it.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use qingting_classify::answers::{Answered, substance};
use qingting_classify::{Classifier, Model};
use qingting_models::county::County;
use serde_json::json;

use crate::bm25::Bm25;
use crate::letters::{Letter, lot, read};

const SHOWN: usize = 3;
/// Rows of a part, and how many characters of a letter and of an answer are shown.
const PART: usize = 25;
const OF_LETTER: usize = 500;
const OF_ANSWER: usize = 400;

pub(crate) fn run(file: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let letters = read(file)?;
    // What was set aside for finding weights is there again to be found: it is not among the letters judged.
    let shelf_letters: Vec<&Letter> = letters.rest.iter().chain(&letters.tuned).collect();
    let classifier = Classifier::new(Model::embedded()?, &County::embedded()?);
    let answered: Vec<Answered> = shelf_letters.iter().map(|letter| letter.answered()).collect();
    let shelf = classifier.shelf(&answered);
    let bm25 = Bm25::of(shelf_letters.iter().map(|l| (l.title.as_str(), l.body.as_str())));
    std::fs::create_dir_all(folder)?;
    let mut key = String::from("row\tid\tproposal\tproposal_id\tranker\trank\n");
    let mut part = String::new();
    for (row, letter) in (1..).zip(&letters.judged) {
        let own = classifier.earlier_answers(&shelf, &letter.title, &letter.body, SHOWN);
        let own: Vec<usize> = own.into_iter().map(|(place, _)| place).collect();
        let plain = bm25.best(&letter.title, &letter.body, SHOWN);
        let mut all: Vec<usize> = own.iter().chain(&plain).copied().collect();
        all.sort_by_key(|place| lot(&format!("order {}", letter.id), &shelf_letters[*place].id));
        all.dedup();
        let proposals = all.iter().enumerate().map(|(at, place)| {
            let earlier = shelf_letters[*place];
            json!({ "n": at + 1, "title": earlier.title, "answer": cut(substance(&earlier.reply), OF_ANSWER) })
        });
        let proposals: Vec<_> = proposals.collect();
        let shown = json!({ "row": row, "title": letter.title, "letter": cut(&letter.body, OF_LETTER),
            "proposals": proposals });
        writeln!(part, "{shown}")?;
        for (ranker, places) in [("own", &own), ("bm25", &plain)] {
            for (rank, place) in (1..).zip(places) {
                let n = all.iter().position(|p| p == place).map_or(0, |at| at + 1);
                writeln!(key, "{row}\t{}\t{n}\t{}\t{ranker}\t{rank}", letter.id, shelf_letters[*place].id)?;
            }
        }
        if row % PART == 0 {
            std::fs::write(folder.join(format!("part-{}.jsonl", row / PART)), std::mem::take(&mut part))?;
        }
    }
    std::fs::write(folder.join("key.tsv"), key)?;
    println!("{} letters in parts of {PART} under {}", letters.judged.len(), folder.display());
    Ok(())
}

fn cut(text: &str, most: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= most {
        text.to_owned()
    } else {
        text.chars().take(most).chain(['…']).collect()
    }
}
