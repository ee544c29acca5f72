#!/usr/bin/env python3
"""Seven classes by scikit-learn on the folds of the shared corpus, beside those of qingting.

    pip install scikit-learn
    python classify/bench/seven.py C --folds-out seven_folds.tsv
    cargo run --release -- evaluate --cv --folds seven_folds.tsv --predictions seven.jsonl --corpus C/seven_classes.jsonl
    python classify/bench/seven.py C seven.jsonl

C is the folder of the corpus; seven_folds.tsv are the lines of folds.tsv whose ids stand in seven_classes.jsonl. Each
fold is predicted by a model trained on the other four. A small grid over the words the rows are known as: the words,
with and without their pairs, with and without the runs of one to three characters in each; LinearSVC of C 0.3, 1 and 3,
logistic regression of C 0.3 to 30. The best of the grid, chosen on the very rows it is measured on, is what ours is
compared with; of ours the first topic counts.
"""

import argparse
import json
import pathlib

DRAWS = 2000
VIEWS = ["words", "words and pairs", "words and characters", "words, pairs and characters"]


def read(path):
    return [json.loads(line) for line in open(path, encoding="utf-8") if line.strip()]


def characters(tokens):
    return [token[i : i + n] for token in tokens for n in (1, 2, 3) for i in range(len(token) - n + 1)]


def words(tokens):
    return tokens


def words_and_pairs(tokens):
    return tokens + [f"{a} {b}" for a, b in zip(tokens, tokens[1:])]


def folds_as_matrices(rows, fold_of, views):
    """For each fold: training matrix and classes, the matrix of the fold's rows, and their ids."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    parts = [(words_and_pairs if "pairs" in views else words, 2, 1.0)]
    if "characters" in views:
        parts.append((characters, 3, 0.8))
    for fold in sorted(set(fold_of.values())):
        train = [row for row in rows if fold_of[row["id"]] != fold]
        test = [row for row in rows if fold_of[row["id"]] == fold]
        train_x, test_x = [], []
        for analyzer, least, weight in parts:
            tfidf = TfidfVectorizer(analyzer=analyzer, min_df=least, sublinear_tf=True)
            train_x.append(tfidf.fit_transform([row["tokens"] for row in train]) * weight)
            test_x.append(tfidf.transform([row["tokens"] for row in test]) * weight)
        classes = [row["topics"][0] for row in train]
        yield hstack(train_x).tocsr(), classes, hstack(test_x).tocsr(), [row["id"] for row in test]


def said_by(learner, folds):
    """For each row of a fold its class, by a model that had not seen it."""
    found = {}
    for train, classes, test, ids in folds:
        found.update(zip(ids, learner.fit(train, classes).predict(test)))
    return found


def parts(rows, said, classes):
    """Of each row and class: hit, said, gold."""
    import numpy

    gold = numpy.array([[row["topics"][0] == c for c in classes] for row in rows])
    ours = numpy.array([[said[row["id"]] == c for c in classes] for row in rows])
    return numpy.stack([gold & ours, ours, gold], axis=-1).astype(float)


def measures(sums):
    """Accuracy and macro-F1 of the summed parts, whose last axes are the classes and the three counts."""
    accuracy = sums[..., 0].sum(axis=-1) / sums[..., 2].sum(axis=-1)
    return accuracy, (2 * sums[..., 0] / (sums[..., 1] + sums[..., 2]).clip(1)).mean(axis=-1)


def bootstrap(ours, theirs):
    """The 95 % intervals of the gains in accuracy and macro-F1, rows drawn with return."""
    import numpy

    n = len(ours)
    draws = numpy.random.default_rng(1).multinomial(n, [1 / n] * n, size=DRAWS)
    sums = [(draws @ of.reshape(n, -1)).reshape(DRAWS, *of.shape[1:]) for of in (ours, theirs)]
    gains = [one - other for one, other in zip(*map(measures, sums))]
    return [numpy.quantile(gain, [0.025, 0.975]) for gain in gains]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("ours", type=pathlib.Path, nargs="?", help="what `evaluate --cv --predictions` wrote")
    parser.add_argument("--folds-out", type=pathlib.Path, help="write the folds of seven_classes.jsonl alone, and end")
    arguments = parser.parse_args()
    rows = read(arguments.corpus / "seven_classes.jsonl")
    lines = [line.split("\t") for line in open(arguments.corpus / "folds.tsv").read().split("\n") if line]
    ids = {row["id"] for row in rows}
    fold_of = {id: int(fold) for id, fold in lines if id in ids}
    if arguments.folds_out:
        arguments.folds_out.write_text("".join(f"{id}\t{fold}\n" for id, fold in fold_of.items()))
        return

    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.svm import LinearSVC

    learners = [(f"LinearSVC, C {c}", LinearSVC(C=c)) for c in (0.3, 1, 3)]
    logistic = lambda c: OneVsRestClassifier(LogisticRegression(C=c, solver="liblinear", tol=0.01))
    learners += [(f"logistic, C {c}", logistic(c)) for c in (0.3, 1, 3, 10, 30)]
    classes = sorted({row["topics"][0] for row in rows})
    print(f"{'':44} accuracy  macro-F1")
    best = ((0.0, 0.0), "", None)
    for views in VIEWS:
        folds = list(folds_as_matrices(rows, fold_of, views))
        for name, learner in learners:
            name = f"{views}, {name}"
            theirs = parts(rows, said_by(learner, folds), classes)
            value = measures(theirs.sum(axis=0))
            print(f"{name:44} {value[0]:>8.4f}  {value[1]:>8.4f}", flush=True)
            if value > best[0]:
                best = (value, name, theirs)
    if not arguments.ours:
        return
    firsts = {row["id"]: (row["topics"] or [""])[0] for row in read(arguments.ours)}
    missing = ids - firsts.keys()
    if missing:
        raise SystemExit(f"{arguments.ours} lacks {len(missing)} rows of seven_classes.jsonl")
    ours = parts(rows, firsts, classes)
    value = measures(ours.sum(axis=0))
    print(f"{'qingting':44} {value[0]:>8.4f}  {value[1]:>8.4f}")
    (low, high), (low_f1, high_f1) = bootstrap(ours, best[2])
    print(f"gain over {best[1]}: accuracy {low:+.4f} to {high:+.4f}, macro-F1 {low_f1:+.4f} to {high_f1:+.4f}")


if __name__ == "__main__":
    main()
