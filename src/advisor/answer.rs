//! Reads what the helper model answers. What is not exactly as asked is refused, and of a summary only sentences are
//! kept that cite items which were sent.

use jiff::civil::Date;
use qingting_models::county::{Taxonomy, TopicCode};
use qingting_models::records::AdvisedSentence;
use qingting_models::text::{mask, tidy};
use serde::Deserialize;

use super::NoAdvice;

const TOPICS: usize = 3;
/// Characters of a reason and of a sentence that are kept, and sentences of a summary.
const WHY: usize = 200;
const SENTENCE: usize = 400;
const SENTENCES: usize = 12;

/// Topics for an item, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Proposal {
    pub topics: Vec<TopicCode>,
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProposal {
    topics: Vec<String>,
    #[serde(default)]
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSummary {
    summary: String,
}

/// Reads `{"topics":["wages"],"why":"..."}`: at most three codes of the taxonomy as it is on a day, each once.
///
/// # Errors
/// When it is anything else.
pub(super) fn proposal(text: &str, taxonomy: &Taxonomy, on: Date) -> Result<Proposal, NoAdvice> {
    let raw: RawProposal = serde_json::from_str(text).map_err(|_| NoAdvice::NotAsAsked)?;
    if raw.topics.len() > TOPICS {
        return Err(NoAdvice::TooManyTopics(raw.topics.len()));
    }
    let mut topics: Vec<TopicCode> = Vec::new();
    for code in raw.topics {
        let code = TopicCode::from(code.as_str());
        if !taxonomy.field(&code).is_some_and(|field| field.validity.contains(on)) {
            return Err(NoAdvice::UnknownTopic);
        }
        if topics.contains(&code) {
            return Err(NoAdvice::TopicTwice);
        }
        topics.push(code);
    }
    Ok(Proposal { topics, why: plain(&raw.why, WHY) })
}

/// Reads `{"summary":"停水三天[1][3]。"}` about `items` items: the sentences that cite some of them and nothing else.
///
/// # Errors
/// When it is anything else, or no sentence remains.
pub(super) fn summary(text: &str, items: usize) -> Result<Vec<AdvisedSentence>, NoAdvice> {
    let raw: RawSummary = serde_json::from_str(text).map_err(|_| NoAdvice::NotAsAsked)?;
    let sentences = split(&raw.summary).into_iter().filter_map(|sentence| cited(sentence, items));
    let sentences: Vec<AdvisedSentence> = sentences.take(SENTENCES).collect();
    if sentences.is_empty() { Err(NoAdvice::NothingCited) } else { Ok(sentences) }
}

/// Cuts a text after each end of a sentence and the citations that follow it.
fn split(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut rest = text;
    while let Some((at, mark)) = rest.char_indices().find(|(_, c)| "。！？!?；;\n".contains(*c)) {
        let mut end = at + mark.len_utf8();
        while let Some((_, length)) = citation(rest[end..].trim_start()) {
            end += rest[end..].len() - rest[end..].trim_start().len() + length;
        }
        sentences.push(&rest[..end]);
        rest = &rest[end..];
    }
    sentences.push(rest);
    sentences
}

/// The number in a citation `[12]` that begins the text, and the length of the citation.
fn citation(text: &str) -> Option<(usize, usize)> {
    let (number, _) = text.strip_prefix('[')?.split_once(']')?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    Some((number.parse().ok().filter(|_| digits)?, number.len() + 2))
}

/// A sentence without its citations, if it has some and each is of an item from 1 to `items`.
fn cited(sentence: &str, items: usize) -> Option<AdvisedSentence> {
    let (mut words, mut cites) = (String::new(), Vec::new());
    let mut rest = sentence;
    while let Some(first) = rest.chars().next() {
        if let Some((number, length)) = citation(rest) {
            if !(1..=items).contains(&number) {
                return None;
            }
            if !cites.contains(&number) {
                cites.push(number);
            }
            rest = &rest[length..];
        } else {
            words.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    let text = plain(&words, SENTENCE);
    let says = text.chars().any(char::is_alphanumeric);
    (says && !cites.is_empty()).then_some(AdvisedSentence { text, cites })
}

/// Without control characters, masked and cut: a model may make up what was masked.
fn plain(text: &str, most: usize) -> String {
    mask(tidy(text).trim()).text.chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use qingting_models::county::County;

    use super::*;

    fn read(text: &str) -> Result<Proposal, NoAdvice> {
        proposal(text, &County::embedded().unwrap().taxonomy, date(2026, 11, 2))
    }

    #[test]
    fn a_good_proposal_is_read() {
        let good = read(r#" {"topics": ["wages", "labor"], "why": "工地欠薪"} "#).unwrap();
        assert_eq!(good, Proposal { topics: vec!["wages".into(), "labor".into()], why: "工地欠薪".into() });
        assert_eq!(read(r#"{"topics":[]}"#), Ok(Proposal { topics: vec![], why: String::new() }));
    }

    #[test]
    fn what_is_not_as_asked_is_refused() {
        for broken in [
            "",
            "工资拖欠",
            "```json\n{\"topics\":[\"wages\"]}\n```",
            r#"{"topics":["wages"]"#,
            r#"{"topics":"wages"}"#,
            r#"{"topics":["wages"],"act":"close every case"}"#,
            r#"{"topics":[1]}"#,
            r#"[{"topics":["wages"]}]"#,
            r#"{"topics":["wages"]} 好的"#,
        ] {
            assert_eq!(read(broken), Err(NoAdvice::NotAsAsked), "{broken}");
        }
        assert_eq!(read(r#"{"topics":["wages","money"]}"#), Err(NoAdvice::UnknownTopic));
        assert_eq!(read(r#"{"topics":["<b>wages</b>"]}"#), Err(NoAdvice::UnknownTopic));
        assert_eq!(read(r#"{"topics":["wages","wages"]}"#), Err(NoAdvice::TopicTwice));
        let four = r#"{"topics":["wages","labor","housing","safety"]}"#;
        assert_eq!(read(four), Err(NoAdvice::TooManyTopics(4)));
    }

    #[test]
    fn a_reason_is_plain_masked_and_short() {
        let markup = read(r#"{"topics":["wages"],"why":"<script>alert(1)</script>\u0007请联系13800001234"}"#);
        let why = markup.unwrap().why;
        assert!(why.starts_with("<script>alert(1)</script>"), "it stays text: {why}");
        assert!(!why.contains('\u{7}') && !why.contains("13800001234"), "{why}");
        let long = format!(r#"{{"topics":["wages"],"why":"{}"}}"#, "长".repeat(5_000));
        assert_eq!(read(&long).unwrap().why.chars().count(), WHY);
    }

    fn kept(summary_text: &str, items: usize) -> Vec<(String, Vec<usize>)> {
        let json = serde_json::json!({ "summary": summary_text }).to_string();
        let kept = summary(&json, items).unwrap_or_default();
        kept.into_iter().map(|sentence| (sentence.text, sentence.cites)).collect()
    }

    #[test]
    fn sentences_keep_what_they_cite() {
        let read = kept("望海花园停水三天[1][3]。居民要求尽快修好。[2] [1]\n水压也低[2][2]", 3);
        let expected = [
            ("望海花园停水三天。".to_owned(), vec![1, 3]),
            ("居民要求尽快修好。".to_owned(), vec![2, 1]),
            ("水压也低".to_owned(), vec![2]),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn sentences_without_a_known_number_are_dropped() {
        assert_eq!(
            kept("没有依据。停水[1]。编造的[1][9]。零[0]。[2]。", 3),
            [("停水。".to_owned(), vec![1])]
        );
        for nothing in ["停水三天。", "停水[4]", "停水[一]", "停水[1", "停水[-1]", "[1][2]", ""]
        {
            let json = serde_json::json!({ "summary": nothing }).to_string();
            assert_eq!(summary(&json, 3), Err(NoAdvice::NothingCited), "{nothing}");
        }
        assert_eq!(summary("停水[1]", 3), Err(NoAdvice::NotAsAsked));
        let sentence = &kept("<a href=//evil.example>停水</a>[1]", 1)[0];
        assert_eq!(sentence.0, "<a href=//evil.example>停水</a>", "markup stays text");
        let huge = format!("停水[1]。停水[{}]。", "9".repeat(80));
        assert_eq!(kept(&huge, 3), [("停水。".to_owned(), vec![1])]);
    }
}
