//! Learns the rules of a model, calibration and thresholds, from rows that its planes had not seen.

use crate::calibrate::{Logistic, Softmax};
use crate::model::{Labels, Rules, Sheet, among_inputs, main_inputs, nothing_input, singles, top};
use crate::threshold::{Assertions, abstention, tune};
use crate::train::Example;

/// A row with its scores by planes that were trained without it.
pub(crate) struct HeldOut<'a> {
    pub example: Example<'a>,
    pub scores: Vec<f32>,
}

/// How many of the held-out rows of urgency 2 shall be called so: a missed danger is worse than a false alarm.
const RECALL_OF_URGENT: f64 = 0.98;
/// How many of the others may be called so at most: waking people for nothing wears them out.
const MOST_FALSE_ALARMS: f64 = 0.018;

pub(crate) fn fit_rules(labels: &Labels, rows: &[HeldOut<'_>], precision_when_sure: f64) -> Rules {
    let mut rules = Rules {
        main: fit_main(labels, rows),
        among: Vec::new(),
        thresholds: Vec::new(),
        sure_from: 0.0,
        nothing: fit_nothing(labels, rows),
        kind: fit_kind(labels, rows),
        office: Softmax { slope: vec![1.0, 0.0] },
        office_by_topic: office_by_topic(labels, rows),
        urgency: Vec::new(),
        urgency_from: Vec::new(),
    };
    fit_topics(&mut rules, labels, rows, precision_when_sure);
    fit_office(&mut rules, labels, rows);
    if labels.urgency {
        fit_urgency(&mut rules, labels, rows);
    }
    rules
}

/// Rows with a topic, their sheets and the main topic's place among the labels.
fn with_main<'a>(
    labels: &'a Labels,
    rows: &'a [HeldOut<'a>],
) -> impl Iterator<Item = (&'a HeldOut<'a>, Sheet<'a>, usize)> {
    rows.iter().filter_map(|row| {
        let first = row.example.row.main_topic()?;
        let main = labels.topics.binary_search(first).ok()?;
        Some((row, labels.sheet(&row.scores), main))
    })
}

fn fit_main(labels: &Labels, rows: &[HeldOut<'_>]) -> Softmax {
    let cases: Vec<_> = with_main(labels, rows).map(|(_, sheet, main)| (main_inputs(&sheet), main)).collect();
    Softmax::fit(&cases, 2)
}

fn fit_topics(rules: &mut Rules, labels: &Labels, rows: &[HeldOut<'_>], precision_when_sure: f64) {
    let seen: Vec<_> = with_main(labels, rows).collect();
    let mains: Vec<Vec<f32>> = seen.iter().map(|(_, sheet, _)| rules.main_probabilities(sheet)).collect();
    let gold =
        |row: &HeldOut<'_>, topic: usize| row.example.row.has_topic(&labels.topics[topic]) == Some(true);
    rules.among = (0..labels.topics.len())
        .map(|topic| {
            let cases: Vec<_> = seen
                .iter()
                .zip(&mains)
                .map(|((row, sheet, _), main)| {
                    (among_inputs(sheet, main).swap_remove(topic), gold(row, topic))
                })
                .collect();
            Logistic::fit(&cases, 2)
        })
        .collect();
    let assertions: Vec<Assertions> = seen
        .iter()
        .zip(&mains)
        .map(|((row, sheet, _), main)| {
            let among = rules.among_probabilities(sheet, main);
            among.into_iter().enumerate().map(|(topic, p)| (p, gold(row, topic))).collect()
        })
        .collect();
    let firsts: Vec<usize> = mains.iter().map(|main| top(main).unwrap_or(0)).collect();
    rules.thresholds = tune(&assertions, &firsts, labels.topics.len());
    let sureness: Vec<(f32, bool)> = seen
        .iter()
        .zip(mains.iter().zip(&firsts))
        .map(|((_, _, right), (main, &first))| (main[first], first == *right))
        .collect();
    rules.sure_from = abstention(&sureness, precision_when_sure);
}

fn fit_nothing(labels: &Labels, rows: &[HeldOut<'_>]) -> Logistic {
    let cases: Vec<_> = rows
        .iter()
        .filter(|row| row.example.text.title_only)
        .filter_map(|row| Some((nothing_input(&labels.sheet(&row.scores))?, row.example.row.is_nothing()?)))
        .collect();
    Logistic::fit(&cases, 2)
}

fn fit_kind(labels: &Labels, rows: &[HeldOut<'_>]) -> Softmax {
    let cases: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let kind = row.example.row.kind?;
            let right = labels.kinds.binary_search(&kind).ok()?;
            Some((singles(labels.sheet(&row.scores).kinds), right))
        })
        .collect();
    Softmax::fit(&cases, 1)
}

fn office_by_topic(labels: &Labels, rows: &[HeldOut<'_>]) -> Vec<Vec<f32>> {
    let mut table = vec![vec![0.0f32; labels.offices.len()]; labels.topics.len()];
    for (row, _, main) in with_main(labels, rows) {
        let office = row.example.row.department.as_ref();
        if let Some(office) = office.and_then(|o| labels.offices.binary_search(o).ok()) {
            table[main][office] += 1.0;
        }
    }
    for row in &mut table {
        let total: f32 = row.iter().sum();
        row.iter_mut().for_each(|share| *share /= total.max(1.0));
    }
    table
}

fn fit_office(rules: &mut Rules, labels: &Labels, rows: &[HeldOut<'_>]) {
    let cases: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let right = labels.offices.binary_search(row.example.row.department.as_ref()?).ok()?;
            let sheet = labels.sheet(&row.scores);
            Some((rules.office_inputs(&sheet, &rules.main_probabilities(&sheet)), right))
        })
        .collect();
    rules.office = Softmax::fit(&cases, 2);
}

fn fit_urgency(rules: &mut Rules, labels: &Labels, rows: &[HeldOut<'_>]) {
    for level in [1u8, 2] {
        let cases: Vec<([f32; 2], bool)> = rows
            .iter()
            .filter_map(|row| {
                let score = labels.sheet(&row.scores).urgency[usize::from(level) - 1];
                Some(([score, row.example.text.dangers], row.example.row.is_at_least(level)?))
            })
            .collect();
        let fit = Logistic::fit(&cases, 2);
        let judged: Vec<(f32, bool)> = cases.iter().map(|(x, yes)| (fit.probability(x), *yes)).collect();
        let from = if level == 1 { best_watch(&judged) } else { urgent_from(&judged) };
        rules.urgency.push(fit);
        rules.urgency_from.push(from);
    }
}

/// The probability from which on "urgent" is said: the highest that finds as many as wanted, and none that gives too
/// many false alarms.
fn urgent_from(judged: &[(f32, bool)]) -> f32 {
    let mut sorted = judged.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let urgent = sorted.iter().filter(|(_, yes)| *yes).count() as f64;
    let others = sorted.len() as f64 - urgent;
    let (mut found, mut false_alarms, mut from) = (0.0, 0.0, 1.0);
    for (p, yes) in sorted {
        if found >= RECALL_OF_URGENT * urgent {
            break;
        }
        found += f64::from(u8::from(yes));
        false_alarms += f64::from(u8::from(!yes));
        if false_alarms > MOST_FALSE_ALARMS * others {
            break;
        }
        from = p;
    }
    from
}

/// The probability from which on "watch" is said: the best mean of accuracy and F1, because rows to
/// watch are few and accuracy alone would say it to almost none.
fn best_watch(judged: &[(f32, bool)]) -> f32 {
    let mut best = (0.0, 0.5);
    for percent in 20..=60 {
        let from = percent as f32 / 100.0;
        let (mut hit, mut said, mut yes, mut right) = (0.0, 0.0, 0.0, 0.0);
        for &(p, truth) in judged {
            hit += f64::from(u8::from(p >= from && truth));
            said += f64::from(u8::from(p >= from));
            yes += f64::from(u8::from(truth));
            right += f64::from(u8::from((p >= from) == truth));
        }
        let value = 2.0 * hit / f64::max(said + yes, 1.0) + right / f64::max(judged.len() as f64, 1.0);
        if value > best.0 {
            best = (value, from);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many answers of a kind, one after the other, at falling probabilities.
    fn falling(answers: &[(usize, bool)]) -> Vec<(f32, bool)> {
        let answers = answers.iter().flat_map(|&(count, yes)| std::iter::repeat_n(yes, count));
        answers.enumerate().map(|(i, yes)| (0.999 - i as f32 / 1000.0, yes)).collect()
    }

    #[test]
    fn urgent_is_said_until_enough_are_found_or_false_alarms_are_too_many() {
        // Of 100 urgent rows the 98th stands behind one other, the last two behind all.
        let found = falling(&[(97, true), (1, false), (1, true), (99, false), (2, true)]);
        assert_eq!(urgent_from(&found), found[98].0);
        // After 50 urgent rows come a hundred others, of which so many may be called so.
        let alarms = falling(&[(50, true), (100, false), (50, true)]);
        let allowed = (MOST_FALSE_ALARMS * 100.0).floor() as usize;
        assert_eq!(urgent_from(&alarms), alarms[49 + allowed].0);
        assert_eq!(urgent_from(&[(0.4, false)]), 1.0);
    }
}
