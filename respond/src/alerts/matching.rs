//! Whether an item is what a rule asks for.

use qingting_models::records::{AlertCondition, IncidentCondition, Item, Near, Urgency, WordCondition};
use qingting_models::text::normalise;

/// The copy of an item's title and body that rules read.
pub(super) struct Text(String);

impl Text {
    pub(super) fn of(item: &Item) -> Self {
        Self::made_of(&item.content.title, &item.content.body)
    }

    pub(super) fn made_of(title: &str, body: &str) -> Self {
        Self(normalise(&format!("{title}\n{body}")).text)
    }

    /// Whether the words stand in it as they are asked for.
    pub(super) fn has(&self, asked: &WordCondition) -> bool {
        words(asked, &self.0).is_some()
    }
}

/// What in the item the rule asks for, in words for the duty officer; `None` when it asks for something else. What the
/// rule asks of growth and of the incident is not looked at. `tier` is that of the item's source.
pub(super) fn item(
    condition: &AlertCondition,
    item: &Item,
    tier: Option<&String>,
    text: &Text,
) -> Option<Vec<String>> {
    let in_list = |wanted: bool, empty: bool| empty || wanted;
    let topics = &condition.topics;
    let holds = item.urgency >= condition.urgency_min
        && in_list(condition.channels.contains(&item.channel), condition.channels.is_empty())
        && in_list(tier.is_some_and(|tier| condition.tiers.contains(tier)), condition.tiers.is_empty())
        && in_list(item.topics.iter().any(|topic| topics.contains(topic)), topics.is_empty())
        && in_list(
            item.town.as_ref().is_some_and(|t| condition.towns.contains(t)),
            condition.towns.is_empty(),
        );
    if !holds {
        return None;
    }
    let found = words(&condition.words, &text.0)?;
    let mut why = Vec::new();
    if !found.is_empty() {
        why.push(format!("词语“{}”", found.join("”“")));
    }
    if condition.urgency_min > Urgency::Ordinary {
        why.push(format!("紧急程度为{}", item.urgency.label()));
    }
    if !condition.towns.is_empty() {
        why.extend(item.town.as_ref().map(|town| town.as_str().to_owned()));
    }
    if !condition.channels.is_empty() {
        why.push(item.channel.label().to_owned());
    }
    if !condition.tiers.is_empty() {
        why.extend(tier.cloned());
    }
    Some(why)
}

/// The words that were asked for and found; `None` when the text is not as asked.
fn words(asked: &WordCondition, text: &str) -> Option<Vec<String>> {
    let stands = |word: &String| text.contains(normalise(word).text.as_str());
    if asked.none.iter().any(stands) || !asked.all.iter().all(stands) {
        return None;
    }
    let any: Vec<&String> = asked.any.iter().filter(|word| stands(word)).collect();
    let near: Vec<&Near> = asked.near.iter().filter(|near| stand_near(near, text)).collect();
    // One word of the list, or one pair: they are two ways of saying the same.
    let choice = !asked.any.is_empty() || !asked.near.is_empty();
    if choice && any.is_empty() && near.is_empty() {
        return None;
    }
    let pairs = near.iter().map(|near| format!("{}…{}", near.one, near.other));
    Some(asked.all.iter().cloned().chain(any.into_iter().cloned()).chain(pairs).collect())
}

/// Whether both words stand in the text with at most so many characters between them, in either order.
fn stand_near(near: &Near, text: &str) -> bool {
    let (one, other) = (normalise(&near.one).text, normalise(&near.other).text);
    follows(&one, &other, near.within, text) || follows(&other, &one, near.within, text)
}

fn follows(first: &str, second: &str, within: u32, text: &str) -> bool {
    text.match_indices(first).any(|(at, _)| {
        let after = &text[at + first.len()..];
        let reach = within as usize + second.chars().count();
        let end = after.char_indices().nth(reach).map_or(after.len(), |(byte, _)| byte);
        after[..end].contains(second)
    })
}

/// What of an incident's size and heat the rule asks for, in words; `None` when it asks for more. `items` counts those
/// within the hours that the rule names.
pub(super) fn incident(asked: &IncidentCondition, items: i64, heat: f64) -> Option<Vec<String>> {
    if items < asked.items_min || heat < asked.heat_min {
        return None;
    }
    let mut why = Vec::new();
    if asked.items_min > 0 {
        why.push(format!("{} 小时内 {items} 件", asked.within_hours));
    }
    if asked.heat_min > 0.0 {
        why.push(format!("热度 {heat:.1}"));
    }
    Some(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn found(asked: &WordCondition, text: &str) -> Option<Vec<String>> {
        words(asked, &normalise(text).text)
    }

    #[test]
    fn words_must_any_and_none() {
        let asked = WordCondition {
            all: list(&["停水"]),
            any: list(&["三天", "四天"]),
            none: list(&["演习"]),
            ..WordCondition::default()
        };
        assert_eq!(found(&asked, "小區停水三天了"), Some(list(&["停水", "三天"])));
        assert_eq!(found(&asked, "小区停水了"), None);
        assert_eq!(found(&asked, "停水三天的演习"), None);
        assert_eq!(found(&WordCondition::default(), "任何话"), Some(Vec::new()));
        let english = WordCondition { any: list(&["WiFi"]), ..WordCondition::default() };
        assert!(found(&english, "ＷＩＦＩ坏了").is_some());
    }

    #[test]
    fn two_words_stand_near_in_either_order() {
        let near = |within| WordCondition {
            near: vec![Near { one: "呕吐".into(), other: "食堂".into(), within }],
            ..WordCondition::default()
        };
        assert_eq!(found(&near(2), "孩子在食堂吃完就呕吐"), None);
        assert_eq!(found(&near(3), "孩子在食堂吃完就呕吐"), Some(list(&["呕吐…食堂"])));
        assert!(found(&near(1), "呕吐，食堂的饭").is_some());
        assert_eq!(found(&near(0), "呕吐，食堂"), None);
        assert!(found(&near(2), "食堂今天很好，不像昨天，呕吐在食堂").is_some(), "a later place counts too");
    }

    #[test]
    fn an_incident_is_large_and_hot_enough() {
        let asked = IncidentCondition { items_min: 3, within_hours: 48, heat_min: 2.0 };
        assert_eq!(incident(&asked, 2, 9.0), None);
        assert_eq!(incident(&asked, 3, 1.9), None);
        assert_eq!(incident(&asked, 3, 2.0), Some(list(&["48 小时内 3 件", "热度 2.0"])));
        assert_eq!(incident(&IncidentCondition::default(), 0, 0.0), Some(Vec::new()));
    }

    #[test]
    fn a_word_of_the_list_or_a_pair_is_enough() {
        let asked = WordCondition {
            any: list(&["食物中毒"]),
            near: vec![Near { one: "呕吐".into(), other: "食堂".into(), within: 9 }],
            ..WordCondition::default()
        };
        assert!(found(&asked, "怀疑食物中毒").is_some() && found(&asked, "食堂饭后呕吐").is_some());
        assert_eq!(found(&asked, "食堂很好"), None);
    }
}
