//! Plain BM25 over jieba's words of title and body: what is there to beat. Parameters as in Lucene.

use std::collections::HashMap;

use jieba_rs::Jieba;

const K: f64 = 1.2;
const B: f64 = 0.75;

pub(crate) struct Bm25 {
    jieba: Jieba,
    texts: Vec<(HashMap<String, f64>, f64)>,
    idf: HashMap<String, f64>,
    average: f64,
}

impl Bm25 {
    pub(crate) fn of<'a>(texts: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut index = Self { jieba: Jieba::new(), texts: vec![], idf: HashMap::new(), average: 1.0 };
        for (title, body) in texts {
            let words = index.words(title, body);
            let length = words.values().sum();
            index.texts.push((words, length));
        }
        let n = index.texts.len() as f64;
        let mut holders: HashMap<String, f64> = HashMap::new();
        for word in index.texts.iter().flat_map(|(words, _)| words.keys()) {
            *holders.entry(word.clone()).or_default() += 1.0;
        }
        index.idf =
            holders.into_iter().map(|(w, df)| (w, (1.0 + (n - df + 0.5) / (df + 0.5)).ln())).collect();
        index.average = index.texts.iter().map(|(_, length)| length).sum::<f64>() / n.max(1.0);
        index
    }

    fn words(&self, title: &str, body: &str) -> HashMap<String, f64> {
        let mut words = HashMap::new();
        for token in self.jieba.cut(&format!("{title}\n{body}"), true) {
            if token.word.chars().any(char::is_alphanumeric) {
                *words.entry(token.word.to_lowercase()).or_default() += 1.0;
            }
        }
        words
    }

    /// The places of the `most` best texts.
    pub(crate) fn best(&self, title: &str, body: &str, most: usize) -> Vec<usize> {
        let asked = self.words(title, body);
        let score = |(words, length): &(HashMap<String, f64>, f64)| {
            let parts = asked.iter().map(|(word, times)| {
                let tf = words.get(word).copied().unwrap_or(0.0);
                let idf = self.idf.get(word).copied().unwrap_or(0.0);
                times * idf * tf * (K + 1.0) / (tf + K * (1.0 - B + B * length / self.average))
            });
            let mut parts: Vec<f64> = parts.collect();
            // In one order, so that the same sum comes out each time.
            parts.sort_by(f64::total_cmp);
            parts.iter().sum::<f64>()
        };
        let mut order: Vec<(usize, f64)> = self.texts.iter().map(score).enumerate().collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        order.into_iter().take(most).map(|(place, _)| place).collect()
    }
}
