#!/usr/bin/env python3
"""Puts the labels of this folder beside the texts of the shared corpus, as rows that `qingting train` reads.

    python classify/labels/rows.py CORPUS OUT

CORPUS is the folder with messages.jsonl and news_titles.tsv; letters.jsonl and titles.jsonl are written to the folder
OUT. No text is kept here: a letter is known by its id, a title by its line.
"""

import argparse
import json
import pathlib


def labels(name):
    """Each line of a label file as a dictionary; topics as a list, empty for `none`."""
    here = pathlib.Path(__file__).parent
    lines = (here / name).read_text(encoding="utf-8").splitlines()
    header = lines[0].split("\t")
    for line in lines[1:]:
        row = dict(zip(header, line.split("\t")))
        row["topics"] = [] if row["topics"] == "none" else row["topics"].split(",")
        row["urgency"] = int(row["urgency"])
        yield row


def write(path, rows):
    with open(path, "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def letters(corpus):
    texts = {}
    for line in (corpus / "messages.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        texts[row["id"]] = row
    for label in labels("letters.tsv"):
        text = texts[label["id"]]
        yield {**label, "title": text["title"], "body": text["body"]}


def titles(corpus):
    lines = (corpus / "news_titles.tsv").read_text(encoding="utf-8").splitlines()
    for label in labels("titles.tsv"):
        number = int(label.pop("line"))
        title = lines[number - 1].split("\t")[0]
        yield {"id": f"title-{number}", "title": title, "body": "", "channel": "news", "kind": "新闻", **label}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    given = parser.parse_args()
    write(given.out / "letters.jsonl", letters(given.corpus))
    write(given.out / "titles.jsonl", titles(given.corpus))


if __name__ == "__main__":
    main()
