//! Measures how long masking takes: `mask_speed LETTERS.jsonl`, lines with a `body`.

#![allow(clippy::print_stdout)]

use std::time::Instant;

use qingting_models::text::mask;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("mask_speed LETTERS.jsonl")?;
    let file = std::fs::read_to_string(path)?;
    let mut texts = Vec::new();
    for line in file.lines() {
        let letter: serde_json::Value = serde_json::from_str(line)?;
        texts.extend(letter["body"].as_str().map(str::to_owned));
    }
    let start = Instant::now();
    mask("我叫陈建国");
    println!("first: {:?}", start.elapsed());
    let quiet: Vec<&String> = texts.iter().filter(|t| mask(t).spans.is_empty()).collect();
    report("all", &texts.iter().collect::<Vec<_>>());
    report("without personal data", &quiet);
    Ok(())
}

/// The best of five rounds.
fn report(what: &str, texts: &[&String]) {
    let chars: usize = texts.iter().map(|t| t.chars().count()).sum();
    let round = || {
        let start = Instant::now();
        let spans: usize = texts.iter().map(|t| mask(t).spans.len()).sum();
        (start.elapsed(), spans)
    };
    let Some((time, spans)) = (0..5).map(|_| round()).min() else { return };
    let micros = time.as_secs_f64() * 1e6;
    println!(
        "{what}: {} texts, {chars} characters, {spans} spans, {:.2} µs for 300 characters, {:.1} MB/s",
        texts.len(),
        micros * 300.0 / chars.max(1) as f64,
        texts.iter().map(|t| t.len()).sum::<usize>() as f64 / micros
    );
}
