"""What a careful script in Python does of Qingting's way from a sheet to items that are masked, sealed, judged, joined to
incidents, routed and found by their words: csv, jieba, scikit-learn, cryptography and SQLite, each as its manual advises.

  python peer.py TRAIN.jsonl SHEET.csv DATABASE OUTCOME.jsonl

TRAIN is the truth of a made-up year of another seed (`qingting sample`). The time is counted from the first row of the sheet
to the last commit; training and loading are not in it. Prints one JSON document.
"""

import csv
import hashlib
import hmac
import json
import math
import os
import re
import resource
import sqlite3
import sys
import time
import unicodedata
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from multiprocessing import Pool

import jieba
import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.svm import LinearSVC

BATCH = 500
# As many as there are cores; segmentation and masking go to them.
PROCESSES = 2
TOWNS = (
    "丹东街道 丹西街道 爵溪街道 石浦镇 西周镇 鹤浦镇 贤庠镇 墙头镇 泗洲头镇 定塘镇 涂茨镇 大徐镇 新桥镇 东陈乡 晓塘乡 黄避岙乡 "
    "茅洋乡 高塘岛乡"
).split()
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余于杜叶程魏苏吕丁任沈姚卢姜崔钟谭陆范汪石金"
MASKS = [
    (re.compile(p), "[" + name + "]")
    for name, p in [
        ("idcard", r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)"),
        ("bankcard", r"(?<!\d)62\d{14,17}(?!\d)"),
        ("mobile", r"(?<!\d)1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"),
        ("landline", r"(?<!\d)(?:0574[- ]?)?6[5-7]\d{6}(?!\d)"),
        ("email", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
        ("plate", r"[浙沪苏皖赣闽][A-Z][·]?[A-Z0-9]{5,6}(?![A-Z0-9])"),
        ("qq", r"(?:QQ|qq)[号:：]?\s*\d{5,11}"),
        ("wechat", r"微信(?:号)?[:：]?\s*[A-Za-z][\w-]{5,19}"),
        ("name", "(?:我叫|联系人[:：]?|本人|姓名[:：]?)[" + SURNAMES + r"][\u4e00-\u9fff]{1,2}"),
        ("address", r"\d{1,3}(?:幢|栋|号楼)(?:\d{1,2}单元)?\d{1,4}室"),
    ]
]
WORD = re.compile(r"\w")
WINDOW = 90 * 86400
PROBES, HOLDERS, CANDIDATES, FACE = 36, 64, 12, 8


def prepare(row):
    """Tidies, masks and cuts one row; what the batch needs of it."""
    title, body = row
    title, body = (unicodedata.normalize("NFKC", text).strip() for text in (title, body))
    for mask, instead in MASKS:
        title, body = mask.sub(instead, title), mask.sub(instead, body)
    tokens = [t for t in jieba.lcut(title + "\n" + body) if WORD.match(t)]
    return title, body, tokens


def same(tokens):
    return tokens


class Judge:
    """Topics, kind, urgency and office by linear models over words and pairs of words."""

    def __init__(self, rows, tokens):
        self.words = TfidfVectorizer(analyzer=same, sublinear_tf=True, min_df=2, dtype=np.float32)
        self.words.set_params(analyzer=with_pairs)
        x = self.words.fit_transform(tokens)
        self.names = MultiLabelBinarizer()
        y = self.names.fit_transform([row["topics"] for row in rows])
        self.topics = OneVsRestClassifier(LinearSVC()).fit(x, y)
        self.rest = {
            field: LinearSVC().fit(x, [str(row[field]) for row in rows]) for field in ("kind", "urgency", "department")
        }

    def judge(self, tokens):
        x = self.words.transform(tokens)
        scores = self.topics.decision_function(x)
        codes = self.names.classes_
        topics = [[codes[i] for i in np.argsort(-line) if line[i] > 0] for line in scores]
        return x, topics, {field: model.predict(x) for field, model in self.rest.items()}


def with_pairs(tokens):
    return tokens + [a + " " + b for a, b in zip(tokens, tokens[1:])]


class Incidents:
    """Items of one matter, joined as they come: candidates by shared rare words, likeness to the latest members."""

    def __init__(self, likeness=None):
        self.likeness = likeness
        self.holders = defaultdict(list)
        self.faces = defaultdict(list)
        self.next = 0

    @staticmethod
    def inputs(a, b):
        (words, town, at), (others, other_town, then) = a, b
        if len(others) < len(words):
            words, others = others, words
        cosine = sum(weight * others[word] for word, weight in words.items() if word in others)
        same_town = 1.0 if town and town == other_town else 0.0
        apart = 1.0 if town and other_town and town != other_town else 0.0
        return cosine, same_town, apart, math.log1p(abs(at - then) / 86400) / 5

    def kin(self, a, b):
        slopes, offset = self.likeness
        logit = sum(s * x for s, x in zip(slopes, self.inputs(a, b))) + offset
        return 1 / (1 + math.exp(-max(min(logit, 30), -30)))

    def join(self, item):
        words, _, at = item
        probes = sorted(words, key=lambda w: (-words[w], w))[:PROBES]
        sums = defaultdict(float)
        for word in probes:
            live = [incident for incident, last in self.holders[word] if at - last <= WINDOW]
            share = words[word] ** 2 / math.log(2 + len(live))
            for incident in live:
                sums[incident] += share
        best, value = None, 0.45
        for incident in sorted(sums, key=lambda i: (-sums[i], i))[:CANDIDATES]:
            kins = [self.kin(item, member) for member in self.faces[incident]]
            mean = 0.3 * max(kins) + 0.7 * sum(kins) / len(kins)
            if mean >= value:
                best, value = incident, mean
        if best is None:
            best, self.next = self.next, self.next + 1
        for word in probes:
            held = [h for h in self.holders[word] if h[0] != best]
            held.append((best, at))
            self.holders[word] = held[-HOLDERS:]
        self.faces[best] = (self.faces[best] + [item])[-FACE:]
        return best


def member(line, tokens, told, at):
    """The heaviest words of an item, the town that it names or its sender told, and its time."""
    order = np.argsort(-line.data)[:64]
    words = {int(line.indices[i]): float(line.data[i]) for i in order}
    town = next((token for token in tokens if token in TOWN_SET), told)
    return words, short(town), at


def short(town):
    return town and town.removesuffix("街道").rstrip("镇乡")


TOWN_SET = {name for town in TOWNS for name in (town, town.rstrip("镇乡").removesuffix("街道"))}


def learn_likeness(rows, judge, tokens):
    """Which pairs of items are of one matter, from the truth of another year."""
    x = judge.words.transform(tokens)
    members, groups = [], defaultdict(list)
    for place, row in enumerate(rows):
        at = datetime.fromisoformat(row["at"]).timestamp()
        members.append(member(x[place], tokens[place], row["town"], at))
        if row["incident"] is not None:
            groups[row["incident"]].append(place)
    pairs, labels = [], []
    for group in groups.values():
        for a, b in zip(group, group[1:]):
            pairs.append(Incidents.inputs(members[a], members[b]))
            labels.append(1)
    finder = defaultdict(list)
    for place, (words, _, _) in enumerate(members):
        for word in sorted(words, key=lambda w: -words[w])[:8]:
            for other in finder[word][-2:]:
                if rows[place]["incident"] is None or rows[place]["incident"] != rows[other]["incident"]:
                    pairs.append(Incidents.inputs(members[place], members[other]))
                    labels.append(0)
            finder[word].append(place)
    fitted = LogisticRegression(max_iter=1000).fit(pairs, labels)
    return [float(s) for s in fitted.coef_[0]], float(fitted.intercept_[0])


TABLES = """
PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
CREATE TABLE item_key (digest TEXT PRIMARY KEY, item_id INTEGER) WITHOUT ROWID;
CREATE TABLE item (id INTEGER PRIMARY KEY, external_id TEXT, title TEXT, body TEXT, at TEXT, topics TEXT, kind TEXT,
  urgency TEXT, department TEXT, town TEXT);
CREATE INDEX item_at ON item(at); CREATE INDEX item_topics ON item(topics); CREATE INDEX item_town ON item(town);
CREATE TABLE sealed (id INTEGER PRIMARY KEY, wrapped_key BLOB, body BLOB);
CREATE TABLE judgement (id INTEGER PRIMARY KEY, item_id INTEGER, body TEXT);
CREATE TABLE incident_member (item_id INTEGER PRIMARY KEY, incident_id INTEGER);
CREATE INDEX member_of ON incident_member(incident_id);
CREATE TABLE case_file (id INTEGER PRIMARY KEY, item_id INTEGER, department TEXT, due TEXT, state TEXT);
CREATE INDEX case_due ON case_file(department, due);
CREATE TABLE timeline (id INTEGER PRIMARY KEY, case_id INTEGER, body TEXT);
CREATE TABLE audit (id INTEGER PRIMARY KEY, body TEXT, hash TEXT);
CREATE VIRTUAL TABLE words USING fts5(text, content='');
"""


def main(train, sheet, database, outcome):
    jieba.setLogLevel(60)
    jieba.initialize()
    rows = [json.loads(line) for line in open(train, encoding="utf-8")]
    rows = [row for row in rows if row["topics"] and row["kind"] and row["department"]]
    with Pool(PROCESSES) as pool:
        tokens = [p[2] for p in pool.map(prepare, [(r["title"], r["body"]) for r in rows], chunksize=200)]
        judge = Judge(rows, tokens)
        incidents = Incidents(learn_likeness(rows, judge, tokens))
        office = {}
        for topic in judge.names.classes_:
            counted = Counter(row["department"] for row in rows if row["topics"][0] == topic)
            office[topic] = counted.most_common(1)[0][0] if counted else None
        if os.path.exists(database):
            os.remove(database)
        db = sqlite3.connect(database)
        db.executescript(TABLES)
        done = take_in(db, pool, judge, incidents, office, sheet)
    with open(outcome, "w", encoding="utf-8") as out:
        query = (
            "SELECT i.external_id, i.topics, i.kind, i.urgency, i.town, m.incident_id, c.id FROM item i"
            " JOIN incident_member m ON m.item_id = i.id LEFT JOIN case_file c ON c.item_id = i.id"
        )
        for key, topics, kind, urgency, town, incident, case in db.execute(query):
            line = {"id": key, "topics": json.loads(topics), "kind": kind, "urgency": urgency, "town": town,
                    "incident": str(incident), "case": case}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(json.dumps(done))


def take_in(db, pool, judge, incidents, office, sheet):
    master = ChaCha20Poly1305(os.urandom(32))
    secret, head, items = os.urandom(32), "", 0
    begun = time.perf_counter()
    with open(sheet, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        while True:
            batch = [row for _, row in zip(range(BATCH), reader)]
            if not batch:
                break
            fresh = []
            for row in batch:
                digest = hmac.new(secret, row["工单编号"].encode(), hashlib.sha256).hexdigest()
                if not db.execute("SELECT 1 FROM item_key WHERE digest = ?", (digest,)).fetchone():
                    items += 1
                    db.execute("INSERT INTO item_key VALUES (?, ?)", (digest, items))
                    fresh.append((items, row))
            prepared = pool.map(prepare, [(row["诉求标题"], row["诉求内容"]) for _, row in fresh], chunksize=63)
            x, topics, rest = judge.judge([tokens for _, _, tokens in prepared])
            stored = defaultdict(list)
            for place, ((number, row), (title, body, tokens)) in enumerate(zip(fresh, prepared)):
                key, nonce, original = os.urandom(32), os.urandom(12), json.dumps(row, ensure_ascii=False).encode()
                sealed = nonce + ChaCha20Poly1305(key).encrypt(nonce, original, None)
                stored["sealed"].append((number, nonce + master.encrypt(nonce, key, None), sealed))
                at = datetime.strptime(row["来电时间"], "%Y-%m-%d %H:%M:%S")
                item = member(x[place], tokens, row["所属区域"] or None, at.timestamp())
                found = {field: predicted[place] for field, predicted in rest.items()}
                codes = json.dumps(topics[place])
                stored["item"].append((number, row["工单编号"], title, body, row["来电时间"], codes, found["kind"],
                                       found["urgency"], found["department"], item[1]))
                stored["judgement"].append((number, json.dumps({"topics": topics[place], **found}, ensure_ascii=False)))
                stored["words"].append((number, " ".join(tokens)))
                stored["member"].append((number, incidents.join(item)))
                if topics[place]:
                    due = (at + timedelta(days=5)).isoformat()
                    stored["case"].append((number, number, office[topics[place][0]], due, "assigned"))
                    stored["timeline"].append((number, json.dumps({"action": "assign", "by": "system"})))
                line = json.dumps({"item": number, "action": "take in"})
                head = hashlib.sha256((head + line).encode()).hexdigest()
                stored["audit"].append((line, head))
            for sql, name in [
                ("INSERT INTO sealed VALUES (?,?,?)", "sealed"),
                ("INSERT INTO item VALUES (?,?,?,?,?,?,?,?,?,?)", "item"),
                ("INSERT INTO judgement (item_id, body) VALUES (?,?)", "judgement"),
                ("INSERT INTO words (rowid, text) VALUES (?,?)", "words"),
                ("INSERT INTO incident_member VALUES (?,?)", "member"),
                ("INSERT INTO case_file VALUES (?,?,?,?,?)", "case"),
                ("INSERT INTO timeline (case_id, body) VALUES (?,?)", "timeline"),
                ("INSERT INTO audit (body, hash) VALUES (?,?)", "audit"),
            ]:
                db.executemany(sql, stored[name])
            db.commit()
    seconds = time.perf_counter() - begun
    memory = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    return {"items": items, "seconds": round(seconds, 2), "items_a_second": round(items / seconds), "memory": round(memory)}


if __name__ == "__main__":
    main(*sys.argv[1:])
