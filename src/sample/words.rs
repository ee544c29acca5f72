//! The words that only samples use, read from `data/sample`: circumstances, posts and notices; and the pools of texts that
//! each manner of telling draws from.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::senders::Manner;
use super::year::{Day, Year};
use crate::material::random::Random;
use crate::material::slots;
use crate::material::{Channel, FeedKind, Material, Text};

const CIRCUMSTANCES: &str = include_str!("../../data/sample/circumstances.toml");
const POSTS: &str = include_str!("../../data/sample/posts.toml");

/// Calls and letters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Told {
    pub(super) calls: Vec<String>,
    pub(super) letters: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewsWords {
    pub(super) leads: Vec<String>,
    pub(super) tails: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Frame {
    pub(super) openings: Vec<String>,
    pub(super) closings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edits {
    pub(super) calls: Vec<String>,
    pub(super) letters: Vec<String>,
    pub(super) news: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Replies {
    pub(super) openings: Vec<String>,
    pub(super) closings: Vec<String>,
    bodies: Vec<ReplyWords>,
}

/// What an office may answer to matters of some kinds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplyWords {
    kinds: Vec<String>,
    /// solved, partly, explained or impossible.
    pub(super) outcome: String,
    pub(super) texts: Vec<String>,
}

impl Replies {
    /// The answers that fit a kind.
    pub(super) fn fitting(&self, kind: &str) -> Vec<&ReplyWords> {
        self.bodies.iter().filter(|body| body.kinds.iter().any(|known| known == kind)).collect()
    }
}

/// The office of those matters of a topic that name one of the words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Agency {
    topic: String,
    office: String,
    words: Vec<String>,
}

impl Words {
    /// Whose business a matter is, where its words tell it better than its topic.
    pub(super) fn agency(&self, topic: &str, text: &Text) -> Option<&str> {
        let named = |word: &String| text.title.contains(word.as_str()) || text.body.contains(word.as_str());
        let agency =
            self.agencies.iter().find(|agency| agency.topic == topic && agency.words.iter().any(named));
        agency.map(|agency| agency.office.as_str())
    }
}

/// `circumstances.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    /// By kind.
    pub(super) calls: BTreeMap<String, Vec<String>>,
    /// By kind.
    pub(super) letters: BTreeMap<String, Vec<String>>,
    pub(super) particulars: Told,
    pub(super) urgent: Told,
    pub(super) news: NewsWords,
    pub(super) petitions: Frame,
    pub(super) edits: Edits,
    pub(super) replies: Replies,
    agencies: Vec<Agency>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PostFile {
    post: Vec<Group>,
    notice: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    topic: String,
    texts: Vec<Vec<String>>,
}

/// A text with the towns that it can be told of, by weight.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) text: Text,
    towns: Vec<String>,
    weights: Vec<u32>,
}

impl Placed {
    pub(super) fn new(text: Text, material: &Material) -> Result<Self> {
        let fitting = slots::towns_for(&text, &material.places);
        if fitting.is_empty() {
            bail!("no town fits: {}", text.title);
        }
        let towns = fitting.iter().map(|town| town.name.clone()).collect();
        let weights = fitting.iter().map(|town| town.weight).collect();
        Ok(Self { text, towns, weights })
    }

    pub(super) fn town(&self, random: &mut Random) -> &str {
        self.towns.get(random.weighted(&self.weights)).map_or("", String::as_str)
    }
}

/// Texts of one manner by topic.
#[derive(Debug)]
struct Pool {
    topics: Vec<(String, u32, Vec<Placed>)>,
}

impl Pool {
    /// A text for the day: its topic by weight and season. Texts without a frame are drawn less often, because they
    /// can be told in few ways only.
    fn draw(&self, day: &Day, year: &Year, random: &mut Random) -> Option<&Placed> {
        let weights: Vec<u32> =
            self.topics.iter().map(|(topic, weight, _)| year.topic_weight(topic, *weight, day)).collect();
        let (_, _, texts) = self.topics.get(random.weighted(&weights))?;
        let first = random.pick(texts)?;
        if first.text.plain && !random.chance(20) { random.pick(texts) } else { Some(first) }
    }
}

/// The pools of all manners.
#[derive(Debug)]
pub(super) struct Pools {
    calls: Pool,
    letters: Pool,
    petitions: Pool,
    posts: Pool,
    media: Pool,
    city: Pool,
    notices: Pool,
}

impl Pools {
    /// # Errors
    /// When `posts.toml` is malformed or names a topic that does not exist.
    pub(super) fn of(material: &Material) -> Result<Self> {
        let file: PostFile = toml::from_str(POSTS).context("posts.toml")?;
        let posts = texts(file.post, Channel::Complaint)?;
        let notices = texts(file.notice, Channel::News { feed: FeedKind::Json })?;
        let serious = |text: &&Text| {
            !text.urgent && !text.plain && ["投诉", "求助", "举报"].contains(&text.kind.as_str())
        };
        let news = |feed| material.news.iter().filter(move |text| text.channel == Channel::News { feed });
        let pool = |texts: Vec<Text>| Pool::of(texts, material);
        Ok(Self {
            calls: pool(material.calls.clone())?,
            letters: pool(material.letters.clone())?,
            petitions: pool(material.calls.iter().filter(serious).cloned().collect())?,
            posts: pool(posts.iter().chain(&posts).chain(&material.letters).cloned().collect())?,
            media: pool(news(FeedKind::Rss).cloned().collect())?,
            city: pool(news(FeedKind::Atom).cloned().collect())?,
            notices: pool(news(FeedKind::Json).cloned().chain(notices).collect())?,
        })
    }

    pub(super) fn draw(
        &self,
        manner: Manner,
        city: bool,
        day: &Day,
        year: &Year,
        random: &mut Random,
    ) -> Result<&Placed> {
        let pool = match manner {
            Manner::Call => &self.calls,
            Manner::Letter => &self.letters,
            Manner::Petition => &self.petitions,
            Manner::Post => &self.posts,
            Manner::News if city => &self.city,
            Manner::News => &self.media,
            Manner::Notice => &self.notices,
        };
        pool.draw(day, year, random).with_context(|| format!("no text for {manner:?}"))
    }
}

impl Pool {
    fn of(texts: Vec<Text>, material: &Material) -> Result<Self> {
        let mut topics: BTreeMap<String, Vec<Placed>> = BTreeMap::new();
        for text in texts {
            topics.entry(text.topic.clone()).or_default().push(Placed::new(text, material)?);
        }
        let topics = topics
            .into_iter()
            .map(|(topic, texts)| {
                let is_news = texts.iter().all(|placed| matches!(placed.text.channel, Channel::News { .. }));
                let usual = material.places.weights.get(&topic).copied();
                // News follows the number of its texts, not the residents' complaints.
                let weight = if is_news { texts.len() as u32 * 4 } else { usual.unwrap_or_default() };
                (topic, weight, texts)
            })
            .collect();
        Ok(Self { topics })
    }
}

fn texts(groups: Vec<Group>, channel: Channel) -> Result<Vec<Text>> {
    let mut texts = Vec::new();
    for group in groups {
        for row in &group.texts {
            let [kind, title, body, marks @ ..] = row.as_slice() else {
                bail!(
                    "posts.toml: a row of topic {} has {} cells, at least 3 are needed",
                    group.topic,
                    row.len()
                );
            };
            let urgent = marks.iter().any(|mark| mark == "urgent");
            texts.push(base_text(channel, &group.topic, kind, title, body, urgent));
        }
    }
    Ok(texts)
}

/// A base text as the sample's own files write it.
pub(super) fn base_text(
    channel: Channel,
    topic: &str,
    kind: &str,
    title: &str,
    body: &str,
    urgent: bool,
) -> Text {
    Text {
        channel,
        topic: topic.to_owned(),
        kind: kind.to_owned(),
        title: title.to_owned(),
        body: body.to_owned(),
        urgent,
        plain: false,
        complete: true,
        setting: None,
    }
}

/// # Errors
/// When `circumstances.toml` is malformed.
pub(super) fn words() -> Result<Words> {
    toml::from_str(CIRCUMSTANCES).context("circumstances.toml")
}
