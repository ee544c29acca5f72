//! An item that a search found, as its row shows it: what was found is marked, in the title and around the best place of the text.

use std::collections::HashSet;

use qingting_models::sought::{Sought, Standing};

use crate::marks::{Piece, marked};
use crate::view::{one_line, title_text};

/// Characters of the text that are shown, and how many of them before what was found.
const SHOWN: usize = 160;
const LEAD: usize = 24;

/// The marked title and text of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub title: Vec<Piece>,
    pub text: Vec<Piece>,
}

impl Found {
    pub fn new(sought: &Sought, title: &str, body: &str) -> Self {
        let shown = title_text(title);
        let standings = if title.trim().is_empty() { Vec::new() } else { sought.standings(&shown) };
        Self { title: pieces(&shown, &standings), text: excerpt(sought, body) }
    }
}

fn pieces(text: &str, standings: &[Standing]) -> Vec<Piece> {
    marked(text, standings.iter().map(|standing| standing.at.clone()))
}

/// The stretch of a text, on one line, in which the most of what is sought stands.
fn excerpt(sought: &Sought, body: &str) -> Vec<Piece> {
    let line = one_line(body);
    let standings = sought.standings(&line);
    let length = line.chars().count();
    let from = if length <= SHOWN { 0 } else { best_start(&standings).min(length - SHOWN) };
    let to = (from + SHOWN).min(length);
    let before = if from > 0 { "…" } else { "" };
    let after = if to < length { "…" } else { "" };
    let shown: String = line.chars().skip(from).take(to - from).collect();
    let within = standings.into_iter().filter(|s| s.at.start >= from && s.at.end <= to);
    let shift = before.chars().count();
    let within = within.map(|s| s.at.start - from + shift..s.at.end - from + shift);
    marked(&format!("{before}{shown}{after}"), within)
}

/// Where the stretch begins: a little before the first of those that stand together.
fn best_start(standings: &[Standing]) -> usize {
    let (mut best, mut start) = ((0, 0), 0);
    for (n, first) in standings.iter().enumerate() {
        let end = first.at.start + SHOWN - LEAD;
        let together = || standings[n..].iter().take_while(|s| s.at.start < end).filter(|s| s.at.end <= end);
        let terms = together().map(|s| s.term).collect::<HashSet<_>>().len();
        let count = (terms, together().count());
        if count > best {
            (best, start) = (count, first.at.start);
        }
    }
    start.saturating_sub(LEAD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use qingting_models::sought::Phrase;

    fn shown(pieces: &[Piece]) -> String {
        let one = |p: &Piece| if p.why.is_some() { format!("[{}]", p.text) } else { p.text.clone() };
        pieces.iter().map(one).collect()
    }

    #[test]
    fn what_was_found_is_marked_in_title_and_text() {
        let found =
            Found::new(&Sought::words(["停水", "wifi"]), "小区停水", "連續停水，　\n ＷＩＦＩ也沒有💧");
        assert_eq!(shown(&found.title), "小区[停水]");
        assert_eq!(shown(&found.text), "連續[停水]， [ＷＩＦＩ]也沒有💧");
    }

    #[test]
    fn words_that_overlap_are_one_mark() {
        let found = Found::new(&Sought::words(["石浦", "石浦港", "港口"]), "石浦港口", "");
        assert_eq!(shown(&found.title), "[石浦港口]");
        assert_eq!(found.text, []);
    }

    #[test]
    fn a_long_text_is_cut_to_where_the_most_is_found() {
        let body = format!("停水。{}停水三天{}", "别的事情。".repeat(60), "💧".repeat(300));
        let text = shown(&Found::new(&Sought::words(["停水", "三天"]), "", &body).text);
        assert!(text.starts_with('…') && text.ends_with('…') && text.contains("[停水][三天]"), "{text}");
        assert_eq!(text.chars().filter(|c| !"[]…".contains(*c)).count(), SHOWN);
        let phrase = Sought { phrases: vec![Phrase::new("水三天", vec![])], words: vec![] };
        assert!(shown(&Found::new(&phrase, "", &body).text).contains("停[水三天]"));
    }

    #[test]
    fn a_text_without_the_words_is_shown_from_its_beginning() {
        let found = Found::new(&Sought::words(["停水"]), " ", &"长".repeat(500));
        assert_eq!(shown(&found.title), "（无标题）");
        assert_eq!(shown(&found.text), format!("{}…", "长".repeat(SHOWN)));
    }
}
