#!/usr/bin/env python3
"""How often one of three earlier answers would have helped, by ranker, from a blind reader's verdicts.

    score.py join KEY.tsv VERDICTS.jsonl... > verdicts.tsv     the key and the reader's lines, by ids alone
    score.py [verdicts.tsv]                                    shares, and the paired bootstrap interval of the difference

The key is what `cargo run -p qingting-classify --example retrieval -- sheet` writes beside the sheet. A reader's line
is {"row": 17, "helps": [2, 5]}: the numbers of the proposals of that row that would have helped, none for [].
"""
import collections
import csv
import json
import pathlib
import random
import sys

RANKERS = ("own", "bm25")


def join(key_file, verdict_files):
    rows = {}
    with open(key_file, encoding="utf-8", newline="") as f:
        for line in csv.DictReader(f, delimiter="\t"):
            row = rows.setdefault(int(line["row"]), {"id": line["id"], "own": [], "bm25": [], "ids": {}})
            row[line["ranker"]].append(line["proposal_id"])
            row["ids"][int(line["proposal"])] = line["proposal_id"]
    verdicts = {}
    for name in verdict_files:
        for number, text in enumerate(pathlib.Path(name).read_text(encoding="utf-8").splitlines(), 1):
            if not text.strip():
                continue
            line = json.loads(text)
            row, helps = line["row"], line["helps"]
            if row not in rows or row in verdicts or not set(helps) <= set(rows[row]["ids"]):
                sys.exit(f"{name}, line {number}: row {row} is unknown, stands twice or names a proposal it lacks")
            verdicts[row] = helps
    missing = sorted(set(rows) - set(verdicts))
    if missing:
        sys.exit(f"no verdict on rows {missing[:10]}{' ...' if len(missing) > 10 else ''}")
    print("letter\town\tbm25\thelped")
    for number, row in sorted(rows.items()):
        helped = ",".join(row["ids"][n] for n in sorted(verdicts[number]))
        print(row["id"], ",".join(row["own"]), ",".join(row["bm25"]), helped, sep="\t")


def score(file):
    letters = []
    with open(file, encoding="utf-8", newline="") as f:
        for line in csv.DictReader(f, delimiter="\t"):
            helped = set(filter(None, line["helped"].split(",")))
            letters.append({r: [p in helped for p in line[r].split(",")] for r in RANKERS})
    count = len(letters)
    any_of = {r: [any(letter[r]) for letter in letters] for r in RANKERS}
    chance = random.Random(1)
    samples = collections.defaultdict(list)
    for _ in range(10_000):
        drawn = [chance.randrange(count) for _ in range(count)]
        shares = {r: sum(any_of[r][i] for i in drawn) / count for r in RANKERS}
        for r in RANKERS:
            samples[r].append(shares[r])
        samples["difference"].append(shares["own"] - shares["bm25"])

    def interval(name):
        ordered = sorted(samples[name])
        return f"{ordered[250]:+.3f} to {ordered[9749]:+.3f}" if name == "difference" else \
            f"{ordered[250]:.3f} to {ordered[9749]:.3f}"

    print(f"{count} letters, three proposals each; 95 % intervals by bootstrap over letters, 10,000 draws")
    for r in RANKERS:
        share = sum(any_of[r]) / count
        first = sum(letter[r][0] for letter in letters) / count
        each = sum(sum(letter[r]) for letter in letters) / count
        print(f"{r:5} one of three helped {share:.3f} ({interval(r)}), the first {first:.3f}, of three {each:.2f}")
    difference = sum(any_of["own"]) / count - sum(any_of["bm25"]) / count
    ahead = sum(a and not b for a, b in zip(any_of["own"], any_of["bm25"]))
    behind = sum(b and not a for a, b in zip(any_of["own"], any_of["bm25"]))
    print(f"difference {difference:+.3f} ({interval('difference')}); own alone helped {ahead}, BM25 alone {behind}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["join"] and len(sys.argv) > 3:
        join(sys.argv[2], sys.argv[3:])
    elif len(sys.argv) <= 2:
        score(sys.argv[1] if len(sys.argv) == 2 else pathlib.Path(__file__).with_name("verdicts.tsv"))
    else:
        sys.exit(__doc__)
