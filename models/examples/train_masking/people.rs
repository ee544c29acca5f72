//! Names of persons who don't exist, to stand in the slots of labelled sentences.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use qingting_models::text::mask::training;

use crate::chance::Chance;
use crate::data::Sentence;

/// Characters that given names are made of.
const GIVEN: &str = include_str!("../../src/text/mask/given.txt");
/// Surnames, the commonest first.
const SURNAMES: &str = include_str!("../../src/text/mask/surnames.txt");

/// What follows a surname that names nobody.
const TITLES: [&str; 24] = [
    "先生", "女士", "小姐", "老师", "师傅", "大爷", "大妈", "阿姨", "大姐", "大哥", "阿婆", "奶奶", "爷爷",
    "同志", "某", "某某", "医生", "律师", "老板", "经理", "主任", "书记", "家", "姓",
];

/// Surnames and given names to draw from; what is more frequent is in them more often.
pub(crate) struct People {
    frequent: Vec<String>,
    any: Vec<String>,
    /// Given names of the labelled sentences.
    labelled: Vec<String>,
    /// Given names of the dictionary's persons.
    known: Vec<String>,
    /// Everyday words of characters that given names are made of.
    words: Vec<String>,
    /// Everyday words that begin with a surname's character and hold others than given names.
    nothing: Vec<String>,
    /// Single characters of given names.
    characters: Vec<char>,
}

impl People {
    pub(crate) fn new(dictionary: &str, common: &[(&str, i32)], sentences: &[Sentence]) -> Self {
        let usual: HashSet<char> = GIVEN.chars().filter(|c| !c.is_whitespace()).collect();
        let any: Vec<String> = SURNAMES
            .lines()
            .flat_map(|l| match l.chars().count() {
                2 => vec![l.to_owned()],
                _ => l.chars().map(String::from).collect(),
            })
            .collect();
        let names: Vec<String> = sentences.iter().flat_map(Sentence::names).collect();
        let labelled: Vec<String> = names.iter().filter_map(|n| split(n).map(|(_, given)| given)).collect();
        let (mut frequent, mut known) = (Vec::new(), Vec::new());
        for line in dictionary.lines() {
            let mut parts = line.split(' ');
            let (Some(word), Some(_), Some("nr")) = (parts.next(), parts.next(), parts.next()) else {
                continue;
            };
            let Some((surname, given)) = split(word) else { continue };
            if given.chars().all(|c| usual.contains(&c)) && word.chars().count() == 3 {
                frequent.push(surname);
                known.push(given);
            }
        }
        frequent.extend(
            names
                .iter()
                .filter_map(|n| split(n).map(|(surname, _)| surname))
                .flat_map(|s| std::iter::repeat_n(s, 10)),
        );
        let fits = |w: &&str| w.chars().count() == 2 && w.chars().all(|c| usual.contains(&c));
        let words =
            common.iter().filter(|(_, n)| *n >= 3).map(|(w, _)| *w).filter(fits).map(str::to_owned).collect();
        let strange = |w: &&str| {
            w.chars().next().is_some_and(training::is_surname)
                && w.chars().skip(1).any(|c| !usual.contains(&c))
        };
        let nothing = common.iter().map(|(w, _)| *w).filter(strange).map(str::to_owned).collect();
        let characters = labelled
            .iter()
            .flat_map(|g| g.chars())
            .chain(usual.iter().copied().collect::<BTreeSet<_>>())
            .collect();
        Self { frequent, any, labelled, known, words, nothing, characters }
    }

    fn name(&self, chance: &mut Chance) -> String {
        let mut name =
            if chance.percent(75) { chance.pick(&self.frequent) } else { chance.pick(&self.any) }.clone();
        if chance.percent(2) {
            name.push_str(chance.pick(&self.frequent).as_str());
        }
        match chance.below(100) {
            0..20 => name.push(*chance.pick(&self.characters)),
            20..30 => name.extend([*chance.pick(&self.characters), *chance.pick(&self.characters)]),
            30..38 => name.push_str(chance.pick(&self.words).as_str()),
            38..65 => name.push_str(chance.pick(&self.labelled).as_str()),
            _ => name.push_str(chance.pick(&self.known).as_str()),
        }
        name
    }

    /// Four times the logarithm of how much likelier a character is in each place of a given name
    /// than anywhere in the letters.
    pub(crate) fn likely(&self, letters: &[String]) -> Vec<(char, u32, i32)> {
        let mut elsewhere: BTreeMap<char, f32> = BTreeMap::new();
        letters.iter().flat_map(|l| l.chars()).for_each(|c| *elsewhere.entry(c).or_default() += 1.0);
        let all: f32 = elsewhere.values().sum();
        let mut places: BTreeMap<(char, u32), f32> = BTreeMap::new();
        let mut totals = [0.0; 4];
        let pools = [(&self.known, 1.0), (&self.labelled, 8.0)];
        for (given, weight) in pools.iter().flat_map(|(pool, w)| pool.iter().map(move |g| (g, *w))) {
            let chars: Vec<char> = given.chars().collect();
            let at = if chars.len() == 1 {
                vec![(chars[0], 3)]
            } else {
                vec![(chars[0], 1), (chars[1], 2), (chars[0], 3), (chars[1], 3)]
            };
            for (c, place) in at {
                // What is alone is like either of two, but rather like others alone.
                let weight = if place == 3 && chars.len() == 2 { weight * 0.1 } else { weight };
                *places.entry((c, place)).or_default() += weight;
                totals[place as usize] += weight;
            }
        }
        let seen = elsewhere.iter().filter(|(_, n)| **n >= 10.0).map(|(c, _)| *c);
        let chars: BTreeSet<char> = seen.chain(places.keys().map(|p| p.0)).filter(|c| *c >= '一').collect();
        let score = |c: char, place: u32| {
            let here =
                (places.get(&(c, place)).copied().unwrap_or(0.0) + 0.5) / (totals[place as usize] + 1000.0);
            let there = (elsewhere.get(&c).copied().unwrap_or(0.0) + 20.0) / (all + 40_000.0);
            ((here / there).ln() * 4.0).round().clamp(-31.0, 31.0) as i32
        };
        chars
            .into_iter()
            .flat_map(|c| (1..=3).map(move |p| (c, p)))
            .map(|(c, p)| (c, p, score(c, p)))
            .collect()
    }

    /// The sentence with a place at the start of one of its clauses: 洛阳伊川的, 罗定附城镇.
    pub(crate) fn placed(&self, sentence: &Sentence, places: &[&str], chance: &mut Chance) -> Sentence {
        let chars: Vec<char> = sentence.text.chars().collect();
        let clause = |at: &usize| *at == 0 || matches!(chars[*at - 1], '，' | ',' | '。' | '：' | ':' | ' ');
        let starts: Vec<usize> = (0..chars.len()).filter(clause).collect();
        if starts.is_empty() || places.is_empty() {
            return sentence.clone();
        }
        let mut place = || chance.pick(places).to_string();
        let (city, county, town) = (place(), place(), place());
        let words = match chance.below(12) {
            0 => format!("{city}{county}的"),
            1 => format!("{county}的"),
            2 => format!("{county}{town}镇的"),
            3 => format!("{city}{county}"),
            4 => format!("我是{county}的，"),
            5 => format!("家住{city}{town}乡，"),
            6 => format!("{county}县{town}镇"),
            7 => format!("{city}{county}{town}镇"),
            8 => format!("在{county}打工，"),
            9 => format!("{county}大道"),
            10 => format!("{city}那边的"),
            _ => county,
        };
        sentence.with(*chance.pick(&starts), &words)
    }

    /// What begins like a name and is none: a surname with a title, an everyday word.
    fn nobody(&self, chance: &mut Chance) -> String {
        if chance.percent(50) {
            return format!("{}{}", chance.pick(&self.frequent), chance.pick(&TITLES));
        }
        chance.pick(&self.nothing).clone()
    }

    /// The sentence with nobody's name in it.
    pub(crate) fn emptied(&self, sentence: &Sentence, chance: &mut Chance) -> Sentence {
        let chars: Vec<char> = sentence.text.chars().collect();
        let (mut text, mut at) = (String::new(), 0);
        for &(start, end) in &sentence.names {
            text.extend(&chars[at..start]);
            text.push_str(&self.nobody(chance));
            at = end;
        }
        text.extend(&chars[at..]);
        Sentence { text, names: Vec::new(), addresses: None }
    }

    /// The sentence about other persons; whoever is named twice is named twice again.
    pub(crate) fn recast(&self, sentence: &Sentence, chance: &mut Chance) -> Sentence {
        let chars: Vec<char> = sentence.text.chars().collect();
        let (mut text, mut names, mut at) = (String::new(), Vec::new(), 0);
        let mut cast: HashMap<&[char], String> = HashMap::new();
        for &(start, end) in &sentence.names {
            text.extend(&chars[at..start]);
            let own: String = chars[start..end].iter().collect();
            let name = match split(&own) {
                Some(_) => cast.entry(&chars[start..end]).or_insert_with(|| self.name(chance)).clone(),
                None => own,
            };
            let from = text.chars().count();
            text.push_str(&name);
            names.push((from, text.chars().count()));
            at = end;
        }
        text.extend(&chars[at..]);
        Sentence { text, names, addresses: None }
    }
}

/// Surname and given name.
fn split(name: &str) -> Option<(String, String)> {
    let chars: Vec<char> = name.chars().collect();
    let compound = chars.len() > 2 && SURNAMES.lines().any(|l| l.chars().eq(chars[..2].iter().copied()));
    let length = if compound { 2 } else { 1 };
    let known = compound || chars.first().is_some_and(|&c| training::is_surname(c));
    let fits = known && (1..=2).contains(&(chars.len().saturating_sub(length)));
    fits.then(|| (chars[..length].iter().collect(), chars[length..].iter().collect()))
}
