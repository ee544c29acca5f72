"""Writes workdays.tsv: random starts and what the chinesecalendar package says of N working days from each.

    pip install chinesecalendar
    python make_workdays.py > workdays.tsv

The day of the start does not count; the end is the N-th working day after it. Rows stay within 2024 to 2026.
"""

import datetime
import random

import chinese_calendar

FIRST, LAST = datetime.date(2024, 1, 1), datetime.date(2026, 12, 31)
DAY = datetime.timedelta(days=1)


def end_of(start, amount):
    """The amount-th working day after start, or None past the last day with data."""
    day = start
    while amount:
        day += DAY
        if day > LAST:
            return None
        amount -= chinese_calendar.is_workday(day)
    return day


def main():
    draw = random.Random(20261123)
    rows = set()
    while len(rows) < 600:
        start = FIRST + draw.randrange((LAST - FIRST).days + 1) * DAY
        amount = draw.choice([1, 2, 3, 5, 7, 10, 15, 20])
        end = end_of(start, amount)
        if end:
            rows.add((start, amount, end))
    print("# start\tworking days\tend")
    for start, amount, end in sorted(rows):
        print(f"{start}\t{amount}\t{end}")


main()
