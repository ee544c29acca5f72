//! What the made-up county is told with, for the demo and for samples of any size: texts, places and words, read from
//! `data/demo` and checked before use.

pub(crate) mod random;
pub(crate) mod rhythm;
pub(crate) mod slots;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

const PLACES: &str = include_str!("../../data/demo/places.toml");
const CALLS: &str = include_str!("../../data/demo/calls.toml");
const LETTERS: &str = include_str!("../../data/demo/letters.toml");
const NEWS: &str = include_str!("../../data/demo/news.toml");
const STORYLINES: &str = include_str!("../../data/demo/storylines.toml");

/// Calls and letters of fewer characters may take a sentence of detail.
const COMPLETE_CALL: usize = 90;
const COMPLETE_LETTER: usize = 76;

/// Which of the three made-up feeds carries a piece of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FeedKind {
    /// RSS 2.0, 县融媒体中心.
    Rss,
    /// Atom, 宁波民生新闻.
    Atom,
    /// JSON Feed, 部门动态.
    Json,
}

impl FeedKind {
    /// The name of the sender.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Rss => "县融媒体中心",
            Self::Atom => "宁波民生新闻",
            Self::Json => "部门动态",
        }
    }
}

/// The way a record comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Channel {
    News { feed: FeedKind },
    Hotline,
    Complaint,
}

/// One base text with slots and choices still open.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) channel: Channel,
    pub(crate) topic: String,
    pub(crate) kind: String,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) urgent: bool,
    /// Taken as it is: no opening, closing or particulars are added.
    pub(crate) plain: bool,
    /// Long enough, or too particular, to take an added detail.
    pub(crate) complete: bool,
    /// Told only of towns with this setting.
    pub(crate) setting: Option<Setting>,
}

/// Whether a town reads as built-up, as countryside, or as both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Setting {
    City,
    Country,
    Both,
}

/// A text of a storyline, with its place in time.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) days_before: f64,
    pub(crate) text: Text,
}

#[derive(Clone, Debug)]
pub(crate) struct Storyline {
    pub(crate) id: String,
    pub(crate) town: String,
    /// The day before the end that has to fall on a Tuesday, Wednesday or Thursday.
    pub(crate) midweek: Option<i64>,
    pub(crate) scenes: Vec<Scene>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Town {
    pub(crate) name: String,
    pub(crate) setting: Setting,
    pub(crate) weight: u32,
    pub(crate) estates: Vec<String>,
    pub(crate) roads: Vec<String>,
    pub(crate) villages: Vec<String>,
    pub(crate) schools: Vec<String>,
    pub(crate) kinders: Vec<String>,
    pub(crate) markets: Vec<String>,
}

impl Town {
    /// The names that a slot can take within this town; `None` when the slot is no place of a town.
    pub(crate) fn places(&self, slot: &str) -> Option<&[String]> {
        Some(match slot {
            "estate" => &self.estates,
            "road" => &self.roads,
            "village" => &self.villages,
            "school" => &self.schools,
            "kinder" => &self.kinders,
            "market" => &self.markets,
            _ => return None,
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Letters {
    pub(crate) openings: Vec<String>,
    pub(crate) reminders: Vec<String>,
    pub(crate) closings: BTreeMap<String, Vec<String>>,
}

/// Sentences by the kind of a text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Details {
    pub(crate) calls: BTreeMap<String, Vec<String>>,
    pub(crate) letters: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Particulars {
    pub(crate) calls: Vec<String>,
    pub(crate) letters: Vec<String>,
}

/// The file of places and phrases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Places {
    #[serde(rename = "town")]
    pub(crate) towns: Vec<Town>,
    pub(crate) lists: BTreeMap<String, Vec<String>>,
    pub(crate) openings: BTreeMap<String, Vec<String>>,
    pub(crate) closings: BTreeMap<String, Vec<String>>,
    pub(crate) reminders: Vec<String>,
    pub(crate) letters: Letters,
    pub(crate) details: Details,
    pub(crate) particulars: Particulars,
    pub(crate) offices: BTreeMap<String, String>,
    pub(crate) weights: BTreeMap<String, u32>,
}

impl Places {
    /// A named list; an empty one when it is not there.
    pub(crate) fn list(&self, name: &str) -> &[String] {
        self.lists.get(name).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn town(&self, name: &str) -> Result<&Town> {
        self.towns
            .iter()
            .find(|town| town.name == name)
            .with_context(|| format!("places.toml has no town named {name}"))
    }
}

/// Everything a season is drawn from.
#[derive(Debug)]
pub(crate) struct Material {
    pub(crate) places: Places,
    pub(crate) calls: Vec<Text>,
    pub(crate) letters: Vec<Text>,
    pub(crate) news: Vec<Text>,
    pub(crate) storylines: Vec<Storyline>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Groups {
    group: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    topic: String,
    texts: Vec<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StorylineFile {
    storyline: Vec<StorylineRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StorylineRow {
    id: String,
    topic: String,
    town: String,
    midweek: Option<i64>,
    texts: Vec<Vec<String>>,
}

/// Reads the embedded files.
///
/// # Errors
/// Names the file and the row that is malformed, has an unknown topic, town, channel or mark.
pub(crate) fn material() -> Result<Material> {
    let places: Places = toml::from_str(PLACES).context("places.toml")?;
    let calls = texts("calls.toml", CALLS, &places, |kind| Ok((Channel::Hotline, kind.to_owned())))?;
    let letters = texts("letters.toml", LETTERS, &places, |kind| Ok((Channel::Complaint, kind.to_owned())))?;
    let news = texts("news.toml", NEWS, &places, |feed| Ok((channel(feed)?, "新闻".to_owned())))?;
    let storylines = storylines(&places)?;
    Ok(Material { places, calls, letters, news, storylines })
}

fn texts(
    file: &str,
    source: &str,
    places: &Places,
    first_cell: impl Fn(&str) -> Result<(Channel, String)>,
) -> Result<Vec<Text>> {
    let groups: Groups = toml::from_str(source).with_context(|| file.to_owned())?;
    let mut texts = Vec::new();
    for group in groups.group {
        check_topic(&group.topic, places).with_context(|| file.to_owned())?;
        for row in &group.texts {
            let [first, title, body, marks @ ..] = row.as_slice() else {
                bail!(
                    "{file}: a row of topic {} has {} cells, at least 3 are needed",
                    group.topic,
                    row.len()
                );
            };
            let (channel, kind) = first_cell(first).with_context(|| format!("{file}: {title}"))?;
            texts.push(
                text(channel, &group.topic, &kind, [title, body], marks)
                    .with_context(|| format!("{file}: {title}"))?,
            );
        }
    }
    Ok(texts)
}

fn storylines(places: &Places) -> Result<Vec<Storyline>> {
    let file: StorylineFile = toml::from_str(STORYLINES).context("storylines.toml")?;
    file.storyline.into_iter().map(|row| storyline(row, places)).collect()
}

fn storyline(row: StorylineRow, places: &Places) -> Result<Storyline> {
    let place = format!("storylines.toml: {}", row.id);
    check_topic(&row.topic, places).context(place.clone())?;
    places.town(&row.town).context(place.clone())?;
    let mut scenes = Vec::new();
    for cells in &row.texts {
        let [day, channel_name, kind, title, body, marks @ ..] = cells.as_slice() else {
            bail!("{place}: a row has {} cells, at least 5 are needed", cells.len());
        };
        let days: f64 = day.parse().with_context(|| format!("{place}: {day} is no number of days"))?;
        ensure!((-83.0..=-1.0).contains(&days), "{place}: day {day} is outside -83 to -1");
        let text = channel(channel_name)
            .and_then(|channel| text(channel, &row.topic, kind, [title, body], marks))
            .with_context(|| format!("{place}: {title}"))?;
        scenes.push(Scene { days_before: -days, text: Text { complete: true, ..text } });
    }
    Ok(Storyline { id: row.id, town: row.town, midweek: row.midweek, scenes })
}

fn text(
    channel: Channel,
    topic: &str,
    kind: &str,
    [title, body]: [&String; 2],
    marks: &[String],
) -> Result<Text> {
    let marks: Vec<&str> = marks.iter().flat_map(|mark| mark.split(',')).collect();
    if let Some(unknown) = marks.iter().find(|mark| !["urgent", "plain", "city", "country"].contains(*mark)) {
        bail!("unknown mark {unknown}, allowed are urgent, plain, city and country");
    }
    let complete = if channel == Channel::Complaint { COMPLETE_LETTER } else { COMPLETE_CALL };
    let setting = [("city", Setting::City), ("country", Setting::Country)];
    Ok(Text {
        channel,
        topic: topic.to_owned(),
        kind: kind.to_owned(),
        title: title.clone(),
        body: body.clone(),
        urgent: marks.contains(&"urgent"),
        plain: marks.contains(&"plain"),
        complete: body.chars().count() >= complete,
        setting: setting.into_iter().find(|(mark, _)| marks.contains(mark)).map(|(_, setting)| setting),
    })
}

fn channel(name: &str) -> Result<Channel> {
    Ok(match name {
        "hotline" => Channel::Hotline,
        "complaint" => Channel::Complaint,
        "media" => Channel::News { feed: FeedKind::Rss },
        "city" => Channel::News { feed: FeedKind::Atom },
        "dept" => Channel::News { feed: FeedKind::Json },
        _ => bail!("unknown channel {name}, allowed are hotline, complaint, media, city and dept"),
    })
}

/// The weights of `places.toml` list the topics; the empty topic stands for news that asks nothing.
fn check_topic(topic: &str, places: &Places) -> Result<()> {
    ensure!(topic.is_empty() || places.weights.contains_key(topic), "unknown topic {topic}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_mark_is_named() {
        let words = ["题".to_owned(), "文".to_owned()];
        let error = text(Channel::Hotline, "urban", "投诉", [&words[0], &words[1]], &["loud".to_owned()]);
        assert!(error.unwrap_err().to_string().contains("loud"));
    }

    #[test]
    fn there_are_texts_enough_for_every_topic() {
        let material = material().unwrap();
        for topic in material.places.weights.keys() {
            for texts in [&material.calls, &material.letters] {
                assert!(texts.iter().filter(|text| &text.topic == topic).count() >= 3, "{topic}");
            }
        }
        let all = material.calls.len() + material.letters.len() + material.news.len();
        assert!(all >= 230, "{all}");
    }

    #[test]
    fn no_two_texts_share_a_body() {
        let material = material().unwrap();
        let mut bodies: Vec<&String> = [&material.calls, &material.letters, &material.news]
            .into_iter()
            .flatten()
            .map(|text| &text.body)
            .collect();
        let count = bodies.len();
        bodies.sort();
        bodies.dedup();
        assert_eq!(bodies.len(), count);
    }
}
