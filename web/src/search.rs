//! What was typed into a search box: words, and phrases in quotation marks.

use qingting_models::sought::{MOST_WORDS, Phrase, Sought};

/// The quotation marks that a phrase stands between.
const MARKS: [(char, char); 3] = [('"', '"'), ('“', '”'), ('「', '」')];

/// Reads a search; `cut` gives the words that items are indexed by. A mark that nothing closes is a mark like any other,
/// and so are those around what has no word.
pub(crate) fn read(text: &str, cut: impl Fn(&str) -> Vec<String>) -> Sought {
    let (plain, quoted) = parted(text);
    let cut = |text: &str| {
        let words = if text.trim().is_empty() { Vec::new() } else { cut(text) };
        words.into_iter().filter(|word| word.contains(char::is_alphanumeric)).collect::<Vec<_>>()
    };
    let phrase = |quoted: &str| Phrase::new(quoted, cut(quoted));
    let phrases = quoted.into_iter().map(phrase).filter(|phrase| !phrase.words.is_empty());
    let mut words: Vec<String> = Vec::new();
    for word in cut(&plain) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.truncate(MOST_WORDS);
    Sought { words, phrases: phrases.collect() }
}

/// What stands outside of quotation marks, and what inside.
fn parted(text: &str) -> (String, Vec<&str>) {
    let (mut plain, mut quoted, mut rest) = (String::new(), Vec::new(), text);
    while let Some((at, opening)) = rest.char_indices().find(|(_, c)| MARKS.iter().any(|(o, _)| o == c)) {
        let inside = &rest[at + opening.len_utf8()..];
        let closing = MARKS.iter().find(|(o, _)| *o == opening).map_or(opening, |(_, closing)| *closing);
        plain.push_str(&rest[..at]);
        plain.push(' ');
        rest = inside;
        if let Some((phrase, behind)) = inside.split_once(closing) {
            quoted.push(phrase);
            rest = behind;
        }
    }
    plain.push_str(rest);
    (plain, quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    }

    fn seen(text: &str) -> (Vec<String>, Vec<String>) {
        let sought = read(text, cut);
        (sought.words, sought.phrases.into_iter().map(|phrase| phrase.text).collect())
    }

    #[test]
    fn quotation_marks_of_three_kinds_make_phrases() {
        for text in ["停水 \"三天 没有\" 小区", "停水“三天 没有”小区", "停水「三天 没有」小区"]
        {
            let (words, phrases) = seen(text);
            assert_eq!(
                (words.join(" "), phrases.join("|")),
                ("停水 小区".into(), "三天 没有".into()),
                "{text}"
            );
        }
        let (words, phrases) = seen("“停水” 「停电」 停水 停水");
        assert_eq!((words, phrases), (vec!["停水".into()], vec!["停水".into(), "停电".into()]));
    }

    #[test]
    fn a_mark_that_nothing_closes_and_marks_around_no_word_are_plain() {
        for (text, words) in [
            ("“停水", "停水"),
            ("停水\"", "停水"),
            ("停水”三天“", "停水 三天"),
            ("停水 \"！？\" “”", "停水"),
            ("「停水\"三天", "停水 三天"),
        ] {
            assert_eq!(seen(text), (words.split(' ').map(str::to_owned).collect(), vec![]), "{text}");
        }
        assert_eq!(seen("\"%\" '\\ "), (vec![], vec![]));
        assert_eq!(seen("“他说\"停水\"”").1, ["他说\"停水\""], "marks of another kind stand within");
    }

    #[test]
    fn more_words_than_can_be_looked_for_are_left_out() {
        let long: String = (0..90).map(|n| format!("w{n} ")).collect();
        assert_eq!(seen(&long).0.len(), MOST_WORDS);
        assert_eq!(seen(&"\"".repeat(200)), (vec![], vec![]));
    }
}
