//! The classifier: a model with the county's words and places, and what it says of a text.

use std::collections::HashSet;

use qingting_models::county::{County, TopicCode};
use qingting_models::records::{Channel, Kind, PlaceMention, Reason, TopicScore, Urgency};
use qingting_models::text::{Normalised, normalise};

use crate::copies::CopyKey;
use crate::excerpt::Excerpt;
use crate::model::{Choice, Model};
use crate::place::{PlaceFinder, Surroundings};
use crate::praise::praises;
use crate::prepare::Prepared;
use crate::reasons::reasons;
use crate::segment::{Document, Segmenter, document_of_words};
use crate::stop_words::StopList;
use crate::vocabulary::Vocabulary;

/// A text as people read it: masked, as written.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub title: &'a str,
    pub body: &'a str,
    pub channel: Channel,
}

/// What the model says of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Most certain first, three at most. The first one's score is the probability that it is the main
    /// topic; a later one's that it is among the topics, never above the first's. Empty when nothing
    /// here is for a county to answer.
    pub topics: Vec<TopicScore>,
    /// The first topic is a best guess: a person decides.
    pub unsure: bool,
    pub kind: Kind,
    pub urgency: Urgency,
    /// The likeliest kind of office; empty when the model knows none.
    pub office: String,
    /// The three likeliest kinds of office with their probabilities.
    pub offices: Vec<(String, f32)>,
    pub places: Vec<PlaceMention>,
    /// By topic in the order of `topics`, heaviest first.
    pub reasons: Vec<Reason>,
    /// By which copies of the text are found.
    pub copy: CopyKey,
}

/// A text as the model sees it, with what it thinks.
pub(crate) struct Weighed {
    pub document: Document,
    /// Columns and values.
    pub features: Vec<(u32, f32)>,
    /// By topic the probability of being the main one, by office that of being the one.
    pub topics: Vec<f32>,
    pub offices: Vec<f32>,
}

/// Judges texts with the words, stop words and places of a county. Costly to make, cheap to share: one for the process, in an `Arc`.
pub struct Classifier {
    model: Model,
    segmenter: Segmenter,
    places: PlaceFinder,
    stop_words: StopList,
    /// The county and its city by name.
    home: [String; 2],
}

impl Classifier {
    /// A classifier with the words, stop words and places of a county.
    pub fn new(model: Model, county: &County) -> Self {
        let places = county.gazetteer.places().iter();
        let names = places.flat_map(|p| std::iter::once(&p.name).chain(&p.aliases)).map(String::as_str);
        let segmenter = Segmenter::new(names.chain(county.words.all().iter().map(String::as_str)));
        let places = PlaceFinder::new(&county.gazetteer);
        let home = [&county.settings.name, &county.settings.city].map(|name| normalise(name).text);
        Self { model, segmenter, places, stop_words: StopList::new(&county.stop_words), home }
    }

    /// Judges a text: the same text, channel and model give the same verdict. A body of more than some thousand
    /// characters is judged on its telling parts; places and reasons point into the whole text all the same.
    pub fn judge(&self, input: &Input<'_>) -> Verdict {
        let Some(excerpt) = Excerpt::of(input.body) else { return self.judge_whole(input) };
        let mut verdict = self.judge_whole(&Input { body: &excerpt.text, ..*input });
        let shift = input.title.chars().count() + 1;
        let back = |start: &mut usize, end: &mut usize| {
            if *start >= shift {
                let source = excerpt.source(*start - shift..*end - shift);
                (*start, *end) = (source.start + shift, source.end + shift);
            }
        };
        verdict.places.iter_mut().for_each(|place| back(&mut place.start, &mut place.end));
        verdict.reasons.iter_mut().for_each(|reason| back(&mut reason.start, &mut reason.end));
        verdict
    }

    fn judge_whole(&self, input: &Input<'_>) -> Verdict {
        self.judge_cut(input).0
    }

    /// The verdict, the words that the text was cut into, and the normalised text.
    pub(crate) fn judge_cut(&self, input: &Input<'_>) -> (Verdict, Document, Normalised) {
        let (document, normalised) = self.segmenter.document(input.title, input.body);
        let text = Prepared::of(&document, input.channel == Channel::News);
        let row = self.model.vocabulary.row(&text.counts);
        let choice = self.model.choose_by(&row, &text);
        let topics: Vec<usize> = choice.topics.iter().map(|(topic, _)| *topic).collect();
        let verdict = self.verdict(choice, input.channel);
        let thanks = input.channel != Channel::News && praises(input.title);
        let verdict = Verdict {
            kind: if thanks { Kind::Praise } else { verdict.kind },
            places: self.places.find(&normalised, &Words { document: &document, classifier: self }),
            reasons: reasons(&self.model, &document, &row, &topics, &self.stop_words),
            copy: text.counts.copy,
            ..verdict
        };
        (verdict, document, normalised)
    }

    /// Judges a text known only as words; it gets neither places nor reasons, which need offsets.
    pub fn judge_tokens(&self, tokens: &[String], channel: Channel) -> Verdict {
        let text = Prepared::of(&document_of_words(tokens), channel == Channel::News);
        Verdict { copy: text.counts.copy, ..self.verdict(self.model.choose(&text), channel) }
    }

    /// The words of a text for a search index, joined by spaces: words and the words within them,
    /// normalised, of letters and digits alone.
    pub fn search_tokens(&self, title: &str, body: &str) -> String {
        let mut tokens = self.segmenter.search_tokens(title);
        tokens.extend(self.segmenter.search_tokens(body));
        tokens.join(" ")
    }

    /// [`Classifier::search_tokens`] of the text that a document was cut from; `None` where they do not follow from it.
    pub(crate) fn search_tokens_of(&self, document: &Document) -> Option<String> {
        self.segmenter.search_tokens_of(document)
    }

    /// The words of a query, cut as [`Classifier::search_tokens`] cuts, each once.
    pub fn query_tokens(&self, query: &str) -> Vec<String> {
        let mut seen = HashSet::new();
        let mut tokens = self.segmenter.search_tokens(query);
        tokens.retain(|token| seen.insert(token.clone()));
        tokens
    }

    /// The same model with the facts of another county.
    pub fn for_county(&self, county: &County) -> Self {
        Self::new(self.model.clone(), county)
    }

    /// The first 16 hexadecimal digits of the SHA-256 of the model file.
    pub fn model_digest(&self) -> &str {
        self.model.digest()
    }

    /// The words of a text, its features of the model, and what the model thinks.
    pub(crate) fn weigh(&self, input: &Input<'_>) -> Weighed {
        let (document, _) = self.segmenter.document(input.title, input.body);
        let text = Prepared::of(&document, false);
        let row = self.model.vocabulary.row(&text.counts);
        let (topics, offices) = self.model.weigh(&row);
        Weighed { document, features: row.entries, topics, offices }
    }

    pub(crate) fn document(&self, title: &str, body: &str) -> (Document, Normalised) {
        self.segmenter.document(title, body)
    }

    pub(crate) fn stop_words(&self) -> &StopList {
        &self.stop_words
    }

    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        &self.model.vocabulary
    }

    fn verdict(&self, choice: Choice, channel: Channel) -> Verdict {
        let labels = &self.model.labels;
        let topic = |(topic, score): (usize, f32)| TopicScore {
            code: TopicCode::new(labels.topics[topic].as_str()),
            score,
        };
        let offices: Vec<(String, f32)> = choice
            .offices
            .into_iter()
            .map(|(office, score)| (labels.offices[office].clone(), score))
            .collect();
        let kind = match channel {
            Channel::News => Kind::News,
            // A model without kinds says the commonest one of hotlines.
            _ => choice.kind.map_or(Kind::Complaint, |kind| labels.kinds[kind]),
        };
        Verdict {
            topics: choice.topics.into_iter().map(topic).collect(),
            unsure: choice.unsure,
            kind,
            urgency: Urgency::try_from(choice.urgency).unwrap_or_default(),
            office: offices.first().map(|(office, _)| office.clone()).unwrap_or_default(),
            offices,
            places: Vec::new(),
            reasons: Vec::new(),
            copy: CopyKey::default(),
        }
    }
}

/// The words around the names of places.
struct Words<'a> {
    document: &'a Document,
    classifier: &'a Classifier,
}

impl Surroundings for Words<'_> {
    fn is_edge(&self, at: usize) -> bool {
        self.document.is_edge(at)
    }

    fn follows_elsewhere(&self, at: usize) -> bool {
        let word = self.document.word_before(at).map(|word| self.document.text(word));
        word.is_some_and(|word| {
            self.classifier.segmenter.is_region(word) && !self.classifier.home.iter().any(|home| home == word)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_county_are_not_torn_apart() {
        let county = County::embedded().unwrap();
        let classifier = Classifier::new(Model::embedded().unwrap(), &county);
        for word in county.words.all() {
            let tokens = classifier.search_tokens("", &format!("我们反映{word}的问题"));
            assert!(tokens.split(' ').any(|token| token == word), "{word}: {tokens}");
        }
    }

    #[test]
    fn texts_up_to_some_thousand_characters_are_judged_whole() {
        let classifier = Classifier::new(Model::embedded().unwrap(), &County::embedded().unwrap());
        let matter = "石浦镇建设路的工地拖欠工资，请查处；化工厂偷排污水，小区停水三天！";
        for times in [0, 1, 7, 60, 200] {
            let body = matter.repeat(times);
            for channel in [Channel::Hotline, Channel::News] {
                let input = Input { title: "来信", body: &body, channel };
                assert_eq!(classifier.judge(&input), classifier.judge_whole(&input), "{times} times");
            }
        }
    }
}
