//! What is compared of a matter and of its answer: words, pairs of words, the model's features and probabilities.

use std::collections::HashMap;

use qingting_models::records::Channel;

use super::formulas::without_formulas;
use crate::excerpt::Excerpt;
use crate::features::{pair_hash, summed};
use crate::judge::{Classifier, Input, Weighed};
use crate::segment::{Document, Word};

/// A matter that was answered; texts as people read them.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    pub title: &'a str,
    pub body: &'a str,
    pub answer: &'a str,
}

/// Words with how often they stand, by rising hash.
pub(super) type Bag = Vec<(u32, f32)>;

/// What is compared of a matter.
#[derive(Debug, Clone, Default)]
pub(super) struct Matter {
    pub words: Bag,
    pub pairs: Bag,
    /// The words of the title alone.
    pub title: Bag,
    /// How many words, connecting ones left out.
    pub length: f32,
    /// The model's features of the text, by rising column; of length one.
    pub features: Bag,
    /// By topic and by office, what the model thinks the matter is.
    pub topics: Vec<f32>,
    pub offices: Vec<f32>,
}

/// What is compared of an answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub words: Bag,
    pub length: f32,
    /// The model's features of the answer, as those of a matter.
    pub features: Bag,
    /// Digits, dates, names of rules, telephone numbers: what can be used.
    pub concrete: f32,
    /// It only hands the matter on.
    pub hands_on: bool,
}

/// Answered matters, ready to be compared.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    pub(super) matters: Vec<(Matter, Answer)>,
}

impl Classifier {
    /// Answered matters ready to be compared, in their order.
    pub fn shelf(&self, matters: &[Answered<'_>]) -> Shelf {
        let ready = |m: &Answered<'_>| (self.matter(m.title, m.body), self.answer(m.answer));
        Shelf { matters: matters.iter().map(ready).collect() }
    }

    pub(super) fn matter(&self, title: &str, body: &str) -> Matter {
        let excerpt = Excerpt::of(body);
        let body = excerpt.as_ref().map_or(body, |excerpt| &excerpt.text);
        let input = Input { title, body, channel: Channel::Complaint };
        let Weighed { document, features, topics, offices } = self.weigh(&input);
        let mut pairs = Vec::new();
        for words in [document.title(), document.body()] {
            pairs.extend(pairs_of(&document, words));
        }
        let words = said(document.words());
        Matter {
            length: words.len() as f32,
            words: summed(words),
            pairs: summed(pairs),
            title: summed(said(document.title())),
            features: normalised(features),
            topics,
            offices,
        }
    }

    fn answer(&self, text: &str) -> Answer {
        let bare = without_formulas(text);
        let cut: String = bare.chars().take(3000).collect();
        let input = Input { title: "", body: &cut, channel: Channel::Complaint };
        let Weighed { document, features, .. } = self.weigh(&input);
        let words = said(document.words());
        Answer {
            features: normalised(features),
            length: words.len() as f32,
            words: summed(words),
            concrete: concrete(&cut),
            hands_on: hands_on(&cut),
        }
    }

    /// How rare words and pairs are, by their hash.
    pub(super) fn rarity(&self, bag: &Bag) -> HashMap<u32, f32> {
        let rarities = self.vocabulary().rarities(bag.iter().map(|(hash, _)| *hash));
        bag.iter().map(|(hash, _)| *hash).zip(rarities).collect()
    }
}

/// The hashes of words that say something, each with 1.
fn said(words: &[Word]) -> Bag {
    words.iter().filter(|word| !word.connecting).map(|word| (word.hash, 1.0)).collect()
}

fn pairs_of<'d>(document: &'d Document, words: &'d [Word]) -> impl Iterator<Item = (u32, f32)> + 'd {
    words.windows(2).filter(|two| two[1].joined && !two[0].connecting && !two[1].connecting).map(|two| {
        let hash = pair_hash(document.text(&two[0]), document.text(&two[1]));
        (hash, 1.0)
    })
}

pub(super) fn normalised(mut row: Bag) -> Bag {
    row.sort_unstable_by_key(|(column, _)| *column);
    let length = row.iter().map(|(_, value)| value * value).sum::<f32>().sqrt().max(1e-9);
    row.iter_mut().for_each(|(_, value)| *value /= length);
    row
}

/// How many signs there are of something that can be used: numbers, names of rules, steps.
fn concrete(text: &str) -> f32 {
    const SIGNS: &[&str] = &[
        "规定",
        "条例",
        "办法",
        "通知》",
        "根据",
        "按照",
        "标准",
        "条件",
        "材料",
        "流程",
        "申请",
        "窗口",
        "电话",
        "经查",
        "经核实",
        "经调查",
        "现场",
        "计划",
        "预计",
        "责令",
        "整改",
        "完成",
        "政策",
        "补贴",
        "依法",
    ];
    let mut digits = 0;
    let mut inside = false;
    for c in text.chars() {
        digits += i32::from(c.is_ascii_digit() && !inside);
        inside = c.is_ascii_digit();
    }
    digits as f32 + SIGNS.iter().filter(|sign| text.contains(*sign)).count() as f32
}

/// Whether an answer does nothing but hand the matter on.
fn hands_on(text: &str) -> bool {
    const HANDING_ON: &[&str] =
        &["转交", "转办", "已转", "交办", "转至", "转有关", "转相关", "转由", "交由", "责成"];
    text.chars().count() < 90 && HANDING_ON.iter().any(|cue| text.contains(cue))
}
