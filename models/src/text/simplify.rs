//! Traditional to Simplified Chinese, character by character aligned.

use std::ops::Range;
use std::sync::OnceLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;

/// The CJK characters of the basic plane: extension A and the unified ideographs.
const TABLE: Range<u32> = 0x3400..0xa000;

/// Characters that mean the same in both scripts alone but not inside every word (答覆 is 答复,
/// 覆盖 stays), so that words with them need the dictionary.
const ONLY_IN_WORDS: [char; 6] = ['瞭', '藉', '覆', '牴', '衹', '沈'];

/// The OpenCC dictionary and what it makes of each character alone.
struct Simplifier {
    dictionary: Option<OpenCC>,
    alone: Vec<char>,
}

impl Simplifier {
    fn load() -> Self {
        let same = || TABLE.filter_map(char::from_u32);
        let dictionary = match OpenCC::from_config(BuiltinConfig::T2s) {
            Ok(dictionary) => dictionary,
            Err(error) => {
                tracing::error!(%error, "no Traditional to Simplified dictionary; text stays as written");
                return Self { dictionary: None, alone: same().collect() };
            }
        };
        // Line breaks between the characters keep the dictionary from seeing words.
        let lines: String = same().flat_map(|c| [c, '\n']).collect();
        let converted = dictionary.convert(&lines);
        let alone = same().zip(converted.lines()).map(|(c, line)| only_char(line).unwrap_or(c)).collect();
        Self { dictionary: Some(dictionary), alone }
    }

    fn char(&self, c: char) -> char {
        let index = (c as u32).wrapping_sub(TABLE.start) as usize;
        self.alone.get(index).copied().unwrap_or(c)
    }

    fn needs_words(&self, c: char) -> bool {
        c > '\u{1ffff}' || self.char(c) != c || ONLY_IN_WORDS.contains(&c)
    }

    /// Converts a run of Chinese characters, keeping its number of characters.
    fn run(&self, run: &[char], out: &mut Vec<char>) {
        let start = out.len();
        if let Some(dictionary) = &self.dictionary {
            out.extend(dictionary.convert(&run.iter().collect::<String>()).chars());
        }
        // No entry of the dictionary changes the length; should one of a later edition do so, alignment outranks
        // the choice of word.
        if out.len() - start != run.len() {
            out.truncate(start);
            out.extend(run.iter().map(|&c| self.char(c)));
        }
    }
}

fn only_char(line: &str) -> Option<char> {
    let mut chars = line.chars();
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

fn simplifier() -> &'static Simplifier {
    static SIMPLIFIER: OnceLock<Simplifier> = OnceLock::new();
    SIMPLIFIER.get_or_init(Simplifier::load)
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

/// The Simplified form of one character alone; itself when it has none.
pub(crate) fn simplify_char(c: char) -> char {
    simplifier().char(c)
}

/// Whether a character may be another in Simplified text.
pub(crate) fn needs_words(c: char) -> bool {
    simplifier().needs_words(c)
}

/// Traditional words and characters as Simplified ones (OpenCC t2s). The number of characters stays.
pub fn simplify(text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    simplify_chars(&mut chars);
    chars.into_iter().collect()
}

/// [`simplify`] in place; the character at an index stays at that index.
pub(crate) fn simplify_chars(chars: &mut [char]) {
    let simplifier = simplifier();
    if !chars.iter().any(|&c| simplifier.needs_words(c)) {
        return;
    }
    let mut converted = Vec::new();
    for run in chars.chunk_by_mut(|&a, &b| is_ideograph(a) == is_ideograph(b)) {
        if run.iter().any(|&c| simplifier.needs_words(c)) {
            converted.clear();
            simplifier.run(run, &mut converted);
            run.copy_from_slice(&converted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_decide_where_a_character_is_ambiguous() {
        assert_eq!(simplify("請儘快答覆，覆蓋範圍"), "请尽快答复，覆盖范围");
        assert_eq!(simplify("乾坤未定，乾燥的麵條"), "乾坤未定，干燥的面条");
        assert_eq!(simplify("著名作家寫書"), "著名作家写书");
    }

    #[test]
    fn simplified_text_is_left_alone() {
        let text = "小区门口路灯不亮，请尽快答复。沈先生说了解情况abc123";
        assert_eq!(simplify(text), text);
    }

    #[test]
    fn every_character_alone_keeps_its_place() {
        for c in TABLE.filter_map(char::from_u32) {
            assert_eq!(simplify(&c.to_string()).chars().count(), 1, "{c}");
        }
        assert_eq!(simplify_char('電'), '电');
        assert_eq!(simplify_char('a'), 'a');
        assert_eq!(simplify_char('电'), '电');
    }
}
