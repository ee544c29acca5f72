#!/usr/bin/env python3
"""Topics by scikit-learn on the folds of the shared corpus, beside those of qingting.

    pip install scikit-learn jieba
    python classify/labels/rows.py C .
    python classify/bench/topics.py C --folds-out topics_folds.tsv
    rows="C/topics.jsonl C/topics_words.jsonl C/news.jsonl letters.jsonl titles.jsonl classify/sentences/*.jsonl"
    cargo run --release -- evaluate --cv --folds topics_folds.tsv --predictions ours.jsonl --corpus $rows
    cargo run --release -- evaluate --cv --choose --folds topics_folds.tsv --predictions chosen.jsonl --corpus $rows
    python classify/bench/topics.py C ours.jsonl chosen.jsonl --extra letters.jsonl titles.jsonl

C is the folder of the corpus; topics_folds.tsv are the lines of folds.tsv whose ids stand in topics.jsonl. Each fold
is predicted by a model trained on the other four with topics_words.jsonl, news.jsonl and what `--extra` names. A
small grid: words and word pairs, with and without runs of one to three characters; LinearSVC of C 0.3, 1 and 3 and
logistic regression of C 3, 10 and 30, one against the rest, balanced; from which score on a topic is asserted; at least
one topic. The best of each view and learner, chosen on the very rows it is measured on, is what ours is compared with,
by the 95 % interval of a paired bootstrap of the gain. Ours as it ships has cost and contrast that these folds helped to
choose; with `--choose` they are chosen anew for each fold by the other four alone, as thresholds and calibration always
are.
"""

import argparse
import json
import pathlib

PLAN = ["business", "housing", "wages", "environment", "food_drug", "edu_med_elder", "safety", "hardship"]
VIEWS = ["words", "words and characters"]
COSTS = {"LinearSVC": [0.3, 1.0, 3.0], "logistic": [3.0, 10.0, 30.0]}
THRESHOLDS = [-0.4, -0.3, -0.2, -0.1, 0.0, 0.5, 1.0]
DRAWS = 2000


def read(path):
    return [json.loads(line) for line in open(path, encoding="utf-8") if line.strip()]


def words(row, cut):
    """Words and their pairs; those of the title twice."""
    if "tokens" in row:
        parts = [row["tokens"]]
    else:
        title, body = cut(row.get("title", "")), cut(row.get("body", "") or "")
        parts = [title, title, body]
    found = []
    for part in parts:
        part = [word for word in part if word.strip()]
        found += part + [f"{a} {b}" for a, b in zip(part, part[1:])]
    return found


def characters(row):
    if "tokens" in row:
        runs = row["tokens"]
    else:
        runs = [row.get("title", ""), row.get("title", ""), row.get("body", "") or ""]
    return [run[i : i + n] for run in runs for n in (1, 2, 3) for i in range(len(run) - n + 1)]


def itself(tokens):
    return tokens


def folds_as_matrices(rows, extra, fold_of, topics, with_characters):
    """For each fold: training matrix and labels, the matrix of the fold's rows, and their ids."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import MultiLabelBinarizer

    for fold in sorted(set(fold_of.values())):
        train = [row for row in rows if fold_of[row["id"]] != fold] + extra
        test = [row for row in rows if fold_of[row["id"]] == fold]
        train_x, test_x = [], []
        for view, least, weight in [("words", 2, 1.0)] + [("chars", 3, 0.8)] * with_characters:
            tfidf = TfidfVectorizer(analyzer=itself, min_df=least, sublinear_tf=True, dtype="float32")
            train_x.append(tfidf.fit_transform([row[view] for row in train]) * weight)
            test_x.append(tfidf.transform([row[view] for row in test]) * weight)
        labels = MultiLabelBinarizer(classes=topics).fit_transform([row["topics"] for row in train])
        yield hstack(train_x).tocsr(), labels, hstack(test_x).tocsr(), [row["id"] for row in test]


def scores_of_folds(folds, learner):
    """For each row of a fold its score of each topic, by a model that had not seen it."""
    from sklearn.multiclass import OneVsRestClassifier

    found = {}
    for train, labels, test, ids in folds:
        model = OneVsRestClassifier(learner()).fit(train, labels)
        found.update(zip(ids, model.decision_function(test)))
    return found


def asserted(scores, topics, threshold):
    """The highest first; at least one, at most three."""
    order = sorted(range(len(topics)), key=lambda topic: -scores[topic])
    return [topics[t] for i, t in enumerate(order[:3]) if i == 0 or scores[t] >= threshold]


def counts(rows, said, topics):
    """Of each row, over some topics: hits, asserted, gold."""
    found = []
    for row in rows:
        ours, gold = set(said[row["id"]]) & topics, set(row["topics"]) & topics
        found.append((len(ours & gold), len(ours), len(gold)))
    return found


def f1(parts):
    hit, ours, gold = map(sum, zip(*parts))
    return 2 * hit / max(ours + gold, 1)


def measure(rows, said, topics):
    micro = f1(counts(rows, said, set(topics)))
    macro = sum(f1(counts(rows, said, {topic})) for topic in PLAN) / len(PLAN)
    first = sum(said[row["id"]][:1] == row["topics"][:1] for row in rows) / len(rows)
    among = sum(bool(said[row["id"]]) and said[row["id"]][0] in row["topics"] for row in rows) / len(rows)
    return micro, macro, first, among


def bootstrap(rows, one, other, topics):
    """The 95 % intervals of the gains in micro-F1 and in macro-F1 over the eight fields, rows drawn with return."""
    import numpy

    draws = numpy.random.default_rng(1).multinomial(len(rows), [1 / len(rows)] * len(rows), size=DRAWS)
    plan = [index for index, topic in enumerate(topics) if topic in PLAN]
    values = []
    for said in (one, other):
        parts = numpy.array([counts(rows, said, {topic}) for topic in topics]).transpose(1, 0, 2)
        sums = (draws @ parts.reshape(len(rows), -1)).reshape(DRAWS, len(topics), 3)
        f1_of = lambda s: 2 * s[..., 0] / numpy.maximum(s[..., 1] + s[..., 2], 1)
        values.append((f1_of(sums.sum(axis=1)), f1_of(sums[:, plan]).mean(axis=1)))
    return [numpy.quantile(ours - theirs, [0.025, 0.975]) for ours, theirs in zip(*values)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("ours", type=pathlib.Path, nargs="*", help="what `evaluate --cv --predictions` wrote")
    parser.add_argument("--extra", type=pathlib.Path, nargs="*", default=[], help="more rows to train on")
    parser.add_argument("--views", nargs="*", choices=VIEWS, default=VIEWS)
    parser.add_argument("--learners", nargs="*", choices=list(COSTS), default=list(COSTS))
    parser.add_argument("--folds-out", type=pathlib.Path, help="write the folds of topics.jsonl alone, and end")
    arguments = parser.parse_args()
    rows = read(arguments.corpus / "topics.jsonl")
    lines = [line.split("\t") for line in open(arguments.corpus / "folds.tsv").read().split("\n") if line]
    ids = {row["id"] for row in rows}
    fold_of = {id: int(fold) for id, fold in lines if id in ids}
    if arguments.folds_out:
        arguments.folds_out.write_text("".join(f"{id}\t{fold}\n" for id, fold in fold_of.items()))
        return

    import jieba
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    jieba.setLogLevel("ERROR")
    extra = read(arguments.corpus / "topics_words.jsonl") + read(arguments.corpus / "news.jsonl")
    for path in arguments.extra:
        extra += read(path)
    for row in rows + extra:
        row["words"], row["chars"] = words(row, jieba.lcut), characters(row)
    topics = sorted({topic for row in rows + extra for topic in row["topics"]})
    learners = {
        "LinearSVC": lambda c: LinearSVC(C=c, class_weight="balanced"),
        "logistic": lambda c: LogisticRegression(
            C=c, class_weight="balanced", solver="liblinear", dual=True, tol=0.01, max_iter=300
        ),
    }
    print(f"{'':52} {'micro-F1':>9} {'macro, 8':>9} {'first':>9} {'among':>9}", flush=True)
    tell = lambda name, value: print(f"{name:52} " + " ".join(f"{v:>9.3f}" for v in value), flush=True)
    best = []
    for views in arguments.views:
        folds = list(folds_as_matrices(rows, extra, fold_of, topics, views != "words"))
        for learner in arguments.learners:
            make, grid = learners[learner], []
            for cost in COSTS[learner]:
                scores = scores_of_folds(folds, lambda: make(cost))
                for threshold in THRESHOLDS:
                    said = {id: asserted(row, topics, threshold) for id, row in scores.items()}
                    name = f"{views}, {learner}, C {cost:g}, from {threshold:g}"
                    grid.append((measure(rows, said, topics), name, said))
            best.append(max(grid, key=lambda found: found[0]))
            tell(best[-1][1], best[-1][0])
    for path in arguments.ours:
        ours = {row["id"]: row["topics"] for row in read(path)}
        missing = ids - ours.keys()
        if missing:
            raise SystemExit(f"{path} lacks {len(missing)} rows of topics.jsonl")
        tell(f"qingting, {path.name}", measure(rows, ours, topics))
        for _, name, said in best:
            (low, high), (low8, high8) = bootstrap(rows, ours, said, topics)
            print(f"  gain over {name}: micro-F1 {low:+.3f} to {high:+.3f}, macro-F1 {low8:+.3f} to {high8:+.3f}")


if __name__ == "__main__":
    main()
