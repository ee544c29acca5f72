//! A stand-in for a reader while weights are sought: how like the best of three proposed answers is to the answer that
//! was given, by TF-IDF over the words of the answers without their formulas.

use std::collections::HashMap;

use jieba_rs::Jieba;
use qingting_classify::answers::without_formulas;

type Vector = HashMap<String, f64>;

pub(crate) struct Likeness {
    jieba: Jieba,
    idf: HashMap<String, f64>,
}

impl Likeness {
    pub(crate) fn of<'a>(answers: impl Iterator<Item = &'a str>) -> Self {
        let mut this = Self { jieba: Jieba::new(), idf: HashMap::new() };
        let (mut n, mut holders) = (0.0, HashMap::<String, f64>::new());
        for answer in answers {
            n += 1.0;
            for word in this.words(answer).into_keys() {
                *holders.entry(word).or_default() += 1.0;
            }
        }
        this.idf = holders.into_iter().map(|(word, df)| (word, (n / df).ln())).collect();
        this
    }

    fn words(&self, answer: &str) -> Vector {
        let mut words = Vector::new();
        let bare = without_formulas(answer);
        for token in self.jieba.cut(&bare, true) {
            let letters = token.word.chars().filter(|c| c.is_alphabetic() && !c.is_ascii()).count();
            if letters >= 2 {
                *words.entry(token.word.to_owned()).or_default() += 1.0;
            }
        }
        words
    }

    /// The answer's words by weight, of length one.
    pub(crate) fn vector(&self, answer: &str) -> Vector {
        let mut vector = self.words(answer);
        for (word, times) in &mut vector {
            *times = (1.0 + times.ln()) * self.idf.get(word).copied().unwrap_or(0.0);
        }
        let length = vector.values().map(|v| v * v).sum::<f64>().sqrt().max(1e-9);
        vector.values_mut().for_each(|v| *v /= length);
        vector
    }
}

pub(crate) fn product(one: &Vector, other: &Vector) -> f64 {
    one.iter().filter_map(|(word, v)| other.get(word).map(|w| v * w)).sum()
}
