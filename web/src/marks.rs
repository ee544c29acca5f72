//! Cuts a text into plain pieces and marked ones, so that a page can show the words that decided.

use std::ops::Range;

/// A piece of a text; `why` says what a marked piece spoke for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub why: Option<String>,
}

/// A span to mark: characters `start..end` of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    pub why: String,
}

/// The pieces of `title` and of `body`, whose spans count characters of title, newline, body. A span
/// that overlaps an earlier one, is empty or lies outside is left out; one across the newline is cut.
pub fn mark(title: &str, body: &str, spans: &[Span]) -> (Vec<Piece>, Vec<Piece>) {
    let title_length = title.chars().count();
    let mut sorted: Vec<&Span> = spans.iter().filter(|s| s.start < s.end).collect();
    sorted.sort_by_key(|s| (s.start, std::cmp::Reverse(s.end)));
    (pieces(title, 0, &sorted), pieces(body, title_length + 1, &sorted))
}

/// The pieces of a text with these of its characters marked, which come in their order; those that overlap are one mark.
pub fn marked(text: &str, ranges: impl IntoIterator<Item = Range<usize>>) -> Vec<Piece> {
    let mut spans: Vec<Span> = Vec::new();
    for Range { start, end } in ranges {
        match spans.last_mut() {
            Some(last) if start >= last.start && start < last.end => last.end = last.end.max(end),
            _ => spans.push(Span { start, end, why: String::new() }),
        }
    }
    mark(text, "", &spans).0
}

fn pieces(text: &str, offset: usize, spans: &[&Span]) -> Vec<Piece> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut done = 0;
    let mut push = |from: usize, to: usize, why: Option<String>| {
        if from < to {
            out.push(Piece { text: chars[from..to].iter().collect(), why });
        }
    };
    for span in spans {
        let start = span.start.saturating_sub(offset);
        let end = span.end.saturating_sub(offset).min(chars.len());
        if span.end <= offset || start < done || start >= end {
            continue;
        }
        push(done, start, None);
        push(start, end, Some(span.why.clone()));
        done = end;
    }
    push(done, chars.len(), None);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: usize, end: usize) -> Span {
        Span { start, end, why: "欠薪".into() }
    }

    fn shown(pieces: &[Piece]) -> String {
        pieces
            .iter()
            .map(|p| if p.why.is_some() { format!("[{}]", p.text) } else { p.text.clone() })
            .collect()
    }

    #[test]
    fn spans_of_the_title_and_the_body_are_marked_in_each() {
        let (title, body) = mark("老板拖欠工资", "三个月没发💰了", &[span(2, 6), span(10, 14)]);
        assert_eq!(shown(&title), "老板[拖欠工资]");
        assert_eq!(shown(&body), "三个月[没发💰了]");
    }

    #[test]
    fn spans_that_overlap_lie_outside_or_are_empty_lose_no_text() {
        let spans = [span(0, 4), span(2, 6), span(3, 3), span(90, 99), span(5, 9)];
        let (title, body) = mark("一二三四五六", "七八九十", &spans);
        assert_eq!(shown(&title), "[一二三四]五[六]");
        assert_eq!(shown(&body), "[七八]九十");
        let plain: String = title.iter().chain(&body).map(|p| p.text.as_str()).collect();
        assert_eq!(plain, "一二三四五六七八九十");
    }
}
