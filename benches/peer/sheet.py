"""One sheet of a hotline from the truth of a made-up year: python sheet.py TRUTH.jsonl ROWS SHEET.csv"""

import csv
import json
import sys

truth, most, sheet = sys.argv[1], int(sys.argv[2]), sys.argv[3]
written = 0
with open(truth, encoding="utf-8") as rows, open(sheet, "w", encoding="utf-8", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(["工单编号", "来电时间", "诉求标题", "诉求内容", "所属区域"])
    for line in rows:
        row = json.loads(line)
        if row["channel"] == "news" or not row["body"] or written == most:
            continue
        number = f"{row['source']}-{row['external_id']}"
        writer.writerow([number, row["at"][:19].replace("T", " "), row["title"], row["body"], row["town"] or ""])
        written += 1
if written < most:
    sys.exit(f"the year has {written} rows for a sheet, not {most}: make more items")
