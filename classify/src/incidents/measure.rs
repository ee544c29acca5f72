//! Measures found incidents against gold ones.

use std::collections::{BTreeMap, HashMap, HashSet};

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// For each gold incident the best F1 of any found one, averaged over the gold incidents.
    pub best_match: f64,
    /// The same among the items that the gold speaks of: others in a found incident count neither way.
    pub best_match_among_gold: f64,
    /// The share of all items in the largest found incident.
    pub largest: f64,
    /// By gold incident: its best F1.
    pub incidents: BTreeMap<String, f64>,
}

/// `found` tells the incident of each item; `gold` the incident of items, `None` for one that is known to belong to none
/// of them; items of `unsettled` count on neither side.
pub fn measure(
    found: &HashMap<String, String>,
    gold: &[(String, Option<String>)],
    unsettled: &HashSet<String>,
) -> Measured {
    let spoken_of: HashSet<&String> = gold.iter().map(|(id, _)| id).collect();
    let (mut sizes, mut sizes_among): (HashMap<&String, usize>, HashMap<&String, usize>) = Default::default();
    for (id, incident) in found.iter().filter(|(id, _)| !unsettled.contains(*id)) {
        *sizes.entry(incident).or_default() += 1;
        *sizes_among.entry(incident).or_default() += usize::from(spoken_of.contains(id));
    }
    let mut members: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
    for (id, incident) in gold.iter().filter(|(id, _)| !unsettled.contains(id)) {
        if let Some(incident) = incident {
            members.entry(incident).or_default().push(id);
        }
    }
    let best = |sizes: &HashMap<&String, usize>| -> BTreeMap<String, f64> {
        members.iter().map(|(incident, ids)| ((*incident).clone(), best_f1(ids, found, sizes))).collect()
    };
    let incidents = best(&sizes);
    let among = best(&sizes_among);
    let mean = |values: &BTreeMap<String, f64>| values.values().sum::<f64>() / values.len().max(1) as f64;
    let largest = sizes.values().copied().max().unwrap_or(0) as f64 / found.len().max(1) as f64;
    Measured { best_match: mean(&incidents), best_match_among_gold: mean(&among), largest, incidents }
}

fn best_f1(ids: &[&String], found: &HashMap<String, String>, sizes: &HashMap<&String, usize>) -> f64 {
    let mut hits: HashMap<&String, usize> = HashMap::new();
    for incident in ids.iter().filter_map(|id| found.get(*id)) {
        *hits.entry(incident).or_default() += 1;
    }
    let f1 = |(incident, hit): (&&String, &usize)| {
        2.0 * *hit as f64 / (ids.len() + sizes.get(*incident).copied().unwrap_or(0)) as f64
    };
    hits.iter().map(f1).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_incident_counts_with_all_that_it_holds() {
        let name = |s: &str| s.to_owned();
        let found: HashMap<String, String> =
            [("1", "a"), ("2", "a"), ("3", "b"), ("4", "a"), ("5", "a"), ("6", "a")]
                .map(|(id, incident)| (name(id), name(incident)))
                .into();
        let gold = [(name("1"), Some(name("x"))), (name("2"), Some(name("x"))), (name("3"), Some(name("x")))];
        let mut gold = gold.to_vec();
        gold.push((name("4"), None));
        let measured = measure(&found, &gold, &HashSet::from([name("6")]));
        // a holds 1, 2, 4, 5 (6 does not count): 2 of 3 found, 2 of 4 right.
        assert!((measured.best_match - 4.0 / 7.0).abs() < 1e-9, "{measured:?}");
        assert!((measured.best_match_among_gold - 4.0 / 6.0).abs() < 1e-9, "{measured:?}");
        assert!((measured.largest - 4.0 / 6.0).abs() < 1e-9);
    }
}
