"""How right an outcome is by the truth of the made-up year: python outcome.py TRUTH.jsonl OUTCOME.jsonl...

Micro-F1 of the topics, and BCubed F1 of the incidents (Bagga and Baldwin 1998; of items that have one)."""

import json
import sys
from collections import Counter, defaultdict


def load_truth(path):
    rows = (json.loads(line) for line in open(path, encoding="utf-8"))
    return {f"{row['source']}-{row['external_id']}": row for row in rows}


def topics_f1(truth, found):
    right = told = wanted = 0
    for key, row in found.items():
        is_so, says = set(truth[key]["topics"]), set(row["topics"])
        right, told, wanted = right + len(is_so & says), told + len(says), wanted + len(is_so)
    return 2 * right / (told + wanted)


def bcubed_f1(truth, found):
    of_item = {key: truth[key]["incident"] for key in found if truth[key]["incident"] is not None}
    sizes, groups, both = Counter(of_item.values()), defaultdict(list), Counter()
    for key, incident in of_item.items():
        groups[found[key]["incident"]].append(incident)
    precision = recall = 0.0
    for group in groups.values():
        for incident, count in Counter(group).items():
            precision += count * count / len(group)
            recall += count * count / sizes[incident]
    precision, recall = precision / len(of_item), recall / len(of_item)
    return 2 * precision * recall / (precision + recall)


truth = load_truth(sys.argv[1])
for path in sys.argv[2:]:
    found = {row["id"]: row for row in (json.loads(line) for line in open(path, encoding="utf-8"))}
    strange = [key for key in found if key not in truth]
    if strange:
        sys.exit(f"{path}: {len(strange)} items are not in the truth, the first {strange[0]}")
    cases = sum(row["case"] is not None for row in found.values())
    print(f"{path}: {len(found)} items, {cases} with a case, topics micro-F1 {topics_f1(truth, found):.3f}, "
          f"incidents BCubed F1 {bcubed_f1(truth, found):.3f}")
