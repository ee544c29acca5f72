#!/usr/bin/env python3
"""Due times by `qingting due` against an independent calculation over the calendar of chinesecalendar.

    pip install chinesecalendar
    cargo build --release
    python respond/bench/due_times.py target/release/qingting

Draws starts of 2024 to 2026 and rules of any amount (working days and hours, clock hours, calendar days and months, with
and without rolling), works out each due time twice and ends with 1 when any differs. Cases that end after 2026, for which
neither has a calendar, are drawn again.
"""

import argparse
import calendar
import collections
import datetime as dt
import json
import pathlib
import random
import subprocess
import tempfile

import chinese_calendar

PERIODS = [(dt.time(8, 30), dt.time(12)), (dt.time(13, 30), dt.time(17))]
CLOSE = dt.time(17)
LAST = dt.datetime(2026, 12, 31, 23, 59)
UNITS = {"wd": 30, "wh": 40, "h": 200, "d": 90, "mo": 6}
DAY = dt.timedelta(days=1)


def works(day):
    return chinese_calendar.is_workday(day)


def next_workday(day):
    while not works(day):
        day += DAY
    return day


def working_days(start, amount):
    day = start.date()
    while amount:
        day += DAY
        amount -= works(day)
    return dt.datetime.combine(day, CLOSE)


def working_hours(start, amount):
    left, day = dt.timedelta(hours=amount), start.date()
    while True:
        for opens, closes in PERIODS if works(day) else []:
            begin = max(dt.datetime.combine(day, opens), start)
            end = dt.datetime.combine(day, closes)
            if begin < end:
                if left <= end - begin:
                    return begin + left
                left -= end - begin
        day += DAY


def months_later(day, amount):
    year, month = divmod(day.month - 1 + amount, 12)
    year, month = day.year + year, month + 1
    return day.replace(year=year, month=month, day=min(day.day, calendar.monthrange(year, month)[1]))


def due(start, amount, unit, roll):
    if unit == "wd":
        return working_days(start, amount)
    if unit == "wh":
        return working_hours(start, amount)
    if unit == "h":
        return start + dt.timedelta(hours=amount)
    day = start.date() + amount * DAY if unit == "d" else months_later(start.date(), amount)
    return dt.datetime.combine(next_workday(day) if roll else day, CLOSE)


def cases(count, seed):
    """So many rules with their starts and due times; none later than the calendar goes."""
    draw = random.Random(seed)
    begin = dt.datetime(2024, 1, 1)
    minutes = int((LAST - begin).total_seconds()) // 60
    found = collections.defaultdict(list)
    while count:
        unit = draw.choice(list(UNITS))
        rule = (draw.randint(1, UNITS[unit]), unit, unit in ("d", "mo") and draw.random() < 0.5)
        start = begin + dt.timedelta(minutes=draw.randint(0, minutes))
        try:
            end = due(start, *rule)
        except NotImplementedError:
            continue
        if end <= LAST:
            found[rule].append((start, end))
            count -= 1
    return found


def rules_file(rules):
    parts = []
    for amount, unit, roll in rules:
        parts.append(
            f'[[rule]]\nid = "{unit}.r{amount}{"roll" if roll else ""}"\ntitle = "x"\nstarts = "x"\n'
            f'amount = "{amount} {unit}"\nsource = "x"\nstanding = "custom"\n' + ("roll = true\n" if roll else "")
        )
    return "\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path, help="the built qingting")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    found = cases(arguments.cases, arguments.seed)
    differ = 0
    with tempfile.TemporaryDirectory() as folder:
        county = pathlib.Path(folder) / "county"
        county.mkdir()
        (county / "deadlines.toml").write_text(rules_file(found), encoding="utf-8")
        for (amount, unit, roll), drawn in found.items():
            rule = f"{unit}.r{amount}{'roll' if roll else ''}"
            command = [arguments.program, "--dir", folder, "due", "--rule", rule, "--from", "-", "--json"]
            asked = "".join(f"{start:%Y-%m-%d %H:%M}\n" for start, _ in drawn)
            told = subprocess.run(command, input=asked, text=True, capture_output=True, check=True).stdout
            answers = [json.loads(line)["due"] for line in told.splitlines()]
            if len(answers) != len(drawn):
                raise SystemExit(f"{rule}: {len(answers)} answers to {len(drawn)} starts")
            for (start, end), answer in zip(drawn, answers):
                if answer != f"{end:%Y-%m-%dT%H:%M:%S}+08:00":
                    differ += 1
                    if differ <= 20:
                        print(f"{rule} from {start}: {answer}, by chinesecalendar {end}")
    print(f"{sum(map(len, found.values()))} due times over {len(found)} rules: {differ} differ")
    raise SystemExit(differ > 0)


if __name__ == "__main__":
    main()
