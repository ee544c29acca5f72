#!/usr/bin/env python3
"""Whether incidents hold one matter: joins the first items of a made-up year and holds them against what is true of them.

    qingting sample --items 165000 --seed 3 --until 2026-11-29 --out year
    classify/bench/glue.py year/truth.jsonl [--items 30000] [--without-towns] [--qingting target/release/qingting]

Prints, over the items in the order of their times:

* BCubed precision, recall and F1 of the items that belong to a true incident (Amigo et al. 2009);
* the mean best match of true incidents of two items or more, by F1;
* the largest incident's share of all items;
* over incidents of ten items or more, weighted by their items: the share of the commonest town and of the commonest matter
  (the true incident, or town and title of an ordinary day's call), and the mean number of towns;
* the share of repeats that stand in one incident with their first.
"""

import argparse
import collections
import json
import re
import subprocess


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth")
    parser.add_argument("--items", type=int, default=30_000)
    parser.add_argument("--without-towns", action="store_true", help="as if no sheet had a column of towns")
    parser.add_argument("--qingting", default="target/release/qingting")
    asked = parser.parse_args()
    with open(asked.truth, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    rows.sort(key=lambda row: (row["at"], str(row["external_id"])))
    rows = rows[: asked.items]
    report(rows, joined(asked.qingting, rows, not asked.without_towns))


def joined(qingting, rows, towns):
    """The incident of each row, in their order."""
    lines = (
        json.dumps(
            {"id": str(n), "title": row["title"], "body": row["body"], "time": row["at"], "channel": row["channel"]}
            | ({"town": row["town"]} if towns and row["town"] and row["channel"] != "news" else {}),
            ensure_ascii=False,
        )
        for n, row in enumerate(rows)
    )
    run = subprocess.run([qingting, "cluster"], input="\n".join(lines), capture_output=True, text=True, check=True)
    found = {}
    for line in run.stdout.splitlines():
        one = json.loads(line)
        found[one["id"]] = one["incident"]
    return [found[str(n)] for n in range(len(rows))]


def matter(row):
    """What an item is about, as far as the truth tells."""
    return row["incident"] or (row["town"], re.sub("^[^：]{2,5}：", "", row["title"]))


def commonest(values):
    """The share of the commonest of the values; 1 of none."""
    counts = collections.Counter(values)
    return counts.most_common(1)[0][1] / sum(counts.values()) if counts else 1.0


def report(rows, found):
    incidents = collections.defaultdict(list)
    for row, incident in zip(rows, found):
        incidents[incident].append(row)
    true = collections.Counter(row["incident"] for row in rows if row["incident"])
    precision = recall = 0.0
    best = collections.Counter()
    for members in incidents.values():
        for incident, n in collections.Counter(row["incident"] for row in members if row["incident"]).items():
            precision += n * n / len(members)
            recall += n * n / true[incident]
            best[incident] = max(best[incident], 2 * n / (true[incident] + len(members)))
    all_true = sum(true.values())
    precision, recall = precision / all_true, recall / all_true
    several = [incident for incident, n in true.items() if n >= 2]
    sizes = sorted((len(members) for members in incidents.values()), reverse=True)
    large = [members for members in incidents.values() if len(members) >= 10]
    held = sum(len(members) for members in large)
    towns = [{row["town"] for row in members if row["town"]} for members in large]
    first = {str(row["external_id"]): incident for row, incident in zip(rows, found)}
    repeats = [(incident, first[row["repeats"]]) for row, incident in zip(rows, found) if row["repeats"] in first]

    print(f"{len(rows)} items, {len(incidents)} incidents; {all_true} items of {len(true)} true incidents")
    print(f"BCubed precision {precision:.3f}, recall {recall:.3f}, F1 {2 * precision * recall / (precision + recall):.3f}")
    print(f"best match of {len(several)} true incidents {sum(best[i] for i in several) / len(several):.3f}")
    print(f"largest incident {sizes[0]} items, {100 * sizes[0] / len(rows):.2f} %")
    if large:
        town = sum(len(m) * commonest([row["town"] for row in m if row["town"]]) for m in large) / held
        one = sum(len(m) * commonest([matter(row) for row in m]) for m in large) / held
        mean = sum(map(len, towns)) / len(large)
        print(f"{len(large)} incidents of ten or more: of the main town {town:.3f}, of the main matter {one:.3f}, towns {mean:.1f}")
    if repeats:
        print(f"repeats with their first {sum(a == b for a, b in repeats) / len(repeats):.3f} of {len(repeats)}")


if __name__ == "__main__":
    main()
