//! The whole judgement beside bare segmentation of the same texts, on one thread and on two.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};
use jieba_rs::Jieba;
use qingting_classify::{Classifier, Input, Verdict};
use qingting_ingest::prepare::prepare;
use qingting_ingest::sheet;
use qingting_models::records::Channel;
use serde::{Deserialize, Serialize};

use super::{Scratch, made_sheets, most_memory};
use crate::cli::Global;
use crate::{home, output};

/// Each way runs this often, in turn; the fastest round counts, since others were disturbed.
const ROUNDS: usize = 5;
/// How many rows are read from a sheet at once.
const BATCH: usize = 500;

/// A text to judge.
#[derive(Deserialize)]
struct Text {
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
}

/// How fast each way went, in megabytes of text a second.
#[derive(Debug, Serialize)]
struct Found {
    texts: usize,
    megabytes: f64,
    cut: f64,
    judge: f64,
    cut_two_threads: f64,
    judge_two_threads: f64,
    /// The judgement with the signature by which its incident is found, on one thread.
    judge_and_sign: f64,
    /// The judgement against bare `cut`, on one thread.
    share_of_cut: f64,
    /// The judgement with the signature against bare `cut`, on one thread.
    share_of_cut_signed: f64,
    /// What a second thread brings the judgement, against what it brings bare `cut`.
    gain_against_cut: f64,
    /// The most memory the process has held, in megabytes; `None` where the system does not tell.
    memory: Option<f64>,
}

pub(super) fn run(global: &Global, items: u32, file: Option<&Path>) -> Result<()> {
    let texts = match file {
        Some(file) => read(file)?,
        None => made_up(items)?,
    };
    ensure!(!texts.is_empty(), "there are no texts to judge");
    let megabytes = texts.iter().map(|text| text.title.len() + text.body.len()).sum::<usize>() as f64 / 1e6;
    let county = home::county_of_folder(global.dir())?;
    let classifier = home::classifier(global.dir(), &county, None)?;
    let jieba = Jieba::new();
    let cut = |text: &Text| jieba.cut(&text.title, true).len() + jieba.cut(&text.body, true).len();
    let judge = |text: &Text| judged(&classifier, text);
    let sign = |text: &Text| signed(&classifier, text);
    let mut best = [f64::INFINITY; 5];
    for _ in 0..ROUNDS {
        let round = [
            time(&texts, 1, &cut)?,
            time(&texts, 1, &judge)?,
            time(&texts, 2, &cut)?,
            time(&texts, 2, &judge)?,
            time(&texts, 1, &sign)?,
        ];
        best.iter_mut().zip(round).for_each(|(best, took)| *best = best.min(took));
    }
    let [cut, judge, cut_two_threads, judge_two_threads, judge_and_sign] =
        best.map(|seconds| megabytes / seconds.max(1e-9));
    let rounded = |value: f64, places: f64| (value * places).round() / places;
    report(
        global,
        &Found {
            texts: texts.len(),
            megabytes: rounded(megabytes, 10.0),
            cut: rounded(cut, 100.0),
            judge: rounded(judge, 100.0),
            cut_two_threads: rounded(cut_two_threads, 100.0),
            judge_two_threads: rounded(judge_two_threads, 100.0),
            judge_and_sign: rounded(judge_and_sign, 100.0),
            share_of_cut: rounded(judge / cut, 1000.0),
            share_of_cut_signed: rounded(judge_and_sign / cut, 1000.0),
            gain_against_cut: rounded((judge_two_threads / judge) / (cut_two_threads / cut), 1000.0),
            memory: most_memory(),
        },
    )
}

/// Judges a text; the answer keeps the compiler from leaving the work out.
fn judged(classifier: &Classifier, text: &Text) -> usize {
    found_in(&classifier.judge(&input(text)))
}

/// Judges a text as the server does, which makes the signature along with it.
fn signed(classifier: &Classifier, text: &Text) -> usize {
    let (verdict, signature) = classifier.judge_and_sign(&input(text));
    found_in(&verdict) + signature.to_bytes().len()
}

fn input(text: &Text) -> Input<'_> {
    Input { title: &text.title, body: &text.body, channel: Channel::Hotline }
}

fn found_in(verdict: &Verdict) -> usize {
    verdict.topics.len() + verdict.places.len() + verdict.reasons.len()
}

/// The seconds that `work` takes over all texts, shared among threads piece by piece.
fn time(texts: &[Text], threads: usize, work: &(impl Fn(&Text) -> usize + Sync)) -> Result<f64> {
    let start = Instant::now();
    let share = texts.len().div_ceil(threads).max(1);
    let sum = std::thread::scope(|scope| {
        let parts: Vec<_> =
            texts.chunks(share).map(|part| scope.spawn(|| part.iter().map(work).sum::<usize>())).collect();
        parts.into_iter().map(|part| part.join().ok()).sum::<Option<usize>>()
    });
    ensure!(sum.context("a thread broke down")? > 0, "nothing was found in the texts");
    Ok(start.elapsed().as_secs_f64())
}

fn read(file: &Path) -> Result<Vec<Text>> {
    let all = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let lines = all.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|e| {
                anyhow!("{}, line {}: {e}; a line is {{\"title\",\"body\"}}", file.display(), index + 1)
            })
        })
        .collect()
}

/// The texts of a made-up year's sheets, as an import masks them.
fn made_up(items: u32) -> Result<Vec<Text>> {
    let folder = Scratch::new()?;
    let mut texts = Vec::new();
    for file in made_sheets(&folder.0.join("sample"), items)? {
        sheet::read(&file, None, BATCH, &mut |batch| {
            let arrivals = batch.records.into_iter().map(|(_, record)| prepare(record));
            texts.extend(
                arrivals.map(|arrival| Text { title: arrival.content.title, body: arrival.content.body }),
            );
            true
        })?;
    }
    Ok(texts)
}

fn report(global: &Global, found: &Found) -> Result<()> {
    if global.json {
        return output::json(found);
    }
    output::line(&format!("{} texts, {} MB; megabytes a second:", found.texts, found.megabytes))?;
    output::line("                         one thread  two threads")?;
    output::line(&format!("  bare segmentation      {:>10} {:>12}", found.cut, found.cut_two_threads))?;
    output::line(&format!("  the whole judgement    {:>10} {:>12}", found.judge, found.judge_two_threads))?;
    output::line(&format!("  and its signature      {:>10}", found.judge_and_sign))?;
    output::line(&format!(
        "the judgement against bare segmentation, one thread: {}, with the signature {}",
        found.share_of_cut, found.share_of_cut_signed
    ))?;
    output::line(&format!(
        "the gain by a second thread against that of bare segmentation: {}",
        found.gain_against_cut
    ))?;
    match found.memory {
        Some(memory) => output::line(&format!("most memory held: {memory} MB")),
        None => Ok(()),
    }
}
