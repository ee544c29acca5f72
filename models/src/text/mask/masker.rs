//! Masks the many short texts of a sheet, most of which stand in it again and again: categories, offices, towns.

use std::collections::HashMap;

use super::page::fold;
use super::{Known, mask, mask_known};

/// Longer texts, in bytes, hardly ever stand twice.
const LONGEST: usize = 120;
/// So many different texts are remembered.
const MOST: usize = 4096;

/// Masks as [`mask_known`] does, and remembers what it made of short texts.
#[derive(Debug, Default)]
pub struct Masker {
    seen: HashMap<String, Remembered>,
}

#[derive(Debug)]
struct Remembered {
    folded: Vec<char>,
    /// What [`mask`] makes of it.
    masked: String,
}

impl Masker {
    /// The masked text.
    pub fn mask(&mut self, text: &str, known: &Known) -> String {
        if let Some(seen) = self.seen.get(text) {
            let personal = known.stands_in(&seen.folded);
            return if personal { mask_known(text, known).text } else { seen.masked.clone() };
        }
        if text.len() > LONGEST || self.seen.len() == MOST {
            return mask_known(text, known).text;
        }
        let folded: Vec<char> = text.chars().map(fold).collect();
        let masked = mask(text).text;
        let done = if known.stands_in(&folded) { mask_known(text, known).text } else { masked.clone() };
        self.seen.insert(text.to_owned(), Remembered { folded, masked });
        done
    }
}

#[cfg(test)]
mod tests {
    use super::super::MaskKind;
    use super::*;

    #[test]
    fn a_text_seen_before_is_masked_for_the_record_it_stands_in() {
        let mut masker = Masker::default();
        let (nobody, caller) = (Known::default(), Known::new(&[(MaskKind::Name, "江小鱼")]));
        for known in [&nobody, &caller, &nobody] {
            for text in ["江小魚的摊位", "城市管理", "江小鱼的摊位", "回电13800001234"] {
                let masked = masker.mask(text, known);
                assert_eq!(masked, mask_known(text, known).text, "{text}");
            }
        }
        assert_eq!(masker.mask("江小魚的摊位", &caller), "〔姓名〕的摊位");
    }
}
