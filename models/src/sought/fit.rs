//! How well an item fits a search, and the order of items by that.

use std::ops::Range;

use jiff::Timestamp;

use super::Sought;
use crate::text::normalise;

/// A word in the title counts as so many in the body.
const TITLE: f64 = 4.0;
/// So many occurrences give half of what a word can give.
const HALF_SAID: f64 = 2.0;
/// What a word counts that the text has no longer: the index is behind until the item is judged again.
const GONE: f64 = 0.25;
/// What a word counts that the item has only as the beginning of longer ones.
const BEGINNING: f64 = 0.6;
/// An item that fits twice as well stands beside one that is so many days younger.
const HALF_AGE_DAYS: f64 = 180.0;
/// Steps of the rank: a millionth of a halving.
const STEPS: f64 = 1_000_000.0;

/// What an item is held against a search by.
#[derive(Debug, Clone, Copy)]
pub struct Fit<'a> {
    pub title: &'a str,
    pub body: &'a str,
    /// Which of the words the index has whole, not only as beginnings.
    pub whole: &'a [bool],
}

impl Sought {
    /// How well an item fits, over 0 and at most 2: `mean * (1 + nearness)`.
    ///
    /// `mean` is the mean over the words and phrases of `f / (f + 2)`, where `f` counts the occurrences in the body and
    /// those in the title four times (the saturation and the weighing of fields are those of BM25F; S. Robertson, H.
    /// Zaragoza, "The Probabilistic Relevance Framework", 2009). All items have all words, so that their rarity says nothing
    /// and is left out. A word that the item has only as the beginning of longer words counts 0.6 of that.
    ///
    /// `nearness` is the length of all words and phrases by that of the shortest stretch of title or body which
    /// holds each of them, at most 1; 0 when neither holds all, or when there is but one.
    pub fn fit(&self, item: &Fit<'_>) -> f64 {
        let title = self.found(&normalise(item.title).text);
        let body = self.found(&normalise(item.body).text);
        let mut sum = 0.0;
        for term in 0..self.terms() {
            let said = TITLE * title[term].len() as f64 + body[term].len() as f64;
            let said = said.max(GONE);
            let whole = item.whole.get(term).copied().unwrap_or(true);
            sum += said / (said + HALF_SAID) * if whole { 1.0 } else { BEGINNING };
        }
        let mean = sum / self.terms().max(1) as f64;
        mean * (1.0 + nearness(&title).max(nearness(&body)))
    }
}

/// The rank of an item that fits so well and came at this time: `log2(fit) + days / 180`, in millionths. Of two items the
/// one with the higher rank stands first; each half year less one fit half as well counts the same. As the days are
/// counted from 1970 and not back from now, the order stays while time goes on, and a page can begin where the one before ended.
pub fn rank(fit: f64, at: Timestamp) -> i64 {
    let days = at.as_millisecond() as f64 / 86_400_000.0;
    ((fit.max(f64::MIN_POSITIVE).log2() + days / HALF_AGE_DAYS) * STEPS).round() as i64
}

/// How close together all terms stand: their length by that of the shortest stretch that holds each.
fn nearness(found: &[Vec<Range<usize>>]) -> f64 {
    if found.len() < 2 || found.iter().any(Vec::is_empty) {
        return 0.0;
    }
    let mut all: Vec<(&Range<usize>, usize)> =
        found.iter().enumerate().flat_map(|(term, at)| at.iter().map(move |at| (at, term))).collect();
    all.sort_by_key(|(at, term)| (at.start, at.end, *term));
    // Of each term the last place so far; the stretch that ends here begins at the first of them.
    let mut last: Vec<Option<&Range<usize>>> = vec![None; found.len()];
    let mut shortest = usize::MAX;
    for (at, term) in all {
        last[term] = Some(at);
        let starts = last.iter().copied().map(|at| at.map(|at| (at.start, at.end)));
        let Some(places) = starts.collect::<Option<Vec<_>>>() else { continue };
        let start = places.iter().map(|place| place.0).min().unwrap_or(0);
        let end = places.iter().map(|place| place.1).max().unwrap_or(0);
        shortest = shortest.min(end - start);
    }
    let length: usize = found.iter().filter_map(|at| at.first()).map(ExactSizeIterator::len).sum();
    (length as f64 / shortest.max(1) as f64).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::super::Phrase;
    use super::*;

    const WHOLE: &[bool] = &[true, true];

    fn fit(sought: &Sought, title: &str, body: &str) -> f64 {
        sought.fit(&Fit { title, body, whole: WHOLE })
    }

    #[test]
    fn what_stands_in_the_title_fits_better_than_what_stands_in_the_body() {
        let sought = Sought::words(["停水"]);
        let (title, body) = (fit(&sought, "小区停水", "三天了"), fit(&sought, "小区", "停水三天了"));
        assert!(title > body, "{title} {body}");
        let often = fit(&sought, "小区", &"停水了。".repeat(4));
        assert!(often > body && often <= title, "{often}");
    }

    #[test]
    fn each_further_occurrence_adds_less() {
        let sought = Sought::words(["停水"]);
        let said = |times: usize| fit(&sought, "", &"停水，".repeat(times));
        assert!(said(2) - said(1) > said(3) - said(2));
        assert!(said(60) < 1.0);
    }

    #[test]
    fn whole_words_fit_better_than_beginnings() {
        let sought = Sought::words(["工"]);
        let item = |whole| sought.fit(&Fit { title: "工资", body: "", whole });
        assert!(item(&[true]) > item(&[false]));
        assert!(item(&[false]) > 0.0);
    }

    #[test]
    fn words_that_stand_together_fit_better_than_words_far_apart() {
        let sought = Sought::words(["拖欠", "工资"]);
        let near = fit(&sought, "", "工地拖欠工资，没有人管这件事情");
        let turned = fit(&sought, "", "工资被拖欠，没有人管这件事情了");
        let far = fit(&sought, "", "工资的事情没有人管，老板一直拖欠");
        let apart = fit(&sought, "工资", "老板一直在拖欠，没有人管这事情");
        assert!(near > turned && turned > far, "{near} {turned} {far}");
        assert!(apart > 0.0);
        let phrase = Sought { phrases: vec![Phrase::new("拖欠工资", vec![])], words: vec![] };
        assert!(fit(&phrase, "拖欠工资", "") > fit(&phrase, "", "拖欠工资"));
    }

    #[test]
    fn the_shortest_stretch_is_found_among_many() {
        let at = |starts: &[usize]| starts.iter().map(|s| *s..*s + 2).collect::<Vec<_>>();
        assert_eq!(nearness(&[at(&[0, 50, 90]), at(&[20, 94]), at(&[10, 92])]), 1.0);
        assert_eq!(nearness(&[at(&[0]), at(&[6])]), 0.5);
        assert_eq!(nearness(&[at(&[0]), vec![]]), 0.0);
        assert_eq!(nearness(&[at(&[0])]), 0.0);
        // One within the other.
        let up_to = |end| std::iter::once(0..end).collect::<Vec<_>>();
        assert_eq!(nearness(&[up_to(3), up_to(2)]), 1.0);
    }

    #[test]
    fn an_item_that_is_half_a_year_younger_stands_beside_one_that_fits_twice_as_well() {
        let (young, old) = (1_800_000_000, 1_800_000_000 - 180 * 86_400);
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(rank(0.5, at(young)), rank(1.0, at(old)));
        assert!(rank(0.5, at(young)) < rank(1.0, at(old + 86_400)));
        assert!(rank(0.5, at(young)) > rank(0.5, at(young - 60)));
        assert!(rank(0.0, at(young)) < rank(0.01, at(old)));
    }

    #[test]
    fn an_item_whose_text_lost_the_words_still_has_its_place() {
        let sought = Sought::words(["停水", "三天"]);
        let lost = fit(&sought, "", "");
        assert!(lost > 0.0 && lost < fit(&sought, "", "停水三天"));
    }
}
