//! The masking held to floors on sentences in which the personal data is labelled.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use qingting_models::text::{MaskKind, MaskSpan, mask};

/// One sentence a line, personal data as ⟦type:value⟧.
const GOLD: &str = include_str!("data/masking.txt");

/// A sentence without its labels, and where they stood in characters.
fn labelled(line: &str) -> (String, Vec<MaskSpan>) {
    let mut parts = line.split(['⟦', '⟧']);
    let mut sentence = parts.next().expect("a first part").to_owned();
    let mut labels = Vec::new();
    while let (Some(label), Some(after)) = (parts.next(), parts.next()) {
        let (kind, value) = label.split_once(':').expect("a type and a value");
        let kind: MaskKind = serde_json::from_value(kind.into()).expect("a known type");
        let start = sentence.chars().count();
        sentence.push_str(value);
        labels.push(MaskSpan { kind, start, end: sentence.chars().count() });
        sentence.push_str(after);
    }
    (sentence, labels)
}

/// The same type, all of it, and no more than two characters beside it.
fn finds(span: &MaskSpan, label: &MaskSpan) -> bool {
    let covers = span.start <= label.start && span.end >= label.end;
    let close = span.start + 2 >= label.start && span.end <= label.end + 2;
    span.kind == label.kind && covers && close
}

#[test]
fn labelled_data_is_found_and_little_else_is_masked() {
    let (mut labels, mut found, mut numbers, mut numbers_found) = (0, 0, 0, 0);
    let (mut masked, mut right) = (0, 0);
    let mut mistakes = Vec::new();
    for line in GOLD.lines() {
        let (sentence, wanted) = labelled(line);
        let spans = mask(&sentence).spans;
        for label in &wanted {
            let hit = usize::from(spans.iter().any(|span| finds(span, label)));
            let number = usize::from(!matches!(label.kind, MaskKind::Name | MaskKind::Address));
            (labels, found) = (labels + 1, found + hit);
            (numbers, numbers_found) = (numbers + number, numbers_found + number * hit);
        }
        let exact = spans.iter().filter(|span| wanted.iter().any(|label| finds(span, label))).count();
        (masked, right) = (masked + spans.len(), right + exact);
        if exact < spans.len() || exact < wanted.len() {
            mistakes.push(format!("{line} -> {}", mask(&sentence).text));
        }
    }
    let share = |part: usize, whole: usize| part as f64 / whole as f64;
    let told = mistakes.join("\n");
    assert!(labels >= 60);
    assert!(share(numbers_found, numbers) >= 0.99, "numbers {numbers_found} of {numbers}:\n{told}");
    assert!(share(found, labels) >= 0.95, "recall {found} of {labels}:\n{told}");
    assert!(share(right, masked) >= 0.97, "precision {right} of {masked}:\n{told}");
}

#[test]
fn no_labelled_value_that_is_found_stands_in_the_masked_text() {
    for line in GOLD.lines() {
        let (sentence, labels) = labelled(line);
        let masked = mask(&sentence);
        for label in labels.iter().filter(|label| masked.spans.iter().any(|span| finds(span, label))) {
            let value: String = sentence.chars().skip(label.start).take(label.end - label.start).collect();
            assert!(!masked.text.contains(&value), "{value} stays in {}", masked.text);
        }
    }
}
